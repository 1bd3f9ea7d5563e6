"""Draws from distributions.

`seed` is everywhere an int (the same numbers at each call), a `SeedGenerator` (others at each call), or
None (the engine's global generator). By default the engine's own generator turns a key into numbers; after
`config.enable_portable_random()` one written in ops does, and all engines draw alike. Gamma, beta and
binomial draws are always the engine's.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from keraslite import check, config, ops
from keraslite.backend import dtypes
from keraslite.errors import ArgumentError
from keraslite.ops.core import as_tensor
from keraslite.ops.declare import Tensor, composite
from keraslite.ops.operators import OPS
from keraslite.random.primitives import (
    random_binomial,
    random_dropout,
    random_gamma,
    random_integers,
    random_normal,
    random_uniform,
)
from keraslite.random.seeds import draw_seed
from keraslite.random.threefry import portable_integers, portable_normal, portable_uniform

__all__ = [
    "beta",
    "binomial",
    "categorical",
    "dropout",
    "gamma",
    "normal",
    "randint",
    "shuffle",
    "truncated_normal",
    "uniform",
]

_EDGE = math.erf(math.sqrt(2))  # P(|z| < 2)


def normal(shape: Any, mean: Any = 0.0, stddev: Any = 1.0, dtype: Any = None, seed: Any = None) -> Any:
    """Normal values of `mean` and `stddev`, of `shape`, in the float `dtype` (None: floatx)."""
    dtype = _float(dtype, "normal")
    return _moved(_normal(draw_seed(seed, shape=_dims(shape)), shape, dtype), stddev, mean, dtype)


OPS["random.normal"] = normal  # for ops that draw, which stand below this module


def uniform(shape: Any, minval: Any = 0.0, maxval: Any = 1.0, dtype: Any = None, seed: Any = None) -> Any:
    """Values in `[minval, maxval)`, all equally likely, of `shape`, in the float `dtype` (None: floatx)."""
    dtype = _float(dtype, "uniform")
    width = maxval if _is_zero(minval) else maxval - minval
    return _moved(_uniform(draw_seed(seed, shape=_dims(shape)), shape, dtype), width, minval, dtype)


def truncated_normal(shape: Any, mean: Any = 0.0, stddev: Any = 1.0, dtype: Any = None, seed: Any = None) -> Any:
    """Normal values of `mean` and `stddev` that lie within two standard deviations of the mean."""
    dtype = _float(dtype, "truncated_normal")
    drawn = "float64" if dtype == "float64" else "float32"
    unit = _uniform(draw_seed(seed, shape=_dims(shape)), shape, drawn)
    values = ops.erfinv((2.0 * unit - 1.0) * _EDGE) * math.sqrt(2)
    return _moved(ops.cast(ops.clip(values, -2.0, 2.0), dtype), stddev, mean, dtype)


def randint(shape: Any, minval: Any, maxval: Any, dtype: Any = "int32", seed: Any = None) -> Any:
    """Integers in `[minval, maxval)`, all equally likely, of `shape`, in the integer `dtype`."""
    name = dtypes.canonical(dtype)
    if not dtypes.is_int(name):
        raise ArgumentError(f"`randint` needs an integer `dtype`. Received dtype={dtype!r}. Use `uniform` for floats.")
    if isinstance(minval, int) and isinstance(maxval, int) and minval >= maxval:
        raise ArgumentError(f"`randint` needs `minval` below `maxval`. Received minval={minval}, maxval={maxval}.")
    draw = portable_integers if config.portable_random() else random_integers
    key = draw_seed(seed, shape=_dims(shape))
    if isinstance(maxval, int) and name in _WIDER and maxval == np.iinfo(name).max + 1:  # which `name` can't hold
        return ops.cast(draw(key, minval, maxval, shape, _WIDER[name]), name)
    return draw(key, minval, maxval, shape, name)


_WIDER = {**dict.fromkeys(("int8", "uint8", "int16", "uint16"), "int32"), **dict.fromkeys(("int32", "uint32"), "int64")}


def dropout(inputs: Any, rate: Any, noise_shape: Any = None, seed: Any = None) -> Any:
    """`inputs / (1 - rate)`, and 0 instead with probability `rate`.

    Args:
        inputs: floats of any shape.
        rate: in [0, 1); at 0 the result is `inputs`.
        noise_shape: of the decisions, broadcasts to `inputs`; None there takes the size of `inputs`. None: its shape.
        seed: see above.
    """
    rate = check.number(rate, "rate", "dropout", low=0, high=1)
    if rate == 0:
        return inputs
    sizes = ops.shape(inputs)
    if noise_shape is None:
        noise_shape = sizes
    elif len(noise_shape) != len(sizes):
        raise ArgumentError(
            f"`dropout` needs `noise_shape` of the rank of `inputs` ({len(sizes)}). Received {tuple(noise_shape)}."
        )
    noise_shape = tuple(n if d is None else d for d, n in zip(noise_shape, sizes, strict=True))
    draw = _portable_dropout if config.portable_random() else random_dropout
    return draw(inputs, draw_seed(seed, inputs), rate, noise_shape)


def shuffle(x: Any, axis: int = 0, seed: Any = None) -> Any:
    """`x` with its slices along `axis` in a random order."""
    size = ops.shape(x)[axis]
    order = ops.argsort(_uniform(draw_seed(seed, x), (size,), "float32"))
    return ops.take(x, order, axis=axis)


def categorical(logits: Any, num_samples: int, dtype: Any = "int32", seed: Any = None) -> Any:
    """Classes drawn with probabilities `softmax(logits)`.

    Args:
        logits: `(batch, classes)`.
        num_samples: draws from each row.
        dtype: of the result.
        seed: see above.

    Returns:
        `(batch, num_samples)`.
    """
    sizes = ops.shape(logits)
    if len(sizes) != 2:
        raise ArgumentError(f"`categorical` needs `logits` of shape `(batch, classes)`. Received rank {len(sizes)}.")
    key = draw_seed(seed, logits)
    unit = _uniform(key, (sizes[0], num_samples, sizes[1]), "float32")
    # The largest of logits plus Gumbel noise is a draw (Gumbel, 1954); away from 0, where the logarithm ends.
    noise = -ops.log(-ops.log(ops.maximum(unit, 1e-10)))
    noisy = ops.add(ops.expand_dims(ops.cast(logits, "float32"), 1), noise)
    return ops.cast(ops.argmax(noisy, axis=-1), dtype)


def gamma(shape: Any, alpha: Any, dtype: Any = None, seed: Any = None) -> Any:
    """Gamma values of shape parameter `alpha` (broadcasts to `shape`) and scale 1."""
    return random_gamma(draw_seed(seed, shape=_dims(shape)), alpha, shape, _float(dtype, "gamma"))


def beta(shape: Any, alpha: Any, beta: Any, dtype: Any = None, seed: Any = None) -> Any:
    """Beta values in (0, 1) of the parameters `alpha` and `beta`, which broadcast to `shape`."""
    dtype = _float(dtype, "beta")
    both = [ops.broadcast_to(ops.cast(as_tensor(p), dtype), shape) for p in (alpha, beta)]
    first, second = ops.unstack(gamma((2, *_dims(shape)), ops.stack(both), dtype, seed), 2)
    return first / (first + second)


def binomial(shape: Any, counts: Any, probabilities: Any, dtype: Any = None, seed: Any = None) -> Any:
    """Numbers of successes among `counts` trials of `probabilities`, both broadcast to `shape`; floats."""
    key = draw_seed(seed, shape=_dims(shape))
    return random_binomial(key, counts, probabilities, shape, _float(dtype, "binomial"))


# ---- the two generators -------------------------------------------------------------------------------------


def _uniform(key: Any, shape: Any, dtype: str) -> Any:
    return (portable_uniform if config.portable_random() else random_uniform)(key, shape, dtype)


def _normal(key: Any, shape: Any, dtype: str) -> Any:
    return (portable_normal if config.portable_random() else random_normal)(key, shape, dtype)


@composite(dtype=random_dropout.op.dtype_rule)
def _portable_dropout(inputs: Tensor, seed: Tensor, rate, noise_shape) -> Tensor:
    kept = ops.greater_equal(portable_uniform(seed, noise_shape, "float32"), rate)
    return ops.where(kept, inputs / (1.0 - rate), ops.zeros_like(inputs))


# ---- arguments ----------------------------------------------------------------------------------------------


def _float(dtype: Any, where: str) -> str:
    name = config.floatx() if dtype is None else dtypes.canonical(dtype)
    if not dtypes.is_float(name):
        raise ArgumentError(f"`{where}` needs a floating `dtype`. Received dtype={dtype!r}.")
    return name


def _dims(shape: Any) -> tuple[Any, ...]:
    return tuple(shape) if hasattr(shape, "__iter__") else (shape,)


def _is_zero(value: Any) -> bool:
    return isinstance(value, (int, float)) and value == 0


def _moved(values: Any, scale: Any, offset: Any, dtype: str) -> Any:
    if not (isinstance(scale, (int, float)) and scale == 1):
        values = ops.multiply(values, scale)
    if not _is_zero(offset):
        values = ops.add(values, offset)
    return ops.cast(values, dtype)
