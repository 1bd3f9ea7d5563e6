"""What real Keras's `utils.bounding_boxes` give. It runs in a helper process."""

from __future__ import annotations


def run(cases):
    import keras
    import numpy as np
    from keras import ops

    def tensors(nest, name=""):
        if isinstance(nest, dict):
            return {key: tensors(value, key) for key, value in nest.items()}
        return ops.convert_to_tensor(nest) if isinstance(nest, np.ndarray) else nest

    def arrays(nest):
        if isinstance(nest, dict):
            return {name: arrays(value) for name, value in nest.items()}
        return np.asarray(ops.convert_to_numpy(nest))

    return [arrays(getattr(keras.utils.bounding_boxes, name)(**tensors(arguments))) for name, arguments in cases]
