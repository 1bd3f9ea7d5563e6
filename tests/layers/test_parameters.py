"""Constructors of layers: parameters are Keras's, each has a type, and those of one name mean the same everywhere."""

from __future__ import annotations

import inspect
import re
import types
import typing
from functools import cache
from typing import Any, Literal, Union, Unpack, get_args, get_origin, get_type_hints

import keras_peer
import numpy as np
import pytest

from keraslite import Sequential, initializers, layers, regularizers
from keraslite.declared import ranges_of
from keraslite.layers.passing_on import passes_on
from keraslite.layers.roles import InitializerRole, RegularizerRole, add_weight, constraint, initializer, regularizer
from keraslite.layers.types import LayerOptions, SupportsArray
from keraslite.serialization.registrations import public_name

CLASSES = {  # by their names in files
    name.name: value
    for value in vars(layers).values()
    if isinstance(value, type) and issubclass(value, layers.Layer) and value is not layers.Layer
    if (name := public_name(value)) is not None  # bases for users' layers have none
}
UNIONS = (Union, types.UnionType)
NEXT = {"Mosaic"}  # of the next Keras


def parameters(cls: type) -> dict[str, inspect.Parameter]:
    """Those of the constructor but `**kwargs`, as `help` shows them."""
    return {name: p for name, p in inspect.signature(cls).parameters.items() if p.kind is not p.VAR_KEYWORD}


def hints(cls: type) -> dict[str, Any]:
    """The types of the constructor's parameters; an error for a name that cannot be found."""
    return get_type_hints(cls.__init__)


def options(cls: type) -> set[str]:
    """The keywords that its `**kwargs` are annotated to take."""
    (kwargs,) = (p for p in inspect.signature(cls.__init__).parameters.values() if p.kind is p.VAR_KEYWORD)
    hint = hints(cls)[kwargs.name]
    assert get_origin(hint) is Unpack
    return set(get_args(hint)[0].__annotations__)


def convolutions() -> list[type]:
    return [c for c in CLASSES.values() if "Conv" in c.__name__ and "LSTM" not in c.__name__]


@cache
def of_keras() -> dict[str, list[list[Any]]]:
    return keras_peer.call("layers.keras_layers:parameters", backend="torch", classes=sorted(CLASSES.keys() - NEXT))


@pytest.mark.skipif(not keras_peer.available(), reason="needs real Keras")
@pytest.mark.parametrize("cls", [cls for cls in CLASSES if cls not in NEXT])
def test_names_order_and_defaults_are_those_of_keras(cls: str):
    shown = inspect.signature(CLASSES[cls]).parameters.values()
    assert [[p.name, None if p.default is p.empty else repr(p.default)] for p in shown] == of_keras()[cls]


@pytest.mark.parametrize("cls", CLASSES)
def test_every_parameter_has_a_type(cls: str):
    found = hints(CLASSES[cls])
    untyped = [name for name in parameters(CLASSES[cls]) if found.get(name, Any) is Any]
    assert not untyped


@pytest.mark.parametrize("cls", CLASSES)
def test_types_and_ranges_say_the_same(cls: str):
    found, ranges = hints(CLASSES[cls]), ranges_of(CLASSES[cls])
    for name in parameters(CLASSES[cls]).keys() & ranges.keys():
        members = get_args(found[name]) if get_origin(found[name]) in UNIONS else (found[name],)
        options = {option for member in members if get_origin(member) is Literal for option in get_args(member)}
        if cls in ("Conv2D", "Conv3D", "SeparableConv2D"):
            options -= {"causal"}  # their constructor is that of one axis, which has it
        if (cls, name) != ("CategoryEncoding", "num_tokens"):  # needed, though its default is None as in Keras
            assert ranges[name].takes(None) == (type(None) in members), name
        if options or str in members:
            assert all(ranges[name].takes(option) for option in options), name
        else:
            assert not ranges[name].takes("text"), name
        if bool in members:
            assert ranges[name].takes(True), name
        elif (int in members or float in members) and SupportsArray not in members:
            assert not ranges[name].takes(True), name
            assert any(ranges[name].takes(value) for value in (0, 0.5, 1, 2)), name
            assert ranges[name].takes(0.5) == (float in members), name


@pytest.mark.parametrize("cls", CLASSES)
def test_keywords_of_every_layer_are_typed_unless_they_are_parameters(cls: str):
    if cls in (
        "InputLayer",
        "SpatialDropout1D",
        "SpatialDropout2D",
        "SpatialDropout3D",
        "TFSMLayer",
        "Discretization",
        "Pipeline",
    ):
        pytest.skip("takes no keywords of every layer, as in Keras")
    every = {"name", "trainable", "dtype", "autocast", "activity_regularizer", "input_shape", "batch_size"}
    if cls == "ActivityRegularization":
        every -= {"activity_regularizer"}  # made from its parameters
    named = set(parameters(CLASSES[cls]))
    assert every <= named | options(CLASSES[cls])
    assert not named & options(CLASSES[cls]), "type checkers refuse both"


def test_a_layer_takes_the_keywords_that_its_type_promises():
    values = {
        "name": "a", "trainable": False, "dtype": "float64", "autocast": False, "activity_regularizer": "l2",
        "input_shape": (3,), "input_dim": 3, "batch_input_shape": (2, 3), "batch_size": 2, "input_dtype": "float32",
    }  # fmt: skip
    assert set(values) == set(LayerOptions.__annotations__)
    for name, value in values.items():
        assert isinstance(layers.Layer(**{name: value}), layers.Layer)


def test_parameters_of_one_name_have_one_type_and_one_default_in_convolutions_and_recurrent_layers():
    families = [[c for c in convolutions() if c.rank == rank] for rank in (1, 2, 3)] + [
        [layers.ConvLSTM1D, layers.ConvLSTM2D, layers.ConvLSTM3D],
        [layers.SimpleRNN, layers.GRU, layers.LSTM, layers.SimpleRNNCell, layers.GRUCell, layers.LSTMCell],
    ]
    for family in families:
        found: dict[str, set[str]] = {}
        for cls in family:
            for name, parameter in parameters(cls).items():
                kind = "Padding" if name == "padding" else parameter.annotation
                found.setdefault(name, set()).add(f"{kind} = {parameter.default!r}")
        assert len(found) > 10
        assert {name: texts for name, texts in found.items() if len(texts) > 1} == {}


def test_parameters_of_one_name_are_documented_alike_in_convolutions_and_in_recurrent_layers():
    """But for those that mean something else: strides and padding of transposed layers, what activations go to."""
    families = [
        [c for c in convolutions() if "Transpose" not in c.__name__],
        [layers.SimpleRNN, layers.GRU, layers.LSTM, layers.SimpleRNNCell, layers.GRUCell, layers.LSTMCell],
    ]
    for family in families:
        found: dict[str, set[str]] = {}
        for cls in family:
            for name, text in re.findall(
                r"^    (\w+): (.*?)(?=^    \S|^\S|\Z)", _section(cls), re.MULTILINE | re.DOTALL
            ):
                if name not in ("activation", "kernel_size", "strides", "dilation_rate", "padding"):
                    found.setdefault(name, set()).add(" ".join(text.split()))
        assert len(found) > 10
        assert {name: texts for name, texts in found.items() if len(texts) > 1} == {}


def _section(cls: type) -> str:
    """What the docstring says of parameters."""
    return inspect.getdoc(cls).partition("Args:\n")[2].partition("\n\n")[0] + "\n"


# ---- roles


class Scale(layers.Layer):
    scale_initializer: InitializerRole = initializer()
    scale_regularizer: RegularizerRole = regularizer()
    scale_constraint = constraint()

    def __init__(self, scale_initializer="ones", scale_regularizer=None, **kwargs):
        super().__init__(**kwargs)
        self.scale_initializer = scale_initializer
        self.scale_regularizer = scale_regularizer
        self.scale_constraint = "non_neg"

    def build(self, input_shape):
        self.scale = add_weight(self, "scale", (input_shape[-1],))

    def call(self, inputs):
        penalty = 0.0 if self.scale_regularizer is None else self.scale_regularizer(self.scale)
        return inputs * self.scale + penalty


def test_a_role_is_set_to_a_name_and_reads_as_the_object():
    layer = Scale()
    assert isinstance(layer.scale_initializer, initializers.Ones)
    assert layer.scale_regularizer is None
    layer.scale_regularizer = "l2"
    assert isinstance(layer.scale_regularizer, regularizers.L2)
    layer.scale_initializer = initializers.Constant(3.0)
    layer.build((None, 2))
    np.testing.assert_array_equal(layer.scale, [3.0, 3.0])
    assert layer.scale.regularizer is layer.scale_regularizer
    assert layer.scale.constraint is layer.scale_constraint


def test_a_role_that_was_not_set_says_so():
    layer = layers.Layer.__new__(Scale)
    with pytest.raises(AttributeError, match="'Scale' object has no attribute 'scale_initializer' yet"):
        _ = layer.scale_initializer
    assert Scale.scale_initializer is vars(Scale)["scale_initializer"]


def test_what_a_role_reads_as_belongs_to_the_layer():
    inner = layers.Dense(1)
    layer = Scale(scale_regularizer=inner)
    assert layer._flatten_layers() == [layer, inner]
    layer.scale_regularizer = {"class_name": "L2", "config": {"l2": 0.5}}
    assert layer._flatten_layers() == [layer]
    assert isinstance(layer.scale_regularizer, regularizers.L2)


def test_the_config_has_the_role_as_it_is_now():
    layer = layers.Dense(2)
    layer.kernel_initializer = "zeros"
    assert layer.get_config()["kernel_initializer"]["class_name"] == "Zeros"
    assert isinstance(layers.Dense.from_config(layer.get_config()).kernel_initializer, initializers.Zeros)


def test_setting_a_role_counts_in_compiled_programs(backend):
    layer = Scale(scale_regularizer=regularizers.L2(0.5))
    model = Sequential([layers.Input((2,)), layer])
    x = np.ones((4, 2), "float32")
    for _ in range(3):
        np.testing.assert_allclose(model.predict(x, verbose=0), np.full((4, 2), 2.0), rtol=1e-6)
    layer.scale_regularizer = regularizers.L2(1.0)
    np.testing.assert_allclose(model.predict(x, verbose=0), np.full((4, 2), 3.0), rtol=1e-6)


# ---- constructors that pass their arguments on


class Base:
    def __init__(self, *, a: int, b: int = 2, **kwargs: Any) -> None:
        self.base = {"a": a, "b": b, **kwargs}


class Passing(Base):
    @passes_on(keeps=("own",))
    def __init__(self, b: int = 5, own: int = 7, a: int = 1, **kwargs: Any) -> None:
        self.own = own


def test_arguments_are_passed_on_by_name_with_defaults():
    assert Passing().base == {"a": 1, "b": 5}
    made = Passing(3, 4, more=8)
    assert (made.base, made.own) == ({"a": 1, "b": 3, "more": 8}, 4)
    assert list(inspect.signature(Passing).parameters) == ["b", "own", "a", "kwargs"]
    assert typing.get_type_hints(Passing.__init__)["a"] is int


def test_a_wrong_argument_is_refused_as_usual():
    with pytest.raises(TypeError, match="Passing.__init__.. got multiple values for argument 'b'"):
        Passing(1, b=2)
    with pytest.raises(TypeError, match="LSTM.__init__.. missing 1 required positional argument: 'units'"):
        layers.LSTM()


def test_a_subclass_of_a_passing_layer_passes_its_own_arguments():
    class Wide(layers.Conv2D):
        def __init__(self, filters: int, **kwargs: Any):
            super().__init__(filters, 3, padding="same", **kwargs)

    layer = Wide(4, name="wide", activation="relu")
    assert layer(np.ones((1, 5, 5, 2), "float32")).shape == (1, 5, 5, 4)
    assert Wide.from_config(layer.get_config()).filters == 4
