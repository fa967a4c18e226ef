"""Pictures from files of many formats, the right way up."""

from pathlib import Path

import numpy as np
import tifffile
from PIL import Image, ImageOps, UnidentifiedImageError

SUFFIXES = {".png", ".jpg", ".jpeg", ".bmp", ".gif", ".tif", ".tiff"}  # of files to read
LARGEST_FILE_SIDE = 2048  # pixels, of a file read as it is


def read_picture(path) -> np.ndarray:
    """The first picture of a file, the right way up: `(h, w)`, or `(h, w, 3 or 4)` with colour.

    Raises:
        ValueError: the file is not a picture, or it is damaged.
    """
    path = Path(path)
    try:
        if (a := _decode(path)).size:
            return a
        raise ValueError("it has no pixels")
    except Exception as error:  # every file format has its own kinds of failure
        why = str(error).split("\n")[0]
        raise ValueError(
            f"{path.name} is not a picture that can be read, or it is damaged ({why})."
        ) from error


def _decode(path):
    try:
        with path.open("rb") as file, Image.open(file) as picture:
            see_through = picture.info.get("transparency")
            picture = ImageOps.exif_transpose(picture)
            if picture.mode.startswith("I;16") and see_through is not None:
                a = np.asarray(picture)
                return np.dstack([a, a, a, np.where(a == see_through, 0, 65535).astype(a.dtype)])
            if picture.mode in ("I", "F") or picture.mode.startswith("I;16"):
                return np.asarray(picture)
            if picture.mode not in ("1", "L") or picture.has_transparency_data:
                picture = picture.convert("RGBA")
            if picture.mode != "1" and max(picture.size) > 2 * LARGEST_FILE_SIDE:
                picture = picture.reduce(max(picture.size) // LARGEST_FILE_SIDE)
            return np.asarray(picture)
    except UnidentifiedImageError:
        if path.suffix.lower() not in (".tif", ".tiff"):
            raise
        return tifffile.imread(path, key=0)  # floats of 16 and 64 bits, and colours in floats
