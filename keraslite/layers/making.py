"""The part of `Layer` that makes its weights: when it is built, or later, and in which dtype."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager
from typing import TYPE_CHECKING, Any, cast

from keraslite import constraints, initializers, regularizers
from keraslite.annotations import any_arguments
from keraslite.backend import dtypes, scopes
from keraslite.backend.changes import changed
from keraslite.dtype_policies import DTypePolicy
from keraslite.dtype_policies import get as get_policy
from keraslite.errors import ArgumentError, StateError
from keraslite.layers import building, inference
from keraslite.layers.adapting import adapt
from keraslite.layers.names import title
from keraslite.layers.shapes import ShapeNest, plain_shape
from keraslite.layers.types import ConstraintLike, DTypeLike, InitializerLike, RegularizerLike, SizesLike
from keraslite.layers.weights import LayerWeights
from keraslite.variable import Variable

if TYPE_CHECKING:
    from keraslite.layers.base import Layer

_WEIGHT = ("name", "shape", "initializer", "dtype")


class LayerBuilding(LayerWeights):
    """Weights of a layer are made in `build`, on its first call."""

    def _check_initialized(self) -> None:
        if self._own.dtype_policy is None:
            raise StateError(
                f"{type(self).__name__} needs `super().__init__()` in its `__init__`, before anything else. Add it."
            )

    @property
    def _layer(self) -> Layer:
        return cast("Layer", self)

    def add_weight(
        self,
        *args: object,
        shape: SizesLike = None,
        initializer: InitializerLike = None,
        dtype: DTypeLike = None,
        trainable: bool = True,
        autocast: bool = True,
        regularizer: RegularizerLike = None,
        constraint: ConstraintLike = None,
        aggregation: str = "none",
        overwrite_with_gradient: bool = False,
        name: str | None = None,
    ) -> Variable:
        """Make a new Variable of the layer.

        Args:
            *args: shape, initializer and dtype may be given by position, after a name that is a string.
            shape: the sizes. Default: None, a scalar.
            initializer: a name, an `Initializer` or a callable of `(shape, dtype)`. Default: "glorot_uniform", and
                "zeros" for a dtype that is no float.
            dtype: the dtype. Default: the layer's variable dtype.
            trainable: whether optimizers change it.
            autocast: whether it reads as the compute dtype within the layer's call.
            regularizer: a penalty on it, added to `losses`. Default: None.
            constraint: a function that the value is put through after each step of an optimizer. Default: None.
            aggregation: how copies on several devices are combined.
            overwrite_with_gradient: whether an optimizer assigns the gradient instead of using it.
            name: the last part of the path. Default: "variable".

        Returns:
            The Variable.

        Raises:
            StateError: if the layer is built and not `unlocked`.
        """
        self._check_initialized()
        if args:
            named = {"name": name, "shape": shape, "initializer": initializer, "dtype": dtype}
            name, shape, initializer, dtype = _weight_arguments(args, named)
        kept_as = dtypes.canonical(dtype) if dtype is not None else self.variable_dtype
        if initializer is None:
            initializer = "glorot_uniform" if dtypes.is_float(kept_as) else "zeros"
        if self._own.tracker.locked and not self._own.building:
            raise StateError(
                f"{title(self)} is built and takes no more weights. Received {name!r}. Make all of them in "
                "`__init__` or `build`."
            )
        with scopes.outside(), building.naming_scope(self._layer):
            variable = Variable(
                initializers.get(initializer),
                shape=() if shape is None else shape,
                dtype=kept_as,
                trainable=trainable,
                autocast=autocast,
                aggregation=aggregation,
                name=name,
            )
        variable.regularizer = regularizers.get(regularizer)
        variable.constraint = constraints.get(constraint)
        variable.overwrite_with_gradient = overwrite_with_gradient
        self._own.tracker.add(variable)
        return variable

    add_variable = add_weight

    def unlocked(self) -> AbstractContextManager[None]:
        """A context in which a layer that is built takes new weights. Files have them behind those that it has.

        Models that hold the layer need to be compiled again if they have been trained before.
        """
        return building.unlocked(self._layer)

    def adapt_weight(
        self, name: str, adapter: Callable[[Variable], object] | None, *, train_weight: bool = False
    ) -> None:
        """Let the layer read one of its weights through an adapter, such as a low-rank change or a quantised kernel.

        From now on the attribute `name` is an `AdaptedWeight`, and ops that take it compute `adapter(weight)`.
        Programs that were compiled or recorded before are made anew.

        Args:
            name: the attribute, such as "kernel".
            adapter: a function of the weight, a Variable, in `keraslite.ops`; an `Adapter` says in addition what files
                hold. None takes the adapter away.
            train_weight: whether optimizers go on to change the weight itself. Default: False.

        Raises:
            ArgumentError: if the layer has no such weight.
        """
        adapt(self._layer, name, adapter, train_weight)

    @any_arguments
    def build(self, input_shape: ShapeNest) -> None:
        """Make the weights. Subclasses with weights define it.

        Args:
            input_shape: the shape of the inputs, the batch first, None for unknown sizes.
        """
        if self._own.building:  # through `super().build(...)`
            return
        self._check_initialized()
        self._build_by_call(input_shape)

    def _build_by_call(self, input_shape: ShapeNest = None, **shapes: ShapeNest) -> None:
        """Make the weights of sublayers by running `call` on symbolic tensors of these shapes."""
        info = self._own.info
        given = {name.removesuffix("_shape"): shape for name, shape in shapes.items()}
        if input_shape is not None and info.first is not None:
            given = {info.first: input_shape, **given}
        config = {"input_shape": plain_shape(input_shape)} if not shapes else {"shapes_dict": dict(shapes)}
        if given and not building.all_built_below(self._layer):
            inference.build_by_call(self._layer, given)
        building.finish(self._layer, config)

    def get_build_config(self) -> dict[str, ShapeNest] | None:
        """Return the shapes that the layer was built for; None before."""
        shapes = self._own.build_shapes
        return dict(shapes) if shapes is not None else None

    def build_from_config(self, config: Mapping[str, ShapeNest]) -> None:
        """Build the layer for the shapes that it was built for before.

        Args:
            config: what `get_build_config` returned.
        """
        if self.built or not config:
            return
        if config.get("input_shape") is not None:
            self.build(plain_shape(config["input_shape"]))
        elif "shapes_dict" in config:
            shapes = {name: plain_shape(shape) for name, shape in config["shapes_dict"].items()}
            if self._own.info.own_build:
                self.build(**shapes)
            else:
                self._build_by_call(**shapes)

    # ---- dtypes -------------------------------------------------------------------------------------------------

    @property
    def dtype_policy(self) -> DTypePolicy:
        """In which dtype it computes and keeps its weights."""
        return cast(DTypePolicy, self._own.dtype_policy)

    @dtype_policy.setter
    def dtype_policy(self, value: DTypeLike) -> None:
        self._own.dtype_policy = get_policy(cast(Any, value))
        self._policy_changed()

    def _policy_changed(self) -> None:
        self._own.apply_policy(self.path)
        changed(self._layer, "dtype_policy")

    @property
    def autocast(self) -> bool:
        """Whether floating inputs are cast to the compute dtype."""
        return self._own.autocast

    @autocast.setter
    def autocast(self, value: bool) -> None:
        self._own.autocast = value
        self._policy_changed()

    @property
    def compute_dtype(self) -> str:
        """The dtype it computes in."""
        return self._own.compute_dtype

    @property
    def variable_dtype(self) -> str:
        """The dtype of its weights."""
        return self._own.variable_dtype

    dtype = variable_dtype
    input_dtype = compute_dtype

    @property
    def quantization_mode(self) -> None:
        """Always None: quantisation is in `keraslite.adapt`."""
        return None


def _weight_arguments(args: tuple[object, ...], named: dict[str, object]) -> tuple[Any, Any, Any, Any]:
    """Name, shape, initializer and dtype of `add_weight([name,] shape, initializer, dtype)`."""
    names = _WEIGHT if args and isinstance(args[0], str) else _WEIGHT[1:]
    if len(args) > len(names):
        raise ArgumentError(f"`add_weight` needs its other arguments by name. Received {args[len(names) :]}.")
    name, shape, initializer, dtype = {**named, **dict(zip(names, args, strict=False))}.values()
    return name, shape, initializer, dtype
