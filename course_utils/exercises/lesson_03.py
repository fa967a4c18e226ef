"""Exercises of lesson 03, conditional GAN."""

import numpy as np

from course_utils.checks import Exercise


def one_hot(y: np.ndarray, k: int) -> np.ndarray:
    return np.eye(k)[y]


def right_labels(share: np.ndarray, r: float) -> tuple[np.ndarray, float]:
    right = (1 - r) + r * share
    return right, (share * right).sum()


def projection(phi: np.ndarray, y: np.ndarray, w: np.ndarray, v: np.ndarray) -> np.ndarray:
    return (phi * (w + v[y])).sum(axis=1)


_rng = np.random.default_rng(3)

EXERCISES = {
    "one_hot": Exercise(
        one_hot,
        [
            (np.array([0]), 1),
            (np.array([1, 0]), 2),
            (np.array([2, 2, 0]), 4),
            (_rng.integers(7, size=20), 7),
        ],
        "one class, two, a class that does not occur, and twenty of seven.",
    ),
    "labels": Exercise(
        right_labels,
        [
            (np.array([1.0]), 0.3),
            (np.array([0.5, 0.5]), 0.1),
            (np.array([0.7, 0.2, 0.1]), 0.5),
            (_rng.dirichlet(np.ones(6)), 1.0),
        ],
        "one class, two equal, three unequal, and labels that are all replaced.",
    ),
    "projection": Exercise(
        projection,
        [
            (np.array([[2.0]]), np.array([0]), np.array([3.0]), np.array([[5.0]])),
            (np.eye(2), np.array([1, 0]), np.array([1.0, 2.0]), np.array([[10.0, 20.0], [30, 40]])),
            (
                _rng.normal(size=(9, 4)),
                _rng.integers(3, size=9),
                _rng.normal(size=4),
                _rng.normal(size=(3, 4)),
            ),
        ],
        "one feature, two classes, and nine points of three classes.",
    ),
}
