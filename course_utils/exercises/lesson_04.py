"""Exercises of lesson 04, the transposed convolution."""

import numpy as np

from course_utils.checks import Exercise


def transposed_matrix(w: np.ndarray, s: int, m: int) -> np.ndarray:
    A = np.zeros((s * (m - 1) + len(w), m))
    for i in range(m):
        A[s * i : s * i + len(w), i] = w
    return A


def decode_curve(z: np.ndarray, w: np.ndarray, b: float, s: int) -> np.ndarray:
    m, L = len(z), w.shape[1]
    y = sum(transposed_matrix(w_k, s, m) @ z_k for z_k, w_k in zip(z.T, w, strict=True))
    return y / transposed_matrix(np.ones(L), s, m).sum(1) + b


def pca_floor(x: np.ndarray, k: int) -> float:
    sigma = np.linalg.svd(x - x.mean(0), compute_uv=False)
    return (sigma[k:] ** 2).sum() / x.size


_rng = np.random.default_rng(4)

EXERCISES = {
    "matrix": Exercise(
        transposed_matrix,
        [
            (np.array([1.0, 2.0]), 2, 1),
            (np.array([1.0, 2.0, 3.0]), 1, 2),
            (_rng.normal(size=7), 4, 3),
        ],
        "one code, stride 1, and the article's case.",
    ),
    "decode": Exercise(
        decode_curve,
        [
            (np.array([[2.0]]), np.array([[1.0, -1.0]]), 0.5, 1),
            (np.array([[1.0], [1.0]]), np.array([[1.0, 1.0, 1.0]]), 1.0, 2),
            (_rng.normal(size=(3, 3)), _rng.normal(size=(3, 7)), 0.3, 4),
        ],
        "one code, an overlap with a bias, and the article's case.",
    ),
    "floor": Exercise(
        pca_floor,
        [
            (np.array([[0.0, 1.0], [2.0, 1.0], [4.0, 1.0]]), 0),
            (np.array([[0.0, 1.0], [2.0, 1.0], [4.0, 1.0]]), 1),
            (_rng.normal(3, 1, size=(50, 7)), 3),
        ],
        "no component, points on a line that misses 0, and a cloud far from 0.",
    ),
}
