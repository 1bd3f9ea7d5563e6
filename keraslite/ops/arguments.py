"""What ops do to their arguments: dims and dtypes of anything array-like, attributes in one form, conversion."""

from __future__ import annotations

import functools
import inspect
import math
from collections.abc import Callable
from typing import Any

import numpy as np

from keraslite import config
from keraslite.backend import dtypes as lattice
from keraslite.backend import registry
from keraslite.backend.state import VariableBase
from keraslite.errors import ArgumentError, DTypeError
from keraslite.ops.dimension import Dimension
from keraslite.ops.operators import OPS
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
        raise DTypeError(f"`{op}` needs numbers. Received {type(x).__name__} of dtype {dtype}. Convert it first.")
    if not hasattr(x, "dtype"):  # nested lists of Python numbers are as wide as the defaults
        return {"f": lattice.default_float(), "i": "int32", "b": "bool"}.get(dtype.kind, dtype.name)
    return lattice.canonical(dtype)


def has_dimension(nest: Any) -> bool:
    """Whether an unknown size stands among the arguments: then the result is symbolic, whatever the operands are."""
    if isinstance(nest, (tuple, list)):
        return any(has_dimension(each) for each in nest)
    return isinstance(nest, Dimension)


def one_tensor(x: Any) -> Any:
    """Lists in which tensors or Variables stand as one tensor, through which gradients go; anything else as it is."""
    if not isinstance(x, (list, tuple)) or not _holds_tensors(x):
        return x
    return OPS["stack"]([one_tensor(each) for each in x])


def _holds_tensors(nest: Any) -> bool:
    if _PLAIN.issuperset(map(type, nest)):  # as most lists, and long ones
        return False
    return any(
        _holds_tensors(x)
        if isinstance(x, (list, tuple))
        else isinstance(x, (VariableBase, SymbolicTensor)) or registry.engine_of(x) is not None
        for x in nest
    )


_PLAIN = frozenset((bool, int, float, complex))


def is_scalar_symbol(x: Any) -> bool:
    """Whether `x` is a symbolic tensor of rank 0."""
    return isinstance(x, SymbolicTensor) and not x.dims


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


def requested_dtype(engine: Any, name: str, where: str) -> str:
    """`name`, which somebody asks for; `DTypeError` if a switch of the engine keeps it out."""
    stored = engine.stored_dtype(name)
    if stored != name:
        raise DTypeError(
            f"`{where}` needs a dtype that engine {engine.name!r} has switched on. Received {name}. "
            f"Set {engine.dtype_switch}, or ask for {stored}."
        )
    return name


def stored_dtypes(engine: Any, names: Any) -> Any:
    """`engine.stored_dtype` of a name, or of each in tuples of them; None stays None."""
    if isinstance(names, tuple):
        return tuple(stored_dtypes(engine, name) for name in names)
    return None if names is None else engine.stored_dtype(names)


def may_switch(engine: Any, x: Any) -> bool:
    """Whether `x` is host data of a dtype that a switch of the engine, which users may turn, keeps as another."""
    return isinstance(x, (np.ndarray, np.generic)) and x.dtype.itemsize >= 8 and engine.dtype_switch is not None


def computed_in(engine: Any, op: str, dtype: str | None) -> str | None:
    """The dtype that the engine's kernel of `op` wants operands of `dtype` in."""
    return engine.quirks.get((op, dtype)) or engine.quirks.get(("*", dtype), dtype)


def dims_of(x: Any) -> tuple:
    """Sizes of anything that stands for a tensor; exact (`Dimension`s) for symbolic ones."""
    if isinstance(x, SymbolicTensor):
        return x.dims
    engine = registry.engine_of(x)
    return tuple(engine.shape(x)) if engine is not None else np.shape(x)


def shapes_of(engine: Any, x: Any) -> Any:
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


def _as_new_shape(value: Any) -> tuple:
    """As a shape, but -1 may stand for the size that follows from the others."""
    return _as_shape(value, -1)


def _as_size(size: Any, shape: Any) -> Any:
    if isinstance(size, Dimension):
        return size
    if hasattr(size, "__index__") and not isinstance(size, bool) and getattr(size, "shape", ()) == ():
        return size.__index__()
    if size is None or isinstance(size, (bool, float, complex, str, bytes, np.generic, np.ndarray, tuple, list)):
        raise Mismatch(f"needs integers as a shape. Received {shape!r}.")
    return size


def _as_dtype(value: Any) -> str | None:
    return None if value is None else lattice.canonical(value)


def as_static(value: Any) -> Any:
    """Lists as tuples, which can be kept."""
    return tuple(as_static(v) for v in value) if isinstance(value, list) else value


def _as_epsilon(value: Any) -> Any:
    return config.epsilon() if value is None else as_static(value)


STATIC: dict[str, Callable] = {
    "Shape": _as_shape,
    "NewShape": _as_new_shape,
    "DType": _as_dtype,
    "Epsilon": _as_epsilon,
}


def same_static(new: Any, old: Any) -> bool:
    """Whether normalising an attribute changed nothing, for this and every other value of the kind."""
    return type(new) is type(old) and (new is old or not isinstance(old, (list, tuple)))


def constant(value: Any, *args: Any) -> Any:
    """`value`, whatever the argument."""
    return value


def convert_each(converters: list, values: Any) -> list:
    """Each value through its converter."""
    return [x if convert is None else convert(x) for convert, x in zip(converters, values, strict=True)]


def converter(
    engine: Any, x: Any, target: str | None, device: str | None, op: str, fits: str | None
) -> Callable | None:
    """What turns operands like `x` into the engine's tensor of dtype `target`; None where nothing must be done.

    Python numbers have to fit into the dtype `fits`, which `target` may be wider than.
    """
    if registry.engine_of(x) is engine:
        if target is None or engine.dtype_name(x) == target:
            return None
        return functools.partial(_cast, engine.cast, target)
    if type(x) in WEAK:
        make = engine.scalar
        target = target or lattice.promote(WEAK[type(x)])
        if type(x) is complex and not lattice.is_complex(target) and target != "bool":
            raise DTypeError(f"`{op}` needs real numbers to make {target} of. Received {x}. Use its real part.")
        if lattice.is_int(fits or target):
            return lambda value: make(_integer(value, fits or target, op), target, device)
        return lambda value: make(value, target, device)
    target = target or dtype_of(x, op)
    return lambda value: engine.to_tensor(np.asarray(value), target, device)


def filler(x: Any, fits: str | None, op: str) -> Callable | None:
    """What makes numbers like `x` fit into the dtype `fits` of the tensor that they are put into."""
    if fits is None or not lattice.is_int(fits) or WEAK.get(type(x)) not in ("int?", "float?"):
        return None
    return lambda value: _integer(value, fits, op)


def _integer(value: Any, dtype: str, op: str) -> Any:
    """A Python number as one that an integer dtype can hold: what lies behind the point is cut off."""
    if type(value) is float and math.isfinite(value):
        value = int(value)
    low, high = _limits(dtype)
    if low <= value <= high:
        return value
    raise ArgumentError(
        f"`{op}` needs numbers from {low} to {high}, since it computes in {dtype}. Received {value}. "
        f"Use `ops.cast` to a wider dtype first."
    )


@functools.cache
def _limits(dtype: str) -> tuple[int, int]:
    limits = np.iinfo(dtype)
    return int(limits.min), int(limits.max)


def _cast(cast: Callable, target: str, x: Any) -> Any:
    return cast(x, target)


def compose(kernel: Callable, changes: list[tuple[int, Callable]]) -> Callable:
    """`kernel` with the arguments at some positions changed first."""
    if not changes:
        return kernel
    if len(changes) == 1:
        ((at, change),) = changes

        def run_one(*args: Any) -> Any:
            return kernel(*args[:at], change(args[at]), *args[at + 1 :])

        return run_one

    def run(*args: Any) -> Any:
        changed = list(args)
        for i, change in changes:
            changed[i] = change(changed[i])
        return kernel(*changed)

    return run
