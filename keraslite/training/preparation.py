"""What happens before the first step: weights, optimizer state, and what labels may be."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from keraslite.errors import DataError
from keraslite.layers.base import Layer
from keraslite.ops.symbolic import SymbolicTensor
from keraslite.training.data import host
from keraslite.training.data.pack import unpack_x_y_sample_weight
from keraslite.training.labels import LabelCheck

__all__ = ["prepare"]


def prepare(model: Any, batch: Any, where: str, *, train: bool) -> Callable[[Any], None] | None:
    """Build model and optimizer for a batch on the host; gives the check that labels need, if any.

    A model that cannot be called on symbolic inputs, such as one with only a `train_step`, is left to build itself
    in its first step.
    """
    if batch is None:
        return None
    x, _, _ = unpack_x_y_sample_weight(batch)
    check_input_names(model, x, where)
    state = model._training
    loss = state.loss
    sparse = loss is not None and loss.has_sparse_labels
    outputs = _outputs(model, x) if sparse or not model.built else None
    if train and model.built and model.optimizer is not None and not model.optimizer.built:
        variables = model.trainable_variables
        if variables:
            model.optimizer.build(variables)
    return LabelCheck(loss, outputs, where) if sparse and loss is not None and outputs is not None else None


def check_input_names(model: Any, x: Any, where: str) -> None:
    """A dict of inputs needs the names of the model's inputs."""
    names = getattr(model, "input_names", None)
    if not isinstance(x, dict) or not names or isinstance(model.input, dict):
        return
    missing, extra = [name for name in names if name not in x], [name for name in x if name not in names]
    if missing:
        raise DataError(
            f"`{where}` needs `x` to have the model's inputs {names}. Received keys {list(x)}: missing {missing}"
            f"{f', unexpected {extra}' if extra else ''}. Name the inputs as the `Input`s are."
        )


def _outputs(model: Any, x: Any) -> Any:
    """Symbolic outputs for a batch; None where that cannot be known beforehand."""
    if type(model).call is Layer.call or x is None:
        return None
    x = host.map_data(_spec, x)
    key = tuple((name, spec.shape[1:], spec.dtype) for name, spec in host.data_leaves(x, "x"))
    known = model._training.outputs
    if key not in known or not model.built:
        try:
            known[key] = model(x)
        except Exception:  # whatever it is, the step itself will meet it and say it in its own place
            known[key] = None
    return known[key]


def _spec(array: Any) -> SymbolicTensor:
    array = host.to_array(array, "x")
    return SymbolicTensor((None, *array.shape[1:]), host.dtype_on_device(array))
