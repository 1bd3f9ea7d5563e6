"""Files of training states: damages, threads that write them, and those of `ModelCheckpoint`."""

from __future__ import annotations

import os
import pickle
import random
import signal
import threading
import warnings

import numpy as np
import pytest
import resumed_run
from training_models import Crash, Interrupt, engine, linear, regression  # noqa: F401

import keraslite as keras
from keraslite import callbacks
from keraslite.callbacks import state_file
from keraslite.callbacks.state_file import Draft, StateFolder, unpacked
from keraslite.errors import ArgumentError, CorruptFileError, FileError

# ---- damages ----------------------------------------------------------------------------------------------------


def damage(draw, newest, older):
    """Change a file in a way that disks and people do."""
    content = newest.read_bytes()
    kind = draw.choice(("cut", "bit", "first line", "empty", "zeros", "swapped", "another", "longer", "gone"))
    at = draw.randrange(len(content))
    if kind == "first line":
        kind, at = "bit", draw.randrange(content.index(b"\n"))
    if kind == "swapped":
        newest.write_bytes(older.read_bytes())
        older.write_bytes(content)
    elif kind == "gone":
        newest.unlink()
    else:
        newest.write_bytes({
            "cut": content[:at],
            "bit": content[:at] + bytes([content[at] ^ (1 << draw.randrange(8))]) + content[at + 1 :],
            "empty": b"",
            "zeros": bytes(len(content)),
            "another": older.read_bytes(),
            "longer": content + b"x",
        }[kind])  # fmt: skip
    return kind


def test_damages_lose_one_state_at_most(tmp_path):
    draw = random.Random(0)
    for number in range(50):
        folder = StateFolder(tmp_path / str(number), 2)
        folder.open()
        for i in range(1, draw.randint(3, 6)):
            folder.save(Draft({"i": i, "values": np.full(40, i)}))
        older, newest = sorted(folder.folder.iterdir())
        kind = damage(draw, newest, older)
        with warnings.catch_warnings(record=True) as told:
            warnings.simplefilter("always")
            again = StateFolder(folder.folder, 2)
            again.open()
            state = again.load()
        assert state["i"] == (i if kind == "swapped" else i - 1), kind
        assert (state["values"] == state["i"]).all()
        assert [newest.name in str(each.message) for each in told] == [True] * (
            kind not in ("swapped", "another", "gone")
        )
        again.save(Draft({"i": 10}))  # the one after it is the newest, whatever there was
        later = StateFolder(folder.folder, 2)
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            later.open()
        assert later.load() == {"i": 10}


def test_damages_of_a_training(engine, tmp_path):  # noqa: F811
    x, y = regression()

    def run(at=0):
        model = linear()
        save = callbacks.ModelCheckpoint(tmp_path / "{epoch}.ckpt", max_to_keep=3, resume=True)
        history = model.fit(x, y, epochs=6, verbose=0, callbacks=[save, Interrupt(at, False)])
        return resumed_run.digest(model), history.epoch

    whole = run()
    assert run() == (whole[0], [])
    for path in tmp_path.iterdir():
        path.unlink()
    with pytest.raises(Crash):
        run(11)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["3.ckpt", "4.ckpt", "5.ckpt"]
    for name in ("5.ckpt", "4.ckpt"):
        (tmp_path / name).write_bytes(b"")
    with pytest.warns(UserWarning, match="is damaged") as told:
        assert run() == (whole[0], [3, 4, 5])
    assert [str(each.message).split()[0] for each in told] == [str(tmp_path / name) for name in ("4.ckpt", "5.ckpt")]


# ---- beside the training ----------------------------------------------------------------------------------------


@pytest.mark.parametrize("kind", ["batches", "checkpoint"])
def test_what_a_thread_saves_is_what_the_moment_had(differentiating_backend, tmp_path, monkeypatch, kind):
    """The thread writes long after steps have changed everything."""
    original, late = state_file.Draft.parts, threading.Event()

    def parts(draft, number):
        late.wait(0.05)
        return original(draft, number)

    monkeypatch.setattr(state_file.Draft, "parts", parts)
    found = []
    for beside in (True, False):
        model, folder = resumed_run.build(keras), tmp_path / str(beside)
        save = resumed_run.saving(keras, kind, folder)
        save._background.on, save.delete_checkpoint = beside, False
        model.fit(**resumed_run.arguments(keras, kind)[0], verbose=0, callbacks=[save])
        found.append({path.name: path.read_bytes() for path in folder.iterdir()})
    assert found[0] == found[1]
    assert found[0]


def test_an_error_of_the_thread_is_raised_at_the_next_save_or_at_the_end(engine, tmp_path, monkeypatch):  # noqa: F811
    x, y = regression()
    full = OSError(28, "No space left on device")

    def fails(*arguments):
        raise full

    monkeypatch.setattr(state_file, "replace_file", fails)
    for epochs, begun in ((1, [0]), (5, [0, 1])):
        seen = []
        watch = callbacks.LambdaCallback(on_epoch_begin=lambda epoch, logs, seen=seen: seen.append(epoch))
        with pytest.raises(FileError, match=r"cannot be written to .*No space left on device.*make room") as caught:
            linear().fit(x, y, epochs=epochs, verbose=0, callbacks=[callbacks.BackupAndRestore(tmp_path), watch])
        assert caught.value.__cause__ is full
        assert seen == begun
    with pytest.warns(UserWarning, match="No space left"), pytest.raises(Crash):  # what matters more is raised
        linear().fit(x, y, epochs=5, verbose=0, callbacks=[callbacks.BackupAndRestore(tmp_path), Interrupt(3, False)])
    assert not [thread for thread in threading.enumerate() if thread.name == "keraslite-save"]


def test_one_save_at_a_time(engine, tmp_path, monkeypatch):  # noqa: F811
    x, y = regression()
    running, most, original = [], [], state_file.replace_file

    def counted(*arguments):
        running.append(threading.current_thread().name)
        most.append(len(running))
        original(*arguments)
        running.pop()

    monkeypatch.setattr(state_file, "replace_file", counted)
    backup = callbacks.BackupAndRestore(tmp_path, save_freq=1, delete_checkpoint=False)
    linear().fit(x, y, batch_size=5, epochs=3, verbose=0, callbacks=[backup])
    assert most == [1] * 12
    assert pickle.loads(pickle.dumps(backup)).backup_dir == str(tmp_path)


# ---- states of `ModelCheckpoint` --------------------------------------------------------------------------------


class Given(callbacks.Callback):
    """Results "v" from a list."""

    def __init__(self, values):
        super().__init__()
        self.values = values

    def on_epoch_end(self, epoch, logs=None):
        logs["v"] = self.values[epoch]


def test_the_best_states_are_kept_and_the_best_value_goes_on(engine, tmp_path, capsys):  # noqa: F811
    x, y = regression()

    def run(values, **options):
        save = callbacks.ModelCheckpoint(
            tmp_path / "best-{v:.1f}.ckpt", "v", 1, True, mode="min", max_to_keep=2, **options
        )
        history = linear().fit(x, y, epochs=len(values), verbose=0, callbacks=[Given(values), save])
        return history.epoch, sorted(path.name for path in tmp_path.iterdir())

    assert run([5, 4, 3, 6]) == ([0, 1, 2, 3], ["best-3.0.ckpt", "best-4.0.ckpt"])
    assert run([5, 4, 3, 3.5, 2, 2.5], resume=True) == ([3, 4, 5], ["best-2.0.ckpt", "best-3.0.ckpt"])
    told = capsys.readouterr().out
    assert "v did not improve from 3.00000" in told
    assert "v improved from 3.00000 to 2.00000, saving state to" in told


def test_a_checkpoint_at_sigterm(engine, tmp_path):  # noqa: F811
    x, y = regression()

    class Ask(callbacks.Callback):
        def on_train_batch_end(self, batch, logs=None):
            if self.model.optimizer.iterations.numpy() == 6:
                signal.raise_signal(signal.SIGTERM)

    def run(*others, best=False):
        save = callbacks.ModelCheckpoint(
            tmp_path / "{epoch}-{batch}-{loss:.2f}.ckpt", "loss", save_best_only=best, resume=True, save_freq=100
        )
        return linear().fit(x, y, batch_size=5, epochs=3, verbose=0, callbacks=[save, *others]).epoch

    called = []
    before = signal.signal(signal.SIGTERM, lambda *arguments: called.append(sorted(os.listdir(tmp_path))))
    try:
        assert run(Ask(), best=True) == [0, 1, 2]  # no state that is not the best
        assert run(Ask()) == [0]
    finally:
        signal.signal(signal.SIGTERM, before)
    assert called == [[], ["2-2-nan.ckpt"]]
    assert run() == [1, 2]


def test_arguments_of_states(tmp_path):
    for arguments, message in (
        ({"filepath": "m.keras", "resume": True}, r"to end in '\.ckpt' with `max_to_keep` or `resume`"),
        ({"filepath": "m.keras", "max_to_keep": 2}, r"to end in '\.ckpt'"),
        ({"filepath": "m.ckpt", "save_weights_only": True}, r"to end in '\.weights\.h5'"),
        ({"filepath": "{epoch}/m.ckpt"}, "one folder.*last part"),
        ({"filepath": "m.ckpt", "max_to_keep": 0}, "max_to_keep"),
    ):
        with pytest.raises(ArgumentError, match=message):
            callbacks.ModelCheckpoint(**arguments)


def test_other_files_stay(engine, tmp_path):  # noqa: F811
    x, y = regression()
    for name in ("a-1.ckpt", "state-0000000001.ckpt", "1.ckpt.txt", "notes"):
        (tmp_path / name).write_bytes(b"mine")
    save = callbacks.ModelCheckpoint(tmp_path / "{epoch}.ckpt", max_to_keep=1)
    linear().fit(x, y, epochs=3, verbose=0, callbacks=[save])
    assert sorted(os.listdir(tmp_path)) == ["1.ckpt.txt", "3.ckpt", "a-1.ckpt", "notes", "state-0000000001.ckpt"]


@pytest.mark.parametrize("name", ["{epoch}.keras", "sub/m.keras", "{epoch}.ckpt"])
def test_a_folder_that_cannot_be_written_to_is_said_before_the_first_step(engine, tmp_path, name):  # noqa: F811
    x, y = regression()
    (tmp_path / "file").write_text("")
    seen = []
    watch = callbacks.LambdaCallback(on_epoch_begin=lambda epoch, logs: seen.append(epoch))
    for save in (callbacks.ModelCheckpoint(tmp_path / "file" / name), callbacks.BackupAndRestore(tmp_path / "file")):
        with pytest.raises(FileError, match=r"file.*Choose another"):
            linear().fit(x, y, verbose=0, callbacks=[watch, save])
    assert seen == []


# ---- values -----------------------------------------------------------------------------------------------------


def packed(state, number=1):
    return b"".join(Draft(state).parts(number))


def test_values_in_a_file():
    array = np.arange(6, dtype="float32").reshape(2, 3)
    state = {"a": [1, 2.5, None, True, "é"], "b": {"c": array}, "d": np.float32(0.5), "e": np.zeros((0, 2), "int64")}
    state["f"] = np.array(3, "uint8")
    found = unpacked(packed(state), "it")
    assert (found["a"], found["d"]) == (state["a"], 0.5)
    np.testing.assert_array_equal(found["b"]["c"], array)
    assert found["e"].shape == (0, 2)
    assert found["f"].dtype == "uint8"
    content = packed(state)
    for broken in (b"", b"{}\n", content[:40], content + b"x", content.replace(b"training", b"Training")):
        with pytest.raises(CorruptFileError, match="it is damaged"):
            unpacked(broken, "it")


def test_a_file_of_a_later_version(monkeypatch):
    monkeypatch.setattr(state_file, "VERSION", 2)
    later = packed({})
    monkeypatch.undo()
    with pytest.raises(CorruptFileError, match="it has version 2. This release reads version 1"):
        unpacked(later, "it")


def test_what_was_given_may_change_before_it_is_written():
    array, names = np.zeros(3), ["a"]
    draft = Draft({"array": array, "names": names})
    array[:], names[0] = 1, "b"
    found = unpacked(b"".join(draft.parts(1)), "it")
    assert found["array"].tolist() == [0, 0, 0]
    assert found["names"] == ["a"]
