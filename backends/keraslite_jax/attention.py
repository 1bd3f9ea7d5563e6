"""Attention on jax: some rows of the scores at a time, where all of them would not fit into a processor's cache.

XLA has no fused kernel of attention for the CPU. It writes all scores, `(batch, heads, t, s)`, to memory several times,
and keeps them for gradients. Here a loop computes the scores of some queries and uses them at once. For gradients they
are computed again (Rabe and Staats, "Self-attention does not need O(n^2) memory", 2021).
"""

from __future__ import annotations

import functools
import math
from collections.abc import Callable, Sequence
from typing import TypeAlias

import jax
import jax.numpy as jnp
from jax import lax

from keraslite.backend import settings

#: Scores in one piece, and queries in one piece where there are many keys.
_SCORES, _QUERIES = 2**20, 128
#: What differs by sample and query: query, bias, mask, and each query's position. Heads come before queries.
_Rows: TypeAlias = "Sequence[jax.Array | None]"


def dot_product_attention(query, key, value, bias, mask, scale, is_causal, flash_attention, attn_logits_soft_cap):
    scale = 1 / math.sqrt(query.shape[-1]) if scale is None else scale
    fused = flash_attention is not False and (flash_attention or settings.values["flash_attention"] is not False)
    samples, queries = _pieces(query.shape, key.shape, flash_attention) if fused else (None, None)
    mask = None if mask is None else mask.astype(bool)
    return _attend(query, key, value, bias, mask, scale, attn_logits_soft_cap, is_causal, samples, queries)


def _pieces(query, key, asked):
    """Samples and queries in one piece; None for all of them."""
    sizes = (*query[:3], key[1])
    if not all(isinstance(n, int) for n in sizes) or not (asked or jax.default_backend() == "cpu"):
        return None, None
    batch, length, heads, keys = sizes
    if math.prod(sizes) <= _SCORES:
        return None, None
    queries = min(length, _QUERIES, max(16, _SCORES // (heads * keys)))
    most = max(1, _SCORES // (heads * queries * keys))
    samples = max(n for n in range(1, min(most, batch) + 1) if batch % n == 0)
    return None if samples == batch else samples, None if queries == length else queries


@functools.partial(jax.jit, static_argnums=(7, 8, 9), inline=True)  # eagerly, a loop would be compiled at each call
def _attend(query, key, value, bias, mask, scale, cap, is_causal, samples, queries):
    length = query.shape[1]
    rows = tuple(None if x is None else x.reshape((1,) * (4 - x.ndim) + x.shape) for x in (bias, mask))
    at = jnp.arange(length, dtype=jnp.int32).reshape(1, 1, length, 1)
    query, key, value = (x.swapaxes(1, 2) for x in (query, key, value))  # (batch, heads, length, size)

    def of_samples(rows, key, value):
        def of_queries(rows):
            return _of_piece(rows, key, value, scale, cap, is_causal)

        return of_queries(rows) if queries is None else _over_queries(of_queries, rows, queries)

    whole = (query, *rows, at), key, value
    attended = of_samples(*whole) if samples is None else _over_samples(of_samples, whole, samples)
    return attended.swapaxes(1, 2)


def _of_piece(rows, key, value, scale, cap, is_causal):
    """Attention of some queries to all keys."""
    query, bias, mask, at = rows
    batch, heads, length, size = query.shape
    shared, keys = key.shape[1], key.shape[2]
    together = heads // shared * length
    grouped = query.reshape(batch, shared, together, size)  # the heads that share a key follow each other
    wide = jnp.float32 if query.dtype.itemsize < 4 else query.dtype
    logits = jnp.matmul(grouped, key.swapaxes(2, 3)).astype(wide).reshape(batch, heads, length, keys) * scale
    logits = logits if cap is None else cap * jnp.tanh(logits / cap)
    logits = logits if bias is None else logits + bias.astype(wide)
    if is_causal:
        earlier = at >= jnp.arange(keys, dtype=jnp.int32)
        mask = earlier if mask is None else mask & earlier
    if mask is not None:
        logits = jnp.where(mask, logits, jnp.asarray(-1e30, wide))  # a row that sees nothing is uniform
    weights = jax.nn.softmax(logits, -1).astype(value.dtype)
    attended = jnp.matmul(weights.reshape(batch, shared, together, keys), value)
    return attended.reshape(batch, heads, length, value.shape[-1])


def _over_queries(function: Callable[[_Rows], jax.Array], rows: _Rows, size: int) -> jax.Array:
    """The results for pieces of so many queries, one after the other, along axis 2."""
    differ = [x for x in rows if x is not None and not _same(x, 2)]
    length = differ[0].shape[2]
    missing = -length % size
    pieces = [_cut(jnp.pad(x, [(0, 0), (0, 0), (0, missing), (0, 0)]), 2, size) for x in differ]

    @functools.partial(jax.checkpoint, prevent_cse=False)
    def of_piece(piece):
        return function(_filled(piece, rows, 2))

    results = lax.map(of_piece, pieces)
    return jnp.moveaxis(results, 0, 2).reshape(*results.shape[1:3], length + missing, -1)[:, :, :length]


def _over_samples(function, whole, size: int) -> jax.Array:
    """The results for pieces of so many samples, one after the other, along axis 0."""
    leaves, structure = jax.tree.flatten(whole)
    pieces = [_cut(x, 0, size) for x in leaves if not _same(x, 0)]
    results = lax.map(lambda piece: function(*structure.unflatten(_filled(piece, leaves, 0))), pieces)
    return results.reshape(-1, *results.shape[2:])


def _cut(x, axis: int, size: int):
    shape = (*x.shape[:axis], x.shape[axis] // size, size, *x.shape[axis + 1 :])
    return jnp.moveaxis(x.reshape(shape), axis, 0)


def _same(x, axis: int) -> bool:
    """Whether something is the same for all pieces along an axis."""
    return x is None or x.shape[axis] == 1


def _filled(piece, whole, axis: int):
    """A piece, and what is the same for all of them."""
    left = iter(piece)
    return tuple(x if _same(x, axis) else next(left) for x in whole)
