"""Model-agnostic meta-learning: weights from which a few gradient steps suffice. A gradient goes through gradients.

    python examples/cookbook/maml.py
    KERAS_BACKEND=torch python examples/cookbook/maml.py

A task is a sine wave of random height and phase. Ten points of a new wave are given.

Result: after five gradient steps on them, the mean squared error on the rest of 500 new waves is below 0.4. The same
net trained on all waves at once stays above 1 after the same steps.

Finn, Abbeel & Levine, "Model-Agnostic Meta-Learning for Fast Adaptation of Deep Networks", 2017.
"""

from __future__ import annotations

import argparse
from collections.abc import Sequence

import numpy as np

import keraslite as keras
from keraslite import layers, ops, transforms

POINTS, RATE = 10, 0.05


def waves(random: np.random.Generator, count: int) -> list[np.ndarray]:
    """Points to learn from and points to test on, of `count` waves: x, y, x, y of shape `(count, POINTS, 1)`."""
    height, phase = random.uniform(0.5, 4.0, (count, 1, 1)), random.uniform(0, np.pi, (count, 1, 1))
    x = random.uniform(-5, 5, (2, count, POINTS, 1))
    y = height * np.sin(x - phase)
    return [part.astype("float32") for part in (x[0], y[0], x[1], y[1])]


class Learner:
    """A small net and the two ways to train it."""

    def __init__(self, units: int, rate: float):
        hidden = [layers.Dense(units, activation="tanh") for _ in range(2)]
        self.model = keras.Sequential([layers.Input((1,)), *hidden, layers.Dense(1)])
        self.optimizer = keras.optimizers.Adam(rate)

    def error(self, weights, x, y):
        """The mean squared error with these weights instead of the model's own."""
        predicted, _ = self.model.stateless_call(weights, [], x)
        return ops.mean(ops.square(predicted - y))

    def adapted(self, weights, x, y, steps):
        """The weights after some gradient steps on `x` and `y`."""
        for _ in range(steps):
            slopes = transforms.grad(self.error)(weights, x, y)
            weights = [w - RATE * slope for w, slope in zip(weights, slopes, strict=True)]
        return weights

    def error_after(self, steps, x, y, x_test, y_test):
        """The error on the test points of each task, after steps on its other points."""
        start = [v.value for v in self.model.trainable_variables]
        tasks = transforms.vmap(lambda x, y, *test: self.error(self.adapted(start, x, y, steps), *test))
        return tasks(x, y, x_test, y_test)  # (tasks,)

    def train(self, random: np.random.Generator, steps: int, inner_steps: int) -> None:
        """Train so that the error is small after `inner_steps` steps; 0: so that it is small at once."""
        weights = self.model.trainable_variables

        def step(*tasks):
            def loss():
                return ops.mean(self.error_after(inner_steps, *tasks))

            error, slopes = transforms.value_and_grad(loss, weights)()
            self.optimizer.apply(slopes, weights)
            return error

        run = transforms.jit(step, replay=True)  # `replay` lets PyTorch run the step without Python
        errors = [run(*waves(random, 16)) for _ in range(steps)]
        print(f"  training error: {float(errors[0]):.2f} -> {float(ops.mean(ops.stack(errors[-100:]))):.2f}")


def main(given: Sequence[str] | None = None) -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--quick", action="store_true", help="a few steps and a small goal")
    arguments = parser.parse_args(given)
    units, steps, inner_steps = (8, 10, 1) if arguments.quick else (40, 6000, 2)
    most, least_other = (10.0, 0.0) if arguments.quick else (0.4, 1.0)

    errors = {}
    for name, inner in (("MAML", inner_steps), ("all waves at once", 0)):
        print(f"{name}:")
        keras.utils.set_random_seed(0)
        learner = Learner(units, 2e-3)
        learner.train(np.random.default_rng(0), steps, inner)
        test = waves(np.random.default_rng(1), 500)
        errors[name] = [float(np.mean(ops.convert_to_numpy(learner.error_after(n, *test)))) for n in (0, 1, 5)]

    print(f"engine: {keras.config.backend()}")
    for name, after in errors.items():
        print(f"{name}: error {after[0]:.2f} before, {after[1]:.2f} after one step, {after[2]:.2f} after five")
    meta, other = errors["MAML"][-1], errors["all waves at once"][-1]
    assert meta <= most, f"Expected an error of at most {most} after five steps, got {meta:.2f}."
    assert other >= least_other, f"Expected an error of at least {least_other} without MAML, got {other:.2f}."


if __name__ == "__main__":
    main()
