"""Small tools that Keras has here."""

from __future__ import annotations

from keraslite.training.data.pack import pack_x_y_sample_weight, unpack_x_y_sample_weight
from keraslite.training.data.py_dataset import PyDataset, Sequence
from keraslite.training.progress import Progbar
from keraslite.utils.numeric import normalize, to_categorical
from keraslite.utils.random_seed import set_random_seed
from keraslite.utils.sequences import pad_sequences

__all__ = [
    "Progbar",
    "PyDataset",
    "Sequence",
    "normalize",
    "pack_x_y_sample_weight",
    "pad_sequences",
    "set_random_seed",
    "to_categorical",
    "unpack_x_y_sample_weight",
]
