"""Exercises of lesson 06, from the autoencoder to the VAE."""

import numpy as np

from course_utils.checks import Exercise


def hidden_beta(n: int, D: int, summed: bool) -> float:
    return n * D if summed else D


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


def step(
    x: np.ndarray, mu: np.ndarray, logvar: np.ndarray, eps: np.ndarray, W: np.ndarray
) -> float:
    z = mu + np.exp(logvar / 2) * eps
    divergence = 0.5 * (mu**2 + np.exp(logvar) - 1 - logvar)
    return (((x - z @ W) ** 2).sum(axis=1) + divergence.sum(axis=1)).mean()


def iwae_loss(log_w: np.ndarray) -> float:
    top = log_w.max(axis=0)
    return -(top + np.log(np.exp(log_w - top).mean(axis=0))).mean()


def free_nats(KL: np.ndarray, lam: float) -> float:
    return np.maximum(lam, KL.mean(axis=0)).sum()


_rng = np.random.default_rng(6)
_A, _B = _rng.normal(size=(2, 3, 3))

EXERCISES = {
    "hidden beta": Exercise(
        hidden_beta,
        [(1, 4, True), (2, 3, False), (128, 784, True), (128, 784, False)],
        "one picture of four pixels, two of three, and the batches of the lesson.",
    ),
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
    "step": Exercise(
        step,
        [
            (np.ones((1, 2)), np.zeros((1, 1)), np.zeros((1, 1)), np.ones((1, 1)), np.ones((1, 2))),
            (
                np.ones((1, 3)),
                np.ones((1, 1)),
                np.full((1, 1), -2.0),
                np.ones((1, 1)),
                2 * np.eye(1, 3),
            ),
            (
                _rng.normal(size=(5, 6)),
                *_rng.normal(size=(3, 5, 2)),
                _rng.normal(size=(2, 6)),
            ),
        ],
        "a code of width 1, a narrow one, and five pictures with two numbers each.",
    ),
    "iwae": Exercise(
        iwae_loss,
        [
            (np.array([[0.0]]),),
            (np.log(np.array([[1.0], [3.0]])),),
            (np.log(np.array([[1.0, 2.0], [3.0, 6.0]])),),
            (np.array([[-1000.0, -800.0], [-1000.0, -900.0]]),),
            (_rng.normal(-800, 30, size=(50, 3)),),
            (np.array([[900.0], [-900.0]]),),
        ],
        "one draw, two, two pictures, and weights far below and far above what exp can take.",
    ),
    "free bits": Exercise(
        free_nats,
        [
            (np.array([[2.0]]), 0.5),
            (np.array([[0.1]]), 0.5),
            (np.array([[0.0, 3.0], [2.0, 0.1]]), 0.5),
            (_rng.gamma(0.3, size=(20, 5)), 0.25),
        ],
        "much, little, numbers whose pictures differ, and twenty pictures.",
    ),
}
