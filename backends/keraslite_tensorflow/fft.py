"""Kernels of this family on tensorflow."""

from __future__ import annotations

from typing import Any

import tensorflow as tf


def _parts(x: Any) -> Any:
    return tf.math.real(x), tf.math.imag(x)


def fft(x: Any) -> Any:
    return _parts(tf.signal.fft(tf.complex(*x)))


def fft2(x: Any) -> Any:
    return _parts(tf.signal.fft2d(tf.complex(*x)))


def ifft2(x: Any) -> Any:
    return _parts(tf.signal.ifft2d(tf.complex(*x)))


def rfft(x: Any, fft_length: Any) -> Any:
    if fft_length is None:
        return _parts(tf.signal.rfft(x))
    return _parts(tf.signal.rfft(x[..., :fft_length], [fft_length]))  # its gradient can't cut


def irfft(x: Any, fft_length: Any) -> Any:
    if fft_length is None:
        return tf.signal.irfft(tf.complex(*x))
    kept = fft_length // 2 + 1
    return tf.signal.irfft(tf.complex(*x)[..., :kept], [fft_length])
