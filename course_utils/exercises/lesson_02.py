"""Exercises of lesson 02, a GAN in the plane."""

import numpy as np

from course_utils.checks import Exercise


def best_discriminator(p: np.ndarray, q: np.ndarray) -> tuple[np.ndarray, float]:
    return np.log(p / q), (p * np.log(p / (p + q)) + q * np.log(q / (p + q))).sum()


def wasserstein(a: np.ndarray, b: np.ndarray) -> float:
    return np.abs(np.sort(a) - np.sort(b)).mean()


def paired_losses(real: np.ndarray, fake: np.ndarray) -> tuple[float, float]:
    return np.logaddexp(0, fake - real).mean(), np.logaddexp(0, real - fake).mean()


_rng = np.random.default_rng(2)

EXERCISES = {
    "best": Exercise(
        best_discriminator,
        [
            (np.array([0.5, 0.5]), np.array([0.5, 0.5])),
            (np.array([0.9, 0.1]), np.array([0.25, 0.75])),
            (_rng.dirichlet(np.ones(20)), _rng.dirichlet(np.ones(20))),
        ],
        "equal densities, two cells, twenty cells.",
    ),
    "wasserstein": Exercise(
        wasserstein,
        [
            (np.array([1.0]), np.array([4.0])),
            (np.array([0.0, 1.0]), np.array([1.0, 0.0])),
            (np.array([3.0, 0.0, 1.0]), np.array([0.0, 5.0, 1.0])),
            (_rng.normal(size=50), _rng.normal(1, 2, size=50)),
        ],
        "one number, the same numbers in another order, three, and fifty.",
    ),
    "paired": Exercise(
        paired_losses,
        [
            (np.array([0.0]), np.array([0.0])),
            (np.array([1.0, -2.0]), np.array([0.5, 3.0])),
            (np.array([900.0, -800.0]), np.array([-900.0, 100.0])),
            (_rng.normal(size=40), _rng.normal(size=40)),
        ],
        "equal logits, two pairs, logits of many hundreds, and forty pairs.",
    ),
}
