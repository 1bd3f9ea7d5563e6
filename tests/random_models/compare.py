"""Finds the differences between the stages of keraslite and of Keras."""

from __future__ import annotations

from typing import Any

import numpy as np

from random_models import known, training

Stages = dict[str, Any]
DIRECT = ("build", "predict", "write", "train", "write trained", "train on")


def differences(spec: dict[str, Any], ours: Stages, theirs: Stages) -> tuple[list[str], list[str]]:
    """What is wrong here, and what only Keras refuses, or both."""
    wrong: list[str] = []
    refused: list[str] = []
    undefined = known.undefined(spec, theirs)
    for name in DIRECT:
        a, b = ours.get(name), theirs.get(name)
        if undefined and "train" in name:
            break
        if a is not None and b is not None:
            _sort(name, a, b, b.get("error"), wrong, refused)
    values = training.weights(ours["build"]["weights"], spec["seed"]) if "error" not in ours["build"] else []
    for label, found, writer, by_keras in (
        ("we read Keras's", _of(ours, "keras"), theirs, False),
        ("we read ours", _of(ours, "ours"), ours, False),
        ("Keras reads ours", _of(theirs, "ours"), ours, True),
    ):
        own = _of(theirs, "keras") if by_keras else {}
        for name, stage in found.items():
            wanted = _wanted(name, writer, theirs, values)
            excuse = own.get(name, {}).get("error") if by_keras else None
            if wanted is not None and not (undefined and "train" in name):
                _sort(f"{label}: {name}", stage, wanted, excuse, wrong, refused)
    return wrong, refused


def _of(stages: Stages, writer: str) -> Stages:
    end = f" {writer}"
    return {name.removesuffix(end): found for name, found in stages.items() if name.endswith(end)}


def _wanted(name: str, writer: Stages, other: Stages, values: list[np.ndarray]) -> Any:
    """What a reader should find in a file."""
    if name == "weights":
        return {"values": values}
    if name == "read":
        return {"values": values, "config": writer["build"]["config"], "outputs": writer["predict"]["outputs"]}
    if any("error" in side.get("train on", {"error": ""}) for side in (writer, other)):
        return None  # Keras does not train this model
    return {**writer["train"], "step": writer["train on"]}


def _sort(name: str, a: Any, b: Any, excuse: str | None, wrong: list[str], refused: list[str]) -> None:
    if excuse is not None:
        refused.append(
            f"{name}: {'both refuse' if 'error' in a else 'Keras refuses'}: {excuse} // {a.get('error', '')}"
        )
    elif "error" in a:
        (refused if known.engine_fault(a["error"]) else wrong).append(f"{name}: {a['error']}")
    else:
        wrong += [f"{name}: {line}" for line in _stage(name, a, b) if not known.lost_by_reading(name, line)]


def _stage(name: str, a: Any, b: Any) -> list[str]:
    if name == "train on":
        return _logs(a, b)
    found: list[str] = []
    for key in a:
        if key == "steps":
            for i, (mine, other) in enumerate(zip(a[key], b[key], strict=True)):
                found += [f"step {i}: {line}" for line in _logs(mine, other)]
        elif key == "step":
            found += _logs(a[key], b[key])
        elif key in ("values", "optimizer", "outputs") and name != "build":
            found += arrays(key, a[key], b[key], "train" in name)
        elif key == "outputs":
            found += _shapes(a[key], b[key])
        elif key == "config":
            found += configs(known.config(a[key]), known.config(b[key]))
        elif key != "optimizer paths" or "read" not in name:
            found += _lists(key, a[key], b[key])
    return found


def _lists(what: str, a: list[Any], b: list[Any]) -> list[str]:
    if what == "weights":
        a = [f"{path} {shape}" for path, shape in a]
        b = [f"{path} {shape}" for path, shape in b]
    if what in ("weights", "trainable"):
        a, b = known.paths(a), known.paths(b)
    if what == "optimizer paths":
        a, b = known.states(a), known.states(b)
    if what == "paths":
        a = [x for x in a if "seed_generator" not in x]  # Keras keeps no random state in files, and reads past ours
    if a == b:
        return []
    i = next((i for i, (x, y) in enumerate(zip(a, b, strict=False)) if x != y), min(len(a), len(b)))
    return [f"{what}: {a[i : i + 3]}, in Keras {b[i : i + 3]} (from place {i} of {len(a)}, {len(b)})"]


def _shapes(a: list[list[Any]], b: list[list[Any]]) -> list[str]:
    """Symbolic shapes; a size that one of us does not know is no contradiction."""
    fits = len(a) == len(b) and all(
        len(x) == len(y) and all(m == n or m is None or n is None for m, n in zip(x, y, strict=True))
        for x, y in zip(a, b, strict=False)
    )
    return [] if fits else [f"shapes of outputs: {a}, in Keras {b}"]


def _logs(a: dict[str, float], b: dict[str, float]) -> list[str]:
    mine, other = known.logs(a), known.logs(b)
    if {key: len(numbers) for key, numbers in mine.items()} != {key: len(numbers) for key, numbers in other.items()}:
        return [f"logs: {list(a)}, in Keras {list(b)}"]
    return [
        f"{key} is {x!r}, in Keras {y!r}"
        for key in mine
        for x, y in zip(mine[key], other[key], strict=True)
        if not close(x, y, loose=True)
    ]


def arrays(what: str, a: list[np.ndarray], b: list[np.ndarray], loose: bool) -> list[str]:
    if len(a) != len(b):
        return [f"{what}: {len(a)}, in Keras {len(b)}"]
    found = []
    for i, (x, y) in enumerate(zip(a, b, strict=True)):
        if x.shape != y.shape:
            found.append(f"{what} {i} has shape {x.shape}, in Keras {y.shape}")
        elif not close(x, y, loose):
            off = np.unravel_index(np.argmax(np.nan_to_num(np.abs(x - y), nan=np.inf)), x.shape)
            at = list(map(int, off))
            found.append(f"{what} {i} {list(x.shape)} has {float(x[off])!r} at {at}, in Keras {float(y[off])!r}")
    return found


def close(a: Any, b: Any, loose: bool) -> bool:
    """Whether numbers agree, measured by the largest among them."""
    a, b = np.asarray(a, "float64"), np.asarray(b, "float64")
    size = max(1.0, float(np.max(np.abs(b), initial=0.0, where=np.isfinite(b))))
    relative, absolute = (2e-3, 1e-3) if loose else (1e-4, 3e-5)
    return np.allclose(a, b, rtol=relative, atol=absolute * size, equal_nan=True)


def configs(a: Any, b: Any, where: str = "config") -> list[str]:
    if isinstance(a, dict) and isinstance(b, dict):
        found = [f"{where} has no {key!r}, which is {str(b[key])[:80]}" for key in b if key not in a]
        more = [key for key in a if key not in b and key != known.MASK]  # Keras finds fewer masks, and reads all
        found += [f"{where} has {key!r} as well: {str(a[key])[:80]}" for key in more]
        return found + [line for key in a if key in b for line in configs(a[key], b[key], f"{where}.{key}")]
    if isinstance(a, list) and isinstance(b, list) and len(a) == len(b):
        return [line for i, (x, y) in enumerate(zip(a, b, strict=True)) for line in configs(x, y, f"{where}.{i}")]
    if isinstance(a, list) and isinstance(b, list):
        names = [[str(x.get("name")) if isinstance(x, dict) else str(x) for x in part] for part in (a, b)]
        return [f"{where} has {len(a)} parts, in Keras {len(b)}: {names[0]}, in Keras {names[1]}"]
    if ".shape." in where and (a is None or b is None):
        return []  # a size that one of us does not know is no contradiction
    same = a == b or (isinstance(a, float) and isinstance(b, float) and np.isclose(a, b))  # Keras keeps some in float32
    return [] if same else [f"{where} is {str(a)[:100]}, in Keras {str(b)[:100]}"]
