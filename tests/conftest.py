"""Fixtures for all tests: engines, and a home directory without a configuration file."""

from __future__ import annotations

import contextlib
import gc
import importlib
import itertools
import os
import signal
import tempfile

# Before keraslite reads them: tests must not depend on what stands in the user's home, nor write there.
_HOME = tempfile.TemporaryDirectory(prefix="keraslite-tests-")
os.environ["KERAS_HOME"] = _HOME.name
os.environ.setdefault("KERAS_BACKEND", "numpy")
# Test processes share the cores.
os.environ.setdefault("OMP_NUM_THREADS", "1")
# Tests compile thousands of small programs and run each a few times.
os.environ.setdefault("JAX_DISABLE_MOST_OPTIMIZATIONS", "1")
# What JAX compiled in one process of this run is there for the others, and for real Keras: the first one sets it.
_PROGRAMS = tempfile.TemporaryDirectory(prefix="keraslite-programs-")
os.environ.setdefault("JAX_COMPILATION_CACHE_DIR", _PROGRAMS.name)
os.environ.setdefault("JAX_PERSISTENT_CACHE_MIN_COMPILE_TIME_SECS", "0")
os.environ.setdefault("JAX_PERSISTENT_CACHE_MIN_ENTRY_SIZE_BYTES", "-1")

with contextlib.suppress(ImportError):
    importlib.import_module("triton")  # of PyTorch's builds for GPUs: it crashes where TensorFlow is imported first

import pytest
from keras_peer import forget_programs
from turns import chosen, in_turn

from keraslite import config
from keraslite.backend import registry
from keraslite.config import disable_traceback_filtering, enable_fast_paths
from keraslite.utils import set_random_seed


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--backend", default=None, help="engines to test, e.g. jax,torch (default: all installed)")
    parser.addoption("--all-engines", action="store_true", help="run cases marked `one_engine` on all engines")
    parser.addoption("--no-fast-paths", action="store_true", help="switch off `config.fast_paths()`")
    parser.addoption("--seed", type=int, default=0, help="what every test draws from, unless it seeds itself (0)")
    parser.addoption("--slow", action="store_true", help="run the tests of minutes too")


def pytest_configure(config: pytest.Config) -> None:
    disable_traceback_filtering()  # who mends a failing test wants all frames
    enable_fast_paths(False, "compiled_steps")  # tried after seconds: no test should depend on the machine's speed
    if config.getoption("--no-fast-paths"):
        enable_fast_paths(False)


def pytest_report_header(config: pytest.Config) -> str:
    return f"seed: {config.getoption('--seed')} (--seed)"


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    if not config.getoption("--slow"):
        for item in items:
            if "slow" in item.keywords:
                item.add_marker(pytest.mark.skip(reason="takes minutes: --slow"))
    if not config.getoption("--all-engines"):
        turns = [not item.get_closest_marker("one_engine") or _has_its_turn(item, config) for item in items]
        config.hook.pytest_deselected(items=[item for item, turn in zip(items, turns, strict=True) if not turn])
        items[:] = itertools.compress(items, turns)


def pytest_collection_finish() -> None:
    """Tests look for garbage again and again, and need not look through all tests for it."""
    gc.collect()
    gc.freeze()


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    names = chosen(metafunc.config)
    if "differentiating_backend" in metafunc.fixturenames:
        names = [name for name in names if name != "numpy"]
        metafunc.parametrize("differentiating_backend", names, indirect=True)
    elif "backend" in metafunc.fixturenames:
        metafunc.parametrize("backend", names, indirect=True)


@pytest.fixture
def backend(request: pytest.FixtureRequest):
    """The name of an engine, active for the test; the test runs once for each engine."""
    with registry.use_backend(request.param) as engine, _strict(engine):
        yield request.param


@pytest.fixture
def differentiating_backend(request: pytest.FixtureRequest):
    """`backend` without NumPy, which has no gradients."""
    with registry.use_backend(request.param) as engine, _strict(engine):
        yield request.param


@pytest.fixture
def ctrl_c_raises():
    """Worker processes of pytest ignore it."""
    previous = signal.signal(signal.SIGINT, signal.default_int_handler)
    yield
    signal.signal(signal.SIGINT, previous)


@pytest.fixture(autouse=True)
def _settings_restored(request: pytest.FixtureRequest):
    """What a test sets in `config` is as before afterwards. A test of a fast path has it, whatever the options say."""
    before = config.floatx(), config.epsilon(), config.image_data_format(), config.portable_random()
    fast = config.fast_paths()
    for marker in request.node.iter_markers("fast_path"):
        config.enable_fast_paths(True, *marker.args)
    yield
    if fast != config.fast_paths():
        config.enable_fast_paths(False)
        if fast:
            config.enable_fast_paths(True, *fast)
    if before != (config.floatx(), config.epsilon(), config.image_data_format(), config.portable_random()):
        config.set_floatx(before[0])
        config.set_epsilon(before[1])
        config.set_image_data_format(before[2])
        config.enable_portable_random(before[3])


@pytest.hookimpl(tryfirst=True)
def pytest_runtest_setup(item: pytest.Item) -> None:
    """A test's random numbers do not depend on the tests that ran before it in the same process."""
    set_random_seed(item.config.getoption("--seed"))


def pytest_runtest_logfinish() -> None:
    forget_programs()


def _has_its_turn(item: pytest.Item, settings: pytest.Config) -> bool:
    """Whether a case that is to run on one engine runs on the engine of this item: its name and the seed decide."""
    parameters = item.callspec.params
    fixture = next(name for name in ("backend", "differentiating_backend") if name in parameters)
    engines = [name for name in chosen(settings) if fixture == "backend" or name != "numpy"]
    engine = parameters[fixture]
    case = "-".join([item.originalname, *(part for part in item.callspec.id.split("-") if part != engine)])
    return in_turn(case, engines, settings) == engine


def _strict(engine):
    """Proves that no kernel leaves promotion to its engine."""
    return engine.strict(False)
