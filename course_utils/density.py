"""A grey picture as a probability density on the unit square, and exact samples from it."""

from functools import cached_property
from pathlib import Path

import numpy as np
from numpy.typing import ArrayLike

from course_utils import decoding, pictures
from course_utils.arguments import array, generator, number, real, whole
from course_utils.decoding import LARGEST_FILE_SIDE, LARGEST_SIDE
from course_utils.paths import PICTURES

_CHUNK = 1 << 15  # points drawn at a time: the working set stays in the processor's cache
_GREY = (0.2125, 0.7154, 0.0721)  # of red, green and blue: ITU-R BT.709, as in skimage's rgb2gray


def course_pictures() -> dict[str, Path]:
    """Name -> file of the pictures drawn for this course, sorted by name."""
    return {path.stem: path for path in pictures.listed(PICTURES).pictures if path.suffix == ".png"}


class ImageDensity:
    """A density on the unit square that is constant on each pixel of a picture.

    White is probable. x runs to the right, y upward. A picture that is not square keeps its aspect:
    it lies in the middle of the square, and the margins have density 0.

    Attributes:
        pdf: float64 `(N, N)`, the probability of each pixel; row 0 at the bottom; sums to 1.
        mass: float, the sum of the grey values: each from 0 to 1 in a file of 8 or 16 bits, and as
            it is in an array. Says how much white a picture has, beside others of the same N.

    Make one with `from_file` or `from_array`, or from a pdf itself; then the mass is 1.

    Raises:
        ValueError: the pdf is not square, has negative values, or does not sum to 1.
    """

    def __init__(self, pdf: np.ndarray, mass: float = 1.0) -> None:
        self.pdf = array("pdf", pdf, "N", "N", least=1)
        self.mass = number("mass", mass, 0, 1e308)
        if self.pdf.min() < 0 or abs(self.pdf.sum() - 1) > 1e-6:
            raise ValueError(
                "pdf must hold probabilities that sum to 1; for grey values there is from_array."
            )

    @classmethod
    def from_array(cls, a: ArrayLike) -> "ImageDensity":
        """Density from a grey picture as pictures come: `(h, w)`, row 0 at the top, white high.

        Only ratios of the values count. Whole numbers, floats and booleans are taken.

        Raises:
            TypeError: the values are not real numbers.
            ValueError: not two-dimensional, empty, too large, all black, or with values that are
                negative, infinite or NaN.
        """
        a = real("A picture", a)
        if a.ndim != 2:
            raise ValueError(
                f"A density needs a grey picture of shape (h, w), not one of shape {a.shape}; "
                "turn colours into grey first, for example with skimage.color.rgb2gray."
            )
        if a.size == 0:
            raise ValueError(f"The picture is empty: its shape is {a.shape}.")
        if max(a.shape) > LARGEST_SIDE:
            raise ValueError(
                f"The picture is {a.shape[1]} by {a.shape[0]} pixels; make it smaller, at most "
                f"{LARGEST_SIDE} on its longer side."
            )
        a = a.astype(np.float64)
        _check_values(a)
        if a.max() == 0:
            raise ValueError(
                "The picture is all black, and white means probable, so no place has any "
                "probability (in from_file, `invert` makes dark probable instead)."
            )
        highest = float(a.max())
        a = a[::-1] / highest
        h, w = a.shape
        n = max(h, w)
        pdf = np.zeros((n, n))
        bottom, left = (n - h) // 2, (n - w) // 2
        pdf[bottom : bottom + h, left : left + w] = a / a.sum()
        return cls(pdf, highest * float(a.sum()))

    @classmethod
    def from_file(
        cls, path: str | Path, invert: bool = False, size: int | None = None
    ) -> "ImageDensity":
        """Density from a picture file, or from a picture of this course by its name (`"bat"`).

        Takes PNG, JPEG, WebP, GIF, TIFF and what else Pillow decodes (of a sequence the first
        picture), grey or colour, with or without alpha, 8 or 16 bits (colours 8) or floats.
        Transparent means improbable. A file of 16 bits that holds fewer (see `decoding.white`) is
        inverted at its own white, and a warning says so; without, only ratios count.

        Args:
            path: a file, or a name from `course_pictures()`.
            invert: dark is probable (for a drawing on white paper).
            size: pixels on the longer side after averaging; the picture's own if not given, but at
                most 2048.

        Raises:
            FileNotFoundError: there is no such file and no course picture of that name.
            TypeError: the path is neither a text nor a path.
            ValueError: not a picture, a damaged one, a wrong size, one of more than 268 million
                pixels, an address on the web, or what `from_array` refuses.
        """
        if size is not None:
            size = whole("size", size, 1, LARGEST_SIDE)
        path = find(path)
        picture = decoding.read_picture(path)
        white = decoding.own_white(picture, path) if invert else None
        try:
            grey = _grey(picture, invert, white)
            _check_values(grey)
            longest = size or min(max(grey.shape), LARGEST_FILE_SIDE)
            return cls.from_array(grey if longest == max(grey.shape) else _reduced(grey, longest))
        except ValueError as error:
            raise ValueError(f"{path.name}: {error}") from error

    def sample(self, n: int, rng: np.random.Generator) -> np.ndarray:
        """Draw n independent points: float32 `(n, 2)`, columns x and y, in [0, 1).

        Walker's alias method on the pixels that are not black, then a uniform place inside the
        pixel: a constant number of steps for each point, however large the picture is.

        Of two words of 64 random bits for a point, 53 bits of the first choose the box and one of
        its two owners. Each half of the second chooses the middle of one of 2^b equal parts of the
        pixel's side. N 2^b is at most 2^23: rounded to float32, a point stays in its pixel.

        Raises:
            TypeError: n is not a whole number, or rng is not a `numpy.random.Generator`.
            ValueError: n is negative.

        Source: A. J. Walker, "An efficient method for generating discrete random variables with
        general distributions", ACM TOMS 3 (1977).
        """
        n, rng = whole("n", n, 0), generator(rng)
        split, owners = self._tables
        side = len(self.pdf)
        bits = 24 - (side - 1).bit_length()  # with the bits of a column or row, a float32's 24
        points = np.empty((n, 2), np.float32)
        for start in range(0, n, _CHUNK):
            out = points[start : start + _CHUNK].reshape(-1)  # x, y, x, y, ...
            u = rng.random(len(out) // 2)
            u *= len(split)
            box = u.astype(np.intp)
            owner = owners.take(2 * box + (u >= split.take(box, mode="clip")), mode="clip")
            place = rng.integers(2**64, size=len(u), dtype=np.uint64).view(np.uint32)
            place >>= 32 - bits
            place |= 1  # odd numbers are the middles between even ones
            out[:] = place
            out *= 2.0**-bits
            out += owner.view(np.uint16)
            out /= side
        return points

    def log_prob(self, points: ArrayLike) -> np.ndarray:
        """Natural log of the density at points `(n, 2)` -> float64 `(n,)`; -inf where it is 0.

        The density is per unit of area, so it integrates to 1 over the unit square.

        Raises:
            ValueError: the points have another shape.
        """
        points = array("points", points, "n", 2)
        n = len(self.pdf)
        inside = np.all((points >= 0) & (points < 1), axis=1)
        column, row = np.floor(np.where(inside[:, None], points, 0) * n).astype(int).T
        with np.errstate(divide="ignore"):
            return np.where(inside, np.log(self.pdf[row, column] * n * n), -np.inf)

    def cell_mass(self, k: int) -> np.ndarray:
        """Exact probability of each cell of a k x k grid: `(k, k)`, first index y upward, second x.

        Raises:
            ValueError: k is less than 1.
        """
        k = whole("k", k, 1, LARGEST_SIDE)
        share = _overlaps(len(self.pdf), k) / k  # of each pixel's side, in each cell
        return share @ self.pdf @ share.T

    @cached_property
    def _tables(self) -> tuple[np.ndarray, np.ndarray]:
        """Where the boxes of the alias method are split `(n,)`, and their owners `(2 n,)`.

        Box k, from k to k + 1, belongs to the pixel `owners[2 k]` below `split[k]`, from there on
        to `owners[2 k + 1]`. A pixel is its column and row, two uint16 in a uint32: the less memory
        the tables take, the more of them stays in the processor's cache.
        """
        row, column = np.nonzero(self.pdf)
        keep, alias = alias_table(self.pdf[row, column])
        pixel = np.stack([column, row], axis=1).astype(np.uint16).view(np.uint32).ravel()
        return np.arange(len(keep)) + keep, np.stack([pixel, pixel[alias]], axis=1).ravel()


def alias_table(p: ArrayLike) -> tuple[np.ndarray, np.ndarray]:
    """Walker's alias table of the positive weights p: `keep` and `alias`, both `(n,)`.

    Box k has width 1; its first part, of width `keep[k]`, belongs to k, the rest to `alias[k]`.
    Lesson 01 fills the boxes one after the other in a loop. Here the same filling is read off two
    running sums, what the light boxes lack and what the heavy ones have to spare, so that a picture
    of a million pixels takes a fraction of a second.

    Raises:
        ValueError: another shape, or weights that are negative, NaN, infinite, or all 0.
    """
    p = array("p", p, "n", least=1)
    if p.min() < 0 or p.sum() == 0:
        raise ValueError("p must hold weights that are not negative, and not all of them 0.")
    weight = p / p.sum() * len(p)
    light, heavy = np.flatnonzero(weight < 1), np.flatnonzero(weight >= 1)
    keep, alias = np.minimum(weight, 1), np.arange(len(weight))
    if len(light) == 0 or len(heavy) == 0:
        return keep, alias
    lack, spare = np.cumsum(1 - weight[light]), np.cumsum(weight[heavy] - 1)
    giver = np.searchsorted(spare, np.r_[0, lack[:-1]], side="right")
    alias[light] = heavy[np.minimum(giver, len(heavy) - 1)]
    # A heavy box that its last taker leaves below 1 takes the difference from the next heavy box.
    emptied = np.searchsorted(lack, spare[:-1])
    taken = np.r_[lack, lack[-1]][emptied] - spare[:-1]
    keep[heavy[:-1]] = np.clip(1 - taken, 0, 1)
    alias[heavy[:-1]] = heavy[1:]
    return keep, alias


def _check_values(a):
    if not (a <= 1e300).all() or a.min() == -np.inf:  # their sum overflows
        raise ValueError("The picture has NaN or infinite values; a density must be finite.")
    if a.min() < 0:
        raise ValueError(
            f"The picture has negative values (the smallest is {a.min():.3g}); "
            "a density cannot be negative."
        )


def find(path: str | Path) -> Path:
    """The file itself, or the course's picture of that name (`"star"`, `"Star"`, `"star.png"`).

    Raises:
        TypeError, ValueError: it is no path; see `pictures.as_path`.
        FileNotFoundError: there is neither.
    """
    return _found(path, "file", course_pictures(), ".png")


def find_folder(path: str | Path) -> Path:
    """The folder itself, or the course's folder of that name (`"star"`, `"Star"`).

    Raises:
        TypeError, ValueError: it is no path; see `pictures.as_path`.
        FileNotFoundError: there is neither.
    """
    folders = pictures.listed(PICTURES).folders
    return _found(path, "folder", {folder.name: folder for folder in folders})


def _found(path, kind, ours, ending=""):
    path = pictures.as_path(path)
    there = {"file": path.is_file(), "folder": path.is_dir()}
    if there[kind]:
        return path
    name = path.name.casefold().removesuffix(ending)
    if path.name == str(path) and name in ours:
        return ours[name]
    other = "".join(f" (that is a {other})" for other in there if there[other])
    raise FileNotFoundError(
        f"There is no {kind} {str(path)!r} in or from the folder {Path.cwd()}{other}, and none of "
        f"the course's own has that name; those are {', '.join(ours)}."
    )


def _grey(a: np.ndarray, invert: bool, white: int | None) -> np.ndarray:
    """Grey float64 `(h, w)` with white at 1 where the file says what white is; transparent is 0."""
    a = decoding.scaled(a, white)
    if a.ndim == 2:
        return _invert(a) if invert else a
    grey, opacity = a[..., :3] @ _GREY, a[..., 3] if a.shape[2] == 4 else 1
    return (_invert(grey) if invert else grey) * opacity


def _invert(grey):
    _check_values(grey)
    return max(1.0, grey.max()) - grey


def _reduced(grey: np.ndarray, longest: int) -> np.ndarray:
    """A grey picture with so many pixels on its longer side: each the mean of what it covers."""
    h, w = grey.shape
    rows, columns = (max(1, round(side * longest / max(h, w))) for side in (h, w))
    return (_overlaps(h, rows) / h) @ grey @ (_overlaps(w, columns) / w).T


def _overlaps(n: int, k: int) -> np.ndarray:
    """How much of each of n pixels lies in each of k cells, `(k, n)`, in units of 1 / (n k)."""
    cell, pixel = np.arange(k)[:, None] * n, np.arange(n) * k  # lower ends
    return np.clip(np.minimum(cell + n, pixel + k) - np.maximum(cell, pixel), 0.0, None)
