"""The epochs of `fit`, and evaluation."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from keraslite.callbacks.callback_list import CallbackList
from keraslite.check import positive_int
from keraslite.errors import ArgumentError, DataError
from keraslite.training.feed import Feed
from keraslite.training.logs import Logs
from keraslite.training.preparation import prepare
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

    def run(self, first: int, epochs: int, validation_freq: object) -> None:
        """Train epochs `first` + 1 to `epochs`."""
        model, callbacks = self._model, self._callbacks
        due = _schedule(validation_freq) if self._validation is not None else lambda epoch: False
        self._feed.check(prepare(model, self._feed.peek(), "fit", train=True))
        model.stop_training = False
        with callbacks.stopped_in_steps():
            callbacks.on_train_begin()
            results: dict[str, Any] = {}
            for epoch in range(first, epochs):
                found = self._epoch(epoch, due(epoch))
                if found is None:
                    if epoch == first:
                        raise DataError("`fit` needs data. Received a source without a single batch.")
                    break
                results = found
                callbacks.on_epoch_end(epoch, results)
                if model.stop_training or self._feed.exhausted:
                    break
            if model.optimizer is not None and getattr(model.optimizer, "built", False):
                model.optimizer.finalize_variable_values(model.trainable_variables)
            keep(model._training, "fit", self._feed, callbacks)
            callbacks.on_train_end(results)

    def _epoch(self, epoch: int, validate: bool) -> dict[str, Any] | None:
        """The results of an epoch and its validation; None if there was no batch."""
        self._callbacks.on_epoch_begin(epoch)
        self._feed.source.on_epoch_begin()
        logs, steps = self._train()
        self._feed.source.on_epoch_end()
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
        model.reset_metrics()
        watch.start()
        begin, end = _hooks(self._callbacks, "train")
        group = 1 if self._each else model.steps_per_execution
        results = run_epoch(
            self._feed, program, begin=begin, end=end, group=group, may_loop=not self._each, stopped=watch.stopped
        )
        watch.look()
        return results

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
    if steps == 0:
        raise DataError(f"`{feed.where}` needs data. Received a source without a single batch.")
    results = dict(logs)
    keep(model._training, "evaluate", feed, callbacks)
    callbacks.on_test_end(results)
    return results


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
