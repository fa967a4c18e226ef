"""Your own pictures: read from a folder."""

import warnings
from pathlib import Path

import numpy as np
from PIL import Image, ImageOps
from tqdm.auto import tqdm

from course_utils import density
from course_utils.arguments import whole

SUFFIXES = density.SUFFIXES | {".webp"}  # of files to read, in small or capital letters


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
    for path in tqdm(paths, desc="pictures", delay=1):
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


def square(path, size: int) -> np.ndarray:
    """The picture in a file, as `read` makes it: float32 `(3, size, size)` in [0, 1].

    Raises:
        ValueError: it cannot be read, or size is less than 1.
    """
    a = density.read_picture(path)
    size = whole("size", size, 1, density.LARGEST_SIDE)
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
