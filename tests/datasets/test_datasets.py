"""The classic data sets, read from small files of the same form."""

from __future__ import annotations

import gzip
import hashlib
import io
import pickle
import struct
import tarfile
from pathlib import Path

import keras_peer
import numpy as np
import pytest
from utils.file_server import serving

from keraslite import config, datasets
from keraslite.datasets import files
from keraslite.datasets.reading import read_idx, read_npz, read_pickle
from keraslite.errors import ArgumentError, CorruptFileError, DataError, UnsafeModelError

RNG = np.random.default_rng(0)


def texts(count: int) -> np.ndarray:
    array = np.empty(count, object)
    array[:] = [RNG.integers(1, 30, RNG.integers(1, 8)).tolist() for _ in range(count)]
    return array


def npz(**arrays: np.ndarray) -> bytes:
    out = io.BytesIO()
    np.savez(out, **arrays)
    return out.getvalue()


def images(count: int, side: int = 28) -> np.ndarray:
    return RNG.integers(0, 256, (count, side, side), "uint8")


def labels(count: int) -> np.ndarray:
    return RNG.integers(0, 10, count, "uint8")


def cifar(name: str, members: dict[str, list[str]]) -> bytes:
    """An archive like CIFAR's: pickles of images with labels of some kinds."""
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w:gz") as archive:
        for member, kinds in members.items():
            batch = {b"data": RNG.integers(0, 256, (6, 3072), "uint8"), b"batch_label": b"x"}
            content = pickle.dumps({**batch, **{kind.encode(): RNG.integers(0, 9, 6).tolist() for kind in kinds}})
            info = tarfile.TarInfo(f"{name}/{member}")
            info.size = len(content)
            archive.addfile(info, io.BytesIO(content))
    return out.getvalue()


def idx(array: np.ndarray) -> bytes:
    return gzip.compress(struct.pack(f">I{array.ndim}I", 0x800 + array.ndim, *array.shape) + array.tobytes())


CONTENT = {
    "mnist.npz": npz(x_train=images(4), y_train=labels(4), x_test=images(2), y_test=labels(2)),
    "train-images-idx3-ubyte.gz": idx(images(4)),
    "train-labels-idx1-ubyte.gz": idx(labels(4)),
    "t10k-images-idx3-ubyte.gz": idx(images(2)),
    "t10k-labels-idx1-ubyte.gz": idx(labels(2)),
    "cifar-10-batches-py-target": cifar(
        "cifar-10-batches-py", {name: ["labels"] for name in [*(f"data_batch_{i}" for i in range(1, 6)), "test_batch"]}
    ),
    "cifar-100-python-target": cifar(
        "cifar-100-python", {name: ["fine_labels", "coarse_labels"] for name in ("train", "test")}
    ),
    "imdb.npz": npz(x_train=texts(9), y_train=np.arange(9) % 2, x_test=texts(7), y_test=np.arange(7) % 2),
    "reuters.npz": npz(x=texts(20), y=np.arange(20) % 3),
    "boston_housing.npz": npz(x=RNG.random((10, 13)), y=RNG.random(10)),
    "california_housing.npz": npz(x=RNG.random((700, 8)), y=RNG.random(700)),
    "imdb_word_index.json": b'{"the": 1}',
    "reuters_word_index.json": b'{"pacific": 2}',
}


@pytest.fixture
def home(tmp_path, monkeypatch):
    """The folder of Keras, and a server that has all files with the hashes of the table."""
    monkeypatch.setenv("KERAS_HOME", str(tmp_path))
    with serving() as server:
        server.files = CONTENT
        table = {
            name: file._replace(origin=server.url + name, hash=file.hash and _hash_like(file.hash, CONTENT[name]))
            for name, file in files.FILES.items()
        }
        monkeypatch.setattr(files, "FILES", table)
        yield tmp_path, server


def _hash_like(hash: str, content: bytes) -> str:
    return hashlib.new("md5" if len(hash) == 32 else "sha256", content).hexdigest()


CASES = [
    ("mnist", {}),
    ("cifar100", {}),
    ("cifar100", {"label_mode": "coarse"}),
    ("boston_housing", {}),
    ("boston_housing", {"test_split": 0.5, "seed": 3}),
    ("california_housing", {}),
    ("california_housing", {"version": "small", "test_split": 0.1}),
    ("imdb", {}),
    ("imdb", {"num_words": 10}),
    ("imdb", {"num_words": 12, "skip_top": 4, "seed": 1}),
    ("imdb", {"num_words": 12, "oov_char": None}),
    ("imdb", {"maxlen": 6}),
    ("imdb", {"start_char": None, "index_from": None}),
    ("reuters", {}),
    ("reuters", {"num_words": 12, "skip_top": 4, "test_split": 0.5, "maxlen": 7}),
]


@pytest.mark.skipif(not keras_peer.available(), reason="needs Keras")
@pytest.mark.parametrize(("name", "options"), CASES)
def test_values_are_those_of_keras(home, name, options):
    found = getattr(datasets, name).load_data(**options)
    paths = {file: str(home[0] / "datasets" / file) for file in files.FILES}
    expected = keras_peer.call("utils.datasets_on_keras:load_data", name=name, paths=paths, options=options)
    for ours, theirs in zip(found, expected, strict=True):
        for array, other in zip(ours, theirs, strict=True):
            if array.dtype == object:
                assert array.ndim == 1
                assert array.tolist() == other
            else:
                assert array.dtype == other.dtype
                np.testing.assert_array_equal(array, other)


def test_cifar10(home):
    (x_train, y_train), (x_test, y_test) = datasets.cifar10.load_data()
    assert (x_train.shape, x_train.dtype, y_train.shape, y_train.dtype) == ((30, 32, 32, 3), "uint8", (30, 1), "uint8")
    assert (x_test.shape, y_test.shape, y_test.dtype) == ((6, 32, 32, 3), (6, 1), "uint8")
    folder = home[0] / "datasets" / "cifar-10-batches-py-target" / "cifar-10-batches-py"
    raw = pickle.loads((folder / "data_batch_2").read_bytes())
    np.testing.assert_array_equal(x_train[6].transpose(2, 0, 1).reshape(-1), raw[b"data"][0])
    assert y_train[6:12, 0].tolist() == raw[b"labels"]
    config.set_image_data_format("channels_first")
    assert datasets.cifar10.load_data()[0][0].shape == (30, 3, 32, 32)
    assert len(home[1].asked) == 1


def test_fashion_mnist(home):
    (x_train, y_train), (x_test, y_test) = datasets.fashion_mnist.load_data()
    assert (x_train.shape, y_train.shape, x_test.shape, y_test.shape) == ((4, 28, 28), (4,), (2, 28, 28), (2,))
    assert x_train.dtype == y_train.dtype == np.uint8
    raw = gzip.decompress(CONTENT["train-images-idx3-ubyte.gz"])[16:]
    np.testing.assert_array_equal(x_train.reshape(-1), np.frombuffer(raw, "uint8"))
    assert (home[0] / "datasets" / "fashion-mnist" / "t10k-labels-idx1-ubyte.gz").is_file()


def test_indices_of_words(home):
    assert datasets.imdb.get_word_index() == {"the": 1}
    assert datasets.reuters.get_word_index() == {"pacific": 2}
    assert len(datasets.reuters.get_label_names()) == 46


def test_files_that_are_there_are_used(home):
    datasets.mnist.load_data()
    datasets.cifar100.load_data()
    asked = len(home[1].asked)
    datasets.mnist.load_data()
    datasets.cifar100.load_data("coarse")
    (home[0] / "datasets" / "mine.npz").write_bytes(CONTENT["mnist.npz"])
    datasets.mnist.load_data("mine.npz")
    assert len(home[1].asked) == asked


def test_a_changed_download_is_refused(home):
    home[1].files = {"mnist.npz": b"other"}
    with pytest.raises(CorruptFileError, match="sha256"):
        datasets.mnist.load_data()


def test_bad_arguments(home):
    with pytest.raises(ArgumentError, match="label_mode"):
        datasets.cifar100.load_data("all")
    with pytest.raises(ArgumentError, match="version"):
        datasets.california_housing.load_data("tiny")
    with pytest.raises(ArgumentError, match="test_split"):
        datasets.boston_housing.load_data(test_split=1.0)
    with pytest.raises(DataError, match="maxlen"):
        datasets.imdb.load_data(maxlen=1)
    with pytest.raises(ArgumentError, match="foo"):
        datasets.imdb.load_data(foo=1)
    assert max(max(text) for text in datasets.imdb.load_data(nb_words=9)[0][0]) < 9


# ---- pickles ----------------------------------------------------------------------------------------------------


class Evil:
    """Its pickle calls a function."""

    def __init__(self, function, *arguments):
        self.call = function, arguments

    def __reduce__(self):
        return self.call


def pickled(value: object, protocol: int = 4) -> bytes:
    return pickle.dumps(value, protocol)


EVIL = {
    "call": lambda path: pickled(Evil(Path.touch, path)),
    "in_a_dict": lambda path: pickled({b"data": Evil(exec, f"open({str(path)!r}, 'w')")}),
    "getattr": lambda path: pickled({b"data": Evil(getattr, 1, "real")}),
    "numpy": lambda path: pickled({b"data": Evil(np.save, str(path), 1)}),
    "protocol_0": lambda path: b"cos\nsystem\n(S'touch %s'\ntR." % str(path).encode(),
    "below_numpy": lambda path: b"cnumpy\nload\n(S'x'\ntR.",
    "dotted": lambda path: b"\x80\x04\x8c\x05numpy\x8c\x0dndarray.tofile\x93.",
    "extension": lambda path: b"\x80\x02\x82\x01.",
    "persistent": lambda path: b"Ppid\n.",
}


@pytest.mark.parametrize("kind", EVIL)
def test_a_pickle_runs_no_code(tmp_path, kind):
    file, witness = tmp_path / "data_batch_1", tmp_path / "witness"
    file.write_bytes(EVIL[kind](witness))
    with pytest.raises((UnsafeModelError, CorruptFileError)):
        read_pickle(file)
    array = np.empty(1, object)
    array[0] = Evil(Path.touch, witness)
    np.savez(tmp_path / "x.npz", x=array)
    with pytest.raises(UnsafeModelError, match="asks for"):
        read_npz(str(tmp_path / "x.npz"), ["x"])
    assert not witness.exists()


def array_state(state: tuple, dtype: str = "O8", flags: tuple | None = None) -> bytes:
    """A pickle of an array whose state is made up."""

    class DType:
        def __reduce__(self):
            return (np.dtype, (dtype, False, True), flags or (3, "|", None, None, None, -1, -1, 63))

    class Array:
        def __reduce__(self):
            reconstruct = np.array([1]).__reduce__()[0]
            return reconstruct, (np.ndarray, (0,), b"b"), (state[0], state[1], DType(), *state[2:])

    return pickled({b"data": Array()})


@pytest.mark.parametrize(
    "content",
    [
        array_state((1, (1,), False, b"\0" * 8)),  # pointers as bytes
        array_state((1, (1,), False, b"\0" * 8), flags=(3, "|", None, None, None, -1, -1, 0)),
        array_state((1, (3,), False, [1])),
        array_state((1, (-1,), False, [1])),
        array_state((1, (2,), False, b"\0"), "u1"),
        array_state((1, (1,), False, b"\0" * 8), "V8"),
        array_state((1, (1,), False, b"\0" * 8), "M8"),
    ],
)
def test_a_made_up_array_is_refused(tmp_path, content):
    file = tmp_path / "data_batch_1"
    file.write_bytes(content)
    with pytest.raises(CorruptFileError, match="whole file"):
        read_pickle(file)


def test_arrays_of_every_kind_are_read(tmp_path):
    arrays = {"a": np.arange(6).reshape(2, 3), "b": np.asfortranarray(np.ones((2, 3), ">f4")), "c": texts(3)}
    np.savez(tmp_path / "x.npz", **arrays)
    for found, given in zip(read_npz(str(tmp_path / "x.npz"), list(arrays)), arrays.values(), strict=True):
        np.testing.assert_array_equal(found, given)
    file = tmp_path / "x"
    for protocol in (3, 4):
        file.write_bytes(pickled({b"data": arrays["b"], "n": 1}, protocol))
        np.testing.assert_array_equal(read_pickle(file)["data"], arrays["b"])


@pytest.mark.parametrize("content", [b"", b"text", CONTENT["imdb.npz"][:500]])
def test_damaged_files(tmp_path, content):
    file = tmp_path / "x"
    file.write_bytes(content)
    for read in (lambda: read_npz(str(file), ["x"]), lambda: read_pickle(file), lambda: read_idx(str(file))):
        with pytest.raises(CorruptFileError, match="whole file"):
            read()
    file.write_bytes(CONTENT["mnist.npz"])
    with pytest.raises(CorruptFileError, match="lacks"):
        read_npz(str(file), ["x_train", "other"])
    file.write_bytes(gzip.compress(b"\0\0\x08\x01\0\0\0\x09abc"))
    with pytest.raises(CorruptFileError):
        read_idx(str(file))
    file.write_bytes(pickled([1]))
    with pytest.raises(CorruptFileError, match="dict"):
        read_pickle(file)
