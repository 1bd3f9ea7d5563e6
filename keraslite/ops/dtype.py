"""Dtype rules of ops: which dtype the operands are cast to, and which the result has.

A rule is `rule(dtypes, attributes) -> (operand_dtypes, result)`. `dtypes` has one entry a tensor operand:
a dtype name, or a weak kind ("bool?", "int?", "float?", "complex?") for a Python scalar.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TypeAlias

from keraslite.backend import dtypes as lattice
from keraslite.errors import DTypeError

Names = tuple[str, ...]
#: The dtype of the result, or those of several; None where it stays as it is.
Dtypes: TypeAlias = "str | tuple[str | None, ...] | None"
Rule: TypeAlias = "Callable[[Names, Mapping[str, object]], tuple[Names, Dtypes]]"

_WIDE = {"bool": "int32", "int8": "int32", "int16": "int32", "uint8": "uint32", "uint16": "uint32"}


class WrongDType(DTypeError):
    """What is wrong with the operands' dtypes, without the op's name: `declare` puts it in front."""


def asked(attributes: Mapping[str, object]) -> str | None:
    """The name in the attribute `dtype`, where there is one."""
    name = attributes.get("dtype")
    return name if isinstance(name, str) else None


def result_type(dtypes: Names) -> str:
    """The promotion of all of them by the one lattice."""
    try:
        return lattice.promote(*dtypes)
    except DTypeError:
        listed = ", ".join(name.rstrip("?") for name in dtypes)
        raise WrongDType(
            f"needs operands with a common dtype. Received {listed}. Cast one of them with `ops.cast`."
        ) from None


def to_float(dtype: str) -> str:
    """`dtype` if it is floating or complex, else floatx."""
    return dtype if lattice.is_float(dtype) or dtype.startswith("complex") else lattice.default_float()


def first(dtypes: Names, attributes: Mapping[str, object]) -> tuple[Names, str]:
    """Every operand keeps its own dtype; the result has that of the first."""
    own = tuple(result_type((dtype,)) for dtype in dtypes)
    return own, own[0]


same = first


def promote(dtypes: Names, attributes: Mapping[str, object]) -> tuple[Names, str]:
    """Operands and result share the promoted dtype."""
    common = result_type(dtypes)
    return (common,) * len(dtypes), common


def promote_float(dtypes: Names, attributes: Mapping[str, object]) -> tuple[Names, str]:
    """As `promote`, but integers and booleans become floatx."""
    common = to_float(result_type(dtypes))
    return (common,) * len(dtypes), common


def compare(dtypes: Names, attributes: Mapping[str, object]) -> tuple[Names, str]:
    """Operands share the promoted dtype; the result is bool."""
    return promote(dtypes, attributes)[0], "bool"


def logical(dtypes: Names, attributes: Mapping[str, object]) -> tuple[Names, str]:
    """All bool."""
    return ("bool",) * len(dtypes), "bool"


def predicate(dtypes: Names, attributes: Mapping[str, object]) -> tuple[Names, str]:
    """Operands keep their dtypes; the result is bool."""
    return first(dtypes, attributes)[0], "bool"


def total(dtypes: Names, attributes: Mapping[str, object]) -> tuple[Names, str]:
    """Of sums and products: small integers and booleans widen to 32 bits."""
    own = result_type(dtypes)
    wide = _WIDE.get(own, own)
    given = asked(attributes)
    return (given or wide,) * len(dtypes), given or wide


def explicit(dtypes: Names, attributes: Mapping[str, object]) -> tuple[Names, str]:
    """Operands keep their dtypes; the result has the attribute `dtype`, or floatx."""
    own = tuple(result_type((dtype,)) for dtype in dtypes)
    return own, asked(attributes) or lattice.default_float()


def explicit_or_first(dtypes: Names, attributes: Mapping[str, object]) -> tuple[Names, str]:
    """Operands keep their dtypes; the result has the attribute `dtype`, or the first operand's."""
    own = tuple(result_type((dtype,)) for dtype in dtypes)
    return own, asked(attributes) or own[0]
