"""Calls of the conformance suite's rows on real Keras; `run_all` runs in the process of `keras_peer`.

Arguments travel as lists, dicts, numbers, text and arrays; tuples, slices and `...` as dicts with one name. Results
travel as such nests too, a tensor as {"dtype": name, "value": array}, a tuple as a list.
"""

from __future__ import annotations

import functools
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

Leaf = Callable[[Any], Any]


def pack(x: Any) -> Any:
    """An argument as it travels."""
    if isinstance(x, tuple):
        return {"tuple": [pack(item) for item in x]}
    if isinstance(x, slice):
        return {"slice": [x.start, x.stop, x.step]}
    if x is ...:
        return {"ellipsis": True}
    return [pack(item) for item in x] if isinstance(x, list) else x


def plain(x: Any, leaf: Leaf) -> Any:
    """A result as it travels, with `leaf` of every tensor."""
    if isinstance(x, dict):
        return {"named": {name: plain(item, leaf) for name, item in x.items()}}
    if isinstance(x, (list, tuple)):
        return [plain(item, leaf) for item in x]
    return x if x is None or type(x) in (bool, int, float, str) else leaf(x)


def tensor(value: np.ndarray, dtype: str) -> dict[str, Any]:
    """A tensor as it travels; floats as float64, because NumPy's files have no bfloat16."""
    return {"dtype": dtype, "value": value if value.dtype.kind in "biuc" else value.astype("float64")}


def in_one_program(
    jit: Callable[..., Any], run: Callable[[int, list[Any], Leaf], Any], groups: Sequence[list[Any]], leaf: Leaf
) -> list[Any]:
    """What `run(number, group, leaf)` gives for each group of tensors, all compiled into one program.

    Each call by itself would compile one program after another, which on JAX takes minutes.
    """
    answers: list[Any] = []

    def program(given: list[list[Any]]) -> list[Any]:
        leaves: list[Any] = []

        def place(x: Any) -> dict[str, int]:
            leaves.append(x)
            return {"place": len(leaves) - 1}

        answers[:] = [run(i, group, place) for i, group in enumerate(given)]
        return leaves

    leaves = [leaf(x) for x in jit(program)(list(groups))]

    def filled(x: Any) -> Any:
        if isinstance(x, dict):
            return leaves[x["place"]] if "place" in x else {name: filled(item) for name, item in x.items()}
        return [filled(item) for item in x] if isinstance(x, list) else x

    return [filled(answer) for answer in answers]


def run_all(calls: list[dict[str, Any]], compiled: bool) -> list[dict[str, Any]]:
    """What each of `calls` gives, {"result": ...} or {"error": text}; {} where Keras has no op of that name.

    Args:
        calls: `op`, a name below `keras.ops`; `args` and `kwargs` as `pack` made them; `dtypes`, those that the arrays
            among them have as tensors.
        compiled: whether to compile (on JAX). What doesn't compile is called as it is.
    """
    from keras import backend, ops

    def leaf(x: Any) -> dict[str, Any]:
        return tensor(np.asarray(ops.convert_to_numpy(x)), backend.standardize_dtype(x.dtype))

    groups = [_arrays(call) for call in calls]
    found: list[dict[str, Any]] = [{"error": ""}] * len(calls)
    if compiled:
        import jax

        found = in_one_program(jax.jit, lambda i, group, place: _run(calls[i], group, place), groups, leaf)
    return [
        _run(call, [ops.convert_to_tensor(a) for a in group], leaf) if "error" in answer else answer
        for call, group, answer in zip(calls, groups, found, strict=True)
    ]


def _arrays(call: dict[str, Any]) -> list[np.ndarray]:
    arrays: list[np.ndarray] = []

    def walk(x: Any) -> None:
        if isinstance(x, np.ndarray):
            arrays.append(x)
        for item in x.values() if isinstance(x, dict) else x if isinstance(x, list) else ():
            walk(item)

    walk([call["args"], call["kwargs"]])
    return [a.astype(dtype) for a, dtype in zip(arrays, call["dtypes"], strict=True)]


def _run(call: dict[str, Any], tensors: list[Any], leaf: Leaf) -> dict[str, Any]:
    from keras import ops

    try:
        function = functools.reduce(getattr, call["op"].split("."), ops)
    except AttributeError:
        return {}
    left = iter(tensors)

    def unpack(x: Any) -> Any:
        if isinstance(x, np.ndarray):
            return next(left)
        if isinstance(x, dict):
            ((kind, inside),) = x.items()
            return ... if kind == "ellipsis" else slice(*inside) if kind == "slice" else tuple(map(unpack, inside))
        return [unpack(item) for item in x] if isinstance(x, list) else x

    try:
        args = [unpack(x) for x in call["args"]]
        kwargs = {name: unpack(x) for name, x in call["kwargs"].items()}
        return {"result": plain(function(*args, **kwargs), leaf)}
    except Exception as error:  # whatever Keras or its backend raises is what is asked for
        return {"error": " ".join(f"{type(error).__name__}: {error}".split())[:200]}
