"""The JAX engine of keraslite: tensors are `jax.Array`.

64-bit data is stored in 32 bits unless `jax_enable_x64` is set, which keraslite never does.

What each name means stands in `docs/architecture.md`; kernels are in the files named like those of
`keraslite/ops`.
"""

from __future__ import annotations

import jax

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
from .devices import default_device, device_of, device_scope, devices, is_running, synchronize, to_device
from .interop import variable_attributes
from .quirks import quirks
from .random import seed_storage, set_seed
from .storage import adopt_storage, new_storage, read_storage, set_trainable, untraced, write_storage
from .strictness import double_precision, strict
from .tensors import (
    cast,
    dtype_name,
    dtype_names,
    dtype_switch,
    scalar,
    shape,
    stored_dtype,
    tensor_types,
    to_numpy,
    to_tensor,
)
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

name = "jax"
contract_version = 1
libraries = ("jax", "jaxlib", "opt_einsum", "scipy")  # whose Python runs in a kernel
loop_compile = "auto"  # `jit_compile` of a loop over steps
capabilities = frozenset(
    {"gradients", "compile", "traces", "sharding"} | ({"float64"} if jax.config.jax_enable_x64 else set())
)
kernels = contract.collect(
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
