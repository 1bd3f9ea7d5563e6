"""The warning about a function that is compiled over and over."""

from __future__ import annotations

import functools
import warnings

import numpy as np
import pytest

from keraslite import ops
from keraslite.backend import registry
from keraslite.errors import RecompilationWarning
from keraslite.transforms import jit

pytestmark = pytest.mark.fast_path("replayed_steps")


@pytest.fixture(autouse=True)
def _compiling(backend):
    if registry.current().capabilities.isdisjoint(("compile", "replays")):
        pytest.skip("nothing is compiled")


def run(fn, *calls):
    """`fn` jitted and called three times with each: what compiles does so once, what replays records the second."""
    jitted = fn if hasattr(fn, "programs") else jit(fn, replay=True)
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        for call in calls:
            for _ in range(3):
                jitted(*call)
    assert all(found.category is RecompilationWarning for found in caught)
    assert all(found.filename == __file__ for found in caught)
    return [str(found.message) for found in caught]


def sized(*shapes):
    return [(np.ones(shape, "float32"),) for shape in shapes]


def double(x):
    return x * 2


def test_the_fourth_shape_is_reported_with_all_of_them(backend):
    jitted = jit(double, replay=True)
    assert not run(jitted, *sized(3, 4, 5))
    (text,) = run(jitted, *sized(6))
    assert text.startswith("The function 'double' was ")
    assert " 4 times (" in text
    assert "arguments differ: (3,), (4,), (5,), (6,). " in text
    assert text.endswith("Or do not compile it: call it without `jit`.")


def test_it_is_reported_once(backend):
    jitted = jit(double, replay=True)
    assert len(run(jitted, *sized(3, 4, 5, 6, 7, 8, 9, 10))) == 1
    assert not run(jitted, *sized(11, 12, 13, 14))


def test_what_was_compiled_before_is_not_counted_again(backend):
    assert not run(double, *sized(3, 4, 5) * 4)


def test_dtypes_are_shown_where_they_differ(backend):
    (text,) = run(double, *sized(2, 3, 4), (np.ones(2, "int32"),))
    assert "(2,) float32, (3,) float32, (4,) float32, (2,) int32. " in text


def test_only_what_differs_is_shown(backend):
    def fn(a, pair, fixed):
        return a.shape[0] + pair["b"].shape[0] + ops.sum(fixed)

    (text,) = run(fn, *[(np.ones((n, 2)), {"b": np.ones(n), "c": np.ones(n)}, np.ones(3)) for n in range(1, 5)])
    assert "differ: (1, 2) with (1,) with (1,), (2, 2) with (2,) with (2,), " in text
    assert "(3,) with (3,) with (3,)" not in text

    (text,) = run(lambda xs: xs[0], *[([np.ones(n)] * 6,) for n in range(1, 5)])
    assert "differ: (1,) with (1,) with (1,) and 3 more, (2,)" in text


def test_python_numbers_are_reported_by_name(backend):
    def scaled(x, by, mode="plain"):
        return x * by["factor"]

    x = np.ones(2, "float32")
    (text,) = run(scaled, *[(x, {"factor": n}) for n in (1, 2, 3, 0.5)])
    assert "since `by['factor']` differs: 1, 2, 3, 0.5. Numbers and text are compiled in" in text
    assert "tensors. Or do not" in text
    (text,) = run(scaled, *[(x, {"factor": 1}, mode * 40) for mode in "abcd"])
    assert f"since `mode` differs: '{'a' * 26}..., '" in text
    (text,) = run(functools.partial(scaled, by={"factor": 1}, mode=""), *sized(1, 2, 3, 4))
    assert text.startswith("The function 'partial' was")


def test_both_are_reported_together(backend):
    (text,) = run(lambda x, n: x * n, *[(np.ones(n), n) for n in range(1, 5)])
    assert "differ: (1,), (2,), (3,), (4,). " in text
    assert ". And since `n` differs: 1, 2, 3, 4. " in text


def test_few_of_each_are_no_reason(backend):
    calls = [(np.ones(n), flag, mode) for n in (7, 8) for flag in (True, False) for mode in ("a", "b", "c")]
    assert not run(lambda x, flag, mode: x * 2 if flag else x, *calls)


def test_other_objects_and_structures_count_for_themselves(backend):
    class Part:
        def __init__(self, factor):
            self.factor = factor

        def call(self, x):
            return x * self.factor

    shared = jit(Part.call, replay=True)
    assert not run(shared, *[(Part(n), np.ones(n % 3)) for n in range(12)])
    assert not run(lambda *xs: xs[0] * 2, *[(np.ones(n),) * n for n in range(1, 6)])


def test_as_an_error_it_leaves_a_function_that_works(backend):
    jitted = jit(double, replay=True)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        for (x,) in sized(3, 4, 5):
            jitted(x), jitted(x)
        with pytest.raises(RecompilationWarning):
            [jitted(np.ones(6, "float32")) for _ in range(2)]
        assert ops.convert_to_numpy(jitted(np.ones(6, "float32"))).tolist() == [2.0] * 6
