"""(op, dtype) -> the dtype to compute in, where JAX lacks that one."""

from __future__ import annotations

quirks: dict[tuple[str, str], str] = {("scatter_update", "bool"): "int32"}
