"""`Configurable`: classes whose config is derived from the call of the constructor."""

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
    """Keeps the arguments of the outermost constructor before `__init__` can change them."""

    @property
    def __signature__(cls) -> inspect.Signature:
        """The constructor's parameters, which `inspect.signature`, `help` and editors show for the class.

        Without it they show `__call__` below. A class may have a `__signature__` of its own.
        """
        own = vars(cls).get("__signature__")
        return own if isinstance(own, inspect.Signature) else _signature(cls)

    # ABCMeta's own methods are slow, and nobody registers virtual subclasses of these classes.
    __instancecheck__ = type.__instancecheck__  # type: ignore[assignment]
    __subclasscheck__ = type.__subclasscheck__  # type: ignore[assignment]

    # It is annotated like `type.__call__`, so type checkers look at `__init__` for the arguments.
    def __call__(cls: type[_Made], *args: Any, **kwargs: Any) -> _Made:
        obj = cls.__new__(cls, *args, **kwargs)
        if not isinstance(obj, cls):  # `__new__` returned something else
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
    """An object whose `get_config` is derived: it returns the constructor's arguments, including defaults.

    For a class of keraslite, the value of a parameter is the attribute of the same name, which is normalised and may
    have been assigned since. For a user's class it is the argument. Values are serialised when `get_config` is
    called, so a value that cannot be serialised is an error only then.

    Class attributes for subclasses:
        config_omits: names of parameters that are left out while they are None.
        config_excludes: names of parameters that are never written.
        config_options: names of parameters that are left out if they came through `**kwargs`.
        config_unsaid: names of parameters that are left out if a user's class with a `get_config` passed them to the
            inherited constructor itself.
        shown_defaults: defaults that this class shows for an inherited constructor. They mean the same to the
            constructor as its own defaults, such as `(1, 1)` for 1.
    """

    config_omits: ClassVar[frozenset[str]] = frozenset()
    config_excludes: ClassVar[frozenset[str]] = frozenset()
    config_options: ClassVar[frozenset[str]] = frozenset()
    config_unsaid: ClassVar[frozenset[str]] = frozenset()
    shown_defaults: ClassVar[Mapping[str, object]] = {}
    #: What a class's constructor takes, checked before it runs (`keraslite/declared.py`).
    argument_checks: ClassVar[declared.ArgumentChecks] = {}
    _constructor: Construction | None = None

    def __init_subclass__(cls, **kwargs: object):
        super().__init_subclass__(**kwargs)
        declared.guard(cls)

    def __setattr__(self, name: str, value: object) -> None:
        made = self._constructor
        super().__setattr__(name, declared.setting(self, name, value) if made is not None and made.ended else value)

    def _constructed(self) -> None:
        """Called when the outermost constructor has ended."""
        keep_construction(self, construction(self)._replace(ended=True))

    def _setting(self, name: str, argument: object) -> object:
        """Return the current value of a constructor parameter that was given as `argument`."""
        return vars(self).get(name, argument)

    def get_config(self) -> dict[str, Any]:
        """Return the arguments that make an equal object, as plain data."""
        return derived_config(self, overridden=_overridden(self))

    @classmethod
    def from_config(cls, config: dict[str, Any]) -> Any:
        """Return an object made from what `get_config` returned."""
        return construct(cls, config)


def captured_arguments(obj: object) -> tuple[dict[str, object], tuple[object, ...]]:
    """Return the constructor's arguments by name, and those of `*args` if there were any."""
    found = construction(obj)
    return _bound(type(obj), found.args, found.kwargs)


def _bound(
    cls: type, args: tuple[object, ...], kwargs: dict[str, object]
) -> tuple[dict[str, object], tuple[object, ...]]:
    signature = _signature(cls)
    try:
        bound = signature.bind(*args, **kwargs)
    except TypeError:  # copy and pickle make objects without calling the constructor
        return dict(kwargs), tuple(args)
    bound.apply_defaults()
    result: dict[str, object] = {}
    rest: tuple[object, ...] = ()
    for name, value in bound.arguments.items():
        kind = signature.parameters[name].kind
        if kind is inspect.Parameter.VAR_POSITIONAL:
            rest = value
        elif kind is inspect.Parameter.VAR_KEYWORD:
            result.update(value)
        else:
            result[name] = value
    return result, rest


def derived_config(obj: Any, *, overridden: bool) -> dict[str, object]:
    """Return the config of `obj`.

    If the class overrides `get_config` (`overridden`) and calls this one through `super`, values that cannot be
    serialised stay as they are, because the class may replace them. The config then also has the arguments that the
    class passed to its base class in keraslite."""
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


def construct(cls: Any, config: dict[str, object]) -> object:
    """Return `cls(**config)` with nested configs deserialised, without arguments that only a base class takes."""
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
    """Return whether a class outside of keraslite defines `get_config`."""
    owner = next((c for c in type(obj).__mro__ if "get_config" in c.__dict__), None)
    return owner is not None and not owner.__module__.startswith("keraslite.")


def _bases_of_ours(cls: type) -> list[type]:
    return [base for base in cls.__mro__[1:] if base.__module__.startswith("keraslite.")]


def _inherited_arguments(obj: Any) -> tuple[set[str], dict[str, object]]:
    """Return what a user's class passed to its base class, as that would write it, and all that the base takes."""
    passed_on = construction(obj).passed_on
    if passed_on is None:
        return set(), {}
    owner, args, kwargs = passed_on
    arguments, _ = _bound(owner, args, kwargs)
    values = {name: _current(obj, name, value) for name, value in arguments.items() if name not in obj.config_unsaid}
    return set(_signature(owner).parameters), values


def _current(obj: Any, name: str, argument: Any) -> object:
    """Return the attribute of the parameter's name, unless it was made from the argument, like a sublayer."""
    value = obj._setting(name, argument)
    return argument if _has_state(value) and not _has_state(argument) else value


def _has_state(value: object) -> bool:
    return isinstance(value, VariableBase) or hasattr(type(value), "variables") or hasattr(value, "next")


def _serialized(obj: object, name: str, value: object, ours: bool, *, lenient: bool) -> object:
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


def _copied(value: Any) -> object:
    return value.copy() if type(value) in (list, dict, set) else value


def unknown_argument(cls: type, name: str, more: Iterable[str] = (), means: str | None = None) -> ArgumentError:
    """Return the error for an unknown argument of a constructor. It names similar arguments and the known ones.

    Args:
        more: further names that are known but not listed.
        means: the right name, if it is known and differs much from the given one.
    """
    own = [parameter.name for parameter in _signature(cls).parameters.values() if _is_named(parameter)]
    hint = check.nearest(name, [*_accepted(cls), *more]) if means is None else f" Did you mean {means!r}?"
    listed = f" It takes {', '.join(own)}." if own else ""
    return ArgumentError(f"`{cls.__name__}` has no argument {name!r}.{hint}{listed}")


def _accepted(cls: type) -> list[str]:
    """Return the names of the constructor's parameters, including those that `**kwargs` are passed on to."""
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
    """Return the constructor's parameters, without `self`."""
    maker: object = cls.__init__
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


def _shown_defaults(cls: type) -> Mapping[str, object]:
    """Return the `shown_defaults` that apply to a class which inherits its constructor."""
    owner = next(base for base in cls.__mro__ if "__init__" in vars(base) or "shown_defaults" in vars(base))
    return {} if "__init__" in vars(owner) else vars(owner)["shown_defaults"]
