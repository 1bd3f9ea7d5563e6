"""`utils.bounding_boxes`, next to Keras's."""

from __future__ import annotations

import keras_peer
import numpy as np
import pytest

from keraslite import ops
from keraslite.errors import ArgumentError
from keraslite.utils import bounding_boxes

BOXES = np.array([[10, 20, 30, 40], [50, 60, 70, 80]], "float32")
MORE = np.array([[10, 20, 30, 40], [15, 25, 45, 60], [-1, -1, -1, -1]], "float32")
OTHERS = np.array([[12, 18, 33, 44], [100, 100, 120, 140]], "float32")
SIZE = {"height": 100, "width": 200}
FORMATS = ("xyxy", "yxyx", "xywh", "center_xywh", "center_yxhw", "rel_xyxy", "rel_yxyx", "rel_xywh", "rel_center_xywh")
STILL = {"angle": 0.0, "translate_x": 0.0, "translate_y": 0.0, "scale": 1.0, "shear_x": 0.0, "shear_y": 0.0}
LABELLED = {
    "boxes": np.array([[-10, -20, 150, 160], [50, 40, 70, 80], [200, 200, 210, 210], [-1, -1, -1, -1]]),
    "labels": np.array([0, 1, 2, -1]),
}


def moved(**changes):
    arrays = {name: np.array([value], "float32") for name, value in {**STILL, **changes}.items()}
    arrays.update({name: value for name, value in changes.items() if name.startswith("center")})
    return ("affine_transform", {"boxes": BOXES[None], **arrays, **SIZE})


CASES = [
    *(("convert_format", {"boxes": BOXES / 50, "source": source, "target": target, **SIZE})
      for source in FORMATS for target in FORMATS),
    ("convert_format", {"boxes": BOXES[0], "source": "XYXY", "target": "xywh", "dtype": "int32"}),
    ("convert_format", {"boxes": {"boxes": BOXES, "labels": np.array([1, 2])}, "source": "xyxy", "target": "xywh"}),
    ("clip_to_image_size", {"bounding_boxes": LABELLED, "height": 100, "width": 120}),
    ("clip_to_image_size", {"bounding_boxes": {"boxes": BOXES / 50, "labels": np.array([1.0, 2.0])},
                            "bounding_box_format": "rel_xyxy"}),
    ("crop", {"boxes": np.concatenate([MORE, OTHERS]), "top": 10, "left": 20, "height": 40, "width": 30}),
    ("crop", {"boxes": BOXES.astype("int32"), "top": 10, "left": 20, "height": 40, "width": 30}),
    ("pad", {"boxes": BOXES, "top": 10, "left": 20}),
    moved(angle=30.0), moved(angle=-200.0), moved(translate_x=0.1), moved(translate_y=-0.2), moved(scale=1.5),
    moved(shear_x=20.0), moved(shear_y=10.0), moved(angle=30.0, center_x=0.2, center_y=0.3),
    moved(angle=10.0, translate_x=0.1, translate_y=0.05, scale=1.2),
    ("compute_iou", {"boxes1": MORE, "boxes2": OTHERS, "bounding_box_format": "xyxy"}),
    ("compute_iou", {"boxes1": MORE[None], "boxes2": OTHERS, "bounding_box_format": "yxyx"}),
    ("compute_iou", {"boxes1": MORE, "boxes2": OTHERS[None], "bounding_box_format": "xywh"}),
    ("compute_iou", {"boxes1": MORE, "boxes2": OTHERS, "bounding_box_format": "xyxy", "use_masking": True,
                     "mask_val": -2}),
    ("compute_iou", {"boxes1": MORE / 100, "boxes2": OTHERS / 100, "bounding_box_format": "rel_xyxy",
                     "image_shape": [100, 100, 3]}),
    ("compute_ciou", {"boxes1": MORE[:2], "boxes2": OTHERS, "bounding_box_format": "xyxy"}),
    ("compute_ciou", {"boxes1": MORE[:2], "boxes2": OTHERS, "bounding_box_format": "center_xywh"}),
    *(("encode_box_to_deltas", {"anchors": BOXES, "boxes": boxes, "anchor_format": "xyxy", "box_format": "xyxy",
                                "encoding_format": form, "variance": variance})
      for form in ("center_yxhw", "center_xywh") for variance in (None, [0.1, 0.1, 0.2, 0.2])
      for boxes in (MORE[:2], MORE[None, :2])),
    *(("decode_deltas_to_boxes", {"anchors": BOXES, "boxes_delta": BOXES / 100, "anchor_format": "xyxy",
                                  "box_format": target, "encoded_format": form, "image_shape": [100, 200, 3]})
      for form in ("center_yxhw", "center_xywh") for target in ("xyxy", "rel_yxyx")),
]  # fmt: skip


def arrays(nest):
    if isinstance(nest, dict):
        return {name: arrays(value) for name, value in nest.items()}
    return np.asarray(ops.convert_to_numpy(nest))


@pytest.fixture(scope="module")
def expected():
    if not keras_peer.available():
        pytest.skip("needs real Keras")
    return keras_peer.call("utils.boxes_on_keras:run", backend="torch", cases=[list(case) for case in CASES])


@pytest.mark.parametrize("index", range(len(CASES)), ids=lambda i: f"{CASES[i][0]}-{i}")
def test_as_in_keras(index, expected, backend):
    name, arguments = CASES[index]
    found, wanted = arrays(getattr(bounding_boxes, name)(**arguments)), expected[index]
    if name == "clip_to_image_size":  # boxes outside of the image are moved to its border in both
        np.testing.assert_array_equal(found["labels"], wanted["labels"])
        found, wanted = found["boxes"], wanted["boxes"]
    elif isinstance(found, dict):
        assert set(found) == set(wanted)
        found, wanted = found["boxes"], wanted["boxes"]
    np.testing.assert_allclose(found, wanted, rtol=1e-4, atol=2e-4)


@pytest.mark.parametrize("form", FORMATS)
def test_formats_that_keras_does_not_take_here(form, backend):
    relative = form.startswith("rel_")

    def given(boxes):
        return bounding_boxes.convert_format(boxes, "xyxy", form, **SIZE)

    def back(boxes):
        return np.asarray(ops.convert_to_numpy(bounding_boxes.convert_format(boxes, form, "xyxy", **SIZE)))

    window = {"top": 10, "left": 20, "height": 40, "width": 30}
    if relative:
        with pytest.raises(ArgumentError, match="needs boxes in pixels"):
            bounding_boxes.crop(given(BOXES), **window, bounding_box_format=form)
    else:
        for name, arguments in (("crop", window), ("pad", {"top": 10, "left": 20})):
            function = getattr(bounding_boxes, name)
            wanted = ops.convert_to_numpy(function(BOXES, **arguments))
            np.testing.assert_allclose(
                back(function(given(BOXES), **arguments, bounding_box_format=form)), wanted, atol=1e-4
            )
    turned = {**STILL, "angle": 30.0, **SIZE}
    wanted = ops.convert_to_numpy(bounding_boxes.affine_transform(BOXES, **turned))
    found = bounding_boxes.affine_transform(given(BOXES), **turned, bounding_box_format=form)
    np.testing.assert_allclose(back(found), wanted, rtol=1e-4, atol=1e-3)


def test_deltas_come_back(backend):
    for variance in (None, [0.1, 0.1, 0.2, 0.2]):
        options = {"anchor_format": "xyxy", "box_format": "xyxy", "variance": variance}
        deltas = bounding_boxes.encode_box_to_deltas(BOXES, MORE[:2], **options)
        np.testing.assert_allclose(
            ops.convert_to_numpy(bounding_boxes.decode_deltas_to_boxes(BOXES, deltas, **options)), MORE[:2], rtol=1e-4
        )
    levels = bounding_boxes.decode_deltas_to_boxes({"P1": BOXES}, {"P1": BOXES / 100}, "xyxy", "xyxy")
    assert tuple(levels["P1"].shape) == (2, 4)


@pytest.mark.parametrize(("name", "arguments", "text"), [
    ("convert_format", {"boxes": BOXES, "source": "foo", "target": "xyxy"}, "`source` to be one of 'xyxy'"),
    ("convert_format", {"boxes": BOXES, "source": "xyxy", "target": "rel_xyxy"}, "needs `height` and `width`"),
    ("convert_format", {"boxes": BOXES[:, :3], "source": "xyxy", "target": "xywh"}, "last axis of size 4"),
    ("clip_to_image_size", {"bounding_boxes": LABELLED}, "needs `height` and `width`"),
    ("pad", {"boxes": BOXES, "top": 1, "left": 1, "bounding_box_format": "rel_xywh"}, "boxes in pixels"),
    ("compute_iou", {"boxes1": BOXES, "boxes2": BOXES, "bounding_box_format": "rel_xyxy"}, "needs `image_shape`"),
    ("encode_box_to_deltas", {"anchors": BOXES, "boxes": BOXES, "anchor_format": "xyxy", "box_format": "xyxy",
                              "encoding_format": "xyxy"}, "`encoding_format` to be one of"),
    ("decode_deltas_to_boxes", {"anchors": BOXES, "boxes_delta": BOXES, "anchor_format": "xyxy", "box_format": "xyxy",
                                "variance": [1.0]}, "`variance` to be 4 numbers"),
])  # fmt: skip
def test_bad_input(name, arguments, text, backend):
    with pytest.raises(ArgumentError, match=text):
        getattr(bounding_boxes, name)(**arguments)
