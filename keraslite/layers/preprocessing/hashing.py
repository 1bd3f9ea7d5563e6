"""Hashing."""

from __future__ import annotations

from typing import Literal, TypeAlias, Unpack

import numpy as np

from keraslite import ranges
from keraslite.errors import ArgumentError
from keraslite.layers.names import title
from keraslite.layers.preprocessing.hash_layer import HashLayer
from keraslite.layers.preprocessing.hashes import fingerprints, siphashes
from keraslite.layers.preprocessing.packed import Packed
from keraslite.layers.preprocessing.salts import SaltLike, siphash_key
from keraslite.layers.preprocessing.texts import packed_parts
from keraslite.layers.preprocessing.types import Nest
from keraslite.layers.preprocessing.word_table import WordTable
from keraslite.layers.types import LayerOptions
from keraslite.serialization import builtin

__all__ = ["Hashing"]

HashingMode: TypeAlias = Literal["int", "one_hot", "multi_hot", "count"]


@builtin("keras.layers")
class Hashing(HashLayer):
    """Turns texts or integers into the numbers of bins, by a hash.

    It works on the host with NumPy, on every engine, like `StringLookup`. It needs no vocabulary: equal values share a
    bin, and so do some others.

    Args:
        num_bins: number of bins, with the one of the mask, a positive int.
        mask_value: the text or int of bin 0. Others get the bins from 1 on. Default: None, no such value.
        salt: key of the hash, an int or a pair of ints. Default: None, FarmHash's Fingerprint64 without a key; with
            one it is SipHash.
        output_mode: "int": the number of the bin per value. "one_hot": a vector per value. "multi_hot" and "count": a
            vector per row, of ones or of counts. Default: "int".
        sparse: only False: there are no sparse tensors.
        **kwargs: `name`, `dtype` and the other keywords of every layer (see `Layer`). The dtype is that of the output;
            "int64" by default in `output_mode="int"`.

    Input:
        Texts, bytes or integers of any shape. An integer is hashed as its decimal digits; floats are cut to integers.

    Output:
        "int": the shape of the input, int64 (int32 where the engine has no int64). "one_hot": `(..., num_bins)`.
        Otherwise `(batch, num_bins)`, one vector per row.

    Raises:
        ArgumentError: if an argument is outside its range; if values are neither texts nor numbers.
        MissingCapabilityError: if `sparse` is True.

    Source:
        Weinberger et al., "Feature hashing for large scale multitask learning", 2009.

    Example:
        >>> from keraslite import layers, ops
        >>> layer = layers.Hashing(num_bins=3)
        >>> ops.convert_to_numpy(layer([["A"], ["B"], ["C"], ["D"], ["E"]])).ravel().tolist()
        [1, 0, 1, 1, 2]
    """

    argument_checks = ranges.checks(
        num_bins=ranges.positive_int, output_mode=ranges.one_of("int", "one_hot", "multi_hot", "count")
    )

    def __init__(
        self,
        num_bins: int,
        mask_value: str | int | None = None,
        salt: SaltLike = None,
        output_mode: HashingMode = "int",
        sparse: bool = False,
        **kwargs: Unpack[LayerOptions],
    ) -> None:
        super().__init__(num_bins, output_mode, sparse, **kwargs)
        self.mask_value = mask_value
        key = siphash_key(salt, "Hashing")
        self.salt = None if key is None else list(key)

    def call(self, inputs: Nest) -> Nest:
        return self._encoded(self._bins(np.asarray(inputs)))

    def _bins(self, array: np.ndarray) -> np.ndarray:
        parts = packed_parts(array)
        if parts is None:
            raise ArgumentError(f"{title(self)} needs texts or integers. Received an array of dtype {array.dtype}.")
        bins = [self._hashed(part) for part in parts]
        return (np.concatenate(bins) if bins else np.zeros(0, "int64")).reshape(array.shape)

    def _hashed(self, texts: Packed) -> np.ndarray:
        values = fingerprints(texts) if self.salt is None else siphashes(texts, self.salt)
        if self.mask_value is None:
            return (values % self.num_bins).astype("int64")
        if self.num_bins == 1:
            return np.zeros(len(texts), "int64")
        mask = WordTable({str(self.mask_value).encode("utf-8", "surrogateescape"): 0})
        return np.where(mask.find(texts) == 0, 0, (values % (self.num_bins - 1)).astype("int64") + 1)
