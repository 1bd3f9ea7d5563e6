"""(op, dtype) -> the dtype to compute in, where the standard has no such function of that dtype.

The standard computes nothing with booleans. keraslite casts the operands as this table says, and the result back to
what the op promises: `True + True` is 2 as int32, and `True` again as bool.
"""

from __future__ import annotations

_OF_NUMBERS_ONLY = (
    *("add", "multiply", "maximum", "minimum", "absolute", "trunc", "conj", "real"),
    *("greater", "greater_equal", "less", "less_equal"),
    *("prod", "max", "min", "argmax", "argmin", "cumsum", "cumprod"),
    *("sort", "argsort", "top_k", "searchsorted"),
    *("pool_max", "scatter_update"),
)

quirks = {(op, "bool"): "int32" for op in _OF_NUMBERS_ONLY}
