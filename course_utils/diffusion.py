"""The diffusion of pictures of lesson 08; its training can be kept in a file, and shared.

Each process computes its part of every batch, so any number of them takes the same steps.
`python -m tools.train_diffusion` trains on faces.
"""

import copy
import math
from collections.abc import Callable
from itertools import pairwise
from pathlib import Path
from typing import cast

import torch
from torch import Tensor, nn

from course_utils.keeping import Kept
from course_utils.models import UNet
from course_utils.training import Steps


def mix(t: Tensor) -> tuple[Tensor, Tensor]:
    """Shares of picture and noise at times t `(n,)` in [0, 1]: a and b, `(n, 1, 1, 1)` each.

    The cosine schedule with infinitely many steps: a squared is alpha bar. Lesson 08 teaches it.
    """
    angle = t.view(-1, 1, 1, 1) * math.pi / 2
    return angle.cos(), angle.sin()


def picture_loss(net: nn.Module, x_0: Tensor, t: Tensor, eps: Tensor, c: Tensor) -> Tensor:
    """How far the guess at x_0 `(n, d, h, w)` is off, given x_t, t and c. Lesson 08 teaches it."""
    a, b = mix(t)
    x_hat = net(a * x_0 + b * eps, t, c)
    return ((x_hat - x_0) ** 2 / (b**2 + 0.1)).mean()


def draw(x_0: Tensor, c: Tensor, n: int, k: int, untold: int) -> tuple[Tensor, ...]:
    """Batch k of n: pictures, times, noises, classes; one class in ten is not told.

    The same for the same k. The times are spread evenly. Lesson 08 teaches it.
    """
    g = torch.Generator(x_0.device).manual_seed(k)
    u, v = torch.rand(2, n, generator=g, device=x_0.device)
    i = (u * len(x_0)).long()
    told = v > 0.1
    parts = torch.arange(n, device=i.device) + torch.rand(n, generator=g, device=i.device)
    eps = torch.randn(n, *x_0.shape[1:], generator=g, device=i.device)
    return x_0[i], parts / n, eps, torch.where(told, c[i], untold)


class Learner:
    """A network, what changes its weights, and an average of them. Lesson 08 teaches it.

    The rate rises over 100 steps, and falls over the last 30%. The average `avg` forgets all but
    about the last tenth of the steps, at most the last thousand.
    """

    def __init__(self, net: nn.Module, steps: int, rate: float = 2e-3) -> None:
        self.net = net
        self.steps = steps
        self.rate = rate
        self.avg = copy.deepcopy(net)
        self.optimizer = torch.optim.Adam(net.parameters(), rate, (0.9, 0.99), fused=True)

    def step(self, loss: Tensor, k: int) -> None:
        """Step k: change the weights so that the loss, one number, falls, and average them."""
        rate = self.rate * min((k + 1) / 100, (1 - k / self.steps) / 0.3, 1)
        self.optimizer.param_groups[0]["lr"] = rate
        self.optimizer.zero_grad()
        loss.backward()
        self.optimizer.step()
        with torch.no_grad():
            for p, q in zip(self.avg.parameters(), self.net.parameters(), strict=True):
                p.lerp_(q, max(0.001, 10 / (k + 10)))


def train(
    net: UNet,
    loss: Callable[..., Tensor],
    x_0: Tensor,
    c: Tensor,
    steps: int,
    batch: int = 16,
    rate: float = 2e-3,
    seed: int = 0,
) -> tuple[nn.Module, list[float]]:
    """Minimise a loss such as `picture_loss`. Lesson 08 teaches it.

    Args:
        net: a `UNet`.
        x_0: pictures, `(N, d, h, w)` in [-1, 1].
        c: their classes, int64 `(N,)`.

    Returns the network with averaged weights, and the loss of every step.
    """
    learner = Learner(net, steps, rate)
    untold = net.label.num_embeddings - 1
    losses = []
    bar = Steps(steps)
    for k in bar:
        value = loss(net, *draw(x_0, c, batch, k + 1_000_003 * seed, untold))
        learner.step(value, k)
        losses.append(value.item())
        bar.show(loss=losses[-1])
    return learner.avg, losses


def train_kept(
    net: nn.Module,
    loss: Callable[..., Tensor],
    x_0: Tensor,
    c: Tensor,
    steps: int,
    batch: int = 16,
    rate: float = 2e-3,
    seed: int = 0,
    path: str | Path | None = None,
    part: slice = slice(None),
) -> tuple[nn.Module, list[float]]:
    """`train` that keeps all it has learnt in a file, and is one of several processes.

    Its steps are those of `train`, whether it was stopped between them or not.

    Args:
        net: a `UNet`, or one in DistributedDataParallel.
        path: the file, which it goes on from if it is there; None to keep nothing.
        part: what of each batch this process computes.

    Raises:
        ValueError: the file keeps another training, or is damaged; see `keeping.Kept`.
    """
    core = cast(UNet, getattr(net, "module", net))
    learner = Learner(core, steps, rate)
    parts = {name: getattr(learner, name) for name in ("net", "avg", "optimizer")}
    how = {"batch": batch, "rate": rate, "seed": seed}
    kept = Kept(path, parts, x_0, c, steps, not part.start, **how)
    losses, untold = kept.losses, core.label.num_embeddings - 1
    bar = Steps(steps, first=min(len(losses), steps))
    for k in bar:
        items = draw(x_0, c, batch, k + 1_000_003 * seed, untold)
        value = loss(net, *(item[part] for item in items))
        learner.step(value, k)
        losses.append(value.item())
        bar.show(loss=losses[-1])
        if len(losses) % 500 == 0:
            kept.save()
    kept.save()
    return learner.avg, losses


def guided(net: UNet, x: Tensor, t: Tensor, c: Tensor, w: float) -> Tensor:
    """What the net says of x `(n, d, h, w)` at one time t `(1,)`, with guidance w.

    Lesson 08 teaches it.

    Source: J. Ho, T. Salimans, "Classifier-free diffusion guidance" (2022).
    """
    t = t.expand(len(c))
    y = net(x, t, c)
    if w != 1:
        untold = torch.full_like(c, net.label.num_embeddings - 1)
        free = net(x, t, untold)
        y = free + w * (y - free)
    return y


def step_back(
    x: Tensor, x_0: Tensor, now: tuple[Tensor, Tensor], then: tuple[Tensor, Tensor], eta: float
) -> tuple[Tensor, Tensor]:
    """Mean and standard deviation of an earlier x, given x and a guess at x_0.

    `now` and `then` are a and b at the two times. It holds for any path: a² + b² need not be 1.
    Lesson 08 teaches it.

    Source: J. Song et al., "Denoising diffusion implicit models" (2021).
    """
    a, b = now
    a_then, b_then = then
    eps = (x - a * x_0) / b
    added = b**2 - (b_then * a / a_then) ** 2
    sigma = eta * b_then / b * added.clamp(min=0).sqrt()
    mean = a_then * x_0 + (b_then**2 - sigma**2).clamp(min=0).sqrt() * eps
    return mean, sigma


def refuse(steps: int, eta: float, start: tuple[Tensor, Tensor]) -> None:
    """Stop with a sentence where `generate` would give wrong pictures. Lesson 08 teaches it.

    Raises:
        ValueError: there is no step, eta is out of range, or the path does not begin in noise.
    """
    a, b = start
    if steps < 1:
        raise ValueError(f"generate needs at least 1 step, not {steps}.")
    if not 0 <= eta <= 1:
        raise ValueError(f"eta must lie between 0 (DDIM) and 1 (DDPM), not {eta}.")
    if max(abs(a), abs(b - 1)) > 0.01:
        raise ValueError(
            "generate begins with pure noise, so its path needs a = 0 and b = 1 at t = 1, "
            f"not a = {a.item():.2f} and b = {b.item():.2f}."
        )


@torch.no_grad()
def generate(
    net: UNet,
    c: Tensor,
    steps: int = 50,
    eta: float = 1.0,
    w: float = 1.0,
    seed: int = 0,
    size: int = 32,
    way: Callable[..., tuple[Tensor, Tensor]] = mix,
    recover: Callable[..., Tensor] | None = None,
    alike: bool = False,
) -> tuple[Tensor, Tensor]:
    """Pictures of classes c `(n,)`, made of noise. Lesson 08 teaches it.

    Args:
        eta: 1 for DDPM, 0 for DDIM.
        w: guidance; 1 for none.
        way: a and b at times t, as `mix`.
        recover: x_0 from a, b, x_t and what the net says; if not given, the net says x_0.
        alike: one noise for all pictures.

    Returns all x_t and all guesses at x_0, `(steps, n, 3, size, size)` each.

    Raises:
        ValueError: see `refuse`.
    """
    refuse(steps, eta, way(torch.tensor([0.999])))
    g = torch.Generator().manual_seed(seed)
    shape = (1 if alike else len(c), 3, size, size)
    x = torch.randn(shape, generator=g).expand(len(c), -1, -1, -1)
    times = torch.linspace(0.999, 0, steps + 1)[:, None]
    path = []
    guesses = []
    for now, then in pairwise(times):
        x_0 = guided(net, x, now, c, w)
        if recover:
            x_0 = recover(*way(now), x, x_0)
        x_0 = x_0.clamp(-1, 1)
        path.append(x)
        guesses.append(x_0)
        mean, sigma = step_back(x, x_0, way(now), way(then), eta)
        x = mean + sigma * torch.randn(shape, generator=g)
    return torch.stack(path), torch.stack(guesses)
