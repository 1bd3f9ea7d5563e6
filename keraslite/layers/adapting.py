"""Weights that are read through an adapter: a low-rank change, a quantised kernel.

A layer's class reads `self.kernel`. Where a weight is adapted, that attribute is an `AdaptedWeight`, which ops take as
they take a Variable. So no layer needs code for it, and layers without adapters pay nothing.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import TYPE_CHECKING, Any, ClassVar, cast

import numpy as np

from keraslite import tree
from keraslite.backend import scopes
from keraslite.backend.contract import Engine, Tensor
from keraslite.errors import ArgumentError, StateError
from keraslite.ops.core import as_tensor
from keraslite.ops.operators import TensorOperators
from keraslite.ops.symbolic import SymbolicTensor
from keraslite.variable import Variable

if TYPE_CHECKING:
    from keraslite.layers.base import Layer

__all__ = ["AdaptedWeight", "Adapter", "adapt", "own_variables"]


class Adapter:
    """Computes what a layer reads as one of its weights. A subclass writes `__call__`, in `keraslite.ops`.

    Attributes:
        is_merged: whether files hold the weight as the layer reads it, and none of the adapter's variables. The
            adapter then has a `reset`.
        variables: the Variables that the adapter made within `layer.unlocked()`.
    """

    is_merged: ClassVar[bool] = False
    variables: Sequence[Variable] = ()

    def __call__(self, weight: Variable) -> object:
        """The tensor that the layer uses in place of `weight`."""
        raise NotImplementedError(f"`{type(self).__name__}` needs a method `__call__(self, weight)`.")

    def reset(self) -> None:
        """Change nothing from here on, because the weight itself has just been loaded as the layer reads it."""


class AdaptedWeight(TensorOperators, scopes.VariableBase):
    """A weight as its layer reads it.

    Args:
        variable: the weight that the layer made.
        adapter: a function of the Variable, in ops.

    Attributes:
        shape: sizes of what the layer reads.
        dtype: dtype of what the layer reads, outside of a call.
    """

    def __init__(self, variable: Variable, adapter: Callable[[Variable], object]):
        self.variable, self.adapter = variable, adapter
        with scopes.outside(), scopes.autocast(None), scopes.Scope(symbolic=True, what="adapt_weight"):
            found = as_tensor(adapter(variable))
        self.shape: tuple[int, ...] = tuple(found.shape)
        self.dtype: str = found.dtype if isinstance(found, SymbolicTensor) else variable.engine.dtype_name(found)

    @property
    def value(self) -> Tensor:
        """The tensor that the layer computes with."""
        return as_tensor(self.adapter(self.variable))

    operand = value  # where only shapes are worked out, the adapter's ops see a symbolic tensor for each Variable

    def stored(self) -> Tensor:
        """The tensor, whatever transform is active."""
        with scopes.outside():
            return self.value

    def numpy(self) -> np.ndarray:
        """A copy of the value on the host."""
        with scopes.autocast(None):
            return self.engine.to_numpy(self.value)

    def __array__(self, dtype: np.typing.DTypeLike | None = None, copy: bool | None = None) -> np.ndarray:
        array = self.numpy()
        return array if dtype is None else array.astype(dtype)

    def assign(self, value: object) -> object:
        """Let the layer read `value` from now on, if the adapter can be `reset`."""
        if not self.is_merged:
            raise StateError(
                f"Weight {self.path!r} needs to be assigned below its adapter, since the layer reads it through one. "
                "Assign its `variable`, or the adapter's variables."
            )
        self.variable.assign(value)
        cast(Adapter, self.adapter).reset()
        return value

    @property
    def is_merged(self) -> bool:
        """Whether files hold the weight as the layer reads it."""
        return bool(getattr(self.adapter, "is_merged", False))

    @property
    def engine(self) -> Engine:
        """The engine of the weight."""
        return self.variable.engine

    @property
    def path(self) -> str:  # type: ignore[override]
        """The path of the weight."""
        return self.variable.path

    @property
    def name(self) -> str:
        """The name of the weight."""
        return self.variable.name

    @property
    def ndim(self) -> int:
        """Number of axes."""
        return len(self.shape)

    def __len__(self) -> int:
        return self.shape[0]

    def _read_with(self) -> Iterable[object]:
        return self.variable, self.adapter

    @classmethod
    def __torch_function__(
        cls,
        func: Callable[..., object],
        types: object,
        args: Iterable[object] = (),
        kwargs: dict[str, object] | None = None,
    ) -> Any:
        nest = (tuple(args), kwargs or {})
        positional, by_name = tree.map(lambda x: x.value if isinstance(x, scopes.VariableBase) else x, nest)
        return func(*positional, **by_name)

    def __jax_array__(self) -> Tensor:
        return self.value

    def __tf_tensor__(self, dtype: object = None, name: str | None = None) -> Tensor:
        return self.value

    def __repr__(self) -> str:
        return f"<AdaptedWeight path={self.path}, shape={self.shape}, dtype={self.dtype}, adapter={self.adapter!r}>"


def adapt(layer: Layer, name: str, adapter: Callable[[Variable], object] | None, train_weight: bool) -> None:
    """Let `layer` read its weight `name` through `adapter`; None takes the adapter away."""
    current = vars(layer).get(name)
    variable = current.variable if isinstance(current, AdaptedWeight) else current
    if not isinstance(variable, Variable):
        have = [each for each, value in vars(layer).items() if isinstance(value, (Variable, AdaptedWeight))]
        raise ArgumentError(
            f"`adapt_weight` needs the name of a weight of {layer.name!r}. Received {name!r}. Its weights: "
            f"{', '.join(have) or 'none, since it is not built'}."
        )
    own = layer._own
    own.adapted.pop(name, None)
    if adapter is None:
        setattr(layer, name, variable)
    else:
        own.adapted[name] = adapted = AdaptedWeight(variable, adapter)
        setattr(layer, name, adapted)
    own.fixed = [each for each in own.fixed if each is not variable]
    if adapter is not None and not train_weight:
        own.fixed.append(variable)
    may_train = layer.trainable and any(each is variable for each in own.tracker.trainable)
    variable.trainable = may_train and (adapter is None or train_weight)
    own.known = {}


def own_variables(layer: Layer) -> list[Variable | AdaptedWeight]:
    """What files hold of the layer itself, in their order: Variables, and adapted weights that are merged."""
    own = layer._own
    found: list[Variable | AdaptedWeight] = [*own.tracker.trainable, *own.tracker.non_trainable]
    for adapted in own.adapted.values():
        if adapted.is_merged:
            inside = {id(variable) for variable in adapted.adapter.variables}  # type: ignore[attr-defined]
            found = [adapted if each is adapted.variable else each for each in found if id(each) not in inside]
    return found
