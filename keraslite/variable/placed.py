"""The part of `Variable` that is about the device, or the mesh of devices, that it is kept on."""

from __future__ import annotations

from keraslite.backend import scopes
from keraslite.backend.contract import Engine
from keraslite.backend.device import canonical_placement, requested_device, requested_mesh
from keraslite.backend.placement import Layout, Mesh, Placement
from keraslite.errors import ArgumentError, StateError
from keraslite.variable.first_value import beginning


class Placed(scopes.VariableBase):
    """A place: one device, or a layout over several."""

    __slots__ = ()
    device: str | None
    dtype: str
    engine: Engine
    shape: tuple[int, ...]
    _first: object
    _free: bool
    _trainable: bool

    def _placed(self, device: str | None, layout: object) -> Placement:
        """Where it is kept. It is free to be moved to a mesh where nobody said where."""
        mesh = requested_mesh()
        given = device if layout is None else layout
        self._free = given is None and mesh is None and requested_device() is None
        if given is None:
            return self.engine.default_device() if mesh is None else Layout(mesh)
        placement = canonical_placement(self.engine, given, "Variable")
        misfit = placement.misfit(self.shape) if isinstance(placement, Layout) else None
        if misfit is not None:
            raise ArgumentError(
                f"Variable {self.path!r} needs a layout that fits its shape {self.shape}. Received {placement!r}: "
                f"{misfit}."
            )
        return placement

    @property
    def layout(self) -> Layout | None:
        """How it is spread over a mesh of devices; None where it is on one device."""
        return self.placement if isinstance(self.placement, Layout) else None

    def join_mesh(self, mesh: Mesh) -> None:
        """Move to the mesh that other Variables of a program are spread over, as a whole copy on each device.

        Args:
            mesh: the devices.

        Raises:
            StateError: if the Variable was given another place.
        """
        if isinstance(self.placement, Layout) and self.placement.mesh == mesh:
            return
        if not self._free:
            raise StateError(
                f"Variables that are used together need to be on one mesh. Received {self.path!r} on "
                f"{self.placement!r}, and others on {mesh!r}. Make it without a device, or with a layout on that mesh."
            )
        with beginning:
            self.placement = Layout(mesh)
            if self._first is None:
                self.storage = self.engine.new_storage(self.stored(), self.dtype, self._trainable, self.placement)
