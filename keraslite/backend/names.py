"""What `keraslite.backend` offers to users besides the settings: dtypes by name, tensors without values, numbers."""

from __future__ import annotations

from keraslite import naming
from keraslite.backend import dtypes as lattice
from keraslite.backend.scopes import SymbolicBase

__all__ = [
    "get_uid",
    "is_float_dtype",
    "is_int_dtype",
    "is_keras_tensor",
    "result_type",
    "standardize_dtype",
]


def standardize_dtype(dtype: object) -> str:
    """Return the name of a dtype that is given in any spelling.

    Args:
        dtype: a name, a NumPy dtype, a Python type, or the dtype of an engine such as `torch.float16`. None is
            `keraslite.config.floatx()`.

    Returns:
        The name, such as "float32".

    Raises:
        DTypeError: if no dtype is spelled so.

    Example:
        >>> import keraslite as keras
        >>> import numpy as np
        >>> keras.backend.standardize_dtype(np.dtype("int8")), keras.backend.standardize_dtype(int)
        ('int8', 'int32')
    """
    return lattice.canonical(dtype)


def is_float_dtype(dtype: object) -> bool:
    """Return whether a dtype is a real floating one.

    Args:
        dtype: in any spelling that `standardize_dtype` takes.

    Returns:
        True for "float16", "bfloat16", "float32", "float64" and the float8 dtypes.

    Example:
        >>> import keraslite as keras
        >>> keras.backend.is_float_dtype("bfloat16"), keras.backend.is_float_dtype("int8")
        (True, False)
    """
    return lattice.is_float(lattice.canonical(dtype))


def is_int_dtype(dtype: object) -> bool:
    """Return whether a dtype is a signed or unsigned integer one.

    Args:
        dtype: in any spelling that `standardize_dtype` takes.

    Returns:
        True for the integer dtypes; False for "bool".

    Example:
        >>> import keraslite as keras
        >>> keras.backend.is_int_dtype("uint8"), keras.backend.is_int_dtype("bool")
        (True, False)
    """
    return lattice.is_int(lattice.canonical(dtype))


def result_type(*dtypes: object) -> str:
    """Return the dtype that an op on operands of several dtypes has.

    Args:
        *dtypes: dtypes in any spelling, tensors and Python scalars. Python scalars, and the types `bool`, `int`,
            `float` and `complex`, give way to the dtypes that they meet. None at all stands for `float`.

    Returns:
        The name of the common dtype.

    Raises:
        DTypeError: if the dtypes have none in common.

    Example:
        >>> import keraslite as keras
        >>> keras.backend.result_type("bfloat16", "float16"), keras.backend.result_type("float16", int)
        ('float32', 'float16')
    """
    return lattice.result_type(*dtypes) if dtypes else lattice.default_float()


def is_keras_tensor(x: object) -> bool:
    """Return whether an object is a symbolic tensor, a `keraslite.KerasTensor`.

    Args:
        x: any object.

    Returns:
        True for what `keraslite.Input` and layers called on it return.

    Example:
        >>> import keraslite as keras
        >>> keras.backend.is_keras_tensor(keras.Input((3,))), keras.backend.is_keras_tensor([1.0])
        (True, False)
    """
    return isinstance(x, SymbolicBase)


def get_uid(prefix: str = "") -> int:
    """Return the next number for a prefix, from 1.

    Args:
        prefix: what is counted. Each prefix has numbers of its own, apart from those in the names of layers.

    Returns:
        1 at the first call with that prefix, 2 at the second, and so on; from 1 again after `clear_session`.

    Example:
        >>> import keraslite as keras
        >>> keras.backend.get_uid("step"), keras.backend.get_uid("step")
        (1, 2)
    """
    return naming.next_number(prefix)
