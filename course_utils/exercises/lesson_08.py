"""Exercises of lesson 08, diffusion."""

from collections.abc import Callable

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


def guided_x0(
    x_t: np.ndarray,
    eps_free: np.ndarray,
    eps_c: np.ndarray,
    a: float,
    b: float,
    w_paper: float,
) -> np.ndarray:
    eps = (1 + w_paper) * eps_c - w_paper * eps_free
    return (x_t - b * eps) / a


def v_step(
    W: np.ndarray, x_0: np.ndarray, eps: np.ndarray, a: float, b: float, rate: float
) -> np.ndarray:
    x_t = a * x_0 + b * eps
    error = x_t @ W - (a * eps - b * x_0)
    return W - rate * 2 * x_t.T @ error / len(x_t)


def come_back(x: np.ndarray, guess: Callable, bar: np.ndarray, z: np.ndarray) -> np.ndarray:
    for t in range(len(bar) - 1, 0, -1):
        eps = guess(x, t)
        alpha = bar[t] / bar[t - 1]
        mean = (x - (1 - alpha) / np.sqrt(1 - bar[t]) * eps) / np.sqrt(alpha)
        variance = (1 - bar[t - 1]) / (1 - bar[t]) * (1 - alpha)
        x = mean + np.sqrt(variance) * z[t - 1]
    return x


def _bent(x: np.ndarray, t: int) -> np.ndarray:
    """A guess at the noise that depends on the point and on the step."""
    return np.tanh(x) / t


_rng = np.random.default_rng(8)
_beta = np.linspace(0.02, 0.5, 12)
_points = _rng.normal(size=(4, 2))
_data = _rng.uniform(-2, 2, (6, 2))
_bar = np.array([1.0, 0.8, 0.5, 0.1])
_fresh = _rng.normal(size=(3, 4, 2))

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
    "guidance": Exercise(
        guided_x0,
        [
            (_points, _points[::-1], 0 * _points, 1.0, 0.0, 3.0),
            (_points, _points[::-1], _points / 2, 0.6, 0.8, 0.0),
            (_points, _points[::-1], _points / 2, 0.6, 0.8, 2.0),
        ],
        "no noise, the plain conditional model, and a strength of 2",
    ),
    "v step": Exercise(
        v_step,
        [
            (np.eye(2), _points, _points[::-1], 0.6, 0.8, 0.0),
            (np.zeros((2, 2)), np.array([[1.0, 0.0]]), np.array([[0.0, 1.0]]), 0.6, 0.8, 0.5),
            (np.array([[1.0, 0.3], [-0.2, 0.5]]), _points, _points[::-1], 0.8, 0.6, 0.1),
        ],
        "a rate of 0, one point, and four points",
    ),
    "come back": Exercise(
        come_back,
        [
            (_points, _bent, _bar[:2], _fresh),
            (_points, _bent, _bar, 0 * _fresh),
            (_points, _bent, _bar, _fresh),
        ],
        "one step, three steps without fresh noise, and three with it",
    ),
}
