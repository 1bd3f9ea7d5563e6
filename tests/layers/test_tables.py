"""Layers that prepare numbers and categories: Normalization, Discretization, Hashing and others."""

from __future__ import annotations

import copy
import pickle

import keras_peer
import numpy as np
import pytest

from keraslite import Input, KerasTensor, Model, layers, ops, saving, tree
from keraslite.errors import ArgumentError, MissingCapabilityError, OutOfRangeError, StateError
from keraslite.layers.preprocessing.quantiles import Quantiles

with_keras = pytest.mark.skipif(not keras_peer.available(), reason="needs real Keras")
RNG = np.random.default_rng(11)
NUMBERS = RNG.normal(3, 5, (40, 3)).astype("float32")
CUBE = RNG.normal(-2, 4, (6, 4, 3)).astype("float32")
IDS = RNG.integers(0, 5, (6, 3))
WORDS = RNG.choice(np.array(["", "a", "b", "é", "日本", "x" * 70, "mask"]), (6, 2))
BIG = RNG.choice(np.array([0, 7, -3, 2**40]), (6, 2))
COLUMN = [WORDS[:, :1], BIG[:, :1]]
FLAT = [WORDS[:, 0], BIG[:, 0]]
MODES = ("one_hot", "multi_hot", "count")

#: A class, how it is made, the data of calls, and what it is adapted to.
CASES: list[tuple] = [
    ("Normalization", {}, [NUMBERS, NUMBERS[:2].astype("int32")], NUMBERS),
    ("Normalization", {"axis": None}, [NUMBERS, NUMBERS[0]], NUMBERS),
    ("Normalization", {"axis": [1, 2]}, [CUBE], CUBE),
    ("Normalization", {"axis": 1, "invert": True}, [CUBE], CUBE),
    ("Normalization", {"axis": -1}, [CUBE], [CUBE[:2], CUBE[2:]]),
    ("Normalization", {"mean": 3.0, "variance": 4.0}, [NUMBERS, CUBE[0]], None),
    ("Normalization", {"mean": [1.0, 2.0, 3.0], "variance": [4.0, 0.0, 1.0], "invert": True}, [NUMBERS], None),
    ("Normalization", {"axis": None, "mean": 3.0, "variance": 0.0}, [NUMBERS], None),
    *[
        ("Discretization", {"bin_boundaries": [-2.0, 0.0, 3.5], "output_mode": mode}, [NUMBERS, NUMBERS[:, :1]], None)
        for mode in ("int", *MODES)
    ],
    ("Discretization", {"bin_boundaries": [0.0]}, [NUMBERS[0], CUBE, IDS], None),
    *[("CategoryEncoding", {"num_tokens": 5, "output_mode": mode}, [IDS, IDS[:, :1], IDS[:, 0]], None)
      for mode in MODES],
    ("CategoryEncoding", {"num_tokens": 7}, [IDS.astype("float32"), IDS.astype("int64")], None),
    *[("Hashing", {"num_bins": 7, **more}, [WORDS, WORDS[:, :1], BIG, BIG.astype("int32"), WORDS[0]], None)
      for more in ({}, {"salt": 3}, {"output_mode": "count"}, {"output_mode": "one_hot", "salt": 1})],
    *[("Hashing", {"num_bins": 7, **more}, [WORDS, WORDS[:, :1]], None)
      for more in ({"mask_value": "mask"}, {"salt": [3, 4], "mask_value": ""},
                   {"output_mode": "multi_hot", "mask_value": "mask"})],
    ("Hashing", {"num_bins": 4, "mask_value": 7}, [BIG], None),
    ("Hashing", {"num_bins": 1, "mask_value": "a"}, [WORDS], None),
    ("Hashing", {"num_bins": 4, "dtype": "int32"}, [WORDS], None),
    *[("HashedCrossing", {"num_bins": 11, **more}, [COLUMN, FLAT, [*FLAT, IDS[:, 0]], [WORDS[:, 0], WORDS[:, 1]]], None)
      for more in ({}, {"output_mode": "one_hot"})],
]  # fmt: skip
every_case = pytest.mark.parametrize(
    ("cls", "kwargs", "data", "adapt_on"), CASES, ids=[f"{i}-{cls}" for i, (cls, *_) in enumerate(CASES)]
)


def made(cls, kwargs, adapt_on=None):
    layer = getattr(layers, cls)(**kwargs)
    if adapt_on is not None:
        layer.adapt(adapt_on)
    return layer


def array(x) -> np.ndarray:
    return np.asarray(ops.convert_to_numpy(x))


_known: dict = {}


def expected(cls, kwargs, data, adapt_on):
    key = str((cls, kwargs, [str(each) for each in data]))
    if key not in _known:
        _known[key] = keras_peer.call("layers.preprocessing_on_keras:outputs", "tensorflow", cls=cls, kwargs=kwargs,
                                      data=data, adapt_on=adapt_on)  # fmt: skip
    return _known[key]


@with_keras
@every_case
def test_outputs_are_those_of_keras(cls, kwargs, data, adapt_on, backend):
    wanted = expected(cls, kwargs, data, adapt_on)
    layer = made(cls, kwargs, adapt_on)
    for each, output in zip(data, wanted["outputs"], strict=True):
        found = array(layer(each))
        np.testing.assert_allclose(found, output, rtol=2e-5, atol=1e-5)
        assert found.dtype == output.dtype or (found.dtype, output.dtype) == ("int32", "int64")
        np.testing.assert_allclose(array(layer(tree.map(np.ndarray.tolist, each))), found, rtol=1e-6)
    for ours, theirs in zip(layer.weights[:2], wanted["weights"], strict=False):
        np.testing.assert_allclose(ours.numpy(), theirs, rtol=1e-5)
    config = {**wanted["config"], "name": layer.name}
    plain = {key: list(value) if isinstance(value, tuple) else value for key, value in layer.get_config().items()}
    assert plain == config


@every_case
def test_symbolic_calls_say_what_comes(cls, kwargs, data, adapt_on, backend):
    layer = made(cls, kwargs, adapt_on)
    for each in data:
        found = layer(each)
        many = isinstance(each, list)

        def symbol(x, batch=None):
            dtype = "string" if x.dtype.kind == "U" else str(x.dtype)
            return Input(batch_shape=(batch, *x.shape[1:]) if batch is None else x.shape, dtype=dtype)

        for batch in (None, 1):
            inputs = [symbol(x, batch) for x in each] if many else symbol(each, batch)
            spec = layer(inputs)
            assert spec.dtype == ops.dtype(found)
            assert len(spec.shape) == len(found.shape)
            assert all(a in (None, b) for a, b in zip(spec.shape, found.shape, strict=True))


@every_case
def test_in_a_model_and_on_the_host(cls, kwargs, data, adapt_on, backend):
    layer, each = made(cls, kwargs, adapt_on), data[0]
    wanted = array(layer(each))
    parts = each if isinstance(each, list) else [each]
    inputs = [Input(x.shape[1:], dtype="string" if x.dtype.kind == "U" else str(x.dtype)) for x in parts]
    model = Model(inputs, layer(inputs if len(inputs) > 1 else inputs[0]))
    np.testing.assert_allclose(model.predict(each, verbose=0), wanted, rtol=1e-5)
    for _ in range(4):
        np.testing.assert_allclose(array(model(each)), wanted, rtol=1e-5)
    on_host = layer.on_host()(each)
    assert isinstance(on_host, np.ndarray)
    np.testing.assert_allclose(on_host, wanted, rtol=1e-5, atol=1e-6)


@every_case
@pytest.mark.parametrize("way", ["config", "deepcopy", "pickle", "file"])
def test_copies_are_equal(cls, kwargs, data, adapt_on, way, tmp_path):
    layer, each = made(cls, kwargs, adapt_on), data[0]
    wanted = array(layer(each))
    if way == "config" and layer.weights:
        again = type(layer).from_config(layer.get_config())
        again.build(each.shape)
        again.set_weights(layer.get_weights())
    elif way == "config":
        again = type(layer).from_config(layer.get_config())
    elif way == "file":
        parts = each if isinstance(each, list) else [each]
        inputs = [Input(x.shape[1:], dtype="string" if x.dtype.kind == "U" else str(x.dtype)) for x in parts]
        Model(inputs, layer(inputs if len(inputs) > 1 else inputs[0])).save(tmp_path / "net.keras")
        again = saving.load_model(tmp_path / "net.keras").layers[-1]
    else:
        again = copy.deepcopy(layer) if way == "deepcopy" else pickle.loads(pickle.dumps(layer))
    np.testing.assert_allclose(array(again(each)), wanted, rtol=1e-6)
    assert again.get_config() == layer.get_config()


@with_keras
@every_case
def test_files_go_both_ways(cls, kwargs, data, adapt_on, tmp_path, backend):
    if kwargs == {"num_bins": 1, "mask_value": "a"}:
        pytest.skip("Keras cannot call it")
    each, path = data[0], str(tmp_path / "theirs.keras")
    wanted = keras_peer.call("layers.preprocessing_on_keras:write", "tensorflow", path=path, cls=cls, kwargs=kwargs,
                             data=each, adapt_on=adapt_on)  # fmt: skip
    model = saving.load_model(path)
    np.testing.assert_allclose(array(model(each)), wanted, rtol=1e-5, atol=1e-5)
    model.save(tmp_path / "ours.keras")
    found = keras_peer.call(
        "layers.preprocessing_on_keras:read", "tensorflow", path=str(tmp_path / "ours.keras"), data=each
    )
    np.testing.assert_allclose(found, wanted, rtol=1e-5, atol=1e-5)


# ---- learning -------------------------------------------------------------------------------------------------------


@with_keras
@pytest.mark.parametrize("dtype", ["float16", "float32", "float64", "list"])
def test_a_number_equal_to_a_boundary_lies_above_it(dtype, backend):
    boundaries = [-0.07, 0.1, 0.14, 0.3, 0.7]
    data = boundaries if dtype == "list" else np.asarray(boundaries, dtype)
    layer = layers.Discretization(boundaries)
    assert array(layer(data)).tolist() == [1, 2, 3, 4, 5]
    assert layer.on_host()(data).tolist() == [1, 2, 3, 4, 5]


@pytest.mark.parametrize("missing", [None, np.nan])
def test_a_missing_value_is_named(missing, backend):
    words = np.array(["a", missing], object)
    for layer in (layers.StringLookup(), layers.TextVectorization()):
        with pytest.raises(ArgumentError, match="Replace missing ones by a text"):
            layer.adapt(words)
    numbers = np.array([1.0, np.nan])
    with pytest.raises(ArgumentError, match="nan among them. Replace missing ones by an integer"):
        layers.IntegerLookup(vocabulary=[1, 2])(numbers)


@pytest.mark.parametrize("mode", MODES)
def test_batches_without_rows(mode, backend):
    none = np.zeros((0,), "U1")
    vectors = layers.TextVectorization(vocabulary=["a", "b"], output_mode="count" if mode == "one_hot" else mode)
    assert array(vectors(none)).shape == (0, 3)
    assert array(layers.Hashing(3, output_mode=mode)(none[:, None])).shape == (0, 3)


@pytest.mark.parametrize("count", [5, 50, 100, 1234])
@pytest.mark.parametrize("bins", [2, 4, 7])
def test_boundaries_are_quantiles(count, bins, backend):
    data = RNG.normal(size=(count, 1)).astype("float32")
    layer = layers.Discretization(num_bins=bins)
    layer.adapt(data)
    wanted = np.sort(data, axis=None)[np.ceil(count * np.arange(1, bins) / bins).astype(int) - 1]
    np.testing.assert_array_equal(np.float32(layer.bin_boundaries), wanted)
    theirs = keras_peer.call("layers.preprocessing_on_keras:outputs", "tensorflow", cls="Discretization",
                             kwargs={"num_bins": bins}, data=[], adapt_on=data)["config"]["bin_boundaries"]  # fmt: skip
    if count < bins:
        return  # Keras returns fewer boundaries then
    ranks = [np.searchsorted(np.sort(data, axis=None), each) for each in (layer.bin_boundaries, theirs)]
    assert np.abs(ranks[0] - ranks[1]).max() <= 1 + 0.02 * count


def test_quantiles_of_more_than_is_kept(monkeypatch):
    from keraslite.layers.preprocessing import quantiles

    monkeypatch.setattr(quantiles, "_EXACT", 4096)
    values = RNG.permutation(100_000)
    found = Quantiles(0.01)
    for part in np.array_split(values, 37):
        found.add(part)
    wanted = np.arange(1, 10) / 10
    np.testing.assert_allclose(found.at(wanted) / 100_000, wanted, atol=0.01)
    assert sum(len(each) for each in found._levels if each is not None) <= 6 * found._size


def sources(data):
    import torch

    from keraslite.utils import PyDataset

    class Batches(PyDataset):
        def __len__(self):
            return 4

        def __getitem__(self, index):
            return data[index * 10 : index * 10 + 10], np.zeros(10)

    tensor = torch.as_tensor(data)
    yield "list", data.tolist()
    yield "generator", (data[i : i + 7] for i in range(0, 40, 7))
    yield "list of arrays", [data[:13], data[13:]]
    yield "PyDataset", Batches()
    yield "DataLoader", torch.utils.data.DataLoader(torch.utils.data.TensorDataset(tensor), batch_size=16)
    yield "engine", ops.convert_to_tensor(data)


@pytest.mark.parametrize("cls", ["Normalization", "Discretization", "IntegerLookup"])
def test_adapting_to_what_makes_batches(cls, backend):
    data = NUMBERS if cls != "IntegerLookup" else RNG.integers(0, 9, (40, 3))
    make = {"Discretization": {"num_bins": 5}}.get(cls, {})
    whole = made(cls, make, data)
    for name, source in sources(data):
        layer = made(cls, make, source)
        np.testing.assert_allclose(array(layer(data)), array(whole(data)), rtol=1e-4, atol=1e-5, err_msg=name)


@pytest.mark.parametrize(
    ("cls", "make", "data"),
    [
        ("Normalization", {}, NUMBERS[:6, :1]),
        ("Discretization", {"num_bins": 2}, NUMBERS[:6]),
        ("IntegerLookup", {}, IDS),
        ("StringLookup", {}, WORDS),
        ("TextVectorization", {}, WORDS[:, :1]),
    ],
    ids=lambda x: x if isinstance(x, str) else "",
)
def test_adapting_shows_how_far_it_is(cls, make, data, capsys):
    """A data set of unknown size counts its batches; others say how many there are."""
    batches = [data[:2], data[2:4], data[4:]]
    made(cls, make, iter(batches))
    assert capsys.readouterr().out == ""
    for source, steps, last in ((iter(batches), None, "3/Unknown"), (batches, None, "3/3"), (data, None, "1/1"),
                                (iter(batches), 2, "2/2")):  # fmt: skip
        if steps is not None and cls == "Normalization":
            continue
        layer = made(cls, make)
        layer.adapt(source, **({} if steps is None else {"steps": steps}), verbose=1)
        shown = capsys.readouterr().out
        assert shown.endswith("\n")
        assert shown.split("\r")[-1].startswith(last)


def test_adapting_again_starts_anew(backend):
    layer = made("Normalization", {}, NUMBERS)
    layer.adapt(NUMBERS * 2)
    np.testing.assert_allclose(array(layer(NUMBERS * 2)), array(made("Normalization", {}, NUMBERS)(NUMBERS)), atol=1e-4)
    other = made("Discretization", {"num_bins": 3}, NUMBERS)
    other.adapt(NUMBERS * 2)
    np.testing.assert_allclose(
        other.bin_boundaries, made("Discretization", {"num_bins": 3}, NUMBERS * 2).bin_boundaries
    )


def test_the_mean_of_large_numbers_is_exact(backend):
    data = (1e6 + RNG.normal(size=(1000, 2))).astype("float32")
    layer = made("Normalization", {}, [data[:300], data[300:]])
    np.testing.assert_allclose(layer.weights[1].numpy(), data.astype("float64").var(axis=0), rtol=1e-3)


def test_weights_of_counts(backend):
    layer = layers.CategoryEncoding(4, "count")
    weights = np.array([[0.1, 0.2], [0.1, 0.1]], "float32")
    found = array(layer([[0, 1], [0, 0]], count_weights=weights))
    np.testing.assert_allclose(found, [[0.1, 0.2, 0, 0], [0.2, 0, 0, 0]], rtol=1e-6)
    with pytest.raises(ArgumentError, match="count_weights"):
        layers.CategoryEncoding(4)(IDS, count_weights=IDS)
    symbols = [KerasTensor((None, 3), "int32"), KerasTensor((None, 3))]
    assert layers.CategoryEncoding(6, "count")(symbols[0], count_weights=symbols[1]).shape == (None, 6)


def test_a_category_outside_is_refused_on_the_host(differentiating_backend):
    layer = layers.CategoryEncoding(4)
    with pytest.raises(OutOfRangeError, match="from 0 to 3"):
        layer(np.array([[1, 4]]))
    model = Model(x := Input((3,), dtype="int32"), layers.Dense(1)(layers.CategoryEncoding(3)(x)))
    model.compile("sgd", "mse")
    with pytest.raises(OutOfRangeError, match="from 0 to 2"):
        model.fit(IDS, np.ones((6, 1)), verbose=0)


@pytest.mark.parametrize(
    ("make", "error", "text"),
    [
        (lambda: layers.CategoryEncoding(), ArgumentError, "num_tokens"),
        (lambda: layers.CategoryEncoding(4, "int"), ArgumentError, "output_mode"),
        (lambda: layers.CategoryEncoding(4, sparse=True), MissingCapabilityError, "sparse"),
        (lambda: layers.Hashing(0), ArgumentError, "num_bins"),
        (lambda: layers.Hashing(3, salt="x"), ArgumentError, "salt"),
        (lambda: layers.Hashing(3, dtype="float32"), ArgumentError, "integer dtype"),
        (lambda: layers.Hashing(3, sparse=True), MissingCapabilityError, "sparse"),
        (lambda: layers.HashedCrossing(3, "count"), ArgumentError, "output_mode"),
        (lambda: layers.Discretization(), ArgumentError, "either"),
        (lambda: layers.Discretization([0.0], 3), ArgumentError, "either"),
        (lambda: layers.Discretization([2.0, 1.0]), ArgumentError, "rising order"),
        (lambda: layers.Discretization(num_bins=0), ArgumentError, "num_bins"),
        (lambda: layers.Discretization(num_bins=3)(NUMBERS), StateError, "Call `adapt`"),
        (lambda: layers.Discretization([0.0]).adapt(NUMBERS), StateError, "num_bins"),
        (lambda: layers.Discretization(num_bins=3).adapt(WORDS), ArgumentError, "needs numbers"),
        (lambda: layers.Discretization(num_bins=3).adapt(np.zeros((0, 3))), ArgumentError, "at least one number"),
        (lambda: layers.Discretization(num_bins=3).adapt(5), ArgumentError, "batches of them"),
        (lambda: layers.Normalization(mean=1.0), ArgumentError, "together"),
        (lambda: layers.Normalization(axis=3)(NUMBERS), ArgumentError, "axes of its input"),
        (lambda: layers.Normalization(mean=[1.0, 2.0], variance=1.0)(NUMBERS), ArgumentError, "broadcast"),
        (lambda: layers.Normalization(mean=1.0, variance=1.0).adapt(NUMBERS), ArgumentError, "without `mean`"),
        (lambda: layers.Normalization().adapt(WORDS), ArgumentError, "needs numbers"),
        (lambda: layers.Normalization().adapt(np.zeros((0, 3))), ArgumentError, "at least one number"),
        (lambda: layers.Normalization().adapt(iter([])), ArgumentError, "at least one number"),
        (lambda: layers.Normalization().adapt([NUMBERS, NUMBERS[:, :2]]), ArgumentError, "sizes along"),
        (lambda: layers.Normalization()(Input((None,))), ArgumentError, "known sizes"),
        (lambda: layers.Normalization()(WORDS), ArgumentError, "needs numbers"),
        (lambda: layers.HashedCrossing(3)(WORDS), ArgumentError, "at least two features"),
        (lambda: layers.HashedCrossing(3)([WORDS, WORDS]), ArgumentError, r"shape \(\), \(batch,\)"),
        (lambda: layers.HashedCrossing(3)([WORDS[:, 0], WORDS[:2, 0]]), ArgumentError, "one shape"),
        (lambda: layers.HashedCrossing(3)([NUMBERS[:, 0], NUMBERS[:, 0]]), ArgumentError, "texts or integers"),
        (lambda: layers.Hashing(3)(np.array([object()])), ArgumentError, "texts or integers"),
    ],
)  # fmt: skip
def test_what_is_refused(make, error, text):
    with pytest.raises(error, match=text):
        make()
