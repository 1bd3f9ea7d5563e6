"""Layers: `Layer` and the ready-made ones."""

from __future__ import annotations

from typing import Any

from keraslite import serialization as _serialization
from keraslite.layers.activation.activation import Activation
from keraslite.layers.activation.rectifiers import ELU, LeakyReLU, PReLU, ReLU
from keraslite.layers.activation.softmax import Softmax
from keraslite.layers.attention.additive_attention import AdditiveAttention
from keraslite.layers.attention.attention import Attention
from keraslite.layers.attention.grouped_query_attention import GroupedQueryAttention
from keraslite.layers.attention.multi_head_attention import MultiHeadAttention
from keraslite.layers.base import InputSpec, Layer
from keraslite.layers.convolution.conv import Conv1D, Conv2D, Conv3D
from keraslite.layers.convolution.depthwise import DepthwiseConv1D, DepthwiseConv2D
from keraslite.layers.convolution.separable import SeparableConv1D, SeparableConv2D
from keraslite.layers.convolution.transpose import Conv1DTranspose, Conv2DTranspose, Conv3DTranspose
from keraslite.layers.core.dense import Dense
from keraslite.layers.core.einsum_dense import EinsumDense
from keraslite.layers.core.embedding import Embedding
from keraslite.layers.core.identity import Identity
from keraslite.layers.core.input_layer import Input, InputLayer
from keraslite.layers.core.lambda_layer import Lambda
from keraslite.layers.core.masking import Masking
from keraslite.layers.core.reversible_embedding import ReversibleEmbedding
from keraslite.layers.foreign.flax_module import FlaxLayer
from keraslite.layers.foreign.jax_function import JaxLayer
from keraslite.layers.foreign.saved_model import TFSMLayer
from keraslite.layers.foreign.torch_module import TorchModuleWrapper
from keraslite.layers.host_layer import HostLayer
from keraslite.layers.merging.concatenate import Concatenate, concatenate
from keraslite.layers.merging.dot import Dot, dot
from keraslite.layers.merging.elementwise import (
    Add,
    Average,
    Maximum,
    Minimum,
    Multiply,
    Subtract,
    add,
    average,
    maximum,
    minimum,
    multiply,
    subtract,
)
from keraslite.layers.normalization.batch import BatchNormalization
from keraslite.layers.normalization.group import GroupNormalization
from keraslite.layers.normalization.layer import LayerNormalization
from keraslite.layers.normalization.rms import RMSNormalization
from keraslite.layers.normalization.spectral import SpectralNormalization
from keraslite.layers.normalization.unit import UnitNormalization
from keraslite.layers.pooling.adaptive import (
    AdaptiveAveragePooling1D,
    AdaptiveAveragePooling2D,
    AdaptiveAveragePooling3D,
    AdaptiveMaxPooling1D,
    AdaptiveMaxPooling2D,
    AdaptiveMaxPooling3D,
)
from keraslite.layers.pooling.whole import (
    GlobalAveragePooling1D,
    GlobalAveragePooling2D,
    GlobalAveragePooling3D,
    GlobalMaxPooling1D,
    GlobalMaxPooling2D,
    GlobalMaxPooling3D,
)
from keraslite.layers.pooling.windows import (
    AveragePooling1D,
    AveragePooling2D,
    AveragePooling3D,
    MaxPooling1D,
    MaxPooling2D,
    MaxPooling3D,
)
from keraslite.layers.preprocessing.audio.mel_spectrogram import MelSpectrogram
from keraslite.layers.preprocessing.audio.stft_spectrogram import STFTSpectrogram
from keraslite.layers.preprocessing.category_encoding import CategoryEncoding
from keraslite.layers.preprocessing.data_layer import DataLayer
from keraslite.layers.preprocessing.discretization import Discretization
from keraslite.layers.preprocessing.hashed_crossing import HashedCrossing
from keraslite.layers.preprocessing.hashing import Hashing
from keraslite.layers.preprocessing.images.aug_mix import AugMix
from keraslite.layers.preprocessing.images.auto_contrast import AutoContrast
from keraslite.layers.preprocessing.images.base import BaseImagePreprocessingLayer
from keraslite.layers.preprocessing.images.crop import CenterCrop, RandomCrop
from keraslite.layers.preprocessing.images.cut_mix import CutMix
from keraslite.layers.preprocessing.images.elastic import RandomElasticTransform
from keraslite.layers.preprocessing.images.equalization import (
    ContrastLimitedAdaptiveHistogramEqualization,
    Equalization,
)
from keraslite.layers.preprocessing.images.erasing import RandomErasing
from keraslite.layers.preprocessing.images.flip import RandomFlip
from keraslite.layers.preprocessing.images.max_boxes import MaxNumBoundingBoxes
from keraslite.layers.preprocessing.images.mix_up import MixUp
from keraslite.layers.preprocessing.images.mosaic import Mosaic
from keraslite.layers.preprocessing.images.perspective import RandomPerspective
from keraslite.layers.preprocessing.images.rand_augment import RandAugment
from keraslite.layers.preprocessing.images.random_brightness import RandomBrightness
from keraslite.layers.preprocessing.images.random_color_degeneration import RandomColorDegeneration
from keraslite.layers.preprocessing.images.random_color_jitter import RandomColorJitter
from keraslite.layers.preprocessing.images.random_contrast import RandomContrast
from keraslite.layers.preprocessing.images.random_gaussian_blur import RandomGaussianBlur
from keraslite.layers.preprocessing.images.random_grayscale import RandomGrayscale
from keraslite.layers.preprocessing.images.random_hue import RandomHue
from keraslite.layers.preprocessing.images.random_invert import RandomInvert
from keraslite.layers.preprocessing.images.random_posterization import RandomPosterization
from keraslite.layers.preprocessing.images.random_saturation import RandomSaturation
from keraslite.layers.preprocessing.images.random_sharpness import RandomSharpness
from keraslite.layers.preprocessing.images.resizing import Resizing
from keraslite.layers.preprocessing.images.rotation import RandomRotation
from keraslite.layers.preprocessing.images.shear import RandomShear
from keraslite.layers.preprocessing.images.solarization import Solarization
from keraslite.layers.preprocessing.images.translation import RandomTranslation
from keraslite.layers.preprocessing.images.zoom import RandomZoom
from keraslite.layers.preprocessing.integer_lookup import IntegerLookup
from keraslite.layers.preprocessing.normalization import Normalization
from keraslite.layers.preprocessing.pipeline import Pipeline
from keraslite.layers.preprocessing.rescaling import Rescaling
from keraslite.layers.preprocessing.string_lookup import StringLookup
from keraslite.layers.preprocessing.text_vectorization import TextVectorization
from keraslite.layers.recurrent.bidirectional import Bidirectional
from keraslite.layers.recurrent.conv_lstm import ConvLSTM1D, ConvLSTM2D, ConvLSTM3D
from keraslite.layers.recurrent.gru import GRU, GRUCell
from keraslite.layers.recurrent.lstm import LSTM, LSTMCell
from keraslite.layers.recurrent.rnn import RNN
from keraslite.layers.recurrent.simple_rnn import SimpleRNN, SimpleRNNCell
from keraslite.layers.recurrent.stacked import StackedRNNCells
from keraslite.layers.recurrent.wrapper import TimeDistributed, Wrapper
from keraslite.layers.regularization.activity import ActivityRegularization
from keraslite.layers.regularization.alpha_dropout import AlphaDropout
from keraslite.layers.regularization.dropout import Dropout, SpatialDropout1D, SpatialDropout2D, SpatialDropout3D
from keraslite.layers.regularization.gaussian import GaussianDropout, GaussianNoise
from keraslite.layers.reshaping.padding import (
    Cropping1D,
    Cropping2D,
    Cropping3D,
    ZeroPadding1D,
    ZeroPadding2D,
    ZeroPadding3D,
)
from keraslite.layers.reshaping.shapes import Flatten, Permute, RepeatVector, Reshape
from keraslite.layers.reshaping.up_sampling import UpSampling1D, UpSampling2D, UpSampling3D

# Keras's other names for them.
AvgPool1D = AveragePooling1D
AvgPool2D = AveragePooling2D
AvgPool3D = AveragePooling3D
Convolution1D = Conv1D
Convolution1DTranspose = Conv1DTranspose
Convolution2D = Conv2D
Convolution2DTranspose = Conv2DTranspose
Convolution3D = Conv3D
Convolution3DTranspose = Conv3DTranspose
GlobalAvgPool1D = GlobalAveragePooling1D
GlobalAvgPool2D = GlobalAveragePooling2D
GlobalAvgPool3D = GlobalAveragePooling3D
GlobalMaxPool1D = GlobalMaxPooling1D
GlobalMaxPool2D = GlobalMaxPooling2D
GlobalMaxPool3D = GlobalMaxPooling3D
GroupQueryAttention = GroupedQueryAttention
MaxPool1D = MaxPooling1D
MaxPool2D = MaxPooling2D
MaxPool3D = MaxPooling3D
SeparableConvolution1D = SeparableConv1D
SeparableConvolution2D = SeparableConv2D

__all__ = [
    "ELU",
    "GRU",
    "LSTM",
    "RNN",
    "Activation",
    "ActivityRegularization",
    "AdaptiveAveragePooling1D",
    "AdaptiveAveragePooling2D",
    "AdaptiveAveragePooling3D",
    "AdaptiveMaxPooling1D",
    "AdaptiveMaxPooling2D",
    "AdaptiveMaxPooling3D",
    "Add",
    "AdditiveAttention",
    "AlphaDropout",
    "Attention",
    "AugMix",
    "AutoContrast",
    "Average",
    "AveragePooling1D",
    "AveragePooling2D",
    "AveragePooling3D",
    "AvgPool1D",
    "AvgPool2D",
    "AvgPool3D",
    "BaseImagePreprocessingLayer",
    "BatchNormalization",
    "Bidirectional",
    "CategoryEncoding",
    "CenterCrop",
    "Concatenate",
    "ContrastLimitedAdaptiveHistogramEqualization",
    "Conv1D",
    "Conv1DTranspose",
    "Conv2D",
    "Conv2DTranspose",
    "Conv3D",
    "Conv3DTranspose",
    "ConvLSTM1D",
    "ConvLSTM2D",
    "ConvLSTM3D",
    "Convolution1D",
    "Convolution1DTranspose",
    "Convolution2D",
    "Convolution2DTranspose",
    "Convolution3D",
    "Convolution3DTranspose",
    "Cropping1D",
    "Cropping2D",
    "Cropping3D",
    "CutMix",
    "DataLayer",
    "Dense",
    "DepthwiseConv1D",
    "DepthwiseConv2D",
    "Discretization",
    "Dot",
    "Dropout",
    "EinsumDense",
    "Embedding",
    "Equalization",
    "Flatten",
    "FlaxLayer",
    "GRUCell",
    "GaussianDropout",
    "GaussianNoise",
    "GlobalAveragePooling1D",
    "GlobalAveragePooling2D",
    "GlobalAveragePooling3D",
    "GlobalAvgPool1D",
    "GlobalAvgPool2D",
    "GlobalAvgPool3D",
    "GlobalMaxPool1D",
    "GlobalMaxPool2D",
    "GlobalMaxPool3D",
    "GlobalMaxPooling1D",
    "GlobalMaxPooling2D",
    "GlobalMaxPooling3D",
    "GroupNormalization",
    "GroupQueryAttention",
    "GroupedQueryAttention",
    "HashedCrossing",
    "Hashing",
    "HostLayer",
    "Identity",
    "Input",
    "InputLayer",
    "InputSpec",
    "IntegerLookup",
    "JaxLayer",
    "LSTMCell",
    "Lambda",
    "Layer",
    "LayerNormalization",
    "LeakyReLU",
    "Masking",
    "MaxNumBoundingBoxes",
    "MaxPool1D",
    "MaxPool2D",
    "MaxPool3D",
    "MaxPooling1D",
    "MaxPooling2D",
    "MaxPooling3D",
    "Maximum",
    "MelSpectrogram",
    "Minimum",
    "MixUp",
    "Mosaic",
    "MultiHeadAttention",
    "Multiply",
    "Normalization",
    "PReLU",
    "Permute",
    "Pipeline",
    "RMSNormalization",
    "RandAugment",
    "RandomBrightness",
    "RandomColorDegeneration",
    "RandomColorJitter",
    "RandomContrast",
    "RandomCrop",
    "RandomElasticTransform",
    "RandomErasing",
    "RandomFlip",
    "RandomGaussianBlur",
    "RandomGrayscale",
    "RandomHue",
    "RandomInvert",
    "RandomPerspective",
    "RandomPosterization",
    "RandomRotation",
    "RandomSaturation",
    "RandomSharpness",
    "RandomShear",
    "RandomTranslation",
    "RandomZoom",
    "ReLU",
    "RepeatVector",
    "Rescaling",
    "Reshape",
    "Resizing",
    "ReversibleEmbedding",
    "STFTSpectrogram",
    "SeparableConv1D",
    "SeparableConv2D",
    "SeparableConvolution1D",
    "SeparableConvolution2D",
    "SimpleRNN",
    "SimpleRNNCell",
    "Softmax",
    "Solarization",
    "SpatialDropout1D",
    "SpatialDropout2D",
    "SpatialDropout3D",
    "SpectralNormalization",
    "StackedRNNCells",
    "StringLookup",
    "Subtract",
    "TFSMLayer",
    "TextVectorization",
    "TimeDistributed",
    "TorchModuleWrapper",
    "UnitNormalization",
    "UpSampling1D",
    "UpSampling2D",
    "UpSampling3D",
    "Wrapper",
    "ZeroPadding1D",
    "ZeroPadding2D",
    "ZeroPadding3D",
    "add",
    "average",
    "concatenate",
    "deserialize",
    "dot",
    "maximum",
    "minimum",
    "multiply",
    "serialize",
    "subtract",
]


def serialize(layer: Layer) -> Any:
    """Return a layer as plain data.

    Args:
        layer: a layer or model.

    Example:
        >>> from keraslite import layers
        >>> layers.serialize(layers.Dense(3))["class_name"]
        'Dense'
    """
    return _serialization.serialize(layer)


def deserialize(config: object, custom_objects: dict[str, object] | None = None) -> Any:
    """Make a layer or model from plain data.

    Args:
        config: what `serialize` returned.
        custom_objects: classes and functions by the names that `config` has for them. Default: None.

    Raises:
        SerializationError: if `config` names something unknown.

    Example:
        >>> from keraslite import layers
        >>> layers.deserialize(layers.serialize(layers.Dense(3))).units
        3
    """
    return _serialization.deserialize(config, custom_objects)
