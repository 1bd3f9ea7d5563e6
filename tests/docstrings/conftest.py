"""Engines that compile before a first call run a fixed sample of the examples."""

from __future__ import annotations

import zlib

import pytest

SAMPLED = {"jax": 8, "tensorflow": 8}  # one in so many


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    out = [item for item in items if not _wanted(item)]
    config.hook.pytest_deselected(items=out)
    items[:] = [item for item in items if item not in set(out)]


def _wanted(item: pytest.Item) -> bool:
    given = item.callspec.params if isinstance(item, pytest.Function) and hasattr(item, "callspec") else {}
    if item.path.parent.name != "docstrings" or "name" not in given:
        return True
    return zlib.crc32(given["name"].encode()) % SAMPLED.get(given.get("backend"), 1) == 0
