"""`Row`: the calls of an op that the suite makes, and a NumPy reference computed in float64."""

from __future__ import annotations

import warnings
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any, TypeVar

import numpy as np

from keraslite import ops, tree

_T = TypeVar("_T")


@dataclass(frozen=True, eq=False)
class Call:
    """The arguments of one call. NumPy arrays among them become tensors; everything else stays as it is."""

    args: tuple[Any, ...]
    kwargs: dict[str, object] = field(default_factory=dict)

    @property
    def arrays(self) -> list[np.ndarray]:
        """Return every array, in order."""
        return [x for x in tree.leaves((self.args, self.kwargs)) if isinstance(x, np.ndarray)]

    @property
    def dtypes(self) -> list[str]:
        """Return the dtypes of the arrays as tensors. float64 arrays become float32."""
        names = {"float64": "float32", "complex128": "complex64"}
        return [names.get(str(a.dtype), str(a.dtype)) for a in self.arrays]

    def with_arrays(self, arrays: Sequence[object]) -> Call:
        """Return the same call with other tensors."""
        left = iter(arrays)
        args, kwargs = tree.map(lambda x: next(left) if isinstance(x, np.ndarray) else x, (self.args, self.kwargs))
        return Call(args, kwargs)

    def run(self, fn: Callable[..., _T]) -> _T:
        """`fn` on the arguments."""
        return fn(*self.args, **self.kwargs)

    def tensors(self, dtypes: Sequence[str] | None = None) -> Call:
        """Return the call with tensors of the active engine."""
        names = dtypes or self.dtypes
        return self.with_arrays([ops.convert_to_tensor(a, dtype=d) for a, d in zip(self.arrays, names, strict=True)])

    def precise(self) -> Call:
        """Return the call with float64 arrays that have the values of the float32 tensors."""
        wide = {"float32": "float64", "complex64": "complex128"}
        arrays = zip(self.arrays, self.dtypes, strict=True)
        return self.with_arrays([a.astype(d).astype(wide[d]) if d in wide else a for a, d in arrays])

    def shown(self, most: int) -> str:
        """Return the arguments as text. An array with more than `most` elements is shown as dtype and shape."""

        def text(x: object) -> str:
            if isinstance(x, np.ndarray):
                return f"{x.dtype}{list(x.shape)}" if x.size > most else f"{x.dtype} {x.tolist()}"
            if isinstance(x, (list, tuple)):
                inner = ", ".join(map(text, x)) + ("," if isinstance(x, tuple) and len(x) == 1 else "")
                return f"[{inner}]" if isinstance(x, list) else f"({inner})"
            return repr(x)

        return ", ".join([*map(text, self.args), *(f"{name}={text(x)}" for name, x in self.kwargs.items())])

    def __str__(self) -> str:
        return self.shown(6)


def call(*args: Any, **kwargs: object) -> Call:
    """One call."""
    return Call(args, kwargs)


@dataclass(frozen=True, eq=False)
class Row:
    """One op under test.

    Args:
        name: the op; dotted below `keraslite.ops` ("linalg.norm").
        calls: the calls to make.
        reference: the same computation in NumPy. It gets float64 arrays if the call has floats.
        tolerance: absolute and relative, for float32 results.
        gradient: whether to compare gradients (only with respect to float arrays).
        mixes: whether to try float32, int32 and bool in every operand; False if the op needs the given dtypes.
        symbolic: "batch" (also with an unknown leading size), "static" (known sizes only), "" (not at all).
        jit: whether the op may be compiled (not if sizes depend on values).
        vmap: whether the op may be mapped over a leading axis of its tensors.
        dtypes: expected result dtype by operand dtypes, beyond symbolic = actual.
        draws: a kind of `keraslite.conformance.drawing.KINDS`, for ops of a simple structure: further calls are drawn.
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
    draws: str = ""

    @property
    def op(self) -> Callable[..., Any]:
        """The op."""
        found: Any = ops
        for part in self.name.split("."):
            found = getattr(found, part)
        return found

    def expected(self, made: Call) -> Any:
        """Return what the reference returns for a call."""
        with np.errstate(all="ignore"), warnings.catch_warnings():
            warnings.simplefilter("ignore")  # such as "mean of empty slice"
            return made.precise().run(self.reference)

    def finite(self, made: Call) -> bool:
        """Return whether the arguments and the reference's results are finite."""
        results = [np.asarray(x) for x in tree.leaves(host(self.expected(made)))]
        return all(np.isfinite(a).all() for a in [*made.arrays, *results] if a.dtype.kind in "fc")


class Mismatch(AssertionError):
    """A result differs from what is expected.

    Args:
        what: the difference.
        expected, received: as text.
    """

    def __init__(self, what: str, expected: str, received: str):
        super().__init__(f"{what}\nexpected {expected}\nreceived {received}")
        self.what, self.expected, self.received = what, expected, received


def host(nest: object) -> object:
    """Return tensors as NumPy arrays, half precision as float64, and tuples as lists."""

    def convert(x: object) -> object:
        x = np.asarray(x if isinstance(x, (int, float, bool, np.generic)) else ops.convert_to_numpy(x))
        return x if x.dtype.kind in "biuc" else x.astype("float64")

    return tree.map(convert, list(nest) if isinstance(nest, tuple) else nest)


def described(nest: object) -> list[tuple[tuple, str]]:
    """Return shape and dtype of every tensor."""
    found = tree.leaves(list(nest) if isinstance(nest, tuple) else nest)
    return [(tuple(ops.shape(x)), ops.dtype(x)) for x in found]


def shown(nest: object, most: int = 60) -> str:
    """Return results as text. Long arrays are shortened."""
    leaves = tree.leaves(host(nest))
    with np.printoptions(threshold=most, edgeitems=2, precision=8, linewidth=100):
        return "\n".join(f"{x.dtype}{list(x.shape)} {x}" for x in leaves)


def assert_close(actual: object, expected: object, tolerance: float) -> None:
    """Check that two nests agree in structure, shapes and values.

    Raises:
        Mismatch: if they do not.
    """
    results, wanted = tree.leaves(host(actual)), tree.leaves(host(expected))
    if len(results) != len(wanted):
        raise Mismatch(f"{len(results)} results instead of {len(wanted)}", shown(expected), shown(actual))
    for i, (a, e) in enumerate(zip(results, wanted, strict=True)):
        which = f" of result {i}" if len(wanted) > 1 else ""
        if a.shape != e.shape:
            raise Mismatch(f"shape {a.shape}{which} instead of {e.shape}", shown(e), shown(a))
        wrong = ~np.isclose(a, e, rtol=tolerance, atol=tolerance, equal_nan=True)
        if wrong.any():
            first = tuple(int(n) for n in np.argwhere(wrong)[0])
            number = f"{wrong.sum()} of {wrong.size} elements{which} differ by more than {tolerance:g}"
            at = f", the first at {first}: {a[first]} instead of {e[first]}" if first else ""
            raise Mismatch(number + at, shown(e), shown(a))


def assert_equal(actual: object, expected: object, what: str) -> None:
    """Check that `actual` equals `expected`; `what` says what they are."""
    if actual != expected:
        raise Mismatch(f"other {what}", str(expected), str(actual))
