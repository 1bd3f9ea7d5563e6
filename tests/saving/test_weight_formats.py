"""Weights in shards and in `.safetensors` files, and reports of what was read."""

from __future__ import annotations

import errno
import json
import os
import struct
import warnings
from pathlib import Path

import h5py
import keras_peer
import ml_dtypes
import numpy as np
import peer_models
import pytest

import keraslite
from keraslite import Input, Model, Sequential, layers, ops, saving
from keraslite.errors import (
    ArgumentError,
    CorruptFileError,
    FileError,
    NotBuiltError,
    UnsafeModelError,
    WeightsMismatchError,
)

X = np.linspace(-1, 1, 12).reshape(4, 3).astype("float32")
GB = 1 << 30


class Own(layers.Layer):
    """Says itself what is saved, and has a layer."""

    def __init__(self, **options):
        super().__init__(**options)
        self.inner = layers.Dense(7)

    def build(self, shape):
        self.scale = self.add_weight(shape=(50,), initializer="uniform")
        self.inner.build(shape)

    def call(self, x):
        return self.inner(x) + ops.sum(self.scale)

    def save_own_variables(self, store):
        store["table"] = self.scale.numpy()

    def load_own_variables(self, store):
        self.scale.assign(store["table"])


class Net(Model):
    """Has weights of its own, and layers with and without weights."""

    def __init__(self):
        super().__init__(name="net")
        self.first, self.norm, self.own = layers.Dense(30), layers.BatchNormalization(), Own()
        self.noise = layers.Dropout(0.1)

    def build(self, shape):
        self.top = self.add_weight(shape=(40,), initializer="uniform")

    def call(self, x):
        return self.noise(self.own(self.norm(self.first(x)))) + ops.sum(self.top)


def net():
    made = Net()
    made(X)
    made.compile("adam", "mse")
    made.optimizer.build(made.trainable_variables)
    return made


def values(model):
    return [np.array(w.numpy()) for w in [*model.variables, *model.optimizer.variables]]


def stack(*units, **options):
    made = Sequential([Input((3,)), *[layers.Dense(n, **options) for n in units]], name="net")
    made.compile("sgd", "mse")
    return made


def equal(a, b):
    return all(np.array_equal(one, other) for one, other in zip(values(a), values(b), strict=True))


@pytest.mark.parametrize("name", ["net.weights.json", "net.safetensors"])
def test_round_trip(backend, tmp_path, name):
    first, second = net(), net()
    first.optimizer.iterations.assign(3)
    first.save_weights(tmp_path / name, max_shard_size=3000 / GB if name.endswith("json") else None)
    assert not equal(first, second)
    assert second.load_weights(tmp_path / name) is None
    assert equal(first, second)


class TestShards:
    def shards(self, folder):
        return sorted(path.name for path in folder.glob("*.weights.h5"))

    def test_arrays_of_a_file_stay_below_the_limit(self, tmp_path):
        made = net()
        made.save_weights(tmp_path / "net.weights.h5", max_shard_size=500 / GB)
        sizes = []
        for name in self.shards(tmp_path):
            found = []
            with h5py.File(tmp_path / name) as file:
                file.visititems(lambda _, item, found=found: found.append(getattr(item, "nbytes", 0)))
            sizes.append([size for size in found if size])
        assert all(sum(each) <= 500 or len(each) == 1 for each in sizes)
        described = json.loads((tmp_path / "net.weights.json").read_text())
        assert described["metadata"]["total_size"] == sum(map(sum, sizes)) == sum(v.nbytes for v in values(made))
        named = {name for names in described["weight_map"].values() for name in names}
        assert sorted(named) == self.shards(tmp_path)

    def test_one_shard_where_everything_fits(self, tmp_path):
        net().save_weights(tmp_path / "net.weights.json", max_shard_size=1)
        assert self.shards(tmp_path) == ["net_00000.weights.h5"]

    @pytest.mark.parametrize("fails", [False, True])
    def test_a_save_that_fails_leaves_the_one_before(self, tmp_path, monkeypatch, fails):
        path, other = tmp_path / "net.weights.json", tmp_path / "net-12345678_00000.weights.h5"
        other.write_bytes(b"somebody's")
        first, second, third = net(), net(), net()
        first.save_weights(path, max_shard_size=3000 / GB)
        before, replace, count = self.shards(tmp_path), os.replace, []

        def failing(*args):
            count.append(args)
            if fails and len(count) == 3:
                raise OSError(errno.ENOSPC, "No space left on device")
            replace(*args)

        monkeypatch.setattr(os, "replace", failing)
        if fails:
            with pytest.raises(FileError, match="No space left"):
                second.save_weights(path, max_shard_size=3000 / GB)
            assert self.shards(tmp_path) == before
        else:
            second.save_weights(path, max_shard_size=3000 / GB)
            assert set(before) & set(self.shards(tmp_path)) == {other.name}
        third.load_weights(path)
        assert equal(third, first if fails else second)
        assert other.read_bytes() == b"somebody's"

    def test_a_shard_that_is_missing_damaged_or_there_twice(self, tmp_path):
        made, path = net(), tmp_path / "net.weights.json"
        made.save_weights(path, max_shard_size=3000 / GB)
        before, shards = values(made), [tmp_path / name for name in self.shards(tmp_path)]
        content = shards[1].read_bytes()
        for change, error, message in (
            (lambda: shards[1].unlink(), ArgumentError, "net_00001.*where there is none"),
            (lambda: shards[1].write_bytes(content[:900]), CorruptFileError, "net_00001"),
            (lambda: shards[1].write_bytes(shards[0].read_bytes()), CorruptFileError, "no other shard has"),
        ):
            change()
            with pytest.raises(error, match=message):
                made.load_weights(path)
        assert all(np.array_equal(a, b) for a, b in zip(before, values(made), strict=True))

    def test_a_shard_of_another_save(self, tmp_path):
        """It has arrays of the same places and shapes, so nothing else would tell."""
        path, other = tmp_path / "net.weights.json", tmp_path / "other" / "net.weights.json"
        other.parent.mkdir()
        made = net()
        made.save_weights(path, max_shard_size=3000 / GB)
        net().save_weights(other, max_shard_size=3000 / GB)
        before = values(made)
        (tmp_path / "net_00002.weights.h5").write_bytes((other.parent / "net_00002.weights.h5").read_bytes())
        with pytest.raises(CorruptFileError, match=r"net_00002\.weights\.h5 of another save"):
            made.load_weights(path)
        assert all(np.array_equal(a, b) for a, b in zip(before, values(made), strict=True))

    @pytest.mark.parametrize("text", ["", "[1]", "{}", '{"weight_map": 3}', "[" * 100_000, b"\xff"])
    def test_an_index_that_is_none(self, tmp_path, text):
        path = tmp_path / "net.weights.json"
        path.write_bytes(text if isinstance(text, bytes) else text.encode())
        with pytest.raises(CorruptFileError, match=r"net\.weights\.json"):
            stack(2).load_weights(path)

    @pytest.mark.parametrize("name", ["../net.weights.h5", "/tmp/net.weights.h5", "a/b.weights.h5", "net.h5", 3, None])
    def test_an_index_that_leads_elsewhere(self, tmp_path, name):
        path = tmp_path / "net.weights.json"
        path.write_text(json.dumps({"weight_map": {"/layers/dense/vars": [name]}}))
        with pytest.raises(UnsafeModelError, match="shards beside it"):
            stack(2).load_weights(path)


class TestSafetensors:
    """The package is not needed; what is written is checked against its description."""

    def header(self, path):
        content = path.read_bytes()
        (length,) = struct.unpack("<Q", content[:8])
        return json.loads(content[8 : 8 + length]), content[8 + length :]

    def test_layout(self, tmp_path):
        made, path = stack(2, dtype="bfloat16"), tmp_path / "net.safetensors"
        made.save_weights(path)
        header, data = self.header(path)
        assert header.pop("__metadata__").keys() == {"format", "names", "crc32"}
        assert list(header)[:2] == ["layers/dense/vars/0", "layers/dense/vars/1"]
        kernel = header["layers/dense/vars/0"]
        assert kernel == {"dtype": "BF16", "shape": [3, 2], "data_offsets": [0, 12]}
        found = np.frombuffer(data[:12], ml_dtypes.bfloat16).reshape(3, 2)
        np.testing.assert_array_equal(found.astype("float32"), values(made)[0].astype("float32"))
        assert len(path.read_bytes()) % 8 == len(data) % 8

    def test_a_file_of_another_program(self, tmp_path):
        made, path = Sequential([Input((3,)), layers.Dense(2)]), tmp_path / "net.safetensors"
        arrays = {"layers/dense/vars/1": np.array([5, 6], "<f4"), "layers/dense/vars/0": np.ones((3, 2), "<f8")}
        header, start = {"__metadata__": {"format": "pt"}}, 0
        for place, array in arrays.items():
            code = {"<f4": "F32", "<f8": "F64"}[array.dtype.str]
            header[place] = {"dtype": code, "shape": array.shape, "data_offsets": [start, start + array.nbytes]}
            start += array.nbytes
        text = json.dumps(header).encode()
        path.write_bytes(struct.pack("<Q", len(text)) + text + b"".join(a.tobytes() for a in arrays.values()))
        made.load_weights(path)
        assert [value.tolist() for value in made.get_weights()] == [[[1, 1]] * 3, [5, 6]]

    @pytest.mark.parametrize("dtype", ["complex64"])
    def test_what_it_cannot_hold(self, tmp_path, dtype):
        class Turning(layers.Identity):
            def save_own_variables(self, store):
                store["turn"] = np.ones(2, dtype)

        path = tmp_path / "net.safetensors"
        with pytest.raises(ArgumentError, match=rf"Received {dtype} at 'layers/turning/vars/turn'.*\.weights\.h5"):
            Sequential([Input((3,)), Turning()]).save_weights(path)
        assert not path.exists()

    def damaged(self):
        whole = {"a": {"dtype": "F32", "shape": [2], "data_offsets": [0, 8]}}

        def entry(**changes):
            return {"a": {**whole["a"], **changes}}

        for header in (
            entry(dtype="F33"), entry(shape=[3]), entry(shape=[-2]), entry(shape=2), entry(shape=[True, 2]),
            entry(shape=[1 << 62, 1 << 62]), entry(shape=[2] + [1] * 40), entry(data_offsets=[0, 4]),
            entry(data_offsets=[8, 0]), entry(data_offsets=[-8, 0]), entry(data_offsets=[0, 1 << 70]),
            entry(data_offsets=["0", "8"]), {"a": 3}, {**whole, "b": whole["a"]}, {}, [1], None,
        ):  # fmt: skip
            yield json.dumps(header).encode()
        yield b'{"a": {"dtype": "F32", "shape": [2], "data_offsets": [0, 8]}, "a": 1}'
        yield b"[" * 100_000
        yield b"\xff\xfe"

    def test_damaged_headers(self, tmp_path):
        path, made = tmp_path / "net.safetensors", stack(2)
        contents = [struct.pack("<Q", len(text)) + text + bytes(8) for text in self.damaged()]
        contents += [b"", b"1234567", struct.pack("<Q", 1 << 63), struct.pack("<Q", 10) + b"{}" + bytes(7)]
        assert len(contents) == 24
        for content in contents:
            path.write_bytes(content)
            with pytest.raises(CorruptFileError, match=r"net\.safetensors is no whole") as caught:
                made.load_weights(path)
            assert len(str(caught.value)) < 500

    def test_a_changed_byte(self, tmp_path):
        path, made = tmp_path / "net.safetensors", stack(2)
        made.save_weights(path)
        before, content = values(made), path.read_bytes()
        made.load_weights(path)
        path.write_bytes(content[:-7] + bytes([content[-7] ^ 1]) + content[-6:])
        with pytest.raises(CorruptFileError, match="does not fit its checksum"):
            made.load_weights(path)
        path.write_bytes(content[:-1])
        with pytest.raises(CorruptFileError, match="cannot be at bytes"):
            made.load_weights(path)
        assert all(np.array_equal(a, b) for a, b in zip(before, values(made), strict=True))


class TestReports:
    @pytest.fixture(autouse=True)
    def path(self, tmp_path):
        self.path = str(tmp_path / "net.weights.h5")
        stack(4, 2).save_weights(self.path)

    @pytest.mark.parametrize(("units", "loaded", "skipped"), [
        ((4, 2), 4, []),
        ((4, 3), 2, [("mismatched", "layers/dense_1/vars/0"), ("mismatched", "layers/dense_1/vars/1")]),
        ((4, 2, 2), 4, [("missing", "layers/dense_2/vars/0"), ("missing", "layers/dense_2/vars/1")]),
        ((4,), 2, [("unexpected", "layers/dense_1/vars/0"), ("unexpected", "layers/dense_1/vars/1")]),
    ])  # fmt: skip
    def test_what_was_read_and_what_was_not(self, backend, units, loaded, skipped):
        made = stack(*units)
        with warnings.catch_warnings():
            warnings.simplefilter("error")
            report = made.load_weights(self.path, strict=False)
        weights = [path for path in report.loaded if "optimizer" not in path and "sgd" not in path]
        assert len(weights) == loaded
        assert set(weights) <= {w.path for w in made.weights}
        assert [(each.kind, each.place) for each in report.skipped] == skipped
        assert report.complete == (not skipped)
        assert {each.weight for each in report.of_kind("missing", "mismatched")} <= {w.path for w in made.weights}
        assert str(report).count("\n") == len(skipped)

    def test_of_a_skipped_mismatch(self):
        with pytest.warns(UserWarning, match="fit in part"):
            report = stack(4, 3).load_weights(self.path, skip_mismatch=True)
        assert isinstance(report, saving.LoadReport)
        assert [each.kind for each in report.skipped] == ["mismatched"] * 2

    def test_of_an_optimizer(self):
        trained = stack(4, 2)
        trained.compile("adam", "mse")
        trained.optimizer.build(trained.trainable_variables)
        trained.optimizer.iterations.assign(2)
        trained.save_weights(self.path)
        report = stack(4, 2).load_weights(self.path, strict=False)
        assert [(each.kind, each.place) for each in report.skipped] == [("optimizer", "optimizer/vars")]
        assert "compile with the optimizer it was saved from" in report.skipped[0].why

    def test_of_what_is_not_built(self):
        made = Sequential([layers.Dense(4), layers.Dense(2)])
        report = made.load_weights(self.path, strict=False)
        assert [each.kind for each in report.skipped if each.kind != "optimizer"] == ["not built"] * 2

    def test_damage_is_an_error_all_the_same(self):
        Path(self.path).write_bytes(Path(self.path).read_bytes()[:-100])
        with pytest.raises((CorruptFileError, WeightsMismatchError)):
            stack(4, 2).load_weights(self.path, strict=True)
        Path(self.path).write_bytes(b"no file")
        with pytest.raises(CorruptFileError):
            stack(4, 2).load_weights(self.path, strict=False)


@pytest.mark.parametrize(("name", "options", "message"), [
    ("net.weights.json", {}, "`max_shard_size` to write several files"),
    ("net.safetensors", {"max_shard_size": 1}, "needs a path that ends in `.weights.json`"),
    ("net.json", {}, "ends in `.weights.h5`, `.weights.json` or `.safetensors`"),
    ("net.weights.h5", {"max_shard_size": 0}, "max_shard_size"),
    ("net.weights.h5", {"max_shard_size": "1"}, "max_shard_size"),
    ("net.weights.h5", {"max_shard_size": float("nan")}, "max_shard_size"),
])  # fmt: skip
def test_bad_arguments(tmp_path, name, options, message):
    with pytest.raises(ArgumentError, match=message):
        stack(2).save_weights(tmp_path / name, **options)
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize("name", ["net.weights.json", "net.safetensors"])
def test_what_is_refused_before_anything_is_written(tmp_path, name):
    options = {"max_shard_size": 1} if name.endswith("json") else {}
    with pytest.raises(NotBuiltError):
        Sequential([layers.Dense(2)]).save_weights(tmp_path / name, **options)
    assert not list(tmp_path.iterdir())
    made = stack(2)
    made.save_weights(tmp_path / name, **options)
    before = sorted(tmp_path.iterdir())
    with pytest.raises(ArgumentError, match="exists"):
        made.save_weights(tmp_path / name, overwrite=False, **options)
    assert sorted(tmp_path.iterdir()) == before


@pytest.mark.skipif(not keras_peer.available(), reason="real Keras is not installed")
@pytest.mark.parametrize("name", ["nested", "subclassed"])
def test_shards_go_both_ways_with_keras(tmp_path, name):
    peer_models.register(keraslite)
    theirs, ours, limit = str(tmp_path / "theirs.weights.json"), str(tmp_path / "ours.weights.json"), 800 / GB
    made = keras_peer.call("weights_on_keras:shards", name=name, path=theirs, limit=limit)
    assert made["shards"] > 1
    with keraslite.use_backend("numpy"):
        model, x, _ = peer_models.MODELS[name](keraslite)
        model(x)
        model.load_weights(theirs)
        for a, b in zip(peer_models.outputs(model, x), made["outputs"], strict=True):
            np.testing.assert_allclose(a, b, atol=1e-5)
        assert int(model.optimizer.iterations.numpy()) == 1
        model.optimizer.iterations.assign(5)
        model.save_weights(ours, max_shard_size=limit)
    again = keras_peer.call("weights_on_keras:read", name=name, path=ours)
    assert again["steps"] == 5
    for a, b in zip(again["outputs"], made["outputs"], strict=True):
        np.testing.assert_allclose(a, b, atol=1e-5)
