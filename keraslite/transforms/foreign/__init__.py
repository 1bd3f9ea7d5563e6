"""Code that is not keraslite's own, in a call that is to be replayed: what makes that safe, and what speaks against it.

`docs/design/replay.md` says how. `Witness` sees which code runs, `scanned` reads its bytecode, `Walk` finds the objects
that it can read, and `Guards` tells later whether one of them has changed.
"""

from keraslite.transforms.foreign.guards import Guards
from keraslite.transforms.foreign.walk import Walk
from keraslite.transforms.foreign.witness import Witness

__all__ = ["Guards", "Walk", "Witness"]
