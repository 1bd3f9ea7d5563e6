"""Fourier transforms and windows, beyond the tables of the conformance suite."""

from __future__ import annotations

import numpy as np
import pytest

from keraslite import KerasTensor, ops
from keraslite.conformance.rows import assert_close
from keraslite.errors import ArgumentError, DTypeError

SIGNAL = np.random.default_rng(2).normal(size=(2, 40)).astype("float32")
PAIR = (SIGNAL, SIGNAL)


@pytest.mark.usefixtures("backend")
@pytest.mark.parametrize("window", ["hann", "hamming", None])
def test_istft_undoes_stft(window):
    spectrum = ops.stft(SIGNAL, 8, 2, 10, window)
    assert_close(ops.istft(spectrum, 8, 2, 10, window=window), SIGNAL, 1e-5)
    assert_close(ops.istft(spectrum, 8, 2, 10, 43, window)[:, :40], SIGNAL, 1e-5)


@pytest.mark.usefixtures("backend")
def test_inverses():
    assert_close(ops.ifft2(ops.fft2(PAIR)), list(PAIR), 1e-5)
    assert_close(ops.irfft(ops.rfft(SIGNAL)), SIGNAL, 1e-5)
    assert_close(ops.irfft(ops.rfft(SIGNAL[:, :9]), 9), SIGNAL[:, :9], 1e-5)


@pytest.mark.usefixtures("backend")
def test_half_precision_and_integers_become_float32():
    half = ops.cast(SIGNAL, "float16")
    assert [ops.dtype(part) for part in ops.fft((half, half))] == ["float32", "float32"]
    assert ops.dtype(ops.rfft(ops.cast(SIGNAL, "int32"))[0]) == "float32"
    assert ops.dtype(ops.extract_sequences(half, 4, 2)) == "float16"


@pytest.mark.usefixtures("backend")
def test_unknown_sizes():
    x = KerasTensor((None, None))
    pieces = ops.extract_sequences(x, 4, 2)
    assert pieces.shape == (None, None, 4)
    assert ops.rfft(x)[0].shape == (None, None)
    real, imaginary = ops.stft(x, 6, 3, 8)
    assert real.shape == imaginary.shape == (None, None, 5)
    assert ops.istft((real, imaginary), 6, 3, 8).shape == (None, None)
    assert ops.istft((real, imaginary), 6, 3, 8, 40).shape == (None, 40)
    assert ops.hanning(ops.shape(x)[1]).shape == (None,)


@pytest.mark.usefixtures("backend")
def test_windows_take_scalar_tensors():
    for name in ("blackman", "hamming", "hanning", "bartlett"):
        assert_close(getattr(ops, name)(ops.convert_to_tensor(5)), getattr(np, name)(5), 1e-6)
    assert_close(ops.kaiser(np.int64(5), ops.convert_to_tensor(2.5)), np.kaiser(5, 2.5), 1e-6)


@pytest.mark.usefixtures("backend")
@pytest.mark.parametrize(
    ("run", "message"),
    [
        (lambda: ops.fft((SIGNAL,)), r"`fft` needs as `x` a pair of tensors of one shape.*Received shapes \(2, 40\)\."),
        (lambda: ops.irfft((SIGNAL, SIGNAL[:1])), r"`irfft` needs as `x` a pair.*Received shapes \(2, 40\), \(1, 40\)"),
        (lambda: ops.fft2((SIGNAL[0], SIGNAL[0])), r"`fft2` needs as `x` a pair of tensors of one shape and of rank 2"),
        (lambda: ops.ifft2((SIGNAL[0], SIGNAL[0])), r"`ifft2` needs as `x` a pair .* rank 2 or more"),
        (lambda: ops.rfft(np.float32(1)), r"`rfft` needs a tensor of rank 1 or more\. Received shape \(\)"),
        (lambda: ops.rfft(SIGNAL, 0), r"`rfft` needs `fft_length` to be an integer of 1 or more\. Received 0\."),
        (lambda: ops.extract_sequences(SIGNAL, 4, 0), r"`extract_sequences` needs `sequence_stride` to be an integer"),
        (lambda: ops.extract_sequences(SIGNAL, 2.5, 1), r"needs `sequence_length` to be an integer.*Received 2\.5"),
        (lambda: ops.extract_sequences(np.float32(1), 4, 1), r"`extract_sequences` needs a tensor of rank 1 or more"),
        (lambda: ops.stft(np.float32(1), 6, 3, 8), r"`stft` needs a tensor of rank 1 or more"),
        (
            lambda: ops.stft(SIGNAL, 9, 3, 8),
            r"`stft` needs `fft_length` of at least `sequence_length`.*8 and 9",
        ),
        (lambda: ops.stft(SIGNAL, 6, 3, 8, "flat"), r"`stft` needs `window` to be 'hann', 'hamming'.*Received 'flat'"),
        (
            lambda: ops.stft(SIGNAL, 6, 3, 8, np.ones(8)),
            r"`stft` needs a window of shape \(6,\).*shape \(8,\)",
        ),
        (lambda: ops.stft(SIGNAL[:, :4], 6, 3, 8), r"`stft` needs a signal longer than half of `fft_length`.*4 and 8"),
        (lambda: ops.istft(PAIR, 6, 3, 8, -1), r"`istft` needs `length` to be an integer of 1 or more\. Received -1\."),
        (lambda: ops.hanning(-2), r"`hanning` needs the number of points, an integer of 0 or more\. Received -2\."),
        (lambda: ops.bartlett(2.5), r"`bartlett` needs the number of points.*Received 2\.5\."),
        (lambda: ops.kaiser(5, np.ones(2)), r"`kaiser` needs a scalar `beta`\. Received shape \(2,\)\."),
    ],
)
def test_errors(run, message):
    with pytest.raises(ArgumentError, match=message):
        run()


@pytest.mark.usefixtures("backend")
def test_other_errors():
    with pytest.raises(DTypeError, match=r"`rfft` needs real numbers\. Received dtypes complex64\. Use `ops\.real`"):
        ops.rfft(ops.cast(SIGNAL, "complex64"))
    with pytest.raises(ArgumentError, match=r"`blackman` needs the number of points.*Received <KerasTensor shape=\(\)"):
        ops.blackman(KerasTensor((), "int32"))
