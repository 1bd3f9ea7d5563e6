"""Which code runs in a block, and what it calls."""

from __future__ import annotations

import gc
import sys
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from types import CodeType, FrameType, ModuleType

from keraslite.backend import registry
from keraslite.transforms.foreign import rules
from keraslite.transforms.foreign.rules import top
from keraslite.transforms.foreign.scan import scanned

__all__ = ["Witness"]

_CONTENTS = (list, dict, tuple, set, frozenset, str, bytes, int, float, complex, range)
_DATA = (bool, int, float, complex, str, bytes, type(None))
_ASKED = rules.STANDARD | {"keraslite"}
_ITERATORS = frozenset(map(type, (iter([]), iter(()), iter({}), iter({}.items()), iter({}.values()), (_ for _ in ()))))


class Witness:
    """Takes down which functions run that are neither keraslite's nor of the libraries it stands on.

    Attributes:
        modules: whose functions ran.
        codes: the code that ran, with the globals that it sees.
        given: arguments with which such code was entered, but for tensors and plain values.
        reasons: what it called that keeps a call in Python.
        of_tensors: unrecorded names that tensors have. They matter whatever object they are read of.
    """

    def __init__(self) -> None:
        engine = registry.current()
        self.libraries = rules.OWN | set(rules.NOT_OF) | set(engine.libraries)
        self._tensors = tuple(engine.tensor_types)
        self._hidden = engine.unrecorded
        self.of_tensors = frozenset(name for name in self._hidden if any(hasattr(kind, name) for kind in self._tensors))
        self._foreign: dict[str, bool] = {}
        self.modules: dict[str, None] = {}
        self.codes: dict[tuple[CodeType, int], dict[str, object]] = {}
        self.given: dict[int, object] = {}
        self.reasons: dict[str, None] = {}

    @contextmanager
    def watching(self) -> Iterator[None]:
        """Watch the block, in this thread."""
        if sys.getprofile() is not None:
            self.modules["a profiler"] = None
            self.reasons["a profiler runs"] = None
            yield
            return
        modules, known, see = self.modules, self._foreign, self._see

        def quickly(frame: FrameType, event: str, argument: object) -> None:
            """Until somebody else's code runs, only that matters."""
            if event == "call":
                if modules or known.get(frame.f_globals.get("__name__", "?")) is not False:
                    see(frame, event, argument)
            elif modules and event == "c_call":
                see(frame, event, argument)

        collecting = gc.isenabled()
        gc.disable()  # others have callbacks there
        sys.setprofile(quickly)
        try:
            yield
        finally:
            sys.setprofile(None)
            if collecting:
                gc.enable()

    def is_foreign(self, module: object) -> bool:
        """Whether a module, by its name, is neither ours nor one of the libraries below us or of Python."""
        name = module if isinstance(module, str) else "?"
        found = self._foreign.get(name)
        if found is None:
            root = top(name)
            found = root not in self.libraries and not rules.is_standard(root) and not name.startswith("namedtuple_")
            self._foreign[name] = found
        return found

    def _see(self, frame: FrameType, event: str, argument: object) -> None:
        try:
            self._note(frame, event, argument)
        except Exception as error:  # which is no matter of the step, that goes on
            self.reasons[f"it could not be watched: {type(error).__name__}: {error}"] = None

    def _note(self, frame: FrameType, event: str, argument: object) -> None:
        if event == "call":
            module = frame.f_globals.get("__name__")
            if self.is_foreign(module):
                self.modules[module or "?"] = None
                self._enter(frame)
            elif frame.f_back is not None and top(module) in _ASKED:
                name = frame.f_code.co_qualname
                called = self.is_foreign(frame.f_back.f_globals.get("__name__"))
                if called and self._refuses(str(module), name.partition(".")[0]):
                    makes = name == "ConfigurableMeta.__call__"
                    self.reasons["it makes a layer or the like" if makes else f"it calls `{name}` of `{module}`"] = None
        elif event == "c_call":
            self._call(frame.f_globals.get("__name__"), argument)

    def _refuses(self, module: str, name: str) -> bool:
        """Whether a function of Python or of ours does more than compute when users' code calls it."""
        return rules.keeps_settings(module, name) if top(module) == "keraslite" else not self.is_pure(module, name)

    def _enter(self, frame: FrameType) -> None:
        """A function of somebody else begins."""
        code = frame.f_code
        self.codes.setdefault((code, id(frame.f_globals)), frame.f_globals)
        back = frame.f_back
        if back is None or not self.is_foreign(back.f_globals.get("__name__")):
            count = code.co_argcount + code.co_kwonlyargcount + bool(code.co_flags & 4) + bool(code.co_flags & 8)
            for name in code.co_varnames[:count]:
                value = frame.f_locals.get(name)
                if not isinstance(value, (*self._tensors, *_DATA)):
                    self.given[id(value)] = value

    def _call(self, module: object, function: Callable[..., object] | object) -> None:
        name = getattr(function, "__name__", "?")
        foreign = self.is_foreign(module)
        owner = getattr(function, "__self__", None)
        if not foreign:
            if type(owner) is ModuleType and name in ("print", "open", "input") and function in rules.OUTSIDE:
                self.reasons[f"`{name}` is called in it"] = None
            elif type(owner).__module__ == "_io":
                self.reasons[f"it reads or writes a file by `{name}`"] = None
            elif name in self._hidden and isinstance(owner, self._tensors) and not top(module).startswith("keraslite"):
                self.reasons[f"it reads a tensor by `{name}`"] = None
            return
        if not self.may_call(function, owner, name):
            home = owner.__name__ if isinstance(owner, ModuleType) else type(owner).__name__
            self.reasons[f"it calls `{name}` of `{home}`"] = None

    def may_call(self, function: object, owner: object, name: str) -> bool:
        """Whether a function of C gives the same for the same arguments, and does nothing else."""
        if owner is None or isinstance(owner, (ModuleType, type)):
            home = getattr(function, "__module__", None)
            if isinstance(owner, (ModuleType, type)):
                home = home or (owner.__name__ if isinstance(owner, ModuleType) else owner.__module__)
            if home == "builtins":
                return name in rules.BUILTINS or isinstance(owner, type)
            return self.is_pure(str(home), name)
        if isinstance(owner, (*_CONTENTS, *self._tensors)) or type(owner) in _ITERATORS:
            return True
        home = type(owner).__module__
        return top(home) in self.libraries and "random" not in home and name not in self._hidden

    def is_pure(self, module: str, name: str) -> bool:
        """Whether a function of a library or of Python depends on its arguments alone."""
        root = top(module)
        if root in rules.NOT_OF:
            return name not in rules.NOT_OF[root] and "random" not in module
        if root in self.libraries:
            return name not in self._hidden
        return root in rules.PURE and name not in rules.NOT_PURE

    def ran(self) -> Iterable[CodeType]:
        """The code that ran."""
        return [code for code, _ in self.codes]

    def spoken(self) -> list[str]:
        """What speaks against a replay as far as code tells, with the name of its function."""
        found = dict.fromkeys(self.reasons)
        for code in self.ran():
            scan = scanned(code)
            words = [*scan.reasons, *(f"it reads `{name}`" for name in sorted(scan.attributes & self.of_tensors))]
            found.update((f"{word} in `{code.co_qualname}`", None) for word in words)
        return list(found)
