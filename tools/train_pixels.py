"""Trains the networks that lesson 07 compares, with the lesson's own code, and a VQ-VAE for it."""

from typing import Any

import numpy as np
import torch

from course_utils.datasets import digits
from course_utils.datasets.faces import faces
from tools.lessons import definitions

Tensors = dict[str, torch.Tensor]

# About 25 seconds each on one core of the machine where the course was written.
STEPS = {"GRU": 280, "PixelCNN": 1300, "transformer": 430}
CLASSES = {"GRU": "PixelGRU", "PixelCNN": "PixelCNN", "transformer": "PixelTransformer"}
RATES = {
    "GRU": (0.004, 0.008, 0.016, 0.032, 0.064),
    "PixelCNN": (0.002, 0.004, 0.008, 0.016, 0.032),
    "transformer": (0.001, 0.002, 0.004, 0.008, 0.016),
}
TRIAL = 0.3  # of the steps, while a rate is sought


def stacked(nets: list[torch.nn.Module]) -> Tensors:
    """The weights of several networks of one kind, float16, each with a first axis for them."""
    states = [net.state_dict() for net in nets]
    return {key: torch.stack([state[key] for state in states]).half() for key in states[0]}


def fit(
    lesson: dict, name: str, x: torch.Tensor, rate: float, seed: int, share: float = 1.0
) -> torch.nn.Module:
    """A network for faces x (n, 16, 16) in 64 colours, after so large a share of its steps."""
    torch.manual_seed(seed)
    net = lesson[CLASSES[name]](64, 64)
    lesson["train"](net, lesson["guess"], x, round(share * STEPS[name]), rate=rate)
    return net


def tune(lesson: dict, name: str, x: torch.Tensor, x_new: torch.Tensor) -> torch.Tensor:
    """Learning rates, and the bits per pixel on x_new after a short training at each: (2, r)."""
    nets = [fit(lesson, name, x, rate, 0, TRIAL) for rate in RATES[name]]
    bits = [lesson["pixel_bits"](net, x_new).mean().item() for net in nets]
    return torch.tensor([RATES[name], bits])


def compared(lesson: dict, palette: torch.Tensor, seeds: int = 2) -> dict[str, Tensors]:
    """Networks of three kinds; PixelCNNs of other orders and of other ways to treat colour."""
    new = np.random.default_rng([1, 7])
    pictures = [
        faces(n, rng, 16, crisp=True)[0]
        for n, rng in ((8000, np.random.default_rng(0)), (1000, new))
    ]
    x, x_new = (torch.tensor(lesson["encode"](part, palette)).long() for part in pictures)
    made, rate = {}, {}
    for name in STEPS:
        tuning = tune(lesson, name, x, x_new[:200])
        rate[name] = tuning[0, tuning[1].argmin()].item()
        nets = [fit(lesson, name, x, rate[name], seed) for seed in range(seeds)]
        made[f"07_{name.lower()}"] = stacked(nets) | {"tuning": tuning}
    views = {"columns": x.mT, "reversed": x.flip(1, 2)}
    for order, view in views.items():
        nets = [fit(lesson, "PixelCNN", view, rate["PixelCNN"], seed) for seed in range(seeds)]
        made[f"07_{order}"] = stacked(nets)
    for way, channels in (("numbers", 3), ("channels", 24)):
        torch.manual_seed(0)
        net = lesson["PixelCNN"](3, channels)
        loss = lesson[f"{way}_loss"]
        steps = STEPS["PixelCNN"]
        lesson["train"](
            net, lambda net, x, f=loss: f(net, x, palette), x, steps, rate=rate["PixelCNN"]
        )
        made[f"07_{way}"] = stacked([net])
    return made


def codes(steps: int = 1000, n: int = 6500) -> Tensors:
    """Codebook and decoder of a VQ-VAE of lesson 06, and the codes of n digits."""
    lesson: dict[str, Any] = definitions("06")
    torch.manual_seed(0)
    (pictures, _), _ = digits.load()
    x = 2 * torch.tensor(pictures).flatten(1) - 1
    net = lesson["VQVAE"]()
    with torch.no_grad():
        vectors = net.words(x[:200])[0].flatten(0, 1)
        net.codebook.copy_(vectors[torch.randperm(len(vectors))[:32]])
    lesson["train"](net, lesson["vq_loss"], x, steps=steps, lr=5e-3)
    with torch.no_grad():
        words = net.words(x[:n])[1].view(-1, 7, 7)
    # without the layer that only changes the shape
    decoder = {
        f"{int(key.split('.')[0]) - 1}.{key.split('.')[1]}": value
        for key, value in net.decoder.state_dict().items()
    }
    return decoder | {"codebook": net.codebook.detach(), "codes": words.byte()}
