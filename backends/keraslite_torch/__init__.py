"""The PyTorch engine of keraslite: tensors are `torch.Tensor`, trainable storage is a leaf with `requires_grad`.

What each name means stands in `docs/architecture.md`; kernels are in the files named like those of
`keraslite/ops`.
"""

from __future__ import annotations

from keraslite.backend import contract

from . import (
    activation,
    attention,
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
    normalization,
    optimizer,
    pooling,
    random,
    recurrent,
    reduction,
    resampling,
    scatter,
    sorting,
    special,
    trigonometry,
)
from .devices import default_device, device_of, device_scope, devices, other_devices, synchronize, to_device
from .interop import variable_attributes
from .quirks import quirks
from .random import seed_storage, set_seed
from .storage import new_storage, read_storage, set_trainable, storage_types, untraced, write_storage
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
    record,
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
contract_version = 1
capabilities = frozenset({"gradients", "backward", "float64", "in_place", "replays"})
kernels = contract.collect(
    activation,
    attention,
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
    normalization,
    optimizer,
    pooling,
    random,
    recurrent,
    reduction,
    resampling,
    scatter,
    sorting,
    special,
    trigonometry,
)
