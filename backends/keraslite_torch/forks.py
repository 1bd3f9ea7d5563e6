"""Processes that are forked after PyTorch has computed something."""

from __future__ import annotations

import os
from functools import cache

import torch


@cache
def compute_in_forked_processes() -> None:
    """From now on a forked process computes in one thread.

    OpenMP's other threads stay with the parent, and the first large operation would wait for them for ever. PyTorch's
    own `DataLoader` does the same in its workers.
    """
    if hasattr(os, "register_at_fork"):
        os.register_at_fork(after_in_child=lambda: torch.set_num_threads(1))
