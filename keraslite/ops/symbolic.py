"""Tensors that will exist later: what functional models are drawn with, and what traces shapes and dtypes."""

from __future__ import annotations

import itertools
import weakref
from collections.abc import Iterator, Sequence
from typing import Any, NoReturn

from keraslite import allowance, tree
from keraslite.backend import registry
from keraslite.backend.contract import Tensor
from keraslite.backend.scopes import SymbolicBase
from keraslite.errors import MissingCapabilityError, SymbolicError
from keraslite.ops import caller
from keraslite.ops.dimension import Dimension, Size
from keraslite.ops.operators import OPS, TensorOperators

_NODE = 4096  # bytes that a call in a graph takes with its tensors, about
_names = itertools.count()
_NUMPYS: dict[str, str] = {"array": "convert_to_tensor", "asarray": "convert_to_tensor"}  # names of its functions


class SymbolicTensor(TensorOperators, SymbolicBase):
    """A tensor of which shape and dtype are known, and the call it comes from.

    Args:
        shape: sizes; None (a fresh unknown) or a `Dimension` where nobody knows.
        dtype: a dtype name.
        sparse: False; there are no sparse tensors.
        ragged: False; there are no ragged tensors.
        record_history: accepted as in Keras. Calls are recorded either way: the history points from outputs to inputs,
            so it goes with the tensors.
        name: for messages and summaries; None makes one when it is asked for.
        ragged_rank: None; there are no ragged tensors.
        row_splits_dtype: None; there are no ragged tensors.

    Raises:
        MissingCapabilityError: for a sparse or ragged tensor.

    Example:
        >>> import keraslite as keras
        >>> keras.ops.matmul(keras.KerasTensor((None, 3)), keras.KerasTensor((3, 2))).shape
        (None, 2)
    """

    __slots__ = ("__weakref__", "_name", "dims", "dtype", "index", "mask", "node", "origin", "record_history", "tables")

    def __init__(
        self,
        shape: Any,
        dtype: str = "float32",
        sparse: bool = False,
        ragged: bool = False,
        record_history: bool = True,
        name: str | None = None,
        ragged_rank: int | None = None,
        row_splits_dtype: str | None = None,
    ):
        if sparse or ragged or ragged_rank is not None or row_splits_dtype is not None:
            raise MissingCapabilityError(
                "`KerasTensor` needs to stand for a dense tensor. Received "
                f"{sparse=}, {ragged=}, {ragged_rank=}, {row_splits_dtype=}. Leave them out."
            )
        self.record_history = record_history
        self.dims = tuple(Dimension(f"{name or 'n'}{i}") if d is None else d for i, d in enumerate(shape))
        self.dtype = dtype
        self._name = name
        self.node: Node | None = None
        self.index = 0
        self.mask: Any = None
        self.origin: SymbolicTensor | None = None  # the tensor that this one stands for within a call
        self.tables: tuple[Any, ...] = ()  # what its values are looked up in: `layers/ids.py`

    @property
    def _keras_mask(self) -> Any:
        return self.mask

    @property
    def name(self) -> str:
        """The given name, or a fresh one."""
        if self._name is None:
            self._name = f"keras_tensor_{next(_names)}"
        return self._name

    @property
    def shape(self) -> tuple[int | None, ...]:
        """Sizes, None where unknown."""
        return tuple(None if isinstance(d, Dimension) else d for d in self.dims)

    @property
    def ndim(self) -> int:
        """Number of axes."""
        return len(self.dims)

    @property
    def sparse(self) -> bool:
        """Always False: keraslite has no sparse tensors."""
        return False

    @property
    def ragged(self) -> bool:
        """Always False: keraslite has no ragged tensors."""
        return False

    @property
    def ragged_rank(self) -> None:
        """Always None: keraslite has no ragged tensors."""
        return None

    @property
    def row_splits_dtype(self) -> None:
        """Always None: keraslite has no ragged tensors."""
        return None

    @property
    def is_keras_tensor(self) -> bool:
        """True; some libraries ask."""
        return True

    @property
    def _keras_history(self) -> Node | None:
        return self.node

    def __repr__(self) -> str:
        return f"<KerasTensor shape={self.shape}, dtype={self.dtype}, name={self.name}>"

    def reshape(self, newshape: Sequence[Size]) -> Tensor:
        """Return the same elements in another shape; see `ops.reshape`.

        Args:
            newshape: a sequence of sizes, of which one may be -1.
        """
        return OPS["reshape"](self, newshape)

    def squeeze(self, axis: int | Sequence[int] | None = None) -> Tensor:
        """Return the tensor without axes of size 1; see `ops.squeeze`.

        Args:
            axis: the axis or axes to remove; None (default) for all of size 1.
        """
        return OPS["squeeze"](self, axis)

    def __len__(self) -> int:
        return self._length("`len()`")

    def __iter__(self) -> Iterator[Tensor]:
        return iter([self[i] for i in range(self._length("A loop over a symbolic tensor"))])

    def _length(self, what: str) -> int:
        if self.dims and not isinstance(self.dims[0], Dimension):
            return self.dims[0]
        raise SymbolicError(
            f"{what} needs a first axis of known size. Received {self!r}. "
            "Give `Input` a fixed size, or use `ops.shape`, `ops.map` or `ops.scan`."
        )

    def __contains__(self, item: object) -> bool:
        raise SymbolicError(
            f"`in` needs values, which a symbolic tensor does not have. Received {self!r}. Use `ops.any(x == value)`."
        )

    def __bool__(self) -> bool:
        raise SymbolicError(
            f"A symbolic tensor has no truth value while the model is built. Received {self!r}. "
            "Use `ops.cond` or `ops.where`."
        )

    def _no_number(self) -> NoReturn:
        raise SymbolicError(
            f"A Python number needs a value, which a symbolic tensor does not have. Received {self!r}. "
            "Use functions of `keraslite.ops`, or put the code into a Layer's `call`."
        )

    __int__ = __float__ = __complex__ = __index__ = _no_number

    def _no_value(self, *args: object, **kwargs: object) -> NoReturn:
        # A TypeError: at an operator a library catches it, and Python asks us.
        raise SymbolicError(self.refused())

    def refused(self) -> str:
        """What to tell somebody who gives this tensor to a function that needs values."""
        called, source = caller.called()
        tables = (_NUMPYS, *(engine.other_names for engine in registry.loaded()))
        name = next((table[called] for table in tables if called in table), called)
        known = name in OPS or name == "convert_to_tensor"
        advice = f"Use `ops.{name}`" if known else "Use functions of `keraslite.ops`"
        return (
            f"{f'`{source}`' if source else 'The function'} needs values, which a symbolic tensor does not have. "
            f"Received {self!r}. {advice}, or put the code into a Layer's `call`.{caller.at()}"
        )

    __array__ = __tf_tensor__ = numpy = _no_value

    @classmethod
    def __torch_function__(cls, func: object, types: object, args: object = (), kwargs: object = None) -> NoReturn:
        found = next(x for x in tree.leaves((args, kwargs or {})) if isinstance(x, cls))
        return found._no_value()


class Node:
    """One recorded call: `operation(*args, **kwargs)`.

    Outputs point to their node; the node knows them only weakly and by what they look like (`specs`: dims and dtype
    of each symbolic leaf; `positions`: where these stand among all leaves), so that an unused branch is garbage.
    """

    __slots__ = ("__weakref__", "_outputs", "_structure", "args", "kwargs", "name", "operation", "positions", "specs")

    def __init__(self, operation: Any, args: tuple, kwargs: dict[str, Any], outputs: Any):
        self.operation, self.args, self.kwargs = operation, args, kwargs
        self.name: str | None = None
        leaves, self._structure = tree.split(outputs)
        found = [(i, x) for i, x in enumerate(leaves) if isinstance(x, SymbolicTensor)]
        allowance.charge(_NODE, "calls of layers and ops")
        self.positions = tuple(i for i, _ in found)
        self.specs = tuple((x.dims, x.dtype) for _, x in found)
        self._outputs = [weakref.ref(x) if isinstance(x, SymbolicTensor) else x for x in leaves]
        for index, (_, tensor) in enumerate(found):
            tensor.node, tensor.index = self, index

    @property
    def inputs(self) -> list[SymbolicTensor]:
        """The symbolic tensors among the arguments, in order."""
        return [x for x in tree.leaves((self.args, self.kwargs)) if isinstance(x, SymbolicTensor)]

    @property
    def outputs(self) -> Any:
        """What the call gave; a tensor that nobody kept is made anew."""
        leaves = list(self._outputs)
        for index, position in enumerate(self.positions):
            tensor = leaves[position]()
            if tensor is None:
                tensor = SymbolicTensor(*self.specs[index])
                tensor.node, tensor.index = self, index
            leaves[position] = tensor
        return tree.unflatten(self._structure, leaves)


def node_of(x: SymbolicTensor) -> Node:
    """The call that `x` comes from, where it must come from one."""
    if x.node is None:
        raise SymbolicError(
            f"A tensor made by `keraslite.Input`, a layer or an op is needed. Received {x!r} of no call."
        )
    return x.node


def is_symbolic(x: object) -> bool:
    """Whether `x` is a symbolic tensor."""
    return isinstance(x, SymbolicTensor)


def any_symbolic(nest: object) -> bool:
    """Whether a symbolic tensor stands anywhere in `nest`."""
    return any(isinstance(x, SymbolicTensor) for x in tree.leaves(nest))


def fresh(nest: Any) -> Any:
    """The same symbolic tensors without history, so that a new node can claim them."""

    def renew(x: object) -> object:
        if not isinstance(x, SymbolicTensor):
            return x
        copy = SymbolicTensor(x.dims, x.dtype)
        copy.mask = x.mask
        return copy

    return tree.map(renew, nest)
