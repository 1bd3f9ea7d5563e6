"""What lets JAX's own functions take Variables.

Every Variable has `__jax_array__`, but JAX asks for it only outside of `jit`, and most of its functions
are jitted. So a Variable is a pytree too, of one leaf; what comes back in its place is an array.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from jax import tree_util
from jax._src import dtypes

from keraslite.ops.symbolic import SymbolicTensor
from keraslite.variable import Variable

variable_attributes: dict[str, Callable[[Any], Any]] = {}

tree_util.register_pytree_node(
    Variable,
    lambda variable: ((variable.value,), None),
    lambda _, children: children[0],
)

# So that `jax.lax.exp(x)` of a symbolic tensor says what to write instead, as `jax.numpy.exp(x)` does by itself.
_register: Any = getattr(dtypes, "register_canonicalize_value_handler", None)
if _register is not None:
    _register(SymbolicTensor, lambda x: x.__jax_array__)
