"""Calls on symbolic tensors: rules instead of a kernel, recorded as nodes."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from keraslite.backend import registry
from keraslite.errors import KerasliteError
from keraslite.ops import caller
from keraslite.ops.arguments import dtype_of, stored_dtypes
from keraslite.ops.dtype import WrongDType
from keraslite.ops.operators import OPS
from keraslite.ops.planning import infer_dtypes, requested_on
from keraslite.ops.shape import Dims, Mismatch
from keraslite.ops.symbolic import Node, SymbolicTensor, fresh

if TYPE_CHECKING:
    from keraslite.ops.declare import Op


def symbolic(op: Op, args: tuple) -> object:
    """The call on symbolic tensors: rules instead of a kernel, recorded as one node.

    Errors end with the user's line.
    """
    try:
        return _record(op, args)
    except KerasliteError as failure:
        error = op.named(failure) if isinstance(failure, (Mismatch, WrongDType)) else failure
        if error.args and not hasattr(error, "_placed"):  # an op of the body may have done it
            error._placed = True  # type: ignore[attr-defined]
            error.args = (f"{error.args[0]}{caller.at()}", *error.args[1:])
        raise error from None


def _record(op: Op, args: tuple) -> object:
    engine = registry.current()
    for kind, arg in zip(op.kinds, args, strict=True):
        if kind == "DType" and arg is not None:
            requested_on(op, engine)(arg)
    targets, result_dtype = stored_dtypes(engine, infer_dtypes(op, engine, args, op.operands(args)))
    if op.check_values is not None:
        op.check_values(args, op.as_dims(args))
    if op.shape_rule is not None:
        result_dtype = result_dtype or dtype_of(op.operands(args)[0], op.label)
        outputs = _from_rule(op.infer(*op.as_dims(args)), result_dtype)
    else:
        outputs = fresh(op.body(*op.as_symbolic(args, targets)))  # type: ignore[misc]
    Node(OPS[op.name], args, {}, outputs)
    return outputs


def _from_rule(dims: Dims | list[Dims], dtypes: Any) -> SymbolicTensor | tuple[SymbolicTensor, ...]:
    if isinstance(dims, list):
        names = [dtypes] * len(dims) if isinstance(dtypes, str) else dtypes
        return tuple(SymbolicTensor(d, name) for d, name in zip(dims, names, strict=True))
    return SymbolicTensor(dims, dtypes if isinstance(dtypes, str) else dtypes[0])
