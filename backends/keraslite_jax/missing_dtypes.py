"""(op, dtype) -> the dtype to compute in, where JAX lacks that one."""

from __future__ import annotations

quirks: dict[tuple[str, str], str] = {(op, "bool"): "int32" for op in ("scatter_update", "segment_sum", "segment_prod")}
