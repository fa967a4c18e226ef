"""The article's GAN against that of lesson 02, on pictures, at the same CPU time.

    python -m tests.benchmarks.gans                   10 seeds on each picture of the course
    python -m tests.benchmarks.gans --seeds 5 my.png  5 seeds on these

One thread, so that CPU seconds can be compared. The article's recipe is written anew from its
description: a hidden layer of 50 (G) and of 100 (D), sigmoids, binary cross-entropy, Adadelta,
batches of 2,000, three steps of D for one of G, 2,000 rounds. Ours is `train` of the lesson as it
stands there, with its default choices.
"""

import argparse
import time
from pathlib import Path

import numpy as np
import torch
from torch import nn
from tqdm import tqdm

from course_utils.density import ImageDensity, course_pictures
from course_utils.metrics import floor, measure
from tools.lessons import definitions


def perceptron(d_in, hidden, d_out):
    layers = nn.Linear(d_in, hidden), nn.LeakyReLU(0.1), nn.Linear(hidden, d_out), nn.Sigmoid()
    return nn.Sequential(*layers)


def article(density, rng, rounds=2000, batch=2000):
    G, D = perceptron(2, 50, 2), perceptron(2, 100, 1)
    g_optimizer, d_optimizer = (torch.optim.Adadelta(net.parameters()) for net in (G, D))
    loss, real, fake = nn.BCELoss(), torch.ones(batch, 1), torch.zeros(batch, 1)
    for _ in range(rounds):
        for _ in range(3):
            x = torch.from_numpy(density.sample(batch, rng))
            x_hat = G(torch.randn(batch, 2)).detach()
            d_optimizer.zero_grad()
            (loss(D(x), real) + loss(D(x_hat), fake)).backward()
            d_optimizer.step()
        g_optimizer.zero_grad()
        loss(D(G(torch.randn(batch, 2))), real).backward()
        g_optimizer.step()
    return G(torch.randn(10_000, 2)).detach().numpy()


def lesson(density, rng):
    names = definitions("02")
    names["Steps"] = lambda steps: Silent(range(steps))
    E = names["train"](*names["players"](1), [density], rng)
    return names["generate"](E).detach()[0].numpy()


class Silent:
    """A loop without a bar."""

    def __init__(self, steps):
        self.steps = steps

    def __iter__(self):
        return iter(self.steps)

    def show(self, **numbers):
        pass


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("pictures", nargs="*", default=[*course_pictures()])
    parser.add_argument("--seeds", type=int, default=10)
    options = parser.parse_args()
    torch.set_num_threads(1)
    print("median (worst) of", options.seeds, "seeds; SW in thousandths of the side\n")
    print(f"{'picture':12}{'recipe':10}{'CPU s':>7}{'SW':>16}{'coverage':>16}{'precision':>16}")
    for picture in options.pictures:
        density = ImageDensity.from_file(picture)
        low = floor(density, 10_000, np.random.default_rng(0))
        for recipe in (article, lesson):
            seconds, rows = [], []
            for seed in tqdm(range(options.seeds), desc=picture, leave=False):
                torch.manual_seed(seed)
                rng, start = np.random.default_rng(seed), time.process_time()
                x_hat = recipe(density, rng)
                seconds.append(time.process_time() - start)
                rows.append(measure(x_hat, density, rng))
            line = f"{Path(picture).stem[:11]:12}{recipe.__name__:10}{np.median(seconds):7.1f}"
            for key, worst, form in [
                ("SW", max, "7.2f"),
                ("coverage", min, "7.3f"),
                ("precision", min, "7.3f"),
            ]:
                values = [row[key] for row in rows]
                line += f"{np.median(values):{form}} ({worst(values):{form}})"
            print(line, flush=True)
        print(f"{'':12}{'floor':17}{low['SW']:7.2f}{low['coverage']:16.3f}{low['precision']:16.3f}")


if __name__ == "__main__":
    main()
