"""Configs derived from constructor calls."""

from __future__ import annotations

import inspect
import pydoc

import pytest

from keraslite import layers
from keraslite.errors import SerializationError
from keraslite.layers.base import Layer
from keraslite.serialization import Configurable, deserialize, register_serializable, serialize


@register_serializable("tests")
class Plain(Configurable):
    def __init__(self, a, b=2, *, c="c"):
        self.kept = (a, b, c)


class Scale(Layer):
    def __init__(self, factor, axes=(1, 2), **options):
        super().__init__(**options)
        factor = factor * 2
        self.factor, self.axes = factor, axes

    def call(self, x):
        return x


class Fixed(Layer):
    """A constructor that takes none of Layer's options."""

    def __init__(self, units):
        super().__init__()
        self.units = units

    def call(self, x):
        return x


class Written(Fixed):
    def get_config(self):
        return {**super().get_config(), "units": self.units}


class Holder(Layer):
    def __init__(self, inner, **options):
        super().__init__(**options)
        self.inner = inner

    def call(self, x):
        return self.inner(x)


class WrittenHolder(Holder):
    def get_config(self):
        return {**super().get_config(), "inner": serialize(self.inner)}

    @classmethod
    def from_config(cls, config):
        config = dict(config)
        config["inner"] = deserialize(config["inner"], custom_objects={"Scale": Scale})
        return cls(**config)


def test_positional_keyword_and_default_arguments():
    assert Plain(1).get_config() == {"a": 1, "b": 2, "c": "c"}
    assert Plain(1, 5, c="d").get_config() == {"a": 1, "b": 5, "c": "d"}
    assert deserialize(serialize(Plain(1, c="e"))).kept == (1, 2, "e")


def test_arguments_are_those_of_the_call():
    given = [1, 2]
    layer = Scale(3, axes=given, name="scale_it", trainable=False)
    given.append(3)
    layer.factor = 100
    config = layer.get_config()
    assert config == {
        "name": "scale_it",
        "trainable": False,
        "dtype": {"module": "keras", "class_name": "DTypePolicy", "config": {"name": "float32"},
                  "registered_name": None},
        "factor": 3,
        "axes": [1, 2],
    }  # fmt: skip
    copy = Scale.from_config(config)
    assert (copy.factor, copy.name, copy.trainable) == (6, "scale_it", False)


def test_current_state_of_options():
    layer = Scale(1, dtype="mixed_float16")
    layer.trainable = False
    config = layer.get_config()
    assert config["trainable"] is False
    assert config["dtype"]["config"] == {"name": "mixed_float16"}
    assert Scale.from_config(config).compute_dtype == "float16"


def test_options_the_constructor_does_not_take_are_restored():
    layer = Fixed(3)
    layer.trainable = False
    layer.dtype_policy = "mixed_bfloat16"
    copy = Fixed.from_config(layer.get_config())
    assert (copy.units, copy.name, copy.trainable, copy.compute_dtype) == (3, layer.name, False, "bfloat16")


def test_the_pattern_of_users():
    layer = Written(4)
    config = layer.get_config()
    assert config["units"] == 4
    assert config["name"] == layer.name
    assert Written.from_config(config).units == 4


def test_nested_objects():
    layer = WrittenHolder(Scale(2, name="inside"))
    copy = WrittenHolder.from_config(layer.get_config())
    assert copy.inner.name == "inside"
    derived = Holder(Scale(2, name="inside"))
    config = serialize(derived)
    assert config["config"]["inner"]["class_name"] == "Scale"
    copy = deserialize(config, custom_objects={"Holder": Holder, "Scale": Scale})
    assert copy.inner.factor == 4


def test_what_cannot_be_saved_is_an_error_only_then():
    layer = Scale(object.__new__(_Number))
    with pytest.raises(SerializationError, match=r"Scale cannot be saved: its argument 'factor'"):
        layer.get_config()
    with pytest.raises(SerializationError, match=r"Scale cannot be saved"):
        serialize(layer)

    class Rescued(Scale):
        def get_config(self):
            return {**super().get_config(), "factor": 7}

    assert Rescued(object.__new__(_Number)).get_config()["factor"] == 7


def test_var_positional_arguments_need_a_get_config():
    class Several(Layer):
        def __init__(self, *parts, **options):
            super().__init__(**options)

    assert Several().get_config()["trainable"] is True
    with pytest.raises(SerializationError, match=r"Several cannot be saved: its constructor took 2 values"):
        Several(1, 2).get_config()


class _Number:
    def __mul__(self, other):
        return self


class Unchanged(layers.Conv2D):
    pass


class Changed(layers.Conv2D):
    def __init__(self, filters, strides=5):
        super().__init__(filters, 3, strides=strides)


class ChangedAgain(Changed):
    pass


class Made(Configurable):
    def __new__(cls, size, *, kind="a"):
        return super().__new__(cls)


class Named(Configurable):
    __signature__ = inspect.Signature([inspect.Parameter("shown", inspect.Parameter.KEYWORD_ONLY)])

    def __init__(self, **options):
        pass


@pytest.mark.parametrize(
    ("cls", "text"),
    [
        (Plain, "(a, b=2, *, c='c')"),
        (Scale, "(factor, axes=(1, 2), **options)"),
        (Written, "(units)"),
        (Configurable, "()"),
        (Made, "(size, *, kind='a')"),
        (Named, "(*, shown)"),
        (layers.Dropout, "(rate, noise_shape=None, seed=None, **kwargs)"),
        (
            layers.MaxPooling2D,
            "(pool_size=(2, 2), strides=None, padding='valid', data_format=None, name=None, **kwargs)",
        ),
        (Changed, "(filters, strides=5)"),
        (ChangedAgain, "(filters, strides=5)"),
    ],
)
def test_signature(cls, text):
    signature = inspect.signature(cls)
    bare = [parameter.replace(annotation=parameter.empty) for parameter in signature.parameters.values()]
    assert str(signature.replace(parameters=bare)) == text
    assert str(signature).replace("(self, ", "(") in pydoc.plain(pydoc.render_doc(cls))


def test_signature_of_a_subclass_that_changes_nothing():
    assert inspect.signature(Unchanged) == inspect.signature(layers.Conv2D)
    assert inspect.signature(layers.Conv2D).parameters["strides"].default == (1, 1)
    config = Unchanged(2, 3).get_config()
    assert config["strides"] == (1, 1)
    assert Unchanged.from_config(config).get_config() == config


def test_signature_of_an_object_is_that_of_its_call():
    class Called(Configurable):
        def __init__(self, a):
            pass

        def __call__(self, b):
            pass

    assert str(inspect.signature(Called(1))) == "(b)"
