"""Names of JAX that are not public. No other file of this package has any."""

from __future__ import annotations

from contextvars import ContextVar
from typing import Any

import jax
import jax.core
import jax.numpy as jnp

from keraslite.backend.private import PrivateNames

names = PrivateNames("jax", seen="0.10.2")

#: Whether a transform of ours runs, for releases that can't be asked.
transforming: ContextVar[bool] = ContextVar("keraslite_jax_transforming", default=False)


def _looks_clean() -> bool:
    """Within `jit` even a constant is a tracer."""
    return not transforming.get() and not isinstance(jnp.zeros(()), jax.core.Tracer)


trace_state_clean = names.get(
    "jax._src.core.trace_state_clean",
    use="to know whether anything is traced, so that values may be unknown to Python",
    lost="`jax.grad` and `jax.vmap` are not noticed where a program calls them itself, outside of `jax.jit`",
    instead=_looks_clean,
)


def _not_registered(cls: type, handler: Any) -> None:
    pass


register_canonicalize_value_handler = names.get(
    "jax._src.dtypes.register_canonicalize_value_handler",
    use="to make `jax.lax` functions of symbolic tensors say what to write instead",
    lost="the message is JAX's own",
    instead=_not_registered,
)
