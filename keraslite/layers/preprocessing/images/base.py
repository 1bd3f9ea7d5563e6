"""`BaseImagePreprocessingLayer`: what layers share that change images, and their labels, boxes and masks with them."""

from __future__ import annotations

import functools
from collections.abc import Mapping, Sequence
from typing import Any, ClassVar, Unpack, cast

from keraslite import ops, random, ranges
from keraslite.backend import dtypes
from keraslite.backend.contract import Tensor
from keraslite.errors import ArgumentError
from keraslite.layers.formats import FORMAT, known_format
from keraslite.layers.names import title
from keraslite.layers.preprocessing.data_layer import DataLayer
from keraslite.layers.preprocessing.images import data as samples
from keraslite.layers.preprocessing.images.data import Boxes, Length, Part, Sample
from keraslite.layers.preprocessing.images.options import BoxOptions, ImageOptions, Transformation, UnnamedBoxOptions
from keraslite.layers.types import DataFormat, Factor, LayerOptions
from keraslite.random import generators
from keraslite.random.seeds import Seed, Sizes

__all__ = [
    "BaseImagePreprocessingLayer",
    "BoxOptions",
    "Boxes",
    "ImageOptions",
    "Part",
    "Transformation",
    "UnnamedBoxOptions",
]


class BaseImagePreprocessingLayer(DataLayer):
    """Changes images, and their labels, bounding boxes and segmentation masks with them.

    A call takes an image, a batch of images, or a dict with "images" and any of "labels", "bounding_boxes" and
    "segmentation_masks"; what else is in the dict stays as it is. Images become the compute dtype of the layer.

    A subclass defines `transform_images(images, transformation, training)` on batches, and `transform_labels`,
    `transform_bounding_boxes` and `transform_segmentation_masks` if they change too. What is drawn at random comes from
    `get_random_transformation(data, training, seed)`, called once per call, so that all parts of a sample change alike.
    Within it, random draws are the same on every engine.

    Args:
        factor: how strong: a number, or a pair (lower, upper) that it is drawn from. A number f stands for (-f, f), cut
            to the bounds of the class. Default: None, the upper bound.
        bounding_box_format: how "boxes" are given, as in `utils.bounding_boxes.convert_format`. Default: None, for
            data without boxes.
        data_format: "channels_last", "channels_first", or None for `config.image_data_format()`. Default: None.
        **kwargs: `name`, `dtype`, `trainable` and the other keywords of every layer (see `Layer`).

    Raises:
        ArgumentError: if an argument is outside its range; in a call, if images do not have 3 or 4 axes, or boxes are
            given without `bounding_box_format`.

    Example:
        >>> import numpy as np
        >>> import keraslite as keras
        >>> class Inverted(keras.layers.BaseImagePreprocessingLayer):
        ...     def transform_images(self, images, transformation, training=True):
        ...         return 255 - images
        >>> Inverted().on_host()(np.full((2, 2, 3), 55, "uint8")).max().item()
        200.0
    """

    is_weightless = True
    config_omits = frozenset(("activity_regularizer", "bounding_box_format"))
    argument_checks = ranges.checks(
        factor=lambda cls: ranges.interval(*cls.factor_bounds) | None,
        bounding_box_format=samples.BOX_FORMAT | None,
        data_format=FORMAT,
        seed=ranges.unsigned_int | None,
    )
    #: The values that `factor` may have.
    factor_bounds: ClassVar[tuple[float, float]] = (-1.0, 1.0)
    #: Whether images of integers keep their dtype instead of becoming the compute dtype.
    keeps_integers: ClassVar[bool] = False
    #: Whether images of any size get one size, so that a list of them becomes a batch.
    makes_one_size: ClassVar[bool] = False
    generator: random.SeedGenerator

    def __init__(
        self,
        factor: Factor | None = None,
        bounding_box_format: str | None = None,
        data_format: DataFormat = None,
        **kwargs: Unpack[LayerOptions],
    ) -> None:
        super().__init__(**kwargs)
        self.bounding_box_format = bounding_box_format
        self.data_format = known_format(data_format)
        self.factor = self._bounds(self.factor_bounds[1] if factor is None else factor)

    # ---- what subclasses define ---------------------------------------------------------------------------------

    def get_random_transformation(self, data: Sample, training: bool = True, seed: Seed = None) -> Transformation:
        """Return what is drawn for a call. The default draws nothing and returns None.

        Args:
            data: images or a dict of parts, as the call got them.
            training: whether the layer is being trained.
            seed: where random numbers come from; None for the layer's own generator.
        """
        return None

    def transform_images(self, images: Tensor, transformation: Transformation, training: bool = True) -> Tensor:
        """Return a batch of images, changed.

        Args:
            images: `(batch, height, width, channels)`, or channels first, in the compute dtype.
            transformation: what `get_random_transformation` returned.
            training: whether the layer is being trained.
        """
        raise NotImplementedError(f"{type(self).__name__} needs a method `transform_images`.")

    def transform_labels(self, labels: Part, transformation: Transformation, training: bool = True) -> Part:
        """Return the labels of a batch, changed. The default leaves them.

        Args:
            labels: one per image.
            transformation: what `get_random_transformation` returned.
            training: whether the layer is being trained.
        """
        return labels

    def transform_bounding_boxes(
        self, bounding_boxes: Boxes, transformation: Transformation, training: bool = True
    ) -> Boxes:
        """Return the boxes of a batch, changed. The default leaves them.

        Args:
            bounding_boxes: "boxes" `(batch, boxes, 4)` in `bounding_box_format`, "labels" `(batch, boxes)`.
            transformation: what `get_random_transformation` returned.
            training: whether the layer is being trained.
        """
        return bounding_boxes

    def transform_segmentation_masks(
        self, segmentation_masks: Tensor, transformation: Transformation, training: bool = True
    ) -> Tensor:
        """Return the masks of a batch, changed. The default leaves them.

        Args:
            segmentation_masks: `(batch, height, width, channels)`, or channels first.
            transformation: what `get_random_transformation` returned.
            training: whether the layer is being trained.
        """
        return segmentation_masks

    # ---- single samples -----------------------------------------------------------------------------------------

    def transform_single_image(self, image: Tensor, transformation: Transformation, training: bool = True) -> Tensor:
        """Return one image, changed: by default as a batch of one.

        Args:
            image: `(height, width, channels)`, or channels first.
            transformation: what `get_random_transformation` returned for it.
            training: whether the layer is being trained.
        """
        return samples.first(self.transform_images(samples.batch_of(image), transformation, training))

    def transform_single_label(self, label: Part, transformation: Transformation, training: bool = True) -> Part:
        """Return the label of one image, changed: by default as a batch of one.

        Args:
            label: of any shape.
            transformation: what `get_random_transformation` returned for it.
            training: whether the layer is being trained.
        """
        return samples.first(self.transform_labels(samples.batch_of(label), transformation, training))

    def transform_single_bounding_box(
        self, bounding_box: Boxes, transformation: Transformation, training: bool = True
    ) -> Boxes:
        """Return the boxes of one image, changed: by default as a batch of one.

        Args:
            bounding_box: "boxes" `(boxes, 4)`, "labels" `(boxes,)`.
            transformation: what `get_random_transformation` returned for it.
            training: whether the layer is being trained.
        """
        return samples.first(self.transform_bounding_boxes(samples.batch_of(bounding_box), transformation, training))

    def transform_single_segmentation_mask(
        self, segmentation_mask: Tensor, transformation: Transformation, training: bool = True
    ) -> Tensor:
        """Return the mask of one image, changed: by default as a batch of one.

        Args:
            segmentation_mask: `(height, width, channels)`, or channels first.
            transformation: what `get_random_transformation` returned for it.
            training: whether the layer is being trained.
        """
        masks = samples.batch_of(segmentation_mask)
        return samples.first(self.transform_segmentation_masks(masks, transformation, training))

    # ---- calls --------------------------------------------------------------------------------------------------

    def call(self, data: Sample, training: bool = True) -> Any:
        """Return the data, changed.

        Args:
            data: an image, a batch of images, or a dict of parts. Where all images get one size, also a list of images
                of any sizes.
            training: whether the layer is being trained. Default: True.
        """
        if self.makes_one_size and samples.is_list(data):
            return samples.one_by_one(data, functools.partial(self.call, training=training), title(self))
        with generators.portable():
            transformation = self.get_random_transformation(data, training=training)
        if not isinstance(data, Mapping):
            return self._transformed("images", data, self._is_batch(data), transformation, training)
        batched = self._is_batch(data["images"]) if "images" in data else True
        return {
            part: self._transformed(part, value, batched, transformation, training) if part in samples.PARTS else value
            for part, value in data.items()
        }

    def _transformed(
        self, part: str, value: Part, batched: bool, transformation: Transformation, training: bool
    ) -> Part | Boxes:
        if part == "images":
            transform = self.transform_images if batched else self.transform_single_image
            return transform(self._as_images(value), transformation, training=training)
        if part == "labels":
            label = self.transform_labels if batched else self.transform_single_label
            return label(value, transformation, training=training)
        if part == "segmentation_masks":
            masks, restore = samples.with_channels(value, batched, self.data_format)
            mask = self.transform_segmentation_masks if batched else self.transform_single_segmentation_mask
            return restore(mask(masks, transformation, training=training))
        if self.bounding_box_format is None:
            raise ArgumentError(
                f"{title(self)} needs `bounding_box_format` to transform bounding boxes. Received None. Give it to the "
                'constructor, such as `bounding_box_format="xyxy"`.'
            )
        box = self.transform_bounding_boxes if batched else self.transform_single_bounding_box
        return box(samples.dense_boxes(value, batched, title(self)), transformation, training=training)

    def _as_images(self, images: Tensor) -> Tensor:
        if self.keeps_integers and not dtypes.is_float(ops.dtype(images)):
            return ops.convert_to_tensor(images)
        return ops.cast(images, self.compute_dtype)

    def _is_batch(self, images: Part) -> bool:
        return samples.is_batch(images, title(self))

    # ---- for subclasses -----------------------------------------------------------------------------------------

    @property
    def height_axis(self) -> int:
        """The axis of rows, counted from the end."""
        return -3 if self.data_format == "channels_last" else -2

    @property
    def width_axis(self) -> int:
        """The axis of columns, counted from the end."""
        return self.height_axis + 1

    @property
    def channel_axis(self) -> int:
        """The axis of channels, counted from the end."""
        return -1 if self.data_format == "channels_last" else -3

    def _sizes(self, data: Sample) -> tuple[Length, Length, Length]:
        """Numbers of images (1 for a single one), of rows and of columns."""
        if isinstance(data, Mapping):
            found = [data[part] for part in ("images", "segmentation_masks") if part in data]
            if not found:
                raise ArgumentError(
                    f'{title(self)} needs "images" or "segmentation_masks" in the data. Received {sorted(data)}.'
                )
            images = found[0]
        else:
            images = data
        batched, shape = self._is_batch(images), ops.shape(images)
        return shape[0] if batched else 1, shape[self.height_axis], shape[self.width_axis]

    def _bounds(self, factor: Factor) -> tuple[float, float]:
        """(lower, upper) for a `factor` that may be one number."""
        if isinstance(factor, (int, float)):
            return max(-abs(factor), self.factor_bounds[0]), abs(factor)
        lower, upper = cast("tuple[float, float]", factor)
        return lower, upper

    def _uniform(self, shape: Sizes, low: float, high: float, seed: Seed = None) -> Tensor:
        """Draw float32 values of `[low, high)`, the same on every engine."""
        with generators.portable():
            return random.uniform(shape, low, high, dtype="float32", seed=self.generator if seed is None else seed)

    def _transform_value_range(
        self, images: Tensor, original_range: Sequence[float], target_range: Sequence[float], dtype: str = "float32"
    ) -> Tensor:
        """Images with values of one range (low, high), moved linearly to another."""
        (low, high), (new_low, new_high) = original_range, target_range
        images = ops.cast(images, dtype)
        if (low, high) == (new_low, new_high):
            return images
        return (images - low) * ((new_high - new_low) / (high - low)) + new_low
