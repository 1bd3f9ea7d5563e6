"""Kernels of this family on numpy."""

from __future__ import annotations

from typing import Any

import numpy as np

reshape = np.reshape
transpose = np.transpose
flip = np.flip
roll = np.roll
concatenate = np.concatenate
stack = np.stack
tile = np.tile
repeat = np.repeat


def copy(x: Any) -> Any:
    return np.array(x)


def broadcast_to(x: Any, shape: Any) -> Any:
    return np.array(np.broadcast_to(x, shape))


def split(x: Any, indices_or_sections: Any, axis: int) -> Any:
    return tuple(np.split(x, indices_or_sections, axis))


def pad_constant(x: Any, pads: Any, value: Any) -> Any:
    return np.pad(x, pads, constant_values=value)
