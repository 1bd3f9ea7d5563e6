"""A `Recording` made shorter: the same results by fewer calls."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from typing import Any

import torch

from .recording import Recording, Slot, Step

_SMALL = 4096  # elements: constants of up to so many are computed once and kept


class Simplifier:
    """The recording without what need not run each time.

    Names of the same tensor become one, small tensors that depend on nothing are computed once, equal calls of pure
    functions run once, and calls whose results nobody uses not at all. Whatever may share memory with a tensor that is
    written is left as it is. Then two calls become one where ATen has one for both.

    Args:
        silent: whether nobody wants the results either, only what is written.
    """

    def __init__(self, recording: Recording, silent: bool = False):
        self._recording = recording
        self.constants = dict(recording.constants)
        self._same: dict[int, Slot] = {}
        self._fixed: dict[Slot, torch.Tensor] = {}
        self._seen: dict[Any, list[Slot | None]] = {}
        self._written = {self._memory(x) for step in recording.steps if step.kind == "write" for x in _targets(step)}
        with torch.no_grad():
            steps = [step for step in map(self._simplify, recording.steps) if step is not None]
        self.outputs = [] if silent else [self._name(slot) for slot in recording.outputs]
        self.steps = self._joined(self._used(steps))
        self.constants.update(self._fixed)
        needed = {x for step in self.steps for x in slots_of(step)} | set(self.outputs)
        self.constants = {slot: x for slot, x in self.constants.items() if slot in needed}

    @property
    def slots(self) -> list[Slot]:
        """Of all tensors that the steps take and give."""
        return [x for step in self.steps for x in (*slots_of(step), *made(step))]

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
        if step.kind not in ("pure", "view") or not all(self._steady(x) for x in [*slots_of(step), *made(step)]):
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
        small = all(self._recording.kinds[x][0].numel() <= _SMALL for x in made(step))
        if step.many or not small or not all(x in self._fixed for x in slots_of(step)):
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
            if step.kind in ("pure", "view") and not any(x in wanted for x in made(step)):
                continue
            wanted.update(slots_of(step))
            kept.append(step)
        return kept[::-1]

    # ---- two calls as one ---------------------------------------------------------------------------------------

    def _joined(self, steps: list[Step]) -> list[Step]:
        """`x @ w + b` as one call, and `v.copy_(v + x)` as `v.add_(x)`."""
        self._uses = Counter([*self.outputs, *(x for step in steps for x in slots_of(step))])
        by = {step.results[0]: step for step in steps if len(step.results) == 1 and step.results[0] is not None}
        gone: set[int] = set()
        kept = []
        for step in steps:
            joined, first = None, None
            if step.function is _aten.add.Tensor:
                first, joined = self._affine(step, by)
            elif step.function is _aten.copy_.default:
                first, joined = self._added(step, by)
            if joined is not None:
                gone.add(id(first))
            kept.append(joined or step)
        return [step for step in kept if id(step) not in gone]

    def _affine(self, step: Step, by: dict[Any, Step]) -> tuple[Step | None, Step | None]:
        product, bias = step.args[0], step.args[1]
        first = by.get(product)
        if first is None or first.function is not _aten.mm.default or not self._only_here(product, step):
            return None, None
        if not isinstance(bias, Slot) or not self._steady(bias) or self._written_among(first):
            return None, None
        (shape, dtype), (wanted, other) = self._recording.kinds[bias], self._recording.kinds[product]
        if dtype not in _WIDE or dtype != other:  # in narrower floats one rounding instead of two would show
            return None, None
        if len(shape) > 1 or shape[-1:] not in ((), wanted[-1:]):
            return None, None
        return first, Step(_aten.addmm.default, (bias, *first.args), {}, step.results)

    def _added(self, step: Step, by: dict[Any, Step]) -> tuple[Step | None, Step | None]:
        target, total = step.args[0], step.args[1]
        first = by.get(total)
        if first is None or first.function is not _aten.add.Tensor or not self._only_here(total, step):
            return None, None
        change = first.args[1]
        steady = not isinstance(change, Slot) or self._steady(change)
        if first.args[0] != target or self._recording.kinds[total] != self._recording.kinds[target] or not steady:
            return None, None
        return first, Step(_aten.add_.Tensor, (target, change), {}, step.results, "write")

    def _only_here(self, slot: Any, step: Step) -> bool:
        """Whether the step is all that uses a tensor, and in no other way than its arguments say."""
        return self._uses[slot] == 1 and not step.kwargs and len(step.args) == 2

    def _written_among(self, step: Step) -> bool:
        return not all(self._steady(x) for x in slots_of(step))


_WIDE = (torch.float32, torch.float64)
_aten = torch.ops.aten
_DETACH = _aten.detach.default
_IDENTITIES = {
    _DETACH,
    _aten.alias.default,
    _aten.lift_fresh.default,
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


def slots_of(step: Step) -> list[Slot]:
    """The tensors that a step takes."""
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


def made(step: Step) -> list[Slot]:
    """The tensors that a step gives."""
    return [x for x in step.results if x is not None]


def _targets(step: Step) -> list[Slot]:
    """The arguments that an operator writes to."""
    found: list[Slot] = []
    for i, argument in enumerate(step.function._schema.arguments):
        if argument.alias_info is not None and argument.alias_info.is_write:
            given = step.args[i] if i < len(step.args) else step.kwargs.get(argument.name)
            found += [x for x in (given if isinstance(given, list) else [given]) if isinstance(x, Slot)]
    return found
