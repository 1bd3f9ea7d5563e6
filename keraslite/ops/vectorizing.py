"""A function of scalars, or of small tensors, becomes one of larger tensors that broadcast."""

from __future__ import annotations

import functools
import re
from collections.abc import Callable, Iterable
from typing import Any

from keraslite import tree
from keraslite.backend.contract import Tensor
from keraslite.errors import ArgumentError
from keraslite.ops.batching import vmap
from keraslite.ops.core import convert_to_tensor as tensor
from keraslite.ops.core import shape as dims_of
from keraslite.ops.dimension import Size, may_equal
from keraslite.ops.lifting import expect_function
from keraslite.ops.manipulation import broadcast_to, reshape
from keraslite.ops.shape import Dims, Mismatch, broadcast, product, shown

__all__ = ["vectorize"]

Core = list[tuple[str, ...]]

_TERM = r"\(\s*(?:\w+(?:\s*,\s*\w+)*)?\s*\)"
_SIDE = rf"\s*{_TERM}(?:\s*,\s*{_TERM})*\s*"


def vectorize(
    pyfunc: Callable[..., object], *, excluded: Iterable[int | str] | None = None, signature: str | None = None
) -> Callable[..., Any]:
    """Return a function of tensors that broadcast, which calls `pyfunc` for each of their elements, all at once.

    Args:
        pyfunc: takes scalars (tensors of rank 0) and returns a nest of tensors. It assigns no Variable.
        excluded: positions and names of arguments that `pyfunc` gets as they are.
        signature: the axes that `pyfunc` takes and returns, as "(m,n),(n)->(m)": names of the last axes of each
            argument, equal names of equal size.

    Returns:
        A function of the same arguments. What broadcasts are the axes in front of those of `signature`.

    Example:
        >>> import numpy as np
        >>> from keraslite import ops
        >>> add = ops.vectorize(lambda x, y: x + y)
        >>> ops.convert_to_numpy(add(np.array([1, 2]), np.array(10))).tolist()
        [11, 12]
    """
    expect_function(pyfunc, "pyfunc", "vectorize")
    left_out = frozenset(excluded or ())
    core_in, core_out = _parsed(signature) if signature is not None else (None, None)

    @functools.wraps(pyfunc)
    def run(*args: object, **kwargs: object) -> Any:
        keys = [key for key in (*range(len(args)), *kwargs) if key not in left_out]
        values = [tensor(args[key] if isinstance(key, int) else kwargs[key]) for key in keys]
        if not values or (core_in is not None and len(core_in) != len(values)):
            raise ArgumentError(
                f"`vectorize` needs {'arguments' if core_in is None else f'{len(core_in)} arguments'} that are not "
                f"excluded. Received {len(values)}."
            )

        def one(*single: object) -> object:
            given = dict(zip(keys, single, strict=True))
            result = pyfunc(
                *(given.get(i, arg) for i, arg in enumerate(args)), **{k: given.get(k, v) for k, v in kwargs.items()}
            )
            return result if core_out is None else _returned(result, core_out, signature)

        ranks = [0] * len(values) if core_in is None else [len(names) for names in core_in]
        if core_in is not None:
            _check_core(values, core_in, signature)
        return _mapped(one, values, ranks)

    return run


def _parsed(signature: str) -> tuple[Core, Core]:
    if not isinstance(signature, str) or not re.fullmatch(f"{_SIDE}->{_SIDE}", signature):
        raise ArgumentError(f"`vectorize` needs a signature such as '(m,n),(n)->(m)'. Received {signature!r}.")
    left, right = (
        [tuple(re.findall(r"\w+", term)) for term in re.findall(_TERM, side)] for side in signature.split("->")
    )
    return left, right


def _check_core(values: list[Tensor], core: Core, signature: str | None) -> None:
    sizes: dict[str, Size] = {}
    for value, names in zip(values, core, strict=True):
        dims = dims_of(value)
        if len(dims) < len(names) or not all(
            may_equal(sizes.setdefault(name, size), size)
            for name, size in zip(names, dims[len(dims) - len(names) :], strict=True)
        ):
            raise ArgumentError(
                f"`vectorize` needs last axes as its signature says, equal names of equal size. Received "
                f"{', '.join(shown(dims_of(v)) for v in values)} for {signature!r}."
            )


def _returned(result: object, core: Core, signature: str | None) -> Tensor | tuple[Tensor, ...]:
    """The result of one call, checked: as many tensors, of such ranks, as the signature says."""
    several = isinstance(result, (tuple, list))
    outputs = [tensor(x) for x in (result if several else [result])]
    if several != (len(core) > 1) or [len(x.shape) for x in outputs] != [len(names) for names in core]:
        raise ArgumentError(
            f"`vectorize` needs a function that returns what its signature says. Received shapes "
            f"{', '.join(shown(dims_of(x)) for x in outputs)} for {signature!r}."
        )
    return tuple(outputs) if several else outputs[0]


def _mapped(one: Callable[..., object], values: list[Tensor], ranks: list[int]) -> object:
    """`one` for each combination along the leading axes; arguments without any stay as they are."""
    loops = [dims_of(v)[: len(v.shape) - rank] for v, rank in zip(values, ranks, strict=True)]
    loop = _common(loops)
    if not loop:
        return tree.map(tensor, one(*values))
    flat = [_flat(v, own, loop) if own else v for v, own in zip(values, loops, strict=True)]
    result = vmap(one, in_axes=tuple(0 if own else None for own in loops))(*flat)
    return tree.map(lambda x: reshape(x, (*loop, *dims_of(x)[1:])), result)


def _flat(value: Tensor, own: Dims, loop: Dims) -> Tensor:
    """`value` spread over all combinations, which become one axis."""
    rest = dims_of(value)[len(own) :]
    return reshape(broadcast_to(value, (*loop, *rest)), (product(loop), *rest))


def _common(loops: list[Dims]) -> Dims:
    try:
        return broadcast(*loops)
    except Mismatch as error:
        raise ArgumentError(f"`vectorize` {error}") from None
