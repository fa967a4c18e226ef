"""A folder of pictures of many kinds, some damaged."""

import warnings

import numpy as np
import pytest
import tifffile
from PIL import Image

from course_utils.datasets.folder import read
from course_utils.pictures import endings


def rng(seed=0):
    return np.random.default_rng(seed)


RED, GREEN, BLUE = (200, 40, 40), (40, 200, 40), (40, 40, 200)


def save(path, colour=RED, shape=(20, 20), **options):
    path.parent.mkdir(parents=True, exist_ok=True)
    Image.new("RGB", shape, colour).save(path, **options)


def colours(x):
    """The mean red, green and blue of each picture, in 255ths."""
    return np.round(255 * x.mean((2, 3))).astype(int)


@pytest.fixture(autouse=True)
def no_warnings():
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        yield


# ---- read


@pytest.mark.parametrize("size", [1, 8, 32, 50])
def test_shapes_and_ranges(tmp_path, size):
    noise = rng().integers(0, 256, (30, 40, 3), dtype=np.uint8)
    Image.fromarray(noise).save(tmp_path / "a.png")
    save(tmp_path / "b.png")
    x = read(tmp_path, size)
    assert x.shape == (2, 3, size, size) and x.dtype == np.float32
    assert x.min() >= 0 and x.max() <= 1
    assert (read(str(tmp_path), size) == x).all()


def test_a_picture_of_the_right_size_is_as_it_was(tmp_path):
    a = rng().integers(0, 256, (16, 16, 3), dtype=np.uint8)
    Image.fromarray(a).save(tmp_path / "a.png")
    np.testing.assert_allclose(read(tmp_path, 16)[0], a.transpose(2, 0, 1) / 255, atol=1e-6)


KINDS = [".png", ".jpg", ".jpeg", ".jfif", ".bmp", ".gif", ".tif", ".tiff", ".webp", ".avif"]
KINDS += [".jp2", ".ppm", ".tga", ".ico", ".qoi", ".dds", ".pcx", ".sgi", ".apng"]


@pytest.mark.parametrize("suffix", KINDS)
def test_kinds_of_files_in_small_and_capital_letters(tmp_path, suffix):
    save(tmp_path / f"a{suffix}", GREEN)
    save(tmp_path / f"b{suffix.upper()}", BLUE)
    (tmp_path / "notes.txt").write_text("not a picture")
    assert suffix in endings()
    np.testing.assert_allclose(colours(read(tmp_path)), [GREEN, BLUE], atol=4)


def test_subfolders_names_and_order(tmp_path):
    save(tmp_path / "b.png", RED)
    save(tmp_path / "My holiday, 夏 ü" / "ein Bild é.png", GREEN)
    save(tmp_path / "c" / "deep" / "er" / "a.png", BLUE)
    save(tmp_path / ".ipynb_checkpoints" / "a.png")
    (tmp_path / "._b.png").write_bytes(b"what a Mac leaves behind")
    (tmp_path / "folder.png").mkdir()
    assert colours(read(tmp_path)).tolist() == [list(GREEN), list(RED), list(BLUE)]
    assert colours(read(tmp_path / "My holiday, 夏 ü")).tolist() == [list(GREEN)]


@pytest.mark.parametrize("wide", [True, False])
def test_the_square_in_the_middle(tmp_path, wide):
    a = np.zeros((10, 50, 3), np.uint8)
    a[:, 20:30] = GREEN
    Image.fromarray(a if wide else a.transpose(1, 0, 2)).save(tmp_path / "a.png")
    assert (abs(read(tmp_path, 10)[0] * 255 - np.reshape(GREEN, (3, 1, 1))) < 1e-3).all()


@pytest.mark.parametrize("shape", [(1, 1), (1, 90), (90, 1), (3, 2)])
def test_tiny_pictures(tmp_path, shape):
    save(tmp_path / "a.png", BLUE, shape)
    x = read(tmp_path, 8)
    assert x.shape == (1, 3, 8, 8) and colours(x).tolist() == [list(BLUE)]


def test_row_0_is_the_top_and_a_turned_photograph_stands_upright(tmp_path):
    a = np.zeros((20, 20, 3), np.uint8)
    a[:10] = RED
    Image.fromarray(a).save(tmp_path / "a.png")
    exif = Image.Exif()
    exif[0x0112] = 6
    Image.fromarray(np.rot90(a)).save(tmp_path / "b.jpg", exif=exif, quality=95)
    x = read(tmp_path, 10)
    np.testing.assert_allclose(colours(x[:, :, :4]), [RED, RED], atol=6)
    assert x[:, :, 6:].max() < 0.05


def test_transparent_is_white(tmp_path):
    """Whatever colour hides there; half transparent is half white."""
    a = np.full((8, 8, 4), (*RED, 0), np.uint8)
    a[:, 4:] = (*RED, 128)
    Image.fromarray(a).save(tmp_path / "a.png")
    x = 255 * read(tmp_path, 8)[0]
    assert (x[:, :, 0] > 254.9).all()
    np.testing.assert_allclose(x[:, 4, -1], np.array(RED) / 2 + 127.5, atol=1)


@pytest.mark.parametrize("mode", ["1", "L", "LA", "P", "RGB", "RGBA", "CMYK", "YCbCr", "I;16"])
def test_modes(tmp_path, mode):
    if mode == "I;16":
        picture = Image.fromarray(np.full((12, 12), 65535, np.uint16))
    else:
        picture = Image.new("RGB", (12, 12), "white").convert(mode)
    picture.save(tmp_path / ("a.jpg" if mode in ("CMYK", "YCbCr") else "a.png"))
    with Image.open(next(tmp_path.iterdir())) as saved:
        assert saved.mode == mode.replace("YCbCr", "RGB")
    x = read(tmp_path)
    assert x.shape == (1, 3, 32, 32) and (x > 0.99).all()


def test_deep_grey_and_float_files(tmp_path):
    Image.fromarray(np.full((9, 9), 32768, np.uint16)).save(tmp_path / "a.png")
    tifffile.imwrite(tmp_path / "b.tif", np.full((9, 9), 0.5, np.float32))
    tifffile.imwrite(tmp_path / "c.tif", np.full((9, 9, 3), 0.5), photometric="rgb")
    tifffile.imwrite(tmp_path / "d.tif", np.array([[-1, 8], [-1, 8]], np.float32))
    x = read(tmp_path, 2)
    assert (abs(x[:3] - 0.5) < 0.003).all()
    assert (x[3, :, :, 0] < 0.01).all() and (x[3, :, :, 1] > 0.99).all()


def test_palette_with_a_transparent_colour(tmp_path):
    picture = Image.new("P", (8, 8), 1)
    picture.putpalette([*RED, *GREEN])
    picture.paste(0, (0, 0, 4, 8))
    picture.save(tmp_path / "a.png", transparency=0)
    x = read(tmp_path, 8)[0] * 255
    assert (x[:, :, 0] > 254.9).all() and np.allclose(x[:, 4, 7], GREEN)


def test_the_first_of_several_pictures_counts(tmp_path):
    one, two = (Image.new("RGB", (8, 8), colour) for colour in (RED, BLUE))
    for suffix in ("gif", "webp", "tif"):
        one.save(tmp_path / f"a.{suffix}", save_all=True, append_images=[two])
    np.testing.assert_allclose(colours(read(tmp_path)), [RED] * 3, atol=4)


def test_damaged_files_are_named_and_left_out(tmp_path):
    save(tmp_path / "good.png", BLUE)
    save(tmp_path / "sub" / "cut.png", shape=(90, 90))
    data = (tmp_path / "sub" / "cut.png").read_bytes()
    (tmp_path / "sub" / "cut.png").write_bytes(data[: len(data) // 2])
    (tmp_path / "empty.jpg").write_bytes(b"")
    (tmp_path / "page.GIF").write_text("<html>")
    tifffile.imwrite(tmp_path / "nan.tif", np.full((4, 4), np.nan, np.float32))
    with pytest.warns(UserWarning) as caught:
        x = read(tmp_path)
    assert colours(x).tolist() == [list(BLUE)]
    assert len(caught) == 1 and "\n" not in str(caught[0].message)
    for word in ("4 of 5", "cut.png", "empty.jpg", "page.GIF", "nan.tif"):
        assert word in str(caught[0].message)
    assert "good" not in str(caught[0].message) and caught[0].filename == __file__


def test_a_folder_without_pictures(tmp_path):
    (tmp_path / "notes.txt").write_text("not a picture")
    with pytest.raises(ValueError, match=r"No picture in .* can be read\. In it lie: 1 \.txt\."):
        read(tmp_path)
    (tmp_path / "a.png").write_text("not a picture")
    with pytest.raises(
        ValueError, match=r"No picture in .* can be read: a\.png \(is not .*: 1 \.png, 1 \.txt\."
    ):
        read(tmp_path)


def test_bad_calls_of_read(tmp_path):
    save(tmp_path / "a.png")
    with pytest.raises(FileNotFoundError, match="There is no folder"):
        read(tmp_path / "nowhere")
    with pytest.raises(NotADirectoryError, match="is a file"):
        read(tmp_path / "a.png")
    with pytest.raises(ValueError, match="size must be at least 1, not 0"):
        read(tmp_path, 0)
    with pytest.raises(TypeError, match="whole number"):
        read(tmp_path, 8.5)
