"""Weights in `.h5` files of Keras 2: by order, by name, and what does not fit."""

from __future__ import annotations

from typing import Any

import h5py
import numpy as np
import pytest

import keraslite
from keraslite import layers
from keraslite.errors import ArgumentError, CorruptFileError, UnsafeModelError, WeightsMismatchError


def model(**sizes: int) -> Any:
    """A model with a nested one and layers without weights; `sizes` are units by names of layers."""
    image = keraslite.Input((6,))
    inner = keraslite.Sequential(
        [keraslite.Input((6,)), layers.Dense(4, name="first"), layers.BatchNormalization(name="norm")], name="inner"
    )
    x = layers.Dropout(0.5)(inner(image))
    x = layers.Dense(sizes.get("hidden", 3), name="hidden")(x)
    return keraslite.Model(image, layers.Dense(sizes.get("last", 2), name="last")(x))


def randomized(source: Any) -> Any:
    rng = np.random.default_rng(0)
    source.set_weights([rng.random(weight.shape).astype("float32") for weight in source.weights])
    return source


def write(path: Any, source: Any, names: tuple[str, ...] = (), split: bool = False) -> str:
    """Write a file as Keras 2 did. `names` are other names of the layers that have weights."""
    with h5py.File(path, "w") as file:
        root = file.create_group("model_weights") if split else file
        layers = source.layers
        renamed = dict(zip([layer.name for layer in layers if layer.weights], names, strict=False))
        listed = [renamed.get(layer.name, layer.name).encode() for layer in layers]
        if split:
            root.attrs["layer_names0"], root.attrs["layer_names1"] = listed[:2], listed[2:]
        else:
            root.attrs["layer_names"] = listed
        for layer, name in zip(layers, listed, strict=True):
            group = root.create_group(name)
            weights = [*layer.trainable_weights, *layer.non_trainable_weights]
            places = [f"{layer.name}/{i}/{weight.name}:0" for i, weight in enumerate(weights)]
            group.attrs["weight_names"] = [place.encode() for place in places]
            for place, weight in zip(places, weights, strict=True):
                group[place] = weight.numpy()
    return str(path)


def same(one: Any, other: Any) -> bool:
    return all(np.array_equal(a, b) for a, b in zip(one.get_weights(), other.get_weights(), strict=True))


@pytest.mark.parametrize("split", [False, True])
@pytest.mark.parametrize("ending", [".h5", ".hdf5"])
def test_by_order(tmp_path, backend, split, ending):
    source, target = randomized(model()), model()
    path = write(tmp_path / f"x{ending}", source, ("a", "b", "c"), split)
    assert target.load_weights(path) is None
    assert same(source, target)


def test_by_name(tmp_path):
    source, target = randomized(model(last=5)), model(last=2)
    kept = target.get_layer("last").get_weights()
    target.load_weights(write(tmp_path / "x.h5", source, ("inner", "hidden", "other")), by_name=True)
    np.testing.assert_array_equal(
        target.get_layer("hidden").get_weights()[0], source.get_layer("hidden").kernel.numpy()
    )
    np.testing.assert_array_equal(target.get_layer("last").get_weights()[0], kept[0])


def test_what_does_not_fit(tmp_path):
    source, target = randomized(model(last=5)), model(last=2)
    path = write(tmp_path / "x.h5", source)
    before = target.get_weights()
    with pytest.raises(WeightsMismatchError, match=r"'last/kernel' needs shape \(3, 2\). Received \(3, 5\)"):
        target.load_weights(path)
    assert all(np.array_equal(a, b) for a, b in zip(before, target.get_weights(), strict=True))
    with pytest.warns(UserWarning, match="fit in part"):
        report = target.load_weights(path, skip_mismatch=True)
    assert [each.weight for each in report.skipped] == ["last/kernel", "last/bias"]
    np.testing.assert_array_equal(target.get_layer("hidden").kernel.numpy(), source.get_layer("hidden").kernel.numpy())
    assert len(target.load_weights(path, strict=False).loaded) == len(before) - 2
    other = keraslite.Sequential([keraslite.Input((6,)), layers.Dense(3, name="hidden")])
    with pytest.raises(WeightsMismatchError, match="the file has 3 layers with weights, the model has 1") as failure:
        other.load_weights(path)
    assert "unexpected: layer 'inner'" in str(failure.value)
    assert {each.kind for each in other.load_weights(path, strict=False).skipped} == {"mismatched", "unexpected"}


def _no_list(file: Any) -> None:
    del file.attrs["layer_names"]


def _lacks_a_group(file: Any) -> None:
    del file["hidden"]["hidden"]


def _numbers(file: Any) -> None:
    file.attrs["layer_names"] = np.arange(3)


def _linked(file: Any) -> None:
    del file["hidden"]["hidden"]
    file["hidden"]["hidden"] = h5py.ExternalLink("/etc/passwd", "/")


def _again(file: Any) -> None:
    file["again"] = file["hidden"]


DAMAGE = [
    (_no_list, CorruptFileError, "list the layers"),
    (_lacks_a_group, CorruptFileError, "every array that it lists"),
    (_numbers, CorruptFileError, "names in its attribute"),
    (_linked, UnsafeModelError, "link"),
    (_again, CorruptFileError, "in one place"),
]


@pytest.mark.parametrize(("damage", "error", "text"), DAMAGE)
def test_damaged_files(tmp_path, damage, error, text):
    path = write(tmp_path / "x.h5", randomized(model()))
    with h5py.File(path, "a") as file:
        damage(file)
    target = model()
    before = target.get_weights()
    with pytest.raises(error, match=text):
        target.load_weights(path)
    assert all(np.array_equal(a, b) for a, b in zip(before, target.get_weights(), strict=True))


def test_by_name_is_for_older_files(tmp_path):
    source = model()
    source.save_weights(tmp_path / "x.weights.h5")
    with pytest.raises(ArgumentError, match="in the format of Keras 2"):
        source.load_weights(tmp_path / "x.weights.h5", by_name=True)
    (tmp_path / "x.weights.h5").rename(tmp_path / "x.h5")
    with pytest.raises(CorruptFileError, match=r"names that end in `.weights.h5`"):
        source.load_weights(tmp_path / "x.h5")
