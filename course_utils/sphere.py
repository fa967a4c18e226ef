"""Maps of the square [-1/2, 1/2]² to the unit sphere: their numbers, and pictures of the ball."""

from collections.abc import Callable, Iterable
from pathlib import Path

import matplotlib.pyplot as plt
import numpy as np
import torch
from numpy.typing import ArrayLike
from scipy.spatial import KDTree

from course_utils.arguments import array, number, real, whole
from course_utils.decoding import LARGEST_SIDE
from course_utils.density import find
from course_utils.pictures import square


def lattice(N: int) -> torch.Tensor:
    """N x N points of the square, `(N * N, 2)`, in rows from the top, each from the left.

    Raises:
        TypeError: N is not a whole number.
        ValueError: N is less than 2.
    """
    side = torch.linspace(-0.5, 0.5, whole("N", N, 2, LARGEST_SIDE))
    y, x = torch.meshgrid(-side, side, indexing="ij")
    return torch.stack([x, y], -1).view(-1, 2)


def spiral(n: int) -> np.ndarray:
    """n points, evenly over the sphere, `(n, 3)`: a Fibonacci lattice.

    Source: Á. González, "Measurement of areas on a sphere using Fibonacci and latitude-longitude
    lattices" (2010).

    Raises:
        TypeError: n is not a whole number.
        ValueError: n is less than 1.
    """
    k = np.arange(whole("n", n, 1)) + 0.5
    z, angle = 1 - 2 * k / n, np.pi * (1 + 5**0.5) * k
    r = np.sqrt(1 - z**2)
    return np.c_[r * np.cos(angle), r * np.sin(angle), z]


def measure(u: ArrayLike) -> dict[str, float]:
    """Numbers of a map that sends `lattice(N)` to the points u, `(N * N, 3)`, of length 1.

    Returns:
        coverage: the share of 500 even cells that hold a point.
        hole: that of `hole`.
        unevenness: standard deviation over mean of the points in a cell.
        degree: area with its sign over 4 pi; positive if the map shows the square unmirrored to
            who looks from outside.
        fold: the share of the area that has the other sign.

    Raises:
        ValueError: another shape, or points that are not on the sphere.

    Source of the area: A. Van Oosterom, J. Strackee, "The solid angle of a plane triangle" (1983).
    """
    u = real("u", u)
    N = round(len(u) ** 0.5) if u.ndim == 2 else 0
    if N < 2 or u.shape != (N * N, 3):
        raise ValueError(f"u must have shape (N * N, 3) with N at least 2, not {u.shape}.")
    if not np.allclose(np.linalg.norm(u, axis=1), 1, atol=1e-3):
        raise ValueError("The points must lie on the unit sphere: divide each by its length.")
    counts = np.bincount(KDTree(spiral(500)).query(u)[1], minlength=500)
    grid = u.reshape(N, N, 3)
    a, b, c, d = grid[:-1, :-1], grid[1:, :-1], grid[:-1, 1:], grid[1:, 1:]
    areas = np.stack([_solid_angle(a, b, c), _solid_angle(c, b, d)])
    other, all_ = np.abs(areas[areas * areas.sum() < 0]).sum(), np.abs(areas).sum()
    return {
        "coverage": float((counts > 0).mean()),
        "hole": hole(u),
        "unevenness": float(counts.std() / counts.mean()),
        "degree": float(areas.sum() / (4 * np.pi)),
        "fold": float(other / all_) if all_ else 0.0,
    }


def hole(u: ArrayLike) -> float:
    """Degrees from the loneliest of 4,000 even places to the nearest of the points u, `(n, 3)`.

    Raises:
        ValueError: another shape, no points, or some are NaN or infinite.
    """
    far = _tree(array("u", u, "n", 3, least=1)).query(spiral(4000))[0].max()
    return float(np.degrees(2 * np.arcsin(min(far / 2, 1))))


def colours(path: str | Path, N: int, invert: bool = False) -> np.ndarray:
    """Colours of a picture at the points of `lattice(N)`, `(N * N, 3)` in [0, 1].

    Grey is shown from black by red to yellow. Takes a file, or the name of a course picture; if
    inverted, its negative.

    Raises:
        FileNotFoundError: there is neither.
        ValueError: it cannot be read, or N is less than 2.
    """
    x = square(find(path), whole("N", N, 2, LARGEST_SIDE))
    x = 1 - x if invert else x
    if (x == x[:1]).all():
        return plt.get_cmap("inferno")(x[0])[..., :3].reshape(-1, 3)
    return x.transpose(1, 2, 0).reshape(-1, 3)


def balls(
    f: Callable[[torch.Tensor], torch.Tensor],
    rgb: ArrayLike,
    turns: Iterable[float] = (0, 180),
    side: int = 240,
) -> list[np.ndarray]:
    """Pictures `(side, side, 3)` of the ball that f makes of a picture with colours `(N * N, 3)`.

    Without a turn the middle of the picture faces us, upright and not mirrored; each turn is in
    degrees, around the vertical axis. A place is pale where the nearest point of the lattice is
    farther away than that point's own neighbours.

    Args:
        f: points of the square `(n, 2)` -> points of the sphere `(n, 3)`, tensors.
        rgb: what `colours` returns.

    Raises:
        ValueError: rgb has another shape or is not finite, or side is less than 1.
    """
    rgb, side = array("rgb", rgb, "N * N", 3, least=4), whole("side", side, 1, LARGEST_SIDE)
    if (N := round(len(rgb) ** 0.5)) ** 2 != len(rgb):
        raise ValueError(f"rgb must have N * N colours, not {len(rgb)}.")
    with torch.no_grad():
        u = (f(lattice(N)) @ facing(f)).numpy()
    tree, reach = _tree(u), _spacing(u.reshape(N, N, 3)).ravel()
    angles = [np.radians(number("turn", t, -1e6, 1e6)) for t in turns]
    return [_ball(tree, reach, rgb, angle, side) for angle in angles]


@torch.no_grad()
def facing(f: Callable[[torch.Tensor], torch.Tensor]) -> torch.Tensor:
    """An orthogonal matrix Q: f(x) @ Q has the middle of the square in front, x right, y up."""
    c, x, y = f(torch.tensor([[0, 0], [0.02, 0], [0, 0.02]]))
    Q, R = torch.linalg.qr(torch.stack([c, x - c, y - c], 1))
    return Q * R.diagonal().sign()


def _tree(u):
    """What finds the nearest of points (n, 3)."""
    # Compact boxes take up to a hundred times as long for a place in a large hole.
    return KDTree(u, compact_nodes=False)


def _spacing(grid):
    """Distance of each point of a lattice (N, N, 3) to the farthest of its neighbours, (N, N)."""
    down = np.pad(np.linalg.norm(np.diff(grid, axis=0), axis=2), ((1, 1), (0, 0)))
    right = np.pad(np.linalg.norm(np.diff(grid, axis=1), axis=2), ((0, 0), (1, 1)))
    return np.max([down[:-1], down[1:], right[:, :-1], right[:, 1:]], axis=0)


def _ball(tree, reach, rgb, turn, side):
    across = np.linspace(-1, 1, side)
    right, up = np.meshgrid(across, across[::-1])
    seen = right**2 + up**2 < 1
    right, up = right[seen], up[seen]
    depth = np.sqrt(1 - right**2 - up**2)
    x, y = np.cos(turn) * depth - np.sin(turn) * right, np.sin(turn) * depth + np.cos(turn) * right
    far, nearest = tree.query(np.c_[x, y, up])
    near, shade = (far < reach[nearest])[:, None], (0.55 + 0.45 * depth)[:, None]
    picture = np.ones((side, side, 3))
    picture[seen] = np.where(near, rgb[nearest] * shade, 0.9)
    return picture


def _solid_angle(a, b, c):
    dots = (a * b).sum(-1) + (b * c).sum(-1) + (c * a).sum(-1)
    return 2 * np.arctan2((a * np.cross(b, c)).sum(-1), 1 + dots)
