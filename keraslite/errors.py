"""Every error keraslite raises on purpose.

KerasliteError
├── ArgumentError (ValueError)          a bad argument
│   ├── MisfitError                     targets and predictions whose shapes do not fit
│   ├── RankError (TypeError)           several elements where one is needed, or a scalar where a sequence is
│   └── NoValueError                    a symbolic tensor asked for its value by a function of JAX
├── DTypeError (TypeError)              a dtype that is unknown or cannot be promoted
├── UnknownNameError (ValueError)       a name that no loss, layer or other object has
│   └── UnknownOutputError (KeyError)   a key that is not an output of the model
├── TakenNameError (AttributeError)     an attribute that a layer keeps for itself
├── UnknownBackendError (ValueError)    no engine of that name, or not installed
├── ConfigError (ValueError)            a bad setting or configuration file
├── MixedEnginesError (TypeError)       tensors of two engines in one call
├── MissingCapabilityError (NotImplementedError)   the engine cannot do that
├── StateError (RuntimeError)           state read or assigned where it may not be
│   └── NotCompiledError (ValueError)   training before `compile`
├── SymbolicError (TypeError)           a symbolic tensor used as a concrete one
├── NotBuiltError (ValueError)          weights asked for before they exist
├── NoSuchNameError (AttributeError)    a name that a public module does not have
├── NoSuchImportError (ImportError)     the same for `from module import name`
├── MissingPackageError (ImportError)   a package that is not installed
├── FileError (OSError)                 a file that cannot be written or read
│   └── DownloadError                   a file that the network does not bring
├── DataError (ValueError)              training data that does not fit
│   └── OutOfRangeError (IndexError)    an index or label outside of what the model has
├── WeightsMismatchError (ValueError)   weights that do not fit the model
└── SerializationError (ValueError)
    ├── UnsafeModelError                a file that asks for code, other files or too much memory
    └── CorruptFileError                a file that is damaged

ConfigWarning (UserWarning)             a setting that cannot be followed
RecompilationWarning (UserWarning)      a function is compiled over and over
FastPathWarning (UserWarning)           a fast path does not work with this release of an engine
"""

from __future__ import annotations

import sys


class KerasliteError(Exception):
    """Base of every error keraslite raises on purpose."""


class ArgumentError(KerasliteError, ValueError):
    """An argument outside what the callable accepts."""


class MisfitError(ArgumentError):
    """Targets and predictions of shapes that do not fit a loss or metric; its cause is the op's own error."""


class RankError(ArgumentError, TypeError):
    """A Variable of several elements where Python wants a number, or a scalar where it wants a sequence."""


class DTypeError(KerasliteError, TypeError):
    """A dtype that is unknown, or dtypes without a common one."""


class UnknownNameError(KerasliteError, ValueError):
    """A name that is unknown. The text has the nearest match."""


class UnknownOutputError(UnknownNameError, KeyError):
    """A key among losses, metrics, weights or targets that is not an output of the model."""

    __str__ = Exception.__str__  # a `KeyError` shows its text in quotes


class TakenNameError(KerasliteError, AttributeError):
    """An attribute was set whose name a layer keeps for itself."""


class UnknownBackendError(KerasliteError, ValueError):
    """An engine that does not exist or is not installed."""


class ConfigError(KerasliteError, ValueError):
    """A setting of the wrong kind, or a configuration file that cannot be read."""


class MixedEnginesError(KerasliteError, TypeError):
    """Tensors of two engines in one call."""


class MissingCapabilityError(KerasliteError, NotImplementedError):
    """Something the active engine cannot do."""


class StateError(KerasliteError, RuntimeError):
    """State read or assigned where it may not be."""


class NotCompiledError(StateError, ValueError):
    """A model asked to train or evaluate before `compile`. Keras raises a `ValueError`."""


class SymbolicError(KerasliteError, TypeError):
    """A symbolic tensor where a concrete one is needed."""


class NoValueError(ArgumentError):
    """A function of JAX asked a symbolic tensor for its value. No `TypeError`, which JAX would replace by its own."""


class NotBuiltError(KerasliteError, ValueError):
    """A layer or model asked for weights it does not have yet."""


class NoSuchNameError(KerasliteError, AttributeError):
    """A name that a public module does not have. The text says what to use instead."""


class NoSuchImportError(KerasliteError, ImportError):
    """The same for `from module import name`."""


class MissingPackageError(KerasliteError, ImportError):
    """Something needs a package, or a program, that is not installed. The text says how to install it."""


class FileError(KerasliteError, OSError):
    """A file that cannot be written or read: no room, no permission, a broken disk."""

    def __str__(self) -> str:
        return str(self.args[0])


class DownloadError(FileError):
    """A file that cannot be fetched: no network, no such address, a connection that breaks again and again."""


class DataError(KerasliteError, ValueError):
    """Training data that does not fit the model or itself."""


class OutOfRangeError(DataError, IndexError):
    """An index of a row, or a label, outside of what the model has."""


class WeightsMismatchError(KerasliteError, ValueError):
    """Weights missing, unexpected or of another shape."""


class SerializationError(KerasliteError, ValueError):
    """An object that cannot be turned into a config, or back."""


class UnsafeModelError(SerializationError):
    """A file that asks for code to run, for other files, or for more memory than it may take."""


class CorruptFileError(SerializationError):
    """A file that is damaged or not of the expected kind."""


class ConfigWarning(UserWarning):
    """A setting cannot be followed. The text says what is done instead."""


class RecompilationWarning(UserWarning):
    """A function is compiled over and over, because its arguments differ in shape or in values that are compiled in."""


class FastPathWarning(UserWarning):
    """A fast path does not work with the installed release of an engine; the plain way runs, more slowly."""


__all__ = [name for name, kind in [*globals().items()] if isinstance(kind, type)]  # pyright: ignore


def users_line() -> int:
    """Return the `stacklevel` with which a warning names the first line outside of keraslite."""
    frame, level = sys._getframe(1), 1
    while frame.f_back is not None and frame.f_globals.get("__name__", "").partition(".")[0].startswith("keraslite"):
        frame, level = frame.f_back, level + 1
    return level
