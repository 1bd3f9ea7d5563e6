"""Conformance of cutting, turning, patterns of axes, membership, partial order and choice."""

from __future__ import annotations

import numpy as np

from keraslite.conformance.rows import Row, call

G = np.random.default_rng(23)
A = G.normal(size=(3, 4))
B = G.normal(size=(3, 4))
CUBE = G.normal(size=(2, 3, 4))
IMAGES = G.normal(size=(2, 4, 6, 3))
LINE = G.normal(size=(7,))
INTS = np.array([[3, 1, 2], [0, 5, 5]], "int32")
TIES = np.array([3, 1, 2, 1, 0, 1], "int32")
BOOLS = np.array([[True, False, True, True], [False, False, True, False], [True, True, False, False]])
NAN = np.nan
SAME = {"float32": "float32", "int32": "int32", "bool": "bool"}


def moved(subscripts, apart, joined):
    """Reshapes around an einsum that only moves axes."""
    return lambda x, pattern, **lengths: np.einsum(subscripts, x.reshape(apart)).reshape(joined)


def by_loops(x, indices, axis):
    """The pieces between cuts, by slices."""
    return [np.take(x, range(a, b), axis) for a, b in zip([0, *indices], [*indices, x.shape[axis]], strict=True)]


PATTERNS = [
    (IMAGES, "b h w c -> b c h w", {}, (2, 4, 6, 3), "bhwc->bchw", (2, 3, 4, 6)),
    (IMAGES, "b h w c -> (b h) w c", {}, (2, 4, 6, 3), "bhwc->bhwc", (8, 6, 3)),
    (IMAGES, "b h w c -> h (b w) c", {}, (2, 4, 6, 3), "bhwc->hbwc", (4, 12, 3)),
    (IMAGES, "b (h h1) (w w1) c -> b h w (c h1 w1)", {"h1": 2, "w1": 3}, (2, 2, 2, 2, 3, 3), "bhiwjc->bhwcij",
     (2, 2, 2, 18)),
    (IMAGES, "b (h1 h) (w1 w) c -> (b h1 w1) h w c", {"h1": 2, "w": 3}, (2, 2, 2, 2, 3, 3), "bihjwc->bijhwc",
     (8, 2, 3, 3)),
    (CUBE, "... a -> a ...", {}, (2, 3, 4), "bca->abc", (4, 2, 3)),
    (CUBE, "a ... -> (... a)", {}, (2, 3, 4), "abc->bca", (24,)),
    (CUBE, "a b c -> 1 (c b) 1 a ()", {}, (2, 3, 4), "abc->cba", (1, 12, 1, 2, 1)),
    (CUBE[:1], "1 b (c d) -> d b c", {"c": 2}, (3, 2, 2), "bcd->dbc", (2, 3, 2)),
    (CUBE, "a b c -> a b c", {"a": 2}, (2, 3, 4), "abc->abc", (2, 3, 4)),
    (CUBE[:1, :1, :1], "1 1 1 ->", {}, (), "->", ()),
]  # fmt: skip
MASKS = [BOOLS, ~BOOLS & (A > 0)]

ROWS = [
    Row("array_split", (call(LINE, 3), call(CUBE, 3, -1), call(CUBE, 2), call(LINE, [2, 5]), call(A, 5, axis=1),
                        call(CUBE, indices_or_sections=(1,), axis=1)), np.array_split),
    Row("split", (call(A, 3), call(A, [1, 3], 1)),
        lambda x, at, axis=0: by_loops(x, [1, 2] if at == 3 else at, axis)),
    Row("hsplit", (call(CUBE, 3), call(LINE[:6], 2), call(A, [1, 3])), np.hsplit),
    Row("vsplit", (call(A, 3), call(CUBE, [1])), np.vsplit),
    Row("dsplit", (call(CUBE, 2), call(CUBE, (1, 3))), np.dsplit),
    Row("dstack", (call([A, B]), call([LINE, LINE]), call((CUBE, CUBE)), call([A[0, 0].reshape(()), A[:1, :1]])),
        np.dstack, dtypes={"int32 float32": "float32"}),
    Row("fliplr", (call(A), call(CUBE)), np.fliplr, dtypes=SAME),
    Row("flipud", (call(A), call(LINE)), np.flipud, dtypes=SAME),
    Row("diagflat", (call(LINE), call(A, 1), call(A[:2], k=-2), call(A[0, 0].reshape(()))), np.diagflat, dtypes=SAME),
    *(Row("rearrange", (call(x, pattern, **lengths),), moved(how, apart, joined), dtypes=SAME)
      for x, pattern, lengths, apart, how, joined in PATTERNS),
    Row("isin", (call(A, np.append(A[0], 7.0)), call(INTS, np.array([[5, 1], [7, 7]], "int32")), call(INTS, 5),
                 call(A, A[:, :1], invert=True), call(INTS, TIES, True, True), call(BOOLS, np.array([True, True])),
                 call(A, np.zeros((0,))), call(np.array([NAN, 1, np.inf]), np.array([NAN, np.inf, 2])),
                 call(np.array([NAN, 1]), np.array([NAN, NAN]), assume_unique=True)),
        np.isin, gradient=False, symbolic="static", dtypes={"int32 float32": "bool"}),
    Row("argpartition", (call(CUBE, 1), call(CUBE, 0, 0), call(TIES, 2), call(TIES, (1, 3)), call(INTS, -1),
                         call(INTS, kth=[4, 2], axis=None)),
        lambda x, kth, axis=-1: np.argsort(x, axis, kind="stable"), gradient=False,
        dtypes=dict.fromkeys(SAME, "int32")),
    Row("unravel_index", (call(np.array([[5, 0], [11, 7]], "int32"), (3, 4)), call(np.array([5], "int32"), 7),
                          call(np.array([200, 17], "uint8"), shape=(2, 300)), call(np.array(23, "int32"), (2, 3, 4))),
        np.unravel_index, gradient=False, mixes=False),
    Row("select", (call(MASKS, [A, B]), call(MASKS, [A, B], 2.5), call([BOOLS], [A], default=B),
                   call([BOOLS[:, :1], BOOLS[0]], [A[0], B[:, :1]], -1.0)), np.select, mixes=False),
    Row("select", (call([BOOLS[:, :3]], [np.array([1, 2, 3], "int32")], 9),
                   call([BOOLS, ~BOOLS], [np.array(1, "int32"), np.array(2.5)])), np.select, mixes=False,
        gradient=False, symbolic="static"),
]  # fmt: skip
