"""Speed and exactness of `ImageDensity.sample` against a loop over single points.

    python -m tests.benchmarks.samplers

Prints, for a million points of every picture of the course and of a photograph: million points a
second of the loop and of `sample` (both use one thread), their ratio (at least 100 is wanted), the
seconds to make the tables, the p-value of chi-square on a 64 x 64 grid, and the total variation
beside its floor.
"""

import time

import numpy as np
from skimage import color, data
from tqdm import tqdm

from course_utils.density import ImageDensity, course_pictures
from course_utils.metrics import cell_counts, chi_square, total_variation

N = 1_000_000


def point_by_point(p, n, rng):
    """The slow reference, as in lesson 01: one point at a time by two interpolations."""
    edges = np.linspace(0, 1, len(p) + 1)
    F = np.r_[0, np.cumsum(p.sum(axis=1))]
    rows = [np.r_[0, np.cumsum(row)] / max(row.sum(), 1e-300) for row in p]
    points = np.empty((n, 2))
    for k, (u_1, u_2) in enumerate(rng.random((n, 2))):
        y = np.interp(u_1, F, edges)
        points[k] = np.interp(u_2, rows[int(y * len(p))], edges), y
    return points


def seconds(call, repeats):
    """Median time of a call, and its last result."""
    times = []
    for _ in range(repeats):
        start = time.perf_counter()
        result = call()
        times.append(time.perf_counter() - start)
    return np.median(times), result


def main():
    targets = {name: ImageDensity.from_file(name) for name in course_pictures()}
    targets["cup (photo)"] = ImageDensity.from_array(color.rgb2gray(data.coffee()))
    rng = np.random.default_rng(0)
    rows = []
    for name, density in tqdm(targets.items(), unit="picture"):
        slow, _ = seconds(lambda d=density: point_by_point(d.pdf, N, rng), 1)
        tables, _ = seconds(lambda d=density: d.sample(1, rng), 1)
        fast, points = seconds(lambda d=density: d.sample(N, rng), 15)
        mass = density.cell_mass(64)
        exact = rng.multinomial(N, mass.ravel(), size=50).reshape(50, 64, 64)
        floor = [total_variation(counts, mass) for counts in exact]
        rows.append(
            f"{name:12s} {N / slow / 1e6:9.2f} {N / fast / 1e6:10.1f} {slow / fast:8.0f}"
            f" {tables:9.3f} {chi_square(points, mass):9.3f}"
            f" {total_variation(cell_counts(points, 64), mass):10.5f}"
            f" {np.mean(floor):9.5f} ± {np.std(floor):.5f}"
        )
    print("picture       loop M/s sample M/s    ratio  tables s   p-value         TV     floor")
    print("\n".join(rows))


if __name__ == "__main__":
    main()
