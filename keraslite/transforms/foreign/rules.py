"""What code that is replayed may use: everything else keeps it in Python."""

from __future__ import annotations

import os
import sys
from functools import lru_cache

__all__ = [
    "BUILTINS",
    "DUNDERS",
    "NOT_OF",
    "NOT_PURE",
    "OUTSIDE",
    "OWN",
    "PURE",
    "STANDARD",
    "VALUES",
    "is_standard",
    "keeps_settings",
    "top",
]


def _names(text: str) -> frozenset[str]:
    return frozenset(text.split())


#: Functions and classes of Python whose results depend on their arguments alone. `print`, `open`, `id`, `vars`,
#: `setattr` and the like are not among them.
BUILTINS = _names(
    "Ellipsis NotImplemented abs all any ascii bin bool bytes callable chr classmethod complex dict divmod enumerate "
    "filter float format frozenset getattr hasattr hex int isinstance issubclass iter len list map max min next object "
    "oct ord pow property range repr reversed round set slice sorted staticmethod str sum super tuple type zip"
)

#: Special names that may be written out. `__dict__` and the like would reach what is not looked for.
DUNDERS = _names(
    "__abs__ __add__ __annotations__ __bool__ __call__ __class__ __contains__ __doc__ __enter__ __eq__ __exit__ "
    "__float__ __ge__ __getitem__ __gt__ __index__ __init__ __int__ __iter__ __le__ __len__ __lt__ __matmul__ "
    "__module__ __mul__ __name__ __ne__ __neg__ __next__ __pow__ __qualname__ __sub__ __truediv__"
)

#: Modules of Python whose functions depend on their arguments alone.
PURE = _names(
    "__future__ _abc _collections _collections_abc _functools _operator abc cmath collections contextlib dataclasses "
    "enum functools itertools math numbers operator types typing"
)
#: Of those modules: what hides the names that it reads, or errors, or what is printed.
NOT_PURE = _names(
    "attrgetter methodcaller suppress redirect_stdout redirect_stderr _RedirectStream chdir "
    "asdict astuple fields replace"
)

#: Types that hold nothing that can change.
VALUES = frozenset((bool, int, float, complex, str, bytes, type(None), type(...), type(NotImplemented), range, slice))

OWN = frozenset(("keraslite", "optree", "ml_dtypes"))

#: Functions that reach the world outside, whoever calls them.
OUTSIDE = frozenset((print, open, input))

#: Of libraries below every engine: what draws, reads files or hands out memory with anything in it.
NOT_OF = {
    "numpy": _names(
        "ctypeslib empty empty_like errstate frompyfunc fromfile genfromtxt geterr lib load loadtxt memmap nditer "
        "printoptions random save savetxt savez savez_compressed set_printoptions seterr testing vectorize"
    )
}

STANDARD = frozenset(sys.stdlib_module_names)

#: Where keraslite itself keeps settings, seeds and registries: a replay neither reads nor sets them again.
_SETTINGS = (
    "keraslite.config",
    "keraslite.saving",
    "keraslite.serialization",
    "keraslite.callbacks",
    "keraslite.utils",
)
_NO_SETTINGS = ("keraslite.utils.numeric", "keraslite.utils.images", "keraslite.utils.bounding_boxes")
_IN_SIGNATURES = ("floatx", "epsilon", "image_data_format")  # programs are chosen by them


def keeps_settings(module: str, name: str) -> bool:
    """Whether a function of ours reads or sets what holds for the whole process."""
    if module == "keraslite.backend.settings":
        return name not in _IN_SIGNATURES
    return module.startswith(_SETTINGS) and not module.startswith(_NO_SETTINGS)


_HOME = os.path.dirname(os.__file__)


@lru_cache(maxsize=256)
def is_standard(root: str) -> bool:
    """Whether a package is Python's own, and not one of somebody's with such a name."""
    if root not in STANDARD:
        return False
    file = getattr(sys.modules.get(root), "__file__", None)
    return file is None or (file.startswith(_HOME) and "site-packages" not in file)


def top(module: object) -> str:
    """The package of a module's name."""
    return module.partition(".")[0] if isinstance(module, str) else ""
