"""Steps in Keras's JAX form, which take and return the values of all variables."""

from __future__ import annotations

import numpy as np
import pytest
from training_models import regression, two_headed

import keraslite as keras
from keraslite.backend import registry
from keraslite.errors import ArgumentError

QUIET = {"verbose": 0}


class Guide(keras.Model):
    """As in Keras's guide for JAX."""

    def compute_loss_and_updates(self, trainable, non_trainable, metrics, x, y, sample_weight, training=False):
        y_pred, non_trainable = self.stateless_call(trainable, non_trainable, x, training=training)
        loss, (trainable, non_trainable, metrics) = self.stateless_compute_loss(
            trainable, non_trainable, metrics, x=x, y=y, y_pred=y_pred, sample_weight=sample_weight, training=training
        )
        return loss, (y_pred, non_trainable, metrics)

    def updated(self, metrics_variables, loss, y, y_pred, sample_weight):
        values, logs = [], {}
        for metric in self.metrics:
            own = metrics_variables[len(values) : len(values) + len(metric.variables)]
            if metric.name == "loss":
                own = metric.stateless_update_state(own, loss)
            elif isinstance(metric, keras.metrics.Mean):  # losses of single outputs are up to date
                pass
            else:
                own = metric.stateless_update_state(own, y, y_pred, sample_weight=sample_weight)
            logs[metric.name] = metric.stateless_result(own)
            values += own
        return logs, values

    def train_step(self, state, data):
        import jax

        trainable, non_trainable, optimizer, metrics = state
        x, y, sample_weight = keras.utils.unpack_x_y_sample_weight(data)
        step = jax.value_and_grad(self.compute_loss_and_updates, has_aux=True)
        (loss, (y_pred, non_trainable, metrics)), gradients = step(
            trainable, non_trainable, metrics, x, y, sample_weight, training=True
        )
        trainable, optimizer = self.optimizer.stateless_apply(optimizer, gradients, trainable)
        logs, metrics = self.updated(metrics, loss, y, y_pred, sample_weight)
        return logs, (trainable, non_trainable, optimizer, metrics)

    def test_step(self, state, data):
        trainable, non_trainable, metrics = state
        x, y, sample_weight = keras.utils.unpack_x_y_sample_weight(data)
        loss, (y_pred, non_trainable, metrics) = self.compute_loss_and_updates(
            trainable, non_trainable, metrics, x, y, sample_weight
        )
        logs, metrics = self.updated(metrics, loss, y, y_pred, sample_weight)
        return logs, (trainable, non_trainable, metrics)

    def predict_step(self, state, data):
        trainable, non_trainable = state
        x, _, _ = keras.utils.unpack_x_y_sample_weight(data)
        outputs, non_trainable = self.stateless_call(trainable, non_trainable, x)
        return outputs, (trainable, non_trainable)


def made(cls, *, outputs=1, **compiled):
    keras.utils.set_random_seed(3)
    x = keras.Input((4,))
    h = keras.layers.BatchNormalization()(keras.layers.Dropout(0.2)(keras.layers.Dense(6)(x)))
    heads = [keras.layers.Dense(3, kernel_regularizer="l2", name=f"head{i}")(h) for i in range(outputs)]
    model = cls(x, heads if outputs > 1 else heads[0])
    model.compile(**{"optimizer": keras.optimizers.Adam(0.01), "loss": "mse", "metrics": ["mae"], **compiled})
    return model


def jax():
    if "jax" not in registry.installed():
        pytest.skip("needs JAX")
    return registry.use_backend("jax")


@pytest.mark.parametrize("options", [{}, {"run_eagerly": True}, {"steps_per_execution": 3}, {"metrics": None}])
def test_the_guide_gives_what_the_built_in_step_gives(options):
    with jax():
        x, y = regression()
        weights = np.linspace(0, 1, 20)
        found = []
        for cls in (Guide, keras.Model):
            model = made(cls, **options)
            history = model.fit(x, y, batch_size=10, epochs=3, sample_weight=weights, validation_data=(x, y), **QUIET)
            found.append((history.history, model.get_weights(), model.predict(x, **QUIET)))
        (own, weights, outputs), (expected, reference, plain) = found
        assert {"loss", "val_loss"} <= own.keys()
        np.testing.assert_allclose(own["val_loss"], expected["val_loss"], rtol=1e-5)
        for a, b in zip([*weights, outputs], [*reference, plain], strict=True):
            np.testing.assert_allclose(a, b, rtol=1e-4, atol=1e-6)
        if options.get("metrics", ["mae"]):
            np.testing.assert_allclose(own["mae"], expected["mae"], rtol=1e-4)
            np.testing.assert_allclose(own["val_mae"], expected["val_mae"], rtol=1e-4)


def test_losses_of_several_outputs_in_the_form_with_a_state():
    with jax():
        x, a = regression(10)
        model = two_headed()
        own = Guide(model.inputs, model.outputs)
        own.compile("sgd", ["mse", "mse"])
        found = own.evaluate(x, [a, np.zeros((10, 5))], return_dict=True, **QUIET)
        assert found["loss"] == pytest.approx(found["a_loss"] + found["b_loss"], rel=1e-5)
        history = own.fit(x, [a, np.zeros((10, 5))], epochs=2, **QUIET).history
        assert history["loss"][1] < history["loss"][0]


def test_steps_with_a_state_that_need_no_gradients_run_on_every_engine(backend):
    x, y = regression()
    model, plain = made(Guide, metrics=None), made(keras.Model, metrics=None)
    np.testing.assert_allclose(model.predict(x, **QUIET), plain.predict(x, **QUIET), rtol=1e-5)
    assert model.evaluate(x, y, **QUIET) == pytest.approx(plain.evaluate(x, y, **QUIET), rel=1e-5)
    assert model.test_on_batch(x, y) == pytest.approx(plain.test_on_batch(x, y), rel=1e-5)


def test_arguments_that_stand_for_the_state_and_the_data():
    class Open(Guide):
        def train_step(self, *args, **kwargs):
            return super().train_step(*args, **kwargs)

    class Plain(keras.Model):
        def test_step(self, *args):
            x, y = args[-1]
            return {"gap": keras.ops.mean(self(x) - y)}

    with jax():
        x, y = regression()
        assert np.isfinite(made(Open).fit(x, y, **QUIET).history["loss"][0])
        model = made(Plain, metrics=None)
        expected = np.mean(model.predict(x, **QUIET) - y)
        assert model.evaluate(x, y, batch_size=20, **QUIET) == pytest.approx(expected, rel=1e-4)


def test_a_step_that_gives_another_state_or_takes_more_says_so(differentiating_backend):
    class Short(keras.Model):
        def train_step(self, state, data):
            return {"loss": keras.ops.zeros(())}, state[:3]

    class Cut(keras.Model):
        def train_step(self, state, data):
            return {"loss": keras.ops.zeros(())}, ([], *state[1:])

    class More(keras.Model):
        def train_step(self, state, data, rate):
            return {}

    x, y = regression()
    for cls, text in (
        (Short, r"Short.train_step\(self, state, data\)` needs to return.*Received a state of 6 values, "),
        (Cut, r"Cut.train_step\(self, state, data\)` needs to return.*state of 0 values"),
        (More, r"More.train_step` needs one argument, `data`, or the two.*Received state, data, rate"),
    ):
        with pytest.raises(ArgumentError, match=text):
            made(cls).fit(x, y, **QUIET)
