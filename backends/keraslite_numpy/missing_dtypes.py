"""(op, dtype) -> the dtype to compute in, where NumPy lacks that one."""

from __future__ import annotations

quirks: dict[tuple[str, str], str] = {}
