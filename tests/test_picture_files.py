"""Paths as people paste them, the files that folders hold, and what each kind of file becomes."""

import os
import re
import shutil
import struct
import sys
import types
import warnings
from pathlib import Path
from zlib import compress, crc32

import numpy as np
import psutil
import pytest
import tifffile
from PIL import Image
from skimage.color import rgb2gray

from course_utils import checkpoints, decoding, density, sphere
from course_utils.datasets import folder
from course_utils.density import ImageDensity, find_folder
from course_utils.paths import PICTURES
from course_utils.pictures import as_path, listed, square
from course_utils.widgets.painter import Painter
from publish.notebooks import select
from tests.notebook_rules import code_cells, read
from tools.lessons import definitions


@pytest.fixture(autouse=True)
def no_warnings():
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        yield


def save(path, colour=(200, 40, 40), shape=(20, 20), **options):
    path.parent.mkdir(parents=True, exist_ok=True)
    Image.new("RGB", shape, colour).save(path, **options)


# ---- paths


@pytest.mark.parametrize(
    "text",
    [
        "My Pictures/ä 1.png",
        Path("My Pictures/ä 1.png"),
        " My Pictures/ä 1.png\n",
        '"My Pictures/ä 1.png"',
        "'My Pictures/ä 1.png' ",
        "My Pictures\\ä 1.png",
        "My\\ Pictures/ä\\ 1.png",
        "My Pictures/a\u0308 1.png",
        "~/My Pictures/ä 1.png",
        "~\\My Pictures\\ä 1.png",
        "file://HERE/My%20Pictures/%C3%A4%201.png",
        "file:HERE/My%20Pictures/%C3%A4%201.png",
    ],
    ids=repr,
)
def test_a_path_as_people_paste_it(tmp_path, monkeypatch, text):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("USERPROFILE", str(tmp_path))
    save(tmp_path / "My Pictures" / "ä 1.png")
    if isinstance(text, str):
        text = text.replace("HERE", tmp_path.as_posix())
    assert as_path(text).samefile("My Pictures/ä 1.png")


def test_a_path_that_jupyterlab_has_copied(tmp_path, monkeypatch):
    """It begins at the server's folder, and the notebook runs in its own."""
    save(tmp_path / "notebooks" / "mine.png")
    monkeypatch.chdir(tmp_path / "notebooks")
    assert as_path("notebooks/mine.png").samefile("mine.png")


@pytest.mark.parametrize("name", ["it's.png", "a\\b.png", "a\nb.png", "'quoted'.png"])
def test_a_file_that_has_an_odd_name_is_found(tmp_path, monkeypatch, name):
    monkeypatch.chdir(tmp_path)
    save(tmp_path / name)
    assert as_path(name) == Path(name)


@pytest.mark.parametrize(
    "text, error, words",
    [
        ("https://some.where/cat.jpg", ValueError, "save it first"),
        ("HTTP://some.where/cat.jpg", ValueError, "save it first"),
        (Path("https://some.where/cat.jpg"), ValueError, "save it first"),
        ("data\new.png", ValueError, "r before the quotes"),
        ("", ValueError, "empty"),
        (" '' ", ValueError, "empty"),
        (None, TypeError, "A path is a text"),
        (b"a.png", TypeError, "A path is a text"),
    ],
)
def test_what_is_no_path_gets_a_sentence(text, error, words):
    with pytest.raises(error, match=words):
        as_path(text)


# ---- what each kind of file becomes: a table of what the course reads


def blocks(a, b, c, d):
    """Four squares of 4 x 4 pixels."""
    return np.array([[a, b], [c, d]], float).repeat(4, 0).repeat(4, 1)


LIGHT, BITS = blocks(1, 0.2, 0.6, 0.4), blocks(1, 0, 1, 1)  # 1 is white
COLOUR, OPACITY, GONE = (
    np.dstack([LIGHT, LIGHT.T, LIGHT[::-1]]),
    blocks(1, 1, 0.2, 0),
    blocks(1, 1, 1, 0),
)


def whole(light, dtype=np.uint8, most=None):
    most = np.iinfo(dtype).max if most is None else most
    return np.round(light * most).astype(dtype)


def pillow(*planes, mode=None, **options):
    """A writer of 8 bits for each value."""
    picture = Image.fromarray(whole(np.dstack(planes) if len(planes) > 1 else planes[0]))
    return lambda path: (picture.convert(mode) if mode else picture).save(path, **options)


def deep(light=LIGHT, most=65535, **options):
    """A writer of 16 bits, by Pillow."""
    return lambda path: Image.fromarray(whole(light, np.uint16, most)).save(path, **options)


def tiff(a, **options):
    """A writer of TIFF, by tifffile."""
    return lambda path: tifffile.imwrite(path, a, **options)


def png(width, height, bits, colour_type, rows):
    """A file of PNG, with its rows as they are packed."""

    def chunk(name, data):
        return struct.pack(">I", len(data)) + name + data + struct.pack(">I", crc32(name + data))

    head = struct.pack(">IIBBBBB", width, height, bits, colour_type, 0, 0, 0)
    parts = chunk(b"IHDR", head) + chunk(b"IDAT", compress(rows)) + chunk(b"IEND", b"")
    return b"\x89PNG\r\n\x1a\n" + parts


def png_of_16_bits(*planes):
    """A writer of kinds of PNG that Pillow cannot write."""
    a = whole(np.dstack(planes), ">u2")
    rows = b"".join(b"\0" + row.tobytes() for row in a)
    return lambda path: path.write_bytes(png(8, 8, 16, {2: 4, 3: 2, 4: 6}[a.shape[2]], rows))


def palette(**options):
    picture = Image.fromarray(np.uint8(blocks(0, 1, 2, 3)), "P")
    picture.putpalette(whole(COLOUR[::4, ::4]).ravel().tolist())
    return lambda path: picture.save(path, **options)


def lab(path):
    a = np.full((8, 8, 3), [128, 0, 0], np.uint8)  # L of 50, that is 0.4663 of white in sRGB
    tifffile.imwrite(path, a, photometric="cielab")


def tiff_of_12_bits(path):
    pairs = whole(LIGHT, int, 4095).reshape(8, 4, 2)
    first, second = pairs[..., 0], pairs[..., 1]
    packed = np.stack([first >> 4, (first & 15) << 4 | second >> 8, second & 255], -1)
    tifffile.imwrite(path, packed.reshape(8, 12).astype(np.uint8), photometric="minisblack")
    with tifffile.TiffFile(path, mode="r+b") as file:
        file.pages[0].tags["ImageWidth"].overwrite(8)
        file.pages[0].tags["BitsPerSample"].overwrite(12)


def animated(*options):
    first, second = (Image.fromarray(whole(light)) for light in (COLOUR, COLOUR[::-1]))
    return lambda path: first.save(path, save_all=True, append_images=[second], **dict(options))


GREY = whole(LIGHT)
DEEP = whole(LIGHT, np.uint16)
CMYK = Image.fromarray(whole(COLOUR)).convert("CMYK")
# what it is -> (name of the file, its writer, light, opacity, how far it may be off)
TABLE = {
    "png, grey of 8 bits": ("a.png", pillow(LIGHT)),
    "png, colour of 8 bits": ("a.png", pillow(COLOUR), COLOUR),
    "png, grey with opacity": ("a.png", pillow(LIGHT, OPACITY), LIGHT, OPACITY),
    "png, colour with opacity": ("a.png", pillow(COLOUR, OPACITY), COLOUR, OPACITY),
    "png, palette": ("a.png", palette(), COLOUR),
    "png, palette with a transparent colour": ("a.png", palette(transparency=3), COLOUR, GONE),
    "png, palette with opacities": (
        "a.png",
        palette(transparency=bytes([255, 255, 51, 0])),
        COLOUR,
        OPACITY,
    ),
    "png, one bit": ("a.png", pillow(BITS, mode="1"), BITS),
    "png, grey of 16 bits": ("a.png", deep()),
    "png, grey of 16 bits, one transparent": ("a.png", deep(transparency=26214), LIGHT, GONE),
    "png, colour of 16 bits": ("a.png", png_of_16_bits(COLOUR), COLOUR),
    "png, grey of 16 bits with opacity": (
        "a.png",
        png_of_16_bits(LIGHT, OPACITY),
        LIGHT,
        OPACITY,
    ),
    "png, colour of 16 bits with opacity": (
        "a.png",
        png_of_16_bits(COLOUR, OPACITY),
        COLOUR,
        OPACITY,
    ),
    "png, animated": ("a.png", animated(), COLOUR),
    "gif, palette": ("a.gif", palette(), COLOUR),
    "gif, a transparent colour": ("a.gif", palette(transparency=3), COLOUR, GONE),
    "gif, animated": ("a.gif", animated(), COLOUR),
    "webp, lossless": ("a.webp", pillow(COLOUR, OPACITY, lossless=True), COLOUR, OPACITY),
    "webp, animated": ("a.webp", animated(("lossless", True)), COLOUR),
    "avif": ("a.avif", pillow(LIGHT, quality=100), LIGHT, 1, 0.02),
    "jpeg 2000": ("a.jp2", pillow(COLOUR), COLOUR),
    "jpeg 2000, grey of 16 bits": ("a.jp2", deep()),
    "jpeg, grey": ("a.jpg", pillow(LIGHT, quality=100), LIGHT, 1, 0.02),
    "jpeg, colour": ("a.jpg", pillow(COLOUR, quality=100, subsampling=0), COLOUR, 1, 0.03),
    "jpeg, progressive": ("a.jpg", pillow(LIGHT, quality=100, progressive=True), LIGHT, 1, 0.02),
    "jpeg, cmyk": ("a.jpg", lambda path: CMYK.save(path, quality=100), COLOUR, 1, 0.03),
    "bmp, grey": ("a.bmp", pillow(LIGHT)),
    "bmp, one bit": ("a.bmp", pillow(BITS, mode="1"), BITS),
    "tga, colour with opacity": ("a.tga", pillow(COLOUR, OPACITY), COLOUR, OPACITY),
    "pgm, 16 bits": ("a.pgm", lambda path: path.write_bytes(b"P5 8 8 65535\n" + be16(65535))),
    "pgm, 12 bits": ("a.pgm", lambda path: path.write_bytes(b"P5 8 8 4095\n" + be16(4095))),
    "pfm, floats": ("a.pfm", lambda path: Image.fromarray(np.float32(LIGHT)).save(path)),
    "tiff, 1 bit": ("a.tif", pillow(BITS, mode="1"), BITS),
    "tiff, 1 bit, white is zero": ("a.tif", tiff(BITS == 0, photometric="miniswhite"), BITS),
    "tiff, 8 bits": ("a.tif", tiff(GREY)),
    "tiff, 8 bits, white is zero": ("a.tif", tiff(255 - GREY, photometric="miniswhite")),
    "tiff, 16 bits": ("a.tif", tiff(DEEP)),
    "tiff, 16 bits, white is zero": ("a.tif", tiff(65535 - DEEP, photometric="miniswhite")),
    "tiff, 16 bits, white is zero, big-endian": (
        "a.tif",
        tiff(65535 - DEEP, photometric="miniswhite", byteorder=">"),
    ),
    "tiff, 16 bits, big-endian": ("a.tif", tiff(DEEP, byteorder=">")),
    "tiff, 16 bits, in strips": ("a.tif", tiff(DEEP, rowsperstrip=1)),
    "tiff, 12 bits": ("a.tif", tiff_of_12_bits),
    "tiff, 16 bits, zlib": ("a.tif", tiff(DEEP, compression="zlib")),
    "tiff, 16 bits, lzw": ("a.tif", deep(compression="tiff_lzw")),
    "tiff, 8 bits, lzw": ("a.tif", pillow(LIGHT, compression="tiff_lzw")),
    "tiff, 8 bits, tiled": ("a.tif", tiff(GREY, tile=(16, 16))),
    "tiff, 16 bits, tiled": ("a.tif", tiff(DEEP, tile=(16, 16))),
    "tiff, pages": ("a.tif", tiff(np.stack([GREY, GREY[::-1]]), photometric="minisblack")),
    "tiff, 64-bit addresses": ("a.tif", tiff(DEEP, bigtiff=True)),
    "tiff, colour": ("a.tif", tiff(whole(COLOUR), photometric="rgb"), COLOUR),
    "tiff, colour, plane by plane": (
        "a.tif",
        tiff(whole(COLOUR.transpose(2, 0, 1)), photometric="rgb", planarconfig="separate"),
        COLOUR,
    ),
    "tiff, colour of 16 bits": (
        "a.tif",
        tiff(whole(COLOUR, np.uint16), photometric="rgb"),
        COLOUR,
    ),
    "tiff, colour of 16 bits, plane by plane": (
        "a.tif",
        tiff(
            whole(COLOUR.transpose(2, 0, 1), np.uint16), photometric="rgb", planarconfig="separate"
        ),
        COLOUR,
    ),
    "tiff, colour of 16 bits with opacity": (
        "a.tif",
        tiff(
            whole(np.dstack([COLOUR, OPACITY]), np.uint16),
            photometric="rgb",
            extrasamples=["unassalpha"],
        ),
        COLOUR,
        OPACITY,
    ),
    "tiff, colour with opacity": ("a.tif", pillow(COLOUR, OPACITY), COLOUR, OPACITY),
    "tiff, colour times opacity": (
        "a.tif",
        tiff(
            whole(np.dstack([COLOUR * OPACITY[..., None], OPACITY])),
            photometric="rgb",
            extrasamples=["assocalpha"],
        ),
        COLOUR,
        OPACITY,
        0.02,
    ),
    "tiff, grey of 8 bits with opacity": (
        "a.tif",
        tiff(
            whole(np.dstack([LIGHT, OPACITY])),
            photometric="minisblack",
            planarconfig="contig",
            extrasamples=["unassalpha"],
        ),
        LIGHT,
        OPACITY,
    ),
    "tiff, grey of 16 bits with opacity": (
        "a.tif",
        tiff(
            whole(np.dstack([LIGHT, OPACITY]), np.uint16),
            photometric="minisblack",
            planarconfig="contig",
            extrasamples=["unassalpha"],
        ),
        LIGHT,
        OPACITY,
    ),
    "tiff, palette": (
        "a.tif",
        tiff(
            np.uint8(blocks(0, 1, 2, 3)),
            photometric="palette",
            colormap=np.pad(whole(COLOUR[::4, ::4].reshape(4, 3).T, np.uint16), ((0, 0), (0, 252))),
        ),
        COLOUR,
    ),
    "tiff, cmyk": ("a.tif", lambda path: CMYK.save(path), COLOUR, 1, 0.01),
    "tiff, lab": ("a.tif", lab, np.full((8, 8), 0.4663), 1, 0.01),
    "tiff, halves": ("a.tif", tiff(LIGHT.astype(np.float16))),
    "tiff, floats": ("a.tif", tiff(LIGHT.astype(np.float32))),
    "tiff, floats, white is zero": (
        "a.tif",
        tiff(1 - LIGHT.astype(np.float32), photometric="miniswhite"),
    ),
    "tiff, floats, deflate": (
        "a.tif",
        lambda path: Image.fromarray(np.float32(LIGHT)).save(
            path, compression="tiff_adobe_deflate"
        ),
    ),
    "tiff, doubles": ("a.tif", tiff(LIGHT)),
    "tiff, doubles, zlib": ("a.tif", tiff(LIGHT, compression="zlib")),
    "tiff, doubles, white is zero": ("a.tif", tiff(1 - LIGHT, photometric="miniswhite")),
    "tiff, colour in floats": ("a.tif", tiff(np.float32(COLOUR), photometric="rgb"), COLOUR),
    "tiff, colour in floats, plane by plane": (
        "a.tif",
        tiff(COLOUR.transpose(2, 0, 1), photometric="rgb", planarconfig="separate"),
        COLOUR,
    ),
}


def be16(most):
    return whole(LIGHT, ">u2", most).tobytes()


def expected(light=LIGHT, opacity=1, off=0.003):
    """Colours `(8, 8, 3)`, opacity, and how far they may be off."""
    colours = light if light.ndim == 3 else np.dstack([light] * 3)
    return colours, np.broadcast_to(opacity, (8, 8))[..., None], off


@pytest.mark.parametrize("what", TABLE)
def test_the_course_reads(tmp_path, what):
    name, write, *light = TABLE[what]
    write(tmp_path / name)
    colours, opacity, off = expected(*light)
    x = folder.read(tmp_path, 8)[0].transpose(1, 2, 0)
    np.testing.assert_allclose(x, colours * opacity + 1 - opacity, atol=off)
    assert (square(tmp_path / name, 8).transpose(1, 2, 0) == x).all()
    for invert in (False, True):
        grey = rgb2gray(1 - colours if invert else colours) * opacity[..., 0]
        d = ImageDensity.from_file(tmp_path / name, invert)
        np.testing.assert_allclose(d.pdf[::-1] * d.mass, grey, atol=off)


@pytest.mark.parametrize("dtype", [np.uint32, np.int32, np.int16])
def test_whole_numbers_of_which_only_ratios_are_known(tmp_path, dtype):
    tifffile.imwrite(tmp_path / "a.tif", whole(LIGHT, dtype), photometric="minisblack")
    d = ImageDensity.from_file(tmp_path / "a.tif")
    np.testing.assert_allclose(d.pdf[::-1], LIGHT / LIGHT.sum(), atol=1e-5)
    np.testing.assert_allclose(square(tmp_path / "a.tif", 8)[0], LIGHT, atol=0.003)


@pytest.mark.parametrize("turn", range(1, 9))
@pytest.mark.parametrize("suffix", ["jpg", "png", "tif", "webp"])
def test_any_turn_that_a_camera_notes(tmp_path, suffix, turn):
    """The number says on which sides of the picture the first row and the first column lie."""
    tall = np.vstack([LIGHT, np.zeros((4, 8))])
    stored = {
        1: tall,
        2: tall[:, ::-1],
        3: tall[::-1, ::-1],
        4: tall[::-1],
        5: tall.T,
        6: np.rot90(tall),
        7: tall[::-1, ::-1].T,
        8: np.rot90(tall, -1),
    }[turn]
    exif = Image.Exif()
    exif[0x0112] = turn
    Image.fromarray(whole(stored)).save(tmp_path / f"a.{suffix}", exif=exif, quality=100)
    d = ImageDensity.from_file(tmp_path / f"a.{suffix}")
    np.testing.assert_allclose((d.pdf[::-1] * d.mass)[:, 2:-2], tall, atol=0.03)


# ---- files that are no pictures, or more than the course can take


@pytest.mark.parametrize("limit", [6_000_000, 4_000_000])
def test_a_large_photograph_is_read_without_a_word(tmp_path, monkeypatch, limit):
    """Pillow warns of an attack above its limit, and refuses what has twice as many pixels."""
    Image.new("L", (4_500, 2_000), 200).save(tmp_path / "a.jpg")
    Image.new("L", (4_500, 2_000), 200).save(tmp_path / "b.png", compress_level=1)
    monkeypatch.setattr(Image, "MAX_IMAGE_PIXELS", limit)
    with pytest.raises((Image.DecompressionBombWarning, Image.DecompressionBombError)):
        Image.open(tmp_path / "b.png")
    assert abs(folder.read(tmp_path, 4) - 200 / 255).max() < 0.01
    assert ImageDensity.from_file(tmp_path / "a.jpg", size=64).pdf.shape == (64, 64)
    assert limit == Image.MAX_IMAGE_PIXELS  # others' pictures are checked as before


@pytest.mark.parametrize("name", ["a.png", "a.tif", "12 bits.png", "floats.tif"])
def test_a_large_picture_of_more_than_8_bits_is_reduced(tmp_path, name):
    light = LIGHT.repeat(600, 0).repeat(8, 1)
    if name == "floats.tif":
        tifffile.imwrite(tmp_path / name, light.astype(np.float32))
    else:
        deep(light, 4095 if "12" in name else 65535)(tmp_path / name)
    a = decoding.read_picture(tmp_path / name)
    assert a.shape == (2400, 32) and a.dtype == (np.float32 if "f" in name[:2] else np.uint16)
    corners = decoding.scaled(a, decoding.white(decoding.brightest(a)))[::2399, ::31]
    np.testing.assert_allclose(corners, [[1, 0.2], [0.6, 0.4]], atol=0.001)


@pytest.mark.parametrize("kind", ["png", "tif"])
def test_a_file_that_is_too_large_gets_a_sentence_before_it_is_decoded(tmp_path, kind):
    path = tmp_path / f"large.{kind}"
    if kind == "png":  # heads alone, with nothing to decode
        path.write_bytes(png(20_000, 20_000, 1, 0, b""))
    else:  # floats of 16 bits go another way
        tifffile.imwrite(path, np.zeros((8, 8), np.float16))
        with tifffile.TiffFile(path, mode="r+b") as file:
            file.pages[0].tags["ImageWidth"].overwrite(20_000)
            file.pages[0].tags["ImageLength"].overwrite(20_000)
    sentence = rf"large\.{kind} has 20000 x 20000 pixels; at most 268 million can be read"
    with pytest.raises(ValueError, match=rf"^{sentence}, so make it smaller first\.$"):
        ImageDensity.from_file(path)
    save(tmp_path / "small.png")
    with pytest.warns(UserWarning, match=r"1 of 2 .*: large\.\w+ \(has 20000 x 20000 pixels; at"):
        assert len(folder.read(tmp_path)) == 1


def test_a_packed_tiff_names_the_package_that_is_missing(tmp_path):
    tifffile.imwrite(tmp_path / "a.tif", np.ones((8, 8)))
    with tifffile.TiffFile(tmp_path / "a.tif", mode="r+b") as file:
        file.pages[0].tags["Compression"].overwrite(5)  # LZW
    with pytest.raises(ValueError, match=r"^a\.tif is packed .* pip install imagecodecs\.$"):
        ImageDensity.from_file(tmp_path / "a.tif")


def test_numbers_that_are_no_picture_or_not_finite_are_named(tmp_path):
    many, nan = tmp_path / "many.tif", tmp_path / "nan.tif"
    bands = np.ones((8, 9, 5), np.uint8)
    tifffile.imwrite(many, bands, photometric="minisblack", planarconfig="contig")
    tifffile.imwrite(nan, np.full((4, 4), np.nan, np.float32))
    words = (
        r"^many\.tif holds 8 x 9 x 5 numbers, neither grey nor a colour; save a picture of them\.$"
    )
    with pytest.raises(ValueError, match=words):
        ImageDensity.from_file(many)
    with pytest.raises(ValueError, match=words):
        square(many, 8)
    with pytest.raises(ValueError, match=r"^nan\.tif has NaN or infinite values\.$"):
        square(nan, 8)


@pytest.mark.parametrize(
    "name, words",
    [
        ("a.HEIC", "save them as JPEG or PNG"),
        ("a.cr2", "raw photographs"),
        ("a.svg", "save them as PNG"),
        ("a.pdf", "save them as PNG"),
        ("a.mov", "single pictures"),
        ("a.zip", "unpack them"),
        ("a.jpg", r"is not a picture .*\(its first bytes are of no kind that is known\)"),
        ("a.txt", "is not a picture"),
        ("page.jpg", "is a web page"),
        ("phone.jpg", "is a HEIC picture"),
    ],
)
def test_one_file_that_is_no_picture(tmp_path, name, words):
    first = {"page.jpg": b"\n<!DOCTYPE html>", "phone.jpg": b"\0\0\0\x18ftypheic\0\0\0\0"}
    (tmp_path / name).write_bytes(first.get(name, b"anything else"))
    with pytest.raises(ValueError, match=rf"^{name} .*{words}.*\.$") as caught:
        ImageDensity.from_file(tmp_path / name)
    assert str(tmp_path) not in str(caught.value)


# ---- files of 16 bits with fewer in them


def grey_16(path, largest):
    deep(LIGHT, largest)(path)


@pytest.mark.parametrize("largest, bits", [(255, 8), (1023, 10), (4095, 12), (3000, 12), (700, 10)])
def test_fewer_bits_are_scaled_by_what_the_folder_holds(tmp_path, largest, bits):
    grey_16(tmp_path / "bright.png", largest)
    grey_16(tmp_path / "dark.tif", largest // 3)
    save(tmp_path / "of 8 bits.png", (51, 51, 51))
    with pytest.warns(
        UserWarning, match=rf"of 2 files of 16 bits is {largest}, .*{bits} bits"
    ) as w:
        x = folder.read(tmp_path, 8)
    assert len(w) == 1
    white = 2**bits - 1
    np.testing.assert_allclose(x[0, 0], LIGHT * largest / white, atol=0.005)
    np.testing.assert_allclose(x[1, 0], LIGHT * (largest // 3) / white, atol=0.005)
    np.testing.assert_allclose(x[2], 0.2, atol=0.003)


@pytest.mark.parametrize("largest", [4096, 9000, 16_382, 30_000, 65_535])
def test_a_dark_photograph_of_16_bits_stays_dark(tmp_path, largest):
    grey_16(tmp_path / "a.png", largest)
    grey_16(tmp_path / "b.png", 900)  # one is black, but not all of them
    x = folder.read(tmp_path, 8)
    np.testing.assert_allclose(x[0, 0], LIGHT * largest / 65535, atol=0.003)
    np.testing.assert_allclose(x[1, 0], LIGHT * 900 / 65535, atol=0.003)


def test_14_bits_are_known_by_their_white(tmp_path):
    grey_16(tmp_path / "a.png", 16_383)
    with pytest.warns(UserWarning, match="14 bits"):
        np.testing.assert_allclose(folder.read(tmp_path, 8)[0, 0], LIGHT, atol=0.003)


def test_black_pictures_of_16_bits_stay_black(tmp_path):
    grey_16(tmp_path / "a.png", 0)
    assert folder.read(tmp_path, 8).max() == 0


def test_a_density_of_fewer_bits(tmp_path):
    """Only ratios count; but inverted, the white of the paper must become black."""
    grey_16(tmp_path / "a.png", 4095)
    d = ImageDensity.from_file(tmp_path / "a.png")
    np.testing.assert_allclose(d.pdf[::-1], LIGHT / LIGHT.sum(), atol=1e-5)
    with pytest.warns(UserWarning, match=r"pixel of a\.png is 4095, .*: 12 bits are"):
        d = ImageDensity.from_file(tmp_path / "a.png", invert=True)
    np.testing.assert_allclose(d.pdf[::-1], (1 - LIGHT) / (1 - LIGHT).sum(), atol=1e-5)
    with pytest.warns(UserWarning, match="12 bits"):
        np.testing.assert_allclose(square(tmp_path / "a.png", 8)[0], LIGHT, atol=0.003)


# ---- folders

COMPANIONS = ["._a.png", ".DS_Store", ".hidden.png", "Thumbs.db", "desktop.ini", "ehthumbs.db"]
COMPANIONS += ["@eaDir/a.png/SYNOPHOTO_THUMB_M.jpg", "__MACOSX/a.png", "$RECYCLE.BIN/a.png"]
COMPANIONS += [".Trash-1000/files/a.png", "System Volume Information/a.png", "#recycle/a.png"]
COMPANIONS += ["sub/._a.png", "sub/@eaDir/a.png", ".ipynb_checkpoints/a-checkpoint.png"]


def test_what_systems_leave_behind_is_passed_over(tmp_path):
    for name in ["a.png", "sub/b.png", *COMPANIONS]:
        save(tmp_path / name, format="PNG")
    assert folder.read(tmp_path, 4).shape[0] == 2
    assert [path.name for path in listed(tmp_path).pictures] == ["a.png"]


def test_the_course_on_a_stick_that_a_mac_has_written(tmp_path, monkeypatch):
    place = shutil.copytree(PICTURES, tmp_path / "densities")
    for path in [*place.rglob("*")]:
        path.with_name(f"._{path.name}").write_bytes(b"\0\5\x16\7")
    (place / "@eaDir").mkdir()
    names = [*density.course_pictures()]
    monkeypatch.setattr(density, "PICTURES", place)
    assert [*density.course_pictures()] == names == sorted(names) and len(names) == 7
    assert len(listed(find_folder("star")).pictures) == 5
    with pytest.raises(FileNotFoundError, match=r"those are spiral, star, two_discs\.$"):
        find_folder("no such")
    (tmp_path / "net.safetensors").touch()
    (tmp_path / "._net.safetensors").touch()
    with pytest.raises(FileNotFoundError, match=r"found net\.$"):
        checkpoints.read("no such", tmp_path)


def test_kinds_that_cannot_be_read_are_counted_once_and_say_what_to_do(tmp_path):
    for number in range(24):
        (tmp_path / f"{number}.HEIC").write_bytes(b"")
    names = ["a.svg", "b.CR2", "c.nef", "d.mov", "e.zip", "g.exr", "notes.txt", "labels.json"]
    for name in [*names, "f.aae"]:
        (tmp_path / name).write_bytes(b"")
    save(tmp_path / "good.jfif", format="JPEG")
    with pytest.warns(UserWarning) as caught:
        assert len(folder.read(tmp_path, 4)) == 1
    assert len(caught) == 1 and caught[0].filename == __file__
    assert str(caught[0].message) == (
        "Left out: 24 .heic; save them as JPEG or PNG. "
        "Left out: 1 .cr2, 1 .nef; save them as JPEG or TIFF with a program for raw photographs. "
        "Left out: 1 .exr, 1 .svg; save them as PNG with the program that they are from. "
        "Left out: 1 .mov; save single pictures of them. Left out: 1 .zip; unpack them."
    )
    (tmp_path / "good.jfif").unlink()
    with pytest.raises(
        ValueError, match=r"No picture .* 24 \.heic; save .* In it lie: 24 \.heic, "
    ):
        folder.read(tmp_path, 4)


def test_a_picture_without_an_ending_is_known_by_its_first_bytes(tmp_path):
    save(tmp_path / "photo", format="PNG")
    save(tmp_path / "photo.jpg_large", format="JPEG")
    (tmp_path / "README").write_text("not a picture")
    assert len(folder.read(tmp_path, 4)) == 2


def test_reasons_are_grouped_and_long_lists_are_cut(tmp_path):
    for number in range(30):
        (tmp_path / f"{number:02}.jpg").write_text("text")
    tifffile.imwrite(tmp_path / "nan.tif", np.full((4, 4), np.nan, np.float32))
    save(tmp_path / "x.png")
    with pytest.warns(UserWarning) as caught:
        folder.read(tmp_path, 4)
    assert re.fullmatch(
        r"31 of 32 pictures are left out: 00\.jpg, .*, 09\.jpg and 20 more \(is not a picture that "
        r"can be read, or it is damaged\); nan\.tif \(has NaN or infinite values\)\.",
        str(caught[0].message),
    )


needs_links = pytest.mark.skipif(os.name == "nt", reason="Windows asks for a right to make links")


@needs_links
def test_links_are_followed_or_named(tmp_path):
    place = tmp_path / "mine"
    save(place / "a.png", (255, 0, 0))
    save(tmp_path / "elsewhere" / "b.png", (0, 255, 0))
    save(tmp_path / "c.png", (0, 0, 255))
    (place / "linked").symlink_to(tmp_path / "elsewhere")
    (place / "twice").symlink_to(tmp_path / "elsewhere")
    (place / "z.png").symlink_to(tmp_path / "c.png")
    (place / "linked" / "round").symlink_to(place)
    (place / "itself").symlink_to("itself")
    (place / "up").symlink_to("..")
    (place / "gone.png").symlink_to("nowhere.png")
    with pytest.warns(UserWarning, match=r"^gone\.png, itself, up: these links or folders cannot"):
        x = folder.read(place, 4)
    assert x.mean((2, 3)).tolist() == [[1, 0, 0], [0, 1, 0], [0, 0, 1]]


@needs_links
def test_a_folder_that_may_not_be_opened_is_named(tmp_path, monkeypatch):
    save(tmp_path / "a.png")
    (tmp_path / "closed").mkdir()
    iterdir = Path.iterdir

    def refuse(path):
        if path.name == "closed":
            raise PermissionError(13, "Permission denied", str(path))
        return iterdir(path)

    monkeypatch.setattr(Path, "iterdir", refuse)
    with pytest.warns(UserWarning, match="^closed: these links or folders cannot be followed"):
        assert len(folder.read(tmp_path, 4)) == 1
    with pytest.raises(
        PermissionError, match=r"closed cannot be opened \(Permission denied\); let"
    ):
        folder.read(tmp_path / "closed")


@needs_links
def test_a_link_into_a_folder_that_may_not_be_opened_is_named(tmp_path, monkeypatch):
    save(tmp_path / "a.png")
    (tmp_path / "link").symlink_to(tmp_path / "elsewhere")
    is_dir = Path.is_dir

    def refuse(path):
        if path.name == "link":
            raise PermissionError(13, "Permission denied", str(path))
        return is_dir(path)

    monkeypatch.setattr(Path, "is_dir", refuse)
    with pytest.warns(UserWarning, match="^link: these links or folders cannot be followed"):
        assert len(folder.read(tmp_path, 4)) == 1


def test_a_file_that_may_not_be_opened_is_not_called_damaged(tmp_path, monkeypatch):
    def refuse(path, *_, **__):
        raise PermissionError(13, "Permission denied", str(path))

    save(tmp_path / "a.png")
    monkeypatch.setattr(Path, "open", refuse)
    with pytest.raises(ValueError, match=r"^a\.png cannot be opened \(Permission denied\)\.$"):
        ImageDensity.from_file(tmp_path / "a.png")


def test_a_folder_as_people_paste_it(tmp_path, monkeypatch):
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("USERPROFILE", str(tmp_path))
    save(tmp_path / "My Pictures" / "a.png")
    for text in ("~/My Pictures", f'"{tmp_path / "My Pictures"}" ', "~\\My Pictures\\"):
        assert len(folder.read(text, 4)) == 1
        assert len(listed(find_folder(text)).pictures) == 1
    with pytest.raises(ValueError, match="save it first"):
        folder.read("https://some.where/pictures")
    (tmp_path / "pictures.zip").touch()
    with pytest.raises(NotADirectoryError, match=r"zip is a file; unpack it, then name the fol"):
        folder.read(tmp_path / "pictures.zip")


@pytest.mark.parametrize("name", ["star", "Star", "STAR", "star.png", "Star.PNG", ' "star" '])
def test_a_picture_of_the_course_by_any_form_of_its_name(tmp_path, monkeypatch, name):
    monkeypatch.chdir(tmp_path)
    assert density.find(name) == density.course_pictures()["star"]
    if ".p" not in name.lower():
        assert find_folder(name) == PICTURES / "star"
    shutil.copy(PICTURES / "bat.png", "star.png")
    assert density.find("star.png") == Path("star.png")  # one's own comes first


def test_a_missing_picture_says_what_is_there(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    save(tmp_path / "mine.png")
    with pytest.raises(
        FileNotFoundError, match=r"no file 'stra\.png' .*those are bat, .*zigzag\.$"
    ):
        density.find("stra.png")
    with pytest.raises(FileNotFoundError, match=r"\(that is a folder\)"):
        density.find(tmp_path)
    with pytest.raises(
        FileNotFoundError, match=r"\(that is a file\).* those are spiral, star, two"
    ):
        find_folder("mine.png")


# ---- classes


def test_sub_folders_are_classes(tmp_path):
    for name in ("cats/a.png", "cats/young/b.png", "dogs/c.png", "dogs/d.jpg", "Ünder/e.png"):
        save(tmp_path / name)
    (tmp_path / "empty").mkdir()
    x, c, names = folder.read_classes(tmp_path, 4)
    assert names == ["cats", "dogs", "Ünder"] and c.tolist() == [0, 0, 1, 1, 2]
    assert c.dtype == np.int64 and (x == folder.read(tmp_path, 4)).all()


def test_parts_of_a_data_set_are_named(tmp_path):
    for name in ("Train/cats/a.png", "Train/dogs/b.png", "test/cats/c.png"):
        save(tmp_path / name)
    with pytest.warns(UserWarning, match="classes are Train and test, .* name one of these"):
        assert folder.read_classes(tmp_path, 4)[2] == ["Train", "test"]
    assert folder.read_classes(tmp_path / "Train", 4)[2] == ["cats", "dogs"]


def test_pictures_beside_sub_folders_are_a_class(tmp_path):
    place = tmp_path / "pets"
    for name in ("cats/a.png", "z.png", "b.png"):
        save(place / name)
    with pytest.warns(UserWarning, match=r"^2 pictures lie beside the sub-folders; .*own, 'pets'"):
        _, c, names = folder.read_classes(place, 4)
    assert names == ["cats", "pets"] and c.tolist() == [1, 0, 1]


def test_without_sub_folders_there_is_one_class(tmp_path):
    for name in ("a.png", "b.png"):
        save(tmp_path / "mine" / "mine" / name)
    for place in (tmp_path / "mine" / "mine", tmp_path):
        _, c, names = folder.read_classes(place, 4)
        assert names == ["mine"] and c.tolist() == [0, 0]


def test_a_class_that_cannot_be_read_is_none(tmp_path):
    for name in ("cats/a.png", "dogs/c.png"):
        save(tmp_path / name)
    (tmp_path / "birds").mkdir()
    (tmp_path / "birds" / "x.png").write_bytes(b"")
    with pytest.warns(UserWarning, match=r"1 of 3 pictures are left out: birds/x\.png"):
        _, c, names = folder.read_classes(tmp_path, 4)
    assert names == ["cats", "dogs"] and c.tolist() == [0, 1]


# ---- memory


@pytest.mark.skipif(sys.platform != "linux", reason="asks Linux what was used at most")
def test_a_folder_fills_one_array_in_place(tmp_path):
    """What reading takes at most, against the array itself."""
    save(tmp_path / "0.png")
    for number in range(1, 500):
        os.link(tmp_path / "0.png", tmp_path / f"{number}.png")

    def peak():
        return 1024 * int(re.search(r"VmHWM:\s*(\d+)", Path("/proc/self/status").read_text())[1])

    square(tmp_path / "0.png", 128)
    Path("/proc/self/clear_refs").write_text("5")  # what was used at most until now is forgotten
    before = peak()
    x = folder.read(tmp_path, 128)
    assert 0.5 < (peak() - before) / x.nbytes < 1.3


def test_too_many_pictures_for_the_memory_are_refused_before_they_are_read(tmp_path, monkeypatch):
    for name in "abc":
        save(tmp_path / f"{name}.png")
    memory = psutil.virtual_memory()._replace(available=2**20)
    monkeypatch.setattr(psutil, "virtual_memory", lambda: memory)
    monkeypatch.setattr(decoding, "read_picture", lambda path: pytest.fail("it is read"))
    with pytest.raises(MemoryError, match=r"3 pictures of 300 x 300 need 0\.\d GiB, and 0\.0 GiB"):
        folder.read(tmp_path, 300)


# ---- the cells of lessons that read


def cell_with(number, words):
    (cell,) = [cell.source for cell in code_cells(read(number)[0]) if words in cell.source]
    return cell


@pytest.mark.parametrize("n", [1, 99])
def test_lesson_07_says_at_once_that_there_are_too_few_pictures(tmp_path, n):
    for number in range(n):
        save(tmp_path / f"{number}.png")
    cell, names = cell_with("07", "folder.read("), {"seed": 0, "my_folder": tmp_path}
    with pytest.raises(ValueError, match=rf"holds {n} pictures .* 100 or more are needed"):
        exec(cell, names)
    for number in range(n, 100):
        save(tmp_path / f"{number}.png")
    shown = types.SimpleNamespace(pictures=lambda rows, *_: names.update(rows=rows))
    exec(cell, names | {"plots": shown, "checks": None})
    assert names["rows"].shape[0] * names["rows"].shape[1] == 36


def test_lesson_03_reads_the_folder_of_classes_that_people_have(tmp_path, capsys):
    names = definitions("03")
    for name, light in (("._one.png", 9), ("one.webp", 255), ("two.PNG", 51)):
        save(tmp_path / name, (light,) * 3, format="PNG")
    (tmp_path / "three.heic").touch()
    (tmp_path / "Thumbs.db").touch()
    data = names["read_classes"](f"'{tmp_path}'")
    assert data.names == ["one", "two"]
    np.testing.assert_allclose(data.share, [5 / 6, 1 / 6])
    assert capsys.readouterr().out == "Left out: 1 .heic; save them as JPEG or PNG.\n"
    with pytest.raises(ValueError, match=r"one\.webp: The picture is all black"):
        names["read_classes"](tmp_path, invert=True)
    for name in ("star", "Star"):
        assert len(names["read_classes"](name).names) == 5
    (tmp_path / "none").mkdir()
    with pytest.raises(ValueError, match="has no picture that can be read, but no files"):
        names["read_classes"](tmp_path / "none")
    with pytest.raises(FileNotFoundError, match=r"those are spiral, star, two_discs\.$"):
        names["read_classes"]("stra")


def test_every_lesson_with_a_picture_can_invert_it():
    """With the same words; and the choice is used."""
    line = "invert = False  # True: dark counts as white, for a dark drawing on white paper"
    inverted = []
    for path in select():
        cells = code_cells(read(path.name[:2])[0])
        tagged = [cell.source for cell in cells if "parameters" in cell.metadata.get("tags", [])]
        choices = "\n".join(tagged).splitlines()
        if any(choice.startswith("picture =") for choice in choices):
            assert line in choices, path
            assert any(re.search(r"picture, .*invert\)", cell.source) for cell in cells), path
            inverted.append(path.name[:2])
    assert inverted == ["01", "02", "03", "08", "09", "10", "12"]


def test_inverted_colours_are_the_negative():
    plain, inverted = (sphere.colours(PICTURES / "lake.png", 8, invert) for invert in (False, True))
    assert plain.shape == inverted.shape and abs(plain - inverted).max() > 0.3


def test_the_painter_reads_the_folder_of_classes_that_people_have(tmp_path):
    for name in ("._one.png", "one.jfif", "two.webp"):
        save(tmp_path / name, format="PNG")
    (tmp_path / "Thumbs.db").touch()
    painter = Painter(f'"{tmp_path}"', classes=["one", "two"])
    assert [density.pdf.max() > 0 for density in painter.densities] == [True, True]
    with pytest.raises(ValueError, match="The folder spiral needs one picture for each of the 2"):
        Painter("Spiral", classes=["a", "b"])
