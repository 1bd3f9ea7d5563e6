"""Where tensors and Variables are kept: on one device, by its name, or spread over a mesh of devices.

A `Placement` is a canonical name such as "gpu:0", or a `Layout`. Both are values: they compare, hash and pickle.
Every engine takes names; those with the capability "sharding" take layouts too.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TypeAlias

from keraslite.errors import ArgumentError

__all__ = ["BATCH", "Axis", "Layout", "Mesh", "Placement", "spread"]

#: The axis of a mesh that batches are split over.
BATCH = "batch"

#: What an axis of a tensor is split over: one axis of a mesh, several of them, or none (None).
Axis: TypeAlias = "str | tuple[str, ...] | None"


@dataclass(frozen=True, init=False)
class Mesh:
    """Devices in a grid whose axes have names.

    Batches of data are split over the axis "batch", if there is one.

    Args:
        shape: number of devices along each axis.
        axis_names: a name for each axis.
        devices: the names of the devices, row by row, such as `["gpu:0", "gpu:1"]`.

    Raises:
        ArgumentError: if names, sizes and devices do not fit each other, or something is named twice.

    Example:
        >>> from keraslite.backend.placement import Mesh
        >>> Mesh((2, 1), ("batch", "model"), ["gpu:0", "gpu:1"])
        <Mesh batch=2 model=1 of gpu:0 gpu:1>
    """

    shape: tuple[int, ...]
    axis_names: tuple[str, ...]
    devices: tuple[str, ...]

    def __init__(self, shape: Sequence[int], axis_names: Sequence[str], devices: Sequence[str]):
        sizes, names, found = tuple(shape), tuple(axis_names), tuple(devices)
        if len(sizes) != len(names) or len(set(names)) != len(names):
            raise ArgumentError(f"`Mesh` needs a name of its own for each axis of {sizes}. Received {names}.")
        if math.prod(sizes) != len(found) or len(set(found)) != len(found) or not found:
            raise ArgumentError(
                f"`Mesh` needs {math.prod(sizes)} different devices for shape {sizes}. Received {list(found)}."
            )
        for name, value in (("shape", sizes), ("axis_names", names), ("devices", found)):
            object.__setattr__(self, name, value)

    def size(self, axis: Axis) -> int:
        """Return how many parts an axis of a tensor has that is split over this axis, or these, of the mesh.

        Args:
            axis: the name of an axis of the mesh, several of them, or None.
        """
        names = () if axis is None else (axis,) if isinstance(axis, str) else axis
        return math.prod(self.shape[self.axis_names.index(name)] for name in names)

    def __repr__(self) -> str:
        sizes = " ".join(f"{name}={size}" for name, size in zip(self.axis_names, self.shape, strict=True))
        return f"<Mesh {sizes} of {' '.join(self.devices)}>"


@dataclass(frozen=True, init=False)
class Layout:
    """How a tensor is spread over a mesh.

    Args:
        mesh: the devices.
        axes: for each axis of the tensor, in order, the name of the axis of the mesh that it is split over; None for
            an axis that is not split. Axes that are left out at the end are not split either, so `()`, the default,
            is a whole copy on every device.

    Raises:
        ArgumentError: if the mesh has no such axis, or one is used twice.

    Example:
        >>> from keraslite.backend.placement import Layout, Mesh
        >>> mesh = Mesh((2,), ("model",), ["cpu:0", "cpu:1"])
        >>> Layout(mesh, (None, "model", None)) == Layout(mesh, (None, "model"))
        True
    """

    mesh: Mesh
    axes: tuple[Axis, ...]

    def __init__(self, mesh: Mesh, axes: Sequence[str | Sequence[str] | None] = ()):
        kept = [axis if axis is None or isinstance(axis, str) else tuple(axis) for axis in axes]
        kept = [axis[0] if isinstance(axis, tuple) and len(axis) == 1 else axis or None for axis in kept]
        while kept and kept[-1] is None:
            kept.pop()
        names = [name for axis in kept for name in ((axis,) if isinstance(axis, str) else axis or ())]
        unknown = [name for name in names if name not in mesh.axis_names]
        if unknown or len(set(names)) != len(names):
            raise ArgumentError(
                f"`Layout` needs `axes` with axes of the mesh, {list(mesh.axis_names)}, each at most once. "
                f"Received {tuple(axes)}."
            )
        object.__setattr__(self, "mesh", mesh)
        object.__setattr__(self, "axes", tuple(kept))

    def misfit(self, shape: Sequence[int]) -> str | None:
        """Return why a tensor of a shape can't have this layout, in words, or None if it can.

        Args:
            shape: the sizes of the tensor.
        """
        if len(self.axes) > len(shape):
            return f"it has {len(shape)} axes, and the layout is of {len(self.axes)}"
        for number, (size, axis) in enumerate(zip(shape, self.axes, strict=False)):
            if size % self.mesh.size(axis):
                return f"axis {number} of size {size} can't be split into {self.mesh.size(axis)} equal parts"
        return None

    def __repr__(self) -> str:
        return f"<Layout {self.axes} on {self.mesh!r}>"


Placement: TypeAlias = str | Layout


def spread(mesh: Mesh, shape: Sequence[int]) -> Layout:
    """Return the layout of a batch: split by samples over the axis "batch" of the mesh, or whole on every device.

    A batch is whole where the mesh has no such axis, and where its samples can't be shared out evenly, as may happen
    with the last batch of an epoch.

    Args:
        mesh: the devices.
        shape: the sizes of the batch.
    """
    split = Layout(mesh, (BATCH,) if BATCH in mesh.axis_names else ())
    return Layout(mesh) if split.misfit(shape) else split
