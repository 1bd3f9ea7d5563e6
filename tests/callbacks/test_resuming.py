"""Training that was interrupted goes on as if it had not been."""

from __future__ import annotations

import os
import pickle
import random
import signal
import subprocess
import sys
from pathlib import Path

import killed_runs
import pytest
import resumed_run
from training_models import Crash, Interrupt, engine, linear, regression  # noqa: F401

import keraslite as keras
from keraslite import callbacks
from keraslite.callbacks.state_file import StateFolder
from keraslite.errors import FileError, StateError, WeightsMismatchError

PROGRAM = Path(__file__).parents[1] / "resumed_run.py"
KINDS = ("epoch", "batches", "steps", "generator", "checkpoint")


def train(kind, folder, interrupt=0):
    """The digest of all state and the results of epochs; None for an interrupted run."""
    model = resumed_run.build(keras)
    fit, options = resumed_run.arguments(keras, kind)
    watch = Interrupt(interrupt, "save_freq" in options)
    stop = callbacks.EarlyStopping("loss", patience=50)
    try:
        model.fit(**fit, verbose=0, callbacks=[resumed_run.saving(keras, kind, folder), watch, stop])
    except Crash:
        return None, watch.logs
    return (resumed_run.digest(model), stop.best), watch.logs


@pytest.mark.parametrize("kind", KINDS)
def test_the_end_is_the_same_to_the_last_bit(differentiating_backend, tmp_path, kind):
    whole, logs = train(kind, tmp_path / "whole")
    for number, interrupts in enumerate(([4], [9, 7, 2])):
        folder, merged = tmp_path / str(number), {}
        for at in [*interrupts, 0]:
            found, seen = train(kind, folder, at)
            merged.update(seen)
        assert found == whole, interrupts
        assert merged == logs
    assert kind == "checkpoint" or not list(tmp_path.iterdir())


def test_every_moment(engine, tmp_path):  # noqa: F811
    whole, _ = train("steps", tmp_path)
    for at in range(1, 36, 3):
        assert train("steps", tmp_path, at)[0] is None
        assert train("steps", tmp_path)[0] == whole, at


# ---- processes that are killed ----------------------------------------------------------------------------------


def start(engine, folder, kind, kill_at=0):  # noqa: F811
    arguments = [sys.executable, str(PROGRAM), engine, str(folder), kind, str(kill_at)]
    return subprocess.Popen(arguments, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, env={**os.environ})


def digest_of(process):
    out, error = process.communicate(timeout=300)
    assert process.returncode == 0, error[-2000:]
    return out.split()[-1]


def test_a_process_that_is_killed(engine, tmp_path):  # noqa: F811
    whole = digest_of(start(engine, tmp_path / "whole", "batches"))
    process = start(engine, tmp_path / "killed", "batches", 14)
    process.communicate(timeout=300)
    assert process.returncode == -signal.SIGKILL
    assert digest_of(start(engine, tmp_path / "killed", "batches")) == whole


def test_sigterm_saves_and_ends(engine, tmp_path):  # noqa: F811
    whole = digest_of(start(engine, tmp_path / "whole", "epoch"))
    process = start(engine, tmp_path / "ended", "long")
    assert process.stdout.readline() == "epoch 0\n"
    process.send_signal(signal.SIGTERM)
    process.communicate(timeout=300)
    assert process.returncode == -signal.SIGTERM
    assert len(list((tmp_path / "ended").iterdir())) == 1
    states = StateFolder(tmp_path / "ended", 1)
    states.open()
    assert states.load()["position"]["stopped"] is False
    assert whole


@pytest.mark.slow
def test_kills_at_random_moments(differentiating_backend, tmp_path):
    draw = random.Random(1)
    kills = dict.fromkeys(("steps", *killed_runs.STAGES), 0)
    with killed_runs.Server(differentiating_backend) as server:
        whole = {kind: server.run(kind, tmp_path / kind) for kind in KINDS}
        for number in range(100):
            kind, folder = KINDS[number % len(KINDS)], tmp_path / str(number)
            stage = draw.choice(killed_runs.STAGES)
            kill = {"save": draw.randint(1, 3), "stage": stage} if number % 2 else {
                "seconds": draw.uniform(0, whole[kind].seconds)
            }  # fmt: skip
            end = server.run(kind, folder, **kill)
            if end.signal == signal.SIGKILL:
                kills[stage if number % 2 else "steps"] += 1
                end = server.run(kind, folder)
            assert end.digest == whole[kind].digest, (kind, kill)
            if sum(kills.values()) == 50:
                break
    print(differentiating_backend, kills, {kind: round(end.seconds, 2) for kind, end in whole.items()})
    assert sum(kills.values()) == 50


# ---- what a handler that is not the default one does ------------------------------------------------------------


def test_a_handler_of_the_users_own_is_called_after_the_save(engine, tmp_path):  # noqa: F811
    x, y = regression()
    called = []

    class Ask(callbacks.Callback):
        def on_epoch_begin(self, epoch, logs=None):
            if epoch == 2:
                signal.raise_signal(signal.SIGTERM)

    before = signal.signal(signal.SIGTERM, lambda *arguments: called.append(len(list(tmp_path.iterdir()))))
    try:
        backup = callbacks.BackupAndRestore(tmp_path, save_freq=False)
        history = linear().fit(x, y, epochs=5, verbose=0, callbacks=[backup, Ask()])
        assert signal.getsignal(signal.SIGTERM) is not before
    finally:
        signal.signal(signal.SIGTERM, before)
    assert called == [1]
    assert history.epoch == [0, 1]
    again = linear().fit(x, y, epochs=5, verbose=0, callbacks=[callbacks.BackupAndRestore(tmp_path)])
    assert again.epoch == [2, 3, 4]


# ---- files ------------------------------------------------------------------------------------------------------


def test_a_damaged_state_is_named_and_the_one_before_is_used(engine, tmp_path):  # noqa: F811
    x, y = regression()

    def run(at=0, **options):
        model = linear()
        model.fit(x, y, epochs=6, verbose=0, callbacks=[
            callbacks.BackupAndRestore(tmp_path, double_checkpoint=True, **options), Interrupt(at, False)
        ])  # fmt: skip
        return resumed_run.digest(model), model.history.epoch

    whole = run()
    for damage in ("cut", "bit", "empty"):
        with pytest.raises(Crash):
            run(9)
        older, newer = sorted(tmp_path.iterdir())
        content = newer.read_bytes()
        middle = len(content) // 2
        flipped = content[:middle] + bytes([content[middle] ^ 1]) + content[middle + 1 :]
        newer.write_bytes({"cut": content[:-5], "bit": flipped, "empty": b""}[damage])
        with pytest.warns(UserWarning, match=f"{newer.name} is damaged"):
            digest, epochs = run()
        assert digest == whole[0]
        assert epochs == [3, 4, 5]  # one more than without the damage
        assert older.name < newer.name


def test_what_is_kept_and_deleted(engine, tmp_path):  # noqa: F811
    x, y = regression()
    for double in (False, True):
        folder = tmp_path / str(double)
        backup = callbacks.BackupAndRestore(folder, double_checkpoint=double, delete_checkpoint=False)
        linear().fit(x, y, epochs=4, verbose=0, callbacks=[backup])
        assert [path.name for path in sorted(folder.iterdir())] == [
            f"state-{number:010}.ckpt" for number in ((3, 4) if double else (4,))
        ]
        again = linear().fit(x, y, epochs=4, verbose=0, callbacks=[pickle.loads(pickle.dumps(backup))])
        assert again.epoch == []  # all of it was done
        longer = linear().fit(x, y, epochs=6, verbose=0, callbacks=[callbacks.BackupAndRestore(folder)])
        assert longer.epoch == [4, 5]
        assert not folder.exists()


def test_what_a_killed_save_left_is_removed(engine, tmp_path):  # noqa: F811
    x, y = regression()
    left, other = tmp_path / ".state-0000000003.ckpt.0123456789ab.saving", tmp_path / "notes.txt"
    left.write_bytes(b"half")
    other.write_text("mine")
    linear().fit(x, y, verbose=0, callbacks=[callbacks.BackupAndRestore(tmp_path)])
    assert list(tmp_path.iterdir()) == [other]


def test_mistakes(engine, tmp_path):  # noqa: F811
    x, y = regression()
    with pytest.raises(StateError, match="needs `backup_dir`, a folder"):
        callbacks.BackupAndRestore("")
    backup = callbacks.BackupAndRestore(tmp_path / "a", delete_checkpoint=False)
    linear().fit(x, y, verbose=0, callbacks=[backup])
    with pytest.raises(WeightsMismatchError, match="to hold a state of this model and its optimizer"):
        linear(optimizer="adam").fit(x, y, verbose=0, callbacks=[callbacks.BackupAndRestore(tmp_path / "a")])
    (tmp_path / "file").write_text("")
    with pytest.raises(FileError, match="The state of the training cannot be written to"):
        linear().fit(x, y, verbose=0, callbacks=[callbacks.BackupAndRestore(tmp_path / "file")])


def test_state_of_callbacks_of_users(engine, tmp_path):  # noqa: F811
    x, y = regression()

    class Count(callbacks.Callback):
        def __init__(self):
            super().__init__()
            self.count = 0

        def get_state(self):
            return {"count": self.count}

        def set_state(self, state):
            self.count = state["count"]

        def on_epoch_end(self, epoch, logs=None):
            self.count += 1

    def run(at=0):
        count = Count()
        found = [callbacks.BackupAndRestore(tmp_path), Interrupt(at, False), [count]]
        linear().fit(x, y, epochs=5, verbose=0, callbacks=callbacks.CallbackList(found) if at < 0 else found)
        return count.count

    with pytest.raises(Crash):
        run(5)
    assert run() == 5
