"""Small utilities, as in `keras.utils`."""

from __future__ import annotations

from keraslite.backend import clear_session, is_keras_tensor, standardize_dtype
from keraslite.config import disable_interactive_logging, enable_interactive_logging, is_interactive_logging_enabled
from keraslite.progress import Progbar
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
from keraslite.utils import bounding_boxes, legacy
from keraslite.utils.config import Config
from keraslite.utils.downloads.get_file import get_file
from keraslite.utils.feature_space.feature_space import FeatureSpace
from keraslite.utils.folders.images import image_dataset_from_directory
from keraslite.utils.folders.sounds import audio_dataset_from_directory
from keraslite.utils.folders.texts import text_dataset_from_directory
from keraslite.utils.images.arrays import array_to_img, img_to_array
from keraslite.utils.images.files import load_img, save_img
from keraslite.utils.numeric import normalize, to_categorical
from keraslite.utils.plots.plot_model import model_to_dot, plot_model
from keraslite.utils.random_seed import set_random_seed
from keraslite.utils.sequences import PackedSequences, pack_sequences, pad_sequences
from keraslite.utils.source_inputs import get_source_inputs
from keraslite.utils.splitting import split_dataset
from keraslite.utils.timeseries import timeseries_dataset_from_array

__all__ = [
    "Config",
    "CustomObjectScope",
    "FeatureSpace",
    "PackedSequences",
    "Progbar",
    "PyDataset",
    "Sequence",
    "array_to_img",
    "audio_dataset_from_directory",
    "bounding_boxes",
    "clear_session",
    "custom_object_scope",
    "deserialize_keras_object",
    "disable_interactive_logging",
    "enable_interactive_logging",
    "get_custom_objects",
    "get_file",
    "get_registered_name",
    "get_registered_object",
    "get_source_inputs",
    "image_dataset_from_directory",
    "img_to_array",
    "is_interactive_logging_enabled",
    "is_keras_tensor",
    "legacy",
    "load_img",
    "model_to_dot",
    "normalize",
    "pack_sequences",
    "pack_x_y_sample_weight",
    "pad_sequences",
    "plot_model",
    "register_keras_serializable",
    "save_img",
    "serialize_keras_object",
    "set_random_seed",
    "split_dataset",
    "standardize_dtype",
    "text_dataset_from_directory",
    "timeseries_dataset_from_array",
    "to_categorical",
    "unpack_x_y_sample_weight",
]
