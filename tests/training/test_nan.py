"""Stopping at the first loss that is not finite."""

from __future__ import annotations

import numpy as np
import pytest
from training_models import Recorder, engine, linear, regression  # noqa: F401

import keraslite as keras
from keraslite import callbacks, layers, optimizers
from keraslite.training.logs import Logs

QUIET = {"verbose": 0}


def spoiled(at: int):
    """8 batches of 2, of which batch `at` holds a NaN."""
    x, y = regression(16)
    y[2 * at] = np.nan
    return x, y


def test_stops_at_the_first_bad_step_and_keeps_that_state(differentiating_backend, capsys):
    x, y = spoiled(3)
    model, reference = linear(metrics=["mae"]), linear(metrics=["mae"])
    history = model.fit(x, y, batch_size=2, epochs=5, shuffle=False, callbacks=[callbacks.TerminateOnNaN()], **QUIET)
    assert len(history.epoch) == 1
    assert np.isnan(history.history["loss"][0])
    assert "Batch 3: Invalid loss, terminating training" in capsys.readouterr().out
    assert int(model.optimizer.iterations.numpy()) == 4
    reference.fit(x[:8], y[:8], batch_size=2, shuffle=False, **QUIET)
    np.testing.assert_array_equal(model.get_weights()[0], reference.get_weights()[0])


def test_other_batch_hooks_get_exactly_the_batches_up_to_it(engine):  # noqa: F811
    x, y = spoiled(3)
    recorder = Recorder()
    linear().fit(x, y, batch_size=2, epochs=2, shuffle=False, callbacks=[callbacks.TerminateOnNaN(), recorder], **QUIET)
    assert [call for call in recorder.calls if call.endswith("end")][:4] == [f"batch {i} end" for i in range(4)]
    assert recorder.calls[-2:] == ["epoch 0 end", "train end"]


def test_without_bad_steps_nothing_changes(differentiating_backend):
    x, y = regression(16)
    plain, guarded = linear(optimizer="adam"), linear(optimizer="adam")
    a = plain.fit(x, y, batch_size=2, epochs=2, shuffle=False, **QUIET).history
    b = guarded.fit(
        x, y, batch_size=2, epochs=2, shuffle=False, callbacks=[callbacks.TerminateOnNaN()], **QUIET
    ).history
    assert a["loss"] == pytest.approx(b["loss"], rel=1e-5)
    np.testing.assert_allclose(plain.get_weights()[0], guarded.get_weights()[0], rtol=1e-5)


@pytest.mark.fast_path("replayed_steps")
@pytest.mark.parametrize("layer", [layers.Dropout(0.5), layers.GaussianNoise(0.3), layers.SpatialDropout1D(0.5)])
def test_draws_are_new_at_every_step_of_a_guarded_fit(differentiating_backend, layer):
    x, y = regression(32)

    def trained(**options):
        keras.utils.set_random_seed(5)
        inputs = keras.Input((4,))
        drawn = layers.Reshape((4,))(type(layer).from_config(layer.get_config())(layers.Reshape((1, 4))(inputs)))
        model = keras.Model(inputs, layers.Dense(3, kernel_initializer="ones")(drawn))
        model.compile(optimizers.SGD(0.01), "mse")
        history = model.fit(x, y, batch_size=4, epochs=3, shuffle=False, **QUIET, **options).history["loss"]
        return history, model.get_weights()[0]

    (plain, weights), (guarded, kept) = trained(), trained(callbacks=[callbacks.TerminateOnNaN()])
    assert guarded == pytest.approx(plain, rel=1e-5)
    np.testing.assert_allclose(kept, weights, rtol=1e-4)


def test_does_not_read_results_at_every_step(engine, monkeypatch):  # noqa: F811
    x, y = regression(64)
    reads = []
    original = Logs.load
    monkeypatch.setattr(Logs, "load", lambda self: reads.append(1) or original(self))
    linear().fit(x, y, batch_size=2, callbacks=[callbacks.TerminateOnNaN()], **QUIET)
    assert len(reads) <= 4  # at the end of the epoch only


def test_infinite_losses_and_raise_error(engine):  # noqa: F811
    x, y = regression(8)
    model = linear(optimizer=optimizers.SGD(1e30))
    with pytest.raises(RuntimeError, match=r"Batch \d+: the loss is NaN or infinite"):
        model.fit(x, y, batch_size=2, epochs=3, callbacks=[callbacks.TerminateOnNaN(raise_error=True)], **QUIET)


def test_fit_again_after_a_stop(engine):  # noqa: F811
    x, y = spoiled(1)
    model = linear()
    stop = callbacks.TerminateOnNaN()
    before = model.get_weights()
    model.fit(x, y, batch_size=2, shuffle=False, callbacks=[stop], **QUIET)
    model.set_weights(before)
    good, targets = regression(16)
    history = model.fit(good, targets, batch_size=2, epochs=2, callbacks=[stop], **QUIET)
    assert np.isfinite(history.history["loss"]).all()
