"""Types for annotations of your own functions, layers and models.

Example:
    >>> from keraslite import ops
    >>> from keraslite.types import Tensor, TensorLike
    >>> def centered(x: TensorLike) -> Tensor:
    ...     return ops.subtract(x, ops.mean(x))
    >>> ops.convert_to_numpy(centered([1.0, 3.0])).tolist()
    [-1.0, 1.0]
"""

from __future__ import annotations

from keraslite.backend.contract import DTypeLike, Tensor, TensorLike

__all__ = ["DTypeLike", "Tensor", "TensorLike"]
