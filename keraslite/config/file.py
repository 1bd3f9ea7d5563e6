"""The configuration file, `$KERAS_HOME/keras.json` (default `~/.keras/keras.json`): read, never written."""

from __future__ import annotations

import json
import os
from pathlib import Path

from keraslite.backend.settings import DATA_FORMATS, FLOATX
from keraslite.errors import ConfigError

__all__ = ["config_path", "read_file"]

_IN_FILE = ("backend", "floatx", "epsilon", "image_data_format")


def config_path() -> Path:
    """Return the path of the configuration file."""
    home = os.environ.get("KERAS_HOME")
    return (Path(home) if home else Path.home() / ".keras") / "keras.json"


def read_file(path: Path) -> dict[str, tuple[object, str]]:
    """Return the known fields of a configuration file: name -> (value, "file, line n")."""
    try:
        text = path.read_text(encoding="utf-8")
    except (FileNotFoundError, NotADirectoryError):
        return {}
    except (OSError, UnicodeDecodeError) as error:
        raise ConfigError(f"{path}: cannot be read: {error}.") from error
    try:
        content = json.loads(text)
    except json.JSONDecodeError as error:
        raise ConfigError(
            f"{path}, line {error.lineno}: a JSON object is needed: {error.msg}. Correct or remove the file."
        ) from error
    if not isinstance(content, dict):
        raise ConfigError(f"{path}, line 1: a JSON object is needed. Received {type(content).__name__}.")
    found = {}
    for name in _IN_FILE:
        if name in content:
            where = f"{path}, line {_line_of(name, text)}"
            found[name] = (_checked(name, content[name], where), where)
    return found


def _checked(name: str, value: object, where: str) -> object:
    problem = None
    if name == "epsilon":
        if isinstance(value, bool) or not isinstance(value, (int, float)) or not value >= 0:
            problem = "a non-negative number"
    elif name == "backend":
        if not isinstance(value, str):
            problem = "the name of an engine"
    else:
        options = FLOATX if name == "floatx" else DATA_FORMATS
        if value not in options:
            problem = "one of " + ", ".join(map(repr, options))
    if problem:
        raise ConfigError(f"{where}: `{name}` needs {problem}. Received {value!r}.")
    return value


def _line_of(name: str, text: str) -> int:
    return text[: max(text.find(f'"{name}"'), 0)].count("\n") + 1
