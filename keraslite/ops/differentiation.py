"""Derivatives by tensors and what steers them: `vjp`, `jvp`, `stop_gradient`, `custom_gradient`, `checkpoint`.

Gradients with respect to Variables are in `keraslite.transforms`.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, TypeVar

from keraslite import tree
from keraslite.backend import dtypes as lattice
from keraslite.backend.contract import Engine
from keraslite.backend.scopes import Scope, VariableBase
from keraslite.errors import ArgumentError
from keraslite.ops.declare import Tensor, TensorLike, primitive
from keraslite.ops.dtype import same
from keraslite.ops.lifting import (
    Rest,
    Tensors,
    engine_for,
    expect_function,
    need_gradients,
    raw,
    same_engine,
    spec_of,
    split,
)
from keraslite.ops.shape import same_as_first
from keraslite.ops.symbolic import any_symbolic

__all__ = ["checkpoint", "custom_gradient", "jvp", "stop_gradient", "vjp"]

R = TypeVar("R")


@primitive(shape=same_as_first, dtype=same)
def stop_gradient(variable: TensorLike) -> Tensor:
    """Return a tensor itself, which is a constant to gradients.

    Args:
        variable: a tensor or a Variable.

    Example:
        >>> from keraslite import ops
        >>> ops.convert_to_numpy(ops.stop_gradient([1.0, 2.0])).tolist()
        [1.0, 2.0]
    """
    ...


class Recorded:
    """`fn` run in a Scope: its outputs as tensors, and what it assigned to be returned beside them."""

    def __init__(self, engine: Engine, what: str):
        self.engine, self.what = engine, what
        self.rests: list[Rest] = []
        self.written: list[VariableBase] = []

    def run(self, fn: Callable[[], object], bound: dict | None = None) -> tuple[Any, Tensors]:
        """What `fn()` returned, and the values it assigned; the Variables are kept."""
        with Scope(bound, what=self.what) as scope:
            nest = fn()
        self.written = list(scope.writes)
        same_engine(self.engine, [*scope.reads, *self.written])
        return nest, list(scope.writes.values())

    def commit(self, values: Sequence[Tensor]) -> None:
        """Assign in the surrounding context what the function assigned."""
        for v, value in zip(self.written, values, strict=True):
            v.write(value)


def vjp(fn: Callable[..., object], *primals: object, has_aux: bool = False) -> Any:
    """Return the outputs of a function, and a function that pulls gradients back to its inputs.

    Args:
        fn: a function that returns a nest of floating tensors.
        *primals: nests of floating tensors, the inputs.
        has_aux: whether `fn` returns a pair of its outputs and something that is handed through; False by default.

    Returns:
        `(outputs, pull)`, or `(outputs, pull, aux)` with `has_aux`. `pull(cotangents)` returns a tuple with one entry
        for each input.

    Example:
        >>> from keraslite import ops
        >>> outputs, pull = ops.vjp(ops.square, 3.0)
        >>> [float(x) for x in pull(1.0)]
        [6.0]
    """
    expect_function(fn, "fn", "vjp")
    engine = engine_for(primals)
    need_gradients(engine, "vjp")
    tensors, rest = floats(primals, engine, "vjp")
    record = Recorded(engine, "vjp")
    rests: list[Rest] = []

    def run(tensors: Tensors) -> tuple[Tensors, Tensors]:
        result, assigned = record.run(lambda: fn(*rest.join(tensors)))
        result, aux = result if has_aux else (result, None)
        (outputs, out_rest), (extra, aux_rest) = split(result, engine, numbers=True), split(aux, engine)
        rests[:] = [out_rest, aux_rest]
        return outputs, [*extra, *assigned]

    outputs, extra, pull = engine.vjp(run, tensors)
    n = len(extra) - len(record.written)
    record.commit(extra[n:])

    def pull_back(cotangents: object) -> tuple:
        given, given_rest = split(cotangents, engine, numbers=True)
        if not given_rest.matches(rests[0]):
            raise ArgumentError(f"`vjp` needs cotangents like what `fn` returned, {rests[0]}. Received {given_rest}.")
        given = [_as(engine, x, like) for x, like in zip(given, outputs, strict=True)]
        return rest.join(pull(given))

    result = rests[0].join(outputs)
    return (result, pull_back, rests[1].join(extra[:n])) if has_aux else (result, pull_back)


def jvp(
    fun: Callable[..., object], primals: Sequence[object], tangents: Sequence[object], has_aux: bool = False
) -> Any:
    """Return the outputs of a function, and how they move as its inputs move (forward-mode differentiation).

    Args:
        fun: a function that returns a nest of floating tensors.
        primals: a sequence of nests of floating tensors, the inputs.
        tangents: how the inputs move: the same structure and shapes.
        has_aux: whether `fun` returns a pair of its outputs and something that is handed through; False by default.

    Returns:
        `(outputs, tangents)`, or `(outputs, tangents, aux)` with `has_aux`.

    Example:
        >>> from keraslite import ops
        >>> [float(x) for x in ops.jvp(ops.square, [3.0], [1.0])]
        [9.0, 6.0]
    """
    expect_function(fun, "fun", "jvp")
    engine = engine_for((tuple(primals), tuple(tangents)))
    need_gradients(engine, "jvp")
    tensors, rest = floats(tuple(primals), engine, "jvp")
    moves, moves_rest = split(tuple(tangents), engine, numbers=True)
    if not rest.matches(moves_rest):
        raise ArgumentError(f"`jvp` needs tangents like the primals, {rest}. Received {moves_rest}.")
    moves = [_as(engine, x, like) for x, like in zip(moves, tensors, strict=True)]
    record = Recorded(engine, "jvp")
    rests: list[Rest] = []

    def run(tensors: Tensors) -> tuple[Tensors, Tensors]:
        result, assigned = record.run(lambda: fun(*rest.join(tensors)))
        result, aux = result if has_aux else (result, None)
        (outputs, out_rest), (extra, aux_rest) = split(result, engine, numbers=True), split(aux, engine)
        rests[:] = [out_rest, aux_rest]
        return outputs, [*extra, *assigned]

    outputs, extra, moved = engine.jvp(run, tensors, moves)
    n = len(extra) - len(record.written)
    record.commit(extra[n:])
    result = rests[0].join(outputs), rests[0].join(moved)
    return (*result, rests[1].join(extra[:n])) if has_aux else result


def checkpoint(fn: Callable[..., R]) -> Callable[..., R]:
    """Return a function whose intermediate values are computed again for the gradient instead of being kept.

    It is a hint: TensorFlow, PyTorch inside another transform, and engines without gradients run `fn` as it is.

    Source: Chen et al., 2016, "Training deep nets with sublinear memory cost".

    Args:
        fn: a function of nests of tensors.

    Example:
        >>> from keraslite import ops
        >>> from keraslite import transforms
        >>> float(transforms.checkpoint(ops.square)(3.0))
        9.0
    """
    expect_function(fn, "fn", "checkpoint")

    def run(*args: object, **kwargs: object) -> Any:
        if any_symbolic((args, kwargs)):
            return fn(*args, **kwargs)
        engine = engine_for((args, kwargs))
        tensors, rest = split((args, kwargs), engine)
        record = Recorded(engine, "checkpoint")
        out_rest: list[Rest] = []
        first: dict[VariableBase, Tensor] = {}

        def call(tensors: Tensors) -> Tensors:
            again = bool(out_rest)  # Variables may have been assigned since: the second run sees the first's values
            args, kwargs = rest.join(tensors)
            with Scope(first if again else None, what="checkpoint") as scope:
                outputs, found = split(fn(*args, **kwargs), engine)
            if not again:
                first.update({v: raw(v) for v in scope.reads})
                record.written = list(scope.writes)
                out_rest.append(found)
            return [*outputs, *scope.writes.values()]

        results = engine.checkpoint(call, tensors)
        n = len(results) - len(record.written)
        record.commit(results[n:])
        return out_rest[0].join(results[:n])

    return run


def custom_gradient(f: Callable[..., Any]) -> Callable[..., Any]:
    """Return a function that has its own gradient.

    Args:
        f: a function of tensors that returns `(outputs, grad)`, where `grad(*cotangents)`, or as in Keras
            `grad(*cotangents, upstream=...)`, returns one gradient for each argument.

    Example:
        >>> from keraslite import ops
        >>> def clipped(x):
        ...     return x, lambda upstream: ops.clip(upstream, -1.0, 1.0)
        >>> float(ops.custom_gradient(clipped)(3.0))
        3.0
    """
    expect_function(f, "f", "custom_gradient")

    def run(*args: Any) -> Any:
        if any_symbolic(args):
            return f(*args)[0]
        engine = engine_for(args)
        tensors, rest = split(args, engine, numbers=True)
        found: list[Any] = []

        def forward(tensors: Tensors) -> tuple[Tensors, Tensors]:
            result, pull = f(*rest.join(tensors))
            outputs, out_rest = split(result, engine, numbers=True)
            found[:] = [out_rest, pull]
            return outputs, tensors

        def backward(residuals: Tensors, cotangents: Tensors) -> Tensors:
            if "traces" in engine.capabilities:  # what `pull` closes over belongs to the forward trace
                _, pull = f(*rest.join(residuals))
            else:
                pull = found[1]
            result = pull(*cotangents)
            gradients = tree.leaves(result)
            return [_as(engine, g, x) for g, x in zip(gradients, residuals, strict=True)]

        outputs = engine.custom_gradient(forward, backward, tensors)
        return found[0].join(outputs)

    return run


def floats(nest: object, engine: Engine, what: str) -> tuple[Tensors, Rest]:
    """The tensors of `nest`, which all have to be floating."""
    tensors, rest = split(nest, engine, numbers=True)
    for x in tensors:
        dtype = engine.dtype_name(x)
        if not lattice.is_float(dtype) and dtype not in lattice.COMPLEX:
            raise ArgumentError(
                f"`{what}` needs floating tensors to differentiate by. Received dtype {dtype!r}. Use `ops.cast`."
            )
    return tensors, rest


def _as(engine: Engine, x: object, like: Tensor) -> Tensor:
    """`x` in the dtype of `like`, whose shape it has to have."""
    if x is None:
        return like * 0
    x = split([x], engine, numbers=True)[0][0]
    (shape, dtype), (wanted, target) = spec_of(x, engine), spec_of(like, engine)
    if shape != wanted:
        raise ArgumentError(f"A tangent or cotangent needs shape {wanted}. Received {shape}.")
    return x if dtype == target else engine.cast(x, target)
