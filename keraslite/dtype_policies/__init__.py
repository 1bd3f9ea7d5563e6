"""Which dtype layers compute in and which their variables have."""

from __future__ import annotations

from keraslite.dtype_policies.current import dtype_policy, get, set_dtype_policy, use_dtype_policy
from keraslite.dtype_policies.policy import DTypePolicy
from keraslite.dtype_policies.policy_map import DTypePolicyMap
from keraslite.serialization import deserialize, serialize

__all__ = [
    "DTypePolicy",
    "DTypePolicyMap",
    "deserialize",
    "dtype_policy",
    "get",
    "serialize",
    "set_dtype_policy",
    "use_dtype_policy",
]
