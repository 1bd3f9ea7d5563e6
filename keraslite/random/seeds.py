"""`SeedGenerator`: all the state there is behind random draws, as one Variable."""

from __future__ import annotations

import operator
import threading
from collections.abc import Sequence
from typing import Any, TypeAlias

import numpy as np

from keraslite import ops, ranges
from keraslite.backend import registry
from keraslite.backend.contract import Engine, Tensor
from keraslite.errors import ArgumentError
from keraslite.naming import auto_name
from keraslite.ops.declare import Shape
from keraslite.ops.dimension import Dimension
from keraslite.ops.symbolic import SymbolicTensor, is_symbolic
from keraslite.random import host, positions
from keraslite.serialization import Configurable, builtin
from keraslite.variable import Variable, name_scope

__all__ = [
    "Key",
    "Seed",
    "SeedGenerator",
    "Sizes",
    "draw_seed",
    "global_seed_generator",
    "make_default_seed",
    "reset_global_seed_generators",
]

#: What a draw takes as its seed.
Seed: TypeAlias = "int | SeedGenerator | None"
#: Two integers, seed and counter.
Key: TypeAlias = "Tensor | np.ndarray | SymbolicTensor"
#: A shape: an int or a sequence of sizes, which may be symbolic.
Sizes: TypeAlias = Shape

_STEP = np.array([0, 1], "uint32")


@builtin("keras.random")
class SeedGenerator(Configurable):
    """A seed and a counter: each draw is a function of both and advances the counter by one.

    `state` is a Variable of two integers, seed and counter. So random state is saved with a model, and draws work
    inside `jit` and `scan`. Seeds of more than 32 bits are folded into 32.

    Args:
        seed: a non-negative int; None (default) draws one (see `make_default_seed`).
        name: the head of the path of `state`; None (default) makes one.

    Raises:
        ArgumentError: if `seed` is no non-negative integer.

    Example:
        >>> from keraslite import ops, random
        >>> generator = random.SeedGenerator(42)
        >>> first, second = (ops.convert_to_numpy(random.uniform((2,), seed=generator)) for _ in range(2))
        >>> bool((first == second).any())
        False
        >>> generator.state.numpy().tolist()
        [42, 2]
    """

    _part_kind = "seed"  # of what layers own and files keep (`layers/tracking.py`)
    argument_checks = ranges.checks(name=ranges.text | None)

    def __init__(self, seed: int | None = None, name: str | None = None):
        engine = registry.current()
        self.name = name or auto_name("SeedGenerator")
        self._initial_seed = seed
        number = fold_seed(make_default_seed() if seed is None else seed)
        with name_scope(self.name, reset=True):
            self.state = Variable(
                np.array([number, 0], engine.seed_storage["dtype"]),
                dtype=engine.seed_storage["dtype"],
                device=engine.seed_storage["device"],
                trainable=False,
                aggregation="none",
                name="seed_generator_state",
            )

    def next(self, ordered: bool = True) -> Tensor:
        """Return the key of the next draw, two integers, and advance the counter.

        Within `random.position` the key depends on the position, and the counter stays.

        Args:
            ordered: accepted as in Keras, without effect; True by default.
        """
        place = positions.current()
        if place is not None:
            return place.key(self, self.state.value)
        key = ops.copy(self.state.value)
        self.state.assign(ops.add(key, _STEP.astype(self.state.dtype)))
        return key

    def get_config(self) -> dict[str, Any]:
        """Return the constructor's arguments."""
        return {"seed": self._initial_seed, "name": self.name}


def fold_seed(seed: object) -> int:
    """Return `seed` as a number of 32 bits."""
    try:
        if isinstance(seed, bool):
            raise TypeError
        number = operator.index(seed)  # type: ignore[arg-type]
    except TypeError:
        number = -1
    if number < 0:
        raise ArgumentError(
            f"`seed` needs to be a non-negative integer, a `SeedGenerator` or None. Received {seed!r} of type "
            f"{type(seed).__name__}."
        )
    folded = 0
    while number:
        folded ^= number & 0xFFFFFFFF
        number >>= 32
    return folded


def make_default_seed() -> int:
    """Return a seed in [0, 2**31) from the process-wide stream that `utils.set_random_seed` starts.

    Example:
        >>> from keraslite import random, utils
        >>> utils.set_random_seed(1)
        >>> first = random.make_default_seed()
        >>> utils.set_random_seed(1)
        >>> random.make_default_seed() == first
        True
    """
    return host.next_seed() % 2**31


_global: dict[str, SeedGenerator] = {}
_lock = threading.Lock()


def global_seed_generator(engine: Engine | None = None) -> SeedGenerator:
    """Return the generator behind `seed=None`; each engine has its own."""
    engine = engine or registry.current()
    with _lock:
        found = _global.get(engine.name)
        if found is None:
            with registry.use_backend(engine):
                found = _global[engine.name] = SeedGenerator(name="global_seed_generator")
    return found


def reset_global_seed_generators() -> None:
    """Forget the global generators: the next draw without a seed starts from a new default seed."""
    with _lock:
        _global.clear()


def draw_seed(seed: Seed, like: object = None, shape: Sequence[object] = ()) -> Key:
    """Return the key of one draw.

    Args:
        seed: an int (the same key each time), a `SeedGenerator`, or None (the engine's global one).
        like: a tensor whose engine the draw is for. While it, or a size in `shape`, is symbolic, no counter advances
            and the key is symbolic too.
        shape: of the draw.
    """
    number = 0 if seed is None or isinstance(seed, SeedGenerator) else fold_seed(seed)
    if is_symbolic(like) or any(isinstance(d, Dimension) for d in shape):
        return SymbolicTensor((2,), "uint32")
    if seed is None:
        engine = registry.engine_of(like) if like is not None else None
        return global_seed_generator(engine).next()
    return seed.next() if isinstance(seed, SeedGenerator) else np.array([number, 0], "uint32")
