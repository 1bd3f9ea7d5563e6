"""One compiled signature of a function that reads and assigns Variables."""

from __future__ import annotations

from contextlib import suppress
from itertools import starmap
from typing import TYPE_CHECKING, Any

import numpy as np

from keraslite import config, tree
from keraslite.backend import changes
from keraslite.backend.contract import Engine
from keraslite.backend.placement import Layout
from keraslite.backend.scopes import Scope, VariableBase
from keraslite.errors import StateError
from keraslite.ops.lifting import Probe, Rest, Tensors, as_tensor, split
from keraslite.transforms.interrupts import deferred_interrupts

if TYPE_CHECKING:
    from keraslite.transforms.jit import Jitted

__all__ = ["CompiledProgram", "OtherVariables"]


class CompiledProgram:
    """One compiled signature.

    Attributes:
        key: the signature.
        inputs: the arguments without tensors.
        shapes: (shape, dtype) of each tensor argument.
        reads, writes: the Variables that are read only, and those that are assigned (empty on engines that keep
            track of them by themselves).
    """

    def __init__(self, jitted: Jitted, engine: Engine, key: tuple, leaves: list[object], structure: tree.Structure):
        self.key, self.engine = key, engine
        self._jitted, self._fn = jitted, jitted._fn
        leaves = [as_tensor(x, engine) if isinstance(x, (np.ndarray, np.generic)) else x for x in leaves]
        tensors, self.inputs = split(tree.unflatten(structure, leaves), engine)
        self.shapes = [(tuple(engine.shape(x)), engine.dtype_name(x)) for x in tensors]
        self.reads: list[VariableBase] = []
        self.writes: list[VariableBase] = []
        self._outputs: Rest
        self._calls = 0
        self._adopts = "adopts" in engine.capabilities
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
        except OtherVariables:
            self._discover(tensors)
            try:
                self._compile(tensors)
            except OtherVariables:
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
        return found if self._verdict is None else [*found, ("compiled_steps", *self._verdict())]

    @property
    def ready(self) -> bool:
        """Whether it was called before, so that no Python runs in a call."""
        return not self.writes or self._calls == 2

    def __call__(self, tensors: Tensors) -> Any:
        if not self.writes:
            return self._outputs.join(self._run([], self._held(self.reads), tensors)[1])
        box: list[tuple[Tensors, Tensors]] = []
        with self._jitted._lock:  # two threads must not donate the same tensors
            if self._calls < 2:  # JAX runs Python after the donation until it has seen a signature
                self._calls += 1
                with deferred_interrupts():
                    self._assigning([tensors], box)
            else:
                self._assigning([tensors], box)
        return self._outputs.join(box[0][1])

    def run_silently(self, batches: list[Tensors]) -> int:
        """Run calls back to back without their results. Returns how many ran before one took another path."""
        box: list[tuple[Tensors, Tensors]] = []
        with suppress(OtherVariables):
            if self.writes:
                with self._jitted._lock:
                    self._assigning(batches, box)
            else:
                read = self._held(self.reads)
                box.extend(starmap(self._run, (([], read, tensors) for tensors in batches)))
        return len(box)

    def _assigning(self, batches: list[Tensors], box: list[tuple[Tensors, Tensors]]) -> None:
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
            if isinstance(other, CompiledProgram) and other.engine is self.engine:
                self.reads, self.writes = other.reads, other.writes
                return
        self._discover(tensors)

    def _call(self, tensors: Tensors) -> object:
        args, kwargs = self.inputs.join(tensors)
        return self._fn(*args, **kwargs)

    def _discover(self, tensors: Tensors) -> None:
        probe = Probe(self.engine, self._call, tensors, "jit", numbers=False)
        self.writes = probe.writes
        written = set(probe.writes)
        self.reads = [v for v in probe.reads if v not in written]

    def _compile(self, tensors: Tensors) -> None:
        self._gather()
        native = "native_state" in self.engine.capabilities
        how: Any = self._jitted._jit_compile
        if how == "auto" and "compiled_steps" not in config.fast_paths():
            how = "plain"
        compiled = self.engine.jit(self._native if native else self._pure, how)
        self._verdict = compiled.verdict
        if native or self._jitted._donate:
            self._run = compiled.run
            compiled.prepare(self._held(self.writes), self._held(self.reads), tensors)
            return
        self._run = lambda written, read, tensors: compiled.run([], [*written, *read], tensors)
        compiled.prepare([], [*self._held(self.writes), *self._held(self.reads)], tensors)

    def _gather(self) -> None:
        """Variables that nobody has placed go to the mesh that others are spread over, since a program has one."""
        variables = [*self.writes, *self.reads]
        for mesh in (v.placement.mesh for v in variables if isinstance(v.placement, Layout)):
            for variable in variables:
                variable.join_mesh(mesh)

    def _kept(self, variable: VariableBase, value: object) -> Any:
        """A new value of a Variable, spread as the Variable is."""
        placement = variable.placement
        return self.engine.to_layout(value, None, placement) if isinstance(placement, Layout) else value

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
            raise OtherVariables
        return [self._kept(v, scope.writes[v]) for v in self.writes], outputs


def _is_full(cell: Any) -> bool:
    try:
        return cell.cell_contents is not None
    except ValueError:  # the variable was not assigned yet
        return False


class OtherVariables(Exception):
    """The function touched other Variables than the program was made for."""
