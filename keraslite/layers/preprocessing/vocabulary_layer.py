"""`VocabularyLayer`: what layers with a vocabulary know, how they learn it, and how it is kept in files."""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path
from typing import Any, ClassVar, TypeAlias

import numpy as np

from keraslite import allowance
from keraslite.errors import ArgumentError, FileError, StateError
from keraslite.layers.host_layer import HostLayer
from keraslite.layers.names import title
from keraslite.layers.preprocessing.batches import batches
from keraslite.layers.preprocessing.counts import Counts
from keraslite.layers.preprocessing.encoding import OutputMode
from keraslite.layers.preprocessing.types import Nest, Tokens
from keraslite.layers.preprocessing.vocabulary import Token, Vocabulary, fits_file, read_file, write_file
from keraslite.layers.types import SupportsArray

__all__ = ["VocabularyLayer", "VocabularyLike"]

#: Tokens in order, or the path of a file with one token per line.
VocabularyLike: TypeAlias = str | os.PathLike[str] | Sequence[Token] | SupportsArray | None
_FILE = "vocabulary.txt"


class VocabularyLayer(HostLayer):
    """A layer with a vocabulary. A subclass says what its tokens are, and calls `_start` in its constructor."""

    #: The dtype of tokens.
    token_dtype: ClassVar[str]
    output_mode: OutputMode
    max_tokens: int | None
    num_oov_indices: int
    mask_token: Token | None
    oov_token: Token
    pad_to_max_tokens: bool

    def _start(self, vocabulary: VocabularyLike, idf_weights: Sequence[float] | SupportsArray | None) -> None:
        """Begin with a vocabulary, or without one."""
        allowance.charge_array((self.num_oov_indices,), 8, "a list of tokens for unknown ones")
        self._vocabulary, self._weights = Vocabulary(), None
        self._is_given = False
        self._counts = Counts()
        if idf_weights is not None and self.output_mode != "tf_idf":
            raise ArgumentError(
                f'`{type(self).__name__}` needs `output_mode="tf_idf"` with `idf_weights`. Received '
                f"{self.output_mode!r}."
            )
        if vocabulary is not None:
            self.set_vocabulary(vocabulary, idf_weights)
            self._is_given = True

    # ---- tokens -------------------------------------------------------------------------------------------------

    def _tokens_of(self, array: np.ndarray) -> Tokens:
        """The elements of an array as tokens. Subclasses write it."""
        raise NotImplementedError

    def _token(self, line: str) -> Token:
        """A token from a line of a file. Subclasses write it."""
        raise NotImplementedError

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

    def _given_tokens(self, vocabulary: VocabularyLike) -> Tokens:
        if isinstance(vocabulary, (str, os.PathLike)):
            path = Path(vocabulary)
            if not path.is_file():
                raise FileError(
                    f"{title(self)} needs a file with one token per line as its vocabulary. Received {str(path)!r}, "
                    "where there is none. Check the path, or pass the tokens as a list."
                )
            return [self._token(line) for line in read_file(path)]
        array = self.as_arrays(vocabulary)
        if not isinstance(array, np.ndarray):
            array = np.asarray(vocabulary)
        if array.ndim != 1 or not array.size:
            raise ArgumentError(f"{title(self)} needs a list of tokens, at least one. Received {vocabulary!r:.80}.")
        return self._tokens_of(array)

    def _check_vocabulary(self, found: Vocabulary) -> None:
        repeated = found.repeated()
        if repeated:
            raise ArgumentError(
                f"{title(self)} needs each token once. Received {repeated[:10]} more than once. Remove the repetitions."
            )
        if self.mask_token in found.places:
            raise ArgumentError(
                f"{title(self)} needs its mask token in front, or left out. Received {self.mask_token!r} as token "
                f"{found.places[self.mask_token]}."
            )
        size = len(self._special) + len(found)
        if self.max_tokens is not None and size > self.max_tokens:
            raise ArgumentError(f"{title(self)} needs up to {self.max_tokens} tokens (`max_tokens`). Received {size}.")

    def _given_weights(self, given: Nest, front: int, found: Vocabulary) -> np.ndarray | None:
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

    @property
    def _depth(self) -> int:
        if self.pad_to_max_tokens and self.max_tokens is not None:
            return self.max_tokens
        return self._size if self._size is not None else self.vocabulary_size()

    # ---- learning it --------------------------------------------------------------------------------------------

    def adapt(self, data: object, steps: int | None = None, verbose: int = 0) -> None:
        """Take the tokens that stand in data, the most frequent first.

        Args:
            data: an array, a list, a tensor, or anything that makes batches, such as a generator or a data set. In
                `output_mode="tf_idf"` the rows are documents.
            steps: the number of batches to read. Default: None, all.
            verbose: 0 shows nothing, 1 how many batches were read, 2 the same at the end only. Default: 0.

        Raises:
            StateError: if the vocabulary was an argument.
            ArgumentError: if the data holds no tokens, or something else.
        """
        self._check_learns()
        self.reset_state()
        for batch in batches(data, self.as_arrays, steps=steps, verbose=verbose):
            self.update_state(batch)
        self._check_counted()
        self.finalize_state()

    def _check_counted(self) -> None:
        if not self._counts.tokens:
            raise ArgumentError(f"{title(self)} needs data with at least one token to adapt to. Received none.")

    def _check_learns(self) -> None:
        if self._is_given:
            raise StateError(
                f"{title(self)} needs to be made without `vocabulary` to be adapted. Received one as an argument."
            )

    def reset_state(self) -> None:
        """Forget what `update_state` has counted."""
        self._counts = Counts()

    def update_state(self, data: object) -> None:
        """Count the tokens in a batch."""
        self._check_learns()
        array = np.atleast_1d(self.as_arrays(data))
        tokens = self._tokens_of(array)
        width = 1 if array.ndim == 1 else array.shape[-1]
        rows = (tokens[i : i + width] for i in range(0, len(tokens), width)) if self.output_mode == "tf_idf" else None
        self._counts.add(tokens, rows)

    def finalize_state(self) -> None:
        """Make the vocabulary of what was counted."""
        most = None if self.max_tokens is None else max(self.max_tokens - len(self._special), 0)
        found = Vocabulary(self._counts.most_frequent(most, (self.mask_token, self.oov_token)))
        is_weighted = self.output_mode == "tf_idf"
        weights = self._with_special(self._counts.weights(found.tokens)) if is_weighted else None
        self._vocabulary, self._weights, self._size = found, weights, None

    # ---- files --------------------------------------------------------------------------------------------------

    @property
    def _in_config(self) -> bool:
        """Whether the config holds the vocabulary: it was an argument, or a file with one token per line cannot."""
        return bool(self._vocabulary) and (self._is_given or not fits_file(self.get_vocabulary()))

    def save_assets(self, dir_path: str) -> None:
        """Write the vocabulary to a file, one token per line, unless the config has it."""
        if self._vocabulary and not self._in_config:
            write_file(Path(dir_path, _FILE), self.get_vocabulary())

    def load_assets(self, dir_path: str) -> None:
        """Read what `save_assets` wrote."""
        path = Path(dir_path, _FILE)
        if self._is_given or not path.is_file():
            return
        weights = self._weights
        tokens = [self._token(line) for line in read_file(path)]
        self.set_vocabulary(tokens, None if weights is None else weights[: len(tokens)])
        self._is_given = False

    def save_own_variables(self, store: Nest) -> None:
        """Put the weights of `output_mode="tf_idf"` into `store`."""
        if self._weights is not None:
            store["idf_weights"] = self._weights

    def load_own_variables(self, store: Nest) -> None:
        """Take the weights of `output_mode="tf_idf"` from `store`."""
        if self.output_mode == "tf_idf" and "idf_weights" in store:
            self._weights = np.asarray(store["idf_weights"], "float32")
