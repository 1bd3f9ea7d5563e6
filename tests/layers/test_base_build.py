"""When layers make their weights, and for which shapes."""

from __future__ import annotations

import importlib

import numpy as np
import pytest

from keraslite import layers, ops
from keraslite.errors import ArgumentError
from keraslite.layers.base import InputSpec, Layer
from keraslite.layers.core.input_layer import Input


class Recorder(Layer):
    """Keeps what its build got."""

    def build(self, input_shape):
        self.__dict__["got"] = input_shape

    def call(self, inputs):
        return inputs


class TwoInputs(Layer):
    def build(self, query_shape, value_shape=None):
        self.__dict__["got"] = (query_shape, value_shape)

    def call(self, query, value=None, flag=False):
        return query


class AnyShapes(Layer):
    def build(self, **shapes):
        self.__dict__["got"] = shapes

    def call(self, a, b=None):
        return a


class Weighted(Layer):
    def __init__(self, size=2, **options):
        super().__init__(**options)
        self.size = size
        self.input_spec = InputSpec(min_ndim=2)

    def build(self, input_shape):
        self.kernel = self.add_weight(name="kernel", shape=(input_shape[-1], self.size), initializer="ones")
        self.input_spec = InputSpec(min_ndim=2, axes={-1: input_shape[-1]})

    def call(self, x):
        return x @ self.kernel


class Block(Layer):
    """Sublayers and no build of its own."""

    def __init__(self, **options):
        super().__init__(**options)
        self.one, self.two = Weighted(3), Weighted(4)

    def call(self, x):
        return self.two(self.one(x))


class Twice(Layer):
    """Sublayers used with two arguments, and no build of its own."""

    def __init__(self, **options):
        super().__init__(**options)
        self.left, self.right = Weighted(3), Weighted(3)

    def call(self, left, right):
        return self.left(left) + self.right(right)


def ones(*shape):
    return np.ones(shape, "float32")


@pytest.mark.parametrize(
    ("inputs", "expected"),
    [
        (ones(2, 3), (2, 3)),
        ([ones(2, 3), ones(4, 5)], [(2, 3), (4, 5)]),
        ({"a": ones(2, 3), "b": ones(4)}, {"a": (2, 3), "b": (4,)}),
    ],
)
def test_one_shape(inputs, expected):
    layer = Recorder()
    layer(inputs)
    assert layer.got == expected
    assert layer.get_build_config() == {"input_shape": expected}


def test_shapes_by_name():
    layer = TwoInputs()
    layer(ones(2, 3), value=ones(4, 5))
    assert layer.got == ((2, 3), (4, 5))
    assert layer.get_build_config() == {"shapes_dict": {"query_shape": (2, 3), "value_shape": (4, 5)}}
    layer = TwoInputs()
    layer(query=ones(2, 3))
    assert layer.got == ((2, 3), None)
    layer = AnyShapes()
    layer(ones(1), ones(2))
    assert layer.got == {"a_shape": (1,), "b_shape": (2,)}
    copy = TwoInputs()
    copy.build_from_config({"shapes_dict": {"query_shape": [2, 3], "value_shape": [4, 5]}})
    assert copy.got == ((2, 3), (4, 5))


@pytest.mark.parametrize(
    "layer", [lambda: layers.MultiHeadAttention(2, 2), lambda: layers.GroupQueryAttention(2, 4, 2)]
)
def test_a_call_that_lacks_an_argument(layer):
    with pytest.raises(
        ArgumentError, match=r"needs `value` in a call. Received query. Pass it too, as in `layer\(query"
    ):
        layer()(np.ones((2, 5, 16), "float32"))


def test_parameters_of_build_must_name_arguments():
    class Wrong(TwoInputs):
        def build(self, query_shape, key_shape):
            self.__dict__["got"] = (query_shape, key_shape)

    with pytest.raises(ArgumentError, match=r"needs parameters named after those of `call`.*Received 'key_shape'"):
        Wrong()(ones(2, 3))


def test_sublayers_are_built_by_the_call(backend):
    layer = Block(name="block")
    layer(ones(2, 5))
    assert layer.built
    assert [w.shape for w in layer.weights] == [(5, 3), (3, 4)]
    assert layer.one.path == f"block/{layer.one.name}"
    assert layer.get_build_config() == {"input_shape": (2, 5)}


def test_sublayers_are_built_from_a_shape(backend):
    layer = Block(name="block")
    layer.build((None, 5))
    assert [w.path for w in layer.weights] == [f"block/{layer.one.name}/kernel", f"block/{layer.two.name}/kernel"]
    assert ops.shape(layer(ones(2, 5))) == (2, 4)
    copy = Block()
    copy.build_from_config(layer.get_build_config())
    assert [w.shape for w in copy.weights] == [(5, 3), (3, 4)]


def test_sublayers_of_several_arguments():
    layer = Twice()
    layer(ones(2, 5), ones(2, 6))
    config = layer.get_build_config()
    assert config == {"shapes_dict": {"left_shape": (2, 5), "right_shape": (2, 6)}}
    copy = Twice()
    copy.build_from_config(config)
    assert [w.shape for w in copy.weights] == [(5, 3), (6, 3)]
    with pytest.raises(ArgumentError, match=r"needs shapes of left, right to be built"):
        Twice().build((None, 5))


def test_symbolic_calls_build(backend):
    layer = Block()
    outputs = layer(Input((None, 5)))
    assert outputs.shape == (None, None, 4)
    assert [w.shape for w in layer.weights] == [(5, 3), (3, 4)]
    assert outputs.node.operation is layer
    assert layer.output.shape == outputs.shape
    assert layer.input.shape == (None, None, 5)


def test_output_shapes_without_building(backend):
    layer = Block()
    assert layer.compute_output_shape((None, 7, 5)) == (None, 7, 4)
    assert not layer.built
    assert layer.weights == []
    assert Twice().compute_output_shape(left_shape=(2, 5), right_shape=(2, 6)) == (2, 3)
    assert Weighted(4).compute_output_spec(Input((5,))).shape == (None, 4)


def test_what_a_class_says_about_its_outputs_wins():
    class Shaped(Weighted):
        def compute_output_shape(self, input_shape):
            return (*input_shape[:-1], 99)

    class Specified(Weighted):
        def compute_output_spec(self, x):
            return Input(batch_shape=(1, 2, 3), dtype="int32")

    class Extended(Weighted):
        def compute_output_shape(self, input_shape):
            return (*super().compute_output_shape(input_shape), 1)

    given = Input((5,))
    outputs = Shaped()(given)
    assert outputs.shape == (None, 99)
    assert outputs.dims[0] is given.dims[0]
    assert Specified()(given).dtype == "int32"
    assert Extended()(given).shape == (None, 2, 1)


def test_own_build_config_wins():
    class Own(Weighted):
        def get_build_config(self):
            return {"width": 5}

        def build_from_config(self, config):
            self.build((None, config["width"]))

    layer = Own()
    layer.build_from_config(Own().get_build_config())
    assert layer.kernel.shape == (5, 2)


def test_built_in_init():
    class Early(Layer):
        def __init__(self):
            super().__init__(name="early")
            self.scale = self.add_weight(name="scale", shape=(), initializer="ones")
            self.built = True

        def call(self, x):
            return x * self.scale

    layer = Early()
    assert [w.path for w in layer.weights] == ["early/scale"]
    assert ops.shape(layer(ones(2))) == (2,)


def test_super_build():
    class More(Weighted):
        def build(self, input_shape):
            super().build(input_shape)
            self.more = self.add_weight(name="more", shape=(1,), initializer="ones")

    layer = More(name="more_of_it")
    layer(ones(1, 2))
    assert [w.path for w in layer.weights] == ["more_of_it/kernel", "more_of_it/more"]


ENGINE_MODULES = {"torch": "torch", "jax": "jax.numpy", "tensorflow": "tensorflow"}


def test_engine_functions_in_a_call(differentiating_backend):
    engine = importlib.import_module(ENGINE_MODULES[differentiating_backend])

    class Native(Layer):
        def __init__(self):
            super().__init__()
            self.inner = Weighted(3)

        def call(self, x):
            return engine.sin(self.inner(x))

    layer = Native()
    outputs = layer(Input((5,)))
    assert (outputs.shape, outputs.dtype) == ((None, 3), "float32")
    assert [w.shape for w in layer.weights] == [(5, 3)]
    assert ops.shape(layer(ones(2, 5))) == (2, 3)


def test_errors_of_a_call_on_symbolic_tensors_are_its_own():
    class Wrong(Layer):
        def call(self, x):
            return x + {}["missing"]

    with pytest.raises(KeyError, match=r"missing"):
        Wrong()(Input((5,)))


INPUT_ERRORS = [
    (InputSpec(ndim=3), r"needs an input with 3 axes. Received shape \(2, 3\)"),
    (InputSpec(max_ndim=1), r"at most 1 axis. Received shape \(2, 3\)"),
    (InputSpec(min_ndim=3), r"at least 3 axes"),
    (InputSpec(axes={-1: 4}), r"an input of size 4 along axis -1. Received shape \(2, 3\)"),
    (InputSpec(shape=(None, 4)), r"an input of shape \(None, 4\)"),
    (InputSpec(dtype="int32"), r"an input of dtype int32. Received shape \(2, 3\) and dtype float32"),
    ([InputSpec(ndim=2), InputSpec(ndim=2)], r"needs 2 inputs. Received 1"),
]


@pytest.mark.parametrize(("spec", "text"), INPUT_ERRORS)
def test_input_errors(spec, text):
    layer = Recorder(name="strict")
    layer.input_spec = spec
    with pytest.raises(ArgumentError, match=f"Recorder layer 'strict' {text}|{text}"):
        layer(ones(2, 3))


def test_input_errors_name_the_path():
    layer = Block(name="outer")
    layer(ones(2, 5))
    with pytest.raises(ArgumentError) as caught:
        layer(ones(2, 6))
    assert str(caught.value) == (
        f"Weighted layer 'outer/{layer.one.name}' needs an input of size 5 along axis -1. Received shape (2, 6). "
        "Change the input, or make the layer anew for inputs of that size."
    )
    assert any("in Block layer 'outer'" in note for note in caught.value.__notes__)


def test_squeezable_last_axis():
    spec = InputSpec(shape=(None, 4, 1), allow_last_axis_squeeze=True)
    assert spec.problem((2, 4), "float32") is None
    assert spec.problem((2, 4, 1), "float32") is None
    assert spec.problem((2, 5), "float32") == "an input of shape (None, 4, 1)"
    assert repr(InputSpec.from_config(InputSpec(ndim=3).get_config())) == "InputSpec(ndim=3)"


@pytest.mark.parametrize("inputs", ["text", 1.0, [[1.0, 2.0]], True])
def test_inputs_must_be_tensors(inputs):
    with pytest.raises(ArgumentError, match=r"needs tensors or arrays. Received"):
        Recorder()(inputs)


@pytest.mark.parametrize("inputs", [np.array(["a"]), np.array([object()])])
def test_inputs_must_be_numbers(inputs):
    with pytest.raises(ArgumentError, match=r"needs numbers. Received an array of dtype"):
        Recorder()(inputs)


def test_input():
    given = Input((None, 3), batch_size=2, name="words", dtype="int32")
    assert given.shape == (2, None, 3)
    assert given.dtype == "int32"
    layer = given.node.operation
    assert (layer.name, layer.batch_shape, layer.output.node) == ("words", (2, None, 3), given.node)
    assert layer.get_config() == {
        "batch_shape": (2, None, 3), "dtype": "int32", "sparse": False, "ragged": False, "name": "words",
        "optional": False,
    }  # fmt: skip
    assert type(layer).from_config(layer.get_config()).batch_shape == (2, None, 3)
    assert Input(()).shape == (None,)
    with pytest.raises(ArgumentError, match=r"needs `shape`"):
        Input()
    with pytest.raises(ArgumentError, match=r"needs `shape` of non-negative integers or None"):
        Input((2.5,))
    with pytest.raises(ArgumentError, match=r"Received both"):
        Input((2,), batch_shape=(1, 2))


class MaxPoolingWithWeights(layers.MaxPooling1D):
    def build(self, input_shape):
        self.scale = self.add_weight(name="scale", initializer="ones")

    def call(self, x):
        return super().call(x) * self.scale


class ReLUAndDense(layers.ReLU):
    def __init__(self, **options):
        super().__init__(**options)
        self.inner = layers.Dense(2)

    def call(self, x):
        return self.inner(super().call(x))


@pytest.mark.parametrize(("cls", "weights"), [(MaxPoolingWithWeights, 1), (ReLUAndDense, 2)])
def test_a_users_layer_on_one_without_weights_may_have_some(backend, cls, weights):
    layer = cls()
    assert not layer.built
    layer(np.ones((2, 4, 3), "float32"))
    assert layer.built
    assert len(layer.weights) == weights
    again = cls.from_config(layer.get_config())
    again.build_from_config(layer.get_build_config())
    assert [w.shape for w in again.weights] == [w.shape for w in layer.weights]
