"""StringLookup."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Unpack

import numpy as np

from keraslite import ranges
from keraslite.backend import dtypes
from keraslite.errors import ArgumentError
from keraslite.layers.names import title
from keraslite.layers.preprocessing.encoding import OutputMode
from keraslite.layers.preprocessing.lookup import Lookup, LookupOptions, VocabularyLike
from keraslite.layers.preprocessing.salts import SaltLike
from keraslite.layers.preprocessing.texts import is_utf8, plain, text_arrays, untextlike
from keraslite.layers.preprocessing.types import Config, Nest, Tokens
from keraslite.layers.types import SupportsArray
from keraslite.serialization import builtin

__all__ = ["StringLookup"]


@builtin("keras.layers")
class StringLookup(Lookup):
    """Turns texts into indices of a vocabulary, or indices into texts.

    It works on the host with Python and NumPy, on every engine. In a functional or `Sequential` model it stands at an
    input, `Input(..., dtype="string")`; `fit` and the like then call it while a batch is made. In `Dataset.map` and
    `tf.data.Dataset.map`, call the layer itself. In the workers of a loader, call `layer.on_host()`.

    Args:
        max_tokens: largest size of the vocabulary, with the places for unknown tokens and the mask, an int of at least
            2. Default: None, no limit.
        num_oov_indices: number of places for unknown tokens, 0 or more. With several, a hash of the token chooses. With
            0, an unknown token is an error. Default: 1.
        mask_token: the token of index 0, such as "". Vectors leave it out. Default: None, no such token.
        oov_token: what stands for unknown tokens in the vocabulary, and for unknown indices. Default: "[UNK]".
        vocabulary: the tokens in order, or the path of a file with one token per line. Default: None, to be learned by
            `adapt` or set by `set_vocabulary`.
        idf_weights: one weight per token, with `vocabulary` and `output_mode="tf_idf"`.
        invert: whether indices come in and texts go out. Default: False.
        output_mode: "int": an index per token. "one_hot": a vector per token. "multi_hot", "count" and "tf_idf": a
            vector per row, of ones, of counts, or of counts times weights. Default: "int".
        pad_to_max_tokens: whether vectors have the size `max_tokens` even if the vocabulary is smaller. Default: False.
        sparse: only False: there are no sparse tensors.
        encoding: how bytes become texts. Default: "utf-8".
        name: name of the layer. Default: None, a name made from that of the class.
        salt: key of the hash for several places for unknown tokens, an int or a pair of ints. Default: None,
            FarmHash's Fingerprint64 without a key; with one it is SipHash.
        **kwargs: `dtype` and `trainable`, as of every layer (see `Layer`); `vocabulary_size`, which files have.

    Input:
        Texts or bytes of any shape: an array, a list, or a string tensor. With `invert=True` integers.

    Output:
        "int": the shape of the input, int64 (int32 where the engine has no int64). "one_hot": `(..., size)`. Otherwise
        `(batch, size)`, one vector per row. Vectors are of the compute dtype. With `invert=True` texts, a NumPy array.

    Raises:
        ArgumentError: if an argument is outside its range; if the vocabulary has tokens twice or too many; if a token
            is unknown and `num_oov_indices` is 0.
        MissingCapabilityError: if `sparse` is True.
        StateError: if it has no vocabulary when it is called.

    Example:
        >>> from keraslite import layers, ops
        >>> layer = layers.StringLookup()
        >>> layer.adapt(["dog", "cat", "dog"])
        >>> layer.get_vocabulary()
        ['[UNK]', 'dog', 'cat']
        >>> ops.convert_to_numpy(layer([["cat", "fish"], ["dog", "dog"]])).tolist()
        [[2, 0], [1, 1]]
    """

    token_dtype = "string"
    argument_checks = ranges.checks(encoding=ranges.text)

    def __init__(
        self,
        max_tokens: int | None = None,
        num_oov_indices: int = 1,
        mask_token: str | None = None,
        oov_token: str = "[UNK]",
        vocabulary: VocabularyLike = None,
        idf_weights: Sequence[float] | SupportsArray | None = None,
        invert: bool = False,
        output_mode: OutputMode = "int",
        pad_to_max_tokens: bool = False,
        sparse: bool = False,
        encoding: str = "utf-8",
        name: str | None = None,
        salt: SaltLike = None,
        **kwargs: Unpack[LookupOptions],
    ) -> None:
        self.encoding = encoding
        super().__init__(
            max_tokens=max_tokens,
            num_oov_indices=num_oov_indices,
            mask_token=mask_token,
            oov_token=oov_token,
            vocabulary=vocabulary,
            idf_weights=idf_weights,
            invert=invert,
            output_mode=output_mode,
            pad_to_max_tokens=pad_to_max_tokens,
            sparse=sparse,
            salt=salt,
            name=name,
            **kwargs,
        )

    def as_arrays(self, nest: object) -> Nest:
        return text_arrays(nest) if not self.invert else super().as_arrays(nest)

    def _tokens_of(self, array: np.ndarray) -> list[str]:
        if not dtypes.is_text(array):
            raise ArgumentError(f"{title(self)} needs texts. {untextlike(array)}")
        return plain(array, self.encoding)

    def _found(self, array: np.ndarray) -> tuple[Tokens | np.ndarray, np.ndarray]:
        in_utf8 = array.dtype.kind in "UT" or (array.dtype.kind in "SO" and is_utf8(self.encoding))
        if in_utf8 and self._vocabulary.is_worth(array.size):
            flat = array.reshape(-1)
            return flat, self._vocabulary.find_texts(flat, self._tokens_of)
        return super()._found(array)

    def _token(self, line: str) -> str:
        return line

    def _buckets(self, tokens: list[str]) -> np.ndarray:
        return self._hashes([token.encode("utf-8", "surrogateescape") for token in tokens])

    def get_config(self) -> Config:
        return {**super().get_config(), "oov_method": "floormod", "encoding": self.encoding}

    @classmethod
    def from_config(cls, config: Config) -> Nest:
        """A layer made from what `get_config` returned; Keras writes a setting of `IntegerLookup`, too."""
        return super().from_config({key: value for key, value in config.items() if key != "oov_method"})
