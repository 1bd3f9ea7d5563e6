"""Boxes and masks on pictures, and galleries."""

from __future__ import annotations

import sys

import numpy as np
import pytest

from keraslite import ops, visualization
from keraslite.errors import ArgumentError, DTypeError, MissingPackageError

BOXES = {"boxes": np.array([[[2, 1, 6, 5], [0, 0, 3, 3]]], "float32"), "labels": np.array([[1, -1]])}


@pytest.fixture
def pyplot():
    matplotlib = pytest.importorskip("matplotlib")
    matplotlib.use("Agg")
    plt = pytest.importorskip("matplotlib.pyplot")
    yield plt
    plt.close("all")


def outline(left, top, right, bottom, shape=(8, 10)):
    found = np.zeros(shape, bool)
    found[top, left : right + 1] = found[bottom, left : right + 1] = True
    found[top : bottom + 1, left] = found[top : bottom + 1, right] = True
    return found


@pytest.mark.parametrize("first", [False, True])
@pytest.mark.parametrize("form", ["xyxy", "xywh", "rel_xyxy"])
def test_outlines(backend, first, form):
    boxes = {"xyxy": [2, 1, 6, 5], "xywh": [2, 1, 4, 4], "rel_xyxy": [0.2, 0.125, 0.6, 0.625]}[form]
    given = {"boxes": ops.convert_to_tensor(np.array([[boxes]], "float32")), "labels": np.array([[0]])}
    shape = (1, 3, 8, 10) if first else (1, 8, 10, 3)
    drawn = visualization.draw_bounding_boxes(
        ops.zeros(shape), given, form, color=(7, 8, 9), line_thickness=1,
        data_format="channels_first" if first else "channels_last",
    )  # fmt: skip
    assert (drawn.shape, drawn.dtype) == (shape, np.uint8)
    drawn = drawn[0].transpose(1, 2, 0) if first else drawn[0]
    np.testing.assert_array_equal((drawn == (7, 8, 9)).all(-1), outline(2, 1, 6, 5))
    np.testing.assert_array_equal((drawn != 0).any(-1), outline(2, 1, 6, 5))


def test_boxes_that_are_none_and_boxes_beyond_the_edge(backend):
    images = np.zeros((1, 8, 10, 1), "uint8")
    drawn = visualization.draw_bounding_boxes(images, BOXES, "xyxy", line_thickness=1, data_format="channels_last")
    np.testing.assert_array_equal(drawn[0, ..., 0] == 128, outline(2, 1, 6, 5))  # the label of the other is -1
    assert not images.any()
    beyond = {"boxes": np.array([[[-5, -5, 50, 50]]]), "labels": np.array([[0]])}
    assert not visualization.draw_bounding_boxes(images, beyond, "xyxy", data_format="channels_last").any()


def test_names_of_boxes():
    pytest.importorskip("PIL")
    images = np.zeros((1, 60, 80, 3), "uint8")
    boxes = {"boxes": np.array([[[10, 30, 60, 50]]]), "labels": np.array([[4]]), "confidences": np.array([[0.5]])}
    plain = visualization.draw_bounding_boxes(images, boxes, "xyxy", data_format="channels_last")
    named = visualization.draw_bounding_boxes(images, boxes, "xyxy", {4: "cat"}, data_format="channels_last")
    written = (named != plain).any(-1)[0]
    assert written[:30].any()
    assert not written[30:].any()


def reference(images, masks, colors, alpha):
    result = images.astype("float64")
    for index, color in colors.items():
        result[masks == index] = (1 - alpha) * result[masks == index] + alpha * np.asarray(color)
    return result.astype("uint8")


@pytest.mark.parametrize("options", [{}, {"alpha": 0.3}, {"blend": False}, {"ignore_index": 1}], ids=str)
def test_masks(backend, options):
    random = np.random.default_rng(0)
    images = random.integers(0, 256, (2, 5, 6, 3), dtype="uint8")
    masks = random.integers(0, 3, (2, 5, 6), dtype="int32")
    colors = {1: (255, 0, 0), 2: (0, 200, 10)}
    kept = {index: color for index, color in colors.items() if index != options.get("ignore_index")}
    alpha = options.get("alpha", 0.8) if options.get("blend", True) else 1.0
    expected = reference(images, masks, kept, alpha)
    drawn = visualization.draw_segmentation_masks(
        images, ops.convert_to_tensor(masks[..., None]), 3, colors, data_format="channels_last", **options
    )
    np.testing.assert_allclose(drawn.astype(int), expected.astype(int), atol=1)
    turned = visualization.draw_segmentation_masks(
        images.transpose(0, 3, 1, 2), masks, 3, colors, data_format="channels_first", **options
    )
    np.testing.assert_array_equal(turned.transpose(0, 2, 3, 1), drawn)


def test_classes_have_different_colours():
    drawn = visualization.draw_segmentation_masks(
        np.zeros((1, 1, 6, 3)), np.arange(6).reshape(1, 1, 6), data_format="channels_last"
    )
    assert len({tuple(color) for color in drawn[0, 0].tolist()}) == 6


def test_galleries(pyplot, tmp_path):
    images = np.random.default_rng(0).uniform(0, 255, (5, 8, 10, 3))
    figure = visualization.plot_image_gallery(
        images, [0, 1, 0, 1, 0], [0, 0, 0, 0, 0], {0: "a", 1: "b"}, cols=2, path=tmp_path / "a.png"
    )
    assert (tmp_path / "a.png").stat().st_size > 1000
    shown = [place for place in figure.axes if place.images]
    assert (len(figure.axes), len(shown)) == (6, 5)
    assert shown[1].get_title() == "truth: b\npredicted: a"
    np.testing.assert_allclose(shown[2].images[0].get_array(), images[2] / 255)
    figure = visualization.plot_bounding_box_gallery(
        images[:1] / 255, "xyxy", BOXES, BOXES, (0, 1), line_thickness=1, legend=True, show=False
    )
    picture = np.asarray(figure.axes[0].images[0].get_array()) * 255
    np.testing.assert_array_equal((picture.round() == (255, 235, 59)).all(-1), outline(2, 1, 6, 5))
    assert [text.get_text() for text in figure.legends[0].get_texts()] == ["truth", "prediction"]
    figure = visualization.plot_segmentation_mask_gallery(
        images, 3, y_true=np.ones((5, 8, 10, 1), "int32"), y_pred=np.zeros((5, 8, 10), "int32"), show=False
    )
    assert figure.axes[0].images[0].get_array().shape == (8, 30, 3)
    gray = visualization.plot_image_gallery(images[..., :1], show=False)
    assert gray.axes[0].images[0].get_array().shape == (8, 10)


def test_mistakes(monkeypatch):
    images = np.zeros((1, 4, 4, 3))
    with pytest.raises(ArgumentError, match="`images` to have 4 axes"):
        visualization.draw_bounding_boxes(images[0], BOXES, "xyxy")
    with pytest.raises(ArgumentError, match="a dict of 'boxes' and 'labels'"):
        visualization.draw_bounding_boxes(images, {"boxes": BOXES["boxes"]}, "xyxy")
    with pytest.raises(DTypeError, match="masks of integers. Received dtype float64"):
        visualization.draw_segmentation_masks(images, np.zeros((1, 4, 4)))
    with pytest.raises(ArgumentError, match=r"masks of shape \(1, 4, 4\). Received shape \(1, 2, 2\)"):
        visualization.draw_segmentation_masks(images, np.zeros((1, 2, 2), int))
    with pytest.raises(ArgumentError, match="needs `path` or `show`"):
        visualization.plot_image_gallery(images, path="a.png", show=True)
    with pytest.raises(ArgumentError, match="needs `label_map`"):
        visualization.plot_image_gallery(images, [0])
    with pytest.raises(ArgumentError, match="needs `legend` or `legend_handles`"):
        visualization.plot_bounding_box_gallery(images, "xyxy", legend=True, legend_handles=[])
    monkeypatch.setitem(sys.modules, "matplotlib.pyplot", None)
    with pytest.raises(MissingPackageError, match="Run `pip install matplotlib`"):
        visualization.plot_image_gallery(images)
    monkeypatch.setitem(sys.modules, "PIL.Image", None)
    with pytest.raises(MissingPackageError, match="Run `pip install pillow`"):
        visualization.draw_bounding_boxes(images, {**BOXES, "labels": np.array([[1, 1]])}, "xyxy", {1: "a"})
