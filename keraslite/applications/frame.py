"""What all applications share: their arguments, the image they begin with, the head they end with, their weights."""

from __future__ import annotations

import os
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal, TypeAlias, cast

from keraslite import activations, check, config, layers
from keraslite.applications import weight_files
from keraslite.applications.imagenet_utils import obtain_input_shape
from keraslite.errors import ArgumentError
from keraslite.layers.types import ActivationLike, InitializerLike
from keraslite.models import Model
from keraslite.ops.symbolic import SymbolicTensor
from keraslite.utils.source_inputs import get_source_inputs

__all__ = ["Frame", "ImageShape", "Pooling", "Weights"]

#: "imagenet", the path of a file, or None.
Weights: TypeAlias = str | os.PathLike[str] | None
#: Sizes of an image with its channels; None where they vary.
ImageShape: TypeAlias = Sequence[int | None] | None
#: What becomes of features.
Pooling: TypeAlias = Literal["avg", "max"] | None


@dataclass
class Frame:
    """One application while it is built.

    Attributes:
        function: the public function, for messages.
        include_top, weights, input_tensor, input_shape, pooling, classes, classifier_activation, name: what its caller
            asks for.
        default_size: height and width of images, unless the caller names others.
        min_size: least height and width.
        any_size: whether the classifier takes images of any size.
        known_size: whether features, too, need images of a known size.
        shape: sizes of an image with its channels.
        inputs: the image.
        axis: the axis of channels.
    """

    function: str
    include_top: bool
    weights: Weights
    input_tensor: SymbolicTensor | None
    input_shape: ImageShape
    pooling: Pooling
    classes: int
    classifier_activation: ActivationLike
    name: str | None
    default_size: int = 224
    min_size: int = 32
    any_size: bool = False
    known_size: bool = False
    shape: tuple[int | None, ...] = field(init=False)
    inputs: SymbolicTensor = field(init=False)
    axis: int = field(init=False)

    def __post_init__(self) -> None:
        self._check()
        self.axis = 1 if config.image_data_format() == "channels_first" else 3
        self.shape = obtain_input_shape(
            self.input_shape,
            self.default_size,
            self.min_size,
            config.image_data_format(),
            require_flatten=self.known_size or (self.include_top and not self.any_size),
            weights=self.weights if self.include_top or not self.known_size else None,
        )
        self.inputs = layers.Input(self.shape) if self.input_tensor is None else self.input_tensor

    @property
    def published(self) -> bool:
        """Whether the published weights are asked for."""
        return self.weights == "imagenet"

    @property
    def signed_axis(self) -> int:
        """The axis of channels, counted from the end if it is the last."""
        return 1 if self.axis == 1 else -1

    @property
    def image_size(self) -> tuple[int | None, int | None]:
        """Height and width of the image, None where they vary."""
        sizes = self.inputs.shape[2:4] if self.axis == 1 else self.inputs.shape[1:3]
        return cast(tuple[int | None, int | None], sizes)

    def _check(self) -> None:
        check.one_of(self.pooling, ("avg", "max", None), "pooling", self.function)
        self.classes = check.positive_int(self.classes, "classes", self.function)
        if self.weights is not None and not isinstance(self.weights, (str, os.PathLike)):
            raise ArgumentError(
                f'`{self.function}` needs `weights` to be "imagenet", a path or None. '
                f"Received weights={self.weights!r}."
            )
        if self.weights is not None and not self.published and not Path(self.weights).is_file():
            raise ArgumentError(
                f'`{self.function}` needs `weights` to be "imagenet", the path of a file or None. '
                f"Received {str(self.weights)!r}, where there is no file."
            )
        if self.input_tensor is not None and not isinstance(self.input_tensor, SymbolicTensor):
            raise ArgumentError(
                f"`{self.function}` needs `input_tensor` to be symbolic, such as `Input((224, 224, 3))`. Received "
                f"{type(self.input_tensor).__name__}. Call the model on other tensors."
            )
        if self.published and self.include_top:
            self._check_classifier()

    def _check_classifier(self) -> None:
        if self.classes != 1000:
            raise ArgumentError(
                f'`{self.function}` needs `classes` to be 1000 with weights="imagenet". Received classes='
                f"{self.classes}. Pass `include_top=False` and add a classifier, or `weights=None`."
            )
        if activations.get(self.classifier_activation) not in (activations.softmax, activations.linear):
            raise ArgumentError(
                f'`{self.function}` needs `classifier_activation` to be "softmax" or None with weights="imagenet". '
                f"Received {self.classifier_activation!r}."
            )

    def classifier(
        self,
        x: SymbolicTensor,
        name: str = "predictions",
        kernel: InitializerLike = "glorot_uniform",
        bias: InitializerLike = "zeros",
    ) -> SymbolicTensor:
        """The dense layer that ends a model, by its name and the initial values of its weights."""
        return layers.Dense(
            self.classes,
            activation=self.classifier_activation,
            kernel_initializer=kernel,
            bias_initializer=bias,
            name=name,
        )(x)

    def pooled(self, x: SymbolicTensor, average: str | None = None, maximum: str | None = None) -> SymbolicTensor:
        """Features as the caller wants them.

        Args:
            x: the features.
            average: name of the layer that takes the mean; None for an automatic one.
            maximum: name of the layer that takes the maximum.
        """
        if self.pooling == "avg":
            return layers.GlobalAveragePooling2D(name=average)(x)
        return layers.GlobalMaxPooling2D(name=maximum)(x) if self.pooling == "max" else x

    def model(self, outputs: SymbolicTensor, key: str | None = None) -> Model:
        """The model from the image to `outputs`, with its weights.

        Args:
            outputs: what the model returns.
            key: what the published weights are listed under. None: the name of the function.
        """
        inputs = self.inputs if self.input_tensor is None else get_source_inputs(self.input_tensor)
        model = Model(inputs, outputs, name=self.name)
        if self.published:
            model.load_weights(weight_files.fetched(key or self.function, self.include_top, self.function))
        elif self.weights is not None:
            model.load_weights(self.weights)
        return model
