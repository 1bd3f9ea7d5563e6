"""The active policy, and policies from what users write."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from keraslite import config
from keraslite.backend import dtypes
from keraslite.dtype_policies.policy import DTypePolicy, active
from keraslite.errors import ArgumentError, DTypeError
from keraslite.serialization import deserialize


def dtype_policy() -> DTypePolicy:
    """The policy of layers that are given none."""
    return active.get() or DTypePolicy(config.floatx())


def set_dtype_policy(policy: Any) -> None:
    """Set the policy of layers that are given none, for the process (`use_dtype_policy`: for a block)."""
    active.set_default(get(policy))


@contextmanager
def use_dtype_policy(policy: Any) -> Iterator[DTypePolicy]:
    """The policy for a `with` block, in this thread or task only."""
    with active.use(get(policy)) as current:
        yield current


def get(identifier: Any) -> DTypePolicy:
    """A policy from a name, a dtype, a config or a policy; None is the active one."""
    if identifier is None:
        return dtype_policy()
    if isinstance(identifier, DTypePolicy):
        return identifier
    if isinstance(identifier, dict):
        identifier = deserialize(identifier)
        if isinstance(identifier, DTypePolicy):
            return identifier
    if isinstance(identifier, str):
        return DTypePolicy(identifier)
    try:
        return DTypePolicy(dtypes.canonical(identifier))
    except DTypeError:
        raise ArgumentError(
            f"`dtype` needs to be a dtype, the name of a policy or a `DTypePolicy`. Received {identifier!r}."
        ) from None


config.offer_policies(dtype_policy, set_dtype_policy)
