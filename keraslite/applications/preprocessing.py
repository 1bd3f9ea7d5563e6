"""What each family's `preprocess_input` does."""

from __future__ import annotations

from keraslite.applications.imagenet_utils import preprocess_input
from keraslite.backend.contract import Tensor
from keraslite.layers.types import DataFormat

__all__ = ["caffe", "tf", "torch", "unchanged"]


def caffe(x: Tensor, data_format: DataFormat = None) -> Tensor:
    """Put the channels of images into the order blue, green, red and subtract the mean of ImageNet's.

    Args:
        x: an image or a batch of images in [0, 255] with 3 channels, red first: an array, a tensor or a symbolic
            tensor. It is not changed.
        data_format: "channels_last", "channels_first", or None for `config.image_data_format()`. Default: None.

    Returns:
        Images of the same shape and kind, floats.

    Example:
        >>> import numpy as np
        >>> from keraslite.applications import resnet
        >>> resnet.preprocess_input(np.zeros((1, 1, 3))).round(1).tolist()
        [[[-103.9, -116.8, -123.7]]]
    """
    return preprocess_input(x, data_format, "caffe")


def tf(x: Tensor, data_format: DataFormat = None) -> Tensor:
    """Scale images to [-1, 1].

    Args:
        x: an image or a batch of images in [0, 255] with 3 channels: an array, a tensor or a symbolic tensor. It is not
            changed.
        data_format: "channels_last", "channels_first", or None for `config.image_data_format()`. Default: None.

    Returns:
        Images of the same shape and kind, floats.

    Example:
        >>> import numpy as np
        >>> from keraslite.applications import mobilenet_v2
        >>> mobilenet_v2.preprocess_input(np.zeros((1, 1, 3))).tolist()
        [[[-1.0, -1.0, -1.0]]]
    """
    return preprocess_input(x, data_format, "tf")


def torch(x: Tensor, data_format: DataFormat = None) -> Tensor:
    """Scale images to [0, 1], subtract the mean of ImageNet's, and divide by the deviation of each channel.

    Args:
        x: an image or a batch of images in [0, 255] with 3 channels, red first: an array, a tensor or a symbolic
            tensor. It is not changed.
        data_format: "channels_last", "channels_first", or None for `config.image_data_format()`. Default: None.

    Returns:
        Images of the same shape and kind, floats.

    Example:
        >>> import numpy as np
        >>> from keraslite.applications import densenet
        >>> densenet.preprocess_input(np.zeros((1, 1, 3))).round(3).tolist()
        [[[-2.118, -2.036, -1.804]]]
    """
    return preprocess_input(x, data_format, "torch")


def unchanged(x: Tensor, data_format: DataFormat = None) -> Tensor:
    """Return the images as they are: the model itself scales them from [0, 255].

    Args:
        x: images.
        data_format: without effect. Default: None.

    Returns:
        `x`.

    Example:
        >>> import numpy as np
        >>> from keraslite.applications import efficientnet
        >>> efficientnet.preprocess_input(np.full((1, 1, 3), 255)).tolist()
        [[[255, 255, 255]]]
    """
    return x
