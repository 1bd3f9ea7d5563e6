"""`Operation`, `Function`, and the state of a model as a tree."""

from __future__ import annotations

import copy
import pickle

import keras_peer
import numpy as np
import pytest

import keraslite as keras
from keraslite import layers, ops
from keraslite.errors import ArgumentError, SerializationError, UnknownNameError, WeightsMismatchError


class Scale(keras.Operation):
    def __init__(self, factor, name=None):
        super().__init__(name=name)
        self.factor = factor

    def call(self, x):
        return x * self.factor


class Halves(keras.Operation):
    """Two outputs, and no `name` in its constructor."""

    def __init__(self):
        super().__init__()

    def call(self, x, swap=False):
        halves = ops.split(x, 2, axis=-1)
        return halves[::-1] if swap else halves

    def compute_output_spec(self, x, swap=False):
        half = keras.KerasTensor((*x.shape[:-1], x.shape[-1] // 2), x.dtype)
        return half, half


X = np.arange(8, dtype="float32").reshape(2, 4)


def host(x):
    return ops.convert_to_numpy(x)


def model_with_operations():
    x = keras.Input((4,), name="x")
    scale = Scale(3)
    left, right = Halves()(x, swap=True)
    return keras.Model(x, layers.Dense(2, name="d")(ops.subtract(scale(left), scale(right))))


def test_an_operation_computes_and_is_recorded(backend):
    operation = Scale(3)
    np.testing.assert_allclose(host(operation(ops.convert_to_tensor(X))), 3 * X)
    x = keras.Input((4,))
    y = operation(x)
    assert (y.shape, y.dtype) == ((None, 4), "float32")
    assert operation.input is x
    assert operation.output is y
    assert operation.compute_output_spec(keras.KerasTensor((7, 4))).shape == (7, 4)
    assert isinstance(layers.Dense(1), keras.Operation)
    again = operation(x)
    with pytest.raises(AttributeError, match="once for `input`. Received 2 such calls"):
        operation.input  # noqa: B018
    assert again is not y


def test_names_and_configs_of_operations():
    keras.utils.clear_session()
    assert [Scale(1).name, Scale(1).name, Halves().name, Scale(1, name="own").name] == [
        "scale",
        "scale_1",
        "halves",
        "own",
    ]
    assert Scale(factor=5).get_config() == {"factor": 5, "name": "scale_2"}
    again = Halves.from_config({"name": "mine"})
    assert again.name == "mine"
    for name in ("a/b", 4):
        with pytest.raises(ArgumentError, match="`name`"):
            Scale(1, name=name)
    with pytest.raises(NotImplementedError, match="`Operation` needs a method `call`"):
        keras.Operation()(3)


def test_a_model_of_operations(backend, tmp_path):
    model = model_with_operations()
    kinds = [type(each).__name__ for each in model.operations]
    assert kinds.count("Scale") == kinds.count("Halves") == 1
    assert [layer.name for layer in model.layers] == ["x", "d"]
    expected = 3 * (X[:, 2:] - X[:, :2]) @ model.get_weights()[0]
    np.testing.assert_allclose(model.predict(X, verbose=0), expected, rtol=1e-4, atol=1e-5)
    model.summary(print_fn=lambda text: None, show_trainable=True)
    path = tmp_path / "model.keras"
    model.save(path)
    own = {"Scale": Scale, "Halves": Halves}
    loaded = keras.saving.load_model(path, custom_objects=own)
    np.testing.assert_allclose(loaded.predict(X, verbose=0), expected, rtol=1e-4, atol=1e-5)
    assert [each.name for each in loaded.operations] == [each.name for each in model.operations]
    for copied in (copy.deepcopy(model), keras.models.clone_model(model)):
        copied.set_weights(model.get_weights())
        np.testing.assert_allclose(copied.predict(X, verbose=0), expected, rtol=1e-4, atol=1e-5)
        assert not {id(each) for each in copied.operations} & {id(each) for each in model.operations}
    with pytest.raises(UnknownNameError, match="'Scale'|'Halves'"):
        keras.saving.load_model(path)


def test_keras_reads_a_model_of_operations(tmp_path):
    model = model_with_operations()
    path = str(tmp_path / "model.keras")
    model.save(path)
    found = keras_peer.call("core_on_keras:predict_with_operations", path=path, x=X)
    np.testing.assert_allclose(found, model.predict(X, verbose=0), rtol=1e-4, atol=1e-5)


def test_operations_are_pickled():
    operation = Scale(2)
    operation(keras.Input((3,)))
    for again in (pickle.loads(pickle.dumps(operation)), copy.deepcopy(operation)):
        assert (again.factor, again.name) == (2, operation.name)


def test_training_through_an_operation(differentiating_backend):
    model = model_with_operations()
    model.compile("sgd", "mse")
    before = model.get_weights()[0].copy()
    model.fit(X, np.ones((2, 2), "float32"), verbose=0)
    assert not np.allclose(before, model.get_weights()[0])


# ---- functions --------------------------------------------------------------------------------------------------


def test_a_function_between_tensors(backend):
    x = keras.Input((4,), name="x")
    dense = layers.Dense(3, activation="relu")
    hidden = dense(x)
    function = keras.Function(x, {"a": hidden, "b": ops.sum(hidden, -1)}, name="f")
    found = function(ops.convert_to_tensor(X))
    expected = np.maximum(X @ dense.get_weights()[0], 0)
    np.testing.assert_allclose(host(found["a"]), expected, rtol=1e-4, atol=1e-5)
    np.testing.assert_allclose(host(found["b"]), expected.sum(-1), rtol=1e-4, atol=1e-5)
    assert function.name == "f"
    assert function.inputs == [x]
    assert function.outputs[0] is hidden
    assert [each.name for each in function.operations][:2] == ["x", dense.name]
    assert function.compute_output_spec(keras.KerasTensor((7, 4)))["b"].shape == (7,)
    assert function.compute_output_shape((None, 4)) == {"a": (None, 3), "b": (None,)}
    tail = keras.Function(hidden, ops.sum(hidden, -1))
    np.testing.assert_allclose(host(tail(ops.ones((2, 3)))), [3, 3])


def test_a_function_in_a_model(backend):
    x = keras.Input((4,))
    double = keras.Function(x, x * 2.0)
    y = keras.Input((4,))
    model = keras.Model(y, layers.Dense(2)(double(y)))
    np.testing.assert_allclose(model.predict(X, verbose=0), 2 * X @ model.get_weights()[0], rtol=1e-4, atol=1e-5)
    with pytest.raises(SerializationError, match=r"`Function` has no config. Use `keraslite.Model\(inputs, outputs\)`"):
        model.to_json()


def test_what_a_function_does_not_take():
    x = keras.Input((4,), name="x")
    y = layers.Dense(3)(x)
    function = keras.Function(x, y, name="f")
    with pytest.raises(
        ArgumentError, match=r"Function 'f' needs its input 'x' of shape \(None, 4\). Received .*\(2, 5\)"
    ):
        function(np.ones((2, 5), "float32"))
    with pytest.raises(ArgumentError, match="Function 'f' needs 1 input: x. Received 2"):
        function([X, X])
    with pytest.raises(ArgumentError, match="needs every `Input` its outputs depend on"):
        keras.Function(keras.Input((3,)), y)
    with pytest.raises(ArgumentError, match="`Function` needs `inputs` made by `keraslite.Input`. Received int 3"):
        keras.Function(3, y)


# ---- state as a tree --------------------------------------------------------------------------------------------


def trained():
    keras.utils.clear_session()  # a second Adam would be "adam_1", as in Keras
    layer = layers.Dense(2, name="d")
    model = keras.Sequential([keras.Input((4,)), layer, layers.BatchNormalization(name="b")], name="m")
    model.compile("adam", "mse", metrics=["mae"])
    model.fit(X, np.ones((2, 2), "float32"), verbose=0)
    return model


def test_state_as_a_tree(differentiating_backend):
    model = trained()
    tree = model.get_state_tree(value_format="numpy_array")
    assert set(tree) == {"trainable_variables", "non_trainable_variables", "optimizer_variables", "metrics_variables"}
    np.testing.assert_array_equal(tree["trainable_variables"]["m"]["d"]["kernel"], model.get_weights()[0])
    assert set(tree["non_trainable_variables"]["m"]["b"]) == {"moving_mean", "moving_variance"}
    assert {"iteration", "learning_rate", "m_d_kernel_momentum"} <= set(tree["optimizer_variables"]["adam"])
    assert set(tree["metrics_variables"]["mean_absolute_error"]) == {"total", "count"}
    assert all(isinstance(x, np.ndarray) for x in keras.tree.flatten(tree))
    tensors = keras.tree.flatten(model.get_state_tree())
    assert all(ops.is_tensor(x) for x in tensors)
    other = trained()
    other.set_state_tree(tree)
    for a, b in zip(keras.tree.flatten(other.get_state_tree("numpy_array")), keras.tree.flatten(tree), strict=True):
        np.testing.assert_array_equal(a, b)


def test_paths_of_a_tree_are_those_of_keras(differentiating_backend):
    theirs = keras_peer.call("core_on_keras:state_tree_paths", x=X, y=np.ones((2, 2), "float32"))
    ours = [
        (*(str(key) for key in path), x.shape)
        for path, x in keras.tree.flatten_with_path(trained().get_state_tree("numpy_array"))
    ]
    assert sorted(["/".join(path), list(shape)] for *path, shape in ours) == sorted(theirs)


@pytest.mark.parametrize(
    ("tree", "error", "message"),
    [
        ({"foo": {}}, UnknownNameError, "`set_state_tree` needs the keys 'trainable_variables'.* Received 'foo'"),
        (
            {"trainable_variables": {"m": {"d": {"kernel": np.zeros((4, 2)), "bais": np.ones(2)}}}},
            UnknownNameError,
            "Model 'm' has no Variable 'm/d/bais' among its trainable_variables. Did you mean 'm/d/bias'",
        ),
        ({"optimizer_variables": {"sgd": np.ones(1)}}, UnknownNameError, "There are none yet: the model is not built"),
        ({"trainable_variables": {"m": {"d": {"bias": np.ones(5)}}}}, (ArgumentError, WeightsMismatchError), "shape"),
    ],
    ids=["kind", "path", "unbuilt", "shape"],
)
def test_trees_that_do_not_fit(tree, error, message):
    model = keras.Sequential([keras.Input((4,)), layers.Dense(2, name="d")], name="m")
    before = model.get_weights()
    with pytest.raises(error, match=message):
        model.set_state_tree(tree)
    for a, b in zip(before, model.get_weights(), strict=True):
        np.testing.assert_array_equal(a, b)


def test_formats_and_twins_of_a_tree():
    model = keras.Sequential([keras.Input((4,)), layers.Dense(2, name="d")], name="m")
    with pytest.raises(ArgumentError, match="`value_format` to be one of 'backend_tensor', 'numpy_array'"):
        model.get_state_tree(value_format="x")

    class Twins(keras.Model):
        def __init__(self):
            super().__init__(name="twins")
            self.a, self.b = layers.Dense(2, name="same"), layers.Dense(2, name="same")

        def call(self, x):
            return self.b(self.a(x))

    twins = Twins()
    twins(X)
    with pytest.raises(ArgumentError, match="needs Variables of different paths. Received 'twins/same/kernel' twice"):
        twins.get_state_tree()
