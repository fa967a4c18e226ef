"""How far generated points, features or pictures are from the true ones."""

import weakref

import numpy as np
from numpy.typing import ArrayLike

from course_utils.arguments import array, real, whole
from course_utils.density import ImageDensity


def cell_counts(points: ArrayLike, k: int) -> np.ndarray:
    """Number of points `(n, 2)` of the unit square in each cell of a k x k grid.

    Returns integers `(k, k)`, first index y upward, second x, as `ImageDensity.cell_mass`.

    Raises:
        ValueError: a point lies outside [0, 1) x [0, 1), or k is less than 1.
    """
    k = whole("k", k, 1, 10_000)
    points = array("points", points, "n", 2)  # float32 would round across the edges of cells
    if not ((points >= 0) & (points < 1)).all():
        outside = int((~((points >= 0) & (points < 1))).any(axis=1).sum())
        raise ValueError(f"{outside} of {len(points)} points lie outside the unit square [0, 1).")
    j, i = (points * k).astype(int).T
    return np.bincount(i * k + j, minlength=k * k).reshape(k, k)


def chi_square(points: ArrayLike, mass: ArrayLike) -> float:
    """p-value of Pearson's chi-square test of points `(n, 2)` against cell masses `(k, k)`.

    The chance that n exact points differ from the masses at least as much. Cells that expect fewer
    than 5 points are taken together; a point in a cell of mass 0 gives p = 0.

    Raises:
        ValueError: as `cell_counts`; there are no points, or the masses are not such numbers.

    Source: K. Pearson, Philosophical Magazine 50 (1900).
    """
    points, mass = array("points", points, "n", 2, least=1), array("mass", mass, "k", "k", least=1)
    if mass.min() < 0:
        raise ValueError("mass has negative values; a probability is at least 0.")
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
    from scipy.special import chdtrc  # here: it takes a fifth of the time in which lesson 01 starts

    chi = (np.square(observed - expected)[keep] / expected[keep]).sum()
    return float(chdtrc(keep.sum() - 1, chi))


def total_variation(counts: ArrayLike, mass: ArrayLike) -> float:
    """Half the summed difference between the shares of counts `(k, k)` and masses `(k, k)`.

    Raises:
        ValueError: their shapes differ, some are NaN or infinite, or the counts do not sum to more
            than 0.
    """
    counts = array("counts", counts, *np.shape(counts))
    mass = array("mass", mass, *counts.shape)
    if counts.sum() <= 0:
        raise ValueError("counts must sum to more than 0: there is no point in any cell.")
    return float(abs(counts / counts.sum() - mass).sum() / 2)


def measure(points: ArrayLike, density: ImageDensity, rng: np.random.Generator) -> dict[str, float]:
    """How far generated points `(n, 2)` are from an `ImageDensity`: five numbers.

    Points outside the unit square are allowed; they lie in no cell and hit nothing.

    - `SW`: **sliced Wasserstein distance**, in thousandths of the picture's side: the mean over 64
      directions u of mean |sort(x·u) - sort(y·u)|, where y are n points drawn from the density.
      (J. Rabin et al., "Wasserstein barycenter and its application to texture mixing", 2011.)
    - `precision`: share of points where the density is at least that of its 99% highest-density
      region. (After M. S. M. Sajjadi et al., "Assessing generative models via precision and
      recall", 2018.)
    - `coverage`: share of the largest cells of a 32 x 32 grid, which together hold 99% of the mass,
      that get at least half their due, o_c >= n m_c / 2. (After M. F. Naeem et al., "Reliable
      fidelity and diversity metrics for generative models", 2020.)
    - `TV`: **total variation** on that grid, half the sum of |o_c / n - m_c|, with all that is
      outside the square as one more cell of mass 0.
    - `bridge`: share of points in the gap between separate parts of the picture: inside the convex
      hull of the highest-density region and more than 0.02 from it. NaN if it is in one part.
      (After Da Wenxi's remark on two discs, 2017.)

    Most are not at their ideal even for true points; `floor` says where they are then.

    Raises:
        ValueError: the points have another shape, or some are NaN or infinite.
    """
    points = real("points", points)
    if points.ndim == 2 and not np.isfinite(points).all():
        lost = int((~np.isfinite(points)).any(axis=1).sum())
        raise ValueError(
            f"{lost} of {len(points)} points are NaN or infinite: the training has diverged; "
            "a smaller learning rate usually mends it."
        )
    points = array("points", points, "n", 2, least=1)
    inside = points[((points >= 0) & (points < 1)).all(axis=1)]
    n, mass = len(points), density.cell_mass(32)
    counts = cell_counts(inside, 32)
    largest = mass >= _level(mass)
    column, row = (inside * len(density.pdf)).astype(int).T
    region, gap = _regions(density)
    return {
        "SW": 1000 * sliced_wasserstein(points, density.sample(n, rng)),
        "precision": region[row, column].sum() / n,
        "coverage": float((counts >= n * mass / 2)[largest].mean()),
        "TV": total_variation(np.r_[counts.ravel(), n - len(inside)], np.r_[mass.ravel(), 0]),
        "bridge": gap[row, column].sum() / n if gap.any() else float("nan"),
    }


def floor(
    density: ImageDensity, n: int, rng: np.random.Generator, draws: int = 20
) -> dict[str, float]:
    """Median of `measure` over so many independent sets of n true points.

    Raises:
        TypeError, ValueError: as `ImageDensity.sample`; n or draws is less than 1.
    """
    n, draws = whole("n", n, 1), whole("draws", draws, 1, 10_000)
    values = [measure(density.sample(n, rng), density, rng) for _ in range(draws)]
    return {name: float(np.median([v[name] for v in values])) for name in values[0]}


def sliced_wasserstein(x: ArrayLike, y: ArrayLike, directions: int = 64) -> float:
    """Mean over equally spaced directions of the 1-Wasserstein distance of the projected points.

    Args:
        x, y: points `(n, 2)`, as many in each set.

    Raises:
        ValueError: the two sets are not equally large, have another shape, or are not finite.
    """
    x, y = (array(*s, "n", 2, least=1, kind=np.float32) for s in (("x", x), ("y", y)))
    if len(x) != len(y):
        raise ValueError(f"x and y must be equally many points, not {len(x)} and {len(y)}.")
    angle = np.pi * np.arange(whole("directions", directions, 1, 10_000)) / directions
    u = np.array([np.cos(angle), np.sin(angle)], np.float32)
    a, b = (np.sort(u.T @ s.T, axis=1) for s in (x, y))
    return float(abs(a - b).mean())


def frechet(a: ArrayLike, b: ArrayLike) -> float:
    """Fréchet distance of two sets of features, `(n, d)` and `(m, d)`, each taken for a Gaussian.

    |m_a - m_b|^2 + tr(S_a + S_b - 2 (S_a S_b)^(1/2)), with means m and covariances S.

    Raises:
        ValueError: a set has fewer than two rows, their numbers of features differ, or some are NaN
            or infinite.

    Source: M. Heusel et al., "GANs trained by a two time-scale update rule converge to a local Nash
    equilibrium" (2017).
    """
    a, b = _features(a, b, 2)
    S_a, S_b = (np.atleast_2d(np.cov(x, rowvar=False)) for x in (a, b))
    root = np.sqrt(np.linalg.eigvals(S_a @ S_b).real.clip(0)).sum()
    return float(np.square(a.mean(0) - b.mean(0)).sum() + np.trace(S_a + S_b) - 2 * root)


def precision_recall(real: ArrayLike, fake: ArrayLike, k: int = 5) -> tuple[float, float]:
    """Share of generated features among the real ones, and of real ones among the generated.

    A point is among others if it lies in the ball of one of them, which reaches as far as that
    one's k-th nearest neighbour in its own set. The balls shrink where there are more points, so
    compare only sets of equal size.

    Args:
        real, fake: features `(n, d)` and `(m, d)`, n and m more than k.

    Raises:
        ValueError: a set has k rows or fewer, their numbers of features differ, or some are NaN or
            infinite.

    Source: T. Kynkäänniemi et al., "Improved precision and recall metric for assessing generative
    models" (2019).
    """
    k = whole("k", k, 1)
    real, fake = _features(real, fake, k + 1)
    return _share_among(fake, real, k), _share_among(real, fake, k)


def nearest(x: ArrayLike, to: ArrayLike) -> np.ndarray:
    """How far each picture is from the nearest of another set, `(n,)`.

    The unit is the root mean square difference of a value: 0.1 if all values, in [0, 1], differ by
    a tenth. Generated pictures that are much nearer to the training pictures than true pictures
    outside of these are copies.

    Args:
        x, to: arrays `(n, ...)` and `(m, ...)`, such as pictures `(n, c, h, w)`.

    Raises:
        ValueError: a set is empty, their shapes differ beyond the first axis, or some values are
            NaN or infinite.
    """
    x, to = (np.asarray(real(*s), np.float32) for s in (("x", x), ("to", to)))
    if min(x.ndim, to.ndim) < 2 or x.shape[1:] != to.shape[1:] or min(x.size, to.size) == 0:
        raise ValueError(
            f"x and to must be pictures of one shape, at least one in each, not {x.shape} and "
            f"{to.shape}."
        )
    x, to = x.reshape(len(x), -1), to.reshape(len(to), -1)
    half = np.einsum("nd,nd->n", to, to) / 2
    if not (np.isfinite(half).all() and np.isfinite(x).all()):
        raise ValueError("Some values are NaN or infinite; look at the pictures.")
    found = np.concatenate([(half - part @ to.T).argmin(1) for part in _parts(x)])
    return np.sqrt(np.square(x - to[found]).mean(1))


def _features(a, b, least):
    """Two sets of features in float64, which `frechet` and `precision_recall` compare."""
    a, b = real("Features", a), real("Features", b)
    if a.ndim != 2 or b.ndim != 2 or a.shape[1] != b.shape[1] or min(len(a), len(b)) < least:
        raise ValueError(
            f"Features must have shapes (n, d) and (m, d), n and m at least {least}, not {a.shape} "
            f"and {b.shape}."
        )
    return array("A set of features", a, "n", "d"), array("A set of features", b, "m", "d")


def _share_among(points, others, k):
    """Share of points in the balls of others, which reach to their k-th nearest neighbours."""
    # Imported here: lesson 01, which only counts in cells, would wait for them too.
    from scipy.spatial.distance import cdist

    reach = [np.partition(cdist(part, others), k)[:, k] for part in _parts(others)]  # 0 is itself
    reach = np.concatenate(reach)
    inside = [(cdist(part, others) <= reach).any(1) for part in _parts(points)]
    return float(np.concatenate(inside).mean())


def _parts(x, rows=250):
    """Some rows at a time: their distances to all of another set take little memory."""
    return np.split(x, range(rows, len(x), rows))


def _level(mass):
    """The largest level such that what reaches it holds at least 99% of the mass."""
    falling = np.sort(mass, axis=None)[::-1]
    return falling[np.searchsorted(np.cumsum(falling), 0.99 * falling.sum())]


_known = weakref.WeakKeyDictionary()


def _regions(density):
    """Masks `(N, N)` of the 99% highest-density region and of the gap between its parts."""
    # Imported here: lesson 01, which only counts in cells, would wait for them too.
    from scipy import ndimage
    from skimage.morphology import convex_hull_image

    if density not in _known:
        region = density.pdf >= _level(density.pdf)
        parts, count = ndimage.label(region, np.ones((3, 3)))
        weight = ndimage.sum_labels(density.pdf, parts, range(1, count + 1))
        gap = np.zeros_like(region)
        if (weight > 0.01).sum() > 1:  # specks are no parts
            depth = np.asarray(ndimage.distance_transform_edt(~region))
            gap = convex_hull_image(region) & (depth > 0.02 * len(region))
        _known[density] = region, gap
    return _known[density]
