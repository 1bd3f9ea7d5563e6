"""Name scopes: what stands in front of the paths of Variables."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar

_scopes: ContextVar[tuple[str, ...]] = ContextVar("keraslite_name_scopes", default=())


@contextmanager
def name_scope(name: str, *, reset: bool = False) -> Iterator[None]:
    """Put a name in front of the paths of the Variables that are made within a `with` block.

    Args:
        name: the name.
        reset: whether the names of surrounding scopes are left out; False by default.

    Example:
        >>> import keraslite as keras
        >>> with keras.name_scope("encoder"):
        ...     variable = keras.Variable(1.0, name="scale")
        >>> variable.path
        'encoder/scale'
    """
    token = _scopes.set((name,) if reset else (*_scopes.get(), name))
    try:
        yield
    finally:
        _scopes.reset(token)


def current_path() -> str:
    """Return the names of the surrounding scopes, joined by "/"."""
    return "/".join(scope_names())


def scope_names() -> tuple[str, ...]:
    """Return the names of the surrounding scopes."""
    return _scopes.get()
