"""Types of what engines and keraslite hand each other, apart from tensors."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Generic, Literal, Protocol, TypeAlias, TypedDict, TypeVar

T = TypeVar("T")

#: What an engine can do beyond the contract; `docs/engines.md` says what each one means.
Capability: TypeAlias = Literal[
    "adopts",
    "backward",
    "compile",
    "export",
    "float64",
    "gradients",
    "host_arrays",
    "host_calls",
    "in_place",
    "native_state",
    "profiles",
    "replays",
    "sharding",
    "traces",
]

#: (op, dtype) -> the dtype to compute in; "*" stands for every op.
Quirks: TypeAlias = Mapping[tuple[str, str], str]

#: "auto": as the engine sees fit. "plain": without trying anything. True: compiled, False: at most a graph.
JitCompile: TypeAlias = Literal["auto", "plain", True, False]

#: A pure function of (values of the assigned Variables, values of the read ones, arguments) that returns
#: (new values of the assigned ones, outputs).
Step: TypeAlias = Callable[[list[T], list[T], list[T]], tuple[list[T], list[T]]]


#: Shape and dtype of an argument; a name among the sizes stands for any number.
SymbolicSpec: TypeAlias = tuple[tuple["int | str", ...], str]


@dataclass(frozen=True)
class Compiled(Generic[T]):
    """What `jit` returns.

    Attributes:
        prepare: compiles for arguments like these. Called once, before `run`.
        run: runs the program. It takes what the function takes and returns what it returns.
        verdict: says whether a fast path was taken (None: not decided) and why. None where there is nothing to say.
    """

    prepare: Callable[[list[T], list[T], list[T]], object]
    run: Step[T]
    verdict: Callable[[], tuple[bool | None, str]] | None = None


@dataclass(frozen=True)
class ForeignWeight:
    """A weight of a module that was written for the engine's library.

    Attributes:
        name: its name in the module.
        value: its first value, a tensor of the library or an array.
        dtype: the name of its dtype.
        trainable: whether optimizers change it.
        storage: where the module keeps it, which is taken as the Variable's own storage; or None.
    """

    name: str
    value: object
    dtype: str
    trainable: bool
    storage: object = None


class ForeignModule(Protocol):
    """A module that was written for the engine's library, as a function of its weights."""

    def weights(self, shapes: object, key: object, /) -> list[ForeignWeight]:
        """Return the weights, trainable ones first.

        Shapes are those of the inputs, with 1 for unknown sizes, and the key is a key of random numbers. Both are None
        for modules that have their weights already.
        """
        ...

    def call(
        self,
        values: list[object],
        args: tuple[object, ...],
        kwargs: Mapping[str, object],
        training: bool,
        key: object,
        /,
    ) -> tuple[object, list[object]]:
        """Return the outputs, and new values of the weights that are not trainable.

        Values are those of all weights. There are no new values if nothing changed.
        """
        ...

    def nest(self, leaves: list[object], /) -> object:
        """Return objects that stand for the weights in the structure that the module has for them."""
        ...


class SeedStorage(TypedDict):
    """How the key of random numbers is kept."""

    dtype: str
    device: str | None


class Replay(Protocol[T]):
    """A recorded call, which can be computed again for other tensors of the same shapes and dtypes."""

    def __call__(self, inputs: list[T], /) -> list[T]:
        """Compute the results."""
        ...

    def silently(self, inputs: list[T], /) -> None:
        """Do what the call does to Variables, and skip work that only produces results."""
        ...

    def compared(self, fn: Callable[[list[T]], list[T]], inputs: list[T], /) -> tuple[list[T], bool | None]:
        """Replay, then call the function from the same state. Return its results, and whether both did the same.

        None: it was not compared. What the function writes stays.
        """
        ...
