"""A kernel that is wrong in one way is caught by the check for it, and right again afterwards."""

from __future__ import annotations

import contextlib

import numpy as np
import pytest

from keraslite import ops
from keraslite.backend import registry
from keraslite.conformance import CHECKS, cases, expected_failures, run

COMPILING = [name for name in registry.installed() if name in ("jax", "tensorflow")]
DIFFERENTIATING = [name for name in registry.installed() if name != "numpy"]


@contextlib.contextmanager
def replaced(engine, op, make):
    """Within, the engine's kernel of that op is `make(kernel)`."""
    kernel = engine.kernels[op]
    engine.kernels[op] = make(kernel)
    getattr(ops, op).op.plans.clear()
    try:
        yield
    finally:
        engine.kernels[op] = kernel
        getattr(ops, op).op.plans.clear()


def outcome(name):
    """Of the case with that id."""
    op = name.partition("/")[2].partition("-")[0]
    return run(next(case for case in cases([op]) if case.id == name), {})


def caught(engine, op, make, check):
    """What the check says of a kernel; the true kernel passes before and after."""
    name = f"{check}/{op}"
    assert outcome(name).status == "passed"
    with replaced(engine, op, make):
        found = outcome(name)
    assert outcome(name).status == "passed"
    assert found.status == "failed"
    return found


@pytest.fixture
def numpy_engine():
    with registry.use_backend("numpy") as engine:
        yield engine


def test_another_value(numpy_engine):
    found = caught(numpy_engine, "sin", lambda kernel: np.cos, "value")
    assert "12 of 12 elements differ by more than 1e-05, the first at (0, 0)" in found.message
    assert found.given.startswith("float64 [[")
    assert found.expected.startswith("float64[3, 4] [[")
    assert found.received.startswith("float64[3, 4] [[")
    assert "input     sin(float64 [[" in str(found)


def test_another_shape(numpy_engine):
    def make(kernel):
        return lambda x, axis, keepdims: kernel(x, axis, True)

    found = caught(numpy_engine, "sum", make, "symbolic")
    assert found.message == "other symbolic shapes and dtypes"
    assert (found.expected, found.received) == ("[((1, 1, 1), 'float32')]", "[((), 'float32')]")
    assert caught(numpy_engine, "sum", make, "value").message == "shape (1, 1, 1) instead of ()"


def test_a_dtype_that_the_kernel_lacks(numpy_engine):
    def make(kernel):
        def fails(x):
            if x.dtype == bool:
                raise TypeError("no kernel for bool")
            return kernel(x)

        return fails

    found = caught(numpy_engine, "absolute", make, "dtype")
    assert found.message == "raises TypeError"
    assert found.received == "TypeError: no kernel for bool"


def test_a_dtype_that_differs_from_call_to_call(numpy_engine):
    def make(kernel):
        calls = []

        def widens(x):
            calls.append(x)
            return kernel(x).astype("float64") if len(calls) > 1 else kernel(x)

        return widens

    with replaced(numpy_engine, "negative", make):
        assert outcome("value/negative").status == "passed"
        assert "dtypes of float32 than by the rule" in outcome("dtype/negative").message


@pytest.mark.parametrize("name", COMPILING)
def test_another_value_where_it_is_compiled(name):
    with registry.use_backend(name) as engine:

        def make(kernel):
            return lambda x: kernel(x) + x if engine.is_tracing() else kernel(x)

        found = caught(engine, "sin", make, "jit")
        assert "elements differ" in found.message
        with replaced(engine, "sin", make):
            assert outcome("value/sin").status == "passed"


@pytest.mark.parametrize("name", COMPILING)
def test_an_error_where_it_is_compiled_names_the_call(name):
    with registry.use_backend(name) as engine:

        def make(kernel):
            def fails(x):
                if engine.is_tracing() and len(engine.shape(x)) == 1:
                    raise ValueError("no rank 1 here")
                return kernel(x)

            return fails

        found = caught(engine, "sin", make, "jit")
        assert found.given.startswith("float64 [")
        assert not found.given.startswith("float64 [[")
        assert "no rank 1 here" in found.received


@pytest.mark.parametrize("name", DIFFERENTIATING)
def test_no_gradient(name):
    with registry.use_backend(name) as engine:
        found = caught(engine, "sin", lambda kernel: lambda x: engine.stop_gradient(kernel(x)), "gradient")
        assert found.message == "another slope along a random direction"
        assert found.received == "0.0"


def test_what_leaves_the_engine_within_vmap():
    with registry.use_backend("torch") as engine:

        def make(kernel):
            return lambda x: engine.to_tensor(np.sin(engine.to_numpy(x)))

        found = caught(engine, "sin", make, "vmap")
        assert found.message.startswith("raises ")


def test_a_body_that_differs_from_the_engines_own_kernel(monkeypatch):
    with registry.use_backend("torch") as engine:
        assert "gelu" in engine.kernels
        assert outcome("body/gelu").status == "passed"
        monkeypatch.setattr(ops.gelu.op, "body", lambda x, approximate: x)
        kernel = engine.kernels["gelu"]
        assert outcome("body/gelu").status == "failed"
        assert engine.kernels["gelu"] is kernel
        assert outcome("value/gelu").status == "passed"


def test_rare_arguments_are_drawn_and_made_small(numpy_engine):
    found = caught(numpy_engine, "sign", lambda kernel: lambda x: np.nan_to_num(kernel(x)), "property")
    assert found.given == "float64 nan"
    with replaced(numpy_engine, "sign", lambda kernel: lambda x: np.nan_to_num(kernel(x))):
        assert outcome("value/sign").status == "passed"


def test_errors_of_the_engine_where_keraslites_are_due(numpy_engine, monkeypatch):
    monkeypatch.setattr(ops.max.op, "explain", lambda args, error: None)
    found = outcome("property/max")
    assert found.status == "failed"
    assert found.expected == "an error of keraslite's own, as NumPy raises one"
    assert found.received.startswith("ValueError: ")


@pytest.mark.skipif("jax" not in registry.installed(), reason="needs JAX")
def test_promotion_by_the_engine_itself():
    with registry.use_backend("jax") as engine:
        found = caught(engine, "sin", lambda kernel: lambda x: kernel(x) + 0 * x.astype("int32"), "value")
        assert "TypePromotionError" in found.message


@pytest.mark.skipif("jax" not in registry.installed(), reason="needs JAX")
def test_nan_on_the_way_to_a_finite_result():
    with registry.use_backend("jax") as engine:

        def make(kernel):
            def through_nan(x):
                lost = (x - x) / (x - x)
                return engine.kernels["where"](x == x, kernel(x), lost)

            return through_nan

        found = caught(engine, "sin", make, "value")
        assert found.received.startswith("FloatingPointError")


def test_what_is_owed(numpy_engine):
    owed = {check: outcome(f"{check}/sin").status for check in CHECKS}
    assert owed == {name: "not owed" if name in ("gradient", "body") else "passed" for name in CHECKS}


def test_expected_failures_are_strict(numpy_engine):
    case = next(case for case in cases(["sin"], ["value"]))
    assert run(case, {}).status == "passed"
    passed = run(case, {"value/sin": "a reason"})
    assert (passed.status, passed.bad) == ("xpassed", True)
    assert passed.message == "passes, and is expected to fail: a reason"
    with replaced(numpy_engine, "sin", lambda kernel: np.cos):
        failed = run(case, {"value/sin": "a reason"})
        assert (failed.status, failed.bad, failed.message) == ("xfailed", False, "a reason")
    [missing] = cases(["sin"], ["gradient"])
    assert run(missing, {"gradient/sin": "a reason"}).status == "xpassed"


@pytest.mark.parametrize("name", registry.installed())
def test_every_expected_failure_is_of_a_case_and_has_a_reason(name):
    with registry.use_backend(name) as engine:
        assert all(len(reason) > 20 for reason in expected_failures(engine).values())


def test_ids_are_unique_and_in_one_order():
    ids = [case.id for case in cases()]
    assert len(ids) == len(set(ids))
    assert ids == [case.id for case in cases()]
