"""The painter: drawn on by mouse, keys and finger, saved, loaded, kept, and sampled exactly."""

import base64
import io

import numpy as np
import pytest
from PIL import Image

from course_utils.density import PICTURES, ImageDensity
from course_utils.metrics import chi_square
from course_utils.widgets.painter import Painter
from tests.bare import show
from tests.each_widget import stored
from tests.javascript import javascript
from tests.waiting import pixels, rgba, until


def grey(page):
    """What is drawn, as Python has heard of it: `(k, 128, 128)`."""
    pixels = page.evaluate("base64(new Uint8Array(model.saved.pixels.buffer))")
    return np.frombuffer(base64.b64decode(pixels), np.uint8).reshape(-1, 128, 128)


# ---- without a browser


@pytest.mark.parametrize("classes", [(), ("blue", "orange")])
def test_it_is_stored_with_a_picture_and_alt_text(classes):
    stored(Painter(classes=classes))


def test_a_painter_starts_from_a_picture(tmp_path):
    expected = ImageDensity.from_file("star", size=128).pdf
    np.testing.assert_allclose(Painter("star").density.pdf, expected, atol=expected.max() / 400)
    Image.fromarray(np.uint8([[255, 0]])).save(tmp_path / "mine.png")
    assert Painter(tmp_path / "mine.png", invert=True).density.pdf[:, :64].sum() == 0
    with pytest.raises(FileNotFoundError, match="no_such"):
        Painter("no_such.png")


def test_a_blank_canvas_has_no_density_but_is_shown():
    painter = Painter()
    painter.pixels = bytes(128 * 128)
    for ask_for in ("density", "densities", "shares"):
        with pytest.raises(ValueError, match="all black"):
            getattr(painter, ask_for)
    assert painter._repr_mimebundle_()[0]["image/png"]


def test_a_painter_without_classes_is_that_of_one_class():
    painter = Painter("star")
    assert len(painter.pixels) == 128**2 and painter.classes == [] and painter.shares == [1.0]
    np.testing.assert_array_equal(painter.densities[0].pdf, painter.density.pdf)
    assert Painter().pixels == Painter("bat").pixels


@pytest.mark.parametrize(
    "picture, classes",
    [(None, ("blue", "orange")), (None, ("a", "b", "c")), ("spiral", [0, 1, 2])],
)
def test_a_painter_of_classes_starts_from_a_folder(picture, classes):
    folder = PICTURES / (picture or {2: "two_discs", 3: "spiral"}[len(classes)])
    painter = Painter(picture, classes=list(classes))
    for density, file in zip(painter.densities, sorted(folder.glob("[!.]*.png")), strict=True):
        expected = ImageDensity.from_file(file, size=128).pdf
        np.testing.assert_allclose(density.pdf, expected, atol=expected.max() / 400)
    mixture = sum(
        share * density.pdf
        for share, density in zip(painter.shares, painter.densities, strict=True)
    )
    np.testing.assert_allclose(mixture, painter.density.pdf, atol=1e-15)
    assert painter.shares.dtype == np.float64 and painter.shares.sum() == pytest.approx(1)
    assert painter.shares == pytest.approx(np.full(len(classes), 1 / len(classes)), rel=0.01)


def test_a_painter_takes_a_folder_of_ones_own_and_other_shares(tmp_path):
    half, third = np.zeros((2, 90, 90), np.uint8)
    half[:, :45] = third[:, 30:60] = 255  # they overlap on a sixth of the square
    Image.fromarray(half).save(tmp_path / "a.png")
    Image.fromarray(third).save(tmp_path / "b.jpg", quality=100)
    (tmp_path / "notes.txt").write_text("not a picture", "utf-8")
    painter = Painter(tmp_path, classes=("cats", "dogs"))
    layers = np.frombuffer(painter.pixels, np.uint8).reshape(2, 128, 128)
    assert layers.sum(axis=0).max() <= 255
    masses = np.array([1 / 3 + 1 / 12, 1 / 6 + 1 / 12])  # what is shared is shared evenly
    assert painter.shares == pytest.approx(masses / masses.sum(), abs=0.01)
    dark = Painter(tmp_path, invert=True, classes=("cats", "dogs")).densities[0].pdf
    assert dark[:, :63].sum() == 0


def test_a_class_in_which_nothing_is_drawn_is_named():
    painter = Painter("ring", classes=("blue", "orange"))
    first = np.frombuffer(painter.pixels[: 128**2], np.uint8).reshape(128, 128)
    np.testing.assert_array_equal(painter.density.pdf, ImageDensity.from_array(first).pdf)
    for ask_for in ("densities", "shares"):
        with pytest.raises(ValueError, match="Nothing is drawn in orange: choose that colour"):
            getattr(painter, ask_for)
    assert painter._repr_mimebundle_()[0]["image/png"]
    painter.pixels = bytes(2 * 128**2)
    assert painter._repr_mimebundle_()[0]["image/png"]


@pytest.mark.parametrize(
    "picture, classes, words",
    [
        ("star", ("blue", "orange"), "star needs one picture for each of the 2 .* in it is 5"),
        (None, ("blue",), "two or three different names"),
        (None, "blue", "two or three different names"),
        (None, ("blue", "blue"), "two or three different names"),
        (None, [*"abcd"], "two or three different names"),
    ],
)
def test_classes_that_do_not_fit_are_refused(picture, classes, words):
    with pytest.raises(ValueError, match=words):
        Painter(picture, classes=classes)


@pytest.mark.parametrize(
    "picture, k", [("lake", 0), ("two_discs", 0), ("two_discs", 2), ("mix", 3)]
)
def test_the_painters_sampler_is_exact(picture, k):
    painter = Painter("ring" if picture == "mix" else picture, classes=list("abc"[:k]))
    if picture == "mix":  # three greys that overlap, of quite other masses
        greys = np.random.default_rng(0).integers(0, 250, (128, 128))
        painter.pixels = np.uint8([greys / 25, greys / 2, greys / 4]).tobytes()
    keep, alias, points = javascript("sampler", painter, 400_000)
    weights = np.frombuffer(painter.pixels, np.uint8) / sum(painter.pixels)
    total = np.array(keep) + np.bincount(alias, 1 - np.array(keep), minlength=len(keep))
    np.testing.assert_allclose(total / len(keep), weights, atol=1e-12)
    *xy, kind = np.frombuffer(base64.b64decode(points), "<f4").astype(float).reshape(-1, 3).T
    points = np.minimum(np.transpose(xy), np.nextafter(1, 0))
    # float32 rounds a few onto the edge of a pixel, and so into the next one
    inside = (points * 128 % 1 > 0).all(1)
    assert inside.mean() > 0.9999
    points, kind = points[inside], kind[inside]
    assert chi_square(points, painter.density.cell_mass(64)) > 1e-6
    classes = painter.densities
    for c, density in enumerate(classes):
        assert chi_square(points[kind == c], density.cell_mass(64)) > 1e-6
    drawn = np.bincount(kind.astype(int), minlength=len(classes))
    assert len(drawn) == len(classes) and set(kind) <= {*range(len(classes))}
    spread = np.sqrt(len(kind) * painter.shares * (1 - painter.shares))
    assert (abs(drawn - len(kind) * painter.shares) <= 5 * spread).all()


# ---- in a page


@pytest.fixture
def ring(browser):
    """A page with a painter that starts from the ring."""
    page = show(browser, Painter("ring"))
    yield page
    page.close()


@pytest.fixture
def colours(browser):
    """A page with a painter of two classes."""
    page = show(browser, Painter(classes=("blue", "orange")))
    yield page
    page.close()


def middle(page):
    """How much of what is drawn lies in the middle of the ring."""
    return ImageDensity.from_array(grey(page).sum(axis=0)).pdf[54:74, 54:74].sum()


def test_painter_by_mouse_undo_eraser_clear_and_start(ring):
    page, box = ring, ring.locator(".paper").bounding_box()
    first = pixels(page, ".paper")
    assert middle(page) == 0
    centre = box["x"] + box["width"] / 2, box["y"] + box["height"] / 2
    page.mouse.move(centre[0] - 20, centre[1])
    page.mouse.down()
    page.mouse.move(centre[0] + 20, centre[1], steps=8)
    page.mouse.up()
    drawn = pixels(page, ".paper")
    assert drawn != first and middle(page) > 0.02
    # what Python has is what is on the canvas, to the grey level
    assert (grey(page)[0] == rgba(page.locator(".paper"))[..., 0]).all()

    page.get_by_role("button", name="undo").click()
    assert pixels(page, ".paper") == first
    page.get_by_role("button", name="eraser").click()
    draw(page, 0.5)
    assert not grey(page)[:, 62:66].any()
    page.get_by_role("button", name="eraser").click()
    page.get_by_role("button", name="clear").click()
    assert "black" in page.locator(".hint").inner_text()
    assert not grey(page).any()
    page.get_by_label("start from a picture").select_option(label="two_discs")
    density = ImageDensity.from_array(grey(page)[0])
    assert density.pdf[:, :64].sum() == pytest.approx(0.5, abs=0.01)


def test_painter_by_keyboard(ring):
    ring.get_by_role("button", name="clear").click()
    ring.locator(".paper").focus()
    for key in [*["ArrowLeft"] * 16, " ", *["ArrowRight"] * 8, *["ArrowUp"] * 4, " ", "ArrowUp"]:
        ring.keyboard.press(key)
    extent = [int(np.ptp(k)) for k in np.nonzero(grey(ring)[0])]  # rows, columns
    assert extent in ([21, 33], [20, 32], [21, 32])
    ring.keyboard.press("u")
    assert "black" in ring.locator(".hint").inner_text()


def test_points_rain_from_what_is_drawn(ring):
    def blue(x, y, size):
        """Pixels with points, of a square of the rain."""
        return ring.eval_on_selector(
            ".rain",
            """(canvas, at) => {
                const [x, y, size] = at.map(v => v * canvas.width / 400);
                const pen = canvas.getContext('2d'), edge = 60 * canvas.width / 400;
                const data = pen.getImageData(x, edge + y, size, size).data;
                return data.filter((v, i) => i % 4 == 0 && v < 100).length;
            }""",
            [x, y, size],
        )

    ring.get_by_label("start from a picture").select_option(label="ring")
    until(ring, lambda: blue(130, 130, 80) == 0 and blue(250, 155, 30) > 50)  # its hole, its side
    ring.get_by_label("start from a picture").select_option(label="lake")
    until(ring, lambda: blue(130, 130, 80) > 50)


BLUE, ORANGE, BLACK = [0, 0x72, 0xB2, 255], [0xD5, 0x5E, 0, 255], [0, 0, 0, 255]


def draw(page, y, x=(0.02, 0.98)):
    """One stroke of the mouse over the canvas, from left to right."""
    box = page.locator(".paper").bounding_box()
    left, right = [(box["x"] + v * box["width"], box["y"] + (1 - y) * box["height"]) for v in x]
    page.mouse.move(*left)
    page.mouse.down()
    page.mouse.move(*right, steps=20)
    page.mouse.up()


def colour(page, x, y):
    return page.eval_on_selector(
        ".paper",
        "(canvas, at) => [...canvas.getContext('2d').getImageData(...at, 1, 1).data]",
        [int(128 * x), int(128 * (1 - y))],
    )


def layers(page, x, y):
    """The grey values that Python has at a place, one a class."""
    return grey(page)[:, int(128 * (1 - y)), int(128 * x)].tolist()


def first_share(page):
    """How much of what is drawn is of the first class."""
    return grey(page)[0].sum() / grey(page).sum()


def pressed(page):
    buttons = page.locator("button[aria-pressed=true]")
    return " ".join(buttons.all_inner_texts())


def dots(page, y, rgba):
    """Pixels of a colour in a band across the rain."""
    return page.eval_on_selector(
        ".rain",
        """(canvas, [y, rgba]) => {
            const area = [1, 60 + 340 * (1 - y) - 8, 338, 16].map(v => v * canvas.width / 400);
            const data = canvas.getContext('2d').getImageData(...area).data;
            let n = 0;
            for (let i = 0; i < data.length; i += 4) n += rgba.every((v, k) => data[i + k] === v);
            return n;
        }""",
        [y, rgba],
    )


def test_painter_in_two_colours_by_mouse(colours):
    assert pressed(colours) == "blue"
    seen = [colour(colours, x, 0.5) for x in (0.27, 0.5, 0.73)]
    assert seen == [BLUE, BLACK, ORANGE]
    assert first_share(colours) == pytest.approx(0.5, abs=0.005)

    draw(colours, 0.8)
    assert layers(colours, 0.7, 0.8) == [255, 0]
    assert colour(colours, 0.7, 0.8) == BLUE
    share = first_share(colours)
    assert share > 0.52
    colours.get_by_role("button", name="orange").click()
    assert pressed(colours) == "orange"
    draw(colours, 0.8, (0.5, 0.98))  # over half of the stroke before
    assert layers(colours, 0.7, 0.8) == [0, 255]
    assert colour(colours, 0.7, 0.8) == ORANGE
    assert layers(colours, 0.3, 0.8) == [255, 0] and colour(colours, 0.3, 0.8) == BLUE
    assert first_share(colours) < share
    assert grey(colours).astype(int).sum(axis=0).max() == 255
    colours.get_by_role("button", name="undo").click()
    assert colour(colours, 0.7, 0.8) == BLUE

    colours.get_by_role("button", name="eraser").click()
    draw(colours, 0.5)
    assert layers(colours, 0.27, 0.5) == [0, 0]
    assert layers(colours, 0.73, 0.5) == [0, 0] and colour(colours, 0.73, 0.5) == BLACK
    none = [(0.8, ORANGE), (0.5, BLUE), (0.5, ORANGE)]
    until(colours, lambda: not any(dots(colours, y, ink) for y, ink in none))
    until(colours, lambda: dots(colours, 0.8, BLUE) > 50 and dots(colours, 0.6, ORANGE) > 50)
    colours.screenshot(path="build/painter_colours.png")


def test_painter_in_two_colours_by_keys_and_start(colours):
    again = list(Painter(classes=("blue", "orange")).pixels)
    colours.evaluate(
        "a => { model.set('pixels', new DataView(Uint8Array.from(a).buffer)); }", again
    )
    assert colour(colours, 0.73, 0.5) == ORANGE  # Python's new pixels are shown
    for name in ("eraser", "blue"):  # which puts the eraser away
        colours.get_by_role("button", name=name).click()
        assert name in pressed(colours)
    assert pressed(colours) == "blue"
    hint = colours.locator(".hint")
    colours.locator(".paper").focus()
    colours.keyboard.press("ArrowDown")
    for name in ("orange", "blue", "orange"):
        colours.keyboard.press("c")
        assert pressed(colours) == name and hint.inner_text() == f"Brush ({name}) up."
    for key in (" ", "ArrowRight", " "):
        colours.keyboard.press(key)
    assert layers(colours, 0.51, 0.48) == [0, 255]

    colours.get_by_label("start from a picture").select_option(label="ring")
    ring = Painter("ring")._array()[0].astype(int)
    first, second = grey(colours)
    assert (second == ring).all() and (first <= 255 - ring).all()
    assert first.any()  # what lies beside the ring
    colours.get_by_role("button", name="clear").click()
    assert hint.inner_text() == "Nothing is drawn in blue or orange."
    assert not grey(colours).any()


@pytest.mark.parametrize(
    "width, ratio, scale",
    [(360, 1, 1), (360, 3, 1), (480, 1.5, 1), (800, 1, 1), (1280, 2, 1), (800, 1, 0.6)],
)
def test_a_stroke_lands_where_it_is_drawn(browser, width, ratio, scale):
    """Pixels of the page and of the device may differ, and a slide may be shown smaller."""
    page = show(browser, Painter("star"), width, device_scale_factor=ratio)
    transform = (
        "k => document.body.style.cssText += `transform: scale(${k}); transform-origin: 0 0`"
    )
    page.evaluate(transform, scale)
    page.get_by_role("button", name="clear").click()
    page.get_by_label("brush size").fill("4")
    box = page.locator(".paper").bounding_box()
    for x, y in [(0.125, 0.25), (0.75, 0.875)]:
        page.mouse.click(box["x"] + x * box["width"], box["y"] + y * box["height"])
    rows, columns = np.nonzero(grey(page)[0])
    for x, y in [(0.125, 0.25), (0.75, 0.875)]:
        near = np.hypot(columns + 0.5 - 128 * x, rows + 0.5 - 128 * y) < 10
        assert columns[near].mean() + 0.5 == pytest.approx(128 * x, abs=1)
        assert rows[near].mean() + 0.5 == pytest.approx(128 * y, abs=1)
    page.close()


def test_drawing_with_a_finger_on_a_narrow_page(browser):
    page = show(browser, Painter("ring"), 360, has_touch=True)
    before = grey(page)
    box = page.locator(".paper").bounding_box()
    finger = page.context.new_cdp_session(page)
    for kind, x in [("Start", 0.4), ("Move", 0.5), ("Move", 0.6), ("End", None)]:
        at = {"x": box["x"] + (x or 0) * box["width"], "y": box["y"] + box["height"] / 2}
        points = [] if x is None else [at]
        finger.send("Input.dispatchTouchEvent", {"type": f"touch{kind}", "touchPoints": points})
    until(page, lambda: (grey(page) != before).any())
    assert (before[0, 63:65, 52:76] == 0).all() and (grey(page)[0, 63:65, 52:76] == 255).all()
    page.close()


def test_the_rain_is_drawn_anew_when_its_size_changes(browser):
    page = show(browser, Painter("ring"), 800)
    wide = page.locator(".rain").evaluate("canvas => canvas.width")
    page.set_viewport_size({"width": 360, "height": 900})
    size = "canvas => [canvas.width, 2 * canvas.clientWidth]"
    until(page, lambda: page.locator(".rain").evaluate(size)[0] < wide / 2)
    assert len(set(page.locator(".rain").evaluate(size))) == 1
    page.close()


def off(page):
    """Which of undo and redo are greyed out."""
    buttons = page.locator("button[aria-disabled=true]")
    return " ".join(buttons.all_inner_texts())


def test_undo_and_redo_and_what_greys_them_out(browser):
    page = show(browser, Painter("ring"))
    paper, button = page.locator(".paper"), lambda name: page.get_by_role("button", name=name)
    ring = grey(page)
    assert off(page) == "undo redo"
    button("undo").click(force=True)  # nothing happens
    button("redo").click(force=True)
    assert (grey(page) == ring).all() and off(page) == "undo redo"
    button("clear").click()
    assert not grey(page).any() and off(page) == "redo"
    button("undo").click()
    assert (grey(page) == ring).all() and off(page) == "undo"
    button("redo").click()
    assert not grey(page).any() and off(page) == "redo"

    paper.click(position={"x": 200, "y": 100})
    one = grey(page)
    paper.click(position={"x": 100, "y": 200})
    two = grey(page)
    for key, seen, grey_buttons in [
        ("u", one, ""),
        ("r", two, "redo"),
        ("Control+z", one, ""),
        ("u", 0 * ring, ""),
        ("u", ring, "undo"),
        ("u", ring, "undo"),
        ("Control+y", 0 * ring, ""),
        ("Control+Shift+z", one, ""),
    ]:
        paper.press(key)
        assert (grey(page) == seen).all() and off(page) == grey_buttons, key
    paper.click(position={"x": 20, "y": 20})  # from here on, the other way is forgotten
    assert off(page) == "redo"
    page.close()


# ---- a drawing is kept: as a file, and when its cell runs again


def scribbles(k, seed=0):
    """Grey values in all steps, with one class darker than others: `(k, 128, 128)`."""
    rng = np.random.default_rng(seed)
    return np.uint8(rng.integers(0, 250 // k, (k, 128, 128)) // (1 + np.arange(k))[:, None, None])


@pytest.mark.parametrize("classes", [(), ("a", "b"), ("a", "b", "c")])
def test_saved_and_loaded_a_drawing_is_the_same(tmp_path, classes):
    painter, k = Painter(classes=classes), max(1, len(classes))
    painter.pixels = scribbles(k).tobytes()
    path = painter.save(tmp_path / "mine.png")
    assert path == tmp_path / "mine.png"
    with Image.open(path) as picture:
        assert picture.mode == "L" and picture.size == (128 * k, 128)
    assert Painter(path, classes=classes).pixels == painter.pixels
    other = Painter(classes=classes)
    other.load(str(path))
    assert other.pixels == painter.pixels
    Image.open(path).convert("RGBA").save(path)  # as the browser writes it
    other.load("star" if not classes else {2: "two_discs", 3: "spiral"}[k])
    assert other.pixels != painter.pixels
    other.load(path)
    assert other.pixels == painter.pixels
    if not classes:
        expected = ImageDensity.from_file(path).pdf  # what any lesson makes of the picture
        np.testing.assert_allclose(painter.density.pdf, expected, rtol=1e-12)
        inverse = Painter(path, invert=True)._array()
        np.testing.assert_array_equal(inverse, 255 - painter._array())
    painter.pixels = bytes(k * 128**2)
    assert Painter(painter.save(path), classes=classes).pixels == painter.pixels


def test_a_drawing_is_saved_in_a_folder_named_with_other_letters(tmp_path, monkeypatch):
    """An umlaut may be one sign, as it is typed, or two, as a Mac writes it on a stick."""
    (tmp_path / "Gro\u0308ße").mkdir()
    monkeypatch.chdir(tmp_path)
    path = Painter().save("Größe/mine.png")
    assert path == tmp_path / "Gro\u0308ße" / "mine.png" and path.is_file()


def test_a_saved_drawing_that_was_scaled_keeps_the_shares(tmp_path):
    painter = Painter(classes=("a", "b"))
    painter.pixels = scribbles(2).tobytes()
    picture = Image.open(painter.save(tmp_path / "mine.png"))
    picture.resize((512, 256), Image.Resampling.NEAREST).save(tmp_path / "large.png")
    other = Painter(tmp_path / "large.png", classes=("a", "b"))
    assert other.shares == pytest.approx(painter.shares, abs=0.005)
    np.testing.assert_allclose(
        other.densities[1].pdf, painter.densities[1].pdf, atol=0.02 * painter.densities[1].pdf.max()
    )


def test_a_drawing_is_not_saved_or_loaded(tmp_path):
    painter = Painter("star")
    before = painter.pixels
    with pytest.raises(ValueError, match=r"as a PNG: name it mine\.png\.$"):
        painter.save(tmp_path / "mine.jpg")
    with pytest.raises(FileNotFoundError, match=r"no folder .*nowhere to save mine\.png in\.$"):
        painter.save(tmp_path / "nowhere" / "mine.png")
    (tmp_path / "folder.png").mkdir()
    words = r"folder\.png cannot be saved in the folder .* directory\); name a folder of your own"
    with pytest.raises(OSError, match=words):
        painter.save(tmp_path / "folder.png")
    (tmp_path / "notes.png").write_text("not a picture", "utf-8")
    with pytest.raises(ValueError, match=r"notes\.png is not a picture"):
        painter.load(tmp_path / "notes.png")
    with pytest.raises(FileNotFoundError, match="missing"):
        painter.load(tmp_path / "missing.png")
    assert painter.pixels == before
    with pytest.raises(TypeError, match="keep must be a name for the painter, not 1"):
        Painter(keep=1)


@pytest.mark.parametrize("classes", [(), ("a", "b")])
def test_the_next_painter_of_a_name_has_the_drawing(classes, tmp_path):
    name = str(tmp_path)
    first = Painter(classes=classes, keep=name)
    standard = first.pixels
    assert Painter(classes=classes, keep=name).start == b""  # nothing was drawn
    drawn = first.pixels = scribbles(max(1, len(classes))).tobytes()
    second = Painter(classes=classes, keep=name)
    assert second.pixels == drawn and second.start == standard
    third = Painter(classes=classes, keep=name)  # once more, without a stroke in between
    assert third.pixels == drawn and third.start == standard
    for other in (
        Painter(classes=classes),
        Painter(classes=classes, keep=name + " other"),
    ):
        assert other.pixels == standard and other.start == b""
    if not classes:
        star = Painter("star", keep=name)
        assert star.pixels == Painter("star").pixels
        star.pixels = bytes([1] * 128**2)
        assert Painter("star", invert=True, keep=name).start == b""
    assert Painter(classes=classes, keep=name).pixels == drawn
    third.pixels = bytes(len(drawn))  # cleared
    assert Painter(classes=classes, keep=name).pixels == standard


def load_file(page, name, data):
    page.locator("input[type=file]").set_input_files(
        {"name": name, "mimeType": "image/png", "buffer": data}
    )


def png(a, mode=None):
    file = io.BytesIO()
    Image.fromarray(a, mode).save(file, "PNG")
    return file.getvalue()


@pytest.mark.parametrize("classes", [(), ("a", "b"), ("a", "b", "c")])
def test_the_browser_saves_what_python_loads_and_back(browser, tmp_path, classes):
    painter = Painter(classes=classes)
    painter.pixels = scribbles(max(1, len(classes))).tobytes()
    page = show(browser, painter)
    with page.expect_download() as download:
        page.get_by_role("button", name="save PNG").click()
    assert download.value.suggested_filename == "drawing.png"
    path = tmp_path / "drawing.png"
    download.value.save_as(path)
    hint = page.locator(".hint")
    assert hint.inner_text().startswith("Saved among your downloads as drawing.png")
    assert Painter(path, classes=classes).pixels == painter.pixels

    painter.pixels = scribbles(max(1, len(classes)), seed=1).tobytes()
    painter.save(tmp_path / "other.png")
    for name in ("other.png", "drawing.png"):
        load_file(page, name, (tmp_path / name).read_bytes())
        until(page, lambda name=name: hint.inner_text() == f"{name} is on the canvas.")
        assert grey(page).tobytes() == Painter(tmp_path / name, classes=classes).pixels
    page.get_by_role("button", name="undo").click()
    assert grey(page).tobytes() == painter.pixels
    page.close()


def test_a_picture_of_any_size_is_fitted_as_python_does(browser, tmp_path):
    page = show(browser, Painter())
    rng = np.random.default_rng(0)
    for number, shape in enumerate([(300, 200, 3), (37, 101), (90, 90, 4), (128, 256)]):
        a = rng.integers(0, 200, shape, np.uint8)
        (tmp_path / f"{number}.png").write_bytes(png(a))
        load_file(page, f"{number}.png", png(a))
        words = f"{number}.png is on the canvas."
        until(page, lambda words=words: page.locator(".hint").inner_text() == words)
        expected = Painter(tmp_path / f"{number}.png")._array().astype(int)
        assert abs(grey(page) - expected).max() <= 1
    page.close()


def test_a_large_picture_of_three_classes_side_by_side(browser, tmp_path):
    page = show(browser, Painter(classes=("a", "b", "c")))
    a = np.repeat(np.uint8([30, 60, 90]), 1001)[None].repeat(1001, axis=0)
    (tmp_path / "large.png").write_bytes(png(a))
    load_file(page, "large.png", png(a))
    until(page, lambda: page.locator(".hint").inner_text() == "large.png is on the canvas.")
    expected = Painter(tmp_path / "large.png", classes=("a", "b", "c"))._array().astype(int)
    assert abs(grey(page)[..., 1:-1] - expected[..., 1:-1]).max() <= 1
    assert expected[:, 64, 64].tolist() == pytest.approx([255 / 6, 255 / 3, 255 / 2], abs=1)
    page.close()


def test_a_picture_goes_to_the_class_that_is_chosen(browser):
    page = show(browser, Painter(classes=("a", "b")))
    first = grey(page)
    page.get_by_role("button", name="b", exact=True).click()
    a = np.zeros((128, 128), np.uint8)
    a[:, :64] = 255
    with page.expect_file_chooser() as chooser:
        page.get_by_role("button", name="load picture").press("Enter")
    assert page.locator(".hint").inner_text() == "Choose a picture: white means probable."
    file = {"name": "half.png", "mimeType": "image/png", "buffer": png(a)}
    chooser.value.set_files(file)
    until(page, lambda: (grey(page)[1] == a).all())
    assert not grey(page)[0, :, :64].any() and (grey(page)[0, :, 64:] == first[0, :, 64:]).all()
    page.close()


def test_what_is_no_picture_gets_a_sentence(browser):
    page = show(browser, Painter("star"))
    before, hint = grey(page), page.locator(".hint")
    for name, data, words in [
        ("notes.txt", b"not a picture", "not a picture that this browser can read: choose a PNG"),
        ("empty.png", b"", "not a picture that this browser can read"),
        ("night.png", png(np.zeros((9, 9), np.uint8)), "all black, and white means probable"),
    ]:
        load_file(page, name, data)
        until(page, lambda name=name, words=words: f"{name} is {words}" in hint.inner_text())
        assert (grey(page) == before).all() and off(page) == "undo redo"
    page.close()


def test_a_picture_is_dropped_on_the_canvas(browser):
    page = show(browser, Painter("star"))
    data = base64.b64encode(png(np.full((128, 128), 77, np.uint8))).decode()
    page.evaluate(
        """data => {
            const transfer = new DataTransfer();
            const bytes = Uint8Array.from(atob(data), c => c.charCodeAt(0));
            transfer.items.add(new File([bytes], 'grey.png', {type: 'image/png'}));
            const options = {dataTransfer: transfer, bubbles: true, cancelable: true};
            const drop = new DragEvent('drop', options);
            document.querySelector('.paper').dispatchEvent(drop);
        }""",
        data,
    )
    until(page, lambda: (grey(page) == 77).all())
    page.close()


def test_a_drawing_from_before_says_so(browser, tmp_path):
    painter = Painter("ring", keep=str(tmp_path))
    painter.pixels = Painter("star").pixels
    page = show(browser, Painter("ring", keep=str(tmp_path)))
    hint = page.locator(".hint")
    assert hint.inner_text().startswith("Your drawing from before: undo shows the first picture")
    assert grey(page).tobytes() == painter.pixels and off(page) == "redo"
    page.get_by_role("button", name="undo").click()
    assert grey(page).tobytes() == Painter("ring").pixels and off(page) == "undo"
    assert hint.inner_text() == ""
    page.close()
