"""Choices that depend on a seed alone."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np


class Draw:
    """Draws plain Python values."""

    def __init__(self, *seed: int):
        self.generator = np.random.default_rng(seed)

    def one(self, options: Sequence[Any]) -> Any:
        """One of `options`."""
        return options[int(self.generator.integers(len(options)))]

    def some(self, options: Sequence[Any], most: int) -> list[Any]:
        """Up to `most` of `options`, at least one, in order."""
        count = self.whole(1, min(most, len(options)))
        return [options[i] for i in sorted(self.generator.choice(len(options), count, replace=False))]

    def weighted(self, options: dict[Any, float]) -> Any:
        """A key, as often as its value says."""
        weights = np.array(list(options.values()), float)
        return list(options)[int(self.generator.choice(len(weights), p=weights / weights.sum()))]

    def chance(self, probability: float) -> bool:
        return bool(self.generator.random() < probability)

    def whole(self, low: int, high: int) -> int:
        """A number of `low` to `high`, both among them."""
        return int(self.generator.integers(low, high + 1))

    def real(self, low: float, high: float) -> float:
        """A number with two digits after the point: it is the same number in every file."""
        return round(float(self.generator.uniform(low, high)), 2)


def made(name: str, /, **options: Any) -> dict[str, Any]:
    """An object as an argument: "initializers.Zeros" and what it is made with."""
    return {"make": name, "with": options}


def pair(*values: Any) -> dict[str, Any]:
    """A tuple as an argument."""
    return {"tuple": list(values)}
