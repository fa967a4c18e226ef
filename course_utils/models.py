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


class Masked(nn.Conv2d):
    """A convolution that looks only at what comes before a pixel. Lesson 07 teaches it.

    Args:
        i, o: planes in and out.
        h, w: rows and columns of the filter, odd.
        kind: "A" hides the pixel itself too, "B" shows it.
        rows: the filter counts in whole rows: "A" shows those above, "B" the pixel's own too.
        d: dilation.

    Maps `(n, i, r, c)` to `(n, o, r, c)`.

    Source: A. van den Oord et al., "Pixel recurrent neural networks" (2016).
    """

    def __init__(self, i, o, h, w, kind, rows=False, d=1):
        super().__init__(i, o, (h, w), padding=(h // 2 * d, w // 2 * d), dilation=d)
        self.register_buffer("mask", torch.zeros(h, w))
        self.mask[: h // 2] = 1
        before = 0 if rows else w // 2
        self.mask[h // 2, : {"A": before, "B": w if rows else before + 1}[kind]] = 1

    def forward(self, x):
        return self._conv_forward(x, self.weight * self.mask, self.bias)


class PixelCNN(nn.Module):
    """For every pixel a guess from the pixels before it alone. Lesson 07 teaches it.

    A stack of convolutions v sees the rows above, a stack h the pixel's own row to the left; v is
    added to h, so that there is no blind spot.

    Args:
        i, o: planes in and out.
        size: pixels on a side.
        C: planes in between.
        D: the dilation of each layer.

    Maps `(n, i, r, size)`, the first r rows of pictures, to `(n, o, r, size)`.

    Source: A. van den Oord et al., "Conditional image generation with PixelCNN decoders" (2016).
    """

    def __init__(self, i, o, size=16, C=32, D=(1, 2, 4, 1)):
        super().__init__()
        self.place = nn.Parameter(torch.zeros(2, C, size, size))
        self.v0 = Masked(i, C, 3, 3, "A", rows=True)
        self.h0 = Masked(i, C, 1, 3, "A")
        self.v = nn.ModuleList(Masked(C, C, 3, 3, "B", True, d) for d in D)
        self.h = nn.ModuleList(Masked(C, C, 1, 3, "B", False, d) for d in D)
        self.across = nn.ModuleList(nn.Conv2d(C, C, 1) for _ in D)
        self.back = nn.ModuleList(nn.Conv2d(C, C, 1) for _ in D)
        self.out = nn.Conv2d(C, o, 1)

    def forward(self, x):
        place = self.place[:, :, : x.shape[2]]
        v, h = self.v0(x) + place[0], self.h0(x) + place[1]
        for V, H, across, back in zip(self.v, self.h, self.across, self.back, strict=True):
            v = v + V(torch.relu(v))
            h = h + back(torch.relu(H(torch.relu(h)) + across(torch.relu(v))))
        return self.out(torch.relu(h))
