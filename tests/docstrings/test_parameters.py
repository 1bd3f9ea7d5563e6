"""Every public class, function and method says what it is and names each of its parameters in `Args:`."""

from __future__ import annotations

import pytest

from docstrings import public, report, sections

#: Packages that are not whole yet: how many parameters no docstring names, at most. Numbers may only fall.
UNNAMED: dict[str, int] = {}


#: The same of parameters without an annotation.
UNANNOTATED: dict[str, int] = {}


def test_the_public_names_are_found():
    paths = {one.path for one in public.everything()}
    assert len(paths) > 1000
    assert {"layers.Dense", "layers.Dense.call", "ops.add", "losses.huber", "optimizers.schedules.CosineDecay"} <= paths


@pytest.mark.parametrize("package", public.packages())
def test_parameters_are_named(package):
    unnamed = report.unnamed(package)
    allowed = UNNAMED.get(package, 0)
    listed = "\n".join(f"{path}: {', '.join(names)}" for path, names in unnamed.items())
    assert report.total(unnamed) <= allowed, f"name these in `Args:`\n{listed}"
    assert unnamed or package not in UNNAMED, f"{package!r} is whole: take it out of `UNNAMED`"


def test_packages_that_are_not_whole_exist():
    assert {*UNNAMED, *UNANNOTATED} <= set(public.packages())


@pytest.mark.parametrize("package", public.packages())
def test_parameters_are_annotated(package):
    bare = report.unannotated(package)
    allowed = UNANNOTATED.get(package, 0)
    listed = "\n".join(f"{path}: {', '.join(names)}" for path, names in bare.items())
    assert report.total(bare) <= allowed, f"annotate these\n{listed}"
    assert bare or package not in UNANNOTATED, f"{package!r} is whole: take it out of `UNANNOTATED`"


@pytest.mark.parametrize("package", public.packages())
def test_what_is_named_is_a_parameter(package):
    assert not report.strangers(package), "no such parameters"


@pytest.mark.parametrize("package", public.packages())
def test_everything_has_a_docstring(package):  # of a call the class's may tell
    every = [one for one in public.everything() if one.package == package and one.name != "__call__"]
    assert not [one.path for one in every if not public.docstrings(one)]


def test_sections_are_read():
    text = "What.\n\nArgs:\n    a, b: two\n        numbers.\n    c:\n        a third: more.\n    **rest: others."
    text += "\n\nReturns:\n    d: no."
    assert sections.named(text) == {"a": "two", "b": "two", "c": "a third: more.", "rest": "others."}
    assert sections.named("What: nothing.") == {}
