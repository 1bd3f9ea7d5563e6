"""The base of constraints."""

from __future__ import annotations

from keraslite.backend.contract import Tensor
from keraslite.serialization import Configurable, builtin


@builtin("keras.constraints")
class Constraint(Configurable):
    """Base class of constraints, which change a weight after each update so that it keeps a property.

    A subclass defines `__call__(w)`. Any function of a tensor serves as a constraint too.

    Example:
        >>> import numpy as np
        >>> from keraslite import constraints, ops
        >>> class AtMost(constraints.Constraint):
        ...     def __call__(self, w):
        ...         return ops.minimum(w, 1.0)
        >>> ops.convert_to_numpy(AtMost()(np.array([0.5, 3.0]))).tolist()
        [0.5, 1.0]
    """

    _entries = ("__call__",)

    def __call__(self, w: Tensor) -> Tensor:
        """Return the value that the weight takes.

        Args:
            w: the value of the weight after an update; a float tensor.
        """
        return w
