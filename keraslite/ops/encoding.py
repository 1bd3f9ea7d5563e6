"""Classes as vectors of zeros and ones."""

from __future__ import annotations

from collections.abc import Mapping

from keraslite.backend import dtypes as lattice
from keraslite.errors import ArgumentError
from keraslite.ops.comparison import equal
from keraslite.ops.core import cast
from keraslite.ops.core import dtype as dtype_of
from keraslite.ops.declare import DType, NewAxis, Tensor, TensorLike, composite, given
from keraslite.ops.dtype import Names, asked
from keraslite.ops.manipulation import expand_dims, reshape
from keraslite.ops.reduction import max
from keraslite.ops.spacing import arange

__all__ = ["multi_hot", "one_hot"]


def _as_classes(operands: Names, attributes: Mapping[str, object]) -> tuple[Names, str]:
    """Classes are integers; the result has the attribute `dtype`, or floatx."""
    own = lattice.promote(*operands)
    return (own if lattice.is_int(own) else "int32",), asked(attributes) or lattice.default_float()


def _refuse_sparse(sparse: bool, where: str) -> None:
    if sparse:
        raise ArgumentError(f"`{where}` needs sparse=False: keraslite has no sparse tensors. Received sparse=True.")


@composite(dtype=_as_classes)
def one_hot(x: TensorLike, num_classes: int, axis: NewAxis = -1, dtype: DType = None, sparse: bool = False) -> Tensor:
    """Return 1 at the position of each class along a new axis, and 0 elsewhere.

    Args:
        x: integer classes of any shape. A class outside `[0, num_classes)` gives zeros.
        num_classes: the size of the new axis.
        axis: the position of the new axis; -1 by default.
        dtype: of the result; None (default) is `config.floatx()`.
        sparse: must be False.

    Example:
        >>> from keraslite import ops
        >>> ops.convert_to_numpy(ops.one_hot([0, 2], 3)).tolist()
        [[1.0, 0.0, 0.0], [0.0, 0.0, 1.0]]
    """
    _refuse_sparse(sparse, "one_hot")
    x = expand_dims(x, axis)
    classes = arange(num_classes, dtype=dtype_of(x))
    classes = reshape(classes, (-1,) + (1,) * (len(x.shape) - 1 - axis))
    return cast(equal(x, classes), dtype or lattice.default_float())


@composite(dtype=_as_classes)
def multi_hot(
    inputs: TensorLike, num_classes: int | None = None, axis: NewAxis = -1, dtype: DType = None, sparse: bool = False
) -> Tensor:
    """Return 1 at the position of each class that occurs in a row, and 0 elsewhere.

    Args:
        inputs: integer classes; those outside `[0, num_classes)` count for nothing. Axis 1 (of rank 1: axis 0)
            is the one that goes.
        num_classes: size of the new axis.
        axis: where the new axis goes, before the other one goes.
        dtype: of the result; None: floatx.
        sparse: must be False.

    Example:
        >>> from keraslite import ops
        >>> ops.convert_to_numpy(ops.multi_hot([[0, 2]], 4)).tolist()
        [[1.0, 0.0, 1.0, 0.0]]
    """
    inputs = given(inputs)
    _refuse_sparse(sparse, "multi_hot")
    if num_classes is None:
        raise ArgumentError("`multi_hot` needs `num_classes`. Received None.")
    gone = 1 if len(inputs.shape) > 1 else 0
    hot = one_hot(inputs, num_classes, axis, dtype)
    return max(hot, axis=gone + 1 if axis <= gone else gone)
