"""The contract as types, what is optional, and the page for authors of engines."""

from __future__ import annotations

import inspect
import re
import textwrap
from collections.abc import Callable
from pathlib import Path
from typing import get_args

import pytest

from keraslite.backend import contract, registry
from keraslite.backend.contract import defaults, engine

PAGE = Path(__file__).parents[1] / "docs" / "engines.md"


def members(group: type) -> dict[str, object]:
    """The members that a group of the contract declares itself, in order."""
    return {name: member for name, member in vars(group).items() if not name.startswith("_")}


def parameters(function: Callable[..., object]) -> str:
    """The parameters of a function of the contract, without types."""
    found = []
    for name, parameter in list(inspect.signature(function).parameters.items())[1:]:
        star = "*" if parameter.kind is inspect.Parameter.VAR_POSITIONAL else ""
        default = "" if parameter.default is parameter.empty else f"={parameter.default!r}"
        found.append(f"{star}{name}{default}")
    return f"({', '.join(found)})"


def described() -> str:
    """The members of an engine as the page lists them."""
    lines: list[str] = []
    for group in engine.GROUPS:
        lines += [f"### {inspect.getdoc(group)}".rstrip("."), ""]
        for name, member in members(group).items():
            call = parameters(member) if inspect.isfunction(member) else ""
            text = " ".join((inspect.getdoc(member) or "").split())
            entry = f"- `{name}{call}`{' (optional)' if name in contract.OPTIONAL else ''}: {text}"
            lines += textwrap.wrap(entry, 120, subsequent_indent="  ", break_on_hyphens=False)
        lines.append("")
    return "\n".join(lines)


def test_members_are_declared_once():
    names = [name for group in engine.GROUPS for name in members(group)]
    assert list(contract.ATTRIBUTES) == names
    assert len(names) == len(set(names))
    assert set(contract.EngineOf.__mro__) >= set(engine.GROUPS)
    assert set(names) >= contract.OPTIONAL
    assert list(defaults.__all__) == sorted(defaults.__all__)


@pytest.mark.parametrize("name", contract.ATTRIBUTES)
def test_a_member_takes_what_the_contract_says(name, backend):
    """Engines differ in names of parameters, since all are given by position; not in how many they take."""
    group = next(group for group in engine.GROUPS if name in members(group))
    declared, own = members(group)[name], getattr(registry.load(backend), name)
    if isinstance(declared, property):
        assert not inspect.isfunction(own)
        return
    wanted = list(inspect.signature(declared).parameters.values())[1:]  # type: ignore[arg-type]
    try:
        signature = inspect.signature(own)
    except ValueError:  # a function in C
        return
    signature.bind(*[None] * len(wanted))
    signature.bind(*[None for parameter in wanted if parameter.default is parameter.empty])


def test_capabilities_are_known(backend):
    assert registry.load(backend).capabilities <= set(get_args(contract.Capability))


def test_the_page_says_what_the_contract_says():
    page = PAGE.read_text()
    listed = re.search(r"<!-- members -->\n(.*)<!-- end of members -->", page, re.DOTALL)
    assert listed, "docs/engines.md needs the marks between which members are listed"
    assert listed[1].strip() == described().strip(), "run `python tests/test_contract.py`"
    for capability in get_args(contract.Capability):
        assert f'- `"{capability}"`: ' in page


if __name__ == "__main__":
    text = PAGE.read_text()
    head, tail = text.partition("<!-- members -->\n")[0], text.partition("<!-- end of members -->")[2]
    PAGE.write_text(f"{head}<!-- members -->\n{described()}<!-- end of members -->{tail}")
