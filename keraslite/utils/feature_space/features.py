"""`Feature` and `Cross`: what a `FeatureSpace` knows of each column, and of columns taken together."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

from keraslite import layers, naming
from keraslite.errors import ArgumentError
from keraslite.layers.preprocessing.number_layer import NumberLayer
from keraslite.layers.preprocessing.types import Config
from keraslite.serialization import builtin, deserialize, serialize

__all__ = ["KINDS", "Cross", "Feature", "TFDIdentity", "cross_of", "feature_of"]

#: Where Keras defines these classes, which its files name.
_MODULE = "keras.src.layers.preprocessing.feature_space"
_MODES = ("int", "one_hot", "float")


@builtin(_MODULE, registered_name="TFDIdentity")
class TFDIdentity(NumberLayer):
    """Returns its input. It stands for the preprocessing of a plain number, under the name that Keras's files have."""

    is_weightless = True

    def call(self, inputs: object) -> object:
        return inputs


@builtin(_MODULE, registered_name="Feature")
class Feature:
    """A column of a table.

    Args:
        dtype: the dtype of its values, such as "float32", "int32" or "string".
        preprocessor: the layer that prepares it, or the layer's config.
        output_mode: "float": what the layer returns is a vector. "one_hot": it returns indices, which become vectors.
            "int": it returns indices, which stay.
    """

    def __init__(self, dtype: str, preprocessor: layers.Layer | Mapping[str, object], output_mode: str) -> None:
        if output_mode not in _MODES:
            raise ArgumentError(f"A feature needs `output_mode` to be one of {_MODES}. Received {output_mode!r}.")
        self.dtype, self.output_mode = dtype, output_mode
        made = deserialize(preprocessor) if isinstance(preprocessor, Mapping) else preprocessor
        if not isinstance(made, layers.Layer):
            raise ArgumentError(f"A feature needs a layer as `preprocessor`. Received {type(made).__name__}.")
        self.preprocessor: layers.Layer = made

    def get_config(self) -> Config:
        """Return what makes the feature again."""
        return {"dtype": self.dtype, "preprocessor": serialize(self.preprocessor), "output_mode": self.output_mode}

    @classmethod
    def from_config(cls, config: Config) -> Feature:
        """Return a feature made from what `get_config` returned."""
        return cls(**config)


@builtin(_MODULE, registered_name="Cross")
class Cross:
    """Columns that are taken together: each combination of their values gets a bin, by a hash.

    Args:
        feature_names: the names of the columns, at least two.
        crossing_dim: the number of bins.
        output_mode: "one_hot" for vectors, "int" for the numbers of bins.
    """

    def __init__(self, feature_names: Sequence[str], crossing_dim: int, output_mode: str = "one_hot") -> None:
        if output_mode not in ("int", "one_hot"):
            raise ArgumentError(f'A cross needs `output_mode` to be "int" or "one_hot". Received {output_mode!r}.')
        self.feature_names, self.crossing_dim, self.output_mode = tuple(feature_names), crossing_dim, output_mode

    @property
    def name(self) -> str:
        """The names of the columns, joined by "_X_"."""
        return "_X_".join(self.feature_names)

    def get_config(self) -> Config:
        """Return what makes the cross again."""
        names = list(self.feature_names)
        return {"feature_names": names, "crossing_dim": self.crossing_dim, "output_mode": self.output_mode}

    @classmethod
    def from_config(cls, config: Config) -> Cross:
        """Return a cross made from what `get_config` returned."""
        return cls(**config)


# ---- the kinds of features ------------------------------------------------------------------------------------------


def _named(name: str | None, kind: str) -> str:
    return f"{name or naming.auto_name(kind)}_preprocessor"


def plain(name: str | None = None) -> Feature:
    """A number as it is."""
    return Feature("float32", TFDIdentity(name=_named(name, "float")), "float")


def rescaled(scale: float = 1.0, offset: float = 0.0, name: str | None = None) -> Feature:
    """A number times `scale`, plus `offset`."""
    return Feature("float32", layers.Rescaling(scale, offset, name=_named(name, "float_rescaled")), "float")


def normalized(name: str | None = None) -> Feature:
    """A number shifted and scaled to mean 0 and variance 1."""
    return Feature("float32", layers.Normalization(axis=-1, name=_named(name, "float_normalized")), "float")


def discretized(
    num_bins: int | None = None,
    bin_boundaries: Sequence[float] | None = None,
    output_mode: str = "one_hot",
    name: str | None = None,
) -> Feature:
    """A number as the interval that it lies in."""
    bins = {"bin_boundaries": bin_boundaries} if bin_boundaries is not None else {"num_bins": num_bins}
    layer = layers.Discretization(**bins, name=_named(name, "float_discretized"))  # type: ignore[arg-type]
    return Feature("float32", layer, output_mode)


def integers(
    max_tokens: int | None = None, num_oov_indices: int = 1, output_mode: str = "one_hot", name: str | None = None
) -> Feature:
    """An integer as its place in the vocabulary of those in the data."""
    layer = layers.IntegerLookup(max_tokens, num_oov_indices, name=_named(name, "integer_categorical"))
    return Feature("int32", layer, output_mode)


def strings(
    max_tokens: int | None = None, num_oov_indices: int = 1, output_mode: str = "one_hot", name: str | None = None
) -> Feature:
    """A text as its place in the vocabulary of those in the data."""
    layer = layers.StringLookup(max_tokens, num_oov_indices, name=_named(name, "string_categorical"))
    return Feature("string", layer, output_mode)


def hashed_strings(num_bins: int, output_mode: str = "one_hot", name: str | None = None) -> Feature:
    """A text as the number of a bin, by a hash."""
    return Feature("string", layers.Hashing(num_bins, name=_named(name, "string_hashed")), output_mode)


def hashed_integers(num_bins: int, output_mode: str = "one_hot", name: str | None = None) -> Feature:
    """An integer as the number of a bin, by a hash."""
    return Feature("int32", layers.Hashing(num_bins, name=_named(name, "integer_hashed")), output_mode)


#: The kinds that have a name, and how each is made from (the column's name, the dimension of hashes, number of bins).
KINDS: dict[str, Callable[[str, int, int], Feature]] = {
    "float": lambda name, hashing, bins: plain(name),
    "float_rescaled": lambda name, hashing, bins: rescaled(name=name),
    "float_normalized": lambda name, hashing, bins: normalized(name),
    "float_discretized": lambda name, hashing, bins: discretized(bins, name=name),
    "integer_categorical": lambda name, hashing, bins: integers(name=name),
    "string_categorical": lambda name, hashing, bins: strings(name=name),
    "integer_hashed": lambda name, hashing, bins: hashed_integers(hashing, name=name),
    "string_hashed": lambda name, hashing, bins: hashed_strings(hashing, name=name),
}


def feature_of(name: str, given: object, hashing_dim: int, num_bins: int) -> Feature:
    """What the user said of a column, as a `Feature`."""
    made = deserialize(given) if isinstance(given, Mapping) else given
    if isinstance(made, Feature):
        return made
    if isinstance(made, str) and made in KINDS:
        return KINDS[made](name, hashing_dim, num_bins)
    raise ArgumentError(
        f"`FeatureSpace` needs feature {name!r} to be one of {sorted(KINDS)}, or what a method of `FeatureSpace` such "
        f"as `FeatureSpace.float()` returns. Received {given!r}."
    )


def cross_of(given: object, crossing_dim: int) -> Cross:
    """What the user said of a cross, as a `Cross`."""
    made = deserialize(given) if isinstance(given, Mapping) else given
    if isinstance(made, Cross):
        return made
    if not isinstance(made, (list, tuple)) or len(made) < 2 or not all(isinstance(name, str) for name in made):
        raise ArgumentError(f"`FeatureSpace` needs a cross to be a tuple of names of features. Received {given!r}.")
    return Cross(made, crossing_dim)
