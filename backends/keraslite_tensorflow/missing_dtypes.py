"""(op, dtype) -> the dtype to compute in ("*" for every op), where TensorFlow lacks that one."""

from __future__ import annotations

_NOT_OF_BOOL = (
    *("absolute", "real", "conj", "max", "min", "sort", "argsort", "add", "multiply", "maximum", "minimum", "greater"),
    *("greater_equal", "less", "less_equal", "bitwise_and", "bitwise_or", "bitwise_xor", "top_k", "searchsorted"),
    *("scatter_update", "segment_sum", "segment_prod", "argmax", "argmin"),
)
_WIDER = {"uint8": "int32", "uint16": "int32", "uint32": "int64", "uint64": "int64"}

quirks: dict[tuple[str, str], str] = {
    **{("*", float8): "float32" for float8 in ("float8_e4m3fn", "float8_e5m2")},
    **{("bitcast", float8): float8 for float8 in ("float8_e4m3fn", "float8_e5m2")},
    **{(op, "bool"): "int32" for op in _NOT_OF_BOOL},
    **{(op, d): wider for op in ("negative", "absolute", "sign", "power") for d, wider in _WIDER.items()},
    **{(op, d): wider for op in ("matmul", "einsum") for d, wider in (*_WIDER.items(), ("int16", "int32"))},
    **{(op, "uint16"): "int32" for op in ("tile", "repeat")},
    **{(op, half): "float32" for op in ("erfinv", "gammainc") for half in ("float16", "bfloat16")},
    ("nonzero", "float16"): "float32",
    **{(op, "bfloat16"): "float32" for op in ("i0", "lgamma")},
}
