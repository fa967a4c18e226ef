"""Exercises of lesson 09, the plane and the sphere."""

from typing import Any

import numpy as np

from course_utils.checks import Exercise


def mean_cosine(u: np.ndarray) -> float:
    n = len(u)
    return ((u.sum(0) ** 2).sum() - n) / (n * (n - 1))


def angles(a: np.ndarray, b: np.ndarray) -> np.ndarray:
    return np.arctan2(np.linalg.norm(np.cross(a, b), axis=1), (a * b).sum(1))


def same_angles(answer: Any, expected: np.ndarray, *_: np.ndarray) -> str | None:
    """Relative error counts, so that small angles must be right, too."""
    answer = np.asarray(answer, float)
    if answer.shape != expected.shape:
        return f"expected shape {expected.shape}, but got shape {answer.shape}"
    if not np.allclose(answer, expected, rtol=1e-6, atol=0):
        k = np.argmax(np.abs(answer - expected) / expected)
        return f"expected {expected[k]:.6g} for pair {k}, but got {answer[k]:.6g}"
    return None


def latitude_loss(h: float, n: int) -> float:
    m_4 = h**4
    r = (1 - h**2) / 2
    return 2 * (n**2 * m_4 + n * (2 * r**2 + h**4 - m_4))


def repel(u: np.ndarray, rate: float) -> np.ndarray:
    difference = u[:, None] - u
    distance = np.linalg.norm(difference, axis=2)
    np.fill_diagonal(distance, np.inf)
    moved = u + rate * (difference / distance[..., None] ** 3).sum(axis=1)
    return moved / np.linalg.norm(moved, axis=1, keepdims=True)


def settle(u: np.ndarray, steps: int, rate: float) -> np.ndarray:
    n = len(u)
    for _ in range(steps):
        m, M = u.mean(0), u.T @ u / n
        m_2 = m @ m
        u = u - rate * (4 * n * m_2 * m + 4 * (u @ M - m_2 * m))
        u = u / np.linalg.norm(u, axis=1, keepdims=True)
    return u


def counterexample() -> np.ndarray:
    return np.r_[np.eye(3), -np.eye(3)]


def is_counterexample(answer: Any, *_: Any) -> str | None:
    u = np.asarray(answer, float)
    if u.shape != (6, 3):
        return f"expected points of shape (6, 3), but got shape {u.shape}"
    length = np.linalg.norm(u, axis=1)
    if not np.allclose(length, 1):
        return f"the points must have length 1; one has {length[np.argmax(np.abs(length - 1))]:.3g}"
    loss = np.abs(u @ u.T).mean()
    return (
        None if loss < 0.34 else f"these points have a mean |u . v| of {loss:.3f}, not below 0.34"
    )


_axes = np.r_[np.eye(3), -np.eye(3)]
_points = np.random.default_rng(9).normal(size=(40, 3))
_points /= np.linalg.norm(_points, axis=1, keepdims=True)
_small = np.array([1e-9, 1e-6, 0.5, np.pi / 2, np.pi - 1e-7])
_near = np.c_[np.cos(_small), np.sin(_small), np.zeros(5)]

EXERCISES = {
    "latitude": Exercise(
        latitude_loss,
        [(0.0, 1), (1.0, 1), (0.0, 100), (0.5, 100), (-0.5, 100)],
        "the equator, a pole, and heights in both halves, for one pair and for a hundred",
    ),
    "mean cosine": Exercise(
        mean_cosine,
        [(_axes[:2],), (_axes[[0, 3]],), (_axes,), (_points,)],
        "two axes, two poles, an octahedron, and forty points",
    ),
    "angles": Exercise(
        angles,
        [
            (_axes[:1], _axes[1:2]),
            (np.tile([1.0, 0, 0], (5, 1)), _near),
            (_points[:9], _points[9:18]),
        ],
        "a right angle, angles from 1e-9 to half a turn, and nine pairs",
        same_angles,
    ),
    "counterexample": Exercise(
        counterexample,
        [()],
        "six points, their lengths, and the mean over all pairs with repetition",
        is_counterexample,
    ),
    "repel": Exercise(
        repel,
        [(_axes[:2], 0.1), (_axes, 0.1), (_points, 1e-3)],
        "two axes, an octahedron, which stays, and forty points",
    ),
    "settle": Exercise(
        settle,
        [(_axes, 3, 0.01), (_points[:4], 1, 0.01), (_points, 2, 0.01), (_points, 50, 0.01)],
        "an octahedron, which stays, one step, two steps, and fifty",
    ),
}
