"""Constructor arguments of Keras that keraslite does not act on yet."""

from __future__ import annotations

from keraslite import ranges

NOT_YET = ranges.nothing.saying(
    "None: low-rank adapters, quantisation and the like are not part of layers yet", advice="Leave it out."
)
