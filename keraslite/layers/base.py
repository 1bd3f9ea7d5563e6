"""`Layer`: weights and a computation on them."""

from __future__ import annotations

import weakref
from collections.abc import Callable, Iterable, Sequence
from typing import Any, ClassVar, NoReturn, Self, cast

from keraslite import declared, masking, naming, ranges, regularizers, tree
from keraslite.annotations import any_arguments
from keraslite.backend import scopes
from keraslite.backend.changes import assigned, changed
from keraslite.backend.contract import Tensor
from keraslite.backend.tracebacks import shorten
from keraslite.dtype_policies import get as get_policy
from keraslite.errors import NotBuiltError
from keraslite.layers import building, calling, constructor, inference, losses, names, remat
from keraslite.layers.call_arguments import Call
from keraslite.layers.call_context import call_info, context
from keraslite.layers.input_spec import InputSpec
from keraslite.layers.making import LayerBuilding
from keraslite.layers.names import title
from keraslite.layers.operation import Operation
from keraslite.layers.shown import shown_like
from keraslite.layers.state import LayerState
from keraslite.layers.tracking import PLAIN
from keraslite.layers.types import DTypeLike, RegularizerLike
from keraslite.layers.weights import bind
from keraslite.ops.symbolic import Node, SymbolicTensor
from keraslite.serialization import builtin, serialize

__all__ = ["InputSpec", "Layer"]


_SETTINGS = frozenset(("activity_regularizer", "autocast", "name"))  # parameters that `LayerState` has fields for


@builtin("keras.layers")
class Layer(LayerBuilding, Operation):
    """Computes outputs from inputs, with weights that are made on the first call.

    A subclass makes sublayers in `__init__`, weights in `build(self, input_shape)` with `add_weight`, and defines
    `call(self, inputs)` in `keraslite.ops`. Its output shape, its config and the shapes it was built for are derived.
    `call` may take `training` and `mask`.

    Args:
        activity_regularizer: penalty on the outputs, divided by the batch size and added to `losses`: the name of a
            regularizer, a `Regularizer` or a function from tensor to scalar. Default: None.
        trainable: whether optimizers change its weights. Default: True.
        dtype: a dtype, a dtype policy, or the name of one, for computation and weights. Default: None, the active
            policy.
        autocast: whether floating inputs are cast to the compute dtype. Default: True.
        name: a string without "/". Default: None, a name made from that of the class.
        **kwargs: what Keras 2 had for the first layer of a `Sequential`, instead of an `Input`: `input_shape` (without
            the batch) or `input_dim`, with `batch_size`; or `batch_input_shape`.

    Raises:
        ArgumentError: if an argument is outside its range or unknown.

    Example:
        >>> from keraslite import Input, Layer, ops
        >>> class Scale(Layer):
        ...     def build(self, input_shape):
        ...         self.scale = self.add_weight(name="scale", shape=(input_shape[-1],), initializer="ones")
        ...
        ...     def call(self, inputs):
        ...         return ops.multiply(inputs, self.scale)
        >>> layer = Scale()
        >>> layer(Input((3,))).shape
        (None, 3)
        >>> layer.scale.shape
        (3,)
    """

    __slots__ = (names.STATE,)
    _part_kind = "layer"
    #: Whether layers of the class never have weights. Those of keraslite's own are built from the start.
    is_weightless: ClassVar[bool] = False
    #: Whether a `RematScope` recomputes a layer of the class as one.
    recomputed_as_one: ClassVar[bool] = True
    #: Whether layers of the class compute with NumPy arrays, which may hold texts: see `HostLayer`.
    runs_on_host: ClassVar[bool] = False
    #: Whether layers of the class look up rows of a table by indices that data is checked for: see `layers/ids.py`.
    takes_indices: ClassVar[bool] = False
    config_omits: ClassVar[frozenset[str]] = frozenset(("activity_regularizer",))
    config_options: ClassVar[frozenset[str]] = frozenset(constructor.INPUT_OPTIONS)
    config_unsaid: ClassVar[frozenset[str]] = frozenset(("autocast",))
    argument_checks = ranges.checks(name=ranges.text | None, trainable=ranges.flag, autocast=ranges.flag)
    #: The class of the state that each layer keeps for its own work.
    _state_class: ClassVar[type[LayerState]] = LayerState
    _own: LayerState
    _changes, _constructor = names.kept("changes"), names.kept("construction")
    # Where Keras's layers keep these. Libraries written for Keras set them.
    _trainable, _supports_masking = names.kept("trainable"), names.kept("supports_masking")

    def __init_subclass__(cls, **kwargs: object):
        super().__init_subclass__(**kwargs)
        build = cls.__dict__.get("build")
        if build is not None:
            cls.build = building.recorded(build)  # type: ignore[method-assign]

    def __new__(cls, *args: object, **kwargs: object) -> Self:
        layer = super().__new__(cls)
        object.__setattr__(layer, names.STATE, cls._state_class(layer, call_info(cls, Layer)))
        return layer

    def __init__(
        self,
        *,
        activity_regularizer: RegularizerLike = None,
        trainable: bool = True,
        dtype: DTypeLike = None,
        autocast: bool = True,
        name: str | None = None,
        **kwargs: object,
    ):
        own = self._own
        own.batch_shape_hint = constructor.batch_shape(type(self), kwargs)
        self.name = names.checked_name(name) if name is not None else naming.auto_name(type(self).__name__)
        own.activity_regularizer = regularizers.get(activity_regularizer)
        own.autocast, own.trainable = autocast, bool(trainable)
        own.dtype_policy = get_policy(cast(Any, dtype))
        self._policy_changed()

    def _constructed(self) -> None:
        self._own.constructed = frozenset(vars(self))

    def _setting(self, name: str, argument: object) -> object:
        return getattr(self._own, name) if name in _SETTINGS else super()._setting(name, argument)

    def __setattr__(self, name: str, value: object) -> None:
        if self._own.constructed is not None:
            value = declared.setting(self, name, value)
        old = self.__dict__.get(name)
        if old is not value:
            if name == names.STATE:
                raise names.taken(self, name)
            if (type(value) not in PLAIN or type(old) not in PLAIN) and not names.is_property(type(self), name):
                value = self._own.tracker.assign(name, value, old)
            names.set_attribute(self, name, value)
            assigned(self, name)
        else:
            names.set_attribute(self, name, value)  # a property may do more

    def __delattr__(self, name: str) -> None:
        self._own.tracker.forget(name, self.__dict__.get(name))
        super().__delattr__(name)

    def _read_with(self) -> Iterable[object]:
        own = self._own
        tracker = own.tracker
        parts = [tracker.trainable, tracker.non_trainable, tracker.layers, tracker.metrics]
        return [*super()._read_with(), own.activity_regularizer, own.dtype_policy, *parts]

    def __getstate__(self) -> tuple[dict[str, object], dict[str, object]]:
        """For `pickle` and `copy`: all but what calls leave behind."""
        return dict(vars(self)), self._own.kept()

    def __setstate__(self, state: tuple[dict[str, object], dict[str, object]]) -> None:
        attributes, kept = state
        vars(self).update(attributes)
        self._own.restore(kept, attributes)
        self._own.tracker.owner = f"{type(self).__name__} layer {self.name!r}"

    def __repr__(self) -> str:
        return f"<{type(self).__name__} name={self._own.name}, built={self.built}>"

    # ---- calls --------------------------------------------------------------------------------------------------

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        try:
            if len(args) == 1 and not kwargs:
                x = args[0]
                try:
                    engine = self._own.known.get((type(x), x.shape, x.dtype))
                except (AttributeError, TypeError, ValueError):
                    engine = None
                if engine is not None and (not masking.table or masking.get_mask(x) is None):
                    return calling.call_known(self, x, engine)
            return calling.call_any(self, args, kwargs)
        except Exception as error:
            shorten(error)
            raise

    def call(self, *args: Any, **kwargs: Any) -> Any:
        """Compute the outputs. Subclasses define it, with parameters of their own choice.

        Args:
            inputs: a tensor in the compute dtype, or a nest of them. Usually the first parameter.
            training: whether the layer is being trained. Passed to a `call` that has the parameter.
            mask: bool, the mask of the inputs, or None. Passed to a `call` that has the parameter.

        Returns:
            A tensor, or a nest of them.
        """
        raise NotImplementedError(f"{type(self).__name__} needs a `call` method. Received {len(args)} arguments.")

    def symbolic_call(self, *args: Any, **kwargs: Any) -> Any:
        """The outputs for symbolic tensors, recorded as one call."""
        return calling.record(Call(self, args, kwargs))

    @shown_like("call")
    def compute_output_spec(self, *args: Any, **kwargs: Any) -> Any:
        """Symbolic outputs for symbolic inputs, from running `call` on them."""
        return inference.output_spec(self, args, kwargs)

    @shown_like("build")
    def compute_output_shape(self, *args: Any, **kwargs: Any) -> Any:
        """Shapes of the outputs for shapes of the inputs."""
        return inference.output_shape(self, args, kwargs)

    @any_arguments
    def compute_mask(self, inputs: Any, previous_mask: Any) -> Any:
        """Return the mask of the outputs.

        Args:
            inputs: the inputs of the call.
            previous_mask: their mask, or None.
        """
        return previous_mask

    def rematerialized_call(self, layer_call: Callable[..., Any], *args: Any, **kwargs: Any) -> Any:
        """Return `layer_call(*args, **kwargs)`, with inner results computed again for gradients instead of kept.

        Args:
            layer_call: a function of tensors.
            *args: its arguments by position.
            **kwargs: its arguments by name.
        """
        return remat.recomputed(layer_call, args, kwargs)

    def stateless_call(
        self,
        trainable_variables: Sequence[Tensor],
        non_trainable_variables: Sequence[Tensor],
        *args: Any,
        return_losses: bool = False,
        **kwargs: Any,
    ) -> Any:
        """A pure call: values of the variables in, outputs and new values of the non-trainable variables out.

        Args:
            trainable_variables: tensors, one for each of `self.trainable_variables`.
            non_trainable_variables: tensors, one for each of `self.non_trainable_variables`.
            return_losses: whether `losses` are a third result.
        """
        if not self.built:
            raise NotBuiltError(f"{title(self)} has no weights yet. Call or build it before `stateless_call`.")
        bound: dict[scopes.VariableBase, object] = {}
        bind(self, bound, self.trainable_variables, trainable_variables, "trainable_variables")
        others = self.non_trainable_variables
        bind(self, bound, others, non_trainable_variables, "non_trainable_variables")
        with scopes.Scope(bound, what="stateless_call") as scope:
            outputs = self(*args, **kwargs)
            losses = self.losses if return_losses else []
            values = [scope.writes.get(variable, bound[variable]) for variable in others]
        return (outputs, values, losses) if return_losses else (outputs, values)

    @property
    def supports_masking(self) -> bool:
        """Whether masks of the inputs go on to the outputs."""
        return self._own.supports_masking

    @supports_masking.setter
    def supports_masking(self, value: bool) -> None:
        self._own.supports_masking = bool(value)
        changed(self, "supports_masking")

    @property
    def input_spec(self) -> Any:
        """An `InputSpec` or a nest of them: what the first argument of a call has to be like."""
        return self._own.input_spec

    @input_spec.setter
    def input_spec(self, value: object) -> None:
        self._own.input_spec, self._own.known = value, {}
        changed(self, "input_spec")

    # ---- losses -------------------------------------------------------------------------------------------------

    @property
    def activity_regularizer(self) -> Callable[[Any], Any] | None:
        """The penalty on the outputs, which is added to `losses`; None for none."""
        return self._own.activity_regularizer

    @activity_regularizer.setter
    def activity_regularizer(self, value: Callable[[object], object] | None) -> None:
        self._own.activity_regularizer = value
        changed(self, "activity_regularizer")

    def add_loss(self, loss: Tensor | Sequence[Tensor]) -> None:
        """Add losses to `losses` until the next call. For use in `call`.

        Args:
            loss: a scalar tensor, or a list of them.
        """
        losses.hold(self, loss, context.get())

    def add_metric(self, *args: object, **kwargs: object) -> NoReturn:
        """Not there, as in Keras 3: keep a `Metric` as an attribute and update it in `call`."""
        raise NotImplementedError(
            "`add_metric` needs Keras 2. Keep a `keraslite.metrics.Metric` as an attribute of the layer and call its "
            "`update_state` in `call`."
        )

    @property
    def losses(self) -> list[Tensor]:
        """Scalars added by the last call in the layer and its sublayers, then penalties on its trainable weights."""
        held = [loss for layer in self._flatten_layers() for loss in losses.held(layer)]
        penalties = [v.regularizer(v) for v in self.trainable_weights if v.regularizer is not None]
        return [*held, *penalties]

    def _clear_losses(self) -> None:
        """Forget what calls added."""
        losses.clear(self._flatten_layers())

    # ---- graph and config ---------------------------------------------------------------------------------------

    @property
    def name(self) -> str:
        """Its name: the last part of `path`."""
        return cast(str, self._own.name)

    @name.setter
    def name(self, value: str) -> None:
        self._own.name = value
        self._own.tracker.owner = f"{type(self).__name__} layer {value!r}"

    @property
    def built(self) -> bool:
        """Whether it has its weights."""
        return self._own.built

    @built.setter
    def built(self, value: bool) -> None:
        self._own.built = value

    @property
    def path(self) -> str:
        """Its name after those of the layers around it, as in the paths of its weights."""
        return self._own.path or self._own.name or type(self).__name__

    def _add_node(self, node: Node) -> None:
        nodes = self._own.nodes
        nodes[:] = [ref for ref in nodes if ref() is not None]
        nodes.append(weakref.ref(node))

    @property
    def _inbound_nodes(self) -> list[Node]:
        return [node for ref in self._own.nodes if (node := ref()) is not None]

    @property
    def input(self) -> Any:
        """The symbolic tensors of its one symbolic call."""
        node = self._only_node("input")
        values = [*node.args, *node.kwargs.values()]
        symbolic = [x for x in values if any(isinstance(y, SymbolicTensor) for y in tree.leaves(x))]
        return symbolic[0] if len(symbolic) == 1 else symbolic

    @property
    def output(self) -> Any:
        """What its one symbolic call gave."""
        return self._only_node("output").outputs

    def _only_node(self, what: str) -> Node:
        nodes = self._inbound_nodes
        if len(nodes) != 1:
            raise AttributeError(
                f"{title(self)} needs to have been called on symbolic tensors once for `{what}`. Received "
                f"{len(nodes)} such calls."
            )
        return nodes[0]

    def get_config(self) -> dict[str, Any]:
        """The constructor's arguments as plain data, with the current name, `trainable` and dtype."""
        config = {"name": self.name, "trainable": self.trainable, "dtype": serialize(self.dtype_policy)}
        return {**super().get_config(), **config}

    @classmethod
    def from_config(cls, config: dict[str, Any]) -> Any:
        """Make a layer.

        Args:
            config: what `get_config` returned.
        """
        layer = super().from_config(config)
        return constructor.restore(layer, config)
