"""Why a call failed, in the words of the op's rules."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from keraslite.backend import dtypes as lattice
from keraslite.backend import registry
from keraslite.errors import ArgumentError, DTypeError, KerasliteError
from keraslite.ops import caller
from keraslite.ops.arguments import dtype_of
from keraslite.ops.dtype import WrongDType
from keraslite.ops.planning import infer_dtypes
from keraslite.ops.shape import Mismatch

if TYPE_CHECKING:
    from keraslite.ops.declare import Op


def explain(op: Op, args: tuple, error: Exception) -> None:
    """Raise our own error if the rules know what is wrong with `args`; else return."""
    if isinstance(error, (Mismatch, WrongDType)):
        raise op.named(error) from None
    if isinstance(error, KerasliteError) and not (op.body and isinstance(error, ArgumentError)):
        return
    try:
        with caller.nowhere():
            _retrace(op, op.read(args))
    except KerasliteError as ours:
        raise (op.named(ours) if isinstance(ours, (Mismatch, WrongDType)) else ours) from error
    except Exception:
        return


def _retrace(op: Op, args: tuple) -> None:
    """Go through all that is known of the call without an engine, so that what is wrong raises."""
    if op.shape_rule is not None:
        op.infer(*op.as_dims(args))
    if op.body is not None:
        targets, _ = infer_dtypes(op, registry.current(), args, op.operands(args))
        op.body(*op.as_symbolic(args, targets))
    if op.check_values is not None:
        op.check_values(tuple(_on_host(x) for x in args), op.as_dims(args))
    dtypes = [dtype_of(x, op.label) for x in op.operands(args)]
    if any(map(lattice.is_complex, dtypes)):
        raise DTypeError(
            f"`{op.label}` needs real numbers on this engine. Received dtypes {', '.join(dtypes)}. "
            "Use `ops.real`, `ops.imag` or `ops.absolute` first."
        )


def _on_host(x: Any) -> object:
    engine = registry.engine_of(x)
    return x if engine is None else engine.to_numpy(x)
