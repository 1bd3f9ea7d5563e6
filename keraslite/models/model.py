"""`Model`: a layer with a trainer, drawn from inputs to outputs or written as a subclass."""

from __future__ import annotations

import inspect
from collections.abc import Callable
from typing import Any, Self, cast

from keraslite import serialization, tree
from keraslite.annotations import any_arguments
from keraslite.backend.trials import Verdict
from keraslite.errors import NotBuiltError
from keraslite.layers import building
from keraslite.layers.base import Layer
from keraslite.layers.on_host import arrays
from keraslite.models import copying
from keraslite.models import inputs as matching
from keraslite.models.compiled_graph import CompiledGraph
from keraslite.models.configuration import functional_config, functional_from_config
from keraslite.models.files import ModelFiles
from keraslite.models.graph import Graph
from keraslite.models.host_part import Encoded, dtype_of, host_part, left_in_steps, starts_on_host
from keraslite.models.parts import ModelParts
from keraslite.models.state import ModelState
from keraslite.ops.symbolic import SymbolicTensor
from keraslite.training.data import conversion
from keraslite.training.data.encoded import Encode

_GRAPH_KEYS = {"layers", "input_layers", "output_layers"}


def _is_functional(args: tuple[object, ...], kwargs: dict[str, object]) -> bool:
    return len(args) >= 2 or (len(args) == 1 and "outputs" in kwargs) or ("inputs" in kwargs and "outputs" in kwargs)


@serialization.builtin("keras")
class Model(ModelFiles, ModelParts):
    """Groups layers, and trains, evaluates, runs and saves them as one.

    There are three ways to make a model:

    - `Model(inputs, outputs)` with symbolic tensors: what `keraslite.Input` returns, and what layers return for it;
    - a subclass that makes layers in `__init__` and uses them in `call`;
    - `Sequential`, for a plain stack of layers.

    Args:
        inputs: a symbolic tensor, or a list or dict of symbolic tensors with different names. The values in a call
            are matched to a dict by its keys.
        outputs: a symbolic tensor, or a nest of them, computed from `inputs`.
        name: the name of the model. Default: None, a name made from that of the class.
        trainable: whether optimizers change its weights. Default: True.
        **kwargs: other arguments of `Layer`, such as `dtype`.

    Raises:
        ArgumentError: if `inputs` or `outputs` are not symbolic, if two inputs have one name, or if an output does
            not follow from the inputs.

    Example:
        >>> import keraslite as keras
        >>> inputs = keras.Input((4,))
        >>> hidden = keras.layers.Dense(8, activation="relu")(inputs)
        >>> model = keras.Model(inputs, keras.layers.Dense(2)(hidden))
        >>> model.output_shape
        (None, 2)

        >>> class Doubled(keras.Model):
        ...     def __init__(self):
        ...         super().__init__()
        ...         self.dense = keras.layers.Dense(3)
        ...
        ...     def call(self, inputs):
        ...         return 2 * self.dense(inputs)
        >>> Doubled()(keras.Input((4,))).shape
        (None, 3)
    """

    recomputed_as_one = False
    config_unsaid = Layer.config_unsaid | {"inputs", "outputs"}
    _state_class = ModelState
    _own: ModelState

    def __new__(cls, *args: object, **kwargs: object) -> Self:
        if cls is Model and _is_functional(args, kwargs):
            return cast(Self, Layer.__new__(Functional))
        return super().__new__(cls)

    def __init__(
        self,
        inputs: object = None,
        outputs: object = None,
        *,
        name: str | None = None,
        trainable: bool = True,
        **kwargs: Any,
    ):
        Layer.__init__(self, name=name, trainable=trainable, **kwargs)
        if isinstance(self, Functional) or (inputs is not None and outputs is not None):
            self._draw(inputs, outputs)

    def _draw(self, inputs: object, outputs: object) -> None:
        """Become the graph between `inputs` and `outputs`."""
        inputs, outputs = matching.as_inputs(inputs, outputs)
        own = self._own
        own.inputs, own.outputs = inputs, outputs
        graph = Graph(tree.leaves(inputs), outputs)
        own.graph_layers = own.tracker.replace(own.graph_layers, graph.layers)
        self._adopt(graph)

    def _adopt(self, graph: Graph, run: Callable[[list[object]], object] | None = None) -> None:
        """Be that graph; `run` stands in for calling it."""
        host = self._own.host = host_part(graph)
        rest = graph if host is None else host.rest
        self._own.graph, self._own.calls = graph, CompiledGraph(self, run or rest, rest.inputs)
        with building.naming_scope(self):  # the layers around it now are those of its path
            self.built = True

    @property
    def _is_drawn(self) -> bool:
        """Whether it is a graph of layers, and no code of a subclass."""
        return self._own.graph is not None

    @property
    def _masks_change_order(self) -> bool:
        """Whether the layers would have another order if the ops that make masks did not count."""
        graph = self._own.graph
        return graph is not None and bool(graph.masks.arguments) and graph.layers_without_masks() != graph.layers

    @property
    def _first_number(self) -> int:
        """The number that a file uses for the model's first call if that call is an output."""
        return int(self._own.graph is not None)

    # ---- calling ------------------------------------------------------------------------------------------------

    @any_arguments
    def call(self, inputs: Any, training: bool | None = None, mask: Any = None) -> Any:
        """Compute the outputs. A subclass writes its own.

        Args:
            inputs: a tensor or a nest of tensors, of the structure of the model's inputs. The tensors of a dict are
                matched by their keys.
            training: whether layers behave as in training. Default: None, what a call around this one says.
            mask: a nest of boolean masks for the inputs. Default: None, the masks that the inputs carry.

        Returns:
            The outputs, as a nest of the structure of the model's outputs.
        """
        own = self._own
        if own.graph is None or own.calls is None:
            raise NotImplementedError(
                f"Model {self.name!r} of class {type(self).__name__} needs a `call(self, inputs)`, or inputs "
                "and outputs."
            )
        if isinstance(inputs, Encoded) and own.host is not None:
            return own.host.rest(list(inputs)) if training else own.calls(list(inputs))
        values = matching.match(self._own.inputs, inputs, self.name)
        if mask is not None:
            matching.attach_masks(values, mask)
        if own.host is not None:
            values = own.host(values)
            return own.host.rest(values) if training else own.calls(values)
        return own.graph(values) if training else own.calls(values)

    @property
    def _takes_encoded(self) -> bool:
        """Whether a call takes what its layers on the host made, in place of the inputs."""
        return self._own.host is not None and self._calls_graph

    @property
    def _calls_graph(self) -> bool:
        """Whether a call is that of the graph, not code of a subclass."""
        return type(self).call is Model.call

    def _encoder(self) -> Encode | None:
        own = self._own
        waiting = own.graph is None and any(map(starts_on_host, own.stack))
        if own.host is not None or waiting:
            return self._encoded
        if own.graph is not None and self._calls_graph:
            may_be_texts = any(x.dtype == "string" for x in tree.leaves(own.inputs))
        else:
            may_be_texts = any(layer.runs_on_host for layer in self._flatten_layers())
        return conversion.with_texts if may_be_texts else None

    def _in_python(self) -> str:
        why = super()._in_python()
        return why or ("a layer on the host is called within the step" if left_in_steps(self) else "")

    def _encoded(self, inputs: Any) -> object:
        """What the layers on the host make of the inputs of a batch."""
        inputs = arrays(inputs)
        if self._own.graph is None:  # a `Sequential` that is drawn now
            self(SymbolicTensor((None, *inputs.shape[1:]), dtype_of(inputs)))
        host = self._own.host
        return inputs if host is None else host.encoded(matching.match(self._own.inputs, inputs, self.name))

    @any_arguments
    def build(self, input_shape: Any = None) -> None:
        """Make the weights.

        Args:
            input_shape: the shape of the inputs with the batch, such as `(None, 4)`; None stands for an unknown size.
                A nest of shapes for several inputs. A model with a graph of layers has its weights already.
        """
        if self._own.graph is not None:
            self.built = True
            return
        self._build_by_call(input_shape)

    build.derives_weights = True  # type: ignore[attr-defined]

    def _verdicts(self) -> list[Verdict]:
        own = super()._verdicts()
        calls = self._own.calls
        return [*own, *calls.verdicts()] if calls is not None else own

    # ---- configs and copies -------------------------------------------------------------------------------------

    def get_config(self) -> dict[str, Any]:
        """Return what makes the model again, without its weights.

        Returns:
            The layers, how they were called, the inputs and the outputs, in Keras's format; the arguments of the
            constructor for a subclass.
        """
        return functional_config(self) if self._drawn_from_arguments() else super().get_config()

    @classmethod
    def from_config(cls, config: dict[str, Any], custom_objects: dict[str, Any] | None = None) -> Any:
        """Return a new model made from a config. Its weights are new.

        Args:
            config: what `get_config` returned.
            custom_objects: classes and functions by name, besides the registered ones. Default: None, none.

        Example:
            >>> import keraslite as keras
            >>> inputs = keras.Input((3,))
            >>> model = keras.Model(inputs, keras.layers.Dense(2)(inputs))
            >>> keras.Model.from_config(model.get_config()).count_params()
            8
        """
        if len(_GRAPH_KEYS & config.keys()) > 1:
            return functional_from_config(Functional if cls is Model else cls, config, custom_objects)
        with serialization.custom_object_scope(custom_objects or {}):
            return super().from_config(config)

    def _drawn_from_arguments(self) -> bool:
        """Whether it was made as `cls(inputs, outputs)`, so that its graph says all there is to know."""
        if self._own.graph is None:
            return False
        parameters = inspect.signature(type(self).__init__).parameters
        return "inputs" in parameters and "outputs" in parameters

    def to_backend(self, name: str) -> Self:
        """Return a copy of the model on another engine, with its weights and optimizer state.

        Args:
            name: the name of the engine: "jax", "torch", "tensorflow", "numpy" or another that is installed.

        Raises:
            NotBuiltError: if the model has no weights yet.
            UnknownBackendError: if there is no such engine.

        Example:
            >>> import numpy as np
            >>> import keraslite as keras
            >>> model = keras.Sequential([keras.Input((3,)), keras.layers.Dense(2)])
            >>> copy = model.to_backend("numpy")
            >>> isinstance(copy(np.ones((1, 3), "float32")), np.ndarray)
            True
        """
        if not self.built:
            raise NotBuiltError(f"Model {self.name!r} needs weights to move. Call it or `build` it first.")
        return copying.copied(self, name)

    def _copy_for(self, engine: str) -> Self:
        return self.to_backend(engine)

    def __deepcopy__(self, memo: dict[int, object]) -> Self:
        copy = copying.copied(self, self._engine().name) if self.built else serialization.again(self)
        memo[id(self)] = copy
        return copy

    def __copy__(self) -> Self:
        return self.__deepcopy__({})

    def __reduce__(self) -> tuple[object, ...]:
        return copying.pickled(self)


@serialization.builtin("keras.src.models.functional", also=("keras",), registered_name="Functional")
class Functional(Model):
    """The graph of layers between symbolic inputs and outputs: what `Model(inputs, outputs)` returns.

    Args:
        inputs: a symbolic tensor, or a list or dict of symbolic tensors with different names.
        outputs: a symbolic tensor, or a nest of them, computed from `inputs`.
        name: the name of the model. Default: None, a name made from that of the class.
        **kwargs: other arguments of `Layer`, such as `trainable`.

    Example:
        >>> import keraslite as keras
        >>> a, b = keras.Input((4,), name="a"), keras.Input((4,), name="b")
        >>> model = keras.models.Functional({"a": a, "b": b}, keras.layers.Add()([a, b]))
        >>> model.input_names, model.output_shape
        (['a', 'b'], (None, 4))
    """

    def __init__(self, inputs: object, outputs: object, name: str | None = None, **kwargs: Any):
        super().__init__(inputs, outputs, name=name, **kwargs)
