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


def cells(u: np.ndarray, bands: int, sectors: int) -> np.ndarray:
    band = np.floor((u[:, 2] + 1) / 2 * bands).astype(int)
    sector = np.floor(np.arctan2(u[:, 1], u[:, 0]) / (2 * np.pi) % 1 * sectors).astype(int)
    return band.clip(0, bands - 1) * sectors + sector.clip(0, sectors - 1)


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
    "cells": Exercise(
        cells,
        [
            (np.array([[0.8, 0.0, -0.6]]), 2, 4),
            (np.array([[0.0, -0.8, 0.6]]), 2, 4),
            (np.array([[0.0, 0.0, 1.0]]), 5, 3),
            (_points, 8, 12),
        ],
        "a point in the south, a longitude of three quarters, the north pole, and forty points",
    ),
    "counterexample": Exercise(
        counterexample,
        [()],
        "six points, their lengths, and the mean over all pairs with repetition",
        is_counterexample,
    ),
}
