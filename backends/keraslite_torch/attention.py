"""Attention on torch: `scaled_dot_product_attention`, which chooses among its fused kernels."""

from __future__ import annotations

import math

import torch
import torch.nn.functional as F

from keraslite.backend import settings


def dot_product_attention(query, key, value, bias, mask, scale, is_causal, flash_attention, attn_logits_soft_cap):
    query, key, value = (x.transpose(1, 2) for x in (query, key, value))  # (batch, heads, length, size)
    scale = 1 / math.sqrt(query.shape[-1]) if scale is None else scale
    groups = query.shape[1] // key.shape[1]
    if groups > 1:
        key, value = key.repeat_interleave(groups, 1), value.repeat_interleave(groups, 1)
    fused = flash_attention is not False and (flash_attention or settings.values["flash_attention"] is not False)
    if bias is None and mask is None and attn_logits_soft_cap is None and fused:
        return F.scaled_dot_product_attention(query, key, value, is_causal=is_causal, scale=scale).transpose(1, 2)
    mask = _whole_mask(mask, is_causal, query, key)
    if mask is not None:  # a row that may see nothing is uniform, and its scores have no gradient
        query = torch.where(mask.any(-1, keepdim=True), query, query.new_zeros(()))
    if attn_logits_soft_cap is not None or not fused:
        return _capped(query, key, value, bias, mask, scale, attn_logits_soft_cap).transpose(1, 2)
    added = _added(bias, mask, query.dtype)
    return F.scaled_dot_product_attention(query, key, value, attn_mask=added, scale=scale).transpose(1, 2)


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


def _capped(query, key, value, bias, mask, scale, cap):
    wide = torch.float32 if query.dtype in (torch.float16, torch.bfloat16) else query.dtype
    logits = torch.matmul(query, key.transpose(-1, -2)).to(wide) * scale
    logits = logits if cap is None else cap * torch.tanh(logits / cap)
    added = _added(bias, mask, wide)
    logits = logits if added is None else logits + added
    return torch.matmul(torch.softmax(logits, -1).to(value.dtype), value)
