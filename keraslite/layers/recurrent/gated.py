"""What SimpleRNN, LSTM and GRU share: they show their cell's arguments as their own."""

from __future__ import annotations

import inspect
from typing import Any

from keraslite import ranges
from keraslite.layers.recurrent.cell import CELL, GatedCell
from keraslite.layers.recurrent.rnn import RNN
from keraslite.naming import to_snake_case

_OWN = ("name", "trainable", "dtype", "seed")


def of_cell(name: str) -> property:
    """A property that is the cell's."""
    return property(lambda layer: getattr(layer.cell, name))


class GatedRNN(RNN):
    """An RNN whose constructor takes the arguments of its cell."""

    config_omits = frozenset()
    config_options = RNN.config_options | {"implementation"}
    argument_checks = ranges.checks(**CELL, use_cudnn=ranges.one_of("auto") | ranges.flag)

    units = of_cell("units")
    activation = of_cell("activation")
    use_bias = of_cell("use_bias")
    kernel_initializer = of_cell("kernel_initializer")
    recurrent_initializer = of_cell("recurrent_initializer")
    bias_initializer = of_cell("bias_initializer")
    kernel_regularizer = of_cell("kernel_regularizer")
    recurrent_regularizer = of_cell("recurrent_regularizer")
    bias_regularizer = of_cell("bias_regularizer")
    kernel_constraint = of_cell("kernel_constraint")
    recurrent_constraint = of_cell("recurrent_constraint")
    bias_constraint = of_cell("bias_constraint")
    dropout = of_cell("dropout")
    recurrent_dropout = of_cell("recurrent_dropout")

    def __init__(self, cell_class: type[GatedCell], /, **arguments: Any):
        """All arguments by name: those that the cell takes go to it, the others to `RNN`."""
        use_cudnn = arguments.pop("use_cudnn", None)
        arguments.pop("implementation", None)
        takes = inspect.signature(cell_class).parameters
        own = {name: arguments.pop(name) for name in takes if name in arguments}
        shared = {"dtype": arguments.get("dtype"), "trainable": arguments.get("trainable", True)}
        super().__init__(cell_class(**own, **shared, name=to_snake_case(cell_class.__name__)), **arguments)
        if use_cudnn is not None:
            self.use_cudnn = use_cudnn

    def get_config(self):
        config = super().get_config()
        own = self.cell.get_config()
        return {key: own[key] if key in own and key not in _OWN else value for key, value in config.items()}
