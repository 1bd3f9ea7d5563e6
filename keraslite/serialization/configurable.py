"""`Configurable`: classes whose config is the call that made the object."""

from __future__ import annotations

import inspect
from abc import ABCMeta
from collections.abc import Iterable, Mapping
from typing import Any, ClassVar, TypeVar, cast

from keraslite import check, declared
from keraslite.backend.changes import Changing
from keraslite.backend.scopes import VariableBase
from keraslite.backend.tracebacks import shorten
from keraslite.declared import Construction, construction, keep_construction
from keraslite.errors import ArgumentError, SerializationError
from keraslite.garbage import remembered
from keraslite.serialization import registrations
from keraslite.serialization.codec import deserialize, is_config, serialize

_Made = TypeVar("_Made")


class ConfigurableMeta(ABCMeta):
    """Keeps the arguments of the outermost constructor, before `__init__` can change them."""

    @property
    def __signature__(cls) -> inspect.Signature:
        """What `inspect.signature`, `help` and editors show for the class: its constructor's parameters.

        Without it they show `__call__` below. A class may have a `__signature__` of its own.
        """
        own = vars(cls).get("__signature__")
        return own if isinstance(own, inspect.Signature) else _signature(cls)

    # ABCMeta's own are written in Python's slow path; nobody registers virtual subclasses of ours.
    __instancecheck__ = type.__instancecheck__  # type: ignore[assignment]
    __subclasscheck__ = type.__subclasscheck__  # type: ignore[assignment]

    # Annotated as `type.__call__` is: then type checkers look at `__init__` for the arguments.
    def __call__(cls: type[_Made], *args: Any, **kwargs: Any) -> _Made:
        obj = cls.__new__(cls, *args, **kwargs)
        if not isinstance(obj, cls):  # `__new__` made something else
            return obj
        positional = tuple(_copied(value) for value in args)
        keep_construction(obj, Construction(positional, {key: _copied(value) for key, value in kwargs.items()}))
        try:
            type(obj).__init__(obj, *args, **kwargs)
        except Exception as error:
            shorten(error)
            raise
        cast(Configurable, obj)._constructed()
        return obj


class Configurable(Changing, metaclass=ConfigurableMeta):
    """An object with a derived `get_config`: its constructor's arguments, defaults bound.

    For our own classes an attribute of a parameter's name counts as its value (normalised, and current after
    it was assigned); for a user's class the argument does. Values are serialised when asked for, so what
    cannot be is an error only then.

    `config_omits` names parameters left out while they are None, `config_excludes` those never written, and
    `config_options` those left out where they came through `**kwargs`, `config_unsaid` those left out where a user's
    class with a `get_config` gave them to a constructor of ours by itself. `shown_defaults` has defaults of this class
    for an inherited constructor: they mean the same to it as its own, such as `(1, 1)` for 1.
    """

    config_omits: ClassVar[frozenset[str]] = frozenset()
    config_excludes: ClassVar[frozenset[str]] = frozenset()
    config_options: ClassVar[frozenset[str]] = frozenset()
    config_unsaid: ClassVar[frozenset[str]] = frozenset()
    shown_defaults: ClassVar[Mapping[str, Any]] = {}
    #: What a class's constructor takes, checked before it runs (`keraslite/declared.py`).
    argument_checks: ClassVar[declared.ArgumentChecks] = {}
    _constructor: Construction | None = None

    def __init_subclass__(cls, **kwargs: object):
        super().__init_subclass__(**kwargs)
        declared.guard(cls)

    def _constructed(self) -> None:
        """The outermost constructor is done."""

    def _setting(self, name: str, argument: object) -> Any:
        """The current value of a parameter of the constructor, which was given as `argument`."""
        return vars(self).get(name, argument)

    def get_config(self) -> dict[str, Any]:
        """The arguments that make an equal object, as plain data."""
        return derived_config(self, overridden=_overridden(self))

    @classmethod
    def from_config(cls, config: dict[str, Any]) -> Any:
        """An object made from what `get_config` gave."""
        return construct(cls, config)


def captured_arguments(obj: object) -> tuple[dict[str, Any], tuple[Any, ...]]:
    """The constructor's arguments by name, and those of `*args` if the constructor has it and got some."""
    found = construction(obj)
    return _bound(type(obj), found.args, found.kwargs)


def _bound(cls: type, args: tuple[Any, ...], kwargs: dict[str, Any]) -> tuple[dict[str, Any], tuple[Any, ...]]:
    signature = _signature(cls)
    try:
        bound = signature.bind(*args, **kwargs)
    except TypeError:  # made without a constructor call, as copy and pickle do
        return dict(kwargs), tuple(args)
    bound.apply_defaults()
    result: dict[str, Any] = {}
    rest: tuple[Any, ...] = ()
    for name, value in bound.arguments.items():
        kind = signature.parameters[name].kind
        if kind is inspect.Parameter.VAR_POSITIONAL:
            rest = value
        elif kind is inspect.Parameter.VAR_KEYWORD:
            result.update(value)
        else:
            result[name] = value
    return result, rest


def derived_config(obj: Any, *, overridden: bool) -> dict[str, Any]:
    """The config of `obj`. With a `get_config` of its own (`overridden`) that calls this one through `super`,
    what cannot be serialised stays as it is, since it may be replaced, and what the class of ours that it
    derives from would give is there too."""
    cls = type(obj)
    arguments, rest = captured_arguments(obj)
    if rest and not overridden:
        raise SerializationError(
            f"{cls.__name__} cannot be saved: its constructor took {len(rest)} values as `*args`, which have no names. "
            f"Give {cls.__name__} a `get_config` method."
        )
    own = _signature(cls).parameters
    if registrations.is_builtin(cls):
        named, ours = {*own}, {name: _current(obj, name, value) for name, value in arguments.items()}
        arguments = {}
    else:
        named, ours = _inherited_arguments(obj) if overridden else (set(), {})
        named |= own.keys()
    arguments = {name: value for name, value in arguments.items() if name in own or name not in ours}
    result = {}
    for name, value in {**ours, **arguments}.items():
        if name in obj.config_excludes or (value is None and name in obj.config_omits):
            continue
        if name in obj.config_options and name not in named:
            continue
        result[name] = _serialized(obj, name, value, name in ours, lenient=overridden)
    return result


def construct(cls: Any, config: dict[str, Any]) -> Any:
    """`cls(**config)` with nested configs deserialised; what only a parent class of ours takes is left out."""
    signature = _signature(cls)
    kinds = {parameter.kind for parameter in signature.parameters.values()}
    values = {name: deserialize(value) if _holds_config(value) else value for name, value in config.items()}
    if inspect.Parameter.VAR_KEYWORD not in kinds:
        inherited = {name for base in _bases_of_ours(cls) for name in _signature(base).parameters}
        values = {n: v for n, v in values.items() if n in signature.parameters or n not in inherited}
    positional = []
    for name, parameter in signature.parameters.items():
        if parameter.kind is inspect.Parameter.POSITIONAL_ONLY and name in values:
            positional.append(values.pop(name))
    return cls(*positional, **values)


def _overridden(obj: object) -> bool:
    """Whether a class that is not ours defines `get_config`."""
    owner = next((c for c in type(obj).__mro__ if "get_config" in c.__dict__), None)
    return owner is not None and not owner.__module__.startswith("keraslite.")


def _bases_of_ours(cls: type) -> list[type]:
    return [base for base in cls.__mro__[1:] if base.__module__.startswith("keraslite.")]


def _inherited_arguments(obj: Any) -> tuple[set[str], dict[str, Any]]:
    """What the user's class gave to the constructor of ours, as that class would write it, and all that it takes."""
    passed_on = construction(obj).passed_on
    if passed_on is None:
        return set(), {}
    owner, args, kwargs = passed_on
    arguments, _ = _bound(owner, args, kwargs)
    values = {name: _current(obj, name, value) for name, value in arguments.items() if name not in obj.config_unsaid}
    return set(_signature(owner).parameters), values


def _current(obj: Any, name: str, argument: Any) -> Any:
    """The attribute of the parameter's name, unless it is something made from the argument, like a sublayer."""
    value = obj._setting(name, argument)
    return argument if _has_state(value) and not _has_state(argument) else value


def _has_state(value: object) -> bool:
    return isinstance(value, VariableBase) or hasattr(type(value), "variables") or hasattr(value, "next")


def _serialized(obj: object, name: str, value: object, ours: bool, *, lenient: bool) -> Any:
    if ours and registrations.is_builtin_function(value):
        return registrations.name_of_function(value)  # "relu", as Keras writes it for its own classes
    try:
        return serialize(value)
    except SerializationError as error:
        if lenient:
            return value
        raise SerializationError(
            f"{type(obj).__name__} cannot be saved: its argument {name!r} is {value!r:.100}. {error} Or give "
            f"{type(obj).__name__} a `get_config` method."
        ) from error


def _holds_config(value: object) -> bool:
    if is_config(value):
        return True
    if isinstance(value, (list, tuple)):
        return any(_holds_config(item) for item in value)
    return isinstance(value, dict) and any(_holds_config(item) for item in value.values())


def _copied(value: Any) -> Any:
    return value.copy() if type(value) in (list, dict, set) else value


def unknown_argument(cls: type, name: str, more: Iterable[str] = (), means: str | None = None) -> ArgumentError:
    """The error for a constructor's argument that nobody takes: what is near, and what the class takes.

    Args:
        more: names that are known besides, and not listed.
        means: the right name, where it is known and not like the given one.
    """
    own = [parameter.name for parameter in _signature(cls).parameters.values() if _is_named(parameter)]
    hint = check.nearest(name, [*_accepted(cls), *more]) if means is None else f" Did you mean {means!r}?"
    listed = f" It takes {', '.join(own)}." if own else ""
    return ArgumentError(f"`{cls.__name__}` has no argument {name!r}.{hint}{listed}")


def _accepted(cls: type) -> list[str]:
    """Names of the parameters of the class's constructor and of those that its `**kwargs` go on to."""
    names: list[str] = []
    for base in cls.__mro__:
        if "__init__" in vars(base) and base is not object:
            parameters = _signature(base).parameters.values()
            names += [parameter.name for parameter in parameters if _is_named(parameter)]
            if all(parameter.kind is not parameter.VAR_KEYWORD for parameter in parameters):
                break
    return names


def _is_named(parameter: inspect.Parameter) -> bool:
    return parameter.kind not in (parameter.VAR_POSITIONAL, parameter.VAR_KEYWORD, parameter.POSITIONAL_ONLY)


@remembered
def _signature(cls: type) -> inspect.Signature:
    """The constructor's parameters, without `self`."""
    maker: Any = cls.__init__
    if maker is object.__init__:
        if cls.__new__ is object.__new__:
            return inspect.Signature()
        maker = cls.__new__
    signature = inspect.signature(maker)
    shown = _shown_defaults(cls)
    parameters = [
        parameter.replace(default=shown[name]) if name in shown else parameter
        for name, parameter in list(signature.parameters.items())[1:]
    ]
    return signature.replace(parameters=parameters, return_annotation=inspect.Signature.empty)


def _shown_defaults(cls: type) -> Mapping[str, Any]:
    """The `shown_defaults` of a class that inherits its constructor from above where they stand."""
    owner = next(base for base in cls.__mro__ if "__init__" in vars(base) or "shown_defaults" in vars(base))
    return {} if "__init__" in vars(owner) else vars(owner)["shown_defaults"]
