"""InceptionResNetV2: branches of several kernels whose sum is added to the input."""

from __future__ import annotations

from typing import NamedTuple

from keraslite import layers
from keraslite.applications.branches import Branches, Conv
from keraslite.applications.frame import Frame, ImageShape, Pooling, Weights
from keraslite.applications.imagenet_utils import decode_predictions
from keraslite.applications.preprocessing import tf as preprocess_input
from keraslite.applications.sizes import at_size
from keraslite.layers.published import CustomScaleLayer
from keraslite.layers.types import ActivationLike
from keraslite.models import Model
from keraslite.ops.symbolic import SymbolicTensor

__all__ = ["InceptionResNetV2", "decode_predictions", "preprocess_input"]

_SOURCE = 'Szegedy, Ioffe, Vanhoucke & Alemi, "Inception-v4, Inception-ResNet and residual connections", 2017.'


class _Size(NamedTuple):
    function: str


class _Residual(NamedTuple):
    """Blocks of one kind: their number, the factor of what is added, and the convolutions of each branch."""

    name: str
    blocks: int
    scale: float
    branches: tuple[tuple[Conv, ...], ...]


_35 = _Residual("block35", 10, 0.17, ((Conv(32),), (Conv(32), Conv(32, 3)), (Conv(32), Conv(48, 3), Conv(64, 3))))
_17 = _Residual("block17", 20, 0.1, ((Conv(192),), (Conv(128), Conv(160, 1, 7), Conv(192, 7, 1))))
_8 = _Residual("block8", 9, 0.2, ((Conv(192),), (Conv(192), Conv(224, 1, 3), Conv(256, 3, 1))))


def _inception_resnet_v2(
    size: _Size,
    include_top: bool = True,
    weights: Weights = "imagenet",
    input_tensor: SymbolicTensor | None = None,
    input_shape: ImageShape = None,
    pooling: Pooling = None,
    classes: int = 1000,
    classifier_activation: ActivationLike = "softmax",
    name: str | None = None,
) -> Model:
    frame = Frame(
        size.function,
        include_top,
        weights,
        input_tensor,
        input_shape,
        pooling,
        classes,
        classifier_activation,
        name,
        default_size=299,
        min_size=75,
    )
    net = _Blocks(frame.axis)
    x = net.stem(frame.inputs)
    branches = [
        net.chain(x, Conv(96)),
        net.chain(x, Conv(48), Conv(64, 5)),
        net.chain(x, Conv(64), Conv(96, 3), Conv(96, 3)),
        net.averaged(x, 64),
    ]
    x = net.repeated(net.joined(branches, "mixed_5b"), _35)
    x = net.halved(x, "mixed_6a", (Conv(384, 3, shrinks=True),), (Conv(256), Conv(256, 3), Conv(384, 3, shrinks=True)))
    x = net.repeated(x, _17)
    x = net.halved(
        x,
        "mixed_7a",
        (Conv(256), Conv(384, 3, shrinks=True)),
        (Conv(256), Conv(288, 3, shrinks=True)),
        (Conv(256), Conv(288, 3), Conv(320, 3, shrinks=True)),
    )
    x = net.repeated(x, _8)
    x = net.residual(x, _8._replace(scale=1.0), "block8_10", activates=False)
    x = net.conv(x, Conv(1536), "conv_7b")
    if not include_top:
        return frame.model(frame.pooled(x))
    return frame.model(frame.classifier(layers.GlobalAveragePooling2D(name="avg_pool")(x)))


class _Blocks(Branches):
    """Residual blocks of branches."""

    def residual(self, x: SymbolicTensor, kind: _Residual, name: str, activates: bool = True) -> SymbolicTensor:
        """Add branches to `x`, side by side and brought to its channels."""
        y = self.joined([self.chain(x, *branch) for branch in kind.branches], f"{name}_mixed")
        y = layers.Conv2D(x.shape[self._axis] or 0, 1, padding="same", name=f"{name}_conv")(y)
        x = CustomScaleLayer(kind.scale)([x, y])
        return layers.Activation("relu", name=f"{name}_ac")(x) if activates else x

    def repeated(self, x: SymbolicTensor, kind: _Residual) -> SymbolicTensor:
        """All blocks of one kind."""
        for i in range(1, kind.blocks + 1):
            x = self.residual(x, kind, f"{kind.name}_{i}")
        return x

    def halved(self, x: SymbolicTensor, name: str, *branches: tuple[Conv, ...]) -> SymbolicTensor:
        """Half the height and width."""
        found = [self.chain(x, *branch) for branch in branches]
        return self.joined([*found, layers.MaxPooling2D(3, strides=2)(x)], name)


InceptionResNetV2 = at_size(
    _inception_resnet_v2,
    _Size("InceptionResNetV2"),
    about="Build InceptionResNetV2.",
    source=_SOURCE,
    name="inception_resnet_v2",
    example=("include_top=False, input_shape=(75, 75, 3)", "(None, 1, 1, 1536)"),
    default=299,
    least=75,
)
