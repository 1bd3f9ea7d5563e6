"""Switches: fast paths, portable random numbers, logging and tracebacks."""

from __future__ import annotations

import warnings

from keraslite import check
from keraslite.backend import registry, settings, tracebacks
from keraslite.errors import ConfigWarning, users_line

FAST_PATHS = ("compiled_calls", "compiled_steps", "fetch_ahead", "replayed_steps", "step_loops")

_fast_paths = frozenset(FAST_PATHS)


def portable_random() -> bool:
    """Return whether random numbers are equal on every engine.

    Returns:
        False unless `enable_portable_random` was called.

    Example:
        >>> import keraslite as keras
        >>> keras.config.portable_random()
        False
    """
    return bool(settings.values["portable_random"])


def enable_portable_random(flag: bool = True) -> None:
    """Draw random numbers by one algorithm on every engine, which is slower, or by the engine's own generator.

    Args:
        flag: True for the portable algorithm, False for the engine's own.

    Example:
        >>> import keraslite as keras
        >>> keras.config.enable_portable_random()
        >>> x = keras.ops.convert_to_numpy(keras.random.uniform((2,), seed=1))  # the same on every engine
        >>> keras.config.enable_portable_random(False)
    """
    settings.keep("portable_random", bool(flag), "enable_portable_random()")


def fast_paths() -> frozenset[str]:
    """Return the names of the fast paths that may be taken.

    Returns:
        A set of names; `enable_fast_paths` describes them.

    Example:
        >>> import keraslite as keras
        >>> "fetch_ahead" in keras.config.fast_paths()
        True
    """
    return _fast_paths


def enable_fast_paths(flag: bool = True, *names: str) -> None:
    """Allow or forbid faster ways of doing the same work, for the process. Without names, all of them are meant.

    Each computes what the plain way computes, except for the last bits. Switch them off to find out whether one is at
    fault. Switch off "compiled_steps" and "step_loops" if runs must be equal to the last bit: these paths begin when
    a measurement says that they are faster.

    Args:
        flag: True allows, False forbids.
        *names: "compiled_calls": `model(x)` of a functional model is compiled after a few calls; "compiled_steps": on
            TensorFlow, XLA is tried for programs that have run for seconds; "fetch_ahead": a thread reads the next
            batches of a slow generator or loader while a step runs; "replayed_steps": on PyTorch, steps run without
            Python between operations; "step_loops": `fit` runs many short steps in one loop of the engine.

    Raises:
        ArgumentError: if a name is none of these.

    Example:
        >>> import keraslite as keras
        >>> keras.config.enable_fast_paths(False, "step_loops")
        >>> "step_loops" in keras.config.fast_paths()
        False
        >>> keras.config.enable_fast_paths()
    """
    for name in names:
        check.one_of(name, FAST_PATHS, "names", "enable_fast_paths")
    chosen = frozenset(names or FAST_PATHS)
    set_fast_paths(_fast_paths | chosen if flag else _fast_paths - chosen, "enable_fast_paths()")


def set_fast_paths(names: frozenset[str], origin: str) -> None:
    """Allow these fast paths and no others."""
    global _fast_paths
    _fast_paths = names
    settings.keep("fast_paths", names, origin)


def enable_traceback_filtering() -> None:
    """Leave the frames within keraslite and its engine out of tracebacks, for the process. That is the default.

    Example:
        >>> import keraslite as keras
        >>> keras.config.enable_traceback_filtering()
        >>> keras.config.is_traceback_filtering_enabled()
        True
    """
    settings.keep("traceback_filtering", True, "enable_traceback_filtering()")
    tracebacks.set_filtering(True)


def disable_traceback_filtering() -> None:
    """Keep all frames in tracebacks, for the process, to find out where in keraslite an error comes from.

    Example:
        >>> import keraslite as keras
        >>> keras.config.disable_traceback_filtering()
        >>> keras.config.is_traceback_filtering_enabled()
        False
        >>> keras.config.enable_traceback_filtering()
    """
    settings.keep("traceback_filtering", False, "disable_traceback_filtering()")
    tracebacks.set_filtering(False)


def is_traceback_filtering_enabled() -> bool:
    """Return whether frames within keraslite and its engine are left out of tracebacks.

    Returns:
        True unless `disable_traceback_filtering` was called.

    Example:
        >>> import keraslite as keras
        >>> keras.config.is_traceback_filtering_enabled()
        True
    """
    return bool(settings.values["traceback_filtering"])


def enable_flash_attention() -> None:
    """Let attention use fused kernels where the engine has them, for the process. That is the default.

    Example:
        >>> import keraslite as keras
        >>> keras.config.enable_flash_attention()
    """
    settings.keep("flash_attention", None, "enable_flash_attention()")


def disable_flash_attention() -> None:
    """Let attention be computed by matrix products and a softmax, without a fused kernel, for the process.

    It is read when an attention is computed. A step that was compiled before keeps its kernel.

    Example:
        >>> import keraslite as keras
        >>> keras.config.disable_flash_attention()
        >>> keras.config.is_flash_attention_enabled()
        False
        >>> keras.config.enable_flash_attention()
    """
    settings.keep("flash_attention", False, "disable_flash_attention()")


def is_flash_attention_enabled() -> bool | None:
    """Return whether attention may use fused kernels.

    Returns:
        False after `disable_flash_attention`; otherwise None: they are used where the engine has them.

    Example:
        >>> import keraslite as keras
        >>> keras.config.is_flash_attention_enabled() is None
        True
    """
    return None if settings.values["flash_attention"] is None else False


def enable_interactive_logging() -> None:
    """Print progress bars and summaries to the standard output, for the process. That is the default.

    Example:
        >>> import keraslite as keras
        >>> keras.config.enable_interactive_logging()
        >>> keras.config.is_interactive_logging_enabled()
        True
    """
    settings.keep("interactive_logging", True, "enable_interactive_logging()")


def disable_interactive_logging() -> None:
    """Send progress and summaries to the logger "keraslite" of Python's `logging`, for the process.

    The level is INFO, one record a line, and no line is drawn again. A program decides by the logger's handlers
    where the lines go.

    Example:
        >>> import keraslite as keras
        >>> keras.config.disable_interactive_logging()
        >>> keras.config.is_interactive_logging_enabled()
        False
        >>> keras.config.enable_interactive_logging()
    """
    settings.keep("interactive_logging", False, "disable_interactive_logging()")


def is_interactive_logging_enabled() -> bool:
    """Return whether progress and summaries are printed to the standard output.

    Returns:
        True unless `disable_interactive_logging` was called.

    Example:
        >>> import keraslite as keras
        >>> keras.config.is_interactive_logging_enabled()
        True
    """
    return bool(settings.values["interactive_logging"])


def is_nnx_enabled() -> bool:
    """Return whether layers and Variables are those of Flax NNX.

    Returns:
        Always False: a layer is the same class on every engine.

    Example:
        >>> import keraslite as keras
        >>> keras.config.is_nnx_enabled()
        False
    """
    return False


def enable_unsafe_deserialization() -> None:
    """Give a warning and change nothing: files are data, and no setting lets them run code.

    A file that would need code of yours names it: register the class or function, or pass `custom_objects=` to
    `load_model`.

    Example:
        >>> import warnings
        >>> import keraslite as keras
        >>> with warnings.catch_warnings(record=True) as caught:
        ...     warnings.simplefilter("always")
        ...     keras.config.enable_unsafe_deserialization()
        >>> caught[0].category.__name__
        'ConfigWarning'
    """
    warnings.warn(
        "`enable_unsafe_deserialization` changes nothing: files are data and run no code. Register classes and "
        "functions of yours with `@keraslite.saving.register_keras_serializable()`, or pass `custom_objects=`.",
        ConfigWarning,
        stacklevel=users_line(),
    )


def set_backend(backend: str) -> None:
    """Choose the active engine, for the process. Layers and Variables made before stay on their engine.

    `keraslite.use_backend` chooses it for a block, and a block keeps its engine. KERAS_BACKEND in the environment
    chooses it before keraslite is imported.

    Args:
        backend: "jax", "torch", "tensorflow", "numpy", or the name of a plug-in's engine.

    Raises:
        UnknownBackendError: if there is no such engine, or if it is not installed.

    Example:
        >>> import keraslite as keras
        >>> keras.config.set_backend(keras.config.backend())
    """
    registry.set_default(registry.check_name(backend, "`set_backend`"))
    settings.keep("backend", backend, "set_backend()")
