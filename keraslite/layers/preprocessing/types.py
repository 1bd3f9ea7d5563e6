"""Names of the types that preprocessing layers share."""

from __future__ import annotations

from typing import Any, TypeAlias

__all__ = ["Config", "Nest", "Tokens"]

#: What `get_config` returns.
Config: TypeAlias = dict[str, Any]
#: A NumPy array, a tensor, a symbolic tensor, or a nest of these.
Nest: TypeAlias = Any
#: Texts, bytes or integers in order.
Tokens: TypeAlias = list[str | bytes | int]
