"""The loss and the metrics of a model: `compute_loss`, `compute_metrics` and what goes with them."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from keraslite import config, ops, transforms, tree
from keraslite.annotations import any_arguments
from keraslite.backend.contract import Tensor, TensorLike
from keraslite.backend.scopes import Scope, VariableBase
from keraslite.errors import ArgumentError
from keraslite.metrics.base import Metric
from keraslite.training.compile import Compile, parameters_of
from keraslite.training.compile_metrics import CompileMetrics
from keraslite.training.legacy import CompiledLoss, CompiledMetrics
from keraslite.variable import Variable

__all__ = ["LossAndMetrics", "takes"]


class LossAndMetrics(Compile):
    """The part of a model that says how good its outputs are."""

    # ---- metrics ------------------------------------------------------------------------------------------------

    @property
    def metrics(self) -> list[Metric]:
        """The metrics of the model and of its layers.

        First the mean of the loss, then the metrics given to `compile`, the losses of single outputs, and metrics
        that are attributes of layers.
        """
        setup = self._training
        found: list[Metric] = [setup.tracker] if setup.tracker is not None else []
        found += [setup.metrics] if setup.metrics is not None else []
        found += setup.loss.metrics if setup.loss is not None else []
        return found + [metric for metric in super().metrics if all(metric is not other for other in found)]

    @property
    def metrics_names(self) -> list[str]:
        """The names of the results, in the order of `evaluate`'s list. Complete once data has been seen."""
        return self._in_order(list(self._reported_metrics()))

    def _in_order(self, names: list[str]) -> list[str]:
        """Names of results as `evaluate` lists them: as the metrics come, then those named after outputs, sorted."""
        plain: list[str] = []
        for metric in self.metrics:
            plain += metric.plain_names if isinstance(metric, CompileMetrics) else [metric.name]
        known = [name for name in dict.fromkeys(plain) if name in names]
        return known + sorted(name for name in names if name not in known)

    def _reported_metrics(self) -> dict[str, Metric]:
        """The metrics by the names of their results."""
        found: dict[str, Metric] = {}
        for metric in self.metrics:
            if isinstance(metric, CompileMetrics):
                found.update(zip(metric.names, metric.metrics, strict=True))
            else:
                found[metric.name] = metric
        return found

    @property
    def metrics_variables(self) -> list[Variable]:
        """The variables of `metrics`, in order. Complete once data has been seen."""
        return [variable for metric in self.metrics for variable in metric.variables]

    def reset_metrics(self) -> None:
        """Start all metrics anew."""
        for metric in self.metrics:
            metric.reset_state()

    def get_metrics_result(self) -> dict[str, Tensor]:
        """Return the results of all metrics by name, as tensors: scalars, or one number per class and the like."""
        results: dict[str, Tensor] = {}
        for metric in self.metrics:
            result = metric.result()
            results.update(result if isinstance(result, dict) else {metric.name: result})
        return results

    @any_arguments
    def compute_metrics(self, x: object, y: object, y_pred: object, sample_weight: object = None) -> dict[str, Tensor]:
        """Update the metrics given to `compile` with a batch. May be overridden.

        Args:
            x: the inputs of the batch, a tensor or a nest of them.
            y: the targets, nested like the outputs, or None.
            y_pred: the outputs of the model.
            sample_weight: weights of the samples, shape `(batch,)`, or nested like the outputs; None means 1.

        Returns:
            The results of all metrics by name, as tensors.
        """
        if self._training.metrics is not None:
            self._training.metrics.update_state(y, y_pred, sample_weight)
        return self.get_metrics_result()

    # ---- loss ---------------------------------------------------------------------------------------------------

    @any_arguments
    def compute_loss(
        self,
        x: object = None,
        y: object = None,
        y_pred: object = None,
        sample_weight: object = None,
        training: bool = True,
    ) -> Tensor:
        """Return the number that training makes small: the losses given to `compile`, plus `self.losses`.

        May be overridden.

        Args:
            x: the inputs of the batch, a tensor or a nest of them.
            y: the targets, nested like the outputs, or None.
            y_pred: the outputs of the model.
            sample_weight: weights of the samples, shape `(batch,)`, or nested like the outputs; None means 1.
            training: whether the step trains. A model without any loss is an error only then.

        Returns:
            A scalar tensor.

        Raises:
            ArgumentError: if there is no loss to train with.
        """
        terms: list[Tensor] = []
        if self._training.loss is not None:
            value = self._training.loss(y, self._given(y_pred), sample_weight)
            terms += [] if value is None else [value]
        for value in self.losses:
            terms.append(ops.sum(ops.cast(value, config.floatx())))
        if training and not terms:
            raise ArgumentError(
                f"Training {self.name!r} needs a loss. Received none. "
                "Give `loss` to `compile`, or use `add_loss` in a layer."
            )
        total: Any = sum(terms[1:], terms[0]) if terms else ops.zeros((), config.floatx())
        return ops.sum(total) if len(total.shape) else total  # losses with reduction "none"

    def stateless_compute_loss(
        self,
        trainable_variables: Sequence[TensorLike],
        non_trainable_variables: Sequence[TensorLike],
        metrics_variables: Sequence[TensorLike],
        x: object = None,
        y: object = None,
        y_pred: object = None,
        sample_weight: object = None,
        training: bool = True,
    ) -> tuple[Tensor, tuple[list[Tensor], list[Tensor], list[Tensor]]]:
        """Return `compute_loss` as a pure function of the values of the model's variables.

        Args:
            trainable_variables: values of the variables of that name, in order.
            non_trainable_variables: the same.
            metrics_variables: the same.
            x, y, y_pred, sample_weight, training: as in `compute_loss`.

        Returns:
            The loss, and the values of the three lists of variables after it.
        """
        kinds = self.trainable_variables, self.non_trainable_variables, self.metrics_variables
        bound: dict[VariableBase, Tensor] = {}
        for variables, values in zip(
            kinds, (trainable_variables, non_trainable_variables, metrics_variables), strict=True
        ):
            bound.update(zip(variables, (ops.convert_to_tensor(value) for value in values), strict=True))
        with Scope(bound, what="stateless_compute_loss") as scope:
            loss = self._loss_of(x, y, y_pred, sample_weight, training)
            trainable, other, metrics = ([scope.read(v) for v in variables] for variables in kinds)
            return loss, (trainable, other, metrics)

    @property
    def compiled_loss(self) -> CompiledLoss:
        """Keras 2's way to call the losses given to `compile`."""
        return CompiledLoss(self)

    @property
    def compiled_metrics(self) -> CompiledMetrics:
        """Keras 2's way to update the metrics given to `compile`."""
        return CompiledMetrics(self)

    def _given(self, outputs: object) -> object:
        if outputs is None:
            raise ArgumentError(
                f"{type(self).__name__} {self.name!r} needs a `call` that gives its outputs. Received None. "
                "Does it return nothing?"
            )
        return outputs

    def _loss_of(self, x: object, y: object, y_pred: object, sample_weight: object, training: bool) -> Tensor:
        extra = {"training": training} if takes(type(self).compute_loss, "training") else {}
        return self.compute_loss(x=x, y=y, y_pred=y_pred, sample_weight=sample_weight, **extra)

    def _track_loss(self, loss: Tensor, x: object) -> None:
        tracker = self._training.tracker
        if tracker is not None:
            first = next((leaf for leaf in tree.leaves(x) if leaf is not None), None)
            weight = ops.cast(ops.shape(first)[0], config.floatx()) if first is not None else None
            tracker.update_state(transforms.stop_gradient(loss), sample_weight=weight)


def takes(function: Callable[..., object], name: str) -> bool:
    """Whether a function has a parameter of that name, or takes any keyword."""
    parameters = parameters_of(function)
    return name in parameters or any(p.kind is p.VAR_KEYWORD for p in parameters.values())
