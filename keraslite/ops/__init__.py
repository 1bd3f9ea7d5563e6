"""Keras's ops on every engine.

The public names `shape` and `dtype` hide the modules of rules of that name here: import rules from them, as in
`from keraslite.ops.dtype import promote`.
"""

from __future__ import annotations

from keraslite.ops.activation import *
from keraslite.ops.adaptive_pooling import *
from keraslite.ops.attention import *
from keraslite.ops.batching import vectorized_map
from keraslite.ops.bitwise import *
from keraslite.ops.comparison import *
from keraslite.ops.complex import *
from keraslite.ops.contraction import *
from keraslite.ops.control import *
from keraslite.ops.convolution import *
from keraslite.ops.core import *
from keraslite.ops.creation import *
from keraslite.ops.ctc import *
from keraslite.ops.cumulative import *
from keraslite.ops.differentiation import custom_gradient, jvp, stop_gradient, vjp
from keraslite.ops.division import *
from keraslite.ops.elementwise import *
from keraslite.ops.encoding import *
from keraslite.ops.exponential import *
from keraslite.ops.fft import extract_sequences, fft, fft2, ifft2, irfft, istft, rfft, stft
from keraslite.ops.gradients import *
from keraslite.ops.image.filters import psnr
from keraslite.ops.indexing import *
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
    matrix_power,
    matrix_rank,
    norm,
    pinv,
    qr,
    slogdet,
    solve,
    solve_triangular,
    svd,
)
from keraslite.ops.loops import *
from keraslite.ops.loss import *
from keraslite.ops.manipulation import *
from keraslite.ops.matrices import *
from keraslite.ops.nan import *
from keraslite.ops.normalization import *
from keraslite.ops.order import *
from keraslite.ops.padding import *
from keraslite.ops.pairs import *
from keraslite.ops.patches import *
from keraslite.ops.patterns import *
from keraslite.ops.piecewise_activation import *
from keraslite.ops.pooling import *
from keraslite.ops.quantiles import *
from keraslite.ops.reduction import *
from keraslite.ops.rounding import *
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
from keraslite.ops.selection import *
from keraslite.ops.sorting import *
from keraslite.ops.spacing import *
from keraslite.ops.special import *
from keraslite.ops.splitting import *
from keraslite.ops.statistics import *
from keraslite.ops.trigonometry import *
from keraslite.ops.vectorizing import *
from keraslite.ops.windows import *

# Names that are also modules of this package, last.
from keraslite.ops import (  # isort: skip
    activation,
    adaptive_pooling,
    attention,
    bitwise,
    comparison,
    complex,
    contraction,
    control,
    convolution,
    core,
    creation,
    ctc,
    cumulative,
    division,
    elementwise,
    encoding,
    exponential,
    gradients,
    indexing,
    loops,
    loss,
    manipulation,
    nan,
    normalization,
    order,
    padding,
    pairs,
    patches,
    patterns,
    piecewise_activation,
    pooling,
    quantiles,
    reduction,
    rounding,
    selection,
    sorting,
    spacing,
    special,
    splitting,
    statistics,
    trigonometry,
    vectorizing,
    windows,
)
from keraslite.ops.core import dtype, shape  # isort: skip
from keraslite.ops import image, linalg, nn, numpy  # isort: skip

__all__ = [
    "bincount",
    "cholesky",
    "cholesky_inverse",
    "custom_gradient",
    "det",
    "eig",
    "eigh",
    "extract_sequences",
    "fft",
    "fft2",
    "ifft2",
    "image",
    "in_top_k",
    "inv",
    "irfft",
    "istft",
    "jvp",
    "linalg",
    "logdet",
    "lstsq",
    "lu_factor",
    "matrix_power",
    "matrix_rank",
    "nn",
    "norm",
    "numpy",
    "pinv",
    "psnr",
    "qr",
    "rfft",
    "scatter",
    "scatter_update",
    "segment_max",
    "segment_min",
    "segment_prod",
    "segment_sum",
    "slogdet",
    "solve",
    "solve_triangular",
    "stft",
    "stop_gradient",
    "svd",
    "unique",
    "vectorized_map",
    "vjp",
]
# The rest is what each family of ops calls public.
__all__ += activation.__all__
__all__ += adaptive_pooling.__all__
__all__ += attention.__all__
__all__ += bitwise.__all__
__all__ += comparison.__all__
__all__ += complex.__all__
__all__ += contraction.__all__
__all__ += control.__all__
__all__ += convolution.__all__
__all__ += core.__all__
__all__ += creation.__all__
__all__ += ctc.__all__
__all__ += cumulative.__all__
__all__ += division.__all__
__all__ += elementwise.__all__
__all__ += encoding.__all__
__all__ += exponential.__all__
__all__ += gradients.__all__
__all__ += indexing.__all__
__all__ += loops.__all__
__all__ += loss.__all__
__all__ += manipulation.__all__
__all__ += nan.__all__
__all__ += normalization.__all__
__all__ += order.__all__
__all__ += padding.__all__
__all__ += pairs.__all__
__all__ += patches.__all__
__all__ += patterns.__all__
__all__ += piecewise_activation.__all__
__all__ += pooling.__all__
__all__ += quantiles.__all__
__all__ += reduction.__all__
__all__ += rounding.__all__
__all__ += selection.__all__
__all__ += sorting.__all__
__all__ += spacing.__all__
__all__ += special.__all__
__all__ += splitting.__all__
__all__ += statistics.__all__
__all__ += trigonometry.__all__
__all__ += vectorizing.__all__
__all__ += windows.__all__
