"""Configs of objects in the form of Keras 2."""

from __future__ import annotations

from keraslite.serialization.legacy import deserialize_keras_object, serialize_keras_object

__all__ = ["deserialize_keras_object", "serialize_keras_object"]
