"""`compile` and what it was given."""

from __future__ import annotations

import inspect
import warnings
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from keraslite import check, optimizers, serialization
from keraslite.backend import registry
from keraslite.backend.contract import Engine
from keraslite.backend.tracebacks import shortened
from keraslite.errors import MissingCapabilityError, NotCompiledError
from keraslite.garbage import remembered
from keraslite.layers.base import Layer
from keraslite.losses.base import Loss
from keraslite.optimizers.base import Optimizer
from keraslite.training.compile_losses import CompileLoss, LossMean
from keraslite.training.compile_metrics import CompileMetrics
from keraslite.training.setup import TrainerState, TrainingSetup

__all__ = ["Compile", "parameters_of"]

_CONFIG = (
    *("optimizer", "loss", "loss_weights", "metrics", "weighted_metrics"),
    *("run_eagerly", "steps_per_execution", "jit_compile"),
)

LossLike = str | Loss | Callable[..., object]


class Compile(Layer):
    """The part of a model that is told how to train."""

    optimizer: Any = None
    loss: object = None
    stop_training: bool = False
    _own: TrainerState

    @property
    def _training(self) -> TrainingSetup:
        return self._own.training

    def compile(
        self,
        optimizer: str | Mapping[str, object] | Optimizer | None = "rmsprop",
        loss: LossLike | Sequence[LossLike | None] | Mapping[str, LossLike | None] | None = None,
        loss_weights: float | Sequence[float] | Mapping[str, float] | None = None,
        metrics: object = None,
        weighted_metrics: object = None,
        run_eagerly: bool = False,
        steps_per_execution: int = 1,
        jit_compile: bool | str | None = "auto",
        auto_scale_loss: bool = True,
    ) -> None:
        """Say how to train the model.

        Args:
            optimizer: an `Optimizer`, its name or its config. None is enough for a model that is only evaluated.
            loss: a name, a `Loss` or a function `(y_true, y_pred)`; for several outputs a list in their order, or a
                dict by output name. None: the losses that layers add, if any.
            loss_weights: the factor of each loss in the sum, in the same way. 1 by default.
            metrics: a list of names, `Metric` objects and functions `(y_true, y_pred)`; for several outputs a list of
                such lists in their order, or a dict of them by output name.
            weighted_metrics: the same, for metrics that use `sample_weight` and `class_weight`.
            run_eagerly: whether steps run as plain Python, for debugging.
            steps_per_execution: steps in one call of the engine, at least 1, while no callback watches batches.
            jit_compile: "auto", True or False, as in `transforms.jit`. None means "auto".
            auto_scale_loss: whether to scale the loss under the policy "mixed_float16", so that small gradients are
                not lost.

        Raises:
            ArgumentError: if an argument is not of these kinds.
            UnknownNameError: if there is no optimizer, loss or metric of a name.

        Example:
            >>> import keraslite as keras
            >>> model = keras.Sequential([keras.Input((4,)), keras.layers.Dense(3, activation="softmax")])
            >>> model.compile(keras.optimizers.Adam(1e-3), "categorical_crossentropy", metrics=["accuracy"])
            >>> model.optimizer.name
            'adam'
        """
        check.positive_int(steps_per_execution, "steps_per_execution", "compile")
        check.one_of(jit_compile, ("auto", True, False, None), "jit_compile", "compile")
        previous, setup = self._training.config, TrainingSetup()
        setup.config = {
            "optimizer": optimizer,
            "loss": loss,
            "loss_weights": loss_weights,
            "metrics": metrics,
            "weighted_metrics": weighted_metrics,
            "run_eagerly": run_eagerly,
            "steps_per_execution": steps_per_execution,
            "jit_compile": jit_compile,
        }
        with shortened(), registry.use_backend(self._engine().name):
            optimizer = self._optimizer_of(optimizer, auto_scale_loss)
            if loss is not None:
                setup.loss = CompileLoss(loss, loss_weights, self._names_of_outputs)
            if metrics or weighted_metrics:
                setup.metrics = CompileMetrics(metrics, weighted_metrics, self._names_of_outputs)
            setup.tracker = LossMean(name="loss")
        setup.run_eagerly, setup.steps_per_execution = bool(run_eagerly), steps_per_execution
        setup.jit_compile = "auto" if jit_compile is None else jit_compile
        setup.compiled = True
        self._own.training = setup
        self.optimizer = optimizer
        if loss is not None or (previous and previous["loss"] is not None and self.loss is previous["loss"]):
            self.loss = loss  # otherwise it is the model's own
        self.stop_training = False

    def _optimizer_of(self, given: object, auto_scale_loss: bool) -> Optimizer | None:
        optimizer = optimizers.get(given)
        scaled = isinstance(optimizer, optimizers.LossScaleOptimizer)
        if auto_scale_loss and optimizer is not None and self.dtype_policy.name == "mixed_float16" and not scaled:
            return optimizers.LossScaleOptimizer(optimizer, name="loss_scale_optimizer")
        return optimizer

    def _graph_inputs(self) -> Sequence[Layer]:
        """The input layers, in order, where the model is a graph of layers."""
        return []

    def _names_of_outputs(self) -> list[str] | None:
        return getattr(self, "output_names", None) or None

    @property
    def compiled(self) -> bool:
        """Whether `compile` was called."""
        return self._training.compiled

    @property
    def run_eagerly(self) -> bool:
        """Whether steps run as plain Python."""
        return self._training.run_eagerly

    @run_eagerly.setter
    def run_eagerly(self, value: bool) -> None:
        self._training.run_eagerly = bool(value)
        self._training.programs.clear()

    @property
    def jit_compile(self) -> bool | str:
        """Whether and how steps are compiled: "auto", True or False, as given to `compile`."""
        return self._training.jit_compile

    @jit_compile.setter
    def jit_compile(self, value: bool | str) -> None:
        self._training.jit_compile = check.one_of(value, ("auto", True, False), "jit_compile", "compile")
        self._training.programs.clear()

    @property
    def steps_per_execution(self) -> int:
        """The number of steps in one call of the engine, as given to `compile`."""
        return self._training.steps_per_execution

    @steps_per_execution.setter
    def steps_per_execution(self, value: int) -> None:
        self._training.steps_per_execution = check.positive_int(value, "steps_per_execution", "compile")

    def get_compile_config(self) -> dict[str, Any]:
        """Return the arguments of `compile` as plain data, by name. Empty before `compile`.

        Raises:
            SerializationError: if one of them cannot be plain data.
        """
        given = self._training.config
        if given is None:
            return {}
        given = {**given, "optimizer": self.optimizer}
        return {name: serialization.serialize(given[name]) for name in _CONFIG}

    def compile_from_config(self, config: dict[str, object]) -> None:
        """Compile with what `get_compile_config` returned.

        A model whose class has a `compile` with other parameters is not compiled; a warning says so.

        Args:
            config: the arguments of `compile` as plain data, by name.
        """
        if type(self).compile is not Compile.compile and not config.keys() <= parameters_of(type(self).compile).keys():
            warnings.warn(
                f"`{type(self).__name__}` has a `compile` of its own and was not compiled from the file. "
                "Override `get_compile_config` and `compile_from_config`, or call `compile`.",
                stacklevel=2,
            )
            return
        if config.get("jit_compile") is True:  # what "auto" became on the engine that saved it, which may be another
            config = {**config, "jit_compile": "auto"}
        self.compile(**{name: serialization.deserialize(value) for name, value in config.items()})
        if self.built and self.optimizer is not None and self.trainable_variables:
            self.optimizer.build(self.trainable_variables)

    # ---- checks -------------------------------------------------------------------------------------------------

    def _engine(self) -> Engine:
        variables = self._listed(seeds=True)
        return variables[0].engine if variables else registry.current()

    def _need(self, capability: str, where: str, why: str) -> None:
        engine = self._engine()
        if capability not in engine.capabilities:
            raise MissingCapabilityError(
                f"`{where}` needs an engine that has {capability}: {why}. Received engine {engine.name!r}. {_advice()}"
            )

    def _need_compiled(self, where: str) -> None:
        if not self._training.compiled:
            raise NotCompiledError(f"`{where}` needs a compiled model. Call `model.compile(optimizer, loss)` first.")


def _advice() -> str:
    others = [name for name in registry.installed() if name != registry.current().name]
    if others:
        return (
            f"Set KERAS_BACKEND={others[0]} before keraslite is imported, or build the model within "
            f"`with keraslite.use_backend({others[0]!r}):`."
        )
    return 'Install one, for example `pip install "keraslite[jax]"`.'


@remembered
def parameters_of(function: Callable[..., object]) -> dict[str, inspect.Parameter]:
    """The parameters of a function by name."""
    return dict(inspect.signature(function).parameters)
