"""A `Recording` made shorter: the same results by fewer calls."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from typing import Any

import torch

from .private import unsafe_view
from .recording import Recording, Slot, Step, written

_SMALL = 4096  # elements: constants of up to so many are computed once and kept


class AsRecorded:
    """The recording as it is, with the attributes of a `Simplifier`."""

    def __init__(self, recording: Recording):
        self.steps, self.constants, self.outputs = recording.steps, recording.constants, recording.outputs

    @property
    def slots(self) -> list[Slot]:
        """Of all tensors that the steps take and give."""
        return [x for step in self.steps for x in (*slots_of(step), *made(step))]


class Simplifier(AsRecorded):
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

    def _memory(self, slot: int) -> int:
        while self._recording.aliases[slot] != slot:
            slot = self._recording.aliases[slot]
        return slot

    def _name(self, slot: Slot) -> Slot:
        return self._same.get(slot, slot)

    def _steady(self, slot: Slot) -> bool:
        return self._memory(slot) not in self._written

    def _simplify(self, step: Step) -> Step | None:
        args, kwargs = mapped(step.args, self._name), {k: mapped(v, self._name) for k, v in step.kwargs.items()}
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
        value = step.function(*mapped(step.args, self._fixed.get, Slot), **_mapped_dict(step.kwargs, self._fixed))
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
        self._steps = steps
        self._uses = Counter([*self.outputs, *(x for step in steps for x in slots_of(step))])
        self._at = {step.results[0]: i for i, step in enumerate(steps) if len(step.results) == 1}
        self._writes = [
            (i, self._memory(x)) for i, step in enumerate(steps) if step.kind == "write" for x in _targets(step)
        ]
        gone: set[int] = set()
        kept: list[list[Step]] = []
        for i, step in enumerate(steps):
            found = None
            if len(step.args) == 2 and not step.kwargs:
                if step.function is _aten.add.Tensor:
                    found = self._affine(i, step)
                elif step.function is _aten.copy_.default:
                    found = self._added(i, step)
            kept.append([step])
            if found is not None:
                gone.update(found[0])
                kept[-1] = found[1]
        return [step for i, each in enumerate(kept) if i not in gone for step in each]

    def _affine(self, i: int, step: Step) -> tuple[list[int], list[Step]] | None:
        """Of the sum with a bias, which a view may separate from the product."""
        product, bias = step.args
        between = self._before(product, i, _VIEWS)
        if between is not None:
            product = self._steps[between].args[0]
        first = self._before(product, i, (_aten.mm.default,))
        if first is None or not isinstance(bias, Slot) or not self._is_row(bias, product, step):
            return None
        if not self._undisturbed(self._steps[first], first, i):
            return None
        if between is None:
            return [first], [Step(_aten.addmm.default, (bias, *self._steps[first].args), {}, step.results)]
        view = self._steps[between]
        return [first, between], [
            Step(_aten.addmm.default, (bias, *self._steps[first].args), {}, [product]),
            Step(_aten.view.default, (product, view.args[1]), {}, step.results, "view"),
        ]

    def _is_row(self, bias: Slot, product: Any, step: Step) -> bool:
        """Whether a bias goes to each row of a product, and nothing else happens to shapes and dtypes."""
        kinds = self._recording.kinds
        shape, dtype = kinds[bias]
        (rows, made_of), total = kinds[product], kinds[step.args[0]]  # type: ignore[index]
        same = dtype == made_of and total == kinds[step.results[0]]  # type: ignore[index]
        # In narrower floats one rounding instead of two would show.
        return same and dtype in _WIDE and len(shape) == 1 and shape == rows[-1:] == total[0][-1:]

    def _added(self, i: int, step: Step) -> tuple[list[int], list[Step]] | None:
        target, total = step.args
        first = self._before(total, i, (_aten.add.Tensor,))
        kinds = self._recording.kinds
        if first is None or kinds[total] != kinds[target] or self._steps[first].args[0] != target:
            return None
        if self._steps[first].kwargs or not self._undisturbed(self._steps[first], first, i):
            return None
        return [first], [Step(_aten.add_.Tensor, (target, self._steps[first].args[1]), {}, step.results, "write")]

    def _before(self, slot: Any, i: int, functions: tuple[Any, ...]) -> int | None:
        """Where one of these gave a tensor that is used just once."""
        at = self._at.get(slot)
        if at is None or at >= i or self._steps[at].function not in functions or self._uses[slot] != 1:
            return None
        return at

    def _undisturbed(self, step: Step, start: int, stop: int) -> bool:
        """Whether nothing a step takes is written in between."""
        taken = {self._memory(x) for x in slots_of(step)}
        return not any(start < i < stop and memory in taken for i, memory in self._writes)


_WIDE = (torch.float32, torch.float64)
_VIEWS = (torch.ops.aten.view.default, unsafe_view)
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


def mapped(nest: Any, fn: Callable[[Any], Any], kind: type = Slot) -> Any:
    """The arguments of a step with `fn(slot)` for each slot."""
    if isinstance(nest, (list, tuple)):
        return [mapped(x, fn) for x in nest]
    return fn(nest) if isinstance(nest, kind) else nest


def _mapped_dict(kwargs: dict[str, Any], values: dict[Slot, Any]) -> dict[str, Any]:
    return {name: mapped(x, values.get) for name, x in kwargs.items()}


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
    """The tensors that an operator writes to."""
    return [x for x in written(step.function, step.args, step.kwargs) if isinstance(x, Slot)]
