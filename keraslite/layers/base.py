"""`Layer`: weights and a computation on them."""

from __future__ import annotations

import weakref
from collections.abc import Iterable
from typing import Any, ClassVar, Self

from keraslite import constraints, initializers, masking, naming, ranges, regularizers, transforms, tree
from keraslite.annotations import any_arguments
from keraslite.backend import dtypes, state
from keraslite.backend.changes import assigned, changed
from keraslite.backend.tracebacks import shorten
from keraslite.dtype_policies import DTypePolicy, DTypePolicyMap
from keraslite.dtype_policies import get as get_policy
from keraslite.errors import NotBuiltError, StateError
from keraslite.layers import building, calling, inference, options
from keraslite.layers.call_context import CallInfo, call_info, context
from keraslite.layers.input_spec import InputSpec, title
from keraslite.layers.tracking import CONTAINERS, PLAIN, Tracker
from keraslite.layers.weights import LayerWeights
from keraslite.ops.symbolic import Node, SymbolicTensor
from keraslite.serialization import Configurable, builtin, serialize
from keraslite.variable import Variable

__all__ = ["InputSpec", "Layer"]


# What a layer can find again by itself. It has the same engine as its weights.
_PASSING = frozenset(("_known", "_info", "_nodes", "_held_losses", "_loss_layers", "_variables", "_home", "_settled",
                      "_changes"))  # fmt: skip


@builtin("keras.layers")
class Layer(LayerWeights, Configurable):
    """Weights, made on the first call, and a computation on them.

    A subclass makes sublayers in `__init__`, weights in `build(self, input_shape)` with `add_weight`, and writes
    `call(self, inputs)` in `keraslite.ops`. Its output shape, its config and the shapes it was built for
    are derived. `call` may take `training` and `mask`.

    Args:
        activity_regularizer: a penalty on the outputs, divided by the batch size and added to `losses`.
        trainable: whether optimizers change its weights.
        dtype: a dtype or policy for computation and weights; None is the active policy.
        autocast: whether floating inputs are cast to the compute dtype.
        name: a name without "/"; None makes one of the class's.
    """

    is_layer: ClassVar[bool] = True
    is_base: ClassVar[bool] = True  # said in its own body by a class whose instances hold nothing but its own state
    #: Whether layers of the class never have weights. Those of keraslite's own are built from the start.
    is_weightless: ClassVar[bool] = False
    _info: CallInfo
    _known: dict[Any, Any]
    config_omits: ClassVar[frozenset[str]] = frozenset(("activity_regularizer",))
    config_options: ClassVar[frozenset[str]] = frozenset(options.INPUT_OPTIONS)
    config_unsaid: ClassVar[frozenset[str]] = frozenset(("autocast",))
    argument_checks = ranges.checks(name=ranges.text | None, trainable=ranges.flag, autocast=ranges.flag)

    def __init_subclass__(cls, **kwargs: Any):
        super().__init_subclass__(**kwargs)
        build = cls.__dict__.get("build")
        if build is not None and not getattr(build, "_recorded", False):
            cls.build = building.recorded(build)  # type: ignore[method-assign]

    def __new__(cls, *args: Any, **kwargs: Any) -> Self:
        layer = super().__new__(cls)
        info = call_info(cls, Layer)
        vars(layer).update(
            _tracker=Tracker(f"{cls.__name__} layer", layer), _info=info, _known={}, _settled=False,
            _home=None, _building=False, _build_shapes=None, _path=None, _nodes=[], _held_losses=None,
            _loss_layers=None, _variables={}, built=info.starts_built,
        )  # fmt: skip
        return layer

    def __init__(self, *, activity_regularizer: Any = None, trainable: bool = True, dtype: Any = None,
                 autocast: bool = True, name: str | None = None, **kwargs: Any):  # fmt: skip
        self.batch_shape_hint = options.batch_shape(type(self), kwargs)
        self.name = options.checked_name(name) if name is not None else naming.auto_name(type(self).__name__)
        self._tracker.owner = f"{type(self).__name__} layer {self.name!r}"
        self.activity_regularizer = regularizers.get(activity_regularizer)
        self.autocast = autocast
        self._trainable = bool(trainable)
        self._input_spec: Any = None
        self._supports_masking = False
        self._dtype_policy = get_policy(dtype)
        self._policy_changed()

    def _check_initialized(self) -> None:
        if "_dtype_policy" not in self.__dict__:
            raise StateError(
                f"{type(self).__name__} needs `super().__init__()` in its `__init__`, before anything else. Add it."
            )

    def __setattr__(self, name: str, value: Any) -> None:
        tracker = self.__dict__["_tracker"]
        old = self.__dict__.get(name)
        if old is not value:
            if name in options.KEPT:
                raise options.taken(self, name)
            if type(value) not in PLAIN:
                value = tracker.add(value)
                if isinstance(value, CONTAINERS):
                    value.attribute = name
            if type(old) not in PLAIN:
                tracker.remove(old)
            options.set_attribute(self, name, value)
            assigned(self, name)
        else:
            options.set_attribute(self, name, value)  # a property may do more

    def __delattr__(self, name: str) -> None:
        self._tracker.remove(self.__dict__.get(name))
        super().__delattr__(name)

    def _read_with(self) -> Iterable[Any]:
        tracker = self._tracker
        return [*super()._read_with(), tracker.trainable, tracker.non_trainable, tracker.layers, tracker.metrics]

    def __getstate__(self) -> dict[str, Any]:
        """For `pickle` and `copy`: all but what calls leave behind."""
        return {**{k: v for k, v in vars(self).items() if k not in _PASSING}, "_tracker": self._tracker.kept()}

    def __setstate__(self, state: dict[str, Any]) -> None:
        own = vars(self)
        own.update({name: value for name, value in state.items() if name != "_tracker"})
        self._tracker.owner = f"{type(self).__name__} layer {own.get('name')!r}"
        self._tracker.restore(state["_tracker"], dict(own))

    def __repr__(self) -> str:
        return f"<{type(self).__name__} name={self.__dict__.get('name')}, built={self.built}>"

    # ---- weights ------------------------------------------------------------------------------------------------

    def add_weight(self, *args: Any, shape: Any = None, initializer: Any = None, dtype: Any = None,
                   trainable: bool = True, autocast: bool = True, regularizer: Any = None, constraint: Any = None,
                   aggregation: str = "none", overwrite_with_gradient: bool = False,
                   name: str | None = None) -> Variable:  # fmt: skip
        """A new Variable of the layer.

        Args:
            shape: its sizes, `()` if None. Shape, initializer and dtype may stand first, the name before them.
            initializer: a name, an `Initializer` or a callable of `(shape, dtype)`; None is "glorot_uniform", and
                "zeros" where the dtype is no float.
            dtype: None is the layer's variable dtype.
            regularizer: a penalty on it, added to `losses`.
            constraint: what the value is put through after each step of an optimizer.
        """
        self._check_initialized()
        if args:
            named = {"name": name, "shape": shape, "initializer": initializer, "dtype": dtype}
            name, shape, initializer, dtype = options.weight_arguments(args, named).values()
        dtype = dtypes.canonical(dtype) if dtype is not None else self.variable_dtype
        if initializer is None:
            initializer = "glorot_uniform" if dtypes.is_float(dtype) else "zeros"
        if self._tracker.locked and not self.__dict__["_building"]:
            raise StateError(
                f"{title(self)} is built and takes no more weights. Received {name!r}. Make all of them in "
                "`__init__` or `build`."
            )
        with state.outside(), building.naming_scope(self):
            variable = Variable(
                initializers.get(initializer), shape=() if shape is None else shape, dtype=dtype, trainable=trainable,
                autocast=autocast, aggregation=aggregation, name=name,
            )  # fmt: skip
        variable.regularizer = regularizers.get(regularizer)
        variable.constraint = constraints.get(constraint)
        variable.overwrite_with_gradient = overwrite_with_gradient
        self._tracker.add(variable)
        return variable

    add_variable = add_weight

    @any_arguments
    def build(self, input_shape: Any) -> None:
        """Make the weights for inputs of that shape (None for unknown sizes). Subclasses with weights write it."""
        if self.__dict__["_building"]:  # through `super().build(...)`
            return
        self._check_initialized()
        self._build_by_call(input_shape)

    def _build_by_call(self, input_shape: Any = None, **shapes: Any) -> None:
        """Make the weights of sublayers by running `call` on symbolic tensors of these shapes."""
        info = self._info
        given = {name.removesuffix("_shape"): shape for name, shape in shapes.items()}
        if input_shape is not None and info.first is not None:
            given = {info.first: input_shape, **given}
        config = {"input_shape": building.plain_shape(input_shape)} if not shapes else {"shapes_dict": dict(shapes)}
        if given and not building.all_built_below(self):
            inference.build_by_call(self, given)
        building.finish(self, config)

    def get_build_config(self) -> dict[str, Any] | None:
        """The shapes the layer was built for; None before."""
        shapes = self.__dict__["_build_shapes"]
        return dict(shapes) if shapes is not None else None

    def build_from_config(self, config: dict[str, Any]) -> None:
        """Build for what `get_build_config` gave."""
        if self.built or not config:
            return
        if config.get("input_shape") is not None:
            self.build(building.plain_shape(config["input_shape"]))
        elif "shapes_dict" in config:
            shapes = {name: building.plain_shape(shape) for name, shape in config["shapes_dict"].items()}
            if self._info.own_build:
                self.build(**shapes)
            else:
                self._build_by_call(**shapes)

    # ---- dtypes -------------------------------------------------------------------------------------------------

    @property
    def dtype_policy(self) -> DTypePolicy:
        """In which dtype it computes and keeps its weights."""
        return self._dtype_policy

    @dtype_policy.setter
    def dtype_policy(self, value: Any) -> None:
        self._dtype_policy = get_policy(value)
        self._policy_changed()

    def _policy_changed(self) -> None:
        own = vars(self)
        policy = own["_dtype_policy"]
        if isinstance(policy, DTypePolicyMap):
            policy = policy[self.path]
        own["_compute_dtype"], own["_variable_dtype"] = policy.compute_dtype, policy.variable_dtype
        floating = dtypes.is_float(policy.compute_dtype)
        own["_autocast_to"] = policy.compute_dtype if self.autocast and floating else None
        own["_known"] = {}
        changed(self, "dtype_policy")

    @property
    def compute_dtype(self) -> str:
        """The dtype it computes in."""
        return self.__dict__["_compute_dtype"]

    @property
    def variable_dtype(self) -> str:
        """The dtype of its weights."""
        return self.__dict__["_variable_dtype"]

    dtype = variable_dtype
    input_dtype = compute_dtype

    @property
    def quantization_mode(self) -> None:
        """Always None: quantisation is in `keraslite.adapt`."""
        return None

    # ---- calls --------------------------------------------------------------------------------------------------

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        try:
            if len(args) == 1 and not kwargs:
                x = args[0]
                try:
                    engine = self._known.get((type(x), x.shape, x.dtype))
                except (AttributeError, TypeError, ValueError):
                    engine = None
                if engine is not None and (not masking.table or masking.get_mask(x) is None):
                    return calling.call_known(self, x, engine)
            return calling.call_any(self, args, kwargs)
        except Exception as error:
            shorten(error)
            raise

    def call(self, *args: Any, **kwargs: Any) -> Any:
        """The outputs for tensors in the compute dtype. Subclasses write it."""
        raise NotImplementedError(f"{type(self).__name__} needs a `call` method. Received {len(args)} arguments.")

    def symbolic_call(self, *args: Any, **kwargs: Any) -> Any:
        """The outputs for symbolic tensors, recorded as one call."""
        return calling.call_symbolic(self, args, kwargs, kwargs.pop("training", None))

    def compute_output_spec(self, *args: Any, **kwargs: Any) -> Any:
        """Symbolic outputs for symbolic inputs, from running `call` on them."""
        return inference.output_spec(self, args, kwargs)

    def compute_output_shape(self, *args: Any, **kwargs: Any) -> Any:
        """Shapes of the outputs for shapes of the inputs."""
        return inference.output_shape(self, args, kwargs)

    @any_arguments
    def compute_mask(self, inputs: Any, previous_mask: Any) -> Any:
        """The outputs' masks, given those of the inputs."""
        return previous_mask

    def rematerialized_call(self, layer_call: Any, *args: Any, **kwargs: Any) -> Any:
        """`layer_call(*args, **kwargs)`, its inner results computed again for gradients instead of kept."""
        return transforms.checkpoint(layer_call)(*args, **kwargs)

    def stateless_call(self, trainable_variables: Any, non_trainable_variables: Any, *args: Any,
                       return_losses: bool = False, **kwargs: Any) -> Any:  # fmt: skip
        """A pure call: values of the variables in, outputs and new values of the non-trainable variables out.

        Args:
            trainable_variables: tensors, one for each of `self.trainable_variables`.
            non_trainable_variables: tensors, one for each of `self.non_trainable_variables`.
            return_losses: whether `losses` are a third result.
        """
        if not self.built:
            raise NotBuiltError(f"{title(self)} has no weights yet. Call or build it before `stateless_call`.")
        bound: dict[Any, Any] = {}
        options.bind(self, bound, self.trainable_variables, trainable_variables, "trainable_variables")
        others = self.non_trainable_variables
        options.bind(self, bound, others, non_trainable_variables, "non_trainable_variables")
        with state.Scope(bound, what="stateless_call") as scope:
            outputs = self(*args, **kwargs)
            losses = self.losses if return_losses else []
            values = [scope.writes.get(variable, bound[variable]) for variable in others]
        return (outputs, values, losses) if return_losses else (outputs, values)

    @property
    def supports_masking(self) -> bool:
        """Whether masks of the inputs go on to the outputs."""
        return self._supports_masking

    @supports_masking.setter
    def supports_masking(self, value: bool) -> None:
        self._supports_masking = bool(value)

    @property
    def input_spec(self) -> Any:
        """An `InputSpec` or a nest of them: what the first argument of a call has to be like."""
        return self._input_spec

    @input_spec.setter
    def input_spec(self, value: Any) -> None:
        self._input_spec = value
        vars(self)["_known"] = {}

    # ---- losses -------------------------------------------------------------------------------------------------

    def add_loss(self, loss: Any) -> None:
        """Add a scalar tensor, or a list of them, to `losses` until the next call. For use in `call`."""
        options.hold_losses(self, loss, context.get())

    def add_metric(self, *args: Any, **kwargs: Any) -> None:
        """Not there, as in Keras 3: keep a `Metric` as an attribute and update it in `call`."""
        raise NotImplementedError(
            "`add_metric` needs Keras 2. Keep a `keraslite.metrics.Metric` as an attribute of the layer and call its "
            "`update_state` in `call`."
        )

    @property
    def losses(self) -> list[Any]:
        """Scalars added by the last call in the layer and its sublayers, then penalties on its trainable weights."""
        held = [loss for layer in self._flatten_layers() for loss in options.held_losses(layer)]
        penalties = [v.regularizer(v) for v in self.trainable_weights if v.regularizer is not None]
        return [*held, *penalties]

    def _clear_losses(self) -> None:
        """Forget what calls added."""
        for layer in self._flatten_layers():
            layer.__dict__["_held_losses"] = None

    # ---- graph and config ---------------------------------------------------------------------------------------

    @property
    def path(self) -> str:
        """Its name after those of the layers around it, as in the paths of its weights."""
        return self.__dict__["_path"] or self.__dict__.get("name") or type(self).__name__

    def _add_node(self, node: Node) -> None:
        nodes = self.__dict__["_nodes"]
        nodes[:] = [ref for ref in nodes if ref() is not None]
        nodes.append(weakref.ref(node))

    @property
    def _inbound_nodes(self) -> list[Node]:
        return [node for ref in self.__dict__["_nodes"] if (node := ref()) is not None]

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
        return options.outputs_of(self._only_node("output"))

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
        config = {"name": self.name, "trainable": self.trainable, "dtype": serialize(self._dtype_policy)}
        return {**super().get_config(), **config}

    @classmethod
    def from_config(cls, config: dict[str, Any]) -> Any:
        """A layer made from what `get_config` gave."""
        layer = super().from_config(config)
        return options.restore(layer, config)
