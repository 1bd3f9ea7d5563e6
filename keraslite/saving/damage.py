"""The one place where what libraries raise about a bad file becomes an error of keraslite."""

from __future__ import annotations

import re
import zipfile
import zlib
from collections.abc import Iterator
from contextlib import contextmanager

from keraslite.errors import CorruptFileError, KerasliteError, SerializationError

# What h5py, zipfile, zlib and json raise. `ValueError` includes errors of JSON and of Unicode.
_DAMAGE = (
    zipfile.BadZipFile,
    zlib.error,
    OSError,
    EOFError,
    ValueError,
    TypeError,
    LookupError,
    ArithmeticError,
    AttributeError,
    RuntimeError,
    MemoryError,
    BufferError,
)
# What constructors and calls raise for a config with wrong values.
_MISFITS = (LookupError, TypeError, ValueError, AttributeError, ArithmeticError, RuntimeError, MemoryError)
_LONGEST = 4000  # characters of an error's text, of which most quote the file
_QUOTED = re.compile(r"'[^']{101,}'|\"[^\"]{101,}\"|[^\s'\"]{101,}")


@contextmanager
def reading(where: str, advice: str = "Save it again.") -> Iterator[None]:
    """Within it, no error about the bytes of a file is raw."""
    try:
        yield
    except KerasliteError as error:
        shorten_quotes(error)
        raise
    except _DAMAGE as error:
        raise CorruptFileError(
            f"{where} needs to be a whole file. Received damaged data: {_said(error)}. {advice}"
        ) from error


@contextmanager
def making(where: str) -> Iterator[None]:
    """Within it, no error about the config of a model is raw."""
    try:
        yield
    except KerasliteError as error:
        shorten_quotes(error)
        raise
    except _MISFITS as error:
        raise SerializationError(
            f"{where}: the model cannot be made from its config: {type(error).__name__}: {_said(error)}."
        ) from error


def shorten_quotes(error: KerasliteError) -> None:
    """Let the text of an error quote at most a hundred characters of a file at a time."""
    text = error.args[0] if error.args else None
    if not isinstance(text, str) or len(text) <= 200:
        return
    text = _QUOTED.sub(lambda found: quoted(found[0]), text)
    if len(text) > _LONGEST:
        text = f"{text[: _LONGEST - 500]} ... {text[-500:]}"
    error.args = (text, *error.args[1:])


def quoted(text: str) -> str:
    """Return a text, or its beginning and end if it is long."""
    return text if len(text) <= 100 else f"{text[:80]}...{text[-17:]}"


def _said(error: BaseException) -> str:
    return quoted(str(error) or type(error).__name__)
