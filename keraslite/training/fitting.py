"""The epochs of `fit`, and evaluation."""

from __future__ import annotations

from typing import Any

from keraslite.callbacks.callback_list import CallbackList
from keraslite.callbacks.terminate_on_nan import TerminateOnNaN
from keraslite.check import positive_int
from keraslite.errors import ArgumentError, DataError
from keraslite.training.feed import Feed
from keraslite.training.finite import FiniteGuard
from keraslite.training.loop import run_epoch
from keraslite.training.preparation import prepare
from keraslite.training.verdicts import keep

__all__ = ["Fit", "evaluate_feed"]


class Fit:
    """One call of `fit`."""

    def __init__(self, model: Any, feed: Feed, validation: Feed | None, callbacks: CallbackList):
        self._model, self._feed, self._validation, self._callbacks = model, feed, validation, callbacks
        self._each = callbacks.watches_batches("train")
        self._guard = self._make_guard()

    def run(self, first: int, epochs: int, validation_freq: Any) -> None:
        """Train epochs `first` + 1 to `epochs`."""
        model, callbacks, feed = self._model, self._callbacks, self._feed
        due = _schedule(validation_freq) if self._validation is not None else lambda epoch: False
        feed.check(prepare(model, feed.peek(), "fit", train=True))
        model.stop_training = False
        callbacks.on_train_begin()
        results: dict[str, Any] = {}
        for epoch in range(first, epochs):
            callbacks.on_epoch_begin(epoch)
            feed.source.on_epoch_begin()
            logs, steps = self._train()
            feed.source.on_epoch_end()
            if steps == 0:
                if epoch == first:
                    raise DataError("`fit` needs data. Received a source without a single batch.")
                break
            results = dict(logs)
            if due(epoch):
                values = evaluate_feed(model, self._validation, callbacks)  # type: ignore[arg-type]
                results.update({f"val_{name}": value for name, value in values.items()})
                results = dict(sorted(results.items()))
            callbacks.on_epoch_end(epoch, results)
            if model.stop_training or feed.exhausted:
                break
        if model.optimizer is not None and getattr(model.optimizer, "built", False):
            model.optimizer.finalize_variable_values(model.trainable_variables)
        keep(model, "fit", feed, callbacks)
        callbacks.on_train_end(results)

    def _train(self) -> Any:
        model, callbacks = self._model, self._callbacks
        program = model._program("train", guard=self._guard)
        model.reset_metrics()
        return run_epoch(
            self._feed, program,
            begin=callbacks.on_train_batch_begin if callbacks.listens("on_train_batch_begin") else None,
            end=callbacks.on_train_batch_end if callbacks.listens("on_train_batch_end") else None,
            group=1 if self._each else model.steps_per_execution, may_loop=not self._each,
            stopped=lambda: model.stop_training,
        )  # fmt: skip

    def _make_guard(self) -> FiniteGuard | None:
        watching = [callback for callback in self._callbacks.callbacks if isinstance(callback, TerminateOnNaN)]
        if not watching:
            return None
        state = self._model._training
        state.guard = state.guard or FiniteGuard()
        for callback in watching:
            callback.guard, callback.every_batch = state.guard, self._each
        return state.guard


def evaluate_feed(model: Any, feed: Feed, callbacks: CallbackList) -> dict[str, Any]:
    """Loss and metrics over one pass, as floats by name."""
    where = "fit" if feed.where == "validation" else "evaluate"
    feed.check(prepare(model, feed.peek(), where, train=False))
    program = model._program("test")
    model.reset_metrics()
    callbacks.on_test_begin()
    logs, steps = run_epoch(
        feed, program,
        begin=callbacks.on_test_batch_begin if callbacks.listens("on_test_batch_begin") else None,
        end=callbacks.on_test_batch_end if callbacks.listens("on_test_batch_end") else None,
        group=1 if callbacks.watches_batches("test") else model.steps_per_execution,
        stopped=lambda: getattr(model, "stop_evaluating", False),
    )  # fmt: skip
    if steps == 0:
        raise DataError(f"`{feed.where}` needs data. Received a source without a single batch.")
    results = dict(logs)
    keep(model, "evaluate", feed, callbacks)
    callbacks.on_test_end(results)
    return results


def _schedule(validation_freq: Any) -> Any:
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
