"""`jit`: a function over any nests that reads and assigns Variables, as compiled programs.

One program belongs to one signature: the structure of the arguments, shapes and dtypes of tensors, values of
everything else, and the settings a trace may look at. On engines without state of their own (JAX) a first run
without numbers finds the Variables that are touched; those that are assigned become donated inputs and outputs.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Hashable
from contextlib import suppress
from functools import update_wrapper
from itertools import starmap
from typing import Any

import numpy as np

from keraslite import check, config, tree
from keraslite.backend import changes, registry, state
from keraslite.backend.device import requested_device
from keraslite.backend.state import Scope, VariableBase
from keraslite.backend.tracebacks import shorten
from keraslite.backend.trials import SWITCHED_OFF, Patience, Verdict
from keraslite.errors import ArgumentError, StateError
from keraslite.ops.lifting import Probe, Rest, Tensors, as_tensor, expect_function, split
from keraslite.ops.symbolic import SymbolicTensor
from keraslite.transforms.interrupts import deferred_interrupts
from keraslite.transforms.recompilations import Recompilations
from keraslite.transforms.recorded import Recorded

_ambient: list[Callable[[], Hashable]] = [
    state.autocast_dtype,
    config.floatx,
    config.epsilon,
    config.image_data_format,
    config.portable_random,
    requested_device,
]


def depends_on(getter: Callable[[], Hashable]) -> None:
    """Make `getter()` part of every signature: a setting that functions look at while they are traced."""
    _ambient.append(getter)


def jit(fn: Callable[..., Any], *, jit_compile: bool | str = "auto", donate: bool = True,
        replay: bool = False) -> Jitted:  # fmt: skip
    """`fn` compiled where the engine gains by it; results as without.

    Args:
        fn: of nests. Arrays and tensors among the arguments are inputs of the program; everything else, Python numbers
            too, has to be hashable and is compiled in. It may read, assign and create Variables. Python runs it only
            while a program is made (on JAX twice; on TensorFlow again when XLA is tried).
        jit_compile: "auto": compiled by JAX, a graph on TensorFlow (by XLA once that was timed to be faster), as it is
            on PyTorch and NumPy. True: by XLA on TensorFlow and by Inductor on PyTorch. False: a graph on TensorFlow,
            as it is elsewhere.
        donate: reuse the memory of the Variables that are assigned. Their old `value`s can then not be read.
        replay: where nothing is compiled by itself (PyTorch), record the operations of the second call with a signature
            and run those from then on, without Python between them. Results carry no gradients. It is not done where
            Python looked at a tensor's values.

    A program is made anew when an attribute of a layer, loss, metric, optimizer, ... that it has used was set.
    Inside another transform, on symbolic tensors, and on engines that compile nothing, `fn` just runs.
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
    """

    def __init__(self, fn: Callable[..., Any], jit_compile: bool | str, donate: bool, replay: bool, *,
                 gradients: bool = False, watch: Recompilations | None = None,
                 roots: tuple[Any, ...] = ()):  # fmt: skip
        update_wrapper(self, fn)
        self.roots = (*roots, getattr(fn, "__self__", None))
        self._replay, self._gradients = replay, gradients
        self._patience: dict[Any, Patience] = {}
        self._causes: list[str] = []  # of programs that were made again
        self._fn = fn
        self._jit_compile = jit_compile
        self._donate = donate
        self._watch = watch
        self._lock = threading.RLock()
        self._programs: dict[Any, Program | Recorded] = {}
        self._kinds: dict[type, Any] = {}

    @property
    def programs(self) -> tuple[Program | Recorded, ...]:
        """The programs made so far, oldest first; each has `key`, `shapes`, `reads`, `writes`."""
        return tuple(self._programs.values())

    def verdicts(self, name: str = "") -> list[Verdict]:
        """What was decided for each program: see `config.explain_fast_paths`.

        Args:
            name: what to call the function.
        """
        name = name or f"function {getattr(self, '__qualname__', 'fn').rpartition('.')[2]!r}"
        again = f"; made {len(self._causes) + 1} times, last since {self._causes[-1]} was set" if self._causes else ""
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

    def in_turn(self, calls: list[tuple[Any, ...]]) -> int:
        """Calls one after another whose results nobody wants, with as little Python between them as can be.

        A replay leaves out what the results alone need. Gives how many ran: as many from the first on as go through
        one program that is there already.
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
        return 0 if program is None else program.in_turn(batches)

    def _dispatch(self, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
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
        except _OtherVariables:  # traced again (another sharding, say) and took another path
            self._programs.pop(program.key, None)
            return self._make(engine, key, leaves, structure)(tensors)

    def _signature(self, args: tuple[Any, ...], kwargs: dict[str, Any]) -> tuple[Any, ...] | None:
        """Engine, signature, tensors, leaves and structure of a call; None where the function just runs."""
        if state.scope() is not None or not self._compiles(registry.current()):
            return None
        leaves, structure = tree.split((args, kwargs))
        owner = None
        tensors = []
        key: list[Any] = [structure]
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

    def __get__(self, instance: Any, owner: Any = None) -> Any:
        if instance is None:
            return self
        return lambda *args, **kwargs: self(instance, *args, **kwargs)

    def _compiles(self, engine: Any) -> bool:
        capabilities = engine.capabilities
        if self._jit_compile is True:
            return "gradients" in capabilities
        if self._replay and self._jit_compile == "auto" and "replays" in capabilities:
            return "replayed_steps" in config.fast_paths()
        return "compile" in capabilities and (self._jit_compile == "auto" or "native_state" in capabilities)

    def _void(self, program: Program | Recorded) -> None:
        """Something that the program has built in is another one now: it is not run again."""
        with self._lock:
            self._programs.pop(program.key, None)
        self._causes.append(program.cause)
        verb = "compiled"
        if isinstance(program, Recorded):
            verb = "recorded"
            if program.replays is None or program.patience.ended(program.replays):
                return
        if self._watch is not None:
            self._watch.voided(program.cause, verb)

    def _learn(self, x: Any) -> Any:
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

    def _make(self, engine: Any, key: tuple, leaves: list[Any], structure: Any) -> Program | Recorded:
        with self._lock:
            program = self._programs.get(key)
            if program is not None:
                return program
            start = time.perf_counter()
            if "compile" not in engine.capabilities and self._jit_compile == "auto":
                patience = self._patience.setdefault(key, Patience())
                program = self._programs[key] = Recorded(self, engine, key, leaves, structure, patience)
                return program
            program = self._programs[key] = Program(self, engine, key, leaves, structure)
        self.made(program, "compiled", time.perf_counter() - start)
        return program

    def made(self, program: Program | Recorded, verb: str, seconds: float) -> None:
        """A program is there, and that took so long."""
        if self._watch is not None:
            self._watch.count(program.key, program.inputs, program.shapes, verb, seconds)


class Program:
    """One compiled signature.

    Attributes:
        key: the signature.
        inputs: the arguments without tensors.
        shapes: (shape, dtype) of each tensor argument.
        reads, writes: the Variables that are read only, and those that are assigned (empty on engines that keep
            track of them by themselves).
    """

    def __init__(self, jitted: Jitted, engine: Any, key: tuple, leaves: list[Any], structure: Any):
        self.key, self.engine = key, engine
        self._jitted, self._fn = jitted, jitted._fn
        leaves = [as_tensor(x, engine) if isinstance(x, (np.ndarray, np.generic)) else x for x in leaves]
        tensors, self.inputs = split(tree.unflatten(structure, leaves), engine)
        self.shapes = [(tuple(engine.shape(x)), engine.dtype_name(x)) for x in tensors]
        self.reads: list[VariableBase] = []
        self.writes: list[VariableBase] = []
        self._outputs: Rest
        self._calls = 0
        self._adopts = hasattr(engine, "adopt_storage")
        used = [*jitted.roots, *self.inputs.leaves]
        around = [cell.cell_contents for cell in getattr(self._fn, "__closure__", None) or () if _is_full(cell)]
        with changes.watching(used, around) as watch:
            self._trace(tensors)
        self._read = changes.Reads(watch)

    def _trace(self, tensors: Tensors) -> None:
        if "native_state" not in self.engine.capabilities:
            self._expect(tensors)
        try:
            self._compile(tensors)
        except _OtherVariables:
            self._discover(tensors)
            try:
                self._compile(tensors)
            except _OtherVariables:
                raise StateError(
                    "`jit` needs a function that touches the same Variables each time it is traced. Received one that "
                    "touches others, or makes new ones at each call. Keep the Variables outside of it."
                ) from None

    def outdated(self) -> bool:
        """Whether an object that it has built in has changed."""
        return self._read.changed()

    @property
    def cause(self) -> str:
        """What changed, in words."""
        return self._read.cause

    def verdicts(self) -> list[tuple[str, bool | None, str]]:
        """Fast paths, whether they are taken, and why."""
        found: list[tuple[str, bool | None, str]] = [("compiled", True, f"by {self.engine.name}")]
        own = getattr(self._run, "verdict", None)
        return found if own is None else [*found, ("compiled_steps", *own)]

    @property
    def ready(self) -> bool:
        """Whether it was called before, so that no Python runs in a call."""
        return not self.writes or self._calls == 2

    def __call__(self, tensors: Tensors) -> Any:
        if not self.writes:
            return self._outputs.join(self._run([], self._held(self.reads), tensors)[1])
        box: list[Any] = []
        with self._jitted._lock:  # two threads must not donate the same tensors
            if self._calls < 2:  # JAX runs Python after the donation until it has seen a signature
                self._calls += 1
                with deferred_interrupts():
                    self._assigning([tensors], box)
            else:
                self._assigning([tensors], box)
        return self._outputs.join(box[0][1])

    def in_turn(self, batches: list[Tensors]) -> int:
        """Calls one after another without their results. Gives how many ran before one took another path."""
        box: list[Any] = []
        with suppress(_OtherVariables):
            if self.writes:
                with self._jitted._lock:
                    self._assigning(batches, box)
            else:
                read = self._held(self.reads)
                box.extend(starmap(self._run, (([], read, tensors) for tensors in batches)))
        return len(box)

    def _assigning(self, batches: list[Tensors], box: list[Any]) -> None:
        """Calls one after another; what each of them gave comes into `box`."""
        held, read = self._held(self.writes), self._held(self.reads)
        # What one call wrote is what the next one reads: `extend` shows each result as soon as it is there.
        groups = ((box[-1][0] if box else held, read, tensors) for tensors in batches)
        try:
            try:
                # In C as a whole: whatever interrupts, either nothing is donated or the results stand in `box`.
                box.extend(starmap(self._run, groups))
            finally:
                if box:
                    self._write(box[-1][0])
        except BaseException:
            if box:
                self._write(box[-1][0])
            raise

    def _held(self, variables: list[VariableBase]) -> Tensors:
        return [v.storage for v in variables] if self._adopts else [v.stored() for v in variables]

    def _write(self, values: Tensors) -> None:
        if self._adopts:
            for v, value in zip(self.writes, values, strict=True):
                v.storage = value
        else:
            for v, value in zip(self.writes, values, strict=True):
                v.write(value)

    # ---- making it ----------------------------------------------------------------------------------------------

    def _expect(self, tensors: Tensors) -> None:
        """Guess that the function touches what it touched for the last signature; the trace tells if not."""
        for other in reversed(self._jitted.programs):
            if isinstance(other, Program) and other.engine is self.engine:
                self.reads, self.writes = other.reads, other.writes
                return
        self._discover(tensors)

    def _call(self, tensors: Tensors) -> Any:
        args, kwargs = self.inputs.join(tensors)
        return self._fn(*args, **kwargs)

    def _discover(self, tensors: Tensors) -> None:
        probe = Probe(self.engine, self._call, tensors, "jit", numbers=False)
        self.writes = probe.writes
        written = set(probe.writes)
        self.reads = [v for v in probe.reads if v not in written]

    def _compile(self, tensors: Tensors) -> None:
        native = "native_state" in self.engine.capabilities
        how = self._jitted._jit_compile
        if how == "auto" and "compiled_steps" not in config.fast_paths():
            how = "plain"
        prepare, run = self.engine.jit(self._native if native else self._pure, how)
        if not native and not self._jitted._donate:
            run_pure = run
            run = lambda written, read, tensors: run_pure([], [*written, *read], tensors)  # noqa: E731
            prepare_pure = prepare
            prepare = lambda written, read, tensors: prepare_pure([], [*written, *read], tensors)  # noqa: E731
        self._run = run
        prepare(self._held(self.writes), self._held(self.reads), tensors)

    def _native(self, written: Tensors, read: Tensors, tensors: Tensors) -> tuple[Tensors, Tensors]:
        outputs, self._outputs = split(self._call(tensors), self.engine)
        return [], outputs

    def _pure(self, written: Tensors, read: Tensors, tensors: Tensors) -> tuple[Tensors, Tensors]:
        """The function as the engine sees it: also where JAX traces it again by itself."""
        variables = [*self.writes, *self.reads]
        bound = dict(zip(variables, [*written, *read], strict=True))
        with Scope(bound, what="jit") as scope:
            outputs, self._outputs = split(self._call(tensors), self.engine)
        if scope.reads or set(scope.writes) != set(self.writes):
            raise _OtherVariables
        return [scope.writes[v] for v in self.writes], outputs


def _is_full(cell: Any) -> bool:
    try:
        return cell.cell_contents is not None
    except ValueError:  # the variable was not assigned yet
        return False


class _OtherVariables(Exception):
    """The function touched other Variables than the program was made for."""


def _uncalled(compiles: bool) -> str:
    if compiles:
        return "not called yet"
    engine = registry.current()
    if "replays" in engine.capabilities and "replayed_steps" not in config.fast_paths():
        return SWITCHED_OFF
    return f"{engine.name} runs it in Python"


_STATIC, _SYMBOLIC = "static", "symbolic"


def _array_signature(x: Any) -> Hashable:
    if x.dtype.kind in "OUSMmV" and x.dtype.name not in _EXTENSION:
        raise ArgumentError(f"`jit` needs arrays of numbers as arguments. Received dtype {x.dtype}. Convert it first.")
    return x.shape, x.dtype


_EXTENSION = ("bfloat16", "float8_e4m3fn", "float8_e5m2")


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
