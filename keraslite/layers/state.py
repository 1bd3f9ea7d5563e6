"""`LayerState`: what every layer keeps for its own work, apart from the attributes that its class and its user set."""

from __future__ import annotations

import weakref
from typing import TYPE_CHECKING, Any

from keraslite.backend import dtypes
from keraslite.dtype_policies import DTypePolicy, DTypePolicyMap
from keraslite.layers.call_context import CallInfo
from keraslite.layers.remat import RematScope, innermost
from keraslite.layers.tracking import Tracker

if TYPE_CHECKING:
    from collections.abc import Callable

    from keraslite.backend.changes import Changes
    from keraslite.backend.contract import Engine
    from keraslite.layers.adapting import AdaptedWeight
    from keraslite.layers.base import Layer
    from keraslite.layers.losses import Held
    from keraslite.layers.shapes import ShapeNest
    from keraslite.ops.symbolic import Node
    from keraslite.serialization.configurable import Construction
    from keraslite.variable import Variable

# What a layer can find again by itself, and what belongs to calls that are over: no copy has it. A copy has the same
# engine as its weights.
_PASSING = frozenset(
    ("changes", "held_losses", "home", "info", "known", "loss_layers", "nodes", "settled", "tracker", "variables")
)


class LayerState:
    """The state of one layer, at `layer._own`. `vars(layer)` has only what the layer's class and its user set.

    A layer goes through these stages; each is set once and stays, but for `Sequential`, which may start anew:

    - `dtype_policy` is None until `Layer.__init__` has run;
    - `constructed` is None until the outermost constructor has run;
    - `building` is True while the class's own `build` runs, in the one thread that builds;
    - `built`: the layer has its own weights (`building.finish`);
    - `settled`: everything in it is built, too, so `home` is the engine that it keeps to.

    Attributes:
        adapted: the weights that are read through an adapter, by the names of their attributes.
        activity_regularizer: the penalty on the outputs, or None.
        autocast: whether floating inputs are cast to the compute dtype.
        autocast_to: the dtype that Variables read as during a call, or None.
        batch_shape_hint: the input shape that the constructor was given, with the batch, or None.
        build_shapes: what `get_build_config` returns.
        building: whether the class's own `build` is running.
        built: whether the layer has its weights.
        changes: how often attributes were set since a program first read the layer (`backend/changes.py`).
        compute_dtype: the dtype of computations.
        constructed: names of the attributes that were set when the constructor was done.
        construction: the arguments of the constructor.
        dtype_policy: the policy of dtypes.
        fixed: the weights that stay frozen when the layer is trained, because an adapter is trained instead.
        held_losses: what `add_loss` got during the last call.
        home: the engine of the weights; None if there are none, or if they are not made yet.
        info: the parameters of the class's `call` and `build`.
        input_spec: what the first argument of a call has to be like.
        known: engines of inputs that need neither conversion nor checks, by type, shape and dtype.
        loss_layers: the layers that added losses during the last call.
        name: the layer's name.
        nodes: the symbolic calls that are still alive.
        path: the name after those of the layers around it; None until it is known.
        remat: the `RematScope` that the layer was made in, or None.
        settled: whether the layer and all in it are built.
        supports_masking: whether masks of the inputs go on to the outputs.
        tracker: the variables, layers, metrics and seeds that are the layer's.
        trainable: whether optimizers change the weights.
        variable_dtype: the dtype of weights.
        variables: lists of Variables that were found before (`weights.py`).
    """

    __slots__ = (
        *(
            "activity_regularizer",
            "adapted",
            "autocast",
            "fixed",
            "autocast_to",
            "batch_shape_hint",
            "build_shapes",
            "building",
            "built",
        ),
        *("changes", "compute_dtype", "constructed", "construction", "dtype_policy", "held_losses", "home", "info"),
        *(
            "input_spec",
            "known",
            "loss_layers",
            "name",
            "nodes",
            "path",
            "remat",
            "settled",
            "supports_masking",
            "tracker",
        ),
        *("trainable", "variable_dtype", "variables"),
    )

    def __init__(self, layer: Layer, info: CallInfo):
        self.tracker = Tracker(f"{type(layer).__name__} layer", layer)
        self.info = info
        self.name: str | None = None
        self.built = info.starts_built
        self.building = self.settled = False
        self.home: Engine | None = None
        self.path: str | None = None
        self.build_shapes: dict[str, ShapeNest] | None = None
        self.batch_shape_hint: tuple[int | None, ...] | None = None
        self.construction: Construction | None = None
        self.constructed: frozenset[str] | None = None
        self.changes: Changes | None = None
        self.known: dict[object, Engine] = {}
        self.nodes: list[weakref.ref[Node]] = []
        self.held_losses: Held | None = None
        self.loss_layers: list[Layer] | None = None
        self.remat: RematScope | None = innermost()
        self.variables: dict[bool, tuple[int, tuple[Variable, ...]]] = {}
        self.adapted: dict[str, AdaptedWeight] = {}
        self.fixed: list[Variable] = []
        self.trainable, self.autocast, self.supports_masking = True, True, False
        self.activity_regularizer: Callable[[Any], Any] | None = None
        self.input_spec: Any = None
        self.dtype_policy: DTypePolicy | None = None
        self.compute_dtype = self.variable_dtype = ""
        self.autocast_to: str | None = None

    def apply_policy(self, path: str) -> None:
        """Work out the dtypes that the policy means for a layer at `path`."""
        policy = self.dtype_policy
        if isinstance(policy, DTypePolicyMap):
            policy = policy[path]
        if policy is None:
            return
        self.compute_dtype, self.variable_dtype = policy.compute_dtype, policy.variable_dtype
        self.autocast_to = policy.compute_dtype if self.autocast and dtypes.is_float(policy.compute_dtype) else None
        self.known = {}

    def kept(self) -> dict[str, object]:
        """What `pickle` and `copy` take."""
        names = [name for cls in type(self).__mro__ for name in getattr(cls, "__slots__", ())]
        found = {name: getattr(self, name) for name in names if name not in _PASSING}
        return {**found, "tracker": self.tracker.kept()}

    def restore(self, kept: dict[str, Any], attributes: dict[str, object]) -> None:
        """Take over what was `kept`; `attributes` are those of the layer."""
        for name, value in kept.items():
            if name != "tracker":
                setattr(self, name, value)
        self.tracker.restore(kept["tracker"], attributes)
