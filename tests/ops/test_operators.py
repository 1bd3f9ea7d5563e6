"""Python's operators and protocols on symbolic tensors and Variables."""

from __future__ import annotations

import importlib
import linecache
import operator

import numpy as np
import pytest

import keraslite
from keraslite import ops
from keraslite.errors import ArgumentError, DTypeError, KerasliteError, SymbolicError
from keraslite.ops.symbolic import SymbolicTensor

A = np.array([[1.5, -2.0, 3.0], [0.5, 4.0, -1.0]], "float32")
B = np.array([[2.0, 3.0, 0.5], [1.0, -1.0, 2.0]], "float32")
K = np.array([[5, 3, 1], [7, 2, 6]], "int32")
J = np.array([[1, 2, 3], [0, 1, 2]], "int32")
T = np.array([[True, False, True], [False, True, True]])
U = np.array([[True, True, False], [False, False, True]])

COMPARISONS = ("eq", "ne", "lt", "le", "gt", "ge")
BINARY = {
    **dict.fromkeys(("add", "sub", "mul", "truediv", "floordiv", "mod", *COMPARISONS), (A, B)),
    "pow": (np.abs(A), B),
    "matmul": (A, B.T),
    **dict.fromkeys(("lshift", "rshift"), (K, J)),
}
BITS = [(name, *pair) for name in ("and_", "or_", "xor") for pair in ((K, J), (T, U))]
CASES = [*((name, *pair) for name, pair in BINARY.items()), *BITS]
NUMBERS = [("add", 2), ("sub", 2.5), ("mul", 3), ("truediv", 2), ("floordiv", 2), ("mod", 2), ("pow", 2), ("lt", 1)]


def symbolic(array) -> SymbolicTensor:
    return SymbolicTensor(array.shape, str(array.dtype))


def same(result, expected) -> None:
    assert tuple(ops.shape(result)) == np.shape(expected)
    np.testing.assert_allclose(ops.convert_to_numpy(result), expected, rtol=1e-5)


@pytest.mark.parametrize(("name", "left", "right"), CASES, ids=lambda x: x if isinstance(x, str) else str(x.dtype))
def test_binary_operators(backend, name, left, right):
    run = getattr(operator, name)
    expected = run(left, right)
    tensor = ops.convert_to_tensor
    variables = [keraslite.Variable(x, dtype=str(x.dtype)) for x in (left, right)]
    for pair in (variables, (variables[0], tensor(right)), (tensor(left), variables[1]), (left, variables[1])):
        same(run(*pair), expected)
    pairs = [(symbolic(left), symbolic(right)), (symbolic(left), right), (left, symbolic(right)),
             (symbolic(left), tensor(right))]  # fmt: skip
    if backend != "tensorflow" or name not in COMPARISONS:
        pairs.append((tensor(left), symbolic(right)))
    for x, y in pairs:
        result = run(x, y)
        assert isinstance(result, SymbolicTensor)
        assert (result.shape, result.dtype) == (expected.shape, ops.dtype(run(*variables)))


@pytest.mark.parametrize(("name", "number"), NUMBERS)
def test_numbers_on_either_side(backend, name, number):
    run, x = getattr(operator, name), np.abs(A)
    variable = keraslite.Variable(x)
    same(run(variable, number), run(x, number))
    same(run(number, variable), run(number, x))
    for result in (run(symbolic(x), number), run(number, symbolic(x))):
        assert (result.shape, result.dtype) == (x.shape, ops.dtype(run(variable, number)))


def test_reflected_shifts_and_divmod(backend):
    for x in (keraslite.Variable(J, dtype="int32"), ops.convert_to_tensor(J)):
        variable = keraslite.Variable(x, dtype="int32")
        same(2 << variable, 2 << J)
        same(64 >> variable, 64 >> J)
        for got, expected in zip(divmod(9, keraslite.Variable(J + 1, dtype="int32")), divmod(9, J + 1), strict=True):
            same(got, expected)
        for got, expected in zip(divmod(variable, 2), divmod(J, 2), strict=True):
            same(got, expected)
    quotient, rest = divmod(symbolic(J), 2)
    assert (quotient.dtype, rest.dtype, (2 << symbolic(J)).dtype) == ("int32", "int32", "int32")
    assert (64 >> symbolic(J)).shape == divmod(9, symbolic(J))[0].shape == J.shape


@pytest.mark.parametrize("run", [operator.neg, operator.pos, abs, round])
def test_unary_operators(backend, run):
    expected = np.round(A) if run is round else run(A)
    same(run(keraslite.Variable(A)), expected)
    assert run(symbolic(A)).shape == A.shape


def test_round_to_decimals(backend):
    same(round(keraslite.Variable(A / 3), 1), np.round(A / 3, 1))
    assert round(symbolic(A), 1).dtype == "float32"


def test_invert(backend):
    same(~keraslite.Variable(T, dtype="bool"), ~T)
    same(~keraslite.Variable(K, dtype="int32"), ~K)
    assert (~symbolic(T)).dtype == "bool"
    assert (~symbolic(K)).dtype == "int32"


def test_bits_of_booleans_and_integers_promote(backend):
    for left, right in ((T, K), (K, T)):
        a, b = (keraslite.Variable(x, dtype=str(x.dtype)) for x in (left, right))
        same(a & b, left & right)
        assert (symbolic(left) | symbolic(right)).dtype == "int32"
    assert (symbolic(T) & True).dtype == (True | symbolic(T)).dtype == "bool"


@pytest.mark.parametrize("bad", [lambda x: ~x, lambda x: x & x, lambda x: x << 1], ids=["~", "&", "<<"])
def test_bits_of_floats(backend, bad):
    for x in (symbolic(A), keraslite.Variable(A)):
        with pytest.raises(DTypeError, match=r"`bitwise_\w+` needs integers or booleans\. Received dtypes float32"):
            bad(x)


def test_nothing_equals_none(backend):
    for x in (symbolic(A), keraslite.Variable(A)):
        assert (x == None) is False  # noqa: E711
        assert (x != None) is True  # noqa: E711
        with pytest.raises(ArgumentError, match=r"`add` needs a tensor as `x2`\. Received None\."):
            x + None
        assert len({x, x}) == 1


# ---- indexing -----------------------------------------------------------------------------------------------

X = np.arange(60, dtype="float32").reshape(3, 4, 5)
KEYS = {
    "0": 0, "-1": -1, "1:": slice(1, None), ":, 2": (slice(None), 2), "...": ..., "..., 0": (..., 0), "None": None,
    "0, ..., None": (0, ..., None), "::-1": slice(None, None, -1), ":, ::2, 1:4": np.s_[:, ::2, 1:4],
    "5:1:-2": np.s_[5:1:-2], ":, None, 1": np.s_[:, None, 1], "(0, 1, 2)": (0, 1, 2), "()": (), "-2:": np.s_[-2:],
    "list": [0, 2], ":, list": np.s_[:, [0, 0, 3]], "two arrays": ([0, 2], [1, 3]), "apart": np.s_[[0, 1], :, [1, 2]],
    "int and array": np.s_[0, :, [1, 2]], "array rank 2": np.array([[0, 1], [2, 0]]), "negative": np.array([-1, 0]),
    "mask": X[:, 0, 0] > 10, "full mask": X > 30, "empty": np.s_[2:1], "numpy int": np.int64(1),
}  # fmt: skip


@pytest.mark.parametrize("key", KEYS.values(), ids=KEYS)
def test_getitem(backend, key):
    expected = X[key]
    same(keraslite.Variable(X)[key], expected)
    result = SymbolicTensor(X.shape)[key]
    assert isinstance(result, SymbolicTensor)
    assert (result.shape, result.dtype) == (expected.shape, "float32")


def test_getitem_by_tensors(backend):
    index = ops.convert_to_tensor(np.array([2, 0], "int32"))
    same(keraslite.Variable(X)[index], X[[2, 0]])
    same(keraslite.Variable(X)[:, index], X[:, [2, 0]])
    same(keraslite.Variable(X)[keraslite.Variable(np.array(1), dtype="int32")], X[1])
    same(keraslite.Variable(X)[ops.convert_to_tensor(X[:, 0, 0] > 10)], X[X[:, 0, 0] > 10])
    assert SymbolicTensor((None, 4, 5))[:, index].shape == (None, 2, 5)
    assert SymbolicTensor((None, 4, 5))[SymbolicTensor((7,), "int32")].shape == (7, 4, 5)


def test_getitem_of_unknown_sizes():
    x = SymbolicTensor((None, 4, None))
    assert x[0].shape == (4, None)
    assert x[:, 1].shape == (None, None)
    assert x[..., None].shape == (None, 4, None, 1)
    assert x[1:, ::2, -1].shape == (None, 2)


WRONG = {
    "out of range": (7, r"needs indices from -3 to 2 for an axis of size 3\. Received 7 for a tensor of shape"),
    "too many": ((0, 0, 0, 0), r"needs at most one index for each axis \(here 3\) and one `\.\.\.`\. Received \(0,"),
    "two ellipses": ((..., ...), r"needs at most one index for each axis \(here 3\) and one `\.\.\.`"),
    "float": (1.5, r"needs integers, slices, `\.\.\.`, None, or arrays .*Received 1\.5\."),
    "float array": (np.array([1.5]), r"needs integers as indices\. Received dtype float"),
    "text": ("a", r"needs integers, slices.* Received 'a'\."),
    "True": (True, r"needs integers, slices.* Received True\."),
}


@pytest.mark.parametrize(("key", "text"), WRONG.values(), ids=WRONG)
def test_getitem_wrong(backend, key, text):
    for x in (SymbolicTensor(X.shape), keraslite.Variable(X)):
        with pytest.raises(KerasliteError, match=text):
            x[key]


def test_getitem_by_a_symbolic_mask():
    x = SymbolicTensor((3, 4))
    with pytest.raises(ArgumentError, match=r"`x\[mask\]` needs a concrete mask.*Use `ops.where`"):
        x[x > 0]


# ---- protocols ----------------------------------------------------------------------------------------------


def test_what_tensors_are_asked_for(backend):
    variable, x = keraslite.Variable(A), SymbolicTensor((None, 3), "float32", name="x")
    assert (variable.shape, variable.dtype, variable.ndim, variable.size) == ((2, 3), "float32", 2, 6)
    assert (x.shape, x.dtype, x.ndim, x.name) == ((None, 3), "float32", 2, "x")
    assert x.reshape((-1,)).shape == (None,)
    assert SymbolicTensor((1, 3)).squeeze(0).shape == (3,)
    assert len(variable) == len(SymbolicTensor((2, 3))) == 2
    for rows in (list(variable), list(SymbolicTensor((2, 3)))):
        assert [tuple(ops.shape(row)) for row in rows] == [(3,), (3,)]
    assert 4.0 in variable
    assert 9.0 not in variable
    assert np.asarray(variable).tolist() == A.tolist()
    assert np.exp(variable).tolist() == np.exp(A).tolist()


def test_a_variable_as_a_number(backend):
    one = keraslite.Variable([[2.5]])
    assert (float(one), int(one), complex(one), bool(one)) == (2.5, 2, 2.5 + 0j, True)
    assert [10, 20, 30][keraslite.Variable(1, dtype="int32")] == 20
    many = keraslite.Variable(A)
    for number in (float, int, complex, bool):
        with pytest.raises(TypeError, match=number.__name__):
            number(many)
        with pytest.raises(ArgumentError, match=rf"`{number.__name__}\(\)` needs a Variable of one element\. Received"):
            number(many)
    with pytest.raises(DTypeError, match=r"An index needs to be an integer\. Received Variable 'variable' of float32"):
        [10, 20, 30][one]
    with pytest.raises(ArgumentError, match=r"`len\(\)` needs an axis\. Received the scalar 'variable'"):
        len(keraslite.Variable(1.0))
    for sequence in (len, list, tuple):
        with pytest.raises(TypeError):
            sequence(keraslite.Variable(1.0))
    with pytest.raises(TypeError, match="one element"):
        bool(keraslite.Variable(np.zeros((0, 2))))


def test_what_a_symbolic_tensor_cannot_be():
    x = SymbolicTensor((None, 3), name="x")
    with pytest.raises(SymbolicError, match=r"has no truth value while the model is built\. Received <KerasTensor"):
        bool(x)
    for number in (float, int, complex, operator.index):
        with pytest.raises(SymbolicError, match=r"A Python number needs a value, which a symbolic tensor does not"):
            number(x)
    with pytest.raises(SymbolicError, match=r"`in` needs values.*Use `ops.any\(x == value\)`"):
        3 in x  # noqa: B015
    with pytest.raises(SymbolicError, match=r"`len\(\)` needs a first axis of known size\. Received <KerasTensor"):
        len(x)
    for scalar_or_unknown in (x, SymbolicTensor(())):
        with pytest.raises(SymbolicError, match=r"A loop over a symbolic tensor needs a first axis of known size"):
            list(scalar_or_unknown)
    with pytest.raises(TypeError):
        x[0] = 1  # pyright: ignore[reportIndexIssue]


FOREIGN = {
    "numpy": ["np.exp(x)", "np.sum(x)", "np.concatenate([x, x])", "np.asarray(x)"],
    "torch": ["torch.exp(x)", "torch.relu(x)", "torch.nn.functional.softmax(x, dim=-1)", "torch.cat([x, x])"],
    "jax": ["jnp.exp(x)", "jnp.sum(x)", "jax.nn.relu(x)", "jax.lax.exp(x)", "jnp.concatenate([x, x])"],
    "tensorflow": ["tf.exp(x)", "tf.nn.relu(x)", "tf.reduce_sum(x)", "tf.concat([x, x], 0)", "tf.matmul(x, x)"],
}
REWRITTEN = {"cat": "concatenate", "concat": "concatenate", "reduce_sum": "sum", "asarray": "convert_to_tensor"}


def _modules(backend) -> dict:
    library = importlib.import_module(backend)
    numeric = importlib.import_module("jax.numpy") if backend == "jax" else None
    return {"np": np, backend: library, "tf": library, "jnp": numeric}


def test_an_engines_own_function_says_what_to_write(backend, tmp_path):
    x = keraslite.Input((3, 3), name="x")
    for source in (*FOREIGN["numpy"], *FOREIGN.get(backend, [])):
        file = tmp_path / "model.py"
        file.write_text(f"def f(x):\n    return {source}\n")
        linecache.checkcache()
        space = {**_modules(backend), "__name__": "model"}
        exec(compile(file.read_text(), str(file), "exec"), space)
        name = source.partition("(")[0].rpartition(".")[2]
        with pytest.raises(KerasliteError) as caught:
            space["f"](x)
        text = str(caught.value)
        assert text.startswith(f"`{source}` needs values, which a symbolic tensor does not have. Received <Keras"), text
        assert f"Use `ops.{REWRITTEN.get(name, name)}`, or put" in text
        assert text.endswith(f"model.py:2: `return {source}`.")


def test_an_engines_tensor_on_the_left_leaves_the_operator_to_us(backend):
    x, tensor = keraslite.Input((3,)), ops.ones((3,))
    results = [tensor + x, tensor * x]
    if backend == "tensorflow":  # its comparisons ask nobody
        with pytest.raises(SymbolicError, match=r"needs values, which a symbolic tensor does not have"):
            tensor < x  # noqa: B015
    else:
        results += [tensor == x, tensor < x]
    for result in (*results, np.ones(3, "float32") - x, np.float32(2) * x):
        assert isinstance(result, SymbolicTensor)
        assert result.shape == (None, 3)


MISTAKES = {
    "ops.reshape(x, (3, 5))": r"`reshape` needs a new shape with as many elements",
    "x @ x": r"`matmul` needs the last axis of `x1`",
    "x + ops.ones((7,))": r"`add` needs shapes that broadcast",
    "ops.sum(x, axis=5)": r"`sum` needs `axis` from -3 to 2 for a tensor of rank 3\. Received 5\.",
    "ops.transpose(x, (0, 1))": r"`transpose` needs",
    "x[:, 9]": r"needs indices from -4 to 3",
    "ops.logsumexp(x + 'a')": r"`add` needs numbers",
}


@pytest.mark.parametrize(("source", "text"), MISTAKES.items(), ids=MISTAKES)
def test_symbolic_mistakes_name_the_users_line(source, text, tmp_path):
    file = tmp_path / "model.py"
    file.write_text(f"def build(x):\n    y = x * 2\n    return {source}\n")
    space = {"ops": ops, "__name__": "model"}
    exec(compile(file.read_text(), str(file), "exec"), space)
    with pytest.raises(KerasliteError, match=text) as caught:
        space["build"](keraslite.Input((4, 6)))
    assert str(caught.value).endswith(f"model.py:3: `return {source}`.")
    assert str(caught.value).count(" At ") == 1


def test_the_line_stands_in_the_layer_that_made_the_mistake(tmp_path):
    file = tmp_path / "net.py"
    file.write_text("class Wrong(keraslite.Layer):\n    def call(self, x):\n        return ops.reshape(x, (2, 5))\n")
    space = {"ops": ops, "keraslite": keraslite, "__name__": "net"}
    exec(compile(file.read_text(), str(file), "exec"), space)
    with pytest.raises(KerasliteError, match=r"net.py:3: `return ops.reshape\(x, \(2, 5\)\)`"):
        space["Wrong"]()(keraslite.Input((3,), batch_size=2))


def test_every_operator_of_keras_is_there():
    from_keras = (
        "abs add and bool eq floordiv ge getitem gt invert iter le lt matmul mod mul ne neg or pow radd rand rfloordiv "
        "rmatmul rmod rmul ror round rpow rsub rtruediv rxor sub truediv xor float int array len rlshift rrshift divmod"
    )
    for name in from_keras.split():
        assert hasattr(SymbolicTensor, f"__{name}__"), name
        assert hasattr(keraslite.Variable, f"__{name}__"), name
