"""The checks that follow from a row: each takes the row and a call, and runs in the engine that is active."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from keraslite import ops, transforms, tree
from keraslite.backend import registry
from keraslite.conformance.rows import Call, Row, assert_close, assert_equal, described, host
from keraslite.ops.dimension import Dimension
from keraslite.ops.symbolic import SymbolicTensor

MIXES = ("float32", "int32", "bool")
LONGEST_MIX = 27


def check_value(row: Row, made: Call) -> None:
    """The op gives what NumPy gives."""
    assert_close(made.tensors().run(row.op), row.expected(made), row.tolerance)


def check_dtype(row: Row, made: Call) -> None:
    """The rule's dtype is the actual one, over mixes of operands."""
    for names in _mixes(row, made):
        with np.errstate(all="ignore"):
            actual = [dtype for _, dtype in described(made.tensors(names).run(row.op))]
        if row.symbolic:
            symbolic = [dtype for _, dtype in described(_symbolic(made, names).run(row.op))]
            assert_equal(actual, symbolic, f"dtypes of {' '.join(names)} by the rule")
        expected = row.dtypes.get(" ".join(names))
        if expected is not None:
            assert_equal(actual[0], expected, f"dtype of {' '.join(names)}")


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


def check_symbolic(row: Row, made: Call) -> None:
    """Shapes and dtypes of symbolic calls are those of actual calls, with an unknown leading size too."""
    actual = described(made.tensors().run(row.op))
    assert_equal(described(_symbolic(made, made.dtypes).run(row.op)), actual, "symbolic shapes and dtypes")
    if row.symbolic != "batch":
        return
    unknown = described(_symbolic(made, made.dtypes, Dimension("batch")).run(row.op))
    for (dims, dtype), (shape, actual_dtype) in zip(unknown, actual, strict=True):
        assert_equal(dtype, actual_dtype, "symbolic dtype of an unknown batch")
        assert_equal(len(dims), len(shape), "symbolic rank of an unknown batch")
        known = tuple(size if isinstance(d, Dimension) else d for d, size in zip(dims, shape, strict=True))
        assert_equal(known, shape, "symbolic sizes of an unknown batch")


def check_jit(row: Row, made: Call) -> None:
    """Compiled is what eager is."""
    values = _values(made)

    def run(*given: Any) -> Any:
        return made.with_arrays(given).run(row.op)

    eager, compiled = run(*values), transforms.jit(run)(*values)
    assert_close(compiled, eager, row.tolerance)
    assert_equal(described(compiled), described(eager), "compiled shapes and dtypes")


def _values(made: Call) -> list[Any]:
    return [ops.convert_to_tensor(a, dtype=d) for a, d in zip(made.arrays, made.dtypes, strict=True)]


def check_vmap(row: Row, made: Call) -> None:
    """Mapped over a leading axis is the loop over it."""
    values = _values(made)
    if not values:
        return
    stacked = [ops.stack([x, x, x]) for x in values]

    def run(*given: Any) -> Any:
        return made.with_arrays(given).run(row.op)

    mapped = tree.leaves(host(transforms.vmap(run)(*stacked)))
    for one, many in zip(tree.leaves(host(run(*values))), mapped, strict=True):
        assert_close(many, np.stack([one] * 3), row.tolerance)


def check_gradient(row: Row, made: Call) -> None:
    """Gradients agree with central differences of the reference along a random direction."""
    arrays = made.precise().arrays
    chosen = [i for i, a in enumerate(arrays) if a.dtype.kind == "f"]
    if not chosen:
        return
    dtype = "float64" if "float64" in registry.current().capabilities else "float32"
    generator = np.random.default_rng(5)
    directions = {i: generator.normal(size=arrays[i].shape) for i in chosen}

    def first_of(given: Sequence[Any]) -> np.ndarray:
        return np.asarray(tree.leaves(host(made.with_arrays(given).run(row.reference)))[0])

    weights = generator.normal(size=first_of(arrays).shape)

    def moved(step: float) -> float:
        return float(np.sum(weights * first_of([a + step * directions.get(i, 0) if i in directions else a
                                                for i, a in enumerate(arrays)])))  # fmt: skip

    def loss(*floats: Any) -> Any:
        given = dict(zip(chosen, floats, strict=True))
        every = [given[i] if i in given else ops.convert_to_tensor(a) for i, a in enumerate(arrays)]
        result = tree.leaves(made.with_arrays(every).run(row.op))[0]
        return ops.sum(result * ops.convert_to_tensor(weights, dtype=dtype))

    floats = [ops.convert_to_tensor(arrays[i], dtype=dtype) for i in chosen]
    gradients = transforms.grad(loss, argnums=tuple(range(len(chosen))))(*floats)
    actual = sum(float(np.sum(host(g) * directions[i])) for i, g in zip(chosen, gradients, strict=True))
    expected = (moved(1e-5) - moved(-1e-5)) / 2e-5
    allowed = max(1.0, abs(expected)) * (1e-4 if dtype == "float64" else max(2e-3, 20 * row.tolerance))
    if not abs(actual - expected) < allowed:
        raise AssertionError(f"Slope along a random direction: expected {expected}. Received {actual}.")


def check_body(row: Row, made: Call) -> None:
    """What the engine overrides by a kernel of its own gives the same by the op's body."""
    op = row.op.op  # type: ignore[attr-defined]
    kernels = registry.current().kernels
    kernel = kernels.pop(op.name)
    op.plans.clear()
    try:
        check_value(row, made)
    finally:
        kernels[op.name] = kernel
        op.plans.clear()


def _overridden(row: Row) -> bool:
    op = getattr(row.op, "op", None)
    return op is not None and op.body is not None and op.name in registry.current().kernels


def _has(capability: str) -> bool:
    return capability in registry.current().capabilities


@dataclass(frozen=True)
class Check:
    """One kind of check, and whether the active engine owes it for a row."""

    run: Callable[[Row, Call], None]
    owed: Callable[[Row], bool]
    every_call: bool = True


#: By name, in the order of a report's columns.
CHECKS = {
    "value": Check(check_value, lambda row: True),
    "dtype": Check(check_dtype, lambda row: True, every_call=False),
    "symbolic": Check(check_symbolic, lambda row: bool(row.symbolic)),
    "jit": Check(check_jit, lambda row: row.jit),
    "gradient": Check(check_gradient, lambda row: row.gradient and _has("gradients")),
    "vmap": Check(check_vmap, lambda row: row.vmap and row.jit, every_call=False),
    "body": Check(check_body, _overridden),
}
