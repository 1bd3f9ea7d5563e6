"""Add, Subtract, Multiply, Average, Maximum, Minimum: as layers and as functions."""

from __future__ import annotations

from functools import reduce
from typing import Any

from keraslite import ops
from keraslite.layers.merging.base import Merge
from keraslite.serialization import builtin


@builtin("keras.layers")
class Add(Merge):
    """Sum of its inputs."""

    def merge(self, inputs):
        return reduce(ops.add, inputs)


@builtin("keras.layers")
class Subtract(Merge):
    """The first of two inputs minus the second."""

    count = 2

    def merge(self, inputs):
        return ops.subtract(inputs[0], inputs[1])


@builtin("keras.layers")
class Multiply(Merge):
    """Product of its inputs. A masked step of an input does not count; where all are masked, the product is 0."""

    def call(self, inputs, mask=None):
        inputs = self._check(inputs)
        if not isinstance(mask, (list, tuple)) or len(mask) != len(inputs):
            return super().call(inputs)
        output = super().call([_where(m, x, ops.ones_like(x)) for m, x in zip(mask, inputs, strict=True)])
        return _where(self.compute_mask(inputs, mask), output, ops.zeros_like(output))

    def merge(self, inputs):
        return reduce(ops.multiply, inputs)


def _where(mask: Any, x: Any, other: Any) -> Any:
    """`x` at the steps that a mask leaves, `other` at those it hides."""
    if mask is None:
        return x
    while len(mask.shape) < len(x.shape):
        mask = ops.expand_dims(mask, -1)
    return ops.where(mask, x, other)


@builtin("keras.layers")
class Average(Merge):
    """Mean of its inputs."""

    def merge(self, inputs):
        return ops.divide(reduce(ops.add, inputs), len(inputs))


@builtin("keras.layers")
class Maximum(Merge):
    """Largest of its inputs, element by element."""

    def merge(self, inputs):
        return reduce(ops.maximum, inputs)


@builtin("keras.layers")
class Minimum(Merge):
    """Smallest of its inputs, element by element."""

    def merge(self, inputs):
        return reduce(ops.minimum, inputs)


def add(inputs: Any, **kwargs: Any) -> Any:
    """`Add(**kwargs)(inputs)`."""
    return Add(**kwargs)(inputs)


def subtract(inputs: Any, **kwargs: Any) -> Any:
    """`Subtract(**kwargs)(inputs)`."""
    return Subtract(**kwargs)(inputs)


def multiply(inputs: Any, **kwargs: Any) -> Any:
    """`Multiply(**kwargs)(inputs)`."""
    return Multiply(**kwargs)(inputs)


def average(inputs: Any, **kwargs: Any) -> Any:
    """`Average(**kwargs)(inputs)`."""
    return Average(**kwargs)(inputs)


def maximum(inputs: Any, **kwargs: Any) -> Any:
    """`Maximum(**kwargs)(inputs)`."""
    return Maximum(**kwargs)(inputs)


def minimum(inputs: Any, **kwargs: Any) -> Any:
    """`Minimum(**kwargs)(inputs)`."""
    return Minimum(**kwargs)(inputs)
