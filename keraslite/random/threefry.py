"""Random bits written in ops: Threefry-2x32 of 20 rounds (Salmon et al., 2011), equal on every engine.

Words of 32 bits stand in uint32, or in int64 behind a mask where an engine has no arithmetic for uint32.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from keraslite import ops
from keraslite.backend import dtypes as lattice
from keraslite.backend import registry
from keraslite.ops.declare import DType, Shape, Tensor, TensorLike, composite, given, given_name
from keraslite.ops.dtype import Names, asked
from keraslite.ops.shape import product

__all__ = ["portable_bits", "portable_gamma", "portable_integers", "portable_normal", "portable_uniform", "threefry"]

_ROTATIONS = ((13, 15, 26, 6), (17, 29, 16, 24))
_PARITY = 0x1BD11BDA
_MASK = 0xFFFFFFFF
#: Bits of uniform numbers: as many as the dtype holds exactly in [0, 1).
_BITS = {"bfloat16": 8, "float16": 11, "float32": 24}


def _word_dtype() -> str:
    return registry.current().seed_storage["dtype"]


def threefry(key: tuple[Tensor, Tensor], counter: tuple[Tensor, Tensor]) -> tuple[Tensor, Tensor]:
    """20 rounds over a block of two words; all are tensors of the word dtype."""
    masked = _word_dtype() != "uint32"

    def word(x: Tensor) -> Tensor:
        return ops.bitwise_and(x, _MASK) if masked else x

    def rotated(x: Tensor, bits: int) -> Tensor:
        return ops.bitwise_or(word(ops.bitwise_left_shift(x, bits)), ops.bitwise_right_shift(x, 32 - bits))

    parity = ops.bitwise_xor(ops.bitwise_xor(key[0], key[1]), ops.cast(_PARITY, _word_dtype()))
    keys = (key[0], key[1], parity)
    x0, x1 = word(ops.add(counter[0], keys[0])), word(ops.add(counter[1], keys[1]))
    for group in range(5):
        for bits in _ROTATIONS[group % 2]:
            x0 = word(ops.add(x0, x1))
            x1 = ops.bitwise_xor(rotated(x1, bits), x0)
        x0 = word(ops.add(x0, keys[(group + 1) % 3]))
        x1 = word(ops.add(ops.add(x1, keys[(group + 2) % 3]), ops.cast(group + 1, _word_dtype())))
    return x0, x1


def _words(operands: Names, attributes: Mapping[str, object]) -> tuple[Names, str]:
    return (_word_dtype(),), _word_dtype()


def _given(seed: object, shape: object, *rest: object) -> object:
    return shape


@composite(dtype=_words, shape=_given)
def portable_bits(seed: TensorLike, shape: Shape) -> Tensor:
    """Words of 32 random bits: the block cipher of the key, over the elements' positions."""
    seed = given(seed)
    count = product(shape)
    if "host_arrays" in registry.current().capabilities:
        return host_bits(np.asarray(seed), count).reshape(tuple(shape))  # type: ignore[arg-type, return-value]
    pairs = (count + 1) // 2
    first = ops.arange(0, pairs, dtype=_word_dtype())
    blocks = threefry((seed[0], seed[1]), (first, ops.zeros_like(first)))
    return ops.reshape(ops.concatenate(blocks, axis=0)[:count], shape)


def host_bits(seed: np.ndarray, count: int) -> np.ndarray:
    """That many words, by NumPy's own functions: without the machinery of ops, which takes longer than they do."""
    pairs = (count + 1) // 2
    words = [np.uint32(part) for part in seed]
    keys = (*words, words[0] ^ words[1] ^ np.uint32(_PARITY))
    x0, x1 = np.arange(pairs, dtype="uint32") + keys[0], np.full(pairs, keys[1])
    left, right = np.empty_like(x0), np.empty_like(x0)
    for group in range(5):
        for bits in _ROTATIONS[group % 2]:
            x0 += x1
            np.left_shift(x1, bits, out=left)
            np.right_shift(x1, 32 - bits, out=right)
            np.bitwise_or(left, right, out=x1)
            x1 ^= x0
        x0 += keys[(group + 1) % 3]
        x1 += (keys[(group + 2) % 3].astype("uint64") + group + 1).astype("uint32")
    return np.concatenate([x0, x1])[:count]


def _floats(operands: Names, attributes: Mapping[str, object]) -> tuple[Names, str]:
    return (_word_dtype(),), asked(attributes) or lattice.default_float()


def _unit(seed: TensorLike, shape: Any, dtype: str, bits: int) -> Tensor:
    """Integers of that many random bits as floats."""
    if bits <= 32:
        return ops.cast(ops.bitwise_right_shift(portable_bits(seed, shape), 32 - bits), dtype)
    words = portable_bits(seed, (2, *shape))
    high = ops.cast(ops.bitwise_right_shift(words[0, ...], 32 - bits // 2), dtype)
    return high * 2.0 ** (bits - bits // 2) + ops.cast(
        ops.bitwise_right_shift(words[1, ...], 32 - (bits - bits // 2)), dtype
    )


@composite(dtype=_floats, shape=_given)
def portable_uniform(seed: TensorLike, shape: Shape, dtype: DType = None) -> Tensor:
    """Uniform in [0, 1), every value exact: equal bit for bit on all engines."""
    name = given_name(dtype) or lattice.default_float()
    bits = _BITS.get(name, 53)
    return _unit(seed, shape, name, bits) * 2.0**-bits


@composite(dtype=_floats, shape=_given)
def portable_normal(seed: TensorLike, shape: Shape, dtype: DType = None) -> Tensor:
    """Normal of mean 0 and variance 1, by the inverse of its distribution function; equal to float tolerance."""
    dtype = dtype or lattice.default_float()
    drawn = "float64" if dtype == "float64" else "float32"
    bits = 52 if dtype == "float64" else 23
    # Odd multiples of 2**-bits in (-1, 1): exact, symmetric, never an end.
    centered = (2.0 * _unit(seed, shape, drawn, bits) + 1.0) * 2.0**-bits - 1.0
    return ops.cast(ops.erfinv(centered) * 2.0**0.5, dtype)


def _integers(operands: Names, attributes: Mapping[str, object]) -> tuple[Names, str]:
    result = asked(attributes) or "int32"
    return (_word_dtype(), result, result), result


def _shape_fourth(seed: object, minval: object, maxval: object, shape: object, *rest: object) -> object:
    return shape


@composite(dtype=_integers, shape=_shape_fourth)
def portable_integers(
    seed: TensorLike, minval: TensorLike, maxval: TensorLike, shape: Shape, dtype: DType = None
) -> Tensor:
    """Uniform integers in [minval, maxval), at most 2**32 different ones."""
    words = portable_bits(seed, shape)
    width = ops.cast(ops.subtract(maxval, minval), _word_dtype())
    return ops.add(ops.cast(ops.mod(words, width), dtype or "int32"), minval)


_TRIES = 8  # each is taken with a probability above 0.95: none of them is in 1 of 10**10 draws


def _gammas(operands: Names, attributes: Mapping[str, object]) -> tuple[Names, str]:
    result = asked(attributes) or lattice.default_float()
    return (_word_dtype(), result), result


def _shape_third(seed: object, alpha: object, shape: object, *rest: object) -> object:
    return shape


@composite(dtype=_gammas, shape=_shape_third)
def portable_gamma(seed: TensorLike, alpha: TensorLike, shape: Shape, dtype: DType = None) -> Tensor:
    """Gamma of scale 1: the first of some candidates that the test of Marsaglia and Tsang (2000) takes."""
    seed, name = given(seed), given_name(dtype) or lattice.default_float()
    sizes = (shape,) if isinstance(shape, int) else tuple(shape)  # type: ignore[arg-type]
    small = ops.less(alpha, 1.0)
    d = ops.where(small, ops.add(alpha, 1.0), alpha) - 1 / 3
    c = 1 / (3 * ops.sqrt(d))
    x = portable_normal(seed, (_TRIES, *sizes), name)
    unit = portable_uniform(_other(seed, 1), (_TRIES, *sizes), name)
    v = ops.maximum(1 + c * x, 0.0) ** 3
    taken = ops.less(ops.log(unit), 0.5 * x * x + d - d * v + d * ops.log(v))
    first = ops.expand_dims(ops.argmax(ops.cast(taken, "int32"), axis=0), 0)
    result = d * ops.squeeze(ops.take_along_axis(v, first, axis=0), 0)
    boost = 1 - portable_uniform(_other(seed, 2), sizes, name)  # in (0, 1]
    return ops.where(small, result * boost ** ops.divide(1.0, alpha), result)


def _other(seed: Tensor, number: int) -> Tensor:
    """Another key."""
    return ops.bitwise_xor(seed, ops.cast(number << 24, _word_dtype()))
