"""TorchModuleWrapper."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, MutableMapping, Sequence
from typing import Protocol, Unpack, cast

import numpy as np

from keraslite.errors import WeightsMismatchError
from keraslite.layers.foreign.base import ForeignLayer, refuse_code
from keraslite.layers.types import UnnamedOptions
from keraslite.ops.symbolic import SymbolicTensor, any_symbolic
from keraslite.serialization import CustomObjectScope, builtin
from keraslite.variable import Variable


class Parameterized(Protocol):
    """A `torch.nn.Module`."""

    def parameters(self, recurse: bool = True) -> Iterator[object]:
        """Return the parameters."""
        ...


@builtin("keras.layers")
class TorchModuleWrapper(ForeignLayer):
    """Makes a layer of a `torch.nn.Module`. It needs the engine of PyTorch.

    The parameters and buffers of the module become Variables of the layer, which share their memory. So training
    changes the module itself. The module is in training mode exactly in calls with `training=True`.

    Files of weights hold the module's state by name, as in Keras. Files of models cannot hold a module, which is code:
    make the layer in Python and use `load_weights`.

    Args:
        module: the module, with initialized parameters.
        name: the layer's name, a string without "/". Default: None, a name made from that of the class.
        output_shape: the shape of the output, with the batch. Then the module is not run to find it. Default: None.
        **kwargs: `dtype`, `trainable` and the other keywords of every layer (see `Layer`).

    Input:
        what the module takes, by position and by name.

    Output:
        what it returns.

    Weights:
        the parameters of the module under their own names, then its buffers, which are not trainable.

    Raises:
        ArgumentError: if `module` is no module, or has parameters without a shape.
        MissingCapabilityError: on another engine.
        SerializationError: from `get_config`, if the module is not registered.

    Example:
        >>> import keraslite as keras
        >>> if keras.config.backend() == "torch":
        ...     import torch
        ...     layer = keras.layers.TorchModuleWrapper(torch.nn.Linear(3, 2))
        ...     assert layer(torch.ones(1, 3)).shape == (1, 2)
        ...     assert [weight.name for weight in layer.weights] == ["weight", "bias"]
    """

    foreign_kind = "torch.nn.Module"

    def __init__(
        self,
        module: Parameterized,
        name: str | None = None,
        output_shape: Sequence[int | None] | None = None,
        **kwargs: Unpack[UnnamedOptions],
    ) -> None:
        super().__init__(name=name, **kwargs)
        self.module = module
        self.output_shape = None if output_shape is None else tuple(output_shape)
        self._wrap(module, {})
        self._make_weights()

    def parameters(self, recurse: bool = True) -> Iterator[object]:
        """Return the parameters of the module.

        Args:
            recurse: whether those of its submodules are among them. Default: True.
        """
        return self.module.parameters(recurse=recurse)

    def call(self, *args: object, training: bool | None = None, **kwargs: object) -> object:
        if self.output_shape is not None and any_symbolic((args, kwargs)):
            return SymbolicTensor(self.output_shape, self.compute_dtype)
        return self._run(args, kwargs, bool(training))

    def save_own_variables(self, store: MutableMapping[str, np.ndarray]) -> None:
        """Put the state of the module into a store, by name.

        Args:
            store: a mapping of names to arrays.
        """
        for name, variable in self._state().items():
            store[name] = variable.numpy()

    def load_own_variables(self, store: MutableMapping[str, np.ndarray]) -> None:
        """Assign the state of the module.

        Args:
            store: a mapping of the names of all parameters and buffers to arrays.

        Raises:
            WeightsMismatchError: if names or shapes are others.
        """
        state = self._state()
        if set(store.keys()) != set(state):
            unlike = sorted(set(store.keys()) ^ set(state))
            raise WeightsMismatchError(
                f"Layer {self.path!r} needs the weights {sorted(state)}. Received others: {unlike[:3]}."
            )
        for name, variable in state.items():
            value = np.asarray(store[name])
            if value.shape != variable.shape:
                raise WeightsMismatchError(
                    f"Weight {variable.path!r} needs shape {variable.shape}. Received {value.shape}."
                )
            variable.assign(value)

    def _state(self) -> dict[str, Variable]:
        return cast("dict[str, Variable]", self._nest(self._weights_made))

    @classmethod
    def from_config(
        cls,
        config: dict[str, object],
        custom_objects: Mapping[str, object] | None = None,
        safe_mode: bool | None = None,
    ) -> object:
        """Make a layer.

        Args:
            config: what `get_config` returned.
            custom_objects: classes and functions by the names that `config` has for them. Default: None.
            safe_mode: without effect: a config that holds code is refused in any case.

        Raises:
            UnsafeModelError: if the config holds a pickled module, as those of Keras do.
        """
        if isinstance(config.get("module"), (str, bytes)):
            raise refuse_code(cls, "a pickled module")
        with CustomObjectScope(custom_objects):
            return super().from_config(config)
