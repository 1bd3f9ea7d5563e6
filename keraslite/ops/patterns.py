"""Axes moved, split and joined as a pattern of names says."""

from __future__ import annotations

import functools
import re
from collections.abc import Callable
from typing import NamedTuple

from keraslite.errors import ArgumentError
from keraslite.ops.core import shape as dims_of
from keraslite.ops.declare import Tensor, TensorLike, composite, given
from keraslite.ops.dimension import Dimension, Size, apply, may_equal
from keraslite.ops.dtype import same as same_dtype
from keraslite.ops.manipulation import reshape
from keraslite.ops.order import transpose
from keraslite.ops.shape import Dims, product, shown

__all__ = ["rearrange"]

Groups = list[list[str]]


class Plan(NamedTuple):
    """A rearrangement: reshape to `apart` (if it `splits` axes), transpose by `order`, reshape to `joined`."""

    apart: Dims
    splits: bool
    order: tuple[int, ...]
    joined: Dims
    joins: bool


def _wrong(pattern: str, what: str) -> ArgumentError:
    return ArgumentError(
        f"`rearrange` needs a pattern such as 'b (h w) c -> b h w c', with each name once on either side. "
        f"Received {pattern!r}, where {what}."
    )


def _groups(side: str, pattern: str) -> Groups:
    """One list of names for each axis; of an axis of size 1 (written 1 or ()) an empty one."""
    found: Groups = []
    inside: list[str] | None = None
    for token in re.findall(r"\.\.\.|\w+|\S", side):
        if token == "(" and inside is None:
            inside = []
        elif token == ")" and inside is not None:
            found.append(inside)
            inside = None
        elif token == "1":
            found.extend([[]] if inside is None else [])
        elif token == "..." or token.isidentifier():
            (found.append([token]) if inside is None else inside.append(token))
        else:
            raise _wrong(pattern, f"{token!r} stands in no such place")
    if inside is not None:
        raise _wrong(pattern, "a parenthesis is left open")
    return found


@functools.lru_cache(maxsize=1024)
def _parsed(pattern: str, rank: int) -> tuple[Groups, Groups]:
    """Both sides, an ellipsis as so many names as the tensor has axes left."""
    sides = pattern.split("->")
    if len(sides) != 2:
        raise _wrong(pattern, "there is not exactly one '->'")
    left, right = (_groups(side, pattern) for side in sides)
    if any("..." in group and len(group) > 1 for group in left):
        raise _wrong(pattern, "an ellipsis stands in parentheses on the left")
    extra = rank - len(left) + (["..."] in left)
    if extra < 0 or (extra and ["..."] not in left):
        raise ArgumentError(
            f"`rearrange` needs one entry on the left for each axis. Received {pattern!r} for a tensor of rank {rank}."
        )
    hidden = [f"...{i}" for i in range(extra)]
    left = [part for group in left for part in ([[name] for name in hidden] if group == ["..."] else [group])]
    right = [part for group in right for part in ([[name] for name in hidden] if group == ["..."] else [group])]
    right = [[name for each in group for name in (hidden if each == "..." else [each])] for group in right]
    names = [[name for group in side for name in group] for side in (left, right)]
    if any(len(set(side)) < len(side) for side in names) or set(names[0]) != set(names[1]):
        raise _wrong(pattern, "a name stands twice, or on one side only")
    return left, right


def _sizes(dims: Dims, left: Groups, pattern: str, lengths: dict[str, Size]) -> dict[str, Size]:
    """The size of each name: those given, and for each axis at most one more."""
    sizes = dict(lengths)
    for size, group in zip(dims, left, strict=True):
        unknown = [name for name in group if name not in lengths]
        if len(unknown) > 1:
            raise ArgumentError(
                f"`rearrange` needs the sizes of all but one name in parentheses. Received {pattern!r} without those "
                f"of {', '.join(unknown)}. Give them as keyword arguments."
            )
        known = product(lengths[name] for name in group if name in lengths)
        both = isinstance(size, int) and isinstance(known, int)
        if not (may_equal(size, known) if not unknown else not both or (known and size % known == 0)):
            given = ", ".join(f"{name}={n}" for name, n in lengths.items()) or "no sizes"
            raise ArgumentError(
                f"`rearrange` needs sizes that fit {pattern!r}. Received shape {shown(dims)}, where "
                f"({' '.join(group)}) is {size}, and {given}."
            )
        if unknown:
            sizes[unknown[0]] = apply("//", size, known)
    return sizes


def _planned(dims: Dims, pattern: str, axes_lengths: tuple) -> Plan:
    left, right = _parsed(pattern, len(dims))
    names = [name for group in left for name in group]
    lengths = dict(axes_lengths)
    for name, size in lengths.items():
        if name not in names or (not isinstance(size, Dimension) and (not hasattr(size, "__index__") or size < 1)):
            raise ArgumentError(
                f"`rearrange` needs positive sizes of names in the pattern. Received {name}={size!r} for {pattern!r}."
            )
    sizes = _sizes(dims, left, pattern, lengths)
    order = tuple(names.index(name) for group in right for name in group)
    splits, joins = (any(len(group) != 1 for group in side) for side in (left, right))
    joined = tuple(product(sizes[name] for name in group) for group in right)
    return Plan(tuple(sizes[name] for name in names), splits, order, joined, joins)


def _rearrange_by_pairs() -> Callable[..., Tensor]:
    """The op "rearrange"; the public function takes the sizes as keyword arguments instead."""

    @composite(shape=lambda *args: _planned(*args).joined, dtype=same_dtype)
    def rearrange(tensor: TensorLike, pattern, axes_lengths=()) -> Tensor:
        """See the public `rearrange`."""
        tensor = given(tensor)
        apart, splits, order, joined, joins = _planned(dims_of(tensor), pattern, axes_lengths)
        if splits:
            tensor = reshape(tensor, apart)
        if order != tuple(range(len(order))):
            tensor = transpose(tensor, order)
        return reshape(tensor, joined) if joins else tensor

    return rearrange


_rearrange = _rearrange_by_pairs()


def rearrange(tensor: TensorLike, pattern: str, **axes_lengths: Size) -> Tensor:
    """Move, split and join the axes of a tensor as einops does (Rogozhnikov, 2022).

    Args:
        tensor: of any shape.
        pattern: names of the axes before and after "->", as "b (h w) c -> b c h w". Names in parentheses share an axis,
            the last one running fastest; "1" or "()" is an axis of size 1, "..." all axes that have no name.
        axes_lengths: sizes of names, where an axis on the left holds several: of all but one of them.

    Example:
        >>> import numpy as np
        >>> from keraslite import ops
        >>> tuple(ops.rearrange(np.ones((2, 6, 3)), "b (h w) c -> b c h w", h=2).shape)
        (2, 3, 2, 3)
    """
    if not isinstance(pattern, str):
        raise ArgumentError(f"`rearrange` needs a pattern such as 'b h w c -> b c h w'. Received {pattern!r}.")
    return _rearrange(tensor, pattern, tuple(axes_lengths.items()))
