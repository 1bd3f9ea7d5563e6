"""Attention as one op, so that an engine may fuse it."""

from __future__ import annotations

import math
from collections.abc import Mapping

from keraslite.backend import dtypes as lattice
from keraslite.backend import registry
from keraslite.errors import ArgumentError, MissingCapabilityError
from keraslite.ops.activation import softmax
from keraslite.ops.comparison import greater_equal, logical_and, where
from keraslite.ops.contraction import einsum
from keraslite.ops.core import cast
from keraslite.ops.core import dtype as dtype_of
from keraslite.ops.core import shape as shape_of
from keraslite.ops.creation import zeros_like
from keraslite.ops.declare import Flag, Tensor, TensorLike, composite
from keraslite.ops.dimension import Size, may_equal
from keraslite.ops.dtype import Names, to_float
from keraslite.ops.manipulation import expand_dims, repeat
from keraslite.ops.normalization import wide
from keraslite.ops.shape import Dims, shown
from keraslite.ops.spacing import arange
from keraslite.ops.trigonometry import tanh

__all__ = ["dot_product_attention"]

# Finite, so that a row with everything masked becomes uniform instead of NaN.
_MASKED = {"float64": -1e300, "float32": -1e30}


def _attention_dtype(operands: Names, attributes: Mapping[str, object]) -> tuple[Names, str | Names | None]:
    """Query, key and value share a float dtype; a bias is cast to it, a mask to bool."""
    common = to_float(lattice.promote(*operands[:3]))
    extra = tuple("bool" if lattice.promote(x) == "bool" else common for x in operands[3:])
    return (common,) * 3 + extra, common


def _attention_shape(query: Dims, key: Dims, value: Dims, *rest: object) -> Dims:
    problem = None
    if not len(query) == len(key) == len(value) == 4:
        problem = "tensors of rank 4, `(batch, length, heads, size)`"
    elif not may_equal(query[-1], key[-1]):
        problem = "`query` and `key` of one size along the last axis"
    elif not may_equal(key[1], value[1]) or not may_equal(key[2], value[2]):
        problem = "`key` and `value` of one length and number of heads"
    elif isinstance(query[2], int) and isinstance(key[2], int) and query[2] % key[2]:
        problem = "heads of `query` that are a multiple of those of `key`"
    if problem:
        raise ArgumentError(
            f"`dot_product_attention` needs {problem}. Received shapes {shown(query)}, {shown(key)} and {shown(value)}."
        )
    return (*query[:3], value[-1])


@composite(dtype=_attention_dtype, shape=_attention_shape, eager_check=True)
def dot_product_attention(
    query: TensorLike,
    key: TensorLike,
    value: TensorLike,
    bias: TensorLike | None = None,
    mask: TensorLike | None = None,
    scale: float | None = None,
    is_causal: bool = False,
    flash_attention: Flag = None,
    attn_logits_soft_cap: float | None = None,
) -> Tensor:
    """Return `softmax(query @ key * scale + bias) @ value` for each head (Vaswani et al., 2017).

    Args:
        query: `(batch, t, heads, size)`.
        key: `(batch, s, key_heads, size)`; `heads` is a multiple of `key_heads`, which then are shared
            (Ainslie et al., 2023).
        value: `(batch, s, key_heads, value_size)`.
        bias: added to the logits, broadcasts with `(batch, heads, t, s)`.
        mask: bool, broadcasts with the same: False where nothing may be attended to. A row of False is uniform.
        scale: None: `1 / sqrt(size)`.
        is_causal: whether position `i` sees `0 .. i` only.
        flash_attention: whether a fused kernel of the engine is used, which does not keep `(batch, heads, t, s)`
            logits in memory. True: always, and an error where there is none. False: never. None: wherever there is
            one, unless `config.disable_flash_attention` was called.
        attn_logits_soft_cap: `c` in `c * tanh(logits / c)`, in front of bias and mask; None: none.

    Returns:
        `(batch, t, heads, value_size)`. Half precision takes its softmax in float32.

    Raises:
        ArgumentError: if the shapes do not fit.
        MissingCapabilityError: with `flash_attention=True`, if the engine has no fused kernel for these arguments.

    Example:
        >>> import numpy as np
        >>> from keraslite import ops
        >>> query, key = np.ones((1, 3, 2, 4), "float32"), np.ones((1, 5, 2, 4), "float32")
        >>> tuple(ops.dot_product_attention(query, key, key).shape)
        (1, 3, 2, 4)
    """
    if flash_attention:
        raise MissingCapabilityError(
            f"`dot_product_attention` needs an engine with a fused kernel, such as 'torch' or 'jax', with "
            f"flash_attention=True. Received the engine {registry.current().name!r}. Use flash_attention=None, which "
            "takes a fused kernel where there is one."
        )
    sizes = shape_of(query)
    groups = sizes[2] // shape_of(key)[2]
    if groups != 1:
        key, value = repeat(key, groups, axis=2), repeat(value, groups, axis=2)
    scale = 1.0 / math.sqrt(sizes[-1]) if scale is None else scale
    logits = wide(einsum("btnh,bsnh->bnts", query, key)) * scale
    if attn_logits_soft_cap is not None:
        logits = attn_logits_soft_cap * tanh(logits / attn_logits_soft_cap)
    if bias is not None:
        logits = logits + wide(bias)
    mask = _whole_mask(mask, sizes[1], shape_of(key)[1], is_causal)
    if mask is not None:
        logits = where(mask, logits, zeros_like(logits) + _MASKED[dtype_of(logits)])
    weights = cast(softmax(logits, -1), dtype_of(value))
    return einsum("bnts,bsnh->btnh", weights, value)


def _whole_mask(mask: TensorLike | None, length: Size, key_length: Size, is_causal: bool) -> Tensor | None:
    if mask is not None:
        mask = cast(mask, "bool")
    if not is_causal:
        return mask
    causal = greater_equal(expand_dims(arange(length, dtype="int32"), 1), arange(key_length, dtype="int32"))
    return causal if mask is None else logical_and(mask, causal)
