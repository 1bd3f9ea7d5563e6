"""The calls that callbacks get, and what the built-in callbacks do."""

from __future__ import annotations

import csv
import inspect
from typing import ClassVar

import numpy as np
import pytest
from training_models import Recorder, engine, linear, regression, two_headed  # noqa: F401

import keraslite as keras
from keraslite import callbacks, optimizers
from keraslite.callbacks.base import HOOKS
from keraslite.errors import ArgumentError

QUIET = {"verbose": 0}


def fit(model=None, **arguments):
    x, y = regression()
    model = model or linear()
    return model, model.fit(x, y, **{**QUIET, "batch_size": 10, **arguments})


class Script(callbacks.Callback):
    """Puts values into the results of epochs, before the callback under test sees them."""

    def __init__(self, name, values):
        super().__init__()
        self.name, self.values = name, values

    def on_epoch_end(self, epoch, logs=None):
        logs[self.name] = self.values[epoch]


# ---- what hooks are told ----------------------------------------------------------------------------------------


def test_order_of_hooks(engine):  # noqa: F811
    recorder = Recorder()
    fit(callbacks=[recorder], epochs=1)
    assert recorder.calls == [
        "train begin", "epoch 0 begin", "batch 0 begin", "batch 0 end", "batch 1 begin", "batch 1 end", "epoch 0 end",
        "train end",
    ]  # fmt: skip


def test_overriding_a_batch_hook_means_one_call_for_each_batch(differentiating_backend):
    recorder = Recorder()
    fit(linear(steps_per_execution=4), callbacks=[recorder], batch_size=4)
    assert [call for call in recorder.calls if call.startswith("batch")] == [
        f"batch {i} {what}" for i in range(5) for what in ("begin", "end")
    ]
    assert len({logs["loss"] for logs in recorder.logs}) == 5


def test_hooks_of_evaluation_prediction_and_validation(engine):  # noqa: F811
    x, y = regression()
    calls = []
    names = ["on_test_begin", "on_test_end", "on_predict_begin", "on_predict_end"]
    watcher = callbacks.LambdaCallback(
        **{name: lambda logs, name=name: calls.append(name) for name in names},
        on_test_batch_end=lambda batch, logs: calls.append(("test", batch, sorted(logs))),
        on_predict_batch_end=lambda batch, logs: calls.append(("predict", batch, logs["outputs"].shape)),
    )
    model = linear()
    model.evaluate(x, y, batch_size=10, callbacks=[watcher], **QUIET)
    model.predict(x, batch_size=10, callbacks=[watcher], **QUIET)
    assert calls == [
        "on_test_begin", ("test", 0, ["loss"]), ("test", 1, ["loss"]), "on_test_end",
        "on_predict_begin", ("predict", 0, (10, 3)), ("predict", 1, (10, 3)), "on_predict_end",
    ]  # fmt: skip
    calls.clear()
    model.fit(x, y, validation_data=(x, y), callbacks=[watcher], **QUIET)
    assert calls == ["on_test_begin", ("test", 0, ["loss"]), "on_test_end"]


def test_older_names_of_batch_hooks(engine):  # noqa: F811
    seen = []

    class Old(callbacks.Callback):
        def on_batch_end(self, batch, logs=None):
            seen.append(batch)

    fit(callbacks=[Old()])
    assert seen == [0, 1]


def test_model_and_params(engine):  # noqa: F811
    recorder = Recorder()
    model, _ = fit(callbacks=[recorder], epochs=1)
    assert recorder.model is model
    assert recorder.params["epochs"] == 1
    assert recorder.params["steps"] == 2
    assert recorder.params["verbose"] == 0


def test_logs_of_epochs_are_floats_and_may_be_added_to(engine):  # noqa: F811
    _, history = fit(callbacks=[Script("mine", [1, 2])], epochs=2)
    assert history.history["mine"] == [1, 2]
    assert all(type(value) is float for value in history.history["loss"])


def test_callback_list_skips_who_does_not_listen_and_flattens():
    recorder = Recorder()
    many = callbacks.CallbackList([callbacks.Callback(), [recorder]], add_history=True)
    assert many.listens("on_train_batch_end")
    assert not many.listens("on_test_batch_end")
    assert many.watches_batches("train")
    assert not many.watches_batches("test")
    many.on_train_batch_end(3, {"loss": 1})
    assert recorder.calls == ["batch 3 end"]
    assert isinstance(many.history, callbacks.History)


@pytest.mark.parametrize("hook", HOOKS)
def test_hooks_of_a_list_have_the_parameters_of_a_callbacks(hook):
    index = "batch" if "batch" in hook else "epoch" if "epoch" in hook else None
    names = ["logs"] if index is None else [index, "logs"]
    seen = []
    many = callbacks.CallbackList([callbacks.LambdaCallback(**{hook: lambda *args: seen.append(args)})])
    assert list(inspect.signature(getattr(many, hook)).parameters) == names
    getattr(many, hook)(**({} if index is None else {index: 3}))
    getattr(many, hook)(**dict(zip(names[:-1], [3], strict=False)), logs={"loss": 1.0})
    assert seen == [(*([3] * (index is not None)), logs) for logs in ({}, {"loss": 1.0})]


def test_built_in_callbacks_say_what_they_need(tmp_path):
    for callback in (callbacks.History(), callbacks.EarlyStopping(), callbacks.ModelCheckpoint(tmp_path / "m.keras"),
                     callbacks.CSVLogger(tmp_path / "log.csv"), callbacks.TerminateOnNaN(), callbacks.TensorBoard(),
                     callbacks.ProgbarLogger(), callbacks.ReduceLROnPlateau()):  # fmt: skip
        assert not callback.watches_batches("train"), callback
    assert callbacks.ModelCheckpoint(tmp_path / "m.keras", save_freq=3).watches_batches("train")
    assert callbacks.TensorBoard(update_freq="batch").watches_batches("train")
    assert callbacks.LambdaCallback(on_train_batch_end=print).watches_batches("train")


def test_a_misspelt_hook_is_named(engine):  # noqa: F811
    class Misspelt(callbacks.Callback):
        def on_epoch_ends(self, epoch, logs=None):
            raise AssertionError

        def on_new_best(self):
            """No hook, and not like one."""

    with pytest.warns(UserWarning, match=r"`Misspelt\.on_epoch_ends` is no hook.*Did you mean 'on_epoch_end'"):
        fit(callbacks=[Misspelt()])
    fit(callbacks=[Misspelt()])  # once is enough: another warning would be an error


def test_lambda_callback_knows_its_hooks():
    with pytest.raises(ArgumentError, match="Did you mean 'on_epoch_end'"):
        callbacks.LambdaCallback(on_epoc_end=print)


# ---- watching a value -------------------------------------------------------------------------------------------


def sum_of_gaps(y_true, y_pred):
    return keras.ops.sum(keras.ops.abs(y_true - y_pred), axis=-1)


@pytest.mark.parametrize(
    ("metric", "monitor", "mode"),
    [
        (None, "loss", "min"), (None, "val_loss", "min"), ("accuracy", "val_accuracy", "max"), ("mae", "mae", "min"),
        (keras.metrics.AUC, "val_roc", "max"), (keras.metrics.MeanAbsoluteError, "val_sensor2_mae", "min"),
        (keras.metrics.MeanSquaredError, "val_accuracy_of_pose", "min"), (keras.metrics.R2Score, "val_x", "max"),
        (keras.metrics.TopKCategoricalAccuracy, "val_top5", "max"), (keras.metrics.RootMeanSquaredError, "auc", "min"),
        ("cosine_similarity", "val_cosine_similarity", "max"), (sum_of_gaps, "val_sum_of_gaps", None),
        (keras.metrics.Mean, "val_precision", None), (keras.metrics.FalsePositives, "val_accuracy", None),
    ],
)  # fmt: skip
def test_the_metric_says_in_which_direction_it_gets_better(engine, tmp_path, metric, monitor, mode):  # noqa: F811
    def compiled():
        if not isinstance(metric, type):
            return linear(metrics=[metric], activation="sigmoid")
        if metric is keras.metrics.Mean:
            model = linear(activation="sigmoid")
            model.mean = keras.metrics.Mean(name=monitor.removeprefix("val_"))
            return model
        return linear(metrics=[metric(name=monitor.removeprefix("val_"))], activation="sigmoid")

    x, y = regression()
    data = {"x": x, "y": (y > 0).astype("float32")}
    for callback in (
        callbacks.EarlyStopping(monitor, patience=9),
        callbacks.ReduceLROnPlateau(monitor),
        callbacks.ModelCheckpoint(tmp_path / "best.keras", monitor, save_best_only=True),
    ):
        model = compiled()
        run = lambda model=model, callback=callback: model.fit(  # noqa: E731
            **data, validation_data=tuple(data.values()), callbacks=[callback], **QUIET
        )
        if mode is not None:
            run()
            assert callback.monitor_op is {"min": np.less, "max": np.greater}[mode]
            continue
        with pytest.raises(ArgumentError, match=rf"`{type(callback).__name__}` needs `mode`.*'{monitor}'.*mode='max'"):
            run()
        callback = type(callback)(*([callback.filepath] if hasattr(callback, "filepath") else []), monitor, mode="max")
        compiled().fit(**data, validation_data=tuple(data.values()), callbacks=[callback], **QUIET)


def test_directions_of_several_outputs_and_of_a_users_own_metric(engine):  # noqa: F811
    class Dice(keras.metrics.Mean):
        _direction = "up"

        def update_state(self, y_true, y_pred, sample_weight=None):
            super().update_state(keras.ops.mean(y_true * y_pred))

    x, a = regression()
    model = two_headed()
    model.compile("sgd", ["mse", "mse"], metrics=[[Dice(name="dice")], ["mae"]])
    for monitor, op in (("val_a_loss", np.less), ("a_dice", np.greater), ("val_b_mae", np.less)):
        stop = callbacks.EarlyStopping(monitor, patience=9)
        model.fit(x, [a, np.zeros((20, 5))], validation_split=0.5, callbacks=[stop], **QUIET)
        assert stop.monitor_op is op
    with pytest.raises(ArgumentError, match=r"'v', which is no metric of the model"):
        fit(callbacks=[Script("v", [1]), callbacks.EarlyStopping("v")])


def test_the_best_weights_by_auc_are_restored(engine):  # noqa: F811
    class Scripted(keras.metrics.AUC):
        """Gives what the script says, epoch by epoch."""

        script: ClassVar[list[float]] = [0.6, 0.9, 0.7, 0.5]

    kept = {}

    class Keep(callbacks.Callback):
        def on_epoch_end(self, epoch, logs=None):
            kept[epoch] = self.model.get_weights()[0]
            logs["val_roc"] = Scripted.script[epoch]

    x, y = regression()
    model = linear(metrics=[Scripted(name="roc")], activation="sigmoid")
    stop = callbacks.EarlyStopping("val_roc", patience=9, restore_best_weights=True)
    model.fit(x, y > 0, validation_split=0.5, epochs=4, callbacks=[Keep(), stop], **QUIET)
    assert stop.best_epoch == 1
    np.testing.assert_array_equal(model.get_weights()[0], kept[1])


def test_a_value_that_is_not_there_is_named(engine):  # noqa: F811
    text = (
        r"`EarlyStopping` needs 'val_los' among the results. Received \['loss', 'val_loss'\]. Did you mean 'val_loss'\?"
    )
    with pytest.warns(UserWarning, match=text):
        fit(callbacks=[callbacks.EarlyStopping("val_los")], validation_split=0.5)
    with pytest.warns(
        UserWarning, match=r"Received \['loss'\]. Give `fit` a `validation_data` or `validation_split`. The"
    ):
        fit(callbacks=[callbacks.EarlyStopping("val_loss")])


def stopped_after(values, **arguments):
    _, history = fit(callbacks=[Script("v", values), callbacks.EarlyStopping("v", mode="min", **arguments)],
                         epochs=len(values))  # fmt: skip
    return len(history.epoch)


def test_early_stopping(engine):  # noqa: F811
    assert stopped_after([3, 2, 2, 2, 1]) == 3
    assert stopped_after([3, 2, 2, 2, 1], patience=2) == 4
    assert stopped_after([3, 2, 2, 2, 1], patience=3) == 5
    assert stopped_after([3, 2.9, 2.8, 1], min_delta=0.5) == 2
    assert stopped_after([3, 2, 2, 2, 2], baseline=0.5, patience=3) == 3  # patience counts from the start
    assert stopped_after([1, 5, 5, 4, 4], start_from_epoch=2, patience=1) == 5
    assert stopped_after([3, float("nan"), 2]) == 2


def test_early_stopping_restores_the_best_weights(engine, capsys):  # noqa: F811
    kept = {}

    class Keep(callbacks.Callback):
        def on_epoch_end(self, epoch, logs=None):
            kept[epoch] = self.model.get_weights()

    stop = callbacks.EarlyStopping("v", mode="max", patience=2, restore_best_weights=True, verbose=1)
    model, history = fit(callbacks=[Keep(), Script("v", [1, 3, 2, 2, 2]), stop], epochs=5)
    assert history.epoch == [0, 1, 2, 3]
    np.testing.assert_array_equal(model.get_weights()[0], kept[1][0])
    assert stop.best == 3
    assert stop.best_epoch == 1
    assert "best epoch: 2" in capsys.readouterr().out


# ---- files ------------------------------------------------------------------------------------------------------


def test_model_checkpoint_writes_models_that_load(engine, tmp_path):  # noqa: F811
    x, _ = regression()
    model, _ = fit(callbacks=[callbacks.ModelCheckpoint(tmp_path / "m{epoch:02d}-{loss:.1f}.keras")], epochs=2)
    names = sorted(path.name for path in tmp_path.iterdir())
    assert [name[:3] for name in names] == ["m01", "m02"]
    loaded = keras.models.load_model(tmp_path / names[1])
    np.testing.assert_allclose(loaded.predict(x, **QUIET), model.predict(x, **QUIET), rtol=1e-6)


def test_model_checkpoint_of_the_best_weights(engine, tmp_path, capsys):  # noqa: F811
    path = tmp_path / "best.weights.h5"
    save = callbacks.ModelCheckpoint(path, "v", mode="min", save_best_only=True, save_weights_only=True, verbose=1)
    kept = {}

    class Keep(callbacks.Callback):
        def on_epoch_end(self, epoch, logs=None):
            kept[epoch] = self.model.get_weights()

    fit(callbacks=[Keep(), Script("v", [3, 1, 2]), save], epochs=3)
    model = linear(seed=9)
    model.load_weights(path)
    np.testing.assert_array_equal(model.get_weights()[0], kept[1][0])
    assert "v did not improve from 1.00000" in capsys.readouterr().out


def test_model_checkpoint_threshold_and_frequency(engine, tmp_path):  # noqa: F811
    save = callbacks.ModelCheckpoint(
        tmp_path / "a.keras", "v", mode="min", save_best_only=True, initial_value_threshold=2
    )
    fit(callbacks=[Script("v", [3]), save])
    assert not (tmp_path / "a.keras").exists()
    fit(callbacks=[callbacks.ModelCheckpoint(tmp_path / "b{epoch}-{batch}.keras", save_freq=3)], batch_size=5, epochs=2)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["b1-3.keras", "b2-2.keras"]


def test_model_checkpoint_arguments(engine, tmp_path):  # noqa: F811
    for arguments in ({"filepath": "m.h5", "save_weights_only": True}, {"filepath": "m.txt"},
                      {"filepath": "m.keras", "save_freq": 0}, {"filepath": "m.keras", "mode": "up"}):  # fmt: skip
        with pytest.raises(ArgumentError, match="ModelCheckpoint"):
            callbacks.ModelCheckpoint(**arguments)
    with pytest.raises(ArgumentError, match=r"'los'.*Did you mean 'loss'"):
        fit(callbacks=[callbacks.ModelCheckpoint(tmp_path / "{los}.keras")])


def test_csv_logger(engine, tmp_path):  # noqa: F811
    path = tmp_path / "log.csv"
    model = linear(metrics=["mae"])
    _, history = fit(model, callbacks=[callbacks.CSVLogger(path)], epochs=2, validation_split=0.5, validation_freq=2)
    fit(model, callbacks=[callbacks.CSVLogger(path, append=True)], epochs=3, initial_epoch=2)
    rows = list(csv.DictReader(path.read_text().splitlines()))
    assert [row["epoch"] for row in rows] == ["0", "1", "2"]
    assert list(rows[0]) == ["epoch", "loss", "mae", "val_loss", "val_mae"]
    assert float(rows[1]["loss"]) == history.history["loss"][1]
    assert rows[0]["val_loss"] == "NA"
    assert float(rows[1]["val_loss"]) == history.history["val_loss"][0]
    fit(model, callbacks=[callbacks.CSVLogger(path, separator=";")])
    assert path.read_text().splitlines()[0] == "epoch;loss;mae"


# ---- learning rate ----------------------------------------------------------------------------------------------


def test_learning_rate_scheduler(engine, capsys):  # noqa: F811
    by_epoch = callbacks.LearningRateScheduler(lambda epoch: 0.1 / (epoch + 1), verbose=1)
    _, history = fit(callbacks=[by_epoch], epochs=2)
    assert history.history["learning_rate"] == pytest.approx([0.1, 0.05])
    assert "setting learning rate to 0.05" in capsys.readouterr().out
    _, history = fit(callbacks=[callbacks.LearningRateScheduler(lambda epoch, rate: rate / 2)], epochs=2)
    assert history.history["learning_rate"] == pytest.approx([0.05, 0.025])
    with pytest.raises(ArgumentError, match="return a float"):
        fit(callbacks=[callbacks.LearningRateScheduler(lambda epoch: "fast")])
    for schedule in (lambda epoch: -0.1, lambda epoch: float("nan")):
        with pytest.raises(ArgumentError, match="needs `learning_rate` to be a float.* and not negative"):
            fit(callbacks=[callbacks.LearningRateScheduler(schedule)])
    scheduled = linear(optimizer=optimizers.SGD(optimizers.schedules.ExponentialDecay(0.1, 10, 0.9)))
    with pytest.raises(ArgumentError, match="schedule"):
        fit(scheduled, callbacks=[by_epoch])


def test_a_scheduled_rate_acts_on_the_steps_of_its_epoch(differentiating_backend):
    kept = []

    class Keep(callbacks.Callback):
        def on_epoch_end(self, epoch, logs=None):
            kept.append(self.model.get_weights()[0])

    fit(callbacks=[callbacks.LearningRateScheduler(lambda epoch: 0.1 if epoch == 0 else 0.0), Keep()], epochs=3)
    np.testing.assert_array_equal(kept[0], kept[2])


def test_reduce_lr_on_plateau(engine):  # noqa: F811
    def rates(values, **arguments):
        reduce = callbacks.ReduceLROnPlateau("v", mode="min", factor=0.5, **arguments)
        return fit(callbacks=[Script("v", values), reduce], epochs=len(values))[1].history["learning_rate"]

    assert rates([3, 2, 2, 2, 2], patience=2) == pytest.approx([0.1, 0.1, 0.1, 0.1, 0.05])
    assert rates([3, 3, 3, 3, 3], patience=1) == pytest.approx([0.1, 0.1, 0.05, 0.025, 0.0125])
    assert rates([3, 3, 3, 3, 3], patience=1, min_lr=0.03) == pytest.approx([0.1, 0.1, 0.05, 0.03, 0.03])
    assert rates([3, 3, 3, 3, 3], patience=1, cooldown=2) == pytest.approx([0.1, 0.1, 0.05, 0.05, 0.025])
    with pytest.raises(ArgumentError, match="factor"):
        callbacks.ReduceLROnPlateau(factor=1.0)
    with pytest.raises(ArgumentError, match="epsilon"):
        callbacks.ReduceLROnPlateau(epsilon=1.0)
