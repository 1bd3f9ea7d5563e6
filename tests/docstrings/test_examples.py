"""Every example in a docstring shows what it says, on every engine."""

from __future__ import annotations

import sys

import pytest

from docstrings import examples, public, report
from keraslite import config, naming, utils
from keraslite.transforms import Jitted

jit = sys.modules[Jitted.__module__]

#: Packages that are not whole yet: how many classes and functions have no example, at most. Numbers may only fall.
WITHOUT: dict[str, int] = {}


@pytest.fixture(autouse=True)
def _as_users_have_it(monkeypatch):
    """Settings that the tests change for all; and what examples add to compiled programs goes with them."""
    monkeypatch.setattr(jit, "_ambient", list(jit._ambient))
    config.enable_traceback_filtering()
    yield
    config.disable_traceback_filtering()


def test_examples_are_found():
    assert len(examples.every()) >= 6


@pytest.mark.parametrize("package", public.packages())
def test_classes_and_functions_have_an_example(package):
    lacking = report.without_example(package)
    assert len(lacking) <= WITHOUT.get(package, 0), f"give these an example: {', '.join(lacking)}"
    assert lacking or package not in WITHOUT, f"{package!r} is whole: take it out of `WITHOUT`"


@pytest.mark.parametrize("name", examples.every())
def test_example(name, backend, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    naming.reset_names()
    utils.set_random_seed(0)
    examples.run(examples.every()[name], may_lack=backend == "numpy")


def test_a_wrong_example_fails():
    wrong = examples.parsed("wrong", ">>> 1 + 1\n3\n")
    with pytest.raises(AssertionError, match=r"`1 \+ 1` shows\n3\nbut gives\n2"):
        examples.run(wrong)
    with pytest.raises(AssertionError, match=r"`int\('a'\)` raised ValueError"):
        examples.run(examples.parsed("wrong", ">>> int('a')\n3\n"))


def test_an_example_gives_no_warning():
    source = ">>> import warnings\n>>> warnings.warn('careful')\n"
    with pytest.raises(AssertionError, match="raised UserWarning"):
        examples.run(examples.parsed("warns", source))
