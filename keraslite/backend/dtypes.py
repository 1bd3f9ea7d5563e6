"""Names of dtypes, and the lattice by which they are promoted.

The lattice is JAX's, which Keras shares: https://docs.jax.dev/en/latest/type_promotion.html.
Python scalars are weak: they take the dtype of what they meet. Their kinds are written "bool?",
"int?", "float?" and "complex?". Float8 types are never promoted to another concrete type.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from functools import cache
from typing import Any

import ml_dtypes
import numpy as np

from keraslite.errors import DTypeError

__all__ = [
    "FLOATS",
    "INTS",
    "NAMES",
    "aligned_array",
    "canonical",
    "default_float",
    "depends_on_default",
    "host_array",
    "is_complex",
    "is_float",
    "is_int",
    "is_numeric",
    "is_text",
    "own_array",
    "promote",
    "result_type",
    "set_default_float",
    "to_numpy_dtype",
    "weak_kind",
    "writable_array",
]

UNSIGNED = ("uint8", "uint16", "uint32", "uint64")
SIGNED = ("int8", "int16", "int32", "int64")
FLOAT8 = ("float8_e4m3fn", "float8_e5m2")
FLOATS = frozenset(("bfloat16", "float16", "float32", "float64", *FLOAT8))
INTS = frozenset(UNSIGNED + SIGNED)
COMPLEX = frozenset(("complex64", "complex128"))
NAMES = frozenset(("bool", *INTS, *FLOATS, *COMPLEX))

# Each dtype and those right above it.
_ABOVE: dict[str, tuple[str, ...]] = {
    "bool": ("int?",),
    "int?": ("uint8", "int8"),
    "uint8": ("int16", "uint16"),
    "uint16": ("int32", "uint32"),
    "uint32": ("int64", "uint64"),
    "uint64": ("float?",),
    "int8": ("int16",),
    "int16": ("int32",),
    "int32": ("int64",),
    "int64": ("float?",),
    "float?": ("bfloat16", "float16", "complex?", *FLOAT8),
    "float8_e4m3fn": (),
    "float8_e5m2": (),
    "bfloat16": ("float32",),
    "float16": ("float32",),
    "float32": ("float64", "complex64"),
    "float64": ("complex128",),
    "complex?": ("complex64",),
    "complex64": ("complex128",),
    "complex128": (),
}
_WEAK_OF_TYPE = {bool: "bool?", int: "int?", float: "float?", complex: "complex?"}
_NAME_OF_TYPE = {bool: "bool", int: "int32", complex: "complex64", str: "string"}
_ALIGNED = 64  # bytes: of vectors as long as a CPU has them
_ALIASES = {"int": "int32", "half": "float16", "double": "float64", "bool_": "bool", "str": "string"}

_default_float = "float32"
_dependents: list[Callable[[], None]] = []
_canonical_cache: dict[Any, str] = {}


def default_float() -> str:
    """The float dtype used where nothing says otherwise (`config.floatx`)."""
    return _default_float


def set_default_float(name: str) -> None:
    """Set it; `config.set_floatx` is the public way."""
    global _default_float
    changed, _default_float = name != _default_float, name
    for forget in _dependents if changed else ():
        forget()


def depends_on_default(forget: Callable[[], None]) -> None:
    """`forget` is called when the default float has changed."""
    _dependents.append(forget)


def canonical(dtype: object) -> str:
    """The name of a dtype given in any spelling: a name, an np.dtype, a Python type, an engine's dtype.

    None and `float` are the default float, `int` is int32.
    """
    if dtype is None or dtype is float or (dtype.__class__ is str and dtype == "float"):
        return _default_float
    key = dtype.__class__, dtype  # tf.int32 == 3 and np.dtype("bool") == bool
    try:
        return _canonical_cache[key]
    except KeyError:
        name = _canonical_cache[key] = _name_of(dtype)
        return name
    except TypeError:  # not hashable
        return _name_of(dtype)


def learn(names: Mapping[object, str]) -> None:
    """From now on `canonical` knows these dtypes of an engine."""
    _canonical_cache.update({(dtype.__class__, dtype): name for dtype, name in names.items()})


def _name_of(dtype: Any) -> str:
    if isinstance(dtype, str):
        name = dtype
    elif isinstance(dtype, type) and dtype in _NAME_OF_TYPE:
        name = _NAME_OF_TYPE[dtype]
    else:
        name = getattr(dtype, "name", None)
        if not isinstance(name, str):
            try:
                name = np.dtype(dtype).name
            except TypeError:
                name = str(dtype)
    name = name.rpartition(".")[2]  # of a library's own, such as "torch.float32"
    name = _ALIASES.get(name, name)
    if name in NAMES or name == "string":
        return name
    raise DTypeError(f"`dtype` needs the name of a dtype. Received {dtype!r}. Use one of {', '.join(sorted(NAMES))}.")


def is_float(name: str) -> bool:
    """Whether it names a real floating dtype, or the weak kind."""
    return name in FLOATS or name == "float?"


def is_int(name: str) -> bool:
    """Whether it names a signed or unsigned integer dtype, or the weak kind."""
    return name in INTS or name == "int?"


def is_complex(name: str) -> bool:
    """Whether it names a complex dtype, or the weak kind."""
    return name in COMPLEX or name == "complex?"


def is_numeric(dtype: np.dtype[Any]) -> bool:
    """Whether arrays of a NumPy dtype hold numbers (or booleans) that an engine may take."""
    return dtype.kind in "biufc" or dtype.name in NAMES  # bfloat16 is of kind "V"


def is_text(array: np.ndarray) -> bool:
    """Whether an array holds strings: of NumPy's own dtypes, or Python's in an array of objects."""
    if array.dtype.kind == "O":
        return all(issubclass(kind, (str, bytes)) for kind in set(map(type, array.reshape(-1).tolist())))
    return array.dtype.kind in "UST"


def weak_kind(value: object) -> str | None:
    """The weak kind of a Python scalar (by exact type), or None."""
    return _WEAK_OF_TYPE.get(type(value))


def promote(*names: str) -> str:
    """The dtype that names and weak kinds have in common.

    Weak kinds alone give bool, int32, the default float and its complex.
    """
    return _promote(names, _default_float)


def result_type(*dtypes: object) -> str:
    """`promote` for any spelling; the Python types bool, int, float and complex, and Python scalars, are weak."""
    names = []
    for dtype in dtypes:
        if isinstance(dtype, type) and dtype in _WEAK_OF_TYPE:
            names.append(_WEAK_OF_TYPE[dtype])
        elif type(dtype) in _WEAK_OF_TYPE:
            names.append(_WEAK_OF_TYPE[type(dtype)])
        elif isinstance(dtype, str) and dtype.endswith("?"):
            names.append(dtype)
        else:
            names.append(canonical(getattr(dtype, "dtype", dtype) if not isinstance(dtype, type) else dtype))
    return promote(*names)


def to_numpy_dtype(name: str) -> np.dtype[Any]:
    """The NumPy dtype of that name; bfloat16 and float8 are ml_dtypes'."""
    return _NUMPY[name]


def host_array(array: Any, name: str) -> np.ndarray:
    """`array` as a NumPy array of that dtype, itself where it is one already. Of complex numbers, the real part."""
    array = np.asarray(array)
    if array.dtype.kind == "c" and name not in COMPLEX and name != "bool":
        array = array.real
    return np.asarray(array, _NUMPY[name])


def own_array(array: object, name: str) -> np.ndarray:
    """`host_array`, writable and in memory that whoever owns `array` does not write to."""
    result = writable_array(array, name)
    return result.copy() if np.may_share_memory(result, array) else result


def writable_array(array: object, name: str) -> np.ndarray:
    """`host_array`, in C's order and writable: copied where it is not."""
    return np.require(host_array(array, name), requirements=("C", "W"))


def aligned_array(make: Callable[..., np.ndarray], shape: tuple[int, ...], dtype: np.dtype[Any]) -> np.ndarray:
    """An array by `make` (`np.empty`, `np.zeros`) at an address that engines ask for who take over its memory."""
    size = math.prod(shape) * dtype.itemsize
    room = make(size + _ALIGNED, np.uint8)
    start = -room.ctypes.data % _ALIGNED
    return room[start : start + size].view(dtype).reshape(shape)


def _upper(name: str) -> frozenset[str]:
    reached, todo = set(), [name]
    while todo:
        node = todo.pop()
        if node not in reached:
            reached.add(node)
            todo.extend(_ABOVE[node])
    return frozenset(reached)


_UPPER = {name: _upper(name) for name in _ABOVE}
_NUMPY = {name: np.dtype(getattr(ml_dtypes, name, None) or name) for name in NAMES}


@cache
def _promote(names: tuple[str, ...], default: str) -> str:
    if not names:
        raise DTypeError("`promote` needs at least one dtype. Received none.")
    nodes = {"bool" if name == "bool?" else name for name in names}
    unknown = nodes - _UPPER.keys()
    if unknown:
        raise DTypeError(f"A dtype that can be promoted is needed. Received {', '.join(sorted(unknown))}.")
    common = frozenset.intersection(*(_UPPER[node] for node in nodes))
    for node in common:
        if _UPPER[node] == common:
            return _concrete(node, default)
    raise DTypeError(f"Dtypes {', '.join(sorted(nodes))} have no common dtype. Cast one of them with `ops.cast`.")


def _concrete(node: str, default: str) -> str:
    if node == "int?":
        return "int32"
    if node == "float?":
        return default
    if node == "complex?":
        return "complex128" if default == "float64" else "complex64"
    return node
