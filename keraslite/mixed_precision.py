"""Dtype policies under the names that Keras also has here."""

from __future__ import annotations

from keraslite.dtype_policies import DTypePolicy, dtype_policy, set_dtype_policy
from keraslite.optimizers import LossScaleOptimizer

Policy = DTypePolicy
global_policy = dtype_policy
set_global_policy = set_dtype_policy

__all__ = [
    "DTypePolicy",
    "LossScaleOptimizer",
    "Policy",
    "dtype_policy",
    "global_policy",
    "set_dtype_policy",
    "set_global_policy",
]
