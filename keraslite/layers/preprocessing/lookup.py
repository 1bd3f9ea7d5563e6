"""`Lookup`: the base of layers that turn tokens into indices of a vocabulary, and back."""

from __future__ import annotations

import math
import os
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any, ClassVar, TypeAlias, Unpack

import numpy as np

from keraslite import ranges
from keraslite.backend import dtypes, registry
from keraslite.errors import ArgumentError, MissingCapabilityError, StateError, UnsafeModelError
from keraslite.layers.host_layer import HostLayer
from keraslite.layers.names import title
from keraslite.layers.on_host import arrays
from keraslite.layers.preprocessing.encoding import VECTORS, OutputMode, encoded, encoded_shape
from keraslite.layers.preprocessing.hashing import fingerprint64, siphash
from keraslite.layers.preprocessing.vocabulary import Token, Vocabulary, from_text, most_frequent, to_text
from keraslite.layers.types import SupportsArray, UnnamedOptions
from keraslite.ops.symbolic import SymbolicTensor

__all__ = ["Lookup", "LookupOptions", "VocabularyLike"]

#: Tokens in order, or the path of a file with one token per line.
VocabularyLike: TypeAlias = str | os.PathLike[str] | Sequence[Token] | SupportsArray | None
_FILE = "vocabulary.txt"


class LookupOptions(UnnamedOptions, total=False):
    """Keywords of every layer, and what files say about a vocabulary."""

    vocabulary_size: int | None


class Lookup(HostLayer):
    """What `StringLookup` and `IntegerLookup` share. A subclass says what its tokens are."""

    #: The dtype of tokens.
    token_dtype: ClassVar[str]
    output_mode: OutputMode
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
        salt: int | Sequence[int] | None,
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
        self._key = _key(salt, type(self).__name__)
        self._vocabulary, self._weights = Vocabulary(), None
        self._is_given = False
        self._counts: Counter[Token] = Counter()
        self._documents: Counter[Token] = Counter()
        self._num_documents = 0
        if idf_weights is not None and output_mode != "tf_idf":
            raise ArgumentError(
                f'`{type(self).__name__}` needs `output_mode="tf_idf"` with `idf_weights`. Received {output_mode!r}.'
            )
        if vocabulary is not None:
            self.set_vocabulary(vocabulary, idf_weights)
            self._is_given = True

    # ---- tokens -------------------------------------------------------------------------------------------------

    def _tokens_of(self, array: np.ndarray) -> list[Any]:
        """The elements of an array as tokens. Subclasses write it."""
        raise NotImplementedError

    def _token(self, line: str) -> Token:
        """A token from a line of a file. Subclasses write it."""
        raise NotImplementedError

    def _bucket(self, token: Any) -> int:
        """Which of the indices for unknown tokens a token gets. Subclasses write it."""
        raise NotImplementedError

    def _hash(self, text: bytes) -> int:
        value = fingerprint64(text) if self._key is None else siphash(text, self._key)
        return value % self.num_oov_indices

    @property
    def _special(self) -> list[Token]:
        """What stands in front of the vocabulary. Only indices have a place for the mask: vectors leave it out."""
        front = [self.mask_token] if self.mask_token is not None and self.output_mode == "int" else []
        return [*front, *[self.oov_token] * self.num_oov_indices]

    # ---- the vocabulary -----------------------------------------------------------------------------------------

    def get_vocabulary(self, include_special_tokens: bool = True) -> list[Any]:
        """Return the tokens in the order of their indices.

        Args:
            include_special_tokens: whether the mask token and the tokens for unknown ones come first.
        """
        return [*(self._special if include_special_tokens else []), *self._vocabulary.tokens]

    @property
    def idf_weights(self) -> np.ndarray | None:
        """The weights of `output_mode="tf_idf"`, one per place of a vector, shape `(size,)`; None otherwise."""
        if self._weights is None:
            return None
        return np.pad(self._weights, (0, self._depth - len(self._weights)))

    def vocabulary_size(self) -> int:
        """Return the number of indices: tokens, indices for unknown ones, and the mask."""
        return len(self._special) + len(self._vocabulary)

    def set_vocabulary(
        self, vocabulary: VocabularyLike, idf_weights: Sequence[float] | SupportsArray | None = None
    ) -> None:
        """Use these tokens.

        Args:
            vocabulary: the tokens in order, or the path of a file with one token per line. The mask token and the
                tokens for unknown ones may stand in front.
            idf_weights: one weight per token, for `output_mode="tf_idf"`.

        Raises:
            ArgumentError: if the tokens are none, repeated, or more than `max_tokens`; if the weights do not fit.
        """
        tokens = self._given_tokens(vocabulary)
        special = self._special
        front = len(special) if tokens[: len(special)] == special else 0
        found = Vocabulary(tokens[front:])
        self._check_vocabulary(found)
        weights = self._given_weights(idf_weights, front, found)
        self._vocabulary, self._weights, self._size = found, weights, None

    def _given_tokens(self, vocabulary: VocabularyLike) -> list[Any]:
        if isinstance(vocabulary, (str, os.PathLike)):
            path = Path(vocabulary)
            if not path.is_file():
                raise ArgumentError(f"{title(self)} needs a vocabulary, or the path of one. Received {str(path)!r}.")
            return [self._token(line) for line in from_text(path.read_text("utf-8", "surrogateescape"))]
        array = np.asarray(vocabulary)
        if array.ndim != 1 or not array.size:
            raise ArgumentError(f"{title(self)} needs a list of tokens, at least one. Received {vocabulary!r:.80}.")
        return self._tokens_of(array)

    def _check_vocabulary(self, found: Vocabulary) -> None:
        repeated = found.repeated()
        if repeated:
            raise ArgumentError(f"{title(self)} needs tokens that stand there once. Received {repeated[:10]} again.")
        if self.mask_token in found.places:
            raise ArgumentError(
                f"{title(self)} needs its mask token in front, or left out. Received {self.mask_token!r} as token "
                f"{found.places[self.mask_token]}."
            )
        size = len(self._special) + len(found)
        if self.max_tokens is not None and size > self.max_tokens:
            raise ArgumentError(f"{title(self)} needs up to {self.max_tokens} tokens (`max_tokens`). Received {size}.")

    def _given_weights(self, given: Any, front: int, found: Vocabulary) -> np.ndarray | None:
        if self.output_mode != "tf_idf":
            if given is not None:
                raise ArgumentError(f'{title(self)} needs `output_mode="tf_idf"` with `idf_weights`.')
            return None
        count = front + len(found)
        weights = None if given is None else np.asarray(given, "float32")
        if weights is None or weights.shape != (count,):
            shown = None if weights is None else weights.shape
            raise ArgumentError(f"{title(self)} needs `idf_weights` of shape ({count},). Received {shown}.")
        return weights if front == len(self._special) else self._with_special(weights)

    def _with_special(self, weights: np.ndarray) -> np.ndarray:
        """Weights for every index: unknown tokens have the mean, the mask has none."""
        front = np.full(len(self._special), weights.mean() if weights.size else 0.0, "float32")
        return np.concatenate([front, weights])

    # ---- learning it --------------------------------------------------------------------------------------------

    def adapt(self, data: Any, steps: int | None = None) -> None:
        """Take the tokens that stand in data, the most frequent first.

        Args:
            data: an array, a list, a tensor, or anything that makes batches, such as a generator or a data set. In
                `output_mode="tf_idf"` the rows are documents.
            steps: the number of batches to read. None: all.

        Raises:
            StateError: if the vocabulary was an argument.
            ArgumentError: if the data has no tokens of the layer's kind.
        """
        self.reset_state()
        for _, batch in zip(range(steps) if steps is not None else _forever(), _batches(data), strict=False):
            self.update_state(batch)
        self.finalize_state()

    def reset_state(self) -> None:
        """Forget what `update_state` has counted."""
        self._counts, self._documents, self._num_documents = Counter(), Counter(), 0

    def update_state(self, data: Any) -> None:
        """Count the tokens in a batch."""
        if self._is_given:
            raise StateError(
                f"{title(self)} needs to be made without `vocabulary` to be adapted. Received one as an argument."
            )
        array = np.atleast_1d(arrays(data))
        self._counts.update(self._tokens_of(array))
        if self.output_mode == "tf_idf":
            rows = array.reshape(-1, 1) if array.ndim == 1 else array.reshape(-1, array.shape[-1])
            self._num_documents += len(rows)
            for row in rows:
                self._documents.update(set(self._tokens_of(row)))

    def finalize_state(self) -> None:
        """Make the vocabulary of what was counted."""
        counts = self._counts.copy()
        for token in (self.mask_token, self.oov_token):
            counts.pop(token, None)  # type: ignore[arg-type]
        most = None if self.max_tokens is None else max(self.max_tokens - len(self._special), 0)
        found = Vocabulary(most_frequent(counts, most))
        weights = None
        if self.output_mode == "tf_idf":
            idf = [math.log(1 + self._num_documents / (1 + self._documents[token])) for token in found.tokens]
            weights = self._with_special(np.asarray(idf, "float32"))
        self._vocabulary, self._weights, self._size = found, weights, None

    # ---- calls --------------------------------------------------------------------------------------------------

    def call(self, inputs: Any) -> Any:
        if not self._vocabulary:
            raise StateError(f"{title(self)} needs a vocabulary. Call `adapt`, or give it one, first.")
        if self.invert:
            return self._inverted(np.asarray(inputs))
        indices = self._indices(np.asarray(inputs))
        if self.output_mode == "int":
            return indices
        dtype = dtypes.to_numpy_dtype(self.compute_dtype)
        return encoded(indices, self._depth, self.output_mode, dtype, self.idf_weights)

    def _indices(self, array: np.ndarray) -> np.ndarray:
        tokens = self._tokens_of(array)
        places = self._vocabulary.find(tokens)
        unknown = np.flatnonzero(places < 0)
        places += len(self._special)
        if unknown.size:
            in_front = len(self._special) - self.num_oov_indices
            oov: dict[Any, int] = {} if self.mask_token is None else {self.mask_token: in_front - 1}
            for token in {tokens[i] for i in unknown.tolist()} - oov.keys():
                oov[token] = in_front + self._oov(token)
            places[unknown] = [oov[tokens[i]] for i in unknown.tolist()]
        return places.reshape(array.shape)

    def _oov(self, token: Any) -> int:
        if self.num_oov_indices == 0:
            raise ArgumentError(
                f"{title(self)} needs tokens of its vocabulary, since `num_oov_indices` is 0. Received {token!r}."
            )
        return 0 if self.num_oov_indices == 1 else self._bucket(token)

    def _inverted(self, indices: np.ndarray) -> np.ndarray:
        if indices.dtype.kind not in "iu":
            raise ArgumentError(f"{title(self)} needs integers with `invert=True`. Received dtype {indices.dtype}.")
        tokens = np.asarray([*self.get_vocabulary(), self.oov_token], self._array_dtype)
        outside = (indices < 0) | (indices >= len(tokens) - 1)
        return tokens[np.where(outside, len(tokens) - 1, indices)]

    @property
    def _array_dtype(self) -> Any:
        return object if self.token_dtype == "string" else self.token_dtype

    @property
    def _depth(self) -> int:
        if self.pad_to_max_tokens and self.max_tokens is not None:
            return self.max_tokens
        return self._size if self._size is not None else self.vocabulary_size()

    @property
    def input_dtype(self) -> str:
        """The dtype of what it is called with."""
        return "int64" if self.invert else self.token_dtype

    def compute_output_shape(self, input_shape: tuple[int | None, ...]) -> tuple[int | None, ...]:
        if self.output_mode == "int":
            return tuple(input_shape)
        return encoded_shape(tuple(input_shape), self._depth, self.output_mode)

    def compute_output_spec(self, inputs: Any) -> SymbolicTensor:
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

    # ---- files --------------------------------------------------------------------------------------------------

    @property
    def _fits_file(self) -> bool:
        """Whether a file with one token per line, as Keras has it, can hold the vocabulary."""
        tokens = [str(token) for token in self.get_vocabulary()]
        ends = any("\n" in token or "\r" in token for token in tokens)
        return not ends and "" not in tokens[1:]

    @property
    def _in_config(self) -> bool:
        return bool(self._vocabulary) and (self._is_given or not self._fits_file)

    def get_config(self) -> dict[str, Any]:
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
    def from_config(cls, config: dict[str, Any]) -> Any:
        if isinstance(config.get("vocabulary"), str):
            raise UnsafeModelError(
                f"A config of `{cls.__name__}` needs the vocabulary itself. Received the path of a file, "
                f"{config['vocabulary']!r}. Read it and call `set_vocabulary`."
            )
        return super().from_config(config)

    def save_assets(self, dir_path: str) -> None:
        """Write the vocabulary to a file, one token per line, unless the config has it."""
        if self._vocabulary and not self._in_config:
            Path(dir_path, _FILE).write_bytes(to_text(self.get_vocabulary()).encode("utf-8", "surrogateescape"))

    def load_assets(self, dir_path: str) -> None:
        """Read what `save_assets` wrote."""
        path = Path(dir_path, _FILE)
        if self._is_given or not path.is_file():
            return
        weights = self._weights
        tokens = [self._token(line) for line in from_text(path.read_bytes().decode("utf-8", "surrogateescape"))]
        self.set_vocabulary(tokens, None if weights is None else weights[: len(tokens)])
        self._is_given = False

    def save_own_variables(self, store: Any) -> None:
        """Put the weights of `output_mode="tf_idf"` into `store`."""
        if self._weights is not None:
            store["idf_weights"] = self._weights

    def load_own_variables(self, store: Any) -> None:
        """Take the weights of `output_mode="tf_idf"` from `store`."""
        if self.output_mode == "tf_idf" and "idf_weights" in store:
            self._weights = np.asarray(store["idf_weights"], "float32")


def _key(salt: int | Sequence[int] | None, where: str) -> tuple[int, int] | None:
    if salt is None:
        return None
    key = (salt, salt) if isinstance(salt, int) else tuple(salt)
    if len(key) != 2 or not all(isinstance(part, int) for part in key):
        raise ArgumentError(f"`{where}` needs `salt` to be an int or a pair of ints. Received {salt!r}.")
    return key  # type: ignore[return-value]


def _batches(data: Any) -> Iterable[Any]:
    """Data as batches: an array is one."""
    if (
        isinstance(data, (list, tuple, str, bytes))
        or hasattr(data, "__array__")
        or registry.engine_of(data) is not None
    ):
        return [data]
    if isinstance(data, Mapping) or not hasattr(data, "__iter__"):
        raise ArgumentError(f"`adapt` needs arrays, or batches of them. Received {type(data).__name__}.")
    return data


def _forever() -> Iterable[None]:
    while True:
        yield None
