"""Fourier transforms, and those of short pieces of a signal.

Complex numbers come and go as pairs of real tensors, `(real, imaginary)`. Forward transforms have no factor, inverse
ones divide by the number of elements.
"""

from __future__ import annotations

import functools
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from keraslite.backend import dtypes as lattice
from keraslite.ops.comparison import greater, reals, where
from keraslite.ops.core import cast, ndim
from keraslite.ops.core import dtype as dtype_of
from keraslite.ops.core import shape as dims_of
from keraslite.ops.creation import zeros_like
from keraslite.ops.declare import Tensor, TensorLike, TensorsLike, composite, primitive
from keraslite.ops.dimension import Dimension, Size, apply, may_equal
from keraslite.ops.division import divide
from keraslite.ops.dtype import Names, promote_float, same
from keraslite.ops.elementwise import add, multiply, negative, square
from keraslite.ops.indexing import get_item, take
from keraslite.ops.manipulation import broadcast_to, concatenate, expand_dims, pad_constant, reshape
from keraslite.ops.order import swapaxes
from keraslite.ops.reduction import sum
from keraslite.ops.shape import Dims, Mismatch, shown
from keraslite.ops.spacing import arange

_WINDOWS = {"hann": (0.5, 0.5), "hamming": (0.54, 0.46)}


def spectral(dtypes: Names, attributes: Mapping[str, object]) -> tuple[Names, str]:
    """Of real operands: integers become floatx; half precision, which engines do not transform, float32."""
    common = reals(promote_float)(dtypes, attributes)[1]
    common = "float64" if common == "float64" else "float32"
    return (common,) * len(dtypes), common


def _common(x: Sequence[Dims], rank: int = 1) -> Dims:
    """The shape of both parts."""
    fits = len(x) == 2 and len(x[0]) == len(x[1]) >= rank
    if not fits or not all(may_equal(a, b) for a, b in zip(*x, strict=True)):
        raise Mismatch(
            f"needs as `x` a pair of tensors of one shape and of rank {rank} or more, the real and the imaginary part. "
            f"Received shapes {', '.join(map(shown, x))}."
        )
    return x[0]


def _both(x: Sequence[Dims]) -> list[Dims]:
    return [_common(x)] * 2


def _size(value: object, name: str) -> Any:
    if isinstance(value, bool) or not isinstance(value, (int, np.integer, Dimension)) or _below_1(value):
        raise Mismatch(f"needs `{name}` to be an integer of 1 or more. Received {value!r}.")
    return value


def _below_1(size: Any) -> bool:
    return not isinstance(size, Dimension) and size < 1


# ---- transforms ---------------------------------------------------------------------------------------------


@primitive(shape=_both, dtype=spectral, eager_check=True)
def fft(x: TensorsLike) -> tuple[Tensor, Tensor]:
    """Return the discrete Fourier transform along the last axis: `y[k] = sum(x[n] * exp(-2 * pi * i * k * n / N))`.

    Args:
        x: a pair `(real, imaginary)` of float tensors `(..., N)`.

    Returns:
        A pair `(real, imaginary)` of tensors of the same shape.

    Example:
        >>> from keraslite import ops
        >>> [ops.convert_to_numpy(part).tolist() for part in ops.fft(([1.0, 1.0], [0.0, 0.0]))]
        [[2.0, 0.0], [0.0, 0.0]]
    """
    ...


@composite(shape=lambda x: [_common(x, 2)] * 2, dtype=spectral, eager_check=True)
def fft2(x: TensorsLike) -> tuple[Tensor, ...]:
    """Return the discrete Fourier transform along the last two axes.

    Args:
        x: a pair `(real, imaginary)` of float tensors `(..., M, N)`.

    Returns:
        A pair `(real, imaginary)` of tensors of the same shape.

    Example:
        >>> from keraslite import ops
        >>> [ops.convert_to_numpy(part).tolist() for part in ops.fft2(([[1.0, 1.0]], [[0.0, 0.0]]))]
        [[[2.0, 0.0]], [[0.0, 0.0]]]
    """
    once = fft(x)
    again = fft([swapaxes(part, -1, -2) for part in once])
    return tuple(swapaxes(part, -1, -2) for part in again)


@composite(shape=lambda x: [_common(x, 2)] * 2, dtype=spectral, eager_check=True)
def ifft2(x: TensorsLike) -> tuple[Tensor, Tensor]:
    """Return the inverse of `fft2`.

    Args:
        x: a pair `(real, imaginary)` of float tensors `(..., M, N)`.

    Returns:
        A pair `(real, imaginary)` of tensors of the same shape.

    Example:
        >>> from keraslite import ops
        >>> [ops.convert_to_numpy(part).tolist() for part in ops.ifft2(([[2.0, 0.0]], [[0.0, 0.0]]))]
        [[[1.0, 1.0]], [[0.0, 0.0]]]
    """
    rows, columns = dims_of(x[0])[-2:]
    # with parts exchanged, before and after, the forward transform is the inverse one
    imaginary, real = fft2((x[1], x[0]))
    return divide(real, rows * columns), divide(imaginary, rows * columns)


def _half(size: Size) -> Size:
    return apply("//", size, 2) + 1


def _rfft_shape(x: Dims, fft_length: Size | None = None) -> list[Dims]:
    if not x:
        raise Mismatch("needs a tensor of rank 1 or more. Received shape ().")
    length = x[-1] if fft_length is None else _size(fft_length, "fft_length")
    if _below_1(length):
        raise Mismatch(f"needs at least one element along the last axis. Received shape {shown(x)}.")
    return [(*x[:-1], _half(length))] * 2


@composite(shape=_rfft_shape, dtype=spectral, eager_check=True)
def rfft(x: TensorLike, fft_length: int | None = None) -> tuple[Tensor, ...]:
    """Return the first half of `fft` of real numbers; the other half mirrors it.

    Args:
        x: a float tensor `(..., n)`.
        fft_length: the size to which `x` is cut or filled up with zeros first; None (default) for `n`.

    Returns:
        A pair `(real, imaginary)` of tensors `(..., fft_length // 2 + 1)`.

    Example:
        >>> from keraslite import ops
        >>> [ops.convert_to_numpy(part).tolist() for part in ops.rfft([1.0, 1.0])]
        [[2.0, 0.0], [0.0, 0.0]]
    """
    if fft_length is not None:
        x = _fitted(x, fft_length)
    kept = slice(0, _half(dims_of(x)[-1]))
    return tuple(get_item(part, (..., kept)) for part in fft((x, zeros_like(x))))


def _irfft_shape(x: Sequence[Dims], fft_length: Size | None = None) -> Dims:
    common = _common(x)
    return (*common[:-1], 2 * (common[-1] - 1) if fft_length is None else _size(fft_length, "fft_length"))


@composite(shape=_irfft_shape, dtype=spectral, eager_check=True)
def irfft(x: TensorsLike, fft_length: int | None = None) -> Tensor:
    """Return the inverse of `rfft`.

    Args:
        x: a pair `(real, imaginary)` of float tensors `(..., n)`, which are cut or filled up with zeros to `fft_length
            // 2 + 1`.
        fft_length: the size of the result; None (default) for `2 * (n - 1)`. It tells even sizes from odd ones.

    Returns:
        A float tensor `(..., fft_length)`.

    Example:
        >>> from keraslite import ops
        >>> ops.convert_to_numpy(ops.irfft(([2.0, 0.0], [0.0, 0.0]))).tolist()
        [1.0, 1.0]
    """
    length = 2 * (dims_of(x[0])[-1] - 1) if fft_length is None else fft_length
    real, imaginary = (_fitted(part, _half(length)) for part in x)
    mirrored = (..., slice(length - _half(length), 0, -1))
    real = concatenate([real, get_item(real, mirrored)], -1)
    imaginary = concatenate([imaginary, negative(get_item(imaginary, mirrored))], -1)
    return divide(fft((imaginary, real))[1], length)


def _fitted(x: Any, size: Size) -> Tensor:
    """`x` with the last axis cut or filled up with zeros to `size`."""
    last = dims_of(x)[-1]
    known = isinstance(last, int) and isinstance(size, int)
    if not known or last < size:
        x = pad_constant(x, (*((0, 0),) * (ndim(x) - 1), (0, size - last if known else size)))
    return get_item(x, (..., slice(0, size))) if not known or last > size else x


# ---- pieces of signals --------------------------------------------------------------------------------------


def _pieces(x: Dims, sequence_length: Size, sequence_stride: Size) -> Dims:
    if not x:
        raise Mismatch("needs a tensor of rank 1 or more. Received shape ().")
    size, stride = _size(sequence_length, "sequence_length"), _size(sequence_stride, "sequence_stride")
    return (*x[:-1], apply("max", 0, apply("//", x[-1] - size, stride) + 1), size)


@composite(shape=_pieces, dtype=same, eager_check=True)
def extract_sequences(x: TensorLike, sequence_length: int, sequence_stride: int) -> Tensor:
    """Cut the last axis into pieces; only whole ones are returned.

    Args:
        x: a tensor `(..., n)`.
        sequence_length: the size of a piece.
        sequence_stride: the distance from the beginning of one piece to the next.

    Returns:
        A tensor `(..., pieces, sequence_length)` with `max(0, (n - sequence_length) // sequence_stride + 1)` pieces.

    Example:
        >>> from keraslite import ops
        >>> ops.convert_to_numpy(ops.extract_sequences([1, 2, 3, 4, 5], 2, 2)).tolist()
        [[1, 2], [3, 4]]
    """
    count = apply("max", 0, apply("//", dims_of(x)[-1] - sequence_length, sequence_stride) + 1)
    starts = multiply(arange(count), sequence_stride)
    return take(x, add(expand_dims(starts, 1), arange(sequence_length)), -1)


def _overlap_add(pieces: Tensor, stride: int) -> Tensor:
    """The inverse of `extract_sequences` where pieces do not overlap; where they do, they are added.

    A piece `(..., t, size)` is cut into `k` blocks of `stride`. Block j of piece t belongs to place t + j: rows of
    t + k places, read as rows of one less, stand each one further to the right than the row above.
    """
    *lead, count, size = dims_of(pieces)
    blocks = -(-size // stride)
    none = ((0, 0),) * len(lead)
    pieces = pad_constant(pieces, (*none, (0, 0), (0, blocks * stride - size)))
    pieces = swapaxes(reshape(pieces, (*lead, count, blocks, stride)), -2, -3)
    pieces = pad_constant(pieces, (*none, (0, 0), (0, blocks), (0, 0)))
    pieces = reshape(pieces, (*lead, blocks * (count + blocks), stride))
    pieces = get_item(pieces, (..., slice(0, blocks * (count + blocks - 1)), slice(None)))
    placed = sum(reshape(pieces, (*lead, blocks, count + blocks - 1, stride)), -3)
    flat = reshape(placed, (*lead, (count + blocks - 1) * stride))
    return get_item(flat, (..., slice(0, size + (count - 1) * stride)))


# ---- short-time transforms ----------------------------------------------------------------------------------


def _check_short_time(
    sequence_length: Size, sequence_stride: Size, fft_length: Size, window: TensorLike | str | None
) -> None:
    _size(sequence_stride, "sequence_stride")
    if _size(fft_length, "fft_length") < _size(sequence_length, "sequence_length"):
        raise Mismatch(
            f"needs `fft_length` of at least `sequence_length`. Received {fft_length} and {sequence_length}."
        )
    if isinstance(window, str):
        if window not in _WINDOWS:
            raise Mismatch(f"needs `window` to be 'hann', 'hamming', None or a tensor. Received {window!r}.")
    elif window is not None and (ndim(window) != 1 or not may_equal(dims_of(window)[0], sequence_length)):
        raise Mismatch(
            f"needs a window of shape ({sequence_length},), as `sequence_length` says. "
            f"Received shape {shown(dims_of(window))}."
        )


@functools.lru_cache(maxsize=64)
def _periodic(window: str, size: int, dtype: str) -> np.ndarray:
    level, swing = _WINDOWS[window] if size > 1 else (1, 0)  # a window of one point is 1, as SciPy's
    return (level - swing * np.cos(2 * np.pi * np.arange(size) / size)).astype(lattice.to_numpy_dtype(dtype))


def _weights(window: TensorLike | str | None, sequence_length: int, fft_length: int, dtype: str) -> TensorLike:
    """The window with zeros on both sides, up to `fft_length`; ones without one."""
    if window is None:
        return np.ones(fft_length, lattice.to_numpy_dtype(dtype))
    before = (fft_length - sequence_length) // 2
    around = (before, fft_length - sequence_length - before)
    if isinstance(window, str):
        return np.pad(_periodic(window, sequence_length, dtype), around)
    return pad_constant(cast(window, dtype), (around,))


def _stft_shape(
    x: Dims,
    sequence_length: Size,
    sequence_stride: Size,
    fft_length: Size,
    window: TensorLike | str | None,
    center: bool,
) -> list[Dims]:
    _check_short_time(sequence_length, sequence_stride, fft_length, window)
    if not x:
        raise Mismatch("needs a tensor of rank 1 or more. Received shape ().")
    if center:
        side = fft_length // 2
        if isinstance(x[-1], int) and x[-1] <= side:
            raise Mismatch(
                f"needs a signal longer than half of `fft_length`, to mirror its ends. Received {x[-1]} and "
                f"{fft_length}. Use center=False."
            )
        x = (*x[:-1], x[-1] + 2 * side)
    return [(*_pieces(x, fft_length, sequence_stride)[:-1], fft_length // 2 + 1)] * 2


@composite(shape=_stft_shape, dtype=spectral, eager_check=True)
def stft(
    x: TensorLike,
    sequence_length: int,
    sequence_stride: int,
    fft_length: int,
    window: TensorLike | str | None = "hann",
    center: bool = True,
) -> tuple[Tensor, ...]:
    """Return the short-time Fourier transform: `rfft` of windowed pieces (Allen & Rabiner, 1977).

    Args:
        x: `(..., n)`, real.
        sequence_length: size of the window.
        sequence_stride: from one piece to the next.
        fft_length: size of a piece, at least that of the window, which stands in its middle with zeros around it.
        window: "hann" or "hamming" (periodic), a tensor `(sequence_length,)`, or None: pieces stay as they are.
        center: whether pieces are centred at their places: both ends are mirrored, `fft_length // 2` numbers each.

    Returns:
        `(real, imaginary)`, each `(..., pieces, fft_length // 2 + 1)`.

    Example:
        >>> import numpy as np
        >>> from keraslite import ops
        >>> real, imaginary = ops.stft(np.ones((16,), "float32"), 8, 4, 8)
        >>> tuple(real.shape)
        (5, 5)
    """
    side = fft_length // 2
    if center and side:
        left, right = get_item(x, (..., slice(side, 0, -1))), get_item(x, (..., slice(-2, -side - 2, -1)))
        x = concatenate([left, x, right], -1)
    pieces = extract_sequences(x, fft_length, sequence_stride)
    return rfft(multiply(pieces, _weights(window, sequence_length, fft_length, dtype_of(x))), fft_length)


def _istft_shape(
    x: Sequence[Dims],
    sequence_length: Size,
    sequence_stride: Size,
    fft_length: Size,
    length: Size | None,
    window: TensorLike | str | None,
    center: bool,
) -> Dims:
    _check_short_time(sequence_length, sequence_stride, fft_length, window)
    common = _common(x, 2)
    if length is None:
        length = fft_length + (common[-2] - 1) * sequence_stride - (2 * (fft_length // 2) if center else 0)
    return (*common[:-2], _size(length, "length"))


@composite(shape=_istft_shape, dtype=spectral, eager_check=True)
def istft(
    x: TensorsLike,
    sequence_length: int,
    sequence_stride: int,
    fft_length: int,
    length: int | None = None,
    window: TensorLike | str | None = "hann",
    center: bool = True,
) -> Tensor:
    """Return the inverse of `stft`: pieces, windowed once more, are added and divided by the squared windows there.

    Where no window is above 0 the result is 0. (Keras's results depend on the engine there, and are
    scaled for window None.)

    Args:
        x: `(real, imaginary)`, each `(..., pieces, fft_length // 2 + 1)`.
        sequence_length: see `stft`.
        sequence_stride: see `stft`.
        fft_length: see `stft`.
        length: size of the result, cut or filled up with zeros; None: what the pieces cover, without the mirrored ends.
        window: see `stft`.
        center: see `stft`.

    Returns:
        `(..., length)`.

    Example:
        >>> import numpy as np
        >>> from keraslite import ops
        >>> spectrum = ops.stft(np.ones((16,), "float32"), 8, 4, 8)
        >>> print(ops.convert_to_numpy(ops.istft(spectrum, 8, 4, 8)).round(2)[:4])
        [1. 1. 1. 1.]
    """
    weights = _weights(window, sequence_length, fft_length, dtype_of(x[0]))
    pieces = multiply(irfft(x, fft_length), weights)
    signal = _overlap_add(pieces, sequence_stride)
    weight = _overlap_add(broadcast_to(square(weights), dims_of(pieces)[-2:]), sequence_stride)
    covered = greater(weight, 1e-10)
    signal = where(covered, divide(signal, where(covered, weight, 1)), signal)
    side = fft_length // 2 if center else 0
    if length is None:
        return get_item(signal, (..., slice(side, -side))) if side else signal
    return _fitted(get_item(signal, (..., slice(side, None))), length)
