"""The base of regularizers."""

from __future__ import annotations

from keraslite.backend.contract import Tensor
from keraslite.serialization import Configurable, builtin


@builtin("keras.regularizers")
class Regularizer(Configurable):
    """Base class of regularizers: penalties on a weight or on a layer's outputs, which training adds to the loss.

    A subclass defines `__call__(x)`. Any function of a tensor serves as a regularizer too.

    Example:
        >>> import numpy as np
        >>> from keraslite import ops, regularizers
        >>> class Largest(regularizers.Regularizer):
        ...     def __call__(self, x):
        ...         return ops.max(ops.abs(x))
        >>> float(Largest()(np.array([1.0, -3.0])))
        3.0
    """

    _entries = ("__call__",)

    def __call__(self, x: Tensor) -> Tensor | float:
        """Return the penalty, a scalar.

        Args:
            x: the weight or the outputs; a float tensor.
        """
        return 0.0
