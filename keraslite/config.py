"""Which engine, and the numeric settings every part reads at call time.

Each setting comes from the first of: a call (`set_floatx`, `use_backend`), the environment
(`KERAS_BACKEND`), the file `$KERAS_HOME/keras.json` (default `~/.keras/keras.json`; read, never
written), the default. `explain()` prints them with where they came from.

An engine named in the environment has to be installed. Keras itself writes "tensorflow" into the file: where the file
names an engine of Keras that is not installed, the first installed one is taken, with a `ConfigWarning`.
"""

from __future__ import annotations

import json
import os
import sys
import warnings
from collections.abc import Callable
from pathlib import Path
from typing import Any, TextIO

from keraslite import check
from keraslite.backend import dtypes, registry, tracebacks
from keraslite.errors import ArgumentError, ConfigError, ConfigWarning

__all__ = [
    "backend",
    "disable_traceback_filtering",
    "dtype_policy",
    "enable_fast_paths",
    "enable_portable_random",
    "enable_traceback_filtering",
    "epsilon",
    "explain",
    "explain_fast_paths",
    "fast_paths",
    "floatx",
    "image_data_format",
    "is_traceback_filtering_enabled",
    "portable_random",
    "set_dtype_policy",
    "set_epsilon",
    "set_floatx",
    "set_image_data_format",
]

FLOATX = ("float32", "float64", "float16", "bfloat16")
FAST_PATHS = ("compiled_calls", "compiled_steps", "fetch_ahead", "replayed_steps", "step_loops")
DATA_FORMATS = ("channels_last", "channels_first")
_DEFAULTS: dict[str, Any] = {
    "floatx": "float32",
    "epsilon": 1e-7,
    "image_data_format": "channels_last",
    "portable_random": False,
    "fast_paths": frozenset(FAST_PATHS),
    "traceback_filtering": True,
}
_IN_FILE = ("backend", "floatx", "epsilon", "image_data_format")

_policy_getter: Callable[[], Any]
_policy_setter: Callable[[Any], None]
_values: dict[str, Any] = {}
_origins: dict[str, str] = {}


def backend() -> str:
    """Name of the active engine: "numpy", "torch", "jax", "tensorflow" or a plug-in's."""
    return registry.current().name


def floatx() -> str:
    """The float dtype used where nothing says otherwise."""
    return dtypes.default_float()


def set_floatx(value: str) -> None:
    """Set `floatx` for the process: "float32", "float64", "float16" or "bfloat16"."""
    _set("floatx", check.one_of(value, FLOATX, "value", "set_floatx"), "set_floatx()")
    dtypes.set_default_float(value)


def epsilon() -> float:
    """The small number that keeps divisions and logarithms finite."""
    return _values["epsilon"]


def set_epsilon(value: float) -> None:
    """Set `epsilon` for the process."""
    _set("epsilon", check.number(value, "value", "set_epsilon", low=0), "set_epsilon()")


def image_data_format() -> str:
    """ "channels_last" or "channels_first"."""
    return _values["image_data_format"]


def set_image_data_format(data_format: str) -> None:
    """Set `image_data_format` for the process."""
    check.one_of(data_format, DATA_FORMATS, "data_format", "set_image_data_format")
    _set("image_data_format", data_format, "set_image_data_format()")


def dtype_policy() -> Any:
    """The `DTypePolicy` of layers that are given none."""
    return _policy_getter()


def set_dtype_policy(policy: Any) -> None:
    """Set the policy of layers that are given none, for the process: a name such as "mixed_bfloat16", or a policy."""
    _policy_setter(policy)


def offer_policies(getter: Callable[[], Any], setter: Callable[[Any], None]) -> None:
    """What `dtype_policy` and `set_dtype_policy` call: the package of policies stands above this module."""
    global _policy_getter, _policy_setter
    _policy_getter, _policy_setter = getter, setter


def portable_random() -> bool:
    """Whether draws are equal on every engine."""
    return _values["portable_random"]


def enable_portable_random(flag: bool = True) -> None:
    """Draw random numbers by one algorithm on every engine (slower), or by the engine's own again."""
    _set("portable_random", bool(flag), "enable_portable_random()")


def fast_paths() -> frozenset[str]:
    """Names of the fast paths that may be taken."""
    return _values["fast_paths"]


def enable_fast_paths(flag: bool = True, *names: str) -> None:
    """Allow or forbid ways of doing the same work faster, for the process; all of them if none is named.

    Each gives the results of the slow way but for the last bits. Switch them off to find out whether one is at fault,
    or "compiled_steps" and "step_loops" for runs that must be equal to the bit: those are taken up when they were timed
    to be faster.

    Args:
        flag: True allows, False forbids.
        names: "compiled_calls": `model(x)` of a functional model is compiled after a few calls; "compiled_steps": on
            TensorFlow, programs that ran for seconds are also tried by XLA; "fetch_ahead": a thread asks generators and
            loaders that take their time for the next batches while a step runs; "replayed_steps": on PyTorch, steps run
            without Python between operations; "step_loops": `fit` runs many short steps in one loop of the engine.
    """
    for name in names:
        check.one_of(name, FAST_PATHS, "names", "enable_fast_paths")
    chosen = frozenset(names or FAST_PATHS)
    found = fast_paths() | chosen if flag else fast_paths() - chosen
    _set("fast_paths", found, "enable_fast_paths()")


def enable_traceback_filtering() -> None:
    """Leave the frames within keraslite and its engine out of tracebacks, for the process. That is the default."""
    _set("traceback_filtering", True, "enable_traceback_filtering()")
    tracebacks.set_filtering(True)


def disable_traceback_filtering() -> None:
    """Keep all frames in tracebacks, for the process: to find out where in keraslite an error comes from."""
    _set("traceback_filtering", False, "disable_traceback_filtering()")
    tracebacks.set_filtering(False)


def is_traceback_filtering_enabled() -> bool:
    """Whether frames within keraslite and its engine are left out of tracebacks."""
    return _values["traceback_filtering"]


def explain(file: TextIO | None = None) -> None:
    """Print each setting with where it came from, the engines installed, and the device."""
    engine = registry.current()
    origin = "the process default" if engine is registry.default() else "use_backend()"
    rows = [("backend", engine.name, _origins["backend"] if origin != "use_backend()" else origin)]
    rows += [(name, _shown(_values[name]), _origins[name]) for name in _DEFAULTS]
    rows += [("installed", ", ".join(registry.installed()), "engines found here")]
    rows += [("device", engine.default_device(), f"of {', '.join(engine.devices())}")]
    width = max(len(value) for _, value, _ in rows)
    for name, value, where in rows:
        print(f"{name:<19} {value:<{width}}  {where}", file=file or sys.stdout)


def explain_fast_paths(subject: Any, file: TextIO | None = None) -> None:
    """Print what was decided about each fast path of a model or jitted function, and why.

    The table has four columns:

    - program: such as the training step for one shape of batches;
    - fast path: `enable_fast_paths` describes them. There are two more: "compiled" (the engine compiles it) and
      "silent_steps" (`fit` and `evaluate` run steps without a break, because no callback looks at single batches);
    - taken: "yes", "no" or "not decided";
    - reason: for example what was timed, what has changed, or which callback looks at batches.

    Args:
        subject: a model that was fitted, evaluated, asked for predictions or called; or what `transforms.jit` gave.
        file: where to print; None is the standard output.
    """
    tell = getattr(subject, "_verdicts", None) or getattr(subject, "verdicts", None)
    if tell is None:
        raise ArgumentError(
            "`explain_fast_paths` needs a model or a jitted function. "
            f"Received {type(subject).__name__} {subject!r:.60}."
        )
    words = {True: "yes", False: "no", None: "not decided"}
    rows = [(each.program, each.path, words[each.taken], each.reason) for each in tell()]
    rows = rows or [("nothing", "", "", "it was not fitted, evaluated or called yet")]
    rows = [("program", "fast path", "taken", "reason"), *rows]
    widths = [max(len(row[i]) for row in rows) for i in range(3)]
    for row in rows:
        print("  ".join([*(text.ljust(width) for text, width in zip(row, widths, strict=False)), row[3]]),
              file=file or sys.stdout)  # fmt: skip


def _shown(value: Any) -> str:
    return (", ".join(sorted(value)) or "none") if isinstance(value, frozenset) else str(value)


def config_path() -> Path:
    """Where the configuration file is looked for."""
    home = os.environ.get("KERAS_HOME")
    return (Path(home) if home else Path.home() / ".keras") / "keras.json"


def read_file(path: Path) -> dict[str, tuple[Any, str]]:
    """The known fields of a configuration file: name -> (value, "file, line n"). None of it is written."""
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


def _checked(name: str, value: Any, where: str) -> Any:
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


def _set(name: str, value: Any, origin: str) -> None:
    _values[name] = value
    _origins[name] = origin


def _load() -> None:
    """Read the file over the defaults. The engine is only named here, not loaded."""
    _values.clear()
    _origins.clear()
    from_file = read_file(config_path())
    for name, value in _DEFAULTS.items():
        _set(name, *from_file.get(name, (value, "the default")))
    dtypes.set_default_float(_values["floatx"])
    if "backend" in from_file:
        _set("backend", *from_file["backend"])


def _choose_backend() -> str:
    """The process default: `KERAS_BACKEND`, the file, or the first one installed."""
    name = os.environ.get("KERAS_BACKEND")
    if name:
        _set("backend", registry.check_name(name, "KERAS_BACKEND"), "KERAS_BACKEND")
    elif "backend" not in _origins:
        _set("backend", registry.installed()[0], f"the first installed of {', '.join(registry.known())}")
    elif _values["backend"] in registry.NAMES_OF_KERAS and not registry.is_installed(_values["backend"]):
        _pass_over_file()
    else:
        registry.check_name(_values["backend"], f"{_origins['backend']}: `backend`")
    return _values["backend"]


def _pass_over_file() -> None:
    """Take the first installed engine: Keras writes its own choice into the file, and nobody may have asked for it."""
    where, named, taken = _origins["backend"], _values["backend"], registry.installed()[0]
    _set("backend", taken, f"the first installed, for {where} names {named!r}, which is not")
    warnings.warn(
        f"{where}: `backend` needs an engine that is installed. Received {named!r}. {taken!r} is used instead. "
        f"Set KERAS_BACKEND or correct the file. {registry.offered()}",
        ConfigWarning,
        stacklevel=2,
    )


_load()
registry.set_default_resolver(_choose_backend)
