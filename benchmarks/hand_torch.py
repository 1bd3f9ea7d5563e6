"""The rows by hand in PyTorch, as a good user would write them.

`nn.Module`s in eager mode; `torch.optim.Adam(fused=True)`; batches are slices of one tensor over the arrays (no copy);
loss and hits are summed on the device and read once an epoch. The three projections of attention are one matrix, and
the rest of it is `scaled_dot_product_attention`. Images go in as NCHW. `predict` is the eager forward under
`inference_mode`, `call` the same with gradients recorded, as a model's call does.
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import torch
from torch import nn
from torch.nn import functional as F

from benchmarks import models
from benchmarks.models import CLASSES, DROPOUT, HEADS, MOMENTUM, NORM_EPSILON, VOCABULARY, Row


def _norm(width: int) -> nn.LayerNorm:
    return nn.LayerNorm(width, eps=NORM_EPSILON)


class Residual(nn.Module):
    """x + gelu(dense(norm(x)))."""

    def __init__(self):
        super().__init__()
        self.norm, self.dense = _norm(64), nn.Linear(64, 64)

    def forward(self, x):
        return x + F.gelu(self.dense(self.norm(x)))


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

    def __init__(self):
        super().__init__()
        self.project, self.output = nn.Linear(128, 3 * 128), nn.Linear(128, 128)

    def forward(self, x):
        n, length, width = x.shape
        split = self.project(x).view(n, length, 3, HEADS, width // HEADS).permute(2, 0, 3, 1, 4)
        heads = F.scaled_dot_product_attention(*split.unbind(0))  # (n, heads, length, width / heads)
        return self.output(heads.transpose(1, 2).reshape(n, length, width))


class Block(nn.Module):
    """A pre-norm encoder block."""

    def __init__(self):
        super().__init__()
        self.norm_1, self.attention = _norm(128), Attention()
        self.norm_2, self.wide, self.narrow = _norm(128), nn.Linear(128, 512), nn.Linear(512, 128)

    def forward(self, x):
        x = x + self.attention(self.norm_1(x))
        return x + self.narrow(F.gelu(self.wide(self.norm_2(x))))


class Transformer(nn.Module):
    """Two blocks and a mean over the tokens."""

    def __init__(self):
        super().__init__()
        self.embedding = nn.Embedding(VOCABULARY, 128)
        self.blocks = nn.Sequential(Block(), Block())
        self.dense = nn.Linear(128, CLASSES)

    def forward(self, x):
        return self.dense(self.blocks(self.embedding(x)).mean(1))


class Images(nn.Module):
    """Two convolutions; takes NHWC as the data is."""

    def __init__(self):
        super().__init__()
        self.conv_1, self.norm_1 = nn.Conv2d(1, 32, 3, padding=1), nn.BatchNorm2d(32, NORM_EPSILON, 1 - MOMENTUM)
        self.conv_2, self.norm_2 = nn.Conv2d(32, 64, 3, padding=1), nn.BatchNorm2d(64, NORM_EPSILON, 1 - MOMENTUM)
        self.dense = nn.Linear(64, CLASSES)

    def forward(self, x):
        x = F.max_pool2d(F.relu(self.norm_1(self.conv_1(x.permute(0, 3, 1, 2)))), 2)
        return self.dense(F.relu(self.norm_2(self.conv_2(x))).mean((2, 3)))


def _mlp() -> nn.Module:
    return nn.Sequential(nn.Linear(64, 64), nn.ReLU(), nn.Linear(64, 64), nn.ReLU(), nn.Linear(64, CLASSES))


def _wide() -> nn.Module:
    return nn.Sequential(nn.Linear(784, 512), nn.ReLU(), nn.Dropout(DROPOUT), nn.Linear(512, 512), nn.ReLU(),
                         nn.Dropout(DROPOUT), nn.Linear(512, CLASSES))  # fmt: skip


def _deep() -> nn.Module:
    return nn.Sequential(*(Residual() for _ in range(24)), nn.Linear(64, CLASSES))


KINDS = {"mlp": _mlp, "wide": _wide, "deep": _deep, "conv": Images, "lstm": Recurrent, "transformer": Transformer}


def _load(module: nn.Module, take: Iterator[torch.Tensor]) -> None:
    """Fill `module` from Keras's weights in their order."""
    for part in module.modules():
        if isinstance(part, Attention):
            pairs = [(next(take).reshape(128, 128), next(take).reshape(128)) for _ in range(3)]
            part.project.weight.copy_(torch.cat([kernel for kernel, _ in pairs], 1).T)
            part.project.bias.copy_(torch.cat([bias for _, bias in pairs]))
            part.output.weight.copy_(next(take).reshape(128, 128).T)
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
        self.batch, self.model = row.batch, KINDS[row.model]()
        with torch.no_grad():
            _load(self.model, iter([torch.from_numpy(w) for w in weights]))
        trained = [p for p in self.model.parameters() if p.requires_grad]
        self.optimizer = torch.optim.Adam(trained, models.LEARNING_RATE, eps=models.EPSILON, fused=True)
        self.choice = ""  # there is nothing to choose from

    def train(self, x: np.ndarray, y: np.ndarray) -> tuple[float, float]:
        """One epoch; mean loss and accuracy."""
        model, optimizer, batch = self.model.train(), self.optimizer, self.batch
        inputs, targets = torch.from_numpy(x), torch.from_numpy(y)
        total, hits = torch.zeros(()), torch.zeros((), dtype=torch.int64)
        for start in range(0, len(x), batch):
            target = targets[start : start + batch]
            logits = model(inputs[start : start + batch])
            loss = F.cross_entropy(logits, target)
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
            total += loss.detach()
            hits += (logits.argmax(1) == target).sum()
        return total.item() * batch / len(x), hits.item() / len(x)

    def predict(self, x: np.ndarray) -> np.ndarray:
        """Array to array."""
        if self.model.training:
            self.model.eval()
        with torch.inference_mode():
            return self.model(torch.from_numpy(x)).numpy()

    def tensor(self, x: np.ndarray) -> torch.Tensor:
        """What `call` takes."""
        self.model.eval()
        return torch.from_numpy(x)

    def call(self, x: torch.Tensor) -> torch.Tensor:
        """Tensor to tensor."""
        return self.model(x)
