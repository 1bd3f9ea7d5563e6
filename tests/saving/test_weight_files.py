"""`.weights.h5`: all or nothing, what does not fit, what is refused."""

from __future__ import annotations

import warnings
import zipfile
from pathlib import Path

import h5py
import numpy as np
import pytest

from keraslite import Input, Model, Sequential, layers, models, ops, random, use_backend
from keraslite.backend import registry
from keraslite.errors import ArgumentError, CorruptFileError, NotBuiltError, UnsafeModelError, WeightsMismatchError

X = np.linspace(-1, 1, 12).reshape(4, 3).astype("float32")


def stack(*units, **options):
    return Sequential([Input((3,)), *[layers.Dense(n, **options) for n in units]], name="net")


def values(net):
    return [np.array(w.numpy()) for w in net.weights]


@pytest.fixture
def path(tmp_path):
    return str(tmp_path / "net.weights.h5")


def test_round_trip(backend, path):
    net, other = stack(4, 2), stack(4, 2)
    net.save_weights(path)
    other.load_weights(path)
    for a, b in zip(values(net), values(other), strict=True):
        np.testing.assert_array_equal(a, b)


def test_from_a_whole_model(backend, tmp_path):
    net, other = stack(4, 2), stack(4, 2)
    net.save(tmp_path / "net.keras")
    other.load_weights(tmp_path / "net.keras")
    np.testing.assert_array_equal(values(net)[0], values(other)[0])


@pytest.mark.parametrize(("other", "messages"), [
    ((4, 3), [r"shape \(4, 3\). Received \(4, 2\)", r"shape \(3,\). Received \(2,\)"]),
    ((4, 2, 2), ["missing: layers/dense_2/vars/0", "missing: layers/dense_2/vars/1"]),
    ((4,), ["unexpected: layers/dense_1/vars/0", "unexpected: layers/dense_1/vars/1"]),
])  # fmt: skip
def test_what_does_not_fit_is_one_error_and_changes_nothing(backend, path, other, messages):
    stack(4, 2).save_weights(path)
    net = stack(*other)
    before = values(net)
    with pytest.raises(WeightsMismatchError) as caught:
        net.load_weights(path)
    for message in messages:
        caught.match(message)
    caught.match("skip_mismatch=True")
    assert all(np.array_equal(a, b) for a, b in zip(before, values(net), strict=True))


def compiled(optimizer, fit):
    net = stack(4, 2)
    if optimizer:
        net.compile(optimizer, "mse")
    if fit:
        net.fit(X, X[:, :2], verbose=0)
    return net


COMPILED = [(None, False), ("adam", False), ("adam", True), ("sgd", True), ("rmsprop", True)]


@pytest.mark.parametrize("source", COMPILED)
@pytest.mark.parametrize("target", COMPILED)
def test_weights_load_however_the_model_was_compiled(source, target, path):
    with use_backend(next(name for name in registry.installed() if name != "numpy")):
        saved, net = compiled(*source), compiled(*target)
        saved.save_weights(path)
        with warnings.catch_warnings(record=True) as caught:
            warnings.simplefilter("always")
            net.load_weights(path)
    for a, b in zip(values(saved), values(net), strict=True):
        np.testing.assert_array_equal(a, b)
    # None is lost silently that another optimizer had gathered.
    fits = source[0] == target[0] or (source[0], target) == ("sgd", COMPILED[1])
    lost = source[1] and target[0] is not None and not fits
    assert [str(w.message)[:20] for w in caught] == ["The optimizer's stat"] * bool(lost)
    if source == target and source[1]:
        assert int(net.optimizer.iterations.numpy()) == 1


def test_skip_mismatch(backend, path):
    source, net = stack(4, 2), stack(4, 3)
    source.save_weights(path)
    before = values(net)
    with pytest.warns(UserWarning, match=r"fit in part(.|\n)*'net/dense\w*/kernel' needs shape \(4, 3\)"):
        net.load_weights(path, skip_mismatch=True)
    np.testing.assert_array_equal(values(net)[0], values(source)[0])
    np.testing.assert_array_equal(values(net)[2], before[2])


def test_paths(path, tmp_path):
    net = stack(2)
    with pytest.raises(ArgumentError, match=r"ends in `\.weights\.h5`"):
        net.save_weights(tmp_path / "net.h5")
    with pytest.raises(ArgumentError, match="needs a file. Received .*, where there is none"):
        net.load_weights(path)
    net.save_weights(path)
    with pytest.raises(ArgumentError, match="exists"):
        net.save_weights(path, overwrite=False)


def test_unbuilt(path):
    net = Sequential([layers.Dense(2)], name="net")
    with pytest.raises(NotBuiltError, match="'net'"):
        net.save_weights(path)
    stack(2).save_weights(path)
    with pytest.raises((NotBuiltError, WeightsMismatchError), match="not built"):
        net.load_weights(path)


def test_links_and_external_data_are_refused(path, tmp_path):
    net = stack(2)
    net.save_weights(path)
    secret = tmp_path / "secret"
    secret.write_bytes(b"\1" * 24)
    before = values(net)
    for make in (
        lambda group: group.__setitem__("0", h5py.ExternalLink(str(secret), "/x")),
        lambda group: group.__setitem__("0", h5py.SoftLink("/layers/dense/vars/1")),
        lambda group: group.create_dataset("0", (3, 2), "f4", external=[(str(secret), 0, 24)]),
    ):
        with h5py.File(path, "a") as file:
            group = file["layers/dense/vars"]
            del group["0"]
            make(group)
        with pytest.raises(UnsafeModelError):
            net.load_weights(path)
    assert np.array_equal(before[0], values(net)[0])


def test_strings_and_groups_in_the_place_of_numbers(path):
    net = stack(2)
    for make, error in (
        (lambda group: group.create_dataset("0", data=["a"], dtype=h5py.string_dtype()), UnsafeModelError),
        (lambda group: group.create_group("0"), CorruptFileError),
    ):
        net.save_weights(path)
        with h5py.File(path, "a") as file:
            group = file["layers/dense/vars"]
            del group["0"]
            make(group)
        with pytest.raises(error):
            net.load_weights(path)


@pytest.mark.parametrize("part", [0, 0.02, 0.5, 0.97])
def test_cut_off(path, part):
    net = stack(64, 2)
    net.save_weights(path)
    with open(path, "rb") as file:
        content = file.read()
    with open(path, "wb") as file:
        file.write(content[: int(len(content) * part)])
    before = values(net)
    with pytest.raises((CorruptFileError, WeightsMismatchError)):
        net.load_weights(path)
    assert np.array_equal(before[0], values(net)[0])


def test_bfloat16(backend, path):
    net, other = stack(2, dtype="bfloat16"), stack(2, dtype="bfloat16")
    net.save_weights(path)
    other.load_weights(path)
    assert net.weights[0].dtype == "bfloat16"
    np.testing.assert_array_equal(values(net)[0].astype("float32"), values(other)[0].astype("float32"))


def test_random_state_is_kept(backend, path):
    class Noisy(layers.Layer):
        def __init__(self, seed, **options):
            super().__init__(**options)
            self.seed_generator = random.SeedGenerator(seed)

        def call(self, x):
            return x + random.normal(ops.shape(x), seed=self.seed_generator)

    net, other = (Sequential([Input((3,)), Noisy(seed), layers.Dense(2)]) for seed in (1, 2))
    net(X)
    net.save_weights(path)
    other.load_weights(path)
    np.testing.assert_array_equal(ops.convert_to_numpy(other(X)), ops.convert_to_numpy(net(X)))


def test_own_variables(backend, path):
    class Own(layers.Layer):
        def build(self, shape):
            self.table = self.add_weight(shape=(2,), initializer="zeros")

        def call(self, x):
            return x

        def save_own_variables(self, store):
            store["table"] = self.table.numpy()

        def load_own_variables(self, store):
            self.table.assign(store["table"])

    net, other = (Sequential([Input((3,)), Own()]) for _ in range(2))
    net.layers[0].table.assign([1.0, 2.0])
    net.save_weights(path)
    other.load_weights(path)
    np.testing.assert_array_equal(other.layers[0].table.numpy(), [1.0, 2.0])


def test_models_inside_layers(backend, path):
    class Wrapping(layers.Layer):
        def __init__(self, **options):
            super().__init__(**options)
            x = Input((3,))
            self.inner = Model(x, layers.Dense(3)(x))

        def call(self, x):
            return self.inner(x)

    net, other = (Sequential([Input((3,)), Wrapping(), layers.Dense(2)]) for _ in range(2))
    assert len(net.weights) == 4
    net.save_weights(path)
    other.load_weights(path)
    np.testing.assert_allclose(ops.convert_to_numpy(other(X)), ops.convert_to_numpy(net(X)), atol=1e-6)


class TestChecksums:
    """Each array has one, which Keras ignores: HDF5 itself does not notice a changed byte."""

    @pytest.mark.parametrize("place", ["layers/dense/vars/0", "layers/dense_1/vars/1", "layers/noise/vars/0"])
    def test_a_changed_byte_is_noticed(self, path, place):
        net = Sequential([Input((3,)), layers.Dense(4), layers.GaussianNoise(1, name="noise"), layers.Dense(2)])
        net.save_weights(path)
        place = place.replace("noise", "gaussian_noise/seed_generator")
        with h5py.File(path) as file:
            offset = file[place].id.get_offset()
        content = bytearray(Path(path).read_bytes())
        content[offset] ^= 1
        Path(path).write_bytes(content)
        before = values(net)
        for options in ({}, {"skip_mismatch": True}):
            with pytest.raises(
                CorruptFileError, match=f"is damaged: the array at '/{place}' does not fit its checksum"
            ):
                net.load_weights(path, **options)
        assert all(np.array_equal(a, b) for a, b in zip(before, values(net), strict=True))

    def test_in_an_archive_that_was_packed_again(self, tmp_path):
        """The checksum of the archive's member fits then."""
        net, path = stack(2), tmp_path / "net.keras"
        net.save(path)
        with zipfile.ZipFile(path) as archive:
            members = {name: archive.read(name) for name in archive.namelist()}
        weights = members["model.weights.h5"]
        kernel = values(net)[0].tobytes()
        assert weights.count(kernel) == 1
        changed = kernel[:-1] + bytes([kernel[-1] ^ 1])
        with zipfile.ZipFile(path, "w") as archive:
            for name, content in members.items():
                archive.writestr(name, content.replace(kernel, changed))
        for load in (models.load_model, net.load_weights):
            with pytest.raises(CorruptFileError, match="'/layers/dense/vars/0' does not fit its checksum"):
                load(path)

    def test_files_without_are_read(self, path):
        net, other = stack(2), stack(2)
        net.save_weights(path)
        with h5py.File(path, "a") as file:
            kernel = file["layers/dense/vars/0"]
            kernel[...] = 1
            del kernel.attrs["crc32"]
        other.load_weights(path)
        np.testing.assert_array_equal(values(other)[0], 1)


@pytest.mark.parametrize("dtype", ["bfloat16", "float8_e4m3fn", "bool", "complex64", "int8"])
def test_a_store_takes_arrays_of_any_dtype(path, dtype):
    class Own(layers.Identity):
        def save_own_variables(self, store):
            store["deep/table"] = np.ones((2, 0, 3), "float32")
            store["scale"] = ops.convert_to_numpy(ops.cast([[1, 0]], dtype))

        def load_own_variables(self, store):
            self.found = store["scale"]
            assert sorted(store.keys()) == ["deep/table", "scale"]
            assert store["deep/table"].shape == (2, 0, 3)

    net = Sequential([Input((3,)), Own()])
    net.save_weights(path)
    net.load_weights(path)
    assert net.layers[0].found.dtype.name == dtype
    assert net.layers[0].found.tolist() == [[1, 0]]


@pytest.mark.parametrize("ending", ["weights.h5", "safetensors"])
def test_an_attribute_that_is_called_like_the_folder_of_a_part(tmp_path, ending):
    class Holder(layers.Layer):
        def __init__(self, **options):
            super().__init__(**options)
            self.vars = [layers.Dense(3), layers.Dense(3)]

        def build(self, shape):
            self.scale = self.add_weight(shape=(3,), initializer="uniform")

        def call(self, x):
            return self.vars[1](self.vars[0](x)) * self.scale

    net, other = (Sequential([Input((3,)), Holder(name="holder")]) for _ in range(2))
    net.save_weights(tmp_path / f"net.{ending}")
    other.load_weights(tmp_path / f"net.{ending}")
    for a, b in zip(values(net), values(other), strict=True):
        np.testing.assert_array_equal(a, b)
