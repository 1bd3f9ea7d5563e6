"""Layers that look texts and integers up."""

from __future__ import annotations

from typing import Any

import numpy as np

from random_models import options as o
from random_models.drawing import Draw, made
from random_models.layer_choices import inputs as i

WORDS = ["a", "b", "the", "The", "x-y", "é", "日本", "don't", "end.", "[UNK]", "zz"]
MODES = ["int", "one_hot", "multi_hot", "count", "tf_idf"]


def text(d: Draw) -> Any:
    """One of them. Keras runs on TensorFlow, which it needs for these."""
    found = d.one([_strings, _integers, _vectorization])(d)
    unlike = ["vocabulary_size"]
    if found["make"]["with"].get("output_mode", "int") != "int":
        unlike += ["dtypes", "idf_weights"]  # vectors have the compute dtype here
    if found["make"]["with"].get("output_mode") == "tf_idf" or "mask_token" in found["make"]["with"]:
        unlike.append("vocabulary")  # its config holds the weight of unknown tokens too, and the mask apart
    return {"peer": "tensorflow", "gradient": False, "trained": False, "unlike": unlike, **found}


def _mode(d: Draw, count: int) -> dict[str, Any]:
    """An output mode, and the weights that it needs."""
    mode = d.one(MODES)
    options: dict[str, Any] = {} if mode == "int" and d.chance(0.5) else {"output_mode": mode}
    if mode == "tf_idf":
        options["idf_weights"] = [d.real(0.1, 2) for _ in range(count)]
    return options


def _size(d: Draw, options: dict[str, Any], count: int, special: int) -> None:
    """A limit of the vocabulary, which vectors may be padded to."""
    if d.chance(0.3):
        options["max_tokens"] = count + special + d.whole(0, 3)
        options.update(o.switches(d, pad_to_max_tokens=0.5))


def _strings(d: Draw) -> Any:
    words = d.some(WORDS[:-2], 6)
    unknown = d.whole(0, 3)
    options: dict[str, Any] = {"vocabulary": words, **_mode(d, len(words))}
    if d.chance(0.6):
        options["num_oov_indices"] = unknown
    if d.chance(0.3):
        options["mask_token"] = d.one(["", "b", "mask"])
    if d.chance(0.2):
        options["oov_token"] = "zz"
    shape = i.sizes(d, d.whole(1, 3 if options.get("output_mode", "int") in ("int", "one_hot") else 2), 1, 4)
    some = [*words, *([""] if options.get("mask_token") == "" else [])]
    data = d.generator.choice(np.array([*some, *(WORDS if options.get("num_oov_indices", 1) else [])]), shape)
    if d.chance(0.15) and options.get("output_mode", "int") == "int":
        options["invert"] = True
        data = d.generator.integers(0, len(words), shape)
        return {"make": made("layers.StringLookup", name="layer", **options),
                "args": [{"array": data, "dtype": "int64", "plain": True}]}  # fmt: skip
    _size(d, options, len(words), options.get("num_oov_indices", 1) + ("mask_token" in options))
    found = {"make": made("layers.StringLookup", name="layer", **options), "args": [{"texts": data.tolist()}]}
    if d.chance(0.4) and options.get("output_mode") != "tf_idf":
        del options["vocabulary"]
        learnt = d.generator.choice(np.array([word for word in WORDS if word != "[UNK]"]), (9, 3))
        return {**found, "make": made("layers.StringLookup", name="layer", **options),
                "adapt": {"texts": learnt.tolist()}}  # fmt: skip
    return found


def _integers(d: Draw) -> Any:
    numbers = [int(x) for x in d.generator.choice(np.arange(1, 20), d.whole(1, 6), replace=False)]
    options: dict[str, Any] = {"vocabulary": numbers, **_mode(d, len(numbers))}
    if d.chance(0.6):
        options["num_oov_indices"] = d.whole(0, 3)
    if d.chance(0.3):
        options["mask_token"] = d.one([0, numbers[0]])
    shape = i.sizes(d, d.whole(1, 3 if options.get("output_mode", "int") in ("int", "one_hot") else 2), 1, 4)
    choices = [*numbers, *(range(1, 25) if options.get("num_oov_indices", 1) else [])]
    data = d.generator.choice(np.array(choices), shape)
    _size(d, options, len(numbers), options.get("num_oov_indices", 1) + ("mask_token" in options))
    return {"make": made("layers.IntegerLookup", name="layer", **options),
            "args": [{"array": data, "dtype": "int64", "plain": True}]}  # fmt: skip


def _sentence(d: Draw) -> str:
    pieces = [*WORDS, "", "Hello,", "a b", "\t", "wow!!"]
    return d.one([" ", "  ", " \n"]).join(d.one(pieces) for _ in range(d.whole(0, 5)))


def _vectorization(d: Draw) -> Any:
    options: dict[str, Any] = {}
    if d.chance(0.6):
        options["standardize"] = d.one(["lower_and_strip_punctuation", "lower", "strip_punctuation", None])
    if d.chance(0.4):
        options["split"] = d.one(["whitespace", "character", None])
    if d.chance(0.3):
        options["ngrams"] = d.whole(1, 3)
    options["output_mode"] = d.one(["int", "int", "multi_hot", "count", "tf_idf"])
    if options["output_mode"] == "int" and d.chance(0.5):
        options["output_sequence_length"] = d.whole(1, 6)
    if d.chance(0.4):
        options["max_tokens"] = d.whole(2, 9)
        options.update(o.switches(d, pad_to_max_tokens=0.4))
    together = options["output_mode"] != "int" or not {"ngrams", "output_sequence_length"}.isdisjoint(options)
    if together and options.get("split", "") is None:
        del options["split"]  # Keras takes all texts for one
    rows = d.whole(1, 4)
    data = [_sentence(d) for _ in range(rows)]
    learnt = [_sentence(d) for _ in range(6)] + ["the a"]
    column = d.chance(0.3) and options.get("split", "") is not None
    return {"make": made("layers.TextVectorization", name="layer", **options), "adapt": {"texts": learnt},
            "args": [{"texts": [[each] for each in data] if column else data}]}  # fmt: skip
