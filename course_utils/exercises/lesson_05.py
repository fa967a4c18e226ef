"""Exercises of lesson 05, noise as a regulariser."""

import numpy as np
from scipy.optimize import linear_sum_assignment

from course_utils.checks import Exercise


def least_penalty(sigma: np.ndarray, lambda_: np.ndarray, P: int) -> float:
    return (np.sort(sigma**2) * np.sort(lambda_)[::-1]).sum() / (7 * P)


def match(w: np.ndarray, w_other: np.ndarray) -> tuple[np.ndarray, float]:
    unit = [a / np.linalg.norm(a, axis=1, keepdims=True) for a in (w, w_other)]
    cos = abs(unit[0] @ unit[1].T)
    rows, partner = linear_sum_assignment(-cos)
    return partner, cos[rows, partner].mean()


def nested_dropout(z: np.ndarray, keep: np.ndarray) -> np.ndarray:
    return np.where(np.arange(z.shape[1]) < keep[:, None], z, 0)


_rng = np.random.default_rng(5)
_greedy = np.array([[1.0, 0.0], [1.0, 0.1]]), np.array([[1.0, 0.05], [1.0, 2.0]])

EXERCISES = {
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
