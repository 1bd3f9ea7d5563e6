"""Kernels of this family on torch."""

from __future__ import annotations

from typing import Any

import torch


def _run(transform: Any, x: Any, *args: Any) -> Any:
    if x.numel():
        return transform(x, *args)
    # MKL has no transforms of nothing: take one of zeros, and none of its rows
    full = transform(x.new_zeros([n or 1 for n in x.shape]), *args)
    return full[tuple(slice(None if n else 0) for n in x.shape[:-1])]


def _parts(x: Any) -> Any:
    return x.real, x.imag


def _of_parts(transform: Any) -> Any:
    return lambda x: _parts(_run(transform, torch.complex(*x)))


fft, fft2, ifft2 = map(_of_parts, (torch.fft.fft, torch.fft.fft2, torch.fft.ifft2))


def rfft(x: Any, fft_length: Any) -> Any:
    return _parts(_run(torch.fft.rfft, x, fft_length))


def irfft(x: Any, fft_length: Any) -> Any:
    return _run(torch.fft.irfft, torch.complex(*x), fft_length)


def extract_sequences(x: Any, sequence_length: int, sequence_stride: int) -> Any:
    if x.shape[-1] < sequence_length:
        return x.new_zeros((*x.shape[:-1], 0, sequence_length))
    return x.unfold(-1, sequence_length, sequence_stride)
