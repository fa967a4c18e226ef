"""Exercises of lesson 12, one call."""

from collections.abc import Callable

import numpy as np

from course_utils.checks import Exercise


def velocity(x: np.ndarray, t: float, data: np.ndarray) -> np.ndarray:
    distance = ((x[:, None] - t * data) ** 2).sum(axis=2)
    log_w = -distance / (2 * (1 - t) ** 2)
    w = np.exp(log_w - log_w.max(axis=1, keepdims=True))
    mean = w @ data / w.sum(axis=1, keepdims=True)
    return (mean - x) / (1 - t)


def near(x: np.ndarray, y: np.ndarray, tau: float, blind: bool) -> np.ndarray:
    log_k = -((x[:, None] - y) ** 2) / (2 * tau**2)
    if blind:
        np.fill_diagonal(log_k, -np.inf)
    k = np.exp(log_k - log_k.max(axis=1, keepdims=True))
    return k @ y / k.sum(axis=1)


def drift_1d(q: np.ndarray, p: np.ndarray, tau: float) -> np.ndarray:
    return near(q, p, tau, False) - near(q, q, tau, True)


def consistent_end(u: Callable, x: np.ndarray, t: np.ndarray, end: float) -> np.ndarray:
    return x + (end - t)[:, None] * u(x, t)


def mean_flow_step(
    theta: np.ndarray, x: np.ndarray, t: np.ndarray, h: np.ndarray, v: np.ndarray, rate: float
) -> np.ndarray:
    inputs = np.stack([np.ones_like(x), x, t, h], axis=1)
    target = v + h * (theta[1] * v + theta[2] - theta[3])
    e = inputs @ theta - target
    return theta - rate * 2 * (e[:, None] * inputs).mean(axis=0)


def fit_mean_flow(theta: np.ndarray, batches: list[tuple], rate: float) -> np.ndarray:
    for x, t, h, v in batches:
        theta = mean_flow_step(theta, x, t, h, v, rate)
    return theta


def two_calls(f: Callable, z: np.ndarray, fresh: np.ndarray, t: float) -> np.ndarray:
    x = f(z, 0.0)
    return f((1 - t) * fresh + t * x, t)


def swirl(x: np.ndarray, t: np.ndarray | float) -> np.ndarray:
    """Some network: points (n, 2) and times -> points (n, 2)."""
    t = np.reshape(t, (-1, 1))
    return np.sin(x[:, ::-1] + 3 * t) + t


_rng = np.random.default_rng(12)
_data = _rng.normal(size=(7, 2))
_x = _rng.normal(size=(5, 2))
_q = _rng.normal(size=9)
_p = _rng.normal(size=6) + 1
_theta = np.array([0.1, -0.4, 0.3, 0.7])


def _batch(n: int) -> tuple[np.ndarray, ...]:
    """x, t, h, v, half of them with h = 0."""
    t = _rng.random(n)
    h = (1 - t) * _rng.random(n) * (np.arange(n) % 2)
    return _rng.normal(size=n), t, h, _rng.normal(size=n)


_small = _batch(2)
_batches = [_batch(16) for _ in range(20)]

EXERCISES = {
    "velocity": Exercise(
        velocity,
        [(_x[:1], 0.0, _data), (_x, 0.5, _data), (_x, 0.9, _data), (1e3 * _x, 0.5, _data)],
        "the start, the middle, a late time, and places far away, where a careless 0/0 waits",
    ),
    "drift": Exercise(
        drift_1d,
        [
            (np.array([0.0, 0.5, 1.0]), np.array([0.0, 1.0]), 1e6),
            (np.array([0.0, 1.0]), np.array([0.0, 1.0]), 0.5),
            (_q, _p, 0.5),
            (50 * _q, _p, 0.1),
        ],
        "three points by hand, two points, nine points, and points far from all others",
    ),
    "boundary": Exercise(
        consistent_end,
        [
            (swirl, _x, np.full(5, 1.0), 1.0),
            (swirl, _x, np.zeros(5), 1.0),
            (swirl, _x, np.full(5, 80.0), 80.0),
            (swirl, _x, np.linspace(0, 2, 5), 2.0),
        ],
        "the end, where the network has no say, the start, and ends at 80 and at 2",
    ),
    "mean flow step": Exercise(
        mean_flow_step,
        [(_theta, *_small, 0.1), (_theta, *_batches[0], 0.1), (0 * _theta, *_batches[1], 0.5)],
        "two points, a batch, and parameters that start at 0",
    ),
    "leak": Exercise(
        fit_mean_flow,
        [(_theta, [], 0.1), (_theta, [_small], 0.1), (_theta, _batches, 0.1)],
        "no batch, one batch, and twenty",
    ),
    "two calls": Exercise(
        two_calls,
        [(swirl, _x, 0 * _x, 0.5), (swirl, _x, _x[::-1], 0.8), (swirl, _x, _x[::-1], 0.2)],
        "without fresh noise, and with it at a late and at an early time",
    ),
}
