"""The layering in `docs/architecture.md`, and what no file may do."""

from __future__ import annotations

import ast
import re
from pathlib import Path

import grimp
import pytest

ROOT = Path(__file__).parents[1]
FILES = sorted((ROOT / "keraslite").rglob("*.py"))
ENGINES = {"jax", "torch", "tensorflow", "numpy"}
ENGINE_MODULES = {"jax", "jaxlib", "torch", "tensorflow", "keras", *(f"keraslite_{name}" for name in ENGINES)}

# From top to bottom, so the reverse of the table in docs/architecture.md. Rooms on one line may import each other.
ROOMS = [
    ["conformance"],
    ["applications", "datasets", "preprocessing", "visualization", "wrappers"],
    ["legacy", "utils"],
    ["mixed_precision"],
    ["models"],
    ["saving"],
    ["training"],
    ["callbacks"],
    ["losses", "metrics", "optimizers"],
    ["layers"],
    ["initializers", "regularizers", "constraints", "activations", "dtype_policies"],
    ["random"],
    ["transforms"],
    ["serialization"],
    ["variable", "masking"],
    ["ops"],
    ["config", "types", "progress"],
    ["backend"],
    ["declared"],
    ["ranges"],
    [
        "errors",
        "check",
        "tree",
        "naming",
        "version",
        "garbage",
        "annotations",
        "atomic_files",
        "public",
        "other_names",
        "allowance",
    ],
]
BACKEND_ROOMS = [
    ["device", "names", "settings", "tracebacks"],
    ["registry"],
    ["contract"],
    ["private"],
    ["scopes"],
    ["changes", "dtypes", "heap", "placement", "trials"],
]


@pytest.fixture(scope="module")
def graph():
    return grimp.build_graph("keraslite", include_external_packages=True, cache_dir=None)


def _layers(rooms: list[list[str]], parent: str, graph) -> list[grimp.Layer]:
    present = [[room for room in row if f"{parent}.{room}" in graph.modules] for row in rooms]
    return [grimp.Layer(*(f"{parent}.{room}" for room in row), independent=False) for row in present if row]


@pytest.mark.parametrize(("parent", "rooms"), [("keraslite", ROOMS), ("keraslite.backend", BACKEND_ROOMS)])
def test_a_module_imports_only_what_stands_below_it(graph, parent, rooms):
    broken = graph.find_illegal_dependencies_for_layers(layers=_layers(rooms, parent, graph))
    chains = [
        " -> ".join((head, *route.middle, tail))
        for dependency in broken
        for route in dependency.routes
        for head in sorted(route.heads)
        for tail in sorted(route.tails)
    ]
    assert not chains, "\n".join(chains)


def test_every_module_has_a_room(graph):
    rooms = {f"keraslite.{room}" for row in ROOMS for room in row}
    assert graph.find_children("keraslite") <= rooms
    rooms = {f"keraslite.backend.{room}" for row in BACKEND_ROOMS for room in row}
    assert graph.find_children("keraslite.backend") <= rooms


def test_the_table_in_the_documentation_is_true():
    rows = re.findall(r"^\| (`[^|]+) \|", (ROOT / "docs" / "architecture.md").read_text(), re.MULTILINE)
    listed = [set(re.findall(r"`([\w/]+?)/?`", row)) for row in rows]
    backend = [{f"backend/{room}" for room in row} for row in BACKEND_ROOMS]
    expected = [part for row in ROOMS for part in (backend if row == ["backend"] else [set(row)])]
    assert listed == expected[::-1]


def test_nothing_imports_the_package_itself(graph):
    assert graph.find_modules_that_directly_import("keraslite") == set()


@pytest.mark.parametrize("path", FILES, ids=lambda path: str(path.relative_to(ROOT)))
def test_file(path):
    tree = ast.parse(path.read_text())
    assert not (imported_roots(tree) & ENGINE_MODULES), "keraslite imports no engine"
    if path.name != "registry.py":
        assert not engines_named(tree), "ask an engine for a capability, not for its name"
    if path.name != "checking.py":
        assert not asked_by_text(tree), "the contract declares every member of an engine: ask for `engine.member`"
    assert len(path.read_text().splitlines()) <= 600
    if path.relative_to(ROOT / "keraslite").parts[0] in ("saving", "serialization", "serialization.py"):
        assert not dangers(tree), "files are data: nothing may be run or imported because a file says so"


@pytest.mark.parametrize("engine", sorted(ENGINES))
def test_an_engine_imports_itself_and_the_seam(engine):
    others = ENGINE_MODULES - {engine, "jaxlib", f"keraslite_{engine}"}
    for path in sorted((ROOT / "backends" / f"keraslite_{engine}").rglob("*.py")):
        tree = ast.parse(path.read_text())
        assert not (imported_roots(tree) & others), path
        if path.name != "interop.py":
            ours = {name for name in imported_names(tree) if name.partition(".")[0] == "keraslite"}
            allowed = ("keraslite.backend", "keraslite.errors")
            assert all(name.startswith(allowed) for name in ours), f"{path}: {ours}"


def imported_names(tree: ast.AST) -> set[str]:
    """Absolute names of imported modules."""
    names = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            names |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.level == 0 and node.module:
            names |= {f"{node.module}.{alias.name}" for alias in node.names} if node.module == "keraslite" else {
                node.module
            }  # fmt: skip
    return names


def imported_roots(tree: ast.AST) -> set[str]:
    return {name.partition(".")[0] for name in imported_names(tree)}


def engines_named(tree: ast.AST) -> list[str]:
    """Comparisons with an engine's name, cases for one, and engines loaded by name."""
    found = []
    for node in ast.walk(tree):
        if isinstance(node, ast.Compare):
            parts = [node.left, *node.comparators]
            parts += [item for part in parts if isinstance(part, (ast.Tuple, ast.List, ast.Set)) for item in part.elts]
        elif isinstance(node, ast.MatchValue):
            parts = [node.value]
        elif isinstance(node, ast.Call) and _called(node) in ("use_backend", "load"):
            parts = node.args
        else:
            continue
        found += [p.value for p in parts if isinstance(p, ast.Constant) and p.value in ENGINES]
    return found


def asked_by_text(tree: ast.AST) -> list[str]:
    """Members of engines asked for by their names as text."""
    calls = [n for n in ast.walk(tree) if isinstance(n, ast.Call) and _called(n) in ("getattr", "hasattr") and n.args]
    return [
        ast.unparse(call) for call in calls if ast.unparse(call.args[0]).rpartition(".")[2] in ("engine", "current()")
    ]


def dangers(tree: ast.AST) -> list[str]:
    """Modules and functions by which data becomes code."""
    modules = imported_roots(tree) & {"pickle", "marshal", "importlib", "dill", "cloudpickle", "shelve", "runpy", "imp"}
    calls = {
        _called(node)
        for node in ast.walk(tree)
        if isinstance(node, ast.Call) and isinstance(node.func, (ast.Name, ast.Attribute))
    } & {"eval", "exec", "__import__", "import_module"}
    names = {node.id for node in ast.walk(tree) if isinstance(node, ast.Name)} & {"eval", "exec", "__import__"}
    return sorted(modules | calls | names)


def _called(node: ast.Call) -> str:
    return node.func.attr if isinstance(node.func, ast.Attribute) else getattr(node.func, "id", "")


def test_the_checks_see_what_they_look_for():
    assert asked_by_text(
        ast.parse("getattr(self.engine, 'x', 0)\nhasattr(registry.current(), 'x')\ngetattr(x, 'y')")
    ) == [
        "getattr(self.engine, 'x', 0)",
        "hasattr(registry.current(), 'x')",
    ]
    code = "import torch.nn\nimport pickle\nif backend == 'jax' or x in ('torch',): eval('1')\nload('numpy')"
    tree = ast.parse(code)
    assert imported_roots(tree) & ENGINE_MODULES == {"torch"}
    assert sorted(engines_named(tree)) == ["jax", "numpy", "torch"]
    assert dangers(tree) == ["eval", "pickle"]
