"""Exercises of lesson 08, diffusion."""

import numpy as np

from course_utils.checks import Exercise


def jump(beta: np.ndarray, s: int, t: int) -> tuple[float, float]:
    kept = np.prod(1 - beta[s:t])
    return np.sqrt(kept), np.sqrt(1 - kept)


def ddim_step(x_t: np.ndarray, eps_hat: np.ndarray, bar_t: float, bar_s: float) -> np.ndarray:
    x_0 = (x_t - np.sqrt(1 - bar_t) * eps_hat) / np.sqrt(bar_t)
    return np.sqrt(bar_s) * x_0 + np.sqrt(1 - bar_s) * eps_hat


def best_guess(x_t: np.ndarray, data: np.ndarray, a: float, b: float) -> np.ndarray:
    far = ((x_t[:, None] - a * data) ** 2).sum(2) / (2 * b**2)
    weight = np.exp(far.min(1, keepdims=True) - far)
    return weight @ data / weight.sum(1, keepdims=True)


_rng = np.random.default_rng(8)
_beta = np.linspace(0.02, 0.5, 12)
_points = _rng.normal(size=(4, 2))
_data = _rng.uniform(-2, 2, (6, 2))

EXERCISES = {
    "jump": Exercise(
        jump,
        [
            (np.array([0.36]), 0, 1),
            (np.array([0.5, 0.5]), 0, 2),
            (np.array([0.1, 0.36, 0.9]), 1, 2),
            (_beta, 3, 9),
        ],
        "one step, two steps, a start in the middle, and six steps",
    ),
    "DDIM step": Exercise(
        ddim_step,
        [
            (np.array([[1.0, 0.0]]), np.zeros((1, 2)), 0.25, 1.0),
            (np.array([[0.0, 1.0]]), np.array([[0.0, 1.0]]), 0.25, 1.0),
            (_points, _points[::-1], 0.2, 0.6),
        ],
        "no noise, only noise, and four points half way",
    ),
    "best guess": Exercise(
        best_guess,
        [
            (np.array([[0.3, 0.1]]), np.array([[1.0, 2.0]]), 0.8, 0.6),
            (np.array([[0.0, 0.0]]), np.array([[1.0, 0.0], [-1.0, 0.0]]), 0.8, 0.6),
            (_points, _data, 0.6, 0.8),
            (np.array([[50.0, 0.0]]), _data, 0.999, 0.02),
        ],
        "one point, two alike, six points, and one so far away that all weights would be 0",
    ),
}
