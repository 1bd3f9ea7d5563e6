"""Hashes of texts that do not depend on the process, the machine or the version of Python."""

from __future__ import annotations

import struct
from collections.abc import Sequence

__all__ = ["fingerprint64", "siphash"]

_ALL = (1 << 64) - 1
_K0, _K1, _K2 = 0xC3A5C85C97CB3127, 0xB492B66FBE98F273, 0x9AE16A3B2F90404F


def siphash(text: bytes, key: Sequence[int]) -> int:
    """SipHash-2-4 of a text under a key of two numbers.

    Source: Aumasson and Bernstein, 2012, "SipHash: a fast short-input PRF".

    Args:
        text: any bytes.
        key: two integers, taken modulo 2**64.
    """
    k0, k1 = (part & _ALL for part in key)
    state = [k0 ^ 0x736F6D6570736575, k1 ^ 0x646F72616E646F6D, k0 ^ 0x6C7967656E657261, k1 ^ 0x7465646279746573]
    whole = len(text) // 8 * 8
    last = text[whole:].ljust(7, b"\0") + bytes([len(text) & 0xFF])
    for (word,) in struct.iter_unpack("<Q", text[:whole] + last):
        state[3] ^= word
        _sip_rounds(state, 2)
        state[0] ^= word
    state[2] ^= 0xFF
    _sip_rounds(state, 4)
    return state[0] ^ state[1] ^ state[2] ^ state[3]


def _sip_rounds(state: list[int], count: int) -> None:
    a, b, c, d = state
    for _ in range(count):
        a = (a + b) & _ALL
        c = (c + d) & _ALL
        b = _left(b, 13) ^ a
        d = _left(d, 16) ^ c
        a = _left(a, 32)
        c = (c + b) & _ALL
        a = (a + d) & _ALL
        b = _left(b, 17) ^ c
        d = _left(d, 21) ^ a
        c = _left(c, 32)
    state[:] = a, b, c, d


def fingerprint64(text: bytes) -> int:
    """FarmHash's Fingerprint64 of a text (Pike, 2014, "FarmHash"), which promises to stay the same for ever.

    Args:
        text: any bytes.
    """
    size = len(text)
    if size > 64:
        return _long(text)
    mul = _K2 + size * 2
    if size > 32:
        return _up_to_64(text, mul)
    if size > 16:
        first, second = _word(text, 0) * _K1, _word(text, 8)
        return _joined(*_mixed(first, second, _word(text, -8) * mul, _word(text, -16) * _K2), mul)
    if size >= 8:
        first, last = _word(text, 0) + _K2, _word(text, -8)
        left = _right(last, 37) * mul + first
        return _joined(left, (_right(first, 25) + last) * mul, mul)
    if size >= 4:
        first, last = (int.from_bytes(part, "little") for part in (text[:4], text[-4:]))
        return _joined(size + (first << 3), last, mul)
    if size:
        low, high = text[0] + (text[size >> 1] << 8), size + (text[-1] << 2)
        return _folded((low * _K2 ^ high * _K0) & _ALL) * _K2 & _ALL
    return _K2


def _up_to_64(text: bytes, mul: int) -> int:
    first, second = _word(text, 0) * _K2, _word(text, 8)
    left, right = _mixed(first, second, _word(text, -8) * mul, _word(text, -16) * _K2)
    inner = _joined(left, right, mul)
    third, fourth = _word(text, 16) * mul, _word(text, 24)
    fifth, sixth = (left + _word(text, -32)) * mul, (inner + _word(text, -24)) * mul
    left = _right(third + fourth, 43) + _right(fifth, 30) + sixth
    return _joined(left, third + _right(fourth + first, 18) + fifth, mul)


def _long(text: bytes) -> int:
    y = 81 * _K1 + 113
    z = _folded((y * _K2 + 113) & _ALL) * _K2 & _ALL
    x = (81 * _K2 + _word(text, 0)) & _ALL
    state = (x, y & _ALL, z, 0, 0, 0, 0)
    end = (len(text) - 1) // 64 * 64
    for start in range(0, end, 64):
        state = _block(text[start : start + 64], state, _K1, 1)
    x, y, z, v0, v1, w0, w1 = state
    mul = _K1 + ((z & 0xFF) << 1)
    w0 += (len(text) - 1) & 63
    v0 += w0
    w0 += v0
    x, y, z, v0, v1, w0, w1 = _block(text[-64:], (x, y, z, v0, v1, w0, w1), mul, 9)
    left = _joined(v0, w0, mul) + _folded(y) * _K0 + z
    return _joined(left, _joined(v1, w1, mul) + x, mul)


def _block(text: bytes, state: tuple[int, ...], mul: int, weight: int) -> tuple[int, ...]:
    x, y, z, v0, v1, w0, w1 = state
    x = _right(x + y + v0 + _word(text, 8), 37) * mul
    y = _right(y + v1 + _word(text, 48), 42) * mul
    x = (x ^ (w1 * weight)) & _ALL
    y = (y + v0 * weight + _word(text, 40)) & _ALL
    z = _right(z + w0, 33) * mul & _ALL
    v0, v1 = _pair(text[:32], v1 * mul, x + w0)
    w0, w1 = _pair(text[32:], z + w1, y + _word(text, 16))
    return z, y, x, v0, v1, w0, w1


def _pair(text: bytes, a: int, b: int) -> tuple[int, int]:
    first, second, third, fourth = struct.unpack("<4Q", text)
    a += first
    b = _right(b + a + fourth, 21)
    start, a = a, a + second + third
    return (a + fourth) & _ALL, (b + _right(a, 44) + start) & _ALL


def _mixed(a: int, b: int, c: int, d: int) -> tuple[int, int]:
    return _right(a + b, 43) + _right(c, 30) + d, a + _right(b + _K2, 18) + c


def _joined(left: int, right: int, mul: int) -> int:
    left, right = left & _ALL, right & _ALL
    a = _folded((left ^ right) * mul & _ALL)
    return _folded((right ^ a) * mul & _ALL) * mul & _ALL


def _word(text: bytes, at: int) -> int:
    return int.from_bytes(text[at : at + 8 or None], "little")


def _folded(value: int) -> int:
    return value ^ (value >> 47)


def _left(value: int, by: int) -> int:
    return ((value << by) | (value >> (64 - by))) & _ALL


def _right(value: int, by: int) -> int:
    return _left(value & _ALL, 64 - by)
