"""`keraslite.ops.nn`: the ops of neural networks, under Keras's path."""

from __future__ import annotations

from keraslite.ops.activation import (
    celu,
    elu,
    gelu,
    glu,
    log_sigmoid,
    log_softmax,
    relu,
    selu,
    sigmoid,
    silu,
    softmax,
    softplus,
    softsign,
    sparsemax,
    squareplus,
    swish,
    tanh_shrink,
)
from keraslite.ops.adaptive_pooling import adaptive_average_pool, adaptive_max_pool
from keraslite.ops.attention import dot_product_attention
from keraslite.ops.complex import polar
from keraslite.ops.convolution import conv, conv_transpose, depthwise_conv, separable_conv
from keraslite.ops.ctc import ctc_decode, ctc_loss
from keraslite.ops.encoding import multi_hot, one_hot
from keraslite.ops.image.filters import psnr
from keraslite.ops.loss import binary_crossentropy, categorical_crossentropy, sparse_categorical_crossentropy
from keraslite.ops.normalization import (
    batch_normalization,
    layer_normalization,
    moments,
    normalize,
    rms_normalization,
)
from keraslite.ops.patches import depth_to_space, fold, space_to_depth, unfold
from keraslite.ops.piecewise_activation import (
    hard_shrink,
    hard_sigmoid,
    hard_silu,
    hard_swish,
    hard_tanh,
    leaky_relu,
    relu6,
    soft_shrink,
    sparse_plus,
    sparse_sigmoid,
    threshold,
)
from keraslite.ops.pooling import average_pool, max_pool

__all__ = [
    "adaptive_average_pool",
    "adaptive_max_pool",
    "average_pool",
    "batch_normalization",
    "binary_crossentropy",
    "categorical_crossentropy",
    "celu",
    "conv",
    "conv_transpose",
    "ctc_decode",
    "ctc_loss",
    "depth_to_space",
    "depthwise_conv",
    "dot_product_attention",
    "elu",
    "fold",
    "gelu",
    "glu",
    "hard_shrink",
    "hard_sigmoid",
    "hard_silu",
    "hard_swish",
    "hard_tanh",
    "layer_normalization",
    "leaky_relu",
    "log_sigmoid",
    "log_softmax",
    "max_pool",
    "moments",
    "multi_hot",
    "normalize",
    "one_hot",
    "psnr",
    "relu",
    "relu6",
    "rms_normalization",
    "selu",
    "separable_conv",
    "sigmoid",
    "silu",
    "soft_shrink",
    "softmax",
    "softplus",
    "softsign",
    "space_to_depth",
    "sparse_categorical_crossentropy",
    "sparse_plus",
    "sparse_sigmoid",
    "sparsemax",
    "squareplus",
    "swish",
    "tanh_shrink",
    "threshold",
    "unfold",
]
