"""Names of layers and of their attributes: what they may be, and those that libraries written for Keras use."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any, Generic, Protocol, Self, TypeAlias, TypeVar, overload

from keraslite.errors import ArgumentError, TakenNameError

if TYPE_CHECKING:
    from keraslite.layers.base import Layer

#: The one attribute that every layer has for its own work, a `LayerState`.
STATE = "_own"


def checked_name(name: object) -> str:
    """A name that can stand in a path."""
    if not isinstance(name, str) or "/" in name or not name:
        raise ArgumentError(f"A layer needs `name` to be a string without '/'. Received {name!r}.")
    return name


class Titled(Protocol):
    """What has a path."""

    @property
    def path(self) -> str: ...


def title(layer: Titled) -> str:
    """A layer in messages: its class and path."""
    return f"{type(layer).__name__} layer {layer.path!r}"


def is_property(cls: type, name: str) -> bool:
    """Whether the class says itself what setting an attribute of that name means."""
    return isinstance(getattr(cls, name, None), (property, Alias, _Kept, Role))


def set_attribute(layer: Layer, name: str, value: object) -> None:
    """As `object.__setattr__`; an error that says so where the class has a property of that name."""
    try:
        object.__setattr__(layer, name, value)
    except AttributeError:
        known = getattr(type(layer), name, None)
        if isinstance(known, property) and known.fset is None:
            raise taken(layer, name) from None
        raise


def taken(layer: Layer, name: str) -> TakenNameError:
    """The error for an attribute that a layer keeps for itself."""
    return TakenNameError(
        f"`{type(layer).__name__}` needs another name for its attribute {name!r}, which every layer keeps for itself. "
        f"Received an assignment to it. Rename it, for example to 'my_{name.lstrip('_')}'."
    )


class Shown:
    """A property that is hidden by an instance attribute of the same name."""

    def __init__(self, get: Callable[[Layer], object]):
        self._get = get

    def __get__(self, layer: Layer | None, owner: type) -> Any:
        return self if layer is None else self._get(layer)


def stated(doc: str) -> Any:
    """An attribute that each layer of a class sets, and which the class has too, as Keras's has a property of it."""
    return _Stated(doc)


class _Stated:
    """Stands for an attribute on the class. A layer's own attribute of that name hides it."""

    def __init__(self, doc: str):
        self.__doc__ = doc

    def __set_name__(self, owner: type, name: str) -> None:
        self._name = name

    def __get__(self, layer: Layer | None, owner: type) -> Any:
        if layer is None:
            return self
        try:
            return vars(layer)[self._name]  # asked for by `super()`, from a property that hides the attribute
        except KeyError:
            raise AttributeError(
                f"{title(layer)} has no {self._name!r} before it is built. Call it, or call `build(input_shape)`."
            ) from None


def kept(field: str) -> Any:
    """A field of the layer's state under another name, as an attribute of the layer that can be read and set."""
    return _Kept(field)


class _Kept:
    """A field of the layer's state under another name, as an attribute of the layer that can be read and set."""

    def __init__(self, field: str):
        self._field = field

    def __get__(self, layer: Layer | None, owner: type) -> object:
        return self if layer is None else getattr(layer._own, self._field)

    def __set__(self, layer: Layer, value: object) -> None:
        setattr(layer._own, self._field, value)


class Alias:
    """Another name of an attribute: it reads and sets that attribute."""

    def __init__(self, name: str):
        self._name = name

    def __get__(self, layer: Layer | None, owner: type) -> Any:
        return self if layer is None else getattr(layer, self._name)

    def __set__(self, layer: Layer, value: object) -> None:
        setattr(layer, self._name, value)


_Given = TypeVar("_Given", contravariant=True)

#: What a role reads as: an object or a function, or None.
Found: TypeAlias = Callable[..., Any] | None


class Role(Generic[_Given]):
    """An attribute that is set to whatever stands for an object, such as its name, and reads as that object."""

    def __init__(self, find: Callable[[Any], Found]):
        self._find = find

    def __set_name__(self, owner: type, name: str) -> None:
        self._name = name

    @overload
    def __get__(self, layer: None, owner: type) -> Self: ...
    @overload
    def __get__(self, layer: object, owner: type) -> Found: ...
    def __get__(self, layer: object, owner: type) -> Self | Found:
        if layer is None:
            return self
        try:
            return vars(layer)[self._name]
        except KeyError:
            raise AttributeError(f"{type(layer).__name__!r} object has no attribute {self._name!r} yet") from None

    def __set__(self, layer: Layer, value: _Given) -> None:
        own = vars(layer)
        own[self._name] = layer._own.tracker.assign(self._name, self._find(value), own.get(self._name))
