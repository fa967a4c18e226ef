"""A common diffusion model of homeworks against that of lesson 08, at equal CPU time.

    python -m tests.benchmarks.unet
    python -m tests.benchmarks.unet --pictures scratch    keeps 16 faces of each there, too

One thread, so that CPU seconds can be compared. The reference is written anew from its description.
Where that leaves a choice, it is the reference that gains: its weights are averaged after every
step, from the first on and faster at the start, and of its two samplers the better one counts.
Ours is `train` of `course_utils.diffusion` as it stands there, with its defaults.
"""

import argparse
import copy
import math
import os
import time
from functools import partial
from itertools import pairwise
from pathlib import Path

import numpy as np
import torch
import torch.nn.functional as F
from PIL import Image
from torch import nn
from torch._inductor import config as inductor

from course_utils import diffusion
from course_utils.datasets.faces import FACTORS, faces
from course_utils.judge import accuracy, report
from course_utils.models import UNet
from tests.benchmarks.gans import Silent

CLASSES, BATCH = len(FACTORS["hair"]), 16


class Standardised(nn.Conv2d):
    """A 3x3 convolution whose filters are brought to mean 0 and variance 1."""

    def __init__(self, i, o):
        super().__init__(i, o, 3, padding=1)

    def forward(self, x):
        var, mean = torch.var_mean(self.weight, (1, 2, 3), correction=0, keepdim=True)
        return self._conv_forward(x, (self.weight - mean) * (var + 1e-5).rsqrt(), self.bias)


class Norm(nn.Module):
    """The planes of every place brought to mean 0 and variance 1, times learnt gains."""

    def __init__(self, C):
        super().__init__()
        self.gain = nn.Parameter(torch.ones(C, 1, 1))

    def forward(self, x):
        var, mean = torch.var_mean(x, 1, correction=0, keepdim=True)
        return (x - mean) * (var + 1e-5).rsqrt() * self.gain


class Residual(nn.Module):
    """Two convolutions, the first scaled and shifted by the time, plus the input."""

    def __init__(self, i, o, d=256):
        super().__init__()
        self.tell = nn.Sequential(nn.SiLU(), nn.Linear(d, 2 * o))
        self.conv1, self.norm1 = Standardised(i, o), nn.GroupNorm(8, o)
        self.conv2, self.norm2 = Standardised(o, o), nn.GroupNorm(8, o)
        self.past = nn.Conv2d(i, o, 1) if i != o else nn.Identity()

    def forward(self, x, e):
        scale, shift = self.tell(e)[:, :, None, None].chunk(2, dim=1)
        h = F.silu(self.norm1(self.conv1(x)) * (1 + scale) + shift)
        return F.silu(self.norm2(self.conv2(h))) + self.past(x)


class Look(nn.Module):
    """Attention, full or linear in the number of places, after a norm; plus the input."""

    def __init__(self, C, full=False, heads=4, d=32):
        super().__init__()
        self.full, self.heads, self.reach = full, heads, d**-0.5
        self.norm, self.qkv = Norm(C), nn.Conv2d(C, 3 * heads * d, 1, bias=False)
        out = nn.Conv2d(heads * d, C, 1)
        self.out = out if full else nn.Sequential(out, Norm(C))

    def forward(self, x):
        q, k, v = self.qkv(self.norm(x)).flatten(2).unflatten(1, (3, self.heads, -1)).unbind(1)
        if self.full:
            y = v @ (q.mT @ k * self.reach).softmax(-1).mT
        else:
            y = (v / v.shape[-1] @ k.softmax(-1).mT) @ (q.softmax(-2) * self.reach)
        return x + self.out(y.flatten(1, 2).unflatten(2, x.shape[2:]))


class Reference(nn.Module):
    """Noisy pictures `(n, 3, h, w)` and steps `(n,)` from 0 to 999: the noise."""

    def __init__(self, C=64, times=(1, 2, 4)):
        super().__init__()
        self.C, widths = C, [C, *(C * m for m in times)]
        self.time = nn.Sequential(nn.Linear(C, 4 * C), nn.GELU(), nn.Linear(4 * C, 4 * C))
        self.enter = nn.Conv2d(3, C, 7, padding=3)
        self.down, self.up = nn.ModuleList(), nn.ModuleList()
        for level, (i, o) in enumerate(pairwise(widths)):
            last = level == len(times) - 1
            shrink = nn.Sequential(nn.PixelUnshuffle(2), nn.Conv2d(4 * i, o, 1))
            shrink = nn.Conv2d(i, o, 3, padding=1) if last else shrink
            self.down.append(nn.ModuleList([Residual(i, i), Residual(i, i), Look(i), shrink]))
            grow = [nn.Conv2d(o, i, 3, padding=1)]
            grow = nn.Sequential(*([nn.Upsample(scale_factor=2.0)] if level else []), *grow)
            stage = [Residual(o + i, o), Residual(o + i, o), Look(o), grow]
            self.up.insert(0, nn.ModuleList(stage))
        top = widths[-1]
        self.middle = nn.ModuleList([Residual(top, top), Look(top, full=True), Residual(top, top)])
        self.last, self.leave = Residual(2 * C, C), nn.Conv2d(C, 3, 1)

    def forward(self, x, t):
        w = torch.exp(torch.arange(self.C // 2) * -math.log(10_000) / (self.C // 2 - 1))
        e = self.time(torch.cat([(t[:, None] * w).sin(), (t[:, None] * w).cos()], 1))
        first = h = self.enter(x)
        kept = []
        for block1, block2, look, shrink in self.down:
            h = block1(h, e)
            kept.append(h)
            h = look(block2(h, e))
            kept.append(h)
            h = shrink(h)
        block1, look, block2 = self.middle
        h = block2(look(block1(h, e)), e)
        for block1, block2, look, grow in self.up:
            h = block1(torch.cat([h, kept.pop()], 1), e)
            h = grow(look(block2(torch.cat([h, kept.pop()], 1), e)))
        return self.leave(self.last(torch.cat([h, first], 1), e))


def levels(k):
    """Shares of picture and noise at steps k `(n,)` of 1,000, `(n, 1, 1, 1)`; -1 is no noise."""
    bar = (1 - torch.linspace(1e-4, 0.02, 1000, dtype=torch.float64)).cumprod(0)
    bar = torch.cat([torch.ones(1), bar])[k + 1].view(-1, 1, 1, 1)
    return bar.sqrt().float(), (1 - bar).sqrt().float()


def reference_train(net, x_0, steps=None, seconds=math.inf):
    """The reference's training, for so many steps or CPU seconds.

    Returns the network with averaged weights, and how many steps were taken.
    """
    avg, k, start = copy.deepcopy(net), 0, time.process_time()
    optimizer = torch.optim.Adam(net.parameters(), 1e-4, (0.9, 0.99))
    while k != steps and time.process_time() - start < seconds:
        x, t = x_0[torch.randint(len(x_0), (BATCH,))], torch.randint(1000, (BATCH,))
        eps, (a, b) = torch.randn_like(x), levels(t)
        optimizer.zero_grad()
        F.mse_loss(net(a * x + b * eps, t), eps).backward()
        optimizer.step()
        k += 1
        with torch.no_grad():
            for p, q in zip(avg.parameters(), net.parameters(), strict=True):
                p.lerp_(q, max(0.005, (k + 1) ** (-2 / 3)))
    return avg, k


def reference_sample(net, eta, n):
    """Pictures `(n, 3, 32, 32)` by the sampler of ours, its times spread over the 1,000 steps."""

    def step(t):
        return (1000 * t / 0.999 - 1).round().long()

    _, guesses = diffusion.generate(
        lambda x, t, c: net(x, step(t)),
        torch.zeros(n, dtype=torch.int64),
        eta=eta,
        way=lambda t: levels(step(t)),
        recover=lambda a, b, x, eps: (x - b * eps) / a,
    )
    return (guesses[-1] + 1) / 2


def our_sample(net, c):
    return (diffusion.generate(net, c)[1][-1] + 1) / 2


def seconds(work, steps):
    """CPU seconds of a step, of `work(steps)`, after five more."""
    work(5)
    start = time.process_time()
    work(steps)
    return (time.process_time() - start) / steps


def bf16_loss(net, *items):
    with torch.autocast("cpu", torch.bfloat16):
        return diffusion.picture_loss(net, *items)


def channels_last(net):
    return net.to(memory_format=torch.channels_last)


def compiled(net):
    """The network, compiled when it is first called, by one process."""
    inductor.compile_threads, inductor.force_disable_caches = 1, True
    net.compile()
    return net


def variants(x_0, c, rounds=4, steps=20):
    """A step of ours in other ways: rows of name, CPU seconds, and these relative to plain.

    The ways take turns, so that what else the machine does falls on all of them. Returns too how
    many CPU seconds the first steps of the last way take, with all that it compiles.
    """
    ways = {
        "plain": (UNet(CLASSES, 48), diffusion.picture_loss),
        "channels last": (channels_last(UNet(CLASSES, 48)), diffusion.picture_loss),
        "bf16 autocast": (UNet(CLASSES, 48), bf16_loss),
        "both": (channels_last(UNet(CLASSES, 48)), bf16_loss),
        "compiled": (compiled(UNet(CLASSES, 48)), diffusion.picture_loss),
    }
    works, spent = {}, {name: [] for name in ways}
    for name, (net, loss) in ways.items():
        works[name], before = partial(diffusion.train, net, loss, x_0, c), sum(os.times()[:4])
        try:
            works[name](2)
        except RuntimeError as e:
            print(f"{name}: {str(e).splitlines()[0]}")  # such as that there is no compiler
            del works[name], spent[name]
    first = sum(os.times()[:4]) - before
    for _ in range(rounds):
        for name, work in works.items():
            spent[name].append(seconds(work, steps))
    plain = np.array(spent["plain"])
    rows = [(name, np.median(s), np.median(s / plain)) for name, s in spent.items()]
    return rows, first


def keep(x, path):
    """16 faces as one picture, three times as large."""
    x = (255 * x[:16].numpy()).astype(np.uint8).reshape(4, 4, 3, 32, 32)
    x = x.transpose(0, 3, 1, 4, 2).reshape(128, 128, 3)
    Image.fromarray(x.repeat(3, 0).repeat(3, 1)).save(path)


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--pictures", type=Path, help="a folder to keep 16 faces of each in")
    parser.add_argument("--seconds", type=float, default=300, help="of the reference's training")
    parser.add_argument("--faces", type=int, default=200, help="how many to judge")
    options = parser.parse_args()
    torch.set_num_threads(1)
    diffusion.Steps = lambda steps: Silent(range(steps))
    x, factors = faces(10_000, np.random.default_rng(0))
    x_0, c = 2 * torch.from_numpy(x) - 1, torch.from_numpy(factors["hair"])
    n, others = options.faces, np.random.default_rng(1)
    real, more = (faces(n, others)[0] for _ in range(2))
    told = torch.from_numpy(others.integers(CLASSES, size=n))

    torch.manual_seed(0)
    net, loss = Reference(), diffusion.picture_loss
    costs = {"reference": seconds(partial(reference_train, net, x_0), 15)}
    sizes = {"reference": net}
    for C in 48, 64:
        sizes[f"ours, {C}"] = net = UNet(CLASSES, C)
        costs[f"ours, {C}"] = seconds(partial(diffusion.train, net, loss, x_0, c), 40)
    print(f"{'':14}{'weights':>10}{'CPU ms a picture':>18}{'reference / it':>16}")
    for name, s in costs.items():
        weights = sum(p.numel() for p in sizes[name].parameters())
        print(f"{name:14}{weights:10,}{1000 * s / BATCH:18.2f}{costs['reference'] / s:16.1f}")
    print(f"\n{'a step of ours':18}{'CPU ms':>8}{'of plain':>10}", flush=True)
    rows, first = variants(x_0, c)
    for name, s, share in rows:
        print(f"{name:18}{1000 * s:8.1f}{share:10.2f}")
    print(f"compiling costs {first:.0f} CPU s, once")

    columns = "FD", "precision", "recall", "intact", "sure"
    print(f"\n{'':26}{'CPU s':>7}{'steps':>7}", *(f"{key:>10}" for key in columns), "      hair")
    found = {}

    def judge(name, x, spent=0.0, steps=0, c=None):
        found[name] = report(x, real) | {"spent": spent}
        line = f"{name:26}{spent:7.1f}{steps:7d}"
        line += "".join(f"{found[name][key]:11.3f}" for key in columns)
        print(line, f"{accuracy(x, {'hair': c})['hair']:9.3f}" if c is not None else "", flush=True)
        if options.pictures:
            keep(x, options.pictures / f"unet {name}.png")

    judge("other real faces", torch.from_numpy(more))
    torch.manual_seed(0)
    start = time.process_time()
    net, steps = reference_train(Reference(), x_0, seconds=options.seconds)
    spent = time.process_time() - start
    for eta in 0, 1:
        judge(f"reference, eta {eta}", reference_sample(net, eta, n), spent, steps)
    best = min(found[f"reference, eta {eta}"]["FD"] for eta in (0, 1))

    untold = torch.full_like(c, CLASSES)
    for share, classes in (20, c), (10, c), (5, c), (5, untold):
        aim = options.seconds / share
        steps = round(aim / costs["ours, 48"])
        torch.manual_seed(0)
        start = time.process_time()
        net, _ = diffusion.train(UNet(CLASSES, 48), loss, x_0, classes, steps)
        spent = time.process_time() - start
        if classes is c:
            judge(f"ours, {aim:.0f} s", our_sample(net, told), spent, steps, told)
        else:
            judge(f"ours untold, {aim:.0f} s", our_sample(net, untold[:n]), spent, steps)
    print(f"\nCPU time until at most the reference's FD of {best:.1f}, as a share of its own:")
    for words in "ours", "ours untold":
        rows = [row for name, row in found.items() if name.startswith(words + ",")]
        good = [row["spent"] for row in rows if row["FD"] <= best]
        share = min(good, default=0) / found["reference, eta 0"]["spent"]
        print(f"{words}: {f'{share:.3f} or less' if good else 'not reached'}")


if __name__ == "__main__":
    main()
