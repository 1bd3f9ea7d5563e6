"""What the suite says of an op: a `Row` of calls to make and a NumPy reference computed in float64."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from keraslite import ops, tree


@dataclass(frozen=True, eq=False)
class Call:
    """Arguments of one call; NumPy arrays among them are the tensors, everything else stays as it is."""

    args: tuple[Any, ...]
    kwargs: dict[str, Any] = field(default_factory=dict)

    @property
    def arrays(self) -> list[np.ndarray]:
        """Every array, in order."""
        return [x for x in tree.leaves((self.args, self.kwargs)) if isinstance(x, np.ndarray)]

    @property
    def dtypes(self) -> list[str]:
        """The dtypes that the arrays have as tensors: float64 arrays become float32."""
        names = {"float64": "float32", "complex128": "complex64"}
        return [names.get(str(a.dtype), str(a.dtype)) for a in self.arrays]

    def with_arrays(self, arrays: Sequence[Any]) -> Call:
        """The same call on other tensors."""
        left = iter(arrays)
        args, kwargs = tree.map(lambda x: next(left) if isinstance(x, np.ndarray) else x, (self.args, self.kwargs))
        return Call(args, kwargs)

    def run(self, fn: Callable[..., Any]) -> Any:
        """`fn` on the arguments."""
        return fn(*self.args, **self.kwargs)

    def tensors(self, dtypes: Sequence[str] | None = None) -> Call:
        """The call on tensors of the active engine."""
        names = dtypes or self.dtypes
        return self.with_arrays([ops.convert_to_tensor(a, dtype=d) for a, d in zip(self.arrays, names, strict=True)])

    def precise(self) -> Call:
        """The call on float64 arrays that hold what the float32 tensors hold."""
        wide = {"float32": "float64", "complex64": "complex128"}
        arrays = zip(self.arrays, self.dtypes, strict=True)
        return self.with_arrays([a.astype(d).astype(wide[d]) if d in wide else a for a, d in arrays])

    def __str__(self) -> str:
        def shown(x: Any) -> str:
            return f"{x.dtype}{list(x.shape)}" if isinstance(x, np.ndarray) and x.size > 6 else repr(x)

        return ", ".join([*map(shown, self.args), *(f"{name}={shown(x)}" for name, x in self.kwargs.items())])


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
        vmap: whether the op may be mapped over a leading axis of its tensors.
        dtypes: expected result dtype by operand dtypes, beyond symbolic = actual.
    """

    name: str
    calls: tuple[Call, ...]
    reference: Callable[..., Any]
    tolerance: float = 1e-5
    gradient: bool = True
    mixes: bool = True
    symbolic: str = "batch"
    jit: bool = True
    vmap: bool = True
    dtypes: dict[str, str] = field(default_factory=dict)

    @property
    def op(self) -> Callable[..., Any]:
        """The op."""
        found: Any = ops
        for part in self.name.split("."):
            found = getattr(found, part)
        return found

    def expected(self, made: Call) -> Any:
        """What the reference gives for a call."""
        with np.errstate(all="ignore"):
            return made.precise().run(self.reference)


def host(nest: Any) -> Any:
    """Tensors as NumPy arrays, half precision as float64; a tuple as a list."""

    def convert(x: Any) -> Any:
        x = np.asarray(x if isinstance(x, (int, float, bool, np.generic)) else ops.convert_to_numpy(x))
        return x if x.dtype.kind in "biuc" else x.astype("float64")

    return tree.map(convert, list(nest) if isinstance(nest, tuple) else nest)


def described(nest: Any) -> list[tuple[tuple, str]]:
    """Shape and dtype of every tensor."""
    found = tree.leaves(list(nest) if isinstance(nest, tuple) else nest)
    return [(tuple(ops.shape(x)), ops.dtype(x)) for x in found]


def assert_close(actual: Any, expected: Any, tolerance: float) -> None:
    """Both nests agree in structure, shapes and values."""
    actual, expected = tree.leaves(host(actual)), tree.leaves(host(expected))
    if len(actual) != len(expected):
        raise AssertionError(f"Expected {len(expected)} results. Received {len(actual)}.")
    for a, e in zip(actual, expected, strict=True):
        if a.shape != e.shape:
            raise AssertionError(f"Expected shape {e.shape}. Received {a.shape}.")
        np.testing.assert_allclose(a, e, rtol=tolerance, atol=tolerance)


def assert_equal(actual: Any, expected: Any, what: str) -> None:
    """`actual` is `expected`; the message names both."""
    if actual != expected:
        raise AssertionError(f"{what}: expected {expected}. Received {actual}.")
