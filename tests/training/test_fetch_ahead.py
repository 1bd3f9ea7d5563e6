"""A thread fetches batches while steps run: the batches and their order are the same, and no thread is left behind."""

from __future__ import annotations

import itertools
import os
import signal
import subprocess
import sys
import threading
import time
import traceback
from pathlib import Path

import numpy as np
import pytest
from training_models import engine, linear, regression  # noqa: F401

import keraslite as keras
from keraslite import config, ops
from keraslite.backend import registry
from keraslite.callbacks import LambdaCallback
from keraslite.training.data import ahead, conversion, fetcher
from keraslite.training.data.choose import source_for
from keraslite.training.feed import Feed
from keraslite.training.program import placer
from keraslite.utils import PyDataset

QUIET = {"verbose": 0}
X, Y = regression(40)


@pytest.fixture(autouse=True)
def at_once(monkeypatch):
    """The thread takes over after the first batch, however quick that was."""
    config.enable_fast_paths(True, "fetch_ahead")
    monkeypatch.setattr(ahead, "_LONG", -1.0)
    monkeypatch.setattr(ahead, "_JUDGED", 1)
    yield
    assert not threads()


def threads() -> list[str]:
    return [thread.name for thread in threading.enumerate() if thread.name.startswith("keraslite-ahead")]


class Counted:
    """Batches of four samples without end, and who asked for them."""

    def __init__(self):
        self.taken, self.threads = 0, []

    def __iter__(self):
        while True:
            self.threads.append(threading.current_thread().name)
            part = slice(4 * (self.taken % 10), 4 * (self.taken % 10) + 4)
            self.taken += 1
            yield X[part], Y[part]

    @property
    def by_thread(self):
        return "keraslite-ahead" in self.threads


def both_ways(run):
    """What `run()` gives with the thread and without it."""
    config.enable_fast_paths(True, "fetch_ahead")
    with_thread = run()
    config.enable_fast_paths(False, "fetch_ahead")
    return with_thread, run()


def numbered(total: int):
    for i in range(total):
        yield np.full((2, 1), i, "float32"), np.zeros((2, 1), "float32")


def numbers(feed: Feed) -> list[int]:
    return [int(np.asarray(ops.convert_to_numpy(batch[0]))[0, 0]) for batch in feed.epoch()]


# ---- the same batches ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize("class_weight", [None, {0: 1.0, 1: 2.0}])
def test_same_numbers_from_a_generator(differentiating_backend, class_weight):
    seen = []

    def run():
        batches, model = Counted(), linear(2, loss="sparse_categorical_crossentropy", activation="softmax")
        labelled = ((x, (y[:, 0] > 0).astype("int32"), np.full(4, 0.5)) for x, y in batches)
        history = model.fit(labelled, steps_per_epoch=5, epochs=3, class_weight=class_weight, **QUIET).history
        seen.append(batches)
        return [*history["loss"], *model.get_weights()[0].ravel()]

    one, other = both_ways(run)
    np.testing.assert_array_equal(one, other)
    assert seen[0].by_thread
    assert not seen[1].by_thread
    assert [batches.taken for batches in seen] == [15, 15]


def test_evaluate_predict_and_validation(backend):
    def run():
        model = linear()
        outputs = model.predict(((x,) for x, _ in Counted()), steps=10, **QUIET)
        results = [model.evaluate(iter(Counted()), steps=10, **QUIET)]
        if backend != "numpy":
            history = model.fit(X, Y, epochs=2, validation_data=iter(Counted()), validation_steps=5, **QUIET).history
            results += history["val_loss"]
        return np.concatenate([outputs.ravel(), results])

    np.testing.assert_array_equal(*both_ways(run))


@pytest.mark.parametrize("workers", [1, 3])
def test_py_datasets(engine, workers):  # noqa: F811
    backends = []

    class Indexed(PyDataset):
        def __len__(self):
            return 10

        def __getitem__(self, index):
            backends.append(config.backend())
            return X[4 * index : 4 * index + 4], Y[4 * index : 4 * index + 4]

    one, other = both_ways(lambda: linear().fit(Indexed(workers=workers), epochs=3, **QUIET).history["loss"])
    assert one == other
    assert set(backends) == {engine}


def loaded(workers: int):
    import torch
    from torch.utils.data import DataLoader, TensorDataset

    def run():
        torch.manual_seed(1)
        data = TensorDataset(torch.from_numpy(X), torch.from_numpy(Y))
        loader = DataLoader(data, batch_size=4, shuffle=True, num_workers=workers)
        return linear().fit(loader, epochs=3, **QUIET).history["loss"]

    one, other = both_ways(run)
    assert one == other


def test_a_torch_loader(differentiating_backend):
    if "torch" not in registry.installed():
        pytest.skip("needs torch")
    loaded(0)


def test_a_torch_loader_with_workers():
    if "torch" not in registry.installed():
        pytest.skip("needs torch")
    code = """if True:
        import test_fetch_ahead as tests
        tests.ahead._LONG, tests.ahead._JUDGED = -1.0, 1
        tests.loaded(2)
        assert not tests.threads()
    """  # in a process of its own, since workers are forked
    path = os.pathsep.join([str(Path(__file__).parent), str(Path(__file__).parents[1])])
    done = subprocess.run(
        [sys.executable, "-c", code], env={**os.environ, "KERAS_BACKEND": "torch", "PYTHONPATH": path}, timeout=120,
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr


@pytest.mark.parametrize("fast", [True, False])
@pytest.mark.parametrize("offset", [0, 4])  # of the memory; engines are tempted to take what is aligned as it is
def test_a_generator_may_write_its_batches_to_one_place(backend, fast, offset):
    config.enable_fast_paths(fast, "fetch_ahead")
    x, y = np.empty((64, 64), "float32"), np.empty((64, 3), "int32")
    memory = np.empty(x.nbytes + 128, "uint8")
    offset += -memory.ctypes.data % 64
    x = memory[offset : offset + x.nbytes].view("float32").reshape(x.shape)

    def reusing():
        for i in range(8):
            x[:], y[:] = i, 10 * i
            yield x, y

    for place in (conversion.on_device, placer(True, "auto")):
        batches = list(Feed(source_for(reusing())).epoch(place))
        for i, (given, labels) in enumerate(batches):
            assert (ops.convert_to_numpy(given) == i).all()
            assert (ops.convert_to_numpy(labels) == 10 * i).all()


def test_nothing_is_lost_between_epochs_and_nothing_read_too_far(engine):  # noqa: F811
    taken = []

    def counting():
        for i, batch in enumerate(numbered(20)):
            taken.append(i)
            yield batch

    feed = Feed(source_for(counting()), 5)
    feed.peek()
    for epoch in range(3):
        assert numbers(feed) == list(range(5 * epoch, 5 * epoch + 5))
        assert len(taken) == 5 * epoch + 5
        assert not threads()


def test_data_that_ends_early(engine):  # noqa: F811
    feed = Feed(source_for(numbered(7)), 5)
    assert numbers(feed) == [0, 1, 2, 3, 4]
    with pytest.warns(UserWarning, match="ended early"):
        assert numbers(feed) == [5, 6]
    assert feed.exhausted


# ---- errors and ends ----------------------------------------------------------------------------------------------


def failing(at: int):
    for i, batch in enumerate(Counted()):
        if i == at:
            raise ValueError("no such file")
        yield batch


@pytest.mark.parametrize("at", [0, 1, 5])
def test_an_error_comes_at_its_batch_with_its_traceback(engine, at):  # noqa: F811
    def run():
        steps = []
        watching = LambdaCallback(on_train_batch_end=lambda step, logs: steps.append(step))
        with pytest.raises(ValueError, match="no such file") as caught:
            linear().fit(failing(at), steps_per_epoch=20, callbacks=[watching], **QUIET)
        assert "failing" in [frame.name for frame in traceback.extract_tb(caught.value.__traceback__)]
        return steps

    one, other = both_ways(run)
    assert one == other == list(range(max(at - 1, 0)))


def test_an_error_of_a_callback_ends_the_thread(engine):  # noqa: F811
    def stop(step, logs):
        if step == 3:
            raise KeyboardInterrupt

    batches = Counted()
    watching = LambdaCallback(on_train_batch_end=stop)
    watching.on_predict_batch_end = stop
    options = {"callbacks": [watching], **QUIET}
    for run in (lambda model: model.fit(iter(batches), steps_per_epoch=50, **options),
                lambda model: model.predict((x for x, _ in batches), steps=50, **options)):  # fmt: skip
        batches.taken = 0
        with pytest.raises(KeyboardInterrupt) as caught:
            run(linear())
        assert not threads()
        assert 5 <= batches.taken <= 7  # four steps, one on its way to the device, up to two fetched
        del caught


def test_stopping_in_the_middle_of_an_epoch(engine):  # noqa: F811
    model, batches = linear(), Counted()

    def stop(step, logs):
        model.stop_training = step == 3

    model.fit(iter(batches), steps_per_epoch=50, epochs=2, callbacks=[LambdaCallback(on_train_batch_end=stop)], **QUIET)
    assert 5 <= batches.taken <= 7
    assert batches.by_thread


@pytest.mark.usefixtures("ctrl_c_raises")
def test_ctrl_c_while_waiting_for_a_batch(engine, monkeypatch):  # noqa: F811
    monkeypatch.setattr(fetcher, "_PATIENCE", 0.05)
    release = threading.Event()

    def hanging():
        yield X, Y
        yield X, Y
        signal.pthread_kill(threading.main_thread().ident, signal.SIGINT)
        release.wait(20)
        yield X, Y

    start = time.perf_counter()
    with pytest.raises(KeyboardInterrupt):
        linear().fit(hanging(), steps_per_epoch=9, **QUIET)
    assert time.perf_counter() - start < 10
    release.set()
    for thread in threading.enumerate():
        if thread.name.startswith("keraslite-ahead"):  # it ends as soon as the generator lets go
            thread.join(10)


# ---- what runs in the thread --------------------------------------------------------------------------------------


def test_settings_hold_in_the_thread_and_stay_there(backend):
    seen = []

    def plain():
        for x, y in itertools.islice(Counted(), 12):
            seen.append((config.backend(), threading.current_thread().name))
            yield x, y

    def with_its_own():
        with registry.use_backend("numpy"):
            yield from plain()

    for make, name in ((plain, backend), (with_its_own, "numpy")):
        seen.clear()
        for x, _ in Feed(source_for(make())).epoch():
            assert config.backend() == backend
            assert isinstance(x, registry.current().tensor_types)
        assert {each for each, _ in seen} == {name}
        assert len({thread for _, thread in seen}) == 2


def uses_predict(model, x):
    return model.predict(x, **QUIET)


def uses_call(model, x):
    return ops.convert_to_numpy(model(x))


def uses_weights(model, x):
    return x[:, :1] @ model.get_weights()[0][:1]


def uses_optimizer(model, x):
    model.optimizer.learning_rate = float(model.optimizer.learning_rate) * 0.9
    return np.zeros((len(x), 3), "float32")


@pytest.mark.parametrize("use", [uses_predict, uses_call, uses_weights, uses_optimizer])
def test_a_generator_that_uses_the_model_sees_it_between_steps(differentiating_backend, use):
    names = []

    def run():
        model = linear()

        def batches():
            for i, (x, y) in enumerate(Counted()):
                names.append(threading.current_thread().name)
                yield x, (y + 0.1 * use(model, x) if i % 5 > 2 else y)

        return model.fit(batches(), steps_per_epoch=6, epochs=3, **QUIET).history["loss"]

    one, other = both_ways(run)
    np.testing.assert_allclose(one, other, rtol=1e-6)
    assert names.count("keraslite-ahead") == 3  # batches 1 to 3; then it is known


def test_draws_of_a_generator(differentiating_backend):
    def run():
        seeds = keras.random.SeedGenerator(1)
        batches = ((x + ops.convert_to_numpy(keras.random.normal(x.shape, seed=seeds)), y) for x, y in Counted())
        return linear().fit(batches, steps_per_epoch=6, epochs=2, **QUIET).history["loss"]

    one, other = both_ways(run)
    assert one == other


def test_a_fit_within_a_generator(engine):  # noqa: F811
    def run():
        other = linear()

        def batches():
            for x, y in Counted():
                other.fit(iter(Counted()), steps_per_epoch=3, **QUIET)
                yield x, y + other.predict(x, **QUIET)

        return linear().fit(batches(), steps_per_epoch=4, epochs=2, **QUIET).history["loss"]

    one, other = both_ways(run)
    np.testing.assert_allclose(one, other, rtol=1e-6)


# ---- when ---------------------------------------------------------------------------------------------------------


def test_only_slow_fetches_make_a_thread(engine, monkeypatch):  # noqa: F811
    monkeypatch.undo()

    class Slow(Counted):
        def __iter__(self):
            for batch in super().__iter__():
                time.sleep(0.002)
                yield batch

    made = []
    monkeypatch.setattr(ahead, "Fetcher", lambda *args: made.append(1) or fetcher.Fetcher(*args))
    linear().fit(X, Y, batch_size=2, epochs=2, **QUIET)
    assert not made
    quick = Feed(source_for(iter(Counted())), 50)
    monkeypatch.setattr(ahead.time, "perf_counter", iter(np.arange(200) * 1e-4).__next__)
    list(quick.epoch())
    assert not made
    monkeypatch.undo()
    monkeypatch.setattr(ahead, "Fetcher", lambda *args: made.append(1) or fetcher.Fetcher(*args))
    list(Feed(source_for(iter(Slow())), 10).epoch())
    assert made == [1]
    config.enable_fast_paths(False, "fetch_ahead")
    list(Feed(source_for(iter(Slow())), 10).epoch())
    assert made == [1]


def test_steps_and_fetches_overlap(engine):  # noqa: F811
    begun = [threading.Event() for _ in range(20)]

    def batches():
        for event, batch in zip(begun, Counted(), strict=False):
            event.set()
            yield batch

    for step, _ in enumerate(Feed(source_for(batches()), 20).epoch()):
        assert begun[min(step + 2, 19)].wait(60)  # while this step runs; without a thread, only the next one has
