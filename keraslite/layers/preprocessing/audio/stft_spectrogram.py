"""`STFTSpectrogram`: spectra of the pieces of a signal, by a convolution whose kernels can be trained."""

from __future__ import annotations

import math
from typing import Literal, TypeAlias, Unpack

from keraslite import initializers, ops, ranges
from keraslite.backend.contract import Tensor
from keraslite.errors import ArgumentError
from keraslite.layers.base import InputSpec, Layer
from keraslite.layers.formats import FORMAT, known_format
from keraslite.layers.types import DataFormat, InputShape, LayerOptions, Padding, SupportsArray
from keraslite.serialization import builtin
from keraslite.variable import Variable

Mode: TypeAlias = Literal["log", "magnitude", "psd", "real", "imag", "angle", "stft"]

_LEAST = 1e-7  # of a power whose root or logarithm is taken
_PARTS = {"real": ("real",), "imag": ("imag",)}  # the kernels of a mode; the other modes need both


@builtin("keras.layers")
class STFTSpectrogram(Layer):
    """Computes a spectrogram: the short-time Fourier transform of a signal, by a convolution.

    The kernels start as windowed cosines and sines. They are weights, so that training adapts them; with
    `trainable=False` the layer stays the transform.

    Args:
        mode: what is returned per piece and frequency: "magnitude" `sqrt(re ** 2 + im ** 2)`, "log", its natural
            logarithm, "psd" (power spectral density: the squared magnitude, twice that for the frequencies between the
            first and the last), "real", "imag", "angle" (the phase, in [-pi, pi]), or "stft": real parts, then
            imaginary ones. Magnitudes are at least `sqrt(1e-7)`. Default: "log".
        frame_length: samples per piece, a positive int. Default: 256.
        frame_step: samples from the beginning of one piece to the next, a positive int of at most `frame_length`.
            Default: None, half of `frame_length`.
        fft_length: samples that the transform is for, an int of at least `frame_length`: there are
            `fft_length // 2 + 1` frequencies. Default: None, the smallest power of two that is at least `frame_length`.
        window: the name of a window ("hann", "hamming", "blackman", "bartlett", "boxcar", "cosine", "nuttall",
            "blackmanharris"), an array of `frame_length` values, or None: no window. Default: "hann".
        periodic: whether the window is one period of a periodic function; False: it is symmetric. Default: False.
        scaling: "density" divides by the root of the sum of the window's squares, "spectrum" by the window's sum, None
            does not scale. Default: "density".
        padding: "valid" (only whole pieces) or "same" (zeros are added at both ends, so that there are
            `ceil(samples / frame_step)` pieces). Default: "valid".
        expand_dims: whether frequencies have an axis of their own, as in an image. Default: False.
        data_format: "channels_last", "channels_first" (channels are axis 1), or None for `config.image_data_format()`.
            Default: None.
        **kwargs: `name`, `dtype`, `trainable` and the other keywords of every layer (see `Layer`).

    Input:
        `(batch, samples, channels)`, or `(batch, channels, samples)` with `data_format="channels_first"`. Integers are
        cast to the compute dtype.

    Output:
        `(batch, pieces, channels * frequencies)`, or `(batch, channels * frequencies, pieces)` with
        `data_format="channels_first"`; with `expand_dims` `(batch, pieces, frequencies, channels)`, or `(batch,
        channels, pieces, frequencies)`. "stft" has twice as many frequencies.

    Weights:
        `real_kernel` and `imag_kernel`, shape `(frame_length, 1, frequencies)`; for the modes "real" and "imag" only
        the one of them.

    Raises:
        ArgumentError: if an argument is outside its range.

    Source:
        Allen & Rabiner, "A Unified Approach to Short-Time Fourier Analysis and Synthesis", 1977.

    Example:
        >>> import numpy as np
        >>> from keraslite import layers
        >>> spectra = layers.STFTSpectrogram(frame_length=8, frame_step=4)(np.ones((2, 32, 1), "float32"))
        >>> tuple(spectra.shape)
        (2, 7, 5)
    """

    real_kernel: Variable | None = None
    imag_kernel: Variable | None = None
    argument_checks = ranges.checks(
        mode=ranges.one_of("log", "magnitude", "psd", "real", "imag", "angle", "stft"),
        frame_length=ranges.positive_int,
        frame_step=ranges.positive_int | None,
        fft_length=ranges.positive_int | None,
        periodic=ranges.flag,
        scaling=ranges.one_of("density", "spectrum", None),
        padding=ranges.one_of("valid", "same"),
        expand_dims=ranges.flag,
        data_format=FORMAT,
    )

    def __init__(
        self,
        mode: Mode = "log",
        frame_length: int = 256,
        frame_step: int | None = None,
        fft_length: int | None = None,
        window: str | SupportsArray | list[float] | None = "hann",
        periodic: bool = False,
        scaling: Literal["density", "spectrum"] | None = "density",
        padding: Padding = "valid",
        expand_dims: bool = False,
        data_format: DataFormat = None,
        **kwargs: Unpack[LayerOptions],
    ) -> None:
        super().__init__(**kwargs)
        if frame_step is not None and frame_step > frame_length:
            raise ArgumentError(
                "`STFTSpectrogram` needs `frame_step` to be at most `frame_length`, or samples are left out. Received "
                f"frame_step={frame_step} and frame_length={frame_length}."
            )
        if fft_length is not None and fft_length < frame_length:
            raise ArgumentError(
                "`STFTSpectrogram` needs `fft_length` to be at least `frame_length`. Received "
                f"fft_length={fft_length} and frame_length={frame_length}."
            )
        self.mode, self.frame_length, self.frame_step, self.fft_length = mode, frame_length, frame_step, fft_length
        self.window, self.periodic, self.scaling = window, periodic, scaling
        self.padding, self.expand_dims, self.data_format = padding, expand_dims, known_format(data_format)
        for part in ("real", "imag"):
            self._initializer(part).host((frame_length, 1, 2))  # refuses a window that does not fit
        self.input_spec = InputSpec(ndim=3)

    def _initializer(self, part: str) -> initializers.STFT:
        return initializers.STFT(part, self.window, self.scaling, self.periodic)

    def build(self, input_shape: InputShape) -> None:
        fft_length = self.fft_length or 2 ** math.ceil(math.log2(self.frame_length))
        shape = (self.frame_length, 1, fft_length // 2 + 1)
        for part in _PARTS.get(self.mode, ("real", "imag")):
            kernel = self.add_weight(name=f"{part}_kernel", shape=shape, initializer=self._initializer(part))
            setattr(self, f"{part}_kernel", kernel)

    def call(self, inputs: Tensor) -> Tensor:
        signals = ops.cast(inputs, self.compute_dtype)
        if self.data_format == "channels_last":
            signals = ops.transpose(signals, (0, 2, 1))
        batch, channels, samples = ops.shape(signals)
        spectra = self._spectra(ops.reshape(signals, (-1, samples, 1)))
        _, pieces, frequencies = ops.shape(spectra)
        spectra = ops.reshape(spectra, (batch, channels, pieces, frequencies))
        if self.expand_dims:
            return spectra if self.data_format == "channels_first" else ops.transpose(spectra, (0, 2, 3, 1))
        if self.data_format == "channels_first":
            return ops.reshape(ops.swapaxes(spectra, 2, 3), (batch, channels * frequencies, pieces))
        return ops.reshape(ops.swapaxes(spectra, 1, 2), (batch, pieces, channels * frequencies))

    def _spectra(self, signals: Tensor) -> Tensor:
        """What `mode` asks for, `(signals, pieces, frequencies)`, of `(signals, samples, 1)`."""
        kernels = [kernel for kernel in (self.real_kernel, self.imag_kernel) if kernel is not None]
        kernel = ops.concatenate(kernels, -1) if len(kernels) > 1 else kernels[0]
        step = self.frame_step or max(1, self.frame_length // 2)
        found = ops.conv(signals, kernel, strides=step, padding=self.padding, data_format="channels_last")
        if self.mode in ("real", "imag", "stft"):
            return found
        real, imaginary = ops.split(found, 2, -1)
        if self.mode == "angle":
            return ops.arctan2(imaginary, real)
        if self.compute_dtype == "float16":  # whose largest number is the square of 256
            real, imaginary = ops.cast(real, "float32"), ops.cast(imaginary, "float32")
        return ops.cast(self._strength(ops.square(real) + ops.square(imaginary)), self.compute_dtype)

    def _strength(self, power: Tensor) -> Tensor:
        """`mode`'s measure of strength for the squared magnitudes."""
        if self.mode == "psd":
            last = ops.shape(power)[-1] - 1
            sides = [2 if 0 < k < last else 1 for k in range(last + 1)]
            return power * ops.convert_to_tensor(sides, ops.dtype(power))
        power = ops.maximum(power, _LEAST)
        return 0.5 * ops.log(power) if self.mode == "log" else ops.sqrt(power)
