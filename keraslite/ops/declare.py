"""`@primitive` and `@composite`: everything around a kernel, once for all ops and engines.

A declared op becomes a function with the declared signature. A call looks up a *plan* by the types and
dtypes of its tensor operands (and by those attributes that a plan depends on), and runs it: converters for
the operands that need one, normalised axes, the engine's kernel. The first call of its kind makes the plan.
`generate` writes the function.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from typing import Any, TypeAlias, TypeVar, overload

import numpy as np

from keraslite import allowance
from keraslite.backend import contract, registry, scopes
from keraslite.backend import dtypes as lattice
from keraslite.backend.contract import DTypeLike, Engine, Tensor, TensorLike
from keraslite.errors import ArgumentError, DTypeError, KerasliteError
from keraslite.ops.arguments import WEAK
from keraslite.ops.dimension import Dimension
from keraslite.ops.dtype import Rule, WrongDType
from keraslite.ops.explaining import explain
from keraslite.ops.generate import generate
from keraslite.ops.operators import OPS
from keraslite.ops.planning import behind, casts_of, plan_for
from keraslite.ops.recording import symbolic
from keraslite.ops.shape import Mismatch
from keraslite.ops.signature import Signature

# What callers may give; the body of an op gets them normalised.
TensorsLike: TypeAlias = "Sequence[TensorLike]"
Axis: TypeAlias = "int | Sequence[int] | None"
AxisIndex: TypeAlias = "int | None"
NewAxis = int
DType: TypeAlias = "DTypeLike | None"
Shape: TypeAlias = "int | Dimension | Sequence[int | Dimension | Tensor | None]"
NewShape: TypeAlias = "int | Dimension | Sequence[int | Dimension | Tensor | None]"
Epsilon: TypeAlias = "float | None"  # None: `config.epsilon()`
Number: TypeAlias = "float | None"
# What plans do not depend on: unlike `str` and `bool`, which the machinery looks at (`arguments.KEYED`).
Name: TypeAlias = "str"
DataFormat: TypeAlias = "str | None"  # "channels_last" or "channels_first"; None: `config.image_data_format()`
Flag: TypeAlias = "bool | None"

F = TypeVar("F", bound=Callable[..., object])

_MOST_PLANS = 4096
_LARGE = 1 << 15  # bytes of a constant, from which others may be made that have its square


class Op(Signature):
    """What the machinery knows of one declared op; hangs on its function as `.op`."""

    key: Callable[..., tuple]  # `generate` writes it: the arguments to what plans are kept by
    #: Of `(arguments, their dims)`: raises where values on the host are wrong. An op's file may set it.
    check_values: Callable[[tuple, list], None] | None = None

    def __init__(
        self, function: Callable, shape: Callable | None, dtype: Rule | None, body: Callable | None, eager_check: bool
    ):
        super().__init__(function)
        self.declared = function
        self.shape_rule, self.dtype_rule, self.body = shape, dtype, body
        self.eager_check = eager_check
        self.plans: dict[tuple, Callable] = {}

    def __repr__(self) -> str:
        return f"<op {self.name}>"

    # ---- one call -------------------------------------------------------------------------------------------

    def slow(self, args: tuple) -> Any:
        """A call without a plan: symbolic, the first of its kind, or with operands that need a look."""
        args, operands, unknown = self.look(args)
        if unknown or (not operands and allowance.counts() and self._is_only_inferred(args)):
            return symbolic(self, args)
        owner = registry.engine_of_all(*operands)
        engine = owner or registry.current()
        key = self._key(args) if operands and all(_tells_dtype(engine, x) for x in operands) else None
        if owner is None and key is not None:  # host arrays alone: the same call may go to another engine next time
            key = (engine.name, key)
        plan = self.plans.get(key) if key is not None else None
        if plan is not None:
            return self.run(plan, args)
        plan, result = self._first(engine, args, operands)
        if key is not None:
            if len(self.plans) >= _MOST_PLANS:
                self.plans.clear()
            self.plans[key] = plan
        return result

    def _is_only_inferred(self, args: tuple) -> bool:
        """Whether a file asks for a large constant where only shapes are worked out. Elsewhere it has to fit."""
        if self.shape_rule is None:
            return False
        dims = self.infer(*self.as_dims(args))
        size = 8 * math.prod(dims) if isinstance(dims, tuple) else 0
        scope = scopes.scope()
        if scope is not None and scope.symbolic:
            return size > _LARGE
        allowance.charge(size, f"the result of `{self.label}`", keeps=False)
        return False

    def _first(self, engine: Engine, args: tuple, operands: list) -> tuple[Callable, object]:
        """A new plan, and the result of its first run."""
        try:
            plan, result_dtype = plan_for(self, engine, args, operands)
        except (Mismatch, WrongDType) as error:
            raise self.named(error) from None
        result = self.run(plan, args)
        casts = casts_of(engine, result, result_dtype)
        if casts is None:
            return plan, result
        return behind(plan, casts), casts(result)

    def run(self, plan: Callable, args: tuple) -> Any:
        """Run a plan; where the kernel fails, let the shape rule say why."""
        try:
            return plan(*args)
        except Exception as error:
            self.explain(args, error)
            raise

    def explain(self, args: tuple, error: Exception) -> None:
        """Raise our own error if the rules know what is wrong with `args`; else return."""
        explain(self, args, error)

    def named(self, error: KerasliteError) -> KerasliteError:
        """An error of a rule with the op's name in front."""
        kind = ArgumentError if isinstance(error, Mismatch) else DTypeError
        return kind(f"`{self.label}` {error}")

    def infer(self, *dims: object) -> Any:
        """The shape rule, its errors under this op's name."""
        try:
            return self.shape_rule(*dims)  # type: ignore[misc]
        except Mismatch as error:
            raise self.named(error) from None

    # ---- keys -----------------------------------------------------------------------------------------------

    def _key(self, args: tuple) -> tuple | None:
        try:
            key = self.key(*args)
            hash(key)  # a list among the attributes
            return key
        except (TypeError, AttributeError, IndexError):
            return None


def _tells_dtype(engine: Engine, x: object) -> bool:
    """Whether type and dtype of an operand say which dtype it will have.

    Of a list only the content does, and what a switch of the engine keeps as another dtype may change.
    """
    if engine.dtype_switch is not None and isinstance(x, (np.ndarray, np.generic)) and x.dtype.itemsize >= 8:
        return False
    return hasattr(x, "dtype") or type(x) in WEAK


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
