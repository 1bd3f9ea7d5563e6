"""TensorFlow tensors: conversion, dtypes."""

from __future__ import annotations

from typing import Any

import numpy as np
import tensorflow as tf

from keraslite.backend import dtypes

from .device import native_device, only_cpu, to_device

tensor_types = (tf.Tensor,)
#: The engine's own, but not tensors yet: `to_tensor` makes them one.
convertible_types = (tf.Variable, tf.IndexedSlices, tf.SparseTensor, tf.RaggedTensor)
dtype_names = {
    getattr(tf.dtypes.experimental if name.startswith("float8") else tf.dtypes, name): name
    for name in sorted(dtypes.NAMES)
} | {tf.string: "string"}
native = {name: dtype for dtype, name in dtype_names.items()}


def to_tensor(array: Any, dtype: str | None = None, device: str | None = None) -> tf.Tensor:
    if isinstance(array, (tf.Tensor, *convertible_types)):
        array = _dense(array)
        array = cast(array, dtype) if dtype else array
        return to_device(array, device) if device else array
    array = np.asarray(array)
    if dtype and dtype != "string":
        array = dtypes.host_array(array, dtype)
    if only_cpu() and array.dtype in _BY_DLPACK and tf.executing_eagerly():
        return _copied(array)
    if device is None or tf.inside_function():
        return tf.convert_to_tensor(array)
    with tf.device(native_device(device)):
        return tf.convert_to_tensor(array)


def _copied(array: np.ndarray) -> tf.Tensor:
    """A tensor in memory that is laid out as TensorFlow wants it, which it takes over.

    A third of the time of `tf.convert_to_tensor`, which copies twice where the first copy lies wrong.
    """
    values = dtypes.aligned_array(np.empty, array.shape, array.dtype)
    np.copyto(values, array)
    return tf.experimental.dlpack.from_dlpack(values.__dlpack__())


def scalar(value: Any, dtype: str, device: str | None = None) -> tf.Tensor:
    # tf.constant keeps -0.0 and 0.0 in one place of its cache, and does not take every number for every dtype
    if value == 0 or dtype in _BY_NUMPY or isinstance(value, (bool, complex)):
        return to_tensor(value, dtype)
    return tf.constant(value, native[dtype])


def to_numpy(x: tf.Tensor) -> np.ndarray:
    return np.array(x.numpy())


def dtype_name(x: tf.Tensor) -> str:
    return dtype_names[x.dtype]


def shape(x: tf.Tensor) -> tuple[Any, ...]:
    """Sizes that are unknown while a function is traced are scalar tensors."""
    if x.shape.rank is None:
        raise ValueError("a tensor of unknown rank has no shape")
    sizes = x.shape.as_list()
    if None in sizes:
        known = tf.shape(x)
        return tuple(known[i] if size is None else size for i, size in enumerate(sizes))
    return tuple(sizes)


def cast(x: tf.Tensor, dtype: str) -> tf.Tensor:
    target = native[dtype]
    if x.dtype == target:
        return x
    if x.dtype.is_complex and not target.is_complex and dtype != "bool":
        x = tf.math.real(x)
    if dtype.startswith("float8") and x.dtype not in _TO_FLOAT8:
        x = tf.cast(x, tf.float32)
    return tf.cast(x, target)


def _dense(x: Any) -> tf.Tensor:
    if isinstance(x, tf.SparseTensor):
        return tf.sparse.to_dense(x)
    return x.to_tensor() if isinstance(x, tf.RaggedTensor) else tf.convert_to_tensor(x)


_TO_FLOAT8 = frozenset((tf.bfloat16, tf.float16, tf.float32, tf.float64))
_BY_DLPACK = frozenset(
    map(
        np.dtype,
        (
            "bool",
            "int8",
            "int16",
            "int32",
            "int64",
            "uint8",
            "uint16",
            "uint32",
            "uint64",
            "float16",
            "float32",
            "float64",
            "complex64",
            "complex128",
        ),
    )
)
_BY_NUMPY = frozenset(("bool", "float8_e4m3fn", "float8_e5m2"))
