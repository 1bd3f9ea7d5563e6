"""`Lookup`: the base of layers that turn tokens into indices of a vocabulary, and back."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Unpack

import numpy as np

from keraslite import ranges
from keraslite.backend import dtypes, registry
from keraslite.errors import ArgumentError, MissingCapabilityError, StateError, UnsafeModelError
from keraslite.layers.names import title
from keraslite.layers.preprocessing.encoding import VECTORS, OutputMode, encoded, encoded_shape
from keraslite.layers.preprocessing.hashes import fingerprints, siphashes
from keraslite.layers.preprocessing.salts import SaltLike, siphash_key
from keraslite.layers.preprocessing.types import Config, Nest, Tokens
from keraslite.layers.preprocessing.vocabulary import Token
from keraslite.layers.preprocessing.vocabulary_layer import VocabularyLayer, VocabularyLike
from keraslite.layers.types import SupportsArray, UnnamedOptions
from keraslite.ops.symbolic import SymbolicTensor

__all__ = ["Lookup", "LookupOptions", "VocabularyLike"]


class LookupOptions(UnnamedOptions, total=False):
    """Keywords of every layer, and what files say about a vocabulary."""

    vocabulary_size: int | None


class Lookup(VocabularyLayer):
    """What `StringLookup` and `IntegerLookup` share. A subclass says what its tokens are."""

    argument_checks = ranges.checks(
        max_tokens=ranges.integer(2) | None,
        num_oov_indices=ranges.unsigned_int,
        invert=ranges.flag,
        output_mode=ranges.one_of("int", *VECTORS),
        pad_to_max_tokens=ranges.flag,
        sparse=ranges.flag,
    )

    def __init__(
        self,
        max_tokens: int | None,
        num_oov_indices: int,
        mask_token: Token | None,
        oov_token: Token,
        vocabulary: VocabularyLike,
        idf_weights: Sequence[float] | SupportsArray | None,
        invert: bool,
        output_mode: OutputMode,
        pad_to_max_tokens: bool,
        sparse: bool,
        salt: SaltLike,
        name: str | None,
        **kwargs: Unpack[LookupOptions],
    ) -> None:
        self._size = kwargs.pop("vocabulary_size", None)
        super().__init__(name=name, **kwargs)
        if sparse:
            raise MissingCapabilityError(
                f"`{type(self).__name__}` needs `sparse=False`: there are no sparse tensors. Received True. Use "
                '`output_mode="int"` with an `Embedding` for large vocabularies.'
            )
        if invert and output_mode != "int":
            raise ArgumentError(
                f'`{type(self).__name__}` needs `output_mode="int"` with `invert=True`. Received {output_mode!r}.'
            )
        if pad_to_max_tokens and max_tokens is None:
            raise ArgumentError(f"`{type(self).__name__}` needs `max_tokens` with `pad_to_max_tokens`. Received None.")
        self.max_tokens, self.num_oov_indices, self.output_mode = max_tokens, num_oov_indices, output_mode
        self.mask_token, self.oov_token = mask_token, oov_token
        self.invert, self.pad_to_max_tokens, self.sparse = invert, pad_to_max_tokens, False
        self.salt = salt
        self._key = siphash_key(salt, type(self).__name__)
        self._start(vocabulary, idf_weights)

    def _buckets(self, tokens: Tokens) -> np.ndarray:
        """Which of the indices for unknown tokens each token gets. Subclasses write it."""
        raise NotImplementedError

    def _hashes(self, texts: list[bytes]) -> np.ndarray:
        values = fingerprints(texts) if self._key is None else siphashes(texts, self._key)
        return (values % self.num_oov_indices).astype("int64")

    # ---- calls --------------------------------------------------------------------------------------------------

    def call(self, inputs: Nest) -> Nest:
        self._check_ready()
        if self.invert:
            return self._inverted(np.asarray(inputs))
        array = np.asarray(inputs)
        tokens, places = self._found(array)
        return self._encoded(self._numbered(tokens, places, self.mask_token).reshape(array.shape))

    def _found(self, array: np.ndarray) -> tuple[Tokens | np.ndarray, np.ndarray]:
        """The tokens in an array, and their places in the vocabulary."""
        tokens = self._tokens_of(array)
        return tokens, self._vocabulary.find(tokens)

    def _check_ready(self) -> None:
        if not self._vocabulary:
            raise StateError(f"{title(self)} needs a vocabulary. Call `adapt`, or give it one, first.")

    def _encoded(self, indices: np.ndarray) -> np.ndarray:
        """Indices as the layer returns them: as they are, or as vectors."""
        if self.output_mode == "int":
            return indices
        dtype = dtypes.to_numpy_dtype(self.compute_dtype)
        return encoded(indices, self._depth, self.output_mode, dtype, self.idf_weights)

    def _numbered(self, tokens: Tokens | np.ndarray, places: np.ndarray, mask_token: object) -> np.ndarray:
        """The indices of tokens whose places in the vocabulary are known, -1 for tokens that are not in it."""
        unknown = np.flatnonzero(places < 0)
        places += len(self._special)
        if unknown.size:
            in_front = len(self._special) - self.num_oov_indices
            if mask_token is None and self.num_oov_indices == 1:
                places[unknown] = in_front
                return places
            is_array = isinstance(tokens, np.ndarray)
            found = self._tokens_of(tokens[unknown]) if is_array else [tokens[i] for i in unknown.tolist()]
            number: dict[object, int] = {} if mask_token is None else {mask_token: in_front - 1}
            others = list(set(found) - number.keys())
            number.update(zip(others, (self._oov(others) + in_front).tolist(), strict=True))
            places[unknown] = np.fromiter(map(number.__getitem__, found), np.int64, len(found))
        return places

    def _oov(self, tokens: Tokens) -> np.ndarray:
        if self.num_oov_indices == 0 and tokens:
            raise ArgumentError(
                f"{title(self)} needs tokens of its vocabulary, since `num_oov_indices` is 0. Received {tokens[0]!r}."
            )
        return np.zeros(len(tokens), np.int64) if self.num_oov_indices <= 1 else self._buckets(tokens)

    def _inverted(self, indices: np.ndarray) -> np.ndarray:
        if indices.dtype.kind not in "iu":
            raise ArgumentError(f"{title(self)} needs integers with `invert=True`. Received dtype {indices.dtype}.")
        tokens = np.asarray([*self.get_vocabulary(), self.oov_token], self._array_dtype)
        outside = (indices < 0) | (indices >= len(tokens) - 1)
        return tokens[np.where(outside, len(tokens) - 1, indices)]

    @property
    def _array_dtype(self) -> Nest:
        return object if self.token_dtype == "string" else self.token_dtype

    @property
    def input_dtype(self) -> str:
        """The dtype of what it is called with."""
        return "int64" if self.invert else self.token_dtype

    def compute_output_shape(self, input_shape: tuple[int | None, ...]) -> tuple[int | None, ...]:
        if self.output_mode == "int":
            return tuple(input_shape)
        return encoded_shape(tuple(input_shape), self._depth, self.output_mode)

    def compute_output_spec(self, inputs: Nest) -> SymbolicTensor:
        if self.output_mode != "int":
            dtype = self.compute_dtype
        elif self.invert:
            dtype = self.token_dtype
        else:
            dtype = "int64"
        stored = dtype if dtype == "string" else registry.current().stored_dtype(dtype)
        if self.output_mode == "int":
            return SymbolicTensor(inputs.dims, stored)
        shape = encoded_shape(tuple(inputs.dims), self._depth, self.output_mode)
        return SymbolicTensor(shape, stored)

    def get_config(self) -> Config:
        vocabulary, weights = None, None
        if self._in_config:
            vocabulary = self.get_vocabulary(include_special_tokens=self._weights is not None)
            weights = None if self._weights is None else self._weights.tolist()
        return {
            **{key: value for key, value in super().get_config().items() if key in ("name", "trainable", "dtype")},
            "invert": self.invert,
            "max_tokens": self.max_tokens,
            "num_oov_indices": self.num_oov_indices,
            "oov_token": self.oov_token,
            "mask_token": self.mask_token,
            "output_mode": self.output_mode,
            "sparse": False,
            "pad_to_max_tokens": self.pad_to_max_tokens,
            "idf_weights": weights,
            "vocabulary": vocabulary,
            "vocabulary_size": self._size if self._size is not None else self.vocabulary_size(),
            "salt": list(self.salt) if isinstance(self.salt, tuple) else self.salt,
        }

    @classmethod
    def from_config(cls, config: Config) -> Nest:
        if isinstance(config.get("vocabulary"), str):
            raise UnsafeModelError(
                f"A config of `{cls.__name__}` needs the vocabulary itself. Received the path of a file, "
                f"{config['vocabulary']!r}. Read it and call `set_vocabulary`."
            )
        return super().from_config(config)
