"""Recorded ops in files: under which class name Keras 3 keeps them, and which parameters its class holds.

Keras writes an op node as an object with a config (the parameters its constructor takes) and a call (the
others). The class is the op's name in camel case, the tensors are the call, the rest the config, unless the
tables here say otherwise.
"""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import Any

from keraslite import config
from keraslite.errors import SerializationError
from keraslite.ops.declare import Op
from keraslite.ops.operators import OPS
from keraslite.ops.symbolic import Node

_CORE = "keras.src.ops.core"
_NN = "keras.src.ops.nn"
_NUMPY = "keras.src.ops.numpy"
_MATH = "keras.src.ops.math"
_LINALG = "keras.src.ops.linalg"
_IMAGE = "keras.src.ops.image"

MODULES = {
    _CORE: "cast saturate_cast stop_gradient scatter scatter_update slice slice_update switch unstack shape "
    "convert_to_numpy dtype is_tensor cond while_loop scan map associative_scan fori_loop vectorized_map",
    _NN: "relu relu6 sigmoid sparse_sigmoid softplus softsign soft_shrink sparse_plus silu log_sigmoid leaky_relu "
    "hard_sigmoid hard_silu elu selu gelu celu glu tanh_shrink hard_tanh hard_shrink threshold squareplus softmax "
    "log_softmax sparsemax max_pool average_pool adaptive_max_pool adaptive_average_pool conv depthwise_conv "
    "separable_conv conv_transpose one_hot multi_hot moments batch_normalization layer_normalization rms_normalization "
    "normalize psnr dot_product_attention binary_crossentropy categorical_crossentropy "
    "sparse_categorical_crossentropy ctc_loss ctc_decode polar unfold fold "
    "depth_to_space space_to_depth",
    _MATH: "segment_sum segment_max segment_min segment_prod top_k in_top_k logsumexp extract_sequences fft fft2 "
    "ifft2 rfft irfft stft istft rsqrt erf erfinv logdet",
    _LINALG: "cholesky cholesky_inverse det eig eigh inv lstsq lu_factor matrix_rank norm pinv qr solve "
    "solve_triangular svd",
    _IMAGE: "resize affine_transform extract_patches map_coordinates pad_images crop_images rgb_to_grayscale "
    "rgb_to_hsv hsv_to_rgb gaussian_blur perspective_transform elastic_transform scale_and_translate "
    "sobel_edges ssim",
}
_MODULE_OF = {name: module for module, names in MODULES.items() for name in names.split()}

CLASS_NAMES = {  # where camel case is not what Keras calls it
    "allclose": "AllClose",
    "batch_normalization": "BatchNorm",
    "conj": "Conjugate",
    "ctc_decode": "CTCDecode",
    "ctc_loss": "CTCLoss",
    "divide": "TrueDivide",  # what `x / y` records
    "hsv_to_rgb": "HSVToRGB",
    "layer_normalization": "LayerNorm",
    "psnr": "PSNR",
    "rgb_to_grayscale": "RGBToGrayscale",
    "rgb_to_hsv": "RGBToHSV",
    "rms_normalization": "RMSNorm",
    "searchsorted": "SearchSorted",
    "ssim": "SSIM",
    "svd": "SVD",
}
_READ_AS = {"Divide": "divide", "Conj": "conj"}  # further names in files
# Parameters that Keras gives in the call although they are no tensors here, and the other way round.
_CALLED_WITH = {
    "dot_product_attention": ("scale",),
    "get_item": ("key",),
    "isclose": ("rtol", "atol"),
    "pad": ("constant_values",),
    "scale_and_translate": ("output_shape",),
    "slice": ("start_indices",),
    "slice_update": ("start_indices",),
}
_CONSTRUCTED_WITH = {
    "clip": ("x_min", "x_max"),
    "elastic_transform": ("alpha",),
    "gaussian_blur": ("sigma",),
    "psnr": ("max_val",),
}
_CALLED_BY_NAME = {
    "average": ("weights",),
    "dot_product_attention": ("bias", "mask", "scale"),
    "pad": ("constant_values",),
    "rms_normalization": ("scale",),
}
_SPREAD = {"einsum"}  # the call takes the tensors one by one, not as a list
_ADDED = {"layer_normalization": {"rms_scaling": False}}  # what Keras's class has besides


def class_name(op: str) -> str:
    """What Keras calls the class of an op: "reduce_max" -> "ReduceMax"."""
    return CLASS_NAMES.get(op) or "".join(part[:1].upper() + part[1:] for part in op.split("_"))


def _split(op: Op) -> tuple[list[str], list[str]]:
    """Names of the parameters in the call, and of those in the config."""
    call: list[str] = []
    settings: list[str] = []
    for name, kind in zip(op.names, op.kinds, strict=True):
        called = name in _CALLED_WITH.get(op.name, ()) or kind in ("Tensor", "Tensors")
        (settings if not called or name in _CONSTRUCTED_WITH.get(op.name, ()) else call).append(name)
    return call, settings


def to_config(node: Node, name: str) -> tuple[dict[str, Any], tuple[Any, ...], dict[str, Any]]:
    """An op node called `name` as Keras's object config (without its call), and the arguments of the call."""
    op = getattr(node.operation, "op", None)
    if op is None:
        raise SerializationError(
            f"A file needs layers and ops. Received a call of `{node.name}` with functions of yours in it. "
            "Do this inside a layer's `call`."
        )
    values = dict(zip(op.names, node.args, strict=True))
    if op.name == "get_item" and isinstance(values["key"], list):
        raise SerializationError("A file has no lists as an index, as in `x[[0, 2]]`. Use `ops.take`.")
    call, settings = _split(op)
    cls = class_name(op.name)
    by_name = _CALLED_BY_NAME.get(op.name, ())
    args = [values[key] for key in call if key not in by_name]
    settings_of = {key: _setting(key, values[key], op) for key in settings}
    entry = {
        "module": _MODULE_OF.get(op.name, _NUMPY),
        "class_name": cls,
        "config": {"name": name, **settings_of, **_ADDED.get(op.name, {})},
        "registered_name": cls,
    }
    return entry, tuple(args[0] if op.name in _SPREAD else args), {key: values[key] for key in call if key in by_name}


def _setting(key: str, value: object, op: Op) -> object:
    """Keras writes what a default of None stood for where it depends on settings."""
    if value is None and key == "data_format":
        return config.image_data_format()
    if value is None and key == "dtype" and op.name in ("one_hot", "multi_hot"):
        return config.floatx()
    return value


def is_op(module: object) -> bool:
    """Whether an object of a file with that module is an op."""
    return isinstance(module, str) and module.startswith("keras.src.ops.")


@functools.cache
def _op_names() -> dict[str, str]:
    """Names of ops by those of Keras's classes."""
    return {**{class_name(name): name for name in OPS}, **_READ_AS}


def from_config(entry: dict[str, Any]) -> Callable:
    """The op that an object config stands for, as a function of the call's arguments."""
    name = _op_names().get(entry["class_name"])
    if name is None:
        raise SerializationError(f"The file needs the op {entry['class_name']!r}, which keraslite does not have.")
    function: Any = OPS[name]
    call, settings = _split(function.op)
    given = {key: value for key, value in entry["config"].items() if key in settings}
    unknown = [key for key, value in entry["config"].items() if key not in (*settings, "name") and value]
    if unknown:
        raise SerializationError(f"The op {entry['class_name']!r} has no parameters {sorted(unknown)}.")

    def run(*args: Any, **kwargs: object) -> object:
        if name in _SPREAD:
            args = (list(args),)
        if name == "get_item" and isinstance(args[1], list):  # JSON has no tuples
            args = (args[0], tuple(args[1]))
        return function(**dict(zip(call, args, strict=False)), **kwargs, **given)

    return run
