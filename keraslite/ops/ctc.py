"""Connectionist temporal classification: sequences of labels from longer sequences of logits (Graves et al., 2006).

At each step the model gives one class, of which one is the blank. An alignment reads as the labels that are left after
joining equal neighbours and dropping blanks.
"""

from __future__ import annotations

import builtins
from collections.abc import Iterable, Mapping
from typing import Any

import numpy as np

from keraslite import check
from keraslite.errors import ArgumentError
from keraslite.ops.activation import log_softmax
from keraslite.ops.comparison import equal, greater, greater_equal, less, logical_and, not_equal, where
from keraslite.ops.core import cast
from keraslite.ops.core import dtype as dtype_of
from keraslite.ops.core import shape as dims_of
from keraslite.ops.creation import full_like, zeros_like
from keraslite.ops.declare import Name, Tensor, TensorLike, composite, given
from keraslite.ops.differentiation import stop_gradient
from keraslite.ops.dimension import Size, may_equal
from keraslite.ops.dtype import Names, result_type, to_float
from keraslite.ops.elementwise import add, maximum, multiply
from keraslite.ops.exponential import exp, log
from keraslite.ops.indexing import take_along_axis
from keraslite.ops.loops import scan
from keraslite.ops.manipulation import broadcast_to, concatenate, expand_dims, pad_constant, reshape, stack
from keraslite.ops.order import transpose
from keraslite.ops.padding import pad
from keraslite.ops.reduction import all, any, argmax, max, sum
from keraslite.ops.scatter import scatter_update
from keraslite.ops.shape import Dims, shown
from keraslite.ops.sorting import argsort, top_k

__all__ = ["ctc_decode", "ctc_loss"]

#: The logarithm of 0: finite, so that differences and gradients stay numbers; `_DEAD` and below count as it.
_NEVER, _DEAD = -1e30, -1e29


def _as_integers(name: str) -> str:
    return name if name in ("int32", "int64") else "int32"


def _working(x: Any) -> Tensor:
    return x if dtype_of(x) == "float64" else cast(x, "float32")


# ---- loss -------------------------------------------------------------------------------------------------------


def _lossy(dtypes: Names, attributes: Mapping[str, object]) -> tuple[Names, str]:
    names = [result_type((d,)) for d in dtypes]
    logits = to_float(names[1])
    result = "float64" if logits == "float64" else "float32"
    return (_as_integers(names[0]), logits, _as_integers(names[2]), _as_integers(names[3])), result


def _loss(target: Dims, output: Dims, target_length: Dims, output_length: Dims, mask_index: int = 0) -> Dims:
    shapes = [target, output, target_length, output_length]
    if [len(dims) for dims in shapes] != [2, 3, 1, 1] or _unlike(dims[0] for dims in shapes):
        raise ArgumentError(
            "`ctc_loss` needs `target` (batch, labels), `output` (batch, steps, classes) and two lengths (batch,). "
            f"Received shapes {', '.join(map(shown, shapes))}."
        )
    _check_blank(mask_index, output[2], "ctc_loss")
    return output[:1]


def _unlike(sizes: Iterable[Size]) -> bool:
    """Whether some size cannot be equal to the first one."""
    first, *rest = sizes
    return not builtins.all(may_equal(first, size) for size in rest)


def _check_blank(mask_index: int, classes: Size, where: str) -> None:
    check.non_negative_int(mask_index, "mask_index", where)
    if isinstance(classes, int) and mask_index >= classes:
        raise ArgumentError(
            f"`{where}` needs `mask_index` to be one of the {classes} classes. Received mask_index={mask_index}."
        )


@composite(shape=_loss, dtype=_lossy, eager_check=True)
def ctc_loss(
    target: TensorLike, output: TensorLike, target_length: TensorLike, output_length: TensorLike, mask_index: int = 0
) -> Tensor:
    """Return the negative logarithm of the probability of `target`: of all its alignments with the steps of `output`.

    Args:
        target: `(batch, labels)` integers; what stands behind `target_length` does not matter.
        output: `(batch, steps, classes)` logits.
        target_length, output_length: `(batch,)` integers, how many labels and steps count.
        mask_index: the blank class, which `target` may not hold.

    Returns:
        `(batch,)`, float32 or float64. A target that no alignment gives (too few steps) has an infinite loss, as on
        PyTorch, with gradients of 0; Keras on other engines has a large number.

    Example:
        >>> import numpy as np
        >>> from keraslite import ops
        >>> loss = ops.ctc_loss(np.array([[1, 2]]), np.zeros((1, 4, 3), "float32"), np.array([2]), np.array([4]))
        >>> round(float(loss[0]), 3)
        1.686
    """
    target_length = given(target_length)
    logs = log_softmax(_working(output), -1)
    states, skips = _states(target, target_length, mask_index)
    batch, count = dims_of(states)
    steps = dims_of(output)[1]
    places = broadcast_to(expand_dims(states, 1), (batch, steps, count))
    emitted = maximum(take_along_axis(logs, places, 2), _NEVER)  # (batch, steps, states)
    # Before the first step: in front of the first two states.
    start = where(np.arange(count) == 0, 0.0, full_like(states, _NEVER, dtype_of(logs)))

    def step(alpha: Tensor, row: tuple[Tensor, Tensor]) -> tuple[Tensor, None]:
        emission, t = row
        moved = [pad(alpha[:, : count - n], ((0, 0), (n, 0)), constant_values=_NEVER) for n in (1, 2)]
        reached = _log_of_sum(alpha, moved[0], where(skips, moved[1], _NEVER)) + emission
        return where(expand_dims(less(t, output_length), 1), reached, alpha), None

    alpha = scan(step, start, (transpose(emitted, (1, 0, 2)), np.arange(steps, dtype="int32")))[0]
    last = expand_dims(2 * target_length, 1)
    ends = take_along_axis(alpha, cast(maximum(concatenate([last, last - 1], 1), 0), "int32"), 1)
    label = where(greater(target_length, 0), ends[:, 1], _NEVER)
    total = _log_of_sum(ends[:, 0], label)
    return where(less(total, _DEAD), float("inf"), -total)


def _states(target: TensorLike, target_length: TensorLike, blank: int) -> tuple[Tensor, Tensor]:
    """Classes of the states blank, label, blank, ..., blank, and where one may come from the state before the last."""
    batch, labels = dims_of(target)
    counts = less(np.arange(labels, dtype="int32"), expand_dims(target_length, 1))
    target = where(counts, target, blank)
    states = reshape(stack([full_like(target, blank), target], 2), (batch, 2 * labels))
    states = pad_constant(states, ((0, 0), (0, 1)), blank)
    before = pad_constant(states[:, : 2 * labels - 1], ((0, 0), (2, 0)), blank) if labels else states
    return states, logical_and(not_equal(states, blank), not_equal(states, before))


def _log_of_sum(*logs: Tensor) -> Tensor:
    """The logarithm of the sum of exponentials."""
    top = logs[0]
    for x in logs[1:]:
        top = maximum(top, x)
    top = stop_gradient(top)
    total = exp(logs[0] - top)
    for x in logs[1:]:
        total = total + exp(x - top)
    return top + log(total)


# ---- decoding ---------------------------------------------------------------------------------------------------


def _decoding(dtypes: Names, attributes: Mapping[str, object]) -> tuple[Names, str | Names | None]:
    names = [result_type((d,)) for d in dtypes]
    result = to_float(names[0])
    return (result, _as_integers(names[1])), ("int32", result)


def _decoded(
    inputs: Dims,
    sequence_lengths: Dims,
    strategy: str = "greedy",
    beam_width: int = 100,
    top_paths: int = 1,
    merge_repeated: bool = True,
    mask_index: int = 0,
) -> list[Dims]:
    check.one_of(strategy, ("greedy", "beam_search"), "strategy", "ctc_decode")
    check.positive_int(beam_width, "beam_width", "ctc_decode")
    check.positive_int(top_paths, "top_paths", "ctc_decode")
    if len(inputs) != 3 or len(sequence_lengths) != 1 or not may_equal(inputs[0], sequence_lengths[0]):
        raise ArgumentError(
            "`ctc_decode` needs `inputs` (batch, steps, classes) and `sequence_lengths` (batch,). "
            f"Received shapes {shown(inputs)} and {shown(sequence_lengths)}."
        )
    _check_blank(mask_index, inputs[2], "ctc_decode")
    if strategy == "greedy":
        return [(1, *inputs[:2]), (inputs[0], 1)]
    if top_paths > beam_width:
        raise ArgumentError(
            f"`ctc_decode` needs `top_paths` up to `beam_width`. Received top_paths={top_paths} and "
            f"beam_width={beam_width}."
        )
    return [(top_paths, *inputs[:2]), (inputs[0], top_paths)]


@composite(shape=_decoded, dtype=_decoding, eager_check=True)
def ctc_decode(
    inputs: TensorLike,
    sequence_lengths: TensorLike,
    strategy: Name = "greedy",
    beam_width: int = 100,
    top_paths: int = 1,
    merge_repeated: bool = True,
    mask_index: int = 0,
) -> tuple[Tensor, Tensor]:
    """Return likely sequences of labels for logits.

    Args:
        inputs: `(batch, steps, classes)` logits.
        sequence_lengths: `(batch,)` integers, how many steps count.
        strategy: "greedy" takes the largest logit of each step; "beam_search" keeps the `beam_width` most probable
            sequences, each with the sum over its alignments (Hannun et al., 2014).
        beam_width: how many.
        top_paths: how many of them to return, the best first; "greedy" has one.
        merge_repeated: whether "greedy" joins equal neighbours; "beam_search" counts them as CTC does, always.
        mask_index: the blank class.

    Returns:
        The sequences, `(paths, batch, steps)` int32 with -1 behind their ends, and their scores: of "greedy"
        `(batch, 1)`, the negative sum of the logits taken; of "beam_search" `(batch, paths)`, log probabilities.

    Example:
        >>> import numpy as np
        >>> from keraslite import ops
        >>> logits = np.array([[[0.0, 5.0, 0.0], [5.0, 0.0, 0.0], [0.0, 0.0, 5.0]]], "float32")
        >>> decoded, scores = ops.ctc_decode(logits, np.array([3]))
        >>> ops.convert_to_numpy(decoded).tolist()
        [[[1, 2, -1]]]
    """
    name = dtype_of(inputs)
    if strategy == "greedy":
        sequences, scores = _greedy(inputs, sequence_lengths, merge_repeated, mask_index)
        return expand_dims(sequences, 0), cast(expand_dims(scores, 1), name)
    sequences, scores = _beam_search(inputs, sequence_lengths, beam_width, top_paths, mask_index)
    return sequences, cast(scores, name)


def _greedy(inputs: TensorLike, lengths: TensorLike, merge: bool, blank: int) -> tuple[Tensor, Tensor]:
    steps = dims_of(inputs)[1]
    counts = less(np.arange(steps, dtype="int32"), expand_dims(lengths, 1))
    best = cast(argmax(inputs, axis=2), "int32")
    kept = logical_and(counts, not_equal(best, blank))
    if merge:
        before = pad_constant(best[:, : steps - 1], ((0, 0), (1, 0)), -1)
        kept = logical_and(kept, not_equal(best, before))
    score = -sum(where(counts, max(_working(inputs), axis=2), 0), axis=1)
    return _moved_up(where(kept, best, -1)), score


def _moved_up(labels: Tensor) -> Tensor:
    """Labels along the last axis in order, without the gaps of -1 between them, which go to the end."""
    return take_along_axis(labels, argsort(cast(less(labels, 0), "int32"), -1), -1)


# ---- beam search ------------------------------------------------------------------------------------------------


def _beam_search(inputs: TensorLike, lengths: TensorLike, width: int, paths: int, blank: int) -> tuple[Tensor, Tensor]:
    """`(paths, batch, steps)` labels and `(batch, paths)` log probabilities."""
    logs = maximum(log_softmax(_working(inputs), -1), _NEVER)
    batch, steps, _ = dims_of(inputs)
    zeros = broadcast_to(zeros_like(expand_dims(lengths, 1), "int32"), (batch, width))
    places = add(zeros, np.arange(width, dtype="int32"))

    def step(beams: dict[str, Tensor], row: tuple[Tensor, Tensor]) -> tuple[dict[str, Tensor], tuple[Tensor, Tensor]]:
        emission, t = row
        new, source, label = _advance(beams, emission, blank)
        going = expand_dims(less(t, lengths), 1)
        going_pairs = expand_dims(going, 2)
        kept = {
            name: where(going_pairs if name in ("hash", "parent") else going, x, beams[name]) for name, x in new.items()
        }
        return kept, (where(going, source, places), where(going, label, -1))

    rows = (transpose(logs, (1, 0, 2)), np.arange(steps, dtype="int32"))
    beams, (sources, labels) = scan(step, _empty_beams(zeros, dtype_of(logs)), rows)
    score = _log_of_sum(beams["blank"], beams["label"])[:, :paths]

    def back(place: Tensor, row: tuple[Tensor, Tensor]) -> tuple[Tensor, Tensor]:
        source, label = row
        return take_along_axis(source, place, 1), take_along_axis(label, place, 1)

    found = scan(back, places[:, :paths], (sources, labels), reverse=True)[1]  # (steps, batch, paths)
    dead = less(score, _DEAD)
    found = where(dead, -1, found)
    return _moved_up(transpose(found, (2, 1, 0))), where(dead, -float("inf"), score)


def _empty_beams(zeros: Tensor, name: str) -> dict[str, Tensor]:
    """The sequence without labels, and others that cannot be; `zeros` are int32 `(batch, width)`.

    A beam has the log probabilities of its alignments that end in the blank and in a label, its last label (-1: none),
    and two hashes each of its sequence and of that without the last label, by which equal sequences are known.
    """
    never = full_like(zeros, _NEVER, name)
    pairs = stack([zeros, zeros], 2)
    first = np.arange(dims_of(zeros)[1]) == 0
    return {"blank": where(first, 0.0, never), "label": never, "last": zeros - 1, "hash": pairs + 1, "parent": pairs}


# Odd, so that multiplication by them (modulo 2^32) loses nothing.
_FACTORS = np.array([0x343FD, 0x5E2D59B], "int32")


def _advance(beams: dict[str, Tensor], emission: Tensor, blank: int) -> tuple[dict[str, Tensor], Tensor, Tensor]:
    """The best beams after one more step, which of the old ones each comes from, and the label it adds (-1: none)."""
    batch, width = dims_of(beams["last"])
    classes = dims_of(emission)[1]
    total = _log_of_sum(beams["blank"], beams["label"])
    has_label = greater_equal(beams["last"], 0)
    last = maximum(beams["last"], 0)
    stay_blank = total + emission[:, blank : blank + 1]
    again = take_along_axis(emission, last, 1)
    stay_label = where(has_label, beams["label"] + again, _NEVER)
    # A label may follow itself only behind a blank.
    symbols = np.arange(classes, dtype="int32")
    repeats = equal(expand_dims(beams["last"], 2), symbols)
    longer = where(repeats, expand_dims(beams["blank"], 2), expand_dims(total, 2)) + expand_dims(emission, 1)
    longer = where(symbols == blank, _NEVER, longer)
    longer, merged = _merge(beams, longer, last, total)
    stay_label = where(merged < _DEAD, stay_label, _log_of_sum(stay_label, merged))

    candidates = concatenate([_log_of_sum(stay_blank, stay_label), reshape(longer, (batch, width * classes))], 1)
    score, chosen = top_k(candidates, width)
    grown = greater_equal(chosen, width)
    source = where(grown, (chosen - width) // classes, chosen)
    label = where(grown, (chosen - width) % classes, -1)

    def of(x: Tensor) -> Tensor:
        return take_along_axis(x, source if len(dims_of(x)) == 2 else expand_dims(source, 2), 1)

    grown2, old = expand_dims(grown, 2), of(beams["hash"])
    new = {
        "blank": where(grown, _NEVER, of(stay_blank)),
        "label": where(grown, score, of(stay_label)),
        "last": where(grown, label, of(beams["last"])),
        "hash": where(grown2, multiply(old, _FACTORS) + expand_dims(label + 1, 2), old),
        "parent": where(grown2, old, of(beams["parent"])),
    }
    return new, source, label


def _merge(beams: dict[str, Tensor], longer: Tensor, last: Tensor, total: Tensor) -> tuple[Tensor, Tensor]:
    """What beams gain from others that grow into them, and the growth that is left: `(batch, width, classes)`."""
    batch, width, classes = dims_of(longer)
    alike = equal(expand_dims(beams["hash"], 2), expand_dims(beams["parent"], 1))  # (batch, parent, child, 2)
    alive = greater(total, _DEAD)
    alike = logical_and(all(alike, -1), logical_and(expand_dims(alive, 2), expand_dims(alive, 1)))
    found = any(alike, 1)
    flat = reshape(longer, (batch, width * classes))
    place = cast(argmax(cast(alike, "int32"), axis=1), "int32") * classes + last
    gained = where(found, take_along_axis(flat, place, 1), _NEVER)
    # One place more, where those write that grow into nothing.
    place = where(found, place, width * classes)
    rows = add(zeros_like(place), np.arange(batch, dtype="int32")[:, None])
    wide = pad(flat, ((0, 0), (0, 1)), constant_values=_NEVER)
    wide = scatter_update(wide, stack([rows, place], 2), full_like(gained, _NEVER))
    return reshape(wide[:, : width * classes], (batch, width, classes)), gained
