"""What users pass as data, turned into arrays: NumPy on the host, or tensors of the active engine."""

from __future__ import annotations

import numbers
from collections.abc import Callable, Mapping
from typing import Any, TypeAlias, cast

import numpy as np

from keraslite import config, ops
from keraslite.backend import dtypes, registry
from keraslite.backend.contract import Tensor
from keraslite.backend.device import requested_device, requested_mesh
from keraslite.backend.placement import Mesh, spread
from keraslite.errors import DataError

__all__ = [
    "Array",
    "as_arguments",
    "count",
    "data_leaves",
    "dtype_on_device",
    "is_array",
    "is_numbers",
    "map_data",
    "on_device",
    "rows",
    "to_array",
    "to_arrays",
]

Array: TypeAlias = np.ndarray | Tensor


def is_array(value: object) -> bool:
    """Whether `value` is one array, tensor or table rather than a nest of them."""
    return hasattr(value, "__array__") or hasattr(value, "__dlpack__") or registry.engine_of(value) is not None


def to_arrays(nest: object, name: str, text: bool = False) -> Any:
    """`nest` with each leaf an array: NumPy's, or the active engine's own tensor. None stays None.

    Lists of arrays are several inputs; lists of numbers (of any depth) are one array. `text`: arrays may hold texts.
    """
    if nest is None:
        return None
    if isinstance(nest, Mapping):
        return {key: to_arrays(value, f"{name}[{key!r}]", text) for key, value in nest.items()}
    if isinstance(nest, (list, tuple)) and not is_numbers(nest):
        return _like(nest, [to_arrays(value, f"{name}[{i}]", text) for i, value in enumerate(nest)])
    return to_array(nest, name, text)


def to_array(value: object, name: str, text: bool = False) -> Array:
    """One leaf of the data as an array with at least one axis."""
    array = _to_array(value, name, text)
    if len(array.shape) == 0:
        raise DataError(f"Data needs `{name}` to have a batch axis. Received a scalar. Wrap it in a list.")
    return array


def _to_array(value: Any, name: str, text: bool = False) -> Array:
    engine = registry.engine_of(value)
    if (engine is not None and engine is registry.current() and isinstance(value, engine.tensor_types)) or isinstance(
        value, Texts
    ):
        array = value
    elif hasattr(value, "iloc") and hasattr(value, "to_numpy"):
        array = _table(value, name, text)
    elif engine is not None:
        array = np.asarray(ops.convert_to_numpy(value))
    else:
        array = _numpy(value, name)
    if isinstance(array, np.ndarray) and not ((text or isinstance(array, Texts)) and dtypes.is_text(array)):
        _check_numeric(array, name)
    return array


def _table(value: Any, name: str, text: bool) -> np.ndarray:
    """A table or series of pandas: a column is a feature."""
    array = np.asarray(value.to_numpy())
    if array.ndim == 1:
        return array[:, None]
    if array.dtype == object and not text:  # columns of several dtypes, which may have one in common
        columns = [np.asarray(value.iloc[:, i].to_numpy()) for i in range(array.shape[1])]
        wrong = [i for i, column in enumerate(columns) if not dtypes.is_numeric(column.dtype)]
        if wrong:
            raise DataError(
                f"Data needs `{name}` to hold numbers. Received a table whose columns {list(value.columns[wrong])} "
                "hold something else. Encode them, or leave them out."
            )
        return np.stack(columns, axis=1)
    return array


class Texts(np.ndarray):
    """Texts of a batch for a model that calls layers on the host: no device takes them."""


def with_texts(nest: object) -> object:
    """Inputs of a batch with `Texts` for those that hold texts."""
    return map_data(_as_texts, nest)


def _as_texts(value: object) -> object:
    engine = registry.engine_of(value)
    if engine is not None and engine.dtype_name(cast("Tensor", value)) != "string":
        return value
    array = np.asarray(value) if engine is None else engine.to_numpy(cast("Tensor", value))
    return array.view(Texts) if dtypes.is_text(array) else value


def _numpy(value: object, name: str) -> np.ndarray:
    if hasattr(value, "toarray"):
        raise DataError(f"Data needs `{name}` to be dense. Received {type(value).__name__}. Call `.toarray()` on it.")
    try:
        return np.asarray(value)
    except (TypeError, ValueError) as error:
        raise DataError(
            f"Data needs `{name}` to be an array of numbers. Received {type(value).__name__}, which NumPy cannot "
            f"convert: {error}. Pad sequences to one length with `utils.pad_sequences`."
        ) from error


def _check_numeric(array: np.ndarray, name: str) -> None:
    if not dtypes.is_numeric(array.dtype):
        example = array.reshape(-1)[:1].tolist()
        advice = "Convert it, for example with `.astype('float32')`."
        if example and isinstance(example[0], (str, bytes)):
            advice += (
                " Or encode the texts, with a `TextVectorization` or `StringLookup`: as the first layer of a "
                "functional or `Sequential` model, or beforehand, as in `dataset.map(lambda x, y: (layer(x), y))`."
            )
        raise DataError(
            f"Data needs `{name}` to hold numbers. Received an array of dtype {array.dtype}, shape {array.shape}, "
            f"starting with {example[0] if example else None!r:.60}. {advice}"
        )


def is_numbers(nest: object) -> bool:
    """Whether a list holds numbers (or strings), however deep, and no arrays."""
    while isinstance(nest, (list, tuple)):
        if not nest:
            return False
        nest = nest[0]
    return isinstance(nest, (numbers.Number, str, bytes, np.generic))


def data_leaves(nest: object, name: str) -> list[tuple[str, Any]]:
    """The arrays of a nest with their names, without None."""
    if nest is None:
        return []
    if isinstance(nest, Mapping):
        return [pair for key, value in nest.items() for pair in data_leaves(value, f"{name}[{key!r}]")]
    if isinstance(nest, (list, tuple)):
        return [pair for i, value in enumerate(nest) for pair in data_leaves(value, f"{name}[{i}]")]
    return [(name, nest)]


def map_data(fn: Callable[[Array], object], nest: object) -> Any:
    """`fn` of each array of a nest; None stays None."""
    if isinstance(nest, np.ndarray):
        return fn(nest)
    if nest is None:
        return None
    if isinstance(nest, Mapping):
        return {key: map_data(fn, value) for key, value in nest.items()}
    if isinstance(nest, (list, tuple)):
        return _like(nest, [map_data(fn, value) for value in nest])
    return fn(cast("Array", nest))


def _like(nest: list[Any] | tuple[Any, ...], values: list[Any]) -> Any:
    """A list, tuple or namedtuple of other values."""
    return type(nest)(*values) if hasattr(nest, "_fields") else type(nest)(values)


def count(x: object, y: object, sample_weight: object, where: str) -> int:
    """The number of samples, the same in every array, otherwise a `DataError` that names them."""
    named = [*data_leaves(x, "x"), *data_leaves(y, "y"), *data_leaves(sample_weight, "sample_weight")]
    sizes = {name: int(array.shape[0]) for name, array in named}
    if not sizes:
        raise DataError(f"`{where}` needs data. Received x={x!r}. Pass arrays, a generator or a dataset.")
    if len(set(sizes.values())) > 1:
        listed = [f"{name}: {size}" for name, size in sizes.items()]
        shown = listed if len(listed) < 8 else [*listed[:3], f"... ({len(listed)} arrays)", *listed[-2:]]
        advice = "Cut them to one length, or check how they were split."
        if isinstance(x, (list, tuple)) and {len(x)} == {int(array.shape[0]) for _, array in data_leaves(y, "y")}:
            advice = f"If x is a list of {len(x)} samples, make one array of them: `np.stack(x)`. {advice}"
        raise DataError(
            f"`{where}` needs all arrays to have the same number of samples. Received {', '.join(shown)}. {advice}"
        )
    size = next(iter(sizes.values()))
    if size == 0:
        raise DataError(f"`{where}` needs at least one sample. Received arrays of length 0.")
    return size


def rows(array: Array, index: slice | np.ndarray) -> Array:
    """Rows of one array: `index` is a slice or an integer array."""
    if isinstance(array, np.ndarray) or isinstance(index, slice):
        return array[index]
    return ops.take(array, index, axis=0)


def on_device(nest: object, fresh: bool = False) -> object:
    """A batch as tensors of the active engine on its device. Transfers run while the program goes on.

    Args:
        fresh: whether the arrays stay as they are: tensors may share their memory, where the engine can do that.
    """
    engine = registry.current()
    if not fresh and "host_arrays" in engine.capabilities:  # the array is the tensor
        return map_data(lambda value: _own(_place(value), value), nest)
    borrow = engine.borrow if fresh else None
    return map_data(lambda value: _place(value, borrow), nest)


def _own(array: Any, given: object) -> object:
    return array.copy() if array is given else array


def dtype_on_device(array: Array) -> str:
    """The dtype a host array will have on the device, by name."""
    if isinstance(array, Texts):
        return "string"
    if not isinstance(array, np.ndarray):
        return dtypes.canonical(array.dtype)
    return config.floatx() if array.dtype == np.float64 else dtypes.canonical(array.dtype)


def as_arguments(nest: object, fresh: bool) -> object:
    """A batch as arguments of a compiled program that transfers host arrays itself, which costs it less.

    Args:
        fresh: whether the arrays stay as they are; others are copied, since they are read later.
    """
    return map_data(lambda value: _argument(value, fresh), nest)


def _argument(value: object, fresh: bool) -> object:
    if not isinstance(value, np.ndarray) or isinstance(value, Texts):
        return _place(value)
    _check_numeric(value, "batch")
    if value.dtype == np.float64:
        return value.astype(config.floatx())
    return value if fresh else value.copy()


def _place(value: object, borrow: Callable[[np.ndarray], object] | None = None) -> object:
    engine, mesh = registry.current(), requested_mesh()
    if isinstance(value, Texts):
        return value
    if isinstance(value, engine.tensor_types) and not isinstance(value, np.ndarray):
        return value if mesh is None else _spread(value, None, mesh)
    if not isinstance(value, np.ndarray):
        value = _to_array(value, "batch") if is_array(value) or isinstance(value, (list, tuple)) else np.asarray(value)
        if not isinstance(value, np.ndarray):
            return value if mesh is None else _spread(value, None, mesh)
    _check_numeric(value, "batch")
    dtype = config.floatx() if value.dtype == np.float64 else None
    if mesh is not None:
        return _spread(value, dtype, mesh)
    if borrow is not None and dtype is None:
        tensor = borrow(value)
        if tensor is not None:
            return tensor
    return engine.to_tensor(value, dtype, requested_device())


def _spread(value: object, dtype: str | None, mesh: Mesh) -> Tensor:
    array = cast("Array", value)
    return registry.current().to_layout(array, dtype, spread(mesh, array.shape))
