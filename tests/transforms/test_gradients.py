"""`value_and_grad`, alone and nested in other transforms, against derivatives computed by hand."""

from __future__ import annotations

import numpy as np
import pytest

from keraslite import ops, tree
from keraslite.backend import registry, scopes
from keraslite.errors import ArgumentError, MissingCapabilityError, StateError
from keraslite.transforms import (
    abstract_eval,
    checkpoint,
    cond,
    custom_gradient,
    fori_loop,
    grad,
    jit,
    jvp,
    no_gradient,
    scan,
    stop_gradient,
    value_and_grad,
    vjp,
    vmap,
    while_loop,
)
from keraslite.variable import Variable


def number(x):
    """A scalar of any engine as a Python float."""
    return float(ops.convert_to_numpy(x))


X = np.array([0.5, -1.0, 2.0], "float32")


def cube(x):
    return ops.sum(x * x * x)


def by_scan(x):
    """x**3, summed, in a loop over a carry."""
    return ops.sum(scan(lambda c, k: (c * x * k, None), ops.ones_like(x), ops.ones((3,)))[0])


def by_scan_outputs(x):
    """Sum of x + x**2 + x**3, from the outputs."""
    return ops.sum(scan(lambda c, _: (c * x, c * x), ops.ones_like(x), length=3)[1])


def by_cond(x):
    """x**3 where the sum is positive, else x."""
    return cond(ops.sum(x) > 0, lambda: cube(x), lambda: ops.sum(x))


def by_fori(x):
    return ops.sum(fori_loop(0, 3, lambda i, c: c * x, ops.ones_like(x)))


def by_checkpoint(x):
    return checkpoint(cube)(x)


def by_inner_grad(x):
    """Sum of 3 x**2."""
    return ops.sum(grad(cube)(x))


def by_stopped(x):
    return ops.sum(x * stop_gradient(x))


def by_nest(x):
    return value_and_grad(lambda d: ops.sum(d["a"] * d["b"][0]))({"a": x, "b": [x]})[0]


# function, its first derivative, its second (of the sum of the first)
CASES = {
    "plain": (cube, 3 * X**2, 6 * X),
    "scan": (by_scan, 3 * X**2, 6 * X),
    "scan outputs": (by_scan_outputs, 1 + 2 * X + 3 * X**2, 2 + 6 * X),
    "cond": (by_cond, 3 * X**2, 6 * X),
    "fori_loop": (by_fori, 3 * X**2, 6 * X),
    "checkpoint": (by_checkpoint, 3 * X**2, 6 * X),
    "grad": (by_inner_grad, 6 * X, np.full(3, 6)),
    "stop_gradient": (by_stopped, X, None),
    "nest": (by_nest, 2 * X, np.full(3, 2)),
}


@pytest.mark.parametrize("case", CASES)
@pytest.mark.parametrize("compiled", [False, True], ids=["eager", "jit"])
def test_first_and_second_derivatives(differentiating_backend, case, compiled):
    fn, first, second = CASES[case]
    wrap = jit if compiled else lambda f: f
    x = ops.convert_to_tensor(X)
    value, gradient = wrap(value_and_grad(fn))(x)
    np.testing.assert_allclose(ops.convert_to_numpy(value), ops.convert_to_numpy(fn(x)), rtol=1e-5)
    np.testing.assert_allclose(ops.convert_to_numpy(gradient), first, rtol=1e-5)
    if second is not None:
        again = wrap(grad(lambda x: ops.sum(grad(fn)(x))))(x)
        np.testing.assert_allclose(ops.convert_to_numpy(again), second, rtol=1e-5)
    each = wrap(vmap(grad(fn)))(ops.convert_to_tensor(np.stack([X, X])))
    np.testing.assert_allclose(ops.convert_to_numpy(each), np.stack([first, first]), rtol=1e-5)


@pytest.mark.parametrize("case", CASES)
@pytest.mark.parametrize("compiled", [False, True], ids=["eager", "jit"])
def test_over_variables(differentiating_backend, case, compiled):
    fn, first, second = CASES[case]
    wrap = jit if compiled else lambda f: f
    v = Variable(X)
    value, (gradient,) = wrap(lambda: value_and_grad(lambda: fn(v.value), [v])())()
    expected = ops.convert_to_numpy(fn(ops.convert_to_tensor(X)))
    np.testing.assert_allclose(ops.convert_to_numpy(value), expected, rtol=1e-5)
    np.testing.assert_allclose(ops.convert_to_numpy(gradient), first, rtol=1e-5)
    if second is not None:
        inner = lambda: ops.sum(grad(lambda: fn(v.value), [v])()[0])  # noqa: E731
        (again,) = wrap(lambda: grad(inner, [v])())()
        np.testing.assert_allclose(ops.convert_to_numpy(again), second, rtol=1e-5)


def test_while_loop_where_values_are_known(differentiating_backend):
    if "backward" not in registry.current().capabilities and "native_state" not in registry.current().capabilities:
        pytest.skip("JAX has no reverse mode for loops of unknown length")
    fn = lambda x: while_loop(lambda i, c: i < 3, lambda i, c: (i + 1, c * x), (0, ops.ones(())))[1]  # noqa: E731
    x = ops.convert_to_tensor(2.0)
    assert number(grad(fn)(x)) == 12
    assert number(jit(grad(fn))(x)) == 12


@pytest.mark.parametrize("compiled", [False, True], ids=["eager", "jit"])
def test_per_sample_gradients(differentiating_backend, compiled):
    w = Variable(np.array([[1.0], [2.0]]))
    b = Variable(np.zeros(1))
    x = np.array([[1, 2], [3, 4], [5, 6]], "float32")

    def one(sample):
        def loss():
            return ops.sum(ops.square(ops.matmul(sample, w) + b))

        return value_and_grad(loss, {"w": w, "b": b})()

    wrap = jit if compiled else lambda f: f
    losses, gradients = wrap(vmap(one))(ops.convert_to_tensor(x))
    y = x @ np.array([1.0, 2.0])
    np.testing.assert_allclose(ops.convert_to_numpy(losses), y**2, rtol=1e-5)
    np.testing.assert_allclose(ops.convert_to_numpy(gradients["w"]), (2 * y[:, None] * x)[..., None], rtol=1e-5)
    np.testing.assert_allclose(ops.convert_to_numpy(gradients["b"]), 2 * y[:, None], rtol=1e-5)


@pytest.mark.parametrize("compiled", [False, True], ids=["eager", "jit"])
@pytest.mark.parametrize("place", ["plain", "scan", "cond", "checkpoint", "inner gradient"])
def test_assigning_on_the_way(differentiating_backend, compiled, place):
    w, mean, count = Variable(2.0), Variable(0.0, trainable=False), Variable(0, dtype="int32")

    def forward(x):
        mean.assign(0.5 * mean + 0.5 * x * w)
        count.assign_add(1)
        return x * w * w

    around = {
        "plain": forward,
        "scan": lambda x: scan(lambda c, _: (c, forward(x)), x, length=1)[1][0],
        "cond": lambda x: cond(x > 0, lambda: forward(x), lambda: x * w),
        "checkpoint": checkpoint(forward),
        "inner gradient": lambda x: value_and_grad(forward)(x)[0],
    }[place]
    wrap = jit if compiled else lambda f: f
    run = wrap(lambda x: value_and_grad(lambda x: (around(x), {"y": x * 2, "text": "t"}), [w], has_aux=True)(x))
    for i in range(1, 4):
        (loss, aux), (g,) = run(ops.convert_to_tensor(3.0))
        assert number(loss) == 12
        assert number(g) == 12
        assert aux["text"] == "t"
        assert number(aux["y"]) == 6
        assert int(count) == i
        np.testing.assert_allclose(number(mean), 6 * (1 - 0.5**i), rtol=1e-6)


def test_state_after_failure(differentiating_backend):
    v = Variable(1.0)

    def fail():
        v.assign(v * 2)
        raise KeyError("on purpose")

    with pytest.raises(KeyError):
        value_and_grad(fail, [v])()
    assert number(v) == 1
    assert scopes.scope() is None


def test_unconnected_is_zero(differentiating_backend):
    a, b = Variable(np.ones(2)), Variable(np.ones(3))
    for fn in (lambda: ops.sum(a * 2), lambda: ops.ones(())):
        gradients = grad(fn, [a, b])()
        np.testing.assert_array_equal(ops.convert_to_numpy(gradients[1]), np.zeros(3))
    assert grad(lambda: ops.ones(()), [])() == []


def test_argnums(differentiating_backend):
    x, y = ops.convert_to_tensor(2.0), ops.convert_to_tensor(5.0)
    fn = lambda x, y, scale=1.0: x * y * scale  # noqa: E731
    assert number(grad(fn, argnums=1)(x, y, scale=3.0)) == 6
    assert [number(g) for g in grad(fn, argnums=(0, -1))(x, y)] == [5, 2]
    gradient, aux = grad(lambda x: (x * x, "aux"), has_aux=True)(x)
    assert number(gradient) == 4
    assert aux == "aux"


def test_autocast_variables_have_gradients_of_their_own_dtype(differentiating_backend):
    v = Variable(np.ones(3))
    with scopes.autocast("bfloat16"):
        _, (g,) = value_and_grad(lambda: ops.cast(ops.sum(v * 2), "float32"), [v])()
    assert ops.dtype(g) == "float32"
    np.testing.assert_array_equal(ops.convert_to_numpy(g), np.full(3, 2))


def test_grads_of_torch_are_as_before():
    torch = pytest.importorskip("torch")
    with registry.use_backend("torch"):
        v = Variable(np.ones(2))
        v.storage.grad = torch.full((2,), 7.0)
        gradients = grad(lambda: ops.sum(v * 3), [v])()
        assert gradients[0].tolist() == [3, 3]
        assert v.storage.grad.tolist() == [7, 7]


def test_no_gradient(differentiating_backend):
    v = Variable(np.ones(2))
    with no_gradient():
        y = ops.sum(v * 2)
    assert not getattr(y, "requires_grad", False)
    assert number(y) == 4


@pytest.mark.parametrize("compiled", [False, True], ids=["eager", "jit"])
def test_vjp_and_jvp(differentiating_backend, compiled):
    wrap = jit if compiled else lambda f: f
    count = Variable(0.0)

    def fn(x, y):
        count.assign_add(1.0)
        return {"a": x * y, "b": ops.sum(x)}

    def back(x, y):
        out, pull = vjp(fn, x, y)
        return out["a"], pull({"a": ops.ones((3,)), "b": ops.ones(())})

    x, y = ops.convert_to_tensor(X), ops.convert_to_tensor(2 * X)
    a, (gx, gy) = wrap(back)(x, y)
    np.testing.assert_allclose(ops.convert_to_numpy(a), 2 * X**2)
    np.testing.assert_allclose(ops.convert_to_numpy(gx), 2 * X + 1)
    np.testing.assert_allclose(ops.convert_to_numpy(gy), X)
    _, moved = wrap(lambda x, y: jvp(fn, (x, y), (ops.ones((3,)), ops.zeros((3,)))))(x, y)
    np.testing.assert_allclose(ops.convert_to_numpy(moved["a"]), 2 * X)
    assert number(moved["b"]) == 3
    assert number(count) == 2


@pytest.mark.parametrize("compiled", [False, True], ids=["eager", "jit"])
def test_custom_gradient(differentiating_backend, compiled):
    @custom_gradient
    def doubled(x):
        return x * x, lambda upstream: upstream * 100.0

    wrap = jit if compiled else lambda f: f
    x = ops.convert_to_tensor(3.0)
    value, gradient = wrap(value_and_grad(doubled))(x)
    assert number(value) == 9
    assert number(gradient) == 100


@pytest.mark.parametrize("compiled", [False, True], ids=["eager", "jit"])
def test_custom_gradient_of_what_returns_its_argument(differentiating_backend, compiled):
    @custom_gradient
    def clipped(x, y):
        return (x, y * 2), lambda first, second: (ops.clip(first, -1.0, 1.0), second * 5)

    wrap = jit if compiled else lambda f: f
    x, y = ops.convert_to_tensor(3.0), ops.convert_to_tensor(4.0)
    value, gradients = wrap(value_and_grad(lambda x, y: ops.multiply(*clipped(x, y)), argnums=(0, 1)))(x, y)
    assert number(value) == 24
    assert [number(gradient) for gradient in gradients] == [1, 15]


ERRORS = {
    "no scalar": (
        lambda v: (lambda: v * 2, [v], {}),
        r"returns a floating scalar. Received shape \(2,\), dtype 'float32'",
    ),
    "no tensor": (lambda v: (lambda: None, [v], {}), "returns a scalar. Received NoneType"),
    "no pair": (lambda v: (lambda: ops.sum(v.value), [v], {"has_aux": True}), "returns a pair: a result and some"),
    "not a Variable": (lambda v: (lambda: 1.0, [X], {}), "needs Variables as `variables`. Received ndarray"),
    "twice": (lambda v: (lambda: 1.0, [v, v], {}), "each Variable once. Received 'variable' twice"),
    "frozen": (
        lambda v: (lambda: 1.0, [Variable(1.0, trainable=False, name="frozen")], {}),
        "Received 'frozen', which is frozen",
    ),
    "integer": (
        lambda v: (lambda: 1.0, [Variable(1, dtype="int32", name="steps")], {}),
        "floating Variables. Received 'steps' of dtype 'int32'",
    ),
}


@pytest.mark.parametrize("case", ERRORS)
def test_errors(differentiating_backend, case):
    make, message = ERRORS[case]
    fn, variables, options = make(Variable(X[:2]))
    with pytest.raises(ArgumentError, match=message):
        value_and_grad(fn, variables, **options)()


def test_errors_of_arguments(differentiating_backend):
    with pytest.raises(ArgumentError, match=r"needs argument 1. Received 1 positional"):
        grad(lambda x: x, argnums=1)(ops.ones(()))
    with pytest.raises(ArgumentError, match=r"floating tensors to differentiate by. Received dtype 'int32'"):
        grad(lambda x: x)(ops.ones((), dtype="int32"))


def test_numpy_says_what_to_install():
    with registry.use_backend("numpy"):
        v = Variable(1.0)
        for call in (grad(lambda: v * 2, [v]), lambda: grad(lambda x: x)(np.ones(())), lambda: vjp(abs, np.ones(()))):
            with pytest.raises(MissingCapabilityError, match=r"'numpy', which has none. Install .*keraslite\[jax\]"):
                call()


def test_assigning_under_vmap_is_an_error(backend):
    seen = Variable(0.0, name="seen")

    def direct(x):
        seen.assign_add(1.0)
        return x

    for fn in (direct, lambda x: scan(lambda c, _: (direct(c), None), x, length=2)[0]):
        for wrap in (lambda f: f, jit):
            with pytest.raises(StateError, match=r"`vmap` needs a function that assigns no Variable.*'seen'"):
                wrap(vmap(fn))(ops.ones((2,)))
    assert number(seen) == 0


def test_structure_of_gradients(differentiating_backend):
    nest = {"a": ops.ones((2,)), "b": (ops.ones(()), [ops.ones((1,))])}
    gradients = grad(lambda d: ops.sum(d["a"]) * d["b"][0])(nest)
    assert tree.structure(gradients) == tree.structure(nest)


def test_abstract_eval_drops_assignments(backend):
    v = Variable(1.0)

    def fn(x):
        v.assign(v * 2)
        return x * v

    out = abstract_eval(fn, ops.ones((2, 3)))
    assert out.shape == (2, 3)
    assert number(v) == 1
