"""Recurrent layers, convolutional ones, and what is wrapped around others."""

from __future__ import annotations

from typing import Any

from random_models import options as o
from random_models.drawing import Draw, made
from random_models.layer_choices import inputs as i
from random_models.sequences import GATES, INNER, cell_options


def conv_lstm(d: Draw) -> Any:
    """`ConvLSTM1D` to 3D."""
    rank, form = d.weighted({1: 3, 2: 2, 3: 1}), i.data_format(d)
    inner, channels = i.sizes(d, rank, 1, {1: 6, 2: 5, 3: 3}[rank]), d.whole(1, 3)
    batch, steps = d.whole(1, 3), d.whole(1, 3)
    shape = [batch, steps, *i.shaped(batch, inner, channels, form)[1:]]
    options: dict[str, Any] = {"filters": d.whole(1, 3), "kernel_size": o.several(d, 1, 3, rank), **form,
                               "padding": d.one(["valid", "same"])}  # fmt: skip
    if d.chance(0.3):
        options["strides" if d.chance(0.6) else "dilation_rate"] = o.several(d, 1, 2, rank)
    options.update(o.switches(d, use_bias=-0.15, unit_forget_bias=-0.2, return_sequences=0.5, return_state=0.3,
                              go_backwards=0.25))  # fmt: skip
    options.update(o.roles(d, kernel=rank + 2, recurrent=rank + 2, bias=1))
    if d.chance(0.3):
        options.update(activation=d.one(INNER), recurrent_activation=d.one(GATES))
    found = {"make": i.layer(d, f"ConvLSTM{rank}D", penalty=False, **options),
             "args": [i.numbers(d, shape)], "unknown": i.unknown(d, [1])}  # fmt: skip
    if d.chance(0.2):
        found["call"] = {"mask": {"input": i.truth(d, [batch, steps])}}
        found["unknown"] = []
    return found


def _sequences(d: Draw) -> list[int]:
    return [d.whole(1, 3), d.whole(1, 5), d.whole(1, 4)]


def _masked(d: Draw, found: dict[str, Any]) -> dict[str, Any]:
    """With steps that are padding, found by `Masking` or told."""
    shape = found["args"][0]["array"].shape
    if d.chance(0.2):
        return {**found, "args": [i.steps_of_zeros(d, found["args"][0])], "masked": True}
    if d.chance(0.2):
        return {**found, "call": {"mask": {"input": i.truth(d, list(shape[:2]))}}, "unknown": []}
    return found


def _layer_options(d: Draw) -> dict[str, Any]:
    return o.switches(d, return_sequences=0.5, return_state=0.3, go_backwards=0.25, zero_output_for_mask=0.2,
                      unroll=0.1, stateful=0.1)  # fmt: skip


def recurrent(d: Draw) -> Any:
    """`SimpleRNN`, `LSTM`, `GRU`, `RNN` of cells, with initial states."""
    shape = _sequences(d)
    kind = d.one(["SimpleRNN", "GRU", "LSTM", "RNN"])
    more = _layer_options(d)
    if kind == "RNN":
        cells = [_cell(d, name=f"cell{n}") for n in range(d.whole(1, 3))]
        cell: Any = cells[0] if len(cells) == 1 else d.one(
            [cells, made("layers.StackedRNNCells", name="cells", cells=cells)])  # fmt: skip
        options = {"cell": cell}
    else:
        options = cell_options(d, kind, d.whole(1, 4))
    make = i.layer(d, kind, penalty=False, **options, **more)
    if kind == "RNN":
        make["with"].pop("dtype", None)  # cells have their own
    found = {"make": make, "args": [i.numbers(d, shape)],
             "unknown": [] if more.get("unroll") or more.get("stateful") else i.unknown(d, [1])}  # fmt: skip
    if kind != "RNN" and d.chance(0.2):
        states = [i.numbers(d, [shape[0], options["units"]], "float32") for _ in range(1 + (kind == "LSTM"))]
        found["call"] = {"initial_state": [{"input": state} for state in states]}
        found["unknown"] = []
        return found
    return _masked(d, found)


def _cell(d: Draw, name: str) -> Any:
    kind = d.one(["SimpleRNN", "GRU", "LSTM"])
    return made(f"layers.{kind}Cell", name=name, **cell_options(d, kind, d.whole(1, 4)))


def wrapper(d: Draw) -> Any:
    """`Bidirectional` and `TimeDistributed`."""
    return _both_ways(d) if d.chance(0.5) else _each_step(d)


def _both_ways(d: Draw) -> Any:
    kind = d.one(["SimpleRNN", "GRU", "LSTM"])
    options = {**cell_options(d, kind, d.whole(1, 4)),
               **o.switches(d, return_sequences=0.6, return_state=0.25, zero_output_for_mask=0.2)}  # fmt: skip
    inner = made(f"layers.{kind}", name="inner", **options)
    more: dict[str, Any] = {"merge_mode": d.one(["concat", "sum", "mul", "ave", None])}
    if d.chance(0.2):
        more["backward_layer"] = made(f"layers.{kind}", name="back", **{**options, "go_backwards": True})
    return _masked(d, {"make": made("layers.Bidirectional", name="layer", layer=inner, **more),
                       "args": [i.numbers(d, _sequences(d))], "unknown": i.unknown(d, [1])})  # fmt: skip


def _each_step(d: Draw) -> Any:
    batch, steps, channels = d.whole(1, 3), d.whole(1, 4), d.whole(1, 4)
    rank = d.whole(0, 2)
    inner = i.sizes(d, rank, 2, 5)
    shape = [batch, steps, *inner, channels]
    units = d.whole(1, 4)
    choices: list[Any] = [made("layers.Dense", name="inner", units=units, activation=o.activation(d)),
                          made("layers.LayerNormalization", name="inner"), made("layers.Flatten", name="inner"),
                          made("layers.Activation", name="inner", activation="tanh"),
                          made("layers.BatchNormalization", name="inner", momentum=0.5)]  # fmt: skip
    if rank:
        kernel = d.whole(1, 2)
        choices += [
            made(f"layers.Conv{rank}D", name="inner", filters=units, kernel_size=kernel,
                 padding=d.one(["valid", "same"])),
            made(f"layers.GlobalMaxPooling{rank}D", name="inner"),
            made(f"layers.AveragePooling{rank}D", name="inner", pool_size=2),
        ]  # fmt: skip
    if rank == 1:
        choices += [made("layers.LSTM", name="inner", units=units, return_sequences=d.chance(0.5))]
    layer = d.one(choices)
    found = {"make": made("layers.TimeDistributed", name="layer", layer=layer),
             "trained": "BatchNorm" not in layer["make"],  # in Keras each step is a batch of its own
             "args": [i.numbers(d, shape, "float32")], "unknown": i.unknown(d, [1])}  # fmt: skip
    if d.chance(0.15):
        found.update(call={"mask": {"input": i.truth(d, [batch, steps])}}, unknown=[])
    return found
