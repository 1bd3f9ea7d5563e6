"""The check of gradients against central differences of the reference."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from keraslite import ops, transforms, tree
from keraslite.backend import registry
from keraslite.backend.contract import Tensor
from keraslite.conformance.failures import at, strictly
from keraslite.conformance.rows import Call, Mismatch, Row, host

_STEP = 1e-5


def check_gradient(row: Row, calls: Sequence[Call]) -> int:
    """Check that gradients agree with central differences of the reference along a random direction.

    If the engine compiles, the gradients of the first call are computed eagerly, and the gradients of all calls in one
    compiled program. Otherwise all are computed eagerly.
    """
    engine = registry.current()
    double = "float64" in engine.capabilities or engine.dtype_switch is not None
    with engine.double_precision():
        slopes = [s for s in (Slope(row, made, double) for made in calls) if s.chosen]
        compiles = "compile" in engine.capabilities
        for slope in slopes[:1] if compiles else slopes:
            with at(row, slope.made):
                slope.compare(slope.gradients(slope.floats()))
        if compiles and slopes:
            for slope, found in zip(slopes, _compiled(row, slopes), strict=True):
                with at(row, slope.made):
                    slope.compare(found)
    return len(slopes)


def _compiled(row: Row, slopes: list[Slope]) -> list[list[Tensor]]:
    """Return the gradients of all calls, computed by one program."""

    def run(groups: list[list[Tensor]]) -> list[list[Tensor]]:
        return [slope.gradients(floats) for slope, floats in zip(slopes, groups, strict=True)]

    try:
        with strictly(row, [slope.made for slope in slopes]):
            return transforms.jit(run)([slope.floats() for slope in slopes])
    except Exception:  # any error: run alone, the call that raises it can be named
        return [_compiled_alone(row, slope) for slope in slopes]


def _compiled_alone(row: Row, slope: Slope) -> list[Tensor]:
    with at(row, slope.made):
        return transforms.jit(slope.gradients)(slope.floats())


class Slope:
    """The slope of one call's first result, weighted at random and summed, along a random direction.

    Args:
        row: the row.
        made: the call.
        double: whether the engine computes in float64.

    Attributes:
        chosen: the arrays to differentiate with respect to; none if the result is an integer.
    """

    def __init__(self, row: Row, made: Call, double: bool):
        self.row, self.made = row, made
        self.dtype = "float64" if double else "float32"
        self.arrays = made.precise().arrays
        self.chosen = [i for i, a in enumerate(self.arrays) if a.dtype.kind == "f"]
        generator = np.random.default_rng(5)
        self.directions = {i: generator.normal(size=self.arrays[i].shape) for i in self.chosen}
        if self.chosen:
            result = self._reference(0.0)
            self.weights = generator.normal(size=result.shape)
            if result.dtype.kind in "biu":
                self.chosen = []

    def _reference(self, step: float) -> np.ndarray:
        """Return the reference's first result, `step` along the direction."""
        moved = [a + step * self.directions[i] if i in self.directions else a for i, a in enumerate(self.arrays)]
        with np.errstate(all="ignore"):
            return np.asarray(tree.leaves(host(self.made.with_arrays(moved).run(self.row.reference)))[0])

    def floats(self) -> list[Tensor]:
        """Return the tensors to differentiate with respect to."""
        return [ops.convert_to_tensor(self.arrays[i], dtype=self.dtype) for i in self.chosen]

    def gradients(self, floats: Sequence[Tensor]) -> list[Tensor]:
        """Return the gradients with respect to each of `floats`."""

        def loss(*given: Tensor) -> Tensor:
            moving = dict(zip(self.chosen, given, strict=True))
            every = [moving[i] if i in moving else ops.convert_to_tensor(a) for i, a in enumerate(self.arrays)]
            result = tree.leaves(self.made.with_arrays(every).run(self.row.op))[0]
            return ops.sum(result * ops.convert_to_tensor(self.weights, dtype=self.dtype))

        return list(transforms.grad(loss, argnums=tuple(range(len(floats))))(*floats))

    def compare(self, gradients: Sequence[Tensor]) -> None:
        """Compare the slope of the gradients with that of central differences.

        Raises:
            Mismatch: if they differ.
        """
        found = [np.asarray(host(g)) for g in gradients]
        for i, g in zip(self.chosen, found, strict=True):
            if g.shape != self.arrays[i].shape:
                raise Mismatch("gradient of another shape", str(self.arrays[i].shape), str(g.shape))
        actual = sum(float(np.sum(g * self.directions[i])) for i, g in zip(self.chosen, found, strict=True))
        ahead, behind = self._reference(_STEP), self._reference(-_STEP)
        expected = float(np.sum(self.weights * (ahead - behind))) / (2 * _STEP)
        tolerance = 1e-4 if self.dtype == "float64" else max(2e-3, 20 * self.row.tolerance)
        if not abs(actual - expected) < max(1.0, abs(expected)) * tolerance:
            raise Mismatch("another slope along a random direction", str(expected), str(actual))
