"""Models as pictures."""

from __future__ import annotations

from keraslite.utils.plots.plot_model import model_to_dot, plot_model

__all__ = ["model_to_dot", "plot_model"]
