"""Recorded ops in files: under which class name Keras 3 keeps them, and which parameters its class holds.

Keras writes an op node as an object with a config (the parameters its constructor takes) and a call (the
others). The class is the op's name in camel case, the tensors are the call, the rest the config, unless the
tables here say otherwise.
"""

from __future__ import annotations

from typing import Any

from keraslite.errors import SerializationError
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
    "sparse_categorical_crossentropy ctc_loss ctc_decode polar unfold fold",
    _MATH: "segment_sum segment_max segment_min segment_prod top_k in_top_k logsumexp qr extract_sequences fft fft2 "
    "ifft2 rfft irfft stft istft rsqrt erf erfinv norm logdet",
    _LINALG: "cholesky cholesky_inverse det eig eigh inv lstsq lu_factor solve solve_triangular svd",
    _IMAGE: "resize affine_transform extract_patches map_coordinates pad_images crop_images rgb_to_grayscale "
    "rgb_to_hsv hsv_to_rgb gaussian_blur perspective_transform elastic_transform scale_and_translate",
}
_MODULE_OF = {name: module for module, names in MODULES.items() for name in names.split()}

CLASS_NAMES = {  # where camel case is not what Keras calls it
    "divide": "Divide",
    "true_divide": "TrueDivide",
    "logical_and": "LogicalAnd",
    "hard_silu": "HardSilu",
    "relu6": "Relu6",
}
# Parameters that are part of Keras's call although they are no tensors here, and the other way round.
CALLED_WITH = {"get_item": ("key",), "slice": ("start_indices",), "slice_update": ("start_indices",)}
CONSTRUCTED_WITH = {"clip": ("x_min", "x_max"), "leaky_relu": ("negative_slope",)}
_WRITTEN_AS = {"divide": "true_divide"}  # `x / y` is TrueDivide in Keras's files


def class_name(op: str) -> str:
    """What Keras calls the class of an op: "reduce_max" -> "ReduceMax"."""
    return CLASS_NAMES.get(op) or "".join(part[:1].upper() + part[1:] for part in op.split("_"))


def _split(op: Any) -> tuple[list[str], list[str]]:
    """Names of the parameters in the call, and of those in the config."""
    call: list[str] = []
    config: list[str] = []
    for name, kind in zip(op.names, op.kinds, strict=True):
        called = name in CALLED_WITH.get(op.name, ()) or kind in ("Tensor", "Tensors")
        (config if not called or name in CONSTRUCTED_WITH.get(op.name, ()) else call).append(name)
    return call, config


def to_config(node: Node) -> tuple[dict[str, Any], list[Any]]:
    """An op node as Keras's object config (without its call), and the arguments of the call."""
    op = node.operation.op
    values = dict(zip(op.names, node.args, strict=True))
    call, config = _split(op)
    name = _WRITTEN_AS.get(op.name, op.name)
    cls = class_name(name)
    return {
        "module": _MODULE_OF.get(name, _NUMPY),
        "class_name": cls,
        "config": {"name": node.name, **{key: values[key] for key in config}},
        "registered_name": cls,
    }, [values[key] for key in call]


def is_op(module: Any) -> bool:
    """Whether an object of a file with that module is an op."""
    return isinstance(module, str) and module.startswith("keras.src.ops.")


def from_config(config: dict[str, Any]) -> Any:
    """The op that an object config stands for, as a function of the call's arguments."""
    known = {class_name(name): name for name in OPS}
    known.update({"TrueDivide": "divide", "Divide": "divide", "Absolute": "absolute"} if "divide" in OPS else {})
    name = known.get(config["class_name"])
    if name is None:
        raise SerializationError(f"The file needs the op {config['class_name']!r}, which keraslite does not have.")
    function = OPS[name]
    call, settings = _split(function.op)  # type: ignore[attr-defined]
    given = {key: value for key, value in config["config"].items() if key in settings}
    unknown = sorted(set(config["config"]) - set(settings) - {"name", "sparse", "dtype", "trainable"})
    if unknown:
        raise SerializationError(f"The op {config['class_name']!r} has no parameters {unknown}.")

    def run(*args: Any, **kwargs: Any) -> Any:
        return function(**dict(zip(call, args, strict=False)), **kwargs, **given)

    return run
