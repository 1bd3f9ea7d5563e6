"""Small tools that Keras has here."""

from __future__ import annotations

from keraslite.callbacks.progress import Progbar
from keraslite.ops.symbolic import is_symbolic as is_keras_tensor
from keraslite.serialization import (
    CustomObjectScope,
    custom_object_scope,
    get_custom_objects,
    get_registered_name,
    get_registered_object,
)
from keraslite.serialization import deserialize as deserialize_keras_object
from keraslite.serialization import register_serializable as register_keras_serializable
from keraslite.serialization import serialize as serialize_keras_object
from keraslite.training.data.pack import pack_x_y_sample_weight, unpack_x_y_sample_weight
from keraslite.training.data.py_dataset import PyDataset, Sequence
from keraslite.utils.numeric import normalize, to_categorical
from keraslite.utils.random_seed import set_random_seed
from keraslite.utils.sequences import pad_sequences
from keraslite.utils.session import clear_session

__all__ = [
    "CustomObjectScope",
    "Progbar",
    "PyDataset",
    "Sequence",
    "clear_session",
    "custom_object_scope",
    "deserialize_keras_object",
    "get_custom_objects",
    "get_registered_name",
    "get_registered_object",
    "is_keras_tensor",
    "normalize",
    "pack_x_y_sample_weight",
    "pad_sequences",
    "register_keras_serializable",
    "serialize_keras_object",
    "set_random_seed",
    "to_categorical",
    "unpack_x_y_sample_weight",
]
