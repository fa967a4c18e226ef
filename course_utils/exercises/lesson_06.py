"""Exercises of lesson 06, from the autoencoder to the VAE."""

import numpy as np

from course_utils.checks import Exercise


def kl(mu_1: np.ndarray, S_1: np.ndarray, mu_2: np.ndarray, S_2: np.ndarray) -> float:
    P, gap = np.linalg.inv(S_2), mu_1 - mu_2
    logs = np.linalg.slogdet(S_2)[1] - np.linalg.slogdet(S_1)[1]
    return 0.5 * (np.trace(P @ S_1) + gap @ P @ gap - len(gap) + logs)


def elbo(
    x: np.ndarray, x_hat: np.ndarray, mu: np.ndarray, logvar: np.ndarray, s: float
) -> np.ndarray:
    likelihood = -((x - x_hat) ** 2) / (2 * s**2) - np.log(2 * np.pi * s**2) / 2
    divergence = 0.5 * (mu**2 + np.exp(logvar) - 1 - logvar)
    return likelihood.sum(axis=1) - divergence.sum(axis=1)


def log_mean(log_w: np.ndarray) -> float:
    top = log_w.max()
    return top + np.log(np.exp(log_w - top).mean())


_rng = np.random.default_rng(6)
_A, _B = _rng.normal(size=(2, 3, 3))

EXERCISES = {
    "kl": Exercise(
        kl,
        [
            (np.array([1.0]), np.array([[0.25]]), np.array([0.0]), np.array([[1.0]])),
            (np.array([1.0]), np.array([[4.0]]), np.array([-0.5]), np.array([[0.09]])),
            (np.zeros(2), np.diag([1.0, 4.0]), np.ones(2), np.diag([2.0, 0.5])),
            (np.ones(3), _A @ _A.T + np.eye(3), np.zeros(3), _B @ _B.T + np.eye(3)),
        ],
        "one dimension twice, two independent ones, and three with full covariances.",
    ),
    "elbo": Exercise(
        elbo,
        [
            (np.zeros((1, 2)), np.zeros((1, 2)), np.zeros((1, 1)), np.zeros((1, 1)), 1.0),
            (np.ones((1, 2)), np.zeros((1, 2)), np.ones((1, 1)), np.zeros((1, 1)), 0.5),
            (*_rng.normal(size=(2, 5, 9)), *_rng.normal(size=(2, 5, 3)), 0.7),
        ],
        "all zero, an error with a mean, and five pictures.",
    ),
    "log mean": Exercise(
        log_mean,
        [
            (np.array([0.0]),),
            (np.log(np.array([1.0, 3.0])),),
            (np.array([-1000.0, -1000.0]),),
            (_rng.normal(-800, 30, size=50),),
            (np.array([900.0, -900.0]),),
        ],
        "one weight, two, weights far below and far above what exp can take.",
    ),
}
