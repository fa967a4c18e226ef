"""Networks that more than one lesson uses; each stands in the lesson that teaches it too."""

from collections.abc import Callable, Sequence
from itertools import pairwise

import torch
import torch.nn.functional as F
from torch import nn


class MLP(nn.Module):
    """S perceptrons side by side, each with its own weights: (S, n, d_0) -> (S, n, d_last).

    Lesson 02 teaches it. `MLP(S, 2, 64, 64, 1)` has two hidden layers of 64 with LeakyReLU.
    """

    def __init__(self, S: int, *widths: int) -> None:
        super().__init__()
        self.W = nn.ParameterList()
        self.b = nn.ParameterList()
        for d_in, d_out in pairwise(widths):
            reach = d_in**-0.5
            self.W.append(torch.empty(S, d_in, d_out).uniform_(-reach, reach))
            self.b.append(torch.empty(S, 1, d_out).uniform_(-reach, reach))

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        for W, b in zip(self.W[:-1], self.b[:-1], strict=True):
            x = F.leaky_relu(torch.baddbmm(b, x, W), 0.2, inplace=True)
        return torch.baddbmm(self.b[-1], x, self.W[-1])


def d_step(
    G: nn.Module,
    D: nn.Module,
    optimizer: torch.optim.Optimizer,
    x: torch.Tensor,
    z: torch.Tensor,
    gamma: float = 0.0,
) -> torch.Tensor:
    """D learns to tell x, `(S, n, d)`, from G(z). Returns its S losses. Lesson 02 teaches it.

    `gamma` weighs the R1 penalty of L. Mescheder et al., "Which training methods for GANs do
    actually converge?" (2018); with 0 there is none.
    """
    x.requires_grad_(gamma > 0)
    real = D(x)
    fake = D(G(z).detach())
    loss = (F.softplus(-real) + F.softplus(fake)).mean((1, 2))
    penalty = 0.0
    if gamma:
        (slope,) = torch.autograd.grad(real.sum(), x, create_graph=True)
        penalty = gamma / 2 * slope.square().sum(2).mean(1)
    optimizer.zero_grad()
    (loss + penalty).sum().backward()
    optimizer.step()
    return loss.detach()


def g_step(
    G: nn.Module, D: nn.Module, optimizer: torch.optim.Optimizer, z: torch.Tensor
) -> torch.Tensor:
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

    def __init__(self, S: int, K: int = 3, L: int = 7) -> None:
        super().__init__()
        shapes = {"v": (S, L, K), "a": (S, 1, K), "w": (S, K, L), "b": (S, 1, 1)}
        for name, shape in shapes.items():
            start = torch.empty(shape).uniform_(-(L**-0.5), L**-0.5)
            self.register_parameter(name, nn.Parameter(start))

    def encode(self, x: torch.Tensor) -> torch.Tensor:
        return torch.tanh(torch.baddbmm(self.a, x, self.v))  # pyrefly: ignore[bad-argument-type]

    def decode(self, z: torch.Tensor) -> torch.Tensor:
        return torch.baddbmm(self.b, z, self.w)  # pyrefly: ignore[bad-argument-type]

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return self.decode(self.encode(x))


class Masked(nn.Conv2d):
    """A convolution that looks only at what comes before a pixel. Lesson 07 teaches it.

    Args:
        i, o: channels in and out.
        h, w: rows and columns of the kernel, odd.
        kind: "A" hides the pixel itself too, "B" shows it.
        rows: the mask counts in whole rows: "A" shows those above, "B" the pixel's own too.
        d: dilation.

    Maps `(n, i, r, c)` to `(n, o, r, c)`.

    Source: A. van den Oord et al., "Pixel recurrent neural networks" (2016).
    """

    def __init__(
        self, i: int, o: int, h: int, w: int, kind: str, rows: bool = False, d: int = 1
    ) -> None:
        super().__init__(i, o, (h, w), padding=(h // 2 * d, w // 2 * d), dilation=d)
        before = 0 if rows else w // 2
        through = w if rows else w // 2 + 1
        self.register_buffer("mask", torch.zeros(h, w))
        self.mask[: h // 2] = 1
        self.mask[h // 2, : before if kind == "A" else through] = 1

    def forward(self, x: torch.Tensor) -> torch.Tensor:  # pyrefly: ignore[bad-override-param-name]
        return self._conv_forward(x, self.weight * self.mask, self.bias)


class PixelCNN(nn.Module):
    """For every pixel a guess from the pixels before it alone. Lesson 07 teaches it.

    A stack of convolutions v sees the rows above, a stack h the pixel's own row to the left; v is
    added to h, so that there is no blind spot.

    Args:
        i, o: channels in and out.
        size: pixels on a side.
        C: channels in between.
        D: the dilation of each layer.

    Maps `(n, i, r, size)`, the first r rows of pictures, to `(n, o, r, size)`.

    Source: A. van den Oord et al., "Conditional image generation with PixelCNN decoders" (2016).
    """

    def __init__(
        self, i: int, o: int, size: int = 16, C: int = 32, D: Sequence[int] = (1, 2, 4, 1)
    ) -> None:
        super().__init__()
        self.place = nn.Parameter(torch.zeros(2, C, size, size))
        self.v0 = Masked(i, C, 3, 3, "A", rows=True)
        self.h0 = Masked(i, C, 1, 3, "A")
        self.v = nn.ModuleList(Masked(C, C, 3, 3, "B", True, d) for d in D)
        self.h = nn.ModuleList(Masked(C, C, 1, 3, "B", False, d) for d in D)
        self.across = nn.ModuleList(nn.Conv2d(C, C, 1) for _ in D)
        self.back = nn.ModuleList(nn.Conv2d(C, C, 1) for _ in D)
        self.out = nn.Conv2d(C, o, 1)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        place = self.place[:, :, : x.shape[2]]
        v = self.v0(x) + place[0]
        h = self.h0(x) + place[1]
        for V, H, P, Q in zip(self.v, self.h, self.across, self.back, strict=True):
            v = v + V(torch.relu(v))
            h = h + Q(torch.relu(H(torch.relu(h)) + P(torch.relu(v))))
        return self.out(torch.relu(h))


def embed(t: torch.Tensor, d: int = 64) -> torch.Tensor:
    """Times t (n,) in [0, 1] as d numbers each, sines and cosines: (n, d). Lesson 08 teaches it.

    Source: A. Vaswani et al., "Attention is all you need" (2017).
    """
    w = torch.logspace(0, 3, d // 2, device=t.device)
    angle = w * t[:, None]
    return torch.cat([angle.sin(), angle.cos()], dim=1)


class Block(nn.Module):
    """Two convolutions, scaled and shifted by the condition, plus the input. Lesson 08 teaches it.

    Maps x `(n, C, h, w)` and the condition e `(n, d)` to `(n, C, h, w)`.

    Source: J. Ho et al., "Denoising diffusion probabilistic models" (2020); scale and shift:
    P. Dhariwal, A. Nichol, "Diffusion models beat GANs on image synthesis" (2021).
    """

    def __init__(self, C: int, d: int = 128) -> None:
        super().__init__()
        self.norm1 = nn.GroupNorm(8, C)
        self.conv1 = nn.Conv2d(C, C, 3, padding=1)
        self.norm2 = nn.GroupNorm(8, C)
        self.conv2 = nn.Conv2d(C, C, 3, padding=1)
        self.tell = nn.Linear(d, 2 * C)

    def forward(self, x: torch.Tensor, e: torch.Tensor) -> torch.Tensor:
        scale, shift = self.tell(e)[:, :, None, None].chunk(2, dim=1)
        h = self.conv1(F.silu(self.norm1(x)))
        h = (1 + scale) * self.norm2(h) + shift
        return x + self.conv2(F.silu(h))


class Attention(nn.Module):
    """Every position attends to every other: (n, C, h, w) -> (n, C, h, w). Lesson 08 teaches it.

    Source: A. Vaswani et al., "Attention is all you need" (2017).
    """

    def __init__(self, C: int, heads: int = 4) -> None:
        super().__init__()
        self.heads = heads
        self.norm = nn.GroupNorm(8, C)
        self.qkv = nn.Conv2d(C, 3 * C, 1)
        self.out = nn.Conv2d(C, C, 1)

    def attend(self, q: torch.Tensor, k: torch.Tensor, v: torch.Tensor) -> torch.Tensor:
        """Means of the values, weighted by attention; all are (n, heads, m, d)."""
        d = q.shape[-1]
        a = (q @ k.mT / d**0.5).softmax(-1)
        return a @ v

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        qkv = self.qkv(self.norm(x)).flatten(2)
        q, k, v = qkv.unflatten(1, (3, self.heads, -1)).mT.unbind(1)
        out = self.attend(q, k, v).mT.reshape(x.shape)
        return x + self.out(out)


def copies(make: Callable[[], nn.Module], n: int) -> nn.ModuleList:
    """n layers of one kind. Lesson 08 teaches it."""
    return nn.ModuleList(make() for _ in range(n))


class UNetLayers(nn.Module):
    """The layers of `UNet`. Lesson 08 teaches it."""

    def __init__(self, classes: int = 0, C: int = 48, levels: int = 1, d: int = 3) -> None:
        super().__init__()
        self.time = nn.Sequential(nn.Linear(64, 128), nn.SiLU(), nn.Linear(128, 128))
        self.label = nn.Embedding(classes + 1, 128)
        self.enter = nn.Conv2d(4 * d, C, 3, padding=1)
        self.down = copies(lambda: Block(C), levels)
        self.shrink = copies(lambda: nn.Conv2d(C, C, 3, stride=2, padding=1), levels)
        self.middle = copies(lambda: Block(C), 3)
        self.attend = copies(lambda: Attention(C), 3)
        self.grow = copies(lambda: nn.Conv2d(C, C, 3, padding=1), levels)
        self.up = copies(lambda: Block(C), levels)
        leave = nn.Conv2d(C, 4 * d, 3, padding=1)
        self.leave = nn.Sequential(nn.GroupNorm(8, C), nn.SiLU(), leave)


class UNet(UNetLayers):
    """Noisy pictures, times and classes to a guess of the same shape. Lesson 08 teaches it.

    Args:
        classes: of what is shown; class number `classes` says that it is not told.
        C: channels, a multiple of 8.
        levels: how many times the maps are halved in height and width, after once at the start.
        d: colours.

    Maps x `(n, d, h, w)`, t `(n,)` in [0, 1] and c `(n,)`, int64, to `(n, d, h, w)`; h and w are
    multiples of 2 to the power of levels + 1.

    Source: O. Ronneberger et al., "U-Net" (2015); J. Ho et al., "Denoising diffusion probabilistic
    models" (2020).
    """

    def forward(self, x: torch.Tensor, t: torch.Tensor, c: torch.Tensor) -> torch.Tensor:
        e = F.silu(self.time(embed(t)) + self.label(c))
        h = self.enter(F.pixel_unshuffle(x, 2))
        kept = []
        for block, shrink in zip(self.down, self.shrink, strict=True):
            kept.append(block(h, e))
            h = shrink(kept[-1])
        for block, attend in zip(self.middle, self.attend, strict=True):
            h = attend(block(h, e))
        for grow, block in zip(self.grow, self.up, strict=True):
            h = grow(F.interpolate(h, scale_factor=2.0))
            h = block(h + kept.pop(), e)
        return F.pixel_shuffle(self.leave(h), 2)
