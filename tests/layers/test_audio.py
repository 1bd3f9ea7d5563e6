"""Spectrograms: librosa's numbers, batches, dtypes, bad input. `test_common.py` compares the layers with Keras's."""

from __future__ import annotations

import importlib.util
import json

import numpy as np
import pytest

from keraslite import layers, ops, saving
from keraslite import models as models_module
from keraslite.errors import ArgumentError

with_librosa = pytest.mark.skipif(importlib.util.find_spec("librosa") is None, reason="needs librosa")
MEL = {"fft_length": 256, "sequence_stride": 64, "num_mel_bins": 20, "sampling_rate": 8000}


def sound(*lead: int, samples: int = 2000) -> np.ndarray:
    """Two tones that rise and a little noise, another one per row."""
    generator = np.random.default_rng(5)
    time = np.arange(samples) / 8000
    count = int(np.prod(lead, dtype=int))
    rows = [np.sin(2 * np.pi * (300 + 200 * k) * time * (1 + time)) * 0.5**k for k in range(count)]
    return (np.reshape(rows, (*lead, samples)) + 0.01 * generator.normal(size=(*lead, samples))).astype("float32")


def numbers(x) -> np.ndarray:
    return np.asarray(ops.convert_to_numpy(x), "float32")


@with_librosa
@pytest.mark.parametrize("window", ["hann", "hamming", None])
@pytest.mark.parametrize("exponent", [1.0, 2.0])
@pytest.mark.one_engine
def test_mel_spectrogram_is_that_of_librosa(window, exponent, backend):
    import librosa

    layer = layers.MelSpectrogram(**MEL, window=window, mag_exp=exponent, top_db=60.0, ref_power=2.0)
    signal = sound()
    spectrum = librosa.stft(signal, n_fft=256, hop_length=64, window=window or "boxcar", pad_mode="reflect")
    matrix = numbers(layer.linear_to_mel_weight_matrix(20, 129, 8000, 20.0, 4000.0))
    expected = librosa.power_to_db(matrix.T @ np.abs(spectrum) ** exponent, ref=2.0, amin=1e-10, top_db=60.0)
    np.testing.assert_allclose(numbers(layer(signal)), expected, atol=2e-3)


@with_librosa
def test_mel_bands_lie_where_librosa_has_them(backend):
    import librosa

    bands, bins, rate = 12, 2049, 16000
    matrix = numbers(layers.MelSpectrogram().linear_to_mel_weight_matrix(bands, bins, rate, 50.0, 7000.0))
    edges = librosa.mel_frequencies(bands + 2, fmin=50, fmax=7000, htk=True)
    hertz = np.linspace(0, rate / 2, bins)
    for band in range(bands):
        inside = hertz[matrix[:, band] > 0]
        np.testing.assert_allclose(hertz[matrix[:, band].argmax()], edges[band + 1], atol=4)
        np.testing.assert_allclose([inside[0], inside[-1]], [edges[band], edges[band + 2]], atol=4)
    inner = (hertz > edges[1]) & (hertz < edges[-2])
    np.testing.assert_allclose(matrix[inner].sum(1), 1, rtol=1e-5)
    # librosa's triangles are straight in hertz, these in mel.
    np.testing.assert_allclose(
        matrix, librosa.filters.mel(sr=rate, n_fft=4096, n_mels=bands, fmin=50, fmax=7000, htk=True, norm=None).T,
        atol=0.06,
    )  # fmt: skip


@with_librosa
def test_stft_spectrogram_is_that_of_librosa(backend):
    import librosa

    layer = layers.STFTSpectrogram("stft", 64, 16, 128, scaling=None, periodic=True, dtype="float32")
    signal = sound()
    spectrum = librosa.stft(signal, n_fft=128, win_length=64, hop_length=16, center=False)
    found = numbers(layer(signal[None, :, None]))[0]
    # librosa puts the window in the middle of each piece of 128 samples: 32 later, and a phase that turns with it.
    turned = (found[2:, :65] + 1j * found[2:, 65:]) * np.exp(-1j * np.pi * np.arange(65) / 2)
    count = spectrum.shape[1]
    np.testing.assert_allclose(turned[:count], spectrum.T, atol=1e-3)


@pytest.mark.parametrize("lead", [(), (3,), (2, 3)])
def test_mel_spectrogram_of_a_batch_is_that_of_its_signals(lead, backend):
    layer = layers.MelSpectrogram(**MEL, top_db=30.0)
    signals = sound(*lead)
    quieter = np.logspace(0, -6, int(np.prod(lead)), dtype="float32")
    signals *= quieter.reshape((*lead, 1))
    found = numbers(layer(signals))
    assert found.shape == (*lead, 20, 2000 // 64 + 1)
    for place in np.ndindex(*lead):
        np.testing.assert_allclose(found[place], numbers(layer(signals[place])), atol=1e-3)
        assert np.ptp(found[place]) <= 30.001


@pytest.mark.parametrize(("dtype", "rest"), [("int16", 1e-3), ("float64", 1e-3), ("uint8", 1e-3)])
def test_samples_of_any_dtype(dtype, rest, backend):
    signal = np.round(sound() * 100 + 100).astype(dtype)
    mel, transform = layers.MelSpectrogram(**MEL), layers.STFTSpectrogram("psd", 64)
    np.testing.assert_allclose(numbers(mel(signal)), numbers(mel(signal.astype("float32"))), atol=rest)
    image = signal[None, :, None]
    np.testing.assert_allclose(numbers(transform(image)), numbers(transform(image.astype("float32"))), rtol=rest)
    assert ops.dtype(mel(signal)) == ops.dtype(transform(image)) == "float32"


@pytest.mark.parametrize("dtype", ["mixed_float16", "mixed_bfloat16"])
def test_loud_sound_in_half_precision(dtype, backend):
    signal = sound() * 300
    for mode in ("magnitude", "log"):
        wide, half = layers.STFTSpectrogram(mode, 64), layers.STFTSpectrogram(mode, 64, dtype=dtype)
        near = numbers(wide(signal[None, :, None]))
        found = numbers(half(signal[None, :, None]))
        assert np.isfinite(found).all()
        np.testing.assert_allclose(found[near > 6], near[near > 6], rtol=0.02, atol=0.005 * near.max())
    wide, half = layers.MelSpectrogram(**MEL), layers.MelSpectrogram(**MEL, dtype=dtype)
    np.testing.assert_allclose(numbers(half(signal)), numbers(wide(signal)), atol=0.6)


@pytest.mark.parametrize("window", [np.hanning(8), [0.5] * 8])
def test_windows_that_are_arrays(window, backend, tmp_path):
    mel = {"fft_length": 16, "sequence_length": 8, "sequence_stride": 4, "num_mel_bins": 3}
    for layer, shape in (
        (layers.STFTSpectrogram(frame_length=8, window=window), (40, 2)),
        (layers.MelSpectrogram(**mel, window=window), (40,)),
    ):
        model = models_module.Sequential([layers.Input(shape), layer])
        x = np.random.default_rng(1).normal(size=(2, *shape)).astype("float32")
        before = numbers(model(x))
        model.save(tmp_path / "model.keras")
        np.testing.assert_allclose(numbers(saving.load_model(tmp_path / "model.keras")(x)), before, atol=1e-5)
        json.dumps(layers.serialize(layer))


@pytest.mark.parametrize(
    ("make", "words"),
    [
        (lambda: layers.STFTSpectrogram(frame_length=8, frame_step=9), "frame_step=9 and frame_length=8"),
        (lambda: layers.STFTSpectrogram(frame_length=8, fft_length=4), "fft_length=4 and frame_length=8"),
        (lambda: layers.STFTSpectrogram(frame_length=8, window=[1.0, 2.0]), "8 values"),
        (lambda: layers.STFTSpectrogram(window="none"), "'none'"),
        (lambda: layers.STFTSpectrogram(mode="power"), "`mode`"),
        (lambda: layers.STFTSpectrogram(frame_length=8)(np.ones((3, 20))), "3"),
        (lambda: layers.STFTSpectrogram(frame_length=8)(np.ones((3, 6, 1))), "6"),
        (lambda: layers.MelSpectrogram(fft_length=8, sequence_length=9), "sequence_length=9 and fft_length=8"),
        (lambda: layers.MelSpectrogram(min_freq=900.0, max_freq=800.0), "max_freq=800"),
        (lambda: layers.MelSpectrogram(window="blackman"), "'blackman'"),
        (lambda: layers.MelSpectrogram(fft_length=64, window=[1.0, 2.0])(np.ones(100)), "64"),
        (lambda: layers.MelSpectrogram(**MEL)(np.ones((3, 128))), "longer than half"),
        (lambda: layers.MelSpectrogram(**MEL)(np.ones(())), "longer than half"),
    ],
)  # fmt: skip
def test_bad_input(make, words, backend):
    with pytest.raises((ArgumentError, ValueError), match=words):
        make()


def test_kernels_learn(differentiating_backend):
    model = models_module.Sequential(
        [layers.Input((64, 1)), layers.STFTSpectrogram(frame_length=16), layers.Flatten(), layers.Dense(1)]
    )
    before = [w.numpy() for w in model.layers[0].weights]
    model.compile("sgd", "mse")
    model.fit(sound(4, samples=64)[..., None], np.ones((4, 1)), epochs=1, verbose=0)
    after = [w.numpy() for w in model.layers[0].weights]
    assert all(np.abs(a - b).max() > 0 for a, b in zip(after, before, strict=True))


@pytest.mark.skipif(importlib.util.find_spec("tensorflow") is None, reason="needs TensorFlow")
def test_mel_spectrograms_where_data_is_made(backend):
    import tensorflow as tf

    layer, signals = layers.MelSpectrogram(**MEL), sound(4)
    wanted = numbers(layer(signals))
    np.testing.assert_allclose(layer.on_host()(signals), wanted, atol=1e-3)
    data = tf.data.Dataset.from_tensor_slices(signals).map(layer).batch(4)
    np.testing.assert_allclose(next(iter(data)).numpy(), wanted, atol=1e-3)
    model = models_module.Sequential([layers.Input((2000,)), layer])
    np.testing.assert_allclose(model.predict(signals, verbose=0), wanted, atol=1e-3)
