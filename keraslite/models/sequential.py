"""`Sequential`: a plain stack of layers."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Self

from keraslite import serialization, tree
from keraslite.backend.tracebacks import shorten
from keraslite.errors import ArgumentError
from keraslite.layers import building
from keraslite.layers.base import Layer
from keraslite.layers.core.input_layer import Input, InputLayer
from keraslite.models.graph import Graph
from keraslite.models.host_part import Encoded
from keraslite.models.model import Model
from keraslite.ops.arguments import dims_of
from keraslite.ops.symbolic import SymbolicTensor, node_of


@serialization.builtin("keras", also=("keras.models",))
class Sequential(Model):
    """Runs layers one after another, each on the output of the one before.

    Args:
        layers: a list of layers; the first may be `keraslite.Input(...)`, or a layer made with `input_shape=`.
            Without either, weights are made when the model is first called. Default: None, no layers yet.
        trainable: whether optimizers change the weights. Default: True.
        name: the name of the model. Default: None, a name made from that of the class.
        **kwargs: other arguments of `Layer`, such as `dtype`.

    Raises:
        ArgumentError: if something is not a layer, or two layers have one name.

    Example:
        >>> import keraslite as keras
        >>> model = keras.Sequential([keras.Input((4,)), keras.layers.Dense(2)])
        >>> model.output_shape
        (None, 2)
    """

    def __new__(cls, *args: object, **kwargs: object) -> Self:
        return Layer.__new__(cls)

    def __init__(
        self,
        layers: Sequence[Layer | SymbolicTensor] | None = None,
        trainable: bool = True,
        name: str | None = None,
        **kwargs: Any,
    ):
        super().__init__(trainable=trainable, name=name, **kwargs)
        if isinstance(layers, (Layer, SymbolicTensor)):
            raise ArgumentError(f"`Sequential` needs a list of layers. Received {layers!r}. Put it into a list.")
        for layer in layers or []:
            self.add(layer, rebuild=False)
        self._redraw()

    # ---- changing the stack -------------------------------------------------------------------------------------

    def _keep(self, layers: list[Layer]) -> None:
        """Be a stack of these layers."""
        self._own.stack = self._own.tracker.replace(self._own.stack, layers)

    def add(self, layer: Any, rebuild: bool = True) -> None:
        """Add a layer after the last one.

        Args:
            layer: a layer with one output; what `keraslite.Input` returns, for an empty stack; or a function of a
                tensor, which becomes a `Lambda` layer.
            rebuild: whether to connect the layers again at once. False saves time while more layers follow; then
                `build` or a call connects them. Default: True.

        Raises:
            ArgumentError: if it is no layer, if it is an input that is not the first, or if a layer in the stack has
                its name.

        Example:
            >>> import keraslite as keras
            >>> model = keras.Sequential()
            >>> model.add(keras.Input((3,)))
            >>> model.add(keras.layers.Dense(2))
            >>> model.output_shape
            (None, 2)
        """
        made_by = getattr(layer.node, "operation", None) if isinstance(layer, SymbolicTensor) else None
        if isinstance(made_by, InputLayer):
            layer = made_by
        if not isinstance(layer, Layer):
            if isinstance(layer, type):
                raise ArgumentError(
                    f"`Sequential.add` needs a layer. Received the class {layer.__name__}. Create an object of it: "
                    f"`{layer.__name__}(...)`."
                )
            if not callable(layer):
                raise ArgumentError(f"`Sequential.add` needs a layer. Received {type(layer).__name__} {layer!r}.")
            from_function = serialization.builtin_class("keras.layers", "Lambda")
            layer = from_function(layer)  # type: ignore[misc]
        stack = self._own.stack
        if isinstance(layer, InputLayer) and stack:
            raise ArgumentError(
                f"Sequential model {self.name!r} needs its `Input` first. Received it after {stack[-1].name!r}."
            )
        if any(layer.name == other.name for other in stack):
            raise ArgumentError(
                f"Sequential model {self.name!r} needs layers of different names. Received {layer.name!r} twice. "
                "Give one of them another `name`."
            )
        shape = layer._own.batch_shape_hint
        if not self._own.stack and shape is not None and not isinstance(layer, InputLayer):
            self._keep([node_of(Input(batch_shape=shape, dtype=_input_dtype(layer))).operation])
        self._erase()
        self._keep([*self._own.stack, layer])
        if rebuild:
            self._redraw()

    def pop(self, rebuild: bool = True) -> Layer:
        """Remove the last layer and return it.

        Args:
            rebuild: whether to connect the layers that are left at once. Default: True.

        Raises:
            ArgumentError: if there is no layer.

        Example:
            >>> import keraslite as keras
            >>> model = keras.Sequential([keras.Input((3,)), keras.layers.Dense(2), keras.layers.Dense(1)])
            >>> model.pop().units
            1
            >>> model.output_shape
            (None, 2)
        """
        if not self._own.stack:
            raise ArgumentError(f"Sequential model {self.name!r} has no layer to `pop`.")
        top = self._own.stack[-1]
        self._erase()
        self._keep(self._own.stack[:-1])
        if rebuild:
            self._redraw()
        return top

    def _erase(self) -> None:
        """Forget the graph of the layers so far, because they are about to change."""
        self._own.tracker.locked = False
        self._own.graph = self._own.calls = None
        self.built = False

    def _redraw(self) -> None:
        """Draw the graph if the input is known, else wait for the first call."""
        self._erase()
        if len(self._own.stack) > 1 and isinstance(self._own.stack[0], InputLayer):
            self._draw_through(self._own.stack[0].output)

    def _draw_through(self, inputs: SymbolicTensor) -> None:
        x = inputs
        for layer in self.layers:
            with building.naming_scope(self):
                x = layer(x)
            if x is None:
                raise ArgumentError(
                    f"Sequential model {self.name!r} needs layers that give a tensor. Received None from "
                    f"{type(layer).__name__} layer {layer.name!r}. Does its `call` return nothing?"
                )
            if len(tree.leaves(x)) != 1:
                raise ArgumentError(
                    f"Sequential model {self.name!r} needs layers with one output. Received {len(tree.leaves(x))} "
                    f"from {layer.name!r}. Use the functional `Model`."
                )
        self._own.inputs, self._own.outputs = inputs, x
        self._adopt(Graph([inputs], x), self._run_stack if self._own.shape_from_call else None)

    @property
    def _is_drawn(self) -> bool:
        """True: its layers are all there is to it, whether their weights are made or not."""
        return True

    @property
    def _masks_change_order(self) -> bool:
        return False

    @property
    def _first_number(self) -> int:
        return 0

    # ---- as a model ---------------------------------------------------------------------------------------------

    @property
    def layers(self) -> list[Layer]:
        """The layers in order, without the input."""
        return [layer for layer in self._own.stack if not isinstance(layer, InputLayer)]

    def build(self, input_shape: Sequence[int | None] | None = None) -> None:
        """Make the weights.

        Args:
            input_shape: the shape of the input with the batch, such as `(None, 4)`; None stands for an unknown size.

        Raises:
            ArgumentError: if it is not one shape, or there are no layers.

        Example:
            >>> import keraslite as keras
            >>> model = keras.Sequential([keras.layers.Dense(2)])
            >>> model.build((None, 3))
            >>> model.count_params()
            8
        """
        if self._own.graph is not None or input_shape is None:
            self.built = self._own.graph is not None
            return
        if not isinstance(input_shape, (list, tuple)) or any(isinstance(d, (list, tuple, dict)) for d in input_shape):
            raise ArgumentError(f"Sequential model {self.name!r} needs one input shape. Received {input_shape!r}.")
        if not self._own.stack:
            raise ArgumentError(f"Sequential model {self.name!r} needs layers. `add` one.")
        x = Input(batch_shape=tuple(input_shape), dtype=_input_dtype(self._own.stack[0]))
        self._keep([node_of(x).operation, *self.layers])
        self._draw_through(x)

    def call(self, inputs: Any, training: bool | None = None, mask: Any = None) -> Any:
        """Return the output of the last layer.

        Args:
            inputs: a tensor.
            training: whether layers behave as in training. Default: None, what a call around this one says.
            mask: a boolean mask for the input. Default: None, the mask that the input carries.
        """
        own = self._own
        if own.calls is None:
            return self._run_stack([inputs])
        if own.shape_from_call:
            values = [inputs] if own.host is None else inputs if isinstance(inputs, Encoded) else own.host([inputs])
            return self._run_stack(list(values)) if training else own.calls(list(values))
        return super().call(inputs, training=training, mask=mask)

    @property
    def _calls_graph(self) -> bool:
        return type(self).call is Sequential.call

    def _run_stack(self, values: list[object]) -> object:
        host = self._own.host
        whole = [] if host is None else list(map(id, host.whole))  # then `values` come from the layers there
        left = [layer for layer in self.layers if id(layer) not in whole]
        x = Encoded(values) if host is not None and left and getattr(left[0], "_takes_encoded", False) else values[0]
        for layer in left:
            x = layer(x)
        return x

    def __call__(self, inputs: Any, *args: Any, **kwargs: Any) -> Any:
        """Return the output of the last layer. The first call makes the weights if they are not there yet.

        Args:
            inputs: a tensor, an array or a symbolic tensor.
            *args: other arguments of `call`.
            **kwargs: other arguments of `call`, such as `training`.
        """
        try:
            if self._own.graph is None and not self.built and not isinstance(inputs, (list, tuple, dict)):
                self._redraw()
            if self._own.graph is None and not self.built and not isinstance(inputs, (list, tuple, dict)):
                self._own.shape_from_call = True  # the next call may be of another length
                self.build((None, *[d if isinstance(d, int) else None for d in dims_of(inputs)[1:]]))
            return super().__call__(inputs, *args, **kwargs)
        except Exception as error:
            shorten(error)
            raise

    def get_config(self) -> dict[str, Any]:
        """Return what makes the model again, without its weights: name, dtype policy and the layers in order."""
        config = {
            "name": self.name,
            "trainable": self.trainable,
            "dtype": serialization.serialize(self.dtype_policy),
            "layers": [serialization.serialize(layer) for layer in self._own.stack],
        }
        if self._own.graph is not None:
            config["build_input_shape"] = list(self._own.inputs.shape)
        return config

    @classmethod
    def from_config(cls, config: dict[str, Any], custom_objects: dict[str, Any] | None = None) -> Sequential:
        """Return a new model made from a config. Its weights are new.

        Args:
            config: what `get_config` returned.
            custom_objects: classes and functions by name, besides the registered ones. Default: None, none.

        Example:
            >>> import keraslite as keras
            >>> model = keras.Sequential([keras.Input((3,)), keras.layers.Dense(2)])
            >>> keras.Sequential.from_config(model.get_config()).output_shape
            (None, 2)
        """
        config = dict(config)
        layers = [serialization.deserialize(layer, custom_objects=custom_objects) for layer in config.pop("layers")]
        shape = config.pop("build_input_shape", None)
        dtype = config.pop("dtype", None)
        model = cls(layers, dtype=serialization.deserialize(dtype), **config)
        if shape is not None and model._own.graph is None:
            model.build(shape)
        return model


def _input_dtype(layer: Layer) -> str:
    return layer.input_dtype
