"""Where Variables keep their values: a `tf.Variable` made outside of any graph; reading takes a snapshot."""

from __future__ import annotations

from typing import Any

import tensorflow as tf

from keraslite.backend import dtypes

from . import private
from .device import native_device
from .tensors import native, to_tensor

untraced = tf.init_scope
storage_types = (tf.Variable,)


def new_storage(array: Any, dtype: str, trainable: bool = True, device: Any = None) -> Any:
    with untraced(), tf.device(native_device(device)):
        if isinstance(array, (tf.Tensor, tf.Variable)):
            array = to_tensor(array, dtype)
        elif dtype != "string":
            array = dtypes.host_array(array, dtype)
        # No lifting: it is outside of all graphs already, and a `tf.function` that lifts one traces everything twice.
        return tf.Variable(array, trainable=trainable, dtype=native[dtype], experimental_enable_variable_lifting=False)


def read_storage(storage: tf.Variable) -> tf.Tensor:
    return storage.value()


def write_storage(storage: tf.Variable, tensor: tf.Tensor) -> tf.Variable:
    storage.assign(tensor, read_value=False)
    return storage


def set_trainable(storage: tf.Variable, flag: bool) -> None:
    private.set_trainable(storage, flag)
