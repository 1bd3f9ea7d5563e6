"""What an editor knows about keraslite: types of objects, no false alarms, and mistakes that it reports."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PROGRAMS = sorted(Path(__file__).parent.glob("program*.py"))


@pytest.mark.parametrize("program", PROGRAMS, ids=lambda path: path.stem)
def test_a_users_program(program, tmp_path):
    """Installed as a package with `py.typed`, whose names a checker takes only where they are exported."""
    packages = tmp_path / "venvs" / "user" / "lib" / "python3.11" / "site-packages"
    packages.mkdir(parents=True)
    for path in (ROOT / "keraslite", *(ROOT / "backends").glob("keraslite_*")):
        (packages / path.name).symlink_to(path)
    (packages / "others.pth").write_text("\n".join(path for path in sys.path if path.endswith("site-packages")))
    (tmp_path / "program.py").write_text(program.read_text())
    settings = {"venvPath": str(tmp_path / "venvs"), "venv": "user", "typeCheckingMode": "standard",
                "include": ["program.py"], "pythonVersion": "3.11"}  # fmt: skip
    (tmp_path / "pyrightconfig.json").write_text(json.dumps(settings))
    done = subprocess.run(
        [sys.executable, "-m", "basedpyright", "--outputjson", "--project", str(tmp_path)],
        capture_output=True, text=True, cwd=tmp_path, check=False,
    )  # fmt: skip
    report = json.loads(done.stdout)
    assert report["summary"]["filesAnalyzed"] == 1
    found = {}
    for finding in report["generalDiagnostics"]:
        found.setdefault(finding["range"]["start"]["line"] + 1, []).append((finding.get("rule"), finding["message"]))
    lines = program.read_text().splitlines()
    expected = {i: line.partition("# error: ")[2] for i, line in enumerate(lines, 1) if "# error: " in line}
    surprises = {f"{i}: {lines[i - 1]}": told for i, told in found.items() if [r for r, _ in told] != [expected.get(i)]}
    assert not surprises
    assert found.keys() == expected.keys()
