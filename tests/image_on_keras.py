"""Image ops of real Keras. This runs in the process of `keras_peer`."""

from __future__ import annotations

from typing import Any

import numpy as np


def run_all(cases: dict[str, Any]) -> dict[str, np.ndarray]:
    """What each of `cases`, (op, args, kwargs), gives."""
    import keras

    def tuples(x: Any) -> Any:
        return tuple(x) if isinstance(x, list) else x

    found = {}
    for name, (op, args, kwargs) in cases.items():
        made = getattr(keras.ops.image, op)(*map(tuples, args), **kwargs)
        found[name] = np.asarray(keras.ops.convert_to_numpy(made))
    return found
