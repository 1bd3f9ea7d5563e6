"""`@primitive` and `@composite`: everything around a kernel, once for all ops and engines.

A declared op becomes a function with the declared signature. A call looks up a *plan* by the types and
dtypes of its tensor operands (and by those attributes that a plan depends on), and runs it: converters for
the operands that need one, normalised axes, the engine's kernel. The first call of its kind makes the plan.
`generate` writes the function.
"""

from __future__ import annotations

import functools
from collections.abc import Callable, Sequence
from typing import Any, TypeAlias, TypeVar, overload

from keraslite.backend import contract, registry
from keraslite.backend import dtypes as lattice
from keraslite.backend.contract import DTypeLike, Tensor, TensorLike
from keraslite.errors import ArgumentError, DTypeError, KerasliteError
from keraslite.ops import caller
from keraslite.ops.arguments import (
    AXES,
    SHAPES,
    STATIC,
    WEAK,
    as_static,
    compose,
    computed_in,
    constant,
    convert_each,
    converter,
    dtype_of,
    filler,
    has_dimension,
    may_switch,
    requested_dtype,
    same_static,
    shapes_of,
    stored_dtypes,
)
from keraslite.ops.dimension import Dimension
from keraslite.ops.dtype import Rule, WrongDType
from keraslite.ops.generate import generate
from keraslite.ops.operators import OPS
from keraslite.ops.shape import Mismatch
from keraslite.ops.signature import Signature
from keraslite.ops.symbolic import Node, SymbolicTensor, fresh

# What callers may give; the body of an op gets them normalised.
TensorsLike: TypeAlias = "Sequence[TensorLike]"
Axis: TypeAlias = "int | Sequence[int] | None"
AxisIndex: TypeAlias = "int | None"
NewAxis = int
DType: TypeAlias = "DTypeLike | None"
Shape: TypeAlias = "int | Dimension | Sequence[int | Dimension | None]"
NewShape: TypeAlias = "int | Dimension | Sequence[int | Dimension | None]"
Epsilon: TypeAlias = "float | None"  # None: `config.epsilon()`
Number: TypeAlias = "float | None"

F = TypeVar("F", bound=Callable[..., object])

_MOST_PLANS = 4096


class Op(Signature):
    """What the machinery knows of one declared op; hangs on its function as `.op`."""

    key: Callable[..., Any]  # `generate` writes it: the arguments to what plans are kept by
    #: Of `(arguments, their dims)`: raises where values on the host are wrong. An op's file may set it.
    check_values: Callable[[tuple, list], None] | None = None

    def __init__(
        self, function: Callable, shape: Callable | None, dtype: Rule | None, body: Callable | None, eager_check: bool
    ):
        super().__init__(function)
        self.declared = function
        self.shape_rule, self.dtype_rule, self.body = shape, dtype, body
        self.eager_check = eager_check
        self.plans: dict[Any, Callable] = {}

    def __repr__(self) -> str:
        return f"<op {self.name}>"

    # ---- one call -------------------------------------------------------------------------------------------

    def slow(self, args: tuple) -> Any:
        """A call without a plan: symbolic, the first of its kind, or with operands that need a look."""
        args = tuple(self._read(i, a) for i, a in enumerate(args))
        operands = self.operands(args)
        if any(isinstance(x, SymbolicTensor) for x in operands) or has_dimension(args):
            return self.symbolic(args)
        owner = registry.engine_of_all(*operands)
        engine = owner or registry.current()
        # of a list only the content tells the dtype, which no key holds
        plain = all(hasattr(x, "dtype") or type(x) in WEAK for x in operands)
        plain = plain and not any(may_switch(engine, x) for x in operands)
        key = self._key(args) if operands and plain else None
        if owner is None and key is not None:  # host arrays alone: the same call may go to another engine next time
            key = (engine.name, key)
        plan = self.plans.get(key) if key is not None else None
        if plan is not None:
            return self.run(plan, args)
        try:
            plan, result_dtype = self.plan(engine, args)
        except (Mismatch, WrongDType) as error:
            raise self.named(error) from None
        result = self.run(plan, args)
        plan, result = self._checked(engine, plan, result, result_dtype)
        if key is not None:
            if len(self.plans) >= _MOST_PLANS:
                self.plans.clear()
            self.plans[key] = plan
        return result

    def run(self, plan: Callable, args: tuple) -> Any:
        """Run a plan; where the kernel fails, let the shape rule say why."""
        try:
            return plan(*args)
        except Exception as error:
            self.explain(args, error)
            raise

    def explain(self, args: tuple, error: Exception) -> None:
        """Raise our own error if the rules know what is wrong with `args`; else return."""
        if isinstance(error, (Mismatch, WrongDType)):
            raise self.named(error) from None
        if isinstance(error, KerasliteError) and not (self.body and isinstance(error, ArgumentError)):
            return
        try:
            with caller.nowhere():
                self._retrace(tuple(self._read(i, a) for i, a in enumerate(args)))
        except KerasliteError as ours:
            raise (self.named(ours) if isinstance(ours, (Mismatch, WrongDType)) else ours) from error
        except Exception:
            return

    def _retrace(self, args: tuple) -> None:
        """Go through all that is known of the call without an engine, so that what is wrong raises."""
        if self.shape_rule is not None:
            self.infer(*self._as_dims(args))
        if self.body is not None:
            targets, _ = self.infer_dtypes(registry.current(), args)
            self.body(*self._as_symbolic(args, targets))
        if self.check_values is not None:
            self.check_values(tuple(self._on_host(x) for x in args), self._as_dims(args))
        dtypes = [dtype_of(x, self.label) for x in self.operands(args)]
        if any(map(lattice.is_complex, dtypes)):
            raise DTypeError(
                f"`{self.label}` needs real numbers on this engine. Received dtypes {', '.join(dtypes)}. "
                "Use `ops.real`, `ops.imag` or `ops.absolute` first."
            )

    def _on_host(self, x: Any) -> Any:
        engine = registry.engine_of(x)
        return x if engine is None else engine.to_numpy(x)

    def named(self, error: KerasliteError) -> KerasliteError:
        """An error of a rule with the op's name in front."""
        kind = ArgumentError if isinstance(error, Mismatch) else DTypeError
        return kind(f"`{self.label}` {error}")

    def infer(self, *dims: Any) -> Any:
        """The shape rule, its errors under this op's name."""
        try:
            return self.shape_rule(*dims)  # type: ignore[misc]
        except Mismatch as error:
            raise self.named(error) from None

    def infer_dtypes(self, engine: Any, args: tuple) -> tuple[Any, Any]:
        """What the dtype rule says: dtypes of the operands and of the result, None where it says nothing."""
        dtypes = tuple(engine.stored_dtype(dtype_of(x, self.label)) for x in self.operands(args))
        if self.dtype_rule is None:
            return (None,) * len(dtypes), None
        return self.dtype_rule(dtypes, self._attributes(args))

    # ---- plans ----------------------------------------------------------------------------------------------

    def plan(self, engine: Any, args: tuple) -> tuple[Callable, Any]:
        """How to run calls of this kind on `engine`, and the dtype(s) of the result."""
        targets, result_dtype = self.infer_dtypes(engine, args)
        kernel = engine.kernels.get(self.name)
        fits = targets
        if kernel is None:
            kernel = self._body_on(engine)
        else:
            targets = tuple(computed_in(engine, self.name, t) for t in targets)
        if self.eager_check and self.shape_rule is not None:
            kernel = self._checking(kernel, engine)
        device = self._device(engine, args)
        plan = compose(kernel, self._changes(engine, args, targets, fits, device))
        if self.check_values and "host_arrays" not in engine.capabilities and self._has_host_data(args):
            plan = self._checking_values(plan)
        if device is not None and len(engine.devices()) > 1:
            return self._by_device(engine, kernel, (targets, fits), {device: plan}), result_dtype
        return plan, result_dtype

    def _device(self, engine: Any, args: tuple) -> str | None:
        """Where the call's values from the host have to go; None where there are none, or nothing but them."""
        operands = self.operands(args)
        own = [x for x in operands if registry.engine_of(x) is engine]
        return engine.device_of(own[0]) if own and len(own) < len(operands) else None

    def _by_device(
        self, engine: Any, kernel: Callable, dtypes: tuple[tuple, tuple], plans: dict[str | None, Callable]
    ) -> Callable:
        """A plan for each device that the call's tensors may be on, chosen by themselves."""

        def run(*args: Any) -> Any:
            device = self._device(engine, args)
            plan = plans.get(device)
            if plan is None:
                plan = plans[device] = compose(kernel, self._changes(engine, args, *dtypes, device))
            return plan(*args)

        return run

    def _body_on(self, engine: Any) -> Callable:
        body = self.body
        if body is None:
            raise NotImplementedError(f"Engine {engine.name!r} owes the primitive `{self.name}` and has none.")

        def run(*args: Any) -> Any:
            if registry.current() is engine:
                return body(*args)
            with registry.use_backend(engine.name):
                return body(*args)

        return run

    def _checking(self, kernel: Callable, engine: Any) -> Callable:
        tensor_at = self.tensor_at

        def run(*args: Any) -> Any:
            dims = [shapes_of(engine, a) if i in tensor_at else a for i, a in enumerate(args)]
            self.infer(*dims)
            return kernel(*args)

        return run

    def _has_host_data(self, args: tuple) -> bool:
        return any(registry.engine_of(x) is None for x in self.operands(args))

    def _checking_values(self, plan: Callable) -> Callable:
        def run(*args: Any) -> Any:
            self.check_values(args, self._as_dims(args))  # type: ignore[misc]
            return plan(*args)

        return run

    def _changes(self, engine: Any, args: tuple, targets: tuple, fits: tuple,
                 device: str | None) -> list[tuple[int, Callable]]:  # fmt: skip
        """(position, function of the argument) for all arguments that a kernel cannot take as they come.

        Tensors become ones of the dtypes `targets`, but Python numbers have to fit into those of `fits`.
        """
        changes: list[tuple[int, Callable]] = []
        left = zip(targets, fits, strict=True)

        def converted(x: Any) -> Callable | None:
            target, fit = next(left)
            return converter(engine, x, target, device, self.label, fit)

        for i, (kind, arg) in enumerate(zip(self.kinds, args, strict=True)):
            if kind == "Tensor":
                convert = None if arg is None else converted(arg)
            elif kind == "Tensors":
                convert = functools.partial(convert_each, [converted(x) for x in arg])
            elif kind in AXES:
                convert = functools.partial(constant, self._axis(kind, arg, self._rank(args)))
                convert = None if convert() is arg else convert
            elif kind == "Number":
                convert = filler(arg, fits[0], self.label)
            elif kind == "DType" and arg is not None and engine.dtype_switch is not None:
                convert = self._dtype_on(engine)
            else:
                convert = STATIC.get(kind, as_static)
                convert = None if same_static(convert(arg), arg) and kind not in SHAPES else convert
            if convert is not None:
                changes.append((i, convert))
        return changes

    def _dtype_on(self, engine: Any) -> Callable:
        """Turns a dtype asked for into its name; an error each time the engine's switch keeps it out."""
        return lambda value: requested_dtype(engine, lattice.canonical(value), self.label)

    def _checked(self, engine: Any, plan: Callable, result: Any, expected: Any) -> tuple[Callable, Any]:
        """The plan with casts behind it where the kernel's dtype is not the rule's."""
        if expected is None:
            return plan, result
        outputs = result if isinstance(result, (tuple, list)) else (result,)
        wanted = (expected,) * len(outputs) if isinstance(expected, str) else tuple(expected)
        if all(w is None or engine.dtype_name(x) == w for x, w in zip(outputs, wanted, strict=True)):
            return plan, result
        single = not isinstance(result, (tuple, list))

        def casts(result: Any) -> Any:
            if single:
                return engine.cast(result, wanted[0])
            # one name stands for all outputs, of which the next call may have another number
            names = (expected,) * len(result) if isinstance(expected, str) else wanted
            return type(result)(x if w is None else engine.cast(x, w) for x, w in zip(result, names, strict=True))

        def run(*args: Any) -> Any:
            return casts(plan(*args))

        return run, casts(result)

    # ---- symbolic -------------------------------------------------------------------------------------------

    def symbolic(self, args: tuple) -> Any:
        """The call on symbolic tensors: rules instead of a kernel, recorded as one node.

        Errors end with the user's line.
        """
        try:
            return self._record(args)
        except KerasliteError as failure:
            error = self.named(failure) if isinstance(failure, (Mismatch, WrongDType)) else failure
            if error.args and not hasattr(error, "_placed"):  # an op of the body may have done it
                error._placed = True  # type: ignore[attr-defined]
                error.args = (f"{error.args[0]}{caller.at()}", *error.args[1:])
            raise error from None

    def _record(self, args: tuple) -> Any:
        engine = registry.current()
        for kind, arg in zip(self.kinds, args, strict=True):
            if kind == "DType" and arg is not None:
                self._dtype_on(engine)(arg)
        targets, result_dtype = stored_dtypes(engine, self.infer_dtypes(engine, args))
        if self.check_values is not None:
            self.check_values(args, self._as_dims(args))
        if self.shape_rule is not None:
            result_dtype = result_dtype or dtype_of(self.operands(args)[0], self.label)
            outputs = self._from_rule(self.infer(*self._as_dims(args)), result_dtype)
        else:
            outputs = fresh(self.body(*self._as_symbolic(args, targets)))  # type: ignore[misc]
        Node(OPS[self.name], args, {}, outputs)
        return outputs

    def _from_rule(self, dims: Any, dtypes: Any) -> Any:
        if isinstance(dims, list):
            names = [dtypes] * len(dims) if isinstance(dtypes, str) else dtypes
            return tuple(SymbolicTensor(d, name) for d, name in zip(dims, names, strict=True))
        return SymbolicTensor(dims, dtypes if isinstance(dtypes, str) else dtypes[0])

    # ---- keys -----------------------------------------------------------------------------------------------

    def _key(self, args: tuple) -> Any:
        try:
            key = self.key(*args)
            hash(key)  # a list among the attributes
            return key
        except (TypeError, AttributeError, IndexError):
            return None


def _declare(
    function: Callable, shape: Callable | None, dtype: Rule | None, body: Callable | None, eager_check: bool
) -> Any:
    op = Op(function, shape, dtype, body, eager_check)
    public = generate(op)
    public.op = op  # type: ignore[attr-defined]
    OPS[op.name] = public
    return public


# What the body of an op gets is normalised, whatever the caller gave. These tell type checkers so.


@overload
def given(x: TensorLike) -> Tensor: ...
@overload
def given(x: TensorLike | None) -> Tensor | None: ...
def given(x: TensorLike | None) -> Tensor | None:
    """A tensor."""
    return x  # type: ignore[return-value]


def given_name(dtype: DType) -> str | None:
    """The name of a dtype."""
    return dtype  # type: ignore[return-value]


def given_number(epsilon: Epsilon) -> float:
    """The number that was given, or the default one."""
    return epsilon  # type: ignore[return-value]


def _forget_plans() -> None:
    for public in OPS.values():
        if hasattr(public, "op"):
            public.op.plans.clear()


lattice.depends_on_default(_forget_plans)


def primitive(*, shape: Callable, dtype: Rule, eager_check: bool = False) -> Callable[[F], F]:
    """Declare an op that every engine owes under its name.

    Args:
        shape: rule from dims (and attributes) to dims.
        dtype: rule from dtypes (and attributes) to dtypes.
        eager_check: run the shape rule before eager calls too.
    """

    def declare(function: Callable) -> Any:
        contract.owe(function.__name__)
        return _declare(function, shape, dtype, None, eager_check)

    return declare


def composite(
    *, dtype: Rule | None = None, shape: Callable | None = None, eager_check: bool = False
) -> Callable[[F], F]:
    """Declare an op written in other ops, which an engine may override.

    Args:
        dtype: what tensors are cast to before the body sees them; None: they keep their dtypes.
        shape: only where tracing the body would be slow or say less.
        eager_check: run the shape rule before eager calls too.
    """
    return lambda function: _declare(function, shape, dtype, function, eager_check)
