"""Random models as plain data. Shapes along the way come from building the same model here, symbolically."""

from __future__ import annotations

import json
import math
import warnings
from typing import Any

import keraslite
from random_models import build, options, sequences
from random_models.drawing import Draw, made
from random_models.pieces import Place, draw_piece, layer
from random_models.training import compiled

VOCABULARY = 9
MOST = 300  # elements of one sample


def draw(seed: int) -> dict[str, Any]:
    """The model of a seed, with what it is trained by."""
    d = Draw(seed, 1)
    keraslite.utils.clear_session(free_memory=False)
    with keraslite.use_backend("numpy"), warnings.catch_warnings():
        warnings.filterwarnings("ignore", ".*received an input with a mask")
        random = d.chance(0.1)
        spec = _sequential(d, random) if d.chance(0.2) else _Maker(d, random=random).made()
    spec["seed"] = seed
    if not random:
        spec["compile"] = compiled(d, spec)
    return spec


class _Maker:
    """A functional model while it is drawn."""

    def __init__(self, d: Draw, inputs: list[dict[str, Any]] | None = None, depth: int = 0, random: bool = False):
        self.d, self.depth, self.random = d, depth, random
        self.spec: dict[str, Any] = {"kind": "functional", "name": _name(d, depth), "layers": {}, "nodes": []}
        self.spec["inputs"] = inputs or [_input(d, i) for i in range(d.weighted({1: 5, 2: 3, 3: 1}))]
        # Two symbolic models: one knows all sizes, so that layers fit, the other what the real one knows.
        sizes = [{**one, "shape": one["sizes"]} for one in self.spec["inputs"]]
        self.full = build.Graph(keraslite, {**self.spec, "inputs": sizes})
        self.real = build.Graph(keraslite, self.spec)
        self.open: dict[str, None] = {}
        self.unmasked: set[str] = set()  # what attention used up

    def place(self, name: str) -> Place:
        """The tensor's sizes, and which of them are known."""
        real = self.real.tensors[name]
        known = [size is not None for size in real.shape[1:]]
        return Place(list(self.full.tensors[name].shape[1:]), known, real.mask is not None, self.random)

    def made(self, least: int = 1) -> dict[str, Any]:
        for one in self.spec["inputs"]:
            self._enter(one)
        for _ in range(self.d.whole(least, 4 if self.depth else 9)):
            self._step()
        self._finish()
        return self.spec

    def call(self, what: dict[str, Any], *args: Any, outputs: int = 1, **kwargs: Any) -> list[str]:
        """Add a node; the names of its tensors. Its inputs are used up, its outputs may be used."""
        to = [f"t{len(self.real.tensors) + i}" for i in range(outputs)]
        node = {**what, "args": list(args), "kwargs": kwargs, "to": to}
        self.full.add(node)
        self.real.add(node)
        self.spec["nodes"].append(node)
        for used in build.names([list(args), kwargs]):
            self.open.pop(used, None)
        self.open.update(dict.fromkeys(to))
        return to

    def new(self, description: dict[str, Any]) -> dict[str, Any]:
        """A layer or a nested model, to be used by a node."""
        key = f"l{len(self.spec['layers'])}"
        self.spec["layers"][key] = description
        return {"use": key}

    def _enter(self, one: dict[str, Any]) -> None:
        if one["dtype"] == "int32":
            table = layer(self.d, "Embedding", input_dim=VOCABULARY, output_dim=self.d.whole(1, 4),
                          mask_zero=self.d.chance(0.5), **options.roles(self.d, embeddings=2))  # fmt: skip
            self.call(self.new(table), {"t": one["name"]})
        else:
            self.open[one["name"]] = None

    def _step(self) -> None:
        name = self.d.one(list(self.open if self.d.chance(0.8) else self._usable()))
        place = self.place(name)
        if math.prod(place.sizes) > MOST and place.rank > 1:
            self.call(self.new(layer(self.d, f"GlobalAveragePooling{place.rank - 1}D")), {"t": name})
            return
        kinds = {self._one: 12, self._merge: 4, self._op: 2, self._residual: 1.5, self._attend: 1.5, self._again: 1.2,
                 self._with_state: 1, self._nest: 0 if self.depth > 1 else 1.8}  # fmt: skip
        if not self.d.weighted(kinds)(name, place):
            self._one(name, place)

    def _usable(self) -> list[str]:
        tensors = self.real.tensors.items()
        return [name for name, tensor in tensors if tensor.dtype == "float32" and name not in self.unmasked]

    def _one(self, name: str, place: Place) -> list[str]:
        if not place.known[-1]:  # weights need it
            return self.call({"op": "ops.max"}, {"t": name}, axis=-1, keepdims=True)
        return self.call(self.new(draw_piece(self.d, place)), {"t": name})

    def _others(self, fits: Any) -> list[str]:
        """Tensors whose place is as asked for, the open ones more often."""
        return [other for other in [*self._usable(), *self.open] if fits(self.place(other))]

    def _merge(self, name: str, place: Place) -> Any:
        d = self.d
        if d.chance(0.5):
            same = self._others(lambda p: p.sizes == place.sizes)
            count = d.whole(1, 2) if len(same) > 1 else 1
            kind = d.one(["Add", "Subtract", "Multiply", "Average", "Maximum", "Minimum"])
            others = [{"t": d.one(same)} for _ in range(1 if kind == "Subtract" else count)]
            return self.call(self.new(layer(d, kind)), [{"t": name}, *others])
        axis = d.whole(0, place.rank - 1)
        if d.chance(0.7):
            fit = self._others(
                lambda p: p.rank == place.rank and _without(p.sizes, axis) == _without(place.sizes, axis)
            )
            joined = [{"t": name}, *({"t": d.one(fit)} for _ in range(d.whole(1, 2)))]
            written = axis + 1 if d.chance(0.5) else axis - place.rank
            return self.call(self.new(layer(d, "Concatenate", axis=written)), joined)
        fit = self._others(lambda p: p.rank <= 2 and place.rank <= 2 and p.sizes[-1] == place.sizes[-1])
        if not fit:
            return None
        other = d.one(fit)
        axes = [place.rank, self.place(other).rank]
        return self.call(self.new(layer(d, "Dot", axes=axes, normalize=d.chance(0.3))), [{"t": name}, {"t": other}])

    def _op(self, name: str, place: Place) -> Any:
        d, t = self.d, {"t": name}
        same = {"t": d.one(self._others(lambda p: p.sizes == place.sizes))}
        ready: list[tuple[str, list[Any], dict[str, Any]]] = [
            *((f"operator.{op}", [t, same], {}) for op in ("add", "sub", "mul")),
            ("operator.mul", [d.real(0.3, 2), t], {}), ("operator.sub", [1.0, t], {}), ("operator.neg", [t], {}),
            ("operator.truediv", [t, d.real(1, 3)], {}), ("ops.tanh", [t], {}), ("ops.relu", [t], {}),
            ("ops.square", [t], {}), ("ops.abs", [t], {}), ("ops.softmax", [t], {"axis": -1}),
            ("ops.clip", [t, -0.5, d.real(0.5, 1)], {}), ("ops.expand_dims", [t], {"axis": 1}),
            ("ops.concatenate", [[t, same]], {"axis": -1}), ("ops.maximum", [t, same], {}), ("ops.exp", [t], {}),
            ("ops.where", [{"t": name}, t, same], {}),
        ]  # fmt: skip
        ready.pop()
        if place.rank > 1:
            axis = d.whole(1, place.rank)
            ready += [
                ("ops.mean", [t], {"axis": axis, "keepdims": d.chance(0.3)}), ("ops.max", [t], {"axis": axis}),
                ("ops.sum", [t], {"axis": -1}), ("ops.flip", [t], {"axis": 1}),
                ("ops.swapaxes", [t, 1, -1], {}),
                ("operator.getitem", [t, {"tuple": [{"slice": [None, None, None]}, {"slice": [0, 1, None]}]}], {}),
                ("operator.getitem", [t, {"tuple": [{"slice": [None, None, None]}, -1]}], {}),
            ]  # fmt: skip
        op, args, kwargs = d.one(ready)
        if op in ("ops.expand_dims",) and place.rank > 3:
            return None
        return self.call({"op": op}, *args, **kwargs)

    def _residual(self, name: str, place: Place) -> Any:
        inner = self._one(name, place)[0]
        if self.place(inner).rank != place.rank or self.place(inner).sizes[:-1] != place.sizes[:-1]:
            return [inner]
        same = self.call(self.new(layer(self.d, "Dense", units=place.sizes[-1])), {"t": inner})[0]
        return self.call(self.new(layer(self.d, "Add")), [{"t": name}, {"t": same}])

    def _attend(self, name: str, place: Place) -> Any:
        if place.rank != 2:
            return None
        other = self.d.one(self._others(lambda p: p.rank == 2))
        masked = [tensor for tensor in (name, other) if self.place(tensor).masked]
        used = [build.names([node["args"], node["kwargs"]]) for node in self.spec["nodes"]]
        if any(tensor in names for tensor in masked for names in used):
            return None  # Keras takes the masks off the inputs of attention, also for others that use them
        description, call = sequences.attention(self.d, place, self.place(other))
        more = [{"t": other}] if self.d.chance(0.3) else []
        made = self.call(self.new(description), {"t": name}, {"t": other}, *more, **call)
        self.spec["nodes"][-1]["blind rows"] = place.masked
        self.unmasked.update(masked)
        return made

    def _again(self, name: str, place: Place) -> Any:
        """A layer that is there, called once more."""
        for node in self.spec["nodes"]:
            single = (
                "use" in node and len(node["args"]) == 1 and isinstance(node["args"][0], dict) and len(node["to"]) == 1
            )
            makes = single and self.spec["layers"][node["use"]].get("make")
            if single and not node["kwargs"] and makes != "layers.Embedding" and self.d.chance(0.5):
                first = self.place(node["args"][0]["t"])
                if (first.sizes, first.known) == (place.sizes, place.known):
                    return self.call({"use": node["use"]}, {"t": name})
        return None

    def _with_state(self, name: str, place: Place) -> Any:
        """A recurrent layer that gives its states, which another begins with."""
        d = self.d
        if place.rank != 2:
            return None
        first = sequences.recurrent(d, place, sequences=d.chance(0.5))
        count = 2 if first["make"] == "layers.LSTM" else 1
        first["with"]["return_state"] = True
        made_of = self.call(self.new(first), {"t": name}, outputs=1 + count)
        second = sequences.recurrent(d, place)
        if second["make"] != first["make"] or place.masked or d.chance(0.3):
            return made_of  # Keras loses the mask of sequences that come with states
        second["with"]["units"] = first["with"]["units"]
        states = [{"t": state} for state in made_of[1:]]
        return self.call(
            self.new(second), {"t": name}, initial_state=states if count == 2 or d.chance(0.5) else states[0]
        )

    def _nest(self, name: str, place: Place) -> Any:
        """A model as a layer, called once or on two tensors."""
        d = self.d
        if not place.known[-1]:  # weights need it
            return None
        shape = [size if known else None for size, known in zip(place.sizes, place.known, strict=True)]
        one = {"name": f"in_{d.whole(0, 10**6)}", "shape": shape, "sizes": place.sizes, "dtype": "float32"}
        if d.chance(0.4):
            inner = _stack(d, [one] if d.chance(0.7) else [], place, self.depth + 1)
        else:
            inner = _Maker(d, [one], self.depth + 1, self.random).made()
        attends = "MultiHeadAttention" in json.dumps(inner)
        if attends and place.masked:
            return None  # Keras takes the masks off the inputs of attention
        if d.chance(0.1):
            inner["frozen"] = True
        outputs = len(build.names(inner["out"]))
        use = self.new(inner)
        result = self.call(use, {"t": name}, outputs=outputs)
        fit = self._others(lambda p: (p.sizes, p.known) == (place.sizes, place.known) and not (attends and p.masked))
        if d.chance(0.4):
            self.call(use, {"t": d.one(fit)}, outputs=outputs)
        return result

    def _finish(self) -> None:
        d, ends = self.d, list(self.open)
        if self.depth:
            ends = ends[-1:] if d.chance(0.8) else ends[-2:]
        elif len(ends) > 3:
            ends = ends[-3:]
        outputs = [self._head(name) if self._needs_head(name, ends) else name for name in ends]
        self.spec["in"] = _arranged(d, [one["name"] for one in self.spec["inputs"]], self.depth, "in")
        self.spec["out"] = _arranged(d, outputs, self.depth, "out")
        self.spec["heads"] = {name: self.spec.get("heads", {}).get(name) for name in outputs}

    def _needs_head(self, name: str, ends: list[str]) -> bool:
        """Two outputs of one layer have one name in Keras's logs."""
        makers = {to: node.get("use") for node in self.spec["nodes"] for to in node["to"]}
        makers = {end: makers.get(end) for end in ends}
        twice = makers[name] is not None and list(makers.values()).count(makers[name]) > 1
        return not self.depth and (twice or self.d.chance(0.6))

    def _head(self, name: str) -> str:
        if not self.place(name).known[-1]:
            name = self._one(name, self.place(name))[0]
        units, kind = self.d.whole(1, 4), self.d.one(["softmax", "sigmoid", None])
        if kind == "softmax":
            units += 1
        head = layer(self.d, "Dense", units=units, activation=kind)
        end = self.call(self.new(head), {"t": name})[0]
        self.spec.setdefault("heads", {})[end] = kind
        return end


def _arranged(d: Draw, names: list[str], depth: int, part: str) -> Any:
    """One tensor, a list, a tuple or a dict of them."""
    refs = [{"t": name} for name in names]
    if len(refs) == 1 and (depth or d.chance(0.85)):
        return refs[0]
    form = d.one(["list", "list", "dict"]) if not depth else "list"
    if form == "dict":  # Keras wants the names of the inputs as keys
        return {name if part == "in" else f"y{i}": {"t": name} for i, name in enumerate(names)}
    return refs


def _without(sizes: list[int], axis: int) -> list[int]:
    return [size for i, size in enumerate(sizes) if i != axis]


def _name(d: Draw, depth: int) -> str | None:
    return None if d.chance(0.5) else f"{d.one(['net', 'inner', 'Model', 'tower'])}_{depth}_{d.whole(0, 10**6)}"


def _input(d: Draw, index: int) -> dict[str, Any]:
    kind = d.weighted({"ids": 2, "vector": 3, "sequence": 4, "image": 3, "volume": 0.7, "id rows": 0.3})
    sizes = {
        "ids": [d.whole(2, 6)], "vector": [d.whole(1, 6)], "sequence": [d.whole(3, 6), d.whole(1, 4)],
        "image": [d.whole(3, 6), d.whole(3, 6), d.whole(1, 3)], "volume": [*(d.whole(2, 4) for _ in range(3)), 2],
        "id rows": [d.whole(2, 3), d.whole(2, 4)],
    }[kind]  # fmt: skip
    shape: list[int | None] = list(sizes)
    if kind in ("ids", "sequence") and d.chance(0.4):
        shape[0] = None
    if kind == "image" and d.chance(0.1):
        shape[0] = shape[1] = None
    ids = kind.startswith("id")
    return {"name": f"{d.one(['x', 'input', 'b', 'a'])}{index}", "shape": shape, "sizes": sizes,
            "dtype": "int32" if ids else "float32", "padded": kind == "sequence" and d.chance(0.3)}  # fmt: skip


def _stack(d: Draw, inputs: list[dict[str, Any]], place: Place, depth: int, count: int | None = None) -> dict[str, Any]:
    """A Sequential that begins at `place`, with its input or without."""
    spec: dict[str, Any] = {"kind": "sequential", "name": _name(d, depth), "inputs": inputs, "layers": {}, "stack": []}
    spec["at once"] = d.chance(0.7)
    full = keraslite.Input(tuple(place.sizes))
    real = keraslite.Input(tuple(n if known else None for n, known in zip(place.sizes, place.known, strict=True)))
    for i in range(count or d.whole(1, 3)):
        here = Place(list(full.shape[1:]), [n is not None for n in real.shape[1:]], real.mask is not None, place.random)
        if not here.known[-1]:
            break
        if math.prod(here.sizes) > MOST and here.rank > 1:
            drawn = layer(d, f"GlobalMaxPooling{here.rank - 1}D")
        elif d.chance(0.1) and depth < 2:
            drawn = _stack(d, [], here, depth + 1)
        else:
            drawn = draw_piece(d, here)
        part = build.value(keraslite, drawn)
        full, real = part(full), build.value(keraslite, drawn)(real)
        spec["layers"][f"l{i}"] = drawn
        spec["stack"].append(f"l{i}")
    spec["out"] = {"t": "out"}
    return spec


def _sequential(d: Draw, random: bool) -> dict[str, Any]:
    one = _input(d, 0)
    while one["dtype"] == "int32":
        one = _input(d, 0)
    place = Place(one["sizes"], [n is not None for n in one["shape"]], False, random)
    spec = _stack(d, [one], place, 0, d.whole(1, 6))
    if d.chance(0.5):
        kind = d.one(["softmax", "sigmoid", None])
        key = f"l{len(spec['stack'])}"
        spec["layers"][key] = made("layers.Dense", units=d.whole(2, 4), activation=kind)
        spec["stack"].append(key)
        spec["heads"] = {"out": kind}
    spec["in"] = {"t": one["name"]}
    return spec
