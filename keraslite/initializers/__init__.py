"""Initial values of weights: bit-identical on every engine, since the host computes them."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, TypeVar, cast, overload

from keraslite import serialization as _serialization
from keraslite.backend.contract import TensorLike
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
    Constant,
    GlorotNormal,
    GlorotUniform,
    HeNormal,
    HeUniform,
    Identity,
    LecunNormal,
    LecunUniform,
    Ones,
    Orthogonal,
    RandomNormal,
    RandomUniform,
    STFT,
    TruncatedNormal,
    VarianceScaling,
    Zeros,
    uniform=RandomUniform,
    normal=RandomNormal,
    one=Ones,
    zero=Zeros,
    IdentityInitializer=Identity,
    OrthogonalInitializer=Orthogonal,
    STFTInitializer=STFT,
)


_Function = TypeVar("_Function", bound=Callable[..., object])


@overload
def get(identifier: None) -> None: ...
@overload
def get(identifier: str | Mapping[str, object] | type[Initializer] | TensorLike) -> Initializer: ...
@overload
def get(identifier: _Function) -> _Function: ...
def get(identifier: object) -> object:
    """Return the initializer that a name, a config, a class or an array stands for.

    Args:
        identifier: a name such as "glorot_uniform" or "GlorotUniform", the config of an initializer, a class of
            initializers, an array (which becomes a `Constant`), an initializer, or any function of `(shape, dtype)`.

    Returns:
        An initializer. A function is returned as it is, and so is None.

    Raises:
        UnknownNameError: if no initializer has that name.

    Example:
        >>> from keraslite import initializers
        >>> type(initializers.get("glorot_uniform")).__name__
        'GlorotUniform'
    """
    if hasattr(identifier, "__array__") and not callable(identifier):
        return Constant(cast("TensorLike", identifier))
    return _find(identifier, _TABLE, "initializers.get", "an initializer")


def serialize(initializer: object) -> Any:
    """Return the config of an initializer: plain data, from which `deserialize` makes an equal one.

    Args:
        initializer: an initializer, or a function that `saving.register_keras_serializable` knows.

    Example:
        >>> from keraslite import initializers
        >>> initializers.serialize(initializers.Constant(2.0))["config"]
        {'value': 2.0}
    """
    return _serialization.serialize(initializer)


def deserialize(config: object, custom_objects: dict[str, Any] | None = None) -> Initializer:
    """Return the initializer that `serialize` made `config` from.

    Args:
        config: what `serialize` returned, or a name.
        custom_objects: classes and functions by the names that `config` may hold, besides the registered ones.

    Example:
        >>> from keraslite import initializers
        >>> config = initializers.serialize(initializers.Constant(2.0))
        >>> initializers.deserialize(config).value
        2.0
    """
    return _find(config, _TABLE, "initializers.deserialize", "an initializer", custom_objects)


_find_initializers_by(get)
