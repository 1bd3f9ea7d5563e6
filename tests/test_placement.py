"""Placements as values, and which of them engines take."""

from __future__ import annotations

import pickle

import numpy as np
import pytest

import keraslite as keras
from keraslite.backend import registry
from keraslite.backend.device import on_mesh
from keraslite.backend.placement import Layout, Mesh, spread
from keraslite.errors import ArgumentError, MissingCapabilityError

MESH = Mesh((2, 2), ("batch", "model"), ["cpu:0", "cpu:1", "cpu:2", "cpu:3"])


@pytest.mark.parametrize(
    ("one", "other"),
    [
        (MESH, Mesh([2, 2], ["batch", "model"], ("cpu:0", "cpu:1", "cpu:2", "cpu:3"))),
        (Layout(MESH), Layout(MESH, (None, None))),
        (Layout(MESH, ("model",)), Layout(MESH, ["model", None])),
        (Layout(MESH, (("batch",), ("model",))), Layout(MESH, ("batch", "model"))),
        (Layout(MESH, (("batch", "model"),)), Layout(MESH, (["batch", "model"], ()))),
    ],
)
def test_the_same_placement_is_the_same_value(one, other):
    assert one == other
    assert hash(one) == hash(other)
    assert repr(one) == repr(other)
    assert pickle.loads(pickle.dumps(one)) == one
    with pytest.raises(AttributeError):
        one.mesh = None


def test_other_placements_are_other_values():
    layouts = [
        Layout(MESH),
        Layout(MESH, ("batch",)),
        Layout(MESH, (None, "batch")),
        Layout(MESH, (("batch", "model"),)),
    ]
    assert len(set(layouts)) == len(layouts)
    assert Mesh((1,), ("batch",), ["cpu:0"]) != Mesh((1,), ("batch",), ["cpu:1"])


@pytest.mark.parametrize(
    ("make", "says"),
    [
        (lambda: Mesh((2,), ("a", "b"), ["cpu:0", "cpu:1"]), "a name of its own for each axis"),
        (lambda: Mesh((1, 1), ("a", "a"), ["cpu:0"]), "a name of its own for each axis"),
        (lambda: Mesh((2,), ("a",), ["cpu:0"]), "2 different devices"),
        (lambda: Mesh((2,), ("a",), ["cpu:0", "cpu:0"]), "2 different devices"),
        (lambda: Mesh((0,), ("a",), []), "different devices"),
        (lambda: Layout(MESH, ("other",)), "'batch', 'model'"),
        (lambda: Layout(MESH, ("batch", "batch")), "at most once"),
        (lambda: Layout(MESH, (("batch", "model"), "model")), "at most once"),
    ],
)
def test_what_makes_no_sense_is_refused(make, says):
    with pytest.raises(ArgumentError, match=says):
        make()


@pytest.mark.parametrize(
    ("shape", "axes"), [((8, 3), ("batch",)), ((7, 3), ()), ((), ()), ((2,), ("batch",)), ((0, 2), ("batch",))]
)
def test_a_batch_is_split_by_samples(shape, axes):
    assert spread(MESH, shape) == Layout(MESH, axes)
    assert spread(Mesh((1,), ("model",), ["cpu:0"]), shape).axes == ()


def test_an_engine_without_shardings_refuses_a_layout(backend):
    if "sharding" in registry.current().capabilities:
        pytest.skip("it takes layouts")
    layout = Layout(Mesh((1,), ("batch",), ["cpu:0"]))
    for attempt in (lambda: keras.Variable(np.ones(3), layout=layout), on_mesh(layout.mesh).__enter__):
        with pytest.raises(MissingCapabilityError, match=rf"spreads tensors over devices.*engine '{backend}'"):
            attempt()


def test_a_device_is_canonical_and_known(backend):
    variable = keras.Variable(np.ones(3), device="CPU")
    assert (variable.device, variable.placement, variable.layout) == ("cpu:0", "cpu:0", None)
    assert keras.Variable(np.ones(3)).device is None
    assert keras.Variable(np.ones(3), layout="cpu:0").placement == "cpu:0"
    with pytest.raises(ArgumentError, match=r"`Variable` needs a device of engine.*'tpu:9'"):
        keras.Variable(np.ones(3), device="tpu:9")


def test_a_mesh_of_one_device(backend):
    if "sharding" not in registry.current().capabilities:
        pytest.skip("it takes no layouts")
    mesh = Mesh((1,), ("batch",), ["cpu:0"])
    with on_mesh(mesh):
        inside = keras.Variable(np.ones(3))
        with keras.device("cpu"):
            deeper = keras.Variable(np.ones(3))
    assert (inside.placement, deeper.placement) == (Layout(mesh), "cpu:0")
    np.testing.assert_array_equal(inside.numpy(), deeper.numpy())
