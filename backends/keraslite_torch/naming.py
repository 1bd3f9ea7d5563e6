"""What PyTorch calls functions that keraslite has under another name; errors use it."""

from __future__ import annotations

other_names = {
    "as_tensor": "convert_to_tensor",
    "asarray": "convert_to_tensor",
    "from_numpy": "convert_to_tensor",
    "tensor": "convert_to_tensor",
    "bmm": "matmul",
    "cat": "concatenate",
    "clamp": "clip",
    "concat": "concatenate",
    "div": "divide",
    "gather": "take",
    "lgamma": "gammaln",
    "mm": "matmul",
    "mul": "multiply",
    "permute": "transpose",
    "pow": "power",
    "sub": "subtract",
    "unsqueeze": "expand_dims",
}
