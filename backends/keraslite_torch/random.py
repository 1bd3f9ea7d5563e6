"""Draws on torch: a fresh generator for each, seeded with the key.

The key stays on the host, so that seeding a generator never waits for a device.
"""

from __future__ import annotations

import torch

from keraslite.backend.contract import SeedStorage

from .device import native_device
from .private import standard_gamma
from .replay import opaque
from .tensors import native

seed_storage: SeedStorage = {"dtype": "int64", "device": "cpu:0"}


_MASK = 2**64 - 1


def set_seed(seed):
    torch.manual_seed(seed)


def _generator(key, device):
    seed, counter = key.tolist()
    return torch.Generator(device).manual_seed(_mixed(seed << 32 | counter & 0xFFFFFFFF))


def _mixed(x):
    """All bits of 64 in every bit (SplitMix64; Steele et al., 2014): the CPU's generator reads only the low 32."""
    x = (x + 0x9E3779B97F4A7C15) & _MASK
    x = (x ^ x >> 30) * 0xBF58476D1CE4E5B9 & _MASK
    x = (x ^ x >> 27) * 0x94D049BB133111EB & _MASK
    return x ^ x >> 31


def _empty(shape, dtype, device=None):
    drawn = torch.float64 if dtype == "float64" else torch.float32
    return torch.empty(shape, dtype=drawn, device=device or native_device())


@opaque
def random_uniform(key, shape, dtype):
    values = _empty(shape, dtype)
    values.uniform_(generator=_generator(key, values.device))
    if dtype in ("float16", "bfloat16"):  # must not round up to 1
        values = torch.floor(values * 256) / 256
    return values


@opaque
def random_normal(key, shape, dtype):
    values = _empty(shape, dtype)
    return values.normal_(generator=_generator(key, values.device))


@opaque
def random_integers(key, minval, maxval, shape, dtype):
    device = native_device()
    bits = torch.empty(shape, dtype=torch.int64, device=device).random_(generator=_generator(key, device))
    minval, maxval = minval.to(device, torch.int64), maxval.to(device, torch.int64)
    return (minval + bits % (maxval - minval)).to(native[dtype])


@opaque
def random_gamma(key, alpha, shape, dtype):
    values = _empty(shape, dtype).copy_(alpha.broadcast_to(shape))
    generator = _generator(key, values.device)
    return standard_gamma(values, generator) if standard_gamma is not None else _gamma(values, generator)


def _gamma(alpha, generator):
    """By rejection (Marsaglia and Tsang, 2000)."""
    d = torch.where(alpha < 1, alpha + 1, alpha) - 1 / 3
    drawn, left = torch.zeros_like(alpha), torch.ones_like(alpha, dtype=torch.bool)
    while left.any():
        x, u = (torch.empty_like(alpha) for _ in range(2))
        x.normal_(generator=generator)
        u.uniform_(generator=generator)
        v = (1 + x / torch.sqrt(9 * d)) ** 3
        accepted = left & (v > 0) & (torch.log(u) < x * x / 2 + d * (1 - v + torch.log(v)))
        drawn, left = torch.where(accepted, d * v, drawn), left & ~accepted
    u = torch.empty_like(alpha).uniform_(generator=generator)
    return torch.where(alpha < 1, drawn * u ** (1 / alpha), drawn)


@opaque
def random_binomial(key, counts, probabilities, shape, dtype):
    counts = _empty(shape, dtype).copy_(counts.broadcast_to(shape))
    probabilities = _empty(shape, dtype).copy_(probabilities.broadcast_to(shape))
    return torch.binomial(counts, probabilities, generator=_generator(key, counts.device))


def random_dropout(x, key, rate, noise_shape):
    return x * _kept(key, rate, tuple(noise_shape), x.dtype, x.device)


@opaque
def _kept(key, rate, shape, dtype, device):
    kept = torch.empty(shape, dtype=dtype, device=device)
    return kept.bernoulli_(1 - rate, generator=_generator(key, device)).div_(1 - rate)
