"""`Model`, `Sequential`, and making models from others."""

from __future__ import annotations

from keraslite.models.cloning import clone_model as clone_model
from keraslite.models.model import Functional as Functional
from keraslite.models.model import Model as Model
from keraslite.models.sequential import Sequential as Sequential
from keraslite.saving import load_model as load_model
from keraslite.saving import model_from_json as model_from_json
from keraslite.saving import save_model as save_model

__all__ = ["Functional", "Model", "Sequential", "clone_model", "load_model", "model_from_json", "save_model"]
