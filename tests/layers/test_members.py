"""Members of layers that subclasses and tools use: what they do."""

from __future__ import annotations

import keras_peer
import numpy as np
import pytest

import keraslite
from keraslite import dtype_policies, layers, ops
from keraslite.errors import UnsafeModelError
from keraslite.layers.adapting import own_variables

X = np.linspace(-1, 1, 12).reshape(2, 6).astype("float32")
WITH_SPEC = {
    "dense": lambda: layers.Dense(3),
    "einsum": lambda: layers.EinsumDense("ab,bc->ac", 3, bias_axes="c"),
    "embedding": lambda: layers.Embedding(4, 3),
    "tied": lambda: layers.ReversibleEmbedding(4, 3),
    "untied": lambda: layers.ReversibleEmbedding(4, 3, tie_weights=False),
}
WEIGHTS = {"dense": "kernel", "einsum": "kernel", "embedding": "embeddings", "tied": "embeddings"}
BOXES = {
    "boxes": np.array([[[0.1, 0.2, 0.5, 0.7], [0, 0, 1, 1]], [[0.3, 0.3, 0.4, 0.4], [0.2, 0.1, 0.9, 0.8]]], "float32"),
    "labels": np.array([[1, 2], [3, 4]], "float32"),
}


class TestWeightsOfAClass:
    """`Dense.kernel` is there before a layer is built, as a property of the class is in Keras."""

    @pytest.mark.parametrize(("name", "weight"), WEIGHTS.items())
    def test_before_and_after_building(self, name, weight):
        layer = WITH_SPEC[name]()
        assert getattr(type(layer), weight).__doc__
        assert not hasattr(layer, weight)
        with pytest.raises(AttributeError, match=rf"has no '{weight}' before it is built. Call it"):
            getattr(layer, weight)
        layer.build((None, 6))
        assert getattr(layer, weight) is layer.weights[0]

    def test_a_subclass_computes_it(self, backend):
        """A kernel of rows that add up to 1, by a property of the subclass over the weight of the class."""

        class Standard(layers.Dense):
            def build(self, input_shape):
                self.raw = self.add_weight(shape=(input_shape[-1], self.units), initializer="ones")

            @property
            def kernel(self):
                return self.raw / ops.sum(self.raw, axis=0)

            bias = None

        layer = Standard(3)
        np.testing.assert_allclose(ops.convert_to_numpy(layer(X)), np.repeat(X.mean(1, keepdims=True), 3, 1), atol=1e-6)

    def test_a_property_over_it_reads_it_by_super(self, backend):
        class Doubled(layers.Dense):
            @property
            def kernel(self):
                return super().kernel * 2

            @kernel.setter
            def kernel(self, value):
                vars(self)["kernel"] = value

        doubled, plain = Doubled(3), layers.Dense(3)
        doubled.build((None, 6))
        plain.build((None, 6))
        plain.set_weights(doubled.get_weights())
        np.testing.assert_allclose(*(ops.convert_to_numpy(each(X)) for each in (lambda x: plain(2 * x), doubled)))


@pytest.mark.skipif(not keras_peer.available(), reason="real Keras is not installed")
@pytest.mark.parametrize("name", list(WITH_SPEC))
def test_names_of_weights_in_the_order_of_files(name):
    layer = WITH_SPEC[name]()
    layer.build((None, 6))
    names = layer.variable_serialization_spec[None]
    assert [id(getattr(layer, each)) for each in names] == list(map(id, own_variables(layer)))
    assert names == keras_peer.call("members_on_keras:names_in_files", name=name)


@pytest.mark.parametrize("name", ["dense", "embedding"])
def test_the_names_of_a_spec_are_those_of_a_class(name):
    first, second = WITH_SPEC[name](), WITH_SPEC[name]()
    first.variable_serialization_spec[None].append("mine")
    assert "mine" not in second.variable_serialization_spec[None]


class HalfPolicy(dtype_policies.DTypePolicy):
    """A user's policy, which no registry knows."""


@pytest.mark.parametrize("layer", [
    lambda dtype: layers.Rescaling(0.5, dtype=dtype),
    lambda dtype: layers.Discretization([0.0, 1.0], dtype=dtype),
])  # fmt: skip
def test_configs_with_a_users_classes(layer):
    made = layer(HalfPolicy("float32"))
    config = made.get_config()
    if isinstance(config["dtype"], str):
        config["dtype"] = keraslite.saving.serialize_keras_object(made.dtype_policy)
    config["dtype"]["registered_name"] = "HalfPolicy"
    again = type(made).from_config(config, custom_objects={"HalfPolicy": HalfPolicy})
    assert type(again.dtype_policy) is HalfPolicy
    np.testing.assert_array_equal(*(ops.convert_to_numpy(each(X)) for each in (made, again)))
    with pytest.raises(ValueError, match="HalfPolicy"):
        type(made).from_config(config)


@pytest.mark.parametrize(("cls", "config"), [
    (layers.TFSMLayer, {"filepath": "somewhere"}),
    (layers.TorchModuleWrapper, {"module": "gASV"}),
])  # fmt: skip
@pytest.mark.parametrize("safe_mode", [True, False, None])
def test_no_mode_lets_code_out_of_a_config(cls, config, safe_mode):
    with pytest.raises(UnsafeModelError):
        cls.from_config(config, custom_objects={"module": dict}, safe_mode=safe_mode)


@pytest.mark.parametrize(("reverse", "shape", "expected"), [
    (False, (None, 6), (None, 6, 3)), (True, (None, 6, 3), (None, 6, 4)), (True, (2, 3), (2, 4)),
])  # fmt: skip
def test_shapes_of_the_way_back(backend, reverse, shape, expected):
    layer = layers.ReversibleEmbedding(4, 3)
    assert layer.compute_output_shape(shape, reverse=reverse) == expected
    given = np.zeros([2 if n is None else n for n in shape], "float32" if reverse else "int32")
    assert tuple(layer(given, reverse=reverse).shape) == tuple(2 if n is None else n for n in expected)


@pytest.mark.parametrize("layer", [layers.Equalization, layers.RandomGrayscale, layers.Solarization])
def test_specs_by_name(layer):
    found = layer().compute_output_spec(inputs=keraslite.KerasTensor((None, 4, 5, 3), "float32"))
    assert found.shape == (None, 4, 5, 3)
    assert found.dtype == "float32"


@pytest.mark.skipif(not keras_peer.available(), reason="real Keras is not installed")
@pytest.mark.one_engine
def test_points_and_boxes_are_moved_as_in_keras(backend):
    rng = np.random.default_rng(0)
    transforms = rng.normal(size=(2, 8)).astype("float32")
    by = [np.array([[0.1], [0.2]], "float32"), np.array([[0.05], [-0.3]], "float32")]
    theirs = keras_peer.call("members_on_keras:moved", transforms=transforms, boxes=BOXES, by=by)
    for name, layer in {"shear": layers.RandomShear(0.1, 0.1), "translation": layers.RandomTranslation(0.1, 0.1),
                        "zoom": layers.RandomZoom(0.1)}.items():  # fmt: skip
        for number, (x, y) in enumerate([(0, 0), (3.0, 2.0)]):
            found = layer.get_transformed_x_y(x, y, transforms)
            for ours, expected in zip(found, theirs[f"{name} {number}"], strict=True):
                np.testing.assert_allclose(ops.convert_to_numpy(ours), expected, rtol=1e-4)
        if name != "zoom":
            for number, shift in enumerate([by, [0.1, 0.05]]):
                boxes = layer.get_shifted_bbox(BOXES, *shift)
                np.testing.assert_allclose(
                    ops.convert_to_numpy(boxes["boxes"]), theirs[f"{name} shift {number}"], atol=1e-6
                )
                assert boxes["labels"] is BOXES["labels"]
        else:
            boxes = layer.get_clipped_bbox(BOXES, 0.9, 0.1, 0.8, 0.2)
            np.testing.assert_allclose(ops.convert_to_numpy(boxes["boxes"]), theirs["clipped"], atol=1e-6)
