"""Kernels of this family on torch."""

from __future__ import annotations

import itertools
from typing import Any

import torch
from torch import broadcast_to, concatenate, flip, reshape, roll, stack, swapaxes, tile

copy = torch.clone


def transpose(x: Any, axes: Any) -> Any:
    return torch.permute(x, tuple(reversed(range(x.ndim))) if axes is None else tuple(axes))


def split(x: Any, indices_or_sections: Any, axis: int) -> Any:
    parts = indices_or_sections if isinstance(indices_or_sections, int) else [int(i) for i in indices_or_sections]
    return torch.tensor_split(x, parts, axis)


def unstack(x: Any, num: Any, axis: int) -> Any:
    return torch.unbind(x, axis)


def repeat(x: Any, repeats: Any, axis: Any) -> Any:
    if not isinstance(repeats, int):
        repeats = torch.as_tensor(repeats, device=x.device).ravel()
    return torch.repeat_interleave(x, repeats, axis)


def pad_constant(x: Any, pads: Any, value: Any) -> Any:
    return torch.nn.functional.pad(x, list(itertools.chain.from_iterable(reversed(pads))), value=value)
