"""Which files are pictures, where they lie, and what is in them, the right way up."""

import os
import re
import unicodedata
from pathlib import Path
from urllib.parse import urlsplit
from urllib.request import url2pathname

import numpy as np
import tifffile
from PIL import Image, ImageOps, UnidentifiedImageError

from course_utils.arguments import shown

SUFFIXES = {".png", ".jpg", ".jpeg", ".bmp", ".gif", ".tif", ".tiff"}  # of files to read
LARGEST_FILE_SIDE = 2048  # pixels, of a file read as it is


def as_path(path) -> Path:
    """The path that a text means, as people paste it; every path of a learner goes through here.

    Understood are quotes around it, blanks at its ends, `~` for the home folder, and `file://`;
    where no file has the name as it stands, also the backslashes of Windows, and those that a
    terminal puts before blanks. Whether there is such a file is not checked.

    Raises:
        TypeError: it is neither a text nor a path.
        ValueError: it is empty, an address on the web, or a text with a line break or the like.
    """
    if not isinstance(path, str | os.PathLike):
        raise TypeError(f"A path is a text, as 'my.jpg', not {shown(path)}.")
    text = os.fspath(path)
    if isinstance(path, str):
        text = re.sub(r"""^(["'])(.*)\1$""", r"\2", text.strip(), flags=re.DOTALL).strip()
    if not text:
        raise ValueError("The path is empty; write the name of a file or a folder.")
    if re.match("(https?|ftp)://", text, re.IGNORECASE):
        raise ValueError(
            f"{text} is an address on the web, and the course reads files of this computer only: "
            "save it first, then write the name of the file."
        )
    if re.match("file:/", text, re.IGNORECASE):
        text = url2pathname(urlsplit(text).path)
    meant = [text, re.sub(r"\\(.)", r"\1", text), text.replace("\\", "/")]
    meant += [unicodedata.normalize(form, text) for form in ("NFC", "NFD")]  # ü as one, or as two
    # Unlike those of Path these two do not raise, whatever stands in the text.
    places = [os.path.expanduser(text) for text in meant]  # noqa: PTH111
    for place in places:
        if os.path.exists(place):  # noqa: PTH110
            return Path(place)
    if min(text) < " ":
        raise ValueError(
            f"The path {text!r} has a character that no key types. Python reads a backslash with "
            "the letter after it as one character: write / in its place, or r before the quotes."
        )
    return Path(places[0])


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
