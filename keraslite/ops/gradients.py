"""`value_and_grad` and `grad`, with respect to Variables or to arguments."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from keraslite import tree
from keraslite.backend import dtypes as lattice
from keraslite.backend import scopes
from keraslite.backend.contract import Engine, Tensor
from keraslite.backend.scopes import VariableBase
from keraslite.backend.tracebacks import shortened
from keraslite.errors import ArgumentError
from keraslite.ops.differentiation import Recorded, floats
from keraslite.ops.lifting import Rest, Tensors, engine_for, expect_function, need_gradients, raw, spec_of, split

__all__ = ["grad", "value_and_grad"]

#: Tensors -> the Variables that they are bound to, and the arguments with them in their places.
Place = Callable[[Tensors], tuple[dict, tuple]]


def value_and_grad(
    fn: Callable[..., object], variables: object = None, *, argnums: int | Sequence[int] = 0, has_aux: bool = False
) -> Callable[..., Any]:
    """Return a function that returns what `fn` returns, and its gradient.

    Args:
        fn: a function that returns a scalar. It may assign Variables (batch statistics, seeds, metrics), which are
            assigned when the gradient is known.
        variables: a nest of trainable Variables to differentiate with respect to; None (default) for the arguments that
            `argnums` names.
        argnums: which arguments to differentiate with respect to (nests of floating tensors), an int or several; 0 by
            default.
        has_aux: whether `fn` returns a pair of the scalar and something that is handed through; False by default.

    Returns:
        A function that returns `(value, gradients)`, or `((value, aux), gradients)` with `has_aux`. Gradients are
        nested like `variables` or the arguments. The gradient is 0 with respect to what the scalar does not depend on.
        (Keras and PyTorch return None.)

    Example:
        >>> from keraslite import ops
        >>> from keraslite import transforms
        >>> both = transforms.value_and_grad(ops.square)
        >>> [float(x) for x in both(3.0)]
        [9.0, 6.0]
    """
    expect_function(fn, "fn", "value_and_grad")
    subject = Subject(variables, argnums, "value_and_grad")

    def run(*args: object, **kwargs: object) -> Any:
        engine = subject.engine(args, kwargs)
        need_gradients(engine, "value_and_grad")
        outermost = scopes.scope() is None and "backward" in engine.capabilities and not engine.is_tracing()
        stored = outermost and subject.variables is not None
        values, place, join = subject.found(engine, args, stored)
        transform = engine.backward if stored else engine.value_and_grad
        with shortened():
            result, gradients = _differentiate(engine, transform, values, place, fn, kwargs, has_aux)
        return result, join(gradients)

    return run


def grad(
    fn: Callable[..., object], variables: object = None, *, argnums: int | Sequence[int] = 0, has_aux: bool = False
) -> Callable[..., Any]:
    """Return a function that returns the gradient of `fn`.

    Args:
        fn: a function that returns a scalar; see `value_and_grad`.
        variables: a nest of trainable Variables to differentiate with respect to; None (default) for arguments.
        argnums: which arguments to differentiate with respect to (nests of floating tensors), an int or several; 0 by
            default.
        has_aux: whether `fn` returns a pair of the scalar and something that is handed through; False by default.

    Returns:
        A function that returns gradients, or `(gradients, aux)` with `has_aux`.

    Example:
        >>> from keraslite import ops
        >>> from keraslite import transforms
        >>> float(transforms.grad(ops.square)(3.0))
        6.0
    """
    both = value_and_grad(fn, variables, argnums=argnums, has_aux=has_aux)

    def run(*args: object, **kwargs: object) -> Any:
        result, gradients = both(*args, **kwargs)
        return (gradients, result[1]) if has_aux else gradients

    return run


class Subject:
    """What is differentiated by: Variables, or arguments of a function.

    Attributes:
        variables: the Variables; None for arguments.
    """

    def __init__(self, variables: object, argnums: int | Sequence[int], what: str):
        self.argnums, self.what = argnums, what
        self.variables: list[Any] | None = None
        if variables is not None:
            self.variables, self._structure = tree.split(variables)
            _check(self.variables, what)

    def engine(self, args: tuple, kwargs: dict[str, object]) -> Engine:
        """The engine that differentiates."""
        if not self.variables:
            return engine_for((args, kwargs))
        _check_trainable(self.variables, self.what)
        return self.variables[0].engine

    def found(self, engine: Engine, args: tuple, stored: bool = False) -> tuple[Tensors, Place, Callable]:
        """The tensors to differentiate by; where they are placed; and their derivatives as a nest.

        Where `stored`, the tensors are those that Variables keep.
        """
        if self.variables is None:
            return self._arguments(engine, args)
        variables, structure = self.variables, self._structure
        values = [v.stored() for v in variables] if stored else [raw(v) for v in variables]

        def place(values: Tensors) -> tuple[dict, tuple]:
            return dict(zip(variables, values, strict=True)), args

        return values, place, lambda derivatives: tree.unflatten(structure, derivatives)

    def _arguments(self, engine: Engine, args: tuple) -> tuple[Tensors, Place, Callable]:
        single = isinstance(self.argnums, int)
        numbers = (self.argnums,) if isinstance(self.argnums, int) else tuple(self.argnums)
        if not all(-len(args) <= n < len(args) for n in numbers):
            raise ArgumentError(
                f"`{self.what}` needs argument {self.argnums}. Received {len(args)} positional arguments."
            )
        at = [n % len(args) for n in numbers]
        tensors, rest = floats([args[n] for n in at], engine, self.what)

        def place(tensors: Tensors) -> tuple[dict, tuple]:
            given = list(args)
            for n, arg in zip(at, rest.join(tensors), strict=True):
                given[n] = arg
            return {}, tuple(given)

        def join(derivatives: list) -> object:
            nest = rest.join(derivatives)
            return nest[0] if single else tuple(nest)

        return tensors, place, join


def _differentiate(
    engine: Engine,
    transform: Callable,
    values: Tensors,
    place: Place,
    fn: Callable,
    kwargs: dict[str, object],
    has_aux: bool,
) -> tuple[object, Tensors]:
    """Run the engine's transform of `fn`; `place(values)` are bindings of Variables and arguments."""
    record = Recorded(engine, "value_and_grad")
    aux_rest: list[Rest] = []

    def run(values: Tensors) -> tuple[Tensor, Tensors]:
        bound, args = place(values)
        result, assigned = record.run(lambda: fn(*args, **kwargs), bound)
        loss, aux = pair(result, "value_and_grad") if has_aux else (result, None)
        extra, found = split(aux, engine)
        aux_rest[:] = [found]
        return _loss(loss, engine), [*extra, *assigned]

    loss, extra, gradients = transform(run, values)
    n = len(extra) - len(record.written)
    record.commit(extra[n:])
    return ((loss, aux_rest[0].join(extra[:n])) if has_aux else loss), list(gradients)


def pair(result: object, what: str) -> tuple[object, object]:
    """What a function with `has_aux=True` returned."""
    if not isinstance(result, (tuple, list)) or len(result) != 2:
        raise ArgumentError(
            f"`{what}` with `has_aux=True` needs a function that returns a pair: a result and something else. "
            f"Received {type(result).__name__}."
        )
    return result[0], result[1]


def _loss(loss: object, engine: Engine) -> Tensor:
    tensors, _ = split([loss], engine, numbers=True)
    if len(tensors) != 1:
        raise ArgumentError(
            f"`value_and_grad` needs a function that returns a scalar. Received {type(loss).__name__}. "
            "For more results, set `has_aux=True` and return them beside the loss."
        )
    shape, dtype = spec_of(tensors[0], engine)
    if shape != () or not lattice.is_float(dtype):
        raise ArgumentError(
            f"`value_and_grad` needs a function that returns a floating scalar. Received shape {shape}, "
            f"dtype {dtype!r}. Use `ops.sum` or `ops.mean`."
        )
    return tensors[0]


def _check(leaves: list[Any], what: str) -> None:
    for v in leaves:
        if not isinstance(v, VariableBase):
            raise ArgumentError(
                f"`{what}` needs Variables as `variables`. Received {type(v).__name__}. "
                "To differentiate by arguments, use `argnums`."
            )
    if len(set(leaves)) != len(leaves):
        twice = next(v for i, v in enumerate(leaves) if v in set(leaves[:i]))
        raise ArgumentError(f"`{what}` needs each Variable once. Received {twice.path!r} twice.")


def _check_trainable(leaves: list[Any], what: str) -> None:
    for v in leaves:
        if v.engine is not leaves[0].engine:
            raise ArgumentError(
                f"`{what}` needs Variables of one engine. Received {leaves[0].path!r} on "
                f"{leaves[0].engine.name!r} and {v.path!r} on {v.engine.name!r}."
            )
        if not lattice.is_float(v.dtype) and v.dtype not in lattice.COMPLEX:
            raise ArgumentError(f"`{what}` needs floating Variables. Received {v.path!r} of dtype {v.dtype!r}.")
        if not v.trainable:
            raise ArgumentError(
                f"`{what}` needs trainable Variables. Received {v.path!r}, which is frozen. Set "
                "`trainable = True` or leave it out."
            )
