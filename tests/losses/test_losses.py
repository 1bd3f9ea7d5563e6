"""Losses: equal on all engines and to Keras, in every reduction, weighted and masked."""

from __future__ import annotations

import inspect
import json
import re

import keras_peer
import numpy as np
import pytest
from losses_cases import ALL, CLASSES, IDS, OTHER_SHAPES, arguments_of, data

from keraslite import config, losses, masking, ops
from keraslite.backend import registry
from keraslite.errors import ArgumentError, UnknownNameError
from keraslite.transforms import jit, value_and_grad

REDUCTIONS = ("sum_over_batch_size", "sum", "mean", "mean_with_sample_weight", "none", None)
MASK = np.array([[1, 1, 0], [1, 0, 0], [1, 1, 1], [0, 0, 0]], bool)
NEWER = ["SparseCategoricalFocalCrossentropy"]
KEPT_SHAPE = [name for name in CLASSES if name not in ("Dice", "Tversky", *OTHER_SHAPES)]


def numpy(x):
    return ops.convert_to_numpy(x)


def masked(array, mask):
    tensor = ops.convert_to_tensor(array)
    masking.set_mask(tensor, ops.convert_to_tensor(mask))
    return tensor


@pytest.mark.parametrize(("name", "arguments"), ALL, ids=IDS)
def test_values_are_keras(backend, name, arguments):
    y_true, y_pred = data(name)
    theirs = dict(arguments)
    if name == "Tversky" and "alpha" in theirs:  # Keras 3.15.1 has them the wrong way round
        theirs["alpha"], theirs["beta"] = theirs["beta"], theirs["alpha"]
    expected = keras_peer.call("losses_on_keras:class_value", name=name, arguments={**theirs, "reduction": "none"},
                               y_true=y_true, y_pred=y_pred)  # fmt: skip
    value = CLASSES[name](**arguments, reduction="none")(y_true, y_pred)
    np.testing.assert_allclose(numpy(value), expected, rtol=2e-5, atol=1e-6)


@pytest.mark.parametrize("name", sorted(losses.FUNCTIONS))
def test_functions_are_keras(backend, name):
    by_class = {cls.function: cls.__name__ for cls in CLASSES.values() if hasattr(cls, "function")}
    y_true, y_pred = data(by_class[losses.FUNCTIONS[name]])
    arguments = {"q": 0.5} if name == "categorical_generalized_cross_entropy" else {}
    expected = keras_peer.call("losses_on_keras:function_value", name=name, arguments=arguments, y_true=y_true,
                               y_pred=y_pred)  # fmt: skip
    value = losses.FUNCTIONS[name](y_true, y_pred, **arguments)
    np.testing.assert_allclose(numpy(value), expected, rtol=2e-5, atol=1e-6)


WEIGHTS = {
    "none": None,
    "per_sample": np.array([0.5, 2.0, 0.0, 1.0], "float32"),
    "column": np.array([[0.5], [2.0], [0.0], [1.0]], "float32"),
    "per_step": np.linspace(0.1, 1.2, 12, dtype="float32").reshape(4, 3),
    "zero": np.zeros((4, 1), "float32"),
}


@pytest.mark.parametrize("reduction", REDUCTIONS)
@pytest.mark.parametrize("weights", WEIGHTS)
@pytest.mark.parametrize("use_mask", [False, True])
@pytest.mark.one_engine
def test_weights_and_masks(backend, reduction, weights, use_mask):
    y_true, y_pred = data("MeanSquaredError")
    weight = WEIGHTS[weights]
    values = ((y_true - y_pred) ** 2).mean(-1)
    kept = MASK if use_mask else np.ones_like(MASK)
    w = np.ones(4) if weight is None else weight
    w = w[:, None] if w.ndim == 1 else w
    weighted = values * w * kept
    expected = {
        "sum": weighted.sum(),
        "none": weighted,
        None: weighted,
        "mean_with_sample_weight": weighted.sum() / max((w * kept).sum(), 1e-30),
    }.get(reduction, weighted.sum() / kept.sum())
    loss = losses.MeanSquaredError(reduction=reduction)
    value = numpy(loss(y_true, masked(y_pred, MASK) if use_mask else y_pred, weight))
    np.testing.assert_allclose(value, expected, rtol=1e-5, atol=1e-7)
    # Keras lines weights per sample up with the last axis, and does not count a column's weights once a step.
    if weights != "per_sample" and (use_mask or reduction != "mean_with_sample_weight" or weights != "column"):
        theirs = keras_peer.call("losses_on_keras:class_value", name="MeanSquaredError", y_true=y_true, y_pred=y_pred,
                                 arguments={"reduction": reduction}, sample_weight=weight,
                                 mask=MASK if use_mask else None)  # fmt: skip
        np.testing.assert_allclose(value, theirs, rtol=1e-5, atol=1e-7)


@pytest.mark.parametrize("reduction", ["sum_over_batch_size", "mean_with_sample_weight"])
def test_everything_masked_is_zero(backend, reduction):
    y_true, y_pred = data("MeanSquaredError")
    value = losses.MeanSquaredError(reduction=reduction)(y_true, masked(y_pred, np.zeros_like(MASK)))
    assert float(numpy(value)) == 0.0


def test_ignored_classes_count_as_masked(backend):
    y_true, y_pred = np.array([0, -1, 2]), data("SparseCategoricalCrossentropy", (3, 3))[1]
    weight = np.array([1.0, 2.0, 3.0], "float32")
    for reduction in REDUCTIONS:
        arguments = {"ignore_class": -1, "reduction": reduction}
        expected = keras_peer.call("losses_on_keras:class_value", name="SparseCategoricalCrossentropy",
                                   arguments=arguments, y_true=y_true, y_pred=y_pred, sample_weight=weight)  # fmt: skip
        value = losses.SparseCategoricalCrossentropy(**arguments)(y_true, y_pred, weight)
        np.testing.assert_allclose(numpy(value), expected, rtol=1e-5)


def test_focal_crossentropy_of_indices(backend):
    y_true, y_pred = np.array([0, -1, 2, 7, 1]), data("SparseCategoricalFocalCrossentropy", (5, 3))[1]
    loss = losses.SparseCategoricalFocalCrossentropy
    one_hot = losses.categorical_focal_crossentropy(np.eye(3, dtype="float32")[[0, 0, 2, 0, 1]], y_pred)
    expected = np.where([False, True, False, True, False], np.nan, numpy(one_hot))
    np.testing.assert_allclose(numpy(loss(reduction="none")(y_true, y_pred)), expected, rtol=1e-5)
    ignoring = numpy(loss(ignore_class=-1)(y_true[:3], y_pred[:3]))
    np.testing.assert_allclose(ignoring, (expected[0] + expected[2]) / 2, rtol=1e-5)
    with pytest.raises(ArgumentError, match=r"one number or 3 numbers as `alpha`.* Received shape \(2,\)"):
        loss(alpha=[0.1, 0.2])(y_true, y_pred)


@pytest.mark.parametrize(
    ("true", "pred"), [((4,), (4, 1)), ((4, 1), (4,)), ((4, 3), (4, 3, 1)), ((4, 3, 1), (4, 3)), ((4,), (4,))]
)
@pytest.mark.parametrize("name", ["MeanSquaredError", "MeanAbsoluteError", "BinaryCrossentropy", "Hinge"])
def test_a_last_axis_of_one_may_be_missing(backend, name, true, pred):
    y_true, y_pred = data(name, true)[0], data(name, pred)[1]
    expected = keras_peer.call("losses_on_keras:class_value", name=name, arguments={"reduction": "none"}, y_true=y_true,
                               y_pred=y_pred)  # fmt: skip
    np.testing.assert_allclose(numpy(CLASSES[name](reduction="none")(y_true, y_pred)), expected, rtol=1e-5, atol=1e-6)


@pytest.mark.parametrize("shape", [(5,), (5, 1)])
@pytest.mark.parametrize("dtype", ["int64", "uint8", "float64", "float32"])
def test_class_labels_may_be_a_column_of_any_dtype(backend, shape, dtype):
    y_pred = data("SparseCategoricalCrossentropy", (5, 3))[1]
    labels = np.array([0, 1, 2, 1, 0])
    value = losses.SparseCategoricalCrossentropy(reduction="none")(labels.reshape(shape).astype(dtype), y_pred)
    p = y_pred / y_pred.sum(-1, keepdims=True)
    np.testing.assert_allclose(numpy(value), -np.log(p[np.arange(5), labels]), rtol=1e-5)


def test_many_classes_survive_half_precision(backend):
    y_pred = np.zeros((1, 3000), "float32")
    y_pred[0, 2049] = 8.0
    loss = losses.SparseCategoricalCrossentropy(from_logits=True, dtype="float16")
    assert float(numpy(loss(np.array([2049]), y_pred))) < 2.0 < float(numpy(loss(np.array([2048]), y_pred)))


@pytest.mark.parametrize("name", KEPT_SHAPE)
def test_nan_is_not_hidden(backend, name):
    y_true, y_pred = data(name, (4, 3))
    y_pred[1, :] = np.nan
    value = numpy(CLASSES[name](reduction="none")(y_true, y_pred))
    assert np.isnan(value[1])
    assert np.isfinite(np.delete(value, 1)).all()
    assert np.isnan(numpy(CLASSES[name]()(y_true, y_pred)))


def test_a_masked_nan_does_not_count(backend):
    y_true, y_pred = data("MeanSquaredError")
    y_pred[~MASK] = np.nan
    assert np.isfinite(numpy(losses.MeanSquaredError()(y_true, masked(y_pred, MASK))))


@pytest.mark.parametrize("name", sorted(CLASSES))
@pytest.mark.one_engine
def test_computed_in_floatx_whatever_comes(backend, name):
    y_true, y_pred = data(name, (4, 6, 3) if name == "CTC" else (4, 3))
    options = {"gamma": 2.0} if name == "Circle" else {}
    expected = numpy(CLASSES[name](**options)(y_true, y_pred))
    wide = ["float64"] if "float64" in registry.current().capabilities else []
    for dtype in (*wide, "bfloat16" if backend != "numpy" else "float16"):
        given = ops.cast(ops.convert_to_tensor(y_pred), dtype)
        value = CLASSES[name](**options)(y_true, given)
        assert str(numpy(value).dtype) == config.floatx()
        np.testing.assert_allclose(numpy(value), expected, rtol=0.05, atol=0.02)
    if "float64" in registry.current().capabilities:
        assert numpy(CLASSES[name](dtype="float64")(y_true, y_pred)).dtype == "float64"


@pytest.mark.parametrize("name", sorted(CLASSES))
def test_jit_is_eager(backend, name):
    y_true, y_pred = data(name)
    loss = CLASSES[name]()
    y_true, y_pred = ops.convert_to_tensor(y_true), ops.convert_to_tensor(y_pred)
    np.testing.assert_allclose(numpy(jit(loss)(y_true, y_pred)), numpy(loss(y_true, y_pred)), rtol=1e-5, atol=1e-6)


@pytest.mark.parametrize("name", sorted(CLASSES))
@pytest.mark.one_engine
def test_gradients_are_finite_differences(differentiating_backend, name):
    precise = "float64" in registry.current().capabilities
    dtype, step, tolerance = ("float64", 1e-5, 1e-4) if precise else ("float32", 2e-3, 2e-2)
    y_true, y_pred = data(name, {"CTC": (2, 5, 3), "Circle": (4, 3)}.get(name, (2, 3)))
    loss = CLASSES[name](dtype=dtype, **({"gamma": 2.0} if name == "Circle" else {}))
    y_pred, y_true = ops.convert_to_tensor(y_pred, dtype=dtype), ops.convert_to_tensor(y_true)
    direction = ops.convert_to_tensor(np.random.default_rng(1).normal(size=y_pred.shape), dtype=dtype)
    _, gradient = value_and_grad(lambda p: loss(y_true, p))(y_pred)
    there, back = (float(numpy(loss(y_true, y_pred + sign * step * direction))) for sign in (1, -1))
    slope = float(numpy(ops.sum(gradient * direction)))
    np.testing.assert_allclose(slope, (there - back) / (2 * step), rtol=tolerance, atol=tolerance / 100)


@pytest.mark.parametrize("name", sorted(CLASSES))
def test_config_round_trip_with_every_argument_varied(backend, name):
    varied = {"reduction": "sum", "name": "mine", "dtype": "float64"}
    parameters = list(inspect.signature(CLASSES[name].__init__).parameters)[1:]
    for arguments in [*arguments_of(name), *({key: value} for key, value in varied.items())]:
        loss = CLASSES[name](**arguments)
        config = json.loads(json.dumps(losses.serialize(loss)))
        assert set(config["config"]) == set(parameters)
        again = losses.deserialize(config)
        assert type(again) is CLASSES[name]
        assert json.dumps(again.get_config()) == json.dumps(loss.get_config())
        for key, value in arguments.items():
            assert _plain(config["config"][key]) == _plain(value)
    covered = {key for arguments in arguments_of(name) for key in arguments} | set(varied)
    assert covered == set(parameters), "an argument that no case varies"


def _plain(value):
    return list(value) if isinstance(value, tuple) else value


# Keras 3.15.1 cannot load its own config of the one left out.
@pytest.mark.parametrize("name", sorted(set(CLASSES) - {"CategoricalGeneralizedCrossEntropy"}))
def test_keras_loads_our_config(name):
    if name in NEWER:
        pytest.skip("Keras 3.15 does not have it")
    for arguments in arguments_of(name):
        theirs = keras_peer.call("losses_on_keras:loaded_config", config=losses.serialize(CLASSES[name](**arguments)))
        assert theirs["name"] == CLASSES[name]().name


def test_found_by_name(backend):
    for name, function in losses.FUNCTIONS.items():
        assert losses.get(name) is function
    for name, cls in CLASSES.items():
        assert type(losses.get(name)) is cls
        assert type(losses.get({"class_name": name, "config": {}})) is cls
    assert losses.get("mse") is losses.get("MSE") is losses.mean_squared_error
    assert losses.get("bce") is losses.binary_crossentropy
    assert losses.get(None) is None
    assert losses.get(losses.mean_squared_error) is losses.mean_squared_error


def test_unknown_names_have_the_nearest_match():
    with pytest.raises(UnknownNameError, match=r"needs the name of a loss. Received 'mean_square_error'. Did you mean"):
        losses.get("mean_square_error")
    with pytest.raises(UnknownNameError, match="Received 3"):
        losses.get(3)


def test_bad_arguments():
    with pytest.raises(ArgumentError, match="`MeanSquaredError` needs `reduction` to be one of"):
        losses.MeanSquaredError(reduction="auto")
    with pytest.raises(ArgumentError, match="`label_smoothing`"):
        losses.CategoricalCrossentropy(label_smoothing=1.5)


def test_shapes_that_do_not_fit(backend):
    with pytest.raises(ArgumentError, match="sample_weight"):
        losses.MeanSquaredError()(np.ones((4, 3)), np.ones((4, 3)), np.ones((3,)))
    with pytest.raises(ArgumentError, match=r"\(4,\)"):
        losses.MeanSquaredError()(np.ones((4,)), np.ones((4, 3)))
    with pytest.raises(ArgumentError, match="one shape"):
        losses.BinaryCrossentropy()(np.ones((4, 1)), np.ones((4, 3)))


@pytest.mark.parametrize(
    "cls", [getattr(losses, name) for name in losses.__all__ if name[0].isupper() and name != "Loss"]
)
def test_an_error_of_shapes_names_the_loss(cls, backend):
    received = r"Received `y_true` of shape \(4, 2\) and `y_pred` of shape \(4, 3\)\. "
    wants = "`y_true` and `y_pred` of one shape"
    advice = "Give the last layer as many units"
    if cls.shapes_wanted:
        wants, advice = re.escape(cls.shapes_wanted), "Change the data"
    elif cls.takes_indices:
        wants, advice = "`y_true` with one class index for each row of `y_pred`", "One-hot targets go with"
    with pytest.raises(ArgumentError, match=rf"^`{cls.__name__}` needs {wants}. {received}{advice}"):
        cls()(np.ones((4, 2)), np.ones((4, 3)))


def test_advice_on_class_indices_and_reasons_of_own_losses(backend):
    with pytest.raises(ArgumentError, match=r"\(4,\) and .*Class indices go with `SparseCategoricalCrossentropy`"):
        losses.CategoricalCrossentropy()(np.ones(4), np.ones((4, 3)))

    class Own(losses.Loss):
        def call(self, y_true, y_pred):
            return losses.mean_squared_error(y_true, y_pred)

    class Picky(losses.Loss):
        def call(self, y_true, y_pred):
            raise ArgumentError("Not this one.")

    text = r"`Own` needs `y_true` and `y_pred` of shapes that go together. .*\(4, 2\).*\(4, 3\)\. `subtract` needs"
    with pytest.raises(ArgumentError, match=text):
        Own()(np.ones((4, 2)), np.ones((4, 3)))
    with pytest.raises(ArgumentError, match=r"^Not this one\.$"):
        Picky()(np.ones((4, 1)), np.ones((4, 3)))


def test_python_lists_are_data(backend):
    assert float(numpy(losses.MeanSquaredError()([[1.0, 2.0]], [[2.0, 2.0]]))) == 0.5


def test_a_subclass_needs_only_call(backend):
    class Half(losses.Loss):
        def call(self, y_true, y_pred):
            return 0.5 * ops.mean(ops.abs(y_true - y_pred), axis=-1)

    loss = Half()
    assert loss.name == "half"
    assert float(numpy(loss(np.ones((2, 3)), np.zeros((2, 3))))) == 0.5


def test_circle_with_references(backend):
    y_true, y_pred = data("Circle")
    references = {"ref_labels": np.array([1, 0, 1]), "ref_embeddings": y_pred[:3], "remove_diagonal": False}
    for options in ({**references, "gamma": 5.0}, {"margin": 0.1}):
        expected = keras_peer.call(
            "losses_on_keras:function_value", name="circle", arguments=options, y_true=y_true[:, None], y_pred=y_pred
        )
        value = losses.circle(y_true[:, None], y_pred, **options)
        np.testing.assert_allclose(numpy(value), expected, rtol=1e-4, atol=1e-5)
    with pytest.raises(ArgumentError, match="needs `ref_labels` and `ref_embeddings` together. Received `ref_labels`"):
        losses.circle(y_true, y_pred, ref_labels=y_true)


def test_a_mean_of_circle_losses_leaves_zeros_out_as_in_keras(backend):
    y_pred = data("Circle")[1]
    y_true = np.array([0, 0, 1, 2])[: len(y_pred)]
    for options in ({}, {"reduction": "sum"}):
        value = losses.Circle(**options)(y_true, y_pred, sample_weight=np.arange(1.0, 5.0))
        expected = keras_peer.call("losses_on_keras:class_value", name="Circle", arguments=options, y_true=y_true,
                                   y_pred=y_pred, sample_weight=np.arange(1.0, 5.0))  # fmt: skip
        np.testing.assert_allclose(numpy(value), expected, rtol=1e-4)
    same = losses.Circle()(np.zeros(4), y_pred)
    assert float(numpy(same)) == 0.0


def test_zeros_of_ctc_are_no_labels(backend):
    y_pred = np.random.default_rng(0).normal(size=(3, 6, 5)).astype("float32")
    y_true = np.array([[1, 2, 0, 0], [1, 4, 2, 3], [0, 0, 0, 0]])
    expected = keras_peer.call("losses_on_keras:function_value", name="ctc", arguments={}, y_true=y_true, y_pred=y_pred)
    np.testing.assert_allclose(numpy(losses.ctc(y_true, y_pred)), expected, rtol=1e-4)
