"""Running functions without gradients, or without numbers."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager
from typing import Any

from keraslite import tree
from keraslite.backend import registry
from keraslite.ops.differentiation import stop_gradient as stop_gradient_of_tensor
from keraslite.ops.dimension import Dimension, Symbol, substitute
from keraslite.ops.lifting import Probe, engine_for, expect_function, spec_of, split
from keraslite.ops.symbolic import SymbolicTensor

# Sizes that unknown dimensions are tried with, in two runs: far apart, and unlikely to be anything else.
_TRIES = ((11, 13, 17, 19, 23, 29, 31, 37), (41, 43, 47, 53, 59, 61, 67, 71))


def no_gradient() -> AbstractContextManager[object]:
    """Return a context manager within which the active engine records nothing for gradients.

    That saves time and memory on PyTorch, and changes nothing elsewhere.

    Example:
        >>> import numpy as np
        >>> from keraslite import layers, transforms
        >>> layer = layers.Dense(2)
        >>> with transforms.no_gradient():
        ...     outputs = layer(np.ones((1, 3), "float32"))
        >>> tuple(outputs.shape)
        (1, 2)
    """
    return registry.current().no_gradient()


def stop_gradient(x: object) -> Any:
    """Return a nest whose tensors are constants to gradients.

    Args:
        x: a nest of tensors.

    Example:
        >>> from keraslite import transforms
        >>> float(transforms.stop_gradient([2.0])[0])
        2.0
    """
    return tree.map(lambda leaf: None if leaf is None else stop_gradient_of_tensor(leaf), x)


def abstract_eval(fn: Callable[..., object], *specs: object) -> Any:
    """Return the nest of `fn(*specs)` as symbolic tensors, which the engine finds without computing.

    For functions that call the engine's own functions, which can't take a SymbolicTensor.

    Args:
        fn: a function of concrete tensors. What it assigns to Variables is dropped; Variables it creates are kept.
        specs: nests with SymbolicTensors (their unknown sizes are tried with two different numbers) or tensors.

    Example:
        >>> import keraslite as keras
        >>> from keraslite import transforms
        >>> result = transforms.abstract_eval(lambda x: x * 2, keras.KerasTensor((2, 3)))
        >>> result.shape
        (2, 3)
    """
    expect_function(fn, "fn", "abstract_eval")
    engine = engine_for([x for x in tree.leaves(specs) if not isinstance(x, SymbolicTensor)])
    tensors, rest = split(specs, engine, numbers=True)
    given = [spec_of(x, engine) for x in tensors]
    symbols = list(dict.fromkeys(s for dims, _ in given for d in dims if isinstance(d, Dimension) for s in _symbols(d)))

    def run(sizes: tuple[int, ...]) -> Probe:
        bindings = {symbol: sizes[i % len(sizes)] + 60 * (i // len(sizes)) for i, symbol in enumerate(symbols)}
        concrete = [(tuple(substitute(d, bindings) for d in dims), dtype) for dims, dtype in given]
        return Probe(engine, lambda tensors: fn(*rest.join(tensors)), concrete, "abstract_eval")

    first = run(_TRIES[0])
    if not symbols:
        return first.rest.join([SymbolicTensor(dims, dtype) for dims, dtype in first.specs])
    second = run(_TRIES[1])
    known = {d for dims, _ in given for d in dims if isinstance(d, Dimension)}
    outputs = [
        SymbolicTensor([_size(a, b, known, symbols) for a, b in zip(x, y, strict=True)], dtype)
        for (x, dtype), (y, _) in zip(first.specs, second.specs, strict=True)
    ]
    return first.rest.join(outputs)


def _symbols(d: Dimension) -> list[Symbol]:
    return sorted(d.symbols, key=lambda symbol: symbol.key)


def _size(a: int, b: int, known: set[Dimension], symbols: list[Symbol]) -> int | Dimension | None:
    """The size that was `a` in the first run and `b` in the second."""
    if a == b:
        return a
    for d in known:
        sizes = []
        for tries in _TRIES:
            bindings = {symbol: tries[i % len(tries)] + 60 * (i // len(tries)) for i, symbol in enumerate(symbols)}
            sizes.append(substitute(d, bindings))
        if sizes == [a, b]:
            return d
    return None
