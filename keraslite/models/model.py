"""`Model`: a layer with a trainer, drawn from inputs to outputs or written as a subclass."""

from __future__ import annotations

import inspect
import json
import os
from collections.abc import Callable, Mapping, Sequence
from typing import Any, Self, cast

from keraslite import saving, serialization, tree
from keraslite.annotations import any_arguments
from keraslite.backend.trials import Verdict
from keraslite.check import nearest
from keraslite.errors import ArgumentError, NotBuiltError, UnknownNameError
from keraslite.layers import building
from keraslite.layers.base import Layer
from keraslite.layers.on_host import arrays
from keraslite.models import copying
from keraslite.models import inputs as matching
from keraslite.models import state_tree as _state_tree
from keraslite.models.compiled_graph import CompiledGraph
from keraslite.models.configuration import functional_config, functional_from_config
from keraslite.models.exporting import export_model
from keraslite.models.graph import Graph
from keraslite.models.host_part import Encoded, dtype_of, host_part, starts_on_host
from keraslite.models.state import ModelState
from keraslite.models.summary import print_summary
from keraslite.ops.symbolic import SymbolicTensor, node_of
from keraslite.training.data.encoded import Encode
from keraslite.training.trainer import Trainer

_GRAPH_KEYS = {"layers", "input_layers", "output_layers"}


def _is_functional(args: tuple[object, ...], kwargs: dict[str, object]) -> bool:
    return len(args) >= 2 or (len(args) == 1 and "outputs" in kwargs) or ("inputs" in kwargs and "outputs" in kwargs)


@serialization.builtin("keras")
class Model(Trainer):
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
        return self._own.host is not None and type(self).call is Model.call

    def _encoder(self) -> Encode | None:
        own = self._own
        waiting = own.graph is None and any(map(starts_on_host, own.stack))
        return self._encoded if own.host is not None or waiting else None

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

    # ---- what it is made of -------------------------------------------------------------------------------------

    @property
    def layers(self) -> list[Layer]:
        """The layers directly in it; in a functional model in the order of the graph."""
        if self._own.graph is not None:
            return list(self._own.graph_layers)
        return self._flatten_layers(include_self=False, recursive=False)

    @property
    def operations(self) -> list[Any]:
        """Layers and recorded ops of a functional model in order."""
        return list(self._own.graph.operations) if self._own.graph is not None else self.layers

    @property
    def inputs(self) -> list[SymbolicTensor] | None:
        """The symbolic inputs as a flat list; None for a subclassed model."""
        return list(self._own.graph.inputs) if self._own.graph is not None else None

    @property
    def outputs(self) -> list[SymbolicTensor] | None:
        """The symbolic outputs as a flat list; None for a subclassed model."""
        return tree.leaves(self._own.graph.outputs) if self._own.graph is not None else None

    @property
    def input(self) -> Any:
        """The symbolic inputs as they were given."""
        return self._own.inputs if self._own.graph is not None else super().input

    @property
    def output(self) -> Any:
        """The symbolic outputs as they were given."""
        return self._own.outputs if self._own.graph is not None else super().output

    @property
    def input_shape(self) -> Any:
        """Shapes of `input`."""
        return tree.map(lambda x: x.shape, self.input)

    @property
    def output_shape(self) -> Any:
        """Shapes of `output`."""
        return tree.map(lambda x: x.shape, self.output)

    @property
    def input_names(self) -> list[str]:
        """Names of the inputs, in order."""
        return [layer.name for layer in self._graph_inputs()]

    def _graph_inputs(self) -> list[Layer]:
        """The input layers of a functional model, in order."""
        return [node_of(x).operation for x in self._own.graph.inputs] if self._own.graph is not None else []

    @property
    def output_names(self) -> list[str]:
        """Names of what makes the outputs: keys of a dict of outputs, else the layers' names, made unique."""
        if self._own.graph is None:
            return []
        if isinstance(self._own.outputs, dict):
            return sorted(self._own.outputs)
        names: list[str] = []
        for x in tree.leaves(self._own.graph.outputs):
            owner = Graph.owner(x.node)
            name, count = owner.name, 0
            while name in names:
                count += 1
                name = f"{owner.name}_{count}"
            names.append(name)
        return names

    def get_layer(self, name: str | None = None, index: int | None = None) -> Layer:
        """Return one of the layers by its name or its index.

        Args:
            name: the name of the layer. Default: None, which needs `index`.
            index: its index in `layers`; negative numbers count from the end. Default: None, which needs `name`.

        Raises:
            ArgumentError: if both or neither are given, or if there is no such index.
            UnknownNameError: if no layer has the name.

        Example:
            >>> import keraslite as keras
            >>> model = keras.Sequential([keras.Input((3,)), keras.layers.Dense(2, name="head")])
            >>> model.get_layer("head").units, model.get_layer(index=-1).name
            (2, 'head')
        """
        if (name is None) == (index is None):
            raise ArgumentError(f"`get_layer` needs `name` or `index`. Received name={name!r}, index={index!r}.")
        layers = self.layers
        if index is not None:
            if not -len(layers) <= index < len(layers):
                raise ArgumentError(f"Model {self.name!r} has {len(layers)} layers. Received index {index}.")
            return layers[index]
        names = [layer.name for layer in layers]
        if name not in names:
            raise UnknownNameError(
                f"Model {self.name!r} has no layer {name!r}.{nearest(name, names)} Its layers: {', '.join(names)}."
            )
        return layers[names.index(name)]

    def summary(
        self,
        line_length: int | None = None,
        positions: Sequence[float] | None = None,
        print_fn: Callable[[str], object] | None = None,
        expand_nested: bool = False,
        show_trainable: bool = False,
        layer_range: Sequence[str] | None = None,
    ) -> None:
        """Print a table of the layers with their output shapes and numbers of weights.

        Args:
            line_length: the width of the table in characters. Default: None, that of the terminal, at most 120.
            positions: accepted for Keras's sake; it changes nothing.
            print_fn: a function that receives the whole text. Default: None, which prints it.
            expand_nested: whether to show the layers of nested models too. Default: False.
            show_trainable: whether to add a column that says which layers are trained. Default: False.
            layer_range: the names of the first and the last layer to show, or regular expressions that match the
                whole names. Default: None, all layers.

        Raises:
            ArgumentError: if `layer_range` is not two names of layers.

        Example:
            >>> import keraslite as keras
            >>> model = keras.Sequential([keras.Input((3,)), keras.layers.Dense(2)])
            >>> texts = []
            >>> model.summary(line_length=80, print_fn=texts.append)
            >>> "Total params: 8 (32.00 B)" in texts[0]
            True
        """
        print_summary(self, line_length, positions, print_fn, expand_nested, show_trainable, layer_range)

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

    # ---- files and copies ---------------------------------------------------------------------------------------

    def save(
        self, filepath: str | os.PathLike[str], overwrite: bool = True, zipped: bool | None = None, **kwargs: object
    ) -> None:
        """Write the model to a `.keras` file: architecture, weights, `compile` arguments and optimizer state.

        `load_model` and Keras 3 read it.

        Args:
            filepath: a path that ends in `.keras`.
            overwrite: whether an existing file may be replaced. Default: True.
            zipped: True or None. Default: None. Both write one zip file.
            **kwargs: arguments from earlier versions of Keras: `save_format="keras"`, and `include_optimizer=False`,
                which leaves out the optimizer's state.

        Raises:
            ArgumentError: if the path has another ending, or the file exists and `overwrite` is False.
            NotBuiltError: if the model has no weights yet.

        Example:
            >>> import keraslite as keras
            >>> model = keras.Sequential([keras.Input((3,)), keras.layers.Dense(2)])
            >>> model.save("model.keras")
            >>> keras.models.load_model("model.keras").count_params()
            8
        """
        saving.save_model(self, filepath, overwrite=overwrite, zipped=zipped, **kwargs)

    def export(
        self,
        filepath: str | os.PathLike[str],
        format: str | None = None,
        verbose: bool | None = None,
        input_signature: object = None,
    ) -> None:
        """Write the inference of the model to a file that is used without keraslite.

        The file has the computation and the weights. The first axis of the inputs may have any size there, and so may
        each other axis whose size is None. On JAX `jax.export.deserialize(content).call(*inputs)` runs it, on PyTorch
        `torch.export.load(filepath).module()(*inputs)`. Inputs are given one after another, in the order of `inputs`.

        Args:
            filepath: the path of the file; one that exists is replaced.
            format: "jax" for a model on JAX, "torch" for one on PyTorch. Default: None, the one of the engine.
            verbose: whether to print where the file is. Default: None, which prints nothing.
            input_signature: a nest of `InputSpec`s, symbolic tensors or tensors with the shapes and dtypes of the
                inputs. Default: None, the model's own inputs; a model without a graph of layers needs one.

        Raises:
            MissingCapabilityError: if the model's engine writes no such files.
            ArgumentError: for another format, or an input without a shape.
            NotBuiltError: if the model is not built, or the shapes of its inputs are not known.

        Example:
            >>> import keraslite as keras
            >>> model = keras.Sequential([keras.Input((3,)), keras.layers.Dense(2)])
            >>> if "export" in keras.backend.registry.current().capabilities:
            ...     model.export("model.bin")
        """
        export_model(self, filepath, format, verbose, input_signature)

    def save_weights(
        self, filepath: str | os.PathLike[str], overwrite: bool = True, max_shard_size: float | None = None
    ) -> None:
        """Write the weights to a `.weights.h5` file, which `load_weights` and Keras 3 read.

        Args:
            filepath: a path that ends in `.weights.h5`.
            overwrite: whether an existing file may be replaced. Default: True.
            max_shard_size: must be None: one file is written.

        Raises:
            ArgumentError: if the path has another ending, or the file exists and `overwrite` is False.
            NotBuiltError: if the model has no weights yet.

        Example:
            >>> import keraslite as keras
            >>> model = keras.Sequential([keras.Input((3,)), keras.layers.Dense(2)])
            >>> model.save_weights("model.weights.h5")
        """
        saving.save_weights(self, filepath, overwrite=overwrite, max_shard_size=max_shard_size)

    def load_weights(self, filepath: str | os.PathLike[str], skip_mismatch: bool = False, **kwargs: object) -> None:
        """Read the weights from a file into this model's variables: all of them or none.

        Args:
            filepath: the path of a `.weights.h5` or `.keras` file.
            skip_mismatch: whether to skip weights that do not fit, with a warning that lists them. Default: False.
            **kwargs: none is supported.

        Raises:
            ArgumentError: if there is no such file, or its path has another ending.
            WeightsMismatchError: if weights do not fit, or do not exist yet, and `skip_mismatch` is False.

        Example:
            >>> import keraslite as keras
            >>> model = keras.Sequential([keras.Input((3,)), keras.layers.Dense(2)])
            >>> model.save_weights("model.weights.h5")
            >>> other = keras.Sequential([keras.Input((3,)), keras.layers.Dense(2)])
            >>> other.load_weights("model.weights.h5")
            >>> bool((other.get_weights()[0] == model.get_weights()[0]).all())
            True
        """
        saving.load_weights(self, filepath, skip_mismatch=skip_mismatch, **kwargs)

    def get_state_tree(self, value_format: str = "backend_tensor") -> dict[str, dict[str, Any]]:
        """Return the values of all Variables as nested dicts.

        Args:
            value_format: "backend_tensor" for tensors of the engine, "numpy_array" for arrays on the host.

        Returns:
            A dict with the keys "trainable_variables", "non_trainable_variables", "optimizer_variables" and
            "metrics_variables". Each holds nested dicts by the parts of the Variables' paths.

        Raises:
            ArgumentError: for another format, or if two Variables have one path.

        Example:
            >>> import keraslite as keras
            >>> model = keras.Sequential([keras.Input((3,)), keras.layers.Dense(2, name="d")], name="m")
            >>> model.get_state_tree("numpy_array")["trainable_variables"]["m"]["d"]["bias"].tolist()
            [0.0, 0.0]
        """
        return _state_tree.get_state_tree(self, value_format)

    def set_state_tree(self, state_tree: Mapping[str, Any]) -> None:
        """Assign the values of nested dicts, such as `get_state_tree` returns, to the Variables.

        Args:
            state_tree: dicts by the same keys, with arrays or tensors. Variables that it lacks stay as they are.

        Raises:
            UnknownNameError: for a key that stands for no Variable. Then nothing is assigned.

        Example:
            >>> import numpy as np
            >>> import keraslite as keras
            >>> model = keras.Sequential([keras.Input((3,)), keras.layers.Dense(2, name="d")], name="m")
            >>> model.set_state_tree({"trainable_variables": {"m": {"d": {"bias": np.ones(2)}}}})
            >>> model.get_weights()[1].tolist()
            [1.0, 1.0]
        """
        _state_tree.set_state_tree(self, state_tree)

    def to_json(self, **kwargs: Any) -> str:
        """Return the architecture of the model as JSON text, which `model_from_json` reads.

        Args:
            **kwargs: arguments of `json.dumps`, such as `indent`.

        Example:
            >>> import keraslite as keras
            >>> model = keras.Sequential([keras.Input((3,)), keras.layers.Dense(2)])
            >>> keras.models.model_from_json(model.to_json()).output_shape
            (None, 2)
        """
        return json.dumps(serialization.serialize(self), **kwargs)

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
