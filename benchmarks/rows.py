"""The rows of the table: what runs on which data. keraslite and Keras share `build`."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from benchmarks.constants import CLASSES, LEARNING_RATE, VOCABULARY
from benchmarks.models import MODELS


@dataclass(frozen=True)
class Kind:
    """What a row measures, per step or call.

    `cold` rows run each turn in a new process. `slow` rows are measured in several processes, and `parts` have a line
    for each part. A turn of `passes` is a pass over the data, which `--quick` shortens. `of_hand` and `of_keras` are
    targets: the largest multiple of the other subject's time. `spare` is how many microseconds a call may take beyond
    the multiple of the hand-written one. `fewest` is the number of rounds, however long they take.
    """

    title: str
    cold: bool = False
    slow: bool = False
    parts: bool = False
    passes: bool = False
    of_hand: float | None = None
    of_keras: float | None = None
    spare: float = 0.0
    fewest: int = 7


KINDS = {
    "train": Kind("train", slow=True, passes=True, of_hand=1.0, of_keras=1.0),
    "evaluate": Kind("`evaluate`, batches of 32", passes=True, of_hand=1.0, of_keras=1.0),
    "predict-all": Kind("`predict`, 32,768 rows in batches of 32", passes=True, of_hand=1.0, of_keras=1.0),
    "predict": Kind("`predict`, one sample", of_hand=2.0, spare=30.0),
    "call": Kind("`model(x)`, one sample", of_hand=1.5, spare=30.0),
    "decode": Kind("greedy decoding by `model(x)`, per token", of_hand=1.5, of_keras=1.0, spare=30.0),
    "import": Kind("import", cold=True),
    "start": Kind("from cold", cold=True, parts=True),
    "search": Kind("build, compile and two epochs, from cold", cold=True, of_keras=0.5, fewest=3),
}

# How a model is trained, beyond `fit` on arrays.
WAYS = {
    "": "",
    "alone": "without targets",
    "generator": "from a Python generator",
    "loader": "from a torch DataLoader",
    "watched": "a callback reads the loss of each batch",
    "accumulated": "gradients of four batches accumulated",
    "bfloat16": "mixed_bfloat16",
}
ACCUMULATED = 4  # batches per update of a row with accumulated gradients
WIDTHS = range(16, 176, 16)  # of the models in a search


@dataclass(frozen=True)
class Row:
    """One line of the table for each engine.

    `steps` is the number of steps per epoch, or of calls per turn. `gpu` rows are large enough for a GPU, compute in
    bfloat16 with weights in float32, and are left out on a machine without one. In a `jit` row, Keras also runs with
    `jit_compile=True` on PyTorch. The rows `gated` and `dicts` had not compiled after 140 seconds on a busy machine.
    """

    kind: str
    model: str
    batch: int
    steps: int
    way: str = ""
    gpu: bool = False
    jit: bool = False

    @property
    def name(self) -> str:
        """The name that `--row` takes."""
        return "-".join(part for part in (self.kind, self.model, self.way) if part)

    @property
    def half(self) -> bool:
        """Whether the model computes in bfloat16."""
        return self.gpu or self.way == "bfloat16"

    @property
    def cold(self) -> bool:
        """Whether each turn is a new process."""
        return KINDS[self.kind].cold

    @property
    def title(self) -> str:
        """The title in the table."""
        kind = KINDS[self.kind].title
        model = f"{kind}: {MODELS[self.model].title}" if self.model else kind
        return f"{model}, {WAYS[self.way]}" if self.way else model


ROWS = {
    row.name: row
    for row in (
        Row("train", "mlp", 32, 2000),
        Row("train", "wide", 128, 50),
        Row("train", "deep", 64, 60),
        Row("train", "gated", 32, 100),
        Row("train", "blocks", 32, 100),
        Row("train", "gan", 32, 100, jit=True),
        Row("train", "vae", 32, 100, jit=True),
        Row("train", "vae", 32, 100, way="alone"),
        Row("train", "dicts", 32, 100),
        Row("train", "mlp", 32, 300, way="generator"),
        Row("train", "mlp", 32, 200, way="loader"),
        Row("train", "mlp", 32, 300, way="watched"),
        Row("train", "mlp", 32, 400, way="accumulated"),
        Row("train", "wide", 128, 30, way="bfloat16"),
        Row("train", "conv", 64, 12),
        Row("train", "lstm", 32, 30),
        Row("train", "transformer", 32, 6),
        Row("train", "causal", 4, 4),
        Row("train", "group-norm", 32, 12),
        Row("train", "rms-norm", 32, 12),
        Row("train", "conv-lstm", 8, 10),
        Row("train", "separable", 32, 10),
        Row("train", "gru", 32, 20),
        Row("train", "unet", 16, 10),
        Row("train", "resnet", 256, 8, gpu=True),
        Row("train", "encoder", 32, 20, gpu=True),
        Row("evaluate", "mlp", 32, 500),
        Row("predict-all", "mlp", 32, 1024),
        *(Row("predict", model, 1, 10) for model in ("mlp", "deep", "transformer")),
        *(Row("call", model, 1, 5) for model in ("deep", "lstm", "transformer")),
        Row("decode", "writer", 1, 31),
        Row("import", "", 0, 1),
        Row("start", "deep", 64, 10),
        Row("start", "transformer", 32, 10),
        Row("search", "small", 32, 50),
    )
}


def build(keras: Any, row: Row, jit_compile: bool | str = "auto", **sizes: int) -> Any:
    """Return the compiled model of a row in `keras`, any module with Keras's API. `sizes` are those of the model."""
    kind = MODELS[row.model]
    keras.config.set_dtype_policy("mixed_bfloat16" if row.half else "float32")
    if kind.outputs is None:
        model = kind.whole(keras, **sizes)
    else:
        inputs = keras.Input(kind.shape, dtype=kind.dtype)
        model = keras.Model(inputs, kind.outputs(keras, inputs))
    every = ACCUMULATED if row.way == "accumulated" else None
    optimizer = keras.optimizers.Adam(LEARNING_RATE, gradient_accumulation_steps=every)
    model.compile(optimizer=optimizer, jit_compile=jit_compile, **kind.compiled(keras))
    return model


def data(row: Row, engine: str, steps: int) -> tuple[Any, Any]:
    """Return samples `(steps * batch, ...)` and targets that depend on them, in the usual dtype of the engine."""
    rng, kind = np.random.default_rng(0), MODELS[row.model]
    count = steps * row.batch
    if kind.data is not None:
        x, y = kind.data(rng, count)
        return x, None if row.way == "alone" else _counted(y, engine)
    if kind.dtype == "int32":
        x = rng.integers(0, VOCABULARY, (count, *kind.shape), dtype="int32")
        y = x[:, 0 if kind.padded else -1] % CLASSES
        if kind.padded:
            length = kind.shape[0]
            x = np.maximum(x, 1) * (np.arange(length) < rng.integers(length // 2, length + 1, (count, 1)))
            x = x.astype("int32")
    else:
        x = rng.standard_normal((count, *kind.shape), dtype="float32")
        flat = x.reshape(count, -1)
        y = (flat @ rng.standard_normal((flat.shape[1], CLASSES), dtype="float32")).argmax(1)
    return x, _counted(y, engine)


def _counted(y: Any, engine: str) -> Any:
    """Return targets whose integers have the usual dtype of the engine."""
    if isinstance(y, dict):
        return {name: _counted(one, engine) for name, one in y.items()}
    whole = y is not None and y.dtype.kind == "i"
    return y.astype("int64" if engine == "torch" else "int32") if whole else y


def part(tree: Any, start: int, stop: int) -> Any:
    """Return some samples of arrays, of dicts of arrays, or of None."""
    if isinstance(tree, dict):
        return {name: one[start:stop] for name, one in tree.items()}
    return None if tree is None else tree[start:stop]
