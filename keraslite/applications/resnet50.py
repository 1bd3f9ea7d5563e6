"""ResNet50 alone, as older code imports it."""

from __future__ import annotations

from keraslite.applications.resnet import ResNet50, decode_predictions, preprocess_input

__all__ = ["ResNet50", "decode_predictions", "preprocess_input"]
