"""Draws from distributions.

`seed` is an int (the same numbers at each call), a `SeedGenerator` (new ones at each call), or None (the engine's
global generator). By default the engine's own generator turns a key into numbers. After
`config.enable_portable_random()` a generator that is written in ops does, and all engines draw the same numbers.
Binomial draws are always the engine's.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from typing import TypeAlias, cast

import numpy as np

from keraslite import check, config, ops
from keraslite.backend import dtypes
from keraslite.backend.contract import DTypeLike, Tensor, TensorLike
from keraslite.errors import ArgumentError
from keraslite.ops.core import as_tensor
from keraslite.ops.dimension import Dimension
from keraslite.ops.operators import OPS
from keraslite.random import generators
from keraslite.random.primitives import random_binomial
from keraslite.random.seeds import Seed, Sizes, draw_seed

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

#: A parameter of a distribution.
Parameter: TypeAlias = float | Tensor

_EDGE = math.erf(math.sqrt(2))  # P(|z| < 2)


def normal(
    shape: Sizes,
    mean: Parameter = 0.0,
    stddev: Parameter = 1.0,
    dtype: DTypeLike | None = None,
    seed: Seed = None,
) -> Tensor:
    """Draw values from a normal distribution.

    Args:
        shape: of the result: an int or a sequence of sizes.
        mean: of the distribution, a number or a tensor that broadcasts to `shape`; 0 by default.
        stddev: its standard deviation, a number or a tensor that broadcasts to `shape`; 1 by default.
        dtype: a float dtype; None (default) is `config.floatx()`.
        seed: an int for the same values at each call, a `SeedGenerator` for new ones, or None (default) for the global
            generator of the engine, which `utils.set_random_seed` seeds.

    Returns:
        A tensor of `shape` and `dtype`.

    Example:
        >>> from keraslite import random
        >>> x = random.normal((2, 3), seed=1)
        >>> tuple(x.shape)
        (2, 3)
    """
    name = _float(dtype, "normal")
    return _moved(generators.normal()(draw_seed(seed, shape=_dims(shape)), shape, name), stddev, mean, name)


OPS["random.normal"] = normal  # for ops that draw, which stand below this module


def uniform(
    shape: Sizes,
    minval: Parameter = 0.0,
    maxval: Parameter = 1.0,
    dtype: DTypeLike | None = None,
    seed: Seed = None,
) -> Tensor:
    """Draw values from a uniform distribution over `[minval, maxval)`.

    Args:
        shape: of the result: an int or a sequence of sizes.
        minval: the lower bound, a number or a tensor that broadcasts to `shape`; 0 by default.
        maxval: the upper bound, which is not drawn; 1 by default.
        dtype: a float dtype; None (default) is `config.floatx()`.
        seed: an int for the same values at each call, a `SeedGenerator` for new ones, or None (default) for the global
            generator of the engine, which `utils.set_random_seed` seeds.

    Returns:
        A tensor of `shape` and `dtype`.

    Example:
        >>> from keraslite import ops, random
        >>> x = ops.convert_to_numpy(random.uniform((100,), 2.0, 3.0, seed=1))
        >>> bool((x >= 2).all() and (x < 3).all())
        True
    """
    name = _float(dtype, "uniform")
    width = maxval if _is_zero(minval) else maxval - minval
    return _moved(generators.uniform()(draw_seed(seed, shape=_dims(shape)), shape, name), width, minval, name)


def truncated_normal(
    shape: Sizes,
    mean: Parameter = 0.0,
    stddev: Parameter = 1.0,
    dtype: DTypeLike | None = None,
    seed: Seed = None,
) -> Tensor:
    """Draw values from a normal distribution that is cut off at two standard deviations from the mean.

    Args:
        shape: of the result: an int or a sequence of sizes.
        mean: of the normal distribution, a number or a tensor that broadcasts to `shape`; 0 by default.
        stddev: its standard deviation before it is cut off; 1 by default.
        dtype: a float dtype; None (default) is `config.floatx()`.
        seed: an int for the same values at each call, a `SeedGenerator` for new ones, or None (default) for the global
            generator of the engine, which `utils.set_random_seed` seeds.

    Returns:
        A tensor of `shape` and `dtype`.

    Example:
        >>> from keraslite import ops, random
        >>> x = ops.convert_to_numpy(random.truncated_normal((100,), seed=1))
        >>> bool((abs(x) <= 2).all())
        True
    """
    name = _float(dtype, "truncated_normal")
    drawn = "float64" if name == "float64" else "float32"
    unit = generators.uniform()(draw_seed(seed, shape=_dims(shape)), shape, drawn)
    values = ops.erfinv((2.0 * unit - 1.0) * _EDGE) * math.sqrt(2)
    return _moved(ops.cast(ops.clip(values, -2.0, 2.0), name), stddev, mean, name)


def randint(
    shape: Sizes,
    minval: int | Tensor,
    maxval: int | Tensor,
    dtype: DTypeLike = "int32",
    seed: Seed = None,
) -> Tensor:
    """Draw integers that are uniformly distributed over `[minval, maxval)`.

    Args:
        shape: of the result: an int or a sequence of sizes.
        minval: the lower bound, an integer or a tensor that broadcasts to `shape`.
        maxval: the upper bound, which is not drawn.
        dtype: an integer dtype; "int32" by default.
        seed: an int for the same values at each call, a `SeedGenerator` for new ones, or None (default) for the global
            generator of the engine, which `utils.set_random_seed` seeds.

    Returns:
        A tensor of `shape` and `dtype`.

    Raises:
        ArgumentError: if `dtype` is no integer dtype, or `minval` is not below `maxval`.

    Example:
        >>> from keraslite import ops, random
        >>> x = ops.convert_to_numpy(random.randint((100,), 0, 6, seed=1))
        >>> bool((x >= 0).all() and (x < 6).all())
        True
    """
    name = dtypes.canonical(dtype)
    if not dtypes.is_int(name):
        raise ArgumentError(f"`randint` needs an integer `dtype`. Received dtype={dtype!r}. Use `uniform` for floats.")
    if isinstance(minval, int) and isinstance(maxval, int) and minval >= maxval:
        raise ArgumentError(f"`randint` needs `minval` below `maxval`. Received minval={minval}, maxval={maxval}.")
    draw = generators.integers()
    key = draw_seed(seed, shape=_dims(shape))
    if isinstance(maxval, int) and name in _WIDER and maxval == np.iinfo(name).max + 1:  # which `name` can't hold
        return ops.cast(draw(key, minval, maxval, shape, _WIDER[name]), name)
    return draw(key, minval, maxval, shape, name)


_WIDER = {**dict.fromkeys(("int8", "uint8", "int16", "uint16"), "int32"), **dict.fromkeys(("int32", "uint32"), "int64")}


def dropout(
    inputs: TensorLike, rate: float, noise_shape: Sequence[int | None] | None = None, seed: Seed = None
) -> Tensor:
    """Set values to 0 with probability `rate`, and divide the others by `1 - rate`.

    Args:
        inputs: a float tensor of any shape.
        rate: the probability, in [0, 1]. With 0 the result is `inputs`.
        noise_shape: the shape of the decisions, which broadcasts to that of `inputs`; a size of None takes the size of
            `inputs`. None (default) for one decision per value.
        seed: an int for the same values at each call, a `SeedGenerator` for new ones, or None (default) for the global
            generator of the engine, which `utils.set_random_seed` seeds.

    Returns:
        A tensor of the shape and dtype of `inputs`.

    Raises:
        ArgumentError: if `rate` is out of range, or `noise_shape` has another rank than `inputs`.

    Example:
        >>> import numpy as np
        >>> from keraslite import ops, random
        >>> x = random.dropout(np.ones((100,), "float32"), 0.5, seed=1)
        >>> sorted({float(value) for value in ops.convert_to_numpy(x)})
        [0.0, 2.0]
    """
    rate = check.number(rate, "rate", "dropout", low=0, high=1)
    if rate == 0:
        return cast("Tensor", inputs)
    sizes = ops.shape(inputs)
    if noise_shape is None:
        noise_shape = sizes
    elif len(noise_shape) != len(sizes):
        raise ArgumentError(
            f"`dropout` needs `noise_shape` of the rank of `inputs` ({len(sizes)}). Received {tuple(noise_shape)}."
        )
    noise_shape = tuple(n if d is None else d for d, n in zip(noise_shape, sizes, strict=True))
    return generators.dropout()(inputs, draw_seed(seed, inputs), rate, noise_shape)


def shuffle(x: TensorLike, axis: int = 0, seed: Seed = None) -> Tensor:
    """Put the slices of a tensor along one axis into a random order.

    Args:
        x: a tensor of at least one axis.
        axis: the axis along which slices are moved; 0 by default.
        seed: an int for the same values at each call, a `SeedGenerator` for new ones, or None (default) for the global
            generator of the engine, which `utils.set_random_seed` seeds.

    Returns:
        A tensor of the shape and dtype of `x`.

    Example:
        >>> import numpy as np
        >>> from keraslite import ops, random
        >>> x = random.shuffle(np.arange(10), seed=1)
        >>> sorted(ops.convert_to_numpy(x).tolist())
        [0, 1, 2, 3, 4, 5, 6, 7, 8, 9]
    """
    size = ops.shape(x)[axis]
    order = ops.argsort(generators.uniform()(draw_seed(seed, x), (size,), "float32"))
    return ops.take(x, order, axis=axis)


def categorical(logits: TensorLike, num_samples: int, dtype: DTypeLike = "int32", seed: Seed = None) -> Tensor:
    """Draw classes with the probabilities `softmax(logits)`.

    Args:
        logits: a float tensor `(batch, classes)`.
        num_samples: the number of draws from each row.
        dtype: an integer dtype; "int32" by default.
        seed: an int for the same values at each call, a `SeedGenerator` for new ones, or None (default) for the global
            generator of the engine, which `utils.set_random_seed` seeds.

    Returns:
        Class indices, a tensor `(batch, num_samples)` of `dtype`.

    Raises:
        ArgumentError: if `logits` does not have two axes.

    Example:
        >>> import numpy as np
        >>> from keraslite import ops, random
        >>> classes = random.categorical(np.array([[-50.0, 50.0, -50.0]], "float32"), 4, seed=1)
        >>> ops.convert_to_numpy(classes).tolist()
        [[1, 1, 1, 1]]
    """
    sizes = ops.shape(logits)
    if len(sizes) != 2:
        raise ArgumentError(f"`categorical` needs `logits` of shape `(batch, classes)`. Received rank {len(sizes)}.")
    key = draw_seed(seed, logits)
    unit = generators.uniform()(key, (sizes[0], num_samples, sizes[1]), "float32")
    # The largest of logits plus Gumbel noise is a draw (Gumbel, 1954); away from 0, where the logarithm ends.
    noise = -ops.log(-ops.log(ops.maximum(unit, 1e-10)))
    noisy = ops.add(ops.expand_dims(ops.cast(logits, "float32"), 1), noise)
    return ops.cast(ops.argmax(noisy, axis=-1), dtype)


def gamma(shape: Sizes, alpha: TensorLike, dtype: DTypeLike | None = None, seed: Seed = None) -> Tensor:
    """Draw values from a gamma distribution of scale 1.

    Args:
        shape: of the result: an int or a sequence of sizes.
        alpha: the shape parameter, greater than 0; a number or a tensor that broadcasts to `shape`.
        dtype: a float dtype; None (default) is `config.floatx()`.
        seed: an int for the same values at each call, a `SeedGenerator` for new ones, or None (default) for the global
            generator of the engine, which `utils.set_random_seed` seeds.

    Returns:
        A tensor of `shape` and `dtype`.

    Example:
        >>> from keraslite import ops, random
        >>> x = ops.convert_to_numpy(random.gamma((100,), 2.0, seed=1))
        >>> bool((x > 0).all())
        True
    """
    return generators.gamma()(draw_seed(seed, shape=_dims(shape)), alpha, shape, _float(dtype, "gamma"))


def beta(
    shape: Sizes, alpha: TensorLike, beta: TensorLike, dtype: DTypeLike | None = None, seed: Seed = None
) -> Tensor:
    """Draw values from a beta distribution over (0, 1).

    Args:
        shape: of the result: an int or a sequence of sizes.
        alpha: the first parameter, greater than 0; a number or a tensor that broadcasts to `shape`.
        beta: the second parameter, greater than 0; a number or a tensor that broadcasts to `shape`.
        dtype: a float dtype; None (default) is `config.floatx()`.
        seed: an int for the same values at each call, a `SeedGenerator` for new ones, or None (default) for the global
            generator of the engine, which `utils.set_random_seed` seeds.

    Returns:
        A tensor of `shape` and `dtype`.

    Example:
        >>> from keraslite import ops, random
        >>> x = ops.convert_to_numpy(random.beta((100,), 2.0, 3.0, seed=1))
        >>> bool((x > 0).all() and (x < 1).all())
        True
    """
    name = _float(dtype, "beta")
    both = [ops.broadcast_to(ops.cast(as_tensor(p), name), shape) for p in (alpha, beta)]
    first, second = ops.unstack(gamma((2, *_dims(shape)), ops.stack(both), name, seed), 2)
    return first / (first + second)


def binomial(
    shape: Sizes, counts: TensorLike, probabilities: TensorLike, dtype: DTypeLike | None = None, seed: Seed = None
) -> Tensor:
    """Draw numbers of successes from a binomial distribution.

    Args:
        shape: of the result: an int or a sequence of sizes.
        counts: the number of trials; a number or a tensor that broadcasts to `shape`.
        probabilities: the probability of a success, in [0, 1]; a number or a tensor that broadcasts to `shape`.
        dtype: a float dtype; None (default) is `config.floatx()`.
        seed: an int for the same values at each call, a `SeedGenerator` for new ones, or None (default) for the global
            generator of the engine, which `utils.set_random_seed` seeds.

    Returns:
        A tensor of `shape` and `dtype`.

    Example:
        >>> from keraslite import ops, random
        >>> x = ops.convert_to_numpy(random.binomial((100,), 5.0, 0.5, seed=1))
        >>> bool((x >= 0).all() and (x <= 5).all())
        True
    """
    key = draw_seed(seed, shape=_dims(shape))
    return random_binomial(key, counts, probabilities, shape, _float(dtype, "binomial"))


# ---- arguments ----------------------------------------------------------------------------------------------


def _float(dtype: DTypeLike | None, where: str) -> str:
    name = config.floatx() if dtype is None else dtypes.canonical(dtype)
    if not dtypes.is_float(name):
        raise ArgumentError(f"`{where}` needs a floating `dtype`. Received dtype={dtype!r}.")
    return name


def _dims(shape: Sizes) -> tuple[int | Dimension | Tensor | None, ...]:
    return tuple(shape) if isinstance(shape, Iterable) else (shape,)


def _is_zero(value: object) -> bool:
    return isinstance(value, (int, float)) and value == 0


def _moved(values: Tensor, scale: Parameter, offset: Parameter, dtype: str) -> Tensor:
    if not (isinstance(scale, (int, float)) and scale == 1):
        values = ops.multiply(values, scale)
    if not _is_zero(offset):
        values = ops.add(values, offset)
    return ops.cast(values, dtype)
