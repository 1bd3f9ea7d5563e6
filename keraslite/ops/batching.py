"""One function for a single sample becomes one for a batch: `vmap`, `vectorized_map`."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar

from keraslite import tree
from keraslite.backend.contract import Engine
from keraslite.backend.scopes import Scope, VariableBase
from keraslite.backend.tracebacks import shortens
from keraslite.errors import ArgumentError
from keraslite.ops.dimension import Size
from keraslite.ops.lifting import Rest, Tensors, engine_for, expect_function, same_engine, spec_of, split
from keraslite.ops.operators import OPS
from keraslite.ops.symbolic import Node, SymbolicTensor, any_symbolic

__all__ = ["vectorized_map", "vmap"]

R = TypeVar("R")


def vmap(fn: Callable[..., R], in_axes: object = 0, out_axes: object = 0) -> Callable[..., R]:
    """Return a function of a batch of samples from a function of one sample.

    Args:
        fn: takes nests of tensors without the batch axis. It may read Variables; assigning one is a `StateError`.
        in_axes: the batch axis of the arguments: an int, None for arguments that are the same for each sample, or a
            tuple with an int, None or a nest of those for each argument.
        out_axes: where the batch axis stands in the result: an int, or a nest that begins like the result.

    NumPy runs a loop.

    Example:
        >>> import numpy as np
        >>> import keraslite as keras
        >>> from keraslite import transforms
        >>> norms = transforms.vmap(lambda x: keras.ops.sum(x * x))
        >>> keras.ops.convert_to_numpy(norms(np.array([[1.0, 2.0], [3.0, 4.0]]))).tolist()
        [5.0, 25.0]
    """
    expect_function(fn, "fn", "vmap")

    @shortens
    def run(*args: object) -> Any:
        args = tree.map(lambda x: x.value if isinstance(x, VariableBase) else x, args)
        if any_symbolic(args):
            return _symbolic(fn, in_axes, out_axes, args)
        engine = engine_for(args)
        axes = _axes_of(in_axes, args)
        mapped, rest = _mapped(args, axes, engine)
        return _run(engine, fn, mapped, rest, out_axes)

    return run


@shortens
def vectorized_map(function: Callable[..., R], elements: object) -> R:
    """Return `function(row)` for each row of `elements`, all at once, stacked.

    Args:
        function: takes a nest of tensors `(...)`, assigns no Variable.
        elements: a nest of tensors `(n, ...)`.

    Example:
        >>> import numpy as np
        >>> from keraslite import ops
        >>> ops.convert_to_numpy(ops.vectorized_map(lambda x: x * 2, np.array([1, 2, 3]))).tolist()
        [2, 4, 6]
    """
    return vmap(function)(elements)


def _axes_of(in_axes: object, args: tuple) -> list[int | None]:
    """The axis of each leaf of `args`."""
    if in_axes is None or isinstance(in_axes, int):
        return [in_axes] * len(tree.leaves(args))
    if not isinstance(in_axes, (tuple, list)) or len(in_axes) != len(args):
        raise ArgumentError(
            f"`vmap` needs `in_axes` to be an int or a tuple with one entry for each of the {len(args)} arguments. "
            f"Received {in_axes!r}."
        )
    found: list[int | None] = []
    for axis, arg in zip(in_axes, args, strict=True):
        found += _spread(axis, arg)
    return found


def _spread(axis: object, nest: object) -> list[int | None]:
    leaves = tree.leaves(nest)
    if axis is None or isinstance(axis, int):
        return [axis] * len(leaves)
    axes = tree.leaves(axis)
    if len(axes) != len(leaves):
        raise ArgumentError(f"`vmap` needs one axis for each tensor. Received {axis!r} for {len(leaves)} of them.")
    return axes


class _Mapped(list):
    """The mapped tensors, and beside them their axes."""

    axes: list[int]


def _mapped(args: tuple, axes: list[int | None], engine: Engine) -> tuple[_Mapped, Rest]:
    leaves, structure = tree.split(args)
    tensors, at, sizes = _Mapped(), [], {}
    tensors.axes = []
    for i, (x, axis) in enumerate(zip(leaves, axes, strict=True)):
        if axis is None or x is None:
            continue
        (found, _) = split([x], engine, numbers=True)
        if not found:
            continue
        shape = spec_of(found[0], engine)[0]
        if not -len(shape) <= axis < len(shape):
            raise ArgumentError(f"`vmap` needs a tensor with axis {axis} as argument. Received shape {shape}.")
        tensors.append(found[0])
        tensors.axes.append(axis % len(shape))
        at.append(i)
        sizes[shape[axis]] = shape
        leaves[i] = None
    if not tensors:
        raise ArgumentError("`vmap` needs at least one tensor with an axis to map over. Received none.")
    if len(sizes) > 1:
        raise ArgumentError(
            f"`vmap` needs tensors of one size along the mapped axes. Received shapes {list(sizes.values())}."
        )
    if not next(iter(sizes)) and next(iter(sizes)) is not None:
        raise ArgumentError("`vmap` needs at least one sample. Received none.")
    return tensors, Rest(structure, leaves, at)


def _run(engine: Engine, fn: Callable, mapped: _Mapped, rest: Rest, out_axes: object) -> object:
    out_rest: Any = None

    def one(tensors: Tensors) -> Tensors:
        nonlocal out_rest
        with Scope(assignable=False, what="vmap") as scope:
            outputs, out_rest = split(fn(*_join(rest, tensors)), engine, numbers=True)
        same_engine(engine, list(scope.reads))
        return outputs

    outputs = engine.vmap(one, list(mapped), mapped.axes)
    axes = _out_axes(out_axes, out_rest, len(outputs))
    outputs = [OPS["moveaxis"](x, 0, axis) if axis else x for x, axis in zip(outputs, axes, strict=True)]
    return out_rest.join(outputs)


def _join(rest: Rest, tensors: Tensors) -> tuple:
    leaves = rest.leaves.copy()
    for i, x in zip(rest.at, tensors, strict=True):
        leaves[i] = x
    return tree.unflatten(rest.structure, leaves)


def _out_axes(out_axes: object, rest: Rest, count: int) -> list[int]:
    if isinstance(out_axes, int):
        return [out_axes] * count
    nest = rest.join(list(range(count)))
    if not isinstance(out_axes, (tuple, list)) or not isinstance(nest, (tuple, list)) or len(out_axes) != len(nest):
        raise ArgumentError(
            f"`vmap` needs `out_axes` to be an int or a tuple with one entry for each result. Received {out_axes!r}."
        )
    found = []
    for axis, part in zip(out_axes, nest, strict=True):
        leaves = [leaf for leaf in tree.leaves(part) if isinstance(leaf, int)]
        found += [axis] * len(leaves) if isinstance(axis, int) else tree.leaves(axis)
    return found


def _symbolic(fn: Callable, in_axes: object, out_axes: object, args: tuple) -> object:
    leaves, structure = tree.split(args)
    size: Size | None = None
    inside = []
    for x, axis in zip(leaves, _axes_of(in_axes, args), strict=True):
        if axis is None or not isinstance(x, SymbolicTensor):
            inside.append(x if not isinstance(x, SymbolicTensor) else SymbolicTensor(x.dims, x.dtype))
            continue
        axis %= len(x.dims)
        size = x.dims[axis]
        inside.append(SymbolicTensor((*x.dims[:axis], *x.dims[axis + 1 :]), x.dtype))
    with Scope(assignable=False, what="vmap"):
        result = fn(*tree.unflatten(structure, inside))
    found, out_structure = tree.split(result)
    where = [0] * len(found) if not isinstance(out_axes, (tuple, list)) else tree.leaves(out_axes)
    where = [out_axes] * len(found) if isinstance(out_axes, int) else where
    outputs = []
    for x, axis in zip(found, where, strict=True):
        if isinstance(x, SymbolicTensor):
            axis %= len(x.dims) + 1
            x = SymbolicTensor((*x.dims[:axis], size, *x.dims[axis:]), x.dtype)
        outputs.append(x)
    nest = tree.unflatten(out_structure, outputs)
    Node(vmap(fn, in_axes, out_axes), args, {}, nest)
    return nest
