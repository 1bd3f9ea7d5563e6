"""`.keras` files: between engines, copies, damage, and what is refused."""

from __future__ import annotations

import copy
import io
import json
import pickle
import zipfile

import joblib
import numpy as np
import pytest

from keraslite import Input, Model, Sequential, layers, models, ops, optimizers, saving, use_backend
from keraslite.backend import registry
from keraslite.errors import (
    ArgumentError,
    CorruptFileError,
    KerasliteError,
    NotBuiltError,
    SerializationError,
    UnsafeModelError,
)

X = np.linspace(-1, 1, 12).reshape(4, 3).astype("float32")
Y = X[:, :2].copy()


@saving.register_keras_serializable(package="test_model_files")
def doubled(x):
    return x * 2.0


class Custom(layers.Layer):
    """Not registered: found through `custom_objects` or by reference."""

    def __init__(self, units=2, **options):
        super().__init__(**options)
        self.units = units
        self.dense = layers.Dense(units)

    def build(self, shape):
        self.dense.build(shape)

    def call(self, x):
        return self.dense(x)


def drawn():
    x = Input((3,), name="x")
    h = layers.Dense(4, activation="tanh")(x) + 1.0
    return Model(x, layers.Dense(2)(layers.BatchNormalization()(h[:, :3])), name="net")


def predicted(net):
    return np.asarray(net.predict(X, verbose=0))


@pytest.fixture
def path(tmp_path):
    return str(tmp_path / "net.keras")


@pytest.mark.parametrize("other", registry.installed())
def test_between_engines(backend, other, path):
    net = drawn()
    net.save(path)
    with use_backend(other):
        loaded = models.load_model(path)
        np.testing.assert_allclose(predicted(loaded), predicted(net), atol=1e-6)
        assert loaded.weights[0].engine.name == other
    moved = net.to_backend(other)
    assert moved.weights[0].engine.name == other
    np.testing.assert_allclose(predicted(moved), predicted(net), atol=1e-6)


@pytest.mark.parametrize("copied", [
    copy.deepcopy, copy.copy, lambda net: pickle.loads(pickle.dumps(net)), lambda net: _through_joblib(net),
])  # fmt: skip
def test_copies(backend, copied):
    x = Input((3,))
    net = Model(x, Custom(2)(layers.Dense(3)(x)))
    again = copied(net)
    np.testing.assert_allclose(predicted(again), predicted(net), atol=1e-6)
    assert again.layers[-1].units == 2


def _through_joblib(net):
    buffer = io.BytesIO()
    joblib.dump(net, buffer)
    buffer.seek(0)
    return joblib.load(buffer)


def test_deep_copy_is_its_own(backend):
    net = drawn()
    again = copy.deepcopy(net)
    net.weights[0].assign(net.weights[0].numpy() + 1)
    assert not np.allclose(again.weights[0].numpy(), net.weights[0].numpy())


def test_optimizer_goes_on_where_it_was(differentiating_backend, path):
    net = drawn()
    net.compile(optimizers.Adam(0.05), "mse", metrics=["mae"])
    net.fit(X, Y, epochs=2, verbose=0, shuffle=False)
    net.save(path)
    loaded = models.load_model(path)
    assert int(loaded.optimizer.iterations.numpy()) == 2
    for a, b in zip(net.optimizer.variables, loaded.optimizer.variables, strict=True):
        np.testing.assert_array_equal(a.numpy(), b.numpy())
    np.testing.assert_allclose(loaded.train_on_batch(X, Y), net.train_on_batch(X, Y), rtol=1e-5)
    np.testing.assert_allclose(loaded.train_on_batch(X, Y), net.train_on_batch(X, Y), rtol=1e-5)


def test_without_compile(differentiating_backend, path):
    net = drawn()
    net.compile("adam", "mse")
    net.fit(X, Y, verbose=0)
    net.save(path)
    loaded = models.load_model(path, compile=False)
    assert loaded.optimizer is None
    np.testing.assert_allclose(predicted(loaded), predicted(net), atol=1e-6)


def test_custom_objects(backend, path):
    net = Sequential([Input((3,)), Custom(2)])
    net.save(path)
    with pytest.raises(KerasliteError, match="'Custom'.*custom_objects"):
        models.load_model(path)
    loaded = models.load_model(path, custom_objects={"Custom": Custom})
    np.testing.assert_allclose(predicted(loaded), predicted(net), atol=1e-6)
    with saving.custom_object_scope({"Custom": Custom}):
        assert models.load_model(path).layers[0].units == 2


def test_shared_layers_stay_shared(path):
    x = Input((3,))
    shared = layers.Dense(3)
    Model(x, shared(Sequential([shared])(x))).save(path)
    assert len(models.load_model(path).weights) == 2


def test_registered_function_in_a_lambda(backend, path):
    net = Sequential([Input((3,)), layers.Lambda(doubled), layers.Dense(2)])
    net.save(path)
    np.testing.assert_allclose(predicted(models.load_model(path)), predicted(net), atol=1e-6)


def test_other_functions_in_a_lambda_are_refused(path):
    net = Sequential([Input((3,)), layers.Lambda(lambda x: x * 2), layers.Dense(2)])
    with pytest.raises(SerializationError, match="register_keras_serializable"):
        net.save(path)


def test_code_in_a_file_is_refused(path):
    Sequential([Input((3,)), layers.Lambda(doubled)]).save(path)
    for function in (
        {"class_name": "__lambda__", "config": {"code": "4wEA", "defaults": None, "closure": None}},
        {"class_name": "function", "config": "system", "module": "os", "registered_name": "function"},
    ):
        _edit(path, lambda config, function=function: config["config"]["layers"][1]["config"].update(function=function))
        with pytest.raises(KerasliteError, match="register_keras_serializable"):
            models.load_model(path)
        with pytest.raises(KerasliteError, match="register_keras_serializable"):
            models.load_model(path, safe_mode=False)


def test_a_module_in_a_file_is_not_imported(path):
    Sequential([Input((3,)), layers.Dense(2)]).save(path)
    _edit(path, lambda config: config["config"]["layers"][1].update(module="subprocess", class_name="Popen"))
    with pytest.raises(KerasliteError, match="Popen"):
        models.load_model(path)


def _edit(path, change):
    with zipfile.ZipFile(path) as archive:
        members = {name: archive.read(name) for name in archive.namelist()}
    config = json.loads(members["config.json"])
    change(config)
    members["config.json"] = json.dumps(config).encode()
    with zipfile.ZipFile(path, "w") as archive:
        for name, content in members.items():
            archive.writestr(name, content)


@pytest.mark.parametrize("part", [0, 0.001, 0.1, 0.5, 0.9, 0.999])
def test_cut_off(path, part):
    drawn().save(path)
    with open(path, "rb") as file:
        content = file.read()
    with open(path, "wb") as file:
        file.write(content[: int(len(content) * part)])
    with pytest.raises(CorruptFileError, match=r"net\.keras"):
        models.load_model(path)


def test_damaged_in_the_middle(path):
    drawn().save(path)
    with open(path, "rb") as file:
        content = bytearray(file.read())
    for place in range(200, len(content), len(content) // 7):
        broken = bytearray(content)
        broken[place : place + 40] = bytes(255 - b for b in broken[place : place + 40])
        with open(path, "wb") as file:
            file.write(broken)
        with pytest.raises(KerasliteError):
            models.load_model(path)


def test_no_zip_and_no_json(path):
    with open(path, "w") as file:
        file.write("a model")
    with pytest.raises(CorruptFileError, match="zip archive"):
        models.load_model(path)
    for text in ("{", "[]", '{"a": 1}', '{"class_name": 3}'):
        with zipfile.ZipFile(path, "w") as archive:
            archive.writestr("config.json", text)
            archive.writestr("model.weights.h5", b"")
        with pytest.raises(CorruptFileError, match=r"config\.json"):
            models.load_model(path)
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("other", "x")
    with pytest.raises(CorruptFileError, match="members"):
        models.load_model(path)


def test_shapes_that_do_not_match(path):
    Sequential([Input((3,)), layers.Dense(2, name="d")]).save(path)
    _edit(path, lambda config: config["config"]["layers"][1]["config"].update(units=5))
    with pytest.raises(KerasliteError, match=r"shape \(3, 5\). Received \(3, 2\)"):
        models.load_model(path)


def test_a_file_stays_whole_when_saving_fails(path, tmp_path, monkeypatch):
    net = drawn()
    net.save(path)
    before = (tmp_path / "net.keras").read_bytes()
    with pytest.raises(SerializationError):
        Sequential([Input((3,)), layers.Lambda(lambda x: x)]).save(path)

    def fail(*args):
        raise OSError("no space left")

    monkeypatch.setattr("os.fsync", fail)
    with pytest.raises(OSError, match="no space"):
        net.save(path)
    assert (tmp_path / "net.keras").read_bytes() == before
    assert [each.name for each in tmp_path.iterdir()] == ["net.keras"]


def test_paths(path, tmp_path):
    net = drawn()
    with pytest.raises(ArgumentError, match=r"ends in `\.keras`"):
        net.save(tmp_path / "net.h5")
    net.save(path)
    with pytest.raises(ArgumentError, match="overwrite=True"):
        net.save(path, overwrite=False)
    with pytest.raises(ArgumentError, match="is no directory"):
        net.save(tmp_path / "none" / "net.keras")
    with pytest.raises(ArgumentError, match="needs a file. Received .*, where there is none"):
        models.load_model(tmp_path / "none.keras")


def test_unbuilt(path):
    with pytest.raises(NotBuiltError, match="'net'.*build"):
        Sequential([layers.Dense(2)], name="net").save(path)


def test_build_config(backend, path):
    class Lazy(layers.Layer):
        def build(self, shape):
            self.width = shape[-1]
            self.table = self.add_weight(shape=(self.width,), initializer="ones")

        def call(self, x):
            return x * self.table

        def get_build_config(self):
            return {"width": self.width}

        def build_from_config(self, config):
            self.build((None, config["width"]))
            self.built = True

    net = Sequential([Input((3,)), Lazy(name="lazy")])
    net.layers[0].table.assign([1.0, 2.0, 3.0])
    net.save(path)
    loaded = models.load_model(path, custom_objects={"Lazy": Lazy})
    np.testing.assert_allclose(ops.convert_to_numpy(loaded(X)), X * [1, 2, 3], rtol=1e-6)


def test_unsafe_error_is_a_serialization_error():
    assert issubclass(UnsafeModelError, SerializationError)


@pytest.mark.parametrize("options", [{"save_format": "keras_v3"}, {"save_format": None}, {"zipped": True}])
def test_arguments_of_earlier_versions_of_keras(path, options):
    net = drawn()
    for save in (net.save, lambda *args, **kwargs: models.save_model(net, *args, **kwargs)):
        save(path, **options)
        np.testing.assert_array_equal(predicted(models.load_model(path)), predicted(net))


@pytest.mark.parametrize("options", [{"save_format": "h5"}, {"zipped": False}, {"format": "keras"}])
def test_arguments_that_are_refused(path, options):
    with pytest.raises(ArgumentError, match="save_model"):
        drawn().save(path, **options)


def test_without_the_optimizer(differentiating_backend, path):
    net = drawn()
    net.compile("adam", "mse")
    net.fit(X, Y, verbose=0)
    net.save(path, include_optimizer=False)
    loaded = models.load_model(path)
    np.testing.assert_array_equal(predicted(loaded), predicted(net))
    assert int(loaded.optimizer.iterations.numpy()) == 0


def exported():
    """A model that was trained, in a model that adds what users of it need."""
    inner = drawn()
    inner.compile(optimizers.Adam(0.05), "mse")
    inner.fit(X, Y, verbose=0)
    x = Input((3,))
    return Model(x, inner(x), name="outer"), inner


@pytest.mark.parametrize("options", [{}, {"include_optimizer": False}])
@pytest.mark.parametrize("compiled", [True, False])
@pytest.mark.parametrize("outer", [None, "sgd"])
def test_a_trained_model_in_a_model(differentiating_backend, path, outer, compiled, options):
    net, inner = exported()
    if outer:
        net.compile(outer, "mse")
        net.fit(X, Y, verbose=0)
    net.save(path, **options)
    loaded = models.load_model(path, compile=compiled)
    np.testing.assert_allclose(predicted(loaded), predicted(net), atol=1e-6)
    again = loaded.get_layer("net")
    if not compiled:
        assert again.optimizer is None
        assert loaded.optimizer is None
        return
    steps = 0 if options else 1
    assert int(again.optimizer.iterations.numpy()) == steps
    if steps:
        for ours, expected in zip(again.optimizer.variables, inner.optimizer.variables, strict=True):
            np.testing.assert_array_equal(ours.numpy(), expected.numpy())
    if outer:
        assert int(loaded.optimizer.iterations.numpy()) == steps


def test_weights_of_a_trained_model_in_a_model(differentiating_backend, tmp_path):
    net, _ = exported()
    path = str(tmp_path / "net.weights.h5")
    net.save_weights(path)
    x = Input((3,))
    again = Model(x, drawn()(x))  # never compiled
    again.load_weights(path)
    np.testing.assert_allclose(predicted(again), predicted(net), atol=1e-6)


class Looping(layers.Layer):
    """Its containers hold themselves."""

    def __init__(self, **options):
        super().__init__(**options)
        self.list = [layers.Dense(2)]
        self.list.append(self.list)
        self.dict = {}
        self.dict["own"] = self.dict
        inner = [layers.Dense(2)]
        inner.append(inner)
        self.given = inner

    def call(self, x):
        return self.given[0](self.list[0](x))


def test_containers_that_hold_themselves(backend, path):
    net = Sequential([Input((3,)), Looping()])
    assert len(net.weights) == 4
    net.save(path)
    loaded = models.load_model(path, custom_objects={"Looping": Looping})
    np.testing.assert_array_equal(predicted(loaded), predicted(net))
    again = pickle.loads(pickle.dumps(net.layers[0]))
    assert again.list[1] is again.list
    assert len(again.weights) == 4
    again.given = None
    assert len(again.weights) == 2
