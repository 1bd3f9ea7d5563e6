"""The `>>> ` blocks in docstrings: where they are, and how they run."""

from __future__ import annotations

import ast
import doctest
import functools
from collections.abc import Iterator
from pathlib import Path

from keraslite.errors import MissingCapabilityError

ROOT = Path(__file__).parents[2]
PLACES = (ROOT / "keraslite", ROOT / "keraslite_pytest")
OPTIONS = doctest.NORMALIZE_WHITESPACE | doctest.ELLIPSIS


@functools.cache
def every() -> dict[str, doctest.DocTest]:
    """All examples by what they belong to, such as "losses.regression.Huber"."""
    found = {}
    for path in sorted(path for place in PLACES for path in place.rglob("*.py")):
        module = ".".join(path.relative_to(ROOT).with_suffix("").parts).removeprefix("keraslite.")
        for name, text, line in _docstrings(ast.parse(path.read_text()), module.removesuffix(".__init__")):
            if ">>> " in text:
                found[name] = parsed(name, text, str(path), line)
    return found


def parsed(name: str, docstring: str, path: str = "<docstring>", line: int = 0) -> doctest.DocTest:
    return doctest.DocTestParser().get_doctest(docstring, {}, name, path, line)


def _docstrings(node: ast.AST, name: str) -> Iterator[tuple[str, str, int]]:
    if isinstance(node, (ast.Module, ast.ClassDef, ast.FunctionDef, ast.AsyncFunctionDef)):
        text = ast.get_docstring(node, clean=False)
        if text:
            yield name, text, node.body[0].lineno - 1
    for child in ast.iter_child_nodes(node):
        inner = isinstance(child, (ast.ClassDef, ast.FunctionDef, ast.AsyncFunctionDef))
        yield from _docstrings(child, f"{name}.{child.name}" if inner else name)


def run(example: doctest.DocTest, *, may_lack: bool = False) -> bool:
    """Run an example; what it prints must be what it says. Returns whether it ran to its end.

    With `may_lack` it ends, without a failure, where the engine says that it lacks a capability.
    """
    fresh = doctest.DocTest(
        example.examples, {"__name__": "__main__"}, example.name, example.filename, example.lineno, example.docstring
    )
    try:
        doctest.DebugRunner(optionflags=OPTIONS).run(fresh)
    except doctest.UnexpectedException as problem:
        error = problem.exc_info[1]
        if may_lack and isinstance(error, MissingCapabilityError):
            return False
        raise AssertionError(f"{_place(example, problem.example)} raised {error!r}") from error
    except doctest.DocTestFailure as failure:
        raise AssertionError(
            f"{_place(example, failure.example)} shows\n{failure.example.want}but gives\n{failure.got}"
        ) from None
    return True


def _place(example: doctest.DocTest, part: doctest.Example) -> str:
    line = (example.lineno or 0) + part.lineno + 1
    return f"{example.filename}:{line}: `{part.source.strip()}`"
