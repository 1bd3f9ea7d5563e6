"""What a tensor is: its shape and dtype, and making tensors from other things."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import ml_dtypes
import numpy as np

from keraslite.backend import dtypes as lattice
from keraslite.backend import registry
from keraslite.backend.scopes import VariableBase
from keraslite.errors import ArgumentError, SymbolicError
from keraslite.ops.declare import DType, Tensor, TensorLike, composite, primitive
from keraslite.ops.dtype import Names, asked, explicit_or_first, first, same
from keraslite.ops.operators import OPS
from keraslite.ops.shape import product, same_as_first
from keraslite.ops.signature import one_tensor
from keraslite.ops.symbolic import SymbolicTensor, is_symbolic

__all__ = [
    "array",
    "cast",
    "convert_to_numpy",
    "convert_to_tensor",
    "copy",
    "dtype",
    "is_tensor",
    "ndim",
    "saturate_cast",
    "shape",
    "size",
]


def to_given(dtypes: Names, attributes: Mapping[str, object]) -> tuple[Names, str]:
    """The operand becomes the attribute `dtype`, or stays as it is."""
    result = explicit_or_first(dtypes, attributes)[1]
    return (result,), result


def shape(x: Any) -> tuple[Any, ...]:
    """Return the sizes of a tensor: ints, and `Dimension`s for the unknown sizes of a symbolic tensor.

    Args:
        x: a tensor, an array, a Variable, a number or nested lists.

    Example:
        >>> from keraslite import ops
        >>> ops.shape([[1, 2]])
        (1, 2)
    """
    if isinstance(x, SymbolicTensor):
        return x.dims
    if isinstance(x, VariableBase):
        return tuple(x.shape)  # type: ignore[attr-defined]
    engine = registry.engine_of(x)
    return tuple(engine.shape(x)) if engine is not None else np.shape(x)


def ndim(x: object) -> int:
    """Return the number of axes.

    Args:
        x: a tensor, an array, a Variable, a number or nested lists.

    Example:
        >>> from keraslite import ops
        >>> ops.ndim([[1, 2]])
        2
    """
    return len(shape(x))


def size(x: object) -> Any:
    """Return the number of elements, an int; a `Dimension` if it is unknown.

    Args:
        x: a tensor, an array, a Variable, a number or nested lists.

    Example:
        >>> from keraslite import ops
        >>> ops.size([[1, 2]])
        2
    """
    return product(shape(x))


def dtype(x: Any) -> str:
    """Return the name of the dtype of a tensor, such as "float32".

    Args:
        x: a tensor, an array, a Variable, or a number, for which it is the dtype of a tensor made of it.

    Example:
        >>> from keraslite import ops
        >>> ops.dtype(ops.ones((2,)))
        'float32'
    """
    if isinstance(x, (SymbolicTensor, VariableBase)):
        return x.dtype  # type: ignore[union-attr]
    engine = registry.engine_of(x)
    if engine is not None:
        return engine.dtype_name(x)
    if type(x) in (bool, int, float, complex):
        return lattice.result_type(x)
    return lattice.canonical(x.dtype if hasattr(x, "dtype") else np.asarray(x).dtype)


dtype_of = dtype  # where a parameter is called dtype


def is_tensor(x: object) -> bool:
    """Return whether a value is a tensor of an engine or a symbolic one.

    Args:
        x: anything.

    Example:
        >>> from keraslite import ops
        >>> ops.is_tensor(ops.ones((2,))), ops.is_tensor([1, 2])
        (True, False)
    """
    return is_symbolic(x) or isinstance(x, tuple(registry.current().tensor_types)) or registry.engine_of(x) is not None


@composite(shape=lambda x, dtype: x, dtype=to_given)
def cast(x: TensorLike, dtype: DType) -> Tensor:
    """Return a tensor as another dtype.

    Floats become integers by rounding towards 0; for bool, everything but 0 is True. What floats outside the range of
    an integer dtype become depends on the engine: see `saturate_cast`.

    Args:
        x: a tensor of any shape.
        dtype: in any spelling.

    Example:
        >>> from keraslite import ops
        >>> ops.convert_to_numpy(ops.cast([1.7, -1.7], "int32")).tolist()
        [1, -1]
    """
    return x  # type: ignore[return-value]  # the machinery has cast it


def as_float(x: Tensor, dtype: str) -> Tensor:
    """Integers and booleans as `dtype`, and floats as they are."""
    name = dtype_of(x)
    return cast(x, dtype) if lattice.is_int(name) or name == "bool" else x


@composite(shape=lambda x, dtype: x, dtype=lambda dtypes, attributes: (first(dtypes, {})[0], asked(attributes)))
def saturate_cast(x: TensorLike, dtype: DType) -> Tensor:
    """Return a tensor as another dtype; numbers outside its range become the nearest in it.

    Args:
        x: a tensor of any shape.
        dtype: in any spelling.

    Example:
        >>> from keraslite import ops
        >>> ops.convert_to_numpy(ops.saturate_cast([300, -5], "uint8")).tolist()
        [255, 0]
    """
    target = dtype_of(cast(0, dtype))  # what the engine has of it: JAX may lack 64 bits
    own = dtype_of(x)
    clip, where, greater_equal = OPS["clip"], OPS["where"], OPS["greater_equal"]
    if lattice.is_float(target) and lattice.is_float(own):
        limit = float(ml_dtypes.finfo(lattice.to_numpy_dtype(target)).max)
        limit = min(limit, float(ml_dtypes.finfo(lattice.to_numpy_dtype(own)).max))
        return cast(clip(x, -limit, limit), target)
    if own == "bool" or not lattice.is_int(target):
        return cast(x, target)
    low, high = int(np.iinfo(target).min), int(np.iinfo(target).max)
    if lattice.is_int(own):
        return cast(clip(x, max(low, int(np.iinfo(own).min)), min(high, int(np.iinfo(own).max))), target)
    x = cast(x, "float32") if own in ("float16", "bfloat16") else x
    # As a float the largest integer may be rounded up, out of the range: write it after the cast.
    above = greater_equal(x, float(high))
    return where(above, high, cast(where(above, float(low), OPS["maximum"](x, float(low))), target))


@primitive(shape=same_as_first, dtype=same)
def copy(x: TensorLike) -> Tensor:
    """Return a tensor of the same values that shares no memory.

    Args:
        x: a tensor of any shape.

    Example:
        >>> from keraslite import ops
        >>> ops.convert_to_numpy(ops.copy([1, 2])).tolist()
        [1, 2]
    """
    ...


@composite(shape=lambda x, dtype: x, dtype=to_given)
def _converted(x: TensorLike, dtype: DType = None) -> Tensor:
    return x  # type: ignore[return-value]


_converted.op.label = "convert_to_tensor"


def convert_to_tensor(x: object, dtype: object = None, sparse: bool | None = None, ragged: bool | None = None) -> Any:
    """Return a value as a tensor of the active engine.

    Tensors of the engine are returned as they are. Those of another engine are copied through the host, and no
    gradient goes back through the copy.

    Args:
        x: an array, a number, a tensor, a Variable, or nested lists of those.
        dtype: in any spelling; None (default) keeps that of arrays and tensors. Python numbers become bool, int32 and
            `config.floatx()`.
        sparse: must be None or False.
        ragged: must be None or False.

    Example:
        >>> from keraslite import ops
        >>> ops.convert_to_numpy(ops.convert_to_tensor([1, 2])).tolist()
        [1, 2]
    """
    if sparse or ragged:
        raise ArgumentError("`convert_to_tensor` makes dense tensors. Received sparse or ragged=True. Leave it out.")
    x = x.operand if isinstance(x, VariableBase) else one_tensor(x)
    owner = registry.engine_of(x)
    if owner is not None and owner is not registry.current():
        x = owner.to_numpy(owner.to_tensor(x, None, None))
    return as_tensor(x, dtype)


def as_tensor(x: Any, dtype: Any = None) -> Any:
    """`x` as a tensor: one stays with its engine, anything else becomes one of the active engine."""
    if is_symbolic(x) and (dtype is None or lattice.canonical(dtype) == x.dtype):
        return x
    return _converted(x, dtype)


def array(x: object, dtype: object = None) -> Any:
    """Return a value as a tensor of the active engine; the same as `convert_to_tensor`.

    Args:
        x: an array, a number, a tensor, or nested lists of those.
        dtype: in any spelling; None (default) keeps that of arrays and tensors.

    Example:
        >>> from keraslite import ops
        >>> ops.convert_to_numpy(ops.array([1, 2])).tolist()
        [1, 2]
    """
    return convert_to_tensor(x, dtype)


def convert_to_numpy(x: Any) -> np.ndarray:
    """Return a NumPy array with the values of a tensor.

    Args:
        x: a tensor, a Variable, an array, a number, or nested lists of those.

    Example:
        >>> from keraslite import ops
        >>> ops.convert_to_numpy(ops.ones((2,))).tolist()
        [1.0, 1.0]
    """
    if isinstance(x, SymbolicTensor):
        raise SymbolicError(f"A symbolic tensor has no values to convert. Received {x!r}.")
    if isinstance(x, VariableBase):
        x = x.value
    engine = registry.engine_of(x)
    if engine is not None:
        return engine.to_numpy(x)
    if isinstance(x, (list, tuple)):
        return np.array([convert_to_numpy(each) for each in x]) if x else np.array(x)
    return np.array(x)
