"""What layers share that change their input in training only."""

from __future__ import annotations

from typing import ClassVar

from keraslite import random, ranges
from keraslite.layers.base import Layer


class Noise(Layer):
    """A layer that draws noise in training: as strong as the attribute says that `strength` names, none at 0."""

    is_weightless = True
    strength: ClassVar[str] = "rate"
    rate: float
    argument_checks = ranges.checks(rate=ranges.fraction, seed=ranges.unsigned_int | None)

    def _setup(self, value, seed):
        """Keep the strength, and make a seed generator if it is needed."""
        setattr(self, self.strength, value)
        self.seed = seed
        if value > 0:
            self.seed_generator = random.SeedGenerator(seed)
        self.supports_masking = True

    def call(self, inputs, training=False):
        return self.noisy(inputs) if training and getattr(self, self.strength) else inputs

    def noisy(self, inputs):
        """`inputs` with noise; subclasses write it."""
        raise NotImplementedError(f"`{type(self).__name__}` needs a method `noisy(inputs)`.")
