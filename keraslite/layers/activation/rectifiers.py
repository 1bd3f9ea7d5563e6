"""Rectifiers as layers: ReLU, LeakyReLU, ELU, PReLU."""

from __future__ import annotations

import warnings
from collections.abc import Sequence
from typing import Unpack

from keraslite import activations, check, errors, ops, ranges
from keraslite.backend.contract import Tensor
from keraslite.layers.base import InputSpec, Layer
from keraslite.layers.roles import (
    ConstraintRole,
    InitializerRole,
    RegularizerRole,
    add_weight,
    constraint,
    initializer,
    regularizer,
)
from keraslite.layers.types import (
    ConstraintLike,
    InitializerLike,
    InputShape,
    LayerOptions,
    LeakyReLUOptions,
    RegularizerLike,
)
from keraslite.ops.core import as_float
from keraslite.serialization import builtin


@builtin("keras.layers")
class ReLU(Layer):
    """Rectifies its input: `max(x, 0)`, unless the arguments say otherwise.

    The output is `max_value` where `x >= max_value`, `x` where `threshold <= x < max_value`, and
    `negative_slope * (x - threshold)` elsewhere.

    Args:
        max_value: the largest output, at least 0. Default: None, no limit.
        negative_slope: slope below the threshold, at least 0; None is 0. Default: 0.0.
        threshold: below it the input counts as negative; at least 0, and None is 0. Default: 0.0.
        **kwargs: `name`, `dtype`, `trainable` and the other keywords of every layer (see `Layer`).

    Input:
        a tensor of any shape, floats.

    Output:
        the same shape, in the compute dtype.

    Raises:
        ArgumentError: if an argument is outside its range.

    Example:
        >>> import numpy as np
        >>> from keraslite import layers, ops
        >>> layer = layers.ReLU(max_value=1.0, negative_slope=0.5)
        >>> ops.convert_to_numpy(layer(np.array([-2.0, 0.5, 3.0]))).tolist()
        [-1.0, 0.5, 1.0]
    """

    is_weightless = True
    argument_checks = ranges.checks(
        max_value=ranges.number(0, infinite=True) | None,
        negative_slope=ranges.unsigned | None,
        threshold=ranges.unsigned | None,
    )

    def __init__(
        self,
        max_value: float | None = None,
        negative_slope: float | None = 0.0,
        threshold: float | None = 0.0,
        **kwargs: Unpack[LayerOptions],
    ) -> None:
        super().__init__(**kwargs)
        self.max_value, self.negative_slope, self.threshold = max_value, negative_slope or 0.0, threshold or 0.0
        self.supports_masking = True

    def call(self, inputs: Tensor) -> Tensor:
        return activations.relu(inputs, self.negative_slope, self.max_value, self.threshold)


@builtin("keras.layers")
class LeakyReLU(Layer):
    """Returns `x` where it is positive, and `negative_slope * x` elsewhere.

    Args:
        negative_slope: slope below 0, at least 0. Default: 0.3.
        **kwargs: `name`, `dtype`, `trainable` and the other keywords of every layer (see `Layer`). `alpha` is an older
            name of `negative_slope`, with a `DeprecationWarning`.

    Input:
        a tensor of any shape, floats.

    Output:
        the same shape, in the compute dtype.

    Raises:
        ArgumentError: if an argument is outside its range.

    Source:
        Maas, Hannun & Ng, "Rectifier nonlinearities improve neural network acoustic models", 2013.

    Example:
        >>> import numpy as np
        >>> from keraslite import layers, ops
        >>> ops.convert_to_numpy(layers.LeakyReLU(0.5)(np.array([-2.0, 3.0]))).tolist()
        [-1.0, 3.0]
    """

    is_weightless = True
    argument_checks = ranges.checks(negative_slope=ranges.unsigned)

    def __init__(self, negative_slope: float = 0.3, **kwargs: Unpack[LeakyReLUOptions]) -> None:
        if "alpha" in kwargs:
            negative_slope = check.number(kwargs.pop("alpha"), "alpha", "LeakyReLU", low=0)
            warnings.warn(
                "Argument `alpha` is deprecated. Use `negative_slope` instead.",
                DeprecationWarning,
                stacklevel=errors.users_line(),
            )
        super().__init__(**kwargs)
        self.negative_slope = negative_slope
        self.supports_masking = True

    def call(self, inputs: Tensor) -> Tensor:
        return ops.leaky_relu(inputs, negative_slope=self.negative_slope)


@builtin("keras.layers")
class ELU(Layer):
    """Returns `x` where it is positive, and `alpha * (exp(x) - 1)` elsewhere.

    Args:
        alpha: the negative of the limit for large negative inputs; any number. Default: 1.0.
        **kwargs: `name`, `dtype`, `trainable` and the other keywords of every layer (see `Layer`).

    Input:
        a tensor of any shape, floats.

    Output:
        the same shape, in the compute dtype.

    Raises:
        ArgumentError: if an argument is outside its range.

    Source:
        Clevert, Unterthiner & Hochreiter, "Fast and accurate deep network learning by exponential linear units", 2015.

    Example:
        >>> import numpy as np
        >>> from keraslite import layers, ops
        >>> ops.convert_to_numpy(layers.ELU()(np.array([-1.0, 3.0]))).astype("float64").round(3).tolist()
        [-0.632, 3.0]
    """

    is_weightless = True
    argument_checks = ranges.checks(alpha=ranges.number())

    def __init__(self, alpha: float = 1.0, **kwargs: Unpack[LayerOptions]) -> None:
        super().__init__(**kwargs)
        self.alpha = alpha
        self.supports_masking = True

    def call(self, inputs: Tensor) -> Tensor:
        return ops.elu(inputs, alpha=self.alpha)


@builtin("keras.layers")
class PReLU(Layer):
    """Returns `x` where it is positive, and `alpha * x` elsewhere, with an alpha that is learned.

    Args:
        alpha_initializer: initial values of alpha: the name of an initializer, an `Initializer`, a function of
            `(shape, dtype)` or an array. Default: "Zeros".
        alpha_regularizer: penalty on alpha, added to the loss: the name of a regularizer, a `Regularizer` or a function
            from tensor to scalar. Default: None.
        alpha_constraint: projection applied to alpha after each training step: the name of a constraint, a `Constraint`
            or a function from tensor to tensor. Default: None.
        shared_axes: axes along which alpha is one value, counted with the batch as 0; an int or a list. Default: None,
            alpha has its own value everywhere.
        **kwargs: `name`, `dtype`, `trainable` and the other keywords of every layer (see `Layer`).

    Input:
        a tensor of any shape, floats.

    Output:
        the same shape, in the compute dtype.

    Weights:
        `alpha`, of the input's shape without the batch, with size 1 along `shared_axes`.

    Raises:
        ArgumentError: if an argument is outside its range; when it is built, if the size of an axis that is not shared
            is not known.

    Source:
        He, Zhang, Ren & Sun, "Delving deep into rectifiers", 2015.

    Example:
        >>> import numpy as np
        >>> from keraslite import layers, ops
        >>> layer = layers.PReLU(alpha_initializer=0.25 * np.ones(2))
        >>> ops.convert_to_numpy(layer(np.array([[-4.0, 4.0]]))).tolist()
        [[-1.0, 4.0]]
    """

    alpha_initializer: InitializerRole = initializer()
    alpha_regularizer: RegularizerRole = regularizer()
    alpha_constraint: ConstraintRole = constraint()

    argument_checks = ranges.checks(shared_axes=ranges.positive_int | ranges.items(ranges.positive_int) | None)

    def __init__(
        self,
        alpha_initializer: InitializerLike = "Zeros",
        alpha_regularizer: RegularizerLike = None,
        alpha_constraint: ConstraintLike = None,
        shared_axes: int | Sequence[int] | None = None,
        **kwargs: Unpack[LayerOptions],
    ) -> None:
        super().__init__(**kwargs)
        self.alpha_initializer = alpha_initializer
        self.alpha_regularizer = alpha_regularizer
        self.alpha_constraint = alpha_constraint
        self.shared_axes = [shared_axes] if isinstance(shared_axes, int) else shared_axes
        self.supports_masking = True

    def build(self, input_shape: InputShape) -> None:
        shape = list(input_shape[1:])
        for axis in self.shared_axes or ():
            shape[axis - 1] = 1
        if None in shape:
            raise errors.ArgumentError(
                f"`PReLU` needs known sizes for axes that are not in `shared_axes`. Received input_shape={input_shape} "
                f"and shared_axes={self.shared_axes}. Share the unknown axes."
            )
        self.alpha = add_weight(self, "alpha", tuple(shape))
        known = {i: n for i, n in enumerate(input_shape) if i and i not in (self.shared_axes or ())}
        self.input_spec = InputSpec(ndim=len(input_shape), axes=known)

    def call(self, inputs: Tensor) -> Tensor:
        inputs = as_float(inputs, self.compute_dtype)  # unsigned integers have no negative
        negative = ops.multiply(self.alpha, ops.relu(ops.negative(inputs)))
        return ops.subtract(ops.relu(inputs), negative)
