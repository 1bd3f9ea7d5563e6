"""The active policy, and policies from what users write."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from keraslite import config
from keraslite.backend import dtypes
from keraslite.backend.contract import DTypeLike
from keraslite.dtype_policies.policy import DTypePolicy, active
from keraslite.errors import ArgumentError, DTypeError
from keraslite.serialization import deserialize


def dtype_policy() -> DTypePolicy:
    """Return the policy that layers take which are given none.

    Example:
        >>> from keraslite import dtype_policies
        >>> dtype_policies.dtype_policy()
        <DTypePolicy "float32">
    """
    return active.get() or DTypePolicy(config.floatx())


def set_dtype_policy(policy: DTypePolicy | DTypeLike | dict[str, object] | None) -> None:
    """Set the policy that layers take which are given none, for the whole process.

    `use_dtype_policy` sets it for a block.

    Args:
        policy: a policy, its name such as "mixed_bfloat16", a dtype, or the config of a policy.

    Example:
        >>> from keraslite import dtype_policies, layers
        >>> before = dtype_policies.dtype_policy()
        >>> dtype_policies.set_dtype_policy("mixed_bfloat16")
        >>> layers.Dense(2).compute_dtype
        'bfloat16'
        >>> dtype_policies.set_dtype_policy(before)
    """
    active.set_default(get(policy))


@contextmanager
def use_dtype_policy(policy: DTypePolicy | DTypeLike | dict[str, object] | None) -> Iterator[DTypePolicy]:
    """Set the policy for a `with` block, in this thread or task only.

    Args:
        policy: a policy, its name such as "mixed_bfloat16", a dtype, or the config of a policy.

    Returns:
        A context manager, whose `as` target is the policy.

    Example:
        >>> from keraslite import dtype_policies, layers
        >>> with dtype_policies.use_dtype_policy("mixed_bfloat16"):
        ...     layer = layers.Dense(2)
        >>> layer.compute_dtype, layer.variable_dtype
        ('bfloat16', 'float32')
    """
    with active.use(get(policy)) as current:
        yield current


def get(identifier: DTypePolicy | DTypeLike | dict[str, object] | None) -> DTypePolicy:
    """Return the policy that a name, a dtype or a config stands for.

    Args:
        identifier: a name such as "mixed_float16", a dtype in any spelling, the config of a policy, or a policy.
            None stands for the active policy.

    Raises:
        ArgumentError: if it is none of these.

    Example:
        >>> from keraslite import dtype_policies
        >>> dtype_policies.get("mixed_float16").compute_dtype
        'float16'
    """
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
