"""`Input`: where a functional model begins."""

from __future__ import annotations

from collections.abc import Iterable
from operator import index
from typing import Any, SupportsIndex, Unpack

from keraslite import config, ranges
from keraslite.backend import dtypes
from keraslite.errors import ArgumentError, MissingCapabilityError
from keraslite.layers.base import Layer
from keraslite.layers.types import DTypeLike, InputOptions, SizesLike
from keraslite.ops.symbolic import Node, SymbolicTensor
from keraslite.serialization import builtin


@builtin("keras.layers")
class InputLayer(Layer):
    """Holds the place of a tensor that a model is given. `Input` makes one and returns its tensor.

    Args:
        shape: sizes of one sample, None where a size is not known. An int is one size.
        batch_size: number of samples, or None if it varies. Default: None.
        dtype: dtype of the tensor. Default: None, that of `input_tensor` or else floatx.
        sparse: only False or None: there are no sparse tensors.
        ragged: only False or None: there are no ragged tensors.
        batch_shape: sizes with the batch first, instead of `shape` and `batch_size`.
        input_tensor: a symbolic tensor to take shape, dtype and history from, instead of a new one.
        optional: whether the model may be given None here. Default: False.
        name: the name under which dicts of inputs are matched. Default: None, a name made from that of the class.
        **kwargs: `input_shape`, another name of `shape`.

    Raises:
        ArgumentError: if there is no shape, or more than one; if a size is no non-negative int or None; if
            `input_tensor` is not symbolic.
        MissingCapabilityError: if `sparse` or `ragged` is True.

    Example:
        >>> from keraslite import layers
        >>> layers.InputLayer(shape=(28, 28), batch_size=16).output.shape
        (16, 28, 28)
    """

    argument_checks = ranges.checks(sparse=ranges.flag | None, ragged=ranges.flag | None, optional=ranges.flag)

    def __init__(
        self,
        shape: SizesLike = None,
        batch_size: int | None = None,
        dtype: DTypeLike = None,
        sparse: bool | None = None,
        ragged: bool | None = None,
        batch_shape: SizesLike = None,
        input_tensor: SymbolicTensor | None = None,
        optional: bool = False,
        name: str | None = None,
        **kwargs: Unpack[InputOptions],
    ) -> None:
        super().__init__(name=name)
        if sparse or ragged:
            raise MissingCapabilityError(
                f"Input {self.name!r} needs dense tensors. Received sparse={sparse}, ragged={ragged}. Make them dense."
            )
        sizes = _batch_shape(self.name, shape, batch_size, kwargs.pop("input_shape", None), batch_shape, input_tensor)
        if kwargs:
            raise ArgumentError(f"`InputLayer` has no argument {sorted(kwargs)[0]!r}.")
        if dtype is None:
            dtype = input_tensor.dtype if input_tensor is not None else config.floatx()
        self._dtype = dtypes.canonical(dtype)
        self._sizes = self._own.batch_shape_hint = sizes
        self.optional = bool(optional)
        self._own.compute_dtype = self._own.variable_dtype = self._dtype
        tensor = input_tensor
        if tensor is None:
            tensor = SymbolicTensor(sizes, self._dtype, name=name)
        if tensor.node is None:
            node = Node(self, (), {}, tensor)
            self._add_node(node)
        # History points backwards only, so without this an unused input would forget its node.
        self._tensor = tensor
        self.built = True

    @property
    def dtype(self) -> str:
        """The tensor's dtype."""
        return self._dtype

    @property
    def batch_shape(self) -> tuple[int | None, ...]:
        """The tensor's sizes, with the batch first."""
        return self._sizes

    @property
    def output(self) -> SymbolicTensor:
        """The symbolic tensor."""
        return self._tensor

    def call(self) -> None:
        """An input is not called: its model is given the tensor."""
        raise NotImplementedError(f"Input {self.name!r} is a place in a model and needs no call.")

    def __reduce__(self) -> Any:
        return type(self).from_config, (self.get_config(),)

    def get_config(self) -> dict[str, Any]:
        """Shape and dtype as Keras writes them."""
        return {
            "batch_shape": self.batch_shape,
            "dtype": self._dtype,
            "sparse": False,
            "ragged": False,
            "name": self.name,
            "optional": self.optional,
        }

    def get_build_config(self) -> None:
        """None: there is nothing to build."""
        return


def _batch_shape(
    name: str,
    shape: SizesLike,
    batch_size: int | None,
    input_shape: SizesLike,
    batch_shape: SizesLike,
    tensor: SymbolicTensor | None,
) -> tuple[int | None, ...]:
    shape = input_shape if shape is None else shape
    if tensor is not None:
        if not isinstance(tensor, SymbolicTensor):
            raise ArgumentError(f"Input {name!r} needs `tensor` to be symbolic. Received {tensor!r:.80}.")
        return tensor.shape
    if batch_shape is not None:
        if shape is not None or batch_size is not None:
            raise ArgumentError(f"Input {name!r} needs `batch_shape` or `shape` and `batch_size`. Received both.")
        return _sizes(name, "batch_shape", batch_shape)
    if shape is None:
        raise ArgumentError("`Input` needs `shape`, the sizes of one sample. Received none. Pass `shape=(...)`.")
    return (*_sizes(name, "batch_size", (batch_size,)), *_sizes(name, "shape", shape))


def _sizes(name: str, argument: str, shape: SizesLike) -> tuple[int | None, ...]:
    items: tuple[object, ...] = tuple(shape) if isinstance(shape, Iterable) else (shape,)
    for size in items:
        if size is not None and (isinstance(size, bool) or not isinstance(size, SupportsIndex) or index(size) < 0):
            raise ArgumentError(
                f"Input {name!r} needs `{argument}` of non-negative integers or None. Received {shape!r}."
            )
    return tuple(index(size) if isinstance(size, SupportsIndex) else None for size in items)


def Input(
    shape: SizesLike = None,
    batch_size: int | None = None,
    dtype: DTypeLike = None,
    sparse: bool | None = None,
    ragged: bool | None = None,
    batch_shape: SizesLike = None,
    name: str | None = None,
    tensor: SymbolicTensor | None = None,
    optional: bool = False,
) -> SymbolicTensor:
    """Makes a symbolic tensor for data that a model will be given, of shape `(batch, *shape)`.

    Args:
        shape: sizes of one sample, None where a size is not known. An int is one size.
        batch_size: number of samples, or None if it varies. Default: None.
        dtype: dtype of the tensor. Default: None, that of `tensor` or else floatx.
        sparse: only False or None: there are no sparse tensors.
        ragged: only False or None: there are no ragged tensors.
        batch_shape: sizes with the batch first, instead of `shape` and `batch_size`.
        name: the name under which dicts of inputs are matched. Default: None, a name made from "input_layer".
        tensor: a symbolic tensor to take shape, dtype and history from, instead of a new one.
        optional: whether the model may be given None here. Default: False.

    Returns:
        A `KerasTensor`: its `shape` has None for unknown sizes.

    Raises:
        ArgumentError: if there is no shape, or more than one; if a size is no non-negative int or None; if `tensor` is
            not symbolic.
        MissingCapabilityError: if `sparse` or `ragged` is True.

    Example:
        >>> from keraslite import Input, Model, layers
        >>> images = Input((28, 28, 1))
        >>> images.shape
        (None, 28, 28, 1)
        >>> Model(images, layers.Flatten()(images)).output_shape
        (None, 784)
    """
    layer = InputLayer(
        shape=shape,
        batch_size=batch_size,
        dtype=dtype,
        sparse=sparse,
        ragged=ragged,
        batch_shape=batch_shape,
        input_tensor=tensor,
        optional=optional,
        name=name,
    )
    return layer.output
