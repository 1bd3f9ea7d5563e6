"""Plans: how to run calls of a kind on an engine, made once for each kind.

A plan is a function of the arguments: it converts those that a kernel cannot take as they come, and calls the kernel.
"""

from __future__ import annotations

import functools
import math
from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING, Any

import numpy as np

from keraslite.backend import dtypes as lattice
from keraslite.backend import registry
from keraslite.backend.contract import Engine
from keraslite.errors import ArgumentError, DTypeError
from keraslite.ops.arguments import AXES, SHAPES, STATIC, WEAK, as_static, dtype_of, requested_dtype, shapes_of
from keraslite.ops.dtype import Dtypes

if TYPE_CHECKING:
    from keraslite.ops.declare import Op


def infer_dtypes(op: Op, engine: Engine, args: tuple, operands: list) -> tuple[tuple[str | None, ...], Dtypes]:
    """What the dtype rule says: dtypes of the operands and of the result, None where it says nothing."""
    dtypes = tuple(engine.stored_dtype(dtype_of(x, op.label)) for x in operands)
    if op.dtype_rule is None:
        return (None,) * len(dtypes), None
    return op.dtype_rule(dtypes, op.attributes(args))


def plan_for(op: Op, engine: Engine, args: tuple, operands: list) -> tuple[Callable, Dtypes]:
    """How to run calls of this kind on `engine`, and the dtype(s) of the result."""
    targets, result_dtype = infer_dtypes(op, engine, args, operands)
    kernel = engine.kernels.get(op.name)
    fits = targets
    if kernel is None:
        kernel = _body_on(op, engine)
    else:
        targets = tuple(computed_in(engine, op.name, t) for t in targets)
    if op.eager_check and op.shape_rule is not None:
        kernel = _checking(op, kernel, engine)
    device = _device(engine, operands)
    plan = compose(kernel, _changes(op, engine, args, targets, fits, device))
    if op.check_values and any(registry.engine_of(x) is None for x in operands):
        plan = _checking_values(op, plan)
    if device is not None and len(engine.devices()) > 1:
        return _by_device(op, engine, kernel, (targets, fits), {device: plan}), result_dtype
    return plan, result_dtype


def _device(engine: Engine, operands: list) -> str | None:
    """Where the call's values from the host have to go; None where there are none, or nothing but them."""
    own = [x for x in operands if registry.engine_of(x) is engine]
    return engine.device_of(own[0]) if own and len(own) < len(operands) else None


def _by_device(
    op: Op, engine: Engine, kernel: Callable, dtypes: tuple[tuple, tuple], plans: dict[str | None, Callable]
) -> Callable:
    """A plan for each device that the call's tensors may be on, chosen by themselves."""

    def run(*args: object) -> object:
        device = _device(engine, op.operands(args))
        plan = plans.get(device)
        if plan is None:
            plan = plans[device] = compose(kernel, _changes(op, engine, args, *dtypes, device))
        return plan(*args)

    return run


def _body_on(op: Op, engine: Engine) -> Callable:
    body = op.body
    if body is None:
        raise NotImplementedError(f"Engine {engine.name!r} owes the primitive `{op.name}` and has none.")

    def run(*args: object) -> object:
        if registry.current() is engine:
            return body(*args)
        with registry.use_backend(engine.name):
            return body(*args)

    return run


def _checking(op: Op, kernel: Callable, engine: Engine) -> Callable:
    tensor_at = op.tensor_at

    def run(*args: object) -> object:
        dims = [shapes_of(engine, a) if i in tensor_at else a for i, a in enumerate(args)]
        op.infer(*dims)
        return kernel(*args)

    return run


def _checking_values(op: Op, plan: Callable) -> Callable:
    def run(*args: object) -> object:
        op.check_values(args, op.as_dims(args))  # type: ignore[misc]
        return plan(*args)

    return run


def _changes(op: Op, engine: Engine, args: tuple, targets: tuple, fits: tuple,
             device: str | None) -> list[tuple[int, Callable]]:  # fmt: skip
    """(position, function of the argument) for all arguments that a kernel cannot take as they come.

    Tensors become ones of the dtypes `targets`, but Python numbers have to fit into those of `fits`.
    """
    changes: list[tuple[int, Callable]] = []
    left = zip(targets, fits, strict=True)

    def converted(x: object) -> Callable | None:
        target, fit = next(left)
        return converter(engine, x, target, device, op.label, fit)

    for i, (kind, arg) in enumerate(zip(op.kinds, args, strict=True)):
        if kind == "Tensor":
            convert = None if arg is None else converted(arg)
        elif kind == "Tensors":
            convert = functools.partial(convert_each, [converted(x) for x in arg])
        elif kind in AXES:
            convert = functools.partial(constant, op.axis(kind, arg, op.rank(args)))
            convert = None if convert() is arg else convert
        elif kind == "Number":
            convert = filler(arg, fits[0], op.label)
        elif kind == "DType" and arg is not None and engine.dtype_switch is not None:
            convert = requested_on(op, engine)
        else:
            convert = STATIC.get(kind, as_static)
            convert = None if same_static(convert(arg), arg) and kind not in SHAPES else convert
        if convert is not None:
            changes.append((i, convert))
    return changes


def requested_on(op: Op, engine: Engine) -> Callable:
    """Turns a dtype asked for into its name; an error each time the engine's switch keeps it out."""
    return lambda value: requested_dtype(engine, lattice.canonical(value), op.label)


def casts_of(engine: Engine, result: Any, expected: Dtypes) -> Callable | None:
    """What casts results like this one to the dtypes that the rule says; None where they have them."""
    if expected is None:
        return None
    outputs = result if isinstance(result, (tuple, list)) else (result,)
    wanted: tuple[Any, ...] = (expected,) * len(outputs) if isinstance(expected, str) else tuple(expected)
    if all(w is None or engine.dtype_name(x) == w for x, w in zip(outputs, wanted, strict=True)):
        return None
    if not isinstance(result, (tuple, list)):
        return lambda result: engine.cast(result, wanted[0])

    def casts(result: Any) -> list | tuple:
        # one name stands for all outputs, of which the next call may have another number
        names = (expected,) * len(result) if isinstance(expected, str) else wanted
        parts = (x if w is None else engine.cast(x, w) for x, w in zip(result, names, strict=True))
        return list(parts) if isinstance(result, list) else tuple(parts)  # an engine may have a class of tuples

    return casts


def behind(plan: Callable, casts: Callable) -> Callable:
    """The plan with casts behind it."""
    return lambda *args: casts(plan(*args))


def computed_in(engine: Engine, op: str, dtype: str | None) -> str | None:
    """The dtype that the engine's kernel of `op` wants operands of `dtype` in."""
    if dtype is None:
        return None
    return engine.quirks.get((op, dtype)) or engine.quirks.get(("*", dtype), dtype)


def same_static(new: object, old: object) -> bool:
    """Whether normalising an attribute changed nothing, for this and every other value of the kind."""
    return type(new) is type(old) and (new is old or not isinstance(old, (list, tuple)))


def constant(value: object, *args: object) -> object:
    """`value`, whatever the argument."""
    return value


def convert_each(converters: list, values: Iterable[object]) -> list:
    """Each value through its converter."""
    return [x if convert is None else convert(x) for convert, x in zip(converters, values, strict=True)]


def converter(
    engine: Engine, x: Any, target: str | None, device: str | None, op: str, fits: str | None
) -> Callable | None:
    """What turns operands like `x` into the engine's tensor of dtype `target`; None where nothing must be done.

    Python numbers have to fit into the dtype `fits`, which `target` may be wider than.
    """
    if registry.engine_of(x) is engine:
        if target is None or engine.dtype_name(x) == target:
            return None
        return functools.partial(_cast, engine.cast, target)
    if type(x) in WEAK:
        make = engine.scalar
        target = target or lattice.promote(WEAK[type(x)])
        if type(x) is complex and not lattice.is_complex(target) and target != "bool":
            raise DTypeError(f"`{op}` needs real numbers to make {target} of. Received {x}. Use its real part.")
        if lattice.is_int(fits or target):
            return lambda value: make(whole_number(value, fits or target, op), target, device)
        return lambda value: make(value, target, device)
    target = target or dtype_of(x, op)
    if not hasattr(x, "dtype") and lattice.is_int(fits or target):
        wanted = fits or target
        return lambda value: engine.to_tensor(whole_numbers(value, wanted, f"`{op}`", _COMPUTES), target, device)
    return lambda value: engine.to_tensor(np.asarray(value), target, device)


def filler(x: object, fits: str | None, op: str) -> Callable | None:
    """What makes numbers like `x` fit into the dtype `fits` of the tensor that they are put into."""
    if fits is None or not lattice.is_int(fits) or WEAK.get(type(x)) not in ("int?", "float?"):
        return None
    return lambda value: whole_number(value, fits, op)


_COMPUTES = "since it computes in {}", "Use `ops.cast` to a wider dtype first."
_KEEPS = "since its dtype is {}", "Use another dtype."


def whole_number(value: float, dtype: str, op: str, keeps: bool = False) -> float:
    """A Python number as one that an integer dtype can hold: what lies behind the point is cut off.

    `keeps` says that the op was asked for this dtype.
    """
    if type(value) is float and math.isfinite(value):
        value = int(value)
    low, high = _limits(dtype)
    if low <= value <= high:
        return value
    raise _beyond(f"`{op}`", value, dtype, _KEEPS if keeps else _COMPUTES)


def whole_numbers(values: object, dtype: str, subject: str, reason: tuple[str, str] = _KEEPS) -> np.ndarray:
    """Python numbers as an array whose elements an integer dtype can hold; `subject` is who needs them."""
    array = np.asarray(values)
    if array.size and array.dtype.kind in "iuf":
        whole = np.trunc(array) if array.dtype.kind == "f" else array
        low, high = _limits(dtype)
        for value in (whole.min(), whole.max()):
            if not low <= value <= high:
                raise _beyond(subject, value, dtype, reason)
    return array


def _beyond(subject: str, value: object, dtype: str, reason: tuple[str, str]) -> ArgumentError:
    low, high = _limits(dtype)
    why, advice = reason
    return ArgumentError(
        f"{subject} needs numbers from {low} to {high}, {why.format(dtype)}. Received {value}. {advice}"
    )


@functools.cache
def _limits(dtype: str) -> tuple[int, int]:
    limits = np.iinfo(dtype)
    return int(limits.min), int(limits.max)


def _cast(cast: Callable, target: str, x: object) -> object:
    return cast(x, target)


def compose(kernel: Callable, changes: list[tuple[int, Callable]]) -> Callable:
    """`kernel` with the arguments at some positions changed first."""
    if not changes:
        return kernel
    if len(changes) == 1:
        ((at, change),) = changes

        def run_one(*args: object) -> object:
            return kernel(*args[:at], change(args[at]), *args[at + 1 :])

        return run_one

    def run(*args: object) -> object:
        changed = list(args)
        for i, change in changes:
            changed[i] = change(changed[i])
        return kernel(*changed)

    return run
