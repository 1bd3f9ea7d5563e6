"""Metrics against scikit-learn and NumPy on many samples."""

from __future__ import annotations

import numpy as np
import pytest
from sklearn import metrics as sklearn_metrics
from sklearn.metrics import average_precision_score as average_precision

from keraslite import metrics, ops

RANDOM = np.random.default_rng(3)
SAMPLES = 400
TRUE = RANDOM.integers(0, 2, SAMPLES)
PRED = np.clip(0.35 * TRUE + RANDOM.uniform(0.01, 0.64, SAMPLES), 0, 1).astype("float32")
LABELS = RANDOM.integers(0, 4, SAMPLES)
SCORES = (RANDOM.uniform(size=(SAMPLES, 4)) + 0.6 * np.eye(4)[LABELS]).astype("float32")
WEIGHT = RANDOM.uniform(0.1, 2.0, SAMPLES).astype("float32")


def measured(metric, *batch):
    for part in zip(*(np.array_split(a, 7) for a in batch), strict=True):
        metric.update_state(*part)
    return ops.convert_to_numpy(metric.result())


@pytest.mark.parametrize("weight", [None, WEIGHT], ids=["", "weighted"])
def test_binary(backend, weight):
    batch = (TRUE[:, None], PRED[:, None]) if weight is None else (TRUE[:, None], PRED[:, None], weight)
    decided, more = PRED > 0.5, {"sample_weight": weight}
    for metric, expected, tolerance in [
        (metrics.Precision(), sklearn_metrics.precision_score(TRUE, decided, **more), 1e-5),
        (metrics.Recall(), sklearn_metrics.recall_score(TRUE, decided, **more), 1e-5),
        (metrics.BinaryAccuracy(), sklearn_metrics.accuracy_score(TRUE, decided, **more), 1e-5),
        (metrics.AUC(num_thresholds=2000), sklearn_metrics.roc_auc_score(TRUE, PRED, **more), 1e-3),
        (metrics.AUC(num_thresholds=2000, curve="PR"), average_precision(TRUE, PRED, **more), 5e-3),
        (metrics.BinaryCrossentropy(), sklearn_metrics.log_loss(TRUE, PRED.astype("float64"), **more), 1e-5),
        (metrics.TrueNegatives(), sklearn_metrics.confusion_matrix(TRUE, decided, **more)[0, 0], 1e-3),
    ]:
        np.testing.assert_allclose(measured(metric, *batch), expected, rtol=tolerance)


@pytest.mark.parametrize("weight", [None, WEIGHT], ids=["", "weighted"])
def test_classes(backend, weight):
    more = {"sample_weight": weight}
    extra = () if weight is None else (weight,)
    one_hot, decided = np.eye(4, dtype="float32")[LABELS], SCORES.argmax(-1)
    for average in (None, "micro", "macro", "weighted"):
        expected = sklearn_metrics.fbeta_score(LABELS, decided, beta=1.0, average=average, **more)
        np.testing.assert_allclose(measured(metrics.F1Score(average), one_hot, SCORES, *extra), expected, rtol=1e-5)
        expected = sklearn_metrics.fbeta_score(LABELS, decided, beta=0.5, average=average, **more)
        score = metrics.FBetaScore(average, 0.5)
        np.testing.assert_allclose(measured(score, one_hot, SCORES, *extra), expected, rtol=1e-5)
    expected = sklearn_metrics.accuracy_score(LABELS, decided, **more)
    for metric, true in ((metrics.SparseCategoricalAccuracy(), LABELS), (metrics.CategoricalAccuracy(), one_hot)):
        np.testing.assert_allclose(measured(metric, true, SCORES, *extra), expected, rtol=1e-5)
    for k in (1, 2, 3):
        expected = sklearn_metrics.top_k_accuracy_score(LABELS, SCORES, k=k, **more)
        top = metrics.SparseTopKCategoricalAccuracy(k)
        np.testing.assert_allclose(measured(top, LABELS, SCORES, *extra), expected, rtol=1e-5)
    expected = np.mean([sklearn_metrics.roc_auc_score(one_hot[:, i], SCORES[:, i] / 2, **more) for i in range(4)])
    auc = metrics.AUC(num_thresholds=2000, multi_label=True)
    np.testing.assert_allclose(measured(auc, one_hot, SCORES / 2, *extra), expected, rtol=1e-3)
    expected = sklearn_metrics.jaccard_score(LABELS, decided, average="macro")
    np.testing.assert_allclose(measured(metrics.MeanIoU(4), LABELS, decided), expected, rtol=1e-5)


@pytest.mark.parametrize("weight", [None, WEIGHT], ids=["", "weighted"])
def test_regression(backend, weight):
    more = {"sample_weight": weight}
    extra = () if weight is None else (weight,)
    true = (SCORES @ RANDOM.normal(size=(4, 2))).astype("float32")
    pred = (true + 0.3 * np.random.default_rng(0).normal(size=true.shape)).astype("float32")
    for metric, expected in [
        (metrics.MeanSquaredError(), sklearn_metrics.mean_squared_error(true, pred, **more)),
        (metrics.MeanAbsoluteError(), sklearn_metrics.mean_absolute_error(true, pred, **more)),
        (metrics.RootMeanSquaredError(), np.sqrt(sklearn_metrics.mean_squared_error(true, pred, **more))),
        (metrics.R2Score(), sklearn_metrics.r2_score(true, pred, **more)),
    ]:
        np.testing.assert_allclose(measured(metric, true, pred, *extra), expected, rtol=1e-4)


def test_thresholds_through_the_histogram_are_comparisons(backend):
    thresholds = list(np.linspace(0.05, 0.95, 37))
    counts = measured(metrics.TruePositives(thresholds), TRUE, PRED, WEIGHT)
    expected = [(WEIGHT * TRUE * (np.float32(t) < PRED)).sum() for t in thresholds]
    np.testing.assert_allclose(counts, expected, rtol=1e-5)
    counts = measured(metrics.FalseNegatives(thresholds), TRUE, PRED)
    np.testing.assert_allclose(counts, [(TRUE * (np.float32(t) >= PRED)).sum() for t in thresholds])
