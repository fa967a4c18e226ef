"""Paths as people paste them, what lies in a folder, and the square in the middle of a picture."""

import os
import re
import unicodedata
from collections import Counter
from pathlib import Path
from typing import NamedTuple
from urllib.parse import urlsplit
from urllib.request import url2pathname

import numpy as np
from PIL import Image, ImageOps

from course_utils.arguments import shown, whole
from course_utils.decoding import (
    ADVICE,
    LARGEST_SIDE,
    advice,
    opened,
    own_white,
    read_picture,
    scaled,
)

# Kinds that Pillow knows without decoding them by itself; EPS and WMF need another program.
_NOT_DECODED = {"BUFR", "EPS", "GRIB", "HDF5", "IPTC", "MPEG", "WMF"}
_SYSTEM = {  # what systems leave in folders, beside names that begin with a dot
    *("$recycle.bin", "recycler", "system volume information", "lost+found", "__macosx"),
    *("thumbs.db", "ehthumbs.db", "ehthumbs_vista.db", "desktop.ini", "icon\r", "picasa.ini"),
    *("@eadir", "@tmp", "@recycle", "#recycle", "#snapshot", "@__thumb", "lightroom previews"),
}


def as_path(path: str | Path) -> Path:
    """The path that a text means, as people paste it; every path of a learner goes through here.

    Understood are quotes around it, blanks at its ends, `~` for the home folder, and `file://`;
    where no file has the name as it stands, also the backslashes of Windows, those that a terminal
    puts before blanks, and *Copy Path* of JupyterLab, which begins with the notebook's folder.
    Whether there is such a file is not checked.

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
    if re.match("(https?|ftp):/", text, re.IGNORECASE):
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
    if "/" in text:
        places.append(os.path.join("..", text))  # noqa: PTH118
    for place in places:
        if os.path.exists(place):  # noqa: PTH110
            return Path(place)
    if min(text) < " ":
        raise ValueError(
            f"The path {text!r} has a character that no key types. Python reads a backslash with "
            "the letter after it as one character: write / in its place, or r before the quotes."
        )
    return Path(places[0])


class Listing(NamedTuple):
    """What lies in a folder, each sorted by path."""

    folder: Path
    pictures: list[Path]  # can be read, as far as their names or first bytes say
    others: list[Path]  # files of other kinds
    closed: list[Path]  # links that lead nowhere or back, and folders that cannot be opened
    folders: list[Path]  # directly in this one

    def left_out(self) -> list[str]:
        """A sentence for each kind of picture that is not read, and what to do about it."""
        sentences, kinds = [], Counter(path.suffix.lower() for path in self.others)
        for what, endings in ADVICE.items():
            if counted := [
                f"{kinds[ending]} {ending}" for ending in endings.split() if kinds[ending]
            ]:
                sentences.append(f"Left out: {', '.join(counted)}; {what}.")
        if self.closed:
            sentences.append(
                f"{self.names(self.closed)}: these links or folders cannot be followed."
            )
        return sentences

    def names(self, paths: list[Path]) -> str:
        """The first ten of some paths, as seen from the folder, and how many more there are."""
        names = [path.relative_to(self.folder).as_posix() for path in paths[:10]]
        return ", ".join(names) + (f" and {len(paths) - 10} more" if len(paths) > 10 else "")

    def contents(self) -> str:
        """How many files of each kind lie there, for a folder without a picture."""
        kinds = Counter(
            path.suffix.lower() or "without an ending" for path in self.pictures + self.others
        )
        return ", ".join(f"{n} {kind}" for kind, n in kinds.most_common(10)) or "no files"


def listed(folder: str | Path, deep: bool = False) -> Listing:
    """The files of a folder; if deep, those of its sub-folders too, also of linked ones.

    Passed over is what is hidden, as its name begins with a dot, and what a system leaves behind
    (`Thumbs.db`, `desktop.ini`, `@eaDir`, `__MACOSX`, ...). No folder is read twice.

    Raises:
        TypeError, ValueError: the folder is no path; see `as_path`.
        FileNotFoundError: there is no such folder.
        NotADirectoryError: it is a file.
        PermissionError: it may not be opened.
    """
    folder = as_path(folder)
    if not folder.exists():
        raise FileNotFoundError(f"There is no folder {str(folder)!r} in or from {Path.cwd()}.")
    if not folder.is_dir():
        unpack = "unpack it, then " if advice(folder) == "unpack them" else ""
        raise NotADirectoryError(
            f"{folder} is a file; {unpack}name the folder that your pictures are in."
        )
    found, readable = Listing(folder, [], [], [], []), endings()
    above, seen, waiting, linked = {*folder.resolve().parents}, set(), [folder], []
    while waiting or linked:
        place = waiting.pop() if waiting else linked.pop()
        if place.resolve() in seen:
            continue
        seen.add(place.resolve())
        try:
            inside = sorted(place.iterdir(), reverse=True)
        except OSError as error:
            if place == folder:
                raise type(error)(
                    f"The folder {folder} cannot be opened ({error.strerror}); let this program "
                    "read it, or choose another."
                ) from error
            found.closed.append(place)
            continue
        for path in inside:
            if path.name.startswith(".") or path.name.lower() in _SYSTEM:
                continue
            try:
                is_folder, is_file = path.is_dir(), path.is_file()
            except OSError:  # a link into a folder that may not be opened
                is_folder = is_file = False
            if is_folder and path.resolve() not in above:
                (linked if path.is_symlink() else waiting).append(path)
                if place == folder:
                    found.folders.append(path)
            elif is_file:
                (found.pictures if _is_picture(path, readable) else found.others).append(path)
            else:
                found.closed.append(path)
        if not deep:
            break
    for paths in found[1:]:
        paths.sort()
    return found


def endings() -> set[str]:
    """Endings of the names of files that can be read, in small letters: what Pillow decodes."""
    Image.init()
    kinds = {*Image.OPEN} - _NOT_DECODED
    return {ending for ending, kind in Image.registered_extensions().items() if kind in kinds}


def square(path: str | Path, size: int) -> np.ndarray:
    """The picture in a file, as `fitted` makes it: float32 `(3, size, size)` in [0, 1].

    Raises:
        TypeError: size is not a whole number, or the path is none.
        ValueError: it cannot be read, or size is less than 1.
    """
    path, size = as_path(path), whole("size", size, 1, LARGEST_SIDE)
    a = read_picture(path)
    try:
        return fitted(a, size, own_white(a, path))
    except ValueError as error:
        raise ValueError(f"{path.name} {error}") from None


def fitted(a: np.ndarray, size: int, white: int) -> np.ndarray:
    """The square in the middle of a picture, scaled, and on white where it is transparent.

    Args:
        a: as `decoding.read_picture` returns it.
        size: pixels on a side.
        white: the value that is white, if the picture has 16 bits.

    Returns float32 `(3, size, size)` in [0, 1], row 0 at the top.

    Raises:
        ValueError: it has NaN or infinite values; the words follow its name.
    """
    if a.dtype != np.uint8:
        if not np.isfinite(a).all():
            raise ValueError("has NaN or infinite values.")
        a = scaled(a, white) if a.dtype == np.uint16 else a / max(1, a.max())
        a = (np.clip(a, 0, 1) * 255 + 0.5).astype(np.uint8)
    picture = Image.fromarray(a).convert("RGBA")
    picture = ImageOps.fit(picture, (size, size), Image.Resampling.LANCZOS)
    a = np.asarray(picture).transpose(2, 0, 1) / np.float32(255)
    return a[:3] * a[3] + (1 - a[3])


def _is_picture(path, readable):
    """Whether its ending says so; or, where the ending says nothing, its first bytes."""
    ending = path.suffix.lower()
    if ending in readable or advice(path):
        return ending in readable
    try:
        with path.open("rb") as file, opened(file, ("PNG", "JPEG", "GIF", "BMP", "WEBP", "TIFF")):
            return True
    except Exception:  # every file format has its own kinds of failure
        return False
