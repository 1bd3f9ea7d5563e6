"""Initial values have the same bits on every engine, and the distribution that their name says."""

from __future__ import annotations

import json
import math
from concurrent.futures import ThreadPoolExecutor

import keras_peer
import numpy as np
import pytest

from keraslite import initializers, layers, ops, random
from keraslite.backend import registry
from keraslite.errors import ArgumentError, UnknownNameError
from keraslite.random import host
from keraslite.utils import set_random_seed

CLASSES = [
    value
    for name, value in sorted(vars(initializers).items())
    if isinstance(value, type)
    and issubclass(value, initializers.Initializer)
    and value.__name__ == name
    and name not in ("Initializer", "RandomInitializer")
]
RANDOM = [cls for cls in CLASSES if issubclass(cls, initializers.RandomInitializer)]


def shape_for(cls, *shape):
    """A shape for an initializer of the class."""
    return (shape[0], 2, *shape[1:]) if cls is initializers.STFT else shape


every_class = pytest.mark.parametrize("cls", CLASSES, ids=lambda cls: cls.__name__)


@every_class
def test_bits_do_not_depend_on_the_engine(cls, backend):
    options = {"seed": 5} if cls in RANDOM else {}
    expected = cls(**options).host(shape_for(cls, 6, 7), "float32")
    found = ops.convert_to_numpy(cls(**options)(shape_for(cls, 6, 7)))
    assert found.dtype == np.float32
    assert found.tobytes() == expected.tobytes()


def test_weights_of_a_layer_do_not_depend_on_the_engine():
    def weights(name):
        with registry.use_backend(name):
            set_random_seed(11)
            layer = layers.LSTM(3)
            layer.build((None, 4, 5))
            return layer.get_weights()

    first, *others = [weights(name) for name in registry.installed()]
    for other in others:
        for a, b in zip(first, other, strict=True):
            assert a.tobytes() == b.tobytes()


@every_class
@pytest.mark.parametrize("dtype", ["float16", "bfloat16", "float32", "float64"])
def test_dtype_is_the_one_asked_for(cls, dtype):
    assert cls().host(shape_for(cls, 4, 4), dtype).dtype.name == dtype
    assert cls().host(shape_for(cls, 4, 4)).dtype == np.float32


@pytest.mark.parametrize("cls", RANDOM, ids=lambda cls: cls.__name__)
def test_seeds(cls):
    fixed, free, other = cls(seed=1), cls(), cls()
    np.testing.assert_array_equal(fixed.host((3, 3)), cls(seed=1).host((3, 3)))
    np.testing.assert_array_equal(free.host((3, 3)), free.host((3, 3)))
    assert not np.array_equal(free.host((3, 3)), other.host((3, 3)))
    counted = cls(seed=random.SeedGenerator(3))
    assert not np.array_equal(counted.host((3, 3)), counted.host((3, 3)))


SHAPE = (300, 400)


@pytest.mark.parametrize(
    ("initializer", "mean", "deviation", "bound"),
    [
        (initializers.RandomNormal(1.0, 2.0, seed=1), 1.0, 2.0, math.inf),
        (initializers.RandomUniform(-1.0, 3.0, seed=1), 1.0, 4 / math.sqrt(12), 3.0),
        (initializers.TruncatedNormal(0.0, 2.0, seed=1), 0.0, 2.0 * 0.87962566, 4.0),
        (initializers.GlorotUniform(seed=1), 0.0, math.sqrt(2 / 700), math.sqrt(6 / 700)),
        (initializers.GlorotNormal(seed=1), 0.0, math.sqrt(2 / 700), 2 * math.sqrt(2 / 700) / 0.87962566),
        (initializers.HeUniform(seed=1), 0.0, math.sqrt(2 / 300), math.sqrt(6 / 300)),
        (initializers.HeNormal(seed=1), 0.0, math.sqrt(2 / 300), 2 * math.sqrt(2 / 300) / 0.87962566),
        (initializers.LecunUniform(seed=1), 0.0, math.sqrt(1 / 300), math.sqrt(3 / 300)),
        (initializers.LecunNormal(seed=1), 0.0, math.sqrt(1 / 300), 2 * math.sqrt(1 / 300) / 0.87962566),
        (initializers.VarianceScaling(3.0, "fan_out", "untruncated_normal", seed=1), 0.0, math.sqrt(3 / 400), math.inf),
        (initializers.VarianceScaling(1.0, "fan_in", "uniform", 1, (1,), (0,)), 0.0, 1 / 20, math.sqrt(3 / 400)),
    ],
)
def test_statistics(initializer, mean, deviation, bound):
    values = initializer.host(SHAPE)
    assert abs(values.mean() - mean) < 0.02 * max(deviation, 1e-9)
    assert abs(values.std() / deviation - 1) < 0.01
    assert np.abs(values).max() <= bound * (1 + 1e-6)


LARGE = (700, 900)  # more than one thread draws


@pytest.mark.parametrize("cls", [initializers.RandomUniform, initializers.RandomNormal, initializers.TruncatedNormal])
def test_large_weights_do_not_depend_on_threads(cls, monkeypatch):
    drawn = []
    for threads in (1, 2, 5):
        with ThreadPoolExecutor(threads) as pool:
            monkeypatch.setattr(host, "_threads", lambda pool=pool: pool)
            drawn.append(cls(seed=3).host(LARGE))
    monkeypatch.undo()
    assert all(np.array_equal(values, drawn[0]) for values in drawn)
    parts = drawn[0].reshape(-1)
    correlation = np.corrcoef(parts[:200_000], parts[host._BLOCK : host._BLOCK + 200_000])[0, 1]
    assert abs(correlation) < 0.01  # each part is of a stream of its own
    assert drawn[0].std() == pytest.approx(cls(seed=4).host(LARGE).std(), rel=0.01)


@pytest.mark.parametrize("shape", [(), (0,), (3, 0)])
@pytest.mark.parametrize("cls", [initializers.RandomUniform, initializers.RandomNormal, initializers.TruncatedNormal])
def test_weights_of_one_element_or_none(cls, shape):
    assert cls().host(shape).shape == shape


@pytest.mark.parametrize("shape", [(5, 3), (3, 5), (2, 3, 4)])
def test_orthogonal(shape):
    matrix = initializers.Orthogonal(gain=2.0, seed=1).host(shape).reshape(-1, shape[-1])
    smaller = matrix if matrix.shape[0] < matrix.shape[1] else matrix.T
    np.testing.assert_allclose(smaller @ smaller.T, 4 * np.eye(len(smaller)), atol=1e-5)
    with pytest.raises(ArgumentError, match="at least two dimensions"):
        initializers.Orthogonal()((3,))


def test_fans_of_a_convolution():
    assert initializers.compute_fans((3, 3, 4, 8)) == (36, 72)
    assert initializers.compute_fans((7,)) == (7, 7)
    assert initializers.compute_fans(()) == (1, 1)


def test_constant_and_identity():
    np.testing.assert_array_equal(initializers.Constant([1.0, 2.0]).host((2, 2)), [[1, 2], [1, 2]])
    np.testing.assert_array_equal(initializers.Identity(3.0).host((2, 3)), [[3, 0, 0], [0, 3, 0]])
    with pytest.raises(ArgumentError, match="two dimensions"):
        initializers.Identity().host((2, 2, 2))


@every_class
def test_config_round_trip(cls):
    initializer = cls(seed=4) if cls in RANDOM else cls()
    config = json.loads(json.dumps(initializers.serialize(initializer)))
    assert config["module"] == "keras.initializers"
    again = initializers.deserialize(config)
    assert type(again) is cls
    np.testing.assert_array_equal(again.host(shape_for(cls, 3, 3)), initializer.host(shape_for(cls, 3, 3)))


def test_get():
    assert initializers.get(None) is None
    assert isinstance(initializers.get("glorot_uniform"), initializers.GlorotUniform)
    assert isinstance(initializers.get("uniform"), initializers.RandomUniform)
    assert isinstance(initializers.get(initializers.Zeros), initializers.Zeros)
    assert initializers.get({"class_name": "HeNormal", "config": {"seed": 2}}).seed == 2
    np.testing.assert_array_equal(initializers.get(np.ones(2)).host((2,)), [1, 1])

    def own(shape, dtype=None):
        return np.full(shape, 7.0, dtype)

    layer = layers.Dense(2, kernel_initializer=own)
    layer.build((None, 3))
    assert (layer.kernel.numpy() == 7).all()
    with pytest.raises(UnknownNameError, match="Did you mean 'glorot_uniform'"):
        initializers.get("glorot_unifrom")
    with pytest.raises(UnknownNameError, match="needs a name, a config, or an initializer"):
        initializers.get(3)


def test_an_own_class_with_only_call(backend):
    class Sevens(initializers.Initializer):
        def __call__(self, shape, dtype=None):
            return ops.full(shape, 7.0, dtype=dtype)

    layer = layers.Dense(2, kernel_initializer=Sevens())
    layer.build((None, 3))
    assert (layer.kernel.numpy() == 7).all()


@pytest.mark.parametrize(
    ("make", "text"),
    [
        (lambda: initializers.VarianceScaling(scale=0), "`scale` to be a number above 0"),
        (lambda: initializers.VarianceScaling(mode="fan"), "`mode` to be one of"),
        (lambda: initializers.VarianceScaling(distribution="cauchy"), "`distribution` to be one of"),
    ],
)
def test_bad_arguments(make, text):
    with pytest.raises(ArgumentError, match=text):
        make()


STFT = [
    {},
    {"side": "imag", "periodic": True},
    {"window": None, "scaling": "spectrum"},
    {"window": "blackman", "scaling": "spectrum"},
    {"window": "hamming", "scaling": None},
    {"window": "bartlett", "periodic": True},
    {"window": "boxcar"},
    {"window": "cosine", "periodic": True},
    {"window": "cosine"},
    {"window": "nuttall"},
    {"window": "blackmanharris", "periodic": True},
    {"window": np.linspace(0.1, 1.0, 6), "scaling": "spectrum"},
]


@pytest.mark.parametrize("options", STFT, ids=lambda options: "-".join(map(str, options)) or "default")
def test_kernels_of_a_fourier_transform_are_keras(options):
    expected = keras_peer.call("core_on_keras:stft", options=options, shape=[6, 1, 5])
    np.testing.assert_allclose(initializers.STFT(**options).host((6, 1, 5)), expected, atol=2e-6)
    repeated = initializers.STFT(**options).host((6, 3, 5))
    np.testing.assert_allclose(repeated, np.repeat(expected, 3, axis=1), atol=2e-6)


@pytest.mark.parametrize(
    ("options", "shape", "message"),
    [
        ({"window": "foo"}, None, "`STFT` needs `window` to be one of 'boxcar', 'hann'.* Received 'foo'"),
        ({"side": "left"}, None, "`STFT` needs `side` to be one of 'real', 'imag'"),
        ({"window": np.ones(5)}, (6, 1, 4), "`STFT` needs `window` to have 6 values, one per step. Received 5"),
        ({}, (2, 1, 4), r"`STFT` needs a window with values other than 0 to divide by. Received window='hann' of 2"),
        ({}, (6, 4), r"`STFT` needs a shape \(frame_length, channels, bins\).* Received shape=\(6, 4\)"),
    ],
)
def test_kernels_of_a_fourier_transform_that_make_no_sense(options, shape, message):
    with pytest.raises(ArgumentError, match=message):
        initializers.STFT(**options).host(shape)
