"""Writing a model's inference as a file of an engine's library."""

from __future__ import annotations

import os
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from keraslite import tree
from keraslite.backend import dtypes, registry
from keraslite.backend.contract import SymbolicSpec
from keraslite.backend.scopes import Scope
from keraslite.config.messages import say
from keraslite.errors import ArgumentError, MissingCapabilityError, NotBuiltError
from keraslite.saving import files

if TYPE_CHECKING:
    from keraslite.models.model import Model

__all__ = ["export_model"]


def export_model(
    model: Model,
    filepath: str | os.PathLike[str],
    format: str | None = None,
    verbose: bool | None = None,
    input_signature: object = None,
) -> None:
    """Write a model's inference to a file, as `Model.export` says."""
    variables = model.variables
    engine = variables[0].engine if variables else registry.current()
    if "export" not in engine.capabilities:
        raise MissingCapabilityError(
            f"`export` needs an engine that writes programs to files: 'jax' or 'torch'. Received a model on "
            f"{engine.name!r}. Save it, and load and export it on one of those."
        )
    if format not in (None, engine.export_format):
        raise ArgumentError(
            f"`export` needs `format` to be {engine.export_format!r} or None for a model on {engine.name!r}. "
            f"Received {format!r}."
        )
    path = files.path_of(filepath, "export")
    signature = model.inputs if input_signature is None and model.inputs else input_signature
    if signature is None or not model.built:
        raise NotBuiltError(
            f"`export` needs a model that is built, and the shapes of its inputs. Received {model.name!r} without. "
            "Call it on data first, and pass `input_signature`, such as `[keras.InputSpec(shape=(None, 8))]`."
        )
    leaves, structure = tree.split(model.input if input_signature is None else signature)

    def run(values: list[Any], inputs: list[Any]) -> Any:
        with (
            registry.use_backend(engine),
            Scope(dict(zip(variables, values, strict=True)), assignable=False, what="export"),
        ):
            return model(tree.unflatten(structure, inputs), training=False)

    content = engine.export(run, [variable.stored() for variable in variables], _specs(leaves))
    files.write_file(path, content, overwrite=True)
    if verbose:
        say(f"Wrote {model.name!r} to {path}, in the format {engine.export_format!r}.")


def _specs(leaves: Sequence[Any]) -> list[SymbolicSpec]:
    """Shape and dtype of each input; the first axis of all of them is the batch."""
    found: list[SymbolicSpec] = []
    for number, leaf in enumerate(leaves):
        if getattr(leaf, "shape", None) is None:
            raise ArgumentError(
                f"`export` needs `input_signature` with a shape for each input. Received {leaf!r}. Pass an `InputSpec`."
            )
        sizes = [
            (f"size_{number}_{axis}" if axis else "batch") if not isinstance(size, int) else size
            for axis, size in enumerate(leaf.shape)
        ]
        found.append((tuple(sizes), dtypes.canonical(getattr(leaf, "dtype", None))))
    return found
