"""What an engine owes keraslite: types of its functions, what is optional, and collecting its kernels.

An engine is a module that has the members of `Engine`; `docs/engines.md` is the page for authors of engines. It begins
with `from keraslite.backend.contract.defaults import *`, which gives it what is optional.
"""

from __future__ import annotations

from keraslite.backend.contract.checking import (
    ATTRIBUTES,
    OPTIONAL,
    VERSION,
    collect,
    collect_from,
    missing,
    owe,
    primitives,
    verified,
)
from keraslite.backend.contract.engine import GROUPS, Engine, EngineOf
from keraslite.backend.contract.tensor import DTypeLike, Shape, Spec, Storage, Tensor, TensorLike
from keraslite.backend.contract.values import (
    Capability,
    Compiled,
    ForeignModule,
    ForeignWeight,
    JitCompile,
    Quirks,
    Replay,
    SeedStorage,
    Step,
    SymbolicSpec,
)
from keraslite.backend.placement import Layout, Mesh, Placement

__all__ = [
    "ATTRIBUTES",
    "GROUPS",
    "OPTIONAL",
    "VERSION",
    "Capability",
    "Compiled",
    "DTypeLike",
    "Engine",
    "EngineOf",
    "ForeignModule",
    "ForeignWeight",
    "JitCompile",
    "Layout",
    "Mesh",
    "Placement",
    "Quirks",
    "Replay",
    "SeedStorage",
    "Shape",
    "Spec",
    "Step",
    "Storage",
    "SymbolicSpec",
    "Tensor",
    "TensorLike",
    "collect",
    "collect_from",
    "missing",
    "owe",
    "primitives",
    "verified",
]
