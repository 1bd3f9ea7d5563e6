"""Transforms of functions that may read and assign Variables; the same on every engine.

`jit` and `value_and_grad` find by themselves which Variables a function touches. What the engines owe for it are
transforms of pure functions over flat lists of tensors: see `docs/engines.md`.
"""

from __future__ import annotations

from keraslite.ops.batching import vectorized_map, vmap
from keraslite.ops.control import cond, fori_loop, switch, while_loop
from keraslite.ops.differentiation import checkpoint, custom_gradient, jvp, vjp
from keraslite.ops.gradients import grad, value_and_grad
from keraslite.ops.jacobians import hessian, jacfwd, jacrev
from keraslite.ops.loops import associative_scan, map, scan
from keraslite.transforms.evaluation import abstract_eval, no_gradient, stop_gradient
from keraslite.transforms.jit import Jitted, depends_on, jit

__all__ = [
    "Jitted",
    "abstract_eval",
    "associative_scan",
    "checkpoint",
    "cond",
    "custom_gradient",
    "depends_on",
    "fori_loop",
    "grad",
    "hessian",
    "jacfwd",
    "jacrev",
    "jit",
    "jvp",
    "map",
    "no_gradient",
    "scan",
    "stop_gradient",
    "switch",
    "value_and_grad",
    "vectorized_map",
    "vjp",
    "vmap",
    "while_loop",
]
