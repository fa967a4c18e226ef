"""Trains many networks of each family of lesson 10 with the lesson's own code, and judges them."""

from typing import Any

import numpy as np
import torch

from course_utils.density import ImageDensity
from course_utils.metrics import measure
from tools.lessons import definitions

# The class of each family, and the steps that the lesson gives to it.
FAMILIES: dict[str, tuple[str, int]] = {
    "autoregressive": ("Autoregressive", 1000),
    "affine flow": ("AffineFlow", 280),
    "spline flow": ("SplineFlow", 400),
    "VAE": ("VAE", 800),
    "GAN": ("GAN", 550),
    "conditional GAN": ("GAN", 550),
    "energy": ("Energy", 250),
    "diffusion": ("Diffusion", 1500),
    "flow matching": ("Matching", 1500),
}
WIDTHS = (0.005, 0.01, 0.02, 0.03, 0.05)
MEASURES = ("TV", "precision", "coverage")


def trained(lesson: dict[str, Any], data: Any, effort: float, n: int) -> dict[str, Any]:
    """Both baselines, of n points, and all families of the lesson, by name; data draws points."""
    x, others = data(n), data(500)
    kernels = [lesson["KDE"](x, h) for h in WIDTHS]
    models = {"KDE": max(kernels, key=lambda kde: kde.log_p(others).mean())}
    models["mixture"] = lesson["em"](x, 50)[0]
    for name, (family, steps) in FAMILIES.items():
        classes = {"C": 4} if name == "conditional GAN" else {}
        models[name] = lesson["fit"](lesson[family](**classes), data, round(effort * steps))
    return models


def judged(
    model: Any, n: int, density: ImageDensity, rng: np.random.Generator, **how: Any
) -> dict[str, torch.Tensor]:
    """TV, precision and coverage of n points of each of the S networks of a model: (S,) each."""
    points = (model.sample(n, **how) + 2) / 4
    rows = [measure(x, density, rng) for x in points.numpy()]
    return {key: torch.tensor([row[key] for row in rows]).float() for key in MEASURES}


def table(networks: int = 10, effort: float = 1, n: int = 10_000) -> dict[str, torch.Tensor]:
    """What the table of the lesson says of so many networks: "family: measure" -> (networks,).

    They are trained side by side, each from its own start, points and noise. The seed is none that
    a lesson starts with.
    """
    lesson, density = definitions("10"), ImageDensity.from_file("spiral")
    lesson["Family"].S = networks
    torch.manual_seed(100)
    rng = np.random.default_rng(100)
    data = lesson["Points"](density, rng, networks)
    models = trained(lesson, data, effort, n)
    DDIM = "diffusion, η = 0"
    found = {name: judged(model, n, density, rng) for name, model in models.items()}
    found[DDIM] = judged(models["diffusion"], n, density, rng, eta=0.0)
    velocities = {
        "flow matching": models["flow matching"].v,
        DDIM: lesson["backwards_in_angle"](models["diffusion"]),
    }
    known = {name: model for name, model in models.items() if hasattr(model, "log_p")}
    known |= {name: lesson["AlongVelocity"](v) for name, v in velocities.items()}
    truth = lesson["entropy_of"](density)
    for name, model in known.items():
        found[name]["nats"] = truth - lesson["likelihood"](model, data, n // 10)
    return {f"{name}: {key}": x for name, row in found.items() for key, x in row.items()}
