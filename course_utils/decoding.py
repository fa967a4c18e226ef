"""What is in a picture file of any kind, the right way up and with black as 0."""

import warnings
from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO, cast

import numpy as np
from PIL import Image, ImageCms, ImageOps, UnidentifiedImageError

LARGEST_SIDE = 8192  # pixels, of what is made of a picture
LARGEST_FILE_SIDE = 2048  # pixels, of a file read as it is
LARGEST_FILE = 2**28  # pixels, of a file that is read at all
ADVICE = {
    "save them as JPEG or PNG": ".avif .avifs .heic .heif .hif .jxl .jxr .wdp",
    "save them as JPEG or TIFF with a program for raw photographs": (
        ".3fr .arw .cr2 .cr3 .crw .dng .erf .iiq .nef .nrw .orf .pef .raf .raw .rw2 .sr2 .srw .x3f"
    ),
    "save them as PNG with the program that they are from": (
        ".ai .clip .cdr .czi .dcm .drawio .emf .eps .exr .hdr .kra .nd2 .npy .npz .pdf .ps .psb"
        " .svg .svgz .wmf .xcf"
    ),
    "save single pictures of them": ".3gp .avi .m4v .mkv .mov .mp4 .mpeg .mpg .webm .wmv",
    "unpack them": ".7z .bz2 .gz .rar .tar .tgz .zip",
}


def read_picture(path: Path) -> np.ndarray:
    """The first picture of a file, the right way up: `(h, w)`, or `(h, w, 3 or 4)` with colour.

    uint8, or uint16 for grey of more than 8 bits, both with 0 as black; or the numbers of the file,
    if they are floats or have 32 bits. A fourth channel is the opacity. More than 4096 pixels on a
    side are averaged down to 2048 or a little more.

    Raises:
        ValueError: the file is not a picture, is damaged, or has more than 268 million pixels.
    """
    try:
        if (a := _decode(path)).size:
            return a
        raise ValueError("it has no pixels")
    except _Refused as error:
        raise ValueError(f"{path.name} {error}.") from None
    except Exception as error:  # every file format has its own kinds of failure
        raise ValueError(f"{path.name} {_reason(path, error)}.") from error


def brightest(a: np.ndarray) -> int:
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


def own_white(a: np.ndarray, path: Path) -> int:
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
        f"The brightest pixel of {name} is {largest}, where 65535 would be white: "
        f"{white(largest).bit_length()} bits are assumed, in which {white(largest)} is white."
    )


def scaled(a: np.ndarray, white: int | None = None) -> np.ndarray:
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


@contextmanager
def opened(
    file: Path | BinaryIO, formats: tuple[str, ...] | None = None
) -> Generator[Image.Image, None, None]:
    """The picture of a file, not yet decoded, by Pillow; it may have any number of pixels.

    Pillow by itself warns of an attack, or refuses, where a photograph has 90 or 180 million.
    """
    limit, Image.MAX_IMAGE_PIXELS = Image.MAX_IMAGE_PIXELS, None
    try:
        with Image.open(file, formats=formats) as picture:
            yield picture
    finally:
        Image.MAX_IMAGE_PIXELS = limit


def advice(path: Path) -> str | None:
    """What to do with files of a kind that cannot be read; None for any other."""
    ending = Path(path).suffix.lower()
    return next((what for what, kinds in ADVICE.items() if ending in kinds.split()), None)


class _Refused(ValueError):
    """A picture that is whole, but none that the course takes; the words follow its name."""


def _reason(path, error):
    """Why a file cannot be read, and what to do about it."""
    if advice(path):
        return f"cannot be read; files that end in {path.suffix}: {advice(path)}"
    if "imagecodecs" in str(error):
        return "is packed in a way that needs one more package: pip install imagecodecs"
    if isinstance(error, OSError) and error.strerror:
        return f"cannot be opened ({error.strerror})"
    why = str(error).split("\n")[0]
    if isinstance(error, UnidentifiedImageError):
        why, first = "its first bytes are of no kind that is known", path.read_bytes()[:12]
        if first[4:] in (b"ftypheic", b"ftypheix", b"ftypmif1"):
            return "is a HEIC picture, whatever its name says; save it as JPEG or PNG"
        if first.lstrip().startswith(b"<"):
            return "is a web page, whatever its name says; save the picture itself"
    return f"is not a picture that can be read, or it is damaged ({why})"


def _check_size(width, height):
    if width * height > LARGEST_FILE:
        raise _Refused(
            f"has {width} x {height} pixels; at most {LARGEST_FILE // 10**6} million can be read, "
            "so make it smaller first"
        )


def _decode(path):
    try:
        with path.open("rb") as file, opened(file) as picture:
            _check_size(*picture.size)
            tags = getattr(picture, "tag_v2", {})
            if not _misread(tags):
                return _pixels(picture, tags)
    except UnidentifiedImageError:
        if path.suffix.lower() not in (".tif", ".tiff"):
            raise
    return _decode_tiff(path)  # also floats of 16 and 64 bits, and colours in floats


def _misread(tags):
    """Whether Pillow reads a TIFF as another kind: planes of 16 bits as 8, unsigned as signed."""
    bits = tags.get(258, (1,))
    by_planes, unsigned = tags.get(284) == 2, set(tags.get(339, (1,))) == {1}
    return (by_planes and max(bits) > 8) or (unsigned and max(bits) == 32)


def _pixels(picture, tags):
    see_through, large = picture.info.get("transparency"), max(picture.size)
    if large > 2 * LARGEST_FILE_SIDE and picture.format in ("JPEG", "MPO"):
        picture.draft(None, [LARGEST_FILE_SIDE * side // large for side in picture.size])
    smaller = max(picture.size) // LARGEST_FILE_SIDE
    smaller = smaller if max(picture.size) > 2 * LARGEST_FILE_SIDE else 1
    deep = picture.mode in ("I", "F") or picture.mode.startswith("I;16")
    whole = picture.mode != "F" and (picture.mode != "I" or picture.format == "PPM")
    picture = ImageOps.exif_transpose(picture)
    if deep:
        if smaller > 1 and see_through is None and picture.mode != "I":
            picture = picture.convert("F").reduce(smaller)
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
        picture = cast(Image.Image, picture)  # a new one
    if picture.mode not in ("L", "RGB") or picture.has_transparency_data:
        picture = picture.convert("RGBA")
    return np.asarray(picture.reduce(smaller) if smaller > 1 else picture)


def _decode_tiff(path):
    import tifffile  # here, as few pictures need it, and it takes long to import

    with tifffile.TiffFile(path) as file:
        page = cast(tifffile.TiffPage, file.pages[0])
        _check_size(page.imagewidth, page.imagelength)
        a = page.asarray()
        if a.ndim == 3 and page.planarconfig == 2:  # one plane after the other
            a = np.moveaxis(a, 0, -1)
        a = _upright_light(a, page.photometric)
    if a.ndim == 3 and a.shape[2] == 2:
        a = a[..., [0, 0, 0, 1]]
    if a.ndim == 3 and a.shape[2] == 1:
        a = a[..., 0]
    if a.ndim != 2 and a.shape[2:] not in ((3,), (4,)):
        shape = " x ".join(map(str, a.shape))
        raise _Refused(f"holds {shape} numbers, neither grey nor a colour; save a picture of them")
    return a


def _upright_light(a, photometric):
    """The values of a TIFF with 0 as black, also where its tag says that 0 is white."""
    if photometric != 0:
        return a
    return (white(a.max().item()) if a.dtype == np.uint16 else max(1, a.max())) - a
