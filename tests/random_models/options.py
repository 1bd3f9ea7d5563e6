"""Arguments that many layers share: activations, initializers, regularizers, constraints, names."""

from __future__ import annotations

from typing import Any

from random_models.drawing import Draw, made, pair

ACTIVATIONS = ["relu", "tanh", "sigmoid", "softmax", "elu", "selu", "gelu", "silu", "swish", "softplus", "softsign",
               "hard_sigmoid", "hard_silu", "linear", "leaky_relu", "mish", "relu6", "log_softmax", "celu", "hard_tanh",
               "log_sigmoid", "sparse_plus", "squareplus", "soft_shrink", "sparse_sigmoid",
               "hard_swish"]  # fmt: skip
INITIALIZERS = ["glorot_uniform", "he_normal", "lecun_uniform", "random_normal", "truncated_normal", "ones", "zeros",
                "GlorotNormal"]  # fmt: skip


def activation(d: Draw) -> Any:
    """A name mostly, None, or an object."""
    if d.chance(0.25):
        return None
    if d.chance(0.12):
        return d.one([
            made("layers.LeakyReLU", negative_slope=d.real(0, 0.5)), made("layers.ReLU", max_value=d.real(1, 3)),
            made("layers.ELU", alpha=d.real(0.2, 1.5)), made("layers.Softmax"),
        ])  # fmt: skip
    return d.one(ACTIVATIONS)


def initializer(d: Draw, rank: int = 2) -> Any:
    """A name, or an object with its arguments."""
    if d.chance(0.5):
        return d.one(INITIALIZERS)
    seed = d.one([None, 3])
    return d.one([
        made("initializers.RandomNormal", mean=d.real(-0.2, 0.2), stddev=d.real(0.1, 0.5), seed=seed),
        made("initializers.RandomUniform", minval=-0.3, maxval=d.real(0, 0.5), seed=seed),
        made("initializers.TruncatedNormal", stddev=d.real(0.1, 0.5), seed=seed),
        made("initializers.Constant", value=d.real(-1, 1)),
        made("initializers.VarianceScaling", scale=d.real(0.5, 2), mode=d.one(["fan_in", "fan_out", "fan_avg"]),
             distribution=d.one(["truncated_normal", "untruncated_normal", "uniform"]), seed=seed),
        made("initializers.HeUniform", seed=seed),
        made("initializers.Zeros"),
        *([made("initializers.Orthogonal", gain=d.real(0.5, 1.5), seed=seed)] if rank >= 2 else []),
    ])  # fmt: skip


def regularizer(d: Draw, rank: int = 2) -> Any:
    """A name, or an object with its arguments."""
    if d.chance(0.3):
        return d.one(["l1", "l2", "L1L2", "L2"])
    return d.one([
        made("regularizers.L1", l1=d.real(0, 0.1)), made("regularizers.L2", l2=d.real(0, 0.1)),
        made("regularizers.L1L2", l1=d.real(0, 0.05), l2=d.real(0, 0.05)),
        made("regularizers.L1L2", l2=0.02),
        *([made("regularizers.OrthogonalRegularizer", factor=0.02, mode=d.one(["rows", "columns"]))] if rank == 2
          else []),
    ])  # fmt: skip


def constraint(d: Draw) -> Any:
    """A name, or an object with its arguments."""
    axis = d.one([0, 0, [0]])
    return d.one([
        "max_norm", "non_neg", "unit_norm", "min_max_norm", made("constraints.MaxNorm", max_value=d.real(0.5, 2)),
        made("constraints.MinMaxNorm", min_value=0.2, max_value=d.real(0.5, 2), rate=d.real(0.5, 1), axis=axis),
        made("constraints.UnitNorm", axis=axis), made("constraints.NonNeg"),
    ])  # fmt: skip


def roles(d: Draw, **ranks: int) -> dict[str, Any]:
    """Initializers, regularizers and constraints of weights, given as `kernel=2` for one of that rank; few of them."""
    options: dict[str, Any] = {}
    for role, rank in ranks.items():
        if d.chance(0.2):
            options[f"{role}_initializer"] = initializer(d, rank)
        if d.chance(0.12):
            options[f"{role}_regularizer"] = regularizer(d, rank)
        if d.chance(0.08):
            options[f"{role}_constraint"] = constraint(d) if rank > 1 else "non_neg"
    return options


def usual(d: Draw, options: dict[str, Any]) -> dict[str, Any]:
    """`options` with what every layer takes, rarely."""
    if d.chance(0.15):
        options["name"] = f"{d.one(['block', 'part', 'x', 'Encoder'])}_{d.whole(0, 10**6)}"
    makes = not {"layer", "cell", "num_heads"}.isdisjoint(
        options
    )  # Keras trains the layers that a frozen one wraps or makes
    if d.chance(0.06) and not makes:
        options["trainable"] = False
    if d.chance(0.05):
        options["dtype"] = "float32"
    return options


def several(d: Draw, low: int, high: int, rank: int) -> Any:
    """One number for all axes, or one for each as a list or a tuple."""
    if d.chance(0.5):
        return d.whole(low, high)
    numbers = [d.whole(low, high) for _ in range(rank)]
    return numbers if d.chance(0.5) else pair(*numbers)


def each(x: Any, rank: int) -> list[int]:
    """The numbers of `several` for each axis."""
    if isinstance(x, int):
        return [x] * rank
    return x["tuple"] if isinstance(x, dict) else x


def switches(d: Draw, **chances: float) -> dict[str, bool]:
    """Booleans that are not at their default, each as often as said: a chance below 0 switches off."""
    return {name: chance > 0 for name, chance in chances.items() if d.chance(abs(chance))}
