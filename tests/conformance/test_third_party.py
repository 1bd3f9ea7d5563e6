"""An engine by a third party: `examples/third_party_backend` is installed and passes a sample of the suite."""

from __future__ import annotations

import ast
import importlib.util
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
EXAMPLE = ROOT / "examples" / "third_party_backend"

#: A few ops of each file of kernels, and ops whose bodies put many of them to use.
SAMPLE = (
    "add,divide,power,sqrt,round,sin,arctan2,equal,where,isfinite,logical_and,left_shift,view,"
    "erf,erfinv,erfc,i0,sum,prod,max,argmin,any,mean,median,logsumexp,cumsum,"
    "sort,argsort,top_k,searchsorted,nonzero,take,take_along_axis,get_item,slice,slice_update,"
    "scatter_update,segment_sum,reshape,transpose,concatenate,split,repeat,tile,pad,flip,roll,"
    "matmul,einsum,tensordot,conv,depthwise_conv,conv_transpose,max_pool,average_pool,"
    "softmax,relu,gelu,layer_normalization,linalg.solve,linalg.svd,linalg.cholesky,fft,rfft,image.resize"
)


@pytest.fixture(scope="module")
def environment(tmp_path_factory):
    """The environment of a process in which the example is installed, and nowhere else."""
    if importlib.util.find_spec("array_api_strict") is None:
        pytest.skip("array-api-strict is not installed")
    folder = tmp_path_factory.mktemp("third_party")
    source = shutil.copytree(EXAMPLE, folder / "source")  # setuptools writes beside what it builds
    command = [sys.executable, "-m", "pip", "install", "--quiet", "--no-deps", "--no-build-isolation", "--no-index"]
    run([*command, "--target", str(folder / "site"), str(source)], dict(os.environ))
    path = os.pathsep.join(filter(None, [str(folder / "site"), os.environ.get("PYTHONPATH")]))
    return {**os.environ, "PYTHONPATH": path, "KERAS_BACKEND": "array_api"}


def run(command: list[str], environment: dict[str, str]) -> str:
    done = subprocess.run(command, env=environment, capture_output=True, text=True, timeout=300)
    assert done.returncode == 0, f"{' '.join(command)}\n{done.stdout}\n{done.stderr}"
    return done.stdout


def test_is_found_by_its_entry_point(environment):
    code = (
        "import sys, keraslite; from keraslite.backend import registry; from keraslite import ops\n"
        "print(registry.current().name, registry.installed()[-1], ops.sum(ops.ones((2, 3))))\n"
        "print(sorted({'jax', 'torch', 'tensorflow'} & set(sys.modules)))"
    )
    found, engines = run([sys.executable, "-c", code], environment).splitlines()
    assert found.startswith("array_api array_api ")
    assert "6." in found
    assert engines == "[]"


def test_passes_a_sample_of_the_suite(environment):
    command = [sys.executable, "-m", "keraslite.conformance", "--backend", "array_api", "--jobs", "1"]
    report = run([*command, "--sample", "--op", SAMPLE], environment)
    assert " 0 failed" in report


def _run(tree):
    """What is executed of a module: all but what only type checkers read."""
    for node in ast.iter_child_nodes(tree):
        if not (isinstance(node, ast.If) and ast.unparse(node.test) == "TYPE_CHECKING"):
            yield node
            yield from _run(node)


@pytest.mark.parametrize("path", sorted((EXAMPLE / "keraslite_array_api").glob("*.py")), ids=lambda path: path.stem)
def test_imports_the_seam_and_no_engine(path):
    contract = {"keraslite.backend.contract", "keraslite.backend.contract.defaults"}
    allowed = {"keraslite.backend", "keraslite.errors", "array_api_strict", "numpy", "__future__", *contract}
    names = set()
    for node in _run(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            names |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and not node.level:
            names.add(node.module)
    assert {name for name in names if name.partition(".")[0] not in sys.stdlib_module_names} <= allowed
