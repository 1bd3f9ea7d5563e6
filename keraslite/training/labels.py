"""Class indices checked on the host, where a bad one can still be named."""

from __future__ import annotations

from typing import cast

import numpy as np

from keraslite.backend.contract import Tensor
from keraslite.errors import OutOfRangeError
from keraslite.losses.base import Loss, check_whole
from keraslite.training.compile_losses import CompileLoss
from keraslite.training.data.pack import unpack_x_y_sample_weight

__all__ = ["LabelCheck"]


class LabelCheck:
    """Raises for class indices outside what the outputs have, or that are no whole numbers, as batches are read.

    Where the outputs are not known beforehand (None), the range isn't either.

    Targets already on a device are not checked, since that would wait for it: what happens with an index out
    of range there is the engine's affair (JAX: a NaN loss; PyTorch and TensorFlow: their own error on a CPU).
    """

    def __init__(self, loss: CompileLoss, outputs: object, where: str):
        self._loss = loss
        self._outputs = outputs
        self._where = where

    def __call__(self, batch: object) -> None:
        """Raise an `OutOfRangeError` where a class index of the batch is out of range."""
        _, y, _ = unpack_x_y_sample_weight(batch)
        if y is None:
            return
        if isinstance(y, (np.ndarray, np.generic)) and not isinstance(self._outputs, (list, tuple, dict)):
            loss = self._loss.only
            if loss is not None:  # the usual case, without matching nests
                self._check(np.asarray(y), loss, cast("Tensor | None", self._outputs), loss.name)
                return
        if self._outputs is None:
            return
        for term in self._loss.terms(y, self._outputs):
            if term.loss.takes_indices and isinstance(term.y_true, (np.ndarray, list)):
                self._check(np.asarray(term.y_true), term.loss, term.y_pred, term.label)

    def _check(self, labels: np.ndarray, loss: Loss, outputs: Tensor | None, label: str) -> None:
        check_whole(labels, type(loss).__name__)
        classes = None if outputs is None else outputs.shape[getattr(loss, "axis", -1)]
        if classes is None or labels.size == 0 or labels.dtype.kind not in "iufb":
            return
        low, high = labels.min(), labels.max()
        if low >= 0 and high < classes:
            return
        ignored = getattr(loss, "ignore_class", None)
        bad = labels[((labels < 0) | (labels >= classes)) & (labels != ignored)]
        if bad.size == 0:
            return
        name = f"output {label!r}" if label != loss.name else "the output"
        advice = "Give the last layer as many units as there are classes, or number the classes from 0."
        if classes == 1:
            advice = "Two classes and one unit go with the loss `binary_crossentropy`. " + advice
        raise OutOfRangeError(
            f"`{self._where}` needs labels from 0 to {int(classes) - 1}, since {name} has {classes} classes. "
            f"Received {bad.reshape(-1)[0]!s} ({bad.size} of {labels.size} labels are out of range). "
            f"{advice}"
        )
