"""The choice of the engine, and the settings that all parts read when they are called.

A setting comes from the first of these that has it: a call (`set_floatx`, `use_backend`), the environment
(`KERAS_BACKEND`), the file `$KERAS_HOME/keras.json` (default `~/.keras/keras.json`; read, never written), the default.
`explain()` prints all settings and where they came from.

An engine named in the environment has to be installed. Keras itself writes "tensorflow" into the file, so if the file
names an engine of Keras that is not installed, the first installed engine is used, with a `ConfigWarning`.
"""

from __future__ import annotations

import os
import warnings
from collections.abc import Callable
from typing import Protocol

from keraslite.backend import registry
from keraslite.backend import settings as _settings
from keraslite.backend.settings import (
    backend,
    epsilon,
    floatx,
    image_data_format,
    set_epsilon,
    set_floatx,
    set_image_data_format,
)
from keraslite.config import limits as _limits
from keraslite.config import switches as _switches
from keraslite.config.file import config_path, read_file
from keraslite.config.limits import max_epochs, max_steps_per_epoch, set_max_epochs, set_max_steps_per_epoch
from keraslite.config.report import explain, explain_fast_paths
from keraslite.config.switches import (
    disable_flash_attention,
    disable_interactive_logging,
    disable_traceback_filtering,
    enable_fast_paths,
    enable_flash_attention,
    enable_interactive_logging,
    enable_portable_random,
    enable_traceback_filtering,
    enable_unsafe_deserialization,
    fast_paths,
    is_flash_attention_enabled,
    is_interactive_logging_enabled,
    is_nnx_enabled,
    is_traceback_filtering_enabled,
    portable_random,
    set_backend,
)
from keraslite.errors import ConfigError, ConfigWarning

__all__ = [
    "backend",
    "disable_flash_attention",
    "disable_interactive_logging",
    "disable_traceback_filtering",
    "dtype_policy",
    "enable_fast_paths",
    "enable_flash_attention",
    "enable_interactive_logging",
    "enable_portable_random",
    "enable_traceback_filtering",
    "enable_unsafe_deserialization",
    "epsilon",
    "explain",
    "explain_fast_paths",
    "fast_paths",
    "floatx",
    "image_data_format",
    "is_flash_attention_enabled",
    "is_interactive_logging_enabled",
    "is_nnx_enabled",
    "is_traceback_filtering_enabled",
    "max_epochs",
    "max_steps_per_epoch",
    "portable_random",
    "set_backend",
    "set_dtype_policy",
    "set_epsilon",
    "set_floatx",
    "set_image_data_format",
    "set_max_epochs",
    "set_max_steps_per_epoch",
]

_DEFAULTS: dict[str, object] = {
    "floatx": "float32",
    "epsilon": 1e-7,
    "image_data_format": "channels_last",
    "portable_random": False,
    "fast_paths": frozenset(_switches.FAST_PATHS),
    "traceback_filtering": True,
    "flash_attention": None,
    "interactive_logging": True,
    "max_epochs": None,
    "max_steps_per_epoch": None,
}
_values, _origins = _settings.values, _settings.origins


class _Policy(Protocol):
    """A `DTypePolicy`. Its package is above this one, so it cannot be imported here."""

    @property
    def name(self) -> str: ...

    @property
    def compute_dtype(self) -> str: ...

    @property
    def variable_dtype(self) -> str: ...


_policy_getter: Callable[[], _Policy]
_policy_setter: Callable[..., None]


def dtype_policy() -> _Policy:
    """Return the `DTypePolicy` of layers that are given none.

    Returns:
        A `keraslite.DTypePolicy`.

    Example:
        >>> import keraslite as keras
        >>> keras.config.dtype_policy().compute_dtype
        'float32'
    """
    return _policy_getter()


def set_dtype_policy(policy: object) -> None:
    """Set the policy of layers that are given none, for the process.

    Args:
        policy: the name of a dtype, "mixed_float16", "mixed_bfloat16", or a `keraslite.DTypePolicy`.

    Raises:
        ArgumentError: if `policy` is no policy.

    Example:
        >>> import keraslite as keras
        >>> keras.config.set_dtype_policy("mixed_bfloat16")
        >>> keras.layers.Dense(3).compute_dtype
        'bfloat16'
        >>> keras.config.set_dtype_policy("float32")
    """
    _policy_setter(policy)


def offer_policies(getter: Callable[[], _Policy], setter: Callable[..., None]) -> None:
    """Set what `dtype_policy` and `set_dtype_policy` call. The package of policies is above this module."""
    global _policy_getter, _policy_setter
    _policy_getter, _policy_setter = getter, setter


def _load() -> None:
    """Apply the file and the environment to the defaults. The engine is named, not loaded."""
    _values.clear()
    _origins.clear()
    from_file = read_file(config_path())
    for name, value in _DEFAULTS.items():
        _settings.keep(name, *from_file.get(name, (value, "the default")))
    _switches.set_fast_paths(frozenset(_switches.FAST_PATHS), "the default")
    for name, variable in _limits.VARIABLES.items():
        text = os.environ.get(variable)
        if text:
            _settings.keep(name, _limits.checked(_whole(text, variable), name, variable), variable)
    if "backend" in from_file:
        _settings.keep("backend", *from_file["backend"])


def _whole(text: str, variable: str) -> int:
    if not text.isdecimal() or not int(text):
        raise ConfigError(f"{variable} needs to be a positive integer. Received {text!r}.")
    return int(text)


def _choose_backend() -> str:
    """Return the default of the process: `KERAS_BACKEND`, the file, or the first installed engine."""
    name = os.environ.get("KERAS_BACKEND")
    if name:
        _settings.keep("backend", registry.check_name(name, "KERAS_BACKEND"), "KERAS_BACKEND")
    elif "backend" not in _origins:
        _settings.keep("backend", registry.installed()[0], f"the first installed of {', '.join(registry.known())}")
    elif _values["backend"] in registry.NAMES_OF_KERAS and not registry.is_installed(str(_values["backend"])):
        _pass_over_file()
    else:
        registry.check_name(_values["backend"], f"{_origins['backend']}: `backend`")
    return str(_values["backend"])


def _pass_over_file() -> None:
    """Use the first installed engine. Keras writes its own choice into the file, so perhaps no user asked for it."""
    where, named, taken = _origins["backend"], _values["backend"], registry.installed()[0]
    _settings.keep("backend", taken, f"the first installed, for {where} names {named!r}, which is not")
    warnings.warn(
        f"{where}: `backend` needs an engine that is installed. Received {named!r}. {taken!r} is used instead. "
        f"Set KERAS_BACKEND or correct the file. {registry.offered()}",
        ConfigWarning,
        stacklevel=2,
    )


_load()
registry.set_default_resolver(_choose_backend)
