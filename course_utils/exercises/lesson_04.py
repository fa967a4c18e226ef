"""Exercises of lesson 04, the transposed convolution."""

import numpy as np

from course_utils.checks import Exercise

Setting = tuple[int, int, int, int]


def sizes_after(m: int, layers: list[Setting]) -> list[int]:
    sizes = [m]
    for L, s, p, o in layers:
        sizes.append(s * (sizes[-1] - 1) + L - 2 * p + o)
    return sizes[1:]


def transposed_matrix(w: np.ndarray, s: int, m: int) -> np.ndarray:
    A = np.zeros((s * (m - 1) + len(w), m))
    for i in range(m):
        A[s * i : s * i + len(w), i] = w
    return A


def by_inserting(z: np.ndarray, w: np.ndarray, s: int) -> np.ndarray:
    return transposed_matrix(w, s, len(z)) @ z


def decode_curve(z: np.ndarray, w: np.ndarray, b: float, s: int) -> np.ndarray:
    m, L = len(z), w.shape[1]
    y = sum(transposed_matrix(w_k, s, m) @ z_k for z_k, w_k in zip(z.T, w, strict=True))
    return y / transposed_matrix(np.ones(L), s, m).sum(1) + b


def code_step(z: np.ndarray, x: np.ndarray, w: np.ndarray, s: int, lr: float) -> np.ndarray:
    A = transposed_matrix(w, s, len(z))
    return z - lr * A.T @ (A @ z - x)


def fit_filter(z: np.ndarray, x: np.ndarray, L: int, s: int, lr: float, steps: int) -> np.ndarray:
    A = np.sum([z_i * np.eye(len(x), L, -s * i) for i, z_i in enumerate(z)], axis=0)
    w = np.zeros(L)
    for _ in range(steps):
        w = w - lr * A.T @ (A @ w - x)
    return w


def least_error(x: np.ndarray, k: int) -> float:
    sigma = np.linalg.svd(x - x.mean(0), compute_uv=False)
    return (sigma[k:] ** 2).sum() / x.size


_rng = np.random.default_rng(4)

EXERCISES = {
    "sizes": Exercise(
        sizes_after,
        [
            (4, [(4, 2, 1, 0), (4, 2, 1, 0), (4, 2, 1, 0)]),
            (1, [(7, 4, 0, 0)]),
            (5, [(3, 2, 1, 1), (5, 1, 2, 0), (3, 3, 0, 2)]),
        ],
        "three layers 4-2-1, one input, and three layers with padding and output padding.",
    ),
    "zeros": Exercise(
        by_inserting,
        [
            (np.array([2.0]), np.array([1.0, 3.0]), 2),
            (np.array([1.0, 2.0]), np.array([1.0, 3.0, 1.0]), 2),
            (_rng.normal(size=3), _rng.normal(size=7), 4),
            (_rng.normal(size=4), _rng.normal(size=2), 3),
        ],
        "one number, the example of the lesson, the article's case, and copies with gaps.",
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
    "step": Exercise(
        code_step,
        [
            (np.array([0.0]), np.array([1.0, 3.0]), np.array([1.0, 2.0]), 1, 0.1),
            (np.array([1.0, 2.0]), np.arange(5.0), np.array([1.0, 3.0, 1.0]), 2, 0.1),
            (_rng.normal(size=3), _rng.normal(size=15), _rng.normal(size=7), 4, 0.05),
        ],
        "one number that begins at 0, two that overlap, and the article's case.",
    ),
    "fit": Exercise(
        fit_filter,
        [
            (np.array([1.0]), np.array([1.0, 2.0]), 2, 1, 0.5, 1),
            (np.array([1.0]), np.array([1.0, 2.0]), 2, 1, 0.5, 2),
            (_rng.normal(size=3), _rng.normal(size=15), 7, 4, 0.1, 20),
        ],
        "one step, two steps, and twenty in the article's case.",
    ),
    "floor": Exercise(
        least_error,
        [
            (np.array([[0.0, 1.0], [2.0, 1.0], [4.0, 1.0]]), 0),
            (np.array([[0.0, 1.0], [2.0, 1.0], [4.0, 1.0]]), 1),
            (_rng.normal(3, 1, size=(50, 7)), 3),
        ],
        "no component, points on a line that misses 0, and a cloud far from 0.",
    ),
}
