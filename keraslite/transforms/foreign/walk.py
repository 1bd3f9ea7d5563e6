"""Finds what users' code can read: from the functions that ran and the objects that a call has used."""

from __future__ import annotations

import enum
import functools
import types
from collections import OrderedDict, defaultdict, namedtuple
from collections.abc import Iterable, Mapping

import numpy as np

from keraslite.backend import changes, registry
from keraslite.backend.changes import Changing, reachable, title, use
from keraslite.backend.scopes import VariableBase
from keraslite.transforms.foreign import rules
from keraslite.transforms.foreign.guards import MISSING, Guards, content
from keraslite.transforms.foreign.rules import top
from keraslite.transforms.foreign.scan import scanned
from keraslite.transforms.foreign.witness import Witness

__all__ = ["Walk"]

_MOST, _MOST_BYTES = 3000, 1 << 18  # of guards, and of arrays: they are compared at each call
_LISTS, _DICTS = (list, tuple), (dict, OrderedDict, defaultdict)
_METHODS = (types.BuiltinFunctionType, types.MethodDescriptorType, types.WrapperDescriptorType, np.ufunc)
_DESCRIPTORS = (types.MemberDescriptorType, types.GetSetDescriptorType, type(vars(namedtuple("_", "a"))["a"]))
_OF_C = (*_DESCRIPTORS, types.MethodDescriptorType, types.WrapperDescriptorType, types.ClassMethodDescriptorType)
_METACLASSES = ("type", "ABCMeta", "EnumType", "EnumMeta")
_UNREAD = frozenset(
    ("__dict__", "__weakref__", "__doc__", "__module__", "__annotations__", "__qualname__", "_abc_impl")
)
_INERT = ("dtype", "device", "Size", "memory_format", "layout")


class Walk:
    """One search.

    Args:
        witness: of the call.
        used: objects of ours that the call has used.

    Attributes:
        guards: on all that was found.
        reasons: what was found that cannot be watched.
    """

    def __init__(self, witness: Witness, used: Iterable[Changing]):
        self.guards = Guards()
        self.reasons: dict[str, None] = {}
        self._witness = witness
        self._tensors = tuple(registry.current().tensor_types)
        codes = list(witness.ran())
        self._codes = set(codes)
        self._names = {name for code in codes for name in scanned(code).names}
        self._anything = any(scanned(code).anything for code in codes)
        self._known: set[int] = set()
        self._held: list[object] = []
        self._found: set[types.CodeType] = set()
        self._bytes = 0
        self._waiting: list[tuple[object, str]] = []
        self.guards.result(registry.current().ambient, "a setting of the engine")
        self._start(list(used))
        self._go_on()
        inner = {each for code in codes for each in scanned(code).inner}
        for code in self._codes - self._found - inner:
            self._against(f"where `{code.co_qualname}` comes from was not found")

    def _start(self, used: list[Changing]) -> None:
        for (code, _), seen in self._witness.codes.items():
            for chain in scanned(code).chains:
                self._global(seen, chain, code)
        for value in self._witness.given.values():
            self._argument(value)
        for each in reachable(used):
            self._add(each, title(each))

    def _go_on(self) -> None:
        while self._waiting:
            value, where = self._waiting.pop()
            self._look(value, where)
            if len(self.guards) > _MOST or self._bytes > _MOST_BYTES:
                self._against("users' code reads too much for it to be watched")
                return

    def _against(self, reason: str) -> None:
        self.reasons[reason] = None

    def _add(self, value: object, where: str) -> None:
        if type(value) in rules.VALUES or value is MISSING:
            return
        if id(value) not in self._known:
            self._known.add(id(value))
            self._held.append(value)
            self._waiting.append((value, where))

    def _global(self, seen: dict[str, object], chain: tuple[str, ...], code: types.CodeType) -> None:
        """A global name, and the attributes that are read of it where it is a module."""
        name, *rest = chain
        where = f"the global `{name}` of {seen.get('__name__')}"
        value = self.guards.name(seen, name, where, seen)
        if value is MISSING:
            builtins = seen.get("__builtins__")
            names = vars(builtins) if isinstance(builtins, types.ModuleType) else builtins
            if isinstance(names, Mapping):
                value = self.guards.name(names, name, f"`{name}`", names)
        hidden = self._witness.of_tensors
        while isinstance(value, types.ModuleType) and rest:
            module, name = value.__name__, rest.pop(0)
            where = f"`{name}` of {module}"
            value = self._of_module(value, name)
            if value is MISSING:
                hidden = registry.current().unrecorded  # an object of a library's
                break
        self._hide(hidden.intersection(rest), code)
        if not (_is_by_text(value) and chain[0] == getattr(value, "__name__", "")):
            self._add(value, where)

    def _of_module(self, module: types.ModuleType, name: str) -> object:
        root = top(module.__name__)
        if self._witness.is_foreign(module.__name__):
            return self.guards.name(vars(module), name, f"`{name}` of {module.__name__}", module)
        if root not in rules.OWN and not self._witness.is_pure(module.__name__, name):
            self._against(f"it uses `{name}` of `{module.__name__}`")
        found = getattr(module, name, MISSING)
        self.guards.name(vars(module), name, f"`{name}` of {module.__name__}", module)
        return found if isinstance(found, types.ModuleType) else MISSING

    def _hide(self, names: Iterable[str], code: types.CodeType) -> None:
        """Names that are read of a global that is no module."""
        for name in names:
            self._against(f"it reads `{name}` in `{code.co_qualname}`")

    def _argument(self, value: object) -> None:
        """What ours gave to somebody else's code. A nest with tensors in it was made for the call."""
        if not isinstance(value, (list, tuple, dict, set, frozenset)):
            self._add(value, title(value))
            return
        items = list(value.values() if isinstance(value, dict) else value)
        if any(isinstance(x, (*self._tensors, VariableBase)) for x in items) or not items:
            for x in items:
                if not isinstance(x, (*self._tensors, VariableBase)):
                    self._argument(x)
        elif any(isinstance(x, (list, tuple, dict)) for x in items):
            for x in items:
                self._argument(x)
        else:
            self._add(value, "an argument")

    # ---- kinds of objects ---------------------------------------------------------------------------------------

    def _look(self, value: object, where: str) -> None:
        """Watch an object, and go on with what it holds."""
        if isinstance(value, self._tensors):
            self._tensor(value, where)
        elif isinstance(value, Changing):
            self._changing(value, where)
        elif isinstance(value, types.FunctionType):
            self._function(value, where)
        elif isinstance(value, types.MethodType):
            self._add(value.__func__, where)
            self._add(value.__self__, where)
        elif isinstance(value, (staticmethod, classmethod)):
            self._add(value.__func__, where)
        elif isinstance(value, property):
            for each in (value.fget, value.fset):
                self._add(each, where)
        elif type(value) is functools.partial:
            self._add(value.func, where)
            self._items(value.args, where)
            self._items(value.keywords, where)
        elif isinstance(value, type):
            self._class(value, where)
        elif isinstance(value, types.ModuleType):
            self._module(value, where)
        elif isinstance(value, _METHODS):
            self._native(value, where)
        elif type(value) is np.ndarray:
            self._array(value, where)
        else:
            self._other(value, where)

    def _other(self, value: object, where: str) -> None:
        kind = type(value)
        ours = top(kind.__module__) in rules.OWN
        contains = isinstance(value, (*_LISTS, *_DICTS, set, frozenset))
        if contains and (kind.__module__ in ("builtins", "collections") or ours or hasattr(kind, "_fields")):
            self._items(value, where)
            if isinstance(value, tuple) and self._witness.is_foreign(kind.__module__):
                self._instance(value, where)
        elif self._is_constant(value, kind):
            return
        elif isinstance(value, enum.Enum):
            self._add(value.value, where)
            self._instance(value, where)
        elif kind is types.SimpleNamespace or (self._witness.is_foreign(kind.__module__) and self._is_plain(kind)):
            self._instance(value, where)
        else:
            self._against(f"{where} is a {kind.__name__}, whose changes are not seen")

    def _is_constant(self, value: object, kind: type) -> bool:
        """Whether it is one of Python's or of a library."""
        if isinstance(value, (np.generic, np.dtype, *_DESCRIPTORS)):
            return kind is not np.void
        if kind.__name__ in _INERT and top(kind.__module__) in self._witness.libraries:
            return True
        return isinstance(value, enum.Enum) and not self._witness.is_foreign(kind.__module__)

    def _tensor(self, value: object, where: str) -> None:
        """What users have put onto a tensor. What it holds is read at each call."""
        kind = type(value)
        if self._witness.is_foreign(kind.__module__):
            self._against(f"{where} is a {kind.__name__}, whose changes are not seen")
        held = getattr(value, "__dict__", {})
        for name in self._names.intersection(held):
            self._add(self.guards.name(held, name, f"`{name}` of {where}", value), f"`{name}` of {where}")

    def _items(self, value: object, where: str) -> None:
        if isinstance(value, (list, dict, set)):
            self.guards.container(value, where)
        items = value.values() if isinstance(value, dict) else value
        for each in [*value, *items] if isinstance(value, dict) else items:  # type: ignore[attr-defined]
            self._add(each, where)
        if isinstance(value, defaultdict):
            self._against(f"{where} is a defaultdict, which changes when it is read")

    def _array(self, value: np.ndarray, where: str) -> None:
        self._bytes += value.nbytes
        if value.dtype.hasobject:
            self._against(f"{where} is an array of objects")
        elif self._bytes <= _MOST_BYTES:
            self.guards.array(value, where)

    def _changing(self, value: Changing, where: str) -> None:
        use(value)
        if isinstance(value, VariableBase):
            return
        kind = type(value)
        own = not self._witness.is_foreign(kind.__module__)
        held, called = vars(value), title(value)
        for name in value._incidental & self._names:  # whose changes are not counted
            self._add(self.guards.name(held, name, f"`{name}` of {called}", value), f"`{name}` of {called}")
        for name, each in list(held.items()):
            text = f"`{name}` of {called}"
            if name in self._names or (self._anything and not own):
                self._add(each, text)
                if type(each) in rules.VALUES or not (own or isinstance(each, (*self._tensors, Changing))):
                    self.guards.name(held, name, text, value)
            elif own:
                self._of_ours(each, text)
        if not own:
            self.guards.result(functools.partial(type, value), f"the class of {called}")
            self._add(kind, kind.__name__)

    def _of_ours(self, value: object, where: str) -> None:
        """Of an attribute of one of our own classes: what users' code may stand in."""
        if isinstance(value, dict) and not isinstance(value, Changing):
            for each in value.values():
                if not isinstance(each, dict):
                    self._of_ours(each, where)
        elif isinstance(value, (types.FunctionType, types.MethodType, functools.partial)) or (
            self._witness.is_foreign(type(value).__module__) and not isinstance(value, (*self._tensors, Changing))
        ):
            self._add(value, where)

    def _function(self, value: types.FunctionType, where: str) -> None:
        code, text = value.__code__, f"the function `{value.__qualname__}`"
        if not self._witness.is_foreign(value.__globals__.get("__name__")):
            for cell in value.__closure__ or ():
                inner = content(cell)
                if isinstance(inner, (types.FunctionType, types.MethodType, functools.partial)):
                    self._add(inner, where)
            return
        self.guards.result(lambda: value.__code__, text)
        if self._anything:  # then an attribute may be looked for that is not there yet
            self.guards.container(value.__dict__, f"an attribute of {text}")  # type: ignore[arg-type]
        if code not in self._codes:
            return
        self._found.add(code)
        self._add(self.guards.result(lambda: value.__defaults__, f"a default of {text}"), f"a default of {text}")
        self._add(value.__kwdefaults__, f"a default of {text}")
        for name, cell in zip(code.co_freevars, value.__closure__ or (), strict=True):
            inside = f"`{name}`, which {text} closes over,"
            self._add(self.guards.result(functools.partial(content, cell), inside), inside)
        for name in vars(value):
            if name in self._names or self._anything:
                self._add(self.guards.name(vars(value), name, f"`{name}` of {text}", value), f"`{name}` of {text}")

    def _class(self, value: type, where: str) -> None:
        if not self._witness.is_foreign(value.__module__):
            home = value.__module__
            allowed = issubclass(value, BaseException) or value.__name__ in rules.BUILTINS
            if home != "builtins" and not issubclass(value, BaseException):
                allowed = home in self._witness.libraries or self._witness.is_pure(home, value.__name__)
                allowed = allowed or top(home).startswith("keraslite")
            if not allowed:
                self._against(f"{where} is the class {value.__name__} of `{home}`")
            return
        if type(value).__name__ not in _METACLASSES and self._witness.is_foreign(type(value).__module__):
            self._against(f"{where} has a metaclass")
        self.guards.result(lambda: value.__mro__, f"the bases of {value.__name__}")
        for cls in [cls for cls in value.__mro__ if self._witness.is_foreign(cls.__module__)]:
            own = vars(cls)
            if self._anything:
                self.guards.result(functools.partial(_listed, own), f"an attribute of {cls.__name__}")
            for name in {*self._names, *(x for x in own if self._anything or _is_special(x))} - _UNREAD:
                if getattr(own.get(name), "__module__", None) == changes.__name__:
                    continue  # it is there while attributes are watched
                text = f"`{name}` of {cls.__name__}"
                found = self.guards.name(own, name, text, cls)
                read = name in self._names or (self._anything and not _is_special(name))
                if read or isinstance(found, types.FunctionType):
                    self._add(found, text)
        for cls in value.__mro__:
            known = (self._witness.is_foreign(cls.__module__), issubclass(cls, Changing), cls is object)
            of_values = (
                cls in rules.VALUES if issubclass(value, enum.Enum) else cls is tuple and hasattr(value, "_fields")
            )
            if not (any(known) or of_values) and top(cls.__module__) not in ("keraslite", "abc", "typing", "enum"):
                self._against(f"{where} derives from {cls.__name__} of `{cls.__module__}`")

    def _is_plain(self, kind: type) -> bool:
        """Whether an instance holds nothing but attributes."""
        return all(
            cls is object
            or (self._witness.is_foreign(cls.__module__) and not any(map(_is_of_c, vars(cls).items())))
            or top(cls.__module__) in ("abc", "typing")
            for cls in kind.__mro__
        )

    def _instance(self, value: object, where: str) -> None:
        kind = type(value)
        text = f"{kind.__name__} in {where}"
        self._add(kind, kind.__name__)
        self.guards.result(lambda: type(value), text)
        slots = {name: x for cls in kind.__mro__ for name, x in vars(cls).items()
                 if isinstance(x, types.MemberDescriptorType)}  # fmt: skip
        for name, slot in slots.items():
            getter = functools.partial(_slot, slot, value)
            self._add(self.guards.result(getter, f"`{name}` of {text}"), f"`{name}` of {text}")
        own = getattr(value, "__dict__", None)
        if own is not None:
            self.guards.result(lambda: getattr(value, "__dict__", None), f"`__dict__` of {text}")
            if self._anything:
                self.guards.container(own, f"an attribute of {text}")
            for name in {*self._names, *(own if self._anything else ())}:
                self._add(self.guards.name(own, name, f"`{name}` of {text}", value), f"`{name}` of {text}")

    def _module(self, value: types.ModuleType, where: str) -> None:
        """A module that goes from hand to hand."""
        if self._witness.is_foreign(value.__name__):
            if self._anything:
                self._against(f"{where} is the module `{value.__name__}`, whose names are read from texts")
            for name in self._names:
                self._add(self._of_module(value, name), where)
        elif top(value.__name__) not in rules.OWN:
            of_engine = top(value.__name__) in self._witness.libraries
            unrecorded = registry.current().unrecorded if of_engine else ()  # also of its modules inside
            for name in sorted(self._names):
                known = hasattr(value, name) or name in unrecorded
                if known and not self._witness.is_pure(value.__name__, name):
                    self._against(f"it may use `{name}` of `{value.__name__}`")
            if self._anything:
                self._against(f"it may use anything of `{value.__name__}`")

    def _native(self, value: object, where: str) -> None:
        owner, name = getattr(value, "__self__", None), getattr(value, "__name__", "?")
        if _is_by_text(value):
            self._against(f"{where} is `{name}` under another name")
        elif not (isinstance(value, np.ufunc) or self._witness.may_call(value, owner, name)):
            self._against(f"{where} is `{name}`")
        elif owner is not None and not isinstance(owner, (type, types.ModuleType)):
            self._add(owner, where)


def _slot(slot: types.MemberDescriptorType, value: object) -> object:
    try:
        return slot.__get__(value)
    except AttributeError:
        return MISSING


def _is_by_text(value: object) -> bool:
    """Whether it is a function that reads attributes by texts."""
    return value is getattr or value is hasattr


def _listed(own: Mapping[str, object]) -> str:
    return " ".join(name for name in own if name != "__getattribute__")  # there while attributes are watched


def _is_of_c(item: tuple[str, object]) -> bool:
    """Whether it is something that only classes written in C have, beside slots."""
    name, value = item
    if isinstance(value, types.MemberDescriptorType) or name in _UNREAD:
        return False
    return isinstance(value, _OF_C) or (name == "__new__" and isinstance(value, types.BuiltinFunctionType))


def _is_special(name: str) -> bool:
    return name[:2] == "__" and name not in _UNREAD
