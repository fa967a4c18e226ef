"""Which files are pictures, where they lie, and what is in them, the right way up."""

import os
import re
import unicodedata
import warnings
from collections import Counter
from contextlib import contextmanager
from pathlib import Path
from typing import NamedTuple
from urllib.parse import urlsplit
from urllib.request import url2pathname

import numpy as np
import tifffile
from PIL import Image, ImageCms, ImageOps, UnidentifiedImageError

from course_utils.arguments import shown

LARGEST_FILE_SIDE = 2048  # pixels, of a file read as it is
LARGEST_FILE = 2**28  # pixels, of a file that is read at all
# Kinds that Pillow knows without decoding them by itself; EPS and WMF need another program.
_NOT_DECODED = {"BUFR", "EPS", "GRIB", "HDF5", "IPTC", "MPEG", "WMF"}
_ADVICE = {
    "save them as JPEG or PNG": ".avif .avifs .heic .heif .hif .jxl .jxr .wdp",
    "save them as JPEG or TIFF with a program for raw photographs": (
        ".3fr .arw .cr2 .cr3 .crw .dng .erf .iiq .nef .nrw .orf .pef .raf .raw .rw2 .sr2 .srw .x3f"
    ),
    "save them as PNG with the program that they are from": (
        ".ai .clip .cdr .drawio .emf .eps .kra .pdf .ps .svg .svgz .wmf .xcf"
    ),
    "save single pictures of them": ".3gp .avi .m4v .mkv .mov .mp4 .mpeg .mpg .webm .wmv",
    "unpack them": ".7z .bz2 .gz .rar .tar .tgz .zip",
}
_SYSTEM = {  # what systems leave in folders, beside names that begin with a dot
    *("$recycle.bin", "recycler", "system volume information", "lost+found", "__macosx"),
    *("thumbs.db", "ehthumbs.db", "ehthumbs_vista.db", "desktop.ini", "icon\r", "picasa.ini"),
    *("@eadir", "@tmp", "@recycle", "#recycle", "#snapshot", "@__thumb", "lightroom previews"),
}


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
        for advice, endings in _ADVICE.items():
            if counted := [
                f"{kinds[ending]} {ending}" for ending in endings.split() if kinds[ending]
            ]:
                sentences.append(f"{', '.join(counted)}: {advice}.")
        if self.closed:
            sentences.append(
                f"{self.names(self.closed)}: these links or folders cannot be followed."
            )
        return sentences

    def names(self, paths) -> str:
        """The first ten of some paths, as seen from the folder, and how many more there are."""
        names = [path.relative_to(self.folder).as_posix() for path in paths[:10]]
        return ", ".join(names) + (f" and {len(paths) - 10} more" if len(paths) > 10 else "")

    def contents(self) -> str:
        """How many files of each kind lie there, for a folder without a picture."""
        kinds = Counter(
            path.suffix.lower() or "without an ending" for path in self.pictures + self.others
        )
        return ", ".join(f"{n} {kind}" for kind, n in kinds.most_common(10)) or "no files"


def listed(folder, deep: bool = False) -> Listing:
    """The files of a folder; if deep, those of its sub-folders too, also of linked ones.

    Passed over is what is hidden, as its name begins with a dot, and what a system leaves behind
    (`Thumbs.db`, `desktop.ini`, `@eaDir`, `__MACOSX`, ...). No folder is read twice.

    Raises:
        TypeError, ValueError: the folder is no path; see `as_path`.
        FileNotFoundError: there is no such folder.
        NotADirectoryError: it is a file.
    """
    folder = as_path(folder)
    if not folder.exists():
        raise FileNotFoundError(f"There is no folder {str(folder)!r} in or from {Path.cwd()}.")
    if not folder.is_dir():
        raise NotADirectoryError(f"{folder} is a file; name the folder that your pictures are in.")
    found, readable = Listing(folder, [], [], [], []), endings()
    above, seen, waiting, linked = {*folder.resolve().parents}, set(), [folder], []
    while waiting or linked:
        place = waiting.pop() if waiting else linked.pop()
        if place.resolve() in seen:
            continue
        seen.add(place.resolve())
        try:
            inside = sorted(place.iterdir(), reverse=True)
        except OSError:
            found.closed.append(place)
            continue
        for path in inside:
            if path.name.startswith(".") or path.name.lower() in _SYSTEM:
                continue
            if path.is_dir() and path.resolve() not in above:
                (linked if path.is_symlink() else waiting).append(path)
                if place == folder:
                    found.folders.append(path)
            elif path.is_file():
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


def _is_picture(path, readable):
    """Whether its ending says so; or, where the ending says nothing, its first bytes."""
    ending = path.suffix.lower()
    if ending in readable or any(ending in endings.split() for endings in _ADVICE.values()):
        return ending in readable
    try:
        with path.open("rb") as file, _open(file, ("PNG", "JPEG", "GIF", "BMP", "WEBP", "TIFF")):
            return True
    except Exception:  # every file format has its own kinds of failure
        return False


def read_picture(path) -> np.ndarray:
    """The first picture of a file, the right way up: `(h, w)`, or `(h, w, 3 or 4)` with colour.

    uint8, or uint16 for grey of more than 8 bits, both with 0 as black; or the numbers of the file,
    if they are floats or have 32 bits. A fourth channel is the opacity. More than 4096 pixels on a
    side are averaged down to 2048 or a little more, except where there are more than 8 bits.

    Raises:
        ValueError: the file is not a picture, is damaged, or has more than 268 million pixels.
    """
    path = as_path(path)
    try:
        if (a := _decode(path)).size:
            return a
        raise ValueError("it has no pixels")
    except _TooLarge as error:
        raise ValueError(f"{path.name} {error}") from None
    except Exception as error:  # every file format has its own kinds of failure
        why = (
            "it is of no kind that is known" if isinstance(error, UnidentifiedImageError) else error
        )
        reason = f"is not a picture that can be read, or it is damaged ({_first_line(why)})."
        if "imagecodecs" in str(error):
            reason = "is packed in a way that needs one more package: pip install imagecodecs."
        for advice, endings in _ADVICE.items():
            if path.suffix.lower() in endings.split():
                reason = f"cannot be read; files that end in {path.suffix}: {advice}."
        raise ValueError(f"{path.name} {reason}") from error


def brightest(a) -> int:
    """The largest value of a picture as `read_picture` returns it, without the opacity."""
    return (a[..., :3] if a.ndim == 3 else a).max().item()


def white(largest: int) -> int:
    """The value that is white in files of 16 bits, if `largest` is the brightest pixel of them all.

    Cameras and microscopes write 8, 10 or 12 bits into files of 16. If no pixel of all files that
    belong together reaches a sixteenth of white, they hold the fewest of these bits that suffice; a
    photograph so dark would be black to the eye. Of 14 bits is only what reaches their white
    exactly, as an ordinary dark photograph may well stay below a quarter.
    """
    if largest == 2**14 - 1:
        return largest
    return next((2**bits - 1 for bits in (8, 10, 12) if 0 < largest < 2**bits), 2**16 - 1)


def own_white(a, path) -> int:
    """The value that is white in one picture of 8 or 16 bits; a warning says if it has fewer."""
    if a.dtype != np.uint16:
        return 255
    largest = brightest(a)
    if white(largest) < 2**16 - 1:
        warnings.warn(about_white(Path(path).name, largest), stacklevel=3)
    return white(largest)


def about_white(name: str, largest: int) -> str:
    """The sentence that says so."""
    return (
        f"The brightest pixel of {name} is {largest}, 65535 would be white: it is read as one "
        f"of {white(largest).bit_length()} bits, in which {white(largest)} is white."
    )


def scaled(a, white: int | None = None) -> np.ndarray:
    """A picture in float64: whole numbers of 8 and 16 bits with white at 1, others as they are.

    Args:
        a: as `read_picture` returns it.
        white: the value that is white; of 8 or 16 bits the largest, if not given.
    """
    if a.dtype not in (np.uint8, np.uint16):
        return a.astype(np.float64)
    most = np.iinfo(a.dtype).max
    a = a / most  # the opacity always has all bits
    colours = a[..., :3] if a.ndim == 3 else a
    colours *= most / (white or most)
    return a


class _TooLarge(ValueError):
    pass


def _first_line(error):
    return str(error).split("\n")[0]


def _check_size(width, height):
    if width * height > LARGEST_FILE:
        raise _TooLarge(
            f"has {width} x {height} pixels; at most {LARGEST_FILE // 10**6} million can be read, "
            "so make it smaller first."
        )


@contextmanager
def _open(file, formats=None):
    """The picture of a file, not yet decoded. Its size is checked here, in a sentence: Pillow would
    warn of an attack, or refuse, where a photograph has 90 or 180 million pixels."""
    limit, Image.MAX_IMAGE_PIXELS = Image.MAX_IMAGE_PIXELS, None
    try:
        with Image.open(file, formats=formats) as picture:
            _check_size(*picture.size)
            yield picture
    finally:
        Image.MAX_IMAGE_PIXELS = limit


def _decode(path):
    try:
        with path.open("rb") as file, _open(file) as picture:
            tags = getattr(picture, "tag_v2", {})
            by_planes = tags.get(284) == 2 and max(tags.get(258)) > 8
            if not by_planes:  # Pillow reads such planes as if they had 8 bits
                return _pixels(picture, tags)
    except UnidentifiedImageError:
        if path.suffix.lower() not in (".tif", ".tiff"):
            raise
    return _decode_tiff(path)  # also floats of 16 and 64 bits, and colours in floats


def _pixels(picture, tags):
    see_through, large = picture.info.get("transparency"), max(picture.size)
    if large > 2 * LARGEST_FILE_SIDE and picture.format in ("JPEG", "MPO"):
        picture.draft(None, [LARGEST_FILE_SIDE * side // large for side in picture.size])
    deep = picture.mode in ("I", "F") or picture.mode.startswith("I;16")
    whole = picture.mode != "F" and (picture.mode != "I" or picture.format == "PPM")
    picture = ImageOps.exif_transpose(picture)
    if deep:
        a = np.asarray(picture)
        a = a.astype(np.uint16 if whole else a.dtype.newbyteorder("="), copy=False)
        if tags.get(258) == (12,):  # bits
            a = a << 4 | a >> 8
        a = _upright_light(a, tags.get(262))
        opaque = np.where(a == see_through, 0, 65535).astype(a.dtype)
        return a if see_through is None else np.dstack([a, a, a, opaque])
    if picture.mode == "1":
        picture = picture.convert("L")
    if picture.mode == "LAB":
        profiles = ImageCms.createProfile("LAB"), ImageCms.createProfile("sRGB")
        picture = ImageCms.profileToProfile(picture, *profiles, outputMode="RGB")
    if picture.mode not in ("L", "RGB") or picture.has_transparency_data:
        picture = picture.convert("RGBA")
    if max(picture.size) > 2 * LARGEST_FILE_SIDE:
        picture = picture.reduce(max(picture.size) // LARGEST_FILE_SIDE)
    return np.asarray(picture)


def _decode_tiff(path):
    with tifffile.TiffFile(path) as file:
        page = file.pages[0]
        _check_size(page.imagewidth, page.imagelength)
        a = page.asarray()
        if a.ndim == 3 and page.planarconfig == 2:  # one plane after the other
            a = np.moveaxis(a, 0, -1)
        a = _upright_light(a, page.photometric)
    if a.ndim == 3 and a.shape[2] == 2:
        a = a[..., [0, 0, 0, 1]]
    return a[..., 0] if a.ndim == 3 and a.shape[2] == 1 else a


def _upright_light(a, photometric):
    """The values of a TIFF with 0 as black, also where its tag says that 0 is white."""
    if photometric != 0:
        return a
    return (white(a.max().item()) if a.dtype == np.uint16 else max(1, a.max())) - a
