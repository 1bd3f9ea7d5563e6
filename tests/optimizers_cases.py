"""Every optimizer and schedule with arguments. New ones are found automatically and need an entry."""

from __future__ import annotations

import numpy as np

from keraslite import optimizers
from keraslite.optimizers import schedules

CLASSES = {
    name: value
    for name, value in vars(optimizers).items()
    if isinstance(value, type)
    and issubclass(value, optimizers.Optimizer)
    and name not in ("Optimizer", "LossScaleOptimizer", "MultiOptimizer")
}

#: Keras's takes gradients at the average, where the paper takes them between path and average.
NOT_AS_KERAS = ("ScheduleFreeAdamW",)

OWN = {
    "Adafactor": [
        {"beta_2_decay": -0.3}, {"epsilon_1": 0.01}, {"epsilon_2": 0.5}, {"clip_threshold": 0.5},
        {"relative_step": False},
    ],
    "Muon": [
        {"momentum": 0.5}, {"nesterov": False}, {"ns_steps": 2}, {"rms_rate": None}, {"rms_rate": 0.5},
        {"muon_a": 2.0, "muon_b": -1.5, "muon_c": 0.5}, {"exclude_layers": ["ker"]}, {"exclude_embeddings": False},
        {"adam_beta_1": 0.8}, {"adam_beta_2": 0.9}, {"epsilon": 1e-3}, {"adam_lr_ratio": 0.5},
        {"adam_weight_decay": 0.2}, {"weight_decay": 0.1},
    ],
    "ScheduleFreeAdamW": [{"beta_1": 0.8}, {"beta_2": 0.9}, {"epsilon": 1e-3}, {"warmup_steps": 5}],
    "SGD": [{"momentum": 0.9}, {"momentum": 0.9, "nesterov": True}],
    "Adam": [{"beta_1": 0.8}, {"beta_2": 0.9}, {"epsilon": 1e-3}, {"amsgrad": True, "beta_2": 0.5}],
    "AdamW": [{"weight_decay": 0.1}, {"beta_1": 0.8}, {"beta_2": 0.9}, {"epsilon": 1e-3}, {"amsgrad": True}],
    "Adamax": [{"beta_1": 0.8}, {"beta_2": 0.9}, {"epsilon": 1e-3}],
    "Nadam": [{"beta_1": 0.8}, {"beta_2": 0.9}, {"epsilon": 1e-3}],
    "Lamb": [{"beta_1": 0.8}, {"beta_2": 0.9}, {"epsilon": 1e-3}],
    "RMSprop": [
        {"rho": 0.7}, {"momentum": 0.5}, {"centered": True}, {"momentum": 0.5, "centered": True}, {"epsilon": 1e-3},
    ],
    "Adagrad": [{"initial_accumulator_value": 0.5}, {"epsilon": 1e-3}],
    "Adadelta": [{"rho": 0.8}, {"epsilon": 1e-3}],
    "Lion": [{"beta_1": 0.7}, {"beta_2": 0.8}],
    "Ftrl": [
        {"learning_rate_power": -0.3}, {"initial_accumulator_value": 0.5}, {"l1_regularization_strength": 0.05},
        {"l2_regularization_strength": 0.3}, {"l2_shrinkage_regularization_strength": 0.2}, {"beta": 0.4},
    ],
}  # fmt: skip

DECAY = {"class_name": "ExponentialDecay", "module": "keras.optimizers.schedules", "registered_name": None,
         "config": {"initial_learning_rate": 0.1, "decay_steps": 3, "decay_rate": 0.7}}  # fmt: skip
SHARED = [
    {"weight_decay": 0.1},
    {"clipnorm": 0.3},
    {"clipvalue": 0.2},
    {"global_clipnorm": 0.4},
    {"use_ema": True, "ema_momentum": 0.6},
    {"use_ema": True, "ema_momentum": 0.6, "ema_overwrite_frequency": 3},
    {"loss_scale_factor": 8.0},
    {"gradient_accumulation_steps": 3},
    {"gradient_accumulation_steps": 2, "weight_decay": 0.1, "clipnorm": 0.3},
    {"gradient_accumulation_steps": 2, "loss_scale_factor": 4.0},
    {"learning_rate": DECAY},
    {"learning_rate": DECAY, "gradient_accumulation_steps": 2},
]

ALL = [
    (name, {"learning_rate": 0.05, **arguments})
    for name in CLASSES
    if name not in NOT_AS_KERAS
    for arguments in [{}, *OWN[name], *SHARED]
    if not (name == "AdamW" and arguments.get("weight_decay", 1) is None)
]
IDS = [
    name + "-" + "-".join(f"{k}={v['class_name'] if isinstance(v, dict) else v}" for k, v in arguments.items())
    for name, arguments in ALL
]

SHAPES = ((3, 2), (2,), ())


def values(seed=0):
    random = np.random.default_rng(seed)
    return [random.normal(size=shape).astype("float32") for shape in SHAPES]


def gradients(steps=20, seed=1):
    random = np.random.default_rng(seed)
    return [[random.normal(size=shape).astype("float32") for shape in SHAPES] for _ in range(steps)]


SCHEDULES = {
    "ExponentialDecay": [
        {"initial_learning_rate": 0.1, "decay_steps": 4, "decay_rate": 0.5},
        {"initial_learning_rate": 0.2, "decay_steps": 3, "decay_rate": 0.9, "staircase": True, "name": "x"},
    ],
    "InverseTimeDecay": [
        {"initial_learning_rate": 0.1, "decay_steps": 4, "decay_rate": 0.5},
        {"initial_learning_rate": 0.2, "decay_steps": 3, "decay_rate": 0.9, "staircase": True, "name": "x"},
    ],
    "PiecewiseConstantDecay": [
        {"boundaries": [2, 5], "values": [1.0, 0.5, 0.1]},
        {"boundaries": [3], "values": [0.3, 0.2], "name": "x"},
    ],
    "PolynomialDecay": [
        {"initial_learning_rate": 0.1, "decay_steps": 4},
        {"initial_learning_rate": 0.2, "decay_steps": 5, "end_learning_rate": 0.01, "power": 2.0, "name": "x"},
        {"initial_learning_rate": 0.2, "decay_steps": 3, "end_learning_rate": 0.01, "power": 0.5, "cycle": True},
    ],
    "CosineDecay": [
        {"initial_learning_rate": 0.1, "decay_steps": 6},
        {"initial_learning_rate": 0.1, "decay_steps": 6, "alpha": 0.2, "name": "x"},
        {"initial_learning_rate": 0.1, "decay_steps": 5, "warmup_target": 0.5, "warmup_steps": 4, "alpha": 0.1},
    ],
    "CosineDecayRestarts": [
        {"initial_learning_rate": 0.1, "first_decay_steps": 5},
        {"initial_learning_rate": 0.1, "first_decay_steps": 3, "t_mul": 1.0, "m_mul": 0.7, "name": "x"},
        {"initial_learning_rate": 0.2, "first_decay_steps": 4, "t_mul": 1.5, "m_mul": 0.5, "alpha": 0.1},
    ],
}
SCHEDULE_CLASSES = {
    name: value
    for name, value in vars(schedules).items()
    if isinstance(value, type)
    and issubclass(value, schedules.LearningRateSchedule)
    and value is not schedules.LearningRateSchedule
}
ALL_SCHEDULES = [(name, arguments) for name in SCHEDULE_CLASSES for arguments in SCHEDULES[name]]
