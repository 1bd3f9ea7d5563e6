"""The TensorFlow engine of keraslite: tensors are `tf.Tensor`, storage is a `tf.Variable`.

What each name means stands in `docs/engines.md`; kernels are in the files named like those of
`keraslite/ops`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from keraslite.backend import contract
from keraslite.backend.contract.defaults import *  # what this engine has nothing of its own for

from .importing import import_tensorflow

import_tensorflow()  # before the others, which import it plainly

import tensorflow as tf

from . import private
from .autograph import leave_our_code
from .compiling import NOT_IN_XLA, jit
from .datasets import to_dataset
from .device import default_device, device_of, device_scope, devices, is_running, synchronize, to_device
from .foreign_modules import foreign
from .host_calls import call_on_host
from .interop import variable_attributes
from .missing_dtypes import quirks
from .naming import other_names
from .profiling import profile
from .random import seed_storage, set_seed
from .storage import new_storage, read_storage, set_trainable, storage_types, untraced, write_storage
from .tensors import cast, convertible_types, dtype_name, dtype_names, scalar, shape, tensor_types, to_numpy, to_tensor
from .transforms import (
    abstract_eval,
    checkpoint,
    cond,
    custom_gradient,
    is_tracing,
    jvp,
    no_gradient,
    scan,
    signature,
    stop_gradient,
    switch,
    value_and_grad,
    vjp,
    vmap,
    while_loop,
)

leave_our_code()

name = "tensorflow"
contract_version = 2
loop_errors: tuple[type[Exception], ...] = NOT_IN_XLA
loop_compile = True  # `jit_compile` of a loop over steps
steps_at_once = 4  # of a recurrent cell: a turn of a loop costs as much as a step
libraries = (__name__, "tensorflow", "typing_extensions")
capabilities: frozenset[contract.Capability] = frozenset(
    {"gradients", "profiles", "compile", "native_state", "traces", "float64", "host_calls"}
)
kernels = contract.collect_from(
    __name__,
    "activation bitwise comparison complex contraction control convolution creation cumulative",
    "elementwise fft indexing linalg manipulation normalization",
    "optimizer" if private.handle is not None else "",
    "pooling random recurrent reduction scatter sorting special trigonometry",
)

if TYPE_CHECKING:
    import keraslite_tensorflow

    _whole: contract.EngineOf[tf.Tensor, tf.Variable] = keraslite_tensorflow
