"""The seam between keraslite and the engines that compute."""

from __future__ import annotations

__all__: list[str] = []  # its modules are for those who write engines
