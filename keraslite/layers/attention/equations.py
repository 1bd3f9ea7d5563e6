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
