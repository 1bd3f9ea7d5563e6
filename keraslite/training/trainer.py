"""`Trainer`: `fit`, `evaluate`, `predict` and their one-batch forms."""

from __future__ import annotations

import threading
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager, nullcontext
from functools import partial
from typing import Any, Literal, TypedDict, TypeVar

import numpy as np

from keraslite import check, config
from keraslite.backend import registry
from keraslite.backend.device import device, on_mesh, requested_device, requested_mesh
from keraslite.backend.placement import Layout, Mesh
from keraslite.backend.tracebacks import shortened
from keraslite.backend.trials import Verdict
from keraslite.callbacks.base import Callback
from keraslite.callbacks.callback_list import CallbackList
from keraslite.callbacks.history import History
from keraslite.errors import ArgumentError, DataError
from keraslite.training import prediction, preparation
from keraslite.training.data import conversion
from keraslite.training.data.arrays import split_arrays
from keraslite.training.data.choose import is_dataset, source_for
from keraslite.training.data.class_weight import ClassWeighted, class_weights_of, weigh
from keraslite.training.data.encoded import Encode
from keraslite.training.data.fetcher import synchronously
from keraslite.training.data.pack import pack_x_y_sample_weight, unpack_x_y_sample_weight
from keraslite.training.feed import Feed
from keraslite.training.fitting import Fit, evaluate_feed
from keraslite.training.legacy import Deprecated
from keraslite.training.logs import Logs
from keraslite.training.prediction import Predictor
from keraslite.training.program import StepProgram
from keraslite.training.state_form import step_of
from keraslite.training.steps import Steps
from keraslite.training.stopping import StopGuard
from keraslite.training.verdicts import verdicts
from keraslite.variable import Variable

__all__ = ["Trainer"]

Callbacks = Callback | Sequence["Callback | Sequence[Callback]"] | None
_Program = TypeVar("_Program", StepProgram, Predictor)

_making = threading.RLock()


class _How(TypedDict):
    """What all programs of a model are made with."""

    compiled: bool
    jit_compile: bool | str
    name: str


class Trainer(Deprecated, Steps):
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

    @contextmanager
    def _active(self) -> Iterator[None]:
        """The model's engine and device are the active ones: batches go to where the weights are."""
        variables = self._listed(seeds=True)
        engine = variables[0].engine if variables else registry.current()
        with registry.use_backend(engine.name), synchronously():
            place = nullcontext()
            mesh = _mesh_of(variables) if "sharding" in engine.capabilities else None
            if mesh is not None:
                place = on_mesh(mesh)
                others = self.optimizer.variables if self.optimizer else []
                for variable in (*variables, *self.metrics_variables, *others):
                    variable.join_mesh(mesh)
            elif variables and requested_device() is None:
                name = engine.device_of(variables[0].storage)
                place = device(name) if name is not None and name != engine.default_device() else place
            with place:
                yield

    def _encoder(self) -> Encode | None:
        """What the model does with its inputs on the host, before a batch is sent; None for nothing."""
        return None

    def _holds_more(self) -> bool:
        return True

    def _verdicts(self) -> list[Verdict]:
        """What `config.explain_fast_paths` prints."""
        return verdicts(self._training)

    # ---- programs -----------------------------------------------------------------------------------------------

    def _train_program(self, guard: StopGuard | None = None, force: bool = False) -> StepProgram:
        """The compiled train step, made anew when other variables are to be trained."""
        key = tuple(id(v) for v in self.trainable_variables), guard

        def make() -> StepProgram:
            return StepProgram(
                step_of(self, "train"), gradients=True, guard=guard, draws=self._draws(), **self._how("training")
            )

        return self._program("train", StepProgram, make, key, force)

    def _test_program(self, force: bool = False) -> StepProgram:
        def make() -> StepProgram:
            return StepProgram(step_of(self, "test"), gradients=False, draws=self._draws(), **self._how("evaluation"))

        return self._program("test", StepProgram, make, None, force)

    def _predict_program(self, force: bool = False) -> Predictor:
        def make() -> Predictor:
            return Predictor(step_of(self, "predict"), **self._how("prediction"))

        return self._program("predict", Predictor, make, None, force)

    def _program(
        self, kind: str, cls: type[_Program], make: Callable[[], _Program], key: object, force: bool
    ) -> _Program:
        """The program of that kind, made anew after `compile` and if `key` is another one."""
        programs = self._training.programs
        with _making:
            known_key, program = programs.get(kind, (None, None))
            if not isinstance(program, cls) or known_key != key or force:
                program = make()
                programs[kind] = key, program
        return program

    def _how(self, what: str) -> _How:
        setup = self._training
        name = f"the {what} step of model {self.name!r}"
        return {"compiled": not setup.run_eagerly, "jit_compile": setup.jit_compile, "name": name}

    def _draws(self) -> bool:
        """Whether there are random generators in the model."""
        return len(self.variables) > len(self.weights)

    def make_train_function(self, force: bool = False) -> StepProgram:
        """Return the compiled train step, a function of batches on the device that returns results by name.

        Args:
            force: whether to make it anew.
        """
        self.train_function = self._train_program(force=force)
        return self.train_function

    def make_test_function(self, force: bool = False) -> StepProgram:
        """Return the compiled test step, a function of batches on the device that returns results by name.

        Args:
            force: whether to make it anew.
        """
        self.test_function = self._test_program(force)
        return self.test_function

    def make_predict_function(self, force: bool = False) -> Predictor:
        """Return the compiled predict step, a function of a batch on the device that returns outputs.

        Args:
            force: whether to make it anew.
        """
        self.predict_function = self._predict_program(force)
        return self.predict_function

    # ---- whole data sets ----------------------------------------------------------------------------------------

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
                that makes batches: a generator, `PyDataset`, `tf.data.Dataset`, torch `DataLoader`. If making a batch
                takes more than about half a millisecond, a thread makes the next one or two while a step runs, but
                none beyond `steps_per_epoch`. A generator that uses a model or a Variable is asked between steps only.
                `config.enable_fast_paths(False, "fetch_ahead")` keeps all of it in the calling thread.
            y: targets, nested like the outputs. None if `x` makes batches.
            batch_size: samples per batch. None means 32.
            epochs: number of the last epoch, at least 1.
            verbose: 0 prints nothing; 1 or "auto" prints a bar on a terminal and one line per epoch elsewhere; 2
                prints one line per epoch.
            callbacks: a `Callback`, or a list of them.
            validation_split: part of the samples, in [0, 1): the last ones are evaluated, not trained on.
            validation_data: data to evaluate after epochs: `(x, y)`, `(x, y, sample_weight)`, or an object that makes
                batches.
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

    # ---- single batches -----------------------------------------------------------------------------------------

    def train_on_batch(
        self,
        x: object,
        y: object = None,
        sample_weight: object = None,
        class_weight: Mapping[int, float] | None = None,
        return_dict: bool = False,
    ) -> Any:
        """Train on one batch.

        Args:
            x: inputs: an array or tensor of shape `(batch, ...)`, or a list or dict of them by input.
            y: targets, nested like the outputs.
            sample_weight: weights of the samples, shape `(batch,)`, or nested like `y`.
            class_weight: the weight of the samples of each class, by class index; not with `sample_weight`.
            return_dict: whether to return a dict by name.

        Returns:
            The results of this batch, in the form of `evaluate`'s.

        Raises:
            NotCompiledError: before `compile`.
            DataError: if the data cannot be numbers, or does not fit together.

        Example:
            >>> import numpy as np
            >>> import keraslite as keras
            >>> model = keras.Sequential([keras.Input((4,)), keras.layers.Dense(1, kernel_initializer="zeros")])
            >>> model.compile("sgd", "mse")
            >>> model.train_on_batch(np.ones((8, 4)), np.full((8, 1), 2.0))
            4.0
        """
        self._need_compiled("train_on_batch")
        self._need("gradients", "train_on_batch", "training computes gradients")
        with shortened(), self._active():
            parts = _parts(x, y, sample_weight, "train_on_batch", self._encoder())
            if class_weight is not None:
                if sample_weight is not None:
                    raise ArgumentError("`train_on_batch` needs `class_weight` or `sample_weight`. Received both.")
                parts = weigh(*parts, class_weights_of(class_weight), preparation.are_indices(self, parts))
            return self._one_batch(parts, "train_on_batch", return_dict)

    def test_on_batch(
        self, x: object, y: object = None, sample_weight: object = None, return_dict: bool = False
    ) -> Any:
        """Evaluate one batch.

        Args:
            x, y, sample_weight, return_dict: as in `train_on_batch`.

        Returns:
            The results of this batch, in the form of `evaluate`'s.

        Raises:
            NotCompiledError: before `compile`.
            DataError: if the data cannot be numbers, or does not fit together.
        """
        self._need_compiled("test_on_batch")
        with shortened(), self._active():
            return self._one_batch(
                _parts(x, y, sample_weight, "test_on_batch", self._encoder()), "test_on_batch", return_dict
            )

    def predict_on_batch(self, x: object) -> Any:
        """Return the outputs for one batch.

        Args:
            x: inputs: an array or tensor of shape `(batch, ...)`, or a list or dict of them by input.

        Returns:
            A NumPy array of shape `(batch, ...)`, or arrays nested like the model's outputs.
        """
        with shortened(), self._active():
            return self._predicted(x)

    def _predicted(self, x: object) -> Any:
        program = self._predict_program()
        encode = self._encoder()
        x = conversion.to_arrays(x, "x", encode is not None)
        x = x if encode is None else encode(x)
        batch = pack_x_y_sample_weight(x)
        checked = preparation.index_check(self, x, "predict", kinds="iu")
        if checked is not None:
            checked(batch)
        return prediction.to_numpy(program(program.place(batch, False)))

    def _one_batch(
        self, parts: tuple[object, object, object], where: str, return_dict: bool
    ) -> float | list[float] | dict[str, float]:
        train = where == "train_on_batch"
        batch = pack_x_y_sample_weight(*parts)
        checked = preparation.prepare(self, batch, where, train=train)
        if checked is not None:
            checked(batch)
        self.reset_metrics()
        program = self._train_program() if train else self._test_program()
        results = dict(Logs(program(program.place(batch, False))))
        return results if return_dict else self._as_list(results)

    def _as_list(self, results: dict[str, float]) -> float | list[float]:
        """Results without their names, in the order of `metrics_names`; the one where there is but one."""
        if not results:
            raise DataError(
                "The step needs to return results by name. Received none. Return a dict such as {'loss': loss}."
            )
        values = [results[name] for name in self._in_order(list(results))]
        return values[0] if len(values) == 1 and np.ndim(values[0]) == 0 else values


def _mesh_of(variables: Sequence[Variable]) -> Mesh | None:
    """The mesh that some of the Variables are spread over, or that of the block around; None for one device."""
    for variable in variables:
        if isinstance(variable.placement, Layout):
            return variable.placement.mesh
    return requested_mesh()


def _split(
    x: object, y: object, sample_weight: object, fraction: float, text: bool
) -> tuple[tuple[object, ...], tuple[object, ...]]:
    if is_dataset(x):
        raise ArgumentError(
            f"`fit` needs arrays to split off `validation_split`. Received {type(x).__name__}. Use `validation_data`."
        )
    return split_arrays(x, y, sample_weight, fraction, text)


def _validation_feed(data: object, batch_size: int | None, steps: int | None, encode: Encode | None) -> Feed:
    if is_dataset(data):
        source = source_for(data, where="fit", encode=encode)
    else:
        parts = unpack_x_y_sample_weight(tuple(data) if isinstance(data, list) else data)
        source = source_for(*parts, batch_size=batch_size, where="fit", encode=encode)
    return Feed(source, steps, where="validation", continues=False)


def _parts(
    x: object, y: object, sample_weight: object, where: str, encode: Encode | None
) -> tuple[object, object, object]:
    x, y = conversion.to_arrays(x, "x", encode is not None), conversion.to_arrays(y, "y")
    sample_weight = conversion.to_arrays(sample_weight, "sample_weight")
    conversion.count(x, y, sample_weight, where)
    return (x if encode is None else encode(x)), y, sample_weight
