"""EinsumDense."""

from __future__ import annotations

import string
from collections.abc import Sequence
from typing import Any, Unpack

from keraslite import activations, errors, initializers, ops, ranges
from keraslite.backend.contract import Tensor
from keraslite.layers.later import NOT_YET
from keraslite.layers.lora import LowRank
from keraslite.layers.names import stated
from keraslite.layers.roles import (
    ConstraintRole,
    InitializerRole,
    RegularizerRole,
    add_weight,
    constraint,
    initializer,
    regularizer,
)
from keraslite.layers.types import (
    ActivationLike,
    ConstraintLike,
    InitializerLike,
    InputShape,
    LayerOptions,
    RegularizerLike,
    SizesLike,
)
from keraslite.serialization import builtin
from keraslite.variable import Variable

_SIZE = ranges.positive_int | None


@builtin("keras.layers")
class EinsumDense(LowRank):
    """Contracts its input with a kernel as an Einstein sum says: `activation(einsum(equation, x, kernel) + bias)`.

    The axes of the input, of the kernel and of the output are letters of `equation`, such as "abc,cd->abd". An
    ellipsis, as in "...x,xy->...y", stands for any number of axes.

    Args:
        equation: "input,kernel->output" with one letter per axis, and "..." in both input and output or in neither.
        output_shape: sizes of the output without the batch. None where a size follows from the input's. An int is one
            size.
        activation: the name of an activation, or a function from tensor to tensor, applied to the result. Default:
            None, the identity.
        bias_axes: the letters of the output axes that the bias has values for, such as "d". Default: None, no bias.
        kernel_initializer: initial values of the kernel: the name of an initializer, an `Initializer`, a function of
            `(shape, dtype)` or an array. Default: "glorot_uniform".
        bias_initializer: initial values of the bias: the name of an initializer, an `Initializer`, a function of
            `(shape, dtype)` or an array. Default: "zeros".
        kernel_regularizer: penalty on the kernel, added to the loss: the name of a regularizer, a `Regularizer` or a
            function from tensor to scalar. Default: None.
        bias_regularizer: penalty on the bias, added to the loss: the name of a regularizer, a `Regularizer` or a
            function from tensor to scalar. Default: None.
        kernel_constraint: projection applied to the kernel after each training step: the name of a constraint, a
            `Constraint` or a function from tensor to tensor. Default: None.
        bias_constraint: projection applied to the bias after each training step: the name of a constraint, a
            `Constraint` or a function from tensor to tensor. Default: None.
        lora_rank: rank of a low-rank adapter of the kernel, at least 1 (see `enable_lora`). Default: None, no adapter.
        lora_alpha: the adapter's product is multiplied by `lora_alpha / lora_rank`. Default: None, `lora_rank`.
        gptq_unpacked_column_size: must be None: layers do not support quantization yet.
        quantization_config: must be None: layers do not support quantization yet.
        **kwargs: `name`, `dtype`, `trainable` and the other keywords of every layer (see `Layer`).

    Input:
        as many axes as `equation` names, the batch first; floats.

    Output:
        the axes that `equation` names, in the compute dtype.

    Weights:
        `kernel`, with one size per letter, and `bias`, with the sizes of `bias_axes`, and 1 for axes between them.

    Raises:
        ArgumentError: if an argument is outside its range; when it is built, if `equation`, `output_shape` and the
            input contradict each other, or if a size of a weight is not known.

    Example:
        >>> from keraslite import Input, layers
        >>> layers.EinsumDense("abc,cd->abd", output_shape=(None, 64), bias_axes="d")(Input((32, 128))).shape
        (None, 32, 64)
    """

    config_excludes = LowRank.config_excludes | {"gptq_unpacked_column_size"}

    kernel: Variable = stated("The kernel, with one size per letter.")
    kernel_initializer: InitializerRole = initializer()
    kernel_regularizer: RegularizerRole = regularizer()
    kernel_constraint: ConstraintRole = constraint()
    bias_initializer: InitializerRole = initializer()
    bias_regularizer: RegularizerRole = regularizer()
    bias_constraint: ConstraintRole = constraint()

    argument_checks = ranges.checks(
        equation=ranges.text,
        output_shape=_SIZE | ranges.items(_SIZE),
        bias_axes=ranges.text | None,
        gptq_unpacked_column_size=NOT_YET,
        quantization_config=NOT_YET,
    )

    def __init__(
        self,
        equation: str,
        output_shape: SizesLike,
        activation: ActivationLike = None,
        bias_axes: str | None = None,
        kernel_initializer: InitializerLike = "glorot_uniform",
        bias_initializer: InitializerLike = "zeros",
        kernel_regularizer: RegularizerLike = None,
        bias_regularizer: RegularizerLike = None,
        kernel_constraint: ConstraintLike = None,
        bias_constraint: ConstraintLike = None,
        lora_rank: int | None = None,
        lora_alpha: float | None = None,
        gptq_unpacked_column_size: None = None,
        quantization_config: None = None,
        **kwargs: Unpack[LayerOptions],
    ) -> None:
        super().__init__(lora_rank=lora_rank, lora_alpha=lora_alpha, **kwargs)
        self.supports_masking = _keeps_steps(equation)
        self.equation = equation
        sizes = (output_shape,) if output_shape is None or isinstance(output_shape, int) else tuple(output_shape)
        self.partial_output_shape: tuple[int | None, ...] = sizes
        self.activation = activations.get(activation)
        self.bias_axes = bias_axes
        self.kernel_initializer = kernel_initializer
        self.kernel_regularizer = kernel_regularizer
        self.kernel_constraint = kernel_constraint
        self.bias_initializer = bias_initializer
        self.bias_regularizer = bias_regularizer
        self.bias_constraint = bias_constraint

    def build(self, input_shape: InputShape) -> None:
        spec, kernel, output = _expand(self.equation, len(input_shape))
        sizes = _sizes(self.equation, spec, output, input_shape, self.partial_output_shape)
        initializer = self.kernel_initializer
        if isinstance(initializer, initializers.VarianceScaling) and initializer.input_axes is None:
            initializer = initializer.clone()
            initializer.input_axes = tuple(i for i, a in enumerate(kernel) if a in spec and a not in output)
            initializer.output_axes = tuple(i for i, a in enumerate(kernel) if a in output and a not in spec)
        self.kernel = add_weight(self, "kernel", _shape(kernel, sizes, self.equation), initializer=initializer)
        self.bias = None
        if self.bias_axes is not None:
            if not self.bias_axes or not set(self.bias_axes) <= set(output):
                raise errors.ArgumentError(
                    f"`EinsumDense` needs `bias_axes` to name axes of the output {output!r}. "
                    f"Received bias_axes={self.bias_axes!r} with equation={self.equation!r}."
                )
            first = min(output.index(axis) for axis in self.bias_axes)
            bias = "".join(axis if axis in self.bias_axes else " " for axis in output[first:])
            self.bias = add_weight(self, "bias", _shape(bias, {**sizes, " ": 1}, self.equation))
        self._start_lora()

    def call(self, inputs: Tensor, training: bool | None = None) -> Tensor:
        x = ops.einsum(self.equation, inputs, self.kernel)
        if self.bias is not None:
            x = ops.add(x, self.bias)
        return self.activation(x)

    def get_config(self) -> dict[str, Any]:
        config = {"activity_regularizer": None, **super().get_config()}
        return {**config, "output_shape": self.partial_output_shape}


def _keeps_steps(equation: str) -> bool:
    """Whether the input's first two axes, batch and steps, are the output's, so that masks go with it."""
    left, _, output = str(equation).replace(" ", "").partition("->")
    return left.startswith("...") or left.partition(",")[0][:2] == output[:2]


def _expand(equation: str, rank: int) -> tuple[str, str, str]:
    """Axes of input, kernel and output, the ellipsis spelled out for an input of `rank`."""
    bare = equation.replace(" ", "")
    left, arrow, output = bare.partition("->")
    spec, comma, kernel = left.partition(",")
    if not arrow or not comma or ("..." in spec) != ("..." in output) or "..." in kernel:
        raise errors.ArgumentError(
            "`EinsumDense` needs an equation 'input,kernel->output', with '...' in both input and output or in "
            f"neither. Received equation={equation!r}."
        )
    if "..." in spec:
        unused = [letter for letter in string.ascii_letters if letter not in bare]
        dots = "".join(unused[: rank - len(spec) + 3])
        spec, output = spec.replace("...", dots), output.replace("...", dots)
    if len(spec) != rank:
        raise errors.ArgumentError(
            f"`EinsumDense` with equation {equation!r} needs an input of {len(spec)} axes. Received one of {rank}."
        )
    return spec, kernel, output


def _sizes(
    equation: str, spec: str, output: str, input_shape: InputShape, output_shape: Sequence[int | None]
) -> dict[str, int | None]:
    """Size of each axis, from the input's shape and from `output_shape`."""
    sizes = dict(zip(spec, input_shape, strict=True))
    # With the ellipsis first, `output_shape` counts from the right; otherwise from the axis after the batch.
    aligned = output[-len(output_shape) :] if equation.lstrip().startswith("...") else output[1:]
    for axis, size in zip(aligned, output_shape, strict=False):
        known = sizes.get(axis)
        if size is not None and known is not None and known != size:
            raise errors.ArgumentError(
                f"`EinsumDense` with equation {equation!r} needs axis {axis!r} to have one size. Received {known} in "
                f"input_shape={tuple(input_shape)} and {size} in output_shape={output_shape}."
            )
        sizes[axis] = size if known is None else known
    return sizes


def _shape(axes: str, sizes: dict[str, int | None], equation: str) -> tuple[int | None, ...]:
    shape = tuple(sizes.get(axis) for axis in axes)
    if None in shape:
        raise errors.ArgumentError(
            f"`EinsumDense` with equation {equation!r} needs sizes for the axes {axes!r} of a weight. "
            f"Received {shape}. Give them in `output_shape`, or an input whose sizes are known there."
        )
    return shape
