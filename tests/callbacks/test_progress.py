"""Printed progress: a bar on a terminal, one line per epoch in a log, nothing with `verbose=0`."""

from __future__ import annotations

import sys

import pytest
from training_models import engine, linear, regression  # noqa: F401

from keraslite import progress
from keraslite.training.logs import Logs
from keraslite.utils import Progbar


@pytest.fixture
def terminal(monkeypatch):
    monkeypatch.setattr(progress, "is_terminal", lambda: True)
    monkeypatch.setattr("keraslite.callbacks.progbar_logger.is_terminal", lambda: True)


def printed(capsys, **arguments):
    x, y = regression()
    linear(metrics=["mae"]).fit(x, y, batch_size=5, **arguments)
    return capsys.readouterr().out


def test_one_line_an_epoch_in_a_log(engine, capsys):  # noqa: F811
    for arguments in ({}, {"verbose": 1}, {"verbose": 2}, {"verbose": "auto"}):
        lines = printed(capsys, epochs=2, validation_split=0.5, **arguments).splitlines()
        assert len(lines) == 2
        for i, line in enumerate(lines):
            parts = line.split(" - ")
            assert parts[:2] == [f"Epoch {i + 1}/2", "2/2"]
            assert [part.partition(":")[0] for part in parts[4:]] == ["loss", "mae", "val_loss", "val_mae"]


@pytest.mark.parametrize(("verbose", "lines"), [(1, 4), (2, 1), (0, 0)])
def test_a_long_epoch_in_a_log_shows_how_far_it_is(engine, capsys, monkeypatch, verbose, lines):  # noqa: F811
    clock = [100.0]
    monkeypatch.setattr(progress.time, "monotonic", lambda: clock.__setitem__(0, clock[0] + 0.001) or clock[0])
    x, y = regression()

    def slow():
        for i in range(0, 20, 2):
            clock[0] += 10
            yield x[i : i + 2], y[i : i + 2]

    linear().fit(slow(), steps_per_epoch=10, verbose=verbose)
    printed = capsys.readouterr().out.splitlines()
    assert len(printed) == lines
    for line, done in zip(printed, (3, 6, 9, 10) if lines == 4 else (10,), strict=False):
        assert line.startswith(f"Epoch 1/1 - {done}/10 - ")
        assert " - loss: " in line


def test_nothing_with_verbose_0(engine, capsys):  # noqa: F811
    x, y = regression()
    model = linear()
    assert printed(capsys, verbose=0) == ""
    model.evaluate(x, y, verbose=0)
    model.predict(x, verbose=0)
    assert capsys.readouterr().out == ""


def test_evaluate_and_predict_print_a_line(engine, capsys):  # noqa: F811
    x, y = regression()
    model = linear()
    model.evaluate(x, y, batch_size=5)
    model.predict(x, batch_size=5)
    first, second = capsys.readouterr().out.splitlines()
    assert first.startswith("4/4 - ")
    assert " - loss: " in first
    assert second.startswith("4/4 - ")


def test_a_bar_on_a_terminal(engine, capsys, terminal):  # noqa: F811
    text = printed(capsys, epochs=1, verbose=1)
    assert text.startswith("Epoch 1/1\n")
    assert text.count("\n") == 2
    assert "\r4/4 ━━━━━━━━━━━━━━━━━━━━ " in text
    assert "loss: " in text.splitlines()[-1]


def test_the_bar_looks_a_few_times_a_second_only(engine, capsys, terminal, monkeypatch):  # noqa: F811
    reads = []
    original = Logs.load
    monkeypatch.setattr(Logs, "load", lambda self: reads.append(1) or original(self))
    clock = [100.0]
    monkeypatch.setattr(progress.time, "monotonic", lambda: clock.__setitem__(0, clock[0] + 0.001) or clock[0])
    x, y = regression(400)
    linear().fit(x, y, batch_size=2, verbose=1)  # 200 steps of a few milliseconds by this clock
    drawn = capsys.readouterr().out.count("\r")
    assert 2 <= drawn <= 8
    assert len(reads) <= 4 * drawn


def test_a_generator_of_unknown_length(engine, capsys, terminal):  # noqa: F811
    x, y = regression()
    linear().fit(iter([(x, y)] * 3), verbose=1)
    text = capsys.readouterr().out
    assert "/Unknown" in text
    assert text.splitlines()[-1].lstrip("\r").startswith("3/3")


def test_progbar_averages_what_is_not_stateful(capsys):
    bar = Progbar(4, verbose=2, stateful_metrics=["state"])
    for i in range(4):
        bar.add(1, [("value", float(i)), ("state", float(i))])
    out = capsys.readouterr().out
    assert "value: 1.5000" in out
    assert "state: 3.0000" in out
    assert out.startswith("4/4 - ")


def test_progbar_without_a_target(capsys):
    bar = Progbar(None)
    bar.update(3, [("loss", 1e-7)], finalize=True)
    assert "3/Unknown" in capsys.readouterr().out
    Progbar(3, verbose=0).update(3)
    assert capsys.readouterr().out == ""


def test_is_terminal(monkeypatch):
    assert progress.is_terminal() is False
    monkeypatch.setattr(sys.stdout, "isatty", lambda: True, raising=False)
    assert progress.is_terminal() is True


@pytest.mark.parametrize("columns", [100, 80, 60, 20])
def test_what_is_overwritten_fits_on_one_line(capsys, monkeypatch, columns):
    monkeypatch.setattr(sys.stdout, "isatty", lambda: True, raising=False)
    monkeypatch.setenv("COLUMNS", str(columns))
    bar = Progbar(100, interval=0)
    values = [("accuracy", 0.5), ("loss", 0.25), ("val_accuracy", 0.75)]
    for i in range(100):
        bar.update(i + 1, values)
    before, *drawn, last = capsys.readouterr().out.split("\r")
    assert before == ""
    assert len(drawn) == 99
    assert all(len(text) < columns for text in drawn)
    assert [" 7/100 " in drawn[6], "━" in drawn[50], "accuracy: 0.5000" in drawn[50]] == {
        100: [True, True, True], 80: [True, False, True], 60: [True, False, True], 20: [True, False, False],
    }[columns]  # fmt: skip
    assert last.startswith("100/100 ")
    assert last.rstrip().endswith(" - accuracy: 0.5000 - loss: 0.2500 - val_accuracy: 0.7500")  # the end is told whole


def test_a_bar_in_a_file_or_notebook_is_whole(capsys, monkeypatch):
    monkeypatch.setenv("COLUMNS", "20")
    bar = Progbar(4, interval=0)
    bar.update(2, [("loss", 0.25), ("val_loss", 0.25)])
    text = capsys.readouterr().out
    assert "━" * 10 + "╺" in text
    assert text.endswith("loss: 0.2500 - val_loss: 0.2500")
