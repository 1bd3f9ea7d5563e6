"""The two commands, run on a wrong engine from another distribution."""

from __future__ import annotations

import os
import subprocess
import sys

import pytest

from keraslite.backend import registry
from keraslite.conformance import expected_failures
from keraslite.conformance.__main__ import main
from keraslite.errors import ArgumentError

ENGINE = """
import os
import keraslite_numpy
from keraslite_numpy import *
import numpy as np

name, libraries = "wrong", ("wrong_engine", "numpy")
kernels = {**keraslite_numpy.kernels, "sin": np.cos, "cos": np.sin, "exp": lambda x: os._exit(3)}
"""
XFAILS = """
[xfails]
"value/cos" = "cosines are not in the budget"
"value/tan" = "tangents neither"
"""


@pytest.fixture(scope="module")
def plugin(tmp_path_factory):
    """Where the distribution is installed; and an empty directory to run in."""
    site = tmp_path_factory.mktemp("site")
    (site / "wrong_engine").mkdir()
    (site / "wrong_engine" / "__init__.py").write_text(ENGINE)
    (site / "wrong_engine" / "xfails.toml").write_text(XFAILS)
    information = site / "wrong_engine-1.0.dist-info"
    information.mkdir()
    (information / "METADATA").write_text("Metadata-Version: 2.1\nName: wrong-engine\nVersion: 1.0\n")
    (information / "entry_points.txt").write_text("[keraslite.backends]\nwrong = wrong_engine\n")
    return site


def python(plugin, folder, *arguments):
    """Run `python -m ...` in an empty directory where the plug-in is installed."""
    path = os.pathsep.join(filter(None, [str(plugin), os.environ.get("PYTHONPATH")]))
    environment = {**os.environ, "PYTHONPATH": path, "COLUMNS": "150", "PYTEST_ADDOPTS": ""}
    return subprocess.run(
        [sys.executable, "-m", *arguments], cwd=folder, env=environment, capture_output=True, text=True, check=False
    )


def suite(plugin, folder, *arguments):
    return python(plugin, folder, "keraslite.conformance", "--backend", "wrong", "--jobs", "1", *arguments)


def test_failures_are_counted_and_shown(plugin, tmp_path):
    done = suite(plugin, tmp_path, "--op", "sin,cos,tan,add", "--check", "value,symbolic", "--html", "report.html")
    assert done.returncode == 1, done.stderr
    assert "wrong: 7 passed, 1 failed, 1 unexpectedly passed, 1 failed as expected" in done.stdout
    assert "value/sin: 12 of 12 elements differ" in done.stdout
    assert "input     sin(float64 [[" in done.stdout
    assert "expected  float64[3, 4] [[" in done.stdout
    assert "received  float64[3, 4] [[" in done.stdout
    assert "value/tan: passes, and is expected to fail: tangents neither" in done.stdout
    assert "elementwise" in done.stdout
    text = (tmp_path / "report.html").read_text()
    assert "2 failed" in text
    assert "cosines are not in the budget" in text


def test_passing_is_status_0(plugin, tmp_path):
    done = suite(plugin, tmp_path, "--op", "add,cos", "--check", "value", "--sample")
    assert done.returncode == 0, done.stderr
    assert "wrong: 2 passed, 0 failed, 1 failed as expected" in done.stdout


def test_a_crash_costs_its_own_cases_only(plugin, tmp_path):
    done = suite(plugin, tmp_path, "--op", "exp,sqrt", "--check", "value")
    assert done.returncode == 1, done.stderr
    assert "value/exp: the worker process died" in done.stdout
    assert "wrong: 2 passed, 1 failed" in done.stdout


def pytest_suite(plugin, folder, *arguments):
    return python(plugin, folder, "pytest", "-q", "-p", "no:randomly", "-p", "no:xdist", "-p", "no:cacheprovider",
                  "--pyargs", "keraslite.conformance", *arguments)  # fmt: skip


def test_pytest_from_any_directory(plugin, tmp_path):
    done = pytest_suite(
        plugin, tmp_path, "--backend", "wrong", "-k", "value and (sin or cos or tan or add) and not arc"
    )
    assert done.returncode == 1, done.stdout + done.stderr
    assert "FAILED" in done.stdout
    assert "[wrong-elementwise-value/sin]" in done.stdout
    assert "[XPASS(strict)] tangents neither" in done.stdout
    assert "1 xfailed" in done.stdout


def test_pytest_passes(plugin, tmp_path):
    done = pytest_suite(plugin, tmp_path, "--backend", "wrong", "-k", "elementwise-value/add or elementwise-value/cos")
    assert done.returncode == 0, done.stdout + done.stderr
    assert "xfailed" in done.stdout


def test_the_plugin_leaves_other_projects_alone(tmp_path):
    (tmp_path / "conftest.py").write_text("def pytest_addoption(parser):\n    parser.addoption('--backend')\n")
    (tmp_path / "test_it.py").write_text(
        "import sys\n\n"
        "def test_it(pytestconfig):\n"
        "    assert pytestconfig.getoption('--backend') == 'mine'\n"
        "    assert 'keraslite' not in sys.modules\n"
    )
    done = python(tmp_path, tmp_path, "pytest", "-q", "-p", "no:cacheprovider", "--backend", "mine")
    assert done.returncode == 0, done.stdout + done.stderr


@pytest.mark.parametrize(
    ("arguments", "text"),
    [
        (["--op", "sinn"], "The conformance suite needs the name of an op. Received 'sinn'. Did you mean 'sin'?"),
        (["--check", "gradients"], "needs the name of a check. Received 'gradients'. Did you mean 'gradient'? It has "),
        (["--backend", "torchh"], "`--backend` needs the name of an engine. Received 'torchh'. Did you mean 'torch'?"),
    ],
)
def test_unknown_names(arguments, text, capsys, monkeypatch):
    monkeypatch.setenv("COLUMNS", "1000")
    assert main(arguments) == 2
    assert text in capsys.readouterr().out


def test_jobs_are_at_least_one(capsys):
    with pytest.raises(SystemExit, match="2"):
        main(["--jobs", "0"])
    assert "argument --jobs: needs to be at least 1" in capsys.readouterr().err


@pytest.mark.parametrize(("line", "text"), [
    ('"value/sinn" = "a reason"', "Received 'value/sinn' = 'a reason'. The suite has no such case."),
    ('"value/sin" = ""', "Received 'value/sin' = ''."),
])  # fmt: skip
def test_expected_failures_need_a_case_and_a_reason(line, text, tmp_path, monkeypatch):
    folder = tmp_path / "listed_engine"
    folder.mkdir()
    (folder / "__init__.py").write_text("name, libraries = 'listed', ('listed_engine',)")
    (folder / "xfails.toml").write_text(f"[xfails]\n{line}\n")
    monkeypatch.syspath_prepend(tmp_path)
    monkeypatch.delitem(sys.modules, "listed_engine", raising=False)
    engine = __import__("listed_engine")
    message = '`xfails.toml` of engine \'listed\' needs lines `"check/op" = "reason"`. '
    with pytest.raises(ArgumentError) as caught:
        expected_failures(engine)
    assert str(caught.value) == message + text
    monkeypatch.delitem(sys.modules, "listed_engine")


def test_every_engine_here_is_known():
    assert set(registry.installed()) <= set(registry.known())
