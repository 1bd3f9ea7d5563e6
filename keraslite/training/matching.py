"""Which loss or metric goes with which output and target.

What `compile` takes is a nest by output: one thing for all, a list in the order of the outputs, or a dict by name.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, TypeAlias, TypeGuard

from keraslite.check import nearest
from keraslite.errors import ArgumentError, DataError, UnknownOutputError

__all__ = ["Match", "match"]


IsLeaf: TypeAlias = Callable[[object, bool], bool]
_Nest: TypeAlias = list[Any] | tuple[Any, ...] | Mapping[Any, Any]


@dataclass
class Match:
    """One output with what was given for it. `name` is None where the output has none."""

    given: Any
    weight: Any
    y_true: Any
    y_pred: Any
    sample_weight: Any
    name: str | None
    many: bool


def match(
    given: object,
    weights: object,
    y_true: object,
    y_pred: object,
    sample_weight: object,
    names: list[str] | None,
    what: str,
    is_leaf: IsLeaf,
) -> Iterator[Match]:
    """The outputs in order, each with its part of every argument.

    Args:
        given: losses or metrics; `is_leaf(given, one)` says that it belongs to one output, `one` that there is but one.
        names: of the outputs, where the model has them.
        what: the argument's name, for messages.
    """
    count = _count(y_pred)
    found = iter(names) if names is not None and len(names) == count else None
    yield from _match(given, weights, y_true, y_pred, sample_weight, found, what, is_leaf, "", count > 1)


def _match(
    given: object,
    weights: object,
    y_true: object,
    y_pred: object,
    sample_weight: object,
    names: Iterator[str] | None,
    what: str,
    is_leaf: IsLeaf,
    name: str,
    many: bool,
) -> Iterator[Match]:
    if given is None:
        return
    if not _is_nest(y_pred):
        name = name or (next(names) if names is not None and not many else "")
        own = name or None
        given, weights = _only(given, own, what, is_leaf), _only(weights, own, "loss_weights", _is_number)
        y_true = _only(y_true, own, "y", _is_tensor)
        sample_weight = _only(sample_weight, own, "sample_weight", _is_tensor)
        if given is not None:
            yield Match(given, weights, y_true, y_pred, sample_weight, own, many)
        return
    keys, outputs = _keys(y_pred, names)
    parts = [_part(given, i, keys, what, is_leaf) for i in range(len(keys))]
    y_true = _for_one_output(y_true, parts)
    for i, (key, output) in enumerate(zip(keys, outputs, strict=True)):
        shown = name if key is None else f"{name}/{key}" if name else key
        yield from _match(
            parts[i],
            _part(weights, i, keys, "loss_weights", _is_number),
            _part(y_true, i, keys, "y", _nothing, strict=True),
            output,
            _part(sample_weight, i, keys, "sample_weight", _is_tensor),
            names,
            what,
            is_leaf,
            shown,
            many,
        )


def _for_one_output(y_true: object, parts: list[object]) -> object:
    """Return targets by output: one array, or a list of one, belongs to the only output that something is given for."""
    if y_true is None or isinstance(y_true, Mapping) or (isinstance(y_true, (list, tuple)) and len(y_true) != 1):
        return y_true
    wanted = [part is not None for part in parts]
    if len(parts) == 1 or sum(wanted) != 1:
        return y_true
    one = y_true[0] if isinstance(y_true, (list, tuple)) else y_true
    return [one if is_wanted else None for is_wanted in wanted]


def _count(y_pred: object) -> int:
    if not _is_nest(y_pred):
        return 1
    return sum(map(_count, y_pred.values() if isinstance(y_pred, Mapping) else y_pred))


def _keys(y_pred: _Nest, names: Iterator[str] | None) -> tuple[list[Any], list[object]]:
    """What the parts of a nest of outputs go by, and the parts: keys; names of layers; numbers of inner nests."""
    if isinstance(y_pred, Mapping):
        keys: list[Any] = sorted(y_pred, key=str)
        if names is not None:  # those within it go by its keys
            for _ in range(sum(not _is_nest(y_pred[key]) for key in keys)):
                next(names)
        return keys, [y_pred[key] for key in keys]
    if names is None:
        return [None] * len(y_pred), list(y_pred)
    return [str(i) if _is_nest(part) else next(names) for i, part in enumerate(y_pred)], list(y_pred)


def _part(nest: object, i: int, keys: list[object], what: str, is_leaf: IsLeaf, strict: bool = False) -> object:
    """The part of `nest` for output `i`. One thing that belongs to no output in particular goes to each."""
    if nest is None or is_leaf(nest, False):
        return nest
    if isinstance(nest, Mapping):
        _check_keys(nest, keys, what)
        return nest.get(keys[i])
    if isinstance(nest, (list, tuple)):
        if len(nest) != len(keys):
            raise (DataError if strict else ArgumentError)(
                f"`{what}` needs one entry for each of the model's {len(keys)} outputs {_shown(keys)}. "
                f"Received {len(nest)}. Give one an output, None for those without, or a dict by output name."
            )
        return nest[i]
    if strict and len(keys) > 1:
        raise DataError(
            f"`{what}` needs targets for each of the model's {len(keys)} outputs {_shown(keys)}. "
            f"Received one of type {type(nest).__name__}. Pass a list, tuple or dict of them."
        )
    return nest


def _only(nest: Any, name: str | None, what: str, is_leaf: IsLeaf) -> object:
    """`nest` for the only output: a dict with its name or a list of one are taken apart."""
    while nest is not None and not is_leaf(nest, True):
        if isinstance(nest, Mapping):
            if name is not None:
                _check_keys(nest, [name], what)
            elif len(nest) != 1:
                raise ArgumentError(f"`{what}` needs one entry for the one output. Received keys {list(nest)}.")
            nest = next(iter(nest.values()), None)
        elif len(nest) == 1:
            nest = nest[0]
        else:
            raise ArgumentError(f"`{what}` needs one entry for the model's one output. Received {len(nest)}.")
    return nest


def _check_keys(nest: Mapping[object, object], keys: Sequence[object], what: str) -> None:
    unknown = [key for key in nest if key not in keys]
    if unknown:
        raise UnknownOutputError(
            f"`{what}` needs the names of outputs, {_shown(keys)}. Received {unknown[0]!r}."
            f"{nearest(unknown[0], [key for key in keys if isinstance(key, str)])}"
        )


def _shown(keys: Sequence[object]) -> str:
    return str(keys) if any(key is not None for key in keys) else "(which have no names)"


def _is_nest(value: object) -> TypeGuard[_Nest]:
    return isinstance(value, (list, tuple, Mapping))


def _is_number(value: object, one: bool = True) -> bool:
    return not _is_nest(value)


_is_tensor = _is_number


def _nothing(value: object, one: bool) -> bool:
    return False
