"""`STFT`: the kernel of a short-time Fourier transform, for a convolution."""

from __future__ import annotations

import math
from collections.abc import Callable

import numpy as np
from numpy.typing import ArrayLike

from keraslite import allowance, ranges
from keraslite.backend import dtypes
from keraslite.backend.contract import DTypeLike
from keraslite.errors import ArgumentError
from keraslite.initializers.base import Initializer, host_dtype
from keraslite.serialization import builtin

_COSINES: dict[str, tuple[float, ...]] = {
    "boxcar": (1.0,),
    "hann": (0.5, -0.5),
    "hamming": (0.54, -0.46),
    "blackman": (0.42, -0.5, 0.08),
    "nuttall": (0.3635819, -0.4891775, 0.1365995, -0.0106411),
    "blackmanharris": (0.35875, -0.48829, 0.14128, -0.01168),
}
_WINDOWS = (*_COSINES, "bartlett", "cosine")


def _window(name: str, length: int, periodic: bool) -> np.ndarray:
    """The window of that name (Harris, 1978), symmetric or one period."""
    places = np.arange(length) / max(length if periodic else length - 1, 1)
    if length == 1:
        return np.ones(1)
    if name == "bartlett":
        return 1 - np.abs(2 * places - 1)
    if name == "cosine":
        count = length + 1 if periodic else length
        return np.sin(math.pi * (np.arange(length) + 0.5) / count)
    return sum(weight * np.cos(2 * math.pi * k * places) for k, weight in enumerate(_COSINES[name])) + np.zeros(length)


_SCALES: dict[str, Callable[[np.ndarray], float]] = {
    "density": lambda window: float(1 / np.sqrt(np.sum(window**2))),
    "spectrum": lambda window: float(1 / np.abs(np.sum(window))),
}


@builtin("keras.initializers", also=("keras.initializers.STFTInitializer",))
class STFT(Initializer):
    """Real or imaginary part of the kernel of a short-time Fourier transform.

    A convolution over time with a kernel of shape `(frame_length, 1, bins)` then computes the transform: with
    `fft_length = 2 * (bins - 1)`, the kernel is `window[n] * cos(2 pi n k / fft_length)` at step `n` and bin `k`, and
    `-sin` for the imaginary part. Every input channel has the same kernel.

    Args:
        side: "real" or "imag".
        window: the name of a window ("hann", "hamming", "blackman", "bartlett", "boxcar", "cosine", "nuttall",
            "blackmanharris"), an array of `frame_length` values, or None: no window.
        scaling: "density" divides by the root of the sum of the window's squares, "spectrum" by the window's sum;
            None does not scale. Without a window nothing is scaled.
        periodic: whether the window is one period of a periodic function; False: it is symmetric.

    Raises:
        ArgumentError: for an unknown window, and when it is called for a shape that is not `(frame_length, channels,
            bins)`, for a dtype that is no float, or where a window of zeros would be scaled.

    Source: Allen & Rabiner, "A Unified Approach to Short-Time Fourier Analysis and Synthesis", 1977.

    Example:
        >>> from keraslite import initializers, ops
        >>> kernel = initializers.STFT("real", window="hann", scaling=None)((4, 1, 3))
        >>> ops.convert_to_numpy(kernel).round(2)[:, 0].tolist()
        [[0.0, 0.0, 0.0], [0.75, 0.0, -0.75], [0.75, -0.75, 0.75], [0.0, -0.0, -0.0]]
    """

    argument_checks = ranges.checks(
        side=ranges.one_of("real", "imag"),
        scaling=ranges.one_of("density", "spectrum", None),
        periodic=ranges.flag,
    )

    def __init__(
        self,
        side: str = "real",
        window: str | ArrayLike | None = "hann",
        scaling: str | None = "density",
        periodic: bool = False,
    ):
        self.side, self.window, self.scaling, self.periodic = side, window, scaling, periodic
        if isinstance(window, str):
            self._values(1)  # refuses an unknown name

    def _values(self, length: int) -> np.ndarray | None:
        """The window of that length; None for none."""
        window = self.window
        if window is None:
            return None
        if isinstance(window, str) and window in _WINDOWS:
            return _window(window, length, self.periodic)
        if not isinstance(window, str) and np.ndim(window) == 1:
            found = np.asarray(window, np.float64)
            if found.shape == (length,):
                return found
            raise ArgumentError(f"`STFT` needs `window` to have {length} values, one per step. Received {len(found)}.")
        raise ArgumentError(
            f"`STFT` needs `window` to be one of {', '.join(map(repr, _WINDOWS))}, an array or None. "
            f"Received {window!r}."
        )

    def host(self, shape: tuple[int, ...], dtype: DTypeLike | None = None) -> np.ndarray:
        """Compute the kernel as a new array on the host.

        Args:
            shape: `(frame_length, channels, bins)`.
            dtype: a float dtype; None is `config.floatx()`.

        Returns:
            An array of that shape and dtype.
        """
        target = host_dtype(dtype)
        if len(shape) != 3 or not dtypes.is_float(target.name):
            raise ArgumentError(
                "`STFT` needs a shape (frame_length, channels, bins) and a float dtype. "
                f"Received shape={tuple(shape)}, dtype={target.name!r}."
            )
        length, _, bins = shape
        allowance.charge(32 * length * bins, "the kernel of a Fourier transform", keeps=False)
        angles = 2 * math.pi * np.outer(np.arange(length), np.arange(bins)) / max(2 * (bins - 1), 1)
        kernel = np.cos(angles) if self.side == "real" else -np.sin(angles)
        window = self._values(length)
        if window is not None:
            if self.scaling is not None and not window.any():
                raise ArgumentError(
                    f"`STFT` needs a window with values other than 0 to divide by. Received window={self.window!r} of "
                    f"{length} values and scaling={self.scaling!r}. Use more values, periodic=True or scaling=None."
                )
            scale = 1.0 if self.scaling is None else _SCALES[self.scaling](window)
            kernel = kernel * (window * scale)[:, None]
        return np.broadcast_to(kernel[:, None, :], shape).astype(target)
