"""Einstein sums of attention."""

from __future__ import annotations

import string


def equations(rank: int, attention_axes: tuple[int, ...]) -> tuple[str, str]:
    """Equations key, query -> weights and weights, value -> values, for `rank` axes before heads and features."""
    query = string.ascii_lowercase[:rank]
    key = "".join(c.upper() if i in attention_axes else c for i, c in enumerate(query))
    batch = "".join(c for i, c in enumerate(query) if i not in attention_axes)
    attended = "".join(query[i] for i in attention_axes) + "".join(key[i] for i in attention_axes)
    scores = f"{batch}y{attended}"
    return f"{key}yz,{query}yz->{scores}", f"{scores},{key}yz->{query}yz"


def to_heads(rank: int) -> tuple[str, str]:
    """The equation of a projection of `rank` axes to `(batch, ..., heads, size)`, and the axes of its bias."""
    letters = string.ascii_lowercase
    free, feature, out = letters[: rank - 1], letters[rank - 1], letters[rank : rank + 2]
    return f"{free}{feature},{feature}{out}->{free}{out}", out


def from_heads(rank: int, count: int) -> tuple[str, str]:
    """The equation of the projection back, from `rank` axes and the heads' to `count` axes of features."""
    letters = string.ascii_lowercase
    free, joined, out = letters[: rank - 1], letters[rank - 1 : rank + 1], letters[rank + 1 : rank + 1 + count]
    return f"{free}{joined},{joined}{out}->{free}{out}", out
