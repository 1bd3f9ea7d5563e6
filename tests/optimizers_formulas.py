"""Optimizers as their papers write them, in NumPy and float64."""

from __future__ import annotations

import numpy as np


def _rms(x):
    return np.sqrt(np.mean(np.square(x)))


def adafactor(
    value, gradients, learning_rate=0.001, beta_2_decay=-0.8, epsilon_1=1e-30, epsilon_2=1e-3, clip_threshold=1.0,
    relative_step=True,
):  # fmt: skip
    """Shazeer & Stern, 2018, algorithms 4 and 5, with the relative step sizes of section 8."""
    factored = np.ndim(value) >= 2
    rows = columns = squares = 0.0
    for t, gradient in enumerate(gradients, 1):
        rate = min(learning_rate, 1 / np.sqrt(t)) if relative_step else learning_rate
        decay = 1 - float(t) ** beta_2_decay
        new = np.square(gradient) + epsilon_1
        if factored:
            rows = decay * rows + (1 - decay) * new.mean(-1)
            columns = decay * columns + (1 - decay) * new.mean(-2)
            squares = rows[..., :, None] * columns[..., None, :] / rows.mean(-1)[..., None, None]
        else:
            squares = decay * squares + (1 - decay) * new
        step = gradient / np.sqrt(squares)
        step = step / max(1.0, _rms(step) / clip_threshold)
        value = value - max(epsilon_2, _rms(value)) * rate * step
    return value


def orthogonal(matrix, steps=5, coefficients=(3.4445, -4.775, 2.0315)):
    """Jordan et al., 2024: Newton-Schulz iterations towards the nearest matrix with orthogonal rows or columns."""
    a, b, c = coefficients
    tall = matrix.shape[0] > matrix.shape[1]
    x = matrix.T if tall else matrix
    x = x / (np.linalg.norm(x) + 1e-7)
    for _ in range(steps):
        gram = x @ x.T
        x = a * x + (b * gram + c * gram @ gram) @ x
    return x.T if tall else x


def muon(
    value, gradients, learning_rate=0.001, momentum=0.95, nesterov=True, ns_steps=5, weight_decay=0.004, rms_rate=0.2,
    coefficients=(3.4445, -4.775, 2.0315),
):  # fmt: skip
    """Jordan et al., 2024, with the sizes of Liu et al., 2025, section 2.2, for matrices."""
    kept = np.zeros_like(value)
    for gradient in gradients:
        value = value - learning_rate * weight_decay * value
        kept = momentum * kept + gradient
        direction = orthogonal(gradient + momentum * kept if nesterov else kept, ns_steps, coefficients)
        rows, columns = value.shape
        size = np.sqrt(max(1.0, rows / columns)) if rms_rate is None else rms_rate * np.sqrt(max(rows, columns))
        value = value - learning_rate * size * direction
    return value


def adamw(value, gradients, learning_rate, beta_1=0.9, beta_2=0.999, epsilon=1e-7, weight_decay=0.004):
    """Kingma & Ba, 2014, with epsilon hat; Loshchilov & Hutter, 2017."""
    mean = square = np.zeros_like(value)
    for t, gradient in enumerate(gradients, 1):
        value = value - learning_rate * weight_decay * value
        mean, square = beta_1 * mean + (1 - beta_1) * gradient, beta_2 * square + (1 - beta_2) * gradient**2
        rate = learning_rate * np.sqrt(1 - beta_2**t) / (1 - beta_1**t)
        value = value - rate * mean / (np.sqrt(square) + epsilon)
    return value


def schedule_free(
    value, gradient_of, steps, learning_rate, beta_1=0.9, beta_2=0.999, epsilon=1e-8, warmup_steps=0, weight_decay=0.0
):
    """Defazio et al., 2024, algorithm 1; returns where gradients are taken (y) and the average (x)."""
    average = base = where = value
    square, weights = np.zeros_like(value), 0.0
    for t in range(1, steps + 1):
        gradient = gradient_of(where)
        rate = learning_rate * (min(1.0, t / warmup_steps) if warmup_steps else 1.0)
        square = beta_2 * square + (1 - beta_2) * gradient**2
        step = gradient / (np.sqrt(square / (1 - beta_2**t)) + epsilon) + weight_decay * where
        base = base - rate * step
        weights += rate**2
        part = rate**2 / weights
        average = (1 - part) * average + part * base
        where = (1 - beta_1) * base + beta_1 * average
    return where, average
