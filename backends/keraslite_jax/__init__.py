"""The JAX engine of keraslite: tensors are `jax.Array`.

64-bit data is stored in 32 bits unless `jax_enable_x64` is set, which keraslite never does.

What each name means stands in `docs/engines.md`; kernels are in the files named like those of
`keraslite/ops`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import jax

from keraslite.backend import contract
from keraslite.backend.contract.defaults import *  # what this engine has nothing of its own for

from .device import (
    convolutions_at_once,
    default_device,
    device_of,
    device_scope,
    devices,
    is_running,
    placement_of,
    synchronize,
    to_device,
)
from .exporting import export, export_format
from .foreign_modules import foreign
from .interop import variable_attributes
from .missing_dtypes import quirks
from .naming import other_names
from .profiling import profile
from .random import seed_storage, set_seed
from .storage import new_storage, read_storage, set_trainable, untraced, write_storage
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
    to_layout,
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
contract_version = 2
libraries = (__name__, "jax", "jaxlib", "opt_einsum", "scipy")
loop_compile = "auto"  # `jit_compile` of a loop over steps
_wide: tuple[contract.Capability, ...] = ("float64",) if stored_dtype("float64") == "float64" else ()
capabilities: frozenset[contract.Capability] = frozenset(
    ("adopts", "gradients", "profiles", "compile", "export", "traces", "sharding", *_wide)
)
kernels = contract.collect_from(
    __name__,
    "activation attention bitwise comparison complex contraction control convolution creation cumulative",
    "elementwise fft indexing linalg manipulation pooling random reduction scatter sorting special",
    "trigonometry",
)

if TYPE_CHECKING:
    import keraslite_jax

    _whole: contract.EngineOf[jax.Array, jax.Array] = keraslite_jax
