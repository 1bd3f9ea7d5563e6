"""`Variable`: a tensor that models keep and assign."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from keraslite import tree
from keraslite.backend import dtypes, registry, scopes
from keraslite.backend.changes import changed
from keraslite.backend.contract import DTypeLike
from keraslite.backend.placement import Layout, Placement
from keraslite.errors import ArgumentError
from keraslite.ops.arguments import requested_dtype
from keraslite.ops.operators import OPS, TensorOperators
from keraslite.ops.symbolic import SymbolicTensor
from keraslite.variable.first_value import FirstValue, beginning
from keraslite.variable.paths import scope_names
from keraslite.variable.placed import Placed
from keraslite.variable.settings import Settings

_AGGREGATIONS = (None, "none", "mean", "sum", "only_first_replica")
_SYNCHRONIZATIONS = (None, "none", "on_read", "on_write", "auto")
_named: Callable[[str], Callable] | None = None


def find_initializers_by(find: Callable[[str], Callable]) -> None:
    """Use `find(name)` to look up the initializers that Variables are given by name."""
    global _named
    _named = find


class Variable(FirstValue, TensorOperators, Placed, Settings):
    """A tensor of fixed shape and dtype that can be assigned, kept on one engine and device.

    Ops and Python's operators take it as they take a tensor. Inside `jit`, `value_and_grad` and the like, reads and
    assignments stay in the transform until it ends. The first value gets its memory when it is first read, so weights
    that are loaded before are never drawn.

    Args:
        initializer: an array, number or tensor; a function of `(shape, dtype)`; or the name of an initializer such as
            "uniform".
        shape: of the value, a tuple of ints; needed with a function or a name, None (default) with an array.
        dtype: of the value; None (default) takes that of an array or tensor, but `config.floatx()` for NumPy's float64
            and Python's floats, and int32 for NumPy's int64 and Python's ints; with a function or a name it is
            `config.floatx()`.
        trainable: whether optimizers should change it; True by default.
        autocast: whether it reads as the compute dtype within the call of a layer; True by default.
        aggregation: how copies on several devices are combined: "none" (default), "mean", "sum" or
            "only_first_replica".
        synchronization: when they are: "auto" (default), "none", "on_read" or "on_write".
        name: the last part of `path`, without "/"; None (default) makes one.
        device: where it is kept, such as "gpu:0"; None (default) is the device of the surrounding `keraslite.device`
            block, or the engine's default.
        layout: how it is spread over several devices, a `keraslite.backend.placement.Layout` or a
            `jax.sharding.NamedSharding`; None (default) for one device, or within a `backend.device.on_mesh` block for
            a whole copy on each device of the mesh.
        sharding: another name of `layout`.
        backend: the name of an engine; None (default) is the active one, or that of a tensor.

    Attributes:
        placement: where it is kept: the name of a device, or a `Layout`.

    Raises:
        ArgumentError: if the shape of the value is another than `shape`, or is not known; if the engine has no such
            device, or the layout does not fit the shape.
        MissingCapabilityError: for a layout, if the engine keeps each tensor on one device.

    Example:
        >>> import keraslite as keras
        >>> variable = keras.Variable([1.0, 2.0], name="weight")
        >>> variable.assign_add([0.5, 0.5]) is not None
        True
        >>> variable.numpy().tolist()
        [1.5, 2.5]
        >>> keras.Variable("zeros", shape=(2, 3)).shape
        (2, 3)
    """

    __slots__ = (
        "__weakref__",
        "_autocast",
        "_changes",
        "_constraint",
        "_first",
        "_free",
        "_is_float",
        "_overwrite",
        "_regularizer",
        "_trainable",
        "aggregation",
        "device",
        "dtype",
        "engine",
        "initializer",
        "name",
        "path",
        "placement",
        "shape",
        "storage",
        "synchronization",
    )

    def __init__(
        self,
        initializer: object,
        shape: int | Sequence[int | None] | None = None,
        dtype: DTypeLike | None = None,
        trainable: bool = True,
        autocast: bool = True,
        aggregation: str | None = "none",
        synchronization: str | None = "auto",
        name: str | None = None,
        layout: object = None,
        *,
        device: str | None = None,
        sharding: object = None,
        backend: str | None = None,
    ):
        if aggregation not in _AGGREGATIONS or synchronization not in _SYNCHRONIZATIONS:
            raise ArgumentError(
                f"`Variable` needs `aggregation` of {_AGGREGATIONS} and `synchronization` of {_SYNCHRONIZATIONS}. "
                f"Received {aggregation!r} and {synchronization!r}."
            )
        self._changes = None
        if isinstance(initializer, str) and _named is not None:
            initializer = _named(initializer)
        self.engine = registry.load(backend) if backend else (registry.engine_of(initializer) or registry.current())
        self.name = name or "variable"
        if not isinstance(self.name, str) or "/" in self.name:
            raise ArgumentError(
                f"`Variable` needs `name` to be a string without '/'. Received {name!r}. Use `name_scope`."
            )
        self.path = "/".join((*scope_names(), self.name))
        self.initializer = initializer if callable(initializer) else None
        if dtype is not None:
            requested_dtype(self.engine, dtypes.canonical(dtype), "Variable")
        first = self._first_value(initializer, shape, dtype)
        self._is_float = dtypes.is_float(self.dtype)
        self._autocast = autocast
        self._trainable = bool(trainable)
        self.aggregation, self.synchronization = aggregation or "none", synchronization or "none"
        self._constraint: Callable | None = None
        self._regularizer: Callable | None = None
        self._overwrite = False
        self.placement = self._placed(device, sharding if layout is None else layout)
        self.device = None if device is None or isinstance(self.placement, Layout) else self.placement
        self._first: Any = first  # until there is a storage
        if registry.engine_of(first) is not None or self.dtype not in self.engine.dtype_names.values():
            self._begin()

    def _adopt(self, storage: object) -> None:
        """Keep the value in a storage that a module of the engine's library has, too."""
        self.storage, self._first = storage, None
        changed(self, "storage")

    # ---- reading ------------------------------------------------------------------------------------------------

    @property
    def value(self) -> Any:
        """The value as a tensor of the engine, in the compute dtype within the call of a layer."""
        scope = scopes.scope()
        tensor = self.engine.read_storage(self.storage) if scope is None else scope.read(self)
        dtype = self._read_dtype()
        return tensor if dtype == self.dtype else self.engine.cast(tensor, dtype)

    @property
    def operand(self) -> Any:
        """What ops take for the Variable: its value, or a symbolic tensor where only shapes are worked out."""
        scope = scopes.scope()
        if scope is None or not scope.symbolic:
            return self.value
        return SymbolicTensor(self.shape, self._read_dtype())

    def _read_dtype(self) -> str:
        target = scopes.autocast_dtype()
        return target if target is not None and self._is_float and self._autocast else self.dtype

    def stored(self) -> Any:
        """Return the tensor in the storage, whatever transform is active."""
        return self.engine.read_storage(self.storage)

    def numpy(self) -> np.ndarray:
        """Return a copy of the value as a NumPy array."""
        return self.engine.to_numpy(self.value)

    def host_value(self) -> np.ndarray:
        """Return a copy of the value as a NumPy array. A value that is still on the host needs no engine."""
        first = self._first
        if isinstance(first, np.ndarray) and first.dtype == self.dtype and scopes.scope() is None:
            return first.copy()
        return self.numpy()

    def _read_with(self) -> tuple[Any, ...]:
        return self._regularizer, self._constraint

    # ---- assigning ----------------------------------------------------------------------------------------------

    def assign(self, value: object) -> Any:
        """Replace the value.

        Args:
            value: a tensor, array or number of the Variable's shape, which is cast to its dtype.

        Returns:
            The new tensor.
        """
        if isinstance(value, SymbolicTensor):  # shapes are being worked out: there is nothing to keep yet
            return value
        value = self._fit(value)
        self.write(value)
        return value

    def assign_add(self, value: object) -> Any:
        """Add to the value.

        Args:
            value: a tensor, array or number of the Variable's shape, which is cast to its dtype.

        Returns:
            The new tensor.
        """
        with scopes.autocast(None):
            return self.assign(OPS["add"](self.value, value))

    def assign_sub(self, value: object) -> Any:
        """Subtract from the value.

        Args:
            value: a tensor, array or number of the Variable's shape, which is cast to its dtype.

        Returns:
            The new tensor.
        """
        with scopes.autocast(None):
            return self.assign(OPS["subtract"](self.value, value))

    def write(self, value: Any) -> None:
        """Replace the value by a tensor that already has the right engine, shape and dtype.

        Args:
            value: the tensor.
        """
        scope = scopes.scope()
        if scope is not None:
            scope.assign(self, value)
            return
        if self._first is not None:
            with beginning:
                # No other thread made the storage meanwhile, and the value is known: a storage outlives a trace.
                if self._first is not None and not self.engine.is_tracing():
                    self._store(value)
                    return
        self.storage = self.engine.write_storage(self.storage, value)

    def _fit(self, value: Any) -> Any:
        engine = self.engine
        if isinstance(value, Variable):
            value = value.value
        owner = registry.engine_of(value)
        if owner is engine:
            shape = tuple(engine.shape(value))
            value = value if engine.dtype_name(value) == self.dtype else engine.cast(value, self.dtype)
        else:
            if owner is not None:
                raise registry.foreign(f"Variable {self.path!r}", engine, [owner], "where it is kept")
            self._must_hold(value)
            array = np.asarray(value)
            shape = array.shape
            value = self._on_engine(array)
        if shape != self.shape:
            raise ArgumentError(f"Variable {self.path!r} needs a value of shape {self.shape}. Received {shape}.")
        return value

    def _on_engine(self, array: np.ndarray) -> Any:
        layout = self.layout
        if layout is None or array.shape != self.shape:
            return self.engine.to_tensor(array, self.dtype, self.device)
        return self.engine.to_layout(array, self.dtype, layout)

    # ---- with the engines' own functions ------------------------------------------------------------------------

    def __getattr__(self, name: str) -> Any:
        if name == "storage":
            return self._begin()
        if name in Variable.__slots__:  # not set yet
            raise AttributeError(name)
        attribute = self.engine.variable_attributes.get(name)
        if attribute is None:
            raise AttributeError(f"Variable {self.path!r} has no attribute {name!r}.")
        return attribute(self)

    @classmethod
    def __torch_function__(cls, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        args, kwargs = tree.map(lambda x: x.value if isinstance(x, cls) else x, (tuple(args), kwargs or {}))
        return func(*args, **kwargs)

    def __jax_array__(self) -> Any:
        return self.value

    def __tf_tensor__(self, dtype: object = None, name: str | None = None) -> Any:
        return self.value if dtype is None else self.engine.cast(self.value, dtypes.canonical(dtype))

    def __repr__(self) -> str:
        return f"<Variable path={self.path}, shape={self.shape}, dtype={self.dtype}, value={self._value_in_short()}>"

    def _value_in_short(self) -> str:
        """The value on one line, as NumPy writes it; of many elements the first and last."""
        stored = self.stored()
        if self.engine.is_tracing():  # there may be no value yet
            return " ".join(str(stored).split())
        return " ".join(np.array2string(self.engine.to_numpy(stored), threshold=20, separator=", ").split())

    def __copy__(self) -> Variable:
        return self.__deepcopy__({})

    def __deepcopy__(self, memo: dict[int, object]) -> Variable:
        copy = Variable(
            self.numpy(),
            dtype=self.dtype,
            trainable=self.trainable,
            autocast=self._autocast,
            aggregation=self.aggregation,
            synchronization=self.synchronization,
            name=self.name,
            device=self.device,
            layout=self.layout,
            backend=self.engine.name,
        )
        copy.path = self.path
        copy.constraint, copy.regularizer = self.constraint, self.regularizer
        copy.overwrite_with_gradient = self.overwrite_with_gradient
        memo[id(self)] = copy
        return copy

    def __reduce__(self) -> Any:
        """For `pickle`: the value, without the initializer, which has done its work."""
        arguments = {
            "dtype": self.dtype,
            "trainable": self.trainable,
            "autocast": self._autocast,
            "aggregation": self.aggregation,
            "synchronization": self.synchronization,
            "name": self.name,
        }
        kept = {name: getattr(self, name) for name in ("path", "constraint", "regularizer", "overwrite_with_gradient")}
        return _unpickled, (self.numpy(), arguments, kept, self.layout or self.device, self.engine.name)


def _unpickled(
    value: np.ndarray, arguments: dict[str, Any], kept: dict[str, Any], place: Placement | None, backend: str
) -> Variable:
    """A Variable on its engine and device, or on those that there are here."""
    name = backend if backend in registry.installed() else registry.current().name
    here = registry.load(name).devices()
    layout = place if isinstance(place, Layout) and set(here).issuperset(place.mesh.devices) else None
    device = place if isinstance(place, str) and place in here else None
    variable = Variable(value, layout=layout, device=device, backend=name, **arguments)
    for attribute, each in kept.items():
        setattr(variable, attribute, each)
    return variable
