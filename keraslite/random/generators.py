"""Which of the two generators draws: the engine's own, or the portable one, which draws the same on every engine."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager

from keraslite import config, ops
from keraslite.backend.scopes import local
from keraslite.ops.declare import Tensor, TensorLike, composite
from keraslite.random.primitives import random_dropout, random_gamma, random_integers, random_normal, random_uniform
from keraslite.random.threefry import portable_gamma, portable_integers, portable_normal, portable_uniform

__all__ = ["dropout", "gamma", "integers", "normal", "portable", "uniform"]

_always = local("portable_draws", False)


def portable() -> AbstractContextManager[bool]:
    """Return a context of portable draws, whatever `config` says, for what has to be equal everywhere."""
    return _always.use(True)


def _is_portable() -> bool:
    return _always.get() or config.portable_random()


def uniform() -> Callable[..., Tensor]:
    """What draws uniform floats for a key, a shape and a dtype."""
    return portable_uniform if _is_portable() else random_uniform


def normal() -> Callable[..., Tensor]:
    """What draws normal floats for a key, a shape and a dtype."""
    return portable_normal if _is_portable() else random_normal


def integers() -> Callable[..., Tensor]:
    """What draws integers for a key, two bounds, a shape and a dtype."""
    return portable_integers if _is_portable() else random_integers


def gamma() -> Callable[..., Tensor]:
    """What draws gamma floats for a key, the parameter, a shape and a dtype."""
    return portable_gamma if _is_portable() else random_gamma


def dropout() -> Callable[..., Tensor]:
    """What drops values of its first argument for a key, a rate and the shape of the decisions."""
    return _portable_dropout if _is_portable() else random_dropout


@composite(dtype=random_dropout.op.dtype_rule)
def _portable_dropout(inputs: TensorLike, seed: TensorLike, rate, noise_shape) -> Tensor:
    kept = ops.greater_equal(portable_uniform(seed, noise_shape, "float32"), rate)
    return ops.where(kept, inputs / (1.0 - rate), ops.zeros_like(inputs))
