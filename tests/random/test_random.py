"""Seeds, draws and their independence of engine, compilation and threads."""

from __future__ import annotations

import threading

import numpy as np
import pytest
from scipy import stats

from keraslite import config, ops, random, transforms
from keraslite.backend import registry
from keraslite.errors import ArgumentError
from keraslite.ops.dimension import Dimension
from keraslite.ops.symbolic import SymbolicTensor
from keraslite.random import host
from keraslite.utils.random_seed import set_random_seed

COUNT = 20_000
DRAWS = {
    "normal": lambda seed: random.normal((COUNT,), 1.0, 2.0, seed=seed),
    "uniform": lambda seed: random.uniform((COUNT,), -1.0, 3.0, seed=seed),
    "truncated_normal": lambda seed: random.truncated_normal((COUNT,), 1.0, 2.0, seed=seed),
    "randint": lambda seed: random.randint((COUNT,), -2, 5, seed=seed),
    "gamma": lambda seed: random.gamma((COUNT,), 2.5, seed=seed),
    "beta": lambda seed: random.beta((COUNT,), 2.0, 3.0, seed=seed),
    "binomial": lambda seed: random.binomial((COUNT,), 10, 0.3, seed=seed),
    "categorical": lambda seed: random.categorical(ops.log(ops.convert_to_tensor([[0.2, 0.5, 0.3]])), COUNT, seed=seed),
    "dropout": lambda seed: random.dropout(ops.ones((COUNT,)), 0.3, seed=seed),
    "shuffle": lambda seed: random.shuffle(ops.arange(COUNT), seed=seed),
}
MOMENTS = {
    "normal": (1, 2),
    "uniform": (1, 4 / 12**0.5),
    "truncated_normal": (1, 2 * stats.truncnorm(-2, 2).std()),
    "randint": (1, 2),
    "gamma": (2.5, 2.5**0.5),
    "beta": (0.4, 0.2),
    "binomial": (3, 2.1**0.5),
    "categorical": (1.1, 0.7),
    "dropout": (1, (0.3 / 0.7) ** 0.5),
}
PORTABLE = ["normal", "uniform", "truncated_normal", "randint", "categorical", "dropout", "shuffle"]


def host_of(x):
    return ops.convert_to_numpy(x)


@pytest.fixture(params=[False, True], ids=["own", "portable"])
def portable(request):
    config.enable_portable_random(request.param)
    return request.param


# ---- seeds -------------------------------------------------------------------------------------------------------


@pytest.mark.usefixtures("backend")
def test_state_of_a_seed_generator():
    generator = random.SeedGenerator(7, name="mine")
    assert generator.state.shape == (2,)
    assert generator.state.path == "mine/seed_generator_state"
    assert not generator.state.trainable
    assert host_of(generator.next()).tolist() == [7, 0]
    kept = generator.next()
    assert host_of(generator.next()).tolist() == [7, 2]
    assert host_of(kept).tolist() == [7, 1]
    assert generator.state.numpy().tolist() == [7, 3]
    assert generator.get_config() == {"seed": 7, "name": "mine"}
    assert random.SeedGenerator.from_config(generator.get_config()).state.numpy().tolist() == [7, 0]


@pytest.mark.usefixtures("backend")
def test_large_seeds_fold():
    first, second = (random.SeedGenerator(seed).state.numpy().tolist() for seed in (2**40 + 3, 3))
    assert first != second
    assert max(first) < 2**32
    assert random.SeedGenerator(2**32 - 1).state.numpy().tolist() == [2**32 - 1, 0]


@pytest.mark.usefixtures("backend")
@pytest.mark.parametrize("seed", ["a", 1.5, -1, True])
def test_bad_seeds(seed):
    with pytest.raises(ArgumentError, match="`seed` needs to be a non-negative integer"):
        random.SeedGenerator(seed)
    with pytest.raises(ArgumentError, match="`seed` needs to be a non-negative integer"):
        random.normal((2,), seed=seed)


# ---- draws -------------------------------------------------------------------------------------------------------


@pytest.mark.usefixtures("backend")
@pytest.mark.parametrize(("name", "portable"), [(n, False) for n in DRAWS] + [(n, True) for n in PORTABLE])
def test_same_key_same_draw(name, portable):
    config.enable_portable_random(portable)
    draw, generator = DRAWS[name], random.SeedGenerator(3)
    first = host_of(draw(3))
    assert np.array_equal(first, host_of(draw(3)))
    assert not np.array_equal(first, host_of(draw(4)))
    assert np.array_equal(first, host_of(draw(generator)))  # (3, 0)
    assert not np.array_equal(first, host_of(draw(generator)))
    assert generator.state.numpy().tolist() == [3, 2]


@pytest.mark.usefixtures("backend", "portable")
@pytest.mark.parametrize("name", MOMENTS)
def test_moments(name):
    values = host_of(DRAWS[name](11)).astype("float64")
    mean, deviation = MOMENTS[name]
    assert abs(values.mean() - mean) < 5 * deviation / COUNT**0.5
    assert abs(values.std() - deviation) < 0.05 * deviation


@pytest.mark.usefixtures("backend", "portable")
def test_distributions():
    normal, uniform = host_of(DRAWS["normal"](5)), host_of(DRAWS["uniform"](5))
    assert stats.kstest((normal - 1) / 2, "norm").pvalue > 1e-3
    assert stats.kstest((uniform + 1) / 4, "uniform").pvalue > 1e-3
    truncated = host_of(DRAWS["truncated_normal"](5))
    assert stats.kstest((truncated - 1) / 2, stats.truncnorm(-2, 2).cdf).pvalue > 1e-3
    assert np.abs(truncated - 1).max() <= 4
    whole = host_of(DRAWS["randint"](5))
    assert set(whole.tolist()) == set(range(-2, 5))
    assert sorted(host_of(DRAWS["shuffle"](5)).tolist()) == list(range(COUNT))


@pytest.mark.usefixtures("backend", "portable")
def test_successive_keys_are_independent():
    generator = random.SeedGenerator(0)
    rows = np.stack([host_of(random.normal((2000,), seed=generator)) for _ in range(4)])
    rows = np.concatenate([rows, np.stack([host_of(random.normal((2000,), seed=i)) for i in (1, 2)])])
    correlation = np.corrcoef(rows) - np.eye(6)
    assert np.abs(correlation).max() < 0.1


@pytest.mark.usefixtures("backend", "portable")
@pytest.mark.parametrize("dtype", ["float16", "bfloat16", "float32"])
def test_dtypes(dtype):
    for draw in (random.normal, random.uniform, random.truncated_normal):
        assert ops.dtype(draw((5, 2), dtype=dtype, seed=1)) == dtype
    values = host_of(ops.cast(random.uniform((COUNT,), dtype=dtype, seed=1), "float32"))
    assert values.min() >= 0
    assert values.max() < 1
    for name in ("uint8", "int32"):
        assert ops.dtype(random.randint((3,), 0, 9, dtype=name, seed=1)) == name
    x = ops.ones((4, 4), dtype)
    assert ops.dtype(random.dropout(x, 0.5, seed=1)) == dtype


@pytest.mark.usefixtures("backend", "portable")
def test_float64():
    if "float64" not in registry.current().capabilities:
        pytest.skip("the engine has no float64")
    uniform = host_of(random.uniform((COUNT,), dtype="float64", seed=1))
    assert uniform.dtype == np.float64
    assert uniform.max() < 1
    assert np.any(uniform * 2.0**32 % 1)  # more than 32 bits
    normal = host_of(random.normal((COUNT,), dtype="float64", seed=1))
    assert stats.kstest(normal, "norm").pvalue > 1e-3
    assert len(np.unique(normal)) == COUNT


@pytest.mark.usefixtures("backend", "portable")
def test_dropout():
    x = ops.convert_to_tensor(np.arange(1, 25, dtype="float32").reshape(2, 3, 4))
    made = host_of(random.dropout(x, 0.5, seed=2))
    assert set(np.unique(made / host_of(x))) == {0, 2}
    assert random.dropout(x, 0) is x
    rows = host_of(random.dropout(x, 0.5, noise_shape=(None, 1, 4), seed=3)) / host_of(x)
    assert np.array_equal(rows, np.broadcast_to(rows[:, :1], rows.shape))
    with pytest.raises(ArgumentError, match="`rate`"):
        random.dropout(x, 1.5)
    with pytest.raises(ArgumentError, match="`noise_shape` of the rank"):
        random.dropout(x, 0.5, noise_shape=(2, 1))


@pytest.mark.usefixtures("backend")
@pytest.mark.parametrize(("name", "portable"), [(n, False) for n in DRAWS] + [(n, True) for n in PORTABLE])
def test_jit_draws_what_eager_draws(name, portable):
    config.enable_portable_random(portable)
    eager, compiled = random.SeedGenerator(9), random.SeedGenerator(9)
    run = transforms.jit(lambda: (DRAWS[name](compiled), DRAWS[name](compiled)))
    for _ in range(2):
        for expected, actual in zip((DRAWS[name](eager), DRAWS[name](eager)), run(), strict=True):
            np.testing.assert_allclose(host_of(actual), host_of(expected), rtol=1e-4, atol=1e-5)
    assert compiled.state.numpy().tolist() == eager.state.numpy().tolist() == [9, 4]


@pytest.mark.usefixtures("backend", "portable")
def test_draws_inside_scan():
    generator, eager = random.SeedGenerator(4), random.SeedGenerator(4)

    def step(carry, _):
        return carry, random.normal((3,), seed=generator)

    _, made = transforms.scan(step, ops.zeros(()), length=4)
    expected = np.stack([host_of(random.normal((3,), seed=eager)) for _ in range(4)])
    np.testing.assert_allclose(host_of(made), expected, rtol=1e-4, atol=1e-5)
    assert generator.state.numpy().tolist() == [4, 4]


@pytest.mark.usefixtures("differentiating_backend", "portable")
def test_gradient_of_dropout():
    x = ops.convert_to_tensor(np.arange(1, 9, dtype="float32"))
    made = host_of(random.dropout(x, 0.5, seed=2))
    gradient = transforms.grad(lambda v: ops.sum(random.dropout(v, 0.5, seed=2)))(x)
    np.testing.assert_allclose(host_of(gradient), made / host_of(x))


@pytest.mark.usefixtures("backend", "portable")
def test_symbolic():
    n = Dimension("n")
    x = SymbolicTensor((n, 3))
    generator = random.SeedGenerator(1)
    made = random.dropout(x, 0.5, seed=generator)
    assert ops.shape(made) == (n, 3)
    assert made.dtype == "float32"
    assert ops.shape(random.normal((n, 4), 1.0, 2.0, seed=generator)) == (n, 4)
    assert ops.shape(random.uniform((n, 4), dtype="bfloat16", seed=generator)) == (n, 4)
    assert ops.shape(random.categorical(x, 5, seed=generator)) == (n, 5)
    assert ops.shape(random.shuffle(x, seed=generator)) == (n, 3)
    assert ops.shape(random.randint((n,), 0, 4, seed=generator)) == (n,)
    assert generator.state.numpy().tolist() == [1, 0]  # nothing was drawn


@pytest.mark.usefixtures("backend")
@pytest.mark.parametrize(
    ("run", "text"),
    [
        (lambda: random.normal((2,), dtype="int32"), "`normal` needs a floating `dtype`"),
        (lambda: random.randint((2,), 0, 3, dtype="float32"), "`randint` needs an integer `dtype`"),
        (lambda: random.randint((2,), 3, 3), "`minval` below `maxval`"),
        (lambda: random.categorical(np.zeros(3, "float32"), 2), r"`\(batch, classes\)`"),
    ],
)
def test_messages(run, text):
    with pytest.raises(ArgumentError, match=text):
        run()


# ---- the same everywhere -----------------------------------------------------------------------------------------


def threefry(key, counter):
    """Threefry-2x32 of 20 rounds in NumPy's own words, after the paper."""
    rotations = [13, 15, 26, 6, 17, 29, 16, 24]
    words = [np.uint32(w) for w in key]
    words.append(words[0] ^ words[1] ^ np.uint32(0x1BD11BDA))
    x = [np.asarray(c, "uint32") + w for c, w in zip(counter, words, strict=False)]
    for i in range(20):
        x[0] = x[0] + x[1]
        r = rotations[i % 8]
        x[1] = (x[1] << np.uint32(r) | x[1] >> np.uint32(32 - r)) ^ x[0]
        if i % 4 == 3:
            j = i // 4 + 1
            x[0] = x[0] + words[j % 3]
            x[1] = x[1] + words[(j + 1) % 3] + np.uint32(j)
    return x


def test_threefry_of_the_paper():
    """The known answers of the Random123 distribution."""
    known = threefry((0x13198A2E, 0x03707344), (np.array([0x243F6A88]), np.array([0x85A308D3])))
    assert [int(w[0]) for w in known] == [0xC4923A9C, 0x483DF7A0]


@pytest.mark.usefixtures("backend")
@pytest.mark.parametrize("seed", [0, 1, 2**32 - 1])
def test_portable_uniform_is_threefry(seed):
    config.enable_portable_random()
    count = 7
    with np.errstate(over="ignore"):
        blocks = threefry((seed, 0), (np.arange(4), np.zeros(4)))
    expected = (np.concatenate(blocks)[:count] >> np.uint32(8)) * 2.0**-24
    assert np.array_equal(host_of(random.uniform((count,), seed=seed)), expected)


@pytest.mark.parametrize("name", PORTABLE)
def test_portable_draws_are_equal_on_all_engines(name):
    config.enable_portable_random()
    made = {}
    for engine in registry.installed():
        with registry.use_backend(engine):
            generator = random.SeedGenerator(21)
            made[engine] = np.stack([host_of(DRAWS[name](generator)) for _ in range(2)])
    for values in made.values():
        np.testing.assert_allclose(values, made["numpy"], rtol=2e-5, atol=2e-6)


def test_host_generator():
    first = host.generator(5).standard_normal(4)
    assert np.array_equal(first, host.generator(5).standard_normal(4))
    assert not np.array_equal(first, host.generator(6).standard_normal(4))
    assert not np.array_equal(host.generator([5, 0]).random(4), host.generator([5, 1]).random(4))
    assert not np.array_equal(host.generator().random(4), host.generator().random(4))


def test_next_seed_from_many_threads():
    set_random_seed(3)
    made: list[int] = []
    threads = [threading.Thread(target=lambda: made.extend(host.next_seed() for _ in range(100))) for _ in range(16)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(set(made)) == 1600
    set_random_seed(3)
    assert {host.next_seed() for _ in range(1600)} == set(made)


@pytest.mark.usefixtures("backend", "portable")
def test_set_random_seed():
    def draws():
        set_random_seed(1234)
        return [host_of(random.normal((3,))), host_of(random.normal((3,))), np.random.rand(2), host.next_seed(),
                random.SeedGenerator().state.numpy()]  # fmt: skip

    first, second = draws(), draws()
    assert all(np.array_equal(a, b) for a, b in zip(first, second, strict=True))
    assert not np.array_equal(first[0], first[1])
    with pytest.raises(ArgumentError, match="`set_random_seed`"):
        set_random_seed(-1)
