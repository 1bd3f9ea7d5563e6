"""Finds the differences between the stages of a random layer here and in Keras."""

from __future__ import annotations

import json
from typing import Any

import numpy as np

from random_models import compare

Spec = dict[str, Any]
Stages = dict[str, Any]
#: How far results may be apart, by the least exact dtype that has a part in them: relative, and of the largest.
TOLERANCES = {"float16": 2e-2, "bfloat16": 1.2e-1}


def found(spec: Spec, ours: Stages, theirs: Stages) -> tuple[list[str], list[str]]:
    """What is wrong here, and what only Keras refuses, or both."""
    wrong, refused = own(ours), []
    for name, theirs_one in theirs.items():
        ours_one = ours.get(name)
        if ours_one is None:
            continue
        if "error" in theirs_one:
            who = "both refuse" if "error" in ours_one else "Keras refuses"
            refused.append(f"{name}: {who}: {theirs_one['error']} // {ours_one.get('error', '')}")
        elif "error" in ours_one:
            wrong.append(f"{name}: {ours_one['error']}")
        else:
            kept = {key for key in ours_one if name != "symbolic" or theirs_one[key] == _actual(theirs, key)}
            wrong += [f"{name}: {line}" for line in _stage(spec, {key: ours_one[key] for key in kept}, theirs_one)]
    if "error" in theirs.get("symbolic", {}) and "error" not in ours.get("symbolic", {"error": ""}):
        refused = [line for line in refused if not line.startswith("symbolic")]  # a convenience of ours
    return wrong, refused


def _actual(theirs: Stages, key: str) -> Any:
    """What a symbolic call should say: Keras's sometimes say something else than its values."""
    called = theirs["call"]
    if key == "dtypes":
        return called["dtypes"]
    symbolic, actual = theirs["symbolic"]["shapes"], [list(x.shape) for x in called["outputs"]]
    same = [[m if m is None else n for m, n in zip(a, b, strict=False)] for a, b in zip(symbolic, actual, strict=False)]
    return same if list(map(len, symbolic)) == list(map(len, actual)) else actual


def own(ours: Stages) -> list[str]:
    """What does not fit together here: configs that change when they are read, symbolic shapes that are not kept."""
    made, called, symbolic = (ours.get(name, {"error": ""}) for name in ("make", "call", "symbolic"))
    wrong = [] if "error" in made else compare.configs(made["again"], made["config"], "config read again")
    if "error" in called or "error" in symbolic:
        return wrong
    shapes = [list(x.shape) for x in called["outputs"]]
    fits = len(shapes) == len(symbolic["shapes"]) and all(
        len(a) == len(b) and all(m in (None, n) for m, n in zip(b, a, strict=True))
        for a, b in zip(shapes, symbolic["shapes"], strict=True)
    )
    if not fits:
        wrong.append(f"symbolic shapes {symbolic['shapes']}, actual ones {shapes}")
    if symbolic["dtypes"] != called["dtypes"]:
        wrong.append(f"symbolic dtypes {symbolic['dtypes']}, actual ones {called['dtypes']}")
    return wrong


def _stage(spec: Spec, a: Stages, b: Stages) -> list[str]:
    lines: list[str] = []
    unlike = spec.get("unlike", ())
    for key in [key for key in a if key not in unlike]:
        if key in ("outputs", "gradients", "after"):
            lines += arrays(key, a[key], b[key], tolerance(spec))
        elif key == "masks" and spec.get("peer") != "numpy":  # there Keras has none
            count = 1 if "scores" in spec else len(a[key])  # Keras's scores carry what hid some of them
            lines += _masks(a[key][:count], b[key][:count])
        elif key == "config":
            lines += compare.configs(
                *({name: x for name, x in one[key].items() if name not in unlike} for one in (a, b))
            )
        elif key == "losses":
            a_one, b_one = np.asarray(a[key]), np.asarray(b[key])
            if "Orthogonal" in str(spec["make"]):  # Keras's penalty on a single row is NaN
                a_one = np.where(np.isnan(b_one), np.nan, a_one) if a_one.shape == b_one.shape else a_one
            lines += arrays(key, [a_one], [b_one], tolerance(spec))
        elif key == "shapes":
            fits = len(a[key]) == len(b[key]) and all(
                len(x) == len(y) and all(m == n or m is None or n is None for m, n in zip(x, y, strict=True))
                for x, y in zip(a[key], b[key], strict=True)
            )
            lines += [] if fits else [f"shapes {a[key]}, in Keras {b[key]}"]
        elif key == "dtypes":
            lines += [] if _as_many_bits(a[key]) == _as_many_bits(b[key]) else [f"dtypes {a[key]}, in Keras {b[key]}"]
        elif key not in ("again", "masks") and a[key] != b[key]:
            lines.append(f"{key} {a[key]}, in Keras {b[key]}")
    return lines


def _as_many_bits(names: list[str]) -> list[str]:
    """Indices that come from the host have the most bits that an engine has."""
    return [{"int64": "int32"}.get(name, name) for name in names]


def _masks(a: list[Any], b: list[Any]) -> list[str]:
    same = len(a) == len(b) and all(
        (x is None) == (y is None) and (x is None or np.array_equal(x, y)) for x, y in zip(a, b, strict=True)
    )
    return [] if same else [f"masks {a}, in Keras {b}"]


def tolerance(spec: Spec) -> float:
    """How far results may be apart."""
    text = json.dumps(spec, default=lambda x: "")
    return max([found for name, found in TOLERANCES.items() if name in text], default=spec.get("near", 1e-4))


def arrays(what: str, a: list[np.ndarray], b: list[np.ndarray], near: float) -> list[str]:
    """Differences of arrays: of numbers measured by the largest among them, of texts exact."""
    if len(a) != len(b):
        return [f"{what}: {len(a)}, in Keras {len(b)}"]
    found = []
    for i, (x, y) in enumerate(zip(a, b, strict=True)):
        if x.shape != y.shape:
            found.append(f"{what} {i} has shape {x.shape}, in Keras {y.shape}")
        elif x.dtype.kind == "U" or y.dtype.kind == "U":
            found += [] if np.array_equal(x, y) else [f"{what} {i} is {x.tolist()}, in Keras {y.tolist()}"]
        else:
            size = max(1.0, float(np.max(np.abs(y), initial=0.0, where=np.isfinite(y))))
            if not np.allclose(x, y, rtol=near, atol=near * size / 3, equal_nan=True):
                off = np.unravel_index(np.argmax(np.nan_to_num(np.abs(x - y), nan=np.inf)), x.shape)
                at = list(map(int, off))
                found.append(f"{what} {i} {list(x.shape)} has {float(x[off])!r} at {at}, in Keras {float(y[off])!r}")
    return found
