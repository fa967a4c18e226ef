"""Exercises of lesson 01, sampling from images."""

from typing import Any

import numpy as np
from scipy import stats

from course_utils.checks import Exercise, compare


def points_needed(TV: float, n: int, wanted: float) -> float:
    return n * (TV / wanted) ** 2


def marginal(p: np.ndarray, j: int) -> tuple[np.ndarray, np.ndarray]:
    return p.sum(axis=0) / p.sum(), p[:, j] / p[:, j].sum()


def draw(w: np.ndarray, u: np.ndarray) -> np.ndarray:
    return np.searchsorted(np.cumsum(w) / np.sum(w), u, side="right")


def step(
    x: np.ndarray,
    proposal: np.ndarray,
    a: np.ndarray,
    a_proposal: np.ndarray,
    u: np.ndarray,
) -> np.ndarray:
    return np.where((u * a < a_proposal)[:, None], proposal, x)


def box_rejection(p: np.ndarray, n: int, rng: np.random.Generator) -> tuple[None, float]:
    rows, columns = np.flatnonzero(p.any(axis=1)), np.flatnonzero(p.any(axis=0))
    box = p[rows[0] : rows[-1] + 1, columns[0] : columns[-1] + 1]
    return None, box.mean() / box.max()


def same_distribution(
    answer: Any, expected: tuple[None, float], p: np.ndarray, n: int, rng: np.random.Generator
) -> str | None:
    """The rate must be exact; the points must pass a chi-square test on cells of half a pixel."""
    if not isinstance(answer, tuple | list) or len(answer) != 2:
        return "expected two results, the points and the share r"
    points, rate = answer
    if problem := compare(rate, expected[1]):
        return f"share r: {problem}"
    points = np.asarray(points, float)
    if points.shape != (n, 2):
        return f"expected points of shape {(n, 2)}, but got shape {points.shape}"
    if not ((points >= 0) & (points < 1)).all():
        low, high = points.min(), points.max()
        return f"expected all points in [0, 1), but they lie in [{low:.3g}, {high:.3g}]"
    h, w = p.shape
    x, y = (points * [2 * w, 2 * h]).astype(int).T
    count = np.bincount(y * 2 * w + x, minlength=4 * p.size).reshape(2 * h, 2 * w)
    share = np.kron(p / p.sum(), np.full((2, 2), 0.25))
    if count[share == 0].any():
        return f"{count[share == 0].sum()} of {n} points lie where p is 0"
    if stats.chisquare(count[share > 0], n * share[share > 0]).pvalue < 1e-9:
        row, column = np.unravel_index(np.argmax(np.abs(count / n - share)), share.shape)
        return (
            "the points are not distributed as p: the quarter pixel at "
            f"x = {(column + 0.5) / (2 * w):.3g}, y = {(row + 0.5) / (2 * h):.3g} should get "
            f"{share[row, column]:.1%} of them, but got {count[row, column] / n:.1%}"
        )
    return None


def value_at(picture: np.ndarray, x: float, y: float) -> float:
    h, w = picture.shape
    return picture[h - 1 - int(y * h), int(x * w)]


def _random(seed):
    return np.random.default_rng(seed)


def _chains(n, seed):
    """Places, proposals, their grey values (some 0), and uniform numbers, of n chains."""
    rng = _random(seed)
    grey = rng.random((2, n)) * (rng.random((2, n)) < 0.8)
    return rng.random((n, 2)), rng.random((n, 2)), grey[0], grey[1], rng.random(n)


EXERCISES = {
    "floor": Exercise(
        points_needed,
        [(0.5, 100, 0.5), (0.1, 1000, 0.05), (0.01, 50_000, 0.002), (0.02, 1_000_000, 0.2)],
        "the same floor, half of it, a fifth, and ten times as much.",
    ),
    "metropolis": Exercise(
        step,
        [
            (
                np.array([[0.1, 0.2]]),
                np.array([[0.3, 0.4]]),
                np.array([1.0]),
                np.array([0.5]),
                np.array([0.75]),
            ),
            _chains(2, 8),
            _chains(50, 9),
        ],
        "a proposal that is refused, two chains, and fifty with black places among them.",
    ),
    "marginal": Exercise(
        marginal,
        [
            (np.array([[1.0]]), 0),
            (np.array([[1.0, 3.0]]), 0),
            (np.array([[1.0, 2.0], [0.0, 5.0]]), 1),
            (_random(0).random((3, 4)), 2),
        ],
        "four arrays, square and not, that do not sum to 1.",
    ),
    "draw": Exercise(
        draw,
        [
            (np.array([1.0]), np.array([0.25])),
            (np.array([1.0, 3.0]), np.array([0.0, 0.2, 0.3, 0.99])),
            (np.array([0.0, 1.0, 0.0, 1.0]), np.array([0.0, 0.25, 0.5, 0.75])),
            (_random(1).random(5), _random(2).random(20)),
        ],
        "one cell, unequal cells, empty cells with u on their edges, 20 random numbers at once.",
    ),
    "rejection": Exercise(
        box_rejection,
        [
            (np.array([[1.0]]), 1000, _random(3)),
            (np.array([[1.0, 3.0]]) / 4, 20_000, _random(4)),
            (np.array([[0.0, 1.0, 0.0], [0.0, 3.0, 0.0]]), 20_000, _random(5)),
            (np.pad(_random(6).random((3, 2)), [(1, 2), (3, 0)]), 20_000, _random(7)),
        ],
        "the share r, and 20,000 points by a chi-square test inside and between the pixels.",
        same_distribution,
    ),
    "axes": Exercise(
        value_at,
        [
            (np.array([[7.0]]), 0.5, 0.5),
            (np.array([[1.0, 2.0]]), 0.9, 0.1),
            (np.array([[1.0], [2.0]]), 0.1, 0.9),
            (np.array([[1.0, 2.0], [3.0, 4.0]]), 0.75, 0.25),
            (np.arange(12.0).reshape(3, 4), 0.99, 0.0),
            (np.arange(12.0).reshape(3, 4), 0.2, 0.6),
        ],
        "one pixel, a row, a column, a square and a wide picture, at their edges too.",
    ),
}
