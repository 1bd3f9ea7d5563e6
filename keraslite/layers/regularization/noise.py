"""What layers share that change their input in training only."""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar

from keraslite import errors, ops, random, ranges
from keraslite.backend import registry
from keraslite.backend.contract import Tensor
from keraslite.layers.base import Layer

#: What `noise_shape` may be.
NOISE_SHAPE = (ranges.items(ranges.positive_int | None) | None).saying("a list of positive integers and None, or None")


def noise_sizes(layer: Layer, noise_shape: Sequence[int | None] | None, inputs: Tensor) -> tuple[int, ...] | None:
    """The sizes of the noise for `inputs`; None where each element has its own."""
    if noise_shape is None:
        return None
    sizes = ops.shape(inputs)
    if len(noise_shape) != len(sizes):
        raise errors.ArgumentError(
            f"`{type(layer).__name__}` needs `noise_shape` of as many axes as its input. Received noise_shape="
            f"{tuple(noise_shape)} and an input of shape {tuple(inputs.shape)}."
        )
    return tuple(n if own is None else own for own, n in zip(noise_shape, sizes, strict=True))


class Noise(Layer):
    """A layer that draws noise in training: as strong as the attribute says that `strength` names, none at 0."""

    is_weightless = True
    strength: ClassVar[str] = "rate"
    rate: float
    argument_checks = ranges.checks(rate=ranges.fraction, seed=ranges.unsigned_int | None)

    def _setup(self, value: float, seed: int | None) -> None:
        """Keep the strength and the seed."""
        self.seed = seed
        setattr(self, self.strength, value)
        self.supports_masking = True

    def __setattr__(self, name: str, value: object) -> None:
        """Also makes a seed generator as soon as the strength needs one, be it after the layer was used."""
        super().__setattr__(name, value)
        if name == self.strength and not (isinstance(value, (int, float)) and value == 0):
            self._need_generator()

    def _need_generator(self) -> None:
        if "seed_generator" in vars(self):
            return
        own = self._own
        locked, own.tracker.locked = own.tracker.locked, False
        used_on = next(reversed(own.known.values()), registry.current())
        with registry.use_backend(used_on):
            self.seed_generator = random.SeedGenerator(self.seed)
        own.tracker.locked = locked

    def call(self, inputs: Tensor, training: bool = False) -> Tensor:
        return self.noisy(inputs) if training and getattr(self, self.strength) else inputs

    def noisy(self, inputs: Tensor) -> Tensor:
        """Return the inputs with noise. Subclasses define it.

        Args:
            inputs: a tensor.
        """
        raise NotImplementedError(f"`{type(self).__name__}` needs a method `noisy(inputs)`.")
