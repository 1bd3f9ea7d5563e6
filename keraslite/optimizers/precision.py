"""Variables of 16 bits are updated in float32, and what is written may depend on a condition on the device."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, cast

from keraslite import ops
from keraslite.backend import scopes
from keraslite.backend.contract import Tensor, TensorLike
from keraslite.errors import ArgumentError
from keraslite.ops.core import as_tensor
from keraslite.variable import Variable


def commit_where(condition: Tensor, writes: Mapping[scopes.VariableBase, Tensor]) -> None:
    """Assign what was written in a Scope where `condition` holds, and keep the old elsewhere; the device decides."""
    for variable, value in writes.items():
        with scopes.autocast(None):
            variable.write(ops.where(condition, value, variable.value))


def wide(variable: Variable) -> str:
    """Return the dtype that a variable is updated in: its own, but at least float32."""
    return variable.dtype if variable.dtype in ("float32", "float64") else "float32"


def value_of(variable: Variable) -> Tensor:
    """Return the value in the dtype that it is updated in."""
    dtype = wide(variable)
    return variable.value if variable.dtype == dtype else ops.cast(variable.value, dtype)


def as_wide(gradient: TensorLike, variable: Variable, engine: Any) -> Tensor:
    """Return a gradient as a tensor of the dtype that its variable is updated in."""
    dtype = wide(variable)
    if isinstance(gradient, engine.tensor_types) and engine.dtype_name(gradient) == dtype:
        tensor = cast("Tensor", gradient)
    else:
        tensor = ops.cast(as_tensor(gradient), dtype)
    if not tensor.shape == variable.shape:  # noqa: SIM201  # unknown shapes of TensorFlow have no `!=`
        _need_shape(tensor, variable, engine)
    return tensor


def _need_shape(gradient: Tensor, variable: Variable, engine: Any) -> None:
    """Raise for a gradient of another shape: a kernel may broadcast it, or use a part of it."""
    try:
        sizes = engine.shape(gradient)
    except ValueError:
        return  # while TensorFlow traces, not even the rank may be known
    if len(sizes) == len(variable.shape):
        unequal = [isinstance(n, int) and n != size for n, size in zip(sizes, variable.shape, strict=True)]
        if not any(unequal):
            return
    raise ArgumentError(
        f"An optimizer needs gradients of the shapes of their variables. Received one of shape {tuple(sizes)} for "
        f"{variable.path!r} of shape {variable.shape}."
    )


def put(variable: Variable, value: Tensor) -> None:
    """Assign a value, unless it is the storage itself."""
    if value is not variable.storage:  # a kernel may have written it there already
        variable.assign(value)
