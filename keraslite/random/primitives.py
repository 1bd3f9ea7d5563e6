"""What engines draw from a key `(2,)` of integers (seed, counter): the same key, the same numbers."""

from __future__ import annotations

from collections.abc import Mapping

from keraslite.backend import dtypes as lattice
from keraslite.ops.declare import DType, Shape, Tensor, TensorLike, primitive
from keraslite.ops.dtype import Names, asked, to_float


def _drawn(operands: Names, attributes: Mapping[str, object]) -> tuple[Names, str]:
    """The key keeps its dtype, parameters have that of the result."""
    result = asked(attributes) or lattice.default_float()
    return (lattice.promote(operands[0]), *(result for _ in operands[1:])), result


def _shape_last(*arguments: object) -> object:
    """For primitives that end in `(shape, dtype)`."""
    return arguments[-2]


@primitive(shape=_shape_last, dtype=_drawn)
def random_uniform(seed: TensorLike, shape: Shape, dtype: DType = None) -> Tensor:
    """Uniform in [0, 1). A kernel may return float32 for half precision; it must not round to 1 there."""
    ...


@primitive(shape=_shape_last, dtype=_drawn)
def random_normal(seed: TensorLike, shape: Shape, dtype: DType = None) -> Tensor:
    """Normal of mean 0 and variance 1."""
    ...


@primitive(shape=_shape_last, dtype=_drawn)
def random_integers(
    seed: TensorLike, minval: TensorLike, maxval: TensorLike, shape: Shape, dtype: DType = None
) -> Tensor:
    """Uniform integers in [minval, maxval)."""
    ...


random_integers.op.label = "randint"


@primitive(shape=_shape_last, dtype=_drawn)
def random_gamma(seed: TensorLike, alpha: TensorLike, shape: Shape, dtype: DType = None) -> Tensor:
    """Gamma of shape parameter `alpha` and scale 1; `alpha` broadcasts to `shape`."""
    ...


@primitive(shape=_shape_last, dtype=_drawn)
def random_binomial(
    seed: TensorLike, counts: TensorLike, probabilities: TensorLike, shape: Shape, dtype: DType = None
) -> Tensor:
    """Successes among `counts` trials; both parameters broadcast to `shape`."""
    ...


def _dropped(operands: Names, attributes: Mapping[str, object]) -> tuple[Names, str]:
    result = to_float(lattice.promote(operands[0]))
    return (result, lattice.promote(operands[1])), result


def _first(inputs: object, *rest: object) -> object:
    return inputs


@primitive(shape=_first, dtype=_dropped)
def random_dropout(inputs: TensorLike, seed: TensorLike, rate, noise_shape) -> Tensor:
    """`inputs / (1 - rate)`, 0 with probability `rate`; one decision for each element of `noise_shape`."""
    ...
