"""FeatureSpace and Config."""

from __future__ import annotations

import copy
import os
import pickle
import subprocess
import sys

import keras_peer
import numpy as np
import pytest

from keraslite import Model, layers, ops, saving, tree, utils
from keraslite.backend import registry
from keraslite.errors import ArgumentError, StateError, UnknownNameError

with_keras = pytest.mark.skipif(not keras_peer.available(), reason="needs real Keras")


def table(count, seed):
    generator = np.random.default_rng(seed)
    return {
        "width": generator.normal(3, 2, count).astype("float32"),
        "age": generator.normal(40, 10, count).astype("float32"),
        "height": generator.normal(0, 1, count).astype("float32"),
        "city": generator.choice(np.array(["Rome", "Oslo", "Kyōto", ""]), count),
        "code": generator.integers(0, 5, count),
        "zip": generator.integers(0, 1000, count),
        "street": generator.choice(np.array(["a", "b c", "d"]), count),
    }


DATA, NEW = table(50, 1), table(9, 2)
KINDS = {
    "width": "float", "age": "float_normalized", "height": ["float_discretized", {"num_bins": 4}],
    "city": "string_categorical", "code": ["integer_categorical", {"max_tokens": 4}],
    "zip": ["integer_hashed", {"num_bins": 6}], "street": "string_hashed",
}  # fmt: skip
INTS = {
    "city": ["string_categorical", {"output_mode": "int", "num_oov_indices": 2}],
    "code": ["integer_categorical", {"output_mode": "int"}],
    "zip": ["integer_hashed", {"num_bins": 6, "output_mode": "int"}],
    "street": ["string_hashed", {"num_bins": 6, "output_mode": "int"}],
    "height": ["float_discretized", {"num_bins": 4, "output_mode": "int"}],
    "width": ["float_rescaled", {"scale": 0.5, "offset": 1.0}],
}
SPECS = [
    {"features": KINDS},
    {"features": KINDS, "output_mode": "dict", "hashing_dim": 9, "num_discretization_bins": 5},
    {"features": KINDS, "crosses": [["zip", "street"], ["city", "code"]], "crossing_dim": 8},
    {"features": KINDS, "crosses": [["cross", {"feature_names": ["code", "city"], "crossing_dim": 11}]]},
    {"features": INTS, "output_mode": "dict",
     "crosses": [["cross", {"feature_names": ["zip", "city"], "crossing_dim": 5, "output_mode": "int"}]]},
    {"features": {"height": ["float_discretized", {"num_bins": 4}], "code": "integer_hashed", "age": "float"},
     "crosses": [["height", "code"]]},
]  # fmt: skip
if not hasattr(layers, "Rescaling"):
    INTS.pop("width")
every_spec = pytest.mark.parametrize("spec", SPECS, ids=range(len(SPECS)))


def made(spec, adapt=True):
    space = utils.FeatureSpace

    def each(given):
        if isinstance(given, list) and isinstance(given[-1], dict):
            return getattr(space, given[0])(**given[1])
        return tuple(given) if isinstance(given, list) else given

    features = {key: each(given) for key, given in spec["features"].items()}
    crosses = [each(given) for given in spec.get("crosses", [])]
    options = {key: value for key, value in spec.items() if key not in ("features", "crosses")}
    found = space(features, crosses=crosses, **options)
    if adapt:
        found.adapt(DATA)
    return found


def used(spec, data):
    return {key: data[key] for key in spec["features"]}


def array(nest):
    return tree.map(lambda x: np.asarray(ops.convert_to_numpy(x)), nest)


def same(found, wanted):
    if isinstance(wanted, dict):
        assert list(found) == list(wanted)
        for key in wanted:
            np.testing.assert_allclose(found[key], wanted[key], rtol=1e-5, atol=1e-5, err_msg=key)
    else:
        np.testing.assert_allclose(found, wanted, rtol=1e-5, atol=1e-5)


_known: dict = {}


@with_keras
@every_spec
def test_outputs_and_files_are_those_of_keras(spec, backend, tmp_path_factory):
    key = str(spec)
    if key not in _known:
        path = str(tmp_path_factory.mktemp("keras") / "space.keras")
        found = keras_peer.call("utils.feature_space_on_keras:outputs", "tensorflow", spec=spec, path=path,
                                data=used(spec, DATA), new=used(spec, NEW))  # fmt: skip
        _known[key] = found, path
    wanted, path = _known[key]
    space = made(spec)
    same(array(space(NEW)), wanted["rows"])
    same(array(space({name: value[0] for name, value in NEW.items()})), wanted["row"])
    theirs = saving.load_model(path)
    same(array(theirs(NEW)), wanted["rows"])
    ours = str(tmp_path_factory.mktemp("ours") / "space.keras")
    space.save(ours)
    same(keras_peer.call("utils.feature_space_on_keras:read", "tensorflow", path=ours, new=used(spec, NEW)),
         wanted["rows"])  # fmt: skip


@every_spec
@pytest.mark.parametrize("way", ["deepcopy", "pickle", "file", "again"])
def test_copies_are_equal(spec, way, tmp_path):
    space = made(spec)
    wanted = array(space(NEW))
    if way in ("file", "again"):
        space.save(tmp_path / "space.keras")
        again = saving.load_model(tmp_path / "space.keras")
        if way == "again":
            again.save(tmp_path / "again.keras")
            again = saving.load_model(tmp_path / "again.keras")
    else:
        again = copy.deepcopy(space) if way == "deepcopy" else pickle.loads(pickle.dumps(space))
    same(array(again(NEW)), wanted)


@every_spec
def test_as_a_graph_in_a_model(spec, backend):
    space = made(spec)
    wanted = array(space(NEW))
    inputs, encoded = space.get_inputs(), space.get_encoded_features()
    assert list(inputs) == list(spec["features"])
    model = Model(inputs, encoded)
    columns = {key: value[:, None] for key, value in used(spec, NEW).items()}
    same(model.predict(columns, verbose=0), wanted)
    same(array(model(columns)), wanted)
    same(space.on_host()(NEW), wanted)
    specs = space(space.get_inputs())
    assert tree.map(lambda x: x.shape[1:], specs) == tree.map(lambda x: x.shape[1:], wanted)
    same(Model(inputs, specs).predict(columns, verbose=0), wanted)


@every_spec
def test_a_model_trains_on_it(spec, differentiating_backend, tmp_path):
    space = made(spec)
    inputs, encoded = space.get_inputs(), space.get_encoded_features()
    vectors = [ops.cast(x, "float32") for x in tree.leaves(encoded)]
    h = layers.Concatenate()(vectors) if len(vectors) > 1 else vectors[0]
    model = Model(inputs, layers.Dense(1)(h))
    model.compile("adam", "mse")
    columns = {key: value[:, None] for key, value in used(spec, DATA).items()}
    history = model.fit(columns, np.ones((50, 1)), epochs=3, batch_size=10, verbose=0).history["loss"]
    assert history[-1] < history[0]
    model.save(tmp_path / "net.keras")
    again = saving.load_model(tmp_path / "net.keras")
    new = {key: value[:, None] for key, value in used(spec, NEW).items()}
    np.testing.assert_allclose(again.predict(new, verbose=0), model.predict(new, verbose=0), rtol=1e-5, atol=1e-6)


def test_adapting_to_what_makes_rows(backend):
    import torch

    wanted = array(made(SPECS[2])(NEW))
    rows = [{key: value[i] for key, value in DATA.items()} for i in range(50)]
    batches = [{key: value[i : i + 8] for key, value in DATA.items()} for i in range(0, 50, 8)]
    loader = torch.utils.data.DataLoader(rows, batch_size=7)
    sources = {"rows": rows, "batches": batches, "with targets": [(each, 1) for each in batches], "loader": loader}
    pandas = pytest.importorskip("pandas")
    sources["frame"] = pandas.DataFrame(DATA)
    for name, source in sources.items():
        space = made(SPECS[2], adapt=False)
        space.adapt(source)
        np.testing.assert_allclose(array(space(NEW)), wanted, rtol=1e-5, atol=1e-5, err_msg=name)
    np.testing.assert_allclose(array(space(pandas.DataFrame(NEW))), wanted, rtol=1e-5, atol=1e-5)


def test_a_layer_of_ones_own(backend):
    text = utils.FeatureSpace.feature(
        dtype="string", preprocessor=layers.TextVectorization(output_mode="tf_idf"), output_mode="float"
    )
    rows = {"text": ["1st string", "2nd string", "3rd string"]}
    space = utils.FeatureSpace({"text": text})
    space.adapt(rows)
    layer = space.preprocessors["text"]
    np.testing.assert_allclose(array(space(rows)), array(layer(rows["text"])), rtol=1e-6)
    words = utils.FeatureSpace.feature("string", layers.TextVectorization(), "one_hot")
    space = utils.FeatureSpace({"text": words})
    space.adapt(rows)
    assert array(space(rows)).shape == (3, 6)


def test_its_members(backend):
    space = made(SPECS[2])
    assert list(space.crossers) == ["zip_X_street", "city_X_code"]
    assert type(space.preprocessors["city"]) is layers.StringLookup
    assert space.crosses[0].feature_names == ("zip", "street")
    space.get_encoded_features()
    assert set(space.one_hot_encoders) == set(KINDS) - {"width", "age"} | set(space.crossers)
    assert isinstance(space.concat, layers.Concatenate)
    hashed = utils.FeatureSpace({"a": "string_hashed"}, hashing_dim=3)
    assert array(hashed({"a": ["x", "y"]})).shape == (2, 3)  # nothing to adapt


@pytest.mark.parametrize(
    ("make", "error", "text"),
    [
        (lambda: utils.FeatureSpace({}), ArgumentError, "dict of features"),
        (lambda: utils.FeatureSpace({"a": "number"}), ArgumentError, "one of"),
        (lambda: utils.FeatureSpace({"a": "float"}, output_mode="list"), ArgumentError, "output_mode"),
        (lambda: utils.FeatureSpace({"a": "float"}, crosses=[("a", "b")]), ArgumentError, "unknown"),
        (lambda: utils.FeatureSpace({"a": "float"}, crosses=["ab"]), ArgumentError, "tuple of names"),
        (lambda: utils.FeatureSpace({"a": ["float"]}), ArgumentError, "one of"),
        (lambda: utils.FeatureSpace({"a": utils.FeatureSpace.string_hashed(3, "int")}), ArgumentError, "to join"),
        (lambda: utils.FeatureSpace({"a": "float_normalized"})({"a": [1.0]}), StateError, "Call `adapt"),
        (lambda: utils.FeatureSpace({"a": "float_normalized"}).get_inputs(), StateError, "Call `adapt"),
        (lambda: utils.FeatureSpace({"a": "float"})([1.0]), ArgumentError, "dict of columns"),
        (lambda: utils.FeatureSpace({"a": "float"})({"b": [1.0]}), ArgumentError, "missing"),
        (lambda: utils.FeatureSpace({"a": "float_normalized"}).adapt([1.0]), ArgumentError, "makes dicts"),
        (lambda: utils.FeatureSpace({"a": "float_normalized"}).adapt({"b": [1.0]}), ArgumentError, "missing"),
        (lambda: utils.FeatureSpace({"a": "float_normalized"}).adapt({"a": ["x"]}), ArgumentError, "numbers"),
        (lambda: utils.FeatureSpace({"a": "string_categorical"}).adapt({"a": [1]}), ArgumentError, "texts"),
        (lambda: utils.FeatureSpace({"a": "float_normalized"}).adapt(iter([{"a": 1.0}])), ArgumentError, "only once"),
        (lambda: utils.FeatureSpace.feature("string", "layer", "int"), ArgumentError, "layer"),
        (lambda: utils.FeatureSpace.cross(("a", "b"), 3, "float"), ArgumentError, "output_mode"),
    ],
)  # fmt: skip
def test_what_is_refused(make, error, text):
    with pytest.raises(error, match=text):
        make()


@pytest.mark.parametrize("engine", [name for name in registry.installed() if name != "tensorflow"])
def test_it_needs_no_tensorflow(engine, tmp_path):
    program = f"""
import sys
import numpy as np
import keraslite as keras
rows = {{"age": [20.0, 40.0], "city": ["Rome", "Oslo"]}}
space = keras.utils.FeatureSpace({{"age": "float_normalized", "city": "string_categorical"}})
space.adapt(rows)
space.save({str(tmp_path / "space.keras")!r})
again = keras.saving.load_model({str(tmp_path / "space.keras")!r})
found = keras.ops.convert_to_numpy(again(rows))
assert found.tolist() == [[-1.0, 0.0, 1.0, 0.0], [1.0, 0.0, 0.0, 1.0]], found
assert "tensorflow" not in sys.modules and "keras" not in sys.modules
"""
    subprocess.run([sys.executable, "-c", program], check=True, env={**os.environ, "KERAS_BACKEND": engine})


def test_config():
    config = utils.Config(rate=0.1, momentum=0.9)
    config.epochs = 3
    config["seed"] = 1
    assert (config.rate, config["epochs"], config.get("none"), config.get("seed", 5)) == (0.1, 3, None, 1)
    assert config.as_dict() == {"rate": 0.1, "momentum": 0.9, "epochs": 3, "seed": 1}
    assert list(config.keys()) == list(config) == ["rate", "momentum", "epochs", "seed"]
    assert (len(config), "rate" in config, next(iter(config.values()))) == (4, True, 0.1)
    assert config.to_json() == '{"rate": 0.1, "momentum": 0.9, "epochs": 3, "seed": 1}'
    config.update({"rate": 0.2}, seed=2)
    assert (config.pop("seed"), config.pop("seed", None), dict(config.items())["rate"]) == (2, None, 0.2)
    del config.epochs
    with pytest.raises(UnknownNameError, match="Did you mean 'rate'"):
        config.rata  # noqa: B018
    with pytest.raises(KeyError):
        config["rata"]
    with pytest.raises(ArgumentError, match="no method"):
        config["items"] = 1
    config.freeze()
    assert config.frozen
    for change in (lambda: setattr(config, "rate", 1), lambda: config.pop("rate"), lambda: config.update(rate=1)):
        with pytest.raises(StateError, match="frozen"):
            change()
    again = pickle.loads(pickle.dumps(config))
    assert (again.as_dict(), again.frozen) == (config.as_dict(), True)
    config.unfreeze()
    config.rate = 1
    assert copy.deepcopy(config).rate == 1
