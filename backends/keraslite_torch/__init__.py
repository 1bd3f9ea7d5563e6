"""The PyTorch engine of keraslite: tensors are `torch.Tensor`, trainable storage is a leaf with `requires_grad`.

What each name means stands in `docs/engines.md`; kernels are in the files named like those of
`keraslite/ops`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import torch

from keraslite.backend import contract
from keraslite.backend.contract.defaults import *  # what this engine has nothing of its own for

from .device import default_device, device_of, device_scope, devices, other_devices, synchronize, to_device
from .exporting import export, export_format, size_types
from .foreign_modules import foreign
from .interop import variable_attributes
from .missing_dtypes import quirks
from .naming import other_names
from .profiling import profile
from .random import seed_storage, set_seed
from .replay import ambient, record, unrecorded
from .storage import forget_gradient, new_storage, read_storage, set_trainable, storage_types, untraced, write_storage
from .tensors import borrow, cast, dtype_name, dtype_names, scalar, shape, tensor_types, to_numpy, to_tensor
from .transforms import (
    abstract_eval,
    backward,
    checkpoint,
    cond,
    custom_gradient,
    is_batched,
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

name = "torch"
contract_version = 2
libraries = (__name__, "torch")
capabilities: frozenset[contract.Capability] = frozenset(
    {"gradients", "profiles", "backward", "export", "float64", "in_place", "replays"}
)
kernels = contract.collect_from(
    __name__,
    "activation attention bitwise comparison complex contraction control convolution creation cumulative",
    "elementwise fft indexing linalg manipulation normalization optimizer pooling random recurrent",
    "reduction resampling scatter sorting special trigonometry",
)

if TYPE_CHECKING:
    import keraslite_torch

    _whole: contract.EngineOf[torch.Tensor, torch.nn.Parameter] = keraslite_torch
