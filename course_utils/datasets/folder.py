"""Your own pictures: read from a folder, and varied a little, a batch at a time."""

import warnings
from pathlib import Path

import numpy as np
from PIL import Image, ImageOps

from course_utils import pictures
from course_utils.arguments import array, generator, number, whole
from course_utils.density import LARGEST_SIDE
from course_utils.training import progress

SUFFIXES = pictures.SUFFIXES | {".webp"}  # of files to read, in small or capital letters


def read(folder, size: int = 32) -> np.ndarray:
    """The pictures in a folder and in its subfolders, sorted by path, all of one size.

    Each is turned as its camera noted, cut to the square in its middle, scaled, and laid on white
    where it is transparent. A warning names the files that cannot be read; they are left out.

    Args:
        folder: of PNG, JPEG, BMP, GIF, WebP or TIFF files (of a sequence the first picture counts);
            what is hidden, as its name begins with a dot, is passed over.
        size: pixels on a side, at least 1.

    Returns float32 `(n, 3, size, size)` in [0, 1], row 0 at the top.

    Raises:
        TypeError: size is not a whole number.
        FileNotFoundError: there is no such folder.
        NotADirectoryError: it is a file.
        ValueError: size is less than 1, or the folder has no picture that can be read.
    """
    size = whole("size", size, 1)
    folder = Path(folder)
    if not folder.exists():
        raise FileNotFoundError(f"There is no folder {str(folder)!r} in or from {Path.cwd()}.")
    if not folder.is_dir():
        raise NotADirectoryError(f"{folder} is a file; name the folder that your pictures are in.")
    paths, x, left_out = [], [], []
    for path in sorted(folder.rglob("*")):
        hidden = any(part.startswith(".") for part in path.relative_to(folder).parts)
        if path.suffix.lower() in SUFFIXES and path.is_file() and not hidden:
            paths.append(path)
    if not paths:
        raise ValueError(f"No file in the folder {folder} ends in {', '.join(sorted(SUFFIXES))}.")
    for path in progress(paths, desc="pictures", delay=1):
        try:
            x.append(square(path, size))
        except Exception:  # every file format has its own kinds of failure
            left_out.append(str(path.relative_to(folder)))
    if not x:
        raise ValueError(f"No picture in {folder} can be read: {', '.join(left_out)}.")
    if left_out:
        warnings.warn(
            f"{len(left_out)} of {len(paths)} pictures cannot be read and are left out: "
            f"{', '.join(left_out)}.",
            stacklevel=2,
        )
    return np.stack(x)


def flip(x: np.ndarray, rng: np.random.Generator, p: float = 0.5) -> np.ndarray:
    """A batch `(n, c, h, w)` with each picture mirrored, left to right, with probability p.

    Raises:
        TypeError: rng is not a `numpy.random.Generator`.
        ValueError: another shape, or p is not from 0 to 1.
    """
    x = _batch(x, rng, "p", p)
    mirrored = rng.random(len(x)) < p
    return np.where(mirrored[:, None, None, None], x[..., ::-1], x)


def jitter(x: np.ndarray, rng: np.random.Generator, amount: float = 0.1) -> np.ndarray:
    """A batch `(n, c, h, w)` with each picture's brightness, contrast and saturation changed.

    Each is multiplied by a number of its own from 1 - amount to 1 + amount: what a pixel's colours
    differ from their mean, what pixels differ from the picture's mean, and all.

    Returns float32 `(n, c, h, w)`, clipped to [0, 1].

    Raises:
        TypeError: rng is not a `numpy.random.Generator`, or x holds whole numbers.
        ValueError: another shape, or amount is not from 0 to 1.
    """
    x = _batch(x, rng, "amount", amount)
    if x.dtype.kind != "f":
        raise TypeError(f"x must hold floats in [0, 1], not {x.dtype}; divide bytes by 255.")
    factors = rng.uniform(1 - amount, 1 + amount, (3, len(x), 1, 1, 1))
    saturation, contrast, brightness = factors.astype(np.float32)
    x = x.astype(np.float32)
    grey = x.mean(1, keepdims=True)
    x = grey + saturation * (x - grey)
    mean = x.mean((1, 2, 3), keepdims=True)
    return np.clip(brightness * (mean + contrast * (x - mean)), 0, 1)


def square(path, size: int) -> np.ndarray:
    """The picture in a file, as `read` makes it: float32 `(3, size, size)` in [0, 1].

    Raises:
        ValueError: it cannot be read, or size is less than 1.
    """
    a = pictures.read_picture(path)
    size = whole("size", size, 1, LARGEST_SIDE)
    if a.dtype != np.uint8:
        if not np.isfinite(a).all():
            raise ValueError(f"{path} has NaN or infinite values.")
        counted = a.dtype.kind == "u" and a.dtype.itemsize <= 2
        white = np.iinfo(a.dtype).max if counted else max(1, a.max())
        a = np.uint8(np.clip(a / white, 0, 1) * 255 + 0.5)
    picture = Image.fromarray(a[..., 0] if a.shape[2:] == (1,) else a).convert("RGBA")
    picture = ImageOps.fit(picture, (size, size), Image.Resampling.LANCZOS)
    a = np.asarray(picture).transpose(2, 0, 1) / np.float32(255)
    return a[:3] * a[3] + (1 - a[3])


def _batch(x, rng, name, share):
    generator(rng)
    number(name, share, 0, 1)
    return array("x", x, "n", "c", "h", "w", kind=None)
