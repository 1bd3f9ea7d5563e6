"""Images of other sizes on torch."""

from __future__ import annotations

import torch.nn.functional as F

from .convolution import as_given, channels_first


def resample_bilinear(x, rows, columns, height, width):
    layout = "channels_last" if columns == x.ndim - 2 else "channels_first"
    batch = channels_first(x if x.ndim == 4 else x[None], layout)
    result = as_given(F.interpolate(batch, (height, width), mode="bilinear"), layout)
    return result if x.ndim == 4 else result[0]
