"""Calls drawn by hypothesis, for ops of a simple structure: the check "property".

Rank 0 to 5, sizes 0 to 3, negative and several axes, infinities and NaN. The draws are the same each time; values are
exact in float32.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import hypothesis
import numpy as np
from hypothesis import strategies as st

from keraslite import tree
from keraslite.conformance.failures import at
from keraslite.conformance.rows import Call, Mismatch, Row, assert_close, assert_equal, call, described, shown
from keraslite.errors import KerasliteError
from keraslite.ops.dimension import Dimension
from keraslite.ops.symbolic import SymbolicTensor

Draw = Callable[[st.SearchStrategy[Any]], Any]

FINITE = (0.0, 1.0, -1.0, 0.5, -0.5, 0.25, 2.0, -2.0, 3.0, 7.5, -7.5)
RARE = (math.nan, math.inf, -math.inf)
#: Few, because an engine may compile for each of them.
SHAPES = (
    (),
    (3,),
    (1,),
    (0,),
    (2, 3),
    (3, 1),
    (1, 2),
    (0, 2),
    (3, 0),
    (3, 3),
    (2, 1, 3),
    (1, 1, 1),
    (2, 0, 3),
    (3, 2, 2),
    (2, 3, 1, 2),
    (1, 0, 1, 2),
    (1, 2, 3, 1, 2),
    (2, 1, 2, 2, 1),
    (1, 1, 2, 0, 3),
)
_ANY_HEALTH: Any = list(hypothesis.HealthCheck)
_ERROR = "an error of keraslite's own, as NumPy raises one"


def check_drawn(row: Row, examples: int) -> int:
    """Check value, shape and symbolic shape against NumPy on drawn arguments. Returns the number of drawn calls."""
    made = 0

    @hypothesis.settings(
        max_examples=examples,
        derandomize=True,
        database=None,
        deadline=None,
        print_blob=False,
        report_multiple_bugs=False,
        suppress_health_check=_ANY_HEALTH,
        phases=(hypothesis.Phase.generate, hypothesis.Phase.shrink),
    )
    @hypothesis.given(st.data())
    def holds(data: Any) -> None:
        nonlocal made
        made += 1
        _check(row, KINDS[row.draws](data.draw))

    holds()
    return made


def _check(row: Row, made: Call) -> None:
    try:
        expected = row.expected(made)
    except (ValueError, IndexError):  # NumPy raises too
        with at(row, made, finite=False, wanted=_ERROR):
            _expect_error(row, made)
        return
    with at(row, made):
        result = made.tensors().run(row.op)
        assert_close(result, tree.map(_single, expected), row.tolerance)
        symbolic = made.with_arrays([SymbolicTensor(a.shape, d) for a, d in zip(made.arrays, made.dtypes, strict=True)])
        assert_equal(described(symbolic.run(row.op)), described(result), "symbolic shapes and dtypes")
        if row.symbolic == "batch" and row.draws in UNKNOWN:
            _check_unknown(row, made, result)


def _single(x: object) -> object:
    x = np.asarray(x)
    with np.errstate(over="ignore"):
        return x.astype("float32") if x.dtype == np.float64 else x


def _expect_error(row: Row, made: Call) -> None:
    try:
        result = made.tensors().run(row.op)
    except KerasliteError:
        return
    raise Mismatch("no error where NumPy raises one", _ERROR, shown(result))


def _check_unknown(row: Row, made: Call, result: object) -> None:
    """Check that ranks are right, and that no size is wrong, if every size is unknown."""
    symbols = [
        SymbolicTensor(tuple(Dimension() for _ in a.shape), d) for a, d in zip(made.arrays, made.dtypes, strict=True)
    ]
    for (dims, dtype), (shape, actual) in zip(
        described(made.with_arrays(symbols).run(row.op)), described(result), strict=True
    ):
        assert_equal(dtype, actual, "symbolic dtype with unknown sizes")
        known = tuple(d if isinstance(d, int) else n for d, n in zip(dims, shape, strict=False))
        assert_equal((len(dims), known), (len(shape), shape), "symbolic rank and sizes with unknown sizes")


# ---- what is drawn -------------------------------------------------------------------------------------------


def _shape(draw: Draw, least: int = 0, most: int = 5) -> tuple[int, ...]:
    """Draw a shape of `least` to `most` axes."""
    return draw(st.sampled_from([shape for shape in SHAPES if least <= len(shape) <= most]))


def _array(draw: Draw, shape: tuple[int, ...], rare: bool = True) -> np.ndarray:
    """Draw an array. Every other one has an infinity or NaN somewhere."""
    number = math.prod(shape)
    drawn = draw(st.lists(st.sampled_from(FINITE), min_size=number, max_size=number))
    if rare and drawn and draw(st.booleans()):
        drawn[draw(st.integers(0, number - 1))] = draw(st.sampled_from(RARE))
    return np.array(drawn, "float32").astype("float64").reshape(shape)


def _axis(draw: Draw, rank: int) -> int:
    return draw(st.integers(-rank, rank - 1))


def _several(draw: Draw, rank: int) -> tuple[int, ...]:
    """Different axes, some of them negative."""
    axes = draw(st.lists(st.integers(0, rank - 1), unique=True, min_size=1, max_size=rank))
    return tuple(a - rank if draw(st.booleans()) else a for a in axes)


def _axes(draw: Draw, rank: int) -> object:
    """None, one axis, or several."""
    which = draw(st.sampled_from(("none", "one", "several"))) if rank else "none"
    return {"none": lambda: None, "one": lambda: _axis(draw, rank), "several": lambda: _several(draw, rank)}[which]()


def unary(draw: Draw) -> Call:
    """`f(x)`."""
    return call(_array(draw, _shape(draw)))


def binary(draw: Draw) -> Call:
    """`f(x1, x2)` of shapes that broadcast."""
    shape = _shape(draw)
    whole, part = _array(draw, shape), _array(draw, _broadcasting(draw, shape))
    return call(whole, part) if draw(st.booleans()) else call(part, whole)


def _broadcasting(draw: Draw, shape: tuple[int, ...]) -> tuple[int, ...]:
    """The last axes of `shape`, some of them of size 1."""
    kept = shape[draw(st.integers(0, len(shape))) :]
    return tuple(1 if draw(st.booleans()) else size for size in kept)


def reduction(draw: Draw) -> Call:
    """`f(x, axis=None, int or tuple, keepdims)`."""
    x = _array(draw, _shape(draw))
    return call(x, axis=_axes(draw, x.ndim), keepdims=draw(st.booleans()))


def finite_reduction(draw: Draw) -> Call:
    """`reduction` of finite values."""
    x = _array(draw, _shape(draw), rare=False)
    return call(x, axis=_axes(draw, x.ndim), keepdims=draw(st.booleans()))


def search(draw: Draw) -> Call:
    """`f(x, axis=None or int, keepdims)`."""
    x = _array(draw, _shape(draw), rare=False)
    axis = _axis(draw, x.ndim) if x.ndim and draw(st.booleans()) else None
    return call(x, axis=axis, keepdims=draw(st.booleans()))


def along(draw: Draw) -> Call:
    """`f(x, axis=int)`."""
    x = _array(draw, _shape(draw, least=1))
    return call(x, axis=_axis(draw, x.ndim))


def flips(draw: Draw) -> Call:
    """`f(x, axis=None, int or tuple)`."""
    x = _array(draw, _shape(draw))
    return call(x, axis=_axes(draw, x.ndim))


def permutation(draw: Draw) -> Call:
    """`f(x, axes)`, a permutation of all axes, or None."""
    x = _array(draw, _shape(draw))
    axes = draw(st.permutations(range(x.ndim)))
    signed = tuple(a - x.ndim if draw(st.booleans()) else a for a in axes)
    return call(x, draw(st.sampled_from((signed, None))))


def two_axes(draw: Draw) -> Call:
    """`f(x, axis, axis)`."""
    x = _array(draw, _shape(draw, least=1))
    return call(x, _axis(draw, x.ndim), _axis(draw, x.ndim))


def new_axis(draw: Draw) -> Call:
    """`f(x, axis)`, from `-rank - 1` to `rank`."""
    x = _array(draw, _shape(draw, most=4))
    return call(x, _axis(draw, x.ndim + 1))


def squeezed(draw: Draw) -> Call:
    """`f(x, axis)`, None or an axis of any size."""
    x = _array(draw, _shape(draw))
    return call(x, _axis(draw, x.ndim) if x.ndim and draw(st.booleans()) else None)


def reshaped(draw: Draw) -> Call:
    """`f(x, shape)`, maybe with one -1."""
    shape = _shape(draw)
    target = list(draw(st.permutations(shape)))
    if target and 0 not in target and draw(st.booleans()):
        target[draw(st.integers(0, len(target) - 1))] = -1
    return call(_array(draw, shape), tuple(target))


def joined(draw: Draw) -> Call:
    """`f([x, ...], axis)`, arrays that differ along that axis only."""
    shape = list(_shape(draw, least=1))
    axis = _axis(draw, len(shape))
    result = []
    for size in draw(st.lists(st.integers(0, 2), min_size=1, max_size=3)):
        shape[axis] = size
        result.append(_array(draw, tuple(shape)))
    return call(result, axis)


def stacked(draw: Draw) -> Call:
    """`f([x, ...], axis)`, arrays of one shape."""
    shape = _shape(draw, most=4)
    return call([_array(draw, shape) for _ in range(draw(st.integers(1, 3)))], _axis(draw, len(shape) + 1))


#: The kinds by the name in a row's `draws`.
KINDS: dict[str, Callable[[Draw], Call]] = {
    "unary": unary,
    "binary": binary,
    "reduction": reduction,
    "finite reduction": finite_reduction,
    "search": search,
    "along": along,
    "flip": flips,
    "permutation": permutation,
    "two axes": two_axes,
    "new axis": new_axis,
    "squeeze": squeezed,
    "reshape": reshaped,
    "join": joined,
    "stack": stacked,
}
#: The kinds whose result has a known rank if no size is known.
UNKNOWN = {"unary", "reduction", "finite reduction", "search", "along", "flip", "permutation", "two axes", "new axis"}
