"""What ranges accept, and how constructors check them."""

from __future__ import annotations

import gc
import inspect
import math
import weakref

import numpy as np
import pytest

from keraslite import layers, ops, optimizers, ranges, regularizers
from keraslite.declared import accepted, ranges_of
from keraslite.errors import ArgumentError
from keraslite.serialization import Configurable

TWO = (ranges.function | ranges.integer(1)).saying("one of two things")
RANGES = {
    "a number": ranges.number(),
    "a number of at least 0": ranges.unsigned,
    "a number above 0": ranges.positive,
    "a number of at most 0": ranges.number(high=0),
    "a number below 0": ranges.number(below=0),
    "a number in [0, 1]": ranges.fraction,
    "a number in [0, 1)": ranges.number(0, below=1),
    "a number in (0, 1)": ranges.number(above=0, below=1),
    "an integer": ranges.axis,
    "a non-negative integer": ranges.unsigned_int,
    "a positive integer": ranges.positive_int,
    "an integer of at least 2": ranges.integer(2),
    "an integer in [2, 9]": ranges.integer(2, 9),
    "True or False": ranges.flag,
    "a string": ranges.text,
    "a function": ranges.function,
    "one of 'a', 'b'": ranges.one_of("a", "b"),
    "one of 'a', 'b' or None": ranges.one_of("a", "b") | None,
    "an integer or a list of integers": ranges.axes,
    "a dict of numbers of at least 0 under 'x', 'y'": ranges.named(ranges.unsigned, "x", "y"),
    "a number of at least 0 or an array of such": ranges.array(0),
    "one of two things, a string or a list of one of two things": TWO | ranges.text | ranges.items(TWO),
    "a pair of integers": ranges.items(ranges.axis, 2),
    "a list of numbers in [0, 1]": ranges.items(ranges.fraction),
    "a positive integer or a tuple of 2 of them": ranges.sizes(2),
    "a non-negative integer or a tuple of 1 of them": ranges.sizes(1, 0),
}


@pytest.mark.parametrize("words", RANGES)
def test_a_range_takes_its_good_samples_and_no_bad_one(words):
    one = RANGES[words]
    assert one.words == words
    assert one.good()
    for value in one.good():
        canonical = one.accept(value)
        assert type(canonical).__module__ != "numpy" or "array" in words, "canonical values are Python's"
    assert one.bad()
    for value in one.bad():
        with pytest.raises(ranges.Refused):
            one.accept(value)


def test_values_become_canonical():
    assert ranges.sizes(2).accept(np.int64(3)) == (3, 3)
    assert ranges.sizes(2).accept(np.array([3, 5])) == (3, 5)
    assert ranges.one_of("same", fold=True).accept("SAME") == "same"
    assert type(ranges.number().accept(np.float32(0.5))) is float
    assert type(ranges.number().accept(3)) is int
    assert ranges.flag.accept(np.bool_(True)) is True
    assert ranges.axes.accept((1, 2)) == [1, 2]
    assert ranges.number(0, infinite=True).accept(math.inf) == math.inf


@pytest.fixture
def engine_tensor(backend):
    return lambda value: ops.convert_to_tensor(value, "float32")


def test_a_tensor_without_axes_is_a_number(engine_tensor):
    assert ranges.fraction.accept(engine_tensor(0.25)) == 0.25
    assert type(ranges.fraction.accept(engine_tensor(0.25))) is float
    with pytest.raises(ranges.Refused):
        ranges.fraction.accept(engine_tensor(2.0))
    with pytest.raises(ranges.Refused):
        ranges.fraction.accept(engine_tensor([0.25]))
    kept = engine_tensor(0.25)
    assert isinstance(kept, np.ndarray) or ranges.number(tensors=True).accept(kept) is kept


def test_a_refusal_names_class_parameter_value_and_range():
    with pytest.raises(ArgumentError) as caught:
        accepted(ranges.one_of("same", "valid"), "padding", "vaild", "Conv2D")
    assert str(caught.value) == (
        "`Conv2D` needs `padding` to be one of 'same', 'valid'. Received padding='vaild'. Did you mean 'valid'?"
    )
    with pytest.raises(ArgumentError, match=r"needs `x` to be a finite number of at least 0. Received x=inf\.$"):
        accepted(ranges.unsigned, "x", math.inf, "f")
    with pytest.raises(ArgumentError) as caught:
        accepted(ranges.positive_int, "units", "9" * 1000, "Dense")
    assert len(str(caught.value)) < 400


def test_ranges_of_bases_are_merged_and_may_depend_on_the_class():
    class Base(Configurable):
        __module__ = "keraslite.made_up"
        rank = 1
        argument_checks = {"rate": ranges.fraction, "size": lambda cls: ranges.sizes(cls.rank)}  # noqa: RUF012

        def __init__(self, size=1, rate=0.5):
            self.size, self.rate = size, rate

    class Narrow(Base):
        __module__ = "keraslite.made_up"
        rank = 2
        argument_checks = {"rate": ranges.number(0, 0.5)}  # noqa: RUF012

    assert {name: one.words for name, one in ranges_of(Narrow).items()} == {
        "rate": "a number in [0, 0.5]",
        "size": "a positive integer or a tuple of 2 of them",
    }
    assert Base().size == (1,)
    assert Narrow().size == (1, 1)
    assert Narrow(3).size == (3, 3)
    assert Narrow(rate=np.float32(0.25)).rate == 0.25
    with pytest.raises(ArgumentError, match=r"`Narrow` needs `rate` to be a number in \[0, 0.5\]. Received rate=0.75"):
        Narrow(2, 0.75)
    with pytest.raises(TypeError, match=r"__init__\(\) got an unexpected keyword argument 'sizes'"):
        Narrow(sizes=2)


def test_a_users_class_is_checked_where_it_calls_ours():
    class Many(layers.Dense):
        argument_checks = "mine"

        def __init__(self, units, rate=-1, **kwargs):
            super().__init__(len(units), **kwargs)
            self.rate = rate

    assert Many("three").units == 5
    assert Many("three", use_bias=0).use_bias is False
    with pytest.raises(ArgumentError, match=r"^`Many` needs `units` to be a positive integer. Received units=0\.$"):
        Many("")
    with pytest.raises(ArgumentError, match=r"^`Many` needs `use_bias` to be True or False. Received use_bias='no'"):
        Many("three", use_bias="no")


def test_constructors_show_their_parameters_and_what_they_may_be():
    assert list(inspect.signature(layers.Dense.__init__).parameters)[:3] == ["self", "units", "activation"]
    assert repr(layers.Dense.argument_checks["units"]) == "<a positive integer>"


def test_what_a_class_checks_does_not_keep_it():
    class Own(regularizers.L2):
        pass

    assert Own(np.float32(0.5)).l2 == 0.5
    gone = weakref.ref(Own)
    del Own
    gc.collect()
    assert gone() is None


@pytest.mark.parametrize(
    "make",
    [
        lambda: layers.LeakyReLU(alpha=0.1),
        lambda: layers.Embedding(3, 2, input_length=4),
        lambda: optimizers.Adam(decay=0.1),
        lambda: optimizers.SGD(decay=0.1),
    ],
)
def test_warnings_of_constructors_name_the_users_line(make):
    with pytest.warns(Warning, match=r"deprecated|no longer") as caught:
        make()
    assert caught[0].filename == __file__
