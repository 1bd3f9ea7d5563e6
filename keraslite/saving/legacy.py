"""Weights in `.h5` files of Keras 2, and in whole models that Keras 3 saves as `.h5`.

A group holds the weights of one layer. The attribute `layer_names` lists the groups in the model's order, and
`weight_names` the arrays of a layer. Long lists are split over attributes `layer_names0`, `layer_names1`, ...
"""

from __future__ import annotations

import math
import warnings
from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, NamedTuple, Protocol, TypeAlias, cast

import numpy as np

from keraslite import allowance
from keraslite.errors import CorruptFileError, WeightsMismatchError, users_line
from keraslite.saving import hdf5
from keraslite.saving.contents import Stored
from keraslite.saving.damage import reading
from keraslite.saving.report import LoadReport, Skipped, listed
from keraslite.saving.walk import own_variables

if TYPE_CHECKING:
    import h5py  # imported when a file is opened, because the import is slow

    from keraslite.layers.base import Layer
    from keraslite.variable import Variable

__all__ = ["ENDINGS", "read"]

ENDINGS = (".h5", ".hdf5")
_TOP = "top_level_model_weights"
_Pairs: TypeAlias = "list[tuple[Variable, Stored]]"


class _Model(Protocol):
    """What is read into."""

    @property
    def name(self) -> str: ...

    @property
    def layers(self) -> Sequence[Layer]: ...


class _Group(NamedTuple):
    """The arrays of one layer."""

    name: str
    arrays: list[Stored]


def read(file: h5py.File, model: object, by_name: bool, *, skip_mismatch: bool, strict: bool, where: str) -> LoadReport:
    """Read all weights of a model or none. One error lists all that do not fit.

    Args:
        file: an open file.
        model: a built model.
        by_name: whether layers are found by their names. Those that the file lacks then stay as they are. False: by
            their order.
        skip_mismatch: whether to skip what does not fit, with a warning that lists it.
        strict: whether what does not fit is an error or a warning.
        where: the name of the file in messages.
    """
    target, groups = cast(_Model, model), _groups(file, where)
    pairs, problems = (_by_name if by_name else _by_order)(groups, target)
    if problems and strict:
        if not skip_mismatch:
            raise WeightsMismatchError(
                f"The weights in {where} do not fit {target.name!r}; nothing was loaded.\n  {listed(problems)}\n"
                "Build the same model first, or pass `skip_mismatch=True` to load what fits."
            )
        warnings.warn(
            f"The weights in {where} fit in part; the rest was left out.\n  {listed(problems)}",
            stacklevel=users_line(),
        )
    values = [(variable, stored.read()) for variable, stored in pairs]
    for variable, array in values:
        variable.assign(array)
    return LoadReport(where, tuple(variable.path for variable, _ in values), tuple(problems))


def _by_order(groups: list[_Group], model: _Model) -> tuple[_Pairs, list[Skipped]]:
    layers = [(layer.name, _weights(layer)) for layer in model.layers if layer.weights]
    own = own_variables(model)
    if own or any(each.name == _TOP for each in groups):
        layers.append((_TOP, own))
    if len(layers) == len(groups):
        return _fitting((*layer, group.arrays) for layer, group in zip(layers, groups, strict=True))
    ours, theirs = [name for name, _ in layers], [each.name for each in groups]
    problems = [Skipped("missing", name, name, f"missing: layer {name!r}") for name in ours if name not in theirs]
    problems += [
        Skipped("unexpected", name, None, f"unexpected: layer {name[:100]!r}") for name in theirs if name not in ours
    ]
    count = f"the file has {len(groups)} layers with weights, the model has {len(layers)}"
    return [], [Skipped("mismatched", "", None, count), *problems]


def _by_name(groups: list[_Group], model: _Model) -> tuple[_Pairs, list[Skipped]]:
    by_name = {each.name: each.arrays for each in groups}
    layers = [(layer.name, _weights(layer)) for layer in model.layers] + [(_TOP, own_variables(model))]
    return _fitting((name, variables, by_name[name]) for name, variables in layers if name in by_name)


def _fitting(layers: Iterable[tuple[str, list[Variable], list[Stored]]]) -> tuple[_Pairs, list[Skipped]]:
    pairs: _Pairs = []
    problems = []
    for name, variables, arrays in layers:
        if len(variables) != len(arrays):
            why = f"{name!r} needs {len(variables)} weights. Received {len(arrays)}"
            problems.append(Skipped("mismatched", name, None, why))
            continue
        for variable, stored in zip(variables, arrays, strict=True):
            if stored.shape == tuple(variable.shape):
                pairs.append((variable, stored))
            else:
                why = f"{variable.path!r} needs shape {variable.shape}. Received {stored.shape}"
                problems.append(Skipped("mismatched", name, variable.path, why))
    return pairs, problems


def _weights(layer: Layer) -> list[Variable]:
    return [*layer.trainable_weights, *layer.non_trainable_weights]


def _groups(file: h5py.File, where: str) -> list[_Group]:
    """Return the layers of a file that have weights, in the file's order."""
    arrays = hdf5.contents(file, where).elsewhere  # from here on, every object in the file was looked at
    inside = "" if _names(file, "", "layer_names", where) else "model_weights/"
    found = []
    for name in _names(file, inside, "layer_names", where):
        names = _names(file, f"{inside}{name}/", "weight_names", where)
        places = [f"{inside}{name}/{each}" for each in names]
        lacking = next((place for place in places if place not in arrays), None)
        if lacking is not None:
            raise CorruptFileError(f"{where} needs every array that it lists. It lacks {lacking[:100]!r}.")
        found.append(_Group(name, [arrays[place] for place in places]))
    if not found:
        raise CorruptFileError(
            f"{where} needs to list the layers of a model, as files of Keras 2 do. "
            "Weight files of Keras 3 have names that end in `.weights.h5`."
        )
    own = [arrays[f"{inside}{_TOP}/{name}"] for name in _names(file, f"{inside}{_TOP}/", "weight_names", where)]
    return [each for each in (*found, _Group(_TOP, own)) if each.arrays]


def _names(file: h5py.File, place: str, attribute: str, where: str) -> list[str]:
    """Return a list of names that is an attribute of a group, or split over several; none if there is no group."""
    from h5py import Group

    with reading(f"{where}: its HDF5 data"):
        group = file[place or "/"] if not place or place in file else None
        if not isinstance(group, Group):
            return []
        parts = [attribute] if attribute in group.attrs else []
        while parts != [attribute] and f"{attribute}{len(parts)}" in group.attrs:
            parts.append(f"{attribute}{len(parts)}")
        return [name for part in parts for name in _texts(group, part, where)]


def _texts(group: h5py.Group, attribute: str, where: str) -> list[str]:
    stored = group.attrs.get_id(attribute)
    allowance.charge(stored.dtype.itemsize * math.prod(stored.shape), f"the attribute {attribute!r}")
    found = np.ravel(np.asarray(group.attrs[attribute])).tolist()
    if not all(isinstance(name, (bytes, str)) for name in found):
        raise CorruptFileError(f"{where} needs names in its attribute {attribute!r}. Received others.")
    return [name.decode("utf-8", "surrogateescape") if isinstance(name, bytes) else name for name in found]
