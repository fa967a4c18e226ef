"""Trains the networks that lesson 12 ships, with the lesson's own code."""

from functools import partial
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn

from course_utils.density import ImageDensity
from tools.lessons import definitions

PICTURES = ("spiral", "bat", "two_discs")


def ddpm_loss(net: nn.Module, x: Tensor, done: float, lesson: dict[str, Any]) -> Tensor:
    """The loss of lesson 10's diffusion, which predicts v, at points x (S, n, 2): (S,)."""
    eps = torch.randn_like(x)
    t = lesson["times_of"](x)
    a = lesson["alpha_bar"](t)
    x_t = a.sqrt() * x + (1 - a).sqrt() * eps
    v = a.sqrt() * eps - (1 - a).sqrt() * x
    return ((net(x_t, t) - v) ** 2).mean(dim=(1, 2))


def trained(lesson: dict[str, Any], kind: str, picture: str, steps: int, seed: int) -> nn.Module:
    """One network of a kind for a picture, from a start and from points of its own."""
    torch.manual_seed(seed)
    points = ImageDensity.from_file(picture).sample(400_000, np.random.default_rng(seed))
    batches = lesson["draw_batches"](4 * torch.from_numpy(points) - 2, 1)
    loss = partial(ddpm_loss, lesson=lesson)
    if kind in ("drift", "fixed"):
        width = lesson["narrower"] if kind == "drift" else lesson["constant"](0.1)
        loss = partial(lesson["drift_loss"], tau=width, latent=2, kernel="Laplace")
    return lesson["train"](lesson["shipped_network"](kind, 1), loss, batches, steps, rate=4e-3)


def plane(ddpm_steps: int, drift_steps: int, S: int = 3) -> dict[str, Tensor]:
    """DDPM and drifting of three pictures, S runs each: tensors side by side, halved in size.

    A DDPM "long" has as many steps as drifting. For the spiral there is also drifting of one width,
    "fixed".
    """
    lesson, nets = definitions("12"), {}
    steps_of = {"ddpm": ddpm_steps, "drift": drift_steps, "long": drift_steps}
    names = [(kind, picture) for kind in steps_of for picture in PICTURES]
    for kind, picture in [*names, ("fixed", "spiral")]:
        steps = steps_of.get(kind, drift_steps)
        runs = [trained(lesson, kind, picture, steps, s).state_dict() for s in range(S)]
        for part in runs[0]:
            nets[f"{kind}_{picture}.{part}"] = torch.cat([run[part] for run in runs]).half()
    return nets


def table(ddpm_steps: int, drift_steps: int, runs: int = 10) -> dict[str, Tensor]:
    """What the lesson says of so many runs, "kind_picture: measure" -> (runs,).

    The runs of `plane` come first; those after them have starts and points of their own.
    """
    lesson, found = definitions("12"), {}
    steps_of = {"ddpm": ddpm_steps, "drift": drift_steps, "long": drift_steps}
    names = [(kind, picture) for kind in ("ddpm", "drift") for picture in PICTURES]
    for kind, picture in [*names, ("long", "spiral")]:
        rows, density = [], ImageDensity.from_file(picture)
        for seed in range(runs):
            net = trained(lesson, kind, picture, steps_of[kind], seed).requires_grad_(False)
            torch.manual_seed(1000 + seed)
            z = torch.randn(1, 10_000, 2)
            x = net(z) if kind == "drift" else lesson["ddpm"](net, z, 100)
            rows += lesson["judge"](x, density, np.random.default_rng(seed))
        for key in ("TV", "coverage"):
            found[f"{kind}_{picture}: {key}"] = torch.tensor([row[key] for row in rows]).float()
    return found
