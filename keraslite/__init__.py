"""keraslite: Keras 3's API on interchangeable tensor engines."""

from __future__ import annotations

import importlib
from typing import Any

from keraslite import config
from keraslite.backend.device import device
from keraslite.backend.registry import current as _current_engine
from keraslite.backend.registry import use_backend

__version__ = "0.1.0"

# Public submodules, imported when first asked for.
_SUBMODULES = (
    *("activations", "applications", "backend", "callbacks", "constraints", "datasets", "dtype_policies"),
    *("initializers", "layers", "losses", "metrics", "models", "ops", "optimizers", "preprocessing", "random"),
    *("regularizers", "saving", "training", "transforms", "tree", "utils", "variable"),
)

# --- re-exports (each owner adds its own below) ---

# --- end of re-exports ---


def __getattr__(name: str) -> Any:
    if name in _SUBMODULES:
        return importlib.import_module(f"keraslite.{name}")
    raise AttributeError(f"module 'keraslite' has no attribute {name!r}")


_current_engine()  # the chosen engine, and no other, is imported with keraslite
