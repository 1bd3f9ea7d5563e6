"""Public modules: the names in `dir` and `__all__`, and the errors for names that are missing."""

from __future__ import annotations

import inspect
import re
import sys
from types import ModuleType
from typing import Any

import pytest

import keraslite
from keraslite import other_names
from keraslite.errors import NoSuchImportError, NoSuchNameError


def public_modules() -> list[ModuleType]:
    """The package, the modules that it offers, and theirs."""
    modules = [keraslite]
    for module in modules:
        members = (getattr(module, name) for name in module.__all__)
        modules += [member for member in members if isinstance(member, ModuleType) and member not in modules]
    return modules


def there(path: str) -> bool:
    """Whether a path below the package stands for something."""
    place: Any = keraslite
    for name in path.split("."):
        if not hasattr(place, name):
            return False
        place = getattr(place, name)
    return True


@pytest.mark.parametrize("module", public_modules(), ids=lambda module: module.__name__)
def test_dir_and_all_hold_public_names(module):
    assert len(module.__all__) == len(set(module.__all__))
    shown = {name for name in dir(module) if not name.startswith("__")}
    assert shown == {name for name in module.__all__ if not name.startswith("__")}
    assert not shown & {"Any", "annotations", "np", "os", "sys"}
    for name in module.__all__:
        member = getattr(module, name)
        assert not inspect.isfunction(member) or "return" in member.__annotations__, f"{name} says not what it returns"


def test_everything_with_a_star():
    space: dict[str, Any] = {}
    exec("from keraslite.ops import *\nfrom keraslite.layers import *", space)
    assert set(keraslite.ops.__all__) | set(keraslite.layers.__all__) == space.keys() - {"__builtins__"}


HINTS = {
    # other versions of Keras
    "layers.CuDNNLSTM": "Use `keraslite.layers.LSTM`.",
    "layers.experimental": "Use `keraslite.layers`.",
    "preprocessing.text": "Use `keraslite.layers.TextVectorization`.",
    "preprocessing.image.ImageDataGenerator": "Use `keraslite.utils.image_dataset_from_directory`, and layers",
    "utils.to_ordinal": "Use `keraslite.ops.cast(x[:, None] > ",
    "backend.mean": "Use `keraslite.ops.mean`.",
    "backend.permute_dimensions": "Use `keraslite.ops.transpose`.",
    "backend.learning_phase": "Use the argument `training` of `call`.",
    "backend.cast_to_floatx": "Use `keraslite.ops.cast`.",
    "losses.Reduction": 'Use the text "sum_over_batch_size", ',
    # other libraries
    "ops.reduce_sum": "Use `keraslite.ops.sum`.",
    "ops.unsqueeze": "Use `keraslite.ops.expand_dims`.",
    # another module
    "EarlyStopping": "Use `keraslite.callbacks.EarlyStopping`.",
    "layers.Adam": "Use `keraslite.optimizers.Adam`.",
    "ops.jit": "Use `keraslite.transforms.jit`.",
    # spelling
    "layers.Dens": "Did you mean 'Dense'?",
    "ops.sotfmax": "Did you mean 'softmax'?",
    "callback": "Did you mean 'callbacks'?",
    # not there
    "distillation": "Keras has it; keraslite does not have it yet.",
    "dtype_policies.GPTQDTypePolicy": "Keras has it; keraslite does not have it yet.",
}


@pytest.mark.parametrize("path", HINTS)
def test_a_name_that_is_missing(path):
    below, _, name = f"keraslite.{path}".rpartition(".")
    module = sys.modules[below]
    text = f"`{below}` has no name {name!r}. {HINTS[path]}"
    with pytest.raises(NoSuchNameError, match=f"^{re.escape(text)}"):
        getattr(module, name)
    assert not hasattr(module, name)
    assert getattr(module, name, None) is None
    with pytest.raises(NoSuchImportError, match=f"^{re.escape(text)}"):
        exec(f"from {below} import {name}")


def test_a_name_like_nothing():
    with pytest.raises(NoSuchNameError, match=r"^`keraslite.metrics` has no name 'zzzzzz'.$") as caught:
        keraslite.metrics.zzzzzz  # noqa: B018
    assert caught.value.name == "zzzzzz"
    with pytest.raises(AttributeError, match="module 'keraslite.ops' has no attribute '_private'"):
        keraslite.ops._private  # noqa: B018


def test_the_tables_name_what_is_there():
    paths = set(re.findall(r"`keraslite\.([\w.]+)", " ".join(other_names.INSTEAD.values())))
    paths |= set(other_names.BACKEND.values()) | {f"ops.{name}" for name in other_names.OPS.values()}
    assert not sorted(path for path in paths if not there(path))


def test_the_tables_explain_only_what_is_missing():
    paths = {*other_names.INSTEAD, *(f"ops.{name}" for name in other_names.OPS)}
    paths |= {f"backend.{name}" for name in other_names.BACKEND}
    paths |= {f"{below}.{name}".lstrip(".") for below, names in other_names.NOT_YET.items() for name in names.split()}
    assert not sorted(path for path in paths if there(path)), "they are there now: take them out of other_names.py"
