"""Products that sum over shared axes."""

from __future__ import annotations

import math
import string

import array_api_strict as xp


def matmul(x1, x2):
    return xp.matmul(x1, x2)


def einsum(subscripts, operands):
    """Operands are multiplied from left to right, each pair as one batched matrix product.

    A tensor goes with a string of labels, one for each axis.
    """
    terms, output = _spelled(subscripts, [x.ndim for x in operands])
    sizes = {}
    for x, labels in zip(operands, terms, strict=True):
        for label, size in zip(labels, x.shape, strict=True):
            sizes[label] = size if sizes.get(label, 1) == 1 else sizes[label]
    pairs = [_diagonal(x, labels, sizes) for x, labels in zip(operands, terms, strict=True)]
    x, labels = pairs[0]
    for i, (other, other_labels) in enumerate(pairs[1:], 1):
        later = output + "".join(more for _, more in pairs[i + 1 :])
        x, labels = _product(x, labels, other, other_labels, later)
    x, labels = _summed(x, labels, output)
    missing = "".join(label for label in output if label not in labels)  # of size 1 in every operand
    x = xp.reshape(x, (*x.shape, *(1 for _ in missing)))
    return xp.permute_dims(x, tuple((labels + missing).index(label) for label in output))


def _spelled(subscripts, ranks):
    """The labels of each operand and of the result, with letters of their own for what an ellipsis stands for."""
    inputs, arrow, output = subscripts.replace(" ", "").partition("->")
    terms = inputs.split(",")
    extra = [rank - len(term.replace("...", "")) for term, rank in zip(terms, ranks, strict=True)]
    letters = "".join([c for c in string.ascii_letters if c not in subscripts][: max(extra)])
    terms = [term.replace("...", letters[len(letters) - n :]) for term, n in zip(terms, extra, strict=True)]
    if not arrow:
        every = "".join(terms)
        output = "..." + "".join(sorted(c for c in set(every) - set(letters) if every.count(c) == 1))
    return terms, output.replace("...", letters)


def _diagonal(x, labels, sizes):
    """`x` without axes of size 1 that would broadcast, and with one axis for a label that stands there twice."""
    axes = [i for i, (label, n) in enumerate(zip(labels, x.shape, strict=True)) if n == 1 and sizes[label] != 1]
    x = xp.squeeze(x, axis=tuple(axes))
    labels = "".join(label for i, label in enumerate(labels) if i not in axes)
    for label in {label for label in labels if labels.count(label) > 1}:
        while labels.count(label) > 1:
            i = labels.index(label)
            j = labels.index(label, i + 1)
            n = x.shape[i]
            order = [k for k in range(x.ndim) if k not in (i, j)]
            rest = tuple(x.shape[k] for k in order)
            x = xp.reshape(xp.permute_dims(x, (*order, i, j)), (*rest, n * n))
            x = xp.take(x, xp.arange(n) * (n + 1), axis=-1)
            labels = "".join(labels[k] for k in order) + label
    return x, labels


def _summed(x, labels, kept):
    """`x` summed over the axes whose labels nobody needs any more."""
    axes = tuple(i for i, label in enumerate(labels) if label not in kept)
    return xp.sum(x, axis=axes, dtype=x.dtype), "".join(label for label in labels if label in kept)


def _product(x, left, y, right, later):
    """The product of two tensors summed over the labels that neither the result nor a later operand has."""
    x, left = _summed(x, left, right + later)
    y, right = _summed(y, right, left + later)
    both = [label for label in left if label in right]
    batch, inner = [c for c in both if c in later], [c for c in both if c not in later]
    rows, columns = [c for c in left if c not in both], [c for c in right if c not in both]
    x, y = _ordered(x, left, batch, rows, inner), _ordered(y, right, batch, inner, columns)
    sizes = (*x.shape[: len(batch) + len(rows)], *y.shape[len(batch) + len(inner) :])
    return xp.reshape(
        xp.matmul(_as_matrices(x, len(batch), len(rows)), _as_matrices(y, len(batch), len(inner))), sizes
    ), "".join([*batch, *rows, *columns])


def _ordered(x, labels, *groups):
    return xp.permute_dims(x, tuple(labels.index(label) for group in groups for label in group))


def _as_matrices(x, batch, rows):
    """`x` with the axes behind the batch as two: the next `rows` of them, and the others."""
    sizes = x.shape[batch:]
    return xp.reshape(x, (*x.shape[:batch], math.prod(sizes[:rows]), math.prod(sizes[rows:])))
