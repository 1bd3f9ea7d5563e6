"""VGG19."""

from __future__ import annotations

from keraslite.applications.imagenet_utils import decode_predictions
from keraslite.applications.preprocessing import caffe as preprocess_input
from keraslite.applications.vgg import VGG19

__all__ = ["VGG19", "decode_predictions", "preprocess_input"]
