"""`jacfwd`, `jacrev` and `hessian` against derivatives computed by hand, and against JAX's."""

from __future__ import annotations

import numpy as np
import pytest

from keraslite import layers, models, ops, tree, use_backend, utils
from keraslite.errors import ArgumentError, MissingCapabilityError
from keraslite.transforms import grad, hessian, jacfwd, jacrev, jit, vmap
from keraslite.variable import Variable

X = np.array([0.5, -1.0, 2.0], "float32")
Y = np.array([[1.0, 2.0, 0.5], [-1.0, 0.3, 4.0]], "float32")
JACOBIANS = pytest.mark.parametrize("jacobian", [jacfwd, jacrev], ids=["jacfwd", "jacrev"])
COMPILED = pytest.mark.parametrize("wrap", [lambda f: f, jit], ids=["eager", "jit"])


def host(nest):
    return tree.map(ops.convert_to_numpy, nest)


def close(actual, expected):
    tree.map(lambda a, b: np.testing.assert_allclose(a, b, rtol=1e-5, atol=1e-6), host(actual), expected)


def fields(x):
    """A nest of a vector and a scalar."""
    return {"product": x[0] * x, "size": [ops.sum(x * x)]}


FIELDS = {"product": X[0] * np.eye(3) + np.outer(X, [1, 0, 0]), "size": [2 * X]}


@JACOBIANS
@COMPILED
def test_a_nest_of_outputs(differentiating_backend, jacobian, wrap):
    close(wrap(jacobian(fields))(ops.convert_to_tensor(X)), FIELDS)


@JACOBIANS
@COMPILED
def test_nests_of_arguments(differentiating_backend, jacobian, wrap):
    x, y = ops.convert_to_tensor(X), {"y": ops.convert_to_tensor(Y)}
    found = wrap(jacobian(lambda x, d: ops.matmul(d["y"], x), argnums=(0, -1)))(x, y)
    by_y = np.zeros((2, 2, 3))
    by_y[[0, 1], [0, 1]] = X
    close(found, (Y, {"y": by_y}))
    close(wrap(jacobian(lambda x, y: ops.matmul(y, x), argnums=1))(x, y["y"]), by_y)


@JACOBIANS
@COMPILED
def test_over_variables_which_may_be_assigned(differentiating_backend, jacobian, wrap):
    v, w, count = Variable(X), Variable(Y), Variable(0.0, trainable=False)

    def fn():
        count.assign_add(1.0)
        return ops.matmul(w, v), {"twice": 2 * v.value}

    found, aux = wrap(lambda: jacobian(fn, {"v": v, "w": w}, has_aux=True)())()
    by_w = np.zeros((2, 2, 3))
    by_w[[0, 1], [0, 1]] = X
    close(found, {"v": Y, "w": by_w})
    close(aux, {"twice": 2 * X})
    assert float(ops.convert_to_numpy(count)) == 1.0


@COMPILED
def test_second_derivatives(differentiating_backend, wrap):
    x = ops.convert_to_tensor(X)
    close(
        wrap(hessian(lambda x: ops.sum(x**3) + x[0] * x[1]))(x), np.diag(6 * X) + np.eye(3)[[1, 0, 0]] * [[1], [1], [0]]
    )
    close(wrap(hessian(lambda x: {"cubes": x**3}))(x)["cubes"], np.einsum("ij,jk,j->ijk", np.eye(3), np.eye(3), 6 * X))
    close(wrap(jacfwd(grad(lambda x: ops.sum(x**3))))(x), np.diag(6 * X))
    found, aux = wrap(hessian(lambda x, y: (ops.sum(x * y * y), y), argnums=(0, 1), has_aux=True))(x, x)
    close(found, ((np.zeros((3, 3)), np.diag(2 * X)), (np.diag(2 * X), np.diag(2 * X))))
    close(aux, X)


def test_the_hessian_of_a_model(differentiating_backend):
    """Of a linear model with a squared error it is the second moment of its inputs."""
    model = models.Sequential([layers.Input((2,)), layers.Dense(1)])
    x = np.array([[1.0, 2.0], [3.0, -1.0], [0.5, 0.0]], "float32")
    found = hessian(lambda: ops.mean(ops.square(model(x) - 1.0)), model.trainable_variables)()
    close(found[0][0], (2 * np.einsum("ni,nj->ij", x, x) / 3)[:, None, :, None])
    close(found[0][1], (2 * x.mean(0))[:, None, None])
    close(found[1][1], np.full((1, 1), 2.0))


@JACOBIANS
def test_of_samples(differentiating_backend, jacobian):
    close(vmap(jacobian(lambda x: x[0] * x))(ops.convert_to_tensor(np.stack([X, 2 * X])))[0], FIELDS["product"])


@JACOBIANS
def test_half_precision_scalars_and_nothing(differentiating_backend, jacobian):
    made = jacobian(ops.square)(ops.convert_to_tensor([1.5], dtype="float16"))
    assert host(made).dtype == "float16"
    close(ops.cast(made, "float32"), np.full((1, 1), 3.0))
    close(jacobian(ops.square)(3.0), np.array(6.0))
    assert host(jacobian(ops.square)(ops.zeros((0,)))).shape == (0, 0)
    assert host(jacobian(lambda x: ops.sum(x))(ops.zeros((2, 0)))).shape == (2, 0)
    assert host(jacobian(lambda x: x[:0])(ops.ones((3,)))).shape == (0, 3)
    close(jacobian(lambda x: ops.ones((2,)))(ops.convert_to_tensor(X)), np.zeros((2, 3)))


@JACOBIANS
def test_networks(differentiating_backend, jacobian):
    """Both ways agree, also through layers with other kernels."""
    utils.set_random_seed(0)  # weights for which no maximum changes its place within the step
    model = models.Sequential([
        layers.Input((6, 6, 2)), layers.Conv2D(3, 3, activation="gelu"), layers.BatchNormalization(),
        layers.MaxPooling2D(), layers.Flatten(), layers.LayerNormalization(), layers.Dense(4, activation="softmax"),
    ])  # fmt: skip
    x = np.random.default_rng(0).normal(size=(2, 6, 6, 2)).astype("float32")
    made = host(jacobian(lambda x: model(x, training=True))(ops.convert_to_tensor(x)))
    assert made.shape == (2, 4, 2, 6, 6, 2)
    direction = np.random.default_rng(1).normal(size=x.shape).astype("float32")
    there, back = (host(model(x + s * 1e-3 * direction, training=True)) for s in (1, -1))
    np.testing.assert_allclose(np.einsum("abcdef,cdef->ab", made, direction), (there - back) / 2e-3, atol=2e-3)


def test_structures_are_those_of_jax():
    jax = pytest.importorskip("jax")
    with use_backend("jax"):
        x, y = ops.convert_to_tensor(X), {"y": ops.convert_to_tensor(Y)}

        def fn(x, d):
            return {"a": ops.matmul(d["y"], x), "b": (ops.sum(x) * d["y"], ops.exp(x))}

        for ours, theirs in ((jacfwd, jax.jacfwd), (jacrev, jax.jacrev), (hessian, jax.hessian)):
            for argnums in (0, 1, (0, 1), (1,)):
                made, wanted = ours(fn, argnums=argnums)(x, y), theirs(fn, argnums=argnums)(x, y)
                assert jax.tree.structure(made) == jax.tree.structure(wanted)
                close(made, host(wanted))


ERRORS = {
    "fn": (lambda t: t(3), r"needs a function as `fn`"),
    "integers": (lambda t: t(ops.square)(ops.ones((2,), "int32")), r"needs floating tensors to differentiate by"),
    "output": (
        lambda t: t(lambda x: ops.cast(ops.sum(x), "int32"))(X),
        r"needs floating tensors as what `fn` returns",
    ),
    "argnums": (lambda t: t(ops.square, argnums=1)(X), r"needs argument 1. Received 1 positional"),
    "aux": (lambda t: t(ops.square, has_aux=True)(X), r"with `has_aux=True` needs a function that returns"),
    "frozen": (lambda t: t(lambda: 1.0, [Variable(1.0, trainable=False)])(), r"needs trainable Variables"),
    "variable": (lambda t: t(ops.square, [X]), r"needs Variables as `variables`"),
}


@pytest.mark.parametrize("error", ERRORS)
@pytest.mark.parametrize("transform", [jacfwd, jacrev, hessian], ids=["jacfwd", "jacrev", "hessian"])
def test_errors(differentiating_backend, transform, error):
    run, text = ERRORS[error]
    with pytest.raises(ArgumentError, match=f"`{transform.__name__}` {text}"):
        run(transform)


@pytest.mark.parametrize("transform", [jacfwd, jacrev, hessian], ids=["jacfwd", "jacrev", "hessian"])
def test_an_engine_without_gradients_says_so(transform):
    with use_backend("numpy"), pytest.raises(MissingCapabilityError, match=f"`{transform.__name__}` needs an engine"):
        transform(ops.square)(X)
