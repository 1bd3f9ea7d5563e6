"""The members of an engine, by group.

`T` stands for the engine's own tensors, `S` for its storages. A type checker compares each engine, which is a module,
with `EngineOf[T, S]`; everybody else uses an `Engine`, of which tensors are `Tensor`s. Members that stand in
`defaults.py` are optional. `docs/engines.md` is made of the docstrings here.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager
from typing import Any, Protocol, TypeAlias, TypeVar

import numpy as np

from keraslite.backend.contract.tensor import Spec, Storage, Tensor
from keraslite.backend.contract.values import (
    Capability,
    Compiled,
    ForeignModule,
    JitCompile,
    Quirks,
    Replay,
    SeedStorage,
    Step,
    SymbolicSpec,
)
from keraslite.backend.placement import Layout, Placement

__all__ = ["GROUPS", "Engine", "EngineOf"]

T = TypeVar("T")
S = TypeVar("S")

List: TypeAlias = list[T]


class About(Protocol):
    """What an engine is and what it can do."""

    @property
    def name(self) -> str:
        """The name of the engine, as in `use_backend(name)` and in the entry point."""
        ...

    @property
    def contract_version(self) -> int:
        """The version of this contract that the engine was written for: `contract.VERSION`."""
        ...

    @property
    def capabilities(self) -> frozenset[Capability]:
        """What the engine can do beyond the contract; see "Capabilities"."""
        ...

    @property
    def libraries(self) -> tuple[str, ...]:
        """The engine's own package, and others whose Python code runs in a kernel.

        Code of any other package that runs in a training step is taken for a user's.
        """
        ...

    @property
    def kernels(self) -> dict[str, Callable[..., Any]]:
        """The function that computes an op, by the op's name; see "Kernels"."""
        ...

    @property
    def quirks(self) -> Quirks:
        """Maps (op, dtype) to the dtype that the engine computes in instead, where it lacks that one."""
        ...


class Tensors(Protocol[T]):
    """Tensors: from the host and back, dtypes, shapes."""

    @property
    def tensor_types(self) -> tuple[type, ...]:
        """The classes of the engine's tensors. Whatever is an instance of one belongs to this engine."""
        ...

    @property
    def convertible_types(self) -> tuple[type, ...]:
        """Classes of the library that belong to this engine too, and that `to_tensor` turns into tensors."""
        ...

    @property
    def dtype_names(self) -> Mapping[Any, str]:
        """The dtype objects of the library that the engine has, and their names."""
        ...

    def dtype_name(self, x: T, /) -> str:
        """Return the name of a tensor's dtype."""
        ...

    def shape(self, x: T, /) -> tuple[Any, ...]:
        """Return the sizes of a tensor: ints, or scalar tensors for sizes that only a running graph knows."""
        ...

    def to_tensor(self, array: Any, dtype: str | None = None, device: str | None = None, /) -> T:
        """Return a tensor of a NumPy array or of an own tensor, in memory of its own.

        None stands for the array's dtype and for the default device.
        """
        ...

    def scalar(self, value: complex, dtype: str, device: str | None, /) -> T:
        """Return a tensor of rank 0 with the value of a Python number."""
        ...

    def to_numpy(self, x: T, /) -> np.ndarray:
        """Return a copy on the host. bfloat16 and float8 are dtypes of `ml_dtypes`."""
        ...

    def cast(self, x: T, dtype: str, /) -> T:
        """Return the tensor as another dtype. Complex to real takes the real part; anything to bool is `x != 0`."""
        ...

    def borrow(self, array: np.ndarray, /) -> T | None:
        """Return a tensor that shares the memory of an array which stays as it is, or None if none can."""
        ...

    @property
    def dtype_switch(self) -> str | None:
        """How users switch on dtypes that the engine stores as others; None if it stores each as it is."""
        ...

    def stored_dtype(self, dtype: str, /) -> str:
        """Return the dtype that data of this dtype is stored as."""
        ...


class Devices(Protocol[T]):
    """Devices, by names like "cpu:0", "gpu:0" and "tpu:0"."""

    def devices(self) -> list[str]:
        """Return the names of the devices that can compute. The default device comes first."""
        ...

    @property
    def other_devices(self) -> tuple[str, ...]:
        """Names that can be asked for although nothing is computed there, such as "meta:0"."""
        ...

    def default_device(self) -> str:
        """Return the device that tensors are created on: the one of `requested_device()` if the engine has it."""
        ...

    def device_of(self, x: Any, /) -> str | None:
        """Return the device of a tensor or of a storage; None if it is on several, or traced."""
        ...

    def to_device(self, x: T, device: str, /) -> T:
        """Return the tensor on another device."""
        ...

    def to_layout(self, array: Any, dtype: str | None, layout: Layout, /) -> T:
        """Return a tensor of a NumPy array or of an own tensor, spread over devices.

        It may be called with a tensor that is traced. Needs the capability "sharding".
        """
        ...

    def placement_of(self, native: object, /) -> Placement | None:
        """Return the placement that a device or a sharding of the library stands for; None if it is neither."""
        ...

    def device_scope(self, name: str, /) -> AbstractContextManager[object]:
        """Return a context in which the library creates its tensors on a device."""
        ...

    def synchronize(self, *tensors: T) -> None:
        """Wait until these tensors have been computed, or everything if none is given."""
        ...

    def is_running(self) -> bool:
        """Return whether the library has started threads. A process forked after that must not use the engine."""
        ...


class Storages(Protocol[T, S]):
    """Where Variables keep their values."""

    def new_storage(self, array: Any, dtype: str, trainable: bool, placement: Placement, /) -> S:
        """Return a new storage with the values of a NumPy array or of a tensor.

        The memory of an array belongs to the storage from then on. It may be called while something is traced: the
        storage has to be real.
        """
        ...

    def read_storage(self, storage: S, /) -> T:
        """Return the tensor that a storage holds."""
        ...

    def write_storage(self, storage: S, tensor: T, /) -> S:
        """Put a tensor of the same shape and dtype into a storage. Return the storage to use from then on."""
        ...

    def set_trainable(self, storage: S, flag: bool, /) -> None:
        """Say whether gradients of a storage may be asked for."""
        ...

    @property
    def storage_types(self) -> tuple[type, ...]:
        """Classes of the library that can be storages. Optimizers take objects of these in place of Variables."""
        ...

    def untraced(self) -> AbstractContextManager[object]:
        """Return a context in which everything is computed, even while something is traced."""
        ...

    def forget_gradient(self, storage: S, /) -> None:
        """Drop the gradient that the library's own backward pass has left at a storage."""
        ...

    @property
    def variable_attributes(self) -> Mapping[str, Callable[[Any], object]]:
        """Attributes that Variables get so that the library's functions accept them: name -> function of one."""
        ...


class Transforms(Protocol[T]):
    """Transforms of pure functions over flat lists of tensors."""

    def jit(self, fn: Step[T], jit_compile: JitCompile, /) -> Compiled[T]:
        """Compile a function of (values of assigned Variables, values of read ones, arguments)."""
        ...

    def value_and_grad(
        self, fn: Callable[[List[T]], tuple[T, List[T]]], values: List[T], /
    ) -> tuple[T, List[T], List[T]]:
        """Return loss, auxiliary results and gradients. The function returns (loss, auxiliary results)."""
        ...

    def vjp(
        self, fn: Callable[[List[T]], tuple[List[T], List[T]]], values: List[T], /
    ) -> tuple[List[T], List[T], Callable[[List[T]], List[T]]]:
        """Return outputs, auxiliary results, and a function from the outputs' cotangents to gradients."""
        ...

    def jvp(
        self, fn: Callable[[List[T]], tuple[List[T], List[T]]], values: List[T], tangents: List[T], /
    ) -> tuple[List[T], List[T], List[T]]:
        """Return outputs, auxiliary results, and the outputs' tangents."""
        ...

    def vmap(self, fn: Callable[[List[T]], List[T]], values: List[T], axes: list[int], /) -> List[T]:
        """Map a function over one axis of each tensor. The outputs have it in front."""
        ...

    def scan(
        self,
        step: Callable[[List[T], List[T]], tuple[List[T], List[T]]],
        carry: List[T],
        xs: List[T],
        length: int,
        reverse: bool,
        unroll: int,
        outputs: Sequence[Spec],
        /,
    ) -> tuple[List[T], List[T]]:
        """Call `step(carry, rows)` for each row of `xs`. Return the last carry and the stacked outputs.

        `outputs` has shape and dtype of each output of a step.
        """
        ...

    def cond(self, pred: T, true_fn: Callable[[], List[T]], false_fn: Callable[[], List[T]], /) -> List[T]:
        """Return the results of one of two functions."""
        ...

    def switch(self, index: T, branches: Sequence[Callable[[], List[T]]], /) -> List[T]:
        """Return the results of the function at an index, which is clipped."""
        ...

    def while_loop(
        self, cond: Callable[[List[T]], T], body: Callable[[List[T]], List[T]], values: List[T], /
    ) -> List[T]:
        """Replace the values by `body(values)` while `cond(values)`."""
        ...

    def checkpoint(self, fn: Callable[[List[T]], List[T]], values: List[T], /) -> List[T]:
        """Call a function whose intermediate results are computed again for gradients."""
        ...

    def custom_gradient(
        self,
        fn: Callable[[List[T]], tuple[List[T], List[T]]],
        pull: Callable[[List[T], List[T]], List[T]],
        values: List[T],
        /,
    ) -> List[T]:
        """Return the outputs of `fn`, which returns (outputs, residuals). `pull` is its gradient."""
        ...

    def stop_gradient(self, x: T, /) -> T:
        """Return the tensor as a constant for gradients."""
        ...

    def no_gradient(self) -> AbstractContextManager[object]:
        """Return a context in which nothing is recorded for gradients."""
        ...

    def backward(self, fn: Callable[[List[T]], tuple[T, List[T]]], values: List[T], /) -> tuple[T, List[T], List[T]]:
        """Do as `value_and_grad` by the library's own `.backward()`. Needs the capability "backward"."""
        ...


class Tracing(Protocol[T]):
    """What is known while a function is traced, and about its arguments."""

    def abstract_eval(self, fn: Callable[[List[T]], List[T]], specs: Sequence[T | Spec], /) -> list[Spec]:
        """Return shape and dtype of what a function returns, without computing if possible.

        An argument is given as a tensor or as (shape, dtype).
        """
        ...

    def signature(self, x: T, /) -> Any:
        """Return what a compiled program depends on in a tensor argument: something hashable."""
        ...

    def is_tracing(self) -> bool:
        """Return whether a function is being traced, so that Python may not know values."""
        ...

    def is_batched(self, x: T, /) -> bool:
        """Return whether Python can't branch on a value because it differs between the samples of a `vmap`."""
        ...

    def call_on_host(
        self,
        fn: Callable[[List[np.ndarray]], List[np.ndarray]],
        values: List[T],
        specs: Sequence[tuple[tuple[int | None, ...], str]],
        /,
    ) -> List[T]:
        """Return what a function of arrays will return each time that the traced program runs.

        Among the values may be texts. Shapes, with None for unknown sizes, and dtypes of the results are given. Needs
        the capability "host_calls".
        """
        ...


class FastPaths(Protocol[T]):
    """What makes steps quicker."""

    def record(
        self, fn: Callable[[List[T]], List[T]], values: List[T], gradients: bool, /
    ) -> tuple[List[T], Replay[T] | None]:
        """Call a function and record what it computes. Return its results, and a replay or None.

        With `gradients` the library's own gradients have to flow through the replay. Needs the capability "replays".
        """
        ...

    def ambient(self) -> str:
        """Return the library's own settings on which its functions depend, such as a default dtype."""
        ...

    @property
    def unrecorded(self) -> frozenset[str]:
        """Names of the library's functions and tensors' attributes of whose effect a recording knows nothing.

        A step in which users' code reads such a name of a tensor, or of a module or object of the library, is not
        recorded.
        """
        ...

    @property
    def loop_compile(self) -> str | bool | None:
        """The `jit_compile` for a loop over training steps; None if loops gain nothing."""
        ...

    @property
    def loop_errors(self) -> tuple[type[Exception], ...]:
        """Errors by which the library says that it can't compile a loop."""
        ...

    @property
    def steps_at_once(self) -> int:
        """How many steps of a recurrent cell a loop does in one turn: more than 1 where a turn costs much."""
        ...

    def convolutions_at_once(self) -> int:
        """Return how many steps with convolutions are written out instead of looped: 1 where a loop is as quick."""
        ...


class Profiles(Protocol):
    """What shows where time goes."""

    def profile(self, folder: str, /) -> AbstractContextManager[object]:
        """Return a context in which the library notes what it runs. At its end it writes files to a folder.

        Needs the capability "profiles".
        """
        ...


class Exports(Protocol[T]):
    """Programs as files, and data sets, that are used without keraslite."""

    def export(
        self, fn: Callable[[List[T], List[T]], object], values: List[T], specs: Sequence[SymbolicSpec], /
    ) -> bytes:
        """Return a file with the function of (values, arguments) and the values.

        Arguments are given as (shape, dtype). A name among the sizes stands for any number, the same one wherever it
        stands. The function returns a nest of tensors. Needs the capability "export".
        """
        ...

    @property
    def export_format(self) -> str:
        """The name of the files' format, as users write it."""
        ...

    @property
    def size_types(self) -> tuple[type, ...]:
        """Classes of the sizes that stand for any number while a function is exported."""
        ...

    def to_dataset(
        self,
        elements: Callable[[], Iterator[object]],
        specs: Sequence[tuple[tuple[int | None, ...], str]],
        count: int | None,
        /,
    ) -> object:
        """Return a data set of the library.

        A function starts a pass: an iterator of tuples of arrays. Their shapes, with None for any size, and dtypes are
        given, a single one for data sets without tuples; the number of tuples is None where it is unknown.
        """
        ...


class Foreign(Protocol):
    """Modules that were written for the library."""

    def foreign(self, kind: str, subject: Any, options: Mapping[str, Any], /) -> ForeignModule:
        """Return a module of the library as a function of its weights.

        The kinds are "torch.nn.Module", "function of pytrees" (the subject is a function of params, state, rng, inputs
        and training), "flax.linen.Module" and "SavedModel" (the subject is a path).
        """
        ...


class Random(Protocol):
    """Random numbers. The kernels `random_*` draw from a key, a tensor with (seed, counter)."""

    @property
    def seed_storage(self) -> SeedStorage:
        """The `dtype` and the `device` (None: the default one) of the key."""
        ...

    def set_seed(self, seed: int, /) -> None:
        """Seed the library's own generator."""
        ...


class Messages(Protocol):
    """What messages to users need."""

    @property
    def other_names(self) -> Mapping[str, str]:
        """Names that functions have in the library, where keraslite's op has another: "concat" -> "concatenate"."""
        ...


class Strictness(Protocol):
    """What the conformance suite switches on (`docs/conformance.md`)."""

    def strict(self, finite: bool = False, /) -> AbstractContextManager[object]:
        """Return a context in which the library raises where it promotes dtypes, and with `finite` at a NaN."""
        ...

    def double_precision(self) -> AbstractContextManager[object]:
        """Return a context in which 64-bit dtypes are what they say."""
        ...


class EngineOf(
    About,
    Tensors[T],
    Devices[T],
    Storages[T, S],
    Transforms[T],
    Tracing[T],
    FastPaths[T],
    Profiles,
    Exports[T],
    Foreign,
    Random,
    Messages,
    Strictness,
    Protocol[T, S],
):
    """All of an engine, with its own types of tensors and storages."""


#: An engine to whoever does not ask which one it is.
Engine: TypeAlias = EngineOf[Tensor, Storage]

GROUPS = (
    About,
    Tensors,
    Devices,
    Storages,
    Transforms,
    Tracing,
    FastPaths,
    Profiles,
    Exports,
    Foreign,
    Random,
    Messages,
    Strictness,
)
