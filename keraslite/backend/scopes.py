"""What is active in this thread or task: the transform that holds Variables' values, the compute dtype.

`Scope` is how transforms see Variables. While a function is traced or differentiated, the values that
Variables have inside it stand in the scope and never in the Variables, so nothing can leak from a trace.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Any, Generic, TypeVar

from keraslite.backend.changes import Changing
from keraslite.backend.placement import Mesh, Placement
from keraslite.errors import StateError

T = TypeVar("T")


class VariableBase(Changing):
    """What this module and the engines need to know of a Variable; `keraslite.variable.Variable` is the real one."""

    __slots__ = ()

    # Steps set `storage`, so this has to be quick; Variables count their changes themselves.
    __setattr__ = object.__setattr__  # type: ignore[assignment]

    path: str
    placement: Placement
    storage: Any

    @property
    def value(self) -> Any:
        """The tensor the Variable holds where it is asked: cast, and inside a transform the transform's."""
        raise NotImplementedError

    @property
    def operand(self) -> Any:
        """What ops take for the Variable: its value, or a symbolic tensor like it where only shapes are worked out."""
        raise NotImplementedError

    def stored(self) -> Any:
        """The tensor the storage holds, whatever transform is active."""
        raise NotImplementedError

    def write(self, value: object) -> None:
        """Put a tensor of the right shape and dtype where the Variable is kept at this moment."""
        raise NotImplementedError

    def join_mesh(self, mesh: Mesh) -> None:
        """Move to the mesh that others are spread over, which are used together with it."""
        raise NotImplementedError


class SymbolicBase:
    """What this room needs to know of a tensor without values; `ops.symbolic.SymbolicTensor` is the real one."""

    __slots__ = ()


class Scope:
    """The values of Variables inside one run of a transform's function.

    Args:
        bound: values that stand for the Variables' own.
        assignable: whether `assign` is allowed (not under `vmap`).
        symbolic: whether ops see no values of Variables, only their shapes and dtypes.
        what: the transform's name, for messages.
    """

    __slots__ = ("_token", "assignable", "bound", "outer", "reads", "symbolic", "what", "writes")

    def __init__(
        self,
        bound: Mapping[VariableBase, object] | None = None,
        *,
        assignable: bool = True,
        symbolic: bool = False,
        what: str = "jit",
    ):
        self.bound = dict(bound or {})
        self.reads: dict[VariableBase, None] = {}
        self.writes: dict[VariableBase, Any] = {}
        self.assignable, self.symbolic = assignable, symbolic
        self.what = what
        self.outer: Scope | None = None

    def __enter__(self) -> Scope:
        self.outer = _scope.get()
        self._token = _scope.set(self)
        return self

    def __exit__(self, *exc_info: object) -> None:
        _scope.reset(self._token)

    def read(self, variable: VariableBase) -> Any:
        """The value `variable` has here: assigned in the scope, bound to it, or the surrounding one's."""
        if variable in self.writes:
            return self.writes[variable]
        if variable in self.bound:
            return self.bound[variable]
        self.reads[variable] = None
        return variable.stored() if self.outer is None else self.outer.read(variable)

    def assign(self, variable: VariableBase, value: object) -> None:
        """Keep `value` as the Variable's from here on."""
        if not self.assignable:
            raise StateError(
                f"`{self.what}` needs a function that assigns no Variable, since one value would have to stand for "
                f"every sample. Received an assignment to {variable.path!r}. Return the new value from the function "
                "and assign it outside."
            )
        self.writes[variable] = value

    def commit(self, values: Mapping[VariableBase, object] | None = None) -> None:
        """Assign what was written (or `values`) in the surrounding context; call it after leaving the scope."""
        for variable, value in (self.writes if values is None else values).items():
            variable.write(value)


_scope: ContextVar[Scope | None] = ContextVar("keraslite_scope", default=None)
_autocast: ContextVar[str | None] = ContextVar("keraslite_autocast", default=None)
#: Whether this thread or task is making data for `fit` and the like. `Ahead` sets it.
making_data: ContextVar[bool] = ContextVar("keraslite_making_data", default=False)

scope = _scope.get
autocast_dtype = _autocast.get


@contextmanager
def outside() -> Iterator[None]:
    """Leave every scope: Variables are their stored values again. For state that is made, not traced."""
    token = _scope.set(None)
    try:
        yield
    finally:
        _scope.reset(token)


class autocast:
    """Within it, floating Variables that allow it read as `dtype` (None: as they are)."""

    __slots__ = ("_token", "dtype")

    def __init__(self, dtype: str | None):
        self.dtype = dtype

    def __enter__(self) -> autocast:
        self._token = _autocast.set(self.dtype)
        return self

    def __exit__(self, *exc_info: object) -> None:
        _autocast.reset(self._token)


class Local(Generic[T]):
    """A setting per thread or task over a process-wide default."""

    __slots__ = ("_default", "_variable")

    def __init__(self, name: str, default: T):
        self._variable: ContextVar[Any] = ContextVar(f"keraslite_{name}", default=_UNSET)
        self._default = default

    def get(self) -> T:
        """The innermost value set in this context, else the process default."""
        value = self._variable.get()
        return self._default if value is _UNSET else value

    def set_default(self, value: T) -> None:
        """Set the process default."""
        self._default = value

    @contextmanager
    def use(self, value: T) -> Iterator[T]:
        """Set the value for the block, in this context only."""
        token = self._variable.set(value)
        try:
            yield value
        finally:
            self._variable.reset(token)


_UNSET: Any = object()


def local(name: str, default: T) -> Local[T]:
    """A new `Local` setting."""
    return Local(name, default)
