"""Fourier transforms against NumPy's, and short-time transforms against loops over the pieces."""

from __future__ import annotations

import numpy as np

from keraslite.conformance.rows import Row, call

G = np.random.default_rng(12)
A, B = G.normal(size=(2, 3, 6)), G.normal(size=(2, 3, 6))
ODD, OTHER = G.normal(size=(3, 5)), G.normal(size=(3, 5))
SIGNAL = G.normal(size=(2, 21))
WINDOW = G.uniform(0.3, 1.0, size=(6,))


def parts(x):
    return [x.real, x.imag]


def joined(x):
    return x[0] + 1j * x[1]


def irfft(x, fft_length=None):
    return np.fft.irfft(joined(x), fft_length)


def extract(x, size, stride):
    starts = range(0, x.shape[-1] - size + 1, stride)
    pieces = [x[..., s : s + size] for s in starts]
    return np.stack(pieces, -2) if pieces else np.zeros((*x.shape[:-1], 0, size))


def weights(window, size, fft_length):
    ramp = np.cos(2 * np.pi * np.arange(size) / size)
    if window is None:
        return np.ones(fft_length)
    if isinstance(window, str) and size == 1:
        window = np.ones(1)
    elif isinstance(window, str):
        window = 0.5 - 0.5 * ramp if window == "hann" else 0.54 - 0.46 * ramp
    result = np.zeros(fft_length)
    first = (fft_length - size) // 2
    result[first : first + size] = window
    return result


def stft(x, sequence_length, sequence_stride, fft_length, window="hann", center=True):
    side = fft_length // 2
    x = np.pad(x, [(0, 0)] * (x.ndim - 1) + [(side, side)], "reflect") if center else x
    pieces = extract(x, fft_length, sequence_stride) * weights(window, sequence_length, fft_length)
    return parts(np.fft.rfft(pieces))


def istft(x, sequence_length, sequence_stride, fft_length, length=None, window="hann", center=True):
    window = weights(window, sequence_length, fft_length)
    pieces = irfft(x, fft_length)
    total = np.zeros((*pieces.shape[:-2], fft_length + (pieces.shape[-2] - 1) * sequence_stride))
    weight = np.zeros(total.shape[-1])
    for i in range(pieces.shape[-2]):
        place = slice(i * sequence_stride, i * sequence_stride + fft_length)
        total[..., place] += pieces[..., i, :] * window
        weight[place] += window**2
    total = np.where(weight > 1e-10, total / np.where(weight > 1e-10, weight, 1), 0)
    side = fft_length // 2 if center else 0
    if length is None:
        return total[..., side : total.shape[-1] - side]
    total = total[..., side : side + length]
    return np.pad(total, [(0, 0)] * (total.ndim - 1) + [(0, length - total.shape[-1])])


SPECTRUM = tuple(stft(SIGNAL, 6, 3, 8))
REAL = {"float32": "float32", "int32": "float32", "bool": "float32"}

ROWS = [
    Row("fft", (call((A, B)), call((ODD, OTHER)), call(x=[ODD[0], OTHER[0]])), lambda x: parts(np.fft.fft(joined(x))),
        dtypes={"int32 float32": "float32"}),
    Row("fft2", (call((A, B)), call((ODD, OTHER))), lambda x: parts(np.fft.fft2(joined(x))), symbolic="static"),
    Row("fft2", (call((A, B)),), lambda x: parts(np.fft.fft2(joined(x)))),
    Row("ifft2", (call((A, B)), call((ODD, OTHER))), lambda x: parts(np.fft.ifft2(joined(x)))),
    Row("rfft", (call(A), call(ODD), call(A, 8), call(A, fft_length=3), call(ODD, 4), call(ODD[0], 7)),
        lambda x, fft_length=None: parts(np.fft.rfft(x, fft_length)), dtypes=REAL),
    Row("irfft", (call((A, B)), call((A, B), 9), call((A, B), fft_length=4), call((ODD, OTHER), 1), call((A, B), 16)),
        irfft),
    Row("extract_sequences", (call(SIGNAL, 6, 3), call(SIGNAL, 5, 7), call(SIGNAL[0], 21, 1), call(SIGNAL, 22, 4)),
        extract, dtypes={"int32": "int32", "bool": "bool"}),
    Row("stft", (call(SIGNAL, 6, 3, 8), call(SIGNAL, 5, 2, 7, "hamming", False),
                 call(SIGNAL, 6, 4, 8, None, center=True), call(SIGNAL[0], 6, 4, 9, WINDOW),
                 call(SIGNAL, 1, 1, 1, window="hamming"), call(SIGNAL, 1, 1, 1),
                 call(SIGNAL, 6, 9, 30, center=False)), stft,
        dtypes=REAL, mixes=False),
    Row("istft", (call(SPECTRUM, 6, 3, 8), call(SPECTRUM, 6, 3, 8, 21), call(SPECTRUM, 6, 3, 8, 30, "hamming", False),
                  call(SPECTRUM, 6, 4, 8, window=None), call(SPECTRUM, 5, 2, 9, length=11, window="hamming"),
                  call(SPECTRUM, 6, 9, 8, None, WINDOW, center=False)), istft, mixes=False),
]  # fmt: skip
