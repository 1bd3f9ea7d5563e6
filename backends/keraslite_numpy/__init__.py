"""The NumPy engine of keraslite: everything but gradients, on the host; the slow and plain reference.

What each name means stands in `docs/engines.md`; kernels are in the files named like those of
`keraslite/ops`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from keraslite.backend import contract
from keraslite.backend.contract.defaults import *  # what this engine has nothing of its own for

from .device import default_device, device_of, device_scope, devices, synchronize, to_device
from .interop import variable_attributes
from .missing_dtypes import quirks
from .random import seed_storage, set_seed
from .storage import new_storage, read_storage, set_trainable, write_storage
from .tensors import cast, dtype_name, dtype_names, scalar, shape, tensor_types, to_numpy, to_tensor
from .transforms import (
    abstract_eval,
    checkpoint,
    cond,
    custom_gradient,
    is_tracing,
    jit,
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

name = "numpy"
contract_version = 2
libraries = (__name__, "numpy")
capabilities: frozenset[contract.Capability] = frozenset({"host_arrays", "float64", "in_place"})
kernels = contract.collect_from(
    __name__,
    "activation bitwise comparison complex contraction control convolution creation cumulative",
    "elementwise fft indexing linalg manipulation pooling random reduction resampling scatter sorting special",
    "trigonometry warping",
)

if TYPE_CHECKING:
    import keraslite_numpy

    _whole: contract.EngineOf[np.ndarray, np.ndarray] = keraslite_numpy
