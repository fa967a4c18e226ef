"""Exercises of lesson 11, paths from noise."""

from collections.abc import Callable

import numpy as np

from course_utils.checks import Exercise


def one_call(z: np.ndarray, data: np.ndarray) -> np.ndarray:
    return z + (data.mean(0) - z)


def score_of_velocity(v: np.ndarray, x: np.ndarray, t: float) -> np.ndarray:
    return -(x - t * v) / (1 - t)


def matching_step(
    W: np.ndarray, x: np.ndarray, eps: np.ndarray, t: np.ndarray, rate: float
) -> np.ndarray:
    x_t = t * x + (1 - t) * eps
    error = x_t @ W - (x - eps)
    return W - rate * 2 * x_t.T @ error / len(x)


def two_m_step(
    x: np.ndarray,
    guess: np.ndarray,
    before: np.ndarray,
    t_before: float,
    t: float,
    t_next: float,
) -> np.ndarray:
    lam_before, lam, lam_next = (np.log(u / (1 - u)) for u in (t_before, t, t_next))
    better = guess + (guess - before) / (lam - lam_before) * (lam_next - lam) / 2
    return x + (t_next - t) / (1 - t) * (better - x)


def langevin(
    x: np.ndarray, score: Callable[[np.ndarray], np.ndarray], z: np.ndarray, h: float
) -> np.ndarray:
    for noise in z:
        x = x + h * score(x) + np.sqrt(2 * h) * noise
    return x


def bell(x: np.ndarray) -> np.ndarray:
    """Score of a standard normal density."""
    return -x


def two_bells(x: np.ndarray) -> np.ndarray:
    """Score of two normal densities of equal weight, one at 1 and one at -1 on the first axis."""
    return np.tanh(x[:, :1]) * np.array([1.0, 0.0]) - x


_rng = np.random.default_rng(11)
_x, _y, _z = _rng.normal(size=(3, 5, 2))
_t = _rng.random((5, 1))
_W = _rng.normal(size=(2, 2))
_noises = _rng.normal(size=(4, 5, 2))
_one = np.array([[1.0, 0.0]])

EXERCISES = {
    "one call": Exercise(
        one_call,
        [(np.zeros((1, 2)), _one), (_one, -2 * _one), (_x, np.r_[_y, _z])],
        "one noise at 0, one that is not, and five noises with ten data",
    ),
    "score of velocity": Exercise(
        score_of_velocity,
        [(_one, _one, 0.0), (_one, _one, 0.5), (_y, _x, 0.3)],
        "pure noise, the middle of the path, and five points",
    ),
    "matching step": Exercise(
        matching_step,
        [
            (np.zeros((2, 2)), _one, 0 * _one, np.ones((1, 1)), 0.1),
            (_W, _x, _y, np.zeros((5, 1)), 0.1),
            (_W, _x, _y, _t, 0.05),
        ],
        "one point without noise, noise alone, and five points at their own times",
    ),
    "two m step": Exercise(
        two_m_step,
        [
            (_one, _one, _one, 0.1, 0.2, 0.3),
            (_x, _y, _y, 0.1, 0.4, 0.5),
            (_x, _y, _z, 0.1, 0.4, 0.5),
            (_x, _y, _z, 0.4, 0.45, 0.8),
        ],
        "a point that stays, two equal guesses, and two that differ, with short and long steps",
    ),
    "walk": Exercise(
        langevin,
        [
            (_one, bell, np.zeros((1, 1, 2)), 0.1),
            (_one, bell, np.ones((1, 1, 2)), 0.1),
            (_x, bell, _noises[:2], 0.1),
            (_x, two_bells, _noises, 0.05),
        ],
        "a step without noise, one with it, two steps, and four between two bells",
    ),
}
