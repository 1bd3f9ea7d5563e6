"""Policy gradients learn to balance a pole: the environment is written in `ops`, and whole episodes run in one `scan`.

    python examples/cookbook/policy_gradient.py
    KERAS_BACKEND=torch python examples/cookbook/policy_gradient.py

Result: over 100 new episodes the pole stays up for at least 180 of 200 steps on average. Random pushes manage about 22.

Williams, "Simple statistical gradient-following algorithms for connectionist reinforcement learning", 1992. The cart is
that of Barto, Sutton & Anderson, "Neuronlike adaptive elements that can solve difficult control problems", 1983.
"""

from __future__ import annotations

import argparse
from collections.abc import Sequence

import numpy as np

import keraslite as keras
from keraslite import layers, ops, transforms

GRAVITY, MASS_CART, MASS_POLE, LENGTH, FORCE, SECONDS = 9.8, 1.0, 0.1, 0.5, 10.0, 0.02
LARGEST_PLACE, LARGEST_ANGLE = 2.4, 12 * np.pi / 180
DISCOUNT = 0.99


def pushed(state, push):
    """The carts a moment later. State `(n, 4)`: place, speed, angle, turning speed; push `(n,)`: -1 or 1."""
    place, speed, angle, turning = ops.unstack(state, axis=1)
    mass, sine, cosine = MASS_CART + MASS_POLE, ops.sin(angle), ops.cos(angle)
    force = (FORCE * push + MASS_POLE * LENGTH * ops.square(turning) * sine) / mass
    turn = (GRAVITY * sine - cosine * force) / (LENGTH * (4 / 3 - MASS_POLE * ops.square(cosine) / mass))
    drive = force - MASS_POLE * LENGTH * turn * cosine / mass
    moved = [place + SECONDS * speed, speed + SECONDS * drive, angle + SECONDS * turning, turning + SECONDS * turn]
    return ops.stack(moved, axis=1)


def standing(state):
    """1 where the pole still stands and the cart is on its track, else 0: `(n,)`."""
    inside = ops.logical_and(ops.abs(state[:, 0]) < LARGEST_PLACE, ops.abs(state[:, 2]) < LARGEST_ANGLE)
    return ops.cast(inside, "float32")


class Agent:
    """A policy, and the step that plays episodes and learns from them."""

    def __init__(self, units: int, episodes: int, length: int):
        self.policy = keras.Sequential([layers.Input((4,)), layers.Dense(units, activation="tanh"), layers.Dense(2)])
        self.optimizer = keras.optimizers.Adam(1e-2)
        self.seed = keras.random.SeedGenerator(2)
        self.episodes, self.length = episodes, length
        self.learn = transforms.jit(self._learn, replay=True)  # `replay` lets PyTorch run it without Python

    def play(self, episodes: int):
        """Returns states `(length, n, 4)`, actions `(length, n)`, and which steps were played, `(length, n)`."""

        def step(carry, _):
            state, alive = carry
            action = keras.random.categorical(self.policy(state), 1, seed=self.seed)[:, 0]
            following = pushed(state, 2.0 * ops.cast(action, "float32") - 1.0)
            return (following, alive * standing(following)), (state, action, alive)

        start = keras.random.uniform((episodes, 4), -0.05, 0.05, seed=self.seed)
        _, played = transforms.scan(step, (start, ops.ones((episodes,))), length=self.length)
        return played

    def _learn(self):
        states, actions, alive = self.play(self.episodes)

        # Each step earns 1 while the pole stands. What follows a step is its return.
        def add(following, reward):
            return (reward + DISCOUNT * following,) * 2

        _, returns = transforms.scan(add, ops.zeros((self.episodes,)), alive, reverse=True)
        mean = ops.sum(returns * alive, axis=1, keepdims=True) / ops.maximum(ops.sum(alive, axis=1, keepdims=True), 1)
        spread = ops.sqrt(ops.sum(ops.square(returns - mean) * alive) / ops.sum(alive)) + 1e-6
        advantages = alive * (returns - mean) / spread  # the mean at the same step is the baseline

        def loss():
            log_probabilities = ops.log_softmax(self.policy(ops.reshape(states, (-1, 4))))
            taken = ops.sum(log_probabilities * ops.one_hot(ops.reshape(actions, (-1,)), 2), axis=-1)
            return -ops.sum(taken * ops.reshape(advantages, (-1,))) / ops.sum(alive)

        gradients = transforms.grad(loss, self.policy.trainable_variables)()
        self.optimizer.apply(gradients, self.policy.trainable_variables)
        return ops.sum(alive) / self.episodes


def main(given: Sequence[str] | None = None) -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--quick", action="store_true", help="a few steps and a small goal")
    arguments = parser.parse_args(given)
    units, episodes, length, rounds = (4, 8, 12, 3) if arguments.quick else (32, 32, 200, 60)
    least = 10.0 if arguments.quick else 180.0

    keras.utils.set_random_seed(0)
    agent = Agent(units, episodes, length)
    for number in range(rounds):
        steps = agent.learn()
        if number % max(rounds // 10, 1) == 0:
            print(f"round {number}: {float(steps):.0f} steps")
    _, _, alive = transforms.jit(agent.play)(100)
    steps = float(ops.sum(alive)) / 100

    print(f"engine: {keras.config.backend()}")
    print(f"the pole stays up for {steps:.1f} of {length} steps")
    assert steps >= least, f"Expected at least {least} steps on average, got {steps:.1f}."


if __name__ == "__main__":
    main()
