"""Pages in Markdown: their Python code runs from top to bottom, their links lead somewhere, their lines are short."""

from __future__ import annotations

import ast
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from keraslite.backend import registry

ROOT = Path(__file__).parents[2]
PAGES = {str(path.relative_to(ROOT)): path for path in (ROOT / "README.md", *sorted((ROOT / "docs").rglob("*.md")))}
ALL_PAGES = {
    str(path.relative_to(ROOT)): path for path in (*sorted(ROOT.glob("*.md")), *sorted((ROOT / "docs").rglob("*.md")))
}
_LINK = re.compile(r"\[[^\]]*\]\(([^)\s]+)\)")
_LONGEST = 120
_BLOCK = re.compile(r"^```python\n(.*?)^```$", re.MULTILINE | re.DOTALL)

#: Pages whose code is read, not run, and why.
SKETCHES = {
    "docs/conformance.md": "a row of a table that is a page of its own",
    "docs/engines.md": "lines of the module of an engine",
    "docs/design/ops.md": "shows the form of a declaration, without a body",
    "docs/design/state.md": "lists the attributes of a class",
    "docs/profiling.md": "measures for a minute",
}
#: The engine that a page's code runs on.
ENGINES = {"README.md": "torch"}


def blocks(page: str) -> list[str]:
    return _BLOCK.findall(PAGES[page].read_text())


WITH_CODE = [page for page in PAGES if blocks(page)]


def test_pages_with_code_are_found():
    assert "README.md" in WITH_CODE
    assert set(SKETCHES) <= set(WITH_CODE), "no code there any more"


@pytest.mark.parametrize("page", WITH_CODE)
def test_code_of_a_page(page, tmp_path):
    code = "\n".join(blocks(page))
    ast.parse(code)
    if page in SKETCHES:
        return
    engine = ENGINES.get(page, "jax")
    if engine not in registry.installed():
        pytest.skip(f"{engine} is not installed")
    done = subprocess.run(
        [sys.executable, "-W", "error", "-c", code],
        cwd=tmp_path, env={**os.environ, "KERAS_BACKEND": engine}, capture_output=True, text=True, timeout=300,
        check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr[-3000:]


def links(text: str) -> list[str]:
    """Targets of links to files, without those within code."""
    text = re.sub(r"^```.*?^```$|`[^`\n]*`", "", text, flags=re.MULTILINE | re.DOTALL)
    return [target for target in _LINK.findall(text) if not target.startswith(("http://", "https://", "mailto:"))]


def anchors(text: str) -> set[str]:
    """What links can name of a page: its headings, as GitHub and PyPI spell them."""
    headings = re.findall(r"^#+ (.*)$", re.sub(r"^```.*?^```$", "", text, flags=re.MULTILINE | re.DOTALL), re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings}


@pytest.mark.parametrize("page", ALL_PAGES)
def test_links_of_a_page_lead_somewhere(page):
    path = ALL_PAGES[page]
    for target in links(path.read_text()):
        name, _, anchor = target.partition("#")
        found = path.parent / name if name else path
        assert found.exists(), f"{target} does not exist"
        assert not anchor or anchor in anchors(found.read_text()), f"{target} is no heading there"


def test_links_are_found():
    assert links("[a](b.md#c), `[x](y)` and [d](https://e.org)\n```\n[f](g)\n```") == ["b.md#c"]
    assert anchors("# What `it` does (now)\n## Two") == {"what-it-does-now", "two"}
    assert sum(len(links(path.read_text())) for path in ALL_PAGES.values()) > 20


@pytest.mark.parametrize("page", sorted(ALL_PAGES.keys() - {"CHANGELOG.md"}))
def test_lines_of_a_page_are_short(page):
    long = [
        number
        for number, line in enumerate(ALL_PAGES[page].read_text().splitlines(), 1)
        if len(line) > _LONGEST and not line.lstrip().startswith("|") and "](" not in line
    ]
    assert not long, f"lines {long} have more than {_LONGEST} columns"


def test_every_page_about_the_design_is_listed_in_the_overview():
    overview = links(PAGES["docs/architecture.md"].read_text())
    pages = {path.name for path in (ROOT / "docs" / "design").glob("*.md")}
    assert pages
    assert pages <= {Path(target).name for target in overview}


@pytest.mark.parametrize("page", sorted(ALL_PAGES.keys() - {"CHANGELOG.md"}))
def test_files_that_a_page_names_exist(page):
    parts = ("keraslite", "backends", "tests", "benchmarks", "examples")
    files = [f"/{path.relative_to(ROOT)}" for part in parts for path in (ROOT / part).rglob("*.py")]
    named = re.findall(r"`([\w/]+\.py)`", ALL_PAGES[page].read_text())
    missing = [name for name in named if not any(file.endswith(f"/{name}") for file in files)]
    assert not missing
