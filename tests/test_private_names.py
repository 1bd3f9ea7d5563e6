"""Private names of libraries are in the file `private.py` of a room, and every engine works without each of them."""

from __future__ import annotations

import ast
import importlib
import io
import json
import subprocess
import sys
from contextlib import redirect_stdout
from pathlib import Path

import numpy as np
import pytest

from keraslite import config, layers, ops, transforms
from keraslite.backend import private, registry
from keraslite.errors import FastPathWarning
from keraslite.models import Sequential

ROOT = Path(__file__).parents[1]
FILES = [*(ROOT / "backends").rglob("*.py"), *(ROOT / "keraslite").rglob("*.py")]
ENGINES = [name for name in registry.installed() if name in registry.BUILT_IN and name != "numpy"]
# Without an underscore, and not in the library's documentation either.
UNDERLINED = {"mkldnn_rnn_layer", "mkldnn_rnn_layer_backward", "trace_state_clean", "GraphOrParentsInXlaContext",
              "could_possibly_record", "make_fx", "handle", "namespace"}  # fmt: skip
HOMES = ("jax.interpreters", "jaxlib", "tensorflow.python", "torch.utils._python_dispatch", "torch.fx.experimental")


def private_names(tree: ast.AST) -> set[str]:
    """Names that look private, and are not the file's own."""
    own = {node.name for node in ast.walk(tree) if isinstance(node, (ast.FunctionDef, ast.ClassDef))}
    libraries = {alias.asname or alias.name.partition(".")[0] for node in ast.walk(tree)
                 if isinstance(node, ast.Import) for alias in node.names} - {"sys", "os"}  # fmt: skip
    found: set[str] = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names if _hidden(alias.name)}
        elif isinstance(node, ast.ImportFrom) and not node.level and node.module and node.module != "__future__":
            names = [f"{node.module}.{alias.name}" for alias in node.names]
            found |= {name for name in names if _hidden(name) and not name.startswith("keraslite")}
        elif isinstance(node, ast.Attribute) and (_hidden(node.attr) or node.attr in UNDERLINED):
            root = node.value
            while isinstance(root, ast.Attribute):
                root = root.value
            name = root.id if isinstance(root, ast.Name) else ""
            if name != "private" and (node.attr in UNDERLINED or (name in libraries and name not in own)):
                found.add(ast.unparse(node))
    return found


def _hidden(name: str) -> bool:
    return name.startswith(HOMES) or any(part.startswith("_") and part[:2] != "__" for part in name.split("."))


@pytest.mark.parametrize("path", FILES, ids=lambda path: str(path.relative_to(ROOT)))
def test_private_names_stand_in_one_file(path):
    if path.name == "private.py":
        pytest.skip("here they stand")
    code = ast.parse(path.read_text())
    found = private_names(code)
    if path.is_relative_to(ROOT / "backends"):  # of objects too
        found |= {ast.unparse(node) for node in ast.walk(code) if isinstance(node, ast.Attribute)
                  and _hidden(node.attr) and not _is_own(node, code)} - {"sys._getframe"}  # fmt: skip
    else:
        found = {name for name in found if name.rpartition(".")[2] not in UNDERLINED}
    assert not found, "stands in the engine's private.py, with what happens where a release lacks it"


def _is_own(node: ast.Attribute, code: ast.AST) -> bool:
    """Whether the file defines the attribute: on `self`, or as a method."""
    defined = {each.name for each in ast.walk(code) if isinstance(each, ast.FunctionDef)}
    defined |= {
        each.attr
        for each in ast.walk(code)
        if isinstance(each, ast.Attribute)
        and isinstance(each.ctx, ast.Store)
        and isinstance(each.value, ast.Name)
        and each.value.id == "self"
    }
    return node.attr in defined


SEEN = """
import jax._src.core, torch
from torch._C import Graph
from tensorflow.python.eager import record
import numpy as np
torch._foreach_add(torch.ops.aten._unsafe_view.default, storage.handle, self._x, np._core.y)
"""


def test_the_search_sees_what_it_looks_for():
    assert private_names(ast.parse(SEEN)) == {
        "jax._src.core", "torch._C.Graph", "tensorflow.python.eager.record", "torch._foreach_add",
        "torch.ops.aten._unsafe_view", "storage.handle", "np._core",
    }  # fmt: skip


def table(engine):
    registry.load(engine)
    return importlib.import_module(f"keraslite_{engine}.private").names


@pytest.mark.parametrize("engine", ENGINES)
def test_each_name_says_what_it_is_for_and_is_there_in_the_release_it_was_seen_in(engine):
    names = table(engine)
    version = names.installed().partition("+")[0]
    for path, entry in names.entries.items():
        assert entry.path == path
        assert entry.path.startswith(f"{engine}.")
        assert min(len(entry.use), len(entry.lost), len(entry.seen)) > 4, entry
        assert entry.found or version != entry.seen, f"{path} is not in {version}"


@pytest.mark.parametrize("engine", ENGINES)
def test_an_engine_does_without_each_of_its_private_names(engine):
    done = subprocess.run([sys.executable, str(ROOT / "tests" / "engine_without_names.py"), engine],
                          capture_output=True, text=True, check=False)  # fmt: skip
    assert done.returncode == 0, done.stderr
    whole, *others = map(json.loads, done.stdout.splitlines())
    assert "error" not in whole, whole["error"]
    assert not whole["told"]
    assert [other["removed"] for other in others] == whole["names"]
    for other in others:
        assert "error" not in other, f"without {other['removed']}: {other['error']}"
        assert other["missing"] == [*{*whole["missing"], other["removed"]}], other["removed"]
        assert len(other["told"]) <= 1
        values = other["values"][: len(whole["values"])]
        np.testing.assert_allclose(values, whole["values"], rtol=1e-3, atol=1e-4, err_msg=other["removed"])
    if engine == "torch":
        told = {other["removed"] for other in others if other["told"]}
        assert {"torch._C.Graph", "torch.ops.aten.add.Tensor._schema"} <= told
        assert not {name for name in told if "foreach" in name or "functorch" in name}


# ---- fast paths that don't work -----------------------------------------------------------------------------------


@pytest.fixture
def replaying(monkeypatch):
    """The engine's modules that record and replay; nothing was told yet."""
    if "torch" not in registry.installed():
        pytest.skip("no engine here replays")
    with registry.use_backend("torch"):
        config.enable_fast_paths(True, "replayed_steps")
        from keraslite_torch import private, replay

        monkeypatch.setattr(private.names, "_told", set())
        yield {"private": private, "records": replay.private, "recording": replay.recording,
               "replaying": replay.replaying}  # fmt: skip


X = np.random.default_rng(3).normal(size=(40, 6)).astype("float32")


def trained():
    model = Sequential([layers.Input((6,)), layers.Dense(5, "tanh"), layers.Dense(1)])
    model.set_weights([np.linspace(-1, 1, w.size, dtype="float32").reshape(w.shape) for w in model.get_weights()])
    model.compile("adam", "mse")
    model.fit(X, X[:, :1], batch_size=20, epochs=3, shuffle=False, verbose=0)
    return model, any(program.ready for program in model._train_program()._call.programs)


def weights(fast=True):
    if not fast:
        config.enable_fast_paths(False, "replayed_steps")
    model, ready = trained()
    config.enable_fast_paths(True, "replayed_steps")
    return np.concatenate([w.ravel() for w in model.get_weights()]), ready


def _fails(*args, **kwargs):
    raise RuntimeError("not any more")


BROKEN = {
    "a name is gone": ("records", "lacking_for_records", lambda: ["torch._C.Graph"], r"it has no torch\._C\.Graph"),
    "no graph can be made": ("records", "function_of", _fails, "RuntimeError: not any more"),
    "a step can't be taken down": ("recording", "_kind", _fails, "RuntimeError: not any more"),
}


@pytest.mark.parametrize("what", BROKEN)
def test_a_step_that_cannot_be_recorded_runs_in_python_and_it_is_said_once(replaying, monkeypatch, what):
    plain, _ = weights(fast=False)
    module, name, broken, text = BROKEN[what]
    monkeypatch.setattr(replaying[module], name, broken)
    with pytest.warns(FastPathWarning, match=text) as caught:
        (found, ready), (again, _) = (weights() for _ in range(2))
    assert len(caught) == 1
    assert "config.enable_fast_paths(False, 'replayed_steps')" in str(caught[0].message)
    assert not ready
    with redirect_stdout(io.StringIO()) as printed:
        config.explain_fast_paths(trained()[0])
    assert "this release of torch can't: " in printed.getvalue()
    np.testing.assert_array_equal(found, plain)
    np.testing.assert_array_equal(again, plain)


def wrong(programs, only_simplified):
    """Programs that add something to the weights that they write."""
    original = programs.Segments.__call__
    exact = programs.AsRecorded
    made = programs.Segments.__init__

    def init(self, simplified, inputs):
        made(self, simplified, inputs)
        self.wrong = type(simplified) is not exact or not only_simplified

    def call(self, inputs):
        results = original(self, inputs)
        if self.wrong:
            for x in self._values:
                if x is not None and x.is_floating_point() and x.requires_grad:
                    x.data.add_(0.01)
        return results

    return init, call


@pytest.mark.parametrize("only_simplified", [False, True])
def test_a_replay_that_gives_other_numbers_is_not_used(replaying, monkeypatch, only_simplified, recwarn):
    plain, _ = weights(fast=False)
    init, call = wrong(replaying["replaying"], only_simplified)
    monkeypatch.setattr(replaying["replaying"].Segments, "__init__", init)
    monkeypatch.setattr(replaying["replaying"].Segments, "__call__", call)
    found, ready = weights()
    assert ready is only_simplified  # the calls as they were recorded, then
    np.testing.assert_allclose(found, plain, rtol=1e-5, atol=1e-6)
    told = [str(each.message) for each in recwarn if each.category is FastPathWarning]
    assert len(told) == (0 if only_simplified else 1)
    assert only_simplified or "a replayed call gives other numbers than the recorded one" in told[0]


@pytest.mark.parametrize("copied", [1 << 30, 0])  # bytes: more than that is not checked
def test_the_check_of_a_replay_leaves_everything_as_it_was(replaying, monkeypatch, copied):
    monkeypatch.setattr(replaying["recording"], "_COPIED", copied)
    plain, _ = weights(fast=False)
    found, ready = weights()
    assert ready
    np.testing.assert_allclose(found, plain, rtol=1e-5, atol=1e-6)


def test_what_inductor_cannot_compile_runs_as_it_is(replaying, monkeypatch):
    monkeypatch.setattr(private, "removed", {"torch.fx.experimental.proxy_tensor.make_fx"})
    f = transforms.jit(lambda x: x * 2, jit_compile=True)
    with pytest.warns(FastPathWarning, match=r"`jit_compile=True` needs torch to work as release"):
        results = [ops.convert_to_numpy(f(ops.convert_to_tensor(X))) for _ in range(3)]
    np.testing.assert_array_equal(results, [X * 2] * 3)

    def refuses(x):
        raise ValueError("no such thing")

    with pytest.raises(ValueError, match="no such thing"):
        transforms.jit(refuses, jit_compile=True)(ops.convert_to_tensor(X))


def _other_arguments(*args):
    raise TypeError("takes 3 positional arguments")


@pytest.mark.parametrize("operator", [_other_arguments, lambda *args, **kwargs: None])
def test_an_operator_that_does_something_else_is_not_used(replaying, monkeypatch, operator):
    from keraslite_torch import optimizer, tracing

    kernel = optimizer.adam_update.__wrapped__
    asked = optimizer._gives(optimizer._ADAM, [0.1, 0.04], 0.9, 0.99, 1e-3, False)
    assert asked(kernel)
    monkeypatch.setattr(replaying["private"], "fused_adam", operator)
    monkeypatch.setattr(replaying["private"].names, "_told", set())
    update = tracing.tried(asked)(kernel)
    one = ops.ones((2,))

    def updated():
        return [update([one], [one], [[one, one]], one[0], one[0], 0.9, 0.99, 1e-3, False) for _ in range(2)]

    with pytest.warns(FastPathWarning, match="The operator behind `adam_update` needs torch") as warned:
        assert updated() == [None, None]
    assert len(warned) == 1
    assert ops.convert_to_numpy(one).tolist() == [1.0, 1.0]


@pytest.mark.parametrize("mode", ["no_grad", "inference_mode", "autocast"])
def test_the_first_call_may_be_made_in_any_mode(replaying, mode):
    """Trials ask for gradients: a first `predict` must not cost training its operators."""
    import torch

    from keraslite_torch import optimizer, private, recurrent, tracing

    modes = {"no_grad": torch.no_grad, "inference_mode": torch.inference_mode,
             "autocast": lambda: torch.autocast("cpu", torch.bfloat16)}  # fmt: skip
    trials = {optimizer.adam_update: optimizer._gives(optimizer._ADAM, [0.1, 0.04], 0.9, 0.99, 1e-3, False),
              recurrent._lstm_on_cpu: recurrent._as_written_out}  # fmt: skip
    for kernel, asked in trials.items():
        with modes[mode]():
            assert private.names.passes(asked, kernel.__wrapped__, tracing.in_a_thread)


def test_variables_made_while_something_is_traced_are_real(replaying):
    import torch

    from keraslite_torch import tracing

    with torch.device("meta"):
        assert tracing.outside(lambda: torch.ones(1)).device.type == "meta"  # nothing is traced: here
    seen = []

    def traced(x):
        seen.extend((tracing.is_tracing(), tracing.outside(tracing.is_tracing)))
        return ops.sum(x * 2)

    transforms.grad(traced)(ops.ones((2,)))
    assert seen == [True, False]
    with pytest.raises(ZeroDivisionError):
        transforms.grad(lambda x: tracing.outside(lambda: 1 / 0))(ops.ones((2,)))


def test_operators_of_jax_leave_symbolic_tensors_to_us_whatever_their_functions_are_called(monkeypatch):
    if "jax" not in registry.installed():
        pytest.skip("no JAX here")
    with registry.use_backend("jax"):
        from keraslite_jax import interop

        assert interop._OPERATORS
        x = layers.Input((3,))
        for operators in (interop._OPERATORS, frozenset()):
            monkeypatch.setattr(interop, "_OPERATORS", operators)
            assert (ops.ones((3,)) * x).shape == (None, 3)
            assert (ops.ones((3,)) == x).shape == (None, 3)
