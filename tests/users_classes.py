"""Users' subclasses of public classes, with a `get_config` of their own that builds on the inherited one."""

from __future__ import annotations

from typing import Any

ROWS: dict[str, tuple[str, dict[str, Any]]] = {
    "layer": ("layers.Layer", {}),
    "autocast": ("layers.Layer", {"autocast": False}),
    "activity": ("layers.Layer", {"activity_regularizer": "l2"}),
    "dense": ("layers.Dense", {"units": 2, "activation": "relu", "autocast": False}),
    "conv": ("layers.Conv2D", {"filters": 2, "kernel_size": 3}),
    "dropout": ("layers.Dropout", {"rate": 0.1}),
    "lstm": ("layers.LSTM", {"units": 2, "return_sequences": True}),
    "embedding": ("layers.Embedding", {"input_dim": 3, "output_dim": 2}),
    "normalization": ("layers.BatchNormalization", {"momentum": 0.5}),
    "attention": ("layers.MultiHeadAttention", {"num_heads": 2, "key_dim": 3}),
    "merge": ("layers.Concatenate", {"axis": 1}),
    "model": ("Model", {"trainable": False}),
    "loss": ("losses.MeanSquaredError", {}),
    "metric": ("metrics.AUC", {"num_thresholds": 10}),
    "mean": ("metrics.Mean", {}),
    "optimizer": ("optimizers.Adam", {"learning_rate": 0.5}),
    "constraint": ("constraints.MaxNorm", {"max_value": 3}),
    "initializer": ("initializers.VarianceScaling", {"scale": 0.5}),
    "schedule": ("optimizers.schedules.ExponentialDecay",
                 {"initial_learning_rate": 0.1, "decay_steps": 2, "decay_rate": 0.5}),
}  # fmt: skip


def made(k: Any, row: str) -> Any:
    """An object of a class that gives these arguments to the constructor above it by itself."""
    path, given = ROWS[row]
    base = k
    for name in path.split("."):
        base = getattr(base, name)

    class Users(base):
        def __init__(self, own: int = 1, **options: Any):
            super().__init__(**{**given, **options})
            self.own = own

        def get_config(self) -> Any:
            return {**super().get_config(), "own": self.own}

    return Users(own=3)


def config(k: Any, row: str) -> dict[str, Any]:
    """The config but for the name, which is counted."""
    found = made(k, row).get_config()
    found.pop("name", None)
    return found


# ---- what runs in the process of real Keras ------------------------------------------------------------------------


def keras_configs() -> dict[str, Any]:
    """The configs of all rows."""
    import keras

    return {row: config(keras, row) for row in ROWS}
