"""`jit`: a function over any nests that reads and assigns Variables, as compiled programs.

One program belongs to one signature: the structure of the arguments, shapes and dtypes of tensors, values of
everything else, and the settings a trace may look at. On engines without state of their own (JAX) a first run
without numbers finds the Variables that are touched; those that are assigned become donated inputs and outputs.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Hashable
from functools import update_wrapper
from typing import Any

import numpy as np

from keraslite import check, config, tree
from keraslite.backend import dtypes, registry, scopes
from keraslite.backend.contract import Engine
from keraslite.backend.device import requested_device, requested_mesh
from keraslite.backend.scopes import VariableBase
from keraslite.backend.tracebacks import shorten
from keraslite.backend.trials import SWITCHED_OFF, Patience, Verdict
from keraslite.errors import ArgumentError
from keraslite.ops.lifting import Tensors, expect_function
from keraslite.ops.symbolic import SymbolicTensor
from keraslite.transforms.compiled import CompiledProgram, OtherVariables
from keraslite.transforms.recompilations import Recompilations
from keraslite.transforms.recorded import Recorded

_ambient: list[Callable[[], Hashable]] = [
    scopes.autocast_dtype,
    config.floatx,
    config.epsilon,
    config.image_data_format,
    config.portable_random,
    requested_device,
    requested_mesh,
]


def depends_on(getter: Callable[[], Hashable]) -> None:
    """Make a setting part of what compiled programs are chosen by.

    Args:
        getter: a function that returns the setting, which functions look at while they are traced. The setting has to
            be hashable.

    Example:
        >>> import numpy as np
        >>> from keraslite import transforms
        >>> setting = {"factor": 2}
        >>> transforms.depends_on(lambda: setting["factor"])
        >>> scaled = transforms.jit(lambda x: x * setting["factor"])
        >>> float(scaled(np.array(3.0)))
        6.0
        >>> setting["factor"] = 5
        >>> float(scaled(np.array(3.0)))
        15.0
    """
    _ambient.append(getter)


def jit(
    fn: Callable[..., object], *, jit_compile: bool | str = "auto", donate: bool = True, replay: bool = False
) -> Jitted:
    """Return `fn`, compiled where the engine gains by it. Results are the same.

    Args:
        fn: a function of nests. Arrays and tensors among the arguments are inputs of the program; everything else,
            Python numbers too, has to be hashable and is compiled in. It may read, assign and create Variables. Python
            runs it only while a program is made (on JAX twice; on TensorFlow again when XLA is tried).
        jit_compile: "auto": compiled by JAX, a graph on TensorFlow (by XLA once that was timed to be faster), as it is
            on PyTorch and NumPy. True: by XLA on TensorFlow and by Inductor on PyTorch. False: a graph on TensorFlow,
            as it is elsewhere.
        donate: reuse the memory of the Variables that are assigned. Their old `value`s can then not be read.
        replay: where nothing is compiled by itself (PyTorch), record the operations of the second call with a signature
            and run those from then on, without Python between them. Results carry no gradients. It is not done where
            Python looked at a tensor's values.

    A program is made anew when an attribute of a layer, loss, metric, optimizer, ... that it has used was set.
    Inside another transform, on symbolic tensors, and on engines that compile nothing, `fn` just runs.

    Example:
        >>> import numpy as np
        >>> from keraslite import transforms
        >>> double = transforms.jit(lambda x: x * 2)
        >>> float(double(np.array(3.0)))
        6.0
    """
    expect_function(fn, "fn", "jit")
    check.one_of(jit_compile, ("auto", True, False), "jit_compile", "jit")
    name = getattr(fn, "__qualname__", type(fn).__name__).rpartition(".")[2]
    watch = Recompilations(f"the function {name!r}", "call it without `jit`", fn)
    return Jitted(fn, jit_compile, donate, replay, watch=watch)


class Jitted:
    """What `jit` returns: call it like the function.

    Args:
        fn, jit_compile, donate, replay: as for `jit`.
        gradients: whether the engine's own gradients go through replayed calls, as they do through compiled ones.
        watch: warns when there are ever more programs; None: nobody asked for them to be made.
        roots: objects whose attributes `fn` reads, besides those it calls.

    Example:
        >>> import numpy as np
        >>> from keraslite import transforms
        >>> double = transforms.jit(lambda x: x * 2)
        >>> isinstance(double, transforms.Jitted)
        True
        >>> float(double(np.array(3.0)))
        6.0
    """

    def __init__(
        self,
        fn: Callable[..., object],
        jit_compile: bool | str,
        donate: bool,
        replay: bool,
        *,
        gradients: bool = False,
        watch: Recompilations | None = None,
        roots: tuple[object, ...] = (),
    ):
        update_wrapper(self, fn)
        self.roots = (*roots, getattr(fn, "__self__", None))
        self._replay, self._gradients = replay, gradients
        self._patience: dict[tuple[Hashable, ...], Patience] = {}
        self._remade, self._cause = 0, ""  # how often a program was made again, and why the last time
        self._fn = fn
        self._jit_compile = jit_compile
        self._donate = donate
        self._watch = watch
        self._lock = threading.RLock()
        self._programs: dict[tuple[Hashable, ...], CompiledProgram | Recorded] = {}
        self._kinds: dict[type, Any] = {}

    @property
    def name(self) -> str:
        """What warnings call the function."""
        return self._watch.name if self._watch is not None else f"The function {getattr(self, '__qualname__', 'fn')!r}"

    @property
    def programs(self) -> tuple[CompiledProgram | Recorded, ...]:
        """The programs made so far, oldest first; each has `key`, `shapes`, `reads`, `writes`."""
        return tuple(self._programs.values())

    def verdicts(self, name: str = "") -> list[Verdict]:
        """What was decided for each program: see `config.explain_fast_paths`.

        Args:
            name: what to call the function.
        """
        name = name or f"function {getattr(self, '__qualname__', 'fn').rpartition('.')[2]!r}"
        again = f"; made {self._remade + 1} times, the last time because {self._cause} was set" if self._remade else ""
        found = []
        for program in self.programs:
            shapes = " ".join(str(shape) for shape, _ in program.shapes)
            for path, taken, reason in program.verdicts():
                found.append(Verdict(f"{name} {shapes}".rstrip(), path, taken, reason + again))
        if not found:
            compiles = self._compiles(registry.current())
            found = [Verdict(name, "compiled", None if compiles else False, _uncalled(compiles))]
        return found

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        try:
            return self._dispatch(args, kwargs)
        except Exception as error:
            shorten(error)
            raise

    def waits(self, *args: object) -> bool:
        """Return whether such a call runs in Python now, and will be a recorded one later.

        Args:
            *args: the positional arguments of the call.
        """
        found = self._signature(args, {})
        if found is None or "compile" in found[0].capabilities or self._jit_compile != "auto":
            return False
        program = self._programs.get(found[1])
        return program is None or program.outdated() or (isinstance(program, Recorded) and program.waits)

    def run_silently(self, calls: list[tuple[object, ...]]) -> int:
        """Run calls back to back whose results nobody reads, with as little Python between them as possible.

        A replay skips work that only produces results.

        Args:
            calls: the positional arguments of each call.

        Returns:
            How many calls ran: the longest prefix served by one existing program.
        """
        program, batches = None, []
        for args in calls:
            found = self._signature(args, {})
            if found is None:
                break
            _, key, tensors, _, _ = found
            own = self._programs.get(key)
            if own is None or not own.ready or own.outdated() or own is not (program or own):
                break
            program = own
            batches.append(tensors)
        return 0 if program is None else program.run_silently(batches)

    def _dispatch(self, args: tuple[object, ...], kwargs: dict[str, object]) -> Any:
        found = self._signature(args, kwargs)
        if found is None:
            return self._fn(*args, **kwargs)
        engine, key, tensors, leaves, structure = found
        program = self._programs.get(key)
        if program is not None and program.outdated():
            program = self._void(program)
        if program is None:
            program = self._make(engine, key, leaves, structure)
        try:
            return program(tensors)
        except OtherVariables:  # traced again (another sharding, say) and took another path
            self._programs.pop(program.key, None)
            return self._make(engine, key, leaves, structure)(tensors)

    def _signature(
        self, args: tuple[object, ...], kwargs: dict[str, object]
    ) -> tuple[Engine, tuple[Hashable, ...], Tensors, list[object], tree.Structure] | None:
        """Engine, signature, tensors, leaves and structure of a call; None where the function just runs."""
        if scopes.scope() is not None or not self._compiles(registry.current()):
            return None
        leaves, structure = tree.split((args, kwargs))
        owner = None
        tensors = []
        key: list[Hashable] = [structure]
        kinds = self._kinds
        for x in leaves:
            kind = kinds.get(x.__class__) or self._learn(x)
            if kind is _STATIC:
                key.append(_static(x))
            elif kind is _SYMBOLIC:
                return None
            else:
                engine, signature = kind
                key.append(signature(x))
                tensors.append(x)
                if engine is not owner and engine is not None:
                    owner = engine if owner is None else registry.engine_of_all(*tensors)
        engine = owner or registry.current()
        if engine.is_tracing() or (owner is not None and not self._compiles(owner)):
            return None
        key.append(engine.name)
        key.extend([getter() for getter in _ambient])
        return engine, tuple(key), tensors, leaves, structure

    def __get__(self, instance: object, owner: object = None) -> Any:
        if instance is None:
            return self
        return lambda *args, **kwargs: self(instance, *args, **kwargs)

    def _compiles(self, engine: Engine) -> bool:
        capabilities = engine.capabilities
        if self._jit_compile is True:
            return "gradients" in capabilities
        if self._replay and self._jit_compile == "auto" and "replays" in capabilities:
            return "replayed_steps" in config.fast_paths()
        return "compile" in capabilities and (self._jit_compile == "auto" or "native_state" in capabilities)

    def _void(self, program: CompiledProgram | Recorded) -> None:
        """Something that the program has built in is another one now: it is not run again."""
        with self._lock:
            self._programs.pop(program.key, None)
        self._remade, self._cause = self._remade + 1, program.cause
        verb = "compiled"
        if isinstance(program, Recorded):
            verb = "recorded"
            if program.replays is None or program.patience.ended(program.replays):
                return
        if self._watch is not None:
            self._watch.voided(program.cause, verb)

    def _learn(self, x: object) -> Any:
        """How leaves of this type enter the signature."""
        cls = type(x)
        if issubclass(cls, SymbolicTensor):
            kind: Any = _SYMBOLIC
        elif issubclass(cls, VariableBase):
            kind = _STATIC
        elif issubclass(cls, (np.ndarray, np.generic)):
            kind = None, _array_signature
        else:
            engine = registry.engine_of(x)
            kind = _STATIC if engine is None else (engine, engine.signature)
        self._kinds[cls] = kind
        return kind

    def _make(
        self, engine: Engine, key: tuple, leaves: list[object], structure: tree.Structure
    ) -> CompiledProgram | Recorded:
        with self._lock:
            program = self._programs.get(key)
            if program is not None:
                return program
            start = time.perf_counter()
            if "compile" not in engine.capabilities and self._jit_compile == "auto":
                patience = self._patience.setdefault(key, Patience())
                program = self._programs[key] = Recorded(self, engine, key, leaves, structure, patience)
                return program
            program = self._programs[key] = CompiledProgram(self, engine, key, leaves, structure)
        self.made(program, "compiled", time.perf_counter() - start)
        return program

    def made(self, program: CompiledProgram | Recorded, verb: str, seconds: float) -> None:
        """Count a program that was made.

        Args:
            program: the program.
            verb: what was done to make it.
            seconds: how long that took.
        """
        if self._watch is not None:
            self._watch.count(program.key, program.inputs, program.shapes, verb, seconds)


def _uncalled(compiles: bool) -> str:
    if compiles:
        return "not called yet"
    engine = registry.current()
    if "replays" in engine.capabilities and "replayed_steps" not in config.fast_paths():
        return SWITCHED_OFF
    return f"{engine.name} runs it in Python"


_STATIC, _SYMBOLIC = "static", "symbolic"


def _array_signature(x: np.ndarray | np.generic) -> Hashable:
    if not dtypes.is_numeric(x.dtype):
        raise ArgumentError(f"`jit` needs arrays of numbers as arguments. Received dtype {x.dtype}. Convert it first.")
    return x.shape, x.dtype


def _static(x: Any) -> Hashable:
    """What tells values apart: 1, 1.0 and True are not the same to a trace."""
    if x.__class__ is float:
        return float, x.hex()
    try:
        hash(x)
    except TypeError:
        raise ArgumentError(
            f"`jit` needs tensors, arrays or hashable values as arguments. Received {type(x).__name__}. "
            "Let the function close over it."
        ) from None
    return x.__class__, x
