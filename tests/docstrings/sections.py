"""Splits a docstring into sections."""

from __future__ import annotations

import re

_ENTRY = re.compile(r"(\*{0,2}\w+(?:, \*{0,2}\w+)*)(?: \([^)]*\))?:(.*)")


def named(docstring: str) -> dict[str, str]:
    """The parameters that `Args:` names, each with the first line of what is said of it.

    >>> named('''A line.
    ...
    ... Args:
    ...     x, y: two
    ...         numbers.
    ...     **kwargs:
    ...         more.
    ...
    ... Returns:
    ...     none: this is no parameter.''')
    {'x': 'two', 'y': 'two', 'kwargs': 'more.'}
    """
    lines = iter(docstring.splitlines())
    if not any(line == "Args:" for line in lines):
        return {}
    found: dict[str, str] = {}
    open_names: list[str] = []
    for line in lines:
        if line and not line.startswith(" "):
            break
        entry = _ENTRY.fullmatch(line[4:])
        if entry:
            open_names = [name.lstrip("*") for name in entry[1].split(", ")]
            found.update(dict.fromkeys(open_names, entry[2].strip()))
        elif line.strip() and open_names and not found[open_names[0]]:
            found.update(dict.fromkeys(open_names, line.strip()))
    return found
