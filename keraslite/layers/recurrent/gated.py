"""What SimpleRNN, LSTM and GRU share: they show their cell's arguments as their own."""

from __future__ import annotations

import inspect
from collections.abc import Callable
from typing import Any, ClassVar

from keraslite import ranges
from keraslite.backend.contract import Tensor
from keraslite.layers.names import Found
from keraslite.layers.recurrent.cell import CELL, GatedCell
from keraslite.layers.recurrent.rnn import RNN
from keraslite.naming import to_snake_case

_OWN = ("name", "trainable", "dtype", "seed")


def of_cell(name: str) -> Any:
    """A property that reads the cell's attribute `name`; its annotation says what that is."""
    return property(lambda layer: getattr(layer.cell, name))


class GatedRNN(RNN):
    """An RNN whose constructor takes the arguments of its cell."""

    config_omits = frozenset()
    config_options = RNN.config_options | {"implementation"}
    argument_checks = ranges.checks(**CELL, use_cudnn=ranges.one_of("auto") | ranges.flag)

    cell_class: ClassVar[type[GatedCell]]

    units: int = of_cell("units")
    activation: Callable[..., Tensor] = of_cell("activation")
    use_bias: bool = of_cell("use_bias")
    kernel_initializer: Found = of_cell("kernel_initializer")
    recurrent_initializer: Found = of_cell("recurrent_initializer")
    bias_initializer: Found = of_cell("bias_initializer")
    kernel_regularizer: Found = of_cell("kernel_regularizer")
    recurrent_regularizer: Found = of_cell("recurrent_regularizer")
    bias_regularizer: Found = of_cell("bias_regularizer")
    kernel_constraint: Found = of_cell("kernel_constraint")
    recurrent_constraint: Found = of_cell("recurrent_constraint")
    bias_constraint: Found = of_cell("bias_constraint")
    dropout: float = of_cell("dropout")
    recurrent_dropout: float = of_cell("recurrent_dropout")

    def __init__(self, **arguments: Any) -> None:
        """Make the cell with those of the arguments that it takes; `RNN` gets the others."""
        cell_class = self.cell_class
        use_cudnn = arguments.pop("use_cudnn", None)
        arguments.pop("implementation", None)
        takes = inspect.signature(cell_class).parameters
        own = {name: arguments.pop(name) for name in takes if name in arguments}
        shared = {"dtype": arguments.get("dtype"), "trainable": arguments.get("trainable", True)}
        own.update(self.cell_options())
        super().__init__(cell_class(**own, **shared, name=to_snake_case(cell_class.__name__)), **arguments)
        if use_cudnn is not None:
            self.use_cudnn = use_cudnn

    def cell_options(self) -> dict[str, object]:
        """Return further arguments of the cell, which the class decides on."""
        return {}

    def get_config(self) -> dict[str, Any]:
        config = super().get_config()
        own = self.cell.get_config()
        return {key: own[key] if key in own and key not in _OWN else value for key, value in config.items()}
