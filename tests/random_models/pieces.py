"""Draws layers that fit a tensor, with random arguments."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from random_models import options as o
from random_models.drawing import Draw, made, pair

Options = dict[str, Any]
#: By the rank of the tensor without its batch axis: how often, and a function of a draw and a `Place`.
PIECES: dict[int, dict[Callable[[Draw, Place], Any], float]] = {1: {}, 2: {}, 3: {}, 4: {}}


@dataclass
class Place:
    """The tensor a layer is to be called on: sizes without the batch, and which are known when the layer is built."""

    sizes: list[int]
    known: list[bool]
    masked: bool = False
    random: bool = False  # layers may draw at random when trained

    @property
    def rank(self) -> int:
        return len(self.sizes)


def piece(*ranks: int, often: float = 1.0) -> Callable[[Any], Any]:
    """Register a function that gives a layer for tensors of these ranks, or None if nothing fits."""

    def keep(function: Any) -> Any:
        for rank in ranks:
            PIECES[rank][function] = often
        return function

    return keep


def draw_piece(d: Draw, place: Place) -> Any:
    """A layer that fits."""
    while True:
        found = d.weighted(PIECES[place.rank])(d, place)
        if found is not None:
            return found


def layer(d: Draw, name: str, /, **options: Any) -> Any:
    return made(f"layers.{name}", **o.usual(d, options))


@piece(1, often=4)
@piece(2, often=2)
@piece(3, 4, often=0.7)
def dense(d: Draw, p: Place) -> Any:
    return layer(d, "Dense", units=d.whole(1, 6), activation=o.activation(d), **o.switches(d, use_bias=-0.15),
                 **o.roles(d, kernel=2, bias=1))  # fmt: skip


@piece(1, 2, 3, often=0.5)
def einsum_dense(d: Draw, p: Place) -> Any:
    if p.masked or not all(p.known[1:]):
        return None  # where steps stay it hands masks on here, in Keras never
    shown, out = "abcd"[: p.rank + 1], d.whole(1, 5)
    # Where the size of an axis is written as None, Keras forgets it though it was known.
    more = [size if known else None for size, known in zip(p.sizes[:-1], p.known, strict=False)]
    axes = d.one([None, "x"])
    ready: list[Any] = [(f"{shown},{shown[-1]}x->{shown[:-1]}x", [*more, out] if more else out, axes)]
    if p.rank < 3:  # of more axes for "..." Keras gives the sizes in another order
        ready.append((f"...{shown[-1]},{shown[-1]}x->...x", out, axes))
    if p.rank == 2:
        ready.append(("abc,cxy->abxy", [*more, out, 2], d.one([None, "y", "xy"])))
    if p.rank == 2 and all(p.known):
        ready.append(("abc,bcx->ax", out, d.one([None, "x"])))
    equation, shape, axes = d.one(ready)
    return layer(d, "EinsumDense", equation=equation, output_shape=shape, bias_axes=axes, activation=o.activation(d),
                 **o.roles(d, kernel=2))  # fmt: skip


@piece(1, 2, 3, 4)
def activation(d: Draw, p: Place) -> Any:
    slope = d.real(0, 0.5)
    axes = d.one([None, *([list(range(1, p.rank))] if p.rank > 1 else [])])
    if axes is None and not all(p.known):
        axes = list(range(1, p.rank))
    return d.one([
        layer(d, "Activation", activation=d.one(o.ACTIVATIONS)),
        layer(d, "ReLU", max_value=d.one([None, d.real(0.5, 3)]), negative_slope=slope, threshold=d.one([0.0, 0.1])),
        layer(d, "LeakyReLU", negative_slope=slope),
        layer(d, "ELU", alpha=d.real(0.2, 2)),
        layer(d, "PReLU", shared_axes=axes, alpha_initializer=o.initializer(d, 1)),
        layer(d, "Identity"),
        *([] if p.masked else [layer(d, "Softmax", axis=d.one([-1, -1, p.rank]))]),  # Keras wants a mask of full rank
    ])  # fmt: skip


@piece(1, 2, 3, 4, often=0.8)
def batch_normalization(d: Draw, p: Place) -> Any:
    axis = d.one([-1, -1, -1, p.rank, *([1] if p.known[0] and not p.masked else [])])
    return layer(d, "BatchNormalization", axis=axis, momentum=d.one([0.99, d.real(0.1, 0.9)]),
                 epsilon=d.one([1e-3, 0.05]), **o.switches(d, center=-0.15, scale=-0.15),
                 **o.roles(d, beta=1, gamma=1))  # fmt: skip


@piece(1, 2, 3, 4, often=0.8)
def layer_normalization(d: Draw, p: Place) -> Any:
    axes = [-1, -1, p.rank, [-1], *([[1, 2], [-2, -1]] if p.rank == 2 and all(p.known) else [])]
    return layer(d, "LayerNormalization", axis=d.one(axes), epsilon=d.one([1e-3, 0.05, 1e-4]),
                 **o.switches(d, center=-0.15, scale=-0.15), **o.roles(d, beta=1, gamma=1))  # fmt: skip


@piece(1, 2, 3, 4, often=0.5)
def dropout(d: Draw, p: Place) -> Any:
    rate = d.one([0.2, 0.5]) if p.random else 0.0
    spatial = [made(f"layers.SpatialDropout{p.rank - 1}D", rate=rate)] if p.rank > 1 else []
    return d.one([
        layer(d, "Dropout", rate=rate, seed=d.one([None, 4])), layer(d, "GaussianDropout", rate=rate),
        layer(d, "GaussianNoise", stddev=rate), *spatial,
        *([layer(d, "Dropout", rate=rate, noise_shape=[None, 1, p.sizes[-1]])] if p.rank == 2 else []),
    ])  # fmt: skip


@piece(1)
def repeat(d: Draw, p: Place) -> Any:
    return layer(d, "RepeatVector", n=d.whole(1, 4))


@piece(1, often=0.7)
@piece(2, 3, 4, often=0.8)
def reshape(d: Draw, p: Place) -> Any:
    if not all(p.known):
        return layer(d, "Permute", dims=[2, 1]) if p.rank == 2 and p.known[0] else None
    total = 1
    for size in p.sizes:
        total *= size
    factors = [n for n in range(1, 9) if total % n == 0]
    a = d.one(factors)
    b = d.one([n for n in factors if (total // a) % n == 0])
    order = [int(i) + 1 for i in d.generator.permutation(p.rank)]
    shapes = [[a, total // a], pair(-1, a), [a, -1], [a, b, total // a // b], [-1, 1, a], pair(total), [-1]]
    if p.rank > 1:
        return d.one([layer(d, "Permute", dims=d.one([order, pair(*order)])), layer(d, "Flatten"),
                      layer(d, "Reshape", target_shape=d.one(shapes)),
                      layer(d, "Flatten", data_format=d.one(["channels_first", "channels_last"]))])  # fmt: skip
    return layer(d, "Reshape", target_shape=d.one(shapes))


@piece(2, often=1.5)
@piece(3, often=2.5)
@piece(4, often=1.5)
def convolution(d: Draw, p: Place) -> Any:
    rank = p.rank - 1
    kernel = o.several(d, 1, min(3, *p.sizes[:-1]), rank)
    padding = d.one(["valid", "same", *(["causal"] if rank == 1 else [])])
    steps: Options = {"strides": o.several(d, 1, 2, rank)} if d.chance(0.4) else {}
    if not steps and d.chance(0.3):
        dilation = d.whole(1, 2)
        if padding != "valid" or all(
            (k - 1) * dilation < n for k, n in zip(o.each(kernel, rank), p.sizes, strict=False)
        ):
            steps = {"dilation_rate": dilation}
    groups = d.one([n for n in (1, 1, 1, 2, 3) if p.sizes[-1] % n == 0])
    shared = {"kernel_size": kernel, "padding": padding, "activation": o.activation(d), **steps,
              **o.switches(d, use_bias=-0.15)}  # fmt: skip
    kinds = ["Conv", *(["Depthwise", "Separable"] if rank < 3 else [])]
    kind = d.one(kinds)
    if kind == "Conv":
        return layer(d, f"Conv{rank}D", filters=groups * d.whole(1, 3), groups=groups, **shared,
                     **o.roles(d, kernel=rank + 2, bias=1))  # fmt: skip
    if len(set(o.each(steps.get("strides", 1), rank))) > 1 or (kind == "Separable" and padding == "causal"):
        return None  # TensorFlow has these with equal strides only
    multiplier = d.whole(1, 2)
    if kind == "Depthwise":
        if padding == "causal":
            return None
        return layer(d, f"DepthwiseConv{rank}D", depth_multiplier=multiplier, **shared,
                     **o.roles(d, depthwise=rank + 2, bias=1))  # fmt: skip
    return layer(d, f"SeparableConv{rank}D", filters=d.whole(1, 4), depth_multiplier=multiplier, **shared,
                 **o.roles(d, depthwise=rank + 2, pointwise=rank + 2, bias=1))  # fmt: skip


@piece(2, 3, often=0.6)
@piece(4, often=0.4)
def transposed(d: Draw, p: Place) -> Any:
    rank = p.rank - 1
    if max(p.sizes[:-1]) > 6:
        return None
    kernel = o.several(d, 1, 3, rank)
    strides = o.several(d, 1, 2, rank)
    more = {}
    if d.chance(0.25) and min(o.each(strides, rank)) > 1:
        more = {"output_padding": d.whole(0, 1)}
    return layer(d, f"Conv{rank}DTranspose", filters=d.whole(1, 4), kernel_size=kernel, strides=strides,
                 padding=d.one(["valid", "same"]), activation=o.activation(d), **more,
                 **o.switches(d, use_bias=-0.15), **o.roles(d, kernel=rank + 2, bias=1))  # fmt: skip


@piece(2, 3, 4)
def pooling(d: Draw, p: Place) -> Any:
    rank = p.rank - 1
    kind = d.one(["Max", "Average"])
    if d.chance(0.4):
        return layer(d, f"Global{kind}Pooling{rank}D", keepdims=d.chance(0.3))
    strides = d.one([None, o.several(d, 1, 2, rank)])
    # Keras on PyTorch counts padding in averages.
    padding = d.one(["valid", "same"]) if kind == "Max" else "valid"
    return layer(d, f"{kind}Pooling{rank}D", pool_size=o.several(d, 1, min(3, *p.sizes[:-1]), rank), strides=strides,
                 padding=padding)  # fmt: skip


@piece(2, 3, 4, often=0.7)
def borders(d: Draw, p: Place) -> Any:
    rank = p.rank - 1
    choice = d.one(["ZeroPadding", "Cropping", "UpSampling"])
    if choice == "UpSampling":
        if max(p.sizes[:-1]) > 5:
            return None
        more = {"interpolation": d.one(["nearest", "bilinear"])} if rank == 2 and d.chance(0.4) else {}
        return layer(d, f"UpSampling{rank}D", size=d.whole(1, 3) if rank == 1 else o.several(d, 1, 2, rank), **more)
    name, high = ("padding", 2) if choice == "ZeroPadding" else ("cropping", (min(p.sizes[:-1]) - 1) // 2)
    if high < 1:
        return None
    sides = [pair(d.whole(0, min(high, 2)), d.whole(0, min(high, 2))) for _ in range(rank)]
    amount = d.one([d.whole(0, min(high, 2)), sides[0] if rank == 1 else pair(*sides)])
    return layer(d, f"{choice}{rank}D", **{name: amount})
