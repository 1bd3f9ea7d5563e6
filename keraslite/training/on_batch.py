"""The part of `Trainer` that runs single batches."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, cast

import numpy as np

from keraslite.backend.tracebacks import shortened
from keraslite.errors import ArgumentError, DataError
from keraslite.training import prediction, preparation
from keraslite.training.data import conversion
from keraslite.training.data.class_weight import class_weights_of, weigh
from keraslite.training.data.encoded import Encode
from keraslite.training.data.pack import pack_x_y_sample_weight
from keraslite.training.logs import Logs
from keraslite.training.programs import Programs

if TYPE_CHECKING:
    from keraslite.training.trainer import Trainer

__all__ = ["OnBatch"]


class OnBatch(Programs):
    """Training, evaluation and prediction for one batch that the user gives."""

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
                parts = weigh(
                    *parts, class_weights_of(class_weight), preparation.are_indices(cast("Trainer", self), parts)
                )
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
        checked = preparation.index_check(cast("Trainer", self), x, "predict", kinds="iu")
        if checked is not None:
            checked(batch)
        return prediction.to_numpy(program(program.place(batch, False)))

    def _one_batch(
        self, parts: tuple[object, object, object], where: str, return_dict: bool
    ) -> float | list[float] | dict[str, float]:
        train = where == "train_on_batch"
        batch = pack_x_y_sample_weight(*parts)
        checked = preparation.prepare(cast("Trainer", self), batch, where, train=train)
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


def _parts(
    x: object, y: object, sample_weight: object, where: str, encode: Encode | None
) -> tuple[object, object, object]:
    x, y = conversion.to_arrays(x, "x", encode is not None), conversion.to_arrays(y, "y")
    sample_weight = conversion.to_arrays(sample_weight, "sample_weight")
    conversion.count(x, y, sample_weight, where)
    return (x if encode is None else encode(x)), y, sample_weight
