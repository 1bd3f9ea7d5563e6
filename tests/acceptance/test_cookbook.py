"""The cookbook runs with `--quick`: small nets, a few steps, and a goal that shows that they learn.

Each recipe runs on one engine, or on all with --all-engines.
"""

from __future__ import annotations

import importlib.util
import re
from pathlib import Path

import pytest

COOKBOOK = Path(__file__).parents[2] / "examples" / "cookbook"
NAMES = sorted(path.stem for path in COOKBOOK.glob("*.py"))
#: What each prints at the end.
RESULTS = {
    "character_model": r"bits per character; .* written words occur",
    "contrastive": r"test accuracy with 100 labels: .* of pixels, .* of features",
    "diffusion": r"loss: .* -> .*; read as asked for: ",
    "distillation": r"test accuracy: teacher .*, student alone .*, distilled ",
    "forecast": r"mean absolute error .*; in the interval: ",
    "gan": r"precision .*, recall ",
    "grad_cam": r"test accuracy .*; hottest point on the digit ",
    "maml": r"MAML: error .* after five",
    "pinn": r"diffusivity .*, root-mean-square error ",
    "policy_gradient": r"the pole stays up for .* steps",
    "vae": r"negative bound: .* with losses of layers, .* with a step of its own",
    "wgan_gp": r"near a centre: .*; shares of the clouds: ",
}


def example(name: str):
    """An example as a module."""
    spec = importlib.util.spec_from_file_location(f"cookbook_{name}", COOKBOOK / f"{name}.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.mark.one_engine
@pytest.mark.parametrize("name", NAMES)
def test_recipe(name, differentiating_backend, capsys):
    example(name).main(["--quick"])  # checks its own result
    printed = capsys.readouterr().out
    assert f"engine: {differentiating_backend}" in printed
    assert re.search(RESULTS[name], printed), printed


@pytest.mark.parametrize("name", NAMES)
def test_result_is_checked(name):
    """Each states its result, and ends with a check of it that names what was expected and what came out."""
    text = (COOKBOOK / f"{name}.py").read_text()
    assert re.search(r"^Result: ", text, flags=re.MULTILINE)
    assert re.search(r"^    assert .*f\"Expected .*, got \{", text, flags=re.MULTILINE)


def test_every_recipe_is_listed():
    listed = re.findall(r"`cookbook/(\w+)\.py`", (COOKBOOK.parent / "README.md").read_text())
    assert sorted(listed) == NAMES == sorted(RESULTS)
