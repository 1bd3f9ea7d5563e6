"""Penalties on the size of weights, and on rows or columns that point the same way."""

from __future__ import annotations

from keraslite import errors, ops, ranges
from keraslite.backend.contract import Tensor, TensorLike
from keraslite.ops.core import as_tensor
from keraslite.regularizers.base import Regularizer
from keraslite.serialization import builtin

_FACTOR = ranges.unsigned | None


def _penalty(x: TensorLike, l1: float, l2: float) -> Tensor:
    """`l1 * sum(abs(x)) + l2 * sum(square(x))`, without the terms of factor 0: 0 times an overflown sum is NaN."""
    terms: list[Tensor] = [
        factor * ops.sum(size(x)) for factor, size in ((l1, ops.abs), (l2, ops.square)) if _counts(factor)
    ]
    return ops.sum(ops.zeros_like(x)) if not terms else terms[0] + terms[1] if len(terms) == 2 else terms[0]


def _counts(factor: object) -> bool:
    return not isinstance(factor, (int, float)) or factor != 0


@builtin("keras.regularizers")
class L1(Regularizer):
    """Penalise the absolute values: `l1 * sum(abs(x))`. It drives small values to 0 (the lasso).

    Source: Tibshirani, 1996, "Regression shrinkage and selection via the lasso".

    Args:
        l1: the factor, not negative; 0.01 by default, and if None.

    Example:
        >>> import numpy as np
        >>> from keraslite import regularizers
        >>> round(float(regularizers.L1(0.1)(np.array([1.0, -2.0]))), 2)
        0.3
    """

    argument_checks = ranges.checks(l1=_FACTOR)

    def __init__(self, l1: float | None = 0.01):
        self.l1 = 0.01 if l1 is None else l1

    def __call__(self, x: TensorLike) -> Tensor:
        return _penalty(x, self.l1, 0)


@builtin("keras.regularizers")
class L2(Regularizer):
    """Penalise the squares: `l2 * sum(square(x))`. It keeps values small (ridge regression).

    Source: Hoerl & Kennard, 1970, "Ridge regression".

    Args:
        l2: the factor, not negative; 0.01 by default, and if None.

    Example:
        >>> import numpy as np
        >>> from keraslite import regularizers
        >>> round(float(regularizers.L2(0.1)(np.array([1.0, -2.0]))), 2)
        0.5
    """

    argument_checks = ranges.checks(l2=_FACTOR)

    def __init__(self, l2: float | None = 0.01):
        self.l2 = 0.01 if l2 is None else l2

    def __call__(self, x: TensorLike) -> Tensor:
        return _penalty(x, 0, self.l2)


@builtin("keras.regularizers")
class L1L2(Regularizer):
    """Penalise absolute values and squares: `l1 * sum(abs(x)) + l2 * sum(square(x))` (the elastic net).

    Source: Zou & Hastie, 2005, "Regularization and variable selection via the elastic net".

    Args:
        l1: the factor of the absolute values, not negative; 0 by default, and if None.
        l2: the factor of the squares, not negative; 0 by default, and if None.

    Example:
        >>> import numpy as np
        >>> from keraslite import regularizers
        >>> round(float(regularizers.L1L2(l1=0.1, l2=0.1)(np.array([1.0, -2.0]))), 2)
        0.8
    """

    argument_checks = ranges.checks(l1=_FACTOR, l2=_FACTOR)

    def __init__(self, l1: float | None = 0.0, l2: float | None = 0.0):
        self.l1 = 0.0 if l1 is None else l1
        self.l2 = 0.0 if l2 is None else l2

    def __call__(self, x: TensorLike) -> Tensor:
        return _penalty(x, self.l1, self.l2)


@builtin("keras.regularizers")
class OrthogonalRegularizer(Regularizer):
    """Penalise rows or columns of a matrix that point in similar directions.

    The penalty is `factor` times the mean, over all pairs of different rows (or columns), of the absolute cosine of
    the angle between them: 0 if they are orthogonal, `factor` if they are parallel.

    Args:
        factor: not negative; 0.01 by default.
        mode: "rows" (default) or "columns".

    Raises:
        ArgumentError: if the tensor is not a matrix.

    Example:
        >>> import numpy as np
        >>> from keraslite import regularizers
        >>> regularizer = regularizers.OrthogonalRegularizer(0.1)
        >>> round(float(regularizer(np.array([[1.0, 0.0], [0.0, 2.0]]))), 2)
        0.0
        >>> round(float(regularizer(np.array([[1.0, 1.0], [2.0, 2.0]]))), 2)
        0.1
    """

    argument_checks = ranges.checks(factor=ranges.unsigned, mode=ranges.one_of("rows", "columns"))

    def __init__(self, factor: float = 0.01, mode: str = "rows"):
        self.factor, self.mode = factor, mode

    def __call__(self, x: TensorLike) -> Tensor:
        matrix = as_tensor(x)
        shape = tuple(matrix.shape)
        if len(shape) != 2:
            raise errors.ArgumentError(
                f"`OrthogonalRegularizer` needs a matrix. Received a tensor of shape {shape}. Reshape it first."
            )
        rows = matrix if self.mode == "rows" else ops.transpose(matrix)
        size = rows.shape[0]
        norm = ops.sqrt(ops.maximum(ops.sum(ops.square(rows), axis=1, keepdims=True), 1e-12))
        rows = rows / norm
        cosines = ops.matmul(rows, ops.transpose(rows)) * (1 - ops.eye(size, dtype=rows.dtype))
        return self.factor * ops.sum(ops.abs(cosines)) / max(size * (size - 1), 1)
