"""The rows written by hand in PyTorch, as a good user would write them.

They are `nn.Module`s in eager mode with `torch.optim.Adam(fused=True)`. Batches are slices of one tensor over the
arrays, without a copy. Loss and hits are summed on the device and read once per epoch. The three projections of
attention are one matrix, followed by `scaled_dot_product_attention`. Images are passed as NCHW. `predict`,
`predict_all` and `write` are the eager forward pass in `inference_mode`, and so is `evaluate`. `call` is the same with
gradients recorded, as in a model's call.

On a GPU, small arrays are sent at once, and others batch by batch through pinned memory. The rows for a GPU compute in
`autocast`, eagerly or through `torch.compile`, whichever has the faster step. Images are in channels-last memory.
"""

from __future__ import annotations

import copy
from collections.abc import Callable, Iterator
from functools import partial

import numpy as np
import torch
from torch import nn
from torch.nn import functional as F

from benchmarks import layer_rows_torch, ways
from benchmarks.constants import CLASSES, DROPOUT, EPSILON, LEARNING_RATE, MOMENTUM, NORM_EPSILON, VOCABULARY
from benchmarks.models import ENCODERS, STAGES, Encoder, faster
from benchmarks.rows import ACCUMULATED, Row

DEVICE = torch.accelerator.current_accelerator() or torch.device("cpu")
AT_ONCE = 64 * 2**20  # arrays of up to this many bytes are sent to the device at once


def _norm(width: int) -> nn.LayerNorm:
    return nn.LayerNorm(width, eps=NORM_EPSILON)


class Residual(nn.Module):
    """x + gelu(dense(norm(x)))."""

    def __init__(self):
        super().__init__()
        self.norm, self.dense = _norm(64), nn.Linear(64, 64)

    def forward(self, x):
        return x + F.gelu(self.dense(self.norm(x)))


class Gated(nn.Module):
    """x + 0.5 * dense(x) * sigmoid(dense(x))."""

    def __init__(self):
        super().__init__()
        self.value, self.gate = nn.Linear(64, 64), nn.Linear(64, 64)

    def forward(self, x):
        return x + 0.5 * self.value(x) * torch.sigmoid(self.gate(x))


class Recurrent(nn.Module):
    """The last state of an LSTM over embedded tokens."""

    def __init__(self):
        super().__init__()
        self.embedding, self.lstm = nn.Embedding(VOCABULARY, 64), nn.LSTM(64, 64, batch_first=True)
        self.dense = nn.Linear(64, CLASSES)

    def forward(self, x):
        return self.dense(self.lstm(self.embedding(x))[1][0][0])


class Attention(nn.Module):
    """Self-attention with one matrix for queries, keys and values."""

    def __init__(self, size: Encoder):
        super().__init__()
        self.heads, self.causal = size.heads, size.causal
        self.project, self.output = nn.Linear(size.width, 3 * size.width), nn.Linear(size.width, size.width)

    def forward(self, x):
        n, length, width = x.shape
        split = self.project(x).view(n, length, 3, self.heads, width // self.heads).permute(2, 0, 3, 1, 4)
        mixed = F.scaled_dot_product_attention(*split.unbind(0), is_causal=self.causal)
        return self.output(mixed.transpose(1, 2).reshape(n, length, width))


class Block(nn.Module):
    """A pre-norm encoder block."""

    def __init__(self, size: Encoder):
        super().__init__()
        width = size.width
        self.norm_1, self.attention = _norm(width), Attention(size)
        self.norm_2, self.wide, self.narrow = _norm(width), nn.Linear(width, 4 * width), nn.Linear(4 * width, width)

    def forward(self, x):
        x = x + self.attention(self.norm_1(x))
        return x + self.narrow(F.gelu(self.wide(self.norm_2(x))))


class Transformer(nn.Module):
    """Blocks, and a class from the mean over the tokens or logits for each token."""

    def __init__(self, size: Encoder):
        super().__init__()
        self.embedding = nn.Embedding(VOCABULARY, size.width)
        self.blocks = nn.Sequential(*(Block(size) for _ in range(size.blocks)))
        self.causal = size.causal
        self.dense = nn.Linear(size.width, VOCABULARY if size.causal else CLASSES)

    def forward(self, x):
        x = self.blocks(self.embedding(x))
        return self.dense(x if self.causal else x.mean(1))


def _batch_norm(channels: int) -> nn.BatchNorm2d:
    return nn.BatchNorm2d(channels, NORM_EPSILON, 1 - MOMENTUM)


class Images(nn.Module):
    """Two convolutions. The input is NHWC, like the data."""

    def __init__(self):
        super().__init__()
        self.conv_1, self.norm_1 = nn.Conv2d(1, 32, 3, padding=1), _batch_norm(32)
        self.conv_2, self.norm_2 = nn.Conv2d(32, 64, 3, padding=1), _batch_norm(64)
        self.dense = nn.Linear(64, CLASSES)

    def forward(self, x):
        x = F.max_pool2d(F.relu(self.norm_1(self.conv_1(x.permute(0, 3, 1, 2)))), 2)
        return self.dense(F.relu(self.norm_2(self.conv_2(x))).mean((2, 3)))


class Bottleneck(nn.Module):
    """A residual block of ResNet-50, with its parts in the order of Keras's weights."""

    def __init__(self, channels: int, filters: int, stride: int):
        super().__init__()
        self.conv_1, self.norm_1 = nn.Conv2d(channels, filters, 1, stride, bias=False), _batch_norm(filters)
        self.conv_2, self.norm_2 = nn.Conv2d(filters, filters, 3, padding=1, bias=False), _batch_norm(filters)
        self.first = channels != 4 * filters
        if self.first:
            self.shortcut = nn.Conv2d(channels, 4 * filters, 1, stride, bias=False)
        self.conv_3 = nn.Conv2d(filters, 4 * filters, 1, bias=False)
        if self.first:
            self.norm = _batch_norm(4 * filters)
        self.norm_3 = _batch_norm(4 * filters)

    def forward(self, x):
        y = F.relu(self.norm_2(self.conv_2(F.relu(self.norm_1(self.conv_1(x))))))
        x = self.norm(self.shortcut(x)) if self.first else x
        return F.relu(x + self.norm_3(self.conv_3(y)))


class ResNet(nn.Module):
    """ResNet-50. The input is NHWC, like the data."""

    def __init__(self):
        super().__init__()
        self.conv, self.norm = nn.Conv2d(3, 64, 7, 2, 3, bias=False), _batch_norm(64)
        blocks, channels = [], 64
        for filters, count, stride in STAGES:
            for i in range(count):
                blocks.append(Bottleneck(channels, filters, stride if i == 0 else 1))
                channels = 4 * filters
        self.blocks, self.dense = nn.Sequential(*blocks), nn.Linear(channels, CLASSES)

    def forward(self, x):
        x = F.max_pool2d(F.relu(self.norm(self.conv(x.permute(0, 3, 1, 2)))), 3, 2, 1)
        return self.dense(self.blocks(x).mean((2, 3)))


def _mlp() -> nn.Module:
    return nn.Sequential(nn.Linear(64, 64), nn.ReLU(), nn.Linear(64, 64), nn.ReLU(), nn.Linear(64, CLASSES))


def _wide() -> nn.Module:
    return nn.Sequential(nn.Linear(784, 512), nn.ReLU(), nn.Dropout(DROPOUT), nn.Linear(512, 512), nn.ReLU(),
                         nn.Dropout(DROPOUT), nn.Linear(512, CLASSES))  # fmt: skip


def _deep() -> nn.Module:
    return nn.Sequential(*(Residual() for _ in range(24)), nn.Linear(64, CLASSES))


def _gated() -> nn.Module:
    return nn.Sequential(*(Gated() for _ in range(6)), nn.Linear(64, CLASSES))


def _blocks() -> nn.Module:
    return nn.Sequential(*(Residual() for _ in range(8)), nn.Linear(64, CLASSES))


class Small(nn.Sequential):
    """Dense layers as wide as the weights that they take."""

    def take(self, weights: Iterator[torch.Tensor]) -> None:
        """Make the layers."""
        for kernel in weights:
            parts = [nn.ReLU()] if len(self) else []
            for part in (*parts, nn.Linear(*kernel.shape)):
                self.append(part)
            self[-1].weight.copy_(kernel.T)
            self[-1].bias.copy_(next(weights))


KINDS = {"mlp": _mlp, "wide": _wide, "deep": _deep, "gated": _gated, "blocks": _blocks, "conv": Images, "small": Small,
         "lstm": Recurrent, "resnet": ResNet,
         **layer_rows_torch.KINDS, **{name: partial(Transformer, size) for name, size in ENCODERS.items()}}  # fmt: skip


def _load(module: nn.Module, take: Iterator[torch.Tensor]) -> None:
    """Fill `module` from Keras's weights in their order."""
    for part in module.modules():
        if isinstance(part, Attention):
            width = part.output.in_features
            pairs = [(next(take).reshape(width, width), next(take).reshape(width)) for _ in range(3)]
            part.project.weight.copy_(torch.cat([kernel for kernel, _ in pairs], 1).T)
            part.project.bias.copy_(torch.cat([bias for _, bias in pairs]))
            part.output.weight.copy_(next(take).reshape(width, width).T)
            part.output.bias.copy_(next(take))
        elif isinstance(part, nn.Linear) and not _of_attention(module, part):
            part.weight.copy_(next(take).T)
            part.bias.copy_(next(take))
        elif isinstance(part, nn.LayerNorm | nn.BatchNorm2d):
            part.weight.copy_(next(take))
            part.bias.copy_(next(take))
            if isinstance(part, nn.BatchNorm2d):
                part.running_mean.copy_(next(take))
                part.running_var.copy_(next(take))
        elif isinstance(part, nn.Conv2d):
            part.weight.copy_(next(take).permute(3, 2, 0, 1))
            if part.bias is not None:
                part.bias.copy_(next(take))
        elif isinstance(part, nn.Embedding):
            part.weight.copy_(next(take))
        elif isinstance(part, nn.LSTM):
            part.weight_ih_l0.copy_(next(take).T)
            part.weight_hh_l0.copy_(next(take).T)
            part.bias_ih_l0.copy_(next(take))
            part.bias_hh_l0.zero_().requires_grad_(False)  # torch has a second bias, Keras has one


def _of_attention(module: nn.Module, part: nn.Module) -> bool:
    return any(part in (a.project, a.output) for a in module.modules() if isinstance(a, Attention))


class Hand:
    """The row's model with its loops."""

    def __init__(self, row: Row, weights: list[np.ndarray]):
        self.row, self.batch, self.model = row, row.batch, KINDS[row.model]()
        with torch.no_grad():
            getattr(self.model, "take", partial(_load, self.model))(iter([torch.from_numpy(w) for w in weights]))
        self.model.to(DEVICE)
        if row.gpu:
            self.model.to(memory_format=torch.channels_last)
        trained = [p for p in self.model.parameters() if p.requires_grad]
        self.optimizer = torch.optim.Adam(trained, LEARNING_RATE, eps=EPSILON, fused=True)
        self.forward = self._mixed(self.model)
        self.choice = ""

    def _mixed(self, model: Callable) -> Callable:
        if not self.row.half:
            return model

        def forward(x: torch.Tensor) -> torch.Tensor:
            with torch.autocast(DEVICE.type, torch.bfloat16):
                return model(x).float()

        return forward

    def _batches(self, x: np.ndarray, y: np.ndarray) -> Iterator[tuple[torch.Tensor, torch.Tensor]]:
        if self.row.way == "loader":
            yield from ways.loader(self.row, x, y)
            return
        if self.row.way == "generator":
            for pair in ways.batches(self.row, x, y):
                yield tuple(map(torch.from_numpy, pair))
            return
        inputs, targets, batch = torch.from_numpy(x), torch.from_numpy(y), self.batch
        pinned = DEVICE.type != "cpu" and x.nbytes > AT_ONCE
        if not pinned:
            inputs, targets = inputs.to(DEVICE), targets.to(DEVICE)
        for start in range(0, len(x), batch):
            pair = inputs[start : start + batch], targets[start : start + batch]
            yield tuple(part.pin_memory().to(DEVICE, non_blocking=True) for part in pair) if pinned else pair

    def train(self, x: np.ndarray, y: np.ndarray) -> tuple[float, float]:
        """Train one epoch and return mean loss and accuracy."""
        self.model.train()
        if self.row.gpu and not self.choice:
            self._choose(*next(self._batches(x, y)))
        forward, optimizer, losses = self.forward, self.optimizer, []
        every, watched = ACCUMULATED if self.row.way == "accumulated" else 1, self.row.way == "watched"
        total, hits = torch.zeros((), device=DEVICE), torch.zeros((), dtype=torch.int64, device=DEVICE)
        optimizer.zero_grad()
        for i, (inputs, target) in enumerate(self._batches(x, y), 1):
            logits = forward(inputs)
            loss = F.cross_entropy(logits, target)
            (loss / every if every > 1 else loss).backward()
            if i % every == 0:
                optimizer.step()
                optimizer.zero_grad()
            total += loss.detach()
            hits += (logits.argmax(1) == target).sum()
            if watched:
                losses.append(loss.item())
        return total.item() * self.batch / len(x), hits.item() / len(x)

    def _choose(self, x: torch.Tensor, y: torch.Tensor) -> None:
        """Return the model as it is or compiled, whichever computes gradients faster. Weights do not change."""
        before = copy.deepcopy(self.model.state_dict())
        ways = {"eager": self.forward, "compiled": self._mixed(torch.compile(self.model))}

        def differentiated(forward: Callable) -> None:
            F.cross_entropy(forward(x), y).backward()
            next(self.model.parameters()).grad.sum().item()  # waits

        best, self.choice = faster({name: partial(differentiated, way) for name, way in ways.items()})
        self.model.load_state_dict(before)
        self.forward = ways[best]

    def evaluate(self, x: np.ndarray, y: np.ndarray) -> tuple[float, float]:
        """Return mean loss and accuracy without training."""
        self.model.eval()
        total, hits = torch.zeros((), device=DEVICE), torch.zeros((), dtype=torch.int64, device=DEVICE)
        with torch.inference_mode():
            for inputs, target in self._batches(x, y):
                logits = self.forward(inputs)
                total += F.cross_entropy(logits, target)
                hits += (logits.argmax(1) == target).sum()
        return total.item() * self.batch / len(x), hits.item() / len(x)

    def predict_all(self, x: np.ndarray) -> np.ndarray:
        """Return the predictions for many samples, computed in batches, as an array."""
        self.model.eval()
        with torch.inference_mode():
            batches = torch.from_numpy(x).to(DEVICE).split(self.batch)
            return torch.cat([self.forward(one) for one in batches]).cpu().numpy()

    def write(self, tokens: np.ndarray) -> np.ndarray:
        """Return tokens `(1, n)` that go on after the first, each the likeliest."""
        self.model.eval()
        written = torch.from_numpy(tokens).to(DEVICE, copy=True)
        with torch.inference_mode():
            for i in range(1, written.shape[1]):
                written[0, i] = self.forward(written)[0, i - 1].argmax()
        return written.cpu().numpy()

    def predict(self, x: np.ndarray) -> np.ndarray:
        """Return the predictions for an array, as an array."""
        if self.model.training:
            self.model.eval()
        with torch.inference_mode():
            return self.forward(torch.from_numpy(x).to(DEVICE)).cpu().numpy()

    def tensor(self, x: np.ndarray) -> torch.Tensor:
        """Return an array as the tensor that `call` takes."""
        self.model.eval()
        return torch.from_numpy(x).to(DEVICE)

    def call(self, x: torch.Tensor) -> torch.Tensor:
        """Return the outputs for a tensor, as a tensor."""
        return self.forward(x)
