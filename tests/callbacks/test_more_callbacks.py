"""SwapEMAWeights, RemoteMonitor and OrbaxCheckpoint."""

from __future__ import annotations

import http.server
import json
import sys
import threading
import urllib.parse

import numpy as np
import pytest
from training_models import engine, linear, regression  # noqa: F401

from keraslite import callbacks, optimizers
from keraslite.errors import ArgumentError, MissingPackageError


def averaging(**options):
    return optimizers.SGD(0.1, use_ema=True, ema_momentum=0.5, **options)


class Watch(callbacks.Callback):
    """Notes the kernel at each event."""

    def __init__(self):
        super().__init__()
        self.seen = []

    def note(self, event):
        self.seen.append((event, self.model.layers[0].kernel.numpy(), self.model.optimizer.variables[2].numpy()))

    def on_epoch_begin(self, epoch, logs=None):
        self.note("epoch begin")

    def on_epoch_end(self, epoch, logs=None):
        self.note("epoch end")

    def on_test_begin(self, logs=None):
        self.note("test begin")

    def on_test_end(self, logs=None):
        self.note("test end")


@pytest.mark.parametrize("on_epoch", [False, True])
def test_averages_are_there_when_they_should_be(engine, on_epoch):  # noqa: F811
    """Weights, and averages `0.5 * old + 0.5 * weights`, of one step per epoch."""
    x, y = regression()
    model, watch = linear(optimizer=averaging()), Watch()
    swap = callbacks.SwapEMAWeights(swap_on_epoch=on_epoch)
    model.fit(x, y, batch_size=20, epochs=3, verbose=0, callbacks=[swap, watch], validation_data=(x, y))
    plain, raw = linear(optimizer=averaging()), []
    for _ in range(3):
        plain.train_on_batch(x, y)
        raw.append(plain.layers[0].kernel.numpy())
    average = expected = None
    for epoch, weights in enumerate(raw):
        average = weights if average is None else 0.5 * average + 0.5 * weights
        of_epoch = watch.seen[4 * epoch : 4 * epoch + 4]
        assert [event for event, _, _ in of_epoch] == ["epoch begin", "test begin", "test end", "epoch end"]
        _, test_begin, test_end, epoch_end = (kernel for _, kernel, _ in of_epoch)
        np.testing.assert_allclose(test_begin, average, rtol=1e-6)
        np.testing.assert_allclose(test_end, weights, rtol=1e-6)
        np.testing.assert_allclose(epoch_end, average if on_epoch else weights, rtol=1e-6)
        expected = average
    np.testing.assert_allclose(model.layers[0].kernel.numpy(), expected, rtol=1e-6)  # as at every end of training
    if on_epoch:
        assert swap.swap_on_epoch


def test_evaluation_and_prediction_by_averages(engine):  # noqa: F811
    x, y = regression()
    model, swap = linear(optimizer=averaging()), callbacks.SwapEMAWeights()
    assert model.evaluate(x, y, verbose=0, callbacks=[swap]) == model.evaluate(x, y, verbose=0)  # nothing to swap yet
    for _ in range(3):
        model.train_on_batch(x, y)
    plain = model.predict(x, verbose=0)
    averaged = model.predict(x, verbose=0, callbacks=[swap])
    assert not np.allclose(plain, averaged)
    np.testing.assert_allclose(model.predict(x, verbose=0), plain, rtol=1e-4)
    model.optimizer.finalize_variable_values(model.trainable_variables)
    np.testing.assert_allclose(model.predict(x, verbose=0), averaged, rtol=1e-4)


def test_the_path_of_schedule_free_is_averaged(engine):  # noqa: F811
    x, y = regression()
    model, watch = linear(optimizer=optimizers.ScheduleFreeAdamW(0.1)), Watch()
    model.fit(x, y, batch_size=5, epochs=2, verbose=0, callbacks=[callbacks.SwapEMAWeights(), watch],
              validation_data=(x, y))  # fmt: skip
    kernels = {event: kernel for event, kernel, _ in watch.seen}
    assert not np.allclose(kernels["test begin"], kernels["test end"])
    np.testing.assert_allclose(model.layers[0].kernel.numpy(), kernels["test begin"], rtol=1e-5, atol=1e-7)


def test_an_optimizer_without_averages_is_refused(engine):  # noqa: F811
    x, y = regression()
    with pytest.raises(ArgumentError, match="needs an optimizer that keeps averages of the weights. Received 'sgd"):
        linear(optimizer=optimizers.SGD()).fit(x, y, verbose=0, callbacks=[callbacks.SwapEMAWeights()])


# ---- a server ---------------------------------------------------------------------------------------------------


@pytest.fixture
def server():
    """A server on this machine and what it got: path, type, body and headers."""
    got = []

    class Handler(http.server.BaseHTTPRequestHandler):
        def do_POST(self):
            body = self.rfile.read(int(self.headers["Content-Length"])).decode()
            got.append((self.path, self.headers["Content-Type"], body, dict(self.headers)))
            self.send_response(500 if self.path == "/broken" else 200)
            self.end_headers()

        def log_message(self, *arguments):
            pass

    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler) as running:
        thread = threading.Thread(target=running.serve_forever, daemon=True)
        thread.start()
        yield f"http://127.0.0.1:{running.server_port}", got
        running.shutdown()
        thread.join()


def test_results_are_sent(engine, server):  # noqa: F811
    (root, got), (x, y) = server, regression()
    form = callbacks.RemoteMonitor(root)
    plain = callbacks.RemoteMonitor(root, "/json", headers={"X-Key": "secret"}, send_as_json=True)
    history = linear(metrics=["mae"]).fit(x, y, epochs=2, verbose=0, callbacks=[form, plain]).history
    expected = [{"epoch": i, **{name: history[name][i] for name in ("loss", "mae")}} for i in range(2)]
    forms, plains = got[::2], got[1::2]
    assert [(path, kind) for path, kind, _, _ in forms] == [
        ("/publish/epoch/end/", "application/x-www-form-urlencoded")
    ] * 2
    assert [json.loads(urllib.parse.parse_qs(body)["data"][0]) for _, _, body, _ in forms] == expected
    assert [(path, kind, headers["X-Key"]) for path, kind, _, headers in plains] == [
        ("/json", "application/json", "secret")
    ] * 2
    assert [json.loads(body) for _, _, body, _ in plains] == expected


def test_a_server_that_fails_ends_no_training(engine, server):  # noqa: F811
    (root, _), (x, y) = server, regression()
    with pytest.warns(UserWarning, match="could not send epoch 1 to http://127.0.0.1:.*500"):
        linear().fit(x, y, verbose=0, callbacks=[callbacks.RemoteMonitor(root, "/broken")])
    with pytest.warns(UserWarning, match="could not send epoch 1 to http://127.0.0.1:1/"):
        linear().fit(x, y, verbose=0, callbacks=[callbacks.RemoteMonitor("http://127.0.0.1:1")])
    with pytest.raises(ArgumentError, match="needs `root` to begin with 'http'. Received 'file://'"):
        linear().fit(x, y, verbose=0, callbacks=[callbacks.RemoteMonitor("file://", "/etc/passwd")])


# ---- Orbax ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("background", [False, True])
def test_orbax_checkpoints(engine, tmp_path, background):  # noqa: F811
    v1 = pytest.importorskip("orbax.checkpoint.experimental.v1")
    x, y = regression()
    model = linear(optimizer=optimizers.Adam(name="adam"))
    save = callbacks.OrbaxCheckpoint(tmp_path, max_to_keep=2, save_on_background=background)
    model.fit(x, y, epochs=3, verbose=0, callbacks=[save])
    assert sorted(path.name for path in tmp_path.iterdir()) == ["1", "2"]
    found = v1.load_checkpointables(tmp_path / "2")
    assert json.loads(found["model_config"]["config"]) == json.loads(model.to_json())
    state = [*model.weights, *model.optimizer.variables]
    expected = [variable.numpy() for variable in state]
    for variable in state:
        variable.assign(np.zeros(variable.shape, variable.dtype))
    model.set_state_tree(found["pytree"])
    for variable, value in zip(state, expected, strict=True):
        np.testing.assert_array_equal(variable.numpy(), value)


def test_orbax_by_batches_and_the_best(engine, tmp_path):  # noqa: F811
    pytest.importorskip("orbax.checkpoint.experimental.v1")
    x, y = regression()
    batches = callbacks.OrbaxCheckpoint(tmp_path / "batches", save_freq=3, max_to_keep=None, save_weights_only=True)
    best = callbacks.OrbaxCheckpoint(tmp_path / "best", "loss", save_best_only=True, max_to_keep=None,
                                     initial_value_threshold=0.0)  # fmt: skip
    linear().fit(x, y, batch_size=5, epochs=2, verbose=0, callbacks=[batches, best])
    assert sorted(path.name for path in (tmp_path / "batches").iterdir()) == ["3", "6"]
    assert list((tmp_path / "best").iterdir()) == []


def test_orbax_that_is_not_installed(monkeypatch, tmp_path):
    monkeypatch.setitem(sys.modules, "orbax.checkpoint.experimental", None)
    with pytest.raises(MissingPackageError, match="Run `pip install orbax-checkpoint`"):
        callbacks.OrbaxCheckpoint(tmp_path)
