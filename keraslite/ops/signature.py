"""What an op's declaration says of its parameters, and what becomes of arguments by it."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Iterable
from typing import Any

from keraslite.backend import dtypes as lattice
from keraslite.backend import registry
from keraslite.backend.scopes import VariableBase
from keraslite.errors import ArgumentError
from keraslite.ops.arguments import (
    AXES,
    STATIC,
    TENSORS,
    as_static,
    dims_of,
    dtype_of,
    kind_of,
)
from keraslite.ops.dimension import Dimension
from keraslite.ops.operators import OPS
from keraslite.ops.symbolic import SymbolicTensor

# Parameters without a default that are numbers, or several of them.
_NUMBERS = frozenset(
    (
        *("k", "num_classes", "num_segments", "repeats", "shift", "pad_width", "start_indices", "indices_or_sections"),
        *("default_value", "axis1", "axis2", "source", "destination", "output_shape"),
    )
)
_OF_NUMBERS = ("__index__", "__float__", "__iter__", "__array__", "dtype")


class Signature:
    """The parameters of an op.

    Attributes:
        name, label: of the op, and as messages have it.
        names, kinds: of the parameters, in order; `docs/design/ops.md` says what a kind means.
        optional: which may be None.
        tensor_at: the positions of tensors and sequences of them.
        numbers_at: those of attributes that are numbers.
    """

    def __init__(self, function: Callable):
        self.name = function.__name__
        self.label = self.name.strip("_").removeprefix("random_")
        self.parameters = list(inspect.signature(function).parameters.values())
        self.kinds = [kind_of(p) for p in self.parameters]
        self.has_axes = any(kind in AXES for kind in self.kinds)
        self.names = [p.name for p in self.parameters]
        self.optional = ["None" in str(p.annotation) for p in self.parameters]
        self.tensor_at = [i for i, kind in enumerate(self.kinds) if kind in TENSORS]
        self.numbers_at = frozenset(
            i for i, p in enumerate(self.parameters) if self.kinds[i] == "static" and _is_number(p)
        )

    def look(self, args: tuple) -> tuple[tuple, list, bool]:
        """The arguments as `read` gives them, the operands, and whether unknown sizes make the call a symbolic one."""
        args = self.read(args)
        operands = self.operands(args)
        return args, operands, has_dimension(args) or any(isinstance(x, SymbolicTensor) for x in operands)

    def read(self, args: tuple) -> tuple:
        """The arguments with Variables as tensors, and lists of tensors as one; an error for one of a wrong kind."""
        return tuple([self._read_one(i, arg) for i, arg in enumerate(args)])

    def _read_one(self, i: int, arg: object) -> object:
        kind = self.kinds[i]
        if arg is None and kind in TENSORS and not self.optional[i]:
            raise ArgumentError(f"`{self.label}` needs a tensor as `{self.names[i]}`. Received None.")
        if arg is None and kind in ("AxisIndex", "NewAxis") and self.parameters[i].default is inspect.Parameter.empty:
            raise ArgumentError(f"`{self.label}` needs `{self.names[i]}` to be an integer. Received None.")
        if i in self.numbers_at and not _stands_for_numbers(arg):
            raise ArgumentError(f"`{self.label}` needs numbers as `{self.names[i]}`. Received {arg!r}.")
        if kind == "Tensor":
            return arg.operand if isinstance(arg, VariableBase) else one_tensor(arg)
        if kind == "Tensors":
            if isinstance(arg, (str, bytes)) or not hasattr(arg, "__iter__") or is_scalar_symbol(arg):
                raise ArgumentError(
                    f"`{self.label}` needs a sequence of tensors as `{self.names[i]}`. Received {arg!r}."
                )
            given: Any = arg
            missing = next((at for at, x in enumerate(given) if x is None), None)
            if missing is not None:
                raise ArgumentError(f"`{self.label}` needs tensors in `{self.names[i]}`. Received None at {missing}.")
            arg = tuple(x.operand if isinstance(x, VariableBase) else one_tensor(x) for x in given)
            if not arg:
                raise ArgumentError(f"`{self.label}` needs at least one tensor in `{self.names[i]}`. Received none.")
            return arg
        return arg

    def operands(self, args: tuple) -> list:
        """The tensor operands, lists flattened, without None."""
        found: list[object] = []
        for i in self.tensor_at:
            found.extend(args[i] if self.kinds[i] == "Tensors" else (args[i],))
        return [x for x in found if x is not None]

    def rank(self, args: tuple) -> int:
        """The rank of the first tensor, which axes count in; 0 where there are no axes."""
        operands = self.operands(args) if self.has_axes else ()
        return len(dims_of(operands[0])) if operands else 0

    def axis(self, kind: str, axis: object, rank: int) -> int | tuple[int, ...] | None:
        """An axis, or several, in one form: numbers from 0."""
        if kind == "Axis":
            if axis is None:
                return tuple(range(rank))
            axes = axis if isinstance(axis, (tuple, list)) else (axis,)
            return tuple(sorted(self._one_axis(a, rank) for a in axes))
        return None if axis is None else self._one_axis(axis, rank + (kind == "NewAxis"))

    def _one_axis(self, axis: Any, rank: int) -> int:
        if isinstance(axis, bool) or not hasattr(axis, "__index__"):
            raise ArgumentError(f"`{self.label}` needs `axis` to be an integer. Received {axis!r}.")
        axis = axis.__index__()
        if not -rank <= axis < rank:
            raise ArgumentError(
                f"`{self.label}` needs `axis` from {-rank} to {rank - 1} for a tensor of rank {rank}. Received {axis}."
            )
        return axis % rank

    def _attribute(self, kind: str, arg: object, rank: int) -> object:
        return self.axis(kind, arg, rank) if kind in AXES else STATIC.get(kind, as_static)(arg)

    def attributes(self, args: tuple) -> dict[str, object]:
        """What is no tensor, in one form, by name: what dtype rules look at."""
        rank = self.rank(args)
        return {
            name: self._attribute(kind, arg, rank)
            for name, kind, arg in zip(self.names, self.kinds, args, strict=True)
            if kind not in TENSORS
        }

    def as_dims(self, args: tuple) -> list:
        """The arguments as shape rules get them."""
        rank = self.rank(args)
        result: list[object] = []
        for kind, arg in zip(self.kinds, args, strict=True):
            if kind == "Tensor":
                result.append(None if arg is None else dims_of(arg))
            elif kind == "Tensors":
                result.append([None if x is None else dims_of(x) for x in arg])
            else:
                result.append(self._attribute(kind, arg, rank))
        return result

    def as_symbolic(self, args: tuple, targets: tuple) -> list:
        """The arguments as the body gets them, tensors as symbolic ones of the dtypes `targets`."""
        targets_left = iter(targets)

        def stand_in(x: object) -> SymbolicTensor | None:
            if x is None:
                return None
            return SymbolicTensor(dims_of(x), next(targets_left) or lattice.promote(dtype_of(x, self.label)))

        rank = self.rank(args)
        result: list[object] = []
        for kind, arg in zip(self.kinds, args, strict=True):
            if kind == "Tensor":
                result.append(stand_in(arg))
            elif kind == "Tensors":
                result.append([stand_in(x) for x in arg])
            else:
                result.append(self._attribute(kind, arg, rank))
        return result


def _is_number(parameter: inspect.Parameter) -> bool:
    default = parameter.default
    if default is inspect.Parameter.empty:
        return parameter.name in _NUMBERS
    return isinstance(default, (int, float)) and not isinstance(default, bool)


def _stands_for_numbers(x: object) -> bool:
    if x is None or isinstance(x, (str, bytes, dict, set)):
        return x is None
    return any(hasattr(x, name) for name in _OF_NUMBERS)


def has_dimension(nest: object) -> bool:
    """Whether an unknown size stands among the arguments: then the result is symbolic, whatever the operands are."""
    if isinstance(nest, (tuple, list)):
        return any(has_dimension(each) for each in nest)
    return isinstance(nest, Dimension)


def one_tensor(x: object) -> Any:
    """Lists in which tensors or Variables stand as one tensor, through which gradients go; anything else as it is."""
    if not isinstance(x, (list, tuple)) or not _holds_tensors(x):
        return x
    return OPS["stack"]([one_tensor(each) for each in x])


def _holds_tensors(nest: Iterable[object]) -> bool:
    if _PLAIN.issuperset(map(type, nest)):  # as most lists, and long ones
        return False
    return any(
        _holds_tensors(x)
        if isinstance(x, (list, tuple))
        else isinstance(x, (VariableBase, SymbolicTensor)) or registry.engine_of(x) is not None
        for x in nest
    )


_PLAIN = frozenset((bool, int, float, complex))


def is_scalar_symbol(x: object) -> bool:
    """Whether `x` is a symbolic tensor of rank 0."""
    return isinstance(x, SymbolicTensor) and not x.dims
