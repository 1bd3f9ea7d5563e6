"""`.keras` files and files of weights, as Keras 3 has them. Classes come from a registry; no file can import code."""

from __future__ import annotations

from keraslite.saving.editor import KerasFileEditor as KerasFileEditor
from keraslite.saving.models import (
    dumps as dumps,
)
from keraslite.saving.models import (
    load_model as load_model,
)
from keraslite.saving.models import (
    loads as loads,
)
from keraslite.saving.models import (
    model_from_json as model_from_json,
)
from keraslite.saving.models import (
    packed as packed,
)
from keraslite.saving.models import (
    save_model as save_model,
)
from keraslite.saving.models import (
    unpickle as unpickle,
)
from keraslite.saving.report import LoadReport as LoadReport
from keraslite.saving.weight_files import load_weights as load_weights
from keraslite.saving.weight_files import save_weights as save_weights
from keraslite.serialization import CustomObjectScope as CustomObjectScope
from keraslite.serialization import custom_object_scope as custom_object_scope
from keraslite.serialization import deserialize as deserialize_keras_object
from keraslite.serialization import get_custom_objects as get_custom_objects
from keraslite.serialization import get_registered_name as get_registered_name
from keraslite.serialization import get_registered_object as get_registered_object
from keraslite.serialization import register_serializable as register_keras_serializable
from keraslite.serialization import serialize as serialize_keras_object

__all__ = [
    "CustomObjectScope",
    "KerasFileEditor",
    "LoadReport",
    "custom_object_scope",
    "deserialize_keras_object",
    "get_custom_objects",
    "get_registered_name",
    "get_registered_object",
    "load_model",
    "load_weights",
    "model_from_json",
    "packed",
    "register_keras_serializable",
    "save_model",
    "save_weights",
    "serialize_keras_object",
]
