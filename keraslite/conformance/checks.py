"""The checks that a row generates. Each takes the row and some of its calls and runs on the active engine."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from keraslite import ops, transforms, tree
from keraslite.backend import registry
from keraslite.conformance import drawing
from keraslite.conformance.failures import at, strictly
from keraslite.conformance.gradient import check_gradient
from keraslite.conformance.rows import Call, Row, assert_close, assert_equal, described, host
from keraslite.errors import ArgumentError, DTypeError
from keraslite.ops.dimension import Dimension
from keraslite.ops.symbolic import SymbolicTensor

Calls = Sequence[Call]

MIXES = ("float32", "int32", "bool")
LONGEST_MIX = 27
#: The other dtypes that every operand is tried with, unless only a sample runs.
SWEPT = ("int8", "int16", "int64", "uint8", "uint16", "uint32", "uint64", "float16", "bfloat16", "float64")
#: The number of calls that hypothesis draws per row, and for a sample.
DRAWN, DRAWN_OF_SAMPLE = 20, 2


def check_value(row: Row, calls: Calls) -> int:
    """Check that the op returns what NumPy returns."""
    for made in calls:
        with at(row, made):
            assert_close(made.tensors().run(row.op), row.expected(made), row.tolerance)
    return len(calls)


def check_dtypes(row: Row, calls: Calls) -> int:
    """Run `check_dtype`, and try every dtype of the engine in all operands of the first call."""
    checked = check_dtype(row, calls)
    made = calls[0]
    for name in _stored_names() if row.mixes else ():
        names = (name,) * len(made.arrays)
        with at(row, made, finite=False), np.errstate(all="ignore"):
            actual = _dtypes_or_refusal(made.tensors(names), row)
            if row.symbolic:
                symbolic = _dtypes_or_refusal(_symbolic(made, names), row)
                assert_equal(actual, symbolic, f"dtypes of {' '.join(names)} than by the rule")
    return checked


def _stored_names() -> list[str]:
    engine = registry.current()
    return [name for name in SWEPT if name in engine.dtype_names.values() and engine.stored_dtype(name) == name]


def _dtypes_or_refusal(made: Call, row: Row) -> list[str] | str:
    """Return the dtypes of the results, or the kind of error if the op refuses the dtype."""
    try:
        return [dtype for _, dtype in described(made.run(row.op))]
    except (DTypeError, ArgumentError) as error:
        return type(error).__name__


def check_dtype(row: Row, calls: Calls) -> int:
    """Check that the result has the rule's dtype, for mixed dtypes of the operands of the first call."""
    made = calls[0]
    for names in _mixes(row, made):
        with at(row, made, finite=False), np.errstate(all="ignore"):
            actual = [dtype for _, dtype in described(made.tensors(names).run(row.op))]
            if row.symbolic:
                symbolic = [dtype for _, dtype in described(_symbolic(made, names).run(row.op))]
                assert_equal(actual, symbolic, f"dtypes of {' '.join(names)} than by the rule")
            expected = row.dtypes.get(" ".join(names))
            if expected is not None:
                assert_equal(actual[0], expected, f"dtype of {' '.join(names)}")
    return 1


def _mixes(row: Row, made: Call) -> Iterator[tuple[str, ...]]:
    if not row.mixes:
        yield tuple(made.dtypes)
        return
    yield from itertools.islice(itertools.product(MIXES, repeat=len(made.arrays)), LONGEST_MIX)


def _symbolic(made: Call, names: Sequence[str], unknown: Dimension | None = None) -> Call:
    arrays = made.arrays
    lead = arrays[0].shape[0] if arrays and arrays[0].ndim else None
    shapes = [
        (unknown, *a.shape[1:]) if unknown is not None and a.ndim and a.shape[0] == lead else a.shape for a in arrays
    ]
    return made.with_arrays([SymbolicTensor(s, d) for s, d in zip(shapes, names, strict=True)])


def check_symbolic(row: Row, calls: Calls) -> int:
    """Check that symbolic calls have the shapes and dtypes of real calls, also with an unknown leading size."""
    for made in calls:
        with at(row, made):
            actual = described(made.tensors().run(row.op))
            assert_equal(described(_symbolic(made, made.dtypes).run(row.op)), actual, "symbolic shapes and dtypes")
            if row.symbolic == "batch":
                unknown = described(_symbolic(made, made.dtypes, Dimension("batch")).run(row.op))
                _same_where_known(unknown, actual)
    return len(calls)


def _same_where_known(unknown: list[tuple[tuple, str]], actual: list[tuple[tuple, str]]) -> None:
    for (dims, dtype), (shape, actual_dtype) in zip(unknown, actual, strict=True):
        assert_equal(dtype, actual_dtype, "symbolic dtype of an unknown batch")
        assert_equal(len(dims), len(shape), "symbolic rank of an unknown batch")
        known = tuple(size if isinstance(d, Dimension) else d for d, size in zip(dims, shape, strict=True))
        assert_equal(known, shape, "symbolic sizes of an unknown batch")


def check_jit(row: Row, calls: Calls) -> int:
    """Check that compiled and eager calls agree. All calls are one program, because compiling is slow."""
    eager = []
    for made in calls:
        with at(row, made):
            eager.append(made.tensors().run(row.op))
    for made, compiled, wanted in zip(calls, _compiled(row, calls), eager, strict=True):
        with at(row, made):
            assert_close(compiled, wanted, row.tolerance)
            assert_equal(described(compiled), described(wanted), "compiled shapes and dtypes")
    return len(calls)


def _compiled(row: Row, calls: Calls) -> list[Any]:
    """Return the results of a compiled program of all calls."""

    def run(groups: list[list[object]]) -> list[Any]:
        return [made.with_arrays(group).run(row.op) for made, group in zip(calls, groups, strict=True)]

    groups = [_values(made) for made in calls]
    try:
        with strictly(row, calls):
            return transforms.jit(run)(groups)
    except Exception:  # any error: run alone, the call that raises it can be named
        return [_compiled_alone(row, made) for made in calls]


def _compiled_alone(row: Row, made: Call) -> object:
    with at(row, made):
        return transforms.jit(lambda group: made.with_arrays(group).run(row.op))(_values(made))


def _values(made: Call) -> list[object]:
    return [ops.convert_to_tensor(a, dtype=d) for a, d in zip(made.arrays, made.dtypes, strict=True)]


def check_vmap(row: Row, calls: Calls) -> int:
    """Check that the first call, mapped over a leading axis, agrees with a loop over that axis."""
    made = calls[0]
    values = _values(made)
    if not values:
        return 0
    with at(row, made):
        # rows differ, so that a mix-up shows, but by so little that they stay in any domain
        rows = [[_scaled(x, factor) for x in values] for factor in (1.0, 0.95, 0.9)]
        stacked = [ops.stack(column) for column in zip(*rows, strict=True)]

        def run(*given: object) -> Any:
            return made.with_arrays(given).run(row.op)

        mapped = tree.leaves(host(transforms.vmap(run)(*stacked)))
        single = [tree.leaves(host(run(*given))) for given in rows]
        for many, *each in zip(mapped, *single, strict=True):
            assert_close(many, np.stack(each), row.tolerance)
    return 1


def _scaled(x: Any, factor: float) -> object:
    return ops.multiply(x, factor) if "float" in ops.dtype(x) else x


def check_body(row: Row, calls: Calls) -> int:
    """Check that the body of an op returns what the engine's own kernel returns."""
    op = row.op.op  # type: ignore[attr-defined]
    kernels = registry.current().kernels
    kernel = kernels.pop(op.name)
    op.plans.clear()
    try:
        return check_value(row, calls)
    finally:
        kernels[op.name] = kernel
        op.plans.clear()


def _overridden(row: Row) -> bool:
    op = getattr(row.op, "op", None)
    return op is not None and op.body is not None and op.name in registry.current().kernels


@dataclass(frozen=True)
class Check:
    """One kind of check.

    Args:
        run: a function of a row and calls that returns how many calls it checked.
        owed: a function of a row: whether the check is required of the active engine.
        sample: the function for a sample, in place of `run`.
    """

    run: Callable[[Row, Calls], int]
    owed: Callable[[Row], bool]
    sample: Callable[[Row, Calls], int] | None = None


#: The checks by name, in the order of a report's columns.
CHECKS = {
    "value": Check(check_value, lambda row: True),
    "dtype": Check(check_dtypes, lambda row: True, check_dtype),
    "symbolic": Check(check_symbolic, lambda row: bool(row.symbolic)),
    "jit": Check(check_jit, lambda row: row.jit),
    "gradient": Check(check_gradient, lambda row: row.gradient and "gradients" in registry.current().capabilities),
    "vmap": Check(check_vmap, lambda row: row.vmap and row.jit),
    "body": Check(check_body, _overridden),
    "property": Check(
        lambda row, calls: drawing.check_drawn(row, DRAWN),
        lambda row: bool(row.draws),
        lambda row, calls: drawing.check_drawn(row, DRAWN_OF_SAMPLE),
    ),
}
