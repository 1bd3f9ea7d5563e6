"""What ops do to their arguments: dims and dtypes of anything array-like, attributes in one form, conversion."""

from __future__ import annotations

import inspect
from collections.abc import Callable
from typing import Any

import numpy as np

from keraslite import config
from keraslite.backend import dtypes as lattice
from keraslite.backend import registry
from keraslite.backend.contract import Engine
from keraslite.errors import DTypeError
from keraslite.ops.dimension import Dimension
from keraslite.ops.shape import Mismatch, shown
from keraslite.ops.symbolic import SymbolicTensor

TENSORS = ("Tensor", "Tensors")
SHAPES = ("Shape", "NewShape")
AXES = ("Axis", "AxisIndex", "NewAxis")
KEYED = ("DType", "bool", "str")  # attributes of few values, on which dtype rules may depend
WEAK = {bool: "bool?", int: "int?", float: "float?", complex: "complex?"}


def kind_of(parameter: inspect.Parameter) -> str:
    """What the annotation says the machinery does with the parameter."""
    text = str(parameter.annotation).replace(" | None", "")
    text = {"TensorLike": "Tensor", "TensorsLike": "Tensors"}.get(text, text)
    return text if text in (*TENSORS, *AXES, *KEYED, *SHAPES, "Epsilon", "Number") else "static"


def _array_dtype(x: Any, op: str) -> str:
    dtype = np.asarray(x).dtype if not hasattr(x, "dtype") else np.dtype(x.dtype)
    if not lattice.is_numeric(dtype):
        advice = " Texts stay in NumPy arrays; a `StringLookup` encodes them." if dtype.kind in "UST" else ""
        raise DTypeError(
            f"`{op}` needs numbers. Received {type(x).__name__} of dtype {dtype}. Convert it first.{advice}"
        )
    if not hasattr(x, "dtype"):  # nested lists of Python numbers are as wide as the defaults
        return {"f": lattice.default_float(), "i": "int32", "b": "bool"}.get(dtype.kind, dtype.name)
    return lattice.canonical(dtype)


def dtype_of(x: Any, op: str) -> str:
    """The dtype of anything that stands for a tensor, the weak kind of a Python number."""
    if isinstance(x, SymbolicTensor):
        return x.dtype
    weak = WEAK.get(type(x))
    if weak is not None:
        return weak
    if isinstance(x, Dimension):
        return "int?"
    engine = registry.engine_of(x)
    if engine is not None:
        return engine.dtype_name(x)
    return _array_dtype(x, op)


def requested_dtype(engine: Engine, name: str, where: str) -> str:
    """`name`, which somebody asks for; `DTypeError` if a switch of the engine keeps it out."""
    stored = engine.stored_dtype(name)
    if stored != name:
        raise DTypeError(
            f"`{where}` needs a dtype that engine {engine.name!r} has switched on. Received {name}. "
            f"Set {engine.dtype_switch}, or ask for {stored}."
        )
    return name


def stored_dtypes(engine: Engine, names: Any) -> Any:
    """`engine.stored_dtype` of a name, or of each in tuples of them; None stays None."""
    if isinstance(names, tuple):
        return tuple(stored_dtypes(engine, name) for name in names)
    return None if names is None else engine.stored_dtype(names)


def dims_of(x: Any) -> tuple:
    """Sizes of anything that stands for a tensor; exact (`Dimension`s) for symbolic ones."""
    if isinstance(x, SymbolicTensor):
        return x.dims
    engine = registry.engine_of(x)
    return tuple(engine.shape(x)) if engine is not None else np.shape(x)


def shapes_of(engine: Engine, x: Any) -> tuple | list | None:
    """The shape of a tensor, or those of a sequence of tensors."""
    if x is None:
        return None
    return [shapes_of(engine, t) for t in x] if isinstance(x, (list, tuple)) else tuple(engine.shape(x))


def _as_shape(value: Any, low: int = 0) -> tuple:
    """A tuple of sizes of at least `low`.

    A `Dimension` stays, and so does what has no `__index__`: a size that an engine knows only when its graph runs.
    """
    if type(value) is tuple:
        for size in value:
            if type(size) is not int or size < low:
                break
        else:
            return value
    if isinstance(value, Dimension) or hasattr(value, "__index__"):
        value = (value,)
    if isinstance(value, (str, bytes)) or not hasattr(value, "__iter__"):
        raise Mismatch(f"needs integers as a shape. Received {value!r}.")
    sizes = tuple(_as_size(size, value) for size in value)
    if any(type(size) is int and size < low for size in sizes):
        rest = " and at most one -1" if low < 0 else ""
        raise Mismatch(f"needs sizes of 0 or more{rest}. Received {shown(sizes)}.")
    return sizes


def _as_new_shape(value: object) -> tuple:
    """As a shape, but -1 may stand for the size that follows from the others."""
    return _as_shape(value, -1)


def _as_size(size: Any, shape: object) -> Any:
    if isinstance(size, (Dimension, *registry.current().size_types)):
        return size
    if hasattr(size, "__index__") and not isinstance(size, bool) and getattr(size, "shape", ()) == ():
        return size.__index__()
    if size is None or isinstance(size, (bool, float, complex, str, bytes, np.generic, np.ndarray, tuple, list)):
        raise Mismatch(f"needs integers as a shape. Received {shape!r}.")
    return size


def _as_dtype(value: object) -> str | None:
    return None if value is None else lattice.canonical(value)


def as_static(value: object) -> object:
    """Lists as tuples, which can be kept."""
    return tuple(as_static(v) for v in value) if isinstance(value, list) else value


def _as_epsilon(value: float | None) -> object:
    return config.epsilon() if value is None else as_static(value)


STATIC: dict[str, Callable] = {
    "Shape": _as_shape,
    "NewShape": _as_new_shape,
    "DType": _as_dtype,
    "Epsilon": _as_epsilon,
}
