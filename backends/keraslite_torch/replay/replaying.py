"""A `Recording` made ready to run many times: simplified, and put into TorchScript's interpreter.

The interpreter calls the same ATen operators in the same order without Python between them (0.6 us a call instead of
1.2 us and what stands around it). None of its own optimisations run. Autograd works through it as usual.

Python never runs inside the interpreter, which would turn every exception into a `RuntimeError`, a `KeyboardInterrupt`
too. So programs of the interpreter alternate with what is written in Python.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import torch

from . import private
from .comparing import compared
from .recording import Recording, Slot, Step, is_of
from .simplifying import AsRecorded, Simplifier, made, mapped, slots_of

Tensors = list[Any]


class Replay:
    """A recorded step. Call it with tensors like the recorded ones to compute the results again.

    Args:
        recording: what to do.
        exactly: whether all of its calls are made, and none other.

    Attributes:
        targets: what it writes to; None if that is too much for a comparison.
    """

    targets: Tensors | None = None

    def __init__(self, recording: Recording, exactly: bool = False):
        self._recording = recording
        self._loud = Segments(AsRecorded(recording) if exactly else Simplifier(recording), recording.inputs)
        self._silent = self._loud if exactly else None

    def __call__(self, inputs: Tensors) -> Tensors:
        return self._loud(inputs)

    def silently(self, inputs: Tensors) -> None:
        """The same without the results: what is computed for them alone is left out."""
        if self._silent is None:
            self._silent = Segments(Simplifier(self._recording, silent=True), self._recording.inputs)
        self._silent(inputs)

    def compared(self, fn: Callable[[Tensors], Tensors], inputs: Tensors) -> tuple[Tensors, bool | None]:
        """Replay, then call `fn` from the same state. Its results, and whether both did the same; None: unknown."""
        if self.targets is None:
            return fn(inputs), None
        made: list[Replay] = []

        def exact(inputs: Tensors) -> Tensors:
            made.append(Replay(self._recording, exactly=True))
            return made[0](inputs)

        outputs, same = compared(self, exact, self.targets, fn, inputs)
        if same and made:
            self._loud = self._silent = made[0]._loud
        return outputs, same


class Segments:
    """Segments in order: programs of the interpreter, and between them functions and operators written in Python."""

    def __init__(self, simplified: AsRecorded, inputs: list[Slot]):
        self._values: list[Any] = [None] * (1 + max([*inputs, *simplified.outputs, *simplified.slots], default=0))
        for slot, x in simplified.constants.items():
            self._values[slot] = x
        self._inputs, self._outputs = inputs, simplified.outputs
        self._segments = _segments(simplified)

    def __call__(self, inputs: Tensors) -> Tensors:
        values = self._values.copy()
        for slot, x in zip(self._inputs, inputs, strict=True):
            values[slot] = x
        optimize = private.optimizes()
        private.set_optimizes(False)
        try:
            for run, taken, given in self._segments:
                results = run(*[values[slot] for slot in taken])
                for slot, x in zip(given, (results,) if len(given) == 1 else results, strict=True):
                    values[slot] = x
        finally:
            private.set_optimizes(optimize)
        return [values[slot] for slot in self._outputs]


def _segments(simplified: AsRecorded) -> list[tuple[Callable[..., Any], list[Slot], list[Slot]]]:
    """(function, slots it takes, slots it gives): programs of ATen calls, and what runs in Python between them."""
    parts: list[list[Step]] = [[]]
    for step in simplified.steps:
        if _in_python(step):
            parts += [[step], []]
        else:
            parts[-1].append(step)
    parts = [part for part in parts if part]
    wanted = set(simplified.outputs)
    found = []
    for part in reversed(parts):
        given = [x for x in dict.fromkeys(y for step in part for y in made(step)) if x in wanted]
        taken = _taken(part)
        wanted.update(taken)
        run = _caller(part[0], given) if _in_python(part[0]) else Script(taken, given).of(part)
        found.append((run, taken, given))
    return found[::-1]


def _taken(part: list[Step]) -> list[Slot]:
    """Slots used before a step of the part gives them (or gives them again, written in place)."""
    known: set[Slot] = set()
    found: dict[Slot, None] = {}
    for step in part:
        found.update((x, None) for x in slots_of(step) if x not in known)
        known.update(made(step))
    return list(found)


def _in_python(step: Step) -> bool:
    """Whether a step is a function, or an operator that may be implemented in Python: any but PyTorch's own."""
    return step.kind == "opaque" or not is_of("aten", step.function)


def _caller(step: Step, given: list[Slot]) -> Callable[..., Any]:
    """The step as a function of the tensors it takes, which returns those of its results that are wanted."""
    function, args, kwargs = step.function, step.args, step.kwargs
    taken = list(dict.fromkeys(slots_of(step)))
    wanted = [step.results.index(slot) for slot in given]

    def run(*tensors: Any) -> Any:
        tensor_of = dict(zip(taken, tensors, strict=True)).__getitem__
        results = function(*mapped(args, tensor_of), **{name: mapped(x, tensor_of) for name, x in kwargs.items()})
        if isinstance(results, torch.Tensor):
            results = (results,)
        return results[wanted[0]] if len(wanted) == 1 else [results[i] for i in wanted]

    return run


class Script:
    """One program for TorchScript's interpreter, node by node."""

    def __init__(self, taken: list[Slot], given: list[Slot]):
        self._graph = private.Graph()
        self._values: dict[Slot, Any] = {slot: self._graph.addInput() for slot in taken}
        self._given = given
        self._constants: dict[Any, Any] = {}

    def of(self, steps: list[Step]) -> Callable[..., Any]:
        """The function of a list of steps."""
        for step in steps:
            self._add(step)
        results = [self._values[slot] for slot in self._given]
        if len(results) == 1:
            self._graph.registerOutput(results[0])
        else:
            node = self._graph.insertNode(self._graph.create("prim::TupleConstruct", results, 1))
            node.output().setType(private.TupleType([private.TensorType.get()] * len(results)))
            self._graph.registerOutput(node.output())
        return private.function_of("replay", self._graph)

    def _add(self, step: Step) -> None:
        schema = private.schema_of(step.function)
        inputs = []
        for i, argument in enumerate(schema.arguments):
            given = step.args[i] if i < len(step.args) else step.kwargs.get(argument.name, argument.default_value)
            inputs.append(self._value(given, argument.type))
        listed = step.many
        count = 1 if listed else len(schema.returns)
        node = self._graph.insertNode(self._graph.create(schema.name, inputs, count))
        outputs = list(node.outputs())
        for output, result in zip(outputs, schema.returns, strict=True):
            output.setType(result.type)
        if listed:
            node = self._graph.insertNode(self._graph.create("prim::ListUnpack", outputs, len(step.results)))
            outputs = list(node.outputs())
        for slot, output in zip(step.results, outputs, strict=False):
            if slot is not None:
                self._values[slot] = output

    def _value(self, x: Any, kind: Any) -> Any:
        if isinstance(x, Slot):
            return self._values[x]
        if isinstance(x, (list, tuple)):
            return self._list(list(x), kind)
        key = str(kind), type(x), repr(x)
        if key not in self._constants:
            self._constants[key] = self._constant(x, kind)
        return self._constants[key]

    def _constant(self, x: Any, kind: Any) -> Any:
        if isinstance(x, torch.memory_format):
            x = _MEMORY_FORMATS.index(x)
        elif type(x) is int and str(kind).startswith("float"):
            x = float(x)
        return self._graph.insertConstant(x)

    def _list(self, xs: list[Any], kind: Any) -> Any:
        while isinstance(kind, private.OptionalType):
            kind = kind.getElementType()
        element = kind.getElementType()
        node = self._graph.create("prim::ListConstruct", [self._value(x, element) for x in xs], 1)
        node.output().setType(private.ListType(element))
        return self._graph.insertNode(node).output()


# In the order of the numbers that the interpreter knows them by.
_MEMORY_FORMATS = [torch.contiguous_format, torch.preserve_format, torch.channels_last, torch.channels_last_3d]
