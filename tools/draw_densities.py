"""Draws the pictures in data/densities, and that of notebook 00.

python -m tools.draw_densities
"""

from collections.abc import Iterable
from itertools import pairwise
from pathlib import Path

import numpy as np
from numpy.typing import ArrayLike
from PIL import Image
from skimage.draw import polygon2mask

from course_utils.density import ImageDensity
from course_utils.paths import DATA

SIDE, FINE = 400, 4  # pixels on a side; each is the mean of FINE x FINE finer ones
place = (np.arange(SIDE * FINE) + 0.5) / (SIDE * FINE)
x, y = np.meshgrid(place, place)  # y upward


def shape(corners: ArrayLike) -> np.ndarray:
    """Mask of the polygon with these (x, y) corners."""
    corners = np.asarray(corners)[:, ::-1]
    return polygon2mask(x.shape, corners * SIDE * FINE - 0.5)


def segment(start: ArrayLike, end: ArrayLike, width: float) -> np.ndarray:
    """Mask of a line with round ends."""
    start, along = np.array(start), np.subtract(end, start)
    t = ((x - start[0]) * along[0] + (y - start[1]) * along[1]) / (along @ along)
    t = np.clip(t, 0, 1)
    return np.hypot(x - start[0] - t * along[0], y - start[1] - t * along[1]) < width / 2


def disc(centre: tuple[float, float], radius: float) -> np.ndarray:
    return np.hypot(x - centre[0], y - centre[1]) < radius


def curve(points: Iterable[ArrayLike], width: float) -> np.ndarray:
    """Mask of a smooth line through many points, with round ends."""
    return np.any([segment(a, b, width) for a, b in pairwise(points)], axis=0)


def zigzag() -> np.ndarray:
    corners = [(0.12, 0.25), (0.34, 0.78), (0.52, 0.3), (0.7, 0.74), (0.88, 0.2)]
    return curve(corners, 0.07)


def ring() -> np.ndarray:
    return disc((0.5, 0.5), 0.4) & ~disc((0.5, 0.5), 0.26)


def bat() -> np.ndarray:
    """A flying bat seen from the front: one wing and its mirror image, a head with two ears."""

    def arc(start, end, depth):
        t = np.linspace(0, 1, 30)[:, None]
        line = np.array(start) * (1 - t) + np.array(end) * t
        return line + [0, 1] * (depth * 4 * t * (1 - t))

    wing = np.concatenate(
        [
            arc((0.5, 0.6), (0.7, 0.74), -0.03),
            arc((0.7, 0.74), (0.96, 0.55), 0.06),
            arc((0.96, 0.55), (0.83, 0.42), 0.07),
            arc((0.83, 0.42), (0.7, 0.36), 0.06),
            arc((0.7, 0.36), (0.56, 0.36), 0.06),
            arc((0.56, 0.36), (0.5, 0.26), 0),
        ]
    )
    ear = np.array([(0.51, 0.69), (0.575, 0.78), (0.57, 0.64)])
    mirror = [-1, 1]
    half = [wing, ear, [1, 0] + mirror * wing, [1, 0] + mirror * ear]
    return np.any([*map(shape, half), disc((0.5, 0.65), 0.075)], axis=0)


def two_discs() -> list[np.ndarray]:
    return [disc((0.27, 0.5), 0.16), disc((0.73, 0.5), 0.16)]


def spiral() -> list[np.ndarray]:
    radius = np.linspace(0.13, 0.42, 50)

    def arm(k):
        turn = 2 * np.pi * k / 3 + 8 * radius
        return curve(np.c_[0.5 + radius * np.cos(turn), 0.5 + radius * np.sin(turn)], 0.065)

    return [arm(k) for k in range(3)]


def star() -> list[np.ndarray]:
    corner = np.pi / 2 + np.arange(10) * np.pi / 5
    radius = np.where(np.arange(10) % 2, 0.17, 0.45)
    outline = np.c_[0.5 + radius * np.cos(corner), 0.5 + radius * np.sin(corner)]
    inner = outline[1::2]

    def point(k):
        """One fifth of the star: a point and its share of the middle."""
        return shape([(0.5, 0.5), inner[k - 1], outline[2 * k], inner[k]])

    return [point(k) for k in range(5)]


def lake() -> np.ndarray:
    """A moonlit lake between hills: every grey level, no edge of the support anywhere."""
    rng = np.random.default_rng(4)

    def ridge(height, roughness):
        waves = np.arange(1, 40)
        size = roughness * waves**-1.3 * rng.normal(size=39)
        phase = rng.uniform(0, 2 * np.pi, 39)
        return height + np.sin(2 * np.pi * x[:1] * waves[:, None] * 0.7 + phase[:, None]).T @ size

    moon = np.hypot(x - 0.66, y - 0.78)
    sky = 0.1 + 0.45 * np.exp(-((moon / 0.28) ** 2)) + 0.22 * np.clip(1 - (y - 0.45) / 0.3, 0, 1)
    sky = sky + 0.55 / (1 + np.exp((moon - 0.075) / 0.006))
    water = 0.42
    mirror = sky[((2 * water - place).clip(0) * SIDE * FINE).astype(int)]
    glitter = np.exp(-(((x - 0.66) / (0.05 + 0.25 * (water - y))) ** 2))
    ripple = 0.75 + 0.25 * np.sin(2 * np.pi * (60 * y**0.5 + 0.6 * np.sin(9 * x)))
    picture = np.where(y > water, sky, 0.55 * mirror * ripple + 0.4 * glitter * ripple)
    for height, roughness, grey in [(0.56, 0.05, 0.3), (0.5, 0.045, 0.17), (0.44, 0.04, 0.07)]:
        top = ridge(height, roughness)
        hill = 1 / (1 + np.exp((y - top) / 0.0015))
        picture = np.where(
            y > water, picture * (1 - hill) + hill * (grey + 0.15 * (y - water)), picture
        )
    return np.clip(picture, 0.02, 1)


def save(picture: np.ndarray, folder: Path, name: str) -> None:
    """Top row first, each pixel the mean of its finer ones, 8 bits."""
    picture = np.asarray(picture, float)[::-1].reshape(SIDE, FINE, SIDE, FINE).mean((1, 3))
    path = folder / "densities" / f"{name}.png"
    path.parent.mkdir(parents=True, exist_ok=True)
    Image.fromarray(np.uint8(np.round(255 * picture))).save(path, optimize=True)


def cover(folder: Path) -> None:
    """Three pictures on the left of their samples: the picture of notebook 00."""
    rng = np.random.default_rng(0)
    gap = np.full((SIDE, 12), 255)
    panels = []
    for name, n in [("bat", 9000), ("lake", 30_000), ("spiral", 7000)]:
        target = ImageDensity.from_file(name)
        j, i = (target.sample(n, rng) * SIDE).astype(int).T
        dots = np.zeros((SIDE, SIDE))
        dots[SIDE - 1 - i, j] = 255
        panels += [gap, target.pdf[::-1] / target.pdf.max() * 255, dots]
    Image.fromarray(np.uint8(np.hstack(panels[1:]))).save(folder / "cover.png", optimize=True)


def draw_all(folder: Path = DATA) -> None:
    for draw in (zigzag, ring, bat, lake):
        save(draw(), folder, draw.__name__)
    for draw, parts in [
        (two_discs, ["1_left", "2_right"]),
        (spiral, ["1_arm", "2_arm", "3_arm"]),
        (star, ["1_top", "2_left", "3_lower_left", "4_lower_right", "5_right"]),
    ]:
        masks = draw()
        save(np.any(masks, axis=0), folder, draw.__name__)
        for mask, part in zip(masks, parts, strict=True):
            save(mask, folder, f"{draw.__name__}/{part}")
    cover(folder)


if __name__ == "__main__":
    draw_all()
