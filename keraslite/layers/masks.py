"""Masks through a call: from the inputs to `call`, and on to the outputs."""

from __future__ import annotations

import warnings
from typing import TYPE_CHECKING, Any

from keraslite import masking, tree
from keraslite.errors import ArgumentError
from keraslite.layers.call_arguments import CONTAINERS, Call
from keraslite.layers.names import title

if TYPE_CHECKING:
    from keraslite.layers.base import Layer
    from keraslite.layers.call_context import CallInfo


def mask_nest(value: object) -> object:
    """The masks of the tensors in a nest; None if there are none."""
    if not isinstance(value, CONTAINERS):
        return masking.get_mask(value)
    masks = tree.map(masking.get_mask, value)
    return masks if any(mask is not None for mask in tree.leaves(masks)) else None


def fill(call: Call) -> None:
    """Fill mask parameters that were not given. `call.masks` is the mask given, else those of the first argument."""
    call.masks = fill_arguments(call.layer._own.info, call.first, call.args, call.kwargs)


def fill_arguments(info: CallInfo, first: object, args: tuple[object, ...], kwargs: dict[str, object]) -> object:
    """Fill mask parameters that were not given; returns the mask given, else those of the first argument."""
    by_position = 0 <= info.mask_index < len(args)
    given = args[info.mask_index] if by_position else kwargs.get("mask")
    previous = given if given is not None else mask_nest(first)
    if info.takes_mask and not by_position and previous is not None:
        kwargs["mask"] = previous
    if info.masked_arguments:
        arguments = info.named_arguments(args, kwargs)
        for name, argument in info.masked_arguments.items():
            mask = mask_nest(arguments.get(argument)) if arguments.get(name) is None else None
            if mask is not None and name not in info.names[: len(args)]:
                kwargs[name] = mask
    return previous


def pass_on(call: Call, outputs: object) -> None:
    """Give the outputs their masks."""
    layer, previous = call.layer, call.masks
    info = layer._own.info
    if not (layer.supports_masking or info.own_mask):
        if previous is not None:
            _warn_if_lost(layer, outputs)
        return
    if previous is None and not info.own_mask:
        return
    leaves = tree.leaves(outputs)
    if leaves and all(masking.get_mask(x) is not None for x in leaves):
        return  # computed by the layers inside
    masks = layer.compute_mask(call.first, previous)
    if masks is not None:
        for x, mask in zip(leaves, tree.leaves(masks), strict=False):
            if x is not None and mask is not None:
                masking.set_mask(x, mask)


def check_mask(
    mask: Any, inputs: Any, where: str, axes: tuple[int, ...] = (0, 1), broadcasts: tuple[int, ...] = ()
) -> None:
    """An error unless the mask has the sizes of the input's `axes` first, or 1 for those that it `broadcasts` along."""
    found, wanted = tuple(mask.shape), tuple(inputs.shape)
    pairs = [(found[i] if i < len(found) else 0, wanted[axis]) for i, axis in enumerate(axes)]
    if any(None not in (m, n) and m != n and not (m == 1 and i in broadcasts) for i, (m, n) in enumerate(pairs)):
        raise ArgumentError(
            f"`{where}` needs a mask of its input's batch and steps, (batch, steps, ...). Received a mask of shape "
            f"{found} and an input of shape {wanted}."
        )


def _warn_if_lost(layer: Layer, outputs: object) -> None:
    info = layer._own.info
    if info.takes_mask or info.masked_arguments or any(masking.get_mask(x) is not None for x in tree.leaves(outputs)):
        return
    warnings.warn(
        f"{title(layer)} received an input with a mask, which it neither uses nor passes on. Layers after it will not "
        "see the mask. Set `supports_masking = True` if its steps stay where they are.",
        stacklevel=4,
    )
