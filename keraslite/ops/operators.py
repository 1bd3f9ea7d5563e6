"""The table of declared ops, and Python's operators on anything of ours that stands for a tensor."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Self

from keraslite.backend import dtypes as lattice
from keraslite.backend.contract import Tensor, TensorLike

OPS: dict[str, Callable[..., Any]] = {}
"""Every declared op by name; `declare` fills it."""


class TensorOperators:
    """Arithmetic, comparison and indexing through the ops of the same meaning."""

    __slots__ = ()
    dtype: str
    __array_priority__ = 100  # NumPy arrays on the left of an operator leave it to us

    def __add__(self, other: TensorLike) -> Tensor:
        return OPS["add"](self, other)

    def __radd__(self, other: TensorLike) -> Tensor:
        return OPS["add"](other, self)

    def __sub__(self, other: TensorLike) -> Tensor:
        return OPS["subtract"](self, other)

    def __rsub__(self, other: TensorLike) -> Tensor:
        return OPS["subtract"](other, self)

    def __mul__(self, other: TensorLike) -> Tensor:
        return OPS["multiply"](self, other)

    def __rmul__(self, other: TensorLike) -> Tensor:
        return OPS["multiply"](other, self)

    def __truediv__(self, other: TensorLike) -> Tensor:
        return OPS["divide"](self, other)

    def __rtruediv__(self, other: TensorLike) -> Tensor:
        return OPS["divide"](other, self)

    def __floordiv__(self, other: TensorLike) -> Tensor:
        return OPS["floor_divide"](self, other)

    def __rfloordiv__(self, other: TensorLike) -> Tensor:
        return OPS["floor_divide"](other, self)

    def __mod__(self, other: TensorLike) -> Tensor:
        return OPS["mod"](self, other)

    def __rmod__(self, other: TensorLike) -> Tensor:
        return OPS["mod"](other, self)

    def __divmod__(self, other: TensorLike) -> tuple[Tensor, Tensor]:
        return OPS["floor_divide"](self, other), OPS["mod"](self, other)

    def __rdivmod__(self, other: TensorLike) -> tuple[Tensor, Tensor]:
        return OPS["floor_divide"](other, self), OPS["mod"](other, self)

    def __pow__(self, other: TensorLike) -> Tensor:
        return OPS["power"](self, other)

    def __rpow__(self, other: TensorLike) -> Tensor:
        return OPS["power"](other, self)

    def __matmul__(self, other: TensorLike) -> Tensor:
        return OPS["matmul"](self, other)

    def __rmatmul__(self, other: TensorLike) -> Tensor:
        return OPS["matmul"](other, self)

    def __neg__(self) -> Tensor:
        return OPS["negative"](self)

    def __pos__(self) -> Self:
        return self

    def __abs__(self) -> Tensor:
        return OPS["absolute"](self)

    def __invert__(self) -> Tensor:
        return OPS["logical_not"](self) if self.dtype == "bool" else OPS["bitwise_invert"](self)

    def __round__(self, ndigits: int | None = None) -> Tensor:
        return OPS["round"](self, ndigits or 0)

    def _logic(self, name: str, other: TensorLike) -> Callable[..., Tensor]:
        return OPS[f"logical_{name}" if self.dtype == "bool" and _is_boolean(other) else f"bitwise_{name}"]

    def __and__(self, other: TensorLike) -> Tensor:
        return self._logic("and", other)(self, other)

    def __rand__(self, other: TensorLike) -> Tensor:
        return self._logic("and", other)(other, self)

    def __or__(self, other: TensorLike) -> Tensor:
        return self._logic("or", other)(self, other)

    def __ror__(self, other: TensorLike) -> Tensor:
        return self._logic("or", other)(other, self)

    def __xor__(self, other: TensorLike) -> Tensor:
        return self._logic("xor", other)(self, other)

    def __rxor__(self, other: TensorLike) -> Tensor:
        return self._logic("xor", other)(other, self)

    def __lshift__(self, other: TensorLike) -> Tensor:
        return OPS["left_shift"](self, other)

    def __rlshift__(self, other: TensorLike) -> Tensor:
        return OPS["left_shift"](other, self)

    def __rshift__(self, other: TensorLike) -> Tensor:
        return OPS["right_shift"](self, other)

    def __rrshift__(self, other: TensorLike) -> Tensor:
        return OPS["right_shift"](other, self)

    # Nothing equals None: Python then compares by identity, as `x == None` and `x in list` expect.
    def __eq__(self, other: TensorLike) -> Tensor:
        return NotImplemented if other is None else OPS["equal"](self, other)

    def __ne__(self, other: TensorLike) -> Tensor:
        return NotImplemented if other is None else OPS["not_equal"](self, other)

    def __lt__(self, other: TensorLike) -> Tensor:
        return OPS["less"](self, other)

    def __le__(self, other: TensorLike) -> Tensor:
        return OPS["less_equal"](self, other)

    def __gt__(self, other: TensorLike) -> Tensor:
        return OPS["greater"](self, other)

    def __ge__(self, other: TensorLike) -> Tensor:
        return OPS["greater_equal"](self, other)

    def __getitem__(self, key: object) -> Tensor:
        return OPS["get_item"](self, key)

    __hash__ = object.__hash__  # by identity: `==` is element by element


def _is_boolean(x: Any) -> bool:
    return isinstance(x, bool) or (hasattr(x, "dtype") and lattice.canonical(x.dtype) == "bool")
