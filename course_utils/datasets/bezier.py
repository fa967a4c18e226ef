"""Cubic Bézier curves that two numbers describe: the data of lessons 04 and 05."""

import numpy as np
from numpy.typing import ArrayLike

from course_utils.arguments import array, real, whole

# Control points (0, 0), (1/2, a), (1/2, b), (1, 0): x(t) is the same for every curve.
_X, _Y = np.array([0, 0.5, 0.5, 1]), np.array([[0, 1, 0, 0], [0, 0, 1, 0]])


def bernstein(t: np.ndarray) -> np.ndarray:
    """The four cubic Bernstein polynomials at t `(n,)`, numbers in [0, 1]: `(4, n)`."""
    t = array("t", t, "n")
    return np.stack([(1 - t) ** 3, 3 * (1 - t) ** 2 * t, 3 * (1 - t) * t**2, t**3])


def basis(points: int = 15, samples: int | None = None) -> np.ndarray:
    """The curves of (a, b) = (1, 0) and of (0, 1), at equally spaced x in [0, 1]: `(2, points)`.

    Args:
        points: how many values of x.
        samples: take, for each x, the nearest of so many points of the curve, equally spaced in t,
            as the article does with 150; without it the curve is solved for x.

    Raises:
        TypeError: points or samples is not a whole number.
        ValueError: fewer than two points or samples.
    """
    x = np.linspace(0, 1, whole("points", points, 2))
    if samples is None:
        t = np.array([_solve(value) for value in x])
    else:
        t = np.linspace(0, 1, whole("samples", samples, 2))
        t = t[abs(_X @ bernstein(t) - x[:, None]).argmin(1)]
    return _Y @ bernstein(t)


def curves(parameters: ArrayLike, points: int = 15, samples: int | None = None) -> np.ndarray:
    """Bézier curves with control points (0, 0), (1/2, a), (1/2, b), (1, 0), as heights over x.

    Args:
        parameters: (a, b) of each curve, `(n, 2)`.
        points, samples: see `basis`.

    Returns float64 `(n, points)`.

    Raises:
        ValueError: the parameters have another shape, or some are NaN or infinite.

    Source: the article "Visualising the deconvolution operation" that lesson 04 grew from.
    """
    return array("parameters", parameters, "n", 2) @ basis(points, samples)


def cut(curves: np.ndarray, starts: np.ndarray, length: int = 7) -> np.ndarray:
    """The patch of so many points of each curve `(n, points)` at its start `(n,)`: `(n, length)`.

    Raises:
        ValueError: a patch would leave its curve.
    """
    curves, starts = array("curves", curves, "n", "points", kind=None), real("starts", starts)
    last = curves.shape[1] - whole("length", length, 1)
    if starts.shape != (len(curves),) or starts.dtype.kind not in "iu":
        raise ValueError("starts must be whole numbers, one for each curve.")
    if len(starts) and not 0 <= starts.min() <= starts.max() <= last:
        raise ValueError(f"Patches of {length} points start at 0 to {last}, not all of these do.")
    return np.take_along_axis(curves, starts[:, None] + np.arange(length), axis=1)


def _solve(x):
    """The t in [0, 1] with x(t) = x, a root of t^3 - 1.5 t^2 + 1.5 t - x; x(t) always rises."""
    roots = np.roots([1, -1.5, 1.5, -x])
    return float(np.clip(roots[abs(roots.imag).argmin()].real, 0, 1))
