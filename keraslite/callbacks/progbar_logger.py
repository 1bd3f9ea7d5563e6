"""`ProgbarLogger`."""

from __future__ import annotations

import math
import time
from collections.abc import Mapping

from keraslite.callbacks.base import Callback
from keraslite.config.messages import say
from keraslite.progress import Progbar, is_terminal

__all__ = ["ProgbarLogger"]

_SECONDS_BETWEEN_LOOKS = 0.25
_SECONDS_BETWEEN_LINES = 30.0


class ProgbarLogger(Callback):
    """Progress and results: a bar on a terminal, one line an epoch elsewhere or with `verbose=2`.

    The bar looks at results a few times a second, so training does not wait for it at every step. Where there is no
    terminal, an epoch that takes long gets a line every half minute (not with `verbose=2`). `fit`, `evaluate` and
    `predict` add one by themselves, unless `verbose` is 0.

    Example:
        >>> import keraslite as keras
        >>> callbacks = keras.callbacks.CallbackList([keras.callbacks.ProgbarLogger()], add_progbar=True)
        >>> len(callbacks.callbacks)
        1
    """

    def __init__(self) -> None:
        super().__init__()
        self._bar: Progbar | None = None
        self._mode: str | None = None  # "train", "test" or "predict"
        self._title = ""
        self._line = False
        self._printed = 0.0  # when there was a line
        self._done = 0

    def watches_batches(self, mode: str) -> bool:
        return False

    def on_train_begin(self, logs: dict[str, float] | None = None) -> None:
        self._mode = "train"

    def on_train_end(self, logs: dict[str, float] | None = None) -> None:
        self._mode = None

    def on_epoch_begin(self, epoch: int, logs: dict[str, float] | None = None) -> None:
        self._start(f"Epoch {epoch + 1}/{self.params.get('epochs', '?')}")

    def on_train_batch_end(self, batch: int, logs: dict[str, float] | None = None) -> None:
        self._step(batch, logs)

    def on_epoch_end(self, epoch: int, logs: dict[str, float] | None = None) -> None:
        self._finish(logs or {})

    def on_test_begin(self, logs: dict[str, float] | None = None) -> None:
        if self._mode is None:
            self._mode = "test"
            self._start("")

    def on_test_batch_end(self, batch: int, logs: dict[str, float] | None = None) -> None:
        if self._mode == "test":
            self._step(batch, logs)

    def on_test_end(self, logs: dict[str, float] | None = None) -> None:
        if self._mode == "test":
            self._mode = None
            self._finish(logs or {})

    def on_predict_begin(self, logs: dict[str, float] | None = None) -> None:
        self._mode = "predict"
        self._start("")

    def on_predict_batch_end(self, batch: int, logs: dict[str, object] | None = None) -> None:
        self._step(batch, {})

    def on_predict_end(self, logs: dict[str, float] | None = None) -> None:
        self._mode = None
        self._finish({})

    def _start(self, title: str) -> None:
        verbose = self.params.get("verbose", 1)
        self._title, self._done = title, 0
        self._line = verbose == 2 or not is_terminal()
        self._printed = time.monotonic() if verbose == 1 else math.inf
        self._bar = None
        if not verbose:
            return
        # Results of a step are already those of the epoch so far: none is averaged again (`stateless_metrics=()`).
        self._bar = Progbar(
            self.params.get("steps"),
            verbose=2 if self._line else 1,
            interval=_SECONDS_BETWEEN_LOOKS,
            stateless_metrics=(),
        )
        if self._line:
            self._bar.title = title
        elif title:
            say(title)

    def _step(self, batch: int, logs: Mapping[str, float] | None) -> None:
        self._done = batch + 1
        if self._bar is None:
            return
        if not self._line:
            if self._bar.due():
                self._bar.update(self._done, list(logs.items()) if logs else [], finalize=False)
        elif time.monotonic() - self._printed >= _SECONDS_BETWEEN_LINES:
            self._printed = time.monotonic()
            self._bar.update(self._done, list(logs.items()) if logs else [], finalize=False)
            say(self._bar.line())

    def _finish(self, logs: Mapping[str, float]) -> None:
        bar, self._bar = self._bar, None
        if bar is None:
            return
        bar.target = self._done  # known at the latest now; less than planned if training was stopped
        bar.update(self._done, list(logs.items()), finalize=True)
