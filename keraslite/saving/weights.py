"""Writing Variables to HDF5 groups and reading them."""

from __future__ import annotations

import warnings
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any, TypeAlias

import numpy as np

from keraslite.backend import dtypes
from keraslite.errors import CorruptFileError, NotBuiltError, UnsafeModelError, WeightsMismatchError
from keraslite.layers.base import Layer
from keraslite.optimizers.base import Optimizer
from keraslite.saving import older
from keraslite.saving.walk import Part, Walk, own_variables, parts
from keraslite.training.compile import Compile

if TYPE_CHECKING:
    import h5py  # imported when a file is opened, because the import is slow
    from numpy.typing import ArrayLike

    from keraslite.variable import Variable

Pairs: TypeAlias = "list[tuple[Variable, np.ndarray]]"
_FILTERS = {"gzip", None}


def write(file: h5py.File, root: object, *, optimizer: bool = True) -> None:
    """Write every variable of `root`, including the optimizers of its models if `optimizer` is True."""
    found = parts(root)
    left_out = [] if optimizer else [item.optimizer for _, item in _models(found)]
    for part in found:
        if any(part.item is item for item in left_out):
            continue
        group = file.require_group(f"{part.path}/vars" if part.path else "vars")
        group.attrs["name"] = str(getattr(part.item, "name", None) or "")
        if _overrides(part.item, "save_own_variables"):
            part.item.save_own_variables(_Store(group))
            continue
        for i, variable in enumerate(own_variables(part.item)):
            array = variable.numpy()
            plain = array if array.dtype.kind != "V" else array.view(f"V{array.itemsize}")
            stored = group.create_dataset(str(i), data=plain)
            if array.dtype.name == "bfloat16":
                stored.attrs["dtype"] = "bfloat16"


def read(file: h5py.File, root: object, *, skip_mismatch: bool = False, where: str = "the file") -> list[Part]:
    """Read all variables of `root` or none. One error lists all that do not fit. Returns the parts and their places.

    The state of an optimizer is read only if it fits, because the model may be compiled differently or not at all.
    """
    try:
        return _read(file, root, skip_mismatch, where)
    except OSError as error:  # HDF5 found its own structure damaged
        raise CorruptFileError(f"{where} holds no readable HDF5 weights: {error}. Save them again.") from error


def _read(file: h5py.File, root: object, skip_mismatch: bool, where: str) -> list[Part]:
    for path, model in _models(parts(root)):
        _build_optimizer(file, path, model)
    walk = _find(file, root)
    places = tuple(path for path, _ in _models(walk.parts))
    problems: list[str] = []
    values: Pairs = []
    known: set[str] = set()
    by_themselves: list[tuple[Layer, h5py.Group]] = []
    for part in walk.parts:
        prefix = f"{part.path}/vars" if part.path else "vars"
        group = _group(file, prefix)
        if isinstance(part.item, Optimizer):
            values += _optimizer_state(part.item, group, where, walk.in_another_order)
            continue
        if _overrides(part.item, "load_own_variables"):
            known.update(f"{prefix}/{name}" for name in (group or ()))
            if group is not None:
                by_themselves.append((part.item, group))
            continue
        known.update(f"{prefix}/{i}" for i in range(_match(part, prefix, group, values, problems)))
    problems += [f"unexpected: {path}" for path in _datasets(file) if path not in known and not path.startswith(places)]
    if problems and not skip_mismatch:
        raise WeightsMismatchError(
            f"The weights in {where} do not fit {getattr(root, 'name', root)!r}; nothing was loaded.\n"
            f"  {_listed(problems)}\n"
            "Build the same model first, or pass `skip_mismatch=True` to load what fits."
        )
    if problems:
        warnings.warn(
            f"The weights in {where} fit in part; the rest was left out.\n  {_listed(problems)}", stacklevel=2
        )
    for variable, array in values:
        variable.assign(array)
    for item, group in by_themselves:
        item.load_own_variables(_Store(group))
    return walk.parts


def _listed(problems: list[str]) -> str:
    rest = len(problems) - 20
    return "\n  ".join(problems[:20]) + (f"\n  and {rest} more" if rest > 0 else "")


def _find(file: h5py.File, root: object) -> Walk:
    """Return every part of `root`, at the path where the file has it."""
    paths = set(_places(file))

    def name_at(path: str) -> str:
        return str(file[f"{path}/vars"].attrs.get("name"))

    walk = Walk(root, paths.__contains__, name_at)
    older.find(walk, paths, name_at)
    return walk


def _places(group: h5py.Group, path: str = "") -> Iterator[str]:
    """Return the paths of the parts in a file."""
    import h5py

    for name in map(str, group):
        child = _child(group, name)
        if isinstance(child, h5py.Group):
            yield from [path] if name == "vars" else _places(child, f"{path}/{name}" if path else name)


def _models(found: list[Part]) -> list[tuple[str, Compile]]:
    """Return the models among the parts, each with the place of its optimizer. A model may hold others."""
    return [
        (f"{part.path}/optimizer/" if part.path else "optimizer/", part.item)
        for part in found
        if isinstance(part.item, Compile)
    ]


def _build_optimizer(file: h5py.File, path: str, model: Compile) -> None:
    """Make the slots of the optimizer of `model` for which the file has values at `path`."""
    optimizer = model.optimizer
    group = _group(file, f"{path}vars")
    if (
        isinstance(optimizer, Optimizer)
        and not optimizer.built
        and group is not None
        and (len(group) > len(optimizer.variables))
    ):
        optimizer.build(model.trainable_variables)


def _optimizer_state(optimizer: Optimizer, group: h5py.Group | None, where: str, in_another_order: bool) -> Pairs:
    """Return pairs of variables and values if the whole state in the file fits, otherwise no pairs."""
    variables = own_variables(optimizer)
    stored = {} if group is None else {name: _dataset(group, name) for name in map(str, group)}
    pairs = [(variable, stored[str(i)]) for i, variable in enumerate(variables) if str(i) in stored]
    fits = len(stored) == len(pairs) == len(variables) and all(tuple(d.shape) == v.shape for v, d in pairs)
    if fits and not in_another_order:
        return [(variable, _array(dataset)) for variable, dataset in pairs]
    if stored and ("0" not in stored or np.any(_array(stored["0"]))):  # nothing is lost before its first step
        why = f"{len(stored)} values for {len(variables)} variables"
        advice = "To go on with training, compile with the optimizer it was saved from."
        if fits:
            why, advice = "the file's layers stand in another order", "Training goes on with a new state."
        warnings.warn(
            f"The optimizer's state in {where} does not fit {optimizer.name!r} and is left out: {why}. {advice}",
            stacklevel=2,
        )
    return []


def _match(part: Part, prefix: str, group: h5py.Group | None, values: Pairs, problems: list[str]) -> int:
    """Pair the variables of a part with its datasets. Returns the number of datasets."""
    variables = own_variables(part.item)
    stored = {} if group is None else {name: _dataset(group, name) for name in map(str, group)}
    if not variables and stored and isinstance(part.item, Layer) and not part.item.built:
        problems.append(f"not built: {part.item.path!r} has no variables yet, the file has {len(stored)} for it")
        return len(stored)
    if not variables and stored and not isinstance(part.item, Layer):
        return len(stored)  # its state is read later
    for i, variable in enumerate(variables):
        dataset = stored.get(str(i))
        if dataset is None:
            if part.required:
                problems.append(f"missing: {prefix}/{i} for {variable.path!r} of shape {variable.shape}")
        elif tuple(dataset.shape) != variable.shape:
            problems.append(f"{variable.path!r} needs shape {variable.shape}. Received {dataset.shape} ({prefix}/{i})")
        else:
            values.append((variable, _array(dataset)))
    return len(variables)


def _overrides(item: object, method: str) -> bool:
    """Return whether a user's class defines itself what is saved."""
    return isinstance(item, Layer) and getattr(type(item), method) is not getattr(Layer, method)


def _group(file: h5py.File, path: str) -> h5py.Group | None:
    import h5py

    node: Any = file
    for name in path.split("/"):
        if not isinstance(node, h5py.Group) or name not in node:
            return None
        node = _child(node, name)
    return node if isinstance(node, h5py.Group) else None


def _child(group: h5py.Group, name: str) -> object:
    """Return a member that is stored in the group itself. Links out of it are refused."""
    import h5py

    if not isinstance(group.get(name, getlink=True), h5py.HardLink):
        raise UnsafeModelError(f"A weight file needs to hold its own data. Received a link at {group.name}/{name}.")
    return group[name]


def _dataset(group: h5py.Group, name: str) -> h5py.Dataset:
    import h5py

    dataset = _child(group, name)
    if not isinstance(dataset, h5py.Dataset):
        raise CorruptFileError(f"A weight file needs arrays in {group.name!r}. Received a group {name!r}.")
    if dataset.external or dataset.is_virtual:
        raise UnsafeModelError(f"A weight file needs to hold its own data. Received external data at {dataset.name!r}.")
    if dataset.compression not in _FILTERS or dataset.dtype.kind not in "biufcV":
        raise UnsafeModelError(
            f"A weight file needs plain numbers. Received dtype {dataset.dtype}, compression {dataset.compression!r} "
            f"at {dataset.name!r}."
        )
    return dataset


def _array(dataset: h5py.Dataset) -> np.ndarray:
    array = dataset[()]
    if array.dtype.kind == "V" and dataset.attrs.get("dtype") == "bfloat16":
        array = array.view(dtypes.to_numpy_dtype("bfloat16"))
    return array


def _datasets(group: h5py.Group, prefix: str = "") -> list[str]:
    import h5py

    found = []
    for name in map(str, group):
        path = f"{prefix}/{name}" if prefix else name
        child = _child(group, name)
        found += _datasets(child, path) if isinstance(child, h5py.Group) else [path]
    return found


class _Store:
    """The argument of `save_own_variables(store)` and `load_own_variables(store)`: arrays by name."""

    def __init__(self, group: h5py.Group):
        self._group = group

    def __setitem__(self, name: str, value: ArrayLike) -> None:
        self._group.create_dataset(name, data=np.asarray(value))

    def __getitem__(self, name: str) -> np.ndarray:
        return _array(_dataset(self._group, name))

    def __contains__(self, name: str) -> bool:
        return name in self._group

    def __len__(self) -> int:
        return len(self._group)

    def keys(self) -> list[str]:
        """Return the names of the arrays."""
        return list(self._group)

    def __iter__(self) -> Iterator[str]:
        return iter(self.keys())


def check_built(root: Any) -> None:
    """Refuse to save a model whose variables do not exist yet."""
    unbuilt = [part.item for part in parts(root) if isinstance(part.item, Layer) and not part.item.built]
    if not getattr(root, "built", True):
        names = ", ".join(repr(item.name) for item in unbuilt[:5])
        raise NotBuiltError(
            f"Saving needs a model with weights. Received {root.name!r}, where {names} are not built. "
            "Call the model on data, or `build(input_shape)`, first."
        )
