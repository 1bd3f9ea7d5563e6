"""Image layers on lists of images, whose sizes may differ."""

from __future__ import annotations

import numpy as np
import pytest

from keraslite import KerasTensor, layers, ops, tree
from keraslite.errors import ArgumentError


def numbers(nest):
    return tree.map(lambda x: np.asarray(ops.convert_to_numpy(x)), nest)


@pytest.mark.parametrize("kind", ["images", "parts"])
@pytest.mark.parametrize(
    "layer",
    [
        layers.Resizing(5, 6, bounding_box_format="xyxy"),
        layers.Resizing(5, 6, pad_to_aspect_ratio=True, bounding_box_format="xyxy", data_format="channels_first"),
        layers.CenterCrop(4, 12, bounding_box_format="xyxy"),
        layers.RandomCrop(4, 5, seed=1, bounding_box_format="xyxy"),
    ],
    ids=lambda x: getattr(x, "name", x),
)
def test_images_of_any_sizes_become_a_batch(layer, kind, backend):
    generator = np.random.default_rng(1)
    samples = [
        {
            "images": generator.random((*size, 3), "float32"),
            "labels": generator.random(2, "float32"),
            "segmentation_masks": generator.integers(0, 5, (*size, 1)),
            "bounding_boxes": {"boxes": np.array([[1, 1, 5, 4]], "float32"), "labels": np.array([i])},
        }
        for i, size in enumerate([(9, 12), (6, 6), (20, 8)])
    ]
    if layer.data_format == "channels_first":
        for one in samples:
            one.update({name: np.moveaxis(one[name], -1, 0) for name in ("images", "segmentation_masks")})
    if kind == "images":
        samples = [one["images"] for one in samples]
        given = samples
    else:
        given = {name: [one[name] for one in samples] for name in samples[0]}
        given["labels"] = np.stack(given["labels"])
        boxes = given["bounding_boxes"]
        given["bounding_boxes"] = {name: [one[name] for one in boxes] for name in boxes[0]}
    layer = type(layer).from_config({**layer.get_config(), "bounding_box_format": "xyxy"})
    again = type(layer).from_config({**layer.get_config(), "bounding_box_format": "xyxy"})
    found = numbers(layer(given))
    wanted = tree.map(lambda *each: np.stack(each), *(numbers(again(one)) for one in samples))
    for a, b in zip(tree.leaves(found), tree.leaves(wanted), strict=True):
        np.testing.assert_allclose(a, b, atol=1e-6)
    promised = layer(tree.map(lambda x: KerasTensor(x.shape, str(x.dtype)), given))
    assert [x.shape for x in tree.leaves(promised)] == [tuple(x.shape) for x in tree.leaves(found)]


def test_a_list_of_images_needs_a_layer_that_makes_one_size(backend):
    images = [np.ones((4, 5, 3), "float32"), np.ones((6, 5, 3), "float32")]
    with pytest.raises(ArgumentError, match="Received a list of 2.*Make them one size by `Resizing`"):
        layers.RandomFlip()(images)
