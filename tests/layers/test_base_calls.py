"""`training`, masks, dtypes, losses, engines and threads through calls."""

from __future__ import annotations

import gc
import threading
import warnings

import numpy as np
import pytest

from keraslite import layers, masking, ops
from keraslite.backend import registry
from keraslite.dtype_policies import use_dtype_policy
from keraslite.errors import ArgumentError, MixedEnginesError, NotBuiltError
from keraslite.layers.base import Layer
from keraslite.layers.core.input_layer import Input


def ones(*shape):
    return np.ones(shape, "float32")


class Told(Layer):
    """Keeps the `training` it was told."""

    def __init__(self, **options):
        super().__init__(**options)
        self.__dict__["heard"] = []

    def call(self, x, training=None):
        self.heard.append(training)
        return x


class ToldTrue(Told):
    def call(self, x, training=True):
        self.heard.append(training)
        return x


class Around(Layer):
    """Does not take `training` itself."""

    def __init__(self, inner, other=None):
        super().__init__()
        self.inner, self.other = inner, other

    def call(self, x):
        x = self.inner(x)
        return x if self.other is None else self.other(x)


class Affine(Layer):
    def __init__(self, size=2, regularizer=None, **options):
        super().__init__(**options)
        self.size, self.regularizer = size, regularizer

    def build(self, input_shape):
        self.kernel = self.add_weight(
            name="kernel", shape=(input_shape[-1], self.size), initializer="ones", regularizer=self.regularizer
        )

    def call(self, x):
        return x @ self.kernel


class Masked(Layer):
    """Makes a mask: steps whose first number is not 0."""

    def compute_mask(self, inputs, previous_mask=None):
        return ops.not_equal(inputs[..., 0], 0.0)

    def call(self, x):
        return x * 1.0


class Heard(Layer):
    """Keeps the masks it was given."""

    def call(self, x, mask=None):
        self.__dict__["mask"] = mask
        return x * 1.0


# ---- training ---------------------------------------------------------------------------------------------------


def test_training_is_the_argument_else_that_of_the_call_around_it_else_false(backend):
    inner, second = Told(), Told()
    outer = Around(inner, second)
    outer(ones(1))
    outer(ones(1), training=True)
    outer(ones(1))
    assert inner.heard == second.heard == [False, True, False]
    layer = ToldTrue()
    layer(ones(1))
    layer(ones(1), training=False)
    layer(ones(1), True)
    assert layer.heard == [True, False, True]


def test_training_does_not_leak_to_siblings():
    class Both(Layer):
        def __init__(self):
            super().__init__()
            self.a, self.b = Told(), Told()

        def call(self, x):
            return self.b(self.a(x, training=True))

    layer = Both()
    x = ops.convert_to_tensor(ones(1))
    for _ in range(2):
        layer(x)
    assert layer.a.heard == [True, True]
    assert layer.b.heard == [False, False]


def test_training_does_not_survive_an_exception():
    class Fails(Layer):
        def call(self, x, training=None):
            raise KeyError("inside")

    with pytest.raises(KeyError) as caught:
        Fails(name="fails")(ones(2), training=True)
    assert "in Fails layer 'fails', called with x=float32(2,), training=True" in caught.value.__notes__[0]
    layer = Told()
    layer(ones(1))
    assert layer.heard == [False]


# ---- masks ------------------------------------------------------------------------------------------------------


def test_masks_reach_call_and_pass_on(backend):
    x = ops.convert_to_tensor(np.array([[[1.0, 1], [0, 0]]], "float32"))
    y = Masked()(x)
    assert ops.convert_to_numpy(masking.get_mask(y)).tolist() == [[True, False]]
    layer = Heard()
    z = layer(y)
    assert layer.mask is masking.get_mask(y)
    assert masking.get_mask(z) is None
    layer.supports_masking = True
    assert masking.get_mask(layer(y)) is masking.get_mask(y)
    layer(x)
    assert layer.mask is None
    given = np.array([[True, True]])
    layer(y, mask=given)
    assert ops.convert_to_numpy(layer.mask).tolist() == [[True, True]]


@pytest.mark.parametrize(
    ("cls", "kwargs"),
    [
        ("Dense", {"units": 2}),
        ("LSTM", {"units": 2, "return_sequences": True, "zero_output_for_mask": True}),
        ("UnitNormalization", {}),
        ("TimeDistributed", {"layer": layers.Identity()}),
    ],
    ids=lambda x: x if isinstance(x, str) else "",
)
@pytest.mark.parametrize("dtype", ["mixed_bfloat16", "float16"])
def test_a_mask_stays_with_an_input_that_is_cast(cls, kwargs, dtype, backend):
    x = np.array([[[1.0, 1], [0, 0], [2, 3]]], "float32")
    layer = getattr(layers, cls)(**kwargs, dtype=dtype)
    found = layer(layers.Masking()(x))
    assert ops.convert_to_numpy(masking.get_mask(found)).tolist() == [[True, False, True]]
    told = layer(x, mask=ops.convert_to_tensor([[True, False, True]])) if cls == "LSTM" else found
    np.testing.assert_array_equal(*(ops.convert_to_numpy(ops.cast(y, "float32")) for y in (found, told)))


def test_masks_can_be_read_as_in_keras(backend):
    y = Masked()(ops.convert_to_tensor(ones(1, 2, 2)))
    if isinstance(y, np.ndarray):  # takes no attributes, and has none in Keras
        assert not hasattr(y, "_keras_mask")
    else:
        assert y._keras_mask is masking.get_mask(y)
        masking.set_mask(y, None)
        assert not hasattr(y, "_keras_mask")
    assert Masked()(Input((2, 3)))._keras_mask.shape == (None, 2)


TAKES_STEPS = [layers.LSTM(2), layers.RNN(layers.GRUCell(2)), layers.Bidirectional(layers.GRU(2)),
               layers.GlobalAveragePooling1D(), layers.BatchNormalization()]  # fmt: skip


@pytest.mark.parametrize("template", TAKES_STEPS, ids=lambda layer: type(layer).__name__)
@pytest.mark.parametrize("shape", [(3, 4), (3, 6), (2, 5), (4,)])
def test_masks_of_other_sizes_are_refused(backend, template, shape):
    layer = type(template).from_config(template.get_config())
    options = {"training": True} if isinstance(layer, layers.BatchNormalization) else {}
    with pytest.raises(ArgumentError, match=r"needs a mask of its input's batch and steps.*shape \(3, 5, 4\)"):
        layer(ones(3, 5, 4), mask=np.ones(shape, bool), **options)


def test_masks_of_several_arguments():
    class Two(Layer):
        def call(self, x, y, x_mask=None, y_mask=None):
            self.__dict__["masks"] = x_mask, y_mask
            return x

    class Many(Layer):
        def call(self, inputs, mask=None):
            self.__dict__["masks"] = mask
            return inputs[0]

    x = Masked()(ones(1, 2, 3))
    layer = Two()
    layer(x, ones(1, 2, 3))
    assert layer.masks == (masking.get_mask(x), None)
    layer = Many()
    layer([x, ones(1, 2, 3)])
    assert layer.masks == [masking.get_mask(x), None]


def test_lost_masks_warn():
    x = Masked()(ones(1, 2, 3))
    with pytest.warns(UserWarning, match=r"Affine layer .* received an input with a mask"):
        Affine()(x)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        Heard()(x)
        Told()(x)  # the output is the input


def test_symbolic_masks():
    x = Masked()(Input((2, 3)))
    assert x.mask.shape == (None, 2)
    layer = Heard()
    layer.supports_masking = True
    assert layer(x).mask.shape == (None, 2)


def test_masks_die_with_their_tensors(backend):
    gc.collect()  # what other tests left
    x = ops.convert_to_tensor(ones(1, 2, 3))
    masking.set_mask(x, ops.convert_to_tensor(np.array([[True, False]])))
    before = len(masking.table)
    del x
    gc.collect()
    assert len(masking.table) == before - 1


# ---- dtypes -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("policy", ["mixed_bfloat16", "mixed_float16", "float16", "float64"])
def test_inputs_and_variables_read_as_the_compute_dtype(backend, policy):
    class Look(Affine):
        def call(self, x):
            self.__dict__["seen"] = ops.dtype(x), ops.dtype(self.kernel.value)
            return x @ self.kernel

    if policy == "float64" and "float64" not in registry.current().capabilities:
        pytest.skip("the engine is set to compute in 32 bits")
    layer = Look(dtype=policy)
    compute = policy.removeprefix("mixed_")
    assert ops.dtype(layer(ones(2, 3))) == compute
    assert layer.seen == (compute, compute)
    assert layer.kernel.dtype == ("float32" if policy.startswith("mixed") else policy)
    assert ops.dtype(layer.kernel.value) == layer.kernel.dtype
    assert layer(Input((3,))).dtype == compute
    assert layer.compute_dtype == layer.input_dtype == compute


def test_a_layer_inside_another_keeps_its_own_dtype(backend):
    inner = Affine(dtype="float32")
    outer = Around(inner)
    outer.dtype_policy = "mixed_bfloat16"
    assert ops.dtype(outer(ones(2, 3))) == "float32"
    assert outer(Input((3,))).dtype == "float32"


def test_integers_stay_and_autocast_can_be_off(backend):
    class Same(Layer):
        def call(self, x):
            return x

    assert ops.dtype(Same()(np.ones(2, "int32"))) == "int32"
    assert ops.dtype(Same()(np.ones(2, "float64"))) == "float32"
    x = ops.convert_to_tensor(np.ones(2, "float16"))
    assert ops.dtype(Same()(x)) == "float32"
    assert ops.dtype(Same(autocast=False)(x)) == "float16"


def test_the_active_policy_is_taken_and_is_per_context():
    with use_dtype_policy("mixed_float16"):
        layer = Affine()
        other = []
        thread = threading.Thread(target=lambda: other.append(Affine().compute_dtype))
        thread.start()
        thread.join()
    assert layer.compute_dtype == "float16"
    assert other == ["float32"]
    assert Affine().compute_dtype == "float32"


# ---- losses -----------------------------------------------------------------------------------------------------


class Penalised(Layer):
    def __init__(self):
        super().__init__()
        self.inner = Affine(regularizer=lambda x: ops.sum(x))

    def call(self, x, training=None):
        if training:
            self.add_loss(ops.sum(x))
        return self.inner(x)


def values(losses):
    return [float(ops.convert_to_numpy(loss)) for loss in losses]


def test_losses_are_those_of_the_last_call(backend):
    layer = Penalised()
    layer(ones(2, 3), training=True)
    layer(ones(1, 3), training=True)
    assert values(layer.losses) == [3.0, 6.0]
    layer(ones(1, 3))
    assert values(layer.losses) == [6.0]
    outer = Around(layer)
    outer(ones(2, 3), training=True)
    assert values(outer.losses) == [6.0, 6.0]


def test_frozen_weights_have_no_penalty():
    layer = Penalised()
    layer(ones(2, 3))
    layer.trainable = False
    assert layer.losses == []


def test_activity_regularizer():
    layer = Affine(activity_regularizer=lambda x: ops.sum(x))
    layer(ones(2, 3))
    assert values(layer.losses) == [6.0]  # 12 over two samples


def test_unknown_sizes_while_an_engine_traces():
    if "tensorflow" not in registry.installed():
        pytest.skip("needs TensorFlow")
    tf = pytest.importorskip("tensorflow")
    with registry.use_backend("tensorflow"):
        layer = Affine(activity_regularizer=lambda x: ops.sum(x))
        layer.build((None, 3))
        total = tf.function(lambda x: (layer(x), layer.losses[0])[1], autograph=False)
        concrete = total.get_concrete_function(tf.TensorSpec((None, 3), tf.float32))
        assert float(concrete(tf.ones((4, 3)))) == 6.0
        layer._clear_losses()
        assert layer.losses == []


# ---- stateless calls, engines, threads --------------------------------------------------------------------------


class Counting(Layer):
    def build(self, input_shape):
        self.scale = self.add_weight(name="scale", shape=(), initializer="ones")
        self.count = self.add_weight(name="count", shape=(), initializer="zeros", trainable=False)

    def call(self, x):
        self.count.assign_add(1.0)
        self.add_loss(self.scale * 3.0)
        return x * self.scale


def test_stateless_call(backend):
    layer = Counting()
    with pytest.raises(NotBuiltError, match=r"before `stateless_call`"):
        layer.stateless_call([], [], ones(2))
    layer.build((2,))
    two, ten = ops.convert_to_tensor(np.float32(2)), ops.convert_to_tensor(np.float32(10))
    outputs, others, losses = layer.stateless_call([two], [ten], ones(2), return_losses=True)
    assert ops.convert_to_numpy(outputs).tolist() == [2.0, 2.0]
    assert values(others) == [11.0]
    assert values(losses) == [6.0]
    assert (float(layer.scale.numpy()), float(layer.count.numpy())) == (1.0, 0.0)
    assert layer.losses == []
    with pytest.raises(ArgumentError, match=r"needs `trainable_variables` to be 1 tensors"):
        layer.stateless_call([], [ten], ones(2))


def test_symbolic_calls_assign_nothing(backend):
    layer = Counting()
    layer(Input((2,)))
    assert float(layer.count.numpy()) == 0.0
    layer(ones(1, 2))
    assert float(layer.count.numpy()) == 1.0


def test_a_layer_keeps_its_engine():
    names = [name for name in ("torch", "jax") if name in registry.installed()]
    if len(names) < 2:
        pytest.skip("needs two engines")
    with registry.use_backend("torch"):
        layer = Affine()
        layer(ones(1, 3))
        x = ops.convert_to_tensor(ones(1, 3))
    with registry.use_backend("jax"):
        assert registry.engine_of(layer(ones(1, 3))).name == "torch"
        assert registry.engine_of(layer(x)).name == "torch"
        with pytest.raises(MixedEnginesError, match=r"needs tensors of 'torch'.*Received a tensor of 'jax'"):
            layer(ops.convert_to_tensor(ones(1, 3)))
        with pytest.raises(MixedEnginesError, match=r"needs tensors of 'jax', the active engine.*a tensor of 'torch'"):
            Told()(x)


def test_one_build_from_many_threads(backend):
    layer = Around(Affine(), Told())
    barrier = threading.Barrier(8)
    failures, shapes = [], []
    engine = registry.current().name

    def run():
        barrier.wait()
        try:
            with registry.use_backend(engine):
                shapes.append(ops.shape(layer(ones(4, 3))))
        except Exception as error:
            failures.append(error)

    threads = [threading.Thread(target=run) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert failures == []
    assert shapes == [(4, 2)] * 8
    assert len(layer.weights) == 1


def test_known_tensors_take_the_short_way(backend):
    layer = Affine()
    x = ops.convert_to_tensor(ones(2, 3))
    layer(x)
    assert len(layer._own.known) == 1
    assert ops.shape(layer(x)) == (2, 2)
    layer.dtype_policy = "mixed_bfloat16"
    assert ops.dtype(layer(x)) == "bfloat16"


def test_tensors_by_keyword_and_in_nests(backend):
    class Nested(Layer):
        def call(self, inputs, scale, *, more=None):
            return inputs["a"][0] * scale + (0 if more is None else more)

    result = Nested()({"a": [ones(2)]}, scale=ones(2) * 3, more=ones(2))
    assert ops.convert_to_numpy(result).tolist() == [4.0, 4.0]
