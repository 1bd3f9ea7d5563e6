"""`jit`: one graph, and whether XLA compiles it.

XLA may be twice as fast as a graph's kernels one by one, or several times slower, and compiling takes seconds. So a
graph runs as it is until it has cost a few seconds; then XLA's version is timed against it, the two called alternately,
and the faster one stays. What is known to be slower, or not to be the same, is not tried.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from typing import Any

import tensorflow as tf

from keraslite.backend.contract import Compiled, JitCompile, Step
from keraslite.backend.trials import Duel, median_ratio

from .interrupts import interrupts_kept
from .private import caller, names
from .tensors import native, to_tensor

NOT_IN_XLA = (tf.errors.InvalidArgumentError, tf.errors.UnimplementedError)  # raised for what XLA can't compile
Tensors = list[Any]
_INVESTED = 3.0  # seconds in calls before XLA is tried
_PAIRS = 20  # calls of each that are timed, alternately
# Parts of the names of operations. XLA's convolutions are slower on a CPU.
_NOT_TRIED = ("Random", "While", "StatelessIf", "Case", "TensorList", "Switch", "Conv2D", "Conv3D")
_PLAIN = "keraslite_not_by_xla"  # a collection of graphs
_BETTER = 0.97  # of the time: what XLA has to reach
_ADVICE = "`config.enable_fast_paths(False, 'compiled_steps')` leaves it out."
_RUINOUS = 3  # times the time: XLA is not tried any longer


def jit(
    fn: Callable[[Tensors, Tensors, Tensors], tuple[Tensors, Tensors]], jit_compile: JitCompile = "auto"
) -> Compiled[tf.Tensor]:
    """One graph; by XLA where `jit_compile` is True, or where it is "auto" and XLA turns out to be faster.

    Variables are its own business: TensorFlow tracks them.
    """
    program = _Graph(lambda *tensors: fn([], [], list(tensors))[1], jit_compile)
    return Compiled(program.prepare, program, program.verdict)


class _Graph:
    """What `jit` returns: call it to run the graph.

    Attributes:
        trial: between a graph and XLA's version of it, while that goes on.
        compiled: whether XLA's version was chosen.
        why: the reason for that.
    """

    def __init__(self, fn: Callable[..., Tensors], jit_compile: Any):
        self._fn = fn
        self._function = tf.function(fn, autograph=False, jit_compile=jit_compile is True)
        self._tries = jit_compile == "auto"
        self._chosen: Any = None
        self.trial: Trial | None = None
        self.compiled = jit_compile is True
        self.why = "jit_compile=True" if self.compiled else "XLA was not asked for"

    def verdict(self) -> tuple[bool | None, str]:
        """Whether XLA compiles it (None: not decided) and why."""
        return (None, self.trial.reason) if self.trial is not None else (self.compiled, self.why)

    def prepare(self, written: Tensors, read: Tensors, arguments: Tensors) -> None:
        with interrupts_kept():
            program = self._function.get_concrete_function(*(spec(x) for x in arguments))
        self._chosen = caller(program)
        if self._tries:
            self.why = _refusal(program.graph)
            self.trial = None if self.why else Trial(self._chosen, self._fn)

    def __call__(self, written: Tensors, read: Tensors, arguments: Tensors) -> tuple[Tensors, Tensors]:
        tensors = [x if isinstance(x, tf.Tensor) else to_tensor(x) for x in arguments]
        trial = self.trial
        if trial is None:
            return [], list(self._chosen(tensors) or ())
        results = trial(tensors)
        if trial.winner is not None:
            self.compiled, self.why = trial.winner is not self._chosen, trial.reason
            self._chosen, self.trial = trial.winner, None  # the other one is freed
        return [], list(results or ())


class Trial:
    """A graph, and after some time also XLA's version of the function it is of, until it is known which one is faster.

    Args:
        plain: calls the graph.
        fn: what it was made of.

    Attributes:
        winner: calls the faster one, once that is known.
    """

    def __init__(self, plain: Callable[[Tensors], Any], fn: Callable[..., Tensors]):
        self._plain, self._fn = plain, fn
        self._compiled: Callable[[Tensors], Any] | None = None
        self._spent = 0.0
        self._times: dict[bool, list[float]] = {False: [], True: []}
        self._duel = Duel(_BETTER, _RUINOUS)
        self._lock = threading.Lock()
        self.winner: Callable[[Tensors], Any] | None = None
        self._why = ""

    def __call__(self, tensors: Tensors) -> Any:
        if not self._lock.acquire(blocking=False):  # two threads at once are no measurement
            return self._plain(tensors)
        try:
            if self._compiled is None:
                return self._invest(tensors)
            return self._compare(self._compiled, tensors)
        finally:
            self._lock.release()

    def _invest(self, tensors: Tensors) -> Any:
        start = time.perf_counter()
        results = self._plain(tensors)
        self._spent += time.perf_counter() - start
        if self._spent >= _INVESTED:
            try:
                compiled = tf.function(self._fn, autograph=False, jit_compile=True)
                with interrupts_kept():
                    self._compiled = caller(compiled.get_concrete_function(*(spec(x) for x in tensors)))
            except Exception as error:  # whatever it is: the graph is there and goes on
                self._give_up(error)
        return results

    def _give_up(self, error: Exception) -> None:
        self.winner, self._why = self._plain, "XLA cannot compile it"
        if not isinstance(error, NOT_IN_XLA):
            names.warn_once("XLA's trial", f"{type(error).__name__}: {error}", _ADVICE)

    def _compare(self, by_xla: Callable[[Tensors], Any], tensors: Tensors) -> Any:
        turn = len(self._times[True]) <= len(self._times[False])
        start = time.perf_counter()
        try:
            results = (by_xla if turn else self._plain)(tensors)
        except Exception as error:
            if not turn:
                raise
            results = self._plain(tensors)  # which raises what is wrong with the function or its arguments
            self._give_up(error)
            return results
        self._times[turn].append(time.perf_counter() - start)
        plain, compiled = (self._times[which][1:] for which in (False, True))  # the first call compiles
        if len(plain) == _PAIRS:
            self._duel.judge(median_ratio(compiled, plain))
        elif plain and compiled:
            self._duel.judge(min(compiled) / max(plain), final=False)
        if self._duel.won is not None:
            self.winner = by_xla if self._duel.won else self._plain
        return results

    @property
    def reason(self) -> str:
        """What there is to say of the trial."""
        if self._compiled is None:
            return f"XLA is tried after {_INVESTED:g} s of calls"
        return self._why or self._duel.reason


def not_by_xla() -> None:
    """Called while a graph is built, by an op that is known not to be faster there: it is not tried."""
    if not tf.executing_eagerly():
        tf.compat.v1.add_to_collection(_PLAIN, True)


def _refusal(graph: Any) -> str:
    """Why XLA is not tried: where it would draw other random numbers, or where a call does not wait.

    Nor on loops and branches: it can't compile the gradients of some loops, and crashes on others. Nor on convolutions:
    it takes seconds and a quarter of a gigabyte to find out that they are slower. Empty: it may be tried.
    """
    if graph.get_collection(_PLAIN):
        return "it has an operation that is known to be no faster by XLA"
    if tf.config.list_physical_devices("GPU"):
        return "on a GPU calls do not wait, so they cannot be timed"
    names = {node.op for node in _nodes(graph.as_graph_def())}
    refused = sorted(name for name in names if name == "If" or any(part in name for part in _NOT_TRIED))
    return f"it has the operation {refused[0]}" if refused else ""


def _nodes(definition: Any) -> Any:
    yield from definition.node
    for function in definition.library.function:
        yield from function.node_def


def spec(x: Any) -> tf.TensorSpec:
    """Of a tensor, or of (shape, dtype)."""
    return tf.TensorSpec(x[0], native[x[1]]) if isinstance(x, tuple) else tf.TensorSpec(x.shape, x.dtype)
