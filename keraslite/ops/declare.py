"""`@primitive` and `@composite`: everything around a kernel, once for all ops and engines.

A declared op becomes a function with the declared signature. A call looks up a *plan* by the types and
dtypes of its tensor operands (and by those attributes that a plan depends on), and runs it: converters for
the operands that need one, normalised axes, the engine's kernel. The first call of its kind makes the plan.
`generate` writes the function.
"""

from __future__ import annotations

import functools
import inspect
from collections.abc import Callable
from typing import Any, TypeAlias

from keraslite.backend import contract, registry
from keraslite.backend import dtypes as lattice
from keraslite.backend.state import VariableBase
from keraslite.errors import ArgumentError, KerasliteError
from keraslite.ops.arguments import (
    AXES,
    STATIC,
    TENSORS,
    WEAK,
    as_static,
    compose,
    constant,
    convert_each,
    converter,
    dims_of,
    dtype_of,
    has_dimension,
    is_scalar_symbol,
    kind_of,
    same_static,
    shapes_of,
)
from keraslite.ops.dtype import Rule
from keraslite.ops.generate import generate
from keraslite.ops.operators import OPS
from keraslite.ops.shape import Mismatch
from keraslite.ops.symbolic import Node, SymbolicTensor, fresh

Tensor = Any
Tensors = Any
Axis: TypeAlias = "int | tuple[int, ...] | None"
AxisIndex: TypeAlias = "int | None"
NewAxis = int
DType: TypeAlias = "str | None"
Shape: TypeAlias = "int | tuple[int, ...]"

_MOST_PLANS = 4096


class Op:
    """What the machinery knows of one declared op; hangs on its function as `.op`."""

    key: Callable[..., Any]  # `generate` writes it: the arguments to what plans are kept by

    def __init__(self, function: Callable, shape: Callable | None, dtype: Rule | None, body: Callable | None,
                 eager_check: bool):  # fmt: skip
        self.name = function.__name__
        self.declared = function
        self.shape_rule, self.dtype_rule, self.body = shape, dtype, body
        self.eager_check = eager_check
        self.parameters = list(inspect.signature(function).parameters.values())
        self.kinds = [kind_of(p) for p in self.parameters]
        self.names = [p.name for p in self.parameters]
        self.tensor_at = [i for i, kind in enumerate(self.kinds) if kind in TENSORS]
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
        key = self._key(args) if operands and plain else None
        if owner is None and key is not None:  # host arrays alone: the same call may go to another engine next time
            key = (engine.name, key)
        plan = self.plans.get(key) if key is not None else None
        if plan is not None:
            return self.run(plan, args)
        plan, result_dtype = self.plan(engine, args)
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
        except KerasliteError:
            raise
        except Exception as error:
            self.explain(args, error)
            raise

    def explain(self, args: tuple, error: Exception) -> None:
        """Raise our own error if the rules know what is wrong with `args`; else return."""
        if self.shape_rule is None or isinstance(error, KerasliteError):
            return
        try:
            self.infer(*self._as_dims(tuple(self._read(i, a) for i, a in enumerate(args))))
        except KerasliteError as ours:
            raise ours from error
        except Exception:
            return

    def infer(self, *dims: Any) -> Any:
        """The shape rule, its errors under this op's name."""
        try:
            return self.shape_rule(*dims)  # type: ignore[misc]
        except Mismatch as error:
            raise ArgumentError(f"`{self.name}` {error}") from None

    # ---- plans ----------------------------------------------------------------------------------------------

    def plan(self, engine: Any, args: tuple) -> tuple[Callable, Any]:
        """How to run calls of this kind on `engine`, and the dtype(s) of the result."""
        dtypes = tuple(dtype_of(x, self.name) for x in self.operands(args))
        targets: Any = (None,) * len(dtypes)
        result_dtype = None
        if self.dtype_rule is not None:
            targets, result_dtype = self.dtype_rule(dtypes, self._attributes(args))
        kernel = engine.kernels.get(self.name)
        if kernel is None:
            kernel = self._body_on(engine)
        else:
            targets = tuple(engine.quirks.get((self.name, t), t) for t in targets)
        if self.eager_check and self.shape_rule is not None:
            kernel = self._checking(kernel, engine)
        device = self._device(engine, args)
        plan = compose(kernel, self._changes(engine, args, targets, device))
        if device is not None and len(engine.devices()) > 1:
            return self._by_device(engine, kernel, targets, {device: plan}), result_dtype
        return plan, result_dtype

    def _device(self, engine: Any, args: tuple) -> str | None:
        """Where the call's values from the host have to go; None where there are none, or nothing but them."""
        operands = self.operands(args)
        own = [x for x in operands if registry.engine_of(x) is engine]
        return engine.device_of(own[0]) if own and len(own) < len(operands) else None

    def _by_device(self, engine: Any, kernel: Callable, targets: tuple, plans: dict[str | None, Callable]) -> Callable:
        """A plan for each device that the call's tensors may be on, chosen by themselves."""

        def run(*args: Any) -> Any:
            device = self._device(engine, args)
            plan = plans.get(device)
            if plan is None:
                plan = plans[device] = compose(kernel, self._changes(engine, args, targets, device))
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

    def _changes(self, engine: Any, args: tuple, targets: tuple, device: str | None) -> list[tuple[int, Callable]]:
        """(position, function of the argument) for all arguments that a kernel cannot take as they come."""
        changes: list[tuple[int, Callable]] = []
        targets_left = iter(targets)
        for i, (kind, arg) in enumerate(zip(self.kinds, args, strict=True)):
            if kind == "Tensor":
                convert = None if arg is None else converter(engine, arg, next(targets_left), device, self.name)
            elif kind == "Tensors":
                each = [None if x is None else converter(engine, x, next(targets_left), device, self.name) for x in arg]
                convert = functools.partial(convert_each, each)
            elif kind in AXES:
                convert = functools.partial(constant, self._axis(kind, arg, self._rank(args)))
                convert = None if convert() is arg else convert
            else:
                convert = STATIC.get(kind, as_static)
                convert = None if same_static(convert(arg), arg) and kind != "Shape" else convert
            if convert is not None:
                changes.append((i, convert))
        return changes

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
        """The call on symbolic tensors: rules instead of a kernel, recorded as one node."""
        dtypes = tuple(dtype_of(x, self.name) for x in self.operands(args))
        targets: Any = (None,) * len(dtypes)
        result_dtype: Any = None
        if self.dtype_rule is not None:
            targets, result_dtype = self.dtype_rule(dtypes, self._attributes(args))
        if self.shape_rule is not None:
            outputs = self._from_rule(self.infer(*self._as_dims(args)), result_dtype or dtypes[0])
        else:
            outputs = fresh(self.body(*self._as_symbolic(args, targets)))  # type: ignore[misc]
        Node(OPS[self.name], args, {}, outputs)
        return outputs

    def _from_rule(self, dims: Any, dtypes: Any) -> Any:
        if isinstance(dims, list):
            names = [dtypes] * len(dims) if isinstance(dtypes, str) else dtypes
            return tuple(SymbolicTensor(d, name) for d, name in zip(dims, names, strict=True))
        return SymbolicTensor(dims, dtypes if isinstance(dtypes, str) else dtypes[0])

    def _as_symbolic(self, args: tuple, targets: tuple) -> list:
        targets_left = iter(targets)

        def stand_in(x: Any) -> Any:
            if x is None:
                return None
            return SymbolicTensor(dims_of(x), next(targets_left) or lattice.promote(dtype_of(x, self.name)))

        rank = self._rank(args)
        result: list[Any] = []
        for kind, arg in zip(self.kinds, args, strict=True):
            if kind == "Tensor":
                result.append(stand_in(arg))
            elif kind == "Tensors":
                result.append([stand_in(x) for x in arg])
            else:
                result.append(self._attribute(kind, arg, rank))
        return result

    # ---- arguments ------------------------------------------------------------------------------------------

    def _read(self, i: int, arg: Any) -> Any:
        kind = self.kinds[i]
        if kind == "Tensor":
            return arg.value if isinstance(arg, VariableBase) else arg
        if kind == "Tensors":
            if isinstance(arg, (str, bytes)) or not hasattr(arg, "__iter__") or is_scalar_symbol(arg):
                raise ArgumentError(
                    f"`{self.name}` needs a sequence of tensors as `{self.names[i]}`. Received {arg!r}."
                )
            return tuple(x.value if isinstance(x, VariableBase) else x for x in arg)
        return arg

    def operands(self, args: tuple) -> list:
        """The tensor operands, lists flattened, without None."""
        found: list[Any] = []
        for i in self.tensor_at:
            found.extend(args[i] if self.kinds[i] == "Tensors" else (args[i],))
        return [x for x in found if x is not None]

    def _rank(self, args: tuple) -> int:
        operands = self.operands(args)
        return len(dims_of(operands[0])) if operands else 0

    def _axis(self, kind: str, axis: Any, rank: int) -> Any:
        if kind == "Axis":
            if axis is None:
                return tuple(range(rank))
            axes = axis if isinstance(axis, (tuple, list)) else (axis,)
            return tuple(sorted(self._one_axis(a, rank) for a in axes))
        return None if axis is None else self._one_axis(axis, rank + (kind == "NewAxis"))

    def _one_axis(self, axis: Any, rank: int) -> int:
        if isinstance(axis, bool) or not hasattr(axis, "__index__"):
            raise ArgumentError(f"`{self.name}` needs `axis` to be an integer. Received {axis!r}.")
        axis = axis.__index__()
        if not -rank <= axis < rank:
            raise ArgumentError(
                f"`{self.name}` needs `axis` from {-rank} to {rank - 1} for a tensor of rank {rank}. Received {axis}."
            )
        return axis % rank

    def _attribute(self, kind: str, arg: Any, rank: int) -> Any:
        return self._axis(kind, arg, rank) if kind in AXES else STATIC.get(kind, as_static)(arg)

    def _attributes(self, args: tuple) -> dict[str, Any]:
        rank = self._rank(args)
        return {
            name: self._attribute(kind, arg, rank)
            for name, kind, arg in zip(self.names, self.kinds, args, strict=True)
            if kind not in TENSORS
        }

    def _as_dims(self, args: tuple) -> list:
        rank = self._rank(args)
        result: list[Any] = []
        for kind, arg in zip(self.kinds, args, strict=True):
            if kind == "Tensor":
                result.append(None if arg is None else dims_of(arg))
            elif kind == "Tensors":
                result.append([None if x is None else dims_of(x) for x in arg])
            else:
                result.append(self._attribute(kind, arg, rank))
        return result

    def _key(self, args: tuple) -> Any:
        try:
            key = self.key(*args)
            hash(key)  # a list among the attributes
            return key
        except (TypeError, AttributeError):
            return None


def _declare(
    function: Callable, shape: Callable | None, dtype: Rule | None, body: Callable | None, eager_check: bool
) -> Any:
    op = Op(function, shape, dtype, body, eager_check)
    public = generate(op)
    public.op = op  # type: ignore[attr-defined]
    OPS[op.name] = public
    return public


def primitive(*, shape: Callable, dtype: Rule, eager_check: bool = False) -> Callable:
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


def composite(*, dtype: Rule | None = None, shape: Callable | None = None, eager_check: bool = False) -> Callable:
    """Declare an op written in other ops, which an engine may override.

    Args:
        dtype: what tensors are cast to before the body sees them; None: they keep their dtypes.
        shape: only where tracing the body would be slow or say less.
        eager_check: run the shape rule before eager calls too.
    """
    return lambda function: _declare(function, shape, dtype, function, eager_check)
