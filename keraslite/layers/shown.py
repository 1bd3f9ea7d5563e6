"""What `inspect.signature`, `help` and editors show for methods that take what a class's `call` or `build` takes."""

from __future__ import annotations

import functools
import inspect
import types
from collections.abc import Callable
from typing import Any, Literal, cast, overload

from keraslite.garbage import remembered
from keraslite.layers.call_context import call_info

Method = Callable[..., Any]


class ShownLike:
    """A method of `Layer` that shows each class the parameters of that class's `call` or `build`.

    The method itself takes any arguments. A class of its own need not write it again only to name them.

    Args:
        method: the method.
        like: "call", or "build" for shapes. A class without a `build` of its own shows `input_shape`, or one shape for
            each tensor that its `call` requires.
    """

    def __init__(self, method: Method, like: Literal["call", "build"]):
        self._method, self._like = method, like
        self._base: type | None = None
        self._of_class = remembered(self._shown_for)
        functools.update_wrapper(cast(Any, self), method)

    def __set_name__(self, owner: type, name: str) -> None:
        self._base = owner

    @overload
    def __get__(self, obj: None, owner: type) -> Method: ...

    @overload
    def __get__(self, obj: object, owner: type) -> Method: ...

    def __get__(self, obj: object | None, owner: type) -> Method:
        shown = self._of_class(owner)
        return shown if obj is None else types.MethodType(shown, obj)

    def _shown_for(self, owner: type) -> Method:
        plain = cast(types.FunctionType, self._method)
        made = types.FunctionType(
            plain.__code__, plain.__globals__, plain.__name__, plain.__defaults__, plain.__closure__
        )
        functools.update_wrapper(made, plain)
        vars(made).pop("__wrapped__")
        vars(made)["__signature__"] = inspect.Signature([_SELF, *self._parameters(owner)])
        return made

    def _parameters(self, owner: type) -> list[inspect.Parameter]:
        info = call_info(owner, self._base)
        if self._like == "call":
            return _plain(list(inspect.signature(cast(Any, owner).call).parameters.values())[1:])
        if info.own_build:
            return _plain(list(info.build_parameters))
        names = [name for name in info.required if name not in ("training", "mask")]
        shapes = [f"{name}_shape" for name in names] if len(names) > 1 else ["input_shape"]
        return [inspect.Parameter(name, inspect.Parameter.POSITIONAL_OR_KEYWORD) for name in shapes]


_SELF = inspect.Parameter("self", inspect.Parameter.POSITIONAL_OR_KEYWORD)


def _plain(parameters: list[inspect.Parameter]) -> list[inspect.Parameter]:
    """The parameters without annotations, which may need names of the module that they come from."""
    return [parameter.replace(annotation=inspect.Parameter.empty) for parameter in parameters]


def shown_like(like: Literal["call", "build"]) -> Callable[[Method], Method]:
    """Let a method of `Layer` show the parameters of each class's `call` or `build`."""
    return lambda method: cast(Method, ShownLike(method, like))
