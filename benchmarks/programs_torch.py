"""The rows of `user_steps.py` and `programs.py` by hand in PyTorch, in eager mode with fused Adam.

The AUC counts predictions in 200 bins, as a streaming metric does, and is read once per epoch.
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import torch
from torch import nn
from torch.nn import functional as F

from benchmarks.constants import CLASSES, EPSILON, HIDDEN, LATENT, LEARNING_RATE, PIXELS
from benchmarks.hand_torch import DEVICE
from benchmarks.programs import BINS, area
from benchmarks.rows import Row


def _mlp(inputs: int, outputs: int) -> nn.Sequential:
    return nn.Sequential(nn.Linear(inputs, HIDDEN), nn.ReLU(), nn.Linear(HIDDEN, outputs))


def _adam(module: nn.Module) -> torch.optim.Optimizer:
    return torch.optim.Adam(module.parameters(), LEARNING_RATE, eps=EPSILON, fused=True)


class Program(nn.Module):
    """A model with its training loop."""

    choice = ""

    def __init__(self, row: Row, weights: list[np.ndarray]):
        super().__init__()
        self.row = row
        self.make()
        take = iter(weights)
        with torch.no_grad():
            for part in (part for part in self.modules() if isinstance(part, nn.Linear)):
                part.weight.copy_(torch.from_numpy(next(take)).T)
                part.bias.copy_(torch.from_numpy(next(take)))
        self.to(DEVICE)

    def make(self) -> None:
        """Make the layers, in the order of Keras's weights."""
        raise NotImplementedError

    def batches(self, *arrays: np.ndarray | None) -> Iterator[tuple[torch.Tensor, ...]]:
        """Yield the batches of an epoch, without arrays that are None."""
        tensors = [torch.from_numpy(one).to(DEVICE) for one in arrays if one is not None]
        return zip(*(one.split(self.row.batch) for one in tensors), strict=True)


class GAN(Program):
    """A GAN with an optimizer for each network."""

    def make(self) -> None:
        self.generator = nn.Sequential(*_mlp(PIXELS, PIXELS), nn.Sigmoid())
        self.discriminator = _mlp(PIXELS, 1)
        self.optimizers = _adam(self.discriminator), _adam(self.generator)

    def train(self, x: np.ndarray, y: None) -> tuple[float, float]:
        """Train one epoch and return the mean losses."""
        made_by, judge, (d_optimizer, g_optimizer) = self.generator, self.discriminator, self.optimizers
        entropy = F.binary_cross_entropy_with_logits
        sums = torch.zeros(2, device=DEVICE)
        for (real,) in self.batches(x):
            with torch.no_grad():
                made = made_by(torch.randn_like(real))
            verdict, other = judge(real), judge(made)
            d_loss = entropy(verdict, torch.ones_like(verdict)) + entropy(other, torch.zeros_like(other))
            d_optimizer.zero_grad()
            d_loss.backward()
            d_optimizer.step()
            judge.requires_grad_(False)  # its gradients are not needed
            verdict = judge(made_by(torch.randn_like(real)))
            g_loss = entropy(verdict, torch.ones_like(verdict))
            g_optimizer.zero_grad()
            g_loss.backward()
            g_optimizer.step()
            judge.requires_grad_(True)
            sums += torch.stack([d_loss.detach(), g_loss.detach()])
        d_loss, g_loss = (sums * self.row.batch / len(x)).tolist()
        return d_loss, g_loss

    @torch.inference_mode()
    def predict(self, noise: np.ndarray) -> np.ndarray:
        """Return the verdict on images made from noise."""
        return self.discriminator(self.generator(torch.from_numpy(noise).to(DEVICE))).cpu().numpy()


class Autoencoder(Program):
    """A variational autoencoder."""

    def make(self) -> None:
        self.encoder, self.decoder = _mlp(PIXELS, 2 * LATENT), _mlp(LATENT, PIXELS)
        self.optimizer = _adam(self)

    def train(self, x: np.ndarray, y: np.ndarray | None) -> tuple[float]:
        """Train one epoch and return the mean loss."""
        total = torch.zeros((), device=DEVICE)
        for pair in self.batches(x, y):
            mean, log_variance = self.encoder(pair[0]).chunk(2, 1)
            logits = self.decoder(mean + torch.exp(0.5 * log_variance) * torch.randn_like(mean))
            apart = 1 + log_variance - mean.square() - log_variance.exp()
            loss = PIXELS * F.binary_cross_entropy_with_logits(logits, pair[-1]) - 0.5 * apart.sum(1).mean()
            self.optimizer.zero_grad()
            loss.backward()
            self.optimizer.step()
            total += loss.detach()
        return (total.item() * self.row.batch / len(x),)

    @torch.inference_mode()
    def predict(self, x: np.ndarray) -> list[np.ndarray]:
        """Return the decoded means, the means and the logarithms of the variances."""
        mean, log_variance = self.encoder(torch.from_numpy(x).to(DEVICE)).chunk(2, 1)
        return [part.cpu().numpy() for part in (self.decoder(mean), mean, log_variance)]


class TwoOutputs(Program):
    """A class from two inputs, and a probability."""

    def make(self) -> None:
        self.left, self.right, self.hidden = nn.Linear(32, 64), nn.Linear(32, 64), nn.Linear(128, 64)
        self.flag, self.kind = nn.Linear(64, 1), nn.Linear(64, CLASSES)
        self.optimizer = _adam(self)

    def forward(self, left: torch.Tensor, right: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
        x = F.relu(self.hidden(torch.cat([F.relu(self.left(left)), F.relu(self.right(right))], 1)))
        return self.kind(x), torch.sigmoid(self.flag(x))

    def train(self, x: dict[str, np.ndarray], y: dict[str, np.ndarray]) -> tuple[float, float]:
        """Train one epoch and return the mean loss and the AUC."""
        total, counts = torch.zeros((), device=DEVICE), torch.zeros(2 * BINS, device=DEVICE)
        for left, right, kind, flag in self.batches(x["left"], x["right"], y["kind"], y["flag"]):
            logits, probability = self(left, right)
            loss = F.cross_entropy(logits, kind) + F.binary_cross_entropy(probability, flag)
            self.optimizer.zero_grad()
            loss.backward()
            self.optimizer.step()
            total += loss.detach()
            bins = (probability.detach() * (BINS - 1)).long() + BINS * flag.long()
            counts += torch.bincount(bins.flatten(), minlength=2 * BINS)
        return total.item() * self.row.batch / len(x["left"]), area(counts.cpu().numpy())

    @torch.inference_mode()
    def predict(self, x: dict[str, np.ndarray]) -> dict[str, np.ndarray]:
        """Return logits and probabilities."""
        logits, probability = self(*(torch.from_numpy(x[name]).to(DEVICE) for name in ("left", "right")))
        return {"kind": logits.cpu().numpy(), "flag": probability.cpu().numpy()}


def Hand(row: Row, weights: list[np.ndarray]) -> Program:
    """Return the program of a row."""
    return {"gan": GAN, "vae": Autoencoder, "dicts": TwoOutputs}[row.model](row, weights)
