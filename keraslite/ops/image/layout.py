"""Where rows, columns and channels of images stand, and in which dtype to compute with them."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from keraslite.backend import dtypes as lattice
from keraslite.backend.contract import Tensor, TensorLike
from keraslite.errors import ArgumentError, DTypeError
from keraslite.ops.convolution import layout
from keraslite.ops.core import cast, saturate_cast
from keraslite.ops.core import dtype as dtype_of
from keraslite.ops.dimension import Size, may_equal
from keraslite.ops.dtype import Names, Rule, result_type
from keraslite.ops.rounding import round
from keraslite.ops.shape import Dims, shown


def image_axes(images: Dims, data_format: str | None, where: str) -> tuple[int, int, int]:
    """(rows, columns, channels) as axes of an image or a batch of images."""
    data_format = layout(data_format, where)
    rank = len(images)
    if rank not in (3, 4):
        raise ArgumentError(
            f"`{where}` needs an image of rank 3 or a batch of images of rank 4. Received shape {shown(images)}."
        )
    return (rank - 3, rank - 2, rank - 1) if data_format == "channels_last" else (rank - 2, rank - 1, rank - 3)


def need_channels(images: Dims, axis: int, count: int, where: str) -> None:
    """An error unless the axis of channels may have that many."""
    if not may_equal(images[axis], count):
        raise ArgumentError(
            f"`{where}` needs {count} channels. Received {images[axis]} on axis {axis} of shape {shown(images)}."
        )


def replaced(dims: Dims, sizes: Mapping[int, Size]) -> Dims:
    """`dims` with other sizes on some axes."""
    return tuple(sizes.get(i, d) for i, d in enumerate(dims))


def working_dtype(name: str) -> str:
    """The dtype to compute in: float32 for integers and half precision, else the own one."""
    return name if name in ("float32", "float64") else "float32"


def as_working(x: TensorLike) -> Tensor:
    """`x` in its working dtype."""
    return cast(x, working_dtype(dtype_of(x)))


def restored(x: TensorLike, name: str) -> Tensor:
    """Computed values in the dtype that the images had; as integers rounded, and those out of range as the nearest."""
    return cast(x, name) if lattice.is_float(name) or name == "bool" else saturate_cast(round(x), name)


def constant(array: np.ndarray, like: TensorLike) -> np.ndarray:
    """A host array in the dtype of the tensor `like`, so that it promotes nothing."""
    return np.asarray(array).astype(lattice.to_numpy_dtype(dtype_of(like)))


def own_and_floats(dtypes: Names, attributes: Mapping[str, object]) -> tuple[Names, str]:
    """The first operand keeps its dtype, which the result has; the others become floats of 32 or 64 bits."""
    own = result_type(dtypes[:1])
    return (own, *(working_dtype(result_type((d,))) for d in dtypes[1:])), own


def only_float(where: str) -> Rule:
    """A dtype rule: floats stay, all else is an error."""

    def rule(dtypes: Names, attributes: Mapping[str, object]) -> tuple[Names, str]:
        own = result_type(dtypes)
        if not lattice.is_float(own):
            raise DTypeError(
                f"`{where}` needs images of a float dtype with values in [0, 1]. Received dtype {own}. "
                "Cast them, and divide by 255 where that is the range."
            )
        return (own,), own

    return rule
