"""What holds for every layer but those on the host and on images: a class without a row in `rows.py` fails."""

from __future__ import annotations

import inspect
import json

import keras_peer
import numpy as np
import pytest
from layers.rows import BASES, ROWS, UNSAVED, UNSAVED_BY_CLASS, VARIED, VARIED_BY_CLASS, Row, made

from keraslite import layers, ops, transforms, tree, use_backend
from keraslite.backend import registry
from keraslite.dtype_policies import use_dtype_policy
from keraslite.ops.symbolic import SymbolicTensor
from keraslite.serialization.registrations import public_name
from keraslite.variable import Variable

CLASSES = {  # by their names in files
    public_name(value).name: value
    for value in vars(layers).values()
    if isinstance(value, type)
    and issubclass(value, layers.Layer)
    and not issubclass(value, (layers.HostLayer, layers.BaseImagePreprocessingLayer))
    and value is not layers.DataLayer
    and public_name(value).name not in BASES
}
FIRST = {row.cls: row for row in reversed(ROWS)}
every_row = pytest.mark.parametrize("row", ROWS, ids=str)
every_row_somewhere = pytest.mark.parametrize(
    "row", [row if FIRST[row.cls] is row else pytest.param(row, marks=pytest.mark.one_engine) for row in ROWS], ids=str
)
with_keras = pytest.mark.skipif(not keras_peer.available(), reason="needs real Keras")
filterwarnings = pytest.mark.filterwarnings("ignore:.*received an input with a mask")


def make(row: Row):
    return CLASSES[row.cls](**{"name": "layer", **made(layers, row.kwargs)})


def call(layer, row: Row, args=None, **more):
    return layer(*(row.arrays() if args is None else args), **row.call, **more)


def numbers(nest) -> list[np.ndarray]:
    return [np.asarray(ops.convert_to_numpy(x), "float32") for x in tree.leaves(nest)]


_references: dict[str, dict] = {}


def weights_for(layer) -> list[np.ndarray]:
    """Values with a gradient everywhere; variances are positive."""
    generator = np.random.default_rng(3)
    return [
        np.abs(value) + 0.5 if "variance" in w.path or "stddev" in w.path else value
        for w in layer.weights
        for value in [generator.normal(size=w.shape).astype("float32") * 0.5]
    ]


def reference(row: Row, layer) -> dict:
    """What real Keras gives for the row, with the same weights; asked once."""
    if str(row) not in _references:
        kwargs = {"name": "layer", **row.kwargs}
        _references[str(row)] = keras_peer.call(
            "layers.keras_layers:run", backend="torch", cls=row.cls, kwargs=kwargs, args=row.arrays(), call=row.call,
            weights=weights_for(layer),
        )  # fmt: skip
    return _references[str(row)]


def test_every_class_has_a_row():
    assert sorted(CLASSES) == sorted(FIRST)


@every_row
@filterwarnings
def test_outputs_are_those_of_keras(row: Row, backend):
    layer = make(row)
    call(layer, row)
    layer.set_weights(weights_for(layer))
    outputs = numbers(call(layer, row))
    if row.note == "skip-keras":
        np.testing.assert_allclose(outputs[0], -row.arrays()[0])
        return
    if not keras_peer.available():
        pytest.skip("needs real Keras")
    expected = reference(row, layer)
    assert [list(w.shape) for w in layer.weights] == expected["shapes"]
    assert [w.path for w in layer.weights] == expected["names"]
    assert [w.trainable for w in layer.weights] == expected["trainable"]
    wanted = tree.leaves(expected["outputs"])
    assert len(outputs) == len(wanted)
    for ours, theirs in zip(outputs, wanted, strict=True):
        np.testing.assert_allclose(ours, theirs, rtol=2e-5, atol=2e-5)


@pytest.mark.parametrize("row", [row for row in ROWS if row.cls not in ("Subtract", "Lambda")], ids=str)
@filterwarnings
def test_integers_are_computed_as_floats(row: Row):
    whole = tree.map(lambda x: np.round(np.abs(x) * 3) if _is_float(x) else x, row.arrays())
    with use_backend("numpy"):
        layer = make(row)
        call(layer, row, whole)
        layer.set_weights(weights_for(layer))
        expected = numbers(call(layer, row, whole))
        for dtype in ("uint8", "int32"):
            args = tree.map(lambda x, dtype=dtype: x.astype(dtype) if _is_float(x) else x, whole)
            for ours, floats in zip(numbers(call(layer, row, args)), expected, strict=True):
                np.testing.assert_allclose(ours, floats, rtol=2e-5, atol=2e-5, err_msg=dtype)


def _is_float(x) -> bool:
    return np.asarray(x).dtype.kind == "f"


@pytest.mark.parametrize("training", [False, True])
def test_integers_meet_weights_as_floats(backend, training):
    x = np.arange(12).reshape(4, 3) % 5
    for layer in (layers.BatchNormalization(), layers.BatchNormalization(renorm=True), layers.PReLU()):
        layer.build(x.shape)
        before = weights_for(layer)
        more = {} if isinstance(layer, layers.PReLU) else {"training": training}

        def run(x, layer=layer, before=before, more=more):
            layer.set_weights(before)
            return [*numbers(layer(x, **more)), *layer.get_weights()]

        for given in (x.astype("uint8"), x.astype("int32"), x > 2):
            for ours, floats in zip(run(given), run(given.astype("float32")), strict=True):
                np.testing.assert_allclose(ours, floats, rtol=2e-5, atol=2e-5, err_msg=str(given.dtype))
        assert layer(SymbolicTensor((None, 3), "int64")).dtype == "float32"
    assert layers.Masking(0)(SymbolicTensor((None, 4, 3), "int64")).shape == (None, 4, 3)


@every_row_somewhere
@filterwarnings
def test_training_changes_what_it_does_in_keras(row: Row, backend):
    layer = make(row)
    takes = "training" in inspect.signature(layer.call).parameters
    call(layer, row)
    layer.set_weights(weights_for(layer))
    calm = numbers(call(layer, row))
    if not takes:
        assert not row.random
        return
    trained = numbers(call(layer, row, training=True))
    if row.random:
        others = [numbers(call(layer, row, training=True)) for _ in range(6)]
        assert any(_differ(calm, each) for each in others)
        assert any(_differ(trained, each) for each in others)
        return
    if row.note == "skip-keras":
        np.testing.assert_array_equal(trained[0], calm[0])
        return
    if not keras_peer.available():
        pytest.skip("needs real Keras")
    expected = reference(row, layer)
    for ours, theirs in zip(trained, tree.leaves(expected["trained"]), strict=True):
        np.testing.assert_allclose(ours, theirs, rtol=2e-5, atol=3e-5)
    for weight, theirs in zip(layer.weights, expected["after"], strict=True):
        np.testing.assert_allclose(weight.numpy(), theirs, rtol=1e-5, atol=1e-6, err_msg=weight.path)


@every_row_somewhere
@filterwarnings
def test_symbolic_is_actual(row: Row, backend):
    layer, arrays = make(row), row.arrays()

    def symbol(x):
        shape = tuple(None if i in row.unknown else n for i, n in enumerate(x.shape))
        return SymbolicTensor(shape, str(x.dtype))

    symbols = [tree.map(symbol, x) for x in arrays]
    options = {
        name: SymbolicTensor(value.shape, "bool") if isinstance(value, np.ndarray) and not row.unknown else value
        for name, value in row.call.items()
        if not (isinstance(value, np.ndarray) and row.unknown)
    }
    promised = tree.leaves(layer(*symbols, **options))
    outputs = tree.leaves(call(layer, row))
    assert len(promised) == len(outputs)
    for symbolic, output in zip(promised, outputs, strict=True):
        assert symbolic.dtype == ops.dtype(output)
        assert len(symbolic.shape) == len(output.shape)
        pairs = zip(symbolic.shape, output.shape, strict=True)
        assert all(a is None or a == b for a, b in pairs), (symbolic.shape, output.shape)
        if 0 in row.unknown:
            assert symbolic.shape[0] is None


@pytest.mark.parametrize("row", FIRST.values(), ids=str)
@pytest.mark.parametrize("policy", ["mixed_bfloat16", "mixed_float16", "float64"])
@pytest.mark.one_engine
@filterwarnings
def test_policies_decide_the_dtype(row: Row, policy, backend):
    if policy == "float64" and "float64" not in registry.current().capabilities:
        pytest.skip("no float64")
    with use_dtype_policy(policy):  # for the layers inside as well
        layer = CLASSES[row.cls](**made(layers, row.kwargs))
    wanted = policy.removeprefix("mixed_")
    outputs = tree.leaves(call(layer, row))
    assert all(ops.dtype(x) == wanted for x in outputs), [ops.dtype(x) for x in outputs]
    assert all(np.isfinite(x).all() for x in numbers(outputs))
    stored = "float32" if policy.startswith("mixed") else policy
    assert all(w.dtype in (stored, "int32") for w in layer.weights)


@every_row
@pytest.mark.one_engine
@filterwarnings
def test_gradients_are_those_of_keras(row: Row, differentiating_backend):
    layer, arrays = make(row), row.arrays()
    call(layer, row)
    layer.set_weights(weights_for(layer))
    variables = list(layer.trainable_variables)
    inputs = [] if not row.gradient else tree.map(Variable, arrays)

    def loss():
        return sum(ops.sum(ops.sin(x)) for x in tree.leaves(call(layer, row, inputs or arrays)))

    wanted = [*variables, *tree.leaves(inputs)]
    if not wanted:
        assert not row.gradient
        return
    # Compiled: JAX would compile each primitive by itself otherwise.
    found = numbers(transforms.jit(transforms.value_and_grad(loss, wanted))()[1])
    assert all(np.isfinite(g).all() for g in found)
    assert any(np.abs(g).max() > 0 for g in found)
    if not keras_peer.available() or row.note == "skip-keras":
        return
    expected = reference(row, layer)["gradients"]
    for variable, ours, theirs in zip(variables, found[: len(variables)], expected, strict=True):
        np.testing.assert_allclose(ours, theirs, rtol=1e-4, atol=1e-4, err_msg=variable.path)


def _differ(first, second) -> bool:
    return any(not np.allclose(a, b) for a, b in zip(first, second, strict=True))


def _plain(config):
    return json.loads(json.dumps(config))


@pytest.mark.parametrize("row", [row for row in ROWS if row.cls != "Lambda"], ids=str)
def test_config_makes_an_equal_layer(row: Row):
    layer = make(row)
    config = _plain(layer.get_config())
    again = type(layer).from_config(config)
    assert _plain(again.get_config()) == config
    revived = layers.deserialize(_plain(layers.serialize(layer)))
    assert type(revived) is type(layer)
    assert _plain(revived.get_config()) == config


@with_keras
@pytest.mark.parametrize("row", [row for row in ROWS if row.cls != "Lambda"], ids=str)
def test_config_is_that_of_keras(row: Row):
    config = _plain(make(row).get_config())
    kwargs = {"name": "layer", **row.kwargs}
    theirs = keras_peer.call("layers.keras_layers:config", backend="torch", cls=row.cls, kwargs=kwargs)
    assert _plain(config) == theirs


@with_keras
@filterwarnings
@pytest.mark.parametrize("row", [row for row in ROWS if row.cls != "Lambda"], ids=str)
def test_build_config_is_that_of_keras(row: Row):
    layer = make(row)
    call(layer, row)
    kwargs = {"name": "layer", **row.kwargs}
    theirs = keras_peer.call(
        "layers.keras_layers:build_config", backend="torch", cls=row.cls, kwargs=kwargs, args=row.arrays(),
        call=row.call,
    )  # fmt: skip
    ours = _plain(layer.get_build_config())
    assert ours == theirs or theirs in (None, {"input_shape": None})  # layers without weights have a shape here too
    copy = type(layer).from_config(layer.get_config())
    copy.build_from_config(ours)
    assert [(w.name, w.shape) for w in copy.weights] == [(w.name, w.shape) for w in layer.weights]


@with_keras
@filterwarnings
@pytest.mark.parametrize("row", ROWS, ids=str)
def test_layers_without_weights_are_built_from_the_start(row: Row):
    layer = make(row)
    before = layer.built
    call(layer, row)
    assert layer.built
    assert before == type(layer).is_weightless
    assert not before or not layer.weights
    if row.cls != "Lambda":
        kwargs = {"name": "layer", **row.kwargs}
        theirs = keras_peer.call("layers.keras_layers:built_at_once", backend="torch", cls=row.cls, kwargs=kwargs)
        assert before or not theirs


@pytest.mark.parametrize("cls", sorted(CLASSES))
def test_signature_is_that_of_the_constructor(cls: str):
    """`help` and editors show the parameters; a default may be shown as a tuple where the constructor has a number."""
    shown = inspect.signature(CLASSES[cls]).parameters
    own = list(inspect.signature(CLASSES[cls].__init__).parameters.values())[1:]
    assert [(p.name, p.kind) for p in shown.values()] == [(p.name, p.kind) for p in own]
    for parameter in own:
        default = shown[parameter.name].default
        assert default == parameter.default or set(default) == {parameter.default}


def _varied(cls: str) -> list[tuple[str, str]]:
    parameters = inspect.signature(CLASSES[cls].__init__).parameters.values()
    names = [p.name for p in parameters if p.kind is not p.VAR_KEYWORD]
    skipped = UNSAVED | UNSAVED_BY_CLASS.get(cls, set()) | {"self", "dtype"}
    return [(cls, name) for name in names if name not in skipped]


@pytest.mark.parametrize(("cls", "name"), [pair for cls in sorted(CLASSES) for pair in _varied(cls)])
def test_every_argument_is_in_the_config(cls: str, name: str):
    kwargs = {"name": "layer", **FIRST[cls].kwargs}
    if inspect.signature(CLASSES[cls].__init__).parameters[name].default is not inspect.Parameter.empty:
        kwargs.pop(name, None)
    usual = _plain(CLASSES[cls](**made(layers, kwargs)).get_config())
    values = {**VARIED, **VARIED_BY_CLASS.get(cls, {})}
    value = values[name] if name in values else _by_suffix(name)
    if name == "dilation_rate" or (name == "strides" and "dilation_rate" in usual):
        kwargs = {**kwargs, "strides": 1, "dilation_rate": 1}
    if name == "groups" and "filters" in kwargs:
        kwargs["filters"] = 4
    if name == "output_padding":
        kwargs["strides"] = 2
    if name == "backward_layer":
        kwargs["layer"] = VARIED["layer"]
    layer = CLASSES[cls](**made(layers, {**kwargs, name: value}))
    config = _plain(layer.get_config())
    assert config.get(name) != usual.get(name), (config.get(name), usual.get(name))
    assert _plain(CLASSES[cls].from_config(config).get_config()) == config


def _by_suffix(name: str):
    return {"initializer": "random_normal", "regularizer": "l2", "constraint": "max_norm"}[name.rpartition("_")[2]]
