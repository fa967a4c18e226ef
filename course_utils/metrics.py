"""How far points are from a density, on a grid of cells with exactly known masses."""

import numpy as np
from scipy import stats


def cell_counts(points, k: int) -> np.ndarray:
    """Number of points `(n, 2)` of the unit square in each cell of a k x k grid.

    Returns integers `(k, k)`, first index y upward, second x, as `ImageDensity.cell_mass`.

    Raises:
        ValueError: a point lies outside [0, 1) x [0, 1).
    """
    points = np.asarray(points, np.float64)  # float32 would round across the edges of cells
    if not ((points >= 0) & (points < 1)).all():
        outside = int((~((points >= 0) & (points < 1))).any(axis=1).sum())
        raise ValueError(f"{outside} of {len(points)} points lie outside the unit square [0, 1).")
    j, i = (points * k).astype(int).T
    return np.bincount(i * k + j, minlength=k * k).reshape(k, k)


def chi_square(points, mass) -> float:
    """p-value of Pearson's chi-square test of points `(n, 2)` against cell masses `(k, k)`.

    The chance that n exact points differ from the masses at least as much. Cells that expect fewer
    than 5 points are taken together; a point in a cell of mass 0 gives p = 0.

    Source: K. Pearson, Philosophical Magazine 50 (1900).
    """
    observed = cell_counts(points, len(mass)).ravel()
    expected = len(points) * np.ravel(mass)
    if observed[expected == 0].any():
        return 0.0
    few = (expected > 0) & (expected < 5)
    many = expected >= 5
    observed = np.r_[observed[many], observed[few].sum()]
    expected = np.r_[expected[many], expected[few].sum()]
    keep = expected > 0
    if keep.sum() == 1:
        return 1.0  # all points are where they must be
    return float(stats.chisquare(observed[keep], expected[keep], sum_check=False).pvalue)


def total_variation(counts, mass) -> float:
    """Half the summed difference between the shares of counts `(k, k)` and masses `(k, k)`."""
    return float(abs(counts / np.sum(counts) - mass).sum() / 2)
