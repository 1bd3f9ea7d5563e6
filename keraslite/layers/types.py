"""Names of the types that constructors of layers take."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any, Literal, Protocol, TypeAlias, TypedDict

import numpy as np

from keraslite.backend.contract import Tensor
from keraslite.dtype_policies import DTypePolicy

__all__ = [
    "ActivationLike",
    "CausalPadding",
    "CellOptions",
    "ConstraintLike",
    "ConvRecurrentOptions",
    "ConvertibleDType",
    "DTypeLike",
    "DataFormat",
    "DotOptions",
    "Edges",
    "EmbeddingOptions",
    "Factor",
    "FlaxOptions",
    "InitializerLike",
    "InputOptions",
    "InputShape",
    "IntOrTuple",
    "LayerNormalizationOptions",
    "LayerOptions",
    "LeakyReLUOptions",
    "Masks",
    "NamedOptions",
    "Padding",
    "RecurrentOptions",
    "RegularizerLike",
    "ReversibleEmbeddingOptions",
    "SeededOptions",
    "SizedDType",
    "SizesLike",
    "SupportsArray",
    "UnnamedOptions",
]


class SupportsArray(Protocol):
    """An array or tensor, or whatever else NumPy can make an array of."""

    def __array__(self, /) -> np.ndarray: ...


class SizedDType(Protocol):
    """A dtype of an engine's library that knows its size, such as `torch.float32`."""

    @property
    def itemsize(self) -> int: ...


class ConvertibleDType(Protocol):
    """A dtype of an engine's library that knows NumPy's, such as `tf.float32`."""

    @property
    def as_numpy_dtype(self) -> object: ...


#: The name of an activation, a function from tensor to tensor, or a config. None is the identity.
ActivationLike: TypeAlias = str | Callable[..., object] | Mapping[str, object] | None
#: The name of an initializer, an `Initializer`, a function of `(shape, dtype)`, an array, or a config.
InitializerLike: TypeAlias = str | Callable[..., object] | SupportsArray | Mapping[str, object] | None
#: The name of a regularizer, a `Regularizer`, a function from tensor to scalar, or a config.
RegularizerLike: TypeAlias = str | Callable[..., object] | Mapping[str, object] | None
#: The name of a constraint, a `Constraint`, a function from tensor to tensor, or a config.
ConstraintLike: TypeAlias = str | Callable[..., object] | Mapping[str, object] | None
#: A dtype in any spelling, a dtype policy, or a policy's name or config. None is the active policy.
DTypeLike: TypeAlias = (
    str | type | np.dtype[Any] | SizedDType | ConvertibleDType | DTypePolicy | Mapping[str, object] | None
)
#: One int for all spatial axes, or one int per axis.
IntOrTuple: TypeAlias = int | Sequence[int]
#: The shape that a layer is built for: the batch first, None where a size is not known.
InputShape: TypeAlias = tuple[int | None, ...]
#: The mask of one tensor, or one mask per tensor of a list.
Masks: TypeAlias = "Tensor | Sequence[Tensor | None] | None"
#: Sizes without or with the batch; None where a size is not known.
SizesLike: TypeAlias = int | Sequence[int | None] | None
#: An int for all edges, one int per axis, or (before, after) per axis.
Edges: TypeAlias = int | Sequence[int] | Sequence[Sequence[int]]
#: A number, or (lower, upper) bounds that one is drawn from.
Factor: TypeAlias = float | Sequence[float]
#: "valid": only whole windows. "same": the input is padded so that its size divided by the stride comes out.
Padding: TypeAlias = Literal["valid", "same"]
#: "causal" pads in front alone, so that no output depends on later steps. For one spatial axis.
CausalPadding: TypeAlias = Literal["valid", "same", "causal"]
#: Whether channels are the last axis or the axis after the batch. None is `config.image_data_format()`.
DataFormat: TypeAlias = Literal["channels_last", "channels_first"] | None


class UnnamedOptions(TypedDict, total=False):
    """Keywords of every layer, for layers that have a parameter `name`."""

    trainable: bool
    dtype: DTypeLike
    autocast: bool
    activity_regularizer: RegularizerLike
    input_shape: SizesLike
    batch_input_shape: Sequence[int | None]
    batch_size: int | None
    input_dtype: DTypeLike


class EmbeddingOptions(UnnamedOptions, total=False):
    """Keywords of every layer, for layers that have a parameter `input_dim`."""

    name: str | None
    input_length: int | None


class ReversibleEmbeddingOptions(EmbeddingOptions, total=False):
    """Keywords of `ReversibleEmbedding`: also those of `Embedding`."""

    weights: Sequence[SupportsArray] | SupportsArray | None
    lora_rank: int | None
    lora_alpha: float | None
    quantization_config: None


class InputOptions(TypedDict, total=False):
    """The keyword of `InputLayer` that older code uses for `shape`."""

    input_shape: SizesLike


class NamedOptions(TypedDict, total=False):
    """Keywords of every layer, for layers that have a parameter `activity_regularizer`."""

    name: str | None
    trainable: bool
    dtype: DTypeLike
    autocast: bool
    input_shape: SizesLike
    input_dim: int
    batch_input_shape: Sequence[int | None]
    batch_size: int | None
    input_dtype: DTypeLike


class LayerOptions(NamedOptions, total=False):
    """Keywords of every layer."""

    activity_regularizer: RegularizerLike


class SeededOptions(LayerOptions, total=False):
    """Keywords of `AdditiveAttention`: those of every layer, and the seed of its dropout."""

    seed: int | None


class LayerNormalizationOptions(LayerOptions, total=False):
    """Keywords of `LayerNormalization`: also one that Keras's configs have, always False."""

    rms_scaling: bool


class LeakyReLUOptions(LayerOptions, total=False):
    """Keywords of `LeakyReLU`: also the older name of `negative_slope`."""

    alpha: float


class DotOptions(LayerOptions, total=False):
    """Keywords of `Dot`."""

    normalize: bool


class FlaxOptions(LayerOptions, total=False):
    """Keywords of `FlaxLayer`: also the seed of its random numbers."""

    seed: int | None


class CellOptions(LayerOptions, total=False):
    """Keywords of recurrent cells: those of every layer, and one of configs from older versions, which is ignored."""

    implementation: int


class RecurrentOptions(NamedOptions, total=False):
    """Keywords of recurrent layers: also one of `RNN`, and one of configs from older versions, which is ignored."""

    zero_output_for_mask: bool
    implementation: int


class ConvRecurrentOptions(RecurrentOptions, total=False):
    """Keywords of convolutional recurrent layers: also another one of `RNN`."""

    unroll: bool
