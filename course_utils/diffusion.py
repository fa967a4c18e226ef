"""The diffusion of pictures of lesson 08; trained on one processor, one GPU, or several.

    python -m course_utils.diffusion --steps 2000
    torchrun --nproc-per-node 4 -m course_utils.diffusion --size 64 --planes 128 --batch 256

With `--path FILE` a training that was stopped goes on where it was, if called again with the same
words. Each process computes its part of every batch, so any number of them takes the same steps.
"""

import argparse
import copy
import math
import os
from itertools import pairwise
from pathlib import Path

import numpy as np
import torch
import torch.distributed as dist
from torch.nn.parallel import DistributedDataParallel

from course_utils.datasets.faces import FACTORS, faces
from course_utils.keeping import Kept
from course_utils.models import UNet
from course_utils.training import Steps


def mix(t):
    """Shares of picture and noise at times t `(n,)` in [0, 1]: a and b, `(n, 1, 1, 1)` each.

    The cosine schedule with infinitely many steps: a squared is alpha bar. Lesson 08 teaches it.
    """
    angle = t.view(-1, 1, 1, 1) * math.pi / 2
    return angle.cos(), angle.sin()


def picture_loss(net, x_0, t, eps, c):
    """How far the guess at x_0 `(n, d, h, w)` is off, given x_t, t and c. Lesson 08 teaches it."""
    a, b = mix(t)
    return ((net(a * x_0 + b * eps, t, c) - x_0).square() / (b**2 + 0.1)).mean()


def draw(x_0, c, n, k, untold):
    """Batch k of n: pictures, times, noises, classes; one class in ten is not told.

    The same for the same k. The times are spread evenly. Lesson 08 teaches it.
    """
    g = torch.Generator(x_0.device).manual_seed(k)
    i, told = torch.rand(2, n, generator=g, device=x_0.device)
    i, told = (i * len(x_0)).long(), told > 0.1
    t = (torch.arange(n, device=i.device) + torch.rand(n, generator=g, device=i.device)) / n
    eps = torch.randn(n, *x_0.shape[1:], generator=g, device=i.device)
    return x_0[i], t, eps, torch.where(told, c[i], untold)


def train(net, loss, x_0, c, steps, batch=16, rate=2e-3, path=None, seed=0, part=slice(None)):
    """Minimise a loss such as `picture_loss`. Lesson 08 teaches it.

    Args:
        net: a `UNet`, or one in DistributedDataParallel.
        x_0: pictures, `(N, d, h, w)` in [-1, 1].
        c: their classes, int64 `(N,)`.
        path: a file to keep all that was learnt in, and to go on from if it is there.
        part: what of each batch this process computes.

    Returns the network with averaged weights, and the loss of every step.

    Raises:
        ValueError: the file keeps another training, or is damaged; see `keeping.Kept`.
    """
    core = getattr(net, "module", net)
    avg = copy.deepcopy(core)
    optimizer = torch.optim.Adam(net.parameters(), rate, (0.9, 0.99), fused=True)
    parts, first = {"net": core, "avg": avg, "optimizer": optimizer}, not part.start
    kept = Kept(path, parts, x_0, c, steps, first, batch=batch, rate=rate, seed=seed)
    losses = kept.losses
    for _ in (bar := Steps(steps - len(losses))) if len(losses) < steps else ():
        k = len(losses)
        optimizer.param_groups[0]["lr"] = rate * min((k + 1) / 100, (1 - k / steps) / 0.3, 1)
        items = draw(x_0, c, batch, k + 1_000_003 * seed, core.label.num_embeddings - 1)
        value = loss(net, *(item[part] for item in items))
        optimizer.zero_grad()
        value.backward()
        optimizer.step()
        with torch.no_grad():
            for p, q in zip(avg.parameters(), core.parameters(), strict=True):
                p.lerp_(q, max(0.001, 10 / (k + 10)))
        losses.append(value.item())
        bar.show(loss=losses[-1])
        if len(losses) % 500 == 0:
            kept.save()
    kept.save()
    return avg, losses


@torch.no_grad()
def generate(net, c, steps=50, eta=1.0, w=1.0, seed=0, size=32, way=mix, recover=None, alike=False):
    """Pictures of classes c `(n,)`, made of noise. Lesson 08 teaches it.

    Args:
        eta: 1 for DDPM, 0 for DDIM.
        w: guidance; 1 for none.
        way: a and b at times t, as `mix`.
        recover: x_0 from a, b, x_t and what the net says; if not given, the net says x_0.
        alike: one noise for all pictures.

    Returns all x_t and all guesses at x_0, `(steps, n, 3, size, size)` each.

    Source: J. Song et al., "Denoising diffusion implicit models" (2021); J. Ho, T. Salimans,
    "Classifier-free diffusion guidance" (2022).
    """
    g, path, guesses = torch.Generator().manual_seed(seed), [], []
    shape = 1 if alike else len(c), 3, size, size
    x = torch.randn(shape, generator=g).expand(len(c), -1, -1, -1)
    times = torch.linspace(0.999, 0, steps + 1)
    for now, then in pairwise(times[:, None]):
        (a, b), (a_then, b_then) = way(now), way(then)
        y = net(x, now.expand(len(c)), c)
        if w != 1:
            free = net(x, now.expand(len(c)), torch.full_like(c, net.label.num_embeddings - 1))
            y = free + w * (y - free)
        x_0 = (recover(a, b, x, y) if recover else y).clamp(-1, 1)
        path.append(x)
        guesses.append(x_0)
        sigma = eta * b_then / b * (1 - (a / a_then) ** 2).clamp(min=0).sqrt()
        x = a_then * x_0 + (b_then**2 - sigma**2).clamp(min=0).sqrt() * (x - a * x_0) / b
        x = x + sigma * torch.randn(shape, generator=g)
    return torch.stack(path), torch.stack(guesses)


def main(words=None):
    """Train a `UNet` on faces, as the words of the command line say; returns it and its losses."""
    parser = argparse.ArgumentParser(prog="course_utils.diffusion")
    for name, start in {"steps": 2000, "batch": 16, "size": 32, "planes": 48, "levels": 1}.items():
        parser.add_argument(f"--{name}", type=int, default=start)
    parser.add_argument("--faces", type=int, default=20_000, help="how many to learn from")
    parser.add_argument("--path", type=Path, help="a file to go on from, and to keep it in")
    given = parser.parse_args(words)
    for name, least in {"steps": 1, "faces": 1, "batch": 1, "levels": 0}.items():
        if getattr(given, name) < least:
            parser.error(f"--{name} must be at least {least}.")
    for name, k in {"size": 2 ** (given.levels + 1), "planes": 8}.items():
        if getattr(given, name) < 8 or getattr(given, name) % k:
            parser.error(f"--{name} must be a multiple of {k}, and at least 8.")
    device, part = torch.device("cpu"), slice(None)
    if torch.cuda.is_available():
        device = torch.device("cuda", int(os.environ.get("LOCAL_RANK", "0")))
        torch.cuda.set_device(device)
    if "WORLD_SIZE" in os.environ:
        dist.init_process_group("nccl" if device.type == "cuda" else "gloo")
        part = slice(dist.get_rank(), None, dist.get_world_size())
        if given.batch % dist.get_world_size():
            parser.error(f"--batch must be a multiple of {dist.get_world_size()} processes.")
    x, factors = faces(given.faces, np.random.default_rng(0), given.size)
    x_0, c = 2 * torch.from_numpy(x).to(device) - 1, torch.from_numpy(factors["hair"]).to(device)
    torch.manual_seed(0)
    net = UNet(len(FACTORS["hair"]), given.planes, given.levels).to(device)
    net = DistributedDataParallel(net) if dist.is_initialized() else net
    how = {"steps": given.steps, "batch": given.batch, "path": given.path, "part": part}
    try:
        avg, losses = train(net, picture_loss, x_0, c, **how)
    except ValueError as error:  # the file is not of this training
        parser.error(str(error))
    losses = torch.tensor(losses, dtype=torch.float64, device=device)
    if dist.is_initialized():
        dist.all_reduce(losses)
        losses /= dist.get_world_size()
        dist.destroy_process_group()
    if not part.start:
        for k in np.linspace(1, len(losses), min(10, len(losses))).astype(int):
            print(f"step {k}: loss {losses[k - 1]:.7f}")
    return avg, losses.tolist()


if __name__ == "__main__":
    main()
