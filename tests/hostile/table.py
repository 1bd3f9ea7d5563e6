"""What a hostile file is in the tables: a name, a way to make it, and the errors that are right."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple

from hostile import making
from hostile.making import ARCHIVE, WEIGHTS, Good, archive_of, with_layer

KERNEL = "layers/dense/vars/0"
SLOT = "optimizer/vars/3"
JSON = ".json"
LOADS = "loads"
TYPED = (
    "CorruptFileError", "UnsafeModelError", "SerializationError", "UnknownNameError", "ArgumentError",
    "MissingCapabilityError",
)  # fmt: skip
CORRUPT, UNSAFE, MISFIT = ("CorruptFileError",), ("UnsafeModelError",), ("WeightsMismatchError",)


class Case(NamedTuple):
    """A hostile file.

    Attributes:
        name: what it is.
        ending: of its path; it says who reads it.
        make: makes its content.
        expected: the errors that are right, or "loads".
        everywhere: whether it runs code of the engines, so that it is for all of them.
    """

    name: str
    ending: str
    make: Callable[[Good], bytes | str]
    expected: tuple[str, ...]
    everywhere: bool = False


def layer_case(name: str, entry: Callable[[Good], dict[str, Any]], *expected: str, everywhere: bool = False) -> Case:
    return Case(name, ARCHIVE, lambda good: with_layer(good, entry(good)), expected or TYPED, everywhere)


def model_case(name: str, config: object, *expected: str, everywhere: bool = False) -> Case:
    return Case(name, ARCHIVE, lambda good: archive_of(good, config), expected or TYPED, everywhere)


def weight_cases(name: str, make: Callable[[Good], bytes], *expected: str) -> list[Case]:
    """The same weights alone and in an archive."""
    archive = Case(
        f"{name}, in an archive",
        ARCHIVE,
        lambda good: making.with_members(good, {"model.weights.h5": make(good)}),
        expected,
    )
    return [Case(name, WEIGHTS, make, expected), archive]
