"""Lambda."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Mapping
from typing import Any, Unpack

from keraslite import ranges
from keraslite.layers.holding import Holding
from keraslite.layers.types import LayerOptions, SizesLike, SupportsArray
from keraslite.ops.symbolic import SymbolicTensor, is_symbolic
from keraslite.serialization import builtin


@builtin("keras.layers")
class Lambda(Holding):
    """Makes a layer of a function of tensors: `function(inputs, **arguments)`.

    Variables that the function uses do not belong to the layer. Files hold names, never code: to save a model with a
    `Lambda`, register the function with `saving.register_keras_serializable()`.

    Args:
        function: a function of the inputs. It gets `mask` and `training` too if it has parameters of these names.
        output_shape: sizes of the output without the batch, or a function from the input's shape to the output's. With
            it the function is not run on symbolic tensors. Default: None.
        mask: the output's mask, or a function `(inputs, mask) -> mask`. Default: None, no mask.
        arguments: a dict of further keyword arguments of the function. Default: None, none.
        **kwargs: `name`, `dtype`, `trainable` and the other keywords of every layer (see `Layer`).

    Input:
        what the function takes.

    Output:
        what it returns.

    Raises:
        ArgumentError: if `function` cannot be called, or `arguments` is no dict.
        SerializationError: from `get_config`, if the function is not registered.

    Example:
        >>> import numpy as np
        >>> from keraslite import layers, ops
        >>> double = layers.Lambda(lambda x, factor: x * factor, arguments={"factor": 2.0})
        >>> ops.convert_to_numpy(double(np.array([1.0, 2.0]))).tolist()
        [2.0, 4.0]
    """

    config_omits = Holding.config_omits | {"output_shape", "mask"}

    argument_checks = ranges.checks(function=ranges.function, arguments=ranges.instance(dict, "a dict", dict) | None)

    def __init__(
        self,
        function: Callable[..., object],
        output_shape: SizesLike | Callable[..., object] = None,
        mask: Callable[..., object] | SupportsArray | None = None,
        arguments: Mapping[str, object] | None = None,
        **kwargs: Unpack[LayerOptions],
    ) -> None:
        super().__init__(**kwargs)
        self.function = function
        self.arguments = dict(arguments or {})
        self.output_shape: Any = output_shape
        self.mask = mask
        self.supports_masking = mask is not None
        parameters = inspect.signature(function).parameters
        self._takes = tuple(name for name in ("mask", "training") if name in parameters)

    def call(self, inputs: Any, mask: object = None, training: bool | None = None) -> object:
        if self.output_shape is not None and is_symbolic(inputs):
            return self._promised(inputs)
        given = {"mask": mask, "training": training}
        return self.function(inputs, **self.arguments, **{name: given[name] for name in self._takes})

    @classmethod
    def from_config(
        cls,
        config: dict[str, Any],
        custom_objects: Mapping[str, object] | None = None,
        safe_mode: bool | None = None,
    ) -> Any:
        """Make a layer.

        Args:
            config: what `get_config` returned.
            custom_objects: functions by the names that `config` has for them. Default: None.
            safe_mode: without effect: a config that holds code is refused in any case.

        Raises:
            UnsafeModelError: if the config holds the code of a function.
        """
        return super().from_config(config, custom_objects)

    def compute_mask(self, inputs: object, mask: object = None) -> object:
        """Return the mask of the output.

        Args:
            inputs: the inputs of the call.
            mask: their mask, or None.
        """
        return self.mask(inputs, mask) if callable(self.mask) else self.mask

    def _promised(self, inputs: SymbolicTensor) -> SymbolicTensor:
        """What `output_shape` says: sizes after the batch, or a function from shape to shape."""
        given = self.output_shape
        if callable(given):
            shape: Any = given(inputs.shape)
            return SymbolicTensor(tuple(shape), inputs.dtype)
        sizes = (given,) if isinstance(given, int) else tuple(given)
        return SymbolicTensor((inputs.dims[0], *sizes), inputs.dtype)
