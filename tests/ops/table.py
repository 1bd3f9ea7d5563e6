"""The machinery of op tests: a `Row` says what an op is, the checks below follow from it.

A row names an op, gives calls to make and a NumPy reference computed in float64. `check_*` each take a row and run
in the engine that is active; `tests/ops/test_*.py` parametrize them over rows and engines:

    ROWS = [Row("add", calls(A, B), np.add), ...]
    test_value, test_dtype, test_symbolic, test_jit, test_gradient = conformance(ROWS)
"""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import pytest

from keraslite import ops, transforms, tree
from keraslite.backend import registry
from keraslite.ops.dimension import Dimension
from keraslite.ops.symbolic import SymbolicTensor

MIXES = ("float32", "int32", "bool")


@dataclass(frozen=True, eq=False)
class Call:
    """Arguments of one call; NumPy arrays among them are the tensors, everything else stays as it is."""

    args: tuple[Any, ...]
    kwargs: dict[str, Any] = field(default_factory=dict)

    @property
    def arrays(self) -> list[np.ndarray]:
        """Every array, in order."""
        return [x for x in tree.leaves((self.args, self.kwargs)) if isinstance(x, np.ndarray)]

    def with_arrays(self, arrays: Sequence[Any]) -> Call:
        """The same call on other tensors."""
        left = iter(arrays)
        args, kwargs = tree.map(lambda x: next(left) if isinstance(x, np.ndarray) else x, (self.args, self.kwargs))
        return Call(args, kwargs)

    def run(self, fn: Callable[..., Any]) -> Any:
        """`fn` on the arguments."""
        return fn(*self.args, **self.kwargs)


def call(*args: Any, **kwargs: Any) -> Call:
    """One call."""
    return Call(args, kwargs)


@dataclass(frozen=True, eq=False)
class Row:
    """One op under test.

    Args:
        name: the op; dotted below `keraslite.ops` ("linalg.norm").
        calls: the calls to make.
        reference: the same in NumPy; gets float64 arrays where the call has float ones.
        tolerance: absolute and relative, for float32 results.
        gradient: whether to compare gradients (only by arrays that are float).
        mixes: whether to try float32, int32 and bool in every operand; False where the op needs what it is given.
        symbolic: "batch" (also with an unknown leading size), "static" (known sizes only), "" (not at all).
        jit: whether the op may be compiled (not where sizes depend on values).
        dtypes: expected result dtype by operand dtypes, beyond symbolic = actual.
        skip: engines that cannot, with the reason.
    """

    name: str
    calls: tuple[Call, ...]
    reference: Callable[..., Any]
    tolerance: float = 1e-5
    gradient: bool = True
    mixes: bool = True
    symbolic: str = "batch"
    jit: bool = True
    dtypes: dict[str, str] = field(default_factory=dict)
    skip: dict[str, str] = field(default_factory=dict)

    @property
    def op(self) -> Callable[..., Any]:
        """The op."""
        found: Any = ops
        for part in self.name.split("."):
            found = getattr(found, part)
        return found


def host(nest: Any) -> Any:
    """Tensors as NumPy arrays, floats as float64."""

    def convert(x: Any) -> Any:
        x = x if isinstance(x, (int, float, bool, np.generic)) else ops.convert_to_numpy(x)
        x = np.asarray(x)
        return x.astype("float64") if x.dtype.kind not in "biuc" else x

    return tree.map(convert, list(nest) if isinstance(nest, tuple) else nest)


def values_of(made: Call, dtypes: Sequence[str] | None = None) -> list[Any]:
    """The call's arrays as tensors of the active engine; float64 arrays become float32."""
    arrays = made.arrays
    names = dtypes or ["float32" if a.dtype == np.float64 else str(a.dtype) for a in arrays]
    return [ops.convert_to_tensor(a, dtype=d) for a, d in zip(arrays, names, strict=True)]


def tensors(made: Call, dtypes: Sequence[str] | None = None) -> Call:
    """The call on tensors of the active engine."""
    return made.with_arrays(values_of(made, dtypes))


def precise(made: Call) -> Call:
    """The call on float64 arrays that hold what the float32 tensors hold."""
    return made.with_arrays([a.astype("float32").astype("float64") if a.dtype.kind == "f" else a for a in made.arrays])


def assert_close(actual: Any, expected: Any, tolerance: float) -> None:
    """Both nests agree in structure, shapes and values."""
    actual, expected = tree.leaves(host(actual)), tree.leaves(host(expected))
    assert len(actual) == len(expected)
    for a, e in zip(actual, expected, strict=True):
        assert a.shape == e.shape
        np.testing.assert_allclose(a, e, rtol=tolerance, atol=tolerance)


def check_value(row: Row) -> None:
    """The op gives what NumPy gives."""
    for made in row.calls:
        with np.errstate(all="ignore"):
            expected = precise(made).run(row.reference)
        assert_close(tensors(made).run(row.op), expected, row.tolerance)


def _mixes(row: Row, made: Call) -> Iterator[tuple[str, ...]]:
    arrays = made.arrays
    if not row.mixes:
        yield tuple("float32" if a.dtype == np.float64 else str(a.dtype) for a in arrays)
        return
    yield from itertools.islice(itertools.product(MIXES, repeat=len(arrays)), 27)


def _symbolic(made: Call, names: Sequence[str], unknown: Dimension | None = None) -> Call:
    arrays = made.arrays
    lead = arrays[0].shape[0] if arrays and arrays[0].ndim else None
    shapes = [
        (unknown, *a.shape[1:]) if unknown is not None and a.ndim and a.shape[0] == lead else a.shape for a in arrays
    ]
    return made.with_arrays([SymbolicTensor(s, d) for s, d in zip(shapes, names, strict=True)])


def _described(nest: Any) -> list[tuple[tuple, str]]:
    found = tree.leaves(list(nest) if isinstance(nest, tuple) else nest)
    return [(tuple(ops.shape(x)), ops.dtype(x)) for x in found]


def check_dtype(row: Row) -> None:
    """The rule's dtype is the actual one, over mixes of operands."""
    made = row.calls[0]
    for names in _mixes(row, made):
        with np.errstate(all="ignore"):
            actual = _described(tensors(made, names).run(row.op))
        if row.symbolic:
            symbolic = _described(_symbolic(made, names).run(row.op))
            assert [d for _, d in symbolic] == [d for _, d in actual], names
        expected = row.dtypes.get(" ".join(names))
        assert expected is None or actual[0][1] == expected, names


def check_symbolic(row: Row) -> None:
    """Shapes and dtypes of symbolic calls are those of actual calls, with an unknown leading size too."""
    for made in row.calls if row.symbolic else ():
        names = ["float32" if a.dtype == np.float64 else str(a.dtype) for a in made.arrays]
        actual = _described(tensors(made).run(row.op))
        assert _described(_symbolic(made, names).run(row.op)) == actual
        if row.symbolic == "batch":
            unknown = _described(_symbolic(made, names, Dimension("batch")).run(row.op))
            for (dims, dtype), (shape, actual_dtype) in zip(unknown, actual, strict=True):
                assert dtype == actual_dtype
                assert len(dims) == len(shape)
                assert all(isinstance(d, Dimension) or d == size for d, size in zip(dims, shape, strict=True))


def check_jit(row: Row) -> None:
    """Compiled is what eager is."""
    for made in row.calls if row.jit else ():
        values = values_of(made)

        def run(*values: Any, made: Call = made) -> Any:
            return made.with_arrays(values).run(row.op)

        eager, compiled = run(*values), transforms.jit(run)(*values)
        assert_close(compiled, eager, row.tolerance)
        assert _described(compiled) == _described(eager)


def check_gradient(row: Row) -> None:
    """Gradients agree with central differences of the reference along a random direction."""
    for made in row.calls if row.gradient else ():
        arrays = precise(made).arrays
        chosen = [i for i, a in enumerate(arrays) if a.dtype.kind == "f"]
        if not chosen:
            continue
        dtype = "float64" if "float64" in registry.current().capabilities else "float32"
        generator = np.random.default_rng(5)
        directions = {i: generator.normal(size=arrays[i].shape) for i in chosen}
        first = np.asarray(tree.leaves(host(made.with_arrays(arrays).run(row.reference)))[0])
        weights = generator.normal(size=first.shape)

        def moved(step: float, *, made: Call = made, arrays=arrays, directions=directions, weights=weights) -> float:
            at = [a + step * directions[i] if i in directions else a for i, a in enumerate(arrays)]
            return float(np.sum(weights * np.asarray(tree.leaves(host(made.with_arrays(at).run(row.reference)))[0])))

        def loss(*floats: Any, made: Call = made, arrays=arrays, chosen=chosen, weights=weights, dtype=dtype) -> Any:
            given = dict(zip(chosen, floats, strict=True))
            every = [given.get(i, a) if i in given else ops.convert_to_tensor(a) for i, a in enumerate(arrays)]
            result = tree.leaves(made.with_arrays(every).run(row.op))[0]
            return ops.sum(result * ops.convert_to_tensor(weights, dtype=dtype))

        floats = [ops.convert_to_tensor(arrays[i], dtype=dtype) for i in chosen]
        gradients = transforms.grad(loss, argnums=tuple(range(len(chosen))))(*floats)
        actual = sum(float(np.sum(host(g) * directions[i])) for i, g in zip(chosen, gradients, strict=True))
        expected = (moved(1e-5) - moved(-1e-5)) / 2e-5
        size = max(1.0, abs(expected))
        assert abs(actual - expected) < size * (1e-4 if dtype == "float64" else max(2e-3, 20 * row.tolerance))


def conformance(rows: Sequence[Row]) -> tuple[Callable[..., None], ...]:
    """The five generated tests of a table: value, dtype, symbolic, jit, gradient."""

    def of(check: Callable[[Row], None], wanted: Callable[[Row], bool], fixture: str) -> Callable[..., None]:
        chosen = [row for row in rows if wanted(row)]
        every = [row.name for row in rows]
        names = [f"{row.name}-{rows.index(row)}" if every.count(row.name) > 1 else row.name for row in chosen]

        @pytest.mark.parametrize("row", chosen, ids=names)
        def test(row: Row, request: pytest.FixtureRequest) -> None:
            request.getfixturevalue(fixture)
            engine = registry.current().name
            if engine in row.skip:
                pytest.skip(row.skip[engine])
            check(row)

        return pytest.mark.usefixtures(fixture)(test)

    return (
        of(check_value, lambda row: True, "backend"),
        of(check_dtype, lambda row: True, "backend"),
        of(check_symbolic, lambda row: bool(row.symbolic), "backend"),
        of(check_jit, lambda row: row.jit, "backend"),
        of(check_gradient, lambda row: row.gradient, "differentiating_backend"),
    )


def bodies(rows: Sequence[Row]) -> Callable[..., None]:
    """A generated test: what engines override by a kernel of their own gives the same by the op's body."""
    chosen = [row for row in rows if getattr(row.op, "op", None) is not None and row.op.op.body is not None]

    @pytest.mark.parametrize("row", chosen, ids=[f"{row.name}-{i}" for i, row in enumerate(chosen)])
    def test(row: Row, backend: str, monkeypatch: pytest.MonkeyPatch) -> None:
        op = row.op.op
        if op.name not in registry.current().kernels:
            pytest.skip("no kernel of its own")
        monkeypatch.delitem(registry.current().kernels, op.name)
        op.plans.clear()
        try:
            check_value(row)
        finally:
            op.plans.clear()

    return test
