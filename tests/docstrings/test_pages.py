"""The Python code in the README and in `docs/` runs, page by page from top to bottom."""

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
_BLOCK = re.compile(r"^```python\n(.*?)^```$", re.MULTILINE | re.DOTALL)

#: Pages whose code is read, not run, and why.
SKETCHES = {
    "docs/architecture.md": "shows the form of a declaration, without a body",
    "docs/conformance.md": "a row of a table that is a page of its own",
    "docs/engines.md": "lines of the module of an engine",
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
