"""Bidirectional."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Literal, Unpack

from keraslite import errors, ops, ranges
from keraslite.backend.contract import Tensor
from keraslite.layers.base import Layer
from keraslite.layers.holding import Holding
from keraslite.layers.merging.base import masks_in
from keraslite.layers.types import InputShape, LayerOptions, Masks, SupportsArray
from keraslite.serialization import builtin, serialize

_MODES = ("sum", "mul", "concat", "ave", None)


@builtin("keras.layers")
class Bidirectional(Holding):
    """Runs a recurrent layer forwards and a second one backwards, and merges their outputs.

    `forward_layer` is a copy of `layer`. A `backward_layer` that is given is used itself, under its own name.

    Args:
        layer: an `RNN`, `LSTM`, `GRU` or another layer with `go_backwards`, `return_sequences`, `return_state` and
            `stateful`.
        merge_mode: "concat" (along the features), "sum", "mul", "ave", or None for both outputs as a tuple. Default:
            "concat".
        weights: arrays to start from, those of the forward layer first. Default: None.
        backward_layer: the layer that runs backwards, with a `go_backwards` unlike that of `layer`. Default: None, a
            copy of `layer`.
        **kwargs: `name`, `dtype`, `trainable` and the other keywords of every layer (see `Layer`).

    Input:
        `(batch, steps, features)`.

    Output:
        what `layer` returns, merged; with `return_state` followed by the states of both, the forward layer's first.

    Calls:
        A call takes `initial_state` (the states of both layers, the forward layer's first), `mask` (`(batch, steps)`,
        bool) and `training`.

    Raises:
        ArgumentError: if `layer` or `backward_layer` is no such layer, if they do not fit each other, or if
            `merge_mode` is unknown.

    Source:
        Schuster & Paliwal, "Bidirectional recurrent neural networks", 1997.

    Example:
        >>> from keraslite import Input, layers
        >>> layers.Bidirectional(layers.LSTM(4, return_sequences=True))(Input((10, 8))).shape
        (None, 10, 8)
    """

    config_excludes = Layer.config_excludes | {"weights"}

    argument_checks = ranges.checks(merge_mode=ranges.one_of(*_MODES))

    def __init__(
        self,
        layer: Layer,
        merge_mode: Literal["sum", "mul", "concat", "ave"] | None = "concat",
        weights: Sequence[SupportsArray] | None = None,
        backward_layer: Layer | None = None,
        **kwargs: Unpack[LayerOptions],
    ) -> None:
        for name, each in (("layer", layer), ("backward_layer", backward_layer)):
            if not isinstance(each, Layer) and not (each is None and name == "backward_layer"):
                raise errors.ArgumentError(f"`Bidirectional` needs `{name}` to be a layer. Received {name}={each!r}.")
        self._check_pair(layer, backward_layer)
        super().__init__(**kwargs)
        self.merge_mode = merge_mode
        forward: Any = _copy(layer, "forward")
        backward: Any = backward_layer or _copy(layer, "backward", go_backwards=not forward.go_backwards)
        self.forward_layer, self.backward_layer = forward, backward
        for each in (forward, backward):
            if hasattr(each, "zero_output_for_mask"):
                each.zero_output_for_mask = each.return_sequences  # masked steps must not differ in the two directions
        self.stateful = forward.stateful
        self.return_sequences, self.return_state = forward.return_sequences, forward.return_state
        self.input_spec = layer.input_spec
        self.supports_masking = True
        self._initial_weights = weights

    @staticmethod
    def _check_pair(layer: Any, backward_layer: Any) -> None:
        wanted = ("go_backwards", "return_sequences", "return_state", "stateful")
        missing = [name for name in wanted if not hasattr(layer, name)]
        if missing:
            raise errors.ArgumentError(
                f"`Bidirectional` needs a recurrent layer, with an attribute {missing[0]!r}. Received {layer!r}."
            )
        if backward_layer is None:
            return
        if backward_layer.go_backwards == layer.go_backwards:
            raise errors.ArgumentError(
                "`Bidirectional` needs a `backward_layer` with another `go_backwards` than `layer`. Received "
                f"go_backwards={layer.go_backwards} for both."
            )
        for name in wanted[1:]:
            if getattr(layer, name) != getattr(backward_layer, name):
                raise errors.ArgumentError(
                    f"`Bidirectional` needs `layer` and `backward_layer` with equal {name}. Received "
                    f"{getattr(layer, name)} and {getattr(backward_layer, name)}."
                )

    def build(self, sequences_shape: InputShape, initial_state_shape: object = None) -> None:
        """Build both layers.

        Args:
            sequences_shape: the shape of the sequences, `(batch, steps, ...)`, None for unknown sizes.
            initial_state_shape: the shapes of initial states, which are not needed.
        """
        for layer in (self.forward_layer, self.backward_layer):
            if not layer.built:
                layer.build(sequences_shape)
        if self._initial_weights is not None:
            half = len(self._initial_weights) // 2
            self.forward_layer.set_weights(self._initial_weights[:half])
            self.backward_layer.set_weights(self._initial_weights[half:])
            self._initial_weights = None

    def call(
        self,
        sequences: Tensor,
        initial_state: Sequence[Tensor] | None = None,
        mask: Tensor | None = None,
        training: bool | None = None,
    ) -> Any:
        """Run both layers and merge their outputs.

        Args:
            sequences: `(batch, steps, features)`.
            initial_state: the states of both layers, the forward layer's first. Default: None.
            mask: bool, `(batch, steps)`. Default: None.
            training: whether dropout is active. Default: None, that of the enclosing call.

        Returns:
            The merged output; with `return_state` a tuple of that and the states of both layers.
        """
        options: dict[str, object] = {"mask": mask, "training": training}
        first, second = dict(options), dict(options)
        if initial_state is not None:
            half = len(initial_state) // 2
            first["initial_state"] = list(initial_state[:half])
            second["initial_state"] = list(initial_state[half:])
        forward = self.forward_layer(sequences, **first)
        backward = self.backward_layer(sequences, **second)
        states = ()
        if self.return_state:
            (forward, *left), (backward, *right) = forward, backward
            states = (*left, *right)
        if self.return_sequences:
            backward = ops.flip(backward, axis=1)
        output = self._merged(forward, backward)
        if not self.return_state:
            return output
        return (*output, *states) if self.merge_mode is None else (output, *states)

    def _merged(self, forward: Tensor, backward: Tensor) -> Tensor | tuple[Tensor, Tensor]:
        if self.merge_mode == "concat":
            return ops.concatenate([forward, backward], axis=-1)
        if self.merge_mode == "sum":
            return forward + backward
        if self.merge_mode == "ave":
            return ops.divide(forward + backward, 2)
        return forward * backward if self.merge_mode == "mul" else (forward, backward)

    @property
    def states(self) -> tuple[Any, ...] | None:
        """The states that stateful layers keep, the forward layer's first."""
        if not getattr(self.forward_layer, "states", None):
            return None
        return (*self.forward_layer.states, *self.backward_layer.states)

    def reset_state(self) -> None:
        """Set the states that stateful layers keep to zero."""
        self.forward_layer.reset_state()
        self.backward_layer.reset_state()

    def reset_states(self) -> None:
        """The same as `reset_state`."""
        self.reset_state()

    def compute_mask(self, _: Tensor, mask: Masks = None) -> Tensor | tuple[Tensor | None, Tensor | None] | None:
        """Return the mask of the output.

        Args:
            mask: their mask, `(batch, steps)`, or None.
        """
        output = masks_in(mask)[0] if self.return_sequences else None
        return (output, output) if self.merge_mode is None else output

    def get_config(self) -> dict[str, Any]:
        return {
            **super().get_config(),
            "layer": serialize(self.forward_layer),
            "backward_layer": serialize(self.backward_layer),
        }


def _copy(layer: Layer, direction: str, **changes: object) -> Layer:
    config = layer.get_config()
    name = str(config.get("name", "layer")).removeprefix("forward_").removeprefix("backward_")
    return type(layer).from_config({**config, "name": f"{direction}_{name}", **changes})
