"""Calls of ops on symbolic tensors, for any Keras, and what each records in the config of a functional model."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

Spec = tuple[tuple[int | None, ...], str]
CALLS: dict[str, tuple[list[Spec], Callable]] = {}

X: Spec = ((4, 6), "float32")  # without the batch
INTS: Spec = ((4, 6), "int32")
BOOLS: Spec = ((4, 6), "bool")
SQUARE: Spec = ((4, 4), "float32")
IMAGE: Spec = ((8, 8, 3), "float32")


def call(name: str, specs: list[Spec], function: Callable) -> None:
    """Add `function(ops, *inputs)` under a name."""
    CALLS[name] = (specs, function)


def _add(names: str, specs: list[Spec], **arguments: Any) -> None:
    for name in names.split():
        call(name, specs, lambda o, *xs, name=name: getattr(o, name)(*xs, **arguments))


UNARY = (
    "abs absolute arccos arccosh arcsin arcsinh arctan arctanh ceil conj conjugate copy cos cosh exp exp2 "
    "expm1 floor imag isfinite isinf isnan log log10 log1p log2 logical_not negative ones_like ravel real "
    "reciprocal round sign sin sinh sqrt square tan tanh trunc zeros_like relu relu6 sigmoid sparse_sigmoid "
    "softplus softsign soft_shrink sparse_plus silu swish hard_swish log_sigmoid leaky_relu hard_sigmoid "
    "hard_silu elu selu gelu celu glu tanh_shrink hard_tanh hard_shrink squareplus softmax log_softmax "
    "sparsemax rsqrt erf erfinv stop_gradient max min amax amin mean sum prod std var median all any argmax "
    "argmin argsort sort count_nonzero cumsum cumprod logsumexp nan_to_num transpose tril triu diagonal trace "
    "flip squeeze norm normalize rot90 empty_like"
)
_add(UNARY, [X])
_add("add subtract multiply divide true_divide divide_no_nan floor_divide mod power maximum minimum arctan2 hypot "
     "logaddexp equal not_equal greater greater_equal less less_equal logical_and logical_or logical_xor isclose "
     "allclose append inner outer vdot", [X, X])  # fmt: skip
_add("bitwise_and bitwise_or bitwise_xor left_shift right_shift bitwise_left_shift bitwise_right_shift", [INTS, INTS])
_add("bitwise_invert bitwise_not", [INTS])
_add("cholesky cholesky_inverse det eig eigh inv lu_factor qr svd pinv matrix_rank", [SQUARE])
_add("matmul solve dot", [SQUARE, SQUARE])
_add("diag", [((), "float32")])
_add("digitize searchsorted", [((), "float32"), ((), "float32")])
_add("tensordot", [((3,), "float32"), ((3,), "float32")], axes=[[0], [0]])
_add("lstsq", [((2,), "float32"), ((), "float32")])
for _name in ("max", "min", "mean", "sum", "prod", "std", "var", "median", "all", "any", "amax", "amin"):
    call(f"{_name}_axis", [X], lambda o, x, name=_name: getattr(o, name)(x, axis=-1, keepdims=True))
    call(f"{_name}_axes", [X], lambda o, x, name=_name: getattr(o, name)(x, axis=(1, 2)))
_ALONG = ["argmax", "argmin", "softmax", "log_softmax", "cumsum", "cumprod", "sort", "argsort", "flip", "logsumexp"]
for _name in _ALONG:
    call(f"{_name}_axis", [X], lambda o, x, name=_name: getattr(o, name)(x, axis=1))

call("average", [X], lambda o, x: o.average(x, axis=1))
call("average_weights", [X, X], lambda o, x, w: o.average(x, axis=1, weights=w))
call("broadcast_to", [((1, 6), "float32")], lambda o, x: o.broadcast_to(x, (2, 4, 6)))
call("cast", [X], lambda o, x: o.cast(x, "int32"))
call("saturate_cast", [X], lambda o, x: o.saturate_cast(x, "int8"))
call("clip", [X], lambda o, x: o.clip(x, -1.0, 1.0))
call("concatenate", [X, X], lambda o, x, y: o.concatenate([x, y], axis=1))
call("stack", [X, X], lambda o, x, y: o.stack([x, y], axis=1))
call("hstack", [X, X], lambda o, x, y: o.hstack([x, y]))
call("vstack", [X, X], lambda o, x, y: o.vstack([x, y]))
call("einsum", [X, X], lambda o, x, y: o.einsum("bij,bkj->bik", x, y))
call("expand_dims", [X], lambda o, x: o.expand_dims(x, 1))
call("expand_dims_last", [X], lambda o, x: o.expand_dims(x, axis=-1))
call("squeeze_axis", [((1, 6), "float32")], lambda o, x: o.squeeze(x, axis=1))
call("full_like", [X], lambda o, x: o.full_like(x, 2.0))
call("moveaxis", [X], lambda o, x: o.moveaxis(x, 1, 2))
call("swapaxes", [X], lambda o, x: o.swapaxes(x, 1, 2))
call("transpose_axes", [X], lambda o, x: o.transpose(x, (0, 2, 1)))
call("pad", [X], lambda o, x: o.pad(x, ((0, 0), (1, 2), (0, 1))))
call("pad_value", [X], lambda o, x: o.pad(x, ((0, 0), (1, 2), (0, 1)), mode="constant", constant_values=2.0))
call("pad_reflect", [X], lambda o, x: o.pad(x, ((0, 0), (1, 2), (0, 1)), mode="reflect"))
call("quantile", [X], lambda o, x: o.quantile(x, 0.5, axis=1))
call("repeat", [X], lambda o, x: o.repeat(x, 2, axis=1))
call("reshape", [X], lambda o, x: o.reshape(x, (-1, 24)))
call("roll", [X], lambda o, x: o.roll(x, 1, axis=1))
call("round_decimals", [X], lambda o, x: o.round(x, 2))
call("split", [X], lambda o, x: o.split(x, 2, axis=1))
call("split_at", [X], lambda o, x: o.split(x, [1, 3], axis=1))
call("unstack", [X], lambda o, x: o.unstack(x, axis=1))
call("take", [X], lambda o, x: o.take(x, [0, 2], axis=1))
call("take_tensor", [X, ((2,), "int32")], lambda o, x, i: o.take(x, i, axis=1))
call("take_along_axis", [X, INTS], lambda o, x, i: o.take_along_axis(x, i, axis=1))
call("tile", [X], lambda o, x: o.tile(x, (1, 2, 1)))
call("tril_k", [X], lambda o, x: o.tril(x, k=1))
call("where", [BOOLS, X, X], lambda o, c, x, y: o.where(c, x, y))
call("where_number", [BOOLS, X], lambda o, c, x: o.where(c, x, 0.0))
call("linspace", [X, X], lambda o, x, y: o.linspace(x, y, num=3))
call("one_hot", [INTS], lambda o, x: o.one_hot(x, 5))
call("multi_hot", [INTS], lambda o, x: o.multi_hot(x, 5))
call("top_k", [X], lambda o, x: o.top_k(x, 2))
call("in_top_k", [((), "int32"), ((6,), "float32")], lambda o, t, p: o.in_top_k(t, p, 2))
call("moments", [X], lambda o, x: o.moments(x, axes=[1]))
call("segment_sum", [((), "float32"), ((), "int32")], lambda o, x, s: o.segment_sum(x, s, num_segments=3))
call("segment_max", [((), "float32"), ((), "int32")], lambda o, x, s: o.segment_max(x, s, num_segments=3))
call("scatter_update", [X], lambda o, x: o.scatter_update(x, [[0, 1, 2]], [1.0]))
call("slice", [X], lambda o, x: o.slice(x, (0, 1, 2), (1, 2, 3)))
call("slice_update", [X, ((1, 1), "float32")], lambda o, x, u: o.slice_update(x, (0, 1, 2), u))
call("leaky_relu_slope", [X], lambda o, x: o.leaky_relu(x, negative_slope=0.3))
call("elu_alpha", [X], lambda o, x: o.elu(x, alpha=0.5))
call("gelu_exact", [X], lambda o, x: o.gelu(x, approximate=False))
call("threshold", [X], lambda o, x: o.threshold(x, 0.5, 0.0))
call("max_pool", [IMAGE], lambda o, x: o.max_pool(x, 2))
call("average_pool", [IMAGE], lambda o, x: o.average_pool(x, 2, strides=1, padding="same"))
call("conv", [IMAGE, ((3, 3, 3, 4), "float32")], lambda o, x, k: o.conv(x, k[0], strides=1))
call("binary_crossentropy", [X, X], lambda o, x, y: o.binary_crossentropy(x, y))
call("categorical_crossentropy", [X, X], lambda o, x, y: o.categorical_crossentropy(x, y, from_logits=True))
call("sparse_categorical_crossentropy", [((4,), "int32"), X],
     lambda o, x, y: o.sparse_categorical_crossentropy(x, y, from_logits=True))  # fmt: skip
call("batch_normalization", [X], lambda o, x: o.batch_normalization(x, x[0, 0], x[0, 1], axis=-1))
call("layer_normalization", [X], lambda o, x: o.layer_normalization(x))
call("rms_normalization", [X], lambda o, x: o.rms_normalization(x))
call("dot_product_attention", [((4, 2, 3), "float32")] * 3, lambda o, q, k, v: o.dot_product_attention(q, k, v))
call("norm_axis", [X], lambda o, x: o.norm(x, ord=2, axis=1))
call("normalize_axis", [X], lambda o, x: o.normalize(x, axis=1, order=2))
call("solve_triangular", [SQUARE, SQUARE], lambda o, x, y: o.solve_triangular(x, y, lower=True))
call("nan_to_num_value", [X], lambda o, x: o.nan_to_num(x, nan=1.0))
call("argmax_keep", [X], lambda o, x: o.argmax(x, axis=-1, keepdims=True))

_LAST = {"data_format": "channels_last"}  # Keras keeps None, which ours writes out
for _name in ("rgb_to_grayscale", "rgb_to_hsv", "hsv_to_rgb", "sobel_edges"):
    call(_name, [IMAGE], lambda o, x, name=_name: getattr(o.image, name)(x, **_LAST))
call("resize", [IMAGE], lambda o, x: o.image.resize(x, (4, 4), antialias=True, **_LAST))
call("pad_images", [IMAGE], lambda o, x: o.image.pad_images(x, 1, 2, 1, 2, **_LAST))
call("crop_images", [IMAGE], lambda o, x: o.image.crop_images(x, 1, 2, target_height=4, target_width=4, **_LAST))
call("gaussian_blur", [IMAGE], lambda o, x: o.image.gaussian_blur(x, (3, 5), (0.5, 1.5), **_LAST))
call("ssim", [IMAGE, IMAGE], lambda o, x, y: o.image.ssim(x, y, filter_size=3, **_LAST))
call("psnr", [IMAGE, IMAGE], lambda o, x, y: o.psnr(x, y, 1.0))
call("affine_transform", [IMAGE, ((8,), "float32")], lambda o, x, t: o.image.affine_transform(x, t, **_LAST))
call("perspective_transform", [IMAGE, ((4, 2), "float32"), ((4, 2), "float32")],
     lambda o, x, s, e: o.image.perspective_transform(x, s, e, **_LAST))  # fmt: skip
call("elastic_transform", [IMAGE], lambda o, x: o.image.elastic_transform(x, 3.0, seed=3, **_LAST))
call("scale_and_translate", [IMAGE, ((), "float32"), ((), "float32")],
     lambda o, x, s, t: o.image.scale_and_translate(x, (2, 4, 4, 3), s, t, (1, 2), "linear"))  # fmt: skip
call("map_coordinates", [((4,), "float32"), ((3,), "float32")], lambda o, x, c: o.image.map_coordinates(x, c, 1))
call("unfold", [IMAGE], lambda o, x: o.unfold(x, 2))
call("fold", [((12, 4), "float32")], lambda o, x: o.fold(x, (4, 4), 2, stride=2))
call("depth_to_space", [((4, 4, 8), "float32")], lambda o, x: o.depth_to_space(x, 2))
call("space_to_depth", [((4, 4, 8), "float32")], lambda o, x: o.space_to_depth(x, 2))
call("ctc_loss", [((3,), "int32"), ((8, 5), "float32"), ((), "int32"), ((), "int32")],
     lambda o, t, x, m, n: o.ctc_loss(t, x, m, n))  # fmt: skip
call("ctc_decode", [((8, 5), "float32"), ((), "int32")], lambda o, x, n: o.ctc_decode(x, n)[1])

call("+", [X, X], lambda o, x, y: x + y)
call("+ number", [X], lambda o, x: x + 1.5)
call("number +", [X], lambda o, x: 1.5 + x)
call("-", [X, X], lambda o, x, y: x - y)
call("number -", [X], lambda o, x: 1.5 - x)
call("*", [X], lambda o, x: x * 2)
call("/", [X, X], lambda o, x, y: x / y)
call("number /", [X], lambda o, x: 2.0 / x)
call("//", [X], lambda o, x: x // 2.0)
call("%", [X], lambda o, x: x % 2.0)
call("**", [X], lambda o, x: x**2)
call("@", [SQUARE, SQUARE], lambda o, x, y: x @ y)
call("neg", [X], lambda o, x: -x)
call("abs()", [X], lambda o, x: abs(x))
call("~", [BOOLS], lambda o, x: ~x)
call("&", [BOOLS, BOOLS], lambda o, x, y: x & y)
call("|", [BOOLS, BOOLS], lambda o, x, y: x | y)
call("^", [BOOLS, BOOLS], lambda o, x, y: x ^ y)
call("!=", [X], lambda o, x: x != 0.0)
call("<", [X], lambda o, x: x < 0.5)
call("<=", [X], lambda o, x: x <= 0.5)
call(">", [X], lambda o, x: x > 0.5)
call(">=", [X], lambda o, x: x >= 0.5)
call("x[:, 0]", [X], lambda o, x: x[:, 0])
call("x[0]", [X], lambda o, x: x[0])
call("x[:, 1:3, None]", [X], lambda o, x: x[:, 1:3, None])
call("x[..., -1]", [X], lambda o, x: x[..., -1])
call("x[:, ::-1]", [X], lambda o, x: x[:, ::-1])


def inputs(k: Any, specs: list[Spec]) -> list[Any]:
    """Inputs with names that are the same on both sides."""
    return [k.Input(batch_shape=(2, *shape), dtype=dtype, name=f"in{i}") for i, (shape, dtype) in enumerate(specs)]


def entries(k: Any, name: str) -> Any:
    """What the model of one call has in its config: the layers that are no inputs."""
    specs, function = CALLS[name]
    xs = inputs(k, specs)
    net = k.Model(xs, function(k.ops, *xs))
    return [layer for layer in net.get_config()["layers"] if layer["class_name"] != "InputLayer"]


def keras_entries(names: list[str]) -> dict[str, Any]:
    """`entries` of real Keras, or the error as a string."""
    import json

    import keras

    return {name: _attempt(lambda name=name: json.loads(json.dumps(entries(keras, name)))) for name in names}


def keras_reads(configs: dict[str, Any]) -> dict[str, Any]:
    """Whether real Keras makes a model of each config: "" or the error."""
    import keras

    def read(config: Any) -> str:
        keras.Model.from_config(config)
        return ""

    return {name: _attempt(lambda config=config: read(config)) for name, config in configs.items()}


def _attempt(function: Callable) -> Any:
    try:
        return function()
    except Exception as error:
        return f"{type(error).__name__}: {error}"[:300]
