"""Files for TensorBoard's projector, which shows the rows of embeddings as points.

`projector_config.pbtxt`, a `ProjectorConfig` as text, names a file of tab-separated numbers for each embedding, and may
name one with a line of metadata for each row. Fields are those of tensorboard/plugins/projector/projector_config.proto.
"""

from __future__ import annotations

import shutil
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np

from keraslite.atomic_files import replace_file
from keraslite.errors import ArgumentError
from keraslite.layers.core.embedding import Embedding

__all__ = ["Projector", "embeddings_of"]

_FOLDER = Path("plugins") / "org_tensorflow_tensorboard_projector"  # where the projector looks, below a run


def embeddings_of(model: Any) -> dict[str, Embedding]:
    """Return the built embedding layers of a model, by their names."""
    layers = [layer for layer in model._flatten_layers() if isinstance(layer, Embedding)]
    return {layer.name: layer for layer in layers if layer.built}


class Projector:
    """The projector's files of one run.

    Args:
        run: the folder of the run.
        metadata: the path of a file with a line for each row of every embedding, or such paths by names of layers; None
            for no metadata.
    """

    def __init__(self, run: Path, metadata: str | Mapping[str, str] | None):
        self._folder, self._metadata = run / _FOLDER, metadata

    def check(self, names: list[str]) -> None:
        """Refuse metadata of layers that are not among the names of embedding layers."""
        if isinstance(self._metadata, Mapping):
            unknown = sorted(set(self._metadata) - set(names))
            if unknown:
                raise ArgumentError(
                    f"`TensorBoard` needs the names of embedding layers in `embeddings_metadata`. Received "
                    f"{unknown[0]!r}. The model has {', '.join(map(repr, names)) or 'none'}."
                )

    def write(self, embeddings: Mapping[str, np.ndarray]) -> None:
        """Write the rows of each embedding, `(rows, size)`, by the name of its layer."""
        self._folder.mkdir(parents=True, exist_ok=True)
        parts = []
        for name, values in embeddings.items():
            file = f"{name.replace('/', '_')}.tsv"
            lines = ("\t".join(f"{value:.7g}" for value in row) for row in values)
            replace_file(self._folder / file, "".join(f"{line}\n" for line in lines).encode())
            fields = [f'tensor_name: "{name}"', f'tensor_path: "{file}"', *self._metadata_of(name)]
            parts.append("embeddings {\n" + "".join(f"  {field}\n" for field in fields) + "}\n")
        replace_file(self._folder / "projector_config.pbtxt", "".join(parts).encode())

    def _metadata_of(self, name: str) -> list[str]:
        """The field that names the metadata. The projector reads files of its own folder only, so it gets a copy."""
        path = self._metadata.get(name) if isinstance(self._metadata, Mapping) else self._metadata
        if path is None:
            return []
        copy = f"{name.replace('/', '_')}_metadata.tsv"
        shutil.copyfile(path, self._folder / copy)
        return [f'metadata_path: "{copy}"']
