"""What happens before the first step: weights, optimizer state, and what labels and indices may be."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

import numpy as np

from keraslite import tree
from keraslite.errors import DataError
from keraslite.layers import ids
from keraslite.layers.base import Layer
from keraslite.layers.core.input_layer import InputLayer
from keraslite.ops.symbolic import SymbolicTensor
from keraslite.training.data import conversion
from keraslite.training.data.pack import unpack_x_y_sample_weight
from keraslite.training.labels import LabelCheck
from keraslite.training.steps import Steps

if TYPE_CHECKING:
    from keraslite.training.trainer import Trainer

__all__ = ["are_indices", "index_check", "outputs_for", "prepare"]

Check = Callable[[object], None]


def prepare(model: Trainer, batch: object, where: str, *, train: bool) -> Check | None:
    """Build the model and its optimizer for a batch on the host. Returns the check that batches need, or None.

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
    outputs = outputs_for(model, x) if sparse or not model.built else None
    if train and model.built and model.optimizer is not None and not model.optimizer.built:
        variables = model.trainable_variables
        if variables:
            model.optimizer.build(variables)
    ours = _is_ours(model, "train_step" if train else "test_step", "compute_loss")
    labels = LabelCheck(loss, outputs, where) if sparse and loss is not None and ours else None
    return _both(labels, index_check(model, x, where))


def _is_ours(model: Trainer, *methods: str) -> bool:
    """Whether none of these methods is overridden. If one is, it decides what becomes of targets."""
    return all(getattr(getattr(model, name), "__func__", None) is getattr(Steps, name) for name in methods)


def check_input_names(model: Trainer, x: object, where: str) -> None:
    """A dict of inputs needs the names of the model's inputs."""
    names = getattr(model, "input_names", None)
    if not isinstance(x, dict) or not names or isinstance(model.input, dict):
        return
    optional = {name for name, layer in zip(names, model._graph_inputs(), strict=True) if _is_optional(layer)}
    missing = [name for name in names if name not in x and name not in optional]
    extra = [name for name in x if name not in names]
    if missing:
        raise DataError(
            f"`{where}` needs `x` to have the model's inputs {names}. Received keys {list(x)}: missing {missing}"
            f"{f', unexpected {extra}' if extra else ''}. Name the inputs as the `Input`s are."
        )


def _is_optional(layer: Layer) -> bool:
    return isinstance(layer, InputLayer) and layer.optional


def outputs_for(model: Trainer, x: object) -> object:
    """Symbolic outputs for a batch; None where that cannot be known beforehand."""
    return _traced(model, x)[0]


def are_indices(model: Trainer, batch: object) -> bool | None:
    """Whether the targets of a batch are class indices; False if they have the outputs' shape, None if unknown."""
    x, y, _ = unpack_x_y_sample_weight(batch)
    loss = model._training.loss
    if loss is not None and loss.takes_indices:
        return True
    targets, outputs = conversion.data_leaves(y, "y"), tree.leaves(outputs_for(model, x))
    if len(targets) != 1 or len(outputs) != 1 or outputs[0] is None:
        return None
    y = targets[0][1]
    return len(y.shape if hasattr(y, "shape") else np.shape(y)) < len(outputs[0].shape)


def index_check(model: Trainer, x: object, where: str, kinds: str = "iuf") -> Check | None:
    """What raises for a batch with indices that a layer, such as `Embedding`, has no row for; None if none is needed.

    Args:
        kinds: of dtypes that are looked at.
    """
    if not any(
        isinstance(array, np.ndarray) and array.dtype.kind in kinds for _, array in conversion.data_leaves(x, "x")
    ):
        return None
    if not any(layer.takes_indices for layer in model._flatten_layers()):
        return None
    tables = [ids.tables_of(spec) for _, spec in conversion.data_leaves(_traced(model, x)[1], "x")]

    def check(batch: object) -> None:
        leaves = conversion.data_leaves(unpack_x_y_sample_weight(batch)[0], "x")
        for wanted, (_, array) in zip(tables, leaves, strict=False):
            if isinstance(array, np.ndarray):
                for name, size in wanted.items():
                    ids.check(array, name, size, where)

    return check if any(tables) else None


def _both(first: Check | None, second: Check | None) -> Check | None:
    if first is None or second is None:
        return first or second

    def check(batch: object) -> None:
        first(batch)
        second(batch)

    return check


def _traced(model: Trainer, x: object) -> tuple[object, object]:
    """Symbolic outputs for a batch, None where that cannot be known beforehand, and the symbolic batch."""
    if type(model).call is Layer.call or x is None:
        return None, None
    x = conversion.map_data(_spec, x)
    layers = tuple([id(layer) for layer in model._flatten_layers()])
    key = layers, *((name, spec.shape[1:], spec.dtype) for name, spec in conversion.data_leaves(x, "x"))
    known = model._training.outputs
    if key not in known or not model.built:
        try:
            known[key] = model(x), x
        except Exception:  # whatever it is, the step itself will meet it and say it in its own place
            known[key] = None, x
    return known[key]


def _spec(value: object) -> SymbolicTensor:
    array = conversion.to_array(value, "x")
    return SymbolicTensor((None, *array.shape[1:]), conversion.dtype_on_device(array))
