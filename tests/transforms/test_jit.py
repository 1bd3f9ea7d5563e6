"""`jit`: results are the same as without it, and Variables are read and assigned as without it."""

from __future__ import annotations

import _thread
import gc
import signal
import threading
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest

from keraslite import ops, tree
from keraslite.backend import registry, scopes
from keraslite.errors import ArgumentError, StateError
from keraslite.transforms import depends_on, grad, jit, value_and_grad, vmap
from keraslite.transforms.interrupts import deferred_interrupts
from keraslite.variable import Variable


def number(x):
    """A scalar of any engine as a Python float."""
    return float(ops.convert_to_numpy(x))


def numpy(nest):
    return tree.map(lambda x: x if x is None or isinstance(x, (str, float)) else ops.convert_to_numpy(x), nest)


def compiles() -> bool:
    return "compile" in registry.current().capabilities


def lifts() -> bool:
    return compiles() and "native_state" not in registry.current().capabilities


FUNCTIONS = {
    "one tensor": (lambda x: x * 2 + 1, (np.ones((2, 3), "float32"),)),
    "nest": (
        lambda d, k: {"b": [d["a"] * k, None], "text": "as it is", "number": 2.5},
        ({"a": np.arange(3, dtype="float32")}, 3.0),
    ),
    "python numbers are compiled in": (lambda x, n: x * n if n > 2 else x - n, (np.ones(2, "float32"), 4)),
    "no tensors": (lambda n: ops.ones((n,)), (3,)),
    "integers": (lambda x: ops.sum(x), (np.arange(5, dtype="int32"),)),
}


@pytest.mark.parametrize("case", FUNCTIONS)
def test_equal_to_eager(backend, case):
    fn, args = FUNCTIONS[case]
    args = tree.map(lambda x: ops.convert_to_tensor(x) if isinstance(x, np.ndarray) else x, args)
    jitted = jit(fn)
    expected = numpy(fn(*args))
    for _ in range(3):
        result = numpy(jitted(*args))
        assert tree.structure(result) == tree.structure(expected)
        for a, b in zip(tree.leaves(result), tree.leaves(expected), strict=True):
            np.testing.assert_array_equal(a, b)
    assert len(jitted.programs) == (1 if compiles() else 0)


def test_programs_by_signature(backend):
    runs = []
    jitted = jit(lambda x, n=1: (runs.append(1), ops.multiply(x, n))[1])
    x = ops.ones((2,))
    for args in [(x,), (x, 1), (x, 1.0), (x, True), (ops.ones((3,)),), (ops.ones((2,), dtype="int32"),)]:
        jitted(*args)
        jitted(*args)
    if not compiles():
        assert len(runs) == 12
        return
    # `(x,)` and `(x, 1)` are different calls to Python, so that is what they are here
    assert len(jitted.programs) == 6
    assert jitted.programs[4].shapes == [((3,), "float32")]
    made = len(runs)
    jitted(x)
    assert len(runs) == made


def test_settings_are_part_of_the_signature(backend):
    setting = scopes.local("test_setting", 1)
    depends_on(setting.get)
    jitted = jit(lambda x: x * setting.get())
    x = ops.ones(())
    assert number(jitted(x)) == 1
    with setting.use(5):
        assert number(jitted(x)) == 5
    assert number(jitted(x)) == 1


def test_reads_and_assigns(backend):
    count, scale, unused = Variable(0, dtype="int32"), Variable(2.0), Variable(1.0)

    @jit
    def step(x):
        count.assign_add(1)
        return x * scale * ops.cast(count, "float32")

    for i in range(1, 5):
        assert number(step(ops.ones(()))) == 2.0 * i
        assert int(count) == i
    scale.assign(3.0)
    assert number(step(ops.ones(()))) == 15.0
    assert number(unused) == 1.0
    if lifts():
        (program,) = step.programs
        assert program.writes == [count]
        assert program.reads == [scale]


def test_variables_that_are_only_read_are_not_donated(backend):
    weight, count = Variable(np.ones(3)), Variable(0.0)

    @jit
    def step():
        count.assign(count + ops.sum(weight))

    held = weight.value
    step()
    step()
    np.testing.assert_array_equal(ops.convert_to_numpy(held), np.ones(3))
    assert number(count) == 6


def test_variables_created_inside_are_kept(backend):
    made = []

    @jit
    def step(x):
        if not made:
            made.append(Variable(lambda shape, dtype: np.full(shape, 2, dtype), (3,), name="late"))
        made[0].assign(made[0] + x)
        return ops.sum(made[0])

    assert number(step(ops.ones((3,)))) == 9
    assert number(step(ops.ones((3,)))) == 12
    np.testing.assert_array_equal(made[0].numpy(), np.full(3, 4.0))


def test_other_variables_for_another_signature(backend):
    a, b = Variable(0.0, name="a"), Variable(0.0, name="b")

    @jit
    def step(x):
        (a if x.shape[0] == 2 else b).assign_add(ops.sum(x))
        return a + b

    assert number(step(ops.ones((2,)))) == 2
    assert number(step(ops.ones((3,)))) == 5
    assert number(step(ops.ones((2,)))) == 7
    assert number(a) == 4
    assert number(b) == 3
    if lifts():
        assert [program.writes for program in step.programs] == [[a], [b]]


def test_no_tracer_after_a_failing_trace(backend):
    v = Variable(1.0)

    @jit
    def step(x, fail):
        v.assign(v + x)
        if fail:
            raise KeyError("on purpose")
        return v.value

    with pytest.raises(KeyError, match=r"on purpose"):
        step(ops.ones(()), True)
    assert number(v) == (1 if compiles() else 2)
    v.assign(1.0)
    assert numpy(step(ops.ones(()), False)) == 2
    assert number(v) == 2


def test_swapped_and_shared_values(backend):
    a, b = Variable(np.zeros(300)), Variable(np.ones(300))

    @jit
    def swap():
        x, y = ops.copy(a.value), ops.copy(b.value)
        a.assign(y)
        b.assign(x)
        return y

    @jit
    def share():
        a.assign(b)

    for _ in range(3):
        swap()
    assert a.numpy()[0] == 1
    share()
    share()
    swap()
    b.assign(a.value)
    swap()
    assert a.numpy()[0] == b.numpy()[0] == 0


def test_without_donation(backend):
    v = Variable(1.0)

    @jit
    def kept_by_the_function():
        v.assign_add(1.0)

    keep = jit(kept_by_the_function._fn, donate=False)
    keep()
    held = v.value
    keep()
    assert number(v) == 3
    if lifts():
        assert number(held) == 2


def test_nested_jit_runs_the_function(differentiating_backend):
    inner = jit(lambda x: x * x)
    outer = jit(lambda x: inner(x) + 1)
    assert number(outer(ops.convert_to_tensor(3.0))) == 10
    assert number(grad(inner)(ops.convert_to_tensor(3.0))) == 6
    assert not inner.programs


def test_jit_of_transforms(differentiating_backend):
    x = ops.convert_to_tensor(np.arange(3, dtype="float32"))
    cube = lambda x: x * x * x  # noqa: E731
    np.testing.assert_allclose(numpy(jit(vmap(grad(grad(cube))))(x)), [0, 6, 12])


def test_host_arrays_as_arguments(backend):
    jitted = jit(lambda x: ops.sum(x))
    assert number(jitted(np.ones((2, 2), "float32"))) == 4
    assert number(jitted(np.full((2, 2), 2, "float32"))) == 8
    assert len(jitted.programs) == (1 if compiles() else 0)


def test_methods(backend):
    class Counter:
        def __init__(self):
            self.count = Variable(0.0)

        @jit
        def add(self, x):
            self.count.assign_add(x)
            return self.count.value

    one, other = Counter(), Counter()
    one.add(ops.ones(()))
    assert number(one.add(ops.ones(()))) == 2
    assert number(other.add(ops.ones(()))) == 1


def test_unhashable_and_text_arguments(backend):
    jitted = jit(lambda x: x)
    if not compiles():
        pytest.skip("nothing is compiled")
    with pytest.raises(ArgumentError, match=r"hashable values as arguments. Received set"):
        jitted({1})
    with pytest.raises(ArgumentError, match=r"arrays of numbers as arguments. Received dtype"):
        jitted(np.array(["a"]))


def test_new_variables_at_each_call_are_an_error(backend):
    if not lifts():
        pytest.skip("state is the engine's own")

    @jit
    def step():
        v = Variable(1.0)
        v.assign(v + 1)
        return v.value

    with pytest.raises(StateError, match=r"same Variables each time"):
        step()


def test_arguments():
    with pytest.raises(ArgumentError, match=r"`jit` needs a function as `fn`. Received 3"):
        jit(3)
    with pytest.raises(ArgumentError, match=r"jit_compile"):
        jit(abs, jit_compile="yes")


def test_many_threads(backend):
    v = Variable(np.arange(4), dtype="float32")
    jitted = jit(lambda x: ops.sum(x * v, axis=-1))
    name = backend
    gate = threading.Barrier(16)

    def predict(i):
        with registry.use_backend(name):
            gate.wait()
            return [numpy(jitted(ops.full((1 + j % 3, 4), float(i)))) for j in range(6)]

    with ThreadPoolExecutor(16) as pool:
        for i, results in enumerate(pool.map(predict, range(16))):
            for j, result in enumerate(results):
                np.testing.assert_allclose(result, np.full(1 + j % 3, 6.0 * i))
    assert len(jitted.programs) == (3 if compiles() else 0)


def test_threads_that_assign(backend):
    if "native_state" in registry.current().capabilities or not compiles():
        pytest.skip("about donated values")
    count = Variable(0, dtype="int32")
    step = jit(lambda: count.assign_add(1))
    name = backend

    def run(_):
        with registry.use_backend(name):
            for _ in range(20):
                step()

    with ThreadPoolExecutor(8) as pool:
        list(pool.map(run, range(8)))
    assert int(count) == 160


def test_training_with_jit_compile(differentiating_backend):
    rng = np.random.default_rng(0)
    x, y = ops.convert_to_tensor(rng.normal(size=(8, 4)).astype("float32")), ops.ones((8, 2))
    losses = []
    for jit_compile in (False, "auto", True):
        w, seen = Variable(np.ones((4, 2)) / 8), Variable(0.0, trainable=False)

        def step(x, y, w=w, seen=seen):
            def loss(x, y):
                seen.assign_add(1.0)
                return ops.mean(ops.square(ops.matmul(x, w) - y))

            value, (g,) = value_and_grad(loss, [w])(x, y)
            w.assign(w - 0.1 * g)
            return value

        jitted = jit(step, jit_compile=jit_compile)
        losses.append([number(jitted(x, y)) for _ in range(3)])
        assert number(seen) == 3
        assert losses[-1][2] < losses[-1][0]
    np.testing.assert_allclose(losses[1], losses[0], rtol=1e-5)
    np.testing.assert_allclose(losses[2], losses[0], rtol=1e-5)


class Stop(BaseException):
    pass


@pytest.mark.parametrize("silent", [0, 20])
def test_variables_are_readable_after_an_interrupt(backend, silent):
    """Exceptions that come from outside at any moment, as Ctrl-C does, never lose donated values."""
    if not lifts():
        pytest.skip("nothing is donated")
    variables = [Variable(np.full(10, i, "float32")) for i in range(5)]

    @jit
    def step():
        for v in variables:
            v.assign(v + 1)

    step()
    step()
    previous = signal.signal(signal.SIGINT, lambda *_: (_ for _ in ()).throw(Stop))
    stopped = 0
    try:
        for i in range(100):
            timer = threading.Timer(0.0001 * (i % 10), _thread.interrupt_main)
            try:
                timer.start()
                for _ in range(1000):
                    step.run_silently([()] * silent) if silent else step()
                    if not timer.is_alive():
                        break
                timer.join()
            except Stop:
                stopped += 1
            timer.join()
            values = [v.numpy()[0] for v in variables]
            assert np.isfinite(values).all()
            assert max(values) - min(values) == 4  # all of them after the same number of steps
    finally:
        signal.signal(signal.SIGINT, previous)
        gc.collect()
    assert stopped > 10


def calls(*sizes):
    return [(np.full(size, size, "float32"),) for size in sizes]


def test_silent_calls_are_those_of_one_program_that_is_there(differentiating_backend):
    seen = Variable([0.0])

    def step(x):
        seen.assign_add(ops.sum(x, keepdims=True))
        return ops.sum(x)

    step = jit(step, replay=True)
    assert step.run_silently(calls(2, 2)) == 0
    for size in (2, 2, 2, 3, 3, 3):
        step(*calls(size)[0])
    assert seen.numpy()[0] == 39
    ran = step.run_silently(calls(2, 2, 2, 3, 3))
    assert ran == (3 if step.programs else 0)  # without "replayed_steps" PyTorch has none
    assert seen.numpy()[0] == 39 + 4 * ran


def test_silent_calls_keep_what_was_done_before_an_interrupt(differentiating_backend, monkeypatch):
    if not lifts():
        pytest.skip("Variables change within the program")
    seen = Variable([0.0])
    step = jit(lambda x: seen.assign_add(ops.sum(x, keepdims=True)))
    for _ in range(3):
        step(*calls(2)[0])
    program, ran = step.programs[0], []
    run = program._run

    def stopped(*groups):
        if len(ran) == 2:
            raise KeyboardInterrupt
        ran.append(True)
        return run(*groups)

    monkeypatch.setattr(program, "_run", stopped)
    with pytest.raises(KeyboardInterrupt):
        step.run_silently(calls(2, 2, 2, 2))
    assert seen.numpy()[0] == 12 + 8


def test_interrupts_wait(ctrl_c_raises):
    reached = []

    def interrupted():
        with deferred_interrupts():
            signal.raise_signal(signal.SIGINT)
            reached.append(True)

    with pytest.raises(KeyboardInterrupt):
        interrupted()
    assert reached == [True]
    with deferred_interrupts():
        pass
