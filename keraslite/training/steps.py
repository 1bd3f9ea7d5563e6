"""One step of training, testing and predicting: all of it may be overridden."""

from __future__ import annotations

import warnings
from typing import Any

from keraslite import masking, transforms, tree
from keraslite.annotations import any_arguments
from keraslite.backend.contract import Tensor
from keraslite.training.data.pack import unpack_x_y_sample_weight
from keraslite.training.loss_and_metrics import LossAndMetrics, takes

__all__ = ["Steps"]


class Steps(LossAndMetrics):
    """The part of a model that computes on one batch. `Trainer` runs it on data."""

    @any_arguments
    def train_step(self, data: Any) -> dict[str, Tensor]:
        """Train on one batch. May be overridden, with code for one engine or for all.

        Args:
            data: the batch as tensors: `x`, `(x, y)` or `(x, y, sample_weight)`.

        Returns:
            The results so far by name, as tensors.
        """
        x, y, sample_weight = unpack_x_y_sample_weight(data)
        if not self.built:
            self._outputs_of(x, training=False)  # makes the weights, where symbolic inputs could not
        variables = self.trainable_variables
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
    def test_step(self, data: Any) -> dict[str, Tensor]:
        """Evaluate one batch. May be overridden.

        Args:
            data: the batch as tensors: `x`, `(x, y)` or `(x, y, sample_weight)`.

        Returns:
            The results so far by name, as tensors.
        """
        x, y, sample_weight = unpack_x_y_sample_weight(data)
        y_pred = self._outputs_of(x, training=False)
        loss = self._loss_of(x, y, y_pred, sample_weight, training=False)
        self._track_loss(loss, x)
        return self.compute_metrics(x, y, y_pred, sample_weight)

    @any_arguments
    def predict_step(self, data: Any) -> Any:
        """Return the outputs for one batch. May be overridden.

        Args:
            data: the batch as tensors: `x`, or a tuple that begins with `x`.

        Returns:
            A tensor, or a nest of them.
        """
        x, _, _ = unpack_x_y_sample_weight(data)
        return self._given(self._outputs_of(x, training=False))

    def _differentiated(
        self, x: object, y: object, sample_weight: object
    ) -> tuple[Tensor, tuple[Tensor, object, list[Tensor | None]]]:
        """What the optimizer makes small, and beside it the loss, the outputs and their masks."""
        y_pred = self._outputs_of(x, training=True)
        loss = self._loss_of(x, y, y_pred, sample_weight, training=True)
        masks = [masking.get_mask(tensor) for tensor in tree.leaves(y_pred)]
        return self.optimizer.scale_loss(loss), (loss, y_pred, masks)

    def _outputs_of(self, x: object, training: bool) -> Any:
        return self(x, training=training) if takes(type(self).call, "training") else self(x)

    def zero_grad(self, set_to_none: bool = True) -> None:
        """Forget the gradients of the last `loss.backward()`. For train steps in PyTorch's own style.

        Args:
            set_to_none: accepted as in PyTorch; gradients are always set to None.

        Raises:
            MissingCapabilityError: if the engine has no `loss.backward()`.
        """
        self._need("backward", "zero_grad", "`zero_grad` and `loss.backward()` are PyTorch's")
        for variable in self.trainable_variables:
            variable.engine.forget_gradient(variable.storage)
