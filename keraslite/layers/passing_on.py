"""Constructors that pass their arguments on to the base class, so that a family of layers shares one.

Keras orders the parameters of similar layers in different ways, and type checkers read parameters only where they are
written out. So each class declares its own, and the family's base class does the work.
"""

from __future__ import annotations

import functools
import inspect
from collections.abc import Callable, Collection
from typing import Any, Concatenate, ParamSpec, TypeVar

_Parameters = ParamSpec("_Parameters")
_Object = TypeVar("_Object")
_Constructor = Callable[Concatenate[_Object, _Parameters], None]


def passes_on(
    *, keeps: Collection[str] = ()
) -> Callable[[_Constructor[_Object, _Parameters]], _Constructor[_Object, _Parameters]]:
    """Let a constructor first call the base class's with all of its arguments by name, defaults included.

    Args:
        keeps: names of parameters that are not passed on. The body of the constructor, which runs afterwards, sees
            to them.
    """

    def decorator(init: _Constructor[_Object, _Parameters]) -> _Constructor[_Object, _Parameters]:
        passing: Any = _Passing(init, frozenset(keeps))
        return passing

    return decorator


class _Passing:
    """Becomes the constructor once the class is known that it belongs to."""

    def __init__(self, init: Callable[..., None], keeps: frozenset[str]):
        self._init, self._keeps = init, keeps

    def __set_name__(self, owner: type, name: str) -> None:
        own, keeps = self._init, self._keeps
        signature = inspect.signature(own)
        (options,) = (p.name for p in signature.parameters.values() if p.kind is p.VAR_KEYWORD)

        @functools.wraps(own)
        def init(layer: object, /, *args: object, **kwargs: object) -> None:
            try:
                bound = signature.bind(layer, *args, **kwargs)
            except TypeError:
                own(layer, *args, **kwargs)  # says the same with the name of the class
                raise
            bound.apply_defaults()
            _, *named = bound.arguments.items()
            given = {name: value for name, value in named if name not in keeps and name != options}
            super(owner, layer).__init__(**given, **bound.arguments[options])
            own(layer, *args, **kwargs)

        setattr(owner, name, init)
