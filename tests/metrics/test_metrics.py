"""Metrics: equal on all engines and to Keras, batch by batch, weighted, masked, compiled."""

from __future__ import annotations

import inspect
import json

import keras_peer
import numpy as np
import pytest
from metrics_cases import ALL, ARGUMENTS, CLASSES, IDS, LABELS, REDUCTIONS, data

from keraslite import losses, masking, metrics, ops, tree
from keraslite.backend import registry
from keraslite.errors import ArgumentError, UnknownNameError
from keraslite.transforms import jit


def host(nest):
    return tree.map(ops.convert_to_numpy, nest)


def tensors(arrays):
    return [ops.convert_to_tensor(a) for a in arrays]


def for_keras(arguments):
    return {k: "mean_squared_error" if callable(v) else v for k, v in arguments.items()}


def batches(name, arguments, weighted=False):
    """Three batches of 5, 4 and 3 samples, the last one smaller, as at the end of an epoch."""
    arrays = data(name, arguments)
    weight = np.linspace(0.2, 1.8, 12, dtype="float32")
    parts = []
    for start, end in ((0, 5), (5, 9), (9, 12)):
        parts.append([a[start:end] for a in arrays] + ([weight[start:end]] if weighted else []))
    return parts


_expected = {}


def keras_run(name, arguments, weighted):
    key = json.dumps([name, for_keras(arguments), weighted], sort_keys=True)
    if key not in _expected:
        _expected[key] = keras_peer.call("metrics_on_keras:run", backend="torch", name=name, arguments=arguments,
                                         batches=batches(name, arguments, weighted))  # fmt: skip
    return _expected[key]


def comparable(name, arguments):
    """Whether Keras has it: there functions are passed otherwise, and `from_sorted_ids` is not in configs."""
    return name != "MeanMetricWrapper" and "from_sorted_ids" not in arguments


def as_keras(name, arguments, weighted):
    """Whether Keras can, and agrees: it ignores classes only with weights, and takes no weights for binary IoU."""
    if not comparable(name, arguments) or (weighted and (arguments.get("axis") == 0 or name == "BinaryIoU")):
        return False
    return weighted or name != "SparseCategoricalCrossentropy" or "ignore_class" not in arguments


COMPARED = [(*case, weighted) for case in ALL for weighted in (False, True) if as_keras(*case, weighted)]


@pytest.mark.parametrize(("name", "arguments", "weighted"), COMPARED)
def test_batch_by_batch_as_keras(backend, name, arguments, weighted):
    expected = keras_run(name, arguments, weighted)
    metric = CLASSES[name](**arguments)
    for batch, result in zip(batches(name, arguments, weighted), expected["results"], strict=True):
        metric.update_state(*batch)
        np.testing.assert_allclose(host(metric.result()), result, rtol=2e-5, atol=2e-6)
    assert [v.name for v in metric.variables] == expected["names"]
    assert [v.dtype for v in metric.variables] == expected["dtypes"]
    for mine, theirs in zip(metric.variables, expected["state"], strict=True):
        np.testing.assert_allclose(mine.numpy(), theirs, rtol=2e-5, atol=2e-5, err_msg=mine.path)


@pytest.mark.parametrize(("name", "arguments"), ALL, ids=IDS)
def test_jit_is_eager_and_state_is_made_inside(backend, name, arguments):
    metric, compiled = CLASSES[name](**arguments), CLASSES[name](**arguments)

    @jit
    def step(*batch):
        compiled.update_state(*batch)
        return compiled.result()

    for batch in [data(name, arguments, 5, seed) for seed in (1, 2)]:
        metric.update_state(*batch)
        result = step(*tensors(batch))
        np.testing.assert_allclose(host(result), host(metric.result()), rtol=1e-5, atol=1e-6)
    for mine, theirs in zip(compiled.variables, metric.variables, strict=True):
        np.testing.assert_allclose(mine.numpy(), theirs.numpy(), rtol=1e-5, atol=1e-6)


@pytest.mark.one_engine
@pytest.mark.parametrize(("name", "arguments"), [case for case in ALL if case[1].get("axis") != 0])
def test_in_parts_as_in_one(backend, name, arguments):
    whole, parts = CLASSES[name](**arguments), CLASSES[name](**arguments)
    whole.update_state(*data(name, arguments))
    for batch in batches(name, arguments):
        parts.update_state(*batch)
    np.testing.assert_allclose(host(parts.result()), host(whole.result()), rtol=1e-5, atol=1e-6)


def splits_by_weight(name, arguments):
    """Whether twice the weight is the sample twice (not where samples themselves are counted)."""
    return not arguments.get("num_regressors") and arguments.get("axis") != 0


@pytest.mark.one_engine
@pytest.mark.parametrize(("name", "arguments"), [case for case in ALL if splits_by_weight(*case)])
def test_a_weight_is_as_many_samples(backend, name, arguments):
    arrays = data(name, arguments)
    weight = np.array([0, 1, 2, 3] * 3)
    weighted, repeated = CLASSES[name](**arguments), CLASSES[name](**arguments)
    weighted.update_state(*arrays, sample_weight=weight.astype("float32"))
    repeated.update_state(*(np.repeat(a, weight, axis=0) for a in arrays))
    np.testing.assert_allclose(host(weighted.result()), host(repeated.result()), rtol=2e-5, atol=1e-6)


@pytest.mark.parametrize("name", sorted(CLASSES))
def test_state(backend, name):
    """A result survives the next update, stateless methods assign nothing, a reset forgets."""
    arguments = ARGUMENTS.get(name, [{}])[0]
    metric, fresh = CLASSES[name](**arguments), CLASSES[name](**arguments)
    first, second = data(name, arguments, 5, 1), data(name, arguments, 5, 2)
    result = metric(*first)
    before, held = host(result), [v.numpy() for v in metric.variables]
    state = metric.stateless_update_state([v.value for v in metric.variables], *second)
    for variable, old in zip(metric.variables, held, strict=True):
        np.testing.assert_array_equal(variable.numpy(), old)
    metric.update_state(*second)
    np.testing.assert_array_equal(host(result), before)
    np.testing.assert_allclose(host(metric.stateless_result(state)), host(metric.result()), rtol=1e-5)
    with pytest.raises(ArgumentError, match="needs one value for each of its"):
        metric.stateless_result([*state, *state])
    assert not any(ops.convert_to_numpy(v).any() for v in metric.stateless_reset_state())
    metric.reset_state()
    assert not any(v.numpy().any() for v in metric.variables)
    np.testing.assert_allclose(host(metric(*second)), host(fresh(*second)), rtol=1e-6)


def other_dtype():
    """One that is not the default."""
    return "float64" if "float64" in registry.current().capabilities else "float16"


@pytest.mark.parametrize("name", sorted(CLASSES))
def test_config_round_trip_with_every_argument_varied(backend, name):
    parameters = [p for p in list(inspect.signature(CLASSES[name].__init__).parameters)[1:] if p != "kwargs"]
    base = {k: v for k, v in ARGUMENTS.get(name, [{}])[0].items() if k in required(name)}
    more = [{**base, "name": "mine"}, {**base, "dtype": other_dtype()}]
    covered = {key for arguments in [*ARGUMENTS.get(name, []), *more] for key in arguments}
    assert covered >= set(parameters), f"no case varies {set(parameters) - covered}"
    for arguments in [*ARGUMENTS.get(name, [{}]), *more]:
        metric = CLASSES[name](**arguments)
        config = json.loads(json.dumps(metrics.serialize(metric)))
        again = metrics.deserialize(config)
        assert type(again) is CLASSES[name]
        assert json.dumps(again.get_config()) == json.dumps(metric.get_config())
        for key, value in arguments.items():
            if not callable(value):
                assert config["config"][key] == value
    if comparable(name, {}):
        assert keras_peer.call("metrics_on_keras:loaded_name", backend="torch", config=config) == metric.name


def required(name):
    parameters = inspect.signature(CLASSES[name].__init__).parameters.values()
    return [p.name for p in parameters if p.default is p.empty]


FUNCTIONS = {
    "binary_accuracy": "BinaryAccuracy", "categorical_accuracy": "CategoricalAccuracy",
    "sparse_categorical_accuracy": "SparseCategoricalAccuracy", "top_k_categorical_accuracy": "TopKCategoricalAccuracy",
    "sparse_top_k_categorical_accuracy": "SparseTopKCategoricalAccuracy",
    "pearson_correlation": "PearsonCorrelation", "concordance_correlation": "ConcordanceCorrelation",
}  # fmt: skip


def test_every_function_is_tested_somewhere():
    assert set(metrics.FUNCTIONS) - set(losses.FUNCTIONS) == set(FUNCTIONS)


@pytest.mark.parametrize("name", FUNCTIONS)
def test_functions_are_keras(backend, name):
    y_true, y_pred = data(FUNCTIONS[name], {})
    y_pred = y_pred.astype("float32")
    arguments = {"k": 2} if "top_k" in name else {}
    expected = keras_peer.call("metrics_on_keras:function_value", backend="torch", name=name, arguments=arguments,
                               y_true=y_true, y_pred=y_pred)  # fmt: skip
    value = metrics.FUNCTIONS[name](y_true, y_pred, **arguments)
    np.testing.assert_allclose(host(value), expected, rtol=1e-5, atol=1e-6)


@pytest.mark.parametrize(
    ("true", "pred", "form"),
    [
        ((8, 1), (8, 1), "Binary"), ((8,), (8, 1), "Binary"), ((8,), (8, 5), "SparseCategorical"),
        ((8, 1), (8, 5), "SparseCategorical"), ((8, 5), (8, 5), "Categorical"),
        ((8, 3), (8, 3, 5), "SparseCategorical"), ((8, 3, 5), (8, 3, 5), "Categorical"),
        ((None,), (None, 5), "SparseCategorical"),
    ],
)  # fmt: skip
def test_accuracy_and_crossentropy_by_shapes(true, pred, form):
    for name in ("accuracy", "acc", "crossentropy", "ce"):
        metric = metrics.resolve(name, true, pred)
        assert type(metric).__name__ == form + ("Accuracy" if name.startswith("acc") else "Crossentropy")
        assert metric.name == name


def test_resolve_leaves_everything_else_to_get(backend):
    assert isinstance(metrics.resolve("auc", (8, 1), (8, 1)), metrics.AUC)
    wrapped = metrics.resolve(losses.huber, (8, 1), (8, 1))
    assert isinstance(wrapped, metrics.MeanMetricWrapper)
    assert wrapped.name == "huber"
    precision = metrics.Precision()
    assert metrics.resolve(precision, (8, 1), (8, 1)) is precision


def test_found_by_name(backend):
    needs_nothing = [name for name in CLASSES if not required(name)]
    for name in needs_nothing:
        assert type(metrics.get(name)) is CLASSES[name]
        assert type(metrics.get({"class_name": name, "config": {}})) is CLASSES[name]
    names = ["mse", "MSE", "mae", "bce", "auc", "precision", "f1_score", "binary_accuracy", "accuracy", "mape",
             "cosine_similarity", "top_k_categorical_accuracy", "msle", "recall", "mean_squared_error"]  # fmt: skip
    theirs = keras_peer.call("metrics_on_keras:found", backend="torch", names=names)
    assert [type(metrics.get(name)).__name__ for name in names] == theirs
    assert metrics.get("huber") is losses.huber
    assert metrics.get(None) is None
    with pytest.raises(UnknownNameError, match="Received 'acuracy'. Did you mean 'accuracy'"):
        metrics.get("acuracy")
    with pytest.raises(UnknownNameError, match="Received 3"):
        metrics.get(3)


MASK = np.array([[1, 1, 0], [1, 0, 0], [1, 1, 1], [0, 0, 0]], bool)


def masked(array):
    tensor = ops.convert_to_tensor(array)
    masking.set_mask(tensor, ops.convert_to_tensor(MASK))
    return tensor


@pytest.mark.parametrize("use_weight", [False, True])
def test_masked_steps_do_not_count(backend, use_weight):
    weight = np.linspace(0.1, 1.2, 12, dtype="float32").reshape(4, 3) if use_weight else None
    random = np.random.default_rng(0)
    y_true, y_pred = (random.uniform(size=(4, 3, 2)).astype("float32") for _ in range(2))
    y_pred[~MASK] = np.nan
    metric = metrics.MeanSquaredError()
    metric.update_state(y_true, masked(y_pred), weight)
    w = MASK * (1 if weight is None else weight)
    values = ((y_true - np.where(MASK[..., None], y_pred, 0)) ** 2).mean(-1)
    np.testing.assert_allclose(host(metric.result()), (values * w).sum() / w.sum(), rtol=1e-5)
    theirs = keras_peer.call("metrics_on_keras:masked_result", name="MeanSquaredError", arguments={}, y_true=y_true,
                             y_pred=np.nan_to_num(y_pred), mask=MASK, sample_weight=weight)  # fmt: skip
    np.testing.assert_allclose(host(metric.result()), theirs, rtol=1e-5)


@pytest.mark.parametrize("shape", [(4,), (4, 1), (4, 3), (4, 3, 1)])
@pytest.mark.parametrize("name", ["Mean", "Sum"])
def test_weights_of_some_leading_axes(backend, name, shape):
    random = np.random.default_rng(0)
    values, weight = random.uniform(size=(4, 3, 2)).astype("float32"), random.uniform(size=shape).astype("float32")
    full = weight.reshape((*shape, *[1] * (3 - len(shape)))) * np.ones_like(values)
    expected = (full * values).sum() / (full.sum() if name == "Mean" else 1)
    np.testing.assert_allclose(host(CLASSES[name]()(values, weight)), expected, rtol=1e-5)


@pytest.mark.parametrize("shape", [(), (1,), "steps"])
def test_a_sample_counts_once_however_many_values_it_has(backend, shape):
    """Batches of other lengths: the weighted mean over a sample's steps, then over samples."""
    metric, total, count = metrics.Mean(), 0.0, 0.0
    random = np.random.default_rng(5)
    for steps in (3, 7, 2):
        values = random.uniform(size=(4, steps)).astype("float32")
        weights = random.uniform(size=(4, *((steps,) if shape == "steps" else shape))).astype("float32")
        metric.update_state(values, weights)
        each = weights.reshape(4, -1) * np.ones((4, steps))
        total, count = total + (values * each).mean(1).sum(), count + each.mean(1).sum()
    np.testing.assert_allclose(host(metric.result()), total / count, rtol=1e-5)
    np.testing.assert_allclose(host(metric.count.value), count, rtol=1e-5)


@pytest.mark.parametrize("name", ["Mean", "MeanSquaredError", "RootMeanSquaredError", "MeanAbsoluteError", "R2Score"])
def test_nan_shows(backend, name):
    arrays = [a.copy() for a in data(name, {})]
    arrays[-1][2] = np.nan
    assert np.isnan(host(CLASSES[name]()(*arrays)))


@pytest.mark.parametrize("name", LABELS)
def test_labels_as_a_column(backend, name):
    y_true, y_pred = data(name, {})
    expected = host(CLASSES[name]()(y_true, y_pred))
    for dtype in ("int64", "float32", "uint8"):
        np.testing.assert_allclose(host(CLASSES[name]()(y_true[:, None].astype(dtype), y_pred)), expected, rtol=1e-6)


def test_binary_predictions_as_a_column(backend):
    y_true, y_pred = data("AUC", {})
    for name in ("AUC", "Precision", "Recall", "BinaryAccuracy", "MeanSquaredError"):
        flat = host(CLASSES[name]()(y_true[:, 0], y_pred[:, 0]))
        np.testing.assert_allclose(host(CLASSES[name]()(y_true[:, 0], y_pred[:, :1])), flat, rtol=1e-6)
        np.testing.assert_allclose(host(CLASSES[name]()(y_true[:, :1], y_pred[:, 0])), flat, rtol=1e-6)


def test_state_is_not_half_precision_by_itself(backend):
    metric = metrics.Mean()
    metric.update_state(ops.cast(ops.ones((8,)), "float16"))
    assert {v.dtype for v in metric.variables} == {"float32"}
    assert {v.dtype for v in metrics.Mean(dtype=other_dtype()).variables} == {other_dtype()}


def test_names_count_up_and_metrics_nest(backend):
    class Both(metrics.Metric):
        def __init__(self, name=None):
            super().__init__(name=name)
            self.mean = metrics.Mean(name="inner")
            self.seen = self.add_weight(name="seen")

        def update_state(self, values):
            self.mean.update_state(values)
            self.seen.assign_add(1)

        def result(self):
            return {"mean": self.mean.result(), "seen": self.seen}

    metric = Both()
    assert metric.name.startswith("both")
    assert [v.path for v in metric.variables] == [f"{metric.name}/seen", "inner/total", "inner/count"]
    result = metric([1.0, 3.0])
    assert float(result["mean"]) == 2.0
    metric.reset_state()
    assert float(metric.seen) == 0.0


@pytest.mark.parametrize("name", sorted(set(REDUCTIONS)))
def test_results_before_the_first_update_are_zero(backend, name):
    assert float(host(CLASSES[name]().result())) == 0.0


def test_bad_arguments(backend):
    for make, text in [
        (lambda: metrics.AUC(num_thresholds=1), "`num_thresholds`"),
        (lambda: metrics.AUC(curve="PQ"), "`curve` to be one of"),
        (lambda: metrics.AUC(summation_method="x"), "`summation_method`"),
        (lambda: metrics.AUC(num_labels=3), "`num_labels` only with `multi_label=True`"),
        (lambda: metrics.Precision(thresholds=2.0), "`thresholds` to be a number in"),
        (lambda: metrics.FBetaScore(average="x"), "`average`"),
        (lambda: metrics.FBetaScore(beta=-1.0), "`beta` to be a number above 0"),
        (lambda: metrics.F1Score(threshold=3), "`threshold`"),
        (lambda: metrics.FBetaScore(threshold="x"), "`threshold` to be a number"),
        (lambda: metrics.F1Score().update_state([0, 1], [0.1, 0.9]), r"shape \(batch, classes\)"),
        (lambda: metrics.F1Score().result(), "needs an update first"),
        (lambda: metrics.AUC(multi_label=True).result(), "needs an update first"),
        (lambda: metrics.R2Score().result(), "needs an update first"),
        (lambda: metrics.Precision().update_state(np.ones((3, 2)), np.ones((3, 4))), r"Received \(3, 2\) and \(3, 4\)"),
        (lambda: metrics.MeanMetricWrapper(3), "needs a function"),
        (
            lambda: metrics.MeanSquaredError().update_state(np.ones((3, 2)), np.ones((3, 4))),
            r"`MeanSquaredError` needs `y_true` and `y_pred` of one shape. Received `y_true` of shape \(3, 2\) and "
            r"`y_pred` of shape \(3, 4\)\. Give",
        ),
        (
            lambda: metrics.SparseCategoricalAccuracy().update_state(np.ones((3, 2)), np.ones((3, 4))),
            "`SparseCategoricalAccuracy` needs `y_true` with one class index for each row of `y_pred`",
        ),
        (lambda: metrics.Mean().update_state(np.ones((4, 3)), np.ones((2, 3))), "sample_weight"),
    ]:
        with pytest.raises(ArgumentError, match=text):
            make()


BY_CLASS = [name for name in sorted(CLASSES) if "class_id" in inspect.signature(CLASSES[name].__init__).parameters]


@pytest.mark.parametrize("name", BY_CLASS)
@pytest.mark.parametrize(
    ("shape", "class_id"), [((3,), 0), ((3,), 1), ((3,), 5), ((3, 2), 2), ((3, 2), 5), ((3, 4, 2), 2)]
)
def test_a_class_needs_its_column(backend, name, shape, class_id):
    arguments = {**{key: 0.5 for key in required(name) if key != "self"}, "class_id": class_id}
    with pytest.raises(ArgumentError, match=rf"`{name}` needs predictions of shape \(batch, classes\).*class_id"):
        CLASSES[name](**arguments).update_state(np.zeros(shape), np.zeros(shape))


@pytest.mark.one_engine
@pytest.mark.parametrize(("name", "arguments"), ALL, ids=IDS)
def test_large_updates_are_counted_in_parts(monkeypatch, backend, name, arguments):
    weight = np.linspace(0.2, 1.8, 12, dtype="float32")
    weight = None if arguments.get("axis") == 0 else weight
    whole, parts = CLASSES[name](**arguments), CLASSES[name](**arguments)
    whole.update_state(*data(name, arguments), sample_weight=weight)
    monkeypatch.setattr("keraslite.metrics.counts._PART", 5)
    parts.update_state(*data(name, arguments), sample_weight=weight)
    for mine, theirs in zip(parts.variables, whole.variables, strict=True):
        np.testing.assert_allclose(mine.numpy(), theirs.numpy(), rtol=1e-5, atol=1e-5, err_msg=mine.path)


def test_more_pixels_than_float32_counts(backend):
    pixels = 2**24 + 2**20
    classes = np.zeros(pixels, "uint8")
    metric = metrics.MeanIoU(2)
    metric.update_state(classes, classes)
    metric.update_state(classes[:3], classes[:3])
    assert metric.total_confusion_matrix.numpy().tolist() == [[pixels + 3, 0], [0, 0]]
    right = metrics.F1Score(threshold=0.5)
    ones = np.ones((pixels, 1), "float32")
    right.update_state(ones, ones)
    assert right.true_positives.numpy().tolist() == [pixels]


@pytest.mark.parametrize("weight", [None, 2])
def test_ids_of_no_class_count_nowhere(backend, weight):
    true, pred = np.array([0, 1, 2, -1, 1, 5]), np.array([0, 1, 2, 1, -2, 0])
    metric = metrics.MeanIoU(3)
    metric.update_state(true, pred, sample_weight=None if weight is None else np.full(6, weight))
    assert metric.total_confusion_matrix.numpy().tolist() == (np.eye(3) * (weight or 1)).tolist()
