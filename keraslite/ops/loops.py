"""Loops over the first axis: `scan`, `map`, `associative_scan`."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar

from keraslite import tree
from keraslite.backend import dtypes as lattice
from keraslite.backend import registry
from keraslite.backend.contract import Engine, Tensor, TensorLike
from keraslite.backend.tracebacks import shortens
from keraslite.errors import ArgumentError
from keraslite.ops.dimension import Size
from keraslite.ops.lifting import (
    Probe,
    Rest,
    Spec,
    Tensors,
    engine_for,
    expect_function,
    is_lifted,
    pure,
    raw,
    spec_of,
    split,
)
from keraslite.ops.operators import OPS
from keraslite.ops.symbolic import Node, SymbolicTensor, any_symbolic

__all__ = ["associative_scan", "map", "scan"]

R = TypeVar("R")

# Outside a trace, JAX compiles a scan at every call (about 60 ms); below that many steps Python is faster.
_LONG = 256


@shortens
def scan(
    f: Callable[[Any, Any], Any],
    init: object,
    xs: object = None,
    length: int | None = None,
    reverse: bool = False,
    unroll: int | bool = 1,
) -> tuple[Any, Any]:
    """Compute `carry, ys[i] = f(carry, xs[i])` for each `i`, starting with `carry = init`.

    Args:
        f: takes a carry and one row, returns the next carry (same structure, shapes and dtypes) and an output.
        init: a nest.
        xs: a nest of tensors `(length, ...)`, or None.
        length: number of steps; needed where `xs` is None.
        reverse: go from the last row to the first; outputs stand at their rows.
        unroll: how many steps a compiled loop does at once; True: all.

    Returns:
        The last carry, and the outputs stacked along a new first axis.

    Example:
        >>> import numpy as np
        >>> from keraslite import ops
        >>> total, sums = ops.scan(lambda carry, x: (carry + x, carry + x), np.array(0), np.array([1, 2, 3]))
        >>> int(total), ops.convert_to_numpy(sums).tolist()
        (6, [1, 3, 6])
    """
    expect_function(f, "f", "scan")
    if any_symbolic((init, xs)):
        return _symbolic_scan(f, init, xs, length, reverse, unroll)
    engine = engine_for((init, xs))
    rows, row_rest = split(xs, engine, numbers=True)
    steps = _length(rows, length, engine)
    carry, carry_rest = split(init, engine, numbers=True)
    known = isinstance(steps, int)
    long = known and steps > _LONG and "traces" in engine.capabilities and "native_state" not in engine.capabilities
    if is_lifted(engine) or long or (known and steps == 0):
        unroll = (steps if unroll is True else 1) if isinstance(unroll, bool) else unroll
        return _lifted_scan(engine, f, (carry, carry_rest), (rows, row_rest), steps, reverse, max(unroll, 1))
    return _python_scan(f, carry_rest.join(carry), rows, row_rest, steps, reverse)


@shortens
def map(f: Callable[[Any], object], xs: object) -> Any:
    """Return `f(row)` for each row of `xs`, one after the other, stacked.

    Args:
        f: takes a nest of tensors `(...)`.
        xs: a nest of tensors `(length, ...)`.

    Example:
        >>> import numpy as np
        >>> from keraslite import ops
        >>> ops.convert_to_numpy(ops.map(lambda x: x * 2, np.array([1, 2, 3]))).tolist()
        [2, 4, 6]
    """
    expect_function(f, "f", "map")
    return scan(lambda _, x: (None, f(x)), None, xs)[1]


@shortens
def associative_scan(f: Callable[[Any, Any], R], elems: object, reverse: bool = False, axis: int = 0) -> R:
    """Return running results of an associative function: row `i` is `f(... f(f(x0, x1), x2) ..., xi)` (Blelloch, 1990).

    Takes about `2 log2(n)` calls of `f` on whole slices instead of n on rows.

    Args:
        f: takes two nests of slices `(..., m, ...)` along `axis`, returns one.
        elems: a nest of tensors that have `n` rows along `axis`.
        reverse: from the last row.
        axis: along which.

    Example:
        >>> import numpy as np
        >>> from keraslite import ops
        >>> ops.convert_to_numpy(ops.associative_scan(ops.add, np.array([1, 2, 3]))).tolist()
        [1, 3, 6]
    """
    expect_function(f, "f", "associative_scan")
    leaves, structure = tree.split(elems)
    leaves = [OPS["_converted"](x) for x in leaves]
    sizes = {_dims(x)[axis] for x in leaves}
    if len(sizes) != 1:
        raise ArgumentError(
            f"`associative_scan` needs tensors of one size along axis {axis}. Received {sorted(sizes)}."
        )
    axes = [axis % len(_dims(x)) for x in leaves]
    if reverse:
        leaves = [OPS["flip"](x, a) for x, a in zip(leaves, axes, strict=True)]

    def combine(left: list, right: list) -> list:
        result = f(tree.unflatten(structure, left), tree.unflatten(structure, right))
        return tree.leaves(result)

    leaves = _prefixes(combine, leaves, axes)
    if reverse:
        leaves = [OPS["flip"](x, a) for x, a in zip(leaves, axes, strict=True)]
    return tree.unflatten(structure, leaves)


# ---- scan -------------------------------------------------------------------------------------------------------


def _length(rows: Tensors, length: Size | None, engine: Engine) -> Any:
    shapes = [spec_of(x, engine)[0] for x in rows]
    if any(not shape for shape in shapes):
        raise ArgumentError("`scan` needs `xs` with a first axis to go along. Received a scalar.")
    sizes = [shape[0] for shape in shapes]
    if None in sizes:  # a graph of TensorFlow made by somebody else
        return engine.shape(rows[sizes.index(None)])[0]
    if length is not None:
        sizes.append(length)
    if not sizes:
        raise ArgumentError("`scan` needs `length` where `xs` has no tensor. Received None.")
    if any(not (a == sizes[0]) for a in sizes):
        raise ArgumentError(f"`scan` needs one length. Received {sizes}.")
    return sizes[0]


def _pair(result: object) -> tuple[Any, Any]:
    if not isinstance(result, (tuple, list)) or len(result) != 2:
        raise ArgumentError(f"`scan` needs `f` to return a carry and an output. Received {type(result).__name__}.")
    return result[0], result[1]


def _python_scan(
    f: Callable, carry: object, rows: Tensors, row_rest: Rest, length: int, reverse: bool
) -> tuple[object, object]:
    columns = [OPS["unstack"](x, length) for x in rows]
    ys: list[object] = [None] * length
    for i in reversed(range(length)) if reverse else range(length):
        new, ys[i] = _pair(f(carry, row_rest.join([column[i] for column in columns])))
        if tree.structure(new) != tree.structure(carry):
            raise ArgumentError(
                f"`scan` needs `f` to return a carry like the one it was given, {tree.structure(carry)}. "
                f"Received {tree.structure(new)}."
            )
        carry = new
    flat = [tree.leaves(y) for y in ys]
    stacked = [None if column[0] is None else OPS["stack"](list(column)) for column in zip(*flat, strict=True)]
    return carry, tree.unflatten(tree.structure(ys[0]), stacked)


def _lifted_scan(
    engine: Engine,
    f: Callable,
    init: tuple[Tensors, Rest],
    xs: tuple[Tensors, Rest],
    length: Any,
    reverse: bool,
    unroll: int,
) -> tuple[object, object]:
    (carry, carry_rest), (rows, row_rest) = init, xs
    n = len(carry)
    y_rest: Any = None

    def step(tensors: Tensors) -> Tensors:
        nonlocal y_rest
        new, y = _pair(f(carry_rest.join(tensors[:n]), row_rest.join(tensors[n:])))
        new_tensors, new_rest = split(new, engine, numbers=True)
        if not carry_rest.matches(new_rest):
            raise ArgumentError(f"`scan` needs `f` to return a carry like {carry_rest}. Received {new_rest}.")
        y_tensors, y_rest = split(y, engine, numbers=True)
        return [*new_tensors, *y_tensors]

    row_specs = [(shape[1:], dtype) for shape, dtype in (spec_of(x, engine) for x in rows)]
    probe = Probe(engine, step, [*carry, *row_specs], "scan")
    carry = [_keep(x, spec, engine) for x, spec in zip(carry, probe.specs, strict=False)]
    written = probe.writes
    run = pure(engine, step, written, "scan")

    def advance(values: Tensors, row: Tensors) -> tuple[Tensors, Tensors]:
        outputs, assigned = run([*values[:n], *row], values[n:])
        return [*outputs[:n], *assigned], outputs[n:]

    start = [*carry, *(raw(v) for v in written)]
    final, ys = engine.scan(advance, start, rows, length, reverse, unroll, probe.specs[n:])
    for v, value in zip(written, final[n:], strict=True):
        v.write(value)
    return carry_rest.join(final[:n]), y_rest.join(ys)


def _keep(x: Tensor, spec: Spec, engine: Engine) -> Tensor:
    shape, dtype = spec_of(x, engine)
    if spec[0] != shape:
        raise ArgumentError(f"`scan` needs a carry that keeps its shape. Received {shape} that became {spec[0]}.")
    return x if spec[1] == dtype else engine.cast(x, lattice.promote(dtype, spec[1]))


def _symbolic_scan(
    f: Callable, init: object, xs: object, length: int | None, reverse: bool, unroll: object
) -> tuple[object, object]:
    engine = registry.current()
    rows, row_rest = split(xs, engine, numbers=True)
    carry, carry_rest = split(init, engine, numbers=True)
    sizes = [spec_of(x, engine_for(x))[0][0] for x in rows]
    if not sizes and length is None:
        raise ArgumentError("`scan` needs `length` where `xs` has no tensor. Received None.")
    steps = sizes[0] if sizes else length
    inside = [SymbolicTensor(*spec_of(x, engine_for(x))) for x in carry]
    row = [SymbolicTensor(dims[1:], dtype) for dims, dtype in (spec_of(x, engine_for(x)) for x in rows)]
    new, y = _pair(f(carry_rest.join(inside), row_rest.join(row)))
    new_tensors, new_rest = split(new, engine, numbers=True)
    if not carry_rest.matches(new_rest):
        raise ArgumentError(f"`scan` needs `f` to return a carry like {carry_rest}. Received {new_rest}.")
    y_tensors, y_rest = split(y, engine, numbers=True)
    final = [SymbolicTensor(*spec_of(x, engine_for(x))) for x in new_tensors]
    stacked = [SymbolicTensor((steps, *dims), dtype) for dims, dtype in (spec_of(x, engine_for(x)) for x in y_tensors)]
    outputs = (new_rest.join(final), y_rest.join(stacked))
    Node(scan, (f, init, xs), {"length": length, "reverse": reverse, "unroll": unroll}, outputs)
    return outputs


# ---- associative scan -------------------------------------------------------------------------------------------


def _dims(x: Tensor) -> tuple[Any, ...]:
    return spec_of(x, engine_for(x))[0]


def _slice(x: TensorLike, axis: int, start: int, stop: int | None, step: int = 1) -> Tensor:
    return OPS["get_item"](x, (*[slice(None)] * axis, slice(start, stop, step)))


def _prefixes(combine: Callable, xs: list, axes: list[int]) -> list:
    n = _dims(xs[0])[axes[0]]
    if n < 2:
        return xs

    def take(xs: list, start: int, stop: int | None, step: int = 1) -> list:
        return [_slice(x, axis, start, stop, step) for x, axis in zip(xs, axes, strict=True)]

    pairs = combine(take(xs, 0, n - 1, 2), take(xs, 1, n, 2))
    odd = _prefixes(combine, pairs, axes)  # the results at rows 1, 3, 5, ...
    even = combine(take(odd, 0, (n - 1) // 2), take(xs, 2, n, 2)) if n > 2 else None
    first = take(xs, 0, 1)
    if even is not None:
        first = [OPS["concatenate"]([a, b], axis) for a, b, axis in zip(first, even, axes, strict=True)]
    return [_interleave(a, b, axis, n) for a, b, axis in zip(first, odd, axes, strict=True)]


def _interleave(even: Tensor, odd: Tensor, axis: int, n: int) -> Tensor:
    """Rows even[0], odd[0], even[1], odd[1], ..."""
    shape = _dims(even)
    m = n // 2
    both = OPS["stack"]([_slice(even, axis, 0, m), odd], axis + 1)
    mixed = OPS["reshape"](both, (*shape[:axis], 2 * m, *shape[axis + 1 :]))
    return OPS["concatenate"]([mixed, _slice(even, axis, m, n)], axis) if n % 2 else mixed
