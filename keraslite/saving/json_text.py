"""Configs as JSON text, read within limits."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any, NoReturn, TypeAlias

from keraslite import allowance
from keraslite.errors import CorruptFileError
from keraslite.saving.damage import quoted

Pairs: TypeAlias = "Callable[[list[tuple[str, object]]], object]"
_DEEPEST = 256  # levels of lists and dicts; a model in a model has four
_NODE = 96  # bytes that a number, text, list or dict of Python takes, about
_LONGEST = 1 << 20  # characters of one text
_LONGEST_NAME = 1000  # characters of the name of a class, function, module or layer
_NAMES = ("class_name", "registered_name", "module", "name")
_OPENING = (b",", b"[", b"{")


def parse(text: str | bytes, where: str) -> dict[str, object]:
    """Return the config of a model from JSON text."""
    config = loaded(text, where)
    if not isinstance(config, dict) or not isinstance(config.get("class_name"), str):
        raise CorruptFileError(f"{where} describes no model.")
    return config


def loaded(
    text: str | bytes, where: str, pairs_hook: Callable[[list[tuple[str, object]]], object] | None = None
) -> Any:
    """Return what is in JSON text. What it takes in memory counts against the file's allowance.

    Args:
        text: the text.
        where: what it is in messages.
        pairs_hook: what makes each dict from its pairs; it raises a `ValueError` for wrong ones.
    """
    content = text.encode("utf-8", "surrogatepass") if isinstance(text, str) else text
    nodes = sum(map(content.count, _OPENING)) + 1
    allowance.charge(2 * len(content) + nodes * _NODE, f"JSON text with {nodes} values")
    try:
        value = json.loads(content, object_pairs_hook=pairs_hook)
    except (ValueError, RecursionError) as error:
        said = "too many levels" if isinstance(error, RecursionError) else quoted(str(error))
        raise CorruptFileError(f"{where} is no JSON: {said}. Save it again.") from error
    if isinstance(value, (dict, list)):
        _check(value, where)
    return value


def _check(config: object, where: str) -> None:
    """Refuse nests that are too deep and texts that are too long."""
    level, depth = [config], 0
    while level:
        depth += 1
        if depth > _DEEPEST:
            _refuse(where, f"at most {_DEEPEST} levels", "more")
        below: list[object] = []
        for nest in level:
            if isinstance(nest, dict):
                for key in nest:
                    if len(key) > _LONGEST_NAME:
                        _refuse(where, f"keys of at most {_LONGEST_NAME} characters", f"{quoted(key)!r}")
                for key in _NAMES:
                    name = nest.get(key)
                    if isinstance(name, str) and len(name) > _LONGEST_NAME:
                        _refuse(where, f"names of at most {_LONGEST_NAME} characters", f"{key}={quoted(name)!r}")
            for value in nest.values() if isinstance(nest, dict) else nest:  # type: ignore[attr-defined]
                if isinstance(value, (dict, list)):
                    below.append(value)
                elif isinstance(value, str) and len(value) > _LONGEST:
                    _refuse(where, f"texts of at most {_LONGEST} characters", f"{quoted(value)!r}")
        level = below


def _refuse(where: str, needed: str, received: str) -> NoReturn:
    raise CorruptFileError(f"{where} needs {needed}. Received {received}.")
