"""Kernels of this family on numpy."""

from __future__ import annotations

from typing import Any

import numpy as np


def _complex(x: Any) -> Any:
    result = np.empty(x[0].shape, np.complex128 if x[0].dtype == np.float64 else np.complex64)
    result.real, result.imag = x
    return result


def _parts(x: Any) -> Any:
    return np.ascontiguousarray(x.real), np.ascontiguousarray(x.imag)


def fft(x: Any) -> Any:
    return _parts(np.fft.fft(_complex(x)))


def fft2(x: Any) -> Any:
    return _parts(np.fft.fft2(_complex(x)))


def ifft2(x: Any) -> Any:
    return _parts(np.fft.ifft2(_complex(x)))


def rfft(x: Any, fft_length: Any) -> Any:
    return _parts(np.fft.rfft(x, fft_length))


def irfft(x: Any, fft_length: Any) -> Any:
    return np.fft.irfft(_complex(x), fft_length)


def extract_sequences(x: Any, sequence_length: int, sequence_stride: int) -> Any:
    if x.shape[-1] < sequence_length:
        return np.empty((*x.shape[:-1], 0, sequence_length), x.dtype)
    pieces = np.lib.stride_tricks.sliding_window_view(x, sequence_length, -1)
    return pieces[..., ::sequence_stride, :].copy()
