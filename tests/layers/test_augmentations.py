"""`RandAugment` and `AugMix`: layers that choose among image layers."""

from __future__ import annotations

import json

import keras_peer
import numpy as np
import pytest

from keraslite import KerasTensor, layers, ops, random, transforms, use_backend
from keraslite.backend import registry
from keraslite.errors import ArgumentError
from keraslite.layers.preprocessing.images.augmentations import MOVING

with_keras = pytest.mark.skipif(not keras_peer.available(), reason="needs real Keras")
both = pytest.mark.parametrize("cls", ["RandAugment", "AugMix"])


def pictures(count: int = 3) -> np.ndarray:
    return np.round(np.random.default_rng(6).beta(2, 3, size=(count, 10, 12, 3)) * 255).astype("float32")


def sample() -> dict:
    return {
        "images": pictures(),
        "labels": np.array([1, 2, 3]),
        "bounding_boxes": {
            "boxes": np.array([[[1, 1, 6, 7], [2, 3, 9, 8]]] * 3, "float32"),
            "labels": np.zeros((3, 2), "float32"),
        },
        "segmentation_masks": (np.arange(3 * 120).reshape(3, 10, 12, 1) // 7).astype("int32"),
    }


def make(cls: str, **more):
    return getattr(layers, cls)(**{"seed": 3, "bounding_box_format": "xyxy", **more})


def numbers(x) -> np.ndarray:
    return np.asarray(ops.convert_to_numpy(x))


def tensors(nest):
    if isinstance(nest, dict):
        return {key: tensors(value) for key, value in nest.items()}
    return ops.convert_to_tensor(nest) if isinstance(nest, np.ndarray) else nest


@with_keras
@pytest.mark.parametrize("chosen", [(3, 6), (4, 5), (7, 9), (8, 10)], ids=str)
def test_rand_augment_is_that_of_keras_for_the_same_draws(chosen, backend):
    image = pictures(1)
    theirs = keras_peer.call("layers.colours_on_keras:rand_augmented", backend="jax", chosen=chosen, images=image)
    drawn = {"transforms": tensors(theirs["transforms"]), "layer_idxes": ops.convert_to_tensor(chosen, "int32")}
    found = numbers(make("RandAugment").transform_images(ops.convert_to_tensor(image), drawn))
    np.testing.assert_allclose(found, theirs["images"], atol=1.001 if 10 in chosen else 1e-3)
    assert np.mean(np.abs(found - theirs["images"]) > 1e-2) < 0.05


@with_keras
@both
@pytest.mark.parametrize("kwargs", [{}, {"factor": (0.1, 0.7), "interpolation": "nearest", "value_range": (0, 1)}])
def test_config_is_that_of_keras(cls, kwargs):
    theirs = keras_peer.call("layers.colours_on_keras:config", backend="jax", cls=cls, kwargs={**kwargs, "name": "x"})
    layer = getattr(layers, cls)(**kwargs, name="x")
    assert json.loads(json.dumps(layer.get_config())) == theirs
    assert json.loads(json.dumps(type(layer).from_config(theirs).get_config())) == theirs


@both
def test_draws_are_by_seed_and_equal_on_every_engine(cls):
    found = []
    for name in registry.installed():
        with use_backend(name):
            layer = make(cls)
            found.append([numbers(layer(pictures())) for _ in range(3)])
            assert len(layer.variables) == 1
    for each in found[1:]:
        for ours, others in zip(each, found[0], strict=True):
            assert np.mean(np.abs(ours - others) > 0.1) < 0.01
    assert len({image.tobytes() for image in found[0]}) == 3


@both
def test_outside_of_training_images_stay(cls, backend):
    np.testing.assert_array_equal(numbers(make(cls)(pictures(), training=False)), pictures())


@both
def test_formats_single_images_and_unknown_sizes(cls, backend):
    images = pictures()
    layer = make(cls)
    assert layer(images[0]).shape == images[0].shape
    assert layer(KerasTensor((None, None, None, 3))).shape == (None, None, None, 3)
    first = make(cls, data_format="channels_first")
    assert first(images.transpose(0, 3, 1, 2)).shape == (3, 3, 10, 12)
    for name in registry.installed()[:1]:
        with use_backend(name):
            found = numbers(make(cls)(images))
            moved = numbers(make(cls, data_format="channels_first")(images.transpose(0, 3, 1, 2)))
            np.testing.assert_allclose(moved.transpose(0, 2, 3, 1), found, atol=1e-2)


def test_boxes_and_masks_move_where_rand_augment_moves_images(backend):
    data = sample()
    layer = make("RandAugment", factor=(0.3, 0.3), num_ops=1)
    for index, name in enumerate(layer.augmentations):
        drawn = layer.get_random_transformation(data)
        drawn["layer_idxes"] = ops.convert_to_tensor([index], "int32")
        masks = numbers(layer.transform_segmentation_masks(tensors(data["segmentation_masks"]), drawn))
        boxes = numbers(layer.transform_bounding_boxes(tensors(data["bounding_boxes"]), drawn)["boxes"])
        assert np.array_equal(masks, data["segmentation_masks"]) == (name not in MOVING)
        assert np.allclose(boxes, data["bounding_boxes"]["boxes"]) == (name not in MOVING)


@pytest.mark.one_engine
@both
def test_all_parts_in_a_compiled_program(cls, differentiating_backend):
    layer, data = make(cls), tensors(sample())

    def placed(index, data):
        with random.position(index):
            return layer(data)

    found = transforms.jit(placed)(ops.convert_to_tensor(2, "int32"), data)
    wanted = placed(2, data)
    for part in ("images", "segmentation_masks"):
        assert np.mean(np.abs(numbers(found[part]) - numbers(wanted[part])) > 0.1) < 0.01
    np.testing.assert_allclose(
        numbers(found["bounding_boxes"]["boxes"]), numbers(wanted["bounding_boxes"]["boxes"]), atol=1e-3
    )


def test_aug_mix_mixes_chains(backend):
    images = tensors(pictures())
    layer = make("AugMix", num_chains=2, chain_depth=2)
    drawn = layer.get_random_transformation(images)
    weights, share = numbers(drawn["chain_mixing_weights"]), float(numbers(drawn["weight_sample"]))
    np.testing.assert_allclose(weights.sum(), 1, rtol=1e-5)
    kinds, places = numbers(drawn["chain_layers"]), numbers(drawn["chain_positions"])
    mixed = 0.0
    for i in range(2):
        version = images
        for k in range(2):
            if kinds[i, k] < len(layer.augmentations):
                version = layer._changed(list(layer.augmentations)[kinds[i, k]], version, int(places[i, k]))
        mixed = mixed + weights[i] * numbers(version)
    wanted = share * numbers(images) + (1 - share) * mixed
    np.testing.assert_allclose(numbers(layer.transform_images(images, drawn)), wanted, atol=1e-3)
    nothing = {**drawn, "chain_layers": ops.full_like(drawn["chain_layers"], 11)}
    np.testing.assert_allclose(numbers(layer.transform_images(images, nothing)), numbers(images), atol=1e-3)
    few = make("AugMix", all_ops=False)
    assert len(few._names()) == 7
    assert numbers(few.get_random_transformation(images)["chain_layers"]).max() <= 7


def test_aug_mix_leaves_boxes_and_masks(backend):
    data = sample()
    found = make("AugMix")(data)
    np.testing.assert_array_equal(numbers(found["segmentation_masks"]), data["segmentation_masks"])
    np.testing.assert_array_equal(numbers(found["bounding_boxes"]["boxes"]), data["bounding_boxes"]["boxes"])
    np.testing.assert_array_equal(numbers(found["labels"]), data["labels"])


@pytest.mark.parametrize(
    ("make_layer", "words"),
    [
        (lambda: layers.RandAugment(factor=1.5), "`factor`"),
        (lambda: layers.RandAugment(num_ops=0), "`num_ops`"),
        (lambda: layers.RandAugment(interpolation="cubic"), "`interpolation`"),
        (lambda: layers.AugMix(alpha=0.0), "`alpha`"),
        (lambda: layers.AugMix(num_chains=0), "`num_chains`"),
        (lambda: layers.AugMix(chain_depth=-1), "`chain_depth`"),
        (lambda: layers.RandAugment(value_range=(2, 2)), "two different numbers"),
        (lambda: layers.AugMix()(np.ones((3, 4))), "3 axes"),
    ],
)
def test_bad_input(make_layer, words, backend):
    with pytest.raises(ArgumentError, match=words):
        make_layer()


@pytest.mark.parametrize("cls", [layers.RandAugment, layers.AugMix])
def test_a_setting_that_changes_reaches_every_layer(cls):  # the engine computes what it is told
    images = np.random.default_rng(0).random((2, 8, 8, 3), "float32") * 255
    wanted = {"factor": 0.1, "interpolation": "nearest", "value_range": (0, 300)}
    with use_backend("numpy"):
        changed, made = cls(factor=0.8, seed=3), cls(seed=3, **wanted)
        for layer in (changed, made):
            layer(images, training=True)
        for name, value in wanted.items():
            setattr(changed, name, value)
        assert changed.augmentations["random_rotation"].interpolation == "nearest"
        found, expected = (np.asarray(layer(images, training=True)) for layer in (changed, made))
    np.testing.assert_allclose(found, expected, rtol=1e-6)
