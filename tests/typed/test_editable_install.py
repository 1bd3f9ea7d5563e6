"""Checks what the build file says about installations, without installing anything."""

from __future__ import annotations

import tomllib
from pathlib import Path

ROOT = Path(__file__).parents[2]


def test_an_editable_install_is_a_list_of_folders():
    """Type checkers and editors read such a list; of import hooks they see nothing."""
    build = tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]["hatch"]["build"]
    packages = {path.parent.relative_to(ROOT).as_posix() for folder in build["dev-mode-dirs"]
                for path in (ROOT / folder).glob("keraslite*/__init__.py")}  # fmt: skip
    assert packages == set(build["targets"]["wheel"]["packages"])
    assert all((ROOT / package / "py.typed").exists() for package in packages if package != "keraslite_pytest")
