import numpy as np
import pytest
import tifffile
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from PIL import Image
from skimage.color import rgb2gray
from skimage.transform import resize_local_mean

from course_utils.density import ImageDensity, alias_table, course_pictures
from course_utils.metrics import cell_counts, chi_square, total_variation


def rng(seed=0):
    return np.random.default_rng(seed)


def grey(h=20, w=30, seed=0):
    return rng(seed).integers(1, 255, (h, w), dtype=np.uint8)


# ---- from_array


def test_pdf_is_upside_down_sums_to_1_and_has_the_values_ratios():
    d = ImageDensity.from_array([[1, 2], [3, 4]])
    assert d.pdf.dtype == np.float64
    np.testing.assert_allclose(d.pdf, np.array([[3, 4], [1, 2]]) / 10)


@pytest.mark.parametrize(
    "shape, rows, columns", [((2, 6), (2, 4), (0, 6)), ((6, 3), (0, 6), (1, 4))]
)
def test_a_picture_that_is_not_square_keeps_its_aspect(shape, rows, columns):
    d = ImageDensity.from_array(np.ones(shape))
    assert d.pdf.shape == (6, 6)
    inside = np.zeros((6, 6))
    inside[slice(*rows), slice(*columns)] = 1
    np.testing.assert_allclose(d.pdf, inside / inside.sum())


@pytest.mark.parametrize("dtype", [bool, np.uint8, np.int16, np.uint16, np.float16, np.float32])
def test_number_types(dtype):
    d = ImageDensity.from_array(np.array([[0, 1], [1, 0]], dtype))
    np.testing.assert_allclose(d.pdf, [[0.5, 0], [0, 0.5]])


@pytest.mark.parametrize(
    "a, error, words",
    [
        (np.zeros((4, 4)), ValueError, "all black"),
        (np.full((4, 4), np.nan), ValueError, "NaN"),
        (np.array([[1, np.inf]]), ValueError, "infinite"),
        (np.array([[1.0, -0.5]]), ValueError, "negative"),
        (np.ones(4), ValueError, r"shape \(4,\)"),
        (np.ones((4, 4, 3)), ValueError, "rgb2gray"),
        (np.ones((0, 4)), ValueError, "empty"),
        (np.ones((1, 10_000)), ValueError, "smaller"),
        (np.ones((2, 2), complex), TypeError, "real numbers"),
        ("picture", TypeError, "real numbers"),
    ],
)
def test_bad_arrays_are_refused_in_one_sentence(a, error, words):
    with pytest.raises(error, match=words):
        ImageDensity.from_array(a)


@settings(deadline=None)
@given(
    arrays(
        np.float64,
        st.tuples(st.integers(1, 12), st.integers(1, 12)),
        elements=st.floats(0, 1e300) | st.floats(0, 1e-300) | st.integers(0, 255).map(float),
    ),
    st.integers(0, 200),
    st.integers(1, 20),
)
def test_any_picture_of_finite_values_works(a, n, k):
    if a.max() == 0:
        with pytest.raises(ValueError, match="all black"):
            ImageDensity.from_array(a)
        return
    d = ImageDensity.from_array(a)
    assert d.pdf.shape == (max(a.shape),) * 2
    assert abs(d.pdf.sum() - 1) < 1e-12
    x = d.sample(n, rng())
    assert x.shape == (n, 2) and x.dtype == np.float32
    assert ((x >= 0) & (x < 1)).all()
    assert np.isfinite(d.log_prob(x)).all()
    mass = d.cell_mass(k)
    assert mass.shape == (k, k) and abs(mass.sum() - 1) < 1e-12


# ---- sample


@pytest.mark.parametrize("name", course_pictures())
def test_a_million_samples_are_what_chance_allows(name):
    d = ImageDensity.from_file(name)
    mass = d.cell_mass(64)
    x = d.sample(1_000_000, rng(1))
    assert chi_square(x, mass) > 1e-6
    floor = [
        total_variation(c, mass.ravel()) for c in rng(2).multinomial(1_000_000, mass.ravel(), 40)
    ]
    z = (total_variation(cell_counts(x, 64), mass) - np.mean(floor)) / np.std(floor)
    assert z < 6


@pytest.mark.parametrize(
    "a",
    [
        np.array([[1e-9]]),
        np.ones((50, 50)),
        np.outer(np.ones(40), np.linspace(0, 1, 40) ** 8),
        np.outer([1e-9, 1e-9, 2e-9], [1e-9, 3e-9, 1e-9]),
        np.pad([[7.0]], [(40, 20), (3, 57)]),
        rng(3).random((31, 77)),
    ],
    ids=["one pixel", "all white", "ramp", "faint", "one white pixel", "not square"],
)
def test_odd_pictures_are_sampled_exactly(a):
    d = ImageDensity.from_array(a)
    x = d.sample(300_000, rng(4))
    assert chi_square(x, d.cell_mass(64)) > 1e-6
    assert chi_square(x, d.cell_mass(37)) > 1e-6
    assert np.isfinite(d.log_prob(x)).all()


def test_samples_are_uniform_inside_a_pixel():
    x = ImageDensity.from_array([[0, 1], [0, 0]]).sample(200_000, rng(5))
    assert chi_square(2 * (x - [0.5, 0.5]), np.full((32, 32), 1 / 1024)) > 1e-6


def test_float32_rounding_never_leaves_the_pixel():
    """Every second column is black: a point rounded up to its pixel's edge would land on black."""
    a = np.zeros((999, 999))
    a[:, ::2] = 1
    d = ImageDensity.from_array(a)
    assert np.isfinite(d.log_prob(d.sample(3_000_000, rng(6)))).all()


class Given(np.random.Generator):
    """Hands out given numbers in place of random ones: for the box, and for the place in it."""

    def __init__(self, u, words):
        super().__init__(np.random.PCG64(0))
        self.u, self.words = np.array(u, float), np.array(words, np.uint64)

    def random(self, size):
        return self.u[:size].copy()

    def integers(self, high, size, dtype):
        assert (high, dtype) == (2**64, np.uint64)
        return self.words[:size].copy()


@pytest.mark.parametrize("N", [1, 2, 3, 400, 512, 513, 2049])
def test_the_first_and_the_last_place_of_a_pixel_lie_in_it(N):
    """Each half of a word of 64 bits is a place along one side: 0 is the first, all ones the last.

    The pixels of a diagonal are all columns and all rows.
    """
    d, u = ImageDensity.from_array(np.eye(N)), (np.arange(N) + 0.5) / N
    first, last = (d.sample(N, Given(u, [word] * N)).astype(float) for word in (0, 2**64 - 1))
    diagonal = np.c_[np.arange(N), np.arange(N)[::-1]]
    for points in (first, last):
        pixel = np.floor(points * N).astype(int)
        np.testing.assert_array_equal(pixel[pixel[:, 0].argsort()], diagonal)
    places = 2 ** (23 - (N - 1).bit_length())
    assert N * places <= 2**23
    assert (last - first).mean() * N == pytest.approx(1 - 1 / places, rel=1e-6)


def test_a_word_chooses_the_places_along_both_sides():
    """Of a picture of one pixel the places are the odd multiples of 2^-24."""
    words = [(2**31 << 32) + 1, 2**32 - 1, 2**9]
    x = ImageDensity.from_array([[1]]).sample(3, Given([0.5] * 3, words)).astype(float)
    np.testing.assert_array_equal(x * 2**24, [[1, 2**23 + 1], [2**24 - 1, 1], [3, 1]])


def test_a_box_is_split_where_its_owners_meet_to_2_to_the_minus_52():
    """Of the boxes of a faint pixel and a bright one, the second is the bright one's alone."""
    faint = 2.0**-30
    d = ImageDensity.from_array([[faint, 1 - faint]])
    last = faint - 2.0**-53  # of the multiples of 2^-53, as `Generator.random` draws them
    x = d.sample(4, Given([0, last, faint, 1 - 2.0**-53], [0] * 4))[:, 0]
    assert (x < 0.5).tolist() == [True, True, False, False]


def test_the_same_generator_gives_the_same_points():
    d = ImageDensity.from_file("bat")
    np.testing.assert_array_equal(d.sample(100_000, rng(7)), d.sample(100_000, rng(7)))
    assert (d.sample(10, rng(7)) != d.sample(10, rng(8))).any()


@pytest.mark.parametrize(
    "n, generator, error, words",
    [
        (-1, rng(), ValueError, "at least 0"),
        (2.5, rng(), TypeError, "whole number"),
        ("ten", rng(), TypeError, "whole number"),
        (3, 0, TypeError, "numpy.random.Generator"),
        (3, np.random, TypeError, "numpy.random.Generator"),
    ],
)
def test_bad_calls_of_sample(n, generator, error, words):
    with pytest.raises(error, match=words):
        ImageDensity.from_array([[1]]).sample(n, generator)


def test_no_points():
    assert ImageDensity.from_array([[1]]).sample(0, rng()).shape == (0, 2)


@settings(deadline=None)
@given(
    arrays(np.float64, st.integers(1, 60), elements=st.floats(0, 1e6) | st.floats(0, 1e-9)).filter(
        lambda w: w.sum() > 0
    )
)
def test_alias_table_holds_the_weights(w):
    keep, alias = alias_table(w)
    assert ((keep >= 0) & (keep <= 1)).all()
    total = (keep + np.bincount(alias, 1 - keep, minlength=len(w))) / len(w)
    np.testing.assert_allclose(total, w / w.sum(), atol=1e-12)


# ---- log_prob and cell_mass


def test_log_prob_is_per_area_and_minus_infinity_outside():
    d = ImageDensity.from_array([[0, 1], [3, 0]])
    points = [[0.75, 0.75], [0.25, 0.25], [0.25, 0.75], [1.0, 0.5], [-0.1, 0.2]]
    np.testing.assert_allclose(np.exp(d.log_prob(points)), [1, 3, 0, 0, 0])
    assert np.exp(d.log_prob(rng().random((200_000, 2)))).mean() == pytest.approx(1, abs=0.02)
    with pytest.raises(ValueError, match="shape"):
        d.log_prob([0.5, 0.5])


def test_cell_mass_is_exact_also_where_cells_cut_pixels():
    d = ImageDensity.from_array([[0, 1], [3, 0]])
    np.testing.assert_allclose(d.cell_mass(1), [[1]])
    np.testing.assert_allclose(d.cell_mass(2), [[0.75, 0], [0, 0.25]])
    np.testing.assert_allclose(
        d.cell_mass(3), np.array([[12, 6, 0], [6, 4, 2], [0, 2, 4]]) / 36, atol=1e-15
    )
    assert (d.cell_mass(4)[2:, :2] == 0).all()
    with pytest.raises(ValueError, match="k must be at least 1"):
        d.cell_mass(0)


# ---- from_file


@pytest.mark.parametrize("suffix", ["png", "bmp", "tif", "gif"])
def test_lossless_grey_files(tmp_path, suffix):
    a = grey()
    Image.fromarray(a).save(tmp_path / f"a.{suffix}")
    d = ImageDensity.from_file(tmp_path / f"a.{suffix}")
    np.testing.assert_allclose(d.pdf, ImageDensity.from_array(a).pdf, atol=1e-12)


def test_jpeg_and_colour(tmp_path):
    a = np.zeros((20, 20, 3), np.uint8)
    a[:10, :, 1] = 255
    Image.fromarray(a).save(tmp_path / "a.jpg", quality=95)
    Image.fromarray(a).save(tmp_path / "a.png")
    assert ImageDensity.from_file(tmp_path / "a.jpg").pdf[10:].sum() > 0.95
    assert ImageDensity.from_file(str(tmp_path / "a.png")).pdf[10:].sum() == pytest.approx(1)


@pytest.mark.parametrize(
    "name, a",
    [
        ("16 bit.png", grey().astype(np.uint16) * 257),
        ("16 bit.tif", grey().astype(np.uint16) * 257),
        ("32 bit.tif", (grey() / 255).astype(np.float32)),
        ("64 bit.tiff", grey() / 255),
        ("faint.tif", grey() * 1e-11),
        ("half.tif", (grey() / 256).astype(np.float16)),
        ("bits.png", grey() > 100),
    ],
)
def test_deep_and_float_files(tmp_path, name, a):
    if name.endswith("png"):
        Image.fromarray(a).save(tmp_path / name)
    else:
        tifffile.imwrite(tmp_path / name, a)
    d = ImageDensity.from_file(tmp_path / name)
    np.testing.assert_allclose(d.pdf, ImageDensity.from_array(a).pdf, rtol=1e-5)


def test_float_colour_tiff(tmp_path):
    a = rng().random((8, 8, 3)).astype(np.float32)
    tifffile.imwrite(tmp_path / "a.tif", a, photometric="rgb")
    weights = a @ [0.2125, 0.7154, 0.0721]
    d = ImageDensity.from_file(tmp_path / "a.tif")
    np.testing.assert_allclose(d.pdf, ImageDensity.from_array(weights).pdf, rtol=1e-5)


@pytest.mark.parametrize("invert", [False, True])
@pytest.mark.parametrize("mode", ["LA", "RGBA", "P"])
def test_transparent_is_improbable(tmp_path, mode, invert):
    a = np.zeros((4, 4, 4), np.uint8)
    a[:, :2] = [128, 128, 128, 255]
    picture = Image.fromarray(a)
    if mode == "P":
        picture = Image.fromarray(np.repeat([[1, 0]], 4, 0).repeat(2, 1).astype(np.uint8), "P")
        picture.putpalette([0, 0, 0, 128, 128, 128])
        picture.save(tmp_path / "a.png", transparency=0)
    else:
        picture.convert(mode).save(tmp_path / "a.png")
    d = ImageDensity.from_file(tmp_path / "a.png", invert=invert)
    np.testing.assert_allclose(d.pdf, np.repeat([[0.125, 0.125, 0, 0]], 4, 0), atol=1e-12)


@pytest.mark.parametrize("suffix", ["gif", "tif", "png"])
def test_the_first_of_several_pictures_counts(tmp_path, suffix):
    frames = [Image.fromarray(grey(seed=seed)) for seed in range(4)]
    frames[0].save(tmp_path / f"a.{suffix}", save_all=True, append_images=frames[1:])
    d = ImageDensity.from_file(tmp_path / f"a.{suffix}")
    np.testing.assert_allclose(d.pdf, ImageDensity.from_array(grey(seed=0)).pdf, atol=1e-12)


@pytest.mark.parametrize("suffix", ["jpg", "tif"])
def test_a_photograph_that_a_camera_turned_stands_upright(tmp_path, suffix):
    a = np.zeros((20, 40), np.uint8)
    a[:, :20] = 255  # white on the left; the camera says: turn by 90 degrees clockwise
    exif = Image.Exif()
    exif[0x0112] = 6
    Image.fromarray(a).save(tmp_path / f"a.{suffix}", exif=exif)
    d = ImageDensity.from_file(tmp_path / f"a.{suffix}")
    assert d.pdf[20:].sum() > 0.99  # so white is on top


def test_transparent_grey_of_16_bits(tmp_path):
    Image.fromarray(np.array([[7, 900], [7, 300]], np.uint16)).save(
        tmp_path / "a.png", transparency=7
    )
    pdf = ImageDensity.from_file(tmp_path / "a.png").pdf
    np.testing.assert_allclose(pdf, np.array([[0, 300], [0, 900]]) / 1200)


@pytest.mark.parametrize("pages", [3, 5])
def test_the_first_page_of_a_float_tiff_counts(tmp_path, pages):
    a = rng().random((pages, 6, 7))
    tifffile.imwrite(tmp_path / "a.tif", a, photometric="minisblack")
    d = ImageDensity.from_file(tmp_path / "a.tif")
    np.testing.assert_allclose(d.pdf, ImageDensity.from_array(a[0]).pdf, atol=1e-12)


@pytest.mark.parametrize("order", ["<", ">"])
def test_invert_does_not_depend_on_the_byte_order(tmp_path, order):
    tifffile.imwrite(tmp_path / "a.tif", np.array([[0, 30000]], np.uint16), byteorder=order)
    pdf = ImageDensity.from_file(tmp_path / "a.tif", invert=True).pdf
    np.testing.assert_allclose(pdf[pdf > 0], np.array([65535, 35535]) / 101070)


@pytest.mark.slow
def test_a_very_large_photograph_is_reduced_while_it_is_read(tmp_path):
    Image.new("L", (6000, 4500), 200).save(tmp_path / "large.jpg")
    d = ImageDensity.from_file(tmp_path / "large.jpg")
    assert d.pdf.shape == (2048, 2048)
    assert (d.pdf[256:-256] > 0).all()


def test_invert(tmp_path):
    Image.fromarray(np.array([[0, 255], [255, 255]], np.uint8)).save(tmp_path / "a.png")
    d = ImageDensity.from_file(tmp_path / "a.png", invert=True)
    np.testing.assert_allclose(d.pdf, [[0, 0], [1, 0]])


def test_mass_is_the_sum_of_the_grey_values_with_white_at_1(tmp_path):
    a = grey()
    Image.fromarray(a).save(tmp_path / "grey.png")
    Image.fromarray(np.dstack([a, a, a])).save(tmp_path / "colour.png")
    Image.fromarray(a.astype(np.uint16) * 257).save(tmp_path / "16_bits.png")
    for name in ("grey", "colour", "16_bits"):
        d = ImageDensity.from_file(tmp_path / f"{name}.png")
        assert d.mass == pytest.approx(a.sum() / 255)
    assert ImageDensity.from_array([[1, 2], [3, 4]]).mass == pytest.approx(10)
    assert ImageDensity(d.pdf).mass == 1


def test_size_averages_and_keeps_mass(tmp_path):
    d = ImageDensity.from_file("bat", size=64)
    assert d.pdf.shape == (64, 64)
    np.testing.assert_allclose(d.pdf, ImageDensity.from_file("bat").cell_mass(64), atol=1e-7)
    Image.fromarray(grey(10, 3000)).save(tmp_path / "wide.png")
    assert ImageDensity.from_file(tmp_path / "wide.png").pdf.shape == (2048, 2048)
    for size, error in [(0, ValueError), (-3, ValueError), (2.5, TypeError), (10**5, ValueError)]:
        with pytest.raises(error):
            ImageDensity.from_file("bat", size=size)


@pytest.mark.parametrize("shape, size", [((30, 30), 7), ((21, 50), 20), ((50, 9), 64)])
def test_size_takes_the_means_that_skimage_takes(tmp_path, shape, size):
    tifffile.imwrite(tmp_path / "a.tif", a := rng().random(shape))
    smaller = [max(1, round(side * size / max(shape))) for side in shape]
    wanted = ImageDensity.from_array(resize_local_mean(a, smaller))
    d = ImageDensity.from_file(tmp_path / "a.tif", size=size)
    np.testing.assert_allclose(d.pdf, wanted.pdf, atol=1e-12)
    assert d.mass == pytest.approx(wanted.mass)


def test_colours_are_as_bright_as_skimage_says(tmp_path):
    a = rng().integers(0, 256, (9, 9, 3), dtype=np.uint8)
    Image.fromarray(a).save(tmp_path / "a.png")
    wanted = ImageDensity.from_array(rgb2gray(a))
    np.testing.assert_allclose(ImageDensity.from_file(tmp_path / "a.png").pdf, wanted.pdf)


def test_missing_file_names_the_course_pictures():
    with pytest.raises(FileNotFoundError, match=r"no_such\.jpg.*zigzag"):
        ImageDensity.from_file("no_such.jpg")


def test_a_folder_is_not_a_picture(tmp_path):
    with pytest.raises(FileNotFoundError, match="folder"):
        ImageDensity.from_file(tmp_path)


@pytest.mark.parametrize("suffix", ["png", "jpg", "bmp", "gif", "tif"])
@pytest.mark.parametrize("damage", ["truncated", "text", "empty"])
def test_damaged_files_are_named(tmp_path, suffix, damage):
    path = tmp_path / f"harmed.{suffix}"
    Image.fromarray(grey(60, 60)).save(path)
    content = path.read_bytes()
    path.write_bytes({"truncated": content[:1500], "text": b"hello", "empty": b""}[damage])
    with pytest.raises(
        ValueError, match=rf"^harmed\.{suffix} is not a picture .* or it is damaged"
    ):
        ImageDensity.from_file(path)


@pytest.mark.parametrize(
    "a, words",
    [
        (np.zeros((5, 5)), "all black"),
        (np.full((5, 5), np.nan), "NaN"),
        (-np.ones((5, 5)), "negative"),
    ],
)
@pytest.mark.parametrize("size", [None, 3])
def test_bad_values_in_a_file_name_the_file(tmp_path, a, words, size):
    tifffile.imwrite(tmp_path / "bad.tif", a)
    with pytest.raises(ValueError, match=rf"^bad\.tif: .*{words}"):
        ImageDensity.from_file(tmp_path / "bad.tif", size=size)
