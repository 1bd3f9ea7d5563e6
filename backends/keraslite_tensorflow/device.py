"""TensorFlow's devices.

To ask which there are does not start TensorFlow's runtime: threads and devices can be configured, and the process can
be forked, until something is computed.
"""

from __future__ import annotations

from contextlib import AbstractContextManager
from functools import cache
from typing import Any

import tensorflow as tf

from keraslite.backend.device import requested_device


def devices() -> list[str]:
    return list(_names())


def default_device() -> str:
    requested = requested_device()
    names = _names()
    return requested if requested in names else names[0]


def is_running() -> bool:
    """Whether TensorFlow's runtime was started here."""
    return bool(_started.cache_info().currsize)


def only_cpu() -> bool:
    """Whether there is one CPU and nothing else, so that no tensor can be in a wrong place."""
    return _started() == ("cpu:0",)


def native_device(name: str | None = None) -> str:
    """TensorFlow's spelling of that device, or of the default one."""
    return "/device:" + (name or default_device()).upper()


def device_of(x: Any) -> str:
    """What a graph has not placed yet counts as on the default device."""
    _, found, name = x.device.rpartition("device:")
    return name.lower() if found else default_device()


def to_device(x: tf.Tensor, device: str) -> tf.Tensor:
    if tf.inside_function():
        return x
    with tf.device(native_device(device)):
        return tf.identity(x)


def device_scope(name: str) -> AbstractContextManager[Any]:
    return tf.device(native_device(name))


def synchronize(*tensors: Any) -> None:
    tf.test.experimental.sync_devices()


def _names() -> tuple[str, ...]:
    """Accelerators first. What is configured, while the runtime is not started."""
    if is_running():
        return _started()
    found = []
    for kind in ("GPU", "TPU", "CPU"):
        parts = [tf.config.get_logical_device_configuration(d) or [None] for d in tf.config.get_visible_devices(kind)]
        found += [f"{kind.lower()}:{i}" for i in range(sum(map(len, parts)))]
    return tuple(found)


@cache
def _started() -> tuple[str, ...]:
    """The names of the devices of the runtime, which is started for it."""
    found = [d.name.rpartition("device:")[2].lower() for d in tf.config.list_logical_devices()]
    found = [name for name in found if name.partition(":")[0] in ("cpu", "gpu", "tpu")]
    return tuple(sorted(found, key=lambda name: name.startswith("cpu")))
