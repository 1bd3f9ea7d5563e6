"""Says when a function is compiled over and over, because no call is like another."""

from __future__ import annotations

import contextlib
import inspect
import threading
import warnings
from collections.abc import Callable, Hashable

from keraslite import tree
from keraslite.backend.contract.tensor import Spec
from keraslite.errors import RecompilationWarning, users_line
from keraslite.ops.lifting import Rest

__all__ = ["Recompilations"]

_REPORTED = 4  # compilations: the third that would not have been needed
_MOST_TENSORS = 3  # of one call whose shapes are shown
_CONSTANTS = (bool, int, float, complex, str, bytes)
_SHAPES = (
    "Each new shape costs that again. Pad the inputs, or sort them into few sizes; make all batches of one size "
    "(`drop_remainder=True` of data sets, `drop_last=True` of a DataLoader)"
)
_VALUES = "Numbers and text are compiled in: each new one costs that again. Give numbers as arrays or tensors"


class Recompilations:
    """Counts the compilations of one jitted function. If there are too many, it gives one `RecompilationWarning`.

    Calls that differ in shapes and dtypes are counted, and calls that differ in one and the same Python number or text.
    A change of anything else (the structure, an object, a setting, the engine) begins another count.

    Args:
        name: what the function is called, such as "the training step of model 'a'".
        instead: what to do for it not to be compiled at all.
        fn: the function, where its parameters are known to whom the warning is for.
        batches: how many sizes of the first axis are nothing to warn of.
    """

    def __init__(self, name: str, instead: str, fn: Callable[..., object] | None = None, batches: int = _REPORTED - 1):
        self.name = name[0].upper() + name[1:]
        self._instead, self._function, self._batches = instead, fn, batches
        self._lock = threading.Lock()
        self._seen: dict[Hashable, _Seen] | None = {}
        self._causes: list[str] | None = []  # what changed, for each program that was made in vain

    def count(
        self,
        key: tuple[Hashable, ...],
        inputs: Rest,
        shapes: list[Spec],
        verb: str,
        seconds: float,
    ) -> None:
        """A program was made.

        Args:
            key: the signature; its entries from 1 on belong to the leaves of `inputs`.
            inputs: the arguments without tensors.
            shapes: (shape, dtype) of the tensors.
            verb: "compiled" or "recorded".
            seconds: what it took.
        """
        with self._lock:
            if self._seen is None:
                return
            tensors, size = set(inputs.at), len(inputs.leaves)
            constants = {i: x for i, x in enumerate(inputs.leaves) if i not in tensors and type(x) in _CONSTANTS}
            values: dict[int, tuple[Hashable, object]] = {i: (key[i + 1], x) for i, x in constants.items()}
            others = tuple([key[i + 1] for i in range(size) if i not in tensors and i not in constants])
            group = inputs.structure, tuple(inputs.at), tuple(constants), others, key[size + 1 :]
            seen = self._seen.setdefault(group, _Seen(self._batches))
            seen.add(tuple(shapes), values, seconds)
            if not seen.too_many():
                return
            self._seen = None
        text = f"{self.name} was {verb} {seen.made} times ({seen.seconds:.2g} s"
        warnings.warn(
            f"{text} altogether), {seen.reasons(self._labels(inputs))}. Or do not compile it: {self._instead}.",
            RecompilationWarning,
            stacklevel=users_line(),
        )

    def voided(self, cause: str, verb: str) -> None:
        """A program was given up because `cause`, an attribute in words, was set.

        Args:
            verb: "compiled", or "recorded" if that happened before the recording had paid.
        """
        with self._lock:
            if self._causes is None:
                return
            self._causes.append(cause)
            if len(self._causes) < _REPORTED:
                return
            causes, self._causes = self._causes, None
        again = (
            "Each change costs a compilation"
            if verb == "compiled"
            else "While that goes on, more and more calls run in Python"
        )
        names = list(dict.fromkeys(causes))
        warnings.warn(
            f"{self.name} was {verb} {len(causes)} times in vain, since "
            f"{' and '.join(names)} {'was' if len(names) == 1 else 'were'} set each time. {again}. "
            "Keep what changes in a Variable and assign it, or set it less often.",
            RecompilationWarning,
            stacklevel=users_line(),
        )

    def _labels(self, inputs: Rest) -> list[str]:
        """How to call the leaves of the arguments."""
        parameters: list[str] = []
        if self._function is not None:
            with contextlib.suppress(TypeError, ValueError):  # some functions of C have none
                found = inspect.signature(self._function).parameters.values()
                parameters = [p.name for p in found if p.kind in (p.POSITIONAL_ONLY, p.POSITIONAL_OR_KEYWORD)]
        nest = inputs.join([None] * len(inputs.at))
        return [_label(path, parameters) for path, _ in tree.flatten_with_path(nest)]


class _Seen:
    """What otherwise equal calls differed in."""

    def __init__(self, batches: int) -> None:
        self.made, self.seconds, self._batches = 0, 0.0, batches
        self._shapes: dict[tuple[Spec, ...], None] = {}
        self._constants: dict[int, dict[Hashable, object]] = {}

    def add(self, shapes: tuple[Spec, ...], constants: dict[int, tuple[Hashable, object]], seconds: float) -> None:
        self.made += 1
        self.seconds += seconds
        self._shapes[shapes] = None
        for i, (key, x) in constants.items():
            self._constants.setdefault(i, {})[key] = x

    def _varied(self) -> list[int]:
        return [i for i, values in self._constants.items() if len(values) >= _REPORTED]

    def too_many(self) -> bool:
        return self._too_many_shapes() or bool(self._varied())

    def _too_many_shapes(self) -> bool:
        samples = {tuple([(shape[1:], dtype) for shape, dtype in shapes]) for shapes in self._shapes}
        return len(samples) >= _REPORTED or len(self._shapes) > self._batches

    def reasons(self, labels: list[str]) -> str:
        found = []
        if self._too_many_shapes():
            found.append(f"since the shapes or dtypes of its arguments differ: {self._shown()}. {_SHAPES}")
        for i in self._varied():
            values = ", ".join(_short(x) for x in self._constants[i].values())
            found.append(f"since `{labels[i]}` differs: {values}. {_VALUES}")
        return ". And ".join(found)

    def _shown(self) -> str:
        rows = list(self._shapes)
        differing = [i for i in range(len(rows[0])) if len({row[i] for row in rows}) > 1]
        typed = any(len({row[i][1] for row in rows}) > 1 for i in differing)

        def text(row: tuple[Spec, ...]) -> str:
            parts = [f"{row[i][0]} {row[i][1]}" if typed else str(row[i][0]) for i in differing[:_MOST_TENSORS]]
            more = len(differing) - len(parts)
            return " with ".join(parts) + (f" and {more} more" if more else "")

        return ", ".join(text(row) for row in rows)


def _label(path: tuple[object, ...], parameters: list[str]) -> str:
    first = path[1]
    if isinstance(first, int):
        first = parameters[first] if first < len(parameters) else f"argument {first + 1}"
    return str(first) + "".join(f"[{step!r}]" for step in path[2:])


def _short(x: object) -> str:
    text = repr(x)
    return text if len(text) <= 30 else f"{text[:27]}..."
