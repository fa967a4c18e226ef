"""Exercises of lesson 10, one target and all families."""

from collections.abc import Callable

import numpy as np

from course_utils.checks import Exercise


def shares(x: np.ndarray, w: np.ndarray, m: np.ndarray, s: np.ndarray) -> np.ndarray:
    log = np.log(w) - np.log(s) - ((x[:, None] - m) / s) ** 2 / 2
    r = np.exp(log - log.max(1, keepdims=True))
    return r / r.sum(1, keepdims=True)


def log_p_sinh(x: np.ndarray, m: float, s: float) -> np.ndarray:
    z = np.arcsinh((x - m) * np.exp(-s))
    return -(z**2) / 2 - np.log(2 * np.pi) / 2 - s - np.log(np.cosh(z))


def heun(v: Callable[[np.ndarray, float], np.ndarray], x: np.ndarray, steps: int) -> np.ndarray:
    h = 1 / steps
    for k in range(steps):
        a = v(x, k * h)
        x = x + h * (a + v(x + h * a, (k + 1) * h)) / 2
    return x


def in_bits(log_p: np.ndarray, a: float) -> np.ndarray:
    return (log_p + 2 * np.log(a)) / np.log(2)


def match_step(
    A: np.ndarray, b: np.ndarray, x: np.ndarray, z: np.ndarray, t: np.ndarray, rate: float
) -> tuple[np.ndarray, np.ndarray]:
    x_t = (1 - t) * z + t * x
    error = x_t @ A.T + b - (x - z)
    return A - rate * 2 * error.T @ x_t / len(x), b - rate * 2 * error.mean(0)


def walk(
    slope: Callable[[np.ndarray], np.ndarray], x: np.ndarray, noise: np.ndarray, h: float
) -> np.ndarray:
    for eps in noise:
        x = x - h / 2 * slope(x) + np.sqrt(h) * eps
    return x


def bowl(x: np.ndarray) -> np.ndarray:
    return x


def trough(x: np.ndarray) -> np.ndarray:
    return x**3 - np.array([1.0, 0.0])


def shrinking(x: np.ndarray, t: float) -> np.ndarray:
    return -x


def turning(x: np.ndarray, t: float) -> np.ndarray:
    return t * np.stack([-x[:, 1], x[:, 0]], 1)


_x = np.linspace(-3, 4, 8)
_points = np.array([[1.0, 0.0], [0.5, -0.25], [-2.0, 1.0]])
_rng = np.random.default_rng(10)
_z, _A = _rng.normal(size=(3, 2)), _rng.normal(size=(2, 2))
_t = np.array([[0.0], [0.4], [1.0]])
_noise = _rng.normal(size=(4, 3, 2))
EXERCISES = {
    "E-step": Exercise(
        shares,
        [
            (np.zeros(1), np.array([0.25, 0.75]), np.zeros(2), np.ones(2)),
            (_x, np.array([0.5, 0.5]), np.array([-1.0, 1.0]), np.array([1.0, 1.0])),
            (_x, np.array([0.2, 0.3, 0.5]), np.array([-1.0, 0.0, 2.0]), np.array([0.5, 1.0, 2.0])),
            (
                np.array([-60.0, 80.0]),
                np.array([0.5, 0.5]),
                np.array([-1, 1.0]),
                np.array([1, 1.0]),
            ),
        ],
        "two Gaussians alike but for their weights, two and three others, and numbers far from all",
    ),
    "change of variables": Exercise(
        log_p_sinh,
        [(np.zeros(1), 0.0, 0.0), (_x, 0.0, 0.0), (_x, 1.0, 0.0), (_x, -0.5, 0.7)],
        "the point 0, other points, another middle, and another width",
    ),
    "Heun": Exercise(
        heun,
        [
            (shrinking, _points, 1),
            (shrinking, _points, 4),
            (turning, _points, 1),
            (turning, _points, 5),
        ],
        "a velocity of the place alone and one of place and time, in one step and in several",
    ),
    "units": Exercise(
        in_bits,
        [(np.zeros(2), 2.0), (np.array([1.0, -2.0]), 1.0), (np.array([0.5, 3.0]), 4.0)],
        "a density of 1 on a square of side 2, the unit square, and a larger one",
    ),
    "training step": Exercise(
        match_step,
        [
            (np.zeros((2, 2)), np.zeros(2), _points, np.zeros((3, 2)), np.ones((3, 1)), 0.1),
            (np.eye(2), np.ones(2), _points, _z, _t, 0.1),
            (_A, _z[0], _points, _z, _t, 0.5),
        ],
        "the data alone, the identity, and any A and b at three times",
    ),
    "walk": Exercise(
        walk,
        [
            (bowl, _points, np.zeros((1, 3, 2)), 0.1),
            (bowl, _points, _noise[:1], 0.1),
            (trough, _points, _noise, 0.01),
        ],
        "a step without noise, one with noise, and four steps in another energy",
    ),
}
