"""`Trainer`: `fit`, `evaluate`, `predict` and their one-batch forms."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from functools import partial
from typing import Any, Literal

from keraslite import check, config
from keraslite.backend.tracebacks import shortened
from keraslite.callbacks.base import Callback
from keraslite.callbacks.callback_list import CallbackList
from keraslite.callbacks.history import History
from keraslite.errors import ArgumentError
from keraslite.training import prediction, preparation
from keraslite.training.data.arrays import split_arrays
from keraslite.training.data.choose import is_dataset, is_samples, source_for
from keraslite.training.data.class_weight import ClassWeighted
from keraslite.training.data.encoded import Encode
from keraslite.training.data.pack import unpack_x_y_sample_weight
from keraslite.training.feed import Feed
from keraslite.training.fitting import Fit, evaluate_feed
from keraslite.training.legacy import Deprecated
from keraslite.training.on_batch import OnBatch

__all__ = ["Trainer"]

Callbacks = Callback | Sequence["Callback | Sequence[Callback]"] | None


class Trainer(Deprecated, OnBatch):
    """A layer that can be trained, evaluated and asked for predictions: the base of `Model`.

    A step runs as one program of the engine (`transforms.jit` of `train_step`, `test_step`, `predict_step`). Results
    stay on the device until somebody reads them.
    """

    _incidental = frozenset(
        (
            *("history", "predict_function", "stop_evaluating", "stop_predicting", "stop_training"),
            *("test_function", "train_function"),
        )
    )
    # They tell by themselves when a step uses them; what `compile` was given is no part of the model's own computation.
    _separate = frozenset(("_constructor", "history", "loss", "optimizer"))

    def fit(
        self,
        x: object = None,
        y: object = None,
        batch_size: int | None = None,
        epochs: int = 1,
        verbose: int | str = "auto",
        callbacks: Callbacks = None,
        validation_split: float = 0.0,
        validation_data: object = None,
        shuffle: bool | Literal["batch"] = True,
        class_weight: Mapping[int, float] | None = None,
        sample_weight: object = None,
        initial_epoch: int = 0,
        steps_per_epoch: int | None = None,
        validation_steps: int | None = None,
        validation_batch_size: int | None = None,
        validation_freq: int | Collection[int] = 1,
    ) -> History:
        """Train for a number of epochs.

        Args:
            x: inputs: an array or tensor of shape `(samples, ...)`, or a list or dict of them by input; or an object
                that makes batches: a generator, `PyDataset`, `tf.data.Dataset`, torch `DataLoader`, data set or loader
                of grain; or one with `__getitem__` and `__len__` whose items are samples: `x`, `(x, y)` or
                `(x, y, sample_weight)`, of PyTorch's or Hugging Face's kind. If making a batch takes more than about
                half a millisecond, a thread makes the next one or two while a step runs, but none beyond
                `steps_per_epoch`. A generator that uses a model or a Variable is asked between steps only.
                `config.enable_fast_paths(False, "fetch_ahead")` keeps all of it in the calling thread.
            y: targets, nested like the outputs. None if `x` makes batches or samples.
            batch_size: samples per batch. None means 32.
            epochs: number of the last epoch, at least 1.
            verbose: 0 prints nothing; 1 or "auto" prints a bar on a terminal and one line per epoch elsewhere; 2
                prints one line per epoch.
            callbacks: a `Callback`, or a list of them.
            validation_split: part of the samples, in [0, 1): the last ones are evaluated, not trained on.
            validation_data: data to evaluate after epochs: `(x, y)`, `(x, y, sample_weight)`, or an object that makes
                batches or samples. The batches of a generator are kept in memory for the epochs that follow, unless
                `validation_steps` is given.
            shuffle: whether samples come in a new order in every epoch; "batch" shuffles whole batches.
            class_weight: the weight of the samples of each class, by class index. Other classes have weight 1.
            sample_weight: weights of the samples, shape `(samples,)`, or nested like `y`.
            initial_epoch: number of epochs already done.
            steps_per_epoch: batches per epoch. None: one pass over the data.
            validation_steps: batches per validation. None: all of them.
            validation_batch_size: samples per batch of validation. None means `batch_size`.
            validation_freq: evaluate after every so many epochs, or after those in a list, counted from 1.

        Returns:
            A `History`: `history[name]` is a list of results, one per epoch.

        Raises:
            NotCompiledError: before `compile`.
            DataError: if the data has no batch, cannot be numbers, or does not fit together.
            OutOfRangeError: if a label or an index is out of range.
            ArgumentError: if another argument is out of its range.

        Example:
            >>> import numpy as np
            >>> import keraslite as keras
            >>> model = keras.Sequential([keras.Input((4,)), keras.layers.Dense(1)])
            >>> model.compile("sgd", "mse", metrics=["mae"])
            >>> x, y = np.ones((32, 4)), np.ones((32, 1))
            >>> history = model.fit(x, y, batch_size=8, epochs=2, validation_split=0.25, verbose=0)
            >>> sorted(history.history)
            ['loss', 'mae', 'val_loss', 'val_mae']
            >>> len(history.history["loss"])
            2
        """
        self._need_compiled("fit")
        self._need("gradients", "fit", "training computes gradients")
        check.positive_int(epochs, "epochs", "fit")
        check.non_negative_int(initial_epoch, "initial_epoch", "fit")
        epochs = min(epochs, config.max_epochs() or epochs)
        with shortened(), self._active():
            encode = self._encoder()
            if validation_split and validation_data is None:
                (x, y, sample_weight), validation_data = _split(
                    x, y, sample_weight, validation_split, encode is not None
                )
            source = source_for(x, y, sample_weight, batch_size=batch_size, shuffle=shuffle, where="fit", encode=encode)
            if class_weight is not None:
                source = ClassWeighted(source, class_weight, partial(preparation.are_indices, self))
            feed = Feed(source, steps_per_epoch)
            validation = None
            if validation_data is not None:
                size = validation_batch_size or (None if is_dataset(x) else batch_size)
                validation = _validation_feed(validation_data, size, validation_steps, encode)
            listeners = self._listeners(
                callbacks, feed, verbose, add_history=True, epochs=epochs, validates=validation is not None
            )
            history = self._history_of(listeners)
            Fit(self, feed, validation, listeners).run(initial_epoch, epochs, validation_freq)
        return history

    def evaluate(
        self,
        x: object = None,
        y: object = None,
        batch_size: int | None = None,
        verbose: int | str = "auto",
        sample_weight: object = None,
        steps: int | None = None,
        callbacks: Callbacks = None,
        return_dict: bool = False,
        **kwargs: object,
    ) -> Any:
        """Return the loss and the metrics over data, without training.

        Args:
            x, y, batch_size, verbose, sample_weight, callbacks: as in `fit`.
            steps: number of batches. None: one pass over the data.
            return_dict: whether to return a dict by name.
            **kwargs: none; a name that does not exist is an error.

        Returns:
            The loss, a float; with metrics a list of the loss and the metrics in the order of `metrics_names`; with
            `return_dict` a dict by name.

        Raises:
            NotCompiledError: before `compile`.
            DataError: if the data has no batch, cannot be numbers, or does not fit together.
            ArgumentError: if another argument is out of its range.

        Example:
            >>> import numpy as np
            >>> import keraslite as keras
            >>> model = keras.Sequential([keras.Input((4,)), keras.layers.Dense(1, kernel_initializer="zeros")])
            >>> model.compile(loss="mse", metrics=["mae"])
            >>> model.evaluate(np.ones((8, 4)), np.full((8, 1), 2.0), verbose=0)
            [4.0, 2.0]
        """
        if kwargs:
            raise ArgumentError(f"`evaluate` takes no argument {next(iter(kwargs))!r}.")
        self._need_compiled("evaluate")
        with shortened(), self._active():
            source = source_for(x, y, sample_weight, batch_size=batch_size, where="evaluate", encode=self._encoder())
            feed = Feed(source, steps, where="evaluate")
            listeners = self._listeners(callbacks, feed, verbose, epochs=1)
            results = evaluate_feed(self, feed, listeners)
        return results if return_dict else self._as_list(results)

    def predict(
        self,
        x: object,
        batch_size: int | None = None,
        verbose: int | str = "auto",
        steps: int | None = None,
        callbacks: Callbacks = None,
    ) -> Any:
        """Return the outputs for all inputs. Safe to call from several threads.

        Args:
            x, batch_size, verbose, callbacks: as in `fit`.
            steps: number of batches. None: one pass over the data.

        Returns:
            A NumPy array of shape `(samples, ...)`, or arrays nested like the model's outputs.

        Raises:
            DataError: if the data has no batch, or cannot be numbers.

        Example:
            >>> import numpy as np
            >>> import keraslite as keras
            >>> model = keras.Sequential([keras.Input((4,)), keras.layers.Dense(3)])
            >>> model.predict(np.ones((10, 4)), verbose=0).shape
            (10, 3)
        """
        with shortened(), self._active():
            if not verbose and steps is None and callbacks is None and prediction.is_one_batch(x, batch_size):
                return self._predicted(x)
            source = source_for(x, batch_size=batch_size, where="predict", encode=self._encoder())
            feed = Feed(source, steps, where="predict")
            listeners = self._listeners(callbacks, feed, verbose, epochs=1)
            return prediction.predict_feed(self, feed, self._predict_program(), listeners)

    def _listeners(
        self, callbacks: Callbacks, feed: Feed, verbose: int | str, *, add_history: bool = False, **params: object
    ) -> CallbackList:
        verbose = 1 if verbose in ("auto", True) else check.one_of(int(verbose), (0, 1, 2), "verbose", "fit")
        if isinstance(callbacks, CallbackList):
            return callbacks
        params = {"verbose": verbose, "steps": feed.steps, **params}
        return CallbackList(callbacks, add_history=add_history, add_progbar=verbose != 0, model=self, **params)

    def _history_of(self, listeners: CallbackList) -> History:
        """The `History` among them, which a `CallbackList` that was given may lack."""
        if listeners.history is not None:
            return listeners.history
        history = History()
        history.set_model(self)
        listeners.append(history)
        return history


def _split(
    x: object, y: object, sample_weight: object, fraction: float, text: bool
) -> tuple[tuple[object, ...], tuple[object, ...]]:
    if is_dataset(x) or (y is None and is_samples(x)):
        raise ArgumentError(
            f"`fit` needs arrays to split off `validation_split`. Received {type(x).__name__}. Use `validation_data`."
        )
    return split_arrays(x, y, sample_weight, fraction, text)


def _validation_feed(data: object, batch_size: int | None, steps: int | None, encode: Encode | None) -> Feed:
    if is_dataset(data) or is_samples(data):
        size = batch_size if is_samples(data) else None
        source = source_for(data, batch_size=size, where="fit", encode=encode, keep=steps is None)
    else:
        parts = unpack_x_y_sample_weight(tuple(data) if isinstance(data, list) else data)
        source = source_for(*parts, batch_size=batch_size, where="fit", encode=encode)
    return Feed(source, steps, where="validation", continues=False)
