"""What the bytecode of a function says that it does."""

from __future__ import annotations

import dis
from collections.abc import Iterator
from functools import lru_cache
from types import CodeType

from keraslite.transforms.foreign.rules import DUNDERS

__all__ = ["Scan", "scanned"]

_ATTRIBUTES = ("LOAD_ATTR", "LOAD_METHOD")
_REFUSED = {
    "STORE_ATTR": "it sets `{}`",
    "DELETE_ATTR": "it deletes `{}`",
    "STORE_GLOBAL": "it sets the global `{}`",
    "DELETE_GLOBAL": "it deletes the global `{}`",
    "LOAD_BUILD_CLASS": "it defines a class",
    "IMPORT_NAME": "it imports `{}`",
    "IMPORT_FROM": "it imports `{}`",
    "IMPORT_STAR": "it imports",
    "MATCH_CLASS": "it matches attributes of a class",
}
#: Beginnings of the names of instructions that do nothing but compute, or call what is looked at elsewhere. Another
#: Python has others: what is not known is refused.
_INSTRUCTIONS = """
    BEFORE_WITH BINARY_ BUILD_ CACHE CALL CHECK_EXC_MATCH CLEANUP_THROW COMPARE_OP CONTAINS_OP CONVERT_VALUE COPY
    DELETE_DEREF DELETE_FAST DELETE_SUBSCR DICT_ END_FOR END_SEND EXIT_INIT_CHECK FORMAT_ FOR_ITER GET_ITER GET_LEN
    GET_YIELD_FROM_ITER INTERPRETER_EXIT IS_OP JUMP KW_NAMES LIST_ LOAD_ASSERTION_ERROR LOAD_ATTR LOAD_CLOSURE
    LOAD_CONST LOAD_DEREF LOAD_FAST LOAD_GLOBAL LOAD_METHOD LOAD_SUPER LOAD_ZERO_SUPER MAKE_ MAP_ADD MATCH_KEYS
    MATCH_MAPPING MATCH_SEQUENCE NOP POP_ PRECALL PUSH_ RAISE_VARARGS RERAISE RESUME RETURN_ SEND SETUP_CLEANUP
    SETUP_FINALLY SETUP_WITH SET_ STORE_DEREF STORE_FAST STORE_SLICE STORE_SUBSCR SWAP TO_BOOL UNARY_ UNPACK_
    WITH_EXCEPT_START YIELD_VALUE
"""
_KNOWN = tuple(_INSTRUCTIONS.split())


class Scan:
    """What one code object does, as far as its bytecode tells.

    Attributes:
        reasons: what keeps it from being replayed.
        chains: global names, each with the attributes that are read of it at once.
        attributes: names of attributes that are read of other objects.
        names: all names, and texts if it takes names from texts.
        inner: code of the functions that it defines.
        anything: whether it may read attributes by names that it makes up.
    """

    def __init__(self, code: CodeType) -> None:
        self.reasons: list[str] = []
        self.chains: list[tuple[str, ...]] = []
        self.attributes: set[str] = set()
        self.names = {*code.co_names, code.co_name}
        self.anything = bool({"getattr", "hasattr"} & self.names)
        self.inner = [x for x in code.co_consts if isinstance(x, CodeType)]
        if self.anything:
            texts = set(_texts(code.co_consts))
            self.names |= texts
            self.attributes |= texts
        self._read(list(dis.get_instructions(code)))
        self.reasons += [f"it reads `{name}`" for name in self.names if _is_special(name) and name != code.co_name]
        self.reasons = list(dict.fromkeys(self.reasons))

    def _read(self, instructions: list[dis.Instruction]) -> None:
        chain: list[str] = []
        for at, each in enumerate(instructions):
            if each.opname == "EXTENDED_ARG":
                continue
            if each.opname in _ATTRIBUTES and chain and not each.is_jump_target:
                chain.append(str(each.argval))
                continue
            if chain:
                self.chains.append(tuple(chain))
                chain = []
            if each.opname == "LOAD_GLOBAL":
                chain = [str(each.argval)]
            elif each.opname in _ATTRIBUTES or each.opname.startswith("LOAD_SUPER"):
                self.attributes.add(str(each.argval))
            else:
                self.reasons.extend(_against(instructions, at))
        if chain:
            self.chains.append(tuple(chain))


def _against(instructions: list[dis.Instruction], at: int) -> Iterator[str]:
    each = instructions[at]
    if each.opname in _REFUSED:
        yield _REFUSED[each.opname].format(each.argval)
    elif not each.opname.startswith(_KNOWN):
        yield f"it holds {each.opname}"
    elif each.opname == "PUSH_EXC_INFO" and instructions[at + 1].opname != "WITH_EXCEPT_START":
        yield "it handles exceptions"


def _texts(constants: tuple[object, ...]) -> Iterator[str]:
    for x in constants:
        if isinstance(x, str):
            yield x
        elif isinstance(x, (tuple, frozenset)):
            yield from _texts(tuple(x))


def _is_special(name: str) -> bool:
    return name.startswith("__") and name.endswith("__") and name not in DUNDERS


@lru_cache(maxsize=1024)
def scanned(code: CodeType) -> Scan:
    """The scan of a code object."""
    return Scan(code)
