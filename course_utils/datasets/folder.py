"""Your own pictures: read from a folder, and from its sub-folders as classes."""

import warnings
from pathlib import Path

import numpy as np
import psutil

from course_utils import decoding, pictures
from course_utils.arguments import whole
from course_utils.decoding import LARGEST_SIDE
from course_utils.training import progress

_DEEP = 2**16 - 1  # the white of 16 bits
_PARTS = {"train", "training", "test", "testing", "val", "valid", "validation"}  # of a data set


def read(folder: str | Path, size: int = 32, least: int = 1) -> np.ndarray:
    """The pictures in a folder and in its sub-folders, sorted by path, all of one size.

    Each is turned as its camera noted, cut to the square in its middle, scaled, and laid on white
    where it is transparent. A warning says how many files are left out, and why; and it says so if
    files of 16 bits hold fewer (see `decoding.white`).

    Args:
        folder: of files of the kinds that Pillow decodes (of a sequence the first picture counts);
            what is hidden, as its name begins with a dot, is passed over.
        size: pixels on a side, at least 1.
        least: how many pictures are needed.

    Returns float32 `(n, 3, size, size)` in [0, 1], row 0 at the top.

    Raises:
        TypeError: size or least is not a whole number, or the folder is no path.
        FileNotFoundError: there is no such folder.
        NotADirectoryError: it is a file.
        ValueError: size or least is less than 1, or the folder has no picture that can be read, or
            fewer than needed.
        MemoryError: the pictures need more memory than there is.
    """
    least = whole("least", least, 1)
    x, _ = _read(pictures.listed(folder, deep=True), size, [])
    if len(x) < least:
        raise ValueError(
            f"{folder} holds {len(x)} pictures that can be read, and {least} or more are needed; "
            "put more into it, or choose another folder."
        )
    return x


def read_classes(folder: str | Path, size: int = 32) -> tuple[np.ndarray, np.ndarray, list[str]]:
    """The pictures in a folder as `read` makes them, with a class for each sub-folder.

    What lies deeper belongs to the uppermost sub-folder. Pictures beside the sub-folders are a
    class of their own, which has the name of the folder; a warning says so. Without sub-folders all
    are that class. A folder that holds one sub-folder and no picture stands for that sub-folder.
    A warning says so if the sub-folders are named like parts of a data set (`train` and `test`).

    Returns float32 `(n, 3, size, size)` in [0, 1]; the class of each, int64 `(n,)`; and the names
    of the classes, sorted.

    Raises:
        As `read`.
    """
    found = pictures.listed(folder, deep=True)
    place = found.folder
    branches = {_branch(path, place) for path in found.pictures}
    while len(branches) == 1 and "" not in branches:
        place /= branches.pop()
        branches = {_branch(path, place) for path in found.pictures}
    own, notes = place.resolve().name, []
    if len(branches) > 1 and "" in branches:
        n = sum(path.parent == place for path in found.pictures)
        notes = [
            f"{n} pictures lie beside the sub-folders; they are a class of their own, {own!r}."
        ]
    if len(branches) > 1 and {branch.lower() for branch in branches} <= _PARTS:
        notes.append(
            f"The classes are {' and '.join(sorted(branches))}, which look like parts of a data "
            "set; name one of these folders to have the classes inside it."
        )
    x, kept = _read(found, size, notes)
    names, c = np.unique([_branch(path, place) or own for path in kept], return_inverse=True)
    return x, c.astype(np.int64), names.tolist()


def _branch(path, folder):
    """The uppermost sub-folder that a file of a folder lies in; empty if it lies beside those."""
    first, *rest = path.relative_to(folder).parts
    return first if rest else ""


def _read(found, size, notes):
    """The pictures of a listing that can be read, `(n, 3, size, size)`, and their paths."""
    size = whole("size", size, 1, LARGEST_SIDE)
    paths = found.pictures
    _check_memory(len(paths), size)
    x = np.empty((len(paths), 3, size, size), np.float32)
    kept, damaged, deep, largest = [], {}, [], 0
    for path in progress(paths, desc="pictures", delay=1):
        try:
            a = decoding.read_picture(path)
            x[len(kept)] = pictures.fitted(a, size, _DEEP)
        except Exception as error:  # every file format has its own kinds of failure
            reason = str(error).removeprefix(f"{path.name} ").split(" (")[0].rstrip(".")
            damaged.setdefault(reason, []).append(path)
            continue
        if a.dtype == np.uint16:
            deep.append(len(kept))
            largest = max(largest, decoding.brightest(a))
        kept.append(path)
    white = decoding.white(largest)
    if white < _DEEP:
        for row in deep:
            x[row] = pictures.fitted(decoding.read_picture(kept[row]), size, white)
        notes = [*notes, decoding.about_white(f"{len(deep)} files of 16 bits", largest)]
    groups = "; ".join(f"{found.names(some)} ({reason})" for reason, some in damaged.items())
    if not kept:
        raise ValueError(
            f"No picture in the folder {found.folder} can be read{': ' * bool(groups)}{groups}. "
            + " ".join([*found.left_out(), f"In it lie: {found.contents()}."])
        )
    if groups:
        left = len(paths) - len(kept)
        notes = [f"{left} of {len(paths)} pictures are left out: {groups}.", *notes]
    if notes := [*notes, *found.left_out()]:
        warnings.warn(" ".join(notes), stacklevel=3)
    return x[: len(kept)], kept


def _check_memory(n, size):
    needed, free = 12 * n * size**2, psutil.virtual_memory().available
    if needed > 0.9 * free:
        raise MemoryError(
            f"{n:,} pictures of {size} x {size} need {needed / 2**30:,.1f} GiB, and "
            f"{free / 2**30:.1f} GiB of memory are free; choose a smaller size, or fewer pictures."
        )
