"""The layers that `RandAugment` and `AugMix` choose from."""

from __future__ import annotations

from collections.abc import Sequence
from typing import cast

from keraslite.layers.preprocessing.images.auto_contrast import AutoContrast
from keraslite.layers.preprocessing.images.base import BaseImagePreprocessingLayer
from keraslite.layers.preprocessing.images.equalization import Equalization
from keraslite.layers.preprocessing.images.on_values import share_bounds
from keraslite.layers.preprocessing.images.random_brightness import RandomBrightness
from keraslite.layers.preprocessing.images.random_color_degeneration import RandomColorDegeneration
from keraslite.layers.preprocessing.images.random_contrast import RandomContrast
from keraslite.layers.preprocessing.images.random_posterization import RandomPosterization
from keraslite.layers.preprocessing.images.random_sharpness import RandomSharpness
from keraslite.layers.preprocessing.images.rotation import RandomRotation
from keraslite.layers.preprocessing.images.shear import RandomShear
from keraslite.layers.preprocessing.images.solarization import Solarization
from keraslite.layers.preprocessing.images.tones import ValueRange
from keraslite.layers.preprocessing.images.translation import RandomTranslation
from keraslite.layers.types import DataFormat
from keraslite.random import SeedGenerator

__all__ = ["MOVING", "TONES", "Augmenting", "augmentations"]

#: Those that move pixels: they come first.
MOVING = ("random_shear", "random_translation", "random_rotation")
#: Those that `AugMix` leaves out without `all_ops`.
TONES = ("random_brightness", "random_color_degeneration", "random_contrast", "random_sharpness")


class Augmenting(BaseImagePreprocessingLayer):
    """The base of layers that choose from `augmentations`, which are made anew where a setting of all changes."""

    augmentations: dict[str, BaseImagePreprocessingLayer]
    value_range: ValueRange
    interpolation: str
    generator: SeedGenerator

    def _make(self) -> None:
        """Make the layers to choose from."""
        with self.unlocked():
            self.augmentations = augmentations(
                share_bounds(self.factor),
                self.value_range,
                self.interpolation,
                self.generator,
                self.bounding_box_format,
                self.data_format,
            )

    def __setattr__(self, name: str, value: object) -> None:
        super().__setattr__(name, value)
        if name in _OF_ALL and "augmentations" in vars(self):
            self._make()


#: Settings that each of the layers has from the one around.
_OF_ALL = ("factor", "value_range", "interpolation", "bounding_box_format", "data_format", "generator")


def augmentations(
    factor: Sequence[float],
    value_range: ValueRange,
    interpolation: str,
    generator: SeedGenerator,
    bounding_box_format: str | None,
    data_format: str,
) -> dict[str, BaseImagePreprocessingLayer]:
    """Layers by name, all of one strength, which draw from one generator.

    Args:
        factor: (lower, upper), the strength.
        value_range: the range of the values of images.
        interpolation: how pixels are read between others, "nearest" or "bilinear".
        generator: where random numbers come from.
        bounding_box_format: how boxes are given, None for no boxes.
        data_format: "channels_last" or "channels_first".
    """
    low, high = factor
    pair, common = (
        (low, high),
        {"data_format": cast("DataFormat", data_format), "bounding_box_format": bounding_box_format, "seed": 0},
    )
    still = {key: value for key, value in common.items() if key != "seed"}
    moving = {"fill_mode": "reflect", "interpolation": interpolation, **common}
    bits = (1, max(1, int(8 * high)))
    layers: dict[str, BaseImagePreprocessingLayer] = {
        "random_shear": RandomShear(pair, pair, **moving),
        "random_translation": RandomTranslation(pair, pair, **moving),
        "random_rotation": RandomRotation(pair, **moving),
        "random_brightness": RandomBrightness(pair, value_range, **common),
        "random_color_degeneration": RandomColorDegeneration(pair, value_range, **common),
        "random_contrast": RandomContrast(pair, value_range, **common),
        "random_sharpness": RandomSharpness(pair, value_range, **common),
        "random_posterization": RandomPosterization(bits, value_range, **common),
        "solarization": Solarization(pair, pair, value_range, **common),
        "auto_contrast": AutoContrast(value_range, **still),
        "equalization": Equalization(value_range, **still),
    }
    for layer in layers.values():
        if hasattr(layer, "generator"):
            layer.generator = generator
    return layers
