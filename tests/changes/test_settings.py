"""If an attribute of an object is set after programs have used the object, the next call sees the new value."""

from __future__ import annotations

import random

import numpy as np
import pytest
from changes.subjects import SUBJECTS, Stepping, Subject, settings

from keraslite import ops, tree
from keraslite.backend import registry
from keraslite.transforms import jit
from keraslite.utils import set_random_seed

CALLS = 4
PARTS = 16  # subjects on an engine that compiles
pytestmark = [
    pytest.mark.fast_path("replayed_steps"),
    pytest.mark.filterwarnings("ignore:.*received an input with a mask"),
]


def numbers(nest):
    return [np.asarray(ops.convert_to_numpy(x)) for x in tree.leaves(nest) if x is not None]


def prepared(subject: Subject):
    """The object, a function that uses it, and its Variables; each has been used once."""
    set_random_seed(5)
    obj = subject.make()
    stepping = Stepping(obj) if subject.use is None else None

    def use(*arrays):
        return stepping(list(arrays)) if stepping is not None else subject.use(obj, list(arrays))

    use(*[ops.convert_to_tensor(x) if not isinstance(x, list) else x for x in subject.arrays])
    return obj, use, list((stepping or obj).variables if hasattr(stepping or obj, "variables") else [])


def attempt(fn, *args):
    try:
        return numbers(fn(*args))
    except Exception as error:
        return type(error)


def check(subject: Subject, index: int):
    """Set an attribute of an object whose programs have run, and of a new one with the same values."""
    old, use, variables = prepared(subject)
    new, plain, others = prepared(subject)
    run = jit(use, replay=True)
    arrays = [x if isinstance(x, list) else ops.convert_to_tensor(x) for x in subject.arrays]
    for _ in range(CALLS):
        run(*arrays)
    assert run.programs[0].ready
    for one, other in zip(variables, others, strict=True):
        other.assign(one.numpy())
    for obj in (old, new):
        name, value = settings(obj)[index]
        setattr(obj, name, value)
    expected = attempt(plain, *arrays)
    received = attempt(run, *arrays)
    if isinstance(expected, type):  # the value does not fit the built object: that has to be noticed
        assert isinstance(received, type), (name, value, expected)
        return
    assert not isinstance(received, type), (name, value, received)
    for a, b in zip(received, expected, strict=True):
        np.testing.assert_allclose(a, b, rtol=2e-4, atol=1e-5, err_msg=f"{name}={value!r}")
    for one, other in zip(variables, others, strict=True):
        np.testing.assert_allclose(one.numpy(), other.numpy(), rtol=2e-4, atol=1e-5, err_msg=f"{name}={value!r}")


def number_of_settings(subject: Subject) -> int:
    return len(settings(prepared(subject)[0]))


@pytest.mark.parametrize("subject", SUBJECTS, ids=str)
def test_where_calls_are_replayed(subject):
    names = [name for name in registry.installed() if "replays" in registry.load(name).capabilities]
    if not names:
        pytest.skip("no engine here replays")
    with registry.use_backend(names[0]):
        for index in range(number_of_settings(subject)):
            check(subject, index)


@pytest.mark.parametrize("part", range(PARTS))
def test_where_calls_are_compiled(differentiating_backend, part, request):
    if "compile" not in registry.current().capabilities:
        pytest.skip("nothing is compiled here")
    # Every part takes another subject, and other ones with another seed of the run, which pytest prints.
    order = random.Random(request.config.getoption("randomly_seed", 0)).sample(SUBJECTS, len(SUBJECTS))
    chosen, count = next((each, n) for each in order[part::PARTS] if (n := number_of_settings(each)))
    check(chosen, random.Random(part).randrange(count))
