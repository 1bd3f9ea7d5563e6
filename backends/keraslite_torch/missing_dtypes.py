"""(op, dtype) -> the dtype to compute in ("*" for every op), where PyTorch lacks that one."""

from __future__ import annotations

_WIDER = {"uint16": "int32", "uint32": "int64", "uint64": "int64"}
_SIGNED_ONLY = (
    *("negative", "absolute", "sign", "square", "bitwise_invert", "add", "subtract", "floor_divide", "mod", "power"),
    *("maximum", "minimum", "greater", "greater_equal", "less", "less_equal", "clip", "sum", "prod", "max", "min"),
    *("bitwise_left_shift", "bitwise_right_shift", "argmax", "argmin", "cumsum", "cumprod", "tril", "triu", "flip"),
    *("nonzero", "take", "take_along_axis", "scatter_update", "searchsorted", "matmul", "top_k", "argsort"),
    *("gcd", "lcm", "einsum", "relu"),
)

quirks: dict[tuple[str, str], str] = {
    **{("*", float8): "float32" for float8 in ("float8_e4m3fn", "float8_e5m2")},
    **{("bitcast", float8): float8 for float8 in ("float8_e4m3fn", "float8_e5m2")},
    **{(op, dtype): wider for op in _SIGNED_ONLY for dtype, wider in _WIDER.items()},
    **{(op, "bool"): "uint8" for op in ("absolute", "argmax", "argmin", "searchsorted", "scatter_update")},
}
