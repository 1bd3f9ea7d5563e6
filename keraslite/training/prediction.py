"""Outputs for many batches."""

from __future__ import annotations

import contextlib
from collections import deque
from collections.abc import Callable
from typing import TYPE_CHECKING, Any, cast

import numpy as np

from keraslite import transforms, tree
from keraslite.backend import registry
from keraslite.backend.contract import Tensor
from keraslite.backend.trials import Verdict
from keraslite.callbacks.callback_list import CallbackList
from keraslite.errors import DataError
from keraslite.training.data.pack import unpack_x_y_sample_weight
from keraslite.training.feed import Feed
from keraslite.training.logs import Logs
from keraslite.training.own_code import own_code_only
from keraslite.training.preparation import index_check
from keraslite.training.program import jitted, placer
from keraslite.training.verdicts import keep

if TYPE_CHECKING:
    from keraslite.training.trainer import Trainer

__all__ = ["Predictor", "is_one_batch", "predict_feed", "to_numpy"]

_AHEAD = 2  # batches whose outputs are still on the device: reading one does not keep the next from starting


class Predictor:
    """`model.predict_step` as a program."""

    def __init__(self, step: Callable[[object], object], *, plain: str = "", jit_compile: bool | str, name: str):
        self._step, self._name, self._plain = step, name, plain
        compiled = not plain
        self.place = placer(compiled, jit_compile)
        self._call = jitted(self._run, jit_compile, name, (step,), replay=True) if compiled else self._run

    def __call__(self, batch: object) -> object:
        return self._call(batch)

    def _run(self, batch: object) -> object:
        with transforms.no_gradient(), own_code_only():
            return self._step(batch)

    def verdicts(self) -> list[Verdict]:
        """What was decided about the step: see `config.explain_fast_paths`."""
        if not isinstance(self._call, transforms.Jitted):
            return [Verdict(self._name, "compiled", False, self._plain)]
        return self._call.verdicts(self._name)


def predict_feed(model: Trainer, feed: Feed, program: Predictor, callbacks: CallbackList) -> Any:
    """The outputs for all batches of a feed, as NumPy arrays nested like the model's outputs."""
    waiting: deque[object] = deque()
    parts: list[object] = []
    batch = feed.peek()
    feed.check(None if batch is None else index_check(model, unpack_x_y_sample_weight(batch)[0], "predict"))
    callbacks.on_predict_begin()
    watched = callbacks.listens("on_predict_batch_end")
    with contextlib.closing(feed.epoch(program.place)) as batches:
        for step, batch in enumerate(batches):
            callbacks.on_predict_batch_begin(step)
            outputs = program(batch)
            waiting.append(outputs)
            if len(waiting) > _AHEAD:
                parts.append(to_numpy(waiting.popleft()))
            if watched:
                callbacks.on_predict_batch_end(step, Logs({"outputs": outputs}, to_numpy))
            if getattr(model, "stop_predicting", False):
                break
    feed.end_epoch()
    parts.extend(to_numpy(outputs) for outputs in waiting)
    keep(model._training, "predict", feed, callbacks)
    callbacks.on_predict_end()
    if not parts:
        raise DataError("`predict` needs data. Received a source without a single batch.")
    return tree.map(lambda *arrays: None if arrays[0] is None else np.concatenate(arrays), *parts)


def is_one_batch(x: object, batch_size: int | None) -> bool:
    """Whether `x` is one array that makes a single batch, which needs no feed."""
    return isinstance(x, np.ndarray) and x.ndim > 0 and 0 < len(x) <= (batch_size or 32)


def to_numpy(outputs: object) -> Any:
    """A nest of tensors as NumPy arrays."""
    return tree.map(_one_to_numpy, outputs)


def _one_to_numpy(tensor: object) -> np.ndarray | None:
    if tensor is None:
        return None
    engine = registry.engine_of(tensor)
    return np.asarray(tensor) if engine is None else engine.to_numpy(cast(Tensor, tensor))
