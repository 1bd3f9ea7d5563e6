"""keraslite: Keras 3's API on interchangeable tensor engines."""

from __future__ import annotations

from typing import TYPE_CHECKING

from keraslite.garbage import uncollected

if TYPE_CHECKING:
    from keraslite import applications

with uncollected():
    from keraslite import (
        activations,
        backend,
        callbacks,
        config,
        constraints,
        datasets,
        dtype_policies,
        errors,
        initializers,
        layers,
        legacy,
        losses,
        metrics,
        mixed_precision,
        models,
        ops,
        optimizers,
        preprocessing,
        random,
        regularizers,
        saving,
        transforms,
        tree,
        utils,
        visualization,
        wrappers,
    )

from keraslite.backend.device import device
from keraslite.backend.registry import preload as _preload
from keraslite.backend.registry import use_backend
from keraslite.dtype_policies import DTypePolicy, FloatDTypePolicy
from keraslite.initializers import Initializer
from keraslite.layers import Input, InputSpec, Layer
from keraslite.layers.operation import Operation
from keraslite.layers.remat import RematScope, remat
from keraslite.layers.stateless import StatelessScope, SymbolicScope
from keraslite.losses import Loss
from keraslite.metrics import Metric
from keraslite.models import Model, Sequential
from keraslite.models.function import Function
from keraslite.ops.symbolic import SymbolicTensor as KerasTensor
from keraslite.optimizers import Optimizer
from keraslite.public import publish as _publish
from keraslite.regularizers import Regularizer
from keraslite.variable import Variable, name_scope
from keraslite.version import __version__, keras_version, version

__all__ = [
    "DTypePolicy",
    "FloatDTypePolicy",
    "Function",
    "Initializer",
    "Input",
    "InputSpec",
    "KerasTensor",
    "Layer",
    "Loss",
    "Metric",
    "Model",
    "Operation",
    "Optimizer",
    "Regularizer",
    "RematScope",
    "Sequential",
    "StatelessScope",
    "SymbolicScope",
    "Variable",
    "__version__",
    "activations",
    "applications",
    "backend",
    "callbacks",
    "config",
    "constraints",
    "datasets",
    "device",
    "dtype_policies",
    "errors",
    "initializers",
    "keras_version",
    "layers",
    "legacy",
    "losses",
    "metrics",
    "mixed_precision",
    "models",
    "name_scope",
    "ops",
    "optimizers",
    "preprocessing",
    "random",
    "regularizers",
    "remat",
    "saving",
    "transforms",
    "tree",
    "use_backend",
    "utils",
    "version",
    "visualization",
    "wrappers",
]


if not TYPE_CHECKING:

    def __getattr__(name: str) -> object:
        """Import what is imported when it is used."""
        if name != "applications":
            raise AttributeError(name)
        import importlib

        return importlib.import_module("keraslite.applications")


_publish()
with uncollected():
    _preload()  # the chosen engine, and no other, is imported with keraslite; every op is declared by now
