"""What lets JAX's own functions take Variables, and what they say to symbolic tensors.

Every Variable has `__jax_array__`, but JAX asks for it only outside of `jit`, and most of its functions
are jitted. So a Variable is a pytree too, of one leaf; what comes back in its place is an array.
"""

from __future__ import annotations

import inspect
import sys
from collections.abc import Callable
from types import CodeType
from typing import Any

import jax
from jax import tree_util

from keraslite.errors import NoValueError
from keraslite.ops.symbolic import SymbolicTensor
from keraslite.variable import Variable

from . import private

variable_attributes: dict[str, Callable[[Any], Any]] = {}

tree_util.register_pytree_node(
    Variable,
    lambda variable: ((variable.value,), None),
    lambda _, children: children[0],
)


class _Operand:
    """Not a number: an operator of JAX asks it for `__jax_array__`, and then leaves the operation to it."""

    def __init__(self) -> None:
        self.askers: set[CodeType] = set()

    @property
    def __jax_array__(self) -> Any:
        self.askers.add(sys._getframe(1).f_code)
        raise AttributeError("__jax_array__")


def _operators() -> frozenset[CodeType]:
    """The code in JAX that asks an operand for its array, found by giving one to each operator of `jax.Array`."""
    operand = _Operand()
    found = (getattr(jax.Array, f"__{side}{name}__", None) for name in _NAMES for side in ("", "r"))
    try:
        refused = [inspect.unwrap(operator)(None, operand) is NotImplemented for operator in found if operator]
    except (AttributeError, TypeError, NotImplementedError):  # they look at the array first
        return frozenset()
    return frozenset(operand.askers) if all(refused) else frozenset()


_NAMES = (
    "add",
    "sub",
    "mul",
    "truediv",
    "floordiv",
    "mod",
    "divmod",
    "pow",
    "matmul",
    "and",
    "or",
    "xor",
    "lshift",
    "rshift",
    "eq",
    "ne",
    "lt",
    "le",
    "gt",
    "ge",
)
_OPERATORS = _operators()


def _array(x: SymbolicTensor) -> Any:
    """`__jax_array__`: an error that says what to write instead; operators of JAX learn that it is not for them."""
    if not _OPERATORS:
        return lambda: x  # no array either: operators leave it to us, functions raise an error of JAX's
    if sys._getframe(1).f_code in _OPERATORS:
        raise AttributeError("__jax_array__")
    raise NoValueError(x.refused())  # JAX puts an error of its own in place of a TypeError


# A property, since JAX says that it takes no such thing as soon as it finds the method.
SymbolicTensor.__jax_array__ = property(_array)  # type: ignore[attr-defined]

# So that `jax.lax.exp(x)` of a symbolic tensor says what to write instead, as `jax.numpy.exp(x)` does by itself.
private.register_canonicalize_value_handler(SymbolicTensor, lambda x: x.__jax_array__)
