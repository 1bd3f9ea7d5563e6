"""The dtypes to which real Keras promotes. This runs in the process of `keras_peer`."""

from __future__ import annotations

from typing import Any

WEAK = {"bool?": bool, "int?": int, "float?": float, "complex?": complex}


def result_types(pairs: list[list[str]]) -> list[str]:
    """`keras.backend.result_type` of each pair, or the error's type in brackets."""
    from keras import backend

    def one(pair: list[str]) -> str:
        operands: Any = [WEAK.get(name, name) for name in pair]
        try:
            return backend.result_type(*operands)
        except (ValueError, TypeError) as error:
            return f"[{type(error).__name__}]"

    return [one(pair) for pair in pairs]
