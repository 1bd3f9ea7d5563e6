"""What JAX calls functions that keraslite has under another name; errors use it."""

from __future__ import annotations

other_names = {
    "concat": "concatenate",
    "pow": "power",
}
