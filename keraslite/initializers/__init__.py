"""Initial values of weights: bit-identical on every engine, since the host computes them."""

from __future__ import annotations

from typing import Any

from keraslite import serialization as _serialization
from keraslite.initializers.base import Initializer, RandomInitializer
from keraslite.initializers.constant import Constant, Identity, Ones, Zeros
from keraslite.initializers.random import Orthogonal, RandomNormal, RandomUniform, TruncatedNormal
from keraslite.initializers.stft import STFT
from keraslite.initializers.variance_scaling import (
    GlorotNormal,
    GlorotUniform,
    HeNormal,
    HeUniform,
    LecunNormal,
    LecunUniform,
    VarianceScaling,
    compute_fans,
)
from keraslite.serialization.lookup import find as _find
from keraslite.serialization.lookup import names_of as _names_of
from keraslite.variable import find_initializers_by as _find_initializers_by

IdentityInitializer = Identity
OrthogonalInitializer = Orthogonal
STFTInitializer = STFT
constant = Constant
glorot_normal = GlorotNormal
glorot_uniform = GlorotUniform
he_normal = HeNormal
he_uniform = HeUniform
identity = Identity
lecun_normal = LecunNormal
lecun_uniform = LecunUniform
ones = Ones
orthogonal = Orthogonal
random_normal = RandomNormal
random_uniform = RandomUniform
stft = STFT
truncated_normal = TruncatedNormal
variance_scaling = VarianceScaling
zeros = Zeros

__all__ = [
    "STFT",
    "Constant",
    "GlorotNormal",
    "GlorotUniform",
    "HeNormal",
    "HeUniform",
    "Identity",
    "IdentityInitializer",
    "Initializer",
    "LecunNormal",
    "LecunUniform",
    "Ones",
    "Orthogonal",
    "OrthogonalInitializer",
    "RandomInitializer",
    "RandomNormal",
    "RandomUniform",
    "STFTInitializer",
    "TruncatedNormal",
    "VarianceScaling",
    "Zeros",
    "compute_fans",
    "constant",
    "deserialize",
    "get",
    "glorot_normal",
    "glorot_uniform",
    "he_normal",
    "he_uniform",
    "identity",
    "lecun_normal",
    "lecun_uniform",
    "ones",
    "orthogonal",
    "random_normal",
    "random_uniform",
    "serialize",
    "stft",
    "truncated_normal",
    "variance_scaling",
    "zeros",
]

_TABLE = _names_of(
    Constant, GlorotNormal, GlorotUniform, HeNormal, HeUniform, Identity, LecunNormal, LecunUniform, Ones, Orthogonal,
    RandomNormal, RandomUniform, STFT, TruncatedNormal, VarianceScaling, Zeros,
    uniform=RandomUniform, normal=RandomNormal, one=Ones, zero=Zeros, IdentityInitializer=Identity,
    OrthogonalInitializer=Orthogonal, STFTInitializer=STFT,
)  # fmt: skip


def get(identifier: Any) -> Any:
    """An initializer from a name ("glorot_uniform"), a config, a class, an array, or any function of
    `(shape, dtype)`; None from None."""
    if hasattr(identifier, "__array__") and not callable(identifier):
        return Constant(identifier)
    return _find(identifier, _TABLE, "initializers.get", "an initializer")


def serialize(initializer: Any) -> Any:
    """An initializer as plain data."""
    return _serialization.serialize(initializer)


def deserialize(config: Any, custom_objects: dict[str, Any] | None = None) -> Any:
    """The initializer that `serialize` made `config` from."""
    return _find(config, _TABLE, "initializers.deserialize", "an initializer", custom_objects)


_find_initializers_by(get)
