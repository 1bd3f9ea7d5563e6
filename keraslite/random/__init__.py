"""Random draws, and the seeds and generators behind them."""

from __future__ import annotations

from keraslite.random import host
from keraslite.random.draws import (
    beta,
    binomial,
    categorical,
    dropout,
    gamma,
    normal,
    randint,
    shuffle,
    truncated_normal,
    uniform,
)
from keraslite.random.positions import position
from keraslite.random.seeds import SeedGenerator, make_default_seed

__all__ = [
    "SeedGenerator",
    "beta",
    "binomial",
    "categorical",
    "dropout",
    "gamma",
    "make_default_seed",
    "normal",
    "position",
    "randint",
    "shuffle",
    "truncated_normal",
    "uniform",
]
