"""`keraslite.ops.numpy`: the ops that NumPy has too, under the names Keras gives them."""

from __future__ import annotations
