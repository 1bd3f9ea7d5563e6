"""ResNet50V2, ResNet101V2 and ResNet152V2: blocks begin with normalization and activation."""

from __future__ import annotations

from keraslite.applications.imagenet_utils import decode_predictions
from keraslite.applications.preprocessing import tf as preprocess_input
from keraslite.applications.resnet import Size, resnet
from keraslite.applications.sizes import at_size

__all__ = ["ResNet50V2", "ResNet101V2", "ResNet152V2", "decode_predictions", "preprocess_input"]

_SOURCE = 'He, Zhang, Ren & Sun, "Identity mappings in deep residual networks", 2016.'


def _at(layer_count: int, blocks: tuple[int, ...]):
    return at_size(
        resnet,
        Size(f"ResNet{layer_count}V2", blocks, preactivated=True),
        about=f"Build ResNet with {layer_count} layers whose blocks begin with normalization and activation.",
        source=_SOURCE,
        name=f"resnet{layer_count}v2",
        example=("include_top=False, input_shape=(32, 32, 3)", "(None, 1, 1, 2048)"),
    )


ResNet50V2 = _at(50, (3, 4, 6, 3))
ResNet101V2 = _at(101, (3, 4, 23, 3))
ResNet152V2 = _at(152, (3, 8, 36, 3))
