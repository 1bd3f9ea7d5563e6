"""A physics-informed network finds how fast heat spreads along a rod: `grad`, `hessian` and `vmap` of a model.

    python examples/cookbook/pinn.py
    KERAS_BACKEND=torch python examples/cookbook/pinn.py

The temperature obeys u_t = d u_xx. The diffusivity d is unknown. 200 noisy measurements of u are given.

Result: d is found within 5 %, and the root-mean-square error of u is below 0.015. The measurements have noise of 0.02.

Raissi, Perdikaris & Karniadakis, "Physics-informed neural networks", 2019.
"""

from __future__ import annotations

import argparse
from collections.abc import Sequence

import numpy as np

import keraslite as keras
from keraslite import layers, ops, transforms

DIFFUSIVITY, NOISE = 0.05, 0.02


def temperature(points: np.ndarray) -> np.ndarray:
    """The exact solution, `(n, 1)`, at points `(n, 2)` of x in [0, 1] and t in [0, 1]."""
    x, t = points[:, :1], points[:, 1:]
    waves = [(1.0, 1), (0.5, 2)]
    return sum(a * np.exp(-DIFFUSIVITY * (k * np.pi) ** 2 * t) * np.sin(k * np.pi * x) for a, k in waves)


class Rod(keras.Model):
    """Temperature as a function of place and time, and the diffusivity as a weight."""

    def __init__(self, units: int, interior: int):
        super().__init__()
        self.interior = interior
        hidden = [layers.Dense(units, activation="tanh") for _ in range(3)]
        self.network = keras.Sequential([layers.Input((2,)), *hidden, layers.Dense(1)])
        self.log_diffusivity = self.add_weight(shape=(), initializer=keras.initializers.Constant(np.log(0.3)))
        self.seed = keras.random.SeedGenerator(5)

    def call(self, points):
        return self.network(points)

    def residual(self, point):
        """By how much the equation is violated at one point of shape `(2,)`."""

        def u(point):
            return self.network(point[None])[0, 0]

        u_t = transforms.grad(u)(point)[1]
        u_xx = transforms.hessian(u)(point)[0, 0]
        return u_t - ops.exp(self.log_diffusivity) * u_xx

    def compute_loss(self, x=None, y=None, y_pred=None, sample_weight=None, training=True):
        misfit = super().compute_loss(x, y, y_pred, sample_weight, training)
        points = keras.random.uniform((self.interior, 2), seed=self.seed)
        return misfit + 0.01 * ops.mean(ops.square(transforms.vmap(self.residual)(points)))


def main(given: Sequence[str] | None = None) -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--quick", action="store_true", help="a few steps and a small goal")
    arguments = parser.parse_args(given)
    epochs, units, interior = (30, 16, 16) if arguments.quick else (3000, 32, 64)
    most_error, most_rms = (5.0, 0.6) if arguments.quick else (0.05, 0.015)

    keras.utils.set_random_seed(0)
    random = np.random.default_rng(0)
    points = random.random((200, 2)).astype("float32")
    measured = (temperature(points) + NOISE * random.normal(size=(200, 1))).astype("float32")
    model = Rod(units, interior)
    model.compile(keras.optimizers.Adam(keras.optimizers.schedules.CosineDecay(1e-2, epochs)), loss="mse")
    model.fit(points, measured, batch_size=200, epochs=epochs, verbose=0)

    grid = np.stack(np.meshgrid(np.linspace(0, 1, 50), np.linspace(0, 1, 50)), axis=-1).reshape(-1, 2).astype("float32")
    rms = float(np.sqrt(np.mean((model.predict(grid, verbose=0) - temperature(grid)) ** 2)))
    found = float(np.exp(model.log_diffusivity.numpy()))
    error = abs(found / DIFFUSIVITY - 1)
    print(f"engine: {keras.config.backend()}")
    print(f"diffusivity {found:.4f} (true: {DIFFUSIVITY}), root-mean-square error {rms:.4f}")
    assert error <= most_error, f"Expected a relative error of at most {most_error} in it, got {error:.3f}."
    assert rms <= most_rms, f"Expected a root-mean-square error of at most {most_rms}, got {rms:.4f}."


if __name__ == "__main__":
    main()
