"""`Variable`: a tensor that models keep and assign, and the names in front of its path."""

from __future__ import annotations

from keraslite.variable.paths import current_path, name_scope
from keraslite.variable.variable import Variable, _unpickled, find_initializers_by

__all__ = ["Variable", "_unpickled", "current_path", "find_initializers_by", "name_scope"]
