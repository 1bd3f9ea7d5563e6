"""What members of Keras's layers return, in a helper process."""

from __future__ import annotations

from typing import Any

import keras
import numpy as np
from keras import layers


def names_in_files(name: str) -> list[str]:
    """The names of the weights of a layer that is not quantized."""
    made = {
        "dense": lambda: layers.Dense(3),
        "einsum": lambda: layers.EinsumDense("ab,bc->ac", 3, bias_axes="c"),
        "embedding": lambda: layers.Embedding(4, 3),
        "tied": lambda: layers.ReversibleEmbedding(4, 3),
        "untied": lambda: layers.ReversibleEmbedding(4, 3, tie_weights=False),
    }[name]()
    return list(made.variable_serialization_spec[None])


def moved(transforms: Any, boxes: dict[str, Any], by: list[Any]) -> dict[str, Any]:
    """Points and boxes that layers of images have moved."""
    shear, translation, zoom = layers.RandomShear(0.1, 0.1), layers.RandomTranslation(0.1, 0.1), layers.RandomZoom(0.1)
    found: dict[str, Any] = {}
    for name, layer in {"shear": shear, "translation": translation, "zoom": zoom}.items():
        for number, (x, y) in enumerate([(0, 0), (3.0, 2.0)]):
            found[f"{name} {number}"] = [_array(each) for each in layer.get_transformed_x_y(x, y, transforms)]
    for name, layer in {"shear": shear, "translation": translation}.items():
        for number, shift in enumerate([by, [0.1, 0.05]]):
            found[f"{name} shift {number}"] = _array(layer.get_shifted_bbox(dict(boxes), *shift)["boxes"])
    found["clipped"] = _array(zoom.get_clipped_bbox(dict(boxes), 0.9, 0.1, 0.8, 0.2)["boxes"])
    return found


def _array(tensor: Any) -> np.ndarray:
    return np.asarray(keras.ops.convert_to_numpy(tensor), "float32")
