"""What TensorFlow calls functions that keraslite has under another name; errors use it."""

from __future__ import annotations

other_names = {
    "clip_by_value": "clip",
    "concat": "concatenate",
    "gather": "take",
    "lgamma": "gammaln",
    "pow": "power",
    "reduce_all": "all",
    "reduce_any": "any",
    "reduce_logsumexp": "logsumexp",
    "reduce_max": "max",
    "reduce_mean": "mean",
    "reduce_min": "min",
    "reduce_prod": "prod",
    "reduce_std": "std",
    "reduce_sum": "sum",
    "reduce_variance": "var",
}
