"""Worker processes of a `PyDataset`."""

from __future__ import annotations

import gc
import multiprocessing
import os
import sys
import time
import traceback
import types

import pytest
from read_by_processes import CannotBeSent, Labelled, Numbered
from training_models import linear

from keraslite import callbacks, use_backend
from keraslite.errors import DataError
from keraslite.training.data.choose import source_for
from keraslite.training.feed import Feed


@pytest.fixture
def on_numpy():
    """The engine that starts fastest in a new process. No process is left."""
    with use_backend("numpy"):
        yield
    gc.collect()
    start = time.monotonic()
    while multiprocessing.active_children() and time.monotonic() - start < 10:
        time.sleep(0.01)
    assert not multiprocessing.active_children()


def read(feed):
    """Numbers, process ids and draws of one epoch."""
    feed.begin_epoch()
    batches = [(int(x[0, 0]), int(y[0, 0]), float(y[1, 0])) for x, y in feed.epoch()]
    feed.end_epoch()
    return tuple(zip(*batches, strict=True))


@pytest.mark.usefixtures("on_numpy")
def test_batches_come_in_order_and_draw_the_same_numbers_as_without_processes():
    found = {}
    for workers, processes in ((1, False), (3, False), (1, True), (2, True)):
        dataset = Numbered(pause=0.005, workers=workers, use_multiprocessing=processes)
        feed = Feed(source_for(dataset))
        feed.peek()
        epochs = [read(feed) for _ in range(3)]
        found[workers, processes] = [(numbers, draws) for numbers, _, draws in epochs]
        pids = {pid for _, all_of_them, _ in epochs for pid in all_of_them}
        assert len(pids) <= workers  # the same ones in all epochs
        assert (os.getpid() in pids) is not processes
    assert all(each == found[1, False] for each in found.values())
    assert [numbers for numbers, _ in found[2, True]][:2] == [tuple(range(12)), tuple(range(12))[::-1]]


@pytest.mark.usefixtures("on_numpy")
def test_errors_of_a_process():
    feed = Feed(source_for(Numbered(at=3, what="error", workers=2, use_multiprocessing=True)))
    with pytest.raises(KeyError, match="no such file") as caught:
        read(feed)
    assert "raise KeyError" in "".join(traceback.format_exception(caught.value))
    feed = Feed(source_for(Numbered(at=3, what="cannot be sent", workers=2, use_multiprocessing=True)))
    with pytest.raises(DataError, match="CannotBeSent: no such disk") as caught:
        read(feed)
    assert "raise CannotBeSent" in str(caught.value.__cause__)
    assert str(CannotBeSent("a", "b")) == "a b"


@pytest.mark.usefixtures("on_numpy")
@pytest.mark.parametrize(("what", "end"), [("exit", "exit code 3"), ("killed", "by SIGKILL")])
def test_a_process_that_dies(what, end):
    feed = Feed(source_for(Numbered(at=4, what=what, workers=2, use_multiprocessing=True)))
    with pytest.raises(DataError, match=rf"`Numbered` needs its worker processes to live.*\({end}\).*item 4"):
        read(feed)


@pytest.mark.usefixtures("on_numpy")
def test_what_hangs_when_nobody_waits_for_it_is_ended():
    feed = Feed(source_for(Numbered(at=2, what="hangs", workers=2, use_multiprocessing=True)), 2)
    start = time.monotonic()
    assert len(read(feed)[0]) == 2
    feed._left.close()
    assert time.monotonic() - start < 30


@pytest.mark.usefixtures("on_numpy")
def test_a_data_set_that_cannot_be_sent_is_read_by_threads():
    dataset = Numbered(workers=2, use_multiprocessing=True)
    dataset.key = lambda index: index
    with pytest.warns(UserWarning, match=r"`Numbered\(use_multiprocessing=True\)` cannot use processes.*threads"):
        numbers, pids, _ = read(Feed(source_for(dataset)))
    assert numbers == tuple(range(12))
    assert set(pids) == {os.getpid()}


@pytest.mark.usefixtures("on_numpy")
def test_a_class_from_a_console_is_read_by_threads(monkeypatch):
    main = types.ModuleType("__main__")
    monkeypatch.setitem(sys.modules, "__main__", main)
    for file, module in ((None, "__main__"), ("<stdin>", Numbered.__module__)):
        monkeypatch.setattr(Numbered, "__module__", module)
        main.Numbered = Numbered
        if file is not None:
            main.__file__ = file
        with pytest.warns(UserWarning, match=r"cannot use processes.*typed into a notebook"):
            numbers, _, _ = read(Feed(source_for(Numbered(3, workers=2, use_multiprocessing=True))))
        assert numbers == (0, 1, 2)


@pytest.mark.one_engine
def test_training_from_processes(differentiating_backend):
    def losses(processes):
        model, data = linear(1, inputs=1), Labelled(size=6, workers=2, use_multiprocessing=processes)
        return model.fit(data, epochs=3, verbose=0).history["loss"]

    assert losses(True) == losses(False)


@pytest.mark.usefixtures("on_numpy")
def test_ctrl_c_ends_the_processes():
    def interrupt(batch, logs):
        raise KeyboardInterrupt

    model = linear(2, inputs=1)
    watch = callbacks.LambdaCallback(on_predict_batch_end=interrupt)
    with pytest.raises(KeyboardInterrupt):
        model.predict(Numbered(pause=0.2, workers=2, use_multiprocessing=True), verbose=0, callbacks=[watch])
