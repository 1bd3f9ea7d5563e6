"""Activations on torch tensors. Those with attributes of their own spell out the op's argument order."""

from __future__ import annotations

import torch
import torch.nn.functional as F
from torch import relu, sigmoid
from torch.nn.functional import celu, elu, glu, leaky_relu, relu6, selu, silu
from torch.nn.functional import logsigmoid as log_sigmoid

__all__ = ["celu", "elu", "glu", "leaky_relu", "log_sigmoid", "relu", "relu6", "selu", "sigmoid", "silu"]


def softplus(x):
    return torch.logaddexp(x, x.new_zeros(()))  # F.softplus is linear above its threshold


def softmax(x, axis):
    if len(axis) == 1:
        return torch.softmax(x, axis[0])
    powers = torch.exp(x - torch.amax(x, axis, keepdim=True))
    return powers / torch.sum(powers, axis, keepdim=True)


def log_softmax(x, axis):
    if len(axis) == 1:
        return torch.log_softmax(x, axis[0])
    return x - torch.logsumexp(x, axis, keepdim=True)


def gelu(x, approximate):
    return F.gelu(x, approximate="tanh" if approximate else "none")
