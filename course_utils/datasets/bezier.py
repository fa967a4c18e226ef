"""Cubic Bézier curves that two numbers describe: the data of lessons 04 and 05."""

import numpy as np

# Control points (0, 0), (1/2, a), (1/2, b), (1, 0): x(t) is the same for every curve.
_X, _Y = np.array([0, 0.5, 0.5, 1]), np.array([[0, 1, 0, 0], [0, 0, 1, 0]])


def bernstein(t) -> np.ndarray:
    """The four cubic Bernstein polynomials at t `(n,)`, numbers in [0, 1]: `(4, n)`."""
    t = np.asarray(t, float)
    return np.stack([(1 - t) ** 3, 3 * (1 - t) ** 2 * t, 3 * (1 - t) * t**2, t**3])


def basis(points: int = 15, samples: int | None = None) -> np.ndarray:
    """The curves of (a, b) = (1, 0) and of (0, 1), at equally spaced x in [0, 1]: `(2, points)`.

    Args:
        points: how many values of x.
        samples: take, for each x, the nearest of so many points of the curve, equally spaced in t,
            as the article does with 150; without it the curve is solved for x.

    Raises:
        ValueError: fewer than two points or samples.
    """
    if points < 2 or (samples is not None and samples < 2):
        raise ValueError("A curve needs at least 2 points, and at least 2 samples to take them of.")
    x = np.linspace(0, 1, points)
    if samples is None:
        t = np.array([_solve(value) for value in x])
    else:
        t = np.linspace(0, 1, samples)
        t = t[abs(_X @ bernstein(t) - x[:, None]).argmin(1)]
    return _Y @ bernstein(t)


def curves(parameters, points: int = 15, samples: int | None = None) -> np.ndarray:
    """Bézier curves with control points (0, 0), (1/2, a), (1/2, b), (1, 0), as heights over x.

    Args:
        parameters: (a, b) of each curve, `(n, 2)`.
        points, samples: see `basis`.

    Returns float64 `(n, points)`.

    Raises:
        ValueError: the parameters have another shape, or some are NaN or infinite.

    Source: the article "Visualising the deconvolution operation" that lesson 04 grew from.
    """
    parameters = np.asarray(parameters, float)
    if parameters.ndim != 2 or parameters.shape[1] != 2:
        raise ValueError(f"parameters must have shape (n, 2), not {parameters.shape}.")
    if not np.isfinite(parameters).all():
        raise ValueError("Some parameters are NaN or infinite; a curve needs two finite numbers.")
    return parameters @ basis(points, samples)


def cut(curves, starts, length: int = 7) -> np.ndarray:
    """The patch of so many points of each curve `(n, points)` at its start `(n,)`: `(n, length)`.

    Raises:
        ValueError: a patch would leave its curve.
    """
    curves, starts = np.asarray(curves), np.asarray(starts)
    last = curves.shape[1] - length
    if len(starts) and not 0 <= starts.min() <= starts.max() <= last:
        raise ValueError(f"Patches of {length} points start at 0 to {last}, not all of these do.")
    return np.take_along_axis(curves, starts[:, None] + np.arange(length), axis=1)


def _solve(x):
    """The t in [0, 1] with x(t) = x, a root of t^3 - 1.5 t^2 + 1.5 t - x; x(t) always rises."""
    roots = np.roots([1, -1.5, 1.5, -x])
    return float(np.clip(roots[abs(roots.imag).argmin()].real, 0, 1))
