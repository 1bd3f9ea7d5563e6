"""How batches reach a training loop: from arrays, from a Python generator, from a torch `DataLoader`."""

from __future__ import annotations

import importlib
from collections.abc import Iterator
from typing import Any

import numpy as np

from benchmarks.rows import Row


def batches(row: Row, x: Any, y: Any) -> Iterator[tuple[Any, Any]]:
    """Yield the batches of an epoch as arrays."""
    if row.way == "loader":
        for inputs, targets in loader(row, x, y):
            yield inputs.numpy(), targets.numpy()
        return
    for start in range(0, len(x), row.batch):
        yield x[start : start + row.batch], y[start : start + row.batch]


def loader(row: Row, x: np.ndarray, y: np.ndarray) -> Any:
    """Return a torch `DataLoader` over the arrays."""
    torch = importlib.import_module("torch")
    samples = torch.utils.data.TensorDataset(torch.from_numpy(x), torch.from_numpy(y))
    return torch.utils.data.DataLoader(samples, batch_size=row.batch)


def given(keras: Any, row: Row, x: Any, y: Any) -> dict[str, Any]:
    """Return the arguments of `fit` for an epoch of the row."""
    if row.way == "generator":
        return {"x": batches(row, x, y)}
    if row.way == "loader":
        return {"x": loader(row, x, y)}
    watching = [_watch(keras)] if row.way == "watched" else []
    return {"x": x, "y": y, "batch_size": row.batch, "shuffle": False, "callbacks": watching}


def _watch(keras: Any) -> Any:
    class Watch(keras.callbacks.Callback):
        """Keeps the loss of each batch."""

        def __init__(self) -> None:
            super().__init__()
            self.losses: list[float] = []

        def on_train_batch_end(self, batch: int, logs: Any = None) -> None:
            self.losses.append(float(logs["loss"]))

    return Watch()
