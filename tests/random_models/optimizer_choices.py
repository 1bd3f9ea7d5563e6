"""Random optimizers with gradients, and schedules with steps."""

from __future__ import annotations

from typing import Any

import numpy as np

from random_models.drawing import Draw, made

BETAS = {"beta_1": (0.5, 0.99), "beta_2": (0.5, 0.99)}
#: Options of each and their ranges; None is a boolean.
OPTIMIZERS: dict[str, dict[str, Any]] = {
    "SGD": {"momentum": (0.1, 0.95), "nesterov": None},
    "Adam": {**BETAS, "amsgrad": None}, "AdamW": {**BETAS, "amsgrad": None},
    "Adamax": BETAS, "Nadam": BETAS, "Lamb": BETAS, "Lion": BETAS, "Adadelta": {"rho": (0.5, 0.99)},
    "RMSprop": {"rho": (0.5, 0.99), "momentum": (0.1, 0.9), "centered": None},
    "Adagrad": {"initial_accumulator_value": (0, 1)},
    "Ftrl": {"learning_rate_power": (-1, -0.1), "initial_accumulator_value": (0.05, 1),
             "l1_regularization_strength": (0, 0.2), "l2_regularization_strength": (0, 0.2),
             "l2_shrinkage_regularization_strength": (0, 0.2), "beta": (0, 1)},
}  # fmt: skip
NO_EPSILON = ("SGD", "Lion", "Ftrl")
NAMES = ("kernel", "bias", "scale", "table")


def draw(d: Draw) -> dict[str, Any]:
    """An optimizer, values and gradients of some steps."""
    name = d.one(list(OPTIMIZERS))
    options: dict[str, Any] = {"learning_rate": d.one([d.real(0.01, 0.5), schedule(d)["make"]])}
    for option, span in OPTIMIZERS[name].items():
        if d.chance(0.5):
            options[option] = d.chance(0.7) if span is None else d.real(*span)
    if name not in NO_EPSILON and d.chance(0.4):
        options["epsilon"] = d.one([1e-7, 1e-3, 0.1])
    if d.chance(0.3):
        options["weight_decay"] = d.real(0, 0.2)
    if d.chance(0.3):
        options[d.one(["clipnorm", "clipvalue", "global_clipnorm"])] = d.real(0.05, 1)
    # Averages move here once an accumulated update, in Keras at every call.
    if d.chance(0.2):
        options.update(use_ema=True, ema_momentum=d.real(0.1, 0.99), ema_overwrite_frequency=d.one([None, 1, 2]))
    elif d.chance(0.2):
        options["gradient_accumulation_steps"] = d.whole(2, 4)
    if d.chance(0.2):
        options["loss_scale_factor"] = d.one([2.0, 100.0])
    g = d.generator
    shapes = [[d.whole(1, 4) for _ in range(d.whole(0, 3))] for _ in range(d.whole(1, 4))]
    scale = d.one([1.0, 1.0, 10.0, 0.01])
    values = [g.normal(size=shape).astype("float32") for shape in shapes]
    gradients = [[(scale * g.normal(size=shape)).astype("float32") for shape in shapes] for _ in range(d.whole(1, 8))]
    return {"make": made(f"optimizers.{name}", **options), "values": values, "gradients": gradients}


def run(k: Any, optimizer: Any, spec: dict[str, Any]) -> Any:
    """The variables after each step, the state at the end, the variables once averages are taken."""
    variables = [k.Variable(x, name=name) for x, name in zip(spec["values"], NAMES, strict=False)]
    optimizer.build(variables)
    history = []
    for gradients in spec["gradients"]:
        optimizer.apply([k.ops.convert_to_tensor(g) for g in gradients], variables)
        history.append([_copy(k, v) for v in variables])
    state = [_copy(k, v) for v in optimizer.variables]
    optimizer.finalize_variable_values(variables)
    return [history, state, [_copy(k, v) for v in variables]]


def _copy(k: Any, variable: Any) -> np.ndarray:
    return np.array(k.ops.convert_to_numpy(variable), "float64")


def schedule(d: Draw) -> dict[str, Any]:
    """A schedule and the steps it is asked for."""
    rate, steps = d.real(0.01, 0.5), d.whole(1, 30)
    name = d.one(["ExponentialDecay", "InverseTimeDecay", "PiecewiseConstantDecay", "PolynomialDecay", "CosineDecay",
                  "CosineDecayRestarts"])  # fmt: skip
    if name in ("ExponentialDecay", "InverseTimeDecay"):
        options = {"initial_learning_rate": rate, "decay_steps": steps, "decay_rate": d.real(0.1, 1.5),
                   "staircase": d.chance(0.5)}  # fmt: skip
    elif name == "PiecewiseConstantDecay":
        edges = sorted({d.whole(1, 30) for _ in range(d.whole(1, 4))})
        options = {"boundaries": edges, "values": [d.real(0, 1) for _ in range(len(edges) + 1)]}
    elif name == "PolynomialDecay":
        options = {"initial_learning_rate": rate, "decay_steps": steps, "end_learning_rate": d.real(0, 0.1),
                   "power": d.one([1.0, 0.5, 2.0, d.real(0.2, 3)]), "cycle": d.chance(0.5)}  # fmt: skip
    elif name == "CosineDecay":
        options = {"initial_learning_rate": rate, "decay_steps": steps, "alpha": d.real(0, 1)}
        if d.chance(0.5):
            options.update(warmup_target=d.one([None, d.real(0, 1)]), warmup_steps=d.whole(0, 20))
    else:
        options = {"initial_learning_rate": rate, "first_decay_steps": steps, "t_mul": d.one([1.0, d.real(1, 3)]),
                   "m_mul": d.real(0.2, 1.5), "alpha": d.real(0, 0.5)}  # fmt: skip
    return {"make": made(f"optimizers.schedules.{name}", **options), "steps": [*range(12), 29, 30, 31, 100, 1000]}
