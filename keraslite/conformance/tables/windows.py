"""Windows against their sums in NumPy."""

from __future__ import annotations

import numpy as np
from scipy import special

from keraslite.conformance.rows import Row, call


def cosines(*weights):
    def window(x):
        places = np.linspace(-1, 1, x) if x > 1 else np.zeros(x)
        return sum(w * np.cos(k * np.pi * places) for k, w in enumerate(weights))

    return window


def bartlett(x):
    return 1 - np.abs(np.linspace(-1, 1, x)) if x > 1 else np.ones(x)


def kaiser(x, beta):
    places = np.linspace(-1, 1, x) if x > 1 else np.zeros(x)
    return special.i0(beta * np.sqrt(np.maximum(1 - places**2, 0))) / special.i0(beta)


def row(name, reference):
    return Row(name, tuple(call(n) for n in (7, 8, 0, 1, 2)), reference, gradient=False)


ROWS = [
    row("bartlett", bartlett),
    row("blackman", cosines(0.42, 0.5, 0.08)),
    row("hamming", cosines(0.54, 0.46)),
    row("hanning", cosines(0.5, 0.5)),
    Row("kaiser", (call(7, np.array(8.6)), call(8, np.array(0.0)), call(0, np.array(5.0)), call(1, np.array(5.0)),
                   call(x=6, beta=14.0)), kaiser, gradient=False),
    Row("kaiser", (call(7, np.array(3.5)),), kaiser),
]  # fmt: skip
