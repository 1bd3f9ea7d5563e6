"""What real Keras's layers on images give. It runs in a helper process."""

from __future__ import annotations

METHODS = {
    "images": "transform_images",
    "labels": "transform_labels",
    "bounding_boxes": "transform_bounding_boxes",
    "segmentation_masks": "transform_segmentation_masks",
}


def _arrays(nest):
    import numpy as np
    from keras import ops

    if isinstance(nest, dict):
        return {name: _arrays(value) for name, value in nest.items()}
    if isinstance(nest, (list, tuple)):
        return [_arrays(value) for value in nest]
    return np.asarray(ops.convert_to_numpy(nest)) if hasattr(nest, "shape") else nest


def _tensors(nest):
    import numpy as np
    from keras import ops

    if isinstance(nest, dict):
        return {name: _tensors(value) for name, value in nest.items()}
    return ops.convert_to_tensor(nest) if isinstance(nest, np.ndarray) else nest


def run(rows, data):
    """Per row: the transformation (None if it was drawn within the call), the parts, and the config."""
    import keras

    results = []
    for cls, kwargs, drawn, parts in rows:
        if cls == "Mosaic":
            results.append(None)
            continue
        layer = getattr(keras.layers, cls)(**kwargs)
        given = {part: value for part, value in data.items() if part in parts or part == "images"}
        if drawn:
            transformation = layer.get_random_transformation(_tensors(data))
            found = {
                part: getattr(layer, METHODS[part])(_tensors(value), transformation) for part, value in given.items()
            }
        else:
            transformation, found = None, layer(given)
        found = {part: value for part, value in found.items() if part in parts}
        config = {**layer.get_config(), "dtype": None, "name": None}
        results.append({"transformation": _arrays(transformation), "parts": _arrays(found), "config": config})
    return results


def pipeline(path, image):
    """A file of ours, loaded and saved again; its outputs."""
    import keras
    import numpy as np

    model = keras.models.load_model(path)
    outputs = np.asarray(keras.ops.convert_to_numpy(model(image, training=False)))
    model.save(path)
    return outputs
