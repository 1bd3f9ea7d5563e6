"""A `Recording` made ready to run many times: simplified, and put into TorchScript's interpreter.

The interpreter calls the same ATen operators in the same order without Python between them (0.6 us a call instead of
1.2 us and what stands around it). None of its own optimisations run. Autograd works through it as usual.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import torch

from .recording import Recording, Slot, Step

Tensors = list[Any]
_SMALL = 4096  # elements: constants of up to so many are computed once and kept


class Replay:
    """Call it with tensors like those recorded; gives the results anew."""

    def __init__(self, recording: Recording):
        simplified = Simplifier(recording)
        self._constants = [(slot, simplified.constants[slot]) for slot in simplified.constants]
        self._inputs = recording.inputs
        self._outputs = simplified.outputs
        self._segments = _segments(simplified)

    def __call__(self, inputs: Tensors) -> Tensors:
        values: dict[int, Any] = dict(self._constants)
        values.update(zip(self._inputs, inputs, strict=True))
        optimize = torch._C._get_graph_executor_optimize()
        torch._C._set_graph_executor_optimize(False)
        try:
            for run, taken, given in self._segments:
                results = run(*[values[slot] for slot in taken])
                if len(given) == 1:
                    values[given[0]] = results
                else:
                    values.update(zip(given, results, strict=True))
        finally:
            torch._C._set_graph_executor_optimize(optimize)
        return [values[slot] for slot in self._outputs]


class Simplifier:
    """The recording without what need not run each time.

    Names of the same tensor become one, small tensors that depend on nothing are computed once, equal calls of pure
    functions run once, and calls whose results nobody uses not at all. Whatever may share memory with a tensor that is
    written is left as it is.
    """

    def __init__(self, recording: Recording):
        self._recording = recording
        self.constants = dict(recording.constants)
        self._same: dict[int, Slot] = {}
        self._fixed: dict[Slot, torch.Tensor] = {}
        self._seen: dict[Any, list[Slot | None]] = {}
        self._written = {self._memory(x) for step in recording.steps if step.kind == "write" for x in _targets(step)}
        with torch.no_grad():
            steps = [step for step in map(self._simplify, recording.steps) if step is not None]
        self.outputs = [self._name(slot) for slot in recording.outputs]
        self.steps = self._used(steps)
        self.constants.update(self._fixed)
        needed = {x for step in self.steps for x in _slots(step)} | set(self.outputs)
        self.constants = {slot: x for slot, x in self.constants.items() if slot in needed}

    def _memory(self, slot: int) -> int:
        while self._recording.aliases[slot] != slot:
            slot = self._recording.aliases[slot]
        return slot

    def _name(self, slot: Slot) -> Slot:
        return self._same.get(slot, slot)

    def _steady(self, slot: Slot) -> bool:
        return self._memory(slot) not in self._written

    def _simplify(self, step: Step) -> Step | None:
        args, kwargs = _mapped(step.args, self._name), {k: _mapped(v, self._name) for k, v in step.kwargs.items()}
        step = Step(step.function, tuple(args), kwargs, step.results, step.kind, step.many)
        if step.function in _IDENTITIES and not (self._recording.gradients and step.function is _DETACH):
            self._same[step.results[0]] = step.args[0]  # type: ignore[index]
            return None
        if step.kind not in ("pure", "view") or not all(self._steady(x) for x in [*_slots(step), *_made(step)]):
            return step
        if self._fix(step):
            return None
        key = _key(step)
        first = self._seen.get(key)
        if first is None:
            self._seen[key] = step.results
            return step
        for mine, theirs in zip(step.results, first, strict=True):
            if mine is not None and theirs is not None:
                self._same[mine] = theirs
        return None

    def _fix(self, step: Step) -> bool:
        """Compute a small tensor now that is the same each time; whether this is one."""
        small = all(self._recording.sizes[x] <= _SMALL for x in _made(step))
        if step.many or not small or not all(x in self._fixed for x in _slots(step)):
            return False
        value = step.function(*_mapped(step.args, self._fixed.get, Slot), **_mapped_dict(step.kwargs, self._fixed))
        for slot, x in zip(step.results, value if isinstance(value, tuple) else (value,), strict=True):
            if slot is not None:
                self._fixed[slot] = x
        return True

    def _used(self, steps: list[Step]) -> list[Step]:
        wanted = set(self.outputs)
        kept = []
        for step in reversed(steps):
            if step.kind in ("pure", "view") and not any(x in wanted for x in _made(step)):
                continue
            wanted.update(_slots(step))
            kept.append(step)
        return kept[::-1]


_DETACH = torch.ops.aten.detach.default
_IDENTITIES = {
    _DETACH,
    torch.ops.aten.alias.default,
    torch.ops.aten.lift_fresh.default,
}


def _key(step: Step) -> Any:
    return step.function, _frozen(step.args), _frozen(step.kwargs)


def _frozen(x: Any) -> Any:
    if isinstance(x, (list, tuple)):
        return tuple(_frozen(each) for each in x)
    if isinstance(x, dict):
        return tuple((name, _frozen(x[name])) for name in sorted(x))
    return type(x), repr(x) if isinstance(x, float) else x


def _mapped(nest: Any, fn: Callable[[Any], Any], kind: type = Slot) -> Any:
    if isinstance(nest, (list, tuple)):
        return [_mapped(x, fn) for x in nest]
    return fn(nest) if isinstance(nest, kind) else nest


def _mapped_dict(kwargs: dict[str, Any], values: dict[Slot, Any]) -> dict[str, Any]:
    return {name: _mapped(x, values.get) for name, x in kwargs.items()}


def _slots(step: Step) -> list[Slot]:
    found: list[Slot] = []

    def look(x: Any) -> None:
        if isinstance(x, Slot):
            found.append(x)
        elif isinstance(x, (list, tuple)):
            for each in x:
                look(each)

    look(step.args)
    look(list(step.kwargs.values()))
    return found


def _made(step: Step) -> list[Slot]:
    return [x for x in step.results if x is not None]


def _targets(step: Step) -> list[Slot]:
    """The arguments that an operator writes to."""
    found: list[Slot] = []
    for i, argument in enumerate(step.function._schema.arguments):
        if argument.alias_info is not None and argument.alias_info.is_write:
            given = step.args[i] if i < len(step.args) else step.kwargs.get(argument.name)
            found += [x for x in (given if isinstance(given, list) else [given]) if isinstance(x, Slot)]
    return found


# ---- programs of the interpreter ----------------------------------------------------------------------------


def _segments(simplified: Simplifier) -> list[tuple[Callable[..., Any], list[Slot], list[Slot]]]:
    """(function, slots it takes, slots it gives): programs of ATen calls, and opaque functions between them."""
    parts: list[list[Step]] = [[]]
    for step in simplified.steps:
        if step.kind == "opaque":
            parts += [[step], []]
        else:
            parts[-1].append(step)
    parts = [part for part in parts if part]
    wanted = set(simplified.outputs)
    found = []
    for part in reversed(parts):
        given = [x for x in dict.fromkeys(y for step in part for y in _made(step)) if x in wanted]
        taken = _taken(part)
        wanted.update(taken)
        run = _opaque(part[0]) if part[0].kind == "opaque" else Script(taken, given).of(part)
        found.append((run, taken, given))
    return found[::-1]


def _taken(part: list[Step]) -> list[Slot]:
    """Slots used before a step of the part gives them (or gives them again, written in place)."""
    made: set[Slot] = set()
    found: dict[Slot, None] = {}
    for step in part:
        found.update((x, None) for x in _slots(step) if x not in made)
        made.update(_made(step))
    return list(found)


def _opaque(step: Step) -> Callable[..., Any]:
    function, args = step.function, step.args

    def run(*tensors: Any) -> Any:
        left = dict(zip(dict.fromkeys(_slots(step)), tensors, strict=True))
        return function(*[left[x] if isinstance(x, Slot) else x for x in args])

    return run


class Script:
    """One program for TorchScript's interpreter, node by node."""

    def __init__(self, taken: list[Slot], given: list[Slot]):
        self._graph = torch._C.Graph()
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
            node.output().setType(torch._C.TupleType([torch._C.TensorType.get()] * len(results)))
            self._graph.registerOutput(node.output())
        return torch._C._create_function_from_graph("replay", self._graph)

    def _add(self, step: Step) -> None:
        schema = step.function._schema
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
        while isinstance(kind, torch._C.OptionalType):
            kind = kind.getElementType()
        element = kind.getElementType()
        node = self._graph.create("prim::ListConstruct", [self._value(x, element) for x in xs], 1)
        node.output().setType(torch._C.ListType(element))
        return self._graph.insertNode(node).output()


# In the order of the numbers that the interpreter knows them by.
_MEMORY_FORMATS = [torch.contiguous_format, torch.preserve_format, torch.channels_last, torch.channels_last_3d]
