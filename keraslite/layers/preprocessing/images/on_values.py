"""What the layers share that change the values of images and leave them in place."""

from __future__ import annotations

from typing import Any, Unpack, cast

from keraslite import ops, random, ranges
from keraslite.backend.contract import Tensor
from keraslite.errors import ArgumentError
from keraslite.layers.names import title
from keraslite.layers.preprocessing.images.base import BaseImagePreprocessingLayer, BoxOptions, Transformation
from keraslite.layers.preprocessing.images.data import Sample
from keraslite.layers.preprocessing.images.tones import Axes, ValueRange
from keraslite.layers.types import DataFormat, Factor
from keraslite.ops.dimension import Size
from keraslite.ops.image.layout import as_working, restored
from keraslite.random.seeds import Seed

__all__ = ["SHARE", "OnValues", "RandomByShare", "RandomOnValues", "share_bounds"]

#: A share of an effect: a number f for (0, f), or a pair, which may go below 0.
SHARE = ranges.fraction | ranges.items(ranges.number(-1, 1), 2)


def share_bounds(factor: Factor) -> tuple[float, float]:
    """(lower, upper) for a `factor` of which a number f stands for (0, f)."""
    if isinstance(factor, (int, float)):
        return 0, factor
    lower, upper = sorted(factor)
    return lower, upper


class OnValues(BaseImagePreprocessingLayer):
    """An image layer that changes values. Labels, boxes and masks stay as they are.

    A subclass defines `changed(images, transformation)` on floats of 32 or 64 bits, and `drawn(count, seed)` if it is
    random. Images leave in the dtype that they came in; integers are rounded.
    """

    argument_checks = ranges.checks(value_range=ranges.items(ranges.number(), 2))
    value_range: ValueRange

    def __init__(
        self,
        *,
        factor: Factor | None = None,
        value_range: ValueRange = (0, 255),
        data_format: DataFormat = None,
        **kwargs: Unpack[BoxOptions],
    ) -> None:
        super().__init__(factor=factor, data_format=data_format, **kwargs)
        self.value_range = sorted(value_range)
        if self.value_range[0] == self.value_range[1]:
            raise ArgumentError(
                f"`{type(self).__name__}` needs `value_range` to be two different numbers. Received "
                f"value_range={value_range}."
            )

    def changed(self, images: Tensor, transformation: Transformation) -> Tensor:
        """Return a batch of images, changed. Subclasses define it.

        Args:
            images: floats of 32 or 64 bits.
            transformation: what `get_random_transformation` returned.
        """
        raise NotImplementedError(f"`{type(self).__name__}` needs a method `changed(images, transformation)`.")

    def transform_images(self, images: Tensor, transformation: Transformation, training: bool = True) -> Tensor:
        return restored(self.changed(as_working(images), transformation), ops.dtype(images))

    def compute_output_spec(self, inputs: Sample, **kwargs: object) -> Any:
        """Return symbolic outputs.

        Args:
            inputs: symbolic images, or a dict with them.
            **kwargs: further arguments of a call.
        """
        return super().compute_output_spec(inputs, **kwargs)

    def get_config(self) -> dict[str, object]:
        """Return the constructor's arguments, with `data_format` though some layers take it by their keywords alone."""
        return {**super().get_config(), "data_format": self.data_format}

    @property
    def axes(self) -> Axes:
        """The axes of rows, columns and channels, counted from the end."""
        return self.height_axis, self.width_axis, self.channel_axis

    def need_channels(self, images: Tensor, *counts: int) -> int:
        """The number of channels; an error if it is none of those."""
        found = images.shape[self.channel_axis]
        if found not in counts:
            raise ArgumentError(
                f"{title(self)} needs images with {' or '.join(map(str, counts))} channels on axis "
                f"{self.channel_axis}. Received shape {tuple(images.shape)}."
            )
        return found


class RandomOnValues(OnValues):
    """A layer that draws for each image how to change its values, in training only."""

    generator: random.SeedGenerator

    def __init__(
        self,
        *,
        factor: Factor | None = None,
        value_range: ValueRange = (0, 255),
        seed: int | None = None,
        data_format: DataFormat = None,
        **kwargs: Unpack[BoxOptions],
    ) -> None:
        super().__init__(factor=factor, value_range=value_range, data_format=data_format, **kwargs)
        self.seed = seed
        self.generator = random.SeedGenerator(seed)

    def drawn(self, count: Size, seed: Seed) -> Transformation:
        """Return what is drawn for images. Subclasses define it.

        Args:
            count: the number of images.
            seed: where random numbers come from; None for the layer's own generator.
        """
        raise NotImplementedError(f"`{type(self).__name__}` needs a method `drawn(count, seed)`.")

    def get_random_transformation(self, data: Sample, training: bool = True, seed: Seed = None) -> Transformation:
        return self.drawn(cast("Size", self._sizes(data)[0]), seed) if training else None

    def transform_images(self, images: Tensor, transformation: Transformation, training: bool = True) -> Tensor:
        if transformation is None or not training:
            return images
        return super().transform_images(images, transformation, training)

    def per_image(self, count: Size, bounds: tuple[float, float], seed: Seed) -> Tensor:
        """One number per image, `(count, 1, 1, 1)`."""
        return self._uniform((count, 1, 1, 1), *bounds, seed)

    def chosen(self, count: Size, share: Tensor | float, seed: Seed) -> Tensor:
        """Whether each image is chosen, `(count, 1, 1, 1)`: a share of them, which may be drawn per image."""
        return ops.less(self._uniform((count, 1, 1, 1), 0.0, 1.0, seed), share)


class RandomByShare(RandomOnValues):
    """A layer that draws one number per image, "factor", of which a number f in the constructor stands for (0, f)."""

    argument_checks = ranges.checks(factor=SHARE)

    def __init__(
        self,
        factor: Factor,
        value_range: ValueRange = (0, 255),
        data_format: DataFormat = None,
        seed: int | None = None,
        **kwargs: Unpack[BoxOptions],
    ) -> None:
        super().__init__(
            factor=share_bounds(factor), value_range=value_range, data_format=data_format, seed=seed, **kwargs
        )

    def drawn(self, count: Size, seed: Seed) -> Transformation:
        return {"factor": self.per_image(count, self.factor, seed)}
