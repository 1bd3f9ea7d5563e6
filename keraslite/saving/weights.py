"""The weights of a model as entries of a file, and the entries of a file as weights."""

from __future__ import annotations

import warnings
from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any, TypeAlias

import numpy as np

from keraslite.backend import dtypes
from keraslite.errors import NotBuiltError, WeightsMismatchError, users_line
from keraslite.layers.base import Layer
from keraslite.optimizers.base import Optimizer
from keraslite.saving import older
from keraslite.saving.contents import FOLDER, Contents, Entry, Stored, StoreToRead, StoreToWrite
from keraslite.saving.damage import quoted
from keraslite.saving.report import LoadReport, Skipped, listed
from keraslite.saving.walk import Part, Walk, own_variables, parts
from keraslite.training.compile import Compile

if TYPE_CHECKING:
    from keraslite.variable import Variable

Pairs: TypeAlias = "list[tuple[Variable, Stored]]"
_KINDS = (("a float", dtypes.is_float), ("an integer", dtypes.is_int), ("a complex", dtypes.is_complex))


def entries(root: object, *, optimizer: bool = True) -> Iterator[Entry]:
    """Yield what a file gets for each part of `root`; for the optimizers of its models if `optimizer` is True."""
    found = parts(root)
    left_out = [] if optimizer else [item.optimizer for _, item in _models(found)]
    for part in found:
        if any(part.item is item for item in left_out):
            continue
        name = str(getattr(part.item, "name", None) or "")
        if _overrides(part.item, "save_own_variables"):
            store = StoreToWrite()
            part.item.save_own_variables(store)
            yield Entry(part.path, name, store.items())
        else:
            yield Entry(part.path, name, _numbered(own_variables(part.item)))


def _numbered(variables: list[Variable]) -> Iterator[tuple[str, np.ndarray]]:
    for number, variable in enumerate(variables):
        yield str(number), variable.numpy()


def read(
    contents: Contents, root: object, *, skip_mismatch: bool = False, strict: bool = True, where: str = "the file"
) -> tuple[list[Part], LoadReport]:
    """Read all variables of `root` or none. One error lists all that do not fit.

    The state of an optimizer is read only if it fits, because the model may be compiled differently or not at all.

    Args:
        contents: what the file holds.
        root: the model.
        skip_mismatch: whether to skip what does not fit, with a warning.
        strict: whether what does not fit is an error or a warning. If not, only the report tells.
        where: the file in messages.

    Returns:
        The parts and their places, and what was read.
    """
    matching = Matching(contents, root, where)
    problems, left_out = matching.problems, matching.left_out
    if problems and strict and not skip_mismatch:
        raise WeightsMismatchError(
            f"The weights in {where} do not fit {getattr(root, 'name', root)!r}; nothing was loaded.\n"
            f"  {listed(problems)}\n"
            "Build the same model first, or pass `skip_mismatch=True` to load what fits."
        )
    if problems and strict:
        warnings.warn(
            f"The weights in {where} fit in part; the rest was left out.\n  {listed(problems)}",
            stacklevel=users_line(),
        )
    for each in left_out if strict else ():
        warnings.warn(each.why, stacklevel=users_line())
    return matching.walk.parts, matching.load()


class Matching:
    """Which arrays of a file belong to which variables of a model.

    Args:
        contents: what the file holds.
        root: the model.
        where: the file in messages.
        build: whether optimizers get the slots for which the file has values. Otherwise, those without slots are not
            looked at.
    """

    def __init__(self, contents: Contents, root: object, where: str, build: bool = True):
        self.contents, self.where, self._build = contents, where, build
        for path, model in _models(parts(root)) if build else ():
            self._build_optimizer(path, model)
        self.walk = Walk(root, contents.names.__contains__, self._name_at)
        older.find(self.walk, contents.names, self._name_at)
        self.pairs: Pairs = []
        self.problems: list[Skipped] = []
        self.left_out: list[Skipped] = []  # of optimizers
        self._by_themselves: list[tuple[Layer, Mapping[str, Stored]]] = []
        known: set[str] = set()
        for part in self.walk.parts:
            known.update(self._match(part))
        optimizers = tuple(path for path, _ in _models(self.walk.parts))
        self.problems += [
            Skipped("unexpected", place, None, f"unexpected: {quoted(place)}")
            for place in contents.places()
            if place not in known and not place.startswith(optimizers)
        ]

    @property
    def matches(self) -> int:
        """The number of arrays that are read."""
        return len(self.pairs) + sum(len(stored) for _, stored in self._by_themselves)

    def load(self) -> LoadReport:
        """Assign what fits. Everything is read before anything is assigned."""
        arrays = [(variable, stored.read()) for variable, stored in self.pairs]
        for variable, array in arrays:
            variable.assign(array)
        loaded = [variable.path for variable, _ in arrays]
        for item, stored in self._by_themselves:
            item.load_own_variables(StoreToRead(stored))
            loaded += [variable.path for variable in own_variables(item)]
        return LoadReport(self.where, tuple(loaded), (*self.problems, *self.left_out))

    def _name_at(self, path: str) -> str:
        return str(self.contents.names.get(path))

    def _build_optimizer(self, path: str, model: Compile) -> None:
        """Make the slots of the optimizer of `model` for which the file has values."""
        optimizer = model.optimizer
        stored = self.contents.of(path.removesuffix("/"))
        if isinstance(optimizer, Optimizer) and not optimizer.built and len(stored or ()) > len(optimizer.variables):
            optimizer.build(model.trainable_variables)

    def _match(self, part: Part) -> list[str]:
        """Pair the variables of a part with its arrays. Returns the places that are accounted for."""
        place = f"{part.path}/{FOLDER}" if part.path else FOLDER
        stored = self.contents.of(part.path)
        if isinstance(part.item, Optimizer):
            if part.item.built or self._build:
                self._match_optimizer(part, stored or {}, place)
            return []
        if _overrides(part.item, "load_own_variables"):
            if stored is not None:
                self._by_themselves.append((part.item, stored))
            return [f"{place}/{key}" for key in stored or ()]
        variables = own_variables(part.item)
        if not variables and stored:
            if isinstance(part.item, Layer):
                if part.item.built:
                    return []
                why = f"not built: {part.item.path!r} has no variables yet, the file has {len(stored)} for it"
                self.problems.append(Skipped("not built", place, None, why))
            return [f"{place}/{number}" for number in range(len(stored))]  # what is no layer reads its state later
        for number, variable in enumerate(variables):
            self._pair(part, variable, f"{place}/{number}", (stored or {}).get(str(number)))
        return [f"{place}/{number}" for number in range(len(variables))]

    def _pair(self, part: Part, variable: Variable, place: str, stored: Stored | None) -> None:
        if stored is None:
            if part.required:
                why = f"missing: {place} for {variable.path!r} of shape {variable.shape}"
                self.problems.append(Skipped("missing", place, variable.path, why))
        elif (misfit := _misfit(stored, variable)) is not None:
            why = f"{variable.path!r} needs {misfit} ({place})"
            self.problems.append(Skipped("mismatched", place, variable.path, why))
        else:
            self.pairs.append((variable, stored))

    def _match_optimizer(self, part: Part, stored: Mapping[str, Stored], place: str) -> None:
        """Pair the whole state of an optimizer if it fits, or nothing."""
        variables = own_variables(part.item)
        pairs = [(variable, stored[str(i)]) for i, variable in enumerate(variables) if str(i) in stored]
        fits = len(stored) == len(pairs) == len(variables) and not any(_misfit(each, v) for v, each in pairs)
        if fits and not self.walk.in_another_order:
            self.pairs += pairs
        elif stored and not _is_new(stored):  # nothing is lost before its first step
            why = f"{len(stored)} values for {len(variables)} variables"
            advice = "To go on with training, compile with the optimizer it was saved from."
            if fits:
                why, advice = "the file's layers stand in another order", "Training goes on with a new state."
            text = (
                f"The optimizer's state in {self.where} does not fit {part.item.name!r} and is left out: {why}. "
                f"{advice}"
            )
            self.left_out.append(Skipped("optimizer", place, None, text))


def _misfit(stored: Stored, variable: Variable) -> str | None:
    """Return what a variable needs and an array of the file is not. The array is not read for that."""
    if stored.shape != variable.shape:
        return f"shape {variable.shape}. Received {stored.shape}"
    wanted, given = _kind(variable.dtype), _kind(stored.dtype)
    return None if wanted == given else f"{wanted} dtype. Received {stored.dtype}"


def _kind(dtype: str) -> str:
    return next((kind for kind, is_kind in _KINDS if is_kind(dtype)), dtype)


def _is_new(stored: Mapping[str, Stored]) -> bool:
    """Whether an optimizer had made no step."""
    count = stored.get("0")
    return count is not None and count.shape == () and not np.any(count.read())


def _models(found: list[Part]) -> list[tuple[str, Compile]]:
    """Return the models among the parts, each with the place of its optimizer. A model may hold others."""
    return [
        (f"{part.path}/optimizer/" if part.path else "optimizer/", part.item)
        for part in found
        if isinstance(part.item, Compile)
    ]


def _overrides(item: object, method: str) -> bool:
    """Return whether a user's class defines itself what is saved."""
    return isinstance(item, Layer) and getattr(type(item), method) is not getattr(Layer, method)


def check_built(root: Any) -> None:
    """Refuse to save a model whose variables do not exist yet."""
    unbuilt = [part.item for part in parts(root) if isinstance(part.item, Layer) and not part.item.built]
    if not getattr(root, "built", True):
        names = ", ".join(repr(item.name) for item in unbuilt[:5])
        raise NotBuiltError(
            f"Saving needs a model with weights. Received {root.name!r}, where {names} are not built. "
            "Call the model on data, or `build(input_shape)`, first."
        )
