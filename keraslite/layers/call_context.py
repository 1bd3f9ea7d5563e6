"""What holds during a call: the `training` flag, the outermost call; and what a class's `call` takes."""

from __future__ import annotations

import inspect
from collections.abc import Callable
from contextvars import ContextVar
from typing import TYPE_CHECKING, Any

from keraslite.garbage import remembered
from keraslite.transforms import depends_on

if TYPE_CHECKING:
    from keraslite.layers.base import Layer


class CallContext:
    """One call of a layer and the calls inside it.

    `training` is what an enclosing call was told (None: nothing); `root` stands for the outermost call and
    `recorders` are the layers that added a loss during it.
    """

    __slots__ = ("recorders", "root", "training")

    def __init__(self, training: bool | None, root: CallContext | None = None):
        self.training = training
        self.root = self if root is None else root
        self.recorders: list[Layer] = [] if root is None else root.recorders


context: ContextVar[CallContext | None] = ContextVar("keraslite_call", default=None)
depends_on(lambda: getattr(context.get(), "training", None))  # a program is made for one `training`

#: The layer whose name is the innermost one in the paths of new Variables.
named: ContextVar[Layer | None] = ContextVar("keraslite_named_layer", default=None)


class CallInfo:
    """The parameters of a class's `call`, `build` and mask methods, looked up once a class."""

    __slots__ = (
        "build_parameters",
        "first",
        "mask_index",
        "masked_arguments",
        "names",
        "own_build",
        "own_mask",
        "own_shape",
        "own_spec",
        "required",
        "starts_built",
        "takes_mask",
        "takes_training",
        "training_default",
        "training_index",
        "var_positional",
    )

    def __init__(self, cls: type[Layer], base: Any):
        parameters = _parameters(cls.call)
        positional = [p for p in parameters if p.kind in (p.POSITIONAL_ONLY, p.POSITIONAL_OR_KEYWORD)]
        self.names = tuple(p.name for p in positional)
        self.required = tuple(p.name for p in positional if p.default is p.empty)
        self.var_positional = any(p.kind is p.VAR_POSITIONAL for p in parameters)
        self.first = self.names[0] if self.names else None
        by_name = {p.name: p for p in parameters if p.kind not in (p.VAR_POSITIONAL, p.VAR_KEYWORD)}
        self.takes_training = "training" in by_name
        default = by_name["training"].default if self.takes_training else None
        self.training_default = bool(default) if default is not inspect.Parameter.empty else False
        self.training_index = self.names.index("training") if "training" in self.names else -1
        self.takes_mask = "mask" in by_name
        self.mask_index = self.names.index("mask") if "mask" in self.names else -1
        self.masked_arguments = {
            name: name.removesuffix("_mask")
            for name in by_name
            if name.endswith("_mask") and name.removesuffix("_mask") in by_name
        }
        # `derives_weights` marks a `build` that would only run `call`, which the call itself does better.
        self.own_build = cls.build is not base.build and not getattr(cls.build, "derives_weights", False)
        self.starts_built = cls.is_weightless and cls.__module__.startswith("keraslite.")
        self.own_mask = cls.compute_mask is not base.compute_mask
        self.own_shape = _is_own(cls, base, "compute_output_shape")
        self.own_spec = _is_own(cls, base, "compute_output_spec")
        self.build_parameters = tuple(_parameters(cls.build))

    def named_arguments(self, args: tuple[object, ...], kwargs: dict[str, object]) -> dict[str, Any]:
        """Arguments of a call by parameter name; those of `*args` are left out."""
        return {**dict(zip(self.names, args, strict=False)), **kwargs}


def _is_own(cls: object, base: object, name: str) -> bool:
    """Whether the class has another method of that name than `base`, whose own may look different for each class."""
    return inspect.getattr_static(cls, name) is not inspect.getattr_static(base, name)


def _parameters(function: Callable[..., object]) -> list[inspect.Parameter]:
    return list(inspect.signature(function).parameters.values())[1:]


@remembered
def call_info(cls: type[Layer], base: object) -> CallInfo:
    """The `CallInfo` of a class; `base` is `Layer`."""
    return CallInfo(cls, base)
