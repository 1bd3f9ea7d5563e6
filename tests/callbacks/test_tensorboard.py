"""Event files, read back with the tensorboard package."""

from __future__ import annotations

import numpy as np
import pytest
from training_models import engine, linear, regression  # noqa: F401

from keraslite import callbacks
from keraslite.callbacks.event_file import EventFile, crc32c
from keraslite.errors import ArgumentError

accumulator = pytest.importorskip("tensorboard.backend.event_processing.event_accumulator")


def read(folder):
    events = accumulator.EventAccumulator(str(folder), size_guidance={"scalars": 0, "histograms": 0})
    events.Reload()
    return events


def scalars(events, tag):
    return [(event.step, event.value) for event in events.Scalars(tag)]


def test_checksum():  # RFC 3720, B.4
    assert crc32c(bytes(32)) == 0x8A9136AA
    assert crc32c(b"\xff" * 32) == 0x62A8AB43
    assert crc32c(bytes(range(32))) == 0x46DD794E


def test_epochs_of_training_and_validation(engine, tmp_path):  # noqa: F811
    x, y = regression()
    model = linear(metrics=["mae"])
    board = callbacks.TensorBoard(tmp_path, histogram_freq=1, write_steps_per_second=True)
    history = model.fit(x, y, epochs=2, validation_split=0.5, callbacks=[board], verbose=0).history
    train, validation = read(tmp_path / "train"), read(tmp_path / "validation")
    for tag, name in (("epoch_loss", "loss"), ("epoch_mae", "mae")):
        assert scalars(train, tag) == [(i, pytest.approx(v, rel=1e-6)) for i, v in enumerate(history[name])]
        assert scalars(validation, tag) == [
            (i, pytest.approx(v, rel=1e-6)) for i, v in enumerate(history["val_" + name])
        ]
    assert scalars(train, "epoch_learning_rate") == [(0, pytest.approx(0.1)), (1, pytest.approx(0.1))]
    assert len(scalars(train, "epoch_steps_per_second")) == 2
    assert [step for step, _ in scalars(validation, "evaluation_loss_vs_iterations")] == [1, 2]
    (first, _) = train.Histograms("sequential/dense/kernel/histogram" if "sequential/dense/kernel/histogram" in
                                  train.Tags()["histograms"] else train.Tags()["histograms"][0])  # fmt: skip
    assert first.histogram_value.num == 12


def test_every_batch(engine, tmp_path):  # noqa: F811
    x, y = regression()
    linear().fit(x, y, batch_size=5, epochs=2, callbacks=[callbacks.TensorBoard(tmp_path, update_freq=2)], verbose=0)
    assert [step for step, _ in scalars(read(tmp_path / "train"), "batch_loss")] == [2, 4, 6, 8]


def test_values_of_an_event_file(tmp_path):
    file = EventFile(tmp_path)
    file.scalar("a", -1.5, 300)
    file.histogram("h", np.array([[1.0, 2.0], [2.0, np.inf]]), 1, bins=2)
    file.histogram("empty", np.array([]), 1)
    file.close()
    events = read(tmp_path)
    assert scalars(events, "a") == [(300, -1.5)]
    value = events.Histograms("h")[0].histogram_value
    assert (value.min, value.max, value.num, value.sum, value.sum_squares) == (1.0, 2.0, 3.0, 5.0, 9.0)
    assert value.bucket == [1.0, 2.0]
    assert events.Tags()["histograms"] == ["h"]


def test_what_is_not_written_is_said():
    with pytest.warns(UserWarning, match="write_images"):
        callbacks.TensorBoard(write_images=True)
    with pytest.raises(ArgumentError, match="update_freq"):
        callbacks.TensorBoard(update_freq="often")
