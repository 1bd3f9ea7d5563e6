"""IntegerLookup."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal, Unpack

import numpy as np

from keraslite import ranges
from keraslite.errors import ArgumentError
from keraslite.layers.names import title
from keraslite.layers.preprocessing.encoding import OutputMode
from keraslite.layers.preprocessing.lookup import Lookup, LookupOptions, VocabularyLike
from keraslite.layers.preprocessing.salts import SaltLike
from keraslite.layers.preprocessing.texts import whole
from keraslite.layers.preprocessing.types import Config
from keraslite.layers.types import SupportsArray
from keraslite.serialization import builtin

__all__ = ["IntegerLookup"]


@builtin("keras.layers")
class IntegerLookup(Lookup):
    """Turns integers of any size into indices of a vocabulary, or indices into those integers.

    It works on the host with Python and NumPy, on every engine, like `StringLookup`.

    Args:
        max_tokens: largest size of the vocabulary, with the places for unknown tokens and the mask, an int of at least
            2. Default: None, no limit.
        num_oov_indices: number of places for unknown tokens, 0 or more. With several, `oov_method` chooses. With 0, an
            unknown token is an error. Default: 1.
        mask_token: the token of index 0, such as 0. Vectors leave it out. Default: None, no such token.
        oov_token: what stands for unknown tokens in the vocabulary, and for unknown indices. Default: -1.
        vocabulary: the tokens in order, or the path of a file with one token per line. Default: None, to be learned by
            `adapt` or set by `set_vocabulary`.
        vocabulary_dtype: only "int64".
        idf_weights: one weight per token, with `vocabulary` and `output_mode="tf_idf"`.
        invert: whether indices come in and tokens go out. Default: False.
        output_mode: "int": an index per token. "one_hot": a vector per token. "multi_hot", "count" and "tf_idf": a
            vector per row, of ones, of counts, or of counts times weights. Default: "int".
        sparse: only False: there are no sparse tensors.
        pad_to_max_tokens: whether vectors have the size `max_tokens` even if the vocabulary is smaller. Default: False.
        oov_method: how unknown tokens share several places: "floormod", by the remainder, or "farmhash", by a hash of
            the token's decimal digits. Default: "floormod".
        salt: key of the hash, an int or a pair of ints, for `oov_method="farmhash"`. Default: None.
        name: name of the layer. Default: None, a name made from that of the class.
        **kwargs: `dtype` and `trainable`, as of every layer (see `Layer`); `vocabulary_size`, which files have.

    Input:
        Integers of any shape. Floats are cut to integers.

    Output:
        "int": the shape of the input, int64 (int32 where the engine has no int64). "one_hot": `(..., size)`. Otherwise
        `(batch, size)`, one vector per row. Vectors are of the compute dtype.

    Raises:
        ArgumentError: if an argument is outside its range; if the vocabulary has tokens twice or too many; if a token
            is unknown and `num_oov_indices` is 0.
        MissingCapabilityError: if `sparse` is True.
        StateError: if it has no vocabulary when it is called.

    Example:
        >>> from keraslite import layers, ops
        >>> layer = layers.IntegerLookup(vocabulary=[1001, 1002])
        >>> ops.convert_to_numpy(layer([[1002, 7], [1001, 1001]])).tolist()
        [[2, 0], [1, 1]]
    """

    token_dtype = "int64"
    argument_checks = ranges.checks(
        vocabulary_dtype=ranges.one_of("int64"), oov_method=ranges.one_of("floormod", "farmhash")
    )

    def __init__(
        self,
        max_tokens: int | None = None,
        num_oov_indices: int = 1,
        mask_token: int | None = None,
        oov_token: int = -1,
        vocabulary: VocabularyLike = None,
        vocabulary_dtype: Literal["int64"] = "int64",
        idf_weights: Sequence[float] | SupportsArray | None = None,
        invert: bool = False,
        output_mode: OutputMode = "int",
        sparse: bool = False,
        pad_to_max_tokens: bool = False,
        oov_method: Literal["floormod", "farmhash"] = "floormod",
        salt: SaltLike = None,
        name: str | None = None,
        **kwargs: Unpack[LookupOptions],
    ) -> None:
        if salt is not None and oov_method != "farmhash":
            raise ArgumentError(f'`IntegerLookup` needs `oov_method="farmhash"` with `salt`. Received {oov_method!r}.')
        self.vocabulary_dtype, self.oov_method = vocabulary_dtype, oov_method
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

    def _tokens_of(self, array: np.ndarray) -> list[int]:
        if array.dtype.kind not in "iuf":
            raise ArgumentError(f"{title(self)} needs integers. Received an array of dtype {array.dtype}.")
        return whole(array, title(self)).reshape(-1).tolist()

    def _token(self, line: str) -> int:
        try:
            return int(line)
        except ValueError:
            raise ArgumentError(f"{title(self)} needs a file with an integer per line. Received {line!r}.") from None

    def _buckets(self, tokens: list[int]) -> np.ndarray:
        if self.oov_method == "floormod":
            return np.asarray(tokens, np.int64) % self.num_oov_indices
        return self._hashes([b"%d" % token for token in tokens])

    def get_config(self) -> Config:
        return {**super().get_config(), "vocabulary_dtype": self.vocabulary_dtype, "oov_method": self.oov_method}
