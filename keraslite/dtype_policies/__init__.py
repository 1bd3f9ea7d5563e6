"""Which dtype layers compute in and which their variables have."""

from __future__ import annotations

from typing import Any

from keraslite import serialization as _serialization
from keraslite.dtype_policies.current import dtype_policy, get, set_dtype_policy, use_dtype_policy
from keraslite.dtype_policies.policy import DTypePolicy, FloatDTypePolicy
from keraslite.dtype_policies.policy_map import DTypePolicyMap

__all__ = [
    "DTypePolicy",
    "DTypePolicyMap",
    "FloatDTypePolicy",
    "deserialize",
    "dtype_policy",
    "get",
    "serialize",
    "set_dtype_policy",
    "use_dtype_policy",
]


def serialize(dtype_policy: DTypePolicy | str) -> Any:
    """Return a policy as plain data.

    Args:
        dtype_policy: a policy, or the name of one.

    Returns:
        A dict that `deserialize` reads; a name stays as it is.

    Example:
        >>> from keraslite import dtype_policies
        >>> dtype_policies.serialize(dtype_policies.DTypePolicy("float16"))["config"]
        {'name': 'float16'}
    """
    return _serialization.serialize(dtype_policy)


def deserialize(config: dict[str, object] | str, custom_objects: dict[str, object] | None = None) -> Any:
    """Return the policy that `serialize` made `config` from.

    Args:
        config: what `serialize` returned.
        custom_objects: classes of policies of yours by name, besides those that are registered.

    Returns:
        A new policy; a name stays as it is.

    Example:
        >>> from keraslite import dtype_policies
        >>> config = dtype_policies.serialize(dtype_policies.DTypePolicy("mixed_bfloat16"))
        >>> dtype_policies.deserialize(config).compute_dtype
        'bfloat16'
    """
    return _serialization.deserialize(config, custom_objects)
