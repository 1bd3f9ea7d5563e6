"""Attention on torch: `scaled_dot_product_attention`, which chooses among its fused kernels."""

from __future__ import annotations

import math
import warnings

import torch
import torch.nn.functional as F
from torch.nn.attention import SDPBackend, sdpa_kernel

from keraslite.backend import settings
from keraslite.errors import MissingCapabilityError

from .private import differentiates_once

_FUSED = [SDPBackend.FLASH_ATTENTION, SDPBackend.EFFICIENT_ATTENTION, SDPBackend.CUDNN_ATTENTION]


def dot_product_attention(query, key, value, bias, mask, scale, is_causal, flash_attention, attn_logits_soft_cap):
    query, key, value = (x.transpose(1, 2) for x in (query, key, value))  # (batch, heads, length, size)
    scale = 1 / math.sqrt(query.shape[-1]) if scale is None else scale
    groups = query.shape[1] // key.shape[1]
    if groups > 1:
        key, value = key.repeat_interleave(groups, 1), value.repeat_interleave(groups, 1)
    if flash_attention is None:
        flash_attention = None if settings.values["flash_attention"] is not False and differentiates_once() else False
    if flash_attention is not False and attn_logits_soft_cap is None:
        attend = _only_fused if flash_attention else F.scaled_dot_product_attention
        return _fused(attend, query, key, value, bias, mask, scale, is_causal).transpose(1, 2)
    if flash_attention:
        raise _not_fused("attn_logits_soft_cap=None", f"attn_logits_soft_cap={attn_logits_soft_cap}")
    mask = _whole_mask(mask, is_causal, query, key)
    return _written(_seeing(query, mask), key, value, bias, mask, scale, attn_logits_soft_cap).transpose(1, 2)


def _fused(attend, query, key, value, bias, mask, scale, is_causal):
    """Attention in one kernel. The kernels know one size for queries, keys and values: zeros fill up to it."""
    size, own = query.shape[-1], value.shape[-1]
    if own < size:
        value = F.pad(value, (0, size - own))
    elif size < own:
        query, key = (F.pad(x, (0, own - size)) for x in (query, key))
    if bias is None and mask is None:
        return attend(query, key, value, is_causal=is_causal, scale=scale)[..., :own]
    mask = _whole_mask(mask, is_causal, query, key)
    added = _added(bias, mask, query.dtype)
    return attend(_seeing(query, mask), key, value, attn_mask=added, scale=scale)[..., :own]


def _only_fused(query, key, value, **options):
    """As `scaled_dot_product_attention`, but an error where it would write the attention out."""
    with warnings.catch_warnings(record=True) as reasons:  # why it takes no kernel
        warnings.simplefilter("always")
        try:
            with sdpa_kernel(_FUSED):
                return F.scaled_dot_product_attention(query, key, value, **options)
        except RuntimeError as error:
            why = "; ".join(str(each.message).split(" (Triggered")[0].rstrip(".") for each in reasons)
            raise _not_fused("arguments that a kernel of PyTorch takes", why or str(error)) from error


def _not_fused(needs: str, received: str) -> MissingCapabilityError:
    return MissingCapabilityError(
        f"`dot_product_attention` needs {needs} with flash_attention=True. Received {received}. Use "
        "flash_attention=None, which takes a fused kernel where one can be used."
    )


def _seeing(query, mask):
    """Zeros in rows that may see nothing: such a row is uniform, and its scores have no gradient."""
    return query if mask is None else torch.where(mask.any(-1, keepdim=True), query, query.new_zeros(()))


def _whole_mask(mask, is_causal, query, key):
    mask = None if mask is None else mask.bool()
    if not is_causal:
        return mask
    causal = torch.ones(query.shape[-2], key.shape[-2], dtype=torch.bool, device=query.device).tril()
    return causal if mask is None else mask & causal


def _added(bias, mask, dtype):
    """Bias and mask as one tensor to add. A row with everything masked is 0: the fused kernels' backward pass keeps
    only the logarithm of a row's sum, which next to a huge number would be lost."""
    if mask is None:
        return bias
    base = torch.zeros((), dtype=dtype, device=mask.device) if bias is None else bias.to(dtype)
    return torch.where(mask, base, torch.finfo(dtype).min / 2).where(mask.any(-1, keepdim=True), 0)


def _written(query, key, value, bias, mask, scale, cap):
    wide = torch.float32 if query.dtype in (torch.float16, torch.bfloat16) else query.dtype
    logits = torch.matmul(query, key.transpose(-1, -2)).to(wide) * scale
    logits = logits if cap is None else cap * torch.tanh(logits / cap)
    added = _added(bias, mask, wide)
    logits = logits if added is None else logits + added
    return torch.matmul(torch.softmax(logits, -1).to(value.dtype), value)
