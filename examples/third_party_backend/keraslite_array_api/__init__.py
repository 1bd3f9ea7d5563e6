"""An engine for keraslite over the Python array API standard, as array-api-strict implements it.

Everything but gradients. The kernels are in files named like those of `keraslite/ops`, each called by the name of the
op it computes; what the other names mean stands in keraslite's `docs/architecture.md`, "What an engine owes".
"""

from __future__ import annotations

from keraslite.backend import contract

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
from .devices import default_device, device_of, device_scope, devices, synchronize, to_device
from .quiet import quiet
from .quirks import quirks
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
contract_version = 1
capabilities = frozenset({"float64"})
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
