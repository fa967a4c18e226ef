"""Networks that more than one lesson uses; each stands in the lesson that teaches it too."""

from itertools import pairwise

import torch
import torch.nn.functional as F
from torch import nn


class MLP(nn.Module):
    """S perceptrons side by side, each with its own weights: (S, n, d_0) -> (S, n, d_last).

    Lesson 02 teaches it. `MLP(S, 2, 64, 64, 1)` has two hidden layers of 64 with LeakyReLU.
    """

    def __init__(self, S, *widths):
        super().__init__()
        self.W, self.b = nn.ParameterList(), nn.ParameterList()
        for d_in, d_out in pairwise(widths):
            reach = d_in**-0.5
            self.W.append(torch.empty(S, d_in, d_out).uniform_(-reach, reach))
            self.b.append(torch.empty(S, 1, d_out).uniform_(-reach, reach))

    def forward(self, x):
        for W, b in zip(self.W[:-1], self.b[:-1], strict=True):
            x = F.leaky_relu(torch.baddbmm(b, x, W), 0.2)
        return torch.baddbmm(self.b[-1], x, self.W[-1])


def d_step(G, D, optimizer, x, z, gamma=0.0):
    """D learns to tell x, `(S, n, d)`, from G(z). Returns its S losses. Lesson 02 teaches it.

    `gamma` weighs the R1 penalty of L. Mescheder et al., "Which training methods for GANs do
    actually converge?" (2018); with 0 there is none.
    """
    x.requires_grad_(gamma > 0)
    real, fake = D(x), D(G(z).detach())
    loss = (F.softplus(-real) + F.softplus(fake)).mean((1, 2))
    penalty = 0.0
    if gamma:
        (slope,) = torch.autograd.grad(real.sum(), x, create_graph=True)
        penalty = gamma / 2 * slope.square().sum(2).mean(1)
    optimizer.zero_grad()
    (loss + penalty).sum().backward()
    optimizer.step()
    return loss.detach()


def g_step(G, D, optimizer, z):
    """G learns to make D say "real". Returns its S losses. Lesson 02 teaches it."""
    loss = F.softplus(-D(G(z))).mean((1, 2))
    optimizer.zero_grad()
    loss.sum().backward()
    optimizer.step()
    return loss.detach()


class PatchAutoencoders(nn.Module):
    """S autoencoders of patches of L points with codes of K numbers: (S, n, L) -> (S, n, L).

    Lesson 04 teaches it: the network of its article, a convolution with tanh and a transposed
    convolution, at one place. Filters of the encoder `v` (S, L, K), of the decoder `w` (S, K, L).
    """

    def __init__(self, S, K=3, L=7):
        super().__init__()
        shapes = {"v": (S, L, K), "a": (S, 1, K), "w": (S, K, L), "b": (S, 1, 1)}
        for name, shape in shapes.items():
            start = torch.empty(shape).uniform_(-(L**-0.5), L**-0.5)
            self.register_parameter(name, nn.Parameter(start))

    def encode(self, x):
        return torch.tanh(torch.baddbmm(self.a, x, self.v))

    def decode(self, z):
        return torch.baddbmm(self.b, z, self.w)

    def forward(self, x):
        return self.decode(self.encode(x))
