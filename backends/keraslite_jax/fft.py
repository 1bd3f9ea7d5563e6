"""Kernels of this family on jax."""

from __future__ import annotations

from typing import Any

import jax.numpy as jnp
from jax import lax


def _parts(x: Any) -> Any:
    return x.real, x.imag


def fft(x: Any) -> Any:
    return _parts(jnp.fft.fft(lax.complex(*x)))


def fft2(x: Any) -> Any:
    return _parts(jnp.fft.fft2(lax.complex(*x)))


def ifft2(x: Any) -> Any:
    return _parts(jnp.fft.ifft2(lax.complex(*x)))


def rfft(x: Any, fft_length: Any) -> Any:
    return _parts(jnp.fft.rfft(x, fft_length))


def irfft(x: Any, fft_length: Any) -> Any:
    return jnp.fft.irfft(lax.complex(*x), fft_length)
