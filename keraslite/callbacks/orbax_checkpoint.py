"""`OrbaxCheckpoint`."""

from __future__ import annotations

import os
from typing import Any, Literal

from keraslite import ranges
from keraslite.callbacks.checkpoint import Checkpoint
from keraslite.config.messages import say
from keraslite.errors import MissingPackageError

__all__ = ["OrbaxCheckpoint"]


class OrbaxCheckpoint(Checkpoint):
    """Saves the state of the model as Orbax checkpoints, numbered by epochs or by batches from 0.

    A checkpoint holds "pytree", the nested dicts of `model.get_state_tree()`, and "model_config" with the text of
    `model.to_json()`, as Keras's do. To load one, give its "pytree" to `model.set_state_tree`. It needs the package
    orbax-checkpoint, on any engine.

    Args:
        directory: folder of the checkpoints, a string or path. It is made if it does not exist.
        monitor: name of the result that says which model is best.
        verbose: 1 prints what is saved, 0 does not.
        save_best_only: whether to save only when the monitored value got better.
        mode: "min" if smaller is better, "max" if larger is, or "auto": as the monitored metric says; losses are "min".
        save_freq: "epoch", or a number of batches after which to save.
        initial_value_threshold: value that must be improved on before anything is saved. None: the first one is saved.
        max_to_keep: how many checkpoints are kept, the last ones; 1 by default; None for all.
        save_on_background: whether files are written while training goes on; True by default.
        save_weights_only: whether the state of the optimizer and the metrics is left out; False by default.

    Raises:
        MissingPackageError: (an ImportError) if orbax-checkpoint is not installed.
        ArgumentError: in `fit`, if `mode` is "auto" and the metric does not say which direction is better.

    Example:
        >>> import pathlib
        >>> import numpy as np
        >>> import keraslite as keras
        >>> model = keras.Sequential([keras.Input((2,)), keras.layers.Dense(1)])
        >>> model.compile("sgd", "mse")
        >>> save = keras.callbacks.OrbaxCheckpoint("checkpoints", max_to_keep=2)
        >>> history = model.fit(np.ones((4, 2)), np.ones((4, 1)), epochs=3, verbose=0, callbacks=[save])
        >>> sorted(path.name for path in pathlib.Path("checkpoints").iterdir())
        ['1', '2']
    """

    argument_checks = ranges.checks(
        max_to_keep=ranges.positive_int | None, save_on_background=ranges.flag, save_weights_only=ranges.flag
    )

    def __init__(
        self,
        directory: str | os.PathLike[str],
        monitor: str = "val_loss",
        verbose: int = 0,
        save_best_only: bool = False,
        mode: Literal["auto", "min", "max"] = "auto",
        save_freq: int | Literal["epoch"] = "epoch",
        initial_value_threshold: float | None = None,
        max_to_keep: int | None = 1,
        save_on_background: bool = True,
        save_weights_only: bool = False,
    ):
        super().__init__(monitor, verbose, save_best_only, mode, save_freq, initial_value_threshold)
        self.directory = os.path.abspath(os.fspath(directory))
        self.max_to_keep, self.save_on_background = max_to_keep, save_on_background
        self.save_weights_only = save_weights_only
        self.checkpointer: Any = self._make()

    def _make(self) -> Any:
        try:
            from orbax.checkpoint.experimental import v1  # it imports much
        except ImportError as error:
            raise MissingPackageError(
                "`OrbaxCheckpoint` needs the package orbax-checkpoint. It is not installed. "
                "Run `pip install orbax-checkpoint`."
            ) from error
        policies: Any = v1.training.preservation_policies
        keep = policies.PreserveAll() if self.max_to_keep is None else policies.LatestN(self.max_to_keep)
        return v1.training.Checkpointer(self.directory, preservation_policy=keep)

    def __getstate__(self) -> dict[str, object]:
        return {**vars(self), "checkpointer": None}

    def __setstate__(self, state: dict[str, object]) -> None:
        vars(self).update(state)
        self.checkpointer = self._make()

    def _write(self, epoch: int, batch: int | None, logs: dict[str, float] | None, why: str) -> None:
        step = epoch if batch is None else self._batches
        if self.verbose > 0:
            say(f"Epoch {epoch + 1}: {why} checkpoint {step} to {self.directory}")
        tree = self.model.get_state_tree(value_format="numpy_array")
        if self.save_weights_only:
            tree = {kind: tree[kind] for kind in ("trainable_variables", "non_trainable_variables")}
        parts = {"pytree": tree, "model_config": {"config": self.model.to_json()}}
        self.wait_until_finished()  # Orbax leaves out a checkpoint while another is written
        save = self.checkpointer.save_checkpointables_async
        save = save if self.save_on_background else self.checkpointer.save_checkpointables
        save(step, parts, overwrite=True, force=True)

    def wait_until_finished(self) -> None:
        """Wait until everything is on the disk."""
        self.checkpointer.wait()

    def on_train_end(self, logs: dict[str, float] | None = None) -> None:
        self.wait_until_finished()

    def is_multihost_enabled(self) -> bool:
        """Return whether several processes save together: never, since `fit` runs in one."""
        return False

    def is_primary_host(self) -> bool:
        """Return whether this process writes: always."""
        return True
