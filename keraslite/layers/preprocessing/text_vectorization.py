"""TextVectorization."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Literal, Unpack

import numpy as np

from keraslite import ranges
from keraslite.backend import dtypes, registry
from keraslite.errors import ArgumentError, MissingCapabilityError, UnsafeModelError
from keraslite.layers.host_layer import HostLayer
from keraslite.layers.names import title
from keraslite.layers.preprocessing.batches import text_batches
from keraslite.layers.preprocessing.hash_layer import refuse_sparse
from keraslite.layers.preprocessing.lookup import LookupOptions
from keraslite.layers.preprocessing.rows import padded
from keraslite.layers.preprocessing.string_lookup import StringLookup
from keraslite.layers.preprocessing.texts import text_arrays, untextlike
from keraslite.layers.preprocessing.token_indices import splits, token_indices
from keraslite.layers.preprocessing.tokenizing import SplitLike, StandardizeLike, Tokenizer
from keraslite.layers.preprocessing.types import Config, Nest
from keraslite.layers.preprocessing.vocabulary_layer import VocabularyLike
from keraslite.layers.types import SupportsArray
from keraslite.ops.symbolic import SymbolicTensor
from keraslite.serialization import builtin

__all__ = ["TextVectorization"]


@builtin("keras.layers")
class TextVectorization(HostLayer):
    """Turns texts into sequences of the indices of their words, or into vectors.

    Each text is standardized, split into tokens, which may be joined to n-grams, and these are looked up in a
    vocabulary. It works on the host with Python and NumPy, on every engine, like `StringLookup`. Only ASCII letters
    become lower case, and only ASCII punctuation and whitespace are recognized, as in Keras.

    Args:
        max_tokens: largest size of the vocabulary, with the places for unknown tokens and padding, an int of at least
            2. Default: None, no limit.
        standardize: "lower", "strip_punctuation", "lower_and_strip_punctuation", None, or a function of a NumPy array
            of texts that returns as many texts. Default: "lower_and_strip_punctuation".
        split: "whitespace", "character", None, or a function of a NumPy array of texts that returns a row of tokens
            for each. Default: "whitespace".
        ngrams: the lengths of the n-grams: an int for all up to it, or a tuple of ints. Default: None, tokens alone.
        output_mode: "int": an index per token, padded with 0. "multi_hot", "count" and "tf_idf": a vector per text, of
            ones, of counts, or of counts times weights. Default: "int".
        output_sequence_length: the length that sequences are padded or cut to, a positive int. Default: None, that of
            the longest.
        pad_to_max_tokens: whether vectors have the size `max_tokens` even if the vocabulary is smaller. Default: False.
        vocabulary: the tokens in order, or the path of a file with one token per line. Default: None, to be learned by
            `adapt` or set by `set_vocabulary`.
        idf_weights: one weight per token, with `vocabulary` and `output_mode="tf_idf"`.
        sparse: only False: there are no sparse tensors.
        ragged: only False: there are no ragged tensors.
        encoding: how bytes become texts. Default: "utf-8".
        name: name of the layer. Default: None, a name made from that of the class.
        **kwargs: `dtype` and `trainable`, as of every layer (see `Layer`); `vocabulary_size`, which files have.

    Input:
        Texts or bytes, `(batch,)` or `(batch, 1)`: an array, a list, a column or a string tensor. With `split=None`
        rows of tokens, `(batch, tokens)`, too.

    Output:
        "int": `(batch, length)`, int64 (int32 where the engine has no int64). Otherwise `(batch, size)`, in the compute
        dtype.

    Raises:
        ArgumentError: if an argument is outside its range; if arguments do not go together; if inputs are no texts.
        MissingCapabilityError: if `sparse` or `ragged` is True.
        StateError: if it has no vocabulary when it is called.

    Example:
        >>> from keraslite import layers, ops
        >>> layer = layers.TextVectorization(output_sequence_length=4)
        >>> layer.adapt(["foo bar", "bar baz", "baz bada boom"])
        >>> ops.convert_to_numpy(layer(["Foo qux bar!", "qux baz"])).tolist()
        [[4, 1, 3, 0], [1, 2, 0, 0]]
    """

    argument_checks = ranges.checks(
        max_tokens=ranges.integer(2) | None,
        standardize=ranges.one_of("lower_and_strip_punctuation", "lower", "strip_punctuation") | ranges.function | None,
        split=ranges.one_of("whitespace", "character") | ranges.function | None,
        ngrams=ranges.positive_int | ranges.items(ranges.positive_int, low=1) | None,
        output_mode=ranges.one_of("int", "multi_hot", "count", "tf_idf"),
        output_sequence_length=ranges.positive_int | None,
        pad_to_max_tokens=ranges.flag,
        sparse=ranges.flag,
        ragged=ranges.flag,
        encoding=ranges.text,
    )

    def __init__(
        self,
        max_tokens: int | None = None,
        standardize: StandardizeLike = "lower_and_strip_punctuation",
        split: SplitLike = "whitespace",
        ngrams: int | Sequence[int] | None = None,
        output_mode: Literal["int", "multi_hot", "count", "tf_idf"] = "int",
        output_sequence_length: int | None = None,
        pad_to_max_tokens: bool = False,
        vocabulary: VocabularyLike = None,
        idf_weights: Sequence[float] | SupportsArray | None = None,
        sparse: bool = False,
        ragged: bool = False,
        encoding: str = "utf-8",
        name: str | None = None,
        **kwargs: Unpack[LookupOptions],
    ) -> None:
        size = kwargs.pop("vocabulary_size", None)
        super().__init__(name=name, **kwargs)
        refuse_sparse("TextVectorization", sparse)
        if ragged:
            raise MissingCapabilityError(
                "`TextVectorization` needs `ragged=False`: there are no ragged tensors. Received True. Sequences are "
                "padded with 0, to `output_sequence_length` or to the longest."
            )
        if output_sequence_length is not None and output_mode != "int":
            raise ArgumentError(
                '`TextVectorization` needs `output_mode="int"` with `output_sequence_length`. Received '
                f"{output_mode!r}."
            )
        self.standardize, self.split, self.ngrams, self.encoding = standardize, split, ngrams, encoding
        self.output_sequence_length, self.sparse, self.ragged = output_sequence_length, False, False
        sizes = range(1, ngrams + 1) if isinstance(ngrams, int) else ngrams
        self._tokenizer = Tokenizer(standardize, split, sizes, encoding)
        self._lookup_layer = StringLookup(
            max_tokens=max_tokens,
            vocabulary=vocabulary,
            idf_weights=idf_weights,
            pad_to_max_tokens=pad_to_max_tokens,
            mask_token="",
            output_mode=output_mode,
            encoding=encoding,
            dtype=self.dtype_policy,
            vocabulary_size=size,
        )

    @property
    def max_tokens(self) -> int | None:
        """Largest size of the vocabulary; None for no limit."""
        return self._lookup_layer.max_tokens

    @property
    def output_mode(self) -> str:
        """What it returns: "int", "multi_hot", "count" or "tf_idf"."""
        return self._lookup_layer.output_mode

    @property
    def pad_to_max_tokens(self) -> bool:
        """Whether vectors have the size `max_tokens`."""
        return self._lookup_layer.pad_to_max_tokens

    # ---- the vocabulary -----------------------------------------------------------------------------------------

    def get_vocabulary(self, include_special_tokens: bool = True) -> list[str]:
        """Return the tokens in the order of their indices.

        Args:
            include_special_tokens: whether those for padding and for unknown tokens come first. Default: True.
        """
        return self._lookup_layer.get_vocabulary(include_special_tokens)

    def vocabulary_size(self) -> int:
        """Return the number of indices: tokens, the one for unknown ones, and the one for padding."""
        return self._lookup_layer.vocabulary_size()

    def set_vocabulary(
        self, vocabulary: VocabularyLike, idf_weights: Sequence[float] | SupportsArray | None = None
    ) -> None:
        """Use these tokens.

        Args:
            vocabulary: the tokens in order, or the path of a file with one token per line.
            idf_weights: one weight per token, for `output_mode="tf_idf"`. Default: None.

        Raises:
            ArgumentError: if the tokens are none, repeated, or more than `max_tokens`; if the weights do not fit.
        """
        self._lookup_layer.set_vocabulary(vocabulary, idf_weights)

    # ---- learning it --------------------------------------------------------------------------------------------

    def adapt(self, data: object, batch_size: int | None = None, steps: int | None = None, verbose: int = 0) -> None:
        """Take the tokens that stand in texts, the most frequent first.

        Args:
            data: an array, a list, a column, a tensor, or anything that makes batches of texts, such as a generator or
                a data set.
            batch_size: the number of texts of an array or list that are read at a time. Default: None, many.
            steps: the number of batches to read. Default: None, all.
            verbose: 0 shows nothing, 1 how many batches were read, 2 the same at the end only. Default: 0.

        Raises:
            StateError: if the vocabulary was an argument.
            ArgumentError: if the data holds no tokens, or something else than texts.
        """
        lookup = self._lookup_layer
        lookup._check_learns()
        self.reset_state()
        for batch in text_batches(data, batch_size, steps, verbose):
            self.update_state(batch)
        lookup._check_counted()
        self.finalize_state()

    def reset_state(self) -> None:
        """Forget what `update_state` has counted."""
        self._lookup_layer.reset_state()

    def update_state(self, data: object) -> None:
        """Count the tokens in a batch of texts.

        Args:
            data: an array, a list or a string tensor.
        """
        lookup = self._lookup_layer
        lookup._check_learns()
        texts = self._texts(np.atleast_1d(text_arrays(data)))
        for found in splits(self._tokenizer, lookup._vocabulary, texts):
            tokens, documents = Counter(found.tokens), Counter[bytes | str]()
            del tokens[found.mark]
            rows = found.rows() if self.output_mode == "tf_idf" else []
            for row in rows:
                documents.update(set(row))
            lookup._counts.add_counted(_decoded(tokens), _decoded(documents), len(rows))

    def finalize_state(self) -> None:
        """Make the vocabulary of what was counted."""
        self._lookup_layer.finalize_state()

    # ---- calls --------------------------------------------------------------------------------------------------

    def as_arrays(self, nest: object) -> Nest:
        return text_arrays(nest)

    @property
    def input_dtype(self) -> str:
        """The dtype of what it is called with."""
        return "string"

    def call(self, inputs: Nest) -> Nest:
        lookup = self._lookup_layer
        lookup._check_ready()
        array = np.asarray(inputs)
        texts = self._texts(np.atleast_1d(array))
        indices, rows = token_indices(self._tokenizer, lookup._vocabulary, len(lookup._special), texts)
        is_int = self.output_mode == "int"
        if is_int and self._keeps_shape(array.ndim):
            return indices.reshape(texts.shape if array.ndim else ())
        rectangle = padded(indices, rows, self.output_sequence_length, 0 if is_int else -1)
        outputs = rectangle if is_int else lookup._encoded(rectangle)
        return outputs if array.ndim else outputs[0]

    def _keeps_shape(self, rank: int) -> bool:
        """Whether each text is one token, so that there is an index for each."""
        return self.split is None and self.ngrams is None and rank < 2 and self.output_sequence_length is None

    def _texts(self, array: np.ndarray) -> np.ndarray:
        if not dtypes.is_text(array):
            raise ArgumentError(f"{title(self)} needs texts. {untextlike(array)}")
        self._check_shape(array.shape)
        return array[:, 0] if array.ndim == 2 and self.split is not None else array

    def _check_shape(self, shape: Sequence[object]) -> None:
        if len(shape) > 2 or (len(shape) == 2 and self.split is not None and shape[1] != 1):
            raise ArgumentError(
                f"{title(self)} needs texts of shape (batch,) or (batch, 1). Received shape {tuple(shape)}."
            )

    def compute_output_shape(self, input_shape: tuple[int | None, ...]) -> tuple[int | None, ...]:
        """Return the shape of the outputs.

        Args:
            input_shape: shape of the inputs, None for unknown sizes.
        """
        return self._shape(input_shape)

    def _shape(self, shape: Sequence[Nest]) -> tuple[Nest, ...]:
        self._check_shape(shape)
        if self.output_mode != "int":
            return (*shape[:1], self._lookup_layer._depth)
        if self._keeps_shape(len(shape)):
            return tuple(shape)
        length = shape[1] if len(shape) == 2 and self.split is None and self.ngrams is None else None
        return (*shape[:1], self.output_sequence_length or length)

    def compute_output_spec(self, inputs: SymbolicTensor) -> SymbolicTensor:
        """Return the symbolic outputs.

        Args:
            inputs: the symbolic inputs.
        """
        dtype = registry.current().stored_dtype("int64" if self.output_mode == "int" else self.compute_dtype)
        return SymbolicTensor(self._shape(inputs.dims), dtype)

    # ---- files --------------------------------------------------------------------------------------------------

    def get_config(self) -> Config:
        lookup = self._lookup_layer.get_config()
        kept = {key: lookup[key] for key in ("vocabulary", "idf_weights", "vocabulary_size")}
        return {**super().get_config(), **kept}

    @classmethod
    def from_config(cls, config: Config) -> Nest:
        if isinstance(config.get("vocabulary"), str):
            raise UnsafeModelError(
                "A config of `TextVectorization` needs the vocabulary itself. Received the path of a file, "
                f"{config['vocabulary']!r}. Read it and call `set_vocabulary`."
            )
        return super().from_config(config)

    def save_assets(self, dir_path: str) -> None:
        """Write the vocabulary to a file, as Keras has it.

        Args:
            dir_path: the folder, which exists.
        """
        self._lookup_layer.save_assets(dir_path)

    def load_assets(self, dir_path: str) -> None:
        """Read what `save_assets` wrote.

        Args:
            dir_path: the folder.
        """
        self._lookup_layer.load_assets(dir_path)

    def save_own_variables(self, store: Nest) -> None:
        """Put the weights of `output_mode="tf_idf"` into a store.

        Args:
            store: takes arrays by name.
        """
        self._lookup_layer.save_own_variables(store)

    def load_own_variables(self, store: Nest) -> None:
        """Take the weights of `output_mode="tf_idf"` from a store.

        Args:
            store: has arrays by name.
        """
        self._lookup_layer.load_own_variables(store)


def _decoded(counts: Mapping[Nest, int]) -> dict[str, int]:
    return {
        token if isinstance(token, str) else token.decode("utf-8", "surrogateescape"): count
        for token, count in counts.items()
    }
