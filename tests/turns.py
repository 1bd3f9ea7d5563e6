"""Which engines a run is about, and on which of them a case runs that is to run on one."""

from __future__ import annotations

import zlib
from collections.abc import Sequence

import pytest

from keraslite.backend import registry

#: Engines that compile what they run for the first time.
SLOW = ("jax", "tensorflow")


def chosen(settings: pytest.Config) -> list[str]:
    """The engines that `--backend` names, or all that are installed."""
    asked = settings.getoption("--backend")
    return asked.split(",") if asked else registry.installed()


def in_turn(case: str, engines: Sequence[str], settings: pytest.Config) -> str | None:
    """The engine that a case's name and `--seed` decide; None if there are none."""
    return None if not engines else engines[(zlib.crc32(case.encode()) + settings.getoption("--seed")) % len(engines)]


def shared_by_slow(case: str, engine: str, settings: pytest.Config) -> bool:
    """Whether an engine runs a case of which the slow engines each have a part: quick engines run all of them."""
    slow = [name for name in chosen(settings) if name in SLOW]
    return engine not in slow or settings.getoption("--all-engines") or in_turn(case, slow, settings) == engine
