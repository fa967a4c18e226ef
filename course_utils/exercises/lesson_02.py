"""Exercises of lesson 02, a GAN in the plane."""

import numpy as np
import torch
import torch.nn.functional as F

from course_utils.checks import Exercise


def least_js(loss: float) -> float:
    return max(0, np.log(2) - loss / 2)


def best_discriminator(p: np.ndarray, q: np.ndarray) -> tuple[np.ndarray, float]:
    return np.log(p / q), (p * np.log(p / (p + q)) + q * np.log(q / (p + q))).sum()


def wasserstein(a: np.ndarray, b: np.ndarray) -> float:
    return np.abs(np.sort(a) - np.sort(b)).mean()


def dirac_step(theta: float, psi: float, gamma: float, lr: float) -> tuple[float, float]:
    psi = psi + lr * (-theta / (1 + np.exp(-psi * theta)) - gamma * psi)
    return theta + lr * psi / (1 + np.exp(psi * theta)), psi


def play(x: torch.Tensor, z: torch.Tensor, rounds: int, lr: float) -> float:
    theta = torch.zeros(1, requires_grad=True)
    psi = torch.zeros(2, requires_grad=True)
    g_optimizer = torch.optim.SGD([theta], lr)
    d_optimizer = torch.optim.SGD([psi], lr)
    for _ in range(rounds):
        fake = (z + theta).detach()
        d_loss = F.softplus(-psi[0] - psi[1] * x) + F.softplus(psi[0] + psi[1] * fake)
        d_optimizer.zero_grad()
        d_loss.mean().backward()
        d_optimizer.step()
        g_loss = F.softplus(-psi[0] - psi[1] * (z + theta))
        g_optimizer.zero_grad()
        g_loss.mean().backward()
        g_optimizer.step()
    return theta.item()


def paired_losses(real: np.ndarray, fake: np.ndarray) -> tuple[float, float]:
    return np.logaddexp(0, fake - real).mean(), np.logaddexp(0, real - fake).mean()


_rng = np.random.default_rng(2)


def _numbers(n, mean):
    return torch.tensor(_rng.normal(mean, 1, n), dtype=torch.float32)


EXERCISES = {
    "least": Exercise(
        least_js,
        [(2 * np.log(2),), (1.0,), (0.0,), (1.3,), (1.5,)],
        "the loss of a coin toss, smaller losses, and one that is larger.",
    ),
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
    "dirac": Exercise(
        dirac_step,
        [
            (0.0, 0.0, 1.0, 0.5),
            (1.0, 0.0, 0.0, 0.2),
            (0.0, 1.0, 0.5, 0.2),
            (0.7, -0.4, 0.3, 0.1),
            (-1.5, 2.0, 2.0, 0.3),
        ],
        "the middle, where only G or only D is off, and two pairs with R1.",
    ),
    "loop": Exercise(
        play,
        [
            (torch.tensor([1.0]), torch.tensor([0.0]), 1, 0.5),
            (torch.tensor([1.0, 3.0]), torch.tensor([0.0, 0.5]), 2, 0.5),
            (_numbers(50, 2.0), _numbers(50, 0.0), 40, 0.2),
        ],
        "one round with one number, two rounds with two, and forty rounds with fifty.",
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
