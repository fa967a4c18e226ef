"""Exercises of lesson 05, noise as a regulariser."""

import numpy as np
from scipy.optimize import linear_sum_assignment

from course_utils.checks import Exercise


def component_of(sigma: np.ndarray) -> np.ndarray:
    return np.argsort(np.argsort(sigma))


def least_penalty(sigma: np.ndarray, lambda_: np.ndarray, P: int) -> float:
    return (np.sort(sigma**2) * np.sort(lambda_)[::-1]).sum() / (7 * P)


def match(w: np.ndarray, w_other: np.ndarray) -> tuple[np.ndarray, float]:
    unit = [a / np.linalg.norm(a, axis=1, keepdims=True) for a in (w, w_other)]
    cos = abs(unit[0] @ unit[1].T)
    rows, partner = linear_sum_assignment(-cos)
    return partner, cos[rows, partner].mean()


def nested_dropout(z: np.ndarray, keep: np.ndarray) -> np.ndarray:
    return np.where(np.arange(z.shape[1]) < keep[:, None], z, 0)


def decoder_step(
    w: np.ndarray, z: np.ndarray, x: np.ndarray, sigma: np.ndarray, eps: np.ndarray, lr: float
) -> np.ndarray:
    noisy = z + sigma * eps
    return w - lr * 2 * noisy.T @ (noisy @ w - x) / x.size


def fit(
    w: np.ndarray,
    z: np.ndarray,
    x: np.ndarray,
    sigma: np.ndarray,
    lr: float,
    steps: int,
    rng: np.random.Generator,
) -> np.ndarray:
    for _ in range(steps):
        w = decoder_step(w, z, x, sigma, rng.standard_normal(z.shape), lr)
    return w


def _decoders(n, K, L):
    """Filters, codes and patches of random numbers, and noise sizes."""
    return (
        _rng.normal(size=(K, L)),
        _rng.normal(size=(n, K)),
        _rng.normal(size=(n, L)),
        _rng.random(K),
    )


_rng = np.random.default_rng(5)
_greedy = np.array([[1.0, 0.0], [1.0, 0.1]]), np.array([[1.0, 0.05], [1.0, 2.0]])

_one = np.array([[1.0]])

EXERCISES = {
    "order": Exercise(
        component_of,
        [
            (np.array([0.5]),),
            (np.array([0.1, 0.01, 0.001]),),
            (np.array([0.2, 0.05, 0.3, 0.1]),),
            (_rng.random(8),),
        ],
        "one number, three that fall, four, and eight in any order.",
    ),
    "penalty": Exercise(
        least_penalty,
        [
            (np.array([0.5]), np.array([2.0]), 1.0),
            (np.array([0.1, 0.01]), np.array([1.0, 3.0]), 0.5),
            (np.array([0.01, 0.1, 0.001]), np.array([3.0, 0.2, 1.0]), 0.25),
            (_rng.random(6), _rng.random(6), 0.3),
        ],
        "one number, two in the wrong order, three, and six in any order.",
    ),
    "match": Exercise(
        match,
        [
            (np.eye(2), np.array([[0.0, -3.0], [2.0, 0.0]])),
            _greedy,
            (_rng.normal(size=(3, 7)), _rng.normal(size=(3, 7))),
            (_rng.normal(size=(5, 4)), _rng.normal(size=(5, 4))),
        ],
        "swapped and turned axes, a pair where taking the best first goes wrong, three and five.",
    ),
    "step": Exercise(
        decoder_step,
        [
            (_one, _one, 3 * _one, np.array([0.0]), _one, 0.1),
            (_one, _one, 3 * _one, np.array([0.5]), -_one, 0.1),
            (*_decoders(5, 3, 7), _rng.normal(size=(5, 3)), 0.05),
        ],
        "one number without noise and with it, and five codes of three.",
    ),
    "loop": Exercise(
        fit,
        [
            (_one, _one, 3 * _one, np.array([0.0]), 0.1, 2, np.random.default_rng(0)),
            (_one, _one, 3 * _one, np.array([0.5]), 0.1, 1, np.random.default_rng(1)),
            (*_decoders(6, 3, 7), 0.05, 20, np.random.default_rng(2)),
        ],
        "two steps without noise, one step with it, and twenty with three numbers.",
    ),
    "nested": Exercise(
        nested_dropout,
        [
            (np.array([[1.0, 2.0]]), np.array([1])),
            (np.array([[1.0, 2.0, 3.0], [4.0, 5.0, 6.0]]), np.array([3, 2])),
            (_rng.normal(size=(6, 4)), np.array([1, 4, 2, 3, 1, 2])),
        ],
        "one code, two codes of three numbers, and six of four.",
    ),
}
