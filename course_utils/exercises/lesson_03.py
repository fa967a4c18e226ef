"""Exercises of lesson 03, conditional GAN."""

from collections.abc import Callable

import numpy as np
import torch
import torch.nn.functional as F
from torch import nn

from course_utils.checks import Exercise, compare


def right_labels(share: np.ndarray, r: float) -> tuple[np.ndarray, float]:
    right = (1 - r) + r * share
    return right, (share * right).sum()


class Pair(nn.Module):
    """A small network of two inputs, side by side."""

    def __init__(self, d_in: int, d_out: int, seed: int) -> None:
        super().__init__()
        generator = torch.Generator().manual_seed(seed)
        self.W = nn.Parameter(torch.randn(d_in, d_out, generator=generator))
        self.b = nn.Parameter(torch.randn(d_out, generator=generator))

    def forward(self, x: torch.Tensor, c: torch.Tensor) -> torch.Tensor:
        return torch.tanh(torch.cat([x, c], dim=1)) @ self.W + self.b

    def __repr__(self) -> str:
        return f"a network from {len(self.W)} numbers to {len(self.b)}"


def d_step(
    G: nn.Module, D: nn.Module, x: torch.Tensor, z: torch.Tensor, c: torch.Tensor, lr: float
) -> torch.Tensor:
    x_hat = G(z, c).detach()
    loss = (F.softplus(-D(x, c)) + F.softplus(D(x_hat, c))).mean()
    optimizer = torch.optim.SGD(D.parameters(), lr)
    optimizer.zero_grad()
    loss.backward()
    optimizer.step()
    return D(x, c).detach()


def same_logits(answer: torch.Tensor, expected: torch.Tensor, *_: object) -> str | None:
    if isinstance(answer, torch.Tensor):
        answer = answer.detach()
    return compare(answer, expected)


def losses(
    G: Callable,
    D: Callable,
    x: np.ndarray,
    z: np.ndarray,
    c: np.ndarray,
    c_hat: np.ndarray,
    softplus: Callable,
) -> tuple[float, float]:
    x_hat = G(z, c_hat)
    d = softplus(-D(x, c)).mean() + softplus(D(x_hat, c_hat)).mean()
    return d, softplus(-D(x_hat, c_hat)).mean()


class Player:
    """tanh of the inputs, side by side, times W."""

    def __init__(self, name: str, W: np.ndarray) -> None:
        self.name, self.W = name, W

    def __call__(self, x: np.ndarray, c: np.ndarray) -> np.ndarray:
        return np.tanh(np.hstack([x, c])) @ self.W

    def __repr__(self) -> str:
        return self.name


class Softplus:
    """log(1 + e^a), without overflow."""

    def __call__(self, a: np.ndarray) -> np.ndarray:
        return np.logaddexp(0, a)

    def __repr__(self) -> str:
        return "softplus"


def rejected(logits: np.ndarray, u: np.ndarray, q: float) -> tuple[np.ndarray, float]:
    chance = np.minimum(1, np.exp(logits - np.quantile(logits, q)))
    return u < chance, chance.mean()


def projection(phi: np.ndarray, y: np.ndarray, w: np.ndarray, v: np.ndarray) -> np.ndarray:
    return (phi * (w + v[y])).sum(axis=1)


_rng = np.random.default_rng(3)


def _torch_case(n: int, k: int, lr: float) -> tuple:
    x, z = torch.tensor(_rng.normal(size=(2, n, 2)), dtype=torch.float32)
    c = F.one_hot(torch.tensor(_rng.integers(k, size=n)), k).float()
    return Pair(2 + k, 2, n), Pair(2 + k, 1, n + 1), x, z, c, lr


def _loss_case(n: int, k: int) -> tuple:
    G = Player("G", _rng.normal(size=(2 + k, 2)))
    D = Player("D", _rng.normal(size=(2 + k, 1)))
    x, z = _rng.normal(size=(2, n, 2))
    c, c_hat = np.eye(k)[_rng.integers(k, size=(2, n))]
    return G, D, x, z, c, c_hat, Softplus()


EXERCISES = {
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
    "step": Exercise(
        d_step,
        [_torch_case(1, 2, 0.1), _torch_case(5, 2, 1.0), _torch_case(20, 3, 0.3)],
        "one point, five of two classes, and twenty of three.",
        same_logits,
    ),
    "losses": Exercise(
        losses,
        [_loss_case(1, 3), _loss_case(6, 2), _loss_case(30, 4)],
        "one point, six of two classes, and thirty of four.",
    ),
    "rejection": Exercise(
        rejected,
        [
            (np.array([0.0]), np.array([0.5]), 0.95),
            (np.array([-2.0, 0.0, 2.0]), np.array([0.1, 0.99, 0.99]), 0.5),
            (_rng.normal(size=50), _rng.random(50), 0.95),
            (_rng.normal(size=50), _rng.random(50), 1.0),
        ],
        "one point, three with the middle one as m, and fifty with two quantiles.",
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
