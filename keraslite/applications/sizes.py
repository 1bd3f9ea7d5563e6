"""Public functions of a family: each is the family's builder at one size, with a docstring of its own."""

from __future__ import annotations

import functools
import inspect
import textwrap
from collections.abc import Callable
from typing import Concatenate, ParamSpec, Protocol, TypeVar

from keraslite.models import Model

__all__ = ["Size", "at_size"]


class Size(Protocol):
    """What a family needs to know of one of its sizes."""

    @property
    def function(self) -> str:
        """Name of the public function."""
        ...


_Size = TypeVar("_Size", bound=Size)
_Options = ParamSpec("_Options")

#: What each argument is, in the words of its docstring.
_SAYS = {
    "include_top": "whether the classifier belongs to the model. False leaves the features. Default: True.",
    "weights": '"imagenet" for the published weights, which are downloaded once; the path of a weight file; or None '
    'for new weights. Default: "imagenet".',
    "input_tensor": "a symbolic tensor to use as the image, such as what `Input` or another layer returns. Default: "
    "None, a new input.",
    "input_shape": "sizes of one image with its channels, without the batch. Height and width are at least {least}"
    ", None where they vary and `include_top` is False. Default: None, {default} x {default} with 3 channels, or "
    "images of any size without the classifier.",
    "pooling": 'what becomes of the features if `include_top` is False: "avg" or "max" for their mean or maximum over '
    "the image, shape `(batch, channels)`, or None for the features themselves. Default: None.",
    "classes": "number of classes, a positive int; 1000 for the published weights. Default: 1000.",
    "classifier_activation": "activation of the classifier: a name, a function from tensor to tensor, or None for "
    'logits. Published weights need "softmax" or None. Default: "softmax".',
    "include_preprocessing": "whether the model scales images in [0, 255] itself. Default: True.",
    "alpha": "factor of the number of channels in each layer, above 0. Default: 1.0.",
    "depth_multiplier": "number of output channels per input channel of depthwise convolutions, a positive int. "
    "Default: 1.",
    "dropout": "share of the features that training drops before the classifier, in [0, 1]. Default: 0.001.",
    "dropout_rate": "share of the features that training drops before the classifier, in [0, 1]. Default: 0.2.",
    "minimalistic": "whether to leave out squeeze-and-excitation, hard swish and 5x5 convolutions. Default: False.",
    "name": "name of the model. Default: {name}.",
}


def at_size(
    family: Callable[Concatenate[_Size, _Options], Model],
    size: _Size,
    *,
    about: str,
    source: str,
    name: str | None,
    example: tuple[str, str],
    default: int = 224,
    least: int = 32,
) -> Callable[_Options, Model]:
    """Return the public function that builds `family` at one size.

    Args:
        family: a function of the size and of what users may choose. It takes a name as `name`.
        size: the family's first argument.
        about: the first paragraph of its docstring.
        source: the paper.
        name: default name of the model. None: the family makes one.
        example: keywords of the call in the docstring, and the output shape that it shows.
        default: default height and width of images.
        least: least height and width of images.
    """
    _, *rest = inspect.signature(family, eval_str=True).parameters.values()
    parameters = [each.replace(default=name) if each.name == "name" else each for each in rest]
    signature = inspect.Signature(parameters, return_annotation=Model)

    @functools.wraps(family)
    def build(*args: _Options.args, **kwargs: _Options.kwargs) -> Model:
        try:
            bound = signature.bind(*args, **kwargs)
        except TypeError as error:
            raise TypeError(f"{size.function}() {error}") from None
        bound.apply_defaults()
        return family(size, *bound.args, **bound.kwargs)

    texts = {
        "least": least,
        "default": default,
        "name": "a name made from the other arguments" if name is None else f'"{name}"',
    }
    arguments = "\n".join(_entry(each.name, _SAYS[each.name].format(**texts)) for each in parameters)
    call, shape = example
    build.__name__ = build.__qualname__ = size.function
    build.__module__ = family.__module__
    build.__doc__ = _DOCSTRING.format(
        about=about, arguments=arguments, source=source, function=size.function, call=call, shape=shape
    )
    del build.__wrapped__  # type: ignore[attr-defined]
    build.__signature__ = signature  # type: ignore[attr-defined]
    build.__annotations__ = {each.name: each.annotation for each in parameters} | {"return": Model}
    return build


def _entry(name: str, text: str) -> str:
    return textwrap.fill(f"{name}: {text}", 110, initial_indent=" " * 4, subsequent_indent=" " * 8)


_DOCSTRING = """{about}

Args:
{arguments}

Returns:
    A `Model` of one input and one output: classes with shape `(batch, classes)`, or features.

Raises:
    ArgumentError: if an argument is outside its range, or does not fit the published weights.
    WeightsMismatchError: if the file's weights do not fit the model.

Source:
    {source}

Example:
    >>> from keraslite import applications
    >>> model = applications.{function}(weights=None, {call})
    >>> model.output_shape
    {shape}
"""
