"""`jacfwd`, `jacrev` and `hessian`: all derivatives of functions with any nest of outputs."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from keraslite.backend import dtypes as lattice
from keraslite.backend.contract import Engine, Tensor
from keraslite.backend.tracebacks import shortened
from keraslite.errors import ArgumentError
from keraslite.ops.differentiation import Recorded
from keraslite.ops.gradients import Subject, pair
from keraslite.ops.lifting import Rest, Tensors, expect_function, need_gradients, spec_of, split
from keraslite.ops.manipulation import reshape
from keraslite.ops.order import moveaxis

__all__ = ["hessian", "jacfwd", "jacrev"]

Evaluate = Callable[[Tensors], tuple[Tensors, Tensors]]
#: `(engine, evaluate, values)` -> what is returned beside the outputs, and for each output its derivatives by `values`.
Mode = Callable[[Engine, Evaluate, Tensors], tuple[Tensors, list[Tensors]]]


def jacrev(
    fn: Callable[..., object], variables: object = None, *, argnums: int | Sequence[int] = 0, has_aux: bool = False
) -> Callable[..., Any]:
    """Return a function that returns the Jacobian of `fn`: the derivative of each output element by each input element.

    It works backwards, one pass per output element, all passes at once. `jacfwd` returns the same and is cheaper if
    there are fewer input elements than output elements.

    Args:
        fn: a function that returns a nest of floating tensors. It may assign Variables, which are assigned once.
        variables: a nest of trainable Variables to differentiate with respect to; None (default) for the arguments that
            `argnums` names.
        argnums: which arguments to differentiate with respect to (nests of floating tensors), an int or several; 0 by
            default.
        has_aux: whether `fn` returns a pair of its outputs and something that is handed through; False by default.

    Returns:
        A function that returns the Jacobian, or `(jacobian, aux)` with `has_aux`. The Jacobian is the nest of outputs,
        where each output `(*a)` is replaced by a nest like `variables` or the arguments, of tensors `(*a, *b)` for
        inputs `(*b)`. (With several `argnums` it is a tuple.)

    Example:
        >>> from keraslite import ops, transforms
        >>> jacobian = transforms.jacrev(lambda x: ops.stack([x[0] * x[1], x[0] ** 2]))
        >>> ops.convert_to_numpy(jacobian(ops.array([2.0, 3.0]))).tolist()
        [[3.0, 2.0], [4.0, 0.0]]
    """
    return _jacobian(fn, variables, argnums, has_aux, "jacrev", _backwards)


def jacfwd(
    fn: Callable[..., object], variables: object = None, *, argnums: int | Sequence[int] = 0, has_aux: bool = False
) -> Callable[..., Any]:
    """Return a function that returns the Jacobian of `fn`, like `jacrev`, but found forwards.

    It makes one pass per input element, all passes at once.

    Args:
        fn: a function that returns a nest of floating tensors; see `jacrev`.
        variables: a nest of trainable Variables to differentiate with respect to; None (default) for arguments.
        argnums: which arguments to differentiate with respect to (nests of floating tensors), an int or several; 0 by
            default.
        has_aux: whether `fn` returns a pair of its outputs and something that is handed through; False by default.

    Returns:
        A function that returns the Jacobian, or `(jacobian, aux)` with `has_aux`; see `jacrev`.

    Example:
        >>> from keraslite import ops, transforms
        >>> jacobian = transforms.jacfwd(lambda x: ops.stack([x[0] * x[1], x[0] ** 2]))
        >>> ops.convert_to_numpy(jacobian(ops.array([2.0, 3.0]))).tolist()
        [[3.0, 2.0], [4.0, 0.0]]
    """
    return _jacobian(fn, variables, argnums, has_aux, "jacfwd", _forwards)


def hessian(
    fn: Callable[..., object], variables: object = None, *, argnums: int | Sequence[int] = 0, has_aux: bool = False
) -> Callable[..., Any]:
    """Return a function that returns the second derivatives of `fn` by each pair of input elements.

    Args:
        fn: a function that returns a floating scalar, or a nest of floating tensors; see `jacrev`.
        variables: a nest of trainable Variables to differentiate with respect to; None (default) for arguments.
        argnums: which arguments to differentiate with respect to (nests of floating tensors), an int or several; 0 by
            default.
        has_aux: whether `fn` returns a pair of its outputs and something that is handed through; False by default.

    Returns:
        A function that returns the second derivatives, or `(derivatives, aux)` with `has_aux`. For an output `(*a)` and
        inputs `(*b)` and `(*c)` they are `(*a, *b, *c)`, in the nest of the inputs within itself: with Variables
        `[v, w]` it is `[[vv, vw], [wv, ww]]`.

    Example:
        >>> from keraslite import ops, transforms
        >>> second = transforms.hessian(lambda x: x[0] ** 2 * x[1])
        >>> ops.convert_to_numpy(second(ops.array([2.0, 3.0]))).tolist()
        [[6.0, 4.0], [4.0, 0.0]]
    """
    for _ in range(2):
        fn = _jacobian(fn, variables, argnums, has_aux, "hessian", _backwards)
    return fn


def _jacobian(
    fn: Callable[..., object], variables: object, argnums: int | Sequence[int], has_aux: bool, what: str, mode: Mode
) -> Callable[..., Any]:
    expect_function(fn, "fn", what)
    subject = Subject(variables, argnums, what)

    def run(*args: object, **kwargs: object) -> Any:
        engine = subject.engine(args, kwargs)
        need_gradients(engine, what)
        values, place, join = subject.found(engine, args)
        _must_be_real(values, engine, what, "what it differentiates by")
        record = Recorded(engine, what)
        rests: list[Rest] = []

        def evaluate(values: Tensors) -> tuple[Tensors, Tensors]:
            bound, given = place(values)
            result, assigned = record.run(lambda: fn(*given, **kwargs), bound)
            result, aux = pair(result, what) if has_aux else (result, None)
            (outputs, rest), (extra, aux_rest) = split(result, engine, numbers=True), split(aux, engine)
            _must_be_real(outputs, engine, what, "what `fn` returns")
            rests[:] = [rest, aux_rest]
            return outputs, [*extra, *assigned]

        with shortened():
            extra, rows = mode(engine, evaluate, values)
        n = len(extra) - len(record.written)
        record.commit(extra[n:])
        jacobian = rests[0].join([join(row) for row in rows])
        return (jacobian, rests[1].join(extra[:n])) if has_aux else jacobian

    return run


def _backwards(engine: Engine, evaluate: Evaluate, values: Tensors) -> tuple[Tensors, list[Tensors]]:
    outputs, extra, pull = engine.vjp(evaluate, values)
    spans, directions = _directions(outputs, engine)
    if not directions:
        return extra, [[_nothing(engine, y, x) for x in values] for y in outputs]
    pulled = engine.vmap(lambda cotangents: list(pull(cotangents)), directions, [0] * len(directions))
    shapes = [spec_of(y, engine)[0] for y in outputs]
    return extra, [
        [reshape(x[start:stop], (*dims, *x.shape[1:])) for x in pulled]
        for dims, (start, stop) in zip(shapes, spans, strict=True)
    ]


def _forwards(engine: Engine, evaluate: Evaluate, values: Tensors) -> tuple[Tensors, list[Tensors]]:
    outputs, extra = evaluate(values)
    spans, directions = _directions(values, engine)
    if not directions:
        return extra, [[_nothing(engine, y, x) for x in values] for y in outputs]

    def push(tangents: Tensors) -> Tensors:
        return list(engine.jvp(evaluate, values, tangents)[2])

    pushed = [moveaxis(y, 0, -1) for y in engine.vmap(push, directions, [0] * len(directions))]
    shapes = [spec_of(x, engine)[0] for x in values]
    return extra, [
        [reshape(y[..., start:stop], (*y.shape[:-1], *dims)) for dims, (start, stop) in zip(shapes, spans, strict=True)]
        for y in pushed
    ]


def _directions(tensors: Tensors, engine: Engine) -> tuple[list[tuple[int, int]], Tensors]:
    """For each tensor where its elements stand among all; and the directions, one per element, along a first axis."""
    spans: list[tuple[int, int]] = []
    for x in tensors:
        start = spans[-1][1] if spans else 0
        spans.append((start, start + math.prod(spec_of(x, engine)[0])))
    total = spans[-1][1] if spans else 0
    if not total:
        return spans, []
    units = np.eye(total)
    directions = [
        engine.to_tensor(units[:, start:stop].reshape(total, *spec_of(x, engine)[0]), spec_of(x, engine)[1])
        for x, (start, stop) in zip(tensors, spans, strict=True)
    ]
    return spans, directions


def _nothing(engine: Engine, output: Tensor, value: Tensor) -> Tensor:
    """The derivatives where one of both has no elements."""
    (dims, dtype), (other, _) = spec_of(output, engine), spec_of(value, engine)
    return engine.to_tensor(np.zeros((*dims, *other)), dtype)


def _must_be_real(tensors: Tensors, engine: Engine, what: str, which: str) -> None:
    """Raise where a tensor is no floating one, or its shape is unknown."""
    for x in tensors:
        shape, dtype = spec_of(x, engine)
        if not lattice.is_float(dtype):
            raise ArgumentError(
                f"`{what}` needs floating tensors as {which}. Received dtype {dtype!r}. Use `ops.cast`."
            )
        if not all(isinstance(n, int) for n in shape):
            raise ArgumentError(f"`{what}` needs tensors of known shapes. Received shape {shape}. Fix the sizes.")
