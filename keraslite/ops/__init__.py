"""Keras's ops on every engine.

The public names `shape` and `dtype` hide the modules of rules of that name here: import rules from them, as in
`from keraslite.ops.dtype import promote`.
"""

from __future__ import annotations

from keraslite.ops.activation import (
    celu,
    elu,
    gelu,
    glu,
    hard_shrink,
    hard_sigmoid,
    hard_silu,
    hard_swish,
    hard_tanh,
    leaky_relu,
    log_sigmoid,
    log_softmax,
    relu,
    relu6,
    selu,
    sigmoid,
    silu,
    soft_shrink,
    softmax,
    softplus,
    softsign,
    sparse_plus,
    sparse_sigmoid,
    sparsemax,
    squareplus,
    swish,
    tanh_shrink,
    threshold,
)
from keraslite.ops.adaptive_pooling import (
    adaptive_average_pool,
    adaptive_max_pool,
)
from keraslite.ops.attention import (
    dot_product_attention,
)
from keraslite.ops.batching import vectorized_map
from keraslite.ops.bitwise import (
    bitwise_and,
    bitwise_invert,
    bitwise_left_shift,
    bitwise_not,
    bitwise_or,
    bitwise_right_shift,
    bitwise_xor,
    left_shift,
    right_shift,
    view,
)
from keraslite.ops.comparison import (
    allclose,
    equal,
    greater,
    greater_equal,
    isclose,
    isfinite,
    isinf,
    isnan,
    isneginf,
    isposinf,
    isreal,
    less,
    less_equal,
    logical_and,
    logical_not,
    logical_or,
    logical_xor,
    not_equal,
    signbit,
    where,
)
from keraslite.ops.complex import (
    angle,
    polar,
    view_as_complex,
    view_as_real,
)
from keraslite.ops.contraction import (
    dot,
    einsum,
    inner,
    matmul,
    outer,
    tensordot,
    vdot,
)
from keraslite.ops.control import cond, fori_loop, switch, while_loop
from keraslite.ops.convolution import (
    conv,
    conv_transpose,
    depthwise_conv,
    separable_conv,
)
from keraslite.ops.core import (
    array,
    cast,
    convert_to_numpy,
    convert_to_tensor,
    copy,
    is_tensor,
    ndim,
    saturate_cast,
    size,
)
from keraslite.ops.creation import (
    arange,
    diag,
    diagonal,
    empty,
    empty_like,
    eye,
    full,
    full_like,
    geomspace,
    identity,
    linspace,
    logspace,
    meshgrid,
    ones,
    ones_like,
    trace,
    tri,
    tril,
    triu,
    vander,
    zeros,
    zeros_like,
)
from keraslite.ops.ctc import ctc_decode, ctc_loss
from keraslite.ops.cumulative import cumprod, cumsum
from keraslite.ops.differentiation import custom_gradient, jvp, stop_gradient, vjp
from keraslite.ops.elementwise import (
    abs,
    absolute,
    add,
    cbrt,
    ceil,
    clip,
    conj,
    conjugate,
    divide,
    divide_no_nan,
    erf,
    erfinv,
    exp,
    exp2,
    expm1,
    fabs,
    floor,
    floor_divide,
    fmax,
    fmin,
    fmod,
    heaviside,
    hypot,
    imag,
    log,
    log1p,
    log2,
    log10,
    logaddexp,
    logaddexp2,
    maximum,
    minimum,
    mod,
    multiply,
    nan_to_num,
    negative,
    power,
    real,
    reciprocal,
    round,
    rsqrt,
    sign,
    sqrt,
    square,
    subtract,
    true_divide,
    trunc,
)
from keraslite.ops.encoding import (
    multi_hot,
    one_hot,
)
from keraslite.ops.fft import (
    extract_sequences,
    fft,
    fft2,
    ifft2,
    irfft,
    istft,
    rfft,
    stft,
)
from keraslite.ops.gradients import grad, value_and_grad
from keraslite.ops.image.filters import psnr
from keraslite.ops.indexing import get_item, slice, slice_update, take, take_along_axis
from keraslite.ops.linalg import (
    cholesky,
    cholesky_inverse,
    det,
    eig,
    eigh,
    inv,
    logdet,
    lstsq,
    lu_factor,
    matrix_rank,
    norm,
    pinv,
    qr,
    slogdet,
    solve,
    solve_triangular,
    svd,
)
from keraslite.ops.loops import associative_scan, map, scan
from keraslite.ops.loss import (
    binary_crossentropy,
    categorical_crossentropy,
    sparse_categorical_crossentropy,
)
from keraslite.ops.manipulation import (
    append,
    broadcast_to,
    concatenate,
    expand_dims,
    flip,
    hstack,
    moveaxis,
    ravel,
    repeat,
    reshape,
    roll,
    rot90,
    split,
    squeeze,
    stack,
    swapaxes,
    tile,
    transpose,
    unstack,
    vstack,
)
from keraslite.ops.nan import (
    nanargmax,
    nanargmin,
    nancumprod,
    nancumsum,
    nanmax,
    nanmean,
    nanmedian,
    nanmin,
    nanpercentile,
    nanprod,
    nanquantile,
    nanstd,
    nansum,
    nanvar,
)
from keraslite.ops.normalization import (
    batch_normalization,
    layer_normalization,
    moments,
    normalize,
    rms_normalization,
)
from keraslite.ops.padding import pad
from keraslite.ops.pairs import (
    cdist,
    cross,
    kron,
)
from keraslite.ops.patches import depth_to_space, fold, space_to_depth, unfold
from keraslite.ops.patterns import (
    rearrange,
)
from keraslite.ops.pooling import (
    average_pool,
    max_pool,
)
from keraslite.ops.reduction import (
    all,
    amax,
    amin,
    any,
    argmax,
    argmin,
    average,
    count_nonzero,
    logsumexp,
    max,
    mean,
    median,
    min,
    prod,
    quantile,
    std,
    sum,
    var,
)
from keraslite.ops.scatter import (
    bincount,
    in_top_k,
    scatter,
    scatter_update,
    segment_max,
    segment_min,
    segment_prod,
    segment_sum,
    unique,
)
from keraslite.ops.selection import (
    argpartition,
    isin,
    select,
    unravel_index,
)
from keraslite.ops.sorting import argsort, digitize, nonzero, searchsorted, sort, top_k
from keraslite.ops.special import (
    erfc,
    gcd,
    i0,
    lcm,
    ldexp,
    nextafter,
    sinc,
)
from keraslite.ops.splitting import (
    array_split,
    diagflat,
    dsplit,
    dstack,
    fliplr,
    flipud,
    hsplit,
    vsplit,
)
from keraslite.ops.statistics import (
    corrcoef,
    correlate,
    diff,
    histogram,
    percentile,
    ptp,
    trapezoid,
)
from keraslite.ops.trigonometry import (
    arccos,
    arccosh,
    arcsin,
    arcsinh,
    arctan,
    arctan2,
    arctanh,
    cos,
    cosh,
    deg2rad,
    rad2deg,
    sin,
    sinh,
    tan,
    tanh,
)
from keraslite.ops.vectorizing import (
    vectorize,
)
from keraslite.ops.windows import (
    bartlett,
    blackman,
    hamming,
    hanning,
    kaiser,
)

# ---- last: names that are also modules of this package --------------------------------------------------------
from keraslite.ops.core import dtype, shape  # isort: skip
from keraslite.ops import image, linalg, nn, numpy  # isort: skip
