"""Saving and loading the weights of a model without the model. The ending of a path says which format a file has."""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator
from contextlib import ExitStack, contextmanager
from typing import Any

from keraslite import allowance, ranges
from keraslite.backend.tracebacks import shortens
from keraslite.declared import accepted
from keraslite.errors import ArgumentError
from keraslite.saving import archive, files, hdf5, legacy, safetensors, shards, weights
from keraslite.saving.contents import Contents, Entry
from keraslite.saving.report import LoadReport

__all__ = ["contents", "load_weights", "save_weights", "write"]

_HDF5, _SAFETENSORS, _ARCHIVE = shards.SHARD, ".safetensors", ".keras"
_PER_VALUE = 64  # bytes: of a value, of an optimizer's for it, and of copies
_SHARD_SIZE = ranges.positive | None


@shortens
def save_weights(model: object, filepath: object, overwrite: bool = True, max_shard_size: float | None = None) -> None:
    """Write the variables of a model to a file, or to several files of limited size.

    The ending of the path chooses the format:

    - `.weights.h5`: an HDF5 file, which Keras reads;
    - `.weights.json`: an index, with HDF5 files beside it of at most `max_shard_size`. Keras reads them;
    - `.safetensors`: the format of the package of that name. The key of an array is its place in a `.weights.h5` file,
      such as "layers/dense/vars/0".

    Args:
        model: a built model.
        filepath: a path with one of these endings. With `max_shard_size`, `.weights.h5` stands for `.weights.json`.
        overwrite: whether a file may be replaced; True by default.
        max_shard_size: how large the arrays in one file may be together, in GB (2**30 bytes), greater than 0. A larger
            array has a file of its own. Default: None, one file.

    Raises:
        ArgumentError: if the path ends differently, or the file exists and `overwrite` is False.
        FileError: if a file cannot be written.
        NotBuiltError: if the model has no weights yet.

    Example:
        >>> from keraslite import Input, layers, models
        >>> model = models.Sequential([Input((4,)), layers.Dense(3)])
        >>> model.save_weights("model.weights.h5")
        >>> model.save_weights("model.safetensors")
        >>> model.load_weights("model.safetensors")
    """
    path = files.path_of(filepath, "save_weights")
    accepted(_SHARD_SIZE, "max_shard_size", max_shard_size, "save_weights")
    if max_shard_size is not None and path.endswith(_HDF5):
        path = path.removesuffix(_HDF5) + shards.INDEX
    if path.endswith(shards.INDEX) != (max_shard_size is not None):
        raise ArgumentError(
            f"`save_weights` needs a path that ends in `{shards.INDEX}` and `max_shard_size` to write several files. "
            f"Received {path!r} and max_shard_size={max_shard_size!r}."
        )
    if max_shard_size is not None:
        weights.check_built(model)
        shards.write(path, weights.entries(model), max_shard_size, overwrite)
    else:
        _check_ending(path, "save_weights", _HDF5, shards.INDEX, _SAFETENSORS)
        weights.check_built(model)
        write(path, weights.entries(model), overwrite)


def write(path: str, entries: Iterable[Entry], overwrite: bool) -> None:
    """Write weights to one file, in the format that its ending says."""
    _check_ending(path, "save", _HDF5, _SAFETENSORS)
    files.write_file(path, (hdf5 if path.endswith(_HDF5) else safetensors).packed(entries), overwrite)


@shortens
def load_weights(
    model: object, filepath: object, skip_mismatch: bool = False, *, strict: bool = True, **kwargs: object
) -> LoadReport | None:
    """Read the variables of a model from a file: all of them or none.

    Args:
        model: a built model.
        filepath: the path of a `.weights.h5`, `.weights.json`, `.safetensors` or `.keras` file, or of an `.h5` file of
            weights or a model in the format of Keras 2.
        skip_mismatch: whether to skip variables that do not fit, with a warning that lists them; False by default.
        strict: whether variables that do not fit are an error, or with `skip_mismatch` a warning; True by default. With
            False, they are skipped, and only the report says so.
        **kwargs: `by_name=True` for `.h5` files: layers are found by their names, not by their order, and those that
            the file lacks stay as they are.

    Returns:
        With `skip_mismatch`, or without `strict`, a `LoadReport`: what was read, and what was skipped and why.
        Otherwise None.

    Raises:
        WeightsMismatchError: if variables do not fit, and are not skipped.
        CorruptFileError: if the file is damaged.

    Example:
        >>> from keraslite import Input, layers, models, saving
        >>> model = models.Sequential([Input((4,)), layers.Dense(3)])
        >>> saving.save_weights(model, "model.weights.h5")
        >>> saving.load_weights(model, "model.weights.h5")
        >>> larger = models.Sequential([Input((4,)), layers.Dense(3), layers.Dense(2)])
        >>> report = saving.load_weights(larger, "model.weights.h5", strict=False)
        >>> len(report.loaded), [each.kind for each in report.skipped]
        (2, ['missing', 'missing'])
    """
    by_name = kwargs.pop("by_name", False)
    if kwargs:
        raise ArgumentError(f"`load_weights` needs no {sorted(kwargs)[0]!r}. Received {kwargs}.")
    path = files.path_of(filepath, "load_weights")
    is_older = path.endswith(legacy.ENDINGS) and not path.endswith(_HDF5)
    if by_name and not is_older:
        raise ArgumentError(f"`load_weights` needs a file in the format of Keras 2 for `by_name`. Received {path!r}.")
    with allowance.limited(_allowed(model, path)):
        if is_older:
            with hdf5.opened(files.read_file(path), path) as file:
                report = legacy.read(file, model, bool(by_name), skip_mismatch=skip_mismatch, strict=strict, where=path)
            return report if skip_mismatch or not strict else None
        with contents(path, "load_weights") as found:
            _, report = weights.read(found, model, skip_mismatch=skip_mismatch, strict=strict, where=path)
    return report if skip_mismatch or not strict else None


def _allowed(model: Any, path: str) -> allowance.Allowance:
    """Return how much memory the weights of a model may ask for: what the file's size allows, and what they need."""
    values = sum(math.prod(variable.shape) for variable in model.variables)
    return allowance.Allowance(path, more=_PER_VALUE * values, deferred=False, advice="Load it into a larger model")


@contextmanager
def contents(path: str, who: str) -> Iterator[Contents]:
    """Return what a file of weights of any format holds. What is allocated for it counts against an allowance."""
    with ExitStack() as opened:
        with allowance.default(path):  # whoever keeps the file open, as an editor does, asks for other things, too
            found = _listed(path, who, opened)
        yield found


def _listed(path: str, who: str, opened: ExitStack) -> Contents:
    _check_ending(path, who, _HDF5, shards.INDEX, _SAFETENSORS, _ARCHIVE)
    if path.endswith(shards.INDEX):
        return opened.enter_context(shards.contents(path))
    content = files.read_file(path)
    if path.endswith(_SAFETENSORS):
        return safetensors.contents(content, path)
    is_archive = path.endswith(_ARCHIVE)
    file = archive.Unpacked(content, path).weights() if is_archive else hdf5.opened(content, path)
    return hdf5.contents(opened.enter_context(file), path)


def _check_ending(path: str, who: str, *endings: str) -> None:
    if not path.endswith(endings):
        *most, last = [f"`{ending}`" for ending in endings]
        raise ArgumentError(f"`{who}` needs a path that ends in {', '.join(most)} or {last}. Received {path!r}.")
