"""What a function of tensors did, as a list of ATen calls: taken down while PyTorch really runs it, autograd included.

A `Recording` is only true of later calls if nothing but tensors decided what ran. It is refused where Python saw a
value (`.item()`, `bool()`, `to_numpy`), a shape depended on values, or a generator of torch drew outside `opaque`.
"""

from __future__ import annotations

import functools
import weakref
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from typing import Any

import torch

from keraslite.backend import changes

from ..private import is_batched, unwrapped
from .private import DispatchMode, schema_of

Tensors = list[Any]

_active: ContextVar[Recorder | None] = ContextVar("keraslite_torch_recorder", default=None)


class Slot(int):
    """The number of a tensor among the recording's arguments."""


@dataclass(slots=True)
class Step:
    """One call: of an ATen operator, or of a Python function with tensors among its arguments (`opaque`)."""

    function: Any
    args: tuple[Any, ...]
    kwargs: dict[str, Any]
    results: list[Slot | None]
    kind: str = "pure"  # or "view", "write", "opaque"
    many: bool = False  # whether the results come as a list


@dataclass(slots=True)
class Recording:
    """Steps over numbered tensors.

    Attributes:
        inputs: slots of the arguments, in order.
        constants: tensors that were there before, by slot: storages of Variables and the like, kept by reference.
        outputs: slots of the results.
        aliases: for every slot the slot that stands for all tensors that may share its memory.
        kinds: shape and dtype, by slot.
        gradients: whether autograd goes through the replayed calls.
    """

    steps: list[Step]
    inputs: list[Slot]
    constants: dict[Slot, torch.Tensor]
    outputs: list[Slot]
    aliases: list[int]
    kinds: list[tuple[torch.Size, torch.dtype]]
    gradients: bool = False


class Recorder(DispatchMode):
    """While it is active, every ATen call of this thread is run and taken down.

    With `gradients`, autograd is to work through the calls when they are replayed: then nothing may run that gives
    gradients in another way.

    Attributes:
        refusal: why what runs may not be replayed.
        failure: the error because of which it could not be taken down.
        before: tensors that were there before and are written, each with a copy from before that, oldest copy first;
            None where that would be too much memory.
    """

    def __init__(self, inputs: Tensors, gradients: bool = False):
        super().__init__()
        self.gradients = gradients
        self.steps: list[Step] = []
        self.refusal: str | None = None
        self.failure: Exception | None = None
        self.before: list[tuple[torch.Tensor, torch.Tensor]] | None = []
        self.constants: dict[Slot, torch.Tensor] = {}
        self.aliases: list[int] = []
        self.kinds: list[tuple[torch.Size, torch.dtype]] = []
        self._known: dict[int, tuple[Any, Slot]] = {}
        self._old: set[int] = set()  # who stands for memory that was there before
        self._copied: set[Slot] = set()
        self._paused = False
        self.inputs = [self._given(x) for x in inputs]
        self._arguments = set(self.inputs)  # and views of them

    def __torch_dispatch__(self, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        kwargs = kwargs or {}
        given = self._try(self._before, func, args, kwargs)
        results = func(*args, **kwargs)
        if given is not None:
            self._try(self._after, func, given, results)
        return results

    def _try(self, look: Callable[..., Any], *args: Any) -> Any:
        """Take something down. What goes wrong in doing so is no matter of the step, which goes on."""
        if self.refusal is not None or self._paused:
            return None
        try:
            return look(*args)
        except Exception as error:
            self.refusal, self.failure = "it can't be taken down", error
        return None

    def _before(self, func: Any, args: Any, kwargs: dict[str, Any]) -> Any:
        # Our own operators have their gradients, and run without grad mode.
        if self.gradients and not is_of("keraslite", func) and not torch.is_grad_enabled():
            self.refusal = f"{func} runs without gradients"
        if torch.Tag.data_dependent_output in func.tags or torch.Tag.dynamic_output_shape in func.tags:
            self.refusal = f"{func} depends on values"
        elif torch.Tag.nondeterministic_seeded in func.tags and _argument(func, "dropout_p", args, kwargs) != 0:
            self.refusal = f"{func} draws from torch's generator"
        given = [self._slots(x) for x in args], {name: self._slots(x) for name, x in kwargs.items()}
        if _kind(func) == "write":
            for target in written(func, args, kwargs):
                if self._slots(target) in self._arguments:
                    self.refusal = f"{func} writes to an argument"
                self._copy(target)
        return given

    def _after(self, func: Any, given: Any, results: Any) -> None:
        kind = _kind(func)
        if func in _FILLS and results.is_contiguous():  # reads sizes only, which are the same each time
            given = [list(results.shape), _FILLS[func]], {"dtype": results.dtype, "device": results.device}
            func = _aten.full.default
        listed = results if isinstance(results, (list, tuple)) else [results]
        slots = [self._result(x, kind, given) for x in listed]
        self.steps.append(Step(func, tuple(given[0]), given[1], slots, kind, _is_list(func)))

    def _copy(self, x: torch.Tensor) -> None:
        """Keep what is about to be overwritten, if it was there before."""
        slot = self._slots(x)
        if self.before is None or slot in self._copied or self.find(slot) not in self._old:
            return
        self._copied.add(slot)
        self.before.append((x, x.detach().clone()))
        if sum(copy.nbytes for _, copy in self.before) > _COPIED:
            self.before = None

    def call(self, fn: Callable[..., torch.Tensor], args: tuple[Any, ...]) -> torch.Tensor:
        """Run `fn` unseen; it will be called again each time."""
        given = self._try(self._before_call, fn, args)
        before, self._paused = self._paused, True
        try:
            result = fn(*args)
        finally:
            self._paused = before
        if given is not None:
            self._try(lambda: self.steps.append(Step(fn, given, {}, [self._new(self._bare(result))], "opaque")))
        return result

    def _before_call(self, fn: Callable[..., torch.Tensor], args: tuple[Any, ...]) -> tuple[Any, ...]:
        bare = [self._bare(x) for x in args]
        if any(isinstance(x, torch.Tensor) and x.requires_grad for x in bare) and torch.is_grad_enabled():
            self.refusal = f"{fn.__name__} is differentiated"
        return tuple(self._slots(x) for x in bare)

    def _bare(self, x: Any) -> Any:
        """A tensor as ATen's calls get it: without what `torch.func` puts around it. One of a vmap is refused."""
        if not isinstance(x, torch.Tensor):
            return x
        if is_batched(x):
            self.refusal = "a sample of a vmap draws"
        return unwrapped(x)

    def finish(self, outputs: Tensors) -> Recording | None:
        """The recording, whose results are `outputs`; None if something was refused."""
        if self.refusal is not None:
            return None
        slots = [self._slots(x) for x in outputs]
        return Recording(self.steps, self.inputs, self.constants, slots, self.aliases, self.kinds, self.gradients)

    def _slots(self, x: Any) -> Any:
        if isinstance(x, torch.Tensor):
            found = self._known.get(id(x))
            if found is not None:
                return found[1]
            slot = self._given(x)
            self.constants[slot] = x
            return slot
        if isinstance(x, (list, tuple)):
            return [self._slots(each) for each in x]
        if isinstance(x, torch.Generator):
            self.refusal = "a generator of torch draws"
        return x

    def _given(self, x: torch.Tensor) -> Slot:
        """A tensor that was there before."""
        slot = self._new(x)
        self._old.add(slot)
        return slot

    def _new(self, x: torch.Tensor) -> Slot:
        slot = Slot(len(self.aliases))
        self.aliases.append(slot)
        self.kinds.append((x.shape, x.dtype))
        key = id(x)
        # A number is forgotten with its tensor: nothing is kept alive that would not be without a recording.
        self._known[key] = weakref.ref(x, lambda _: self._known.pop(key, None)), slot
        return slot

    def _result(self, x: Any, kind: str, given: tuple[list[Any], dict[str, Any]]) -> Slot | None:
        if not isinstance(x, torch.Tensor):
            return None
        found = self._known.get(id(x))
        if found is not None:  # written in place, or handed through
            return found[1]
        slot = self._new(x)
        if kind == "view" and any(isinstance(x, Slot) and x in self._arguments for x in _each(given[0])):
            self._arguments.add(slot)
        if kind in ("view", "write"):
            for source in _each((given[0], list(given[1].values()))):
                if isinstance(source, Slot):
                    self._alias(slot, source)
        return slot

    def _alias(self, a: int, b: int) -> None:
        """From now on both stand for one memory."""
        a, b = self.find(a), self.find(b)
        self.aliases[max(a, b)] = min(a, b)
        if self._old & {a, b}:
            self._old.add(min(a, b))

    def find(self, slot: int) -> int:
        """Who stands for the memory of `slot`."""
        while self.aliases[slot] != slot:
            slot = self.aliases[slot]
        return slot


_COPIED = 1 << 30  # bytes


def _each(nest: Any) -> Any:
    for x in nest:
        if isinstance(x, (list, tuple)):
            yield from _each(x)
        else:
            yield x


_aten = torch.ops.aten
_FILLS = {
    _aten.zeros_like.default: 0,
    _aten.ones_like.default: 1,
    _aten.new_zeros.default: 0,
    _aten.new_ones.default: 1,
}


def _argument(func: Any, name: str, args: Any, kwargs: Any) -> Any:
    """What an operator is given as the argument of that name; None if it has none."""
    for i, argument in enumerate(schema_of(func).arguments):
        if argument.name == name:
            return args[i] if i < len(args) else kwargs.get(name, argument.default_value)
    return None


@functools.lru_cache(maxsize=4096)
def _kind(func: Any) -> str:
    schema = schema_of(func)
    if schema.is_mutable or schema.name in _WRITE_STATISTICS:
        return "write"
    return "view" if any(r.alias_info is not None for r in schema.returns) else "pure"


@functools.lru_cache(maxsize=4096)
def _is_list(func: Any) -> bool:
    returns = schema_of(func).returns
    return len(returns) == 1 and str(returns[0].type).startswith("List")


def is_of(library: str, func: Any) -> bool:
    """Whether an operator is one of that library."""
    return str(func).startswith(f"{library}.")


# Operators of PyTorch's own layers that write to these arguments without saying so.
_STATISTICS = ("running_mean", "running_var")
_WRITE_STATISTICS = ("aten::native_batch_norm", "aten::cudnn_batch_norm", "aten::miopen_batch_norm")


def written(func: Any, args: Any, kwargs: dict[str, Any]) -> list[Any]:
    """The arguments that an operator writes to."""
    found: list[Any] = []
    schema = schema_of(func)
    hidden = _STATISTICS if schema.name in _WRITE_STATISTICS else ()
    for i, argument in enumerate(schema.arguments):
        if argument.name == "grads" and kwargs.get("grad_scale") is None:
            continue  # fused optimizers write to them only to scale them
        if (argument.alias_info is not None and argument.alias_info.is_write) or argument.name in hidden:
            given = args[i] if i < len(args) else kwargs.get(argument.name)
            found += given if isinstance(given, (list, tuple)) else [] if given is None else [given]
    return found


def is_recording() -> bool:
    """Whether a recorder takes down what runs here."""
    return _active.get() is not None


@contextmanager
def not_recording() -> Iterator[None]:
    """Within it nothing reaches a recorder: in another thread than the recorder's, to which its mode belongs."""
    token = _active.set(None)
    try:
        yield
    finally:
        _active.reset(token)


def refuse(why: str) -> None:
    """What runs now depends on more than tensors: say so to a recorder, if there is one."""
    recorder = _active.get()
    if recorder is not None:
        recorder.refusal = why


def by_autograd() -> bool:
    """Whether PyTorch differentiates what runs now, and will again when it is replayed.

    Otherwise it is replayed without grad mode, the ATen calls of its gradient among the others.
    """
    recorder = _active.get()
    return recorder is None or recorder.gradients


def refuse_gradients(why: str) -> None:
    """Autograd would not give the gradients of what runs now: say so to a recorder that counts on it."""
    recorder = _active.get()
    if recorder is not None and recorder.gradients:
        recorder.refusal = why


def opaque(fn: Callable[..., torch.Tensor]) -> Callable[..., torch.Tensor]:
    """A kernel that looks at values of its own accord (a key on the host): a recording calls it each time."""

    @functools.wraps(fn)
    def run(*args: Any) -> torch.Tensor:
        recorder = _active.get()
        return fn(*args) if recorder is None else recorder.call(fn, args)

    return run


def take_down(fn: Callable[[Tensors], Tensors], inputs: Tensors, gradients: bool) -> tuple[Tensors, Recorder]:
    """Run `fn` once; its results, and who took down what it did."""
    recorder = Recorder(inputs, gradients)
    token = _active.set(recorder)
    try:
        with recorder, torch.set_grad_enabled(gradients or torch.is_grad_enabled()):
            outputs = fn(inputs)
    finally:
        _active.reset(token)
    if recorder.refusal is not None:
        changes.refuse(recorder.refusal)
    return outputs, recorder
