"""Layers for sequences and what is wrapped around others: recurrent, bidirectional, step by step, attention."""

from __future__ import annotations

from typing import Any

from random_models import options as o
from random_models.drawing import Draw, made
from random_models.pieces import Place, layer, piece

GATES = ["sigmoid", "hard_sigmoid", "tanh"]
INNER = ["tanh", "relu", "sigmoid", "softsign", "linear", None]


def cell_options(d: Draw, kind: str, units: int) -> dict[str, Any]:
    """What the layer and its cell take alike."""
    options: dict[str, Any] = {"units": units, **o.switches(d, use_bias=-0.15),
                               **o.roles(d, kernel=2, recurrent=2, bias=1)}  # fmt: skip
    if d.chance(0.3):
        options["activation"] = d.one(INNER)
    if d.chance(0.2) and kind != "SimpleRNN":
        options["recurrent_activation"] = d.one(GATES)
    if kind == "GRU":
        options.update(o.switches(d, reset_after=-0.3))
        if not options.get("reset_after", True):
            options.pop("bias_constraint", None)
    if kind == "LSTM":
        options.update(o.switches(d, unit_forget_bias=-0.3))
    return options


def recurrent(d: Draw, p: Place, sequences: bool | None = None, plain: bool = False) -> Any:
    """A SimpleRNN, GRU or LSTM."""
    kind = d.one(["SimpleRNN", "GRU", "LSTM"])
    options = cell_options(d, kind, d.whole(1, 5))
    options["return_sequences"] = d.chance(0.6) if sequences is None else sequences
    options.update(o.switches(d, go_backwards=0.2, zero_output_for_mask=0.15))
    if all(p.known) and not p.masked:
        options.update(o.switches(d, unroll=0.1))
    if p.random and d.chance(0.3):
        options.update(dropout=0.2, recurrent_dropout=d.one([0.0, 0.2]))
    return made(f"layers.{kind}", **options) if plain else layer(d, kind, **options)


@piece(2, often=3)
def any_recurrent(d: Draw, p: Place) -> Any:
    return recurrent(d, p)


@piece(2, often=0.7)
def of_cells(d: Draw, p: Place) -> Any:
    cells = []
    for _ in range(d.whole(1, 3)):
        kind = d.one(["SimpleRNN", "GRU", "LSTM"])
        cells.append(made(f"layers.{kind}Cell", **cell_options(d, kind, d.whole(1, 4))))
    cell = d.one([cells[0] if len(cells) == 1 else cells, made("layers.StackedRNNCells", cells=cells)])
    return layer(d, "RNN", cell=cell, return_sequences=d.chance(0.6), **o.switches(d, go_backwards=0.2))


@piece(2, often=1.5)
def bidirectional(d: Draw, p: Place) -> Any:
    sequences = d.chance(0.6)
    options: dict[str, Any] = {"layer": recurrent(d, p, sequences, plain=True)}
    options["layer"]["with"].pop("go_backwards", None)  # of such a layer Keras can't make the other one
    options["merge_mode"] = d.one(["concat", "concat", "sum", "mul", "ave"])
    if d.chance(0.2):
        forward = options["layer"]["with"]
        back = recurrent(d, p, sequences, plain=True)
        back["with"].update(units=forward["units"], go_backwards=not forward.get("go_backwards", False))
        options["backward_layer"] = back
    return layer(d, "Bidirectional", **options)


@piece(2, 3)
def step_by_step(d: Draw, p: Place) -> Any:
    inner = [made("layers.Dense", units=d.whole(1, 4), activation=o.activation(d)),
             made("layers.LayerNormalization"), made("layers.Activation", activation="tanh")]  # fmt: skip
    if p.rank == 3 and not p.masked:
        inside = Place(p.sizes[1:], p.known[1:])
        inner = [made("layers.Conv1D", filters=d.whole(1, 3), kernel_size=d.whole(1, min(2, p.sizes[1])),
                      padding=d.one(["valid", "same"])),
                 recurrent(d, inside, plain=True), made("layers.GlobalMaxPooling1D"), made("layers.Flatten"),
                 made("layers.Dense", units=d.whole(1, 3))]  # fmt: skip
    if p.rank == 3 and not all(p.known[1:]):
        return None
    return layer(d, "TimeDistributed", layer=d.one(inner))


@piece(2, 3, often=0.3)
def masking(d: Draw, p: Place) -> Any:
    return layer(d, "Masking", mask_value=d.one([0.0, 0, 1.0])) if p.rank == 2 else None


def attention(d: Draw, queries: Place, values: Place) -> tuple[Any, dict[str, Any]]:
    """A MultiHeadAttention for queries and values of rank 2, and keywords for its call."""
    options: dict[str, Any] = {"num_heads": d.whole(1, 3), "key_dim": d.whole(1, 4)}
    if d.chance(0.2):
        options["value_dim"] = d.whole(1, 4)
    if d.chance(0.2):
        options["output_shape"] = d.one([d.whole(1, 4), [d.whole(1, 4)]])
    options.update(o.switches(d, use_bias=-0.15, use_gate=0.1))
    options.update(o.roles(d, kernel=3))
    call = o.switches(d, use_causal_mask=0.25 if queries.sizes[0] == values.sizes[0] else 0)
    return layer(d, "MultiHeadAttention", **options), call
