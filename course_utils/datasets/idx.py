"""The files of MNIST and of sets in its format (IDX), found under the names that people have."""

import gzip
import math
import re
import zlib
from collections import defaultdict
from pathlib import Path

import numpy as np

from course_utils.output import say
from course_utils.pictures import as_path, listed

_NAME = re.compile(r"(emnist-[a-z]+-)?(train|t10k|test)-(images|labels)-idx[13]-ubyte")
_NUMBER = re.compile(r"\s*\(\d+\)")  # that a browser gives to a second download
_LEVELS = 3  # of folders that are looked into: torchvision's files lie in MNIST/raw
_PACKED = {".zip", ".tar", ".tgz", ".7z", ".rar"}
_ADVICE = (
    "fetch it with digits.download(folder), or leave out folder and COURSE_MNIST for the course's "
    "digits."
)


def find(folder: str | Path, split: str) -> tuple[Path, Path]:
    """The two files of a split, "train" or "test": of its pictures, and of its labels.

    A file may lie in the folder, in a folder of its own that is named like it, or as torchvision
    puts it (`MNIST/raw`). Its name may have a dot (`train-images.idx3-ubyte`), end in .gz or .GZ,
    have the number of a browser (`train-images-idx3-ubyte (1).gz`), or be that of EMNIST. Of
    several, one without a number is read, and sooner one that is gzipped; a line names the
    others, unless the names differ by .gz alone.

    Raises:
        TypeError, ValueError: the folder is no path, or several data sets lie in it.
        FileNotFoundError: there is no such folder, or a file is missing.
        NotADirectoryError: it is a file, and none of a data set.
    """
    folder = as_path(folder)
    if _kind(folder):  # one of the files, or the folder of one
        folder = folder.parent
    if not folder.exists():
        raise FileNotFoundError(f"There is no folder {folder} in or from {Path.cwd()}; {_ADVICE}")
    sets = _sets(folder)
    if len(sets) > 1:
        places = ", ".join(sorted(f"{place / start}*" for place, start in sets))
        raise ValueError(
            f"Several data sets lie in {folder} ({places}); name the folder of one, or give it one."
        )
    files = next(iter(sets.values()), {})
    return _one(folder, files, split, "images"), _one(folder, files, split, "labels")


def read(path: Path, what: str) -> np.ndarray:
    """What a file holds, bytes: pictures `(n, h, w)` or labels `(n,)`, gzipped or not.

    Raises:
        ValueError: the file is damaged, cut, or not of "pictures" or "labels", as `what` says.
    """
    data, again = (
        Path(path).read_bytes(),
        "delete it and fetch it again with digits.download(folder).",
    )
    if data[:2] == b"\x1f\x8b":
        try:
            data = gzip.decompress(data)
        except (OSError, EOFError, zlib.error) as error:
            raise ValueError(f"{path} is cut or damaged ({error}); {again}") from error
    sides = 3 if what == "pictures" else 1
    start = 4 + 4 * sides
    if len(data) < start or data[:4] != bytes([0, 0, 8, sides]):
        raise ValueError(f"{path} does not begin as a file of {what} in IDX format does; {again}")
    shape = np.frombuffer(data, ">u4", sides, offset=4).tolist()
    if math.prod(shape) != len(data) - start:
        raise ValueError(
            f"{path} is cut or damaged: {math.prod(shape)} bytes should follow its header, but "
            f"{len(data) - start} do; {again}"
        )
    return np.frombuffer(data, np.uint8, offset=start).reshape(shape)


def _kind(path):
    """What the name of a file says: the start of its set's names, the split, images or labels."""
    plain = _NUMBER.sub("", path.name.lower()).removesuffix(".gz").replace(".", "-")
    if found := _NAME.fullmatch(plain):
        start, split, what = found.groups("")
        return start, "train" if split == "train" else "test", what
    return None


def _sets(folder):
    """The files of each data set, by split and kind; only of those that lie the least deep."""
    sets, places = defaultdict(lambda: defaultdict(list)), [folder]
    for _ in range(_LEVELS):
        listings = [listed(place) for place in places]
        places = [place for listing in listings for place in listing.folders]
        for path in (p for listing in listings for p in listing.pictures + listing.others):
            if kind := _kind(path):
                home = path.parent.parent if _kind(path.parent) else path.parent
                sets[home, kind[0]][kind[1:]].append(path)
    least = min((len(home.parts) for home, _ in sets), default=0)
    return {key: files for key, files in sets.items() if len(key[0].parts) == least}


def _one(folder, files, split, what):
    """The file to read, of those for a split that have the images or the labels."""
    found = sorted(
        files.get((split, what), ()),
        key=lambda p: (bool(_NUMBER.search(p.name)), p.suffix.lower() != ".gz", p),
    )
    if not found:
        sides = {"images": 3, "labels": 1}[what]
        name = f"{'train' if split == 'train' else 't10k'}-{what}-idx{sides}-ubyte"
        listing = listed(folder)
        inside = sorted(listing.pictures + listing.others + listing.folders)
        holds = (
            f"{len(inside)} files and folders ({listing.names(inside)})" if inside else "nothing"
        )
        packed = [path.name for path in inside if path.suffix.lower() in _PACKED]
        unpack = f"unpack {', '.join(packed)} there, or " if packed else ""
        raise FileNotFoundError(
            f"There is no {name}.gz and no {name} in the folder {folder}, which has {holds}; "
            f"{unpack}{_ADVICE}"
        )
    if len({path.name.lower().removesuffix(".gz") for path in found}) > 1:
        names = [path.name for path in found]
        say(f"{names[0]} is read, and not {', '.join(names[1:])}.")
    return found[0]
