"""Models as estimators of scikit-learn."""

from __future__ import annotations

import pickle
import subprocess
import sys

import numpy as np
import pytest
from training_models import engine  # noqa: F401

import keraslite as keras
from keraslite import layers, optimizers
from keraslite.errors import ArgumentError, NotCompiledError, StateError

sklearn = pytest.importorskip("sklearn")
checks = pytest.importorskip("sklearn.utils.estimator_checks")

from sklearn.base import clone  # noqa: E402
from sklearn.exceptions import NotFittedError  # noqa: E402
from sklearn.model_selection import GridSearchCV, cross_val_score, cross_validate  # noqa: E402
from sklearn.pipeline import make_pipeline  # noqa: E402
from sklearn.preprocessing import MinMaxScaler, StandardScaler  # noqa: E402

from keraslite.wrappers import SKLearnClassifier, SKLearnRegressor, SKLearnTransformer  # noqa: E402


def make(X, y, loss="mse", hidden=(8,), activation=None, rate=0.02):
    x = inputs = keras.Input((X.shape[1],))
    for units in hidden:
        x = layers.Dense(units, "relu")(x)
    outputs = layers.Dense(1 if y is None or y.ndim == 1 else y.shape[1], activation)(x)
    model = keras.Model(inputs, outputs)
    model.compile(optimizers.Adam(rate), loss)
    return model


def classifier(**options):
    options = {"epochs": 30, "verbose": 0, **options}
    arguments = {"loss": "categorical_crossentropy", "activation": "softmax", "rate": 0.05}
    return SKLearnClassifier(make, model_kwargs=arguments, fit_kwargs=options)


def regressor(**options):
    return SKLearnRegressor(make, fit_kwargs={"epochs": 20, "verbose": 0, **options})


def steady(X, y, **arguments):
    """The same weights and the same order of samples each time."""
    keras.utils.set_random_seed(1)
    return make(X, y, **arguments)


ESTIMATORS = [
    SKLearnClassifier(
        steady,
        model_kwargs={"loss": "categorical_crossentropy", "activation": "softmax", "rate": 0.05},
        fit_kwargs={"epochs": 20, "verbose": 0},
    ),
    SKLearnRegressor(steady, fit_kwargs={"epochs": 2, "verbose": 0}),
    SKLearnTransformer(steady, fit_kwargs={"verbose": 0}),
]


def name_of(subject):
    """A test's name, the same in every process: scikit-learn's own has the addresses of functions."""
    return getattr(getattr(subject, "func", subject), "__name__", type(subject).__name__)


CHECKS = checks.parametrize_with_checks(ESTIMATORS)


@pytest.mark.parametrize(CHECKS.args[0], list(CHECKS.args[1]), ids=name_of)
@pytest.mark.filterwarnings("ignore")
def test_scikit_learns_checks(engine, estimator, check):  # noqa: F811
    check(estimator)


def blobs(classes=3):
    random = np.random.default_rng(0)
    labels = np.repeat(np.arange(classes), 30)
    return random.normal(size=(len(labels), 2)) * 0.3 + np.stack([labels, labels**2], 1), labels


def test_classes_are_texts(engine):  # noqa: F811
    x, labels = blobs()
    names = np.array(["red", "green", "blue"])[labels]
    fitted = classifier().fit(x, names)
    assert fitted.score(x, names) > 0.9
    assert fitted.classes_.tolist() == ["blue", "green", "red"]
    assert fitted.decision_function(x).shape == (90, 3)
    np.testing.assert_array_equal(fitted.predict(x), fitted.classes_[fitted.decision_function(x).argmax(1)])
    assert (fitted.epoch_, len(fitted.history_["loss"])) == (30, 30)


@pytest.mark.parametrize("single", [False, True])
def test_two_classes(engine, single):  # noqa: F811
    x, labels = blobs(2)
    if single:
        model = keras.Sequential([keras.Input((2,)), layers.Dense(1, "sigmoid")])
        model.compile(optimizers.Adam(0.1), "binary_crossentropy")
        fitted = SKLearnClassifier(model, fit_kwargs={"epochs": 30, "verbose": 0}).fit(x, labels)
    else:
        fitted = classifier().fit(x, labels)
    assert fitted.score(x, labels) > 0.9
    decision = fitted.decision_function(x)
    assert decision.shape == (60,)
    np.testing.assert_array_equal(decision > 0, fitted.predict(x) == 1)


def test_regression_of_one_and_of_several(engine):  # noqa: F811
    x = np.random.default_rng(0).normal(size=(60, 3))
    one = regressor().fit(x, x[:, 0])
    assert one.predict(x).shape == (60,)
    several = regressor(epochs=100).fit(x, x[:, :2])
    assert several.predict(x).shape == (60, 2)
    assert several.score(x, x[:, :2]) > 0.9
    weighted = regressor().fit(x, x[:, 0], sample_weight=np.zeros(60))
    assert weighted.history_["loss"][-1] == 0


def test_in_a_search_a_pipeline_and_a_pickle(engine):  # noqa: F811
    x, labels = blobs()
    search = GridSearchCV(classifier(epochs=5), {"fit_kwargs": [{"epochs": e, "verbose": 0} for e in (1, 30)]}, cv=2)
    search.fit(x, labels)
    assert search.best_params_["fit_kwargs"]["epochs"] == 30
    pipeline = make_pipeline(StandardScaler(), SKLearnTransformer(make, fit_kwargs={"verbose": 0}), classifier())
    pipeline.fit(x, labels)
    again = pickle.loads(pickle.dumps(pipeline))
    np.testing.assert_array_equal(again.predict(x), pipeline.predict(x))
    assert cross_val_score(classifier(), x, labels, cv=2).min() > 0.8


def test_a_given_model_is_cloned_unless_warm(engine):  # noqa: F811
    x = np.random.default_rng(0).normal(size=(40, 3))
    model = make(x, None)
    before = [w.copy() for w in model.get_weights()]
    cold = SKLearnRegressor(model, fit_kwargs={"verbose": 0}).fit(x, x[:, 0])
    for old, new in zip(before, model.get_weights(), strict=True):
        np.testing.assert_array_equal(old, new)
    assert cold.model_ is not model
    assert clone(cold).model is not model
    assert not hasattr(clone(cold), "model_")
    warm = SKLearnRegressor(model, warm_start=True, fit_kwargs={"verbose": 0}).fit(x, x[:, 0])
    assert warm.model_ is model
    made = SKLearnRegressor(make, warm_start=True, fit_kwargs={"verbose": 0}).fit(x, x[:, 0])
    first = made.model_
    assert made.fit(x, x[:, 0]).model_ is first


def test_features_out(engine):  # noqa: F811
    x = np.random.default_rng(0).normal(size=(40, 3))
    transformer = SKLearnTransformer(make, fit_kwargs={"verbose": 0}).fit(x, x[:, :2])
    assert transformer.get_feature_names_out().tolist() == ["sklearntransformer0", "sklearntransformer1"]
    pytest.importorskip("pandas")
    assert transformer.set_output(transform="pandas").transform(x).shape == (40, 2)


def test_mistakes(engine):  # noqa: F811
    x, labels = blobs()
    with pytest.raises(ArgumentError, match="needs `model` to be a model or a function that returns one. Received 3"):
        SKLearnRegressor(3).fit(x, labels)
    with pytest.raises(NotCompiledError, match="`SKLearnRegressor` needs a compiled model"):
        SKLearnRegressor(keras.Sequential([keras.Input((2,)), layers.Dense(1)])).fit(x, labels)
    with pytest.raises(ArgumentError, match="takes `X`, `y` and what .* cannot be called with X, y, units: "):
        SKLearnRegressor(lambda X: None, model_kwargs={"units": 3}).fit(x, labels)
    with pytest.raises(ArgumentError, match="returns a model. Received None from it"):
        SKLearnRegressor(lambda X, y: None).fit(x, labels)
    with pytest.raises(NotFittedError):
        classifier().predict(x)
    with pytest.raises(ValueError, match="Unknown label type"):
        classifier().fit(x, x[:, 0])


def test_scikit_learn_is_imported_when_it_is_used():
    program = (
        "import sys, keraslite\n"
        "assert 'sklearn' not in sys.modules and 'SKLearnClassifier' in dir(keraslite.wrappers)\n"
        "sys.modules['sklearn'] = None\n"
        "try: from keraslite.wrappers import SKLearnClassifier\n"
        "except ImportError as error: print(error)\n"
    )
    run = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert run.stdout.startswith("`wrappers.SKLearnClassifier` needs the package scikit-learn.")


class TestRouting:
    """Metadata routing of scikit-learn: what a search or a pipeline passes on to `fit`."""

    @pytest.fixture(autouse=True)
    def enabled(self):
        with sklearn.config_context(enable_metadata_routing=True):
            yield

    def seen(self, **arguments):
        class Noting(SKLearnRegressor):
            def fit(self, X, y, **kwargs):
                noted.append({name: np.shape(value) for name, value in kwargs.items()})
                return self

            def predict(self, X):
                return np.zeros(len(X))

        noted = []
        subject = Noting(make)
        subject.set_fit_request(sample_weight=True, epochs=False, callbacks="hooks")
        subject.set_score_request(sample_weight=False)
        cross_validate(clone(subject), np.ones((6, 2)), np.arange(6.0), cv=3, params=arguments, error_score="raise")
        return noted

    def test_what_was_asked_for_is_passed(self):
        assert self.seen(sample_weight=np.ones(6), hooks=["a"]) == [{"sample_weight": (4,), "callbacks": (1,)}] * 3
        assert self.seen() == [{}] * 3
        with pytest.raises(TypeError, match="unexpected argument"):
            self.seen(epochs=3)

    def test_a_pipeline_weighs_samples(self, engine):  # noqa: F811
        x, y = np.ones((8, 2)), np.repeat([0.0, 1.0], 4)
        settings = {"model_kwargs": {"rate": 0.1, "hidden": ()}, "fit_kwargs": {"epochs": 100, "verbose": 0}}
        subject = SKLearnRegressor(make, **settings).set_fit_request(sample_weight=True)
        steps = make_pipeline(MinMaxScaler(), subject)
        steps.fit(x, y, sample_weight=np.repeat([0.0, 1.0], 4))
        np.testing.assert_allclose(steps.predict(x), 1, atol=0.1)

    def test_it_has_to_be_enabled(self):
        with sklearn.config_context(enable_metadata_routing=False), pytest.raises(StateError, match="set_config"):
            regressor().set_fit_request(sample_weight=True)


def test_a_transformer_predicts_what_it_transforms(engine):  # noqa: F811
    x = np.linspace(0, 1, 12).reshape(6, 2)
    subject = SKLearnTransformer(make, fit_kwargs={"verbose": 0}).fit(x, x)
    assert subject.predict(x).shape == (6, 2)
    np.testing.assert_allclose(
        subject.predict(x), subject.transform(x), rtol=1e-6
    )  # the first steps differ by rounding
    with pytest.raises(NotFittedError):
        SKLearnTransformer(make).predict(x)
