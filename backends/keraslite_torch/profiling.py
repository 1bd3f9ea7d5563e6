"""Profiles of what runs, as files."""

from __future__ import annotations

import torch


def profile(folder: str):
    """PyTorch's profiler; Perfetto reads its files."""
    return torch.profiler.profile(on_trace_ready=torch.profiler.tensorboard_trace_handler(folder))
