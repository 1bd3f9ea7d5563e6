"""Unknown sizes that compute: what `ops.shape` of a symbolic tensor gives where `.shape` shows None.

A `Dimension` is a polynomial with integer coefficients over symbols (one for every None of an Input)
and over opaque terms such as `n // 2`. Sizes are never negative, which decides many comparisons.
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Callable, Mapping
from typing import Any, TypeAlias

from keraslite.errors import SymbolicError

Size: TypeAlias = "int | Dimension"
_counter = itertools.count()

_APPLY: dict[str, Callable[[int, int], int]] = {
    "//": lambda a, b: a // b,
    "%": lambda a, b: a % b,
    "max": max,
    "min": min,
    "broadcast": lambda a, b: b if a == 1 else a,
}


class Symbol:
    """One size nobody knows yet. Compared by identity."""

    __slots__ = ("key", "name")

    def __init__(self, name: str):
        self.name = name
        self.key = (0, next(_counter))

    def __repr__(self) -> str:
        return self.name

    def evaluate(self, bindings: Mapping[Symbol, object]) -> Any:
        found = bindings.get(self)
        return Dimension._of({(self,): 1}) if found is None else found


class Term:
    """An operation on sizes that is no polynomial, kept as it is: `left // right`, `max(left, right)`, ..."""

    __slots__ = ("key", "kind", "left", "right")

    def __init__(self, kind: str, left: Size, right: Size):
        self.kind, self.left, self.right = kind, left, right
        self.key = (1, kind, repr_key(left), repr_key(right))

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Term) and self.key == other.key

    def __hash__(self) -> int:
        return hash(self.key)

    def __repr__(self) -> str:
        if self.kind in ("//", "%"):
            return f"({self.left} {self.kind} {self.right})"
        return f"{self.kind}({self.left}, {self.right})"

    def evaluate(self, bindings: Mapping[Symbol, object]) -> Any:
        return apply(self.kind, substitute(self.left, bindings), substitute(self.right, bindings))


class Dimension:
    """An unknown, non-negative integer with arithmetic; comparisons raise where they are undecidable."""

    __slots__ = ("_hash", "terms")

    def __init__(self, name: str = "n"):
        self._set({(Symbol(name),): 1})

    def _set(self, terms: dict[tuple, int]) -> None:
        self.terms = terms
        self._hash = hash(frozenset(terms.items()))

    @classmethod
    def _of(cls, terms: dict[tuple, int]) -> Size:
        terms = {monomial: factor for monomial, factor in terms.items() if factor}
        if not terms or set(terms) == {()}:
            return terms.get((), 0)
        made = cls.__new__(cls)
        made._set(terms)
        return made

    @property
    def symbols(self) -> set[Symbol]:
        """Every symbol that stands in it."""
        found: set[Symbol] = set()
        for monomial in self.terms:
            for atom in monomial:
                if isinstance(atom, Symbol):
                    found.add(atom)
                else:
                    for side in (atom.left, atom.right):
                        found |= side.symbols if isinstance(side, Dimension) else set()
        return found

    @property
    def symbol(self) -> Symbol | None:
        """The symbol this is, when it is nothing else."""
        if len(self.terms) == 1:
            ((monomial, factor),) = self.terms.items()
            if factor == 1 and len(monomial) == 1 and isinstance(monomial[0], Symbol):
                return monomial[0]
        return None

    def __repr__(self) -> str:
        parts = []
        for monomial, factor in sorted(self.terms.items(), key=lambda item: (-len(item[0]), repr(item[0]))):
            text = "*".join(map(repr, monomial)) or str(abs(factor))
            text = text if abs(factor) == 1 or not monomial else f"{abs(factor)}*{text}"
            parts.append((" - " if factor < 0 else " + ") + text)
        return "".join(parts).removeprefix(" + ").strip()

    def __hash__(self) -> int:
        return self._hash

    def __add__(self, other: Size) -> Size:
        return _combine(self, other, 1)

    def __sub__(self, other: Size) -> Size:
        return _combine(self, other, -1)

    def __rsub__(self, other: Size) -> Size:
        return _combine(-self, other, 1)

    def __neg__(self) -> Dimension:
        made = Dimension.__new__(Dimension)
        made._set({monomial: -factor for monomial, factor in self.terms.items()})
        return made

    def __mul__(self, other: Size) -> Size:
        right = _terms(other)
        if right is None:
            return NotImplemented
        product: dict[tuple, int] = {}
        for (m1, f1), (m2, f2) in itertools.product(self.terms.items(), right.items()):
            monomial = tuple(sorted(m1 + m2, key=lambda atom: atom.key))
            product[monomial] = product.get(monomial, 0) + f1 * f2
        return Dimension._of(product)

    __radd__ = __add__
    __rmul__ = __mul__

    def __floordiv__(self, other: Size) -> Size:
        return apply("//", self, other) if _terms(other) is not None else NotImplemented

    def __rfloordiv__(self, other: Size) -> Size:
        return apply("//", other, self) if _terms(other) is not None else NotImplemented

    def __mod__(self, other: Size) -> Size:
        return apply("%", self, other) if _terms(other) is not None else NotImplemented

    def __rmod__(self, other: Size) -> Size:
        return apply("%", other, self) if _terms(other) is not None else NotImplemented

    def __eq__(self, other: object) -> bool:
        known = same(self, other)
        return _decided(known, self, other, "==")

    def __ne__(self, other: object) -> bool:
        return not self == other

    def __lt__(self, other: Size) -> bool:
        low, high = bounds(self - other)
        return _decided(
            True if high is not None and high < 0 else False if low is not None and low >= 0 else None, self, other, "<"
        )

    def __ge__(self, other: Size) -> bool:
        return not self < other

    def __gt__(self, other: Size) -> bool:
        low, high = bounds(self - other)
        return _decided(
            True if low is not None and low > 0 else False if high is not None and high <= 0 else None, self, other, ">"
        )

    def __le__(self, other: Size) -> bool:
        return not self > other

    def __bool__(self) -> bool:
        return not _decided(same(self, 0), self, 0, "==")

    def __index__(self) -> int:
        raise SymbolicError(
            f"A plain integer was needed for the unknown size {self}. It is known only when the model runs: "
            "compute with it, hand it to `ops.reshape`, `ops.zeros`, ..., or give `Input` a fixed size."
        )

    __int__ = __index__
    __float__ = __index__


def _terms(value: Any) -> dict[tuple, int] | None:
    if isinstance(value, Dimension):
        return value.terms
    if isinstance(value, float):
        return None
    try:
        return {(): value.__index__()}
    except AttributeError:
        return None


def _combine(left: Dimension, right: Size, sign: int) -> Size:
    terms = _terms(right)
    if terms is None:
        return NotImplemented
    total = dict(left.terms)
    for monomial, factor in terms.items():
        total[monomial] = total.get(monomial, 0) + sign * factor
    return Dimension._of(total)


def _exact_quotient(left: Dimension, right: int) -> Size | None:
    if all(factor % right == 0 for factor in left.terms.values()):
        return Dimension._of({monomial: factor // right for monomial, factor in left.terms.items()})
    return None


def _quotient_by_monomial(left: Dimension, right: Dimension) -> Size | None:
    """`left / right` where `right` is one monomial that divides every one of `left`, else None."""
    if len(right.terms) != 1:
        return None
    ((divisor, divisor_factor),) = right.terms.items()
    quotient: dict[tuple, int] = {}
    for monomial, factor in left.terms.items():
        rest = list(monomial)
        for atom in divisor:
            if atom not in rest:
                return None
            rest.remove(atom)
        if factor % divisor_factor:
            return None
        quotient[tuple(rest)] = factor // divisor_factor
    return Dimension._of(quotient)


def apply(kind: str, left: Size, right: Size) -> Size:
    """`left kind right` on sizes: a number where it can be, simplified where that is exact."""
    if not isinstance(left, Dimension) and not isinstance(right, Dimension):
        return _APPLY[kind](left, right)
    if kind == "//":
        exact = None
        if isinstance(left, Dimension):
            exact = _quotient_by_monomial(left, right) if isinstance(right, Dimension) else _exact_quotient(left, right)
        if exact is not None:
            return exact
    if kind == "%":
        quotient = apply("//", left, right)
        rest = left - quotient * right
        if not isinstance(rest, Dimension):
            return rest
    if kind in ("max", "min", "broadcast") and same(left, right):
        return left
    if kind == "broadcast" and (same(left, 1) or same(right, 1)):
        return right if same(left, 1) else left
    if kind in ("max", "min"):
        low, high = bounds(left - right)
        if low is not None and low >= 0:
            return left if kind == "max" else right
        if high is not None and high <= 0:
            return right if kind == "max" else left
    return Dimension._of({(Term(kind, left, right),): 1})


def bounds(value: Size) -> tuple[int | None, int | None]:
    """The smallest and largest number `value` can be, None where nobody knows; every symbol is at least 0."""
    if not isinstance(value, Dimension):
        return value, value
    constant = value.terms.get((), 0)
    factors = [factor for monomial, factor in value.terms.items() if monomial]
    return (
        constant if all(factor > 0 for factor in factors) else None,
        constant if all(factor < 0 for factor in factors) else None,
    )


def same(left: Any, right: Any) -> bool | None:
    """Whether two sizes are equal: True, False, or None where nobody can know yet."""
    if _terms(left) is None or _terms(right) is None:
        return False
    low, high = bounds(left - right)
    if low == 0 and high == 0:
        return True
    if (low is not None and low > 0) or (high is not None and high < 0):
        return False
    factors = [factor for monomial, factor in (left - right).terms.items() if monomial]
    if (left - right).terms.get((), 0) % math.gcd(*factors):
        return False  # as 24*n == 15
    return None


def may_equal(left: object, right: object) -> bool:
    """Whether two sizes may turn out equal; also for those that an engine knows only when its graph runs."""
    known = isinstance(left, (int, Dimension)) and isinstance(right, (int, Dimension))
    return not known or same(left, right) is not False


def _decided(known: bool | None, left: object, right: object, sign: str) -> bool:
    if known is None:
        raise SymbolicError(
            f"Whether {left} {sign} {right} cannot be decided while the model is built: the size is known only when "
            "it runs. Use `ops.cond` or `ops.where`, or give `Input` a fixed size."
        )
    return known


def repr_key(value: Size) -> int | tuple:
    """Something that orders and identifies a size exactly (names alone could repeat)."""
    if isinstance(value, Dimension):
        return tuple(sorted((tuple(atom.key for atom in monomial), factor) for monomial, factor in value.terms.items()))
    return value


def substitute(value: object, bindings: Mapping[Symbol, object]) -> Any:
    """`value` with its symbols replaced by the sizes in `bindings`; ints and others stay as they are."""
    if not isinstance(value, Dimension):
        return value
    total: Any = 0
    for monomial, factor in value.terms.items():
        product: Any = factor
        for atom in monomial:
            product = product * atom.evaluate(bindings)
        total = total + product
    return total
