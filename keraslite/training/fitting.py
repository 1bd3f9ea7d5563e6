"""The epochs of `fit`, and evaluation."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from typing import TYPE_CHECKING, Any

from keraslite.callbacks.callback_list import CallbackList
from keraslite.check import positive_int
from keraslite.errors import ArgumentError, DataError
from keraslite.training.data.source import Place
from keraslite.training.ending import Ending
from keraslite.training.feed import Feed
from keraslite.training.logs import Logs
from keraslite.training.preparation import prepare
from keraslite.training.rehearsal import Rehearsal
from keraslite.training.runners import Hook, run_epoch
from keraslite.training.stopping import StopGuard, StopWatch
from keraslite.training.verdicts import keep

if TYPE_CHECKING:
    from keraslite.training.trainer import Trainer

__all__ = ["Fit", "evaluate_feed"]


class Fit:
    """One call of `fit`."""

    def __init__(self, model: Trainer, feed: Feed, validation: Feed | None, callbacks: CallbackList):
        self._model, self._feed, self._validation, self._callbacks = model, feed, validation, callbacks
        self._each = callbacks.watches_batches("train")
        self._watch = self._make_watch()
        self._step = 0  # steps of the epoch that were done before, in another process
        self._used = 0  # batches used before the epoch
        self._resumed: Place | None = None
        self._ending = Ending()
        self._reached = 0, 0  # epoch and step, where the state is saved if the program is to end

    def run(self, first: int, epochs: int, validation_freq: object) -> None:
        """Train epochs `first` + 1 to `epochs`."""
        model, callbacks = self._model, self._callbacks
        due = _schedule(validation_freq) if self._validation is not None else lambda epoch: False
        self._feed.check(prepare(model, self._feed.peek(), "fit", train=True))
        model.stop_training = False
        with callbacks.stopped_in_steps(), self._resumable():
            callbacks.on_train_begin()
            results: dict[str, Any] = {}
            for epoch in range(self._first(first), epochs):
                found = self._epoch(epoch, due(epoch))
                if found is None:
                    if epoch == first and not self.asked_to_end:
                        raise DataError("`fit` needs data. Received a source without a single batch.")
                    break
                results = found
                callbacks.on_epoch_end(epoch, results)
                self._reached = epoch + 1, 0
                if model.stop_training or self._feed.exhausted or self.asked_to_end:
                    break
            if self.asked_to_end:
                callbacks.on_asked_to_end(*self._reached)
                self._ending.pass_on()
            if model.optimizer is not None and getattr(model.optimizer, "built", False):
                model.optimizer.finalize_variable_values(model.trainable_variables)
            keep(model._training, "fit", self._feed, callbacks)
            callbacks.on_train_end(results)

    def _epoch(self, epoch: int, validate: bool) -> dict[str, Any] | None:
        """The results of an epoch and its validation; None if there was no batch."""
        self._callbacks.on_epoch_begin(epoch)
        self._feed.begin_epoch()
        logs, steps = self._train()
        self._reached = epoch, steps
        if self.asked_to_end:
            return None
        self._used += steps
        self._step = 0
        self._feed.end_epoch()
        if steps == 0:
            return None
        results = dict(logs)
        if validate and self._validation is not None:
            values = evaluate_feed(self._model, self._validation, self._callbacks)
            results.update({f"val_{name}": value for name, value in values.items()})
            results = dict(sorted(results.items()))
        return results

    def _train(self) -> tuple[Logs, int]:
        model, watch = self._model, self._watch
        program = model._train_program(watch.guard)
        exact = bool(self._callbacks.resumable())
        program.rehearse = Rehearsal(model, watch.guard) if exact else None
        model.reset_metrics()
        if self._step and self._resumed is not None:
            for variable, value in zip(model.metrics_variables, self._resumed["metrics"], strict=True):
                variable.assign(value)
        watch.start()
        begin, end = (_later(hook, self._step) for hook in _hooks(self._callbacks, "train"))
        group = 1 if self._each else model.steps_per_execution
        may_loop = not (self._each or exact)  # loops begin when measurements say so
        logs, steps = run_epoch(
            self._feed, program, begin=begin, end=end, group=group, may_loop=may_loop,
            stopped=(lambda: watch.stopped() or self._ending.asked) if exact else watch.stopped,
        )  # fmt: skip
        watch.look()
        if steps == 0 and self._step:  # all of them were done before
            logs = Logs(model.get_metrics_result())
        return logs, steps + self._step

    # ---- going on from a saved state ---------------------------------------------------------------------------------

    @contextmanager
    def _resumable(self) -> Iterator[None]:
        """For the whole of training: callbacks that save its state can ask for the position."""
        with ExitStack() as stack:
            if any(callback.saves_at_end for callback in self._callbacks.resumable()):
                stack.enter_context(self._ending.watched())
            for callback in self._callbacks.resumable():
                callback.training, callback.others = self, self._callbacks.flat()
                stack.enter_context(callback.during_fit())
            try:
                yield
            finally:
                for callback in self._callbacks.resumable():
                    callback.training, callback.others = None, []

    @property
    def asked_to_end(self) -> bool:
        """Whether SIGTERM has come."""
        return self._ending.asked

    def position(self, epoch: int, step: int) -> dict[str, object]:
        """Where training is: plain data that `resume` takes, in another process too."""
        data = self._feed.position(self._used + step, step)
        return {"epoch": epoch, "step": step, "data": data, "stopped": bool(self._model.stop_training)}

    def resume(self, position: Place) -> None:
        """Go on from a position instead of the first epoch."""
        self._resumed, self._step = position, position["step"]
        self._used = self._feed.go_to(position["data"], self._step) - self._step

    def build_metrics(self) -> None:
        """Let the metrics have their variables, which they make from data."""
        program = self._model._test_program()
        program(program.place(self._feed.peek(), False))

    def _first(self, first: int) -> int:
        """The epoch to begin with; one that does not exist if training had ended."""
        if self._resumed is None:
            return first
        return sys.maxsize if self._resumed["stopped"] else self._resumed["epoch"]

    def _make_watch(self) -> StopWatch:
        state, callbacks = self._model._training, self._callbacks.stopping()
        conditions = tuple(callback.stop_on_device for callback in callbacks)
        if conditions and (state.guard is None or state.guard.conditions != conditions):
            state.guard = StopGuard(conditions)
        return StopWatch(state.guard if conditions else None, callbacks, self._model, self._each)


def evaluate_feed(model: Trainer, feed: Feed, callbacks: CallbackList) -> dict[str, Any]:
    """Loss and metrics over one pass, as floats by name."""
    where = "fit" if feed.where == "validation" else "evaluate"
    feed.check(prepare(model, feed.peek(), where, train=False))
    program = model._test_program()
    model.reset_metrics()
    callbacks.on_test_begin()
    begin, end = _hooks(callbacks, "test")
    group = 1 if callbacks.watches_batches("test") else model.steps_per_execution
    stopped = lambda: getattr(model, "stop_evaluating", False)  # noqa: E731
    logs, steps = run_epoch(feed, program, begin=begin, end=end, group=group, stopped=stopped)
    feed.end_epoch()
    if steps == 0 and not feed.had_batches:
        raise DataError(f"`{feed.where}` needs data. Received a source without a single batch.")
    results = dict(logs)
    keep(model._training, "evaluate", feed, callbacks)
    callbacks.on_test_end(results)
    return results


def _later(hook: Hook | None, steps: int) -> Hook | None:
    """The hook, told of steps that many later."""
    if hook is None or steps == 0:
        return hook
    return lambda step, logs: hook(step + steps, logs)


def _hooks(callbacks: CallbackList, mode: str) -> tuple[Hook | None, Hook | None]:
    """The hooks of batches that somebody listens to."""
    begin, end = (f"on_{mode}_batch_{when}" for when in ("begin", "end"))
    return (
        getattr(callbacks, begin) if callbacks.listens(begin) else None,
        getattr(callbacks, end) if callbacks.listens(end) else None,
    )


def _schedule(validation_freq: object) -> Callable[[int], bool]:
    """Whether an epoch (from 0) is followed by validation."""
    if isinstance(validation_freq, (list, tuple, set, frozenset, range)):
        chosen = set(validation_freq)
        return lambda epoch: epoch + 1 in chosen
    if isinstance(validation_freq, str) or validation_freq is None:
        raise ArgumentError(
            f"`fit` needs `validation_freq` to be an int or a list of epochs. Received {validation_freq!r}."
        )
    every = positive_int(validation_freq, "validation_freq", "fit")
    return lambda epoch: (epoch + 1) % every == 0
