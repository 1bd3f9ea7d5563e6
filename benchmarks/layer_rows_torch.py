"""The rows of `layer_rows.py` by hand in PyTorch. Each module takes Keras's weights in their order by `take`."""

from __future__ import annotations

from collections.abc import Iterator

import torch
from torch import nn
from torch.nn import functional as F

from benchmarks.constants import CLASSES, NORM_EPSILON, VOCABULARY
from benchmarks.layer_rows import BLOCKS, FILTERS, GROUPS, HEAD, HEADS, RMS_EPSILON, UNITS

Weights = Iterator[torch.Tensor]


def _fill(part: nn.Module, take: Weights) -> None:
    """Fill a module with a weight, or with a weight and a bias."""
    weight = next(take)
    if isinstance(part, nn.Linear):
        weight = weight.T
    elif isinstance(part, nn.Conv2d | nn.ConvTranspose2d):
        weight = weight.permute(3, 2, 0, 1)
    part.weight.copy_(weight)
    if getattr(part, "bias", None) is not None:
        part.bias.copy_(next(take))


class Filled(nn.Module):
    """A module whose parts are made in the order of Keras's weights."""

    def take(self, weights: Weights) -> None:
        """Fill all parts."""
        for part in self.modules():
            if not list(part.children()):
                _fill(part, weights)


class Causal(nn.Module):
    """Self-attention with one matrix for queries, keys and values, and a causal mask."""

    def __init__(self):
        super().__init__()
        width = HEADS * HEAD
        self.embedding = nn.Embedding(VOCABULARY, width)
        self.project, self.output = nn.Linear(width, 3 * width), nn.Linear(width, width)
        self.dense = nn.Linear(width, CLASSES)

    def take(self, weights: Weights) -> None:
        """Fill all parts."""
        width = HEADS * HEAD
        self.embedding.weight.copy_(next(weights))
        pairs = [(next(weights).reshape(width, width), next(weights).reshape(width)) for _ in range(3)]
        self.project.weight.copy_(torch.cat([kernel for kernel, _ in pairs], 1).T)
        self.project.bias.copy_(torch.cat([bias for _, bias in pairs]))
        self.output.weight.copy_(next(weights).reshape(width, width).T)
        self.output.bias.copy_(next(weights))
        _fill(self.dense, weights)

    def forward(self, x):
        x = self.embedding(x)
        n, length, width = x.shape
        split = self.project(x).view(n, length, 3, HEADS, HEAD).permute(2, 0, 3, 1, 4)
        mixed = F.scaled_dot_product_attention(*split.unbind(0), is_causal=True)
        return self.dense((x + self.output(mixed.transpose(1, 2).reshape(n, length, width))).mean(1))


class GroupNorm(Filled):
    """Two convolutions, each with group normalization. The input is NHWC, like the data."""

    def __init__(self):
        super().__init__()
        self.conv_1, self.norm_1 = nn.Conv2d(1, 32, 3, padding=1), nn.GroupNorm(GROUPS, 32, NORM_EPSILON)
        self.conv_2, self.norm_2 = nn.Conv2d(32, 64, 3, padding=1), nn.GroupNorm(GROUPS, 64, NORM_EPSILON)
        self.dense = nn.Linear(64, CLASSES)

    def forward(self, x):
        x = F.max_pool2d(F.relu(self.norm_1(self.conv_1(x.permute(0, 3, 1, 2)))), 2)
        return self.dense(F.relu(self.norm_2(self.conv_2(x))).mean((2, 3)))


class Residual(Filled):
    """x + gelu(dense(norm(x)))."""

    def __init__(self):
        super().__init__()
        self.norm, self.dense = nn.RMSNorm(128, RMS_EPSILON), nn.Linear(128, 128)

    def forward(self, x):
        return x + F.gelu(self.dense(self.norm(x)))


class RMSNorm(Filled):
    """Residual blocks with RMS normalization."""

    def __init__(self):
        super().__init__()
        self.blocks, self.dense = nn.Sequential(*(Residual() for _ in range(BLOCKS))), nn.Linear(128, CLASSES)

    def forward(self, x):
        return self.dense(self.blocks(x).mean(1))


class ConvLSTM(Filled):
    """The last state of a ConvLSTM. The inputs of all steps are convolved at once."""

    def __init__(self):
        super().__init__()
        self.inputs = nn.Conv2d(3, 4 * FILTERS, 3, padding=1, bias=False)
        self.state = nn.Conv2d(FILTERS, 4 * FILTERS, 3, padding=1)
        self.dense = nn.Linear(FILTERS, CLASSES)

    def forward(self, x):
        n, steps = x.shape[:2]
        projected = self.inputs(x.flatten(0, 1).permute(0, 3, 1, 2)).unflatten(0, (n, steps))
        h = c = projected.new_zeros(n, FILTERS, *projected.shape[3:])
        for row in projected.unbind(1):
            i, f, g, o = (row + self.state(h)).chunk(4, 1)
            c = torch.sigmoid(f) * c + torch.sigmoid(i) * torch.tanh(g)
            h = torch.sigmoid(o) * torch.tanh(c)
        return self.dense(h.mean((2, 3)))


class Separable(nn.Module):
    """Two separable convolutions behind a plain one. The input is NHWC, like the data."""

    def __init__(self):
        super().__init__()
        self.conv = nn.Conv2d(3, 32, 3, 2)
        self.deep = nn.ModuleList(nn.Conv2d(n, n, 3, padding=1, groups=n, bias=False) for n in (32, 64))
        self.point = nn.ModuleList(nn.Conv2d(n, 2 * n, 1) for n in (32, 64))
        self.dense = nn.Linear(128, CLASSES)

    def take(self, weights: Weights) -> None:
        """Fill all parts."""
        _fill(self.conv, weights)
        for deep, point in zip(self.deep, self.point, strict=True):
            deep.weight.copy_(next(weights).permute(2, 3, 0, 1))
            _fill(point, weights)
        _fill(self.dense, weights)

    def forward(self, x):
        x = F.relu(self.conv(F.pad(x.permute(0, 3, 1, 2), (0, 1, 0, 1))))  # padding="same" of an even size
        for deep, point in zip(self.deep, self.point, strict=True):
            x = F.relu(point(deep(x)))
        return self.dense(x.mean((2, 3)))


class GRU(nn.Module):
    """The last states of a GRU in both directions, over packed sequences."""

    def __init__(self):
        super().__init__()
        self.embedding = nn.Embedding(VOCABULARY, 64)
        self.gru = nn.GRU(64, UNITS, batch_first=True, bidirectional=True)
        self.dense = nn.Linear(2 * UNITS, CLASSES)

    def take(self, weights: Weights) -> None:
        """Fill all parts. Keras has the update gate first, PyTorch the reset gate."""

        def gates(weight: torch.Tensor) -> torch.Tensor:
            update, reset, new = weight.chunk(3, -1)
            return torch.cat([reset, update, new], -1)

        _fill(self.embedding, weights)
        for end in ("", "_reverse"):
            for name in ("ih", "hh"):
                getattr(self.gru, f"weight_{name}_l0{end}").copy_(gates(next(weights)).T)
            for name, bias in zip(("ih", "hh"), gates(next(weights)), strict=True):
                getattr(self.gru, f"bias_{name}_l0{end}").copy_(bias)
        _fill(self.dense, weights)

    def forward(self, x):
        packed = nn.utils.rnn.pack_padded_sequence(self.embedding(x), (x != 0).sum(1).cpu(), True, False)
        return self.dense(torch.cat(self.gru(packed)[1].unbind(0), 1))


class UNet(Filled):
    """A U-Net of three levels. The input is NHWC, like the data."""

    def __init__(self):
        super().__init__()
        self.down_1, self.down_2 = nn.Conv2d(1, 16, 3, padding=1), nn.Conv2d(16, 32, 3, padding=1)
        self.bottom, self.up_2 = nn.Conv2d(32, 64, 3, padding=1), nn.ConvTranspose2d(64, 32, 2, 2)
        self.join_2, self.up_1 = nn.Conv2d(64, 32, 3, padding=1), nn.ConvTranspose2d(32, 16, 2, 2)
        self.join_1, self.dense = nn.Conv2d(32, 16, 3, padding=1), nn.Linear(16, CLASSES)

    def forward(self, x):
        first = F.relu(self.down_1(x.permute(0, 3, 1, 2)))
        second = F.relu(self.down_2(F.max_pool2d(first, 2)))
        x = F.relu(self.bottom(F.max_pool2d(second, 2)))
        x = F.relu(self.join_2(torch.cat([self.up_2(x), second], 1)))
        x = F.relu(self.join_1(torch.cat([self.up_1(x), first], 1)))
        return self.dense(x.mean((2, 3)))


KINDS = {"causal": Causal, "group-norm": GroupNorm, "rms-norm": RMSNorm, "conv-lstm": ConvLSTM, "separable": Separable,
         "gru": GRU, "unet": UNet}  # fmt: skip
