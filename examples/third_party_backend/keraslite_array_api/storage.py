"""Where Variables keep their values: a tensor that is replaced and never written to, so that what was read stays."""

from __future__ import annotations

from keraslite.backend.contract import SeedStorage

from .tensors import copy_of, to_tensor

#: Attributes that Variables get so that the library's own functions take them: the standard's take nothing but arrays.
variable_attributes = {}

#: How a `SeedGenerator` keeps (seed, counter).
seed_storage: SeedStorage = {"dtype": "uint32", "device": None}


def new_storage(array, dtype, trainable=True, device=None):
    return copy_of(to_tensor(array, dtype))


def read_storage(storage):
    return storage


def write_storage(storage, tensor):
    return tensor


def set_trainable(storage, flag):
    """Nothing to do: there are no gradients."""


def set_seed(seed):
    """Nothing to do: no generator is hidden in the library."""
