"""How long the measures and the data of the lessons take, in seconds of one core.

    python -m tests.benchmarks.measures

The limits are what a lesson of three minutes can bear; they are printed beside the times, since a
test must not depend on how fast a machine is.
"""

import time

import numpy as np

from course_utils.datasets.faces import faces
from course_utils.density import ImageDensity
from course_utils.judge import report
from course_utils.metrics import measure

REPEATS = 5


def seconds(work) -> float:
    """The least CPU time of a few calls."""
    taken = []
    for _ in range(REPEATS):
        start = time.process_time()
        work()
        taken.append(time.process_time() - start)
    return min(taken)


def main():
    rng = np.random.default_rng(0)
    density = ImageDensity.from_file("two_discs")
    x = density.sample(10_000, rng)
    real, drawn = (faces(1000, rng, 32)[0] for _ in range(2))
    rows = {
        "metrics.measure, 10,000 points": (lambda: measure(x, density, rng), 0.05),
        "judge.report, 1,000 faces of 32 x 32": (lambda: report(drawn, real), 3),
        "faces.faces, 10,000 of 16 x 16": (lambda: faces(10_000, rng, 16), 8),
    }
    for name, (work, limit) in rows.items():
        print(f"{name:40} {seconds(work):8.3f} s, at most {limit} s")


if __name__ == "__main__":
    main()
