"""Import tensorflow so that nothing but tensorflow happens.

`import tensorflow` imports keras, which writes a configuration file, loads the engine that
`KERAS_BACKEND` names, and fails if it does not know that one. So while it is imported, keras sees a
temporary home and the backend "tensorflow". Afterwards `os.environ` is as before.
"""

from __future__ import annotations

import os
import re
import sys
import tempfile
import warnings
from collections.abc import Iterator
from contextlib import contextmanager

_LOG_LEVEL = "TF_CPP_MIN_LOG_LEVEL"
_CHATTER = re.compile(rb"[IW]\d{4} .*|WARNING: All log messages before absl::InitializeLog.*")


def import_tensorflow() -> None:
    """Import it with the environment it needs; nothing to do if it is there already."""
    if "tensorflow" in sys.modules:
        return
    with tempfile.TemporaryDirectory(prefix="keraslite-") as home, _environment(home), warnings.catch_warnings():
        warnings.simplefilter("ignore")  # about tensorflow's own dependencies, nothing a user can act on
        import tensorflow as tf

        _ = tf.keras.__version__  # loaded lazily otherwise: later, in the user's environment


@contextmanager
def _environment(home: str) -> Iterator[None]:
    before = dict(os.environ)
    os.environ["KERAS_HOME"] = home
    os.environ["KERAS_BACKEND"] = "tensorflow"
    os.environ.setdefault(_LOG_LEVEL, "2")
    try:
        if _LOG_LEVEL in before:
            yield
        else:
            with _without_chatter():
                yield
    finally:
        for name in os.environ.keys() - before.keys():
            del os.environ[name]
        os.environ.update(before)


@contextmanager
def _without_chatter() -> Iterator[None]:
    """Keep informational lines of native code from stderr: some ignore the log level (oneDNN's greeting)."""
    try:
        stderr = os.dup(2)
    except OSError:  # closed
        yield
        return
    with tempfile.TemporaryFile() as kept:
        os.dup2(kept.fileno(), 2)
        try:
            yield
        finally:
            os.dup2(stderr, 2)
            kept.seek(0)
            for line in kept.read().splitlines(keepends=True):
                if not _CHATTER.match(line):
                    os.write(stderr, line)
            os.close(stderr)
