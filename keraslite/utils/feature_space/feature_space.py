"""`FeatureSpace`."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Literal

import numpy as np

from keraslite import layers, ops, ranges, saving
from keraslite.errors import ArgumentError, StateError
from keraslite.layers.names import title
from keraslite.layers.on_host import arrays
from keraslite.layers.preprocessing.encoding import encoded
from keraslite.layers.preprocessing.texts import text_arrays
from keraslite.layers.preprocessing.types import Config, Nest
from keraslite.ops.symbolic import SymbolicTensor
from keraslite.serialization import builtin, serialize
from keraslite.utils.feature_space import features as kinds
from keraslite.utils.feature_space.columns import Columns, by_column
from keraslite.utils.feature_space.features import Cross, Feature, cross_of, feature_of
from keraslite.utils.feature_space.running import run

__all__ = ["FeatureSpace"]


@builtin("keras.utils")
class FeatureSpace(layers.HostLayer):
    """Turns rows of a table, with numbers and categories, into vectors.

    Each column is a feature of a kind: a number as it is, normalised or divided into intervals; a category from a
    vocabulary that `adapt` learns, or hashed. Features may be crossed. It works on the host with NumPy, on every
    engine: called on a dict of columns or of single values, in a data set, or at the inputs of a model. `get_inputs`
    and `get_encoded_features` return the same as a graph of layers.

    Args:
        features: the kind of each feature by its name: "float", "float_rescaled", "float_normalized",
            "float_discretized", "integer_categorical", "string_categorical", "integer_hashed" or "string_hashed"; or
            what the method of that name returns, or `FeatureSpace.feature(...)`.
        output_mode: "concat" for one vector per row, "dict" for a dict of what is made of each feature. Default:
            "concat".
        crosses: a list of tuples of names of features, or of what `FeatureSpace.cross` returns. Default: None, no
            crosses.
        crossing_dim: the number of bins of a cross, a positive int. Default: 32.
        hashing_dim: the number of bins of a hashed feature, a positive int. Default: 32.
        num_discretization_bins: the number of intervals of a "float_discretized" feature, a positive int. Default: 32.
        name: name of the layer. Default: None, a name made from that of the class.

    Attributes:
        preprocessors: the layer of each feature by its name.
        crossers: the layer of each cross by its name, such as "a_X_b".
        one_hot_encoders: the layers that make vectors of indices, by the name of the feature or cross.
        concat: the layer that joins the vectors; None in `output_mode="dict"`.

    Raises:
        ArgumentError: if an argument is outside its range; if a feature or a cross is not known; if a row lacks one.
        StateError: if it is called before `adapt`, where a feature has something to learn.

    Example:
        >>> from keraslite import ops, utils
        >>> rows = {"age": [20.0, 40.0], "city": ["Rome", "Oslo"]}
        >>> space = utils.FeatureSpace({"age": "float_normalized", "city": "string_categorical"})
        >>> space.adapt(rows)
        >>> ops.convert_to_numpy(space(rows)).tolist()
        [[-1.0, 0.0, 1.0, 0.0], [1.0, 0.0, 0.0, 1.0]]
    """

    is_weightless = False  # its layers may have statistics
    argument_checks = ranges.checks(
        output_mode=ranges.one_of("concat", "dict"),
        crossing_dim=ranges.positive_int,
        hashing_dim=ranges.positive_int,
        num_discretization_bins=ranges.positive_int,
    )

    def __init__(
        self,
        features: Mapping[str, object],
        output_mode: Literal["concat", "dict"] = "concat",
        crosses: Sequence[object] | None = None,
        crossing_dim: int = 32,
        hashing_dim: int = 32,
        num_discretization_bins: int = 32,
        name: str | None = None,
    ) -> None:
        super().__init__(name=name)
        if not isinstance(features, Mapping) or not features:
            raise ArgumentError(f"`FeatureSpace` needs a dict of features. Received {features!r:.80}.")
        self.crossing_dim, self.hashing_dim = crossing_dim, hashing_dim
        self.num_discretization_bins, self.output_mode = num_discretization_bins, output_mode
        self._features = {
            key: feature_of(key, given, hashing_dim, num_discretization_bins) for key, given in features.items()
        }
        self._crosses = {cross.name: cross for cross in (cross_of(each, crossing_dim) for each in crosses or [])}
        self._check_crosses()
        self.preprocessors = {key: feature.preprocessor for key, feature in self._features.items()}
        self.crossers = {
            key: layers.HashedCrossing(cross.crossing_dim, name=key) for key, cross in self._crosses.items()
        }
        self.one_hot_encoders: dict[str, layers.CategoryEncoding] = {}
        self.concat = layers.Concatenate(axis=-1) if output_mode == "concat" else None
        self._is_adapted = not any(map(_learns, self.preprocessors.values()))
        self._graph: tuple[dict[str, SymbolicTensor], Nest] | None = None
        self.built = self._is_adapted

    def _check_crosses(self) -> None:
        for cross in self._crosses.values():
            unknown = [name for name in cross.feature_names if name not in self._features]
            if unknown:
                raise ArgumentError(f"`FeatureSpace` needs crosses of its features. Received unknown {unknown}.")
        modes = {**self._features, **self._crosses}
        whole = [key for key, each in modes.items() if each.output_mode == "int"]
        if whole and self.output_mode == "concat":
            raise ArgumentError(
                f'`FeatureSpace` needs vectors to join them. Received output_mode="concat" and output_mode="int" of '
                f'{whole}. Use `output_mode="dict"`, or "one_hot" for these.'
            )

    @property
    def features(self) -> dict[str, Feature]:
        """The features by their names."""
        return dict(self._features)

    @property
    def crosses(self) -> list[Cross]:
        """The crosses in order."""
        return list(self._crosses.values())

    # ---- kinds --------------------------------------------------------------------------------------------------

    cross = staticmethod(Cross)
    feature = staticmethod(Feature)
    float = staticmethod(kinds.plain)
    float_rescaled = staticmethod(kinds.rescaled)
    float_normalized = staticmethod(kinds.normalized)
    float_discretized = staticmethod(kinds.discretized)
    integer_categorical = staticmethod(kinds.integers)
    string_categorical = staticmethod(kinds.strings)
    string_hashed = staticmethod(kinds.hashed_strings)
    integer_hashed = staticmethod(kinds.hashed_integers)

    # ---- learning -----------------------------------------------------------------------------------------------

    def adapt(self, dataset: object, verbose: int = 0) -> None:
        """Learn what the features need: statistics, intervals and vocabularies.

        Args:
            dataset: rows as dicts, single ones or batches: a dict of columns, a data frame, a data set, or anything
                that makes dicts and can be read once per feature.
            verbose: 0 shows nothing, 1 how many batches were read per feature, 2 the same at the end only. Default: 0.

        Raises:
            ArgumentError: if the data makes no dicts, lacks a feature, or can be read only once.
        """
        columns = Columns(dataset, title(self))
        for key, layer in self.preprocessors.items():
            if _learns(layer):
                column = columns.of(key, self._features[key].dtype)
                layer.adapt(column, verbose=verbose)  # type: ignore[attr-defined]
        self._is_adapted = self.built = True
        self.one_hot_encoders, self._graph = {}, None

    def _check_adapted(self) -> None:
        if not self._is_adapted:
            raise StateError(f"{title(self)} needs to know its features' values. Call `adapt(dataset)` first.")

    def _depth(self, key: str) -> int:
        """The size of the vectors of a feature or cross that is encoded one-hot."""
        if key in self._crosses:
            return self._crosses[key].crossing_dim
        layer = self.preprocessors[key]
        size = getattr(layer, "vocabulary_size", None)
        if size is not None:
            return size()
        depth = getattr(layer, "num_bins", None) if not isinstance(layer, layers.Discretization) else layer._depth
        if depth is None:
            raise ArgumentError(
                f'{title(self)} needs to know how many values feature {key!r} has for `output_mode="one_hot"`. '
                f"{title(layer)} has neither `vocabulary_size()` nor `num_bins`."
            )
        return depth

    def _encoder(self, key: str) -> layers.CategoryEncoding:
        if key not in self.one_hot_encoders:
            with self.unlocked():
                encoder = layers.CategoryEncoding(self._depth(key), output_mode="multi_hot")
                self.one_hot_encoders = {**self.one_hot_encoders, key: encoder}
        return self.one_hot_encoders[key]

    @property
    def _modes(self) -> dict[str, str]:
        """The output mode of each result, in order: features by name, and the crosses."""
        result = {key: self._features[key].output_mode for key in sorted(self._features)}
        return {**result, **{key: self._crosses[key].output_mode for key in sorted(self._crosses)}}

    # ---- calls --------------------------------------------------------------------------------------------------

    def as_arrays(self, nest: object) -> Nest:
        nest = by_column(nest)
        if isinstance(nest, Mapping):
            return {key: text_arrays(value) for key, value in nest.items()}
        return arrays(nest)

    def call(self, inputs: Nest) -> Nest:
        self._check_adapted()
        columns, is_single = self._columns(inputs)
        made = {key: run(layer, columns[key]) for key, layer in self.preprocessors.items()}
        for key, layer in self.crossers.items():
            made[key] = run(layer, [made[name] for name in self._crosses[key].feature_names])
        outputs = {key: self._encoded(key, made[key], mode) for key, mode in self._modes.items()}
        if is_single:
            outputs = {key: value[0] for key, value in outputs.items()}
        return np.concatenate(list(outputs.values()), axis=-1) if self.output_mode == "concat" else outputs

    def _encoded(self, key: str, values: np.ndarray, mode: str) -> np.ndarray:
        if mode == "int":
            return values
        if mode == "one_hot":
            return encoded(values, self._depth(key), "multi_hot", np.dtype("float32"), None)
        return values.astype("float32") if self.output_mode == "concat" else values

    def _columns(self, inputs: Nest) -> tuple[dict[str, np.ndarray], bool]:
        """The columns as arrays of shape `(rows, 1)`, and whether they were single values."""
        if not isinstance(inputs, Mapping):
            raise ArgumentError(
                f"{title(self)} needs a dict of columns or a data frame. Received {type(inputs).__name__}."
            )
        missing = [key for key in self._features if key not in inputs]
        if missing:
            raise ArgumentError(f"{title(self)} needs every feature. Received {sorted(inputs)}: missing {missing}.")
        found = {key: np.asarray(inputs[key]) for key in self._features}
        is_single = all(array.ndim == 0 for array in found.values())
        return {key: _column(array, self._features[key].dtype) for key, array in found.items()}, is_single

    def compute_output_spec(self, inputs: Nest) -> Nest:
        """Return the symbolic outputs.

        Args:
            inputs: symbolic columns by name.
        """
        self._check_adapted()
        rows = next(iter(inputs.values())).dims[:1]
        found = {key: self._spec(key, mode, rows or (1,)) for key, mode in self._modes.items()}
        if not rows:  # single values
            found = {key: SymbolicTensor(spec.dims[1:], spec.dtype) for key, spec in found.items()}
        if self.output_mode == "dict":
            return found
        return SymbolicTensor((*rows, sum(each.shape[-1] or 0 for each in found.values())), "float32")

    def _spec(self, key: str, mode: str, rows: tuple[Nest, ...]) -> SymbolicTensor:
        if mode == "one_hot":
            return SymbolicTensor((*rows, self._depth(key)), "float32")
        layer: layers.Layer = self.crossers[key] if key in self._crosses else self.preprocessors[key]
        inputs = [SymbolicTensor((*rows, 1), self._dtype_of(name)) for name in self._names(key)]
        return layer(inputs if key in self._crosses else inputs[0])

    def _names(self, key: str) -> tuple[str, ...]:
        return self._crosses[key].feature_names if key in self._crosses else (key,)

    def _dtype_of(self, name: str) -> str:
        return self._features[name].dtype

    # ---- as a graph ---------------------------------------------------------------------------------------------

    def get_inputs(self) -> dict[str, SymbolicTensor]:
        """Return symbolic inputs of shape `(None, 1)` by the names of the features."""
        self._check_adapted()
        return dict(self._drawn()[0])

    def get_encoded_features(self) -> Nest:
        """Return what is made of the inputs, as a symbolic tensor or, in `output_mode="dict"`, as a dict of them."""
        self._check_adapted()
        return self._drawn()[1]

    inputs = property(get_inputs)
    encoded_features = property(get_encoded_features)

    def _drawn(self) -> tuple[dict[str, SymbolicTensor], Nest]:
        if self._graph is None:
            inputs = {key: layers.Input((1,), dtype=each.dtype, name=key) for key, each in self._features.items()}
            made = {key: layer(inputs[key]) for key, layer in self.preprocessors.items()}
            for key, layer in self.crossers.items():
                made[key] = layer([made[name] for name in self._crosses[key].feature_names])
            outputs = {key: self._drawn_vector(key, made[key], mode) for key, mode in self._modes.items()}
            whole = outputs if self.concat is None else self._joined(list(outputs.values()))
            self._graph = inputs, whole
        return self._graph

    def _drawn_vector(self, key: str, x: SymbolicTensor, mode: str) -> SymbolicTensor:
        return self._encoder(key)(x) if mode == "one_hot" else x

    def _joined(self, given: list[SymbolicTensor]) -> Nest:
        vectors = [x if x.dtype == "float32" else ops.cast(x, "float32") for x in given]
        return self.concat(vectors) if self.concat is not None and len(vectors) > 1 else vectors[0]

    # ---- files --------------------------------------------------------------------------------------------------

    def get_config(self) -> Config:
        return {
            "features": {key: serialize(feature) for key, feature in self._features.items()},
            "output_mode": self.output_mode,
            "crosses": [serialize(cross) for cross in self._crosses.values()],
            "crossing_dim": self.crossing_dim,
            "hashing_dim": self.hashing_dim,
            "num_discretization_bins": self.num_discretization_bins,
        }

    @classmethod
    def from_config(cls, config: Config) -> Nest:
        return cls(**config)

    def get_build_config(self) -> Nest:
        """Return the shapes that the layers of the features were built for."""
        return {key: layer.get_build_config() or {} for key, layer in self.preprocessors.items()}

    def build_from_config(self, config: Nest) -> None:
        """Build the layers of the features as they were.

        Args:
            config: what `get_build_config` returned.
        """
        for key, layer in self.preprocessors.items():
            layer.build_from_config(config.get(key) or {})
        self._is_adapted = self.built = True

    def save(self, filepath: str) -> None:
        """Write it to a `.keras` file, which `keraslite.saving.load_model` reads.

        Args:
            filepath: a path ending in `.keras`.
        """
        saving.save_model(self, filepath)


def _learns(layer: layers.Layer) -> bool:
    """Whether a layer has something to learn from data and was not given it."""
    if isinstance(layer, (layers.Normalization, layers.Discretization)):
        given = layer.input_mean if isinstance(layer, layers.Normalization) else layer.num_bins is None or None
        return given is None
    vocabulary = getattr(layer, "_lookup_layer", layer)
    return hasattr(layer, "adapt") and not getattr(vocabulary, "_is_given", False)


def _column(array: np.ndarray, dtype: str) -> np.ndarray:
    array = array.reshape(1, 1) if array.ndim == 0 else array[:, None] if array.ndim == 1 else array
    if dtype == "string" or array.dtype.kind not in "biuf":
        return array
    return array.astype("float32") if dtype.startswith("float") else array
