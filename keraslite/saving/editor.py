"""Looking into files of weights and changing them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import ExitStack
from typing import TypedDict

import numpy as np

from keraslite.backend import dtypes
from keraslite.check import nearest
from keraslite.config.messages import say
from keraslite.errors import ArgumentError, UnknownNameError
from keraslite.layers.base import Layer
from keraslite.saving import files, weight_files, weights
from keraslite.saving.assets import is_safe
from keraslite.saving.contents import FOLDER, Contents, Entry, Stored
from keraslite.saving.report import Skipped

__all__ = ["Comparison", "KerasFileEditor"]


class Comparison(TypedDict):
    """What `KerasFileEditor.compare` found."""

    status: str
    error_count: int
    match_count: int


class _New:
    """An array that is not from the file."""

    def __init__(self, value: object, key: str):
        self._value = np.asarray(value)
        if self._value.dtype.name not in dtypes.NAMES:
            raise ArgumentError(
                f"`KerasFileEditor` needs arrays of numbers as weights. Received {value!r:.100} for {key!r}."
            )
        self.shape: tuple[int, ...] = self._value.shape
        self.dtype = self._value.dtype.name

    def read(self) -> np.ndarray:
        return self._value


class KerasFileEditor:
    """Shows what a file of weights holds, and changes it.

    The objects in a file are layers and other parts of a model that have weights, at paths such as "layers/dense". An
    object may contain others. Where a method takes the name of an object, that is its path, or the last part of it if
    only one object has it. Weights of the model itself are at the path "".

    Nothing is written before `save`. The file is read with the checks of `load_weights`.

    Args:
        filepath: the path of a `.weights.h5`, `.weights.json`, `.safetensors` or `.keras` file.

    Raises:
        ArgumentError: if there is no such file, or its path ends differently.
        CorruptFileError: if the file is damaged.
        UnsafeModelError: if it refers to other files.

    Example:
        >>> import keraslite as keras
        >>> keras.Sequential([keras.Input((3,)), keras.layers.Dense(2)]).save_weights("old.weights.h5")
        >>> editor = keras.saving.KerasFileEditor("old.weights.h5")
        >>> editor.summary()
        Weights in 'old.weights.h5'
        layers
          dense
            0: shape=(3, 2), dtype=float32
            1: shape=(2,), dtype=float32
        >>> editor.delete_weight("dense", "1")
        >>> editor.save("new.weights.h5")
        >>> model = keras.Sequential([keras.Input((3,)), keras.layers.Dense(2, use_bias=False)])
        >>> model.load_weights("new.weights.h5")
    """

    def __init__(self, filepath: object):
        self.filepath = files.path_of(filepath, "KerasFileEditor")
        self._open = ExitStack()  # the file's arrays are read when they are needed
        found = self._open.enter_context(weight_files.contents(self.filepath, "KerasFileEditor"))
        self._names: dict[str, str | None] = dict(found.names)
        self._arrays: dict[str, dict[str, Stored]] = {path: dict(found.of(path) or {}) for path in found.names}

    def summary(self) -> None:
        """Print the objects and the shapes and dtypes of their weights."""
        lines = [f"Weights in {self.filepath!r}"]
        shown: set[str] = set()
        for path in self._arrays:
            if not any(arrays for inner, arrays in self._arrays.items() if _is_within(inner, path)):
                continue
            parts = path.split("/") if path else []
            for depth, part in enumerate(parts):
                if "/".join(parts[: depth + 1]) not in shown:
                    shown.add("/".join(parts[: depth + 1]))
                    lines.append(f"{'  ' * depth}{part}")
            for key in sorted(self._arrays[path], key=_as_number):
                array = self._arrays[path][key]
                lines.append(f"{'  ' * len(parts)}{key}: shape={array.shape}, dtype={array.dtype}")
        say("\n".join(lines))

    def compare(self, reference_model: Layer) -> Comparison:
        """Print what of the file does not fit a model.

        The state of an optimizer counts only if the model has one that is built.

        Args:
            reference_model: a built model. It is not changed.

        Returns:
            A dict: "status" is "success" if everything fits, otherwise "error"; "error_count" is the number of
            mismatches, where an object that only one side has counts once; "match_count" is the number of weights that
            fit.
        """
        matching = weights.Matching(self._contents(), reference_model, self.filepath, build=False)
        problems = _by_object([*matching.problems, *matching.left_out], self._arrays)
        compared = f"{self.filepath!r} and {reference_model.name!r}"
        say(
            "\n".join([f"Compared {compared}: {matching.matches} weights fit, {len(problems)} differences.", *problems])
        )
        return {
            "status": "error" if problems else "success",
            "error_count": len(problems),
            "match_count": matching.matches,
        }

    def rename_object(self, object_name: str, new_name: str) -> None:
        """Give an object another name. The objects in it keep theirs.

        Args:
            object_name: the name or path of the object.
            new_name: the new last part of its path, such as "dense_2".

        Raises:
            UnknownNameError: if there is no such object, or several.
            ArgumentError: if there is an object of the new name, or it is no name.
        """
        path = self._object(object_name)
        if "/" in _checked_path(new_name, "rename_object"):
            raise ArgumentError(
                f"`rename_object` needs `new_name` to be the last part of a path, without '/'. Received {new_name!r}."
            )
        around = path.rpartition("/")[0]
        target = f"{around}/{new_name}" if around else new_name
        if target != path:
            self._refuse_taken(target, "rename_object")
        for known in (self._names, self._arrays):
            moved = {target + p[len(path) :] if _is_within(p, path) else p: value for p, value in known.items()}
            known.clear()
            known.update(moved)  # type: ignore[arg-type]

    def delete_object(self, object_name: str) -> None:
        """Remove an object and those in it.

        Args:
            object_name: the name or path of the object.

        Raises:
            UnknownNameError: if there is no such object, or several.
        """
        path = self._object(object_name)
        for inner in [p for p in self._arrays if _is_within(p, path)]:
            del self._arrays[inner], self._names[inner]

    def add_object(self, object_path: str, weights: Mapping[str, object]) -> None:
        """Add an object.

        Args:
            object_path: its whole path, such as "layers/dense_2".
            weights: arrays by the names of the weights, which are "0", "1" and so on for most layers.

        Raises:
            UnknownNameError: if `object_path` is in an object that the file does not have.
            ArgumentError: if there is an object of that path, or `weights` are no arrays by name.
        """
        path = _checked_path(object_path, "add_object")
        around = path.rpartition("/")[0]
        if around and around not in self._paths():
            raise self._unknown(around)
        self._refuse_taken(path, "add_object")
        self._arrays[path] = _arrays(weights, "add_object")
        self._names[path] = None

    def delete_weight(self, object_name: str, weight_name: str) -> None:
        """Remove a weight of an object.

        Args:
            object_name: the name or path of the object.
            weight_name: the name of the weight, such as "0".

        Raises:
            UnknownNameError: if there is no such object, several, or no such weight.
        """
        path = self._find(object_name)
        have = self._arrays.get(path, {})
        if weight_name not in have:
            raise UnknownNameError(
                f"`delete_weight` needs the name of a weight of {path!r}. Received {weight_name!r}. Its weights: "
                f"{', '.join(have) or 'none'}."
            )
        del have[weight_name]

    def add_weights(self, object_name: str, weights: Mapping[str, object]) -> None:
        """Add weights to an object, or replace those that it has.

        Args:
            object_name: the name or path of the object.
            weights: arrays by the names of the weights, such as "0".

        Raises:
            UnknownNameError: if there is no such object, or several.
            ArgumentError: if `weights` are no arrays by name.
        """
        path = self._find(object_name)
        self._names.setdefault(path, None)
        self._arrays.setdefault(path, {}).update(_arrays(weights, "add_weights"))

    def save(self, filepath: object) -> None:
        """Write the weights to a file, with the changes. A file that exists is replaced.

        Args:
            filepath: a path that ends in `.weights.h5` or `.safetensors`. It may be the one that was opened.
        """
        path = files.path_of(filepath, "KerasFileEditor.save")
        weight_files.write(path, self._entries(), overwrite=True)

    def resave_weights(self, filepath: object) -> None:
        """Do what `save` does.

        Args:
            filepath: a path that ends in `.weights.h5` or `.safetensors`.
        """
        self.save(filepath)

    def _entries(self) -> Iterator[Entry]:
        for path, arrays in self._arrays.items():
            yield Entry(path, self._names.get(path) or "", ((key, array.read()) for key, array in arrays.items()))

    def _contents(self) -> Contents:
        found = Contents()
        for path, arrays in self._arrays.items():
            found.add_part(path, self._names.get(path))
            for key, array in arrays.items():
                found.add(f"{path}/{FOLDER}/{key}" if path else f"{FOLDER}/{key}", array)
        return found

    def _paths(self) -> set[str]:
        """The paths of the objects, and of what contains them."""
        parts = (path.split("/") for path in self._arrays if path)
        return {"/".join(part[:n]) for part in parts for n in range(1, len(part) + 1)}

    def _object(self, name: str) -> str:
        path = self._find(name)
        if not path:
            raise self._unknown(name)
        return path

    def _find(self, name: str) -> str:
        paths = self._paths()
        if name in paths or name in self._arrays:
            return name
        found = sorted(path for path in paths if path.rpartition("/")[2] == name)
        if len(found) > 1:
            raise UnknownNameError(
                f"`KerasFileEditor` needs the path of an object where several have one name. Received {name!r}, which "
                f"may be {', '.join(map(repr, found[:10]))}."
            )
        if not found:
            raise self._unknown(name)
        return found[0]

    def _unknown(self, name: object) -> UnknownNameError:
        paths = self._paths()
        near = nearest(name, paths) or nearest(name, {path.rpartition("/")[2] for path in paths})
        return UnknownNameError(
            f"`KerasFileEditor` needs the name of an object in {self.filepath!r}. Received {name!r}.{near} `summary()` "
            "shows all."
        )

    def _refuse_taken(self, path: str, method: str) -> None:
        if path in self._paths():
            raise ArgumentError(
                f"`{method}` needs a name that no object has. Received {path!r}, which would be lost. Delete or rename "
                "it first."
            )


def _is_within(path: str, outer: str) -> bool:
    return path == outer or path.startswith(f"{outer}/") or not outer


def _as_number(key: str) -> tuple[int, int, str]:
    return (0, int(key), key) if key.isdecimal() else (1, 0, key)


def _checked_path(path: object, method: str) -> str:
    if not isinstance(path, str) or not is_safe(path) or FOLDER in path.split("/"):
        raise ArgumentError(
            f"`{method}` needs names joined by '/', such as 'layers/dense_2', none of them {FOLDER!r}. Received "
            f"{path!r}."
        )
    return path


def _arrays(weights: object, method: str) -> dict[str, Stored]:
    if not isinstance(weights, Mapping) or not all(isinstance(key, str) and is_safe(key) for key in weights):
        raise ArgumentError(
            f"`{method}` needs `weights` to be a dict of arrays by names such as '0'. Received {weights!r:.100}."
        )
    return {key: _New(value, key) for key, value in weights.items()}


def _by_object(skipped: list[Skipped], arrays: Mapping[str, Mapping[str, Stored]]) -> list[str]:
    """Return a line per difference. Weights of an object that one side lacks make one difference."""
    lines: list[str] = []
    missing: dict[str, int] = {}
    unexpected: dict[str, int] = {}
    for each in skipped:
        before, folder, _ = f"/{each.place}".rpartition(f"/{FOLDER}/")
        path = before.removeprefix("/")
        if each.kind == "missing" and folder and not arrays.get(path):
            missing[path] = missing.get(path, 0) + 1
        elif each.kind == "unexpected" and folder:
            unexpected[path] = unexpected.get(path, 0) + 1
        else:
            lines.append(each.why)
    lines += [f"missing: {path!r}, which has {count} weights in the model" for path, count in missing.items()]
    for path, count in unexpected.items():
        whole = count == len(arrays[path])
        lines += (
            [f"unexpected: {path!r}, which has {count} weights in the file"]
            if whole
            else [
                each.why for each in skipped if each.kind == "unexpected" and each.place.startswith(f"{path}/{FOLDER}/")
            ]
        )
    return [f"  {line}" for line in lines]
