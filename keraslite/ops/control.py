"""Control flow whose conditions are tensors: `cond`, `switch`, `while_loop`, `fori_loop`.

Where values are known these are Python's own statements. Inside a trace they go into the engine's graph, and
the Variables that the functions assign are carried through it.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, TypeVar

import numpy as np

from keraslite.backend import dtypes as lattice
from keraslite.backend import registry
from keraslite.backend.contract import Engine, Tensor
from keraslite.backend.scopes import VariableBase
from keraslite.backend.tracebacks import shortens
from keraslite.errors import ArgumentError
from keraslite.ops.lifting import (
    Probe,
    Rest,
    Spec,
    Tensors,
    as_tensor,
    engine_for,
    expect_function,
    is_lifted,
    pure,
    raw,
    spec_of,
    split,
)
from keraslite.ops.loops import scan
from keraslite.ops.symbolic import Node, SymbolicTensor, any_symbolic, fresh

__all__ = ["cond", "fori_loop", "switch", "while_loop"]

R = TypeVar("R")


@shortens
def cond(pred: Any, true_fn: Callable[..., R], false_fn: Callable[..., R], *operands: object) -> R:
    """Return `true_fn(*operands)` if a condition holds, else `false_fn(*operands)`.

    Args:
        pred: a scalar bool; numbers count as true unless they are 0.
        true_fn: a function that returns a nest of tensors.
        false_fn: a function that returns a nest of the same structure, with tensors of the same shapes.
        *operands: nests of tensors. Keras has none: its functions close over what they need.

    Example:
        >>> from keraslite import ops
        >>> int(ops.cond(True, lambda x: x + 1, lambda x: x - 1, 5))
        6
    """
    expect_function(true_fn, "true_fn", "cond")
    expect_function(false_fn, "false_fn", "cond")
    if isinstance(pred, SymbolicTensor) or any_symbolic(operands):
        return _symbolic_choice(cond, (pred, true_fn, false_fn, *operands), [true_fn, false_fn], operands, "cond")
    pred = pred.value if isinstance(pred, VariableBase) else pred
    engine = registry.engine_of(pred)
    if engine is None or not _undecided(engine, pred):
        return true_fn(*operands) if _scalar(pred, "cond", "pred") else false_fn(*operands)
    _scalar_shape(pred, engine, "cond", "pred")
    pred = engine.cast(pred, "bool")
    return _choice(engine, [true_fn, false_fn], operands, "cond", lambda fns: engine.cond(pred, *fns))


@shortens
def switch(index: Any, branches: Sequence[Callable[..., R]], *operands: object) -> R:
    """Return `branches[index](*operands)`. An index out of range counts as the first or last one.

    Args:
        index: an integer scalar.
        branches: a sequence of functions that return nests of one structure, with tensors of the same shapes.
        *operands: nests of tensors.

    Example:
        >>> from keraslite import ops
        >>> int(ops.switch(1, [lambda x: x + 1, lambda x: x - 1], 5))
        4
    """
    branches = list(branches)
    if not branches:
        raise ArgumentError("`switch` needs at least one function in `branches`. Received none.")
    for branch in branches:
        expect_function(branch, "branches", "switch")
    if isinstance(index, SymbolicTensor) or any_symbolic(operands):
        return _symbolic_choice(switch, (index, branches, *operands), branches, operands, "switch")
    index = index.value if isinstance(index, VariableBase) else index
    engine = registry.engine_of(index)
    if engine is None or not _undecided(engine, index):
        chosen = int(_scalar(index, "switch", "index"))
        return branches[min(max(chosen, 0), len(branches) - 1)](*operands)
    _scalar_shape(index, engine, "switch", "index")
    index = engine.cast(index, "int32")
    return _choice(engine, branches, operands, "switch", lambda fns: engine.switch(index, fns))


@shortens
def while_loop(
    cond: Callable[..., object], body: Callable[..., object], loop_vars: Any, maximum_iterations: int | None = None
) -> Any:
    """Compute `loop_vars = body(*loop_vars)` as long as `cond(*loop_vars)` holds.

    Args:
        cond: a function of the variables that returns a scalar bool. It assigns no Variable.
        body: a function of the variables that returns what takes the place of `loop_vars`: same structure, shapes and
            dtypes.
        loop_vars: a tuple or list (given to the functions as several arguments), or one other nest.
        maximum_iterations: stop after that many even if `cond` holds; None (default) for no limit.

    Gradients in reverse mode need values to be known (outside `jit`) or TensorFlow: JAX has none for loops of unknown
    length. Use `scan` or `fori_loop` there.

    Example:
        >>> from keraslite import ops
        >>> int(ops.while_loop(lambda i: i < 10, lambda i: (i + 3,), (0,))[0])
        12
    """
    expect_function(cond, "cond", "while_loop")
    expect_function(body, "body", "while_loop")
    several = isinstance(loop_vars, (tuple, list))
    if any_symbolic(loop_vars):
        kwargs = {"maximum_iterations": maximum_iterations}
        outputs = _symbolic_loop(cond, body, loop_vars, several)
        Node(while_loop, (cond, body, loop_vars), kwargs, outputs)
        return outputs
    engine = engine_for(loop_vars)
    if is_lifted(engine):
        return _lifted_loop(engine, cond, body, loop_vars, several, maximum_iterations)
    done = 0
    while (maximum_iterations is None or done < maximum_iterations) and _scalar(
        _call(cond, loop_vars, several), "while_loop", "what `cond` returns"
    ):
        loop_vars = _same_kind(_call(body, loop_vars, several), loop_vars, several)
        done += 1
    return loop_vars


@shortens
def fori_loop(lower: Any, upper: Any, body_fun: Callable[[Any, Any], object], init_val: Any) -> Any:
    """Compute `value = body_fun(i, value)` for `i` from `lower` to `upper - 1`.

    Args:
        lower: the first `i`, an int or an integer scalar.
        upper: the first `i` that is left out. If both are Python ints, the loop has gradients on every engine.
        body_fun: a function of `i` and the value that returns the next value: same structure, shapes and dtypes.
        init_val: the first value, a nest of tensors.

    Returns:
        The last value.

    Example:
        >>> from keraslite import ops
        >>> int(ops.fori_loop(0, 5, lambda i, value: value + i, 0))
        10
    """
    expect_function(body_fun, "body_fun", "fori_loop")
    if isinstance(lower, int) and isinstance(upper, int):
        if any_symbolic(init_val) or is_lifted(engine_for(init_val)):
            indices = np.arange(lower, max(lower, upper), dtype="int32")
            return scan(lambda value, i: (body_fun(i, value), None), init_val, indices)[0]
        for i in range(lower, upper):
            init_val = body_fun(i, init_val)
        return init_val
    return while_loop(lambda i, value: i < upper, lambda i, value: (i + 1, body_fun(i, value)), (lower, init_val))[1]


# ---- choices ----------------------------------------------------------------------------------------------------


def _undecided(engine: Engine, x: Tensor) -> bool:
    return is_lifted(engine) or engine.is_batched(x)


def _choice(engine: Engine, branches: list[Callable], operands: tuple, what: str, run: Callable) -> Any:
    """The branches without arguments but the Variables any of them assigns, made alike, given to `run`."""
    batched = not is_lifted(engine)
    calls = [lambda _, branch=branch: branch(*operands) for branch in branches]
    if batched:  # torch under vmap: nothing can be probed there, and nothing may be assigned
        results = [split(call([]), engine, numbers=True) for call in calls]
        _check_alike([rest for _, rest in results], what)
        return results[0][1].join(run([lambda tensors=tensors: tensors for tensors, _ in results]))
    probes = [Probe(engine, call, [], what) for call in calls]
    _check_alike([probe.rest for probe in probes], what)
    dtypes = _common_dtypes([probe.specs for probe in probes], what)
    written = list(dict.fromkeys(v for probe in probes for v in probe.writes))
    held = [raw(v) for v in written]
    functions = [pure(engine, call, written, what) for call in calls]

    def alike(function: Callable) -> Callable[[], Tensors]:
        def branch() -> Tensors:
            outputs, values = function([], held)
            cast = [
                x if engine.dtype_name(x) == dtype else engine.cast(x, dtype)
                for x, dtype in zip(outputs, dtypes, strict=True)
            ]
            return [*cast, *values]

        return branch

    results = run([alike(function) for function in functions]) if dtypes or written else []
    for v, value in zip(written, results[len(dtypes) :], strict=True):
        v.write(value)
    return probes[0].rest.join(results[: len(dtypes)])


def _check_alike(rests: list[Rest], what: str) -> None:
    for other in rests[1:]:
        if not rests[0].matches(other):
            raise ArgumentError(
                f"`{what}` needs functions that return nests of one structure. Received {rests[0]} and {other} "
                "(* stands for a tensor)."
            )


def _common_dtypes(each: list[list[Spec]], what: str) -> list[str]:
    result = []
    for column in zip(*each, strict=True):
        if not all(_may_be(column[0][0], shape) for shape, _ in column):
            raise ArgumentError(
                f"`{what}` needs functions that return tensors of equal shapes. "
                f"Received {' and '.join(str(shape) for shape, _ in column)}."
            )
        names = [dtype for _, dtype in column]
        result.append(names[0] if len(set(names)) == 1 else lattice.promote(*names))
    return result


def _may_be(one: Sequence[object], other: Sequence[object]) -> bool:
    """Whether two shapes may turn out equal; None is a size that only the running graph knows."""
    return len(one) == len(other) and all(a is None or b is None or a == b for a, b in zip(one, other, strict=True))


def _symbolic_choice(function: Callable, args: tuple, branches: list[Callable], operands: tuple, what: str) -> Any:
    results = [branch(*operands) for branch in branches]
    parts = [split(result, registry.current(), numbers=True) for result in results]
    _check_alike([rest for _, rest in parts], what)
    specs = [[spec_of(x, engine_for(x)) for x in tensors] for tensors, _ in parts]
    columns = list(zip(*(tensors for tensors, _ in parts), strict=True))
    dtypes = _common_dtypes([[((), dtype) for _, dtype in spec] for spec in specs], what)
    shapes = [spec_of(column[0], engine_for(column[0]))[0] for column in columns]
    outputs = parts[0][1].join([SymbolicTensor(dims, dtype) for dims, dtype in zip(shapes, dtypes, strict=True)])
    Node(function, args, {}, outputs)
    return outputs


# ---- loops ------------------------------------------------------------------------------------------------------


def _call(fn: Callable, loop_vars: Any, several: bool) -> Any:
    return fn(*loop_vars) if several else fn(loop_vars)


def _same_kind(new: Any, old: Any, several: bool) -> Any:
    """What `body` returned as the kind of nest it was given: Keras lets a body of one variable return it bare."""
    if several and not isinstance(new, (tuple, list)):
        new = (new,)
    if several and len(new) != len(old):
        raise ArgumentError(
            "`while_loop` needs `body` to return as many values as `loop_vars` has. "
            f"Received {len(new)} for {len(old)}."
        )
    return type(old)(new) if several and type(new) is not type(old) and not hasattr(old, "_fields") else new


def _lifted_loop(
    engine: Engine, cond: Callable, body: Callable, loop_vars: Any, several: bool, maximum: int | None
) -> object:
    tensors, rest = split(loop_vars, engine, numbers=True)

    def step(tensors: Tensors) -> Tensors:
        old = rest.join(tensors)
        new, new_rest = split(_same_kind(_call(body, old, several), old, several), engine, numbers=True)
        if not rest.matches(new_rest):
            raise ArgumentError(f"`while_loop` needs `body` to return what it was given, {rest}. Received {new_rest}.")
        return new

    def test(tensors: Tensors) -> object:
        return _call(cond, rest.join(tensors), several)

    probe = Probe(engine, step, tensors, "while_loop")
    tensors = [_as_carry(x, spec, engine, "while_loop") for x, spec in zip(tensors, probe.specs, strict=True)]
    written, n = probe.writes, len(tensors)
    test_pure, step_pure = pure(engine, test, written, "while_loop"), pure(engine, step, written, "while_loop")
    count = [] if maximum is None else [as_tensor(0, engine)]

    def go_on(values: Tensors) -> Tensor:
        (more,), _ = test_pure(values[:n], values[n : n + len(written)])
        more = engine.cast(more, "bool")
        return more if maximum is None else more & (values[-1] < maximum)

    def advance(values: Tensors) -> Tensors:
        new, assigned = step_pure(values[:n], values[n : n + len(written)])
        return [*new, *assigned, *([values[-1] + 1] if count else [])]

    result = engine.while_loop(go_on, advance, [*tensors, *(raw(v) for v in written), *count])
    for v, value in zip(written, result[n:], strict=False):
        v.write(value)
    return rest.join(result[:n])


def _as_carry(x: Tensor, spec: Spec, engine: Engine, what: str) -> Tensor:
    shape, dtype = spec_of(x, engine)
    if spec[0] != shape:
        raise ArgumentError(f"`{what}` needs tensors that keep their shape. Received {shape} that became {spec[0]}.")
    return x if spec[1] == dtype else engine.cast(x, lattice.promote(dtype, spec[1]))


def _symbolic_loop(cond: Callable, body: Callable, loop_vars: object, several: bool) -> object:
    tensors, rest = split(loop_vars, registry.current(), numbers=True)
    inside = rest.join([SymbolicTensor(*spec_of(x, engine_for(x))) for x in tensors])
    _call(cond, inside, several)
    return fresh(_same_kind(_call(body, inside, several), inside, several))


def _scalar(x: Any, what: str, which: str) -> Any:
    engine = registry.engine_of(x)
    shape = np.shape(x) if engine is None else tuple(engine.shape(x))
    if shape != ():
        raise ArgumentError(f"`{what}` needs one number as {which}. Received shape {shape}. Use `ops.where`.")
    return x


def _scalar_shape(x: Tensor, engine: Engine, what: str, which: str) -> None:
    shape = spec_of(x, engine)[0]
    if shape != ():
        raise ArgumentError(f"`{what}` needs one number as {which}. Received shape {shape}. Use `ops.where`.")
