"""Measures ops on large inputs beside the engine's own functions, as a user of the engine would call them.

`python -m benchmarks.large [engine ...]`. Each ratio is the median of several rounds, in which keraslite and the engine
alternate.
"""

from __future__ import annotations

import argparse
import statistics
from collections.abc import Callable
from typing import Any

import numpy as np

import keraslite
from benchmarks.overhead import ENGINES, once
from keraslite import ops

ROUNDS = 9
RNG = np.random.default_rng(0)
ROWS, WIDTH, SEGMENTS = 100_000, 64, 20_000
DATA = RNG.standard_normal((ROWS, WIDTH)).astype("float32")
SEGMENT_IDS = RNG.integers(0, SEGMENTS, ROWS).astype("int32")
TABLE = RNG.standard_normal((2000, 2000)).astype("float32")
BATCHED = RNG.standard_normal((64, 128, 128)).astype("float32")
IMAGES = RNG.standard_normal((16, 64, 64, 32)).astype("float32")
KERNEL = RNG.standard_normal((3, 3, 32, 64)).astype("float32")


def of_torch() -> dict[str, Callable[..., Any]]:
    """Return PyTorch's functions."""
    import torch

    def conv(x: Any, kernel: Any) -> Any:
        return torch.conv2d(x.permute(0, 3, 1, 2), kernel.permute(3, 2, 0, 1), padding="same").permute(0, 2, 3, 1)

    return {
        "scatter": lambda ids, x: torch.zeros(SEGMENTS, WIDTH).index_add(0, ids, x),
        "segment_sum": lambda x, ids: torch.zeros(SEGMENTS, WIDTH).index_add(0, ids, x),
        "take": lambda x, ids: torch.index_select(x, 0, ids),
        "top_k": lambda x: torch.topk(x, 10),
        "sort": lambda x: torch.sort(x).values,
        "einsum": lambda a, b: torch.einsum("bij,bjk->bik", a, b),
        "conv": conv,
    }


def of_jax() -> dict[str, Callable[..., Any]]:
    """Return JAX's functions."""
    import jax
    import jax.numpy as jnp

    axes = ("NHWC", "HWIO", "NHWC")
    return {
        "scatter": lambda ids, x: jnp.zeros((SEGMENTS, WIDTH)).at[ids].add(x),
        "segment_sum": lambda x, ids: jax.ops.segment_sum(x, ids, SEGMENTS),
        "take": lambda x, ids: jnp.take(x, ids, 0),
        "top_k": lambda x: jax.lax.top_k(x, 10),
        "sort": jnp.sort,
        "einsum": lambda a, b: jnp.einsum("bij,bjk->bik", a, b),
        "conv": lambda x, k: jax.lax.conv_general_dilated(x, k, (1, 1), "SAME", dimension_numbers=axes),
    }


def of_tensorflow() -> dict[str, Callable[..., Any]]:
    """Return TensorFlow's functions."""
    import tensorflow as tf

    return {
        "scatter": lambda ids, x: tf.scatter_nd(ids[:, None], x, (SEGMENTS, WIDTH)),
        "segment_sum": lambda x, ids: tf.math.unsorted_segment_sum(x, ids, SEGMENTS),
        "take": lambda x, ids: tf.gather(x, ids),
        "top_k": lambda x: tf.math.top_k(x, 10),
        "sort": tf.sort,
        "einsum": lambda a, b: tf.einsum("bij,bjk->bik", a, b),
        "conv": lambda x, k: tf.nn.conv2d(x, k, 1, "SAME"),
    }


def of_keraslite() -> dict[str, tuple[Callable[..., Any], tuple[Any, ...]]]:
    """Return keraslite's functions, and the arguments for all of them."""
    data, ids, table, batched, images, kernel = map(
        ops.convert_to_tensor, (DATA, SEGMENT_IDS, TABLE, BATCHED, IMAGES, KERNEL)
    )
    return {
        "scatter": (lambda ids, x: ops.scatter(ids[:, None], x, (SEGMENTS, WIDTH)), (ids, data)),
        "segment_sum": (lambda x, ids: ops.segment_sum(x, ids, SEGMENTS), (data, ids)),
        "take": (lambda x, ids: ops.take(x, ids, axis=0), (data, ids)),
        "top_k": (lambda x: ops.top_k(x, 10), (table,)),
        "sort": (ops.sort, (table,)),
        "einsum": (lambda a, b: ops.einsum("bij,bjk->bik", a, b), (batched, batched)),
        "conv": (lambda x, k: ops.conv(x, k, padding="same"), (images, kernel)),
    }


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.large")
    parser.add_argument("engine", nargs="*", default=ENGINES)
    print("| engine | op | keraslite, us | engine's own, us | ratio |\n|---|---|---|---|---|")
    for name in parser.parse_args().engine:
        with keraslite.use_backend(name) as engine, engine.no_gradient():
            theirs = {"torch": of_torch, "jax": of_jax, "tensorflow": of_tensorflow}[name]()
            for op, (ours, given) in of_keraslite().items():
                pairs = [_round(engine, ours, theirs[op], given) for _ in range(ROUNDS + 1)][1:]
                mine, own = (statistics.median(column) for column in zip(*pairs, strict=True))
                ratio = statistics.median(a / b for a, b in pairs)
                print(f"| {name} | {op} | {mine:,.0f} | {own:,.0f} | {ratio:.2f} |", flush=True)


def _round(engine: Any, ours: Callable, theirs: Callable, given: tuple[Any, ...]) -> tuple[float, float]:
    def waited(fn: Callable) -> Callable[[], None]:
        def run() -> None:
            result = fn(*given)
            engine.synchronize(*(result if isinstance(result, (tuple, list)) else (result,)))

        return run

    return once(waited(ours), 5), once(waited(theirs), 5)


if __name__ == "__main__":
    main()
