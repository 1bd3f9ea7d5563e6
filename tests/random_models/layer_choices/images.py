"""Layers that change images, with their labels, boxes and masks."""

from __future__ import annotations

from typing import Any

import numpy as np

from random_models.drawing import Draw, made, pair
from random_models.layer_choices import inputs as i

FILLS = ["reflect", "constant", "wrap", "nearest"]
BOXES, MASKS, LABELS = "bounding_boxes", "segmentation_masks", "labels"
#: Parts of a sample that Keras moves otherwise: see `docs/differences.md`.
DIFFERS = {
    "RandomRotation": (MASKS,), "RandomZoom": (MASKS,), "RandomShear": (BOXES, MASKS), "RandomPerspective": (MASKS,),
    "CenterCrop": (MASKS,), "Resizing": (BOXES,), "MixUp": (BOXES, MASKS), "CutMix": (BOXES,),
}  # fmt: skip


def _same(d: Draw, low: float, high: float) -> Any:
    """A range of one value, so that nothing is left to be drawn."""
    value = d.real(low, high) + 0.0037  # so that no place lies in the middle of two pixels
    return pair(value, value)


def _filled(d: Draw) -> dict[str, Any]:
    options: dict[str, Any] = {}
    if d.chance(0.7):
        options["fill_mode"] = d.one(FILLS)
    if options.get("fill_mode") == "constant":
        options["fill_value"] = float(d.whole(0, 9))
    if d.chance(0.3):
        options["interpolation"] = d.one(["nearest", "bilinear"])
    return options


def _resizing(d: Draw) -> dict[str, Any]:
    options: dict[str, Any] = {"height": d.whole(1, 12), "width": d.whole(1, 12)}
    if d.chance(0.6):
        options["interpolation"] = d.one(["bilinear", "nearest", "bicubic", "lanczos3", "lanczos5"])
    choice = d.whole(0, 4)
    if choice == 0:
        options["crop_to_aspect_ratio"] = True
    elif choice == 1:
        options.update(pad_to_aspect_ratio=True, fill_value=d.real(0, 9))
    if d.chance(0.25):
        options["antialias"] = True
    return options


_MOVING: dict[str, Any] = {
    "RandomFlip": (lambda d: {"mode": d.one(["horizontal", "vertical"])}, True),
    "RandomRotation": (lambda d: {"factor": _same(d, -0.5, 0.5), **_filled(d)}, False),
    "RandomZoom": (lambda d: {"height_factor": _same(d, -0.6, 0.9), **_filled(d),
                              **({"width_factor": _same(d, -0.6, 0.9)} if d.chance(0.5) else {})}, False),
    "RandomTranslation": (lambda d: {"height_factor": _same(d, -0.9, 0.9), "width_factor": _same(d, -0.9, 0.9),
                                     **_filled(d)}, False),
    "RandomShear": (lambda d: {"x_factor": _same(d, 0, 0.9), "y_factor": _same(d, 0, 0.9), **_filled(d)}, True),
    "RandomPerspective": (lambda d: {"factor": 1.0, "scale": d.real(0, 0.6), "interpolation": d.one(
        ["nearest", "bilinear"]), "fill_value": d.real(0, 5)}, True),
    "RandomErasing": (lambda d: {"factor": d.one([1.0, pair(0.4, 0.6)]), "scale": pair(0.1, d.real(0.2, 0.6)),
                                 "fill_value": d.real(0, 9)}, True),
    "CenterCrop": (lambda d: {"height": d.whole(1, 12), "width": d.whole(1, 12)}, False),
    "Resizing": (_resizing, False),
    "MixUp": (lambda d: {} if d.chance(0.4) else {"alpha": d.one([1.0, d.real(0.1, 3)])}, True),
    "CutMix": (lambda d: {} if d.chance(0.5) else {"factor": d.real(0.2, 1)}, True),
}  # fmt: skip


def moving(d: Draw) -> Any:
    """Layers that move pixels."""
    name = d.one(list(_MOVING))
    choose, drawn = _MOVING[name]
    options, form = choose(d), i.data_format(d)
    batch, height, width, channels = d.whole(1, 3), d.whole(2, 10), d.whole(2, 10), d.one([1, 3, 4])
    data: dict[str, Any] = {"images": _pictures(d, i.shaped(batch, [height, width], channels, form), 255.0)}
    if d.chance(0.3) and not drawn:  # Keras's integers of more bits wrap where Resizing overshoots
        data["images"]["dtype"] = d.one(["uint8", "float16", *(["int32"] if name != "Resizing" else [])])
    if d.chance(0.3):
        data[LABELS] = {"array": np.eye(batch, 3, dtype="float32"), "dtype": "float32"}
    is_first = form.get("data_format") == "channels_first"
    if d.chance(0.35) and BOXES not in DIFFERS.get(name, ()) and not (is_first and name == "RandomPerspective"):
        data[BOXES] = _boxes(d, batch, height, width)
    if d.chance(0.35) and MASKS not in DIFFERS.get(name, ()):
        values = d.generator.integers(0, 4, i.shaped(batch, [height, width], 1, form))
        data[MASKS] = {"array": values, "dtype": "int32"}
    seed = {"seed": 3} if name.startswith("Random") or drawn else {}
    make = made(f"layers.{name}", name="layer", bounding_box_format="xyxy", **options, **form, **seed)
    single = not drawn and d.chance(0.2)
    found = {"image": True, "make": make, "data": _first(data) if single else data, "drawn": drawn}
    return {**found, "peer": "numpy"} if name == "Resizing" else found  # on PyTorch it interpolates in other ways


def _pictures(d: Draw, shape: list[int], top: float) -> dict[str, Any]:
    values = d.generator.uniform(0, 1, shape)
    values = np.round(values * 255) / 255 * top
    return {"array": values.astype("float32"), "dtype": "float32"}


def _boxes(d: Draw, batch: int, height: int, width: int) -> dict[str, Any]:
    count = d.whole(1, 3)
    x, y = (np.sort(d.generator.uniform(0, size, (batch, count, 2)), -1) for size in (width, height))
    boxes = np.stack([x[..., 0], y[..., 0], x[..., 1], y[..., 1]], -1).astype("float32")
    labels = d.generator.integers(0, 4, (batch, count))
    return {"boxes": {"array": boxes, "dtype": "float32"}, "labels": {"array": labels, "dtype": "int32"}}


def _first(data: Any) -> Any:
    """A sample without the axis of the batch."""
    if "array" in data:
        return {**data, "array": data["array"][0]}
    return {key: _first(value) for key, value in data.items()}


_COLOURS: dict[str, Any] = {
    "RandomBrightness": lambda d: {"factor": _range(d, -0.9, 0.9)},
    "RandomContrast": lambda d: {"factor": _range(d, 0.05, 0.95)},
    "RandomHue": lambda d: {"factor": _range(d, 0, 1)},
    "RandomSaturation": lambda d: {"factor": _range(d, 0, 0.5)},
    "RandomColorDegeneration": lambda d: {"factor": _range(d, 0, 1)},
    "RandomGrayscale": lambda d: {"factor": d.real(0, 1)},
    "RandomInvert": lambda d: {"factor": _range(d, 0, 1)},
    "RandomPosterization": lambda d: {"factor": pair(d.whole(1, 4), d.whole(4, 8))},
    "RandomSharpness": lambda d: {"factor": _range(d, 0, 1)},
    "RandomGaussianBlur": lambda d: {"factor": 1.0, "kernel_size": d.one([1, 3, 5, pair(3, 5)]),
                                     "sigma": _range(d, 0.3, 1)},
    "Solarization": lambda d: {"addition_factor": d.real(0, 1), "threshold_factor": d.real(0, 1)},
    "AutoContrast": lambda d: {},
    "Equalization": lambda d: {} if d.chance(0.5) else {"bins": d.whole(2, 300)},
    "ContrastLimitedAdaptiveHistogramEqualization": lambda d: {
        **({"clip_limit": d.real(0, 20)} if d.chance(0.6) else {}),
        **({"tile_grid_size": pair(d.whole(1, 5), d.whole(1, 5))} if d.chance(0.7) else {})},
}  # fmt: skip


def _range(d: Draw, low: float, high: float) -> Any:
    return pair(*sorted([d.real(low, high), d.real(low, high)]))


def colours(d: Draw) -> Any:
    """Layers that change values, with what Keras drew."""
    name = d.one(list(_COLOURS))
    form, top = {} if name == "AutoContrast" else i.data_format(d), d.one([255, 255, 1])
    channels = d.one([1, 3]) if name in ("RandomGrayscale", "AutoContrast", "RandomBrightness", "RandomContrast") else 3
    if name == "Equalization" or name.startswith("ContrastLimited"):
        channels = d.one([1, 3])
    batch = 1 if name == "Equalization" else d.whole(1, 3)  # in Keras the images of a batch share a histogram
    shape = i.shaped(batch, [d.whole(1, 12), d.whole(1, 12)], channels, form)
    more: dict[str, Any] = {} if name == "RandomGrayscale" else {"value_range": pair(0, top)}
    if name.startswith("Random") or name == "Solarization":
        more["seed"] = 3
    return {
        "image": True, "drawn": True, "data": {"images": _pictures(d, shape, float(top))},
        "make": made(f"layers.{name}", name="layer", **_COLOURS[name](d), **form, **more),
        "near": 0.015 if name == "Equalization" else 1e-3 if top == 255 else 1e-4,  # levels are rounded
    }  # fmt: skip
