"""What the conformance suite turns on in JAX, in this thread and within a `with` block."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import jax


@contextmanager
def strict(finite: bool = False) -> Iterator[None]:
    """JAX raises where it would promote dtypes by itself, and with `finite` where a NaN appears."""
    with jax.numpy_dtype_promotion("strict"), jax.debug_nans(finite):
        yield


@contextmanager
def double_precision() -> Iterator[None]:
    """64-bit dtypes are what they say: `jax_enable_x64`."""
    with jax.enable_x64(True):
        yield
