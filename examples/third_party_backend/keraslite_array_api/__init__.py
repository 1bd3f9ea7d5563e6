"""An engine for keraslite over the Python array API standard, as array-api-strict implements it.

Everything but gradients. The kernels are in files named like those of `keraslite/ops`, each called by the name of the
op it computes; what the other names mean stands in keraslite's `docs/engines.md`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from keraslite.backend import contract
from keraslite.backend.contract.defaults import *  # what this engine has nothing of its own for

from . import (
    activation,
    bitwise,
    comparison,
    complex,
    contraction,
    control,
    convolution,
    creation,
    cumulative,
    elementwise,
    fft,
    indexing,
    linalg,
    manipulation,
    pooling,
    random,
    reduction,
    scatter,
    sorting,
    special,
    trigonometry,
)
from .device import default_device, device_of, device_scope, devices, synchronize, to_device
from .missing_dtypes import quirks
from .quiet import quiet
from .storage import (
    new_storage,
    read_storage,
    seed_storage,
    set_seed,
    set_trainable,
    variable_attributes,
    write_storage,
)
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

name = "array_api"
contract_version = 2
libraries = (__name__, "array_api_strict")
capabilities: frozenset[contract.Capability] = frozenset({"float64"})
_collected = contract.collect(
    activation,
    bitwise,
    comparison,
    complex,
    contraction,
    control,
    convolution,
    creation,
    cumulative,
    elementwise,
    fft,
    indexing,
    linalg,
    manipulation,
    pooling,
    random,
    reduction,
    scatter,
    sorting,
    special,
    trigonometry,
)
kernels = {op: quiet(kernel) for op, kernel in _collected.items()}

if TYPE_CHECKING:
    from array_api_strict._array_object import Array

    import keraslite_array_api

    _whole: contract.EngineOf[Array, Array] = keraslite_array_api
