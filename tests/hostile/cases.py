"""The table of all hostile files."""

from __future__ import annotations

from hostile import archives, configs, odd_configs, sizes, weight_files
from hostile.table import Case


def cases() -> list[Case]:
    """Every hostile file."""
    every = [
        *configs.code(), *configs.paths(), *configs.names(), *odd_configs.shapes_of_configs(), *sizes.sizes(),
        *archives.archives(), *weight_files.weights(), *weight_files.tensors(),
    ]  # fmt: skip
    assert len({case.name + case.ending for case in every}) == len(every)
    return every
