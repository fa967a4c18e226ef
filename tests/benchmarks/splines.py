"""Lesson 10's spline flow against zuko's NSF, on the spiral, at the same CPU time.

    python -m pip install --no-deps --target build/zuko zuko==1.6.0
    PYTHONPATH=build/zuko python -m tests.benchmarks.splines                     10 seconds each
    PYTHONPATH=build/zuko python -m tests.benchmarks.splines --seconds 2 --seeds 3

One thread, one network, batches of 256, the same optimiser, schedule and average: `fit` of the
lesson. Each flow is timed for some steps, and gets as many steps as the seconds allow. zuko is
needed here only; the course does not depend on it.
"""

import argparse

import numpy as np
import torch
import zuko

from course_utils.density import ImageDensity
from course_utils.metrics import measure
from tools.lessons import definitions


def library(lesson, transforms):
    """zuko's neural spline flow as a family of the lesson."""

    class NSF(lesson["Family"]):
        def __init__(self):
            super().__init__()
            self.flow = zuko.flows.NSF(2, 0, transforms=transforms, hidden_features=(64, 64))

        def log_p(self, x):
            return self.flow().log_prob(x)

        @torch.no_grad()
        def sample(self, n):
            return self.flow().sample((1, n))

    return NSF


class Silent:
    """Steps without a bar."""

    def __init__(self, n, name):
        self.n = n

    def __iter__(self):
        return iter(range(self.n))

    def show(self, **numbers):
        pass


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--seconds", type=float, default=10)
    parser.add_argument("--seeds", type=int, default=1)
    choices = parser.parse_args()
    torch.set_num_threads(1)
    lesson = definitions("10")
    lesson["fit"].__globals__["Steps"] = Silent
    lesson["Family"].S = 1
    density = ImageDensity.from_file("spiral")
    truth = lesson["entropy_of"](density)
    print(f"the truth has {truth:.3f} nats")
    kinds = {"ours, 2 layers of 32 pieces": lesson["SplineFlow"]}
    kinds |= {f"zuko, {k} transforms": library(lesson, k) for k in (3, 5)}
    for seed in range(choices.seeds):
        for name, kind in kinds.items():
            torch.manual_seed(seed)
            data = lesson["Points"](density, np.random.default_rng(seed), S=1)
            lesson["fit"](kind(), data, 10)
            step = lesson["fit"](kind(), data, 40).seconds / 40
            model = lesson["fit"](kind(), data, max(1, int(choices.seconds / step)))
            x = ((model.sample(10_000) + 2) / 4)[0].numpy()
            tv = measure(x, density, np.random.default_rng(seed))["TV"]
            nats = lesson["likelihood"](model, data, 5000).item()
            print(f"seed {seed}, {name}: {model.steps} steps in {model.seconds:.1f} s, ", end="")
            print(f"TV {tv:.3f}, {nats:.3f} nats")


if __name__ == "__main__":
    main()
