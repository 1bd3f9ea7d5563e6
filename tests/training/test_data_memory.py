"""Arrays are used in place, without a copy, in memory and in a file."""

from __future__ import annotations

import gc
import sys
import tracemalloc
from pathlib import Path

import numpy as np
import pytest
from training_models import linear

from keraslite import ops
from keraslite.training import program
from keraslite.training.data import conversion
from keraslite.training.data.arrays import ArraySource
from keraslite.training.data.choose import source_for

QUIET = {"verbose": 0}
ROWS, WIDTH, BATCH = 64 * 1024, 256, 128  # 64 MB of float32


@pytest.fixture(scope="module")
def mapped(tmp_path_factory):
    path = tmp_path_factory.mktemp("mapped") / "x.npy"
    np.lib.format.open_memmap(path, "w+", "float32", (ROWS, WIDTH)).flush()
    return path


def anonymous() -> float:
    """MB of this process that belong to no file: pages of a memory-mapped one are not among them."""
    status = Path("/proc/self/status").read_text()
    return int(status.partition("RssAnon:")[2].split()[0]) / 1024


@pytest.mark.parametrize("nest", [lambda x: x, lambda x: [x, x[:, :2]], lambda x: {"a": x}])
def test_batches_are_views_of_arrays_in_memory(nest):
    x, y = np.zeros((20, 3), "float32"), np.zeros((20, 1), "float32")
    for (batch, labels), start in zip(source_for(nest(x), y, batch_size=8).batches(), (0, 8, 16), strict=True):
        for _, part in conversion.data_leaves(batch, "x"):
            assert np.shares_memory(part, x[start : start + 8])
        assert np.shares_memory(labels, y[start : start + 8])


def test_engines_borrow_batches_of_arrays(backend):
    x = np.arange(60, dtype="float32").reshape(20, 3)
    place = program.placer(True, "auto")
    for batch in ArraySource(x, None, None, 8, False, "fit").batches():
        placed = place(batch, True)
        if place is conversion.as_arguments:
            assert placed is batch  # the compiled program takes it as it is
        elif backend == "torch":
            assert np.shares_memory(placed.numpy(), x)
        np.testing.assert_array_equal(ops.convert_to_numpy(placed), batch)
        copied = place(batch, False)
        if backend != "tensorflow":
            assert not np.shares_memory(np.asarray(copied), x)


@pytest.mark.skipif(sys.platform != "linux", reason="reads /proc")
@pytest.mark.parametrize("shuffle", [False, True, "batch"])
def test_an_epoch_over_a_file_takes_no_memory(differentiating_backend, mapped, shuffle):
    x = np.load(mapped, mmap_mode="r")
    model = linear(inputs=WIDTH)
    y = np.zeros((ROWS, 3), "float32")
    options = {"batch_size": BATCH, "shuffle": shuffle, **QUIET}
    few = 40 * BATCH
    model.fit(x[:few], y[:few], **options)
    gc.collect()
    tracemalloc.start()
    before = anonymous()
    try:
        model.fit(x, y, **options)
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    # NumPy's memory: a few batches of 128 kB, the order of the rows (512 kB), and what Python keeps meanwhile.
    assert peak < 8 * 2**20
    assert anonymous() - before < 32


@pytest.mark.skipif(sys.platform != "linux", reason="reads /proc")
def test_splitting_and_evaluating_a_file_copies_nothing(backend, mapped):
    x = np.load(mapped, mmap_mode="r")
    y = np.zeros((ROWS, 3), "float32")
    model = linear(inputs=WIDTH)
    model.evaluate(x[: 4 * BATCH], y[: 4 * BATCH], batch_size=BATCH, **QUIET)
    tracemalloc.start()
    try:
        model.evaluate(x, y, batch_size=BATCH, **QUIET)
        if backend != "numpy":
            model.fit(x, y, batch_size=BATCH, validation_split=0.5, steps_per_epoch=4, validation_steps=4, **QUIET)
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert peak < 8 * 2**20
