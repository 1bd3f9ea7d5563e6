"""What a model was compiled with, and one step of training, testing and predicting: all of it may be overridden."""

from __future__ import annotations

import inspect
import warnings
from typing import Any

from keraslite import check, config, masking, ops, optimizers, serialization, transforms, tree
from keraslite.annotations import any_arguments
from keraslite.backend import registry
from keraslite.backend.tracebacks import shortened
from keraslite.backend.trials import Verdict
from keraslite.errors import ArgumentError, MissingCapabilityError, NotCompiledError
from keraslite.garbage import remembered
from keraslite.training.compile import CompileLoss, LossMean
from keraslite.training.compile_metrics import CompileMetrics
from keraslite.training.data.pack import unpack_x_y_sample_weight
from keraslite.training.legacy import CompiledLoss, CompiledMetrics
from keraslite.training.state_form import compute_loss_statelessly

__all__ = ["Steps"]

_CONFIG = ("optimizer", "loss", "loss_weights", "metrics", "weighted_metrics", "run_eagerly", "steps_per_execution",
           "jit_compile")  # fmt: skip


class State:
    """What `compile` left behind; kept out of what a layer tracks and files hold."""

    def __init__(self) -> None:
        self.compiled = False
        self.config: dict[str, Any] | None = None
        self.loss: CompileLoss | None = None
        self.metrics: CompileMetrics | None = None
        self.tracker: LossMean | None = None
        self.run_eagerly = False
        self.steps_per_execution = 1
        self.jit_compile: bool | str = "auto"
        self.programs: dict[str, tuple[Any, Any]] = {}
        self.guard: Any = None
        self.outputs: dict[Any, Any] = {}
        self.decided: dict[tuple[str, str], Verdict] = {}  # about whole calls of `fit` and the like


class Steps:
    """The part of a trainer that computes. The other part, `Trainer`, runs it on data."""

    optimizer: Any = None
    loss: Any = None
    stop_training = False

    @property
    def _training(self) -> State:
        return self.__dict__.setdefault("_training_state", State())

    def _engine(self) -> Any:
        variables = self._listed(seeds=True)  # type: ignore[attr-defined]
        return variables[0].engine if variables else registry.current()

    # ---- compile ------------------------------------------------------------------------------------------------

    def compile(self, optimizer: Any = "rmsprop", loss: Any = None, loss_weights: Any = None, metrics: Any = None,
                weighted_metrics: Any = None, run_eagerly: bool = False, steps_per_execution: int = 1,
                jit_compile: bool | str = "auto", auto_scale_loss: bool = True) -> None:  # fmt: skip
        """Say how to train.

        Args:
            optimizer: a name or an `Optimizer`.
            loss: a name, a `Loss` or a function `(y_true, y_pred)`; for several outputs a list in their order or a
                dict by name.
            loss_weights: numbers, in the same way.
            metrics: a list of names, `Metric`s and functions; for several outputs a list or dict of such lists.
            weighted_metrics: the same, for metrics that use `sample_weight` and `class_weight`.
            run_eagerly: run steps as plain Python, for debugging.
            steps_per_execution: steps in one call of the engine, where no callback looks at single batches.
            jit_compile: as in `transforms.jit`.
            auto_scale_loss: whether to scale the loss under the policy "mixed_float16".
        """
        check.positive_int(steps_per_execution, "steps_per_execution", "compile")
        check.one_of(jit_compile, ("auto", True, False, None), "jit_compile", "compile")
        previous, state = self._training.config, State()
        state.config = {
            "optimizer": optimizer, "loss": loss, "loss_weights": loss_weights, "metrics": metrics,
            "weighted_metrics": weighted_metrics, "run_eagerly": run_eagerly,
            "steps_per_execution": steps_per_execution, "jit_compile": jit_compile,
        }  # fmt: skip
        with shortened(), registry.use_backend(self._engine().name):
            optimizer = optimizers.get(optimizer)
            scaled = isinstance(optimizer, optimizers.LossScaleOptimizer)
            policy = self.dtype_policy  # type: ignore[attr-defined]
            if auto_scale_loss and optimizer is not None and policy.name == "mixed_float16" and not scaled:
                optimizer = optimizers.LossScaleOptimizer(optimizer, name="loss_scale_optimizer")
            if loss is not None:
                state.loss = CompileLoss(loss, loss_weights, self._names_of_outputs)
            if metrics or weighted_metrics:
                state.metrics = CompileMetrics(metrics, weighted_metrics, self._names_of_outputs)
            state.tracker = LossMean(name="loss")
        state.run_eagerly, state.steps_per_execution = bool(run_eagerly), steps_per_execution
        state.jit_compile = "auto" if jit_compile is None else jit_compile
        state.compiled = True
        self.__dict__["_training_state"] = state
        self.optimizer = optimizer
        if loss is not None or (previous and previous["loss"] is not None and self.loss is previous["loss"]):
            self.loss = loss  # otherwise it is the model's own
        self.stop_training = False

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
        """As given to `compile`."""
        return self._training.jit_compile

    @jit_compile.setter
    def jit_compile(self, value: bool | str) -> None:
        self._training.jit_compile = check.one_of(value, ("auto", True, False), "jit_compile", "compile")
        self._training.programs.clear()

    @property
    def steps_per_execution(self) -> int:
        """As given to `compile`."""
        return self._training.steps_per_execution

    @steps_per_execution.setter
    def steps_per_execution(self, value: int) -> None:
        self._training.steps_per_execution = check.positive_int(value, "steps_per_execution", "compile")

    @property
    def compiled_loss(self) -> CompiledLoss:
        """Keras 2's way to call the losses given to `compile`."""
        return CompiledLoss(self)

    @property
    def compiled_metrics(self) -> CompiledMetrics:
        """Keras 2's way to update the metrics given to `compile`."""
        return CompiledMetrics(self)

    def get_compile_config(self) -> dict[str, Any]:
        """The arguments of `compile` as plain data; empty before."""
        given = self._training.config
        if given is None:
            return {}
        given = {**given, "optimizer": self.optimizer}
        return {name: serialization.serialize(given[name]) for name in _CONFIG}

    def compile_from_config(self, config: dict[str, Any]) -> None:
        """Compile with what `get_compile_config` gave."""
        if type(self).compile is not Steps.compile and not config.keys() <= _parameters(type(self).compile).keys():
            warnings.warn(
                f"`{type(self).__name__}` has a `compile` of its own and was not compiled from the file. "
                "Override `get_compile_config` and `compile_from_config`, or call `compile`.",
                stacklevel=2,
            )
            return
        if config.get("jit_compile") is True:  # what "auto" became on the engine that saved it, which may be another
            config = {**config, "jit_compile": "auto"}
        self.compile(**{name: serialization.deserialize(value) for name, value in config.items()})
        if self.built and self.optimizer is not None and self.trainable_variables:  # type: ignore[attr-defined]
            self.optimizer.build(self.trainable_variables)  # type: ignore[attr-defined]

    # ---- metrics ------------------------------------------------------------------------------------------------

    @property
    def metrics(self) -> list[Any]:
        """The loss, what `compile` was given, losses of single outputs, then metrics kept as attributes of layers."""
        state = self._training
        found: list[Any] = [state.tracker] if state.tracker is not None else []
        found += [state.metrics] if state.metrics is not None else []
        found += state.loss.metrics if state.loss is not None else []
        return found + [metric for metric in super().metrics if all(metric is not other for other in found)]  # type: ignore[misc]

    @property
    def metrics_names(self) -> list[str]:
        """Names of the results in the order of `evaluate`'s list; complete once data has been seen."""
        return self._in_order(list(self._reported_metrics()))

    def _in_order(self, names: list[str]) -> list[str]:
        """Names of results as `evaluate` lists them: as the metrics come, then those named after outputs, sorted."""
        plain: list[str] = []
        for metric in self.metrics:
            plain += metric.plain_names if isinstance(metric, CompileMetrics) else [metric.name]
        known = [name for name in dict.fromkeys(plain) if name in names]
        return known + sorted(name for name in names if name not in known)

    def _reported_metrics(self) -> dict[str, Any]:
        """The metrics by the names of their results."""
        found: dict[str, Any] = {}
        for metric in self.metrics:
            if isinstance(metric, CompileMetrics):
                found.update(zip(metric.names, metric.metrics, strict=True))
            else:
                found[metric.name] = metric
        return found

    @property
    def metrics_variables(self) -> list[Any]:
        """The variables of `metrics`, in order; complete once data has been seen."""
        return [variable for metric in self.metrics for variable in metric.variables]

    def reset_metrics(self) -> None:
        """Start all metrics anew."""
        for metric in self.metrics:
            metric.reset_state()

    def get_metrics_result(self) -> dict[str, Any]:
        """The results of all metrics by name, as tensors."""
        results: dict[str, Any] = {}
        for metric in self.metrics:
            result = metric.result()
            results.update(result if isinstance(result, dict) else {metric.name: result})
        return results

    @any_arguments
    def compute_metrics(self, x: Any, y: Any, y_pred: Any, sample_weight: Any = None) -> dict[str, Any]:
        """Update the metrics given to `compile` with a batch, and give the results of all. May be overridden."""
        if self._training.metrics is not None:
            self._training.metrics.update_state(y, y_pred, sample_weight)
        return self.get_metrics_result()

    # ---- loss ---------------------------------------------------------------------------------------------------

    @any_arguments
    def compute_loss(self, x: Any = None, y: Any = None, y_pred: Any = None, sample_weight: Any = None,
                     training: bool = True) -> Any:  # fmt: skip
        """The scalar to make small: the losses given to `compile`, plus `self.losses`. May be overridden."""
        terms: list[Any] = []
        if self._training.loss is not None:
            value = self._training.loss(y, self._given(y_pred), sample_weight)
            terms += [] if value is None else [value]
        for value in self.losses:  # type: ignore[attr-defined]
            terms.append(ops.sum(ops.cast(value, config.floatx())))
        if training and not terms:
            raise ArgumentError(
                f"Training {self.name!r} needs a loss. Received none. "  # type: ignore[attr-defined]
                "Give `loss` to `compile`, or use `add_loss` in a layer."
            )
        total: Any = sum(terms[1:], terms[0]) if terms else ops.zeros((), config.floatx())
        return ops.sum(total) if len(total.shape) else total  # losses with reduction "none"

    def stateless_compute_loss(
        self, trainable_variables: Any, non_trainable_variables: Any, metrics_variables: Any, x: Any = None,
        y: Any = None, y_pred: Any = None, sample_weight: Any = None, training: bool = True,
    ) -> Any:  # fmt: skip
        """`compute_loss` as a pure function: `(loss, (trainable, non-trainable, metrics' values))`.

        The first three arguments are values of the variables of those names.
        """
        groups = trainable_variables, non_trainable_variables, metrics_variables
        arguments = {"x": x, "y": y, "y_pred": y_pred, "sample_weight": sample_weight, "training": training}
        return compute_loss_statelessly(self, groups, arguments)

    def _loss_of(self, x: Any, y: Any, y_pred: Any, sample_weight: Any, training: bool) -> Any:
        extra = {"training": training} if _takes(type(self).compute_loss, "training") else {}
        return self.compute_loss(x=x, y=y, y_pred=y_pred, sample_weight=sample_weight, **extra)

    def _differentiated(self, x: Any, y: Any, sample_weight: Any) -> tuple[Any, Any]:
        """What the optimizer makes small, and beside it the loss, the outputs and their masks."""
        y_pred = self._outputs_of(x, training=True)
        loss = self._loss_of(x, y, y_pred, sample_weight, training=True)
        masks = [masking.get_mask(tensor) for tensor in tree.leaves(y_pred)]
        return self.optimizer.scale_loss(loss), (loss, y_pred, masks)

    def _outputs_of(self, x: Any, training: bool) -> Any:
        return self(x, training=training) if _takes(type(self).call, "training") else self(x)  # type: ignore[operator, attr-defined]

    def _given(self, outputs: Any) -> Any:
        if outputs is None:
            title = f"{type(self).__name__} {self.name!r}"  # type: ignore[attr-defined]
            raise ArgumentError(
                f"{title} needs a `call` that gives its outputs. Received None. Does it return nothing?"
            )
        return outputs

    def _track_loss(self, loss: Any, x: Any) -> None:
        tracker = self._training.tracker
        if tracker is not None:
            first = next((leaf for leaf in tree.leaves(x) if leaf is not None), None)
            weight = ops.cast(ops.shape(first)[0], config.floatx()) if first is not None else None
            tracker.update_state(transforms.stop_gradient(loss), sample_weight=weight)

    # ---- steps --------------------------------------------------------------------------------------------------

    @any_arguments
    def train_step(self, data: Any) -> dict[str, Any]:
        """One step on a batch; gives results by name. May be overridden, with code for one engine or for all."""
        x, y, sample_weight = unpack_x_y_sample_weight(data)
        if not self.built:  # type: ignore[attr-defined]
            self._outputs_of(x, training=False)  # makes the weights, where symbolic inputs could not
        variables = self.trainable_variables  # type: ignore[attr-defined]
        if variables:
            step = transforms.value_and_grad(self._differentiated, variables, has_aux=True)
            (_, (loss, y_pred, masks)), gradients = step(x, y, sample_weight)
            self.optimizer.apply(gradients, variables)
        else:
            warnings.warn("The model does not have any trainable weights.", stacklevel=2)
            _, (loss, y_pred, masks) = self._differentiated(x, y, sample_weight)
        for tensor, mask in zip(tree.leaves(y_pred), masks, strict=True):  # gradients hand out new tensors
            if mask is not None:
                masking.set_mask(tensor, mask)
        self._track_loss(loss, x)
        return self.compute_metrics(x, y, y_pred, sample_weight)

    @any_arguments
    def test_step(self, data: Any) -> dict[str, Any]:
        """One step of evaluation; gives results by name. May be overridden."""
        x, y, sample_weight = unpack_x_y_sample_weight(data)
        y_pred = self._outputs_of(x, training=False)
        loss = self._loss_of(x, y, y_pred, sample_weight, training=False)
        self._track_loss(loss, x)
        return self.compute_metrics(x, y, y_pred, sample_weight)

    @any_arguments
    def predict_step(self, data: Any) -> Any:
        """The outputs for a batch. May be overridden."""
        x, _, _ = unpack_x_y_sample_weight(data)
        return self._given(self._outputs_of(x, training=False))

    def zero_grad(self, set_to_none: bool = True) -> None:
        """Forget gradients of the last `loss.backward()`. For train steps in PyTorch's own style."""
        self._need("backward", "zero_grad", "`zero_grad` and `loss.backward()` are PyTorch's")
        for variable in self.trainable_variables:  # type: ignore[attr-defined]
            variable.engine.forget_gradient(variable.storage)

    # ---- checks -------------------------------------------------------------------------------------------------

    def _need(self, capability: str, where: str, why: str) -> None:
        engine = self._engine()
        if capability not in engine.capabilities:
            raise MissingCapabilityError(f"`{where}` needs an engine that has {capability}: {why}. "
                                         f"Received engine {engine.name!r}. {_advice()}")  # fmt: skip

    def _need_compiled(self, where: str) -> None:
        if not self._training.compiled:
            raise NotCompiledError(f"`{where}` needs a compiled model. Call `model.compile(optimizer, loss)` first.")


def _advice() -> str:
    others = [name for name in registry.installed() if name != registry.current().name]
    if others:
        return f"Set KERAS_BACKEND={others[0]} before keraslite is imported, or build the model within " \
               f"`with keraslite.use_backend({others[0]!r}):`."  # fmt: skip
    return 'Install one, for example `pip install "keraslite[jax]"`.'


@remembered
def _parameters(function: Any) -> dict[str, inspect.Parameter]:
    return dict(inspect.signature(function).parameters)


def _takes(function: Any, name: str) -> bool:
    parameters = _parameters(function)
    return name in parameters or any(p.kind is p.VAR_KEYWORD for p in parameters.values())
