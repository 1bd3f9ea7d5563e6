"""`Trainer`: `fit`, `evaluate`, `predict` and their one-batch forms."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager, nullcontext
from functools import partial
from typing import Any

import numpy as np

from keraslite import check, config
from keraslite.backend import registry
from keraslite.backend.device import device, requested_device
from keraslite.backend.tracebacks import shortened
from keraslite.backend.trials import Verdict
from keraslite.callbacks.callback_list import CallbackList
from keraslite.callbacks.history import History
from keraslite.errors import ArgumentError, DataError
from keraslite.training import prediction, preparation
from keraslite.training.data import host
from keraslite.training.data.arrays import split_arrays
from keraslite.training.data.choose import is_dataset, source_for
from keraslite.training.data.class_weight import ClassWeighted, class_weights_of, weigh
from keraslite.training.data.fetcher import synchronously
from keraslite.training.data.pack import pack_x_y_sample_weight, unpack_x_y_sample_weight
from keraslite.training.feed import Feed
from keraslite.training.fitting import Fit, evaluate_feed
from keraslite.training.legacy import Deprecated
from keraslite.training.logs import Logs
from keraslite.training.program import StepProgram
from keraslite.training.state_form import step_of
from keraslite.training.steps import Steps
from keraslite.training.verdicts import verdicts

__all__ = ["Trainer"]

_making = threading.RLock()
_NAMES = {"train": "training", "test": "evaluation", "predict": "prediction"}


class Trainer(Steps, Deprecated):
    """Training, evaluation and prediction of a model; mixed into `Model`.

    A step runs as one program of the engine (`transforms.jit` of `train_step`, `test_step`, `predict_step`). Results
    stay on the device until somebody looks at them.
    """

    _incidental = frozenset((
        "history", "predict_function", "stop_evaluating", "stop_predicting", "stop_training", "test_function",
        "train_function",
    ))  # fmt: skip
    # They tell by themselves when a step uses them; what `compile` was given is no part of the model's own computation.
    _separate = frozenset(("_constructor", "history", "loss", "optimizer"))

    def __init__(self) -> None:
        self.stop_training = False

    @contextmanager
    def _active(self) -> Iterator[Any]:
        """The model's engine and device are the active ones: batches go to where the weights are."""
        variables = self._listed(seeds=True)  # type: ignore[attr-defined]
        engine = variables[0].engine if variables else registry.current()
        with registry.use_backend(engine.name), synchronously():
            place = nullcontext()
            if variables and requested_device() is None:
                name = engine.device_of(variables[0].storage)
                place = device(name) if name != engine.default_device() else place
            with place:
                yield engine

    def _holds_more(self) -> bool:
        return True

    def _verdicts(self) -> list[Verdict]:
        """What `config.explain_fast_paths` prints."""
        return verdicts(self)

    # ---- programs -----------------------------------------------------------------------------------------------

    def _program(self, kind: str, guard: Any = None, force: bool = False) -> Any:
        """The compiled step; made anew after `compile` and when other variables are to be trained."""
        state = self._training
        trained = None
        if kind == "train":
            trained = tuple(id(v) for v in self.trainable_variables)  # type: ignore[attr-defined]
        key = trained, guard
        with _making:
            found = state.programs.get(kind)
            if found is None or found[0] != key or force:
                step = step_of(self, kind)
                gradients = kind == "train"
                make = prediction.Predictor if kind == "predict" else StepProgram
                name = f"the {_NAMES[kind]} step of model {self.name!r}"  # type: ignore[attr-defined]
                options = {"compiled": not state.run_eagerly, "jit_compile": state.jit_compile, "name": name}
                if kind != "predict":
                    draws = len(self.variables) > len(self.weights)  # type: ignore[attr-defined]
                    options.update(gradients=gradients, guard=guard, draws=draws)
                found = state.programs[kind] = (key, make(step, **options))
        return found[1]

    def make_train_function(self, force: bool = False) -> Any:
        """The compiled train step, a function of batches on the device."""
        self.train_function = self._program("train", force=force)
        return self.train_function

    def make_test_function(self, force: bool = False) -> Any:
        """The compiled test step, a function of batches on the device."""
        self.test_function = self._program("test", force=force)
        return self.test_function

    def make_predict_function(self, force: bool = False) -> Any:
        """The compiled predict step, a function of batches on the device."""
        self.predict_function = self._program("predict", force=force)
        return self.predict_function

    # ---- whole data sets ----------------------------------------------------------------------------------------

    def fit(self, x: Any = None, y: Any = None, batch_size: int | None = None, epochs: int = 1, verbose: Any = "auto",
            callbacks: Any = None, validation_split: float = 0.0, validation_data: Any = None, shuffle: Any = True,
            class_weight: Any = None, sample_weight: Any = None, initial_epoch: int = 0,
            steps_per_epoch: int | None = None, validation_steps: int | None = None,
            validation_batch_size: int | None = None, validation_freq: Any = 1) -> History:  # fmt: skip
        """Train for a number of epochs.

        Args:
            x: inputs: an array or tensor, a list or dict of them by input; or what makes batches by itself: a
                generator, `PyDataset`, `tf.data.Dataset`, torch `DataLoader`. Where making a batch takes more than
                about half a millisecond, a thread asks for the next one or two while a step runs, but for none beyond
                `steps_per_epoch`; a generator that uses a model or a Variable is asked between steps only.
                `config.enable_fast_paths(False, "fetch_ahead")` keeps all of it in the calling thread.
            y: targets, nested like the outputs. Not with what makes batches.
            batch_size: samples a batch, 32 if None.
            epochs: number of the last epoch.
            verbose: 0 nothing, 1 or "auto" a bar on a terminal and one line an epoch elsewhere, 2 one line an epoch.
            callbacks: `Callback`s.
            validation_split: part of the samples, in [0, 1), the last ones, that is not trained on but evaluated.
            validation_data: what to evaluate after epochs: `(x, y)`, `(x, y, sample_weight)`, or what makes batches.
            shuffle: whether samples come in a new order every epoch; "batch" shuffles whole batches.
            class_weight: weight of the samples of each class, a dict.
            sample_weight: weights of the samples, nested like `y` or one for all outputs.
            initial_epoch: number of epochs already done.
            steps_per_epoch: batches an epoch; None: one pass over the data.
            validation_steps: the same for validation.
            validation_batch_size: None is `batch_size`.
            validation_freq: evaluate after every so many epochs, or after those in a list (from 1).

        Returns the `History`: `.history[name]` is a list over epochs.
        """
        self._need_compiled("fit")
        self._need("gradients", "fit", "training computes gradients")
        check.positive_int(epochs, "epochs", "fit")
        check.non_negative_int(initial_epoch, "initial_epoch", "fit")
        epochs = min(epochs, config.max_epochs() or epochs)
        with shortened(), self._active():
            if validation_split and validation_data is None:
                if is_dataset(x):
                    raise ArgumentError("`fit` needs arrays to split off `validation_split`. Received "
                                        f"{type(x).__name__}. Use `validation_data`.")  # fmt: skip
                (x, y, sample_weight), validation_data = split_arrays(x, y, sample_weight, validation_split)
            source = source_for(x, y, sample_weight, batch_size=batch_size, shuffle=shuffle, where="fit")
            if class_weight is not None:
                source = ClassWeighted(source, class_weight, partial(preparation.are_indices, self))
            feed = Feed(source, steps_per_epoch)
            validation = None
            if validation_data is not None:
                size = validation_batch_size or (None if is_dataset(x) else batch_size)
                validation = self._validation_feed(validation_data, size, validation_steps)
            listeners = self._listeners(callbacks, feed, verbose, add_history=True, epochs=epochs,
                                        validates=validation is not None)  # fmt: skip
            Fit(self, feed, validation, listeners).run(initial_epoch, epochs, validation_freq)
        return listeners.history

    def evaluate(self, x: Any = None, y: Any = None, batch_size: int | None = None, verbose: Any = "auto",
                 sample_weight: Any = None, steps: int | None = None, callbacks: Any = None, return_dict: bool = False,
                 **kwargs: Any) -> Any:  # fmt: skip
        """Loss and metrics over data, without training. Arguments as in `fit`.

        Returns the loss, or a list of the loss and the metrics in the order of `metrics_names`; with `return_dict` a
        dict by name.
        """
        if kwargs:
            raise ArgumentError(f"`evaluate` takes no argument {next(iter(kwargs))!r}.")
        self._need_compiled("evaluate")
        with shortened(), self._active():
            feed = Feed(source_for(x, y, sample_weight, batch_size=batch_size, where="evaluate"), steps,
                        where="evaluate")  # fmt: skip
            listeners = self._listeners(callbacks, feed, verbose, epochs=1)
            results = evaluate_feed(self, feed, listeners)
        return results if return_dict else self._as_list(results)

    def predict(self, x: Any, batch_size: int | None = None, verbose: Any = "auto", steps: int | None = None,
                callbacks: Any = None) -> Any:  # fmt: skip
        """Outputs for all inputs as NumPy arrays, nested like the model's. Safe to call from several threads."""
        with shortened(), self._active():
            if not verbose and steps is None and callbacks is None and prediction.is_one_batch(x, batch_size):
                return self._predicted(x)
            feed = Feed(source_for(x, batch_size=batch_size, where="predict"), steps, where="predict")
            listeners = self._listeners(callbacks, feed, verbose, epochs=1)
            return prediction.predict_feed(self, feed, self._program("predict"), listeners)

    def _validation_feed(self, data: Any, batch_size: int | None, steps: int | None) -> Feed:
        if is_dataset(data):
            source = source_for(data, where="fit")
        else:
            parts = unpack_x_y_sample_weight(tuple(data) if isinstance(data, list) else data)
            source = source_for(*parts, batch_size=batch_size, where="fit")
        return Feed(source, steps, where="validation", continues=False)

    def _listeners(self, callbacks: Any, feed: Feed, verbose: Any, *, add_history: bool = False, **params: Any) -> Any:
        verbose = 1 if verbose in ("auto", True) else check.one_of(int(verbose), (0, 1, 2), "verbose", "fit")
        if isinstance(callbacks, CallbackList):
            return callbacks
        params = {"verbose": verbose, "steps": feed.steps, **params}
        return CallbackList(callbacks, add_history=add_history, add_progbar=verbose != 0, model=self, **params)

    # ---- single batches -----------------------------------------------------------------------------------------

    def train_on_batch(self, x: Any, y: Any = None, sample_weight: Any = None, class_weight: Any = None,
                       return_dict: bool = False) -> Any:  # fmt: skip
        """One step of training on a batch. Returns results like `evaluate`, of this batch alone."""
        self._need_compiled("train_on_batch")
        self._need("gradients", "train_on_batch", "training computes gradients")
        with shortened(), self._active():
            parts = self._parts(x, y, sample_weight, "train_on_batch")
            if class_weight is not None:
                if sample_weight is not None:
                    raise ArgumentError("`train_on_batch` needs `class_weight` or `sample_weight`. Received both.")
                parts = weigh(*parts, class_weights_of(class_weight), preparation.are_indices(self, parts))
            return self._one_batch("train", parts, "train_on_batch", return_dict)

    def test_on_batch(self, x: Any, y: Any = None, sample_weight: Any = None, return_dict: bool = False) -> Any:
        """One step of evaluation on a batch. Returns results like `evaluate`, of this batch alone."""
        self._need_compiled("test_on_batch")
        with shortened(), self._active():
            parts = self._parts(x, y, sample_weight, "test_on_batch")
            return self._one_batch("test", parts, "test_on_batch", return_dict)

    def predict_on_batch(self, x: Any) -> Any:
        """The outputs for a batch as NumPy arrays."""
        with shortened(), self._active():
            return self._predicted(x)

    def _predicted(self, x: Any) -> Any:
        program = self._program("predict")
        batch = pack_x_y_sample_weight(host.to_arrays(x, "x"))
        checked = preparation.index_check(self, x, "predict", kinds="iu")
        if checked is not None:
            checked(batch)
        return prediction.to_numpy(program(program.place(batch, False)))

    @staticmethod
    def _parts(x: Any, y: Any, sample_weight: Any, where: str) -> tuple[Any, Any, Any]:
        x, y = host.to_arrays(x, "x"), host.to_arrays(y, "y")
        sample_weight = host.to_arrays(sample_weight, "sample_weight")
        host.count(x, y, sample_weight, where)
        return x, y, sample_weight

    def _one_batch(self, kind: str, parts: tuple[Any, Any, Any], where: str, return_dict: bool) -> Any:
        batch = pack_x_y_sample_weight(*parts)
        checked = preparation.prepare(self, batch, where, train=kind == "train")
        if checked is not None:
            checked(batch)
        self.reset_metrics()
        program = self._program(kind)
        results = dict(Logs(program(program.place(batch, False))))
        return results if return_dict else self._as_list(results)

    def _as_list(self, results: dict[str, Any]) -> Any:
        """Results without their names, in the order of `metrics_names`; the one where there is but one."""
        if not results:
            raise DataError(
                "The step needs to return results by name. Received none. Return a dict such as {'loss': loss}."
            )
        values = [results[name] for name in self._in_order(list(results))]
        return values[0] if len(values) == 1 and np.ndim(values[0]) == 0 else values
