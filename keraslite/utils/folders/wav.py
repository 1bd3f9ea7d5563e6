"""WAV files as arrays, and other sampling rates."""

from __future__ import annotations

import functools
import math
import struct
from pathlib import Path

import numpy as np

from keraslite.errors import CorruptFileError

__all__ = ["read_wav", "resampled"]

_PCM, _FLOAT, _EXTENSIBLE = 1, 3, 0xFFFE
_ZERO_CROSSINGS = 16  # of the sinc function on each side


def read_wav(path: str) -> tuple[np.ndarray, int]:
    """The sound in a WAV file: a float32 array `(samples, channels)` with values in [-1, 1], and its sampling rate."""
    try:
        return _decoded(Path(path).read_bytes())
    except (ValueError, struct.error) as error:
        raise CorruptFileError(
            f"{path} needs to be a WAV file of PCM or float samples. Received: {error}. Convert or remove it."
        ) from error


def _decoded(content: bytes) -> tuple[np.ndarray, int]:
    if content[:4] != b"RIFF" or content[8:12] != b"WAVE":
        raise ValueError("it does not begin as a WAV file does")
    chunks = _chunks(content)
    if b"fmt " not in chunks or b"data" not in chunks:
        raise ValueError("it has no format or no samples")
    kind, channels, rate, _, _, bits = struct.unpack_from("<HHIIHH", chunks[b"fmt "])
    if kind == _EXTENSIBLE:
        (kind,) = struct.unpack_from("<H", chunks[b"fmt "], 24)
    if not channels or not rate:
        raise ValueError("it has no channels or no sampling rate")
    samples = _samples(chunks[b"data"], kind, bits)
    return samples[: len(samples) // channels * channels].reshape(-1, channels), rate


def _chunks(content: bytes) -> dict[bytes, bytes]:
    found: dict[bytes, bytes] = {}
    place = 12
    while place + 8 <= len(content):
        name, size = struct.unpack_from("<4sI", content, place)
        if size > len(content) - place - 8 and name != b"data":
            raise ValueError("it ends too soon")
        found.setdefault(name, content[place + 8 : place + 8 + size])
        place += 8 + size + size % 2
    return found


def _samples(data: bytes, kind: int, bits: int) -> np.ndarray:
    data = data[: len(data) // max(bits // 8, 1) * max(bits // 8, 1)]
    if kind == _FLOAT and bits in (32, 64):
        return np.frombuffer(data, f"<f{bits // 8}").astype(np.float32)
    if kind == _PCM and bits == 8:
        return (np.frombuffer(data, np.uint8).astype(np.float32) - 128) / 128
    if kind == _PCM and bits in (16, 32):
        return (np.frombuffer(data, f"<i{bits // 8}") / 2 ** (bits - 1)).astype(np.float32)
    if kind == _PCM and bits == 24:
        wide = np.zeros((len(data) // 3, 4), np.uint8)
        wide[:, 1:] = np.frombuffer(data, np.uint8).reshape(-1, 3)
        return (wide.view("<i4")[:, 0] / 2**31).astype(np.float32)
    raise ValueError(f"its format is {kind} with {bits} bits")


def resampled(sound: np.ndarray, rate: int, new_rate: int) -> np.ndarray:
    """A sound `(samples, channels)` at another sampling rate, by a sinc function in a Hann window."""
    if rate == new_rate:
        return sound
    common = math.gcd(rate, new_rate)
    before, after = rate // common, new_rate // common
    weight, offset = _phases(before, after)
    size = -(-len(sound) * after // before)
    taps = weight.shape[1]
    padded = np.pad(sound, ((taps, taps), (0, 0)))
    out = np.zeros((size, sound.shape[1]), np.float32)
    numbers = np.arange(size)
    first, phase = numbers * before // after + offset + taps, numbers % after
    for tap in range(taps):
        out += padded[first + tap] * weight[phase, tap][:, None]
    return out


@functools.lru_cache(32)
def _phases(before: int, after: int) -> tuple[np.ndarray, int]:
    """The weights of the old samples around a new one, for each place of that between two old ones; and the first."""
    cut = min(1.0, after / before)
    half = math.ceil(_ZERO_CROSSINGS / cut)
    places = np.arange(-half + 1, half + 1)
    distance = (np.arange(after) * before % after / after)[:, None] - places
    window = np.cos(np.clip(distance / half, -1, 1) * np.pi / 2) ** 2
    return (cut * np.sinc(cut * distance) * window).astype(np.float32), -half + 1
