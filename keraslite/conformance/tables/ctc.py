"""Connectionist temporal classification against sums over alignments in float64."""

from __future__ import annotations

import itertools
from collections import defaultdict

import numpy as np
from scipy import special

from keraslite.conformance.rows import Row, call

GENERATOR = np.random.default_rng(13)


def log_probability(labels, chances, blank):
    """Of `labels` given `chances`, `(steps, classes)`: Graves's forward variables, scaled to a sum of 1 each step."""
    states = [blank, *itertools.chain.from_iterable((label, blank) for label in labels)]
    alpha, total = np.zeros(len(states)), 0.0
    alpha[0] = 1  # in front of the first step, from where the first two states are reached
    for chance in chances:
        new = np.zeros(len(states))
        for s, state in enumerate(states):
            new[s] = alpha[s] + (alpha[s - 1] if s else 0)
            if s > 1 and state not in (blank, states[s - 2]):
                new[s] += alpha[s - 2]
            new[s] *= chance[state]
        alpha, total = new / new.sum(), total + np.log(new.sum())
    end = alpha[-1] + (alpha[-2] if len(labels) else 0)
    return total + np.log(end) if end else -np.inf


def ctc_loss(target, output, target_length, output_length, mask_index=0):
    chances = special.softmax(output.astype("float64"), -1)
    lengths = zip(target, chances, target_length, output_length, strict=True)
    return np.array([-log_probability(t[:n], c[:steps], mask_index) for t, c, n, steps in lengths])


def read(alignment, blank, merge=True):
    """The labels of an alignment."""
    heard = [label for label, _ in itertools.groupby(alignment)] if merge else alignment
    return tuple(int(label) for label in heard if label != blank)


def padded(labels, steps):
    return [*labels, *[-1] * (steps - len(labels))]


def ctc_decode(inputs, sequence_lengths, strategy="greedy", beam_width=100, top_paths=1, merge_repeated=True,
               mask_index=0):  # fmt: skip
    """Beam search by all alignments there are: right where the beam is wide enough."""
    steps, classes = inputs.shape[1:]
    paths, scores = [], []
    for logits, length in zip(inputs.astype("float64"), sequence_lengths, strict=True):
        if strategy == "greedy":
            best = logits[:length].argmax(1)
            paths.append([padded(read(best, mask_index, merge_repeated), steps)])
            scores.append([-logits[:length].max(1).sum()])
            continue
        logs, total = special.log_softmax(logits, -1), defaultdict(float)
        for alignment in itertools.product(range(classes), repeat=int(length)):
            total[read(alignment, mask_index)] += np.exp(sum(logs[t, c] for t, c in enumerate(alignment)))
        best = sorted(total, key=lambda labels: -total[labels])[:top_paths]
        missing = top_paths - len(best)
        paths.append([padded(labels, steps) for labels in [*best, *[()] * missing]])
        scores.append([*(np.log(total[labels]) for labels in best), *[-np.inf] * missing])
    return np.array(paths).swapaxes(0, 1), np.array(scores)


LOGITS = GENERATOR.normal(size=(3, 8, 5)) * 2
LABELS = np.array([[1, 2, 3, 0], [1, 1, 2, 2], [4, 0, 0, 0]], "int32")
LENGTHS, STEPS = np.array([3, 4, 1], "int32"), np.array([8, 7, 5], "int32")
SHORT = GENERATOR.normal(size=(4, 5, 3)) * 2
FEW = np.array([5, 4, 0, 1], "int32")
ROWS = [
    Row(
        "ctc_loss",
        (
            call(LABELS, LOGITS, LENGTHS, STEPS),
            call(np.where(LABELS == 4, 0, LABELS - 1).clip(0), LOGITS, LENGTHS, STEPS, mask_index=4),
            call(LABELS, LOGITS, np.array([0, 0, 1], "int32"), np.array([8, 0, 5], "int32")),
            call(np.where(np.arange(4) < LENGTHS[:, None], LABELS, -7), LOGITS, LENGTHS, STEPS),
        ),
        ctc_loss,
        mixes=False,
        dtypes={"int32 float32 int32 int32": "float32"},
    ),
    Row("ctc_loss", (call(LABELS, LOGITS, LENGTHS, np.array([2, 5, 7], "int32")),), ctc_loss, gradient=False,
        mixes=False),
    Row(
        "ctc_decode",
        (
            call(LOGITS, STEPS),
            call(LOGITS, STEPS, "greedy", merge_repeated=False, mask_index=2),
            call(SHORT, FEW, "beam_search", beam_width=64, top_paths=3),
            call(SHORT, FEW, strategy="beam_search", beam_width=64, top_paths=5, mask_index=2),
            call(SHORT, FEW, "beam_search", 64, merge_repeated=False, mask_index=1),
        ),
        ctc_decode,
        gradient=False,
        mixes=False,
    ),
]  # fmt: skip
