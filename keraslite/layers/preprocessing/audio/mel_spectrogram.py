"""`MelSpectrogram`: spectra on the mel scale, in decibels."""

from __future__ import annotations

import functools
from typing import Literal, Unpack

import numpy as np

from keraslite import allowance, ops, ranges
from keraslite.backend.contract import DTypeLike, Tensor
from keraslite.errors import ArgumentError
from keraslite.layers.names import title
from keraslite.layers.preprocessing.data_layer import DataLayer
from keraslite.layers.types import LayerOptions, SupportsArray
from keraslite.serialization import builtin

_DECIBELS = 10 / np.log(10)


@builtin("keras.layers")
class MelSpectrogram(DataLayer):
    """Computes mel spectrograms of sound: the power in bands that are equally wide to the ear, over time.

    The signal is transformed piece by piece (`ops.stft`, centred, mirrored at the ends). The magnitudes, to the power
    of `mag_exp`, are summed in triangular bands of the mel scale, and converted to decibels.

    Args:
        fft_length: samples that each transform is for, a positive int. Default: 2048.
        sequence_stride: samples from one piece to the next, a positive int. Default: 512.
        sequence_length: samples under the window, a positive int of at most `fft_length`. Default: None, `fft_length`.
        window: "hann", "hamming", an array of `sequence_length` values, or None: no window. Default: "hann".
        sampling_rate: samples per second, a positive int. Default: 16000.
        num_mel_bins: number of bands, a positive int. Default: 128.
        min_freq: where the lowest band begins, in hertz, at least 0. Default: 20.
        max_freq: where the highest band ends, in hertz, above `min_freq`. Default: None, half of `sampling_rate`.
        power_to_db: whether the result is in decibels, `10 * log10(power / ref_power)`. Default: True.
        top_db: how far, in decibels, values may lie below the largest one of the same signal; lower ones are raised to
            that. At least 0. Default: 80.
        mag_exp: power of the magnitudes: 1 for amplitudes, 2 for powers. Positive. Default: 2.
        min_power: smallest power and `ref_power` that a logarithm is taken of, positive. Default: 1e-10.
        ref_power: the power that is 0 decibels, at least 0. Default: 1.
        **kwargs: `name`, `dtype` and the other keywords of every layer (see `Layer`).

    Input:
        `(..., samples)`: one signal or a batch. Integers are cast to the compute dtype.

    Output:
        `(..., num_mel_bins, samples // sequence_stride + 1)` for an even `fft_length`, in the compute dtype.

    Raises:
        ArgumentError: if an argument is outside its range, or the signal is not longer than `fft_length / 2`.

    Source:
        Young et al., "The HTK Book", 2006, section 5.4, for the mel scale.

    Example:
        >>> import numpy as np
        >>> from keraslite import layers
        >>> mel = layers.MelSpectrogram(fft_length=64, sequence_stride=16, num_mel_bins=8, sampling_rate=8000)
        >>> tuple(mel(np.sin(np.arange(400, dtype="float32"))).shape)
        (8, 26)
    """

    is_weightless = True
    argument_checks = ranges.checks(
        fft_length=ranges.positive_int,
        sequence_stride=ranges.positive_int,
        sequence_length=ranges.positive_int | None,
        sampling_rate=ranges.positive_int,
        num_mel_bins=ranges.positive_int,
        min_freq=ranges.unsigned,
        max_freq=ranges.positive | None,
        power_to_db=ranges.flag,
        top_db=ranges.unsigned,
        mag_exp=ranges.positive,
        min_power=ranges.positive,
        ref_power=ranges.unsigned,
    )

    def __init__(
        self,
        fft_length: int = 2048,
        sequence_stride: int = 512,
        sequence_length: int | None = None,
        window: Literal["hann", "hamming"] | SupportsArray | list[float] | None = "hann",
        sampling_rate: int = 16000,
        num_mel_bins: int = 128,
        min_freq: float = 20.0,
        max_freq: float | None = None,
        power_to_db: bool = True,
        top_db: float = 80.0,
        mag_exp: float = 2.0,
        min_power: float = 1e-10,
        ref_power: float = 1.0,
        **kwargs: Unpack[LayerOptions],
    ) -> None:
        super().__init__(**kwargs)
        self._own.autocast = kwargs.get("autocast", False)  # half precision would drown quiet bands in its noise
        self.fft_length, self.sequence_stride = fft_length, sequence_stride
        self.sequence_length = sequence_length or fft_length
        self.window = window
        self.sampling_rate, self.num_mel_bins = sampling_rate, num_mel_bins
        self.min_freq = min_freq
        self.max_freq = max_freq or sampling_rate // 2 or sampling_rate / 2
        self.power_to_db, self.top_db, self.mag_exp = power_to_db, top_db, mag_exp
        self.min_power, self.ref_power = min_power, ref_power
        if self.sequence_length > fft_length:
            raise ArgumentError(
                "`MelSpectrogram` needs `sequence_length` to be at most `fft_length`. Received "
                f"sequence_length={sequence_length} and fft_length={fft_length}."
            )
        if self.max_freq <= min_freq:
            raise ArgumentError(
                "`MelSpectrogram` needs `max_freq` above `min_freq`. Received "
                f"min_freq={min_freq} and max_freq={self.max_freq}."
            )
        if isinstance(window, str) and window not in ("hann", "hamming"):
            raise ArgumentError(
                f"`MelSpectrogram` needs `window` to be 'hann', 'hamming', an array or None. Received {window!r}."
            )

    def call(self, inputs: Tensor) -> Tensor:
        samples = inputs.shape[-1] if len(inputs.shape) else 0
        if samples is not None and samples <= self.fft_length // 2:
            raise ArgumentError(
                f"{title(self)} needs signals longer than half of `fft_length` ({self.fft_length}), whose ends it "
                f"mirrors. Received shape {tuple(inputs.shape)}. Pad them, or use a smaller `fft_length`."
            )
        dtype = self.compute_dtype if self.compute_dtype == "float64" else "float32"
        window = self.window if self.window is None or isinstance(self.window, str) else np.asarray(self.window)
        real, imaginary = ops.stft(
            ops.cast(inputs, dtype), self.sequence_length, self.sequence_stride, self.fft_length, window
        )
        power = ops.square(real) + ops.square(imaginary)
        if self.mag_exp != 2:
            power = ops.power(power, self.mag_exp / 2)
        bins = self.fft_length // 2 + 1
        allowance.charge_array((bins, self.num_mel_bins), 8 * 3, f"the bands of {self.name!r}")
        matrix = _mel_matrix(self.num_mel_bins, bins, self.sampling_rate, self.min_freq, self.max_freq)
        bands = ops.swapaxes(ops.matmul(power, matrix.astype(dtype)), -1, -2)
        return ops.cast(self._decibels(bands) if self.power_to_db else bands, self.compute_dtype)

    def _decibels(self, power: Tensor) -> Tensor:
        reference = max(self.ref_power, self.min_power)
        levels = _DECIBELS * (ops.log(ops.maximum(power, self.min_power)) - float(np.log(reference)))
        return ops.maximum(levels, ops.max(levels, (-2, -1), keepdims=True) - self.top_db)

    def linear_to_mel_weight_matrix(
        self,
        num_mel_bins: int = 20,
        num_spectrogram_bins: int = 129,
        sampling_rate: float = 8000,
        lower_edge_hertz: float = 125.0,
        upper_edge_hertz: float = 3800.0,
        dtype: DTypeLike = "float32",
    ) -> Tensor:
        """Return the weights of the frequencies in each band: triangles on the mel scale, with a peak of 1.

        Args:
            num_mel_bins: number of bands. Default: 20.
            num_spectrogram_bins: number of frequencies, from 0 to half of `sampling_rate`. Default: 129.
            sampling_rate: samples per second. Default: 8000.
            lower_edge_hertz: where the lowest band begins. Default: 125.
            upper_edge_hertz: where the highest band ends. Default: 3800.
            dtype: a float dtype. Default: "float32".

        Returns:
            A tensor `(num_spectrogram_bins, num_mel_bins)`.
        """
        matrix = _mel_matrix(num_mel_bins, num_spectrogram_bins, sampling_rate, lower_edge_hertz, upper_edge_hertz)
        return ops.convert_to_tensor(matrix, dtype)


def _mel(hertz: np.ndarray | float) -> np.ndarray:
    """Frequencies on the mel scale."""
    return 2595 * np.log10(1 + np.asarray(hertz, np.float64) / 700)


@functools.lru_cache(maxsize=32)
def _mel_matrix(bands: int, bins: int, rate: float, low: float, high: float) -> np.ndarray:
    """`(bins, bands)`: each band rises from one edge to 1 at the next and falls to the one after that.

    The edges are equally far apart in mel. The lowest frequency, 0 hertz, belongs to no band.
    """
    mels = _mel(np.linspace(0, rate / 2, bins))[:, None]
    edges = np.linspace(_mel(low), _mel(high), bands + 2)
    width = edges[1] - edges[0]
    weights = np.maximum(0, 1 - np.abs(mels - edges[1:-1]) / width)
    weights[0] = 0
    return weights
