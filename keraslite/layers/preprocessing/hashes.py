"""Hashes of many texts at once, which do not depend on the process, the machine or the version of Python."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from keraslite.layers.preprocessing.packed import Packed

__all__ = ["crossed", "fingerprints", "siphashes"]

_ALL = (1 << 64) - 1
_K0, _K1, _K2 = 0xC3A5C85C97CB3127, 0xB492B66FBE98F273, 0x9AE16A3B2F90404F
_CROSSING_KEY, _CROSSING_FACTOR = 0xDECAFCAFFE, 0xC6A4A7935BD1E995


def _packed(texts: Sequence[bytes] | Packed) -> Packed:
    return texts if isinstance(texts, Packed) else Packed.of(texts)


# ---- SipHash --------------------------------------------------------------------------------------------------------


def siphashes(texts: Sequence[bytes] | Packed, key: Sequence[int]) -> np.ndarray:
    """SipHash-2-4 of each text under a key of two numbers.

    Source: Aumasson and Bernstein, 2012, "SipHash: a fast short-input PRF".

    Args:
        texts: any bytes.
        key: two integers, taken modulo 2**64.

    Returns:
        uint64, one per text.
    """
    found, result = _packed(texts), np.zeros(len(texts), np.uint64)
    count = found.sizes >> 3
    for words in np.flatnonzero(np.bincount(count)).tolist():
        where = np.flatnonzero(count == words)
        result[where] = _siphash(found, found.starts[where], found.sizes[where], words, key)
    return result


def _siphash(texts: Packed, starts: np.ndarray, sizes: np.ndarray, words: int, key: Sequence[int]) -> np.ndarray:
    k0, k1 = (part & _ALL for part in key)
    start = (k0 ^ 0x736F6D6570736575, k1 ^ 0x646F72616E646F6D, k0 ^ 0x6C7967656E657261, k1 ^ 0x7465646279746573)
    state = [np.full(len(starts), value, np.uint64) for value in start]
    left = (sizes % 8 * 8).astype(np.uint64)
    rest = texts.word(starts + words * 8) & ((np.uint64(1) << left) - np.uint64(1))
    blocks = [texts.word(starts + i * 8) for i in range(words)]
    for word in [*blocks, rest | (sizes & 0xFF).astype(np.uint64) << np.uint64(56)]:
        state[3] ^= word
        state = _sip_rounds(state, 2)
        state[0] ^= word
    state[2] ^= np.uint64(0xFF)
    a, b, c, d = _sip_rounds(state, 4)
    return a ^ b ^ c ^ d


def _sip_rounds(state: list[np.ndarray], count: int) -> list[np.ndarray]:
    a, b, c, d = state
    for _ in range(count):
        a, c = a + b, c + d
        b, d = _left(b, 13) ^ a, _left(d, 16) ^ c
        a = _left(a, 32)
        c, a = c + b, a + d
        b, d = _left(b, 17) ^ c, _left(d, 21) ^ a
        c = _left(c, 32)
    return [a, b, c, d]


# ---- FarmHash -------------------------------------------------------------------------------------------------------


def fingerprints(texts: Sequence[bytes] | Packed) -> np.ndarray:
    """FarmHash's Fingerprint64 of each text (Pike, 2014, "FarmHash"), which promises to stay the same for ever.

    Args:
        texts: any bytes.

    Returns:
        uint64, one per text.
    """
    found, result = _packed(texts), np.full(len(texts), _K2, np.uint64)
    sizes = found.sizes
    least, most = (int(sizes.min()), int(sizes.max())) if len(sizes) else (0, 0)
    for low, high, hashed in ((1, 3, _tiny), (4, 7, _small), (8, 16, _word_long), (17, 32, _short), (33, 64, _middle)):
        if low <= least and most <= high:
            return hashed(found, found.starts, sizes)
        if least <= high and low <= most:
            where = np.flatnonzero((sizes >= low) & (sizes <= high))
            result[where] = hashed(found, found.starts[where], sizes[where])
    blocks = np.where(sizes > 64, (sizes - 1) >> 6, 0) if most > 64 else np.zeros(0, np.int64)
    for count in (np.flatnonzero(np.bincount(blocks)[1:]) + 1).tolist():
        where = np.flatnonzero(blocks == count)
        result[where] = _long(found, found.starts[where], sizes[where], count)
    return result


def crossed(parts: Sequence[np.ndarray]) -> np.ndarray:
    """The hashes of rows of which each has one hash per part, as TensorFlow crosses features.

    Args:
        parts: uint64 arrays of one shape.
    """
    result = np.full(parts[0].shape, _CROSSING_KEY, np.uint64)
    factor = np.uint64(_CROSSING_FACTOR)
    for part in parts:
        result = ((result ^ factor) ^ (_folded(part * factor) * factor)) * factor
        result = _folded(_folded(result) * factor)
    return result


def _tiny(texts: Packed, at: np.ndarray, sizes: np.ndarray) -> np.ndarray:
    last = texts.byte(at + sizes - 1)
    low = texts.byte(at) + (texts.byte(at + (sizes >> 1)) << 8)
    high = sizes.astype(np.uint64) + (last << 2)
    return _folded((low * _K2) ^ (high * _K0)) * _K2


def _small(texts: Packed, at: np.ndarray, sizes: np.ndarray) -> np.ndarray:
    first, last = texts.word(at) & 0xFFFFFFFF, texts.word(at + sizes - 4) & 0xFFFFFFFF
    return _joined(sizes.astype(np.uint64) + (first << 3), last, _factor(sizes))


def _word_long(texts: Packed, at: np.ndarray, sizes: np.ndarray) -> np.ndarray:
    mul = _factor(sizes)
    first, last = texts.word(at) + _K2, texts.word(at + sizes - 8)
    return _joined(_right(last, 37) * mul + first, (_right(first, 25) + last) * mul, mul)


def _short(texts: Packed, at: np.ndarray, sizes: np.ndarray) -> np.ndarray:
    mul, end = _factor(sizes), at + sizes
    first, second = texts.word(at) * _K1, texts.word(at + 8)
    return _joined(*_mixed(first, second, texts.word(end - 8) * mul, texts.word(end - 16) * _K2), mul)


def _middle(texts: Packed, at: np.ndarray, sizes: np.ndarray) -> np.ndarray:
    mul, end = _factor(sizes), at + sizes
    first, second = texts.word(at) * _K2, texts.word(at + 8)
    left, right = _mixed(first, second, texts.word(end - 8) * mul, texts.word(end - 16) * _K2)
    inner = _joined(left, right, mul)
    third, fourth = texts.word(at + 16) * mul, texts.word(at + 24)
    fifth, sixth = (left + texts.word(end - 32)) * mul, (inner + texts.word(end - 24)) * mul
    left = _right(third + fourth, 43) + _right(fifth, 30) + sixth
    return _joined(left, third + _right(fourth + first, 18) + fifth, mul)


def _long(texts: Packed, at: np.ndarray, sizes: np.ndarray, count: int) -> np.ndarray:
    y = (81 * _K1 + 113) & _ALL
    z = (y * _K2 + 113) & _ALL
    z = (z ^ z >> 47) * _K2 & _ALL
    full = [np.full(len(at), value, np.uint64) for value in (y, z, 0, 0, 0, 0)]
    state = (texts.word(at) + np.uint64(81 * _K2 & _ALL), *full)
    for block in range(count):
        state = _block(texts, at + 64 * block, state, np.uint64(_K1), 1)
    x, y, z, v0, v1, w0, w1 = state
    mul = np.uint64(_K1) + ((z & 0xFF) << 1)
    w0 = w0 + ((sizes - 1) & 63).astype(np.uint64)
    v0 = v0 + w0
    w0 = w0 + v0
    x, y, z, v0, v1, w0, w1 = _block(texts, at + sizes - 64, (x, y, z, v0, v1, w0, w1), mul, 9)
    left = _joined(v0, w0, mul) + _folded(y) * _K0 + z
    return _joined(left, _joined(v1, w1, mul) + x, mul)


def _block(texts: Packed, at: np.ndarray, state: tuple[np.ndarray, ...], mul: object, weight: int) -> tuple:
    x, y, z, v0, v1, w0, w1 = state
    x = _right(x + y + v0 + texts.word(at + 8), 37) * mul
    y = _right(y + v1 + texts.word(at + 48), 42) * mul
    x = x ^ (w1 * weight)
    y = y + v0 * weight + texts.word(at + 40)
    z = _right(z + w0, 33) * mul
    v0, v1 = _pair(texts, at, v1 * mul, x + w0)
    w0, w1 = _pair(texts, at + 32, z + w1, y + texts.word(at + 16))
    return z, y, x, v0, v1, w0, w1


def _pair(texts: Packed, at: np.ndarray, a: np.ndarray, b: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    first, second, third, fourth = (texts.word(at + 8 * i) for i in range(4))
    a = a + first
    b = _right(b + a + fourth, 21)
    start, a = a, a + second + third
    return a + fourth, b + _right(a, 44) + start


def _factor(sizes: np.ndarray) -> np.ndarray:
    return sizes.astype(np.uint64) * 2 + _K2


def _mixed(a: np.ndarray, b: np.ndarray, c: np.ndarray, d: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    return _right(a + b, 43) + _right(c, 30) + d, a + _right(b + _K2, 18) + c


def _joined(left: np.ndarray, right: np.ndarray, mul: np.ndarray) -> np.ndarray:
    a = _folded((left ^ right) * mul)
    return _folded((right ^ a) * mul) * mul


def _folded(value: np.ndarray) -> np.ndarray:
    return value ^ (value >> 47)


def _left(value: np.ndarray, by: int) -> np.ndarray:
    return (value << by) | (value >> (64 - by))


def _right(value: np.ndarray, by: int) -> np.ndarray:
    return (value >> by) | (value << (64 - by))
