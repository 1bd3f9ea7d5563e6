"""Every call of the suite's rows on real Keras, on the same engine: results are equal except for `DIFFERENCES`.

Where something differs, ours must be what the row's own reference says.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import keras_peer
import numpy as np
import pytest
from rows_on_keras import in_one_program, pack, plain, tensor
from turns import chosen, shared_by_slow

from keraslite import ops, tree
from keraslite.backend import registry
from keraslite.conformance import suite
from keraslite.conformance.rows import Call, Row, assert_close

pytestmark = pytest.mark.skipif(not keras_peer.available(), reason="compares with real Keras")

ENGINES = ("numpy", "torch", "jax", "tensorflow")

#: Rows that can't be compared.
LEFT_OUT = {
    "recurrent.lstm": "no op of Keras: its layers have it",
    "recurrent.gru": "no op of Keras: its layers have it",
    "resampling.resample_bilinear": "no op of Keras: what its image ops are made of here",
    "image.warps.warp_images": "no op of Keras: what its image ops are made of here",
    "image.elastic_transform": "draws random numbers",
    **dict.fromkeys(
        (
            "image.reconstruct_patches",
            "linalg.matrix_power",
            "column_stack",
            "copysign",
            "cov",
            "float_power",
            "gammainc",
            "lgamma",
        ),
        "a name of the next Keras",
    ),
}

#: Calls that are not made, because Keras's process ends of them.
ENDS_KERAS = {("tensorflow", "adaptive_max_pool", "float64[2, 7, 8, 3], 1"): "SIGFPE, a division by zero"}

Key = str | tuple[str, ...]

#: By family: what differs on real Keras, and why ours is right, each time as the row's own reference has it. A key is
#: an op (on every engine), or an op and engines. A text names the kinds that differ, "values" (shapes too), "dtype" or
#: "raises" (Keras does), with "maybe" where it depends on the machine, then the reason. What no longer differs fails.
DIFFERENCES: dict[str, dict[Key, str]] = {
    "activation": {
        "log_softmax": "raises: transposes wrongly for several axes; softmax takes them in Keras too",
        "sparsemax": "values: rows of rank above 1 don't sum to 1",
        ("sparsemax", "numpy"): "dtype: float64 of float32",
    },
    "contraction": {
        (
            "dot",
            "torch",
        ): "dtype and raises: unsigned ones become int32; only broadcasts, where NumPy's last axis meets "
        "the last but one",
        ("vdot", "torch"): "dtype and raises: unsigned ones become int32; takes vectors only; NumPy flattens",
        ("matmul", "torch"): "dtype: unsigned integers become int32",
        ("inner", "torch"): "dtype: unsigned integers become int32",
        ("outer", "torch"): "dtype: unsigned integers become int32",
        ("tensordot", "torch"): "dtype: unsigned integers become int32",
        ("einsum", "torch"): "dtype and raises: unsigned integers become int32; no operands of different dtypes",
    },
    "convolution": {
        ("max_pool", "numpy", "jax"): "raises: for an int pool_size with strides None",
        ("average_pool", "numpy", "jax"): "raises: for an int pool_size with strides None",
        ("average_pool", "torch"): 'values: "same" repeats the edge where sides are uneven; other engines leave it out',
        ("conv", "tensorflow"): "raises: strides and dilation above 1 at once",
        ("conv_transpose", "tensorflow"): "maybe raises: oneDNN has no primitive for some shapes",
    },
    "ctc": {
        (
            "ctc_loss",
            "numpy",
            "jax",
            "tensorflow",
        ): "values: a target without alignment has a large finite loss, not -log(0)",
        ("ctc_decode", "numpy", "torch", "jax"): "values: a sequence of length 0 is read as one of length 1",
        ("ctc_decode", "tensorflow"): "raises: with fewer paths than `top_paths`; ours have score -inf",
    },
    "elementwise": {
        ("allclose", "numpy"): "values: a Python bool, on other engines a tensor",
        ("bitwise_and", "tensorflow"): "raises: no booleans, which NumPy and other engines take",
        ("bitwise_or", "tensorflow"): "raises: no booleans",
        ("bitwise_xor", "tensorflow"): "raises: no booleans",
        ("bitwise_invert", "tensorflow"): "raises: no booleans",
        ("multiply", "tensorflow"): "raises: no booleans",
        ("clip", "torch", "tensorflow"): "raises: a bound of None, as NumPy's",
        ("imag", "torch"): "raises: no real numbers, whose imaginary part is 0",
        ("isclose", "tensorflow"): "values: infinity isn't close to itself",
        ("saturate_cast", "numpy", "torch", "tensorflow"): "values: large floats overflow to -2**31",
    },
    "fft": {
        ("extract_sequences", "torch"): "raises: a signal shorter than a piece, which has none",
        ("stft", "numpy", "torch", "jax"): "raises: a signal shorter than `fft_length`, which has no piece",
        ("stft", "torch"): "values: window None leaves out the ends of pieces; on other engines it doesn't",
        ("stft", "tensorflow"): "values: windows of odd length aren't periodic",
        "istft": "values: doesn't undo `stft` for window None, and `length` beyond the pieces is ignored",
        ("istft", "torch"): "raises: strides wider than the number of frequencies",
    },
    "image": {
        ("image.resize", "numpy", "jax"): 'raises: no "area"',
        (
            "image.resize",
            "torch",
        ): "raises and values: no lanczos and area; bicubic with a = -3/4 instead of Keys's -1/2",
        ("image.resize", "numpy"): "values: bicubic overshoots of integers wrap around",
        (
            "image.resize",
            "tensorflow",
        ): "values and raises: bicubic by a table, integers truncated; `fill_value` must be an int",
        "image.scale_and_translate": 'raises: no "triangle", which is the linear kernel',
        "image.gaussian_blur": "values and raises: the kernel of a pair of sizes or sigmas, one image, integers",
        ("image.sobel_edges", "numpy", "torch", "jax"): "values: zeros beyond the border make edges there",
        ("image.sobel_edges", "numpy", "torch"): "dtype: uint8 overflows",
        ("image.sobel_edges", "jax", "tensorflow"): "raises: no integers",
        "image.ssim": "values and dtype: integers give 0",
        ("psnr", "numpy", "jax", "tensorflow"): "values: differences of uint8 wrap around",
        ("psnr", "numpy"): "dtype: float64 of uint8",
        ("psnr", "torch"): "raises: no integers",
        ("image.extract_patches", "tensorflow"): "raises: no strides with dilation, no uint8",
        ("image.map_coordinates", "torch", "tensorflow"): 'raises: "mirror" of an axis of size 1, or far outside',
        ("image.map_coordinates", "tensorflow"): "values: \"reflect\" far outside isn't SciPy's",
        (
            "image.affine_transform",
            "numpy",
            "torch",
            "jax",
        ): "values and raises: the perspective c0, c1 has no effect; no single transform for many images",
        (
            "image.affine_transform",
            "tensorflow",
        ): 'values and raises: period n - 1 of "wrap", integers truncated, no "mirror"',
        ("image.perspective_transform", "torch", "tensorflow"): "values: integers truncated",
        ("image.perspective_transform", "jax"): "raises: no single transform for many images",
    },
    "linalg": {
        ("linalg.cholesky_inverse", "numpy", "jax"): "raises: no batches",
        ("linalg.norm", "tensorflow"): "raises: more than two axes, a vector's norm by NumPy without `axis`",
        ("linalg.solve", "numpy", "jax"): "raises: batches of vectors, which Keras's shape rule takes",
    },
    "manipulation": {
        (
            "get_item",
            "torch",
        ): "raises and values: no negative steps; lists and slices mixed have another order of axes",
        ("get_item", "jax"): "raises: no list as the key",
        ("get_item", "tensorflow"): "raises and values: no lists and tensors in the key; a list is a tuple",
        ("linspace", "torch"): "raises and values: no `axis`; NaN for one number",
        (
            "pad",
            "torch",
        ): 'values and raises: a number pads the last axis only, "symmetric" mirrors wrongly, no "edge", "wrap"',
        ("pad", "tensorflow"): 'raises: a number or a pair for all axes, "edge", "wrap"',
        ("repeat", "torch", "jax"): "raises: a list of repeats",
        ("rot90", "tensorflow"): "values: two turns mirror one axis only",
        ("scatter_update", "tensorflow"): "raises: negative indices",
        ("segment_max", "numpy", "tensorflow"): "raises: ids out of range, dropped on other engines",
        ("segment_min", "numpy", "tensorflow"): "raises: ids out of range",
        ("segment_prod", "numpy", "tensorflow"): "raises: ids out of range",
        ("segment_sum", "numpy", "tensorflow"): "raises: ids out of range",
        ("size", "torch", "tensorflow"): "values: a tensor; on other engines an int",
        ("take", "torch"): "values: negative indices into the flattened tensor count from elsewhere",
        ("take_along_axis", "torch"): "values: negative indices into the flattened tensor count from elsewhere",
        ("vstack", "tensorflow"): "values: vectors are joined, not stacked",
    },
    "nan": {
        "nanargmax": "values: chooses a NaN beside infinities; ours never does",
        "nanargmin": "values: chooses a NaN beside infinities",
        ("nancumsum", "torch", "tensorflow"): "values: infinities become the largest number",
        ("nancumprod", "torch", "tensorflow"): "values: infinities become the largest number",
        ("nanmedian", "tensorflow"): "raises: no integers",
        ("nanquantile", "tensorflow"): "raises: no integers, no several `q` for lines of NaN",
        ("nanprod", "torch"): "values: `keepdims` without `axis` has no effect",
    },
    "neural": {
        ("dot_product_attention", "numpy"): "raises: no fewer heads of keys than of queries; no soft cap",
        ("dot_product_attention", "torch"): "raises: no bias together with a mask; no soft cap",
        ("dot_product_attention", "jax"): "raises: values must be as wide as keys; no soft cap on CPUs",
        ("dot_product_attention", "tensorflow"): "raises: no soft cap",
        ("layer_normalization", "torch"): "raises: an axis that isn't the last, with gamma and beta",
        ("moments", "torch"): "raises: axes None",
        "normalize": "values and raises: a matrix norm over two axes, none over three; order 2 has the vector's",
        ("one_hot", "numpy", "torch"): "raises: labels out of range, rows of zeros on other engines",
        "rms_normalization": "raises: an axis that isn't the last, with scale",
        ("sparse_categorical_crossentropy", "numpy", "jax", "tensorflow"): "raises: an axis that isn't the last",
    },
    "patches": {
        ("adaptive_average_pool", "jax"): "values: windows that don't divide the size",
        ("adaptive_max_pool", "jax"): "values: windows that don't divide the size",
        ("depth_to_space", "tensorflow"): "values: another order of channels for channels first than on other engines",
        ("space_to_depth", "tensorflow"): "values: another order of channels for channels first than on other engines",
        ("fold", "torch"): "raises: no integers",
        ("unfold", "torch"): "raises: no integers",
    },
    "rearrangement": {
        "argpartition": "values: equal numbers, and others on the same side, in any order; ours is the stable sort",
        ("argpartition", "torch", "jax", "tensorflow"): "raises: several `kth`",
        "array_split": "raises: no indices, NumPy's way to name the places",
        "rearrange": "raises: no `...`, `1` and `()` of einops",
        ("select", "numpy", "tensorflow"): "dtype: a Python number makes float64",
        ("unravel_index", "jax"): "values: overflows in uint8",
        (
            "unravel_index",
            "tensorflow",
        ): "values and raises: rows and columns swapped; overflows in uint8; no int as shape",
    },
    "reduction": {
        **{
            (op, "torch"): "values: `keepdims` without `axis` has no effect"
            for op in ("amax", "amin", "max", "min", "sum")
        },
        ("prod", "torch"): "values: `keepdims` without `axis` has no effect",
        ("prod", "tensorflow"): "dtype: `dtype` has no effect",
        ("average", "torch"): "values: weights of the tensor's shape are summed along one axis",
        ("nonzero", "torch"): "values: one tensor; a tuple on other engines and in NumPy",
        ("searchsorted", "tensorflow"): "raises: values of rank above 1",
        (
            "top_k",
            "numpy",
        ): "dtype and values: int64, where Keras's symbolic rule says int32; the last of equal numbers first",
        ("top_k", "torch"): "dtype: int64, where Keras's symbolic rule says int32",
        ("trace", "tensorflow"): "raises: axes that aren't the last two of a tensor that isn't square",
        ("unique", "numpy", "torch"): "dtype: int64, int32 on other engines",
        ("unique", "torch"): "raises: `return_index` of a tensor of rank above 1",
        ("unique", "tensorflow"): "raises: no booleans",
    },
    "special": {
        ("angle", "tensorflow"): "values: 0 for NaN",
        ("geomspace", "numpy"): "values: an integer just missed is truncated to the one below",
        (
            "geomspace",
            "torch",
        ): "values, dtype and raises: NaN for one number, wrong below 0, `dtype` ignored, no `axis`",
        ("geomspace", "tensorflow"): "raises: no integer dtypes, no `axis`",
        ("heaviside", "torch", "tensorflow"): "values: a number for NaN",
        ("ldexp", "tensorflow"): "values: 2**exponent overflows first",
        (
            "logdet",
            "torch",
            "tensorflow",
        ): "values: NaN for negative determinants; on other engines the log of their size",
        ("logspace", "torch"): "raises: no `axis`, no tensors",
        ("view", "numpy"): "dtype and values: without `dtype` it is float64's",
        ("view", "tensorflow"): "raises: no booleans",
        ("view_as_real", "numpy", "jax", "tensorflow"): "dtype: integers stay; complex numbers have float parts",
        ("view_as_real", "torch"): "raises: no real numbers",
    },
    "statistics": {
        ("corrcoef", "tensorflow"): "raises: vectors",
        ("correlate", "numpy", "torch", "tensorflow"): "values and dtype: the imaginary part is lost",
        ("correlate", "tensorflow"): "raises: the first shorter than the second",
        ("cross", "torch"): "raises: 2-vectors",
        "histogram": "dtype and raises: counts are floats or int64; rank 1 only",
        ("histogram", "tensorflow"): "values: equal numbers have bins of width 0; NumPy widens the range",
        ("trapezoid", "tensorflow"): "raises: `x` of rank 1 with an axis that isn't the last",
    },
    "windows": {("kaiser", "tensorflow"): "raises: size 0"},
}


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    settings = metafunc.config
    names = [name for name in chosen(settings) if name in ENGINES]
    if "family" in metafunc.fixturenames:
        pairs = [(name, family) for name in names for family in suite.rows() if shared_by_slow(family, name, settings)]
        metafunc.parametrize(("engine", "family"), pairs, ids=["-".join(pair) for pair in pairs])


def test_same_as_keras(engine, family):
    todo = [
        (row, _tensors_only(made)) for row in suite.rows()[family] if row.name not in LEFT_OUT for made in row.calls
    ]
    todo = [(row, made) for row, made in todo if (engine, row.name, made.shown(8)) not in ENDS_KERAS]
    request = [{"op": row.name, "args": pack(list(made.args)), "kwargs": {k: pack(x) for k, x in made.kwargs.items()},
                "dtypes": made.dtypes} for row, made in todo]  # fmt: skip
    with ThreadPoolExecutor(1) as pool, registry.use_backend(engine):
        waiting = pool.submit(keras_peer.call, "rows_on_keras:run_all", engine, calls=request, compiled=engine == "jax")
        ours = _ours(todo, compiled=engine == "jax")
        found: dict[tuple[str, str], list[str]] = defaultdict(list)
        for (row, made), result, answer in zip(todo, ours, waiting.result(), strict=True):
            assert answer, f"Keras has no {row.name!r}. Name it in LEFT_OUT."
            different = list(_differences(result, answer, max(row.tolerance, 1e-5)))
            if different:
                assert_close(_values(result), row.expected(made), row.tolerance)
            for kind, text in different:
                found[row.name, kind].append(f"{row.name}({made.shown(8)[:150]}): {kind}: {text}")
    listed = _listed(engine, family)
    new = [text for key, texts in found.items() if key not in listed for text in texts]
    old = [f"{key}: no longer differs, take it out" for key, always in listed.items() if always and key not in found]
    assert not new + old, "\n".join(["", *new, *old])


def test_lists_name_rows():
    every = {
        (row.name, _tensors_only(made).shown(8)) for rows in suite.rows().values() for row in rows for made in row.calls
    }
    names = {name for name, _ in every}
    assert set(LEFT_OUT) <= names
    assert {(op, given) for _, op, given in ENDS_KERAS} <= every
    for family, listed in DIFFERENCES.items():
        names = {row.name for row in suite.rows()[family]}
        assert {key if isinstance(key, str) else key[0] for key in listed} <= names, family


def _listed(engine: str, family: str) -> dict[tuple[str, str], bool]:
    """(op, kind) of what differs on the engine; whether it does on every machine."""
    found = {}
    for key, text in DIFFERENCES.get(family, {}).items():
        op, *engines = (key,) if isinstance(key, str) else key
        if engine in (engines or ENGINES):
            for kind in text.partition(":")[0].replace(", ", " and ").split(" and "):
                assert kind.removeprefix("maybe ") in ("values", "dtype", "raises"), text
                found[op, kind.removeprefix("maybe ")] = not kind.startswith("maybe ")
    return found


def _tensors_only(made: Call) -> Call:
    """NumPy's numbers are tensors too."""
    return Call(*tree.map(lambda x: np.asarray(x) if isinstance(x, np.generic) else x, (made.args, made.kwargs)))


def _ours(todo: list[tuple[Row, Call]], compiled: bool) -> list[Any]:
    def leaf(x: Any) -> dict[str, Any]:
        return tensor(np.asarray(ops.convert_to_numpy(x)), ops.dtype(x))

    if not compiled:
        return [plain(made.tensors().run(row.op), leaf) for row, made in todo]
    import jax

    left = [(row, made) for row, made in todo if row.jit]
    groups = [[a.astype(d) for a, d in zip(made.arrays, made.dtypes, strict=True)] for _, made in left]

    def run(i: int, group: list[Any], place: Any) -> Any:
        row, made = left[i]
        return plain(made.with_arrays(group).run(row.op), place)

    done = iter(in_one_program(jax.jit, run, groups, leaf))
    return [next(done) if row.jit else plain(made.tensors().run(row.op), leaf) for row, made in todo]


def _differences(ours: Any, answer: dict[str, Any], tolerance: float) -> Iterator[tuple[str, str]]:
    if "error" in answer:
        yield "raises", answer["error"]
    else:
        yield from _unequal(ours, answer["result"], tolerance)


def _unequal(ours: Any, theirs: Any, tolerance: float) -> Iterator[tuple[str, str]]:
    if isinstance(ours, list) and isinstance(theirs, list) and len(ours) == len(theirs):
        for pair in zip(ours, theirs, strict=True):
            yield from _unequal(*pair, tolerance)
    elif _is_tensor(ours) and _is_tensor(theirs):
        if ours["dtype"] != theirs["dtype"]:
            yield "dtype", f"{ours['dtype']}, Keras {theirs['dtype']}"
        a, b = ours["value"], theirs["value"]
        if a.shape != b.shape:
            yield "values", f"shape {a.shape}, Keras {b.shape}"
        elif not (same := np.isclose(a, b, rtol=tolerance, atol=tolerance, equal_nan=True)).all():
            wrong = ~same
            yield "values", f"{wrong.sum()} of {wrong.size}, such as {a[wrong][:3]}, Keras {b[wrong][:3]}"
    elif type(ours) is not type(theirs) or ours != theirs:
        yield "values", f"{ours}, Keras {theirs}"


def _is_tensor(x: Any) -> bool:
    return isinstance(x, dict) and "value" in x


def _values(x: Any) -> Any:
    if isinstance(x, dict):
        return x["value"] if "value" in x else {name: _values(item) for name, item in x["named"].items()}
    return [_values(item) for item in x] if isinstance(x, list) else x
