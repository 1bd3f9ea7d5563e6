"""How transforms see what users write: nests become flat lists of tensors, Variables become arguments and results.

An engine's transforms know pure functions over flat lists of its own tensors, and nothing else. What is
here turns a function over any nests that reads and assigns Variables into such a function, and back.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from keraslite import tree
from keraslite.backend import dtypes, registry, scopes
from keraslite.backend.contract import Engine, Tensor
from keraslite.backend.scopes import Scope, VariableBase
from keraslite.errors import ArgumentError, MissingCapabilityError, MixedEnginesError, StateError
from keraslite.ops.symbolic import SymbolicTensor

Tensors = list[Tensor]
Spec = tuple[tuple[Any, ...], str]
_NUMBERS = (bool, int, float, complex)


class Rest:
    """What is left of a nest when its tensors are taken out."""

    __slots__ = ("at", "leaves", "structure")

    def __init__(self, structure: tree.Structure, leaves: list[object], at: list[int]):
        self.structure, self.leaves, self.at = structure, leaves, at

    def join(self, tensors: Sequence[object]) -> Any:
        """The nest with these tensors."""
        if len(tensors) == len(self.leaves):
            return tree.unflatten(self.structure, tensors)
        leaves = self.leaves.copy()
        for i, tensor in zip(self.at, tensors, strict=True):
            leaves[i] = tensor
        return tree.unflatten(self.structure, leaves)

    def matches(self, other: Rest) -> bool:
        """Whether tensors and other leaves stand at the same places."""
        return self.structure == other.structure and self.at == other.at

    def __str__(self) -> str:
        return str(self.join(["*"] * len(self.at)))


def split(nest: object, engine: Engine, numbers: bool = False) -> tuple[Tensors, Rest]:
    """The tensors of `nest` and what is left.

    With `numbers`, Variables, NumPy arrays and Python numbers count as tensors and become the engine's.
    """
    leaves, structure = tree.split(nest)
    tensors: Tensors = []
    at: list[int] = []
    for i, x in enumerate(leaves):
        if isinstance(x, (SymbolicTensor, *engine.tensor_types)):
            pass
        elif numbers and (isinstance(x, (VariableBase, np.ndarray, np.generic)) or type(x) in _NUMBERS):
            x = as_tensor(x, engine)
        elif registry.engine_of(x) is engine and not isinstance(x, VariableBase):
            x = engine.to_tensor(x)  # a tf.Variable, tf.IndexedSlices
        else:
            continue
        tensors.append(x)
        at.append(i)
        leaves[i] = None
    return tensors, Rest(structure, leaves, at)


def as_tensor(x: Any, engine: Engine) -> Tensor:
    """A Variable's value, an array or a number as the engine's tensor."""
    if isinstance(x, VariableBase):
        return x.value
    if isinstance(x, engine.tensor_types):
        return x
    return engine.to_tensor(np.asarray(x), dtypes.result_type(x) if type(x) in _NUMBERS else dtypes.canonical(x.dtype))


def engine_for(nest: object) -> Engine:
    """The engine whose tensors and Variables stand in `nest`, else the active one."""
    leaves = tree.leaves(nest)
    owner = registry.engine_of_all(*(x.stored() if isinstance(x, VariableBase) else x for x in leaves))
    if owner is None:
        owner = next((x.engine for x in leaves if isinstance(x, VariableBase)), None)  # type: ignore[attr-defined]
    return owner or registry.current()


def is_lifted(engine: Engine) -> bool:
    """Whether Python can't follow the values, so that control flow has to go into the graph."""
    return "traces" in engine.capabilities and engine.is_tracing()


def raw(variable: VariableBase) -> Tensor:
    """The Variable's value where it is asked, in its own dtype."""
    scope = scopes.scope()
    return variable.stored() if scope is None else scope.read(variable)


def need_gradients(engine: Engine, what: str) -> None:
    """Raise where the engine can't differentiate."""
    if "gradients" not in engine.capabilities:
        raise MissingCapabilityError(
            f"`{what}` needs an engine with gradients. Received engine {engine.name!r}, which has none. "
            'Install another, such as pip install "keraslite[jax]" (or torch, tensorflow), and choose it with '
            "KERAS_BACKEND=jax or `keraslite.use_backend`."
        )


def same_engine(engine: Engine, variables: Sequence[VariableBase]) -> None:
    """Raise where a Variable lives on another engine than the transform."""
    for v in variables:
        if v.engine is not engine:  # type: ignore[attr-defined]
            raise MixedEnginesError(
                f"A transform on {engine.name!r} needs Variables of that engine. Received {v.path!r} on "
                f"{v.engine.name!r}. Run it within `use_backend`."  # type: ignore[attr-defined]
            )


class Probe:
    """What `fn(tensors) -> nest` returns and which Variables it touches, found without computing.

    Attributes:
        specs: (shape, dtype) of the tensors returned.
        rest: what the returned nest is beside them.
        reads, writes: Variables, in order of first use.
    """

    def __init__(
        self,
        engine: Engine,
        fn: Callable[[Tensors], object],
        specs: Sequence[Tensor | Spec],
        what: str,
        numbers: bool = True,
    ):
        self.rest: Rest
        self.reads: list[VariableBase] = []
        self.writes: list[VariableBase] = []

        def run(tensors: Tensors) -> Tensors:
            with Scope(what=what) as scope:
                nest = fn(tensors)
                outputs, self.rest = split(nest, engine, numbers)
            self.reads, self.writes = list(scope.reads), list(scope.writes)
            return outputs

        self.specs: list[Spec] = engine.abstract_eval(run, specs)
        same_engine(engine, [*self.reads, *self.writes])


def pure(engine: Engine, fn: Callable[[Tensors], object], written: Sequence[VariableBase], what: str) -> Callable:
    """`fn(tensors) -> nest` as `(tensors, values of written) -> (tensors of the nest, new values)`."""
    known = set(written)

    def run(tensors: Tensors, values: Tensors) -> tuple[Tensors, Tensors]:
        with Scope(dict(zip(written, values, strict=True)), what=what) as scope:
            outputs, _ = split(fn(tensors), engine, numbers=True)
        for v in scope.writes:
            if v not in known:
                raise StateError(
                    f"`{what}` needs a function that assigns the same Variables each time. Received one that assigned "
                    f"{v.path!r} only when it ran again."
                )
        return outputs, [scope.writes.get(v, value) for v, value in zip(written, values, strict=True)]

    return run


def spec_of(x: Tensor, engine: Engine) -> Spec:
    """(shape, dtype) of a tensor."""
    if isinstance(x, SymbolicTensor):
        return x.dims, x.dtype
    return _static_shape(x, engine), engine.dtype_name(x)


def _static_shape(x: Any, engine: Engine) -> tuple[Any, ...]:
    shape = x.shape
    return tuple(shape.as_list()) if hasattr(shape, "as_list") else tuple(shape)


def expect_function(fn: object, name: str, where: str) -> None:
    """Raise where `fn` is no function."""
    if not callable(fn):
        raise ArgumentError(f"`{where}` needs a function as `{name}`. Received {fn!r}.")
