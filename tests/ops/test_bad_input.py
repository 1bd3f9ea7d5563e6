"""Bad arguments, made from the declarations: each op says itself what is wrong, and the same on every engine."""

from __future__ import annotations

import functools
import inspect
import warnings

import numpy as np
import pytest

import keraslite
from keraslite import ops, tree
from keraslite.backend import registry
from keraslite.conformance.suite import rows
from keraslite.errors import ArgumentError, DTypeError, KerasliteError
from keraslite.ops.symbolic import SymbolicTensor


class Thing:
    def __repr__(self) -> str:
        return "<thing>"


THING = Thing()
BY_KIND = {
    "Tensors": {"a number": 3, "text": "ab", "None": None, "nothing": []},
    "Axis": {"text": "a", "float": 1.5, "large": 99, "low": -99, "text among axes": (0, "a")},
    "AxisIndex": {"text": "a", "float": 1.5, "large": 99, "low": -99, "bool": True},
    "NewAxis": {"text": "a", "float": 1.5, "large": 99, "low": -99},
    "DType": {"unknown": "float31", "thing": THING, "number": 3},
    "Shape": {"text": "ab", "float": (1.5,), "low": (-7,), "None": None, "minus one": (-1,)},
    "NewShape": {"text": "ab", "float": (1.5,), "low": (-7,), "None": None, "two holes": (-1, -1)},
}


@functools.cache
def declared() -> dict:
    """Rows whose op is declared, by the op's name; the first one of each."""
    found: dict = {}
    for table in rows().values():
        for row in table:
            op = getattr(row.op, "op", None)
            name = row.name.rpartition(".")[2]
            if op is not None and (hasattr(ops, name) or hasattr(ops.image, name)):
                found.setdefault(op.name, row)
    return found


def arguments(row) -> list:
    """A good call's arguments in the op's order, on the active engine."""
    made = row.calls[0].tensors()
    bound = inspect.signature(row.op).bind(*made.args, **made.kwargs)
    bound.apply_defaults()
    return [bound.arguments[name] for name in row.op.op.names]


def host(x) -> np.ndarray:
    return np.asarray(ops.convert_to_numpy(x))


def bad_tensors(x, optional):
    yield "text", np.full(np.shape(x), "x")
    yield "objects", np.full(np.shape(x), None, dtype=object)
    yield "a thing", THING
    if not optional:
        yield "None", None


def bad_by_kind(op, good):
    """(position, what, bad argument) that no op may take."""
    for i, (kind, value) in enumerate(zip(op.kinds, good, strict=True)):
        if kind == "Tensor" and value is not None:
            for what, bad in bad_tensors(value, op.optional[i]):
                yield i, what, bad
        for what, bad in BY_KIND.get(kind, {}).items():
            yield i, what, bad
        if kind == "Tensors" and len(value):
            for what, bad in bad_tensors(value[0], False):
                yield i, f"{what} among tensors", [bad, *value[1:]]
        if i in op.numbers_at:
            yield i, "text for a number", "many"
            yield i, "a thing for a number", THING


def odd(op, good):
    """(position, what, argument) that an op may refuse."""
    for i, (kind, value) in enumerate(zip(op.kinds, good, strict=True)):
        if kind == "Tensor" and hasattr(value, "shape") and host(value).size:
            x = host(value)
            yield i, "rank 0", x.reshape(-1)[:1].reshape(())
            yield i, "rank 5", np.resize(x, (1, 1, 1, 1, 2))
            yield i, "other shape", np.resize(x, (7, 11, 13))
            yield i, "empty", x.reshape(-1)[:0]
            yield i, "floats", x.astype("float32") if x.dtype.kind == "i" else x
        elif kind == "Tensors" and len(value):
            x = host(value[0])
            yield i, "another shape", [np.resize(x, (7, 11, 13)), *value[1:]]
            yield i, "a rank 0", [x.reshape(-1)[0], *value[1:]]
        elif isinstance(value, str):
            yield i, "unknown name", "no-such-name"
            yield i, "number for a name", 3
        elif kind in ("Shape", "NewShape"):
            yield i, "other sizes", (7, 11, 13)
        elif kind == "static" and isinstance(value, (tuple, list)):
            yield i, "long tuple", (1,) * 9


def outcome(row, good, i, bad) -> str:
    try:
        result = row.op(*good[:i], bad, *good[i + 1 :])
    except KerasliteError as error:
        return f"{type(error).__name__}: {error}"
    return str([tuple(ops.shape(x)) for x in tree.flatten(result)])


@functools.cache
def on_numpy(name, make) -> dict[str, str]:
    with registry.use_backend("numpy"), warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return outcomes(name, make)


def outcomes(name, make) -> dict[str, str]:
    row = declared()[name]
    good = arguments(row)
    op = row.op.op
    return {f"{op.names[i]}: {what}": outcome(row, good, i, bad) for i, what, bad in make(op, good)}


@pytest.mark.parametrize("name", sorted(declared()))
def test_arguments_of_the_wrong_kind(backend, name):
    seen = outcomes(name, bad_by_kind)
    taken = [what for what, text in seen.items() if "Error: " not in text]
    assert not taken
    assert seen == on_numpy(name, bad_by_kind)
    assert all(" needs " in text for text in seen.values())


# What an engine's own kernels do with values, and what shapes do not show.
ENGINES_OWN = {
    ("rfft", "x: empty"): "a transform of no samples",
    ("extract_sequences", "x: empty"): "frames of no samples",
    ("nonzero", "x: rank 0"): "JAX has none of a scalar",
    ("take", "x: rank 0"): "indices out of range on a device",
    ("take", "x: rank 5"): "indices out of range on a device",
}


def few(op, good):
    """One of `odd` for each kind of it."""
    seen = set()
    for i, what, bad in odd(op, good):
        if what in ("other shape", "another shape", "unknown name") and what not in seen:
            seen.add(what)
            yield i, what, bad


def alike(name, make) -> None:
    seen, expected = outcomes(name, make), on_numpy(name, make)
    for what in seen.keys() - {what for op, what in ENGINES_OWN if op == name}:
        assert seen[what] == expected[what], what


@pytest.mark.parametrize("name", sorted(declared()))
@pytest.mark.filterwarnings("ignore")
@pytest.mark.one_engine
def test_odd_arguments_are_taken_or_refused_alike(backend, name):
    alike(name, few)


@pytest.mark.slow
@pytest.mark.parametrize("name", sorted(declared()))
@pytest.mark.filterwarnings("ignore")
@pytest.mark.one_engine
def test_every_odd_argument_is_taken_or_refused_alike(backend, name):
    alike(name, odd)


# ---- texts --------------------------------------------------------------------------------------------------

X = np.ones((2, 3), "float32")
TEXTS = {
    "text": (lambda x: ops.add(x, "a"), r"`add` needs numbers\. Received str of dtype <U1\. Convert it .*Texts stay"),
    "None": (lambda x: ops.exp(None), r"`exp` needs a tensor as `x`\. Received None\."),
    "axis": (lambda x: ops.sum(x, axis=2), r"`sum` needs `axis` from -2 to 1 for a tensor of rank 2\. Received 2\."),
    "axis kind": (lambda x: ops.max(x, axis="a"), r"`max` needs `axis` to be an integer\. Received 'a'\."),
    "broadcast": (
        lambda x: ops.multiply(x, np.ones((4,), "float32")),
        r"`multiply` needs shapes that broadcast: .*Received \(2, 3\) and \(4,\)\. Reshape or transpose one",
    ),
    "composite": (
        lambda x: ops.logaddexp(x, np.ones((4,), "float32")),
        r"`logaddexp` needs shapes that broadcast: .*Received \(2, 3\) and \(4,\)",
    ),
    "matmul": (lambda x: ops.matmul(x, x), r"`matmul` needs the last axis of `x1` \(3\) and axis -2 of `x2` \(2\)"),
    "tensordot": (lambda x: ops.tensordot(x, x, 1), r"`tensordot` needs axes of equal sizes to sum over\. Received sh"),
    "equation": (lambda x: ops.einsum("ij,jk->iz", x, x), r"`einsum` needs "),
    "labels": (lambda x: ops.einsum("ijk->i", x), r"`einsum` needs "),
    "reduction": (
        lambda x: ops.max(ops.zeros((0, 3)), axis=0), r"`max` and `min` of no elements need `initial`\. Received shape",
    ),
    "index": (lambda x: ops.take(x, [0, 2], axis=0), r"`take` needs indices from -2 to 1 for 2 elements\. Received 2"),
    "low index": (lambda x: ops.take(x, np.array(-7)), r"`take` needs indices from -6 to 5 for 6 elements\. Receiv"),
    "index along": (
        lambda x: ops.take_along_axis(x, np.array([[3]]), axis=1),
        r"`take_along_axis` needs indices from -3 to 2 for 3 elements\. Received 3\.",
    ),
    "key": (lambda x: ops.get_item(x, [5]), r"`get_item` needs indices from -2 to 1 for 2 elements\. Received 5\."),
    "keys": (
        lambda x: ops.get_item(x, ([0, 1], [0, 5])), r"`get_item` needs indices from -3 to 2 for 3 elements\. Rec",
    ),
    "float index": (lambda x: ops.take(x, [0.5]), r"`take` needs integers as indices\. Received dtype float32\. Use"),
    "bits": (lambda x: ops.bitwise_and(x, 1), r"`bitwise_and` needs integers or booleans\. Received dtypes float32, i"),
    "dtype": (lambda x: ops.cast(x, "float31"), r"`dtype` needs the name of a dtype\. Received 'float31'\. Use one of"),
    "float8": (
        lambda x: ops.add(ops.cast(x, "float8_e5m2"), x),
        r"`add` needs operands with a common dtype\. Received float8_e5m2, float32\. Cast one of them with `ops\.cast`",
    ),
    "shape": (lambda x: ops.zeros((2, -1)), r"`zeros` needs sizes of 0 or more\. Received \(2, -1\)\."),
    "shape kind": (lambda x: ops.ones("ab"), r"`ones` needs integers as a shape\. Received 'ab'\."),
    "reshape": (lambda x: ops.reshape(x, (4, -1)), r"`reshape` needs a new shape with as many elements as the tensor"),
    "holes": (lambda x: ops.reshape(x, (-2, 3)), r"`reshape` needs sizes of 0 or more and at most one -1\. Received"),
    "none of them": (lambda x: ops.concatenate([]), r"`concatenate` needs at least one tensor in `xs`\. Received none"),
    "None among them": (lambda x: ops.stack([x, None]), r"`stack` needs tensors in `x`\. Received None at 1\."),
    "no sequence": (lambda x: ops.stack(3), r"`stack` needs a sequence of tensors as `x`\. Received 3\."),
    "number": (lambda x: ops.leaky_relu(x, "a"), r"`leaky_relu` needs numbers as `negative_slope`\. Received 'a'\."),
    "repeats": (lambda x: ops.repeat(x, -1), r"`repeat` needs `repeats` of 0 or more\. Received -1\."),
    "slice": (
        lambda x: ops.slice(x, (0, 0.5), (1, 1)), r"`slice` needs integers as `start_indices`\. Received \(0, 0\.5\)\.",
    ),
    "slice sizes": (lambda x: ops.slice(x, (0,), (1, 1)), r"`slice` needs one start and one size for each axis\. Rece"),
    "axes of rot90": (lambda x: ops.rot90(x, axes=(0, 1, 2)), r"`rot90` needs two different axes\. Received \(0, 1, 2"),
    "arange": (lambda x: ops.arange(3, dtype="complex64"), r"`arange` needs a real dtype\. Received dtype=complex64"),
    "matrices": (lambda x: ops.cholesky(x), r"`cholesky` needs square matrices\. Received shape \(2, 3\)\."),
    "kernel": (lambda x: ops.conv_transpose(x, x), r"`conv_transpose` needs "),
}  # fmt: skip


@pytest.mark.parametrize(("call", "text"), TEXTS.values(), ids=TEXTS)
def test_text(backend, call, text):
    with pytest.raises(KerasliteError, match=text):
        call(X)
    with pytest.raises(KerasliteError, match=text):
        call(ops.convert_to_tensor(X))


SYMBOLIC = [name for name in TEXTS if name not in ("float8", "key", "keys")]


@pytest.mark.parametrize("name", SYMBOLIC)
def test_text_of_symbolic_calls(name):
    call, text = TEXTS[name]
    with pytest.raises(KerasliteError, match=text):
        call(SymbolicTensor((2, 3)))


def test_complex_numbers_where_an_engine_has_none(backend):
    """Complex where the engine can; where not, the error is ours."""
    x = ops.convert_to_tensor(np.array([1j, 2.0]))
    for op in (ops.relu, ops.softmax, ops.gelu, ops.sort, ops.elu, ops.log_softmax):
        try:
            result = op(x)
        except DTypeError as error:
            assert " needs real numbers" in str(error)  # noqa: PT017
        else:
            assert ops.shape(result) == (2,)


def test_an_index_out_of_range_on_the_device(backend):
    """Whether an engine looks is its own; what comes then is an error of ours, or anything of the right shape."""
    x, index = ops.convert_to_tensor(X), ops.convert_to_tensor(np.array([0, 5], "int32"))
    try:
        assert ops.shape(ops.take(x, index, axis=0)) == (2, 3)
    except ArgumentError as error:
        assert "`take` needs indices from -2 to 1 for 2 elements. Received 5." in str(error)  # noqa: PT017
    assert (backend == "jax") == _taken(lambda: ops.take(x, index, axis=0))


def _taken(call) -> bool:
    try:
        call()
    except ArgumentError:
        return False
    return True


def test_an_embedding_of_an_index_out_of_range(backend):
    layer = keraslite.layers.Embedding(4, 2)
    layer.build((None, 1))
    with pytest.raises(ArgumentError, match=r"needs indices from -4 to 3 for 4 elements\. Received 4\."):
        ops.take(layer.embeddings, np.array([[4]]), axis=0)


def test_mistakes_within_jit(backend):
    """Static ones raise while the program is traced, in the same words."""
    for name in ("axis", "broadcast", "matmul", "index", "key", "reshape", "composite"):
        call, text = TEXTS[name]
        with pytest.raises(KerasliteError, match=text):
            keraslite.transforms.jit(call)(ops.convert_to_tensor(X))
