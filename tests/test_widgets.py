"""The widgets in JupyterLab: drawn, moved, and compared with Python."""

import re
from pathlib import Path

import nbformat
import numpy as np
import pytest
from nbformat.v4 import new_code_cell, new_notebook
from PIL import Image

from course_utils.density import PICTURES, ImageDensity
from course_utils.metrics import chi_square
from course_utils.widgets import base
from course_utils.widgets.painter import Painter
from course_utils.widgets.player import Player
from tests.jupyterlab import open_and_run
from tools.notebooks import normalise

ALT = "Fifty points that wander about in the square."
IMPORT = """async ([source, ...values]) => {
    const code = await import(URL.createObjectURL(new Blob([source], {type: 'text/javascript'})));
    return (%s)(code, ...values);
}"""


def javascript(browser, widget, function, *values):
    """Result of a JavaScript function of the widget's module and of values."""
    page = browser.new_page()
    try:
        return page.evaluate(IMPORT % function, [widget._esm, *values])
    finally:
        page.close()


def recording(frames=20, n=50, k=8, seed=0):
    rng = np.random.default_rng(seed)
    return dict(
        points=rng.random((frames, n, 2)),
        field=rng.random((frames, k, k)),
        iterations=range(0, 10 * frames, 10),
        numbers={"loss": rng.random(frames), "step size": 10.0 ** -np.arange(frames)},
        alt=ALT,
    )


# ---- without a browser


@pytest.mark.parametrize(
    "make", [Painter, lambda: Painter(classes=("blue", "orange")), lambda: Player(**recording())]
)
def test_a_widget_is_stored_with_a_picture_and_alt_text(make):
    widget = make()
    data, metadata = widget._repr_mimebundle_()
    assert data["image/png"] and metadata["image/png"]["alt"] == widget.alt == data["text/plain"]
    assert "application/vnd.jupyter.widget-view+json" in data
    assert (
        "http" not in widget._esm and "fetch(" not in widget._esm and "import " not in widget._esm
    )


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
    for density, file in zip(painter.densities, sorted(folder.glob("*.png")), strict=True):
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
    "change, words",
    [
        (dict(points=np.zeros((5, 2))), r"\(frames, n, 2\)"),
        (dict(points=np.zeros((201, 5, 2))), "at most 200 frames"),
        (dict(points=np.zeros((5, 2001, 2))), "at most 200 frames of 2000 points"),
        (dict(points=np.zeros((0, 5, 2))), r"\(frames, n, 2\)"),
        (dict(field=np.zeros((20, 4, 5))), "field must have shape"),
        (dict(field=np.zeros((19, 4, 4))), r"\(20, k, k\)"),
        (dict(iterations=range(3)), "iterations needs one value a frame"),
        (dict(numbers={"a": range(20), "b": range(19)}), "b needs one value"),
        (dict(numbers=dict.fromkeys("abcd", range(20))), "At most 3 numbers"),
    ],
)
def test_recordings_that_do_not_fit_are_refused(change, words):
    with pytest.raises(ValueError, match=words):
        Player(**{**recording(), **change})


# ---- the same numbers in JavaScript


def test_the_player_decodes_to_half_precision(browser):
    run = recording()
    run["points"][3, 7] = np.nan
    run["points"][0, :4] = [[0, 1], [2**-24, 6e-8], [1e-5, 65504], [0.1, 0.9]]
    widget = Player(**run)
    function = """(code, points, field) => {
        const view = a => new DataView(new Uint8Array(a).buffer);
        const state = {shape: [20, 50], cells: 8, points: view(points), field: view(field)};
        const run = code.decode({get: name => state[name]});
        const numbers = [...run.points].map(v => Number.isNaN(v) ? null : v);
        return {points: numbers, field: [...run.field]};
    }"""
    seen = javascript(browser, widget, function, list(widget.points), list(widget.field))
    points = np.array([np.nan if v is None else v for v in seen["points"]]).reshape(20, 50, 2)
    np.testing.assert_array_equal(points, run["points"].astype(np.float16).astype(float))
    field = np.array(seen["field"]).reshape(20, 8, 8) / 255
    low, high = run["field"].min(), run["field"].max()
    np.testing.assert_allclose(low + field * (high - low), run["field"], atol=0.5 / 255)


@pytest.mark.parametrize(
    "picture, k", [("lake", 0), ("two_discs", 0), ("two_discs", 2), ("mix", 3)]
)
def test_the_painters_sampler_is_exact(browser, picture, k):
    painter = Painter("ring" if picture == "mix" else picture, classes=list("abc"[:k]))
    if picture == "mix":  # three greys that overlap, of quite other masses
        greys = np.random.default_rng(0).integers(0, 250, (128, 128))
        painter.pixels = np.uint8([greys / 25, greys / 2, greys / 4]).tobytes()
    function = """(code, pixels, side) => {
        const table = code.aliasTable(pixels), points = new Float32Array(3 * 400000);
        code.sample(table, side, points, 0, 400000);
        return [[...table.keep], [...table.alias], [...points]];
    }"""
    keep, alias, points = javascript(browser, painter, function, list(painter.pixels), 128)
    weights = np.frombuffer(painter.pixels, np.uint8) / sum(painter.pixels)
    total = np.array(keep) + np.bincount(alias, 1 - np.array(keep), minlength=len(keep))
    np.testing.assert_allclose(total / len(keep), weights, atol=1e-12)
    *xy, kind = np.reshape(points, (-1, 3)).T
    points = np.minimum(np.transpose(xy), np.nextafter(1, 0))
    assert chi_square(points, painter.density.cell_mass(64)) > 1e-6
    classes = painter.densities
    for c, density in enumerate(classes):
        assert chi_square(points[kind == c], density.cell_mass(64)) > 1e-6
    drawn = np.bincount(kind.astype(int), minlength=len(classes))
    assert len(drawn) == len(classes) and set(kind) <= {*range(len(classes))}
    spread = np.sqrt(len(kind) * painter.shares * (1 - painter.shares))
    assert (abs(drawn - len(kind) * painter.shares) <= 5 * spread).all()


def test_an_empty_canvas_gives_no_table(browser):
    assert javascript(browser, Painter(), "code => code.aliasTable([0, 0, 0, 0])") is None


# ---- in JupyterLab


def opened(lab, folder, browser, name, sources):
    """The page of a new notebook of these cells, after they ran."""
    notebook = new_notebook(cells=[new_code_cell(source) for source in sources])
    nbformat.write(normalise(notebook), folder / f"{name}.ipynb")
    page, _ = open_and_run(browser, lab, f"{name}.ipynb")
    page.set_default_timeout(10_000)
    page.screenshot(path=f"build/{name}.png")
    page.wait_for_selector(".course-painter")
    return page


@pytest.fixture(scope="module")
def page(lab, lab_folder, browser):
    sources = [
        "from course_utils.widgets.painter import Painter\npainter = Painter('ring')\npainter",
        "import numpy as np\nfrom course_utils.widgets.player import Player\n"
        "points = np.random.default_rng(0).random((20, 50, 2))\n"
        f"player = Player(points, {ALT!r}, np.random.default_rng(1).random((20, 8, 8)),\n"
        "    iterations=range(0, 200, 10), unit='step', numbers={'loss': np.arange(20) / 10})\n"
        "player",
    ]
    page = opened(lab, lab_folder, browser, "widgets", sources)
    page.wait_for_selector(".course-player")
    yield page
    page.close()


@pytest.fixture(scope="module")
def colours(lab, lab_folder, browser):
    """The page of a painter of two classes."""
    source = (
        "from course_utils.widgets.painter import Painter\n"
        "painter = Painter(classes=('blue', 'orange'))\npainter"
    )
    page = opened(lab, lab_folder, browser, "painter_colours", [source])
    yield page
    page.close()


def ask(page, expression):
    """What the kernel of the page's notebook says an expression is."""
    return page.evaluate(
        """async code => {
            const kernel = window.jupyterapp.shell.currentWidget.sessionContext.session.kernel;
            const done = kernel.requestExecute({code: '', user_expressions: {value: code}});
            const reply = await done.done;
            const value = reply.content.user_expressions.value;
            return value.status === 'ok' ? value.data['text/plain'] : value.evalue;
        }""",
        expression,
    )


def pixels(page, selector):
    return page.eval_on_selector(selector, "canvas => canvas.toDataURL()")


def test_painter_by_mouse_undo_eraser_clear_and_start(page):
    paper = page.locator(".course-painter .paper")
    paper.scroll_into_view_if_needed()
    box = paper.bounding_box()
    first = pixels(page, ".course-painter .paper")
    mass = "round(float(painter.density.pdf[54:74, 54:74].sum()), 4)"
    assert ask(page, mass) == "0.0"  # the middle of the ring
    centre = box["x"] + box["width"] / 2, box["y"] + box["height"] / 2
    page.mouse.move(centre[0] - 20, centre[1])
    page.mouse.down()
    page.mouse.move(centre[0] + 20, centre[1], steps=8)
    page.mouse.up()
    drawn = pixels(page, ".course-painter .paper")
    assert drawn != first
    page.wait_for_timeout(300)
    assert float(ask(page, mass)) > 0.02
    # what Python has is what is on the canvas, to the grey level
    grey = page.eval_on_selector(
        ".course-painter .paper",
        """canvas => [...canvas.getContext('2d').getImageData(0, 0, 128, 128).data]
            .filter((value, i) => i % 4 == 0)""",
    )
    assert ask(page, f"list(painter.pixels) == {grey}") == "True"

    page.get_by_role("button", name="undo").click()
    assert pixels(page, ".course-painter .paper") == first
    page.get_by_role("button", name="eraser").click()
    page.mouse.move(box["x"] + 5, centre[1])
    page.mouse.down()
    page.mouse.move(box["x"] + box["width"] - 5, centre[1], steps=20)
    page.mouse.up()
    page.wait_for_timeout(300)
    assert ask(page, "float(painter.density.pdf[62:66].sum()) == 0") == "True"
    page.get_by_role("button", name="eraser").click()
    page.get_by_role("button", name="clear").click()
    assert "black" in page.locator(".course-painter .hint").inner_text()
    page.wait_for_timeout(300)
    assert "all black" in ask(page, "painter.density")
    page.get_by_label("start from a picture").select_option(label="two_discs")
    page.wait_for_timeout(300)
    share = ask(page, "round(float(painter.density.pdf[:, :64].sum()), 2)")
    assert share == "0.5"


def test_painter_by_keyboard(page):
    page.get_by_role("button", name="clear").click()
    page.locator(".course-painter .paper").focus()
    for key in [*["ArrowLeft"] * 16, " ", *["ArrowRight"] * 8, *["ArrowUp"] * 4, " ", "ArrowUp"]:
        page.keyboard.press(key)
    page.wait_for_timeout(300)
    extent = "[int(np.ptp(k)) for k in np.nonzero(painter.density.pdf)]"  # rows, columns
    assert ask(page, extent) in ("[21, 33]", "[20, 32]", "[21, 32]")
    page.keyboard.press("u")
    assert "black" in page.locator(".course-painter .hint").inner_text()
    page.get_by_label("start from a picture").select_option(label="ring")


def test_points_rain_from_what_is_drawn(page):
    page.get_by_label("start from a picture").select_option(label="lake")
    page.wait_for_timeout(3000)
    lake = pixels(page, ".course-painter .rain")
    page.get_by_label("start from a picture").select_option(label="ring")
    page.wait_for_timeout(3000)
    assert pixels(page, ".course-painter .rain") != lake
    blue = page.eval_on_selector(
        ".course-painter .rain",
        """canvas => {
            const ratio = canvas.width / 400, at = (x, y, size) => [...canvas.getContext('2d')
                .getImageData(x * ratio, (60 + y) * ratio, size * ratio, size * ratio).data];
            const count = data => data.filter((v, i) => i % 4 == 0 && v < 100).length;
            return [count(at(130, 130, 80)), count(at(250, 155, 30))];
        }""",
    )
    assert blue[0] == 0 and blue[1] > 50  # none in the ring's hole, many on its right side


BLUE, ORANGE, BLACK = [0, 0x72, 0xB2, 255], [0xD5, 0x5E, 0, 255], [0, 0, 0, 255]


def draw(page, y, x=(0.02, 0.98)):
    """One stroke of the mouse over the canvas, from left to right."""
    box = page.locator(".course-painter .paper").bounding_box()
    left, right = [(box["x"] + v * box["width"], box["y"] + (1 - y) * box["height"]) for v in x]
    page.mouse.move(*left)
    page.mouse.down()
    page.mouse.move(*right, steps=20)
    page.mouse.up()
    page.wait_for_timeout(300)


def colour(page, x, y):
    return page.eval_on_selector(
        ".course-painter .paper",
        "(canvas, at) => [...canvas.getContext('2d').getImageData(...at, 1, 1).data]",
        [int(128 * x), int(128 * (1 - y))],
    )


def layers(page, x, y):
    """The grey values that Python has at a place, one a class."""
    return ask(page, f"painter._array()[:, {int(128 * (1 - y))}, {int(128 * x)}].tolist()")


def pressed(page):
    buttons = page.locator(".course-painter button[aria-pressed=true]")
    return " ".join(buttons.all_inner_texts())


def dots(page, y, rgba):
    """Pixels of a colour in a band across the rain."""
    return page.eval_on_selector(
        ".course-painter .rain",
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
    assert ask(colours, "painter.shares.round(2).tolist()") == "[0.5, 0.5]"

    draw(colours, 0.8)
    assert layers(colours, 0.7, 0.8) == "[255, 0]" and colour(colours, 0.7, 0.8) == BLUE
    share = float(ask(colours, "float(painter.shares[0])"))
    assert share > 0.52
    colours.get_by_role("button", name="orange").click()
    assert pressed(colours) == "orange"
    draw(colours, 0.8, (0.5, 0.98))  # over half of the stroke before
    assert layers(colours, 0.7, 0.8) == "[0, 255]" and colour(colours, 0.7, 0.8) == ORANGE
    assert layers(colours, 0.3, 0.8) == "[255, 0]" and colour(colours, 0.3, 0.8) == BLUE
    assert float(ask(colours, "float(painter.shares[0])")) < share
    assert ask(colours, "int(painter._array().sum(axis=0).max())") == "255"
    colours.get_by_role("button", name="undo").click()
    assert colour(colours, 0.7, 0.8) == BLUE

    colours.get_by_role("button", name="eraser").click()
    draw(colours, 0.5)
    assert layers(colours, 0.27, 0.5) == layers(colours, 0.73, 0.5) == "[0, 0]"
    assert colour(colours, 0.73, 0.5) == BLACK
    colours.wait_for_timeout(3000)
    colours.screenshot(path="build/painter_colours.png")
    assert dots(colours, 0.8, BLUE) > 50 and dots(colours, 0.6, ORANGE) > 50
    assert dots(colours, 0.8, ORANGE) == dots(colours, 0.5, BLUE) == dots(colours, 0.5, ORANGE) == 0


def test_painter_in_two_colours_by_keys_and_start(colours):
    ask(colours, "setattr(painter, 'pixels', Painter(classes=painter.classes).pixels)")
    colours.wait_for_timeout(300)
    assert colour(colours, 0.73, 0.5) == ORANGE  # Python's new pixels are shown
    colours.get_by_role("button", name="blue").click()  # puts the eraser away
    assert pressed(colours) == "blue"
    hint = colours.locator(".course-painter .hint")
    colours.locator(".course-painter .paper").focus()
    colours.keyboard.press("ArrowDown")
    for name in ("orange", "blue", "orange"):
        colours.keyboard.press("c")
        assert pressed(colours) == name and hint.inner_text() == f"Brush ({name}) up."
    for key in (" ", "ArrowRight", " "):
        colours.keyboard.press(key)
    colours.wait_for_timeout(300)
    assert layers(colours, 0.97, 0.48) == "[0, 255]"  # where the mouse was last

    colours.get_by_label("start from a picture").select_option(label="ring")
    colours.wait_for_timeout(300)
    ring = "Painter('ring')._array()[0]"
    assert ask(colours, f"bool((painter._array()[1] == {ring}).all())") == "True"
    assert ask(colours, f"bool((painter._array()[0] <= 255 - {ring}).all())") == "True"
    assert ask(colours, "bool(painter._array()[0].any())") == "True"  # what lies beside the ring
    colours.get_by_role("button", name="clear").click()
    colours.wait_for_timeout(300)
    assert hint.inner_text() == "Nothing is drawn in blue or orange."
    assert "Nothing is drawn in blue: choose" in ask(colours, "painter.shares")


def test_player_by_slider_keys_and_play(page):
    slider = page.get_by_label("frame")
    readout = page.locator(".course-player output")
    assert readout.inner_text().replace(",", "").split() == ["step", "190", "loss", "1.9"]
    slider.focus()
    last = pixels(page, ".course-player canvas")
    page.keyboard.press("ArrowLeft")
    assert pixels(page, ".course-player canvas") != last
    assert readout.inner_text().replace(",", "").split() == ["step", "180", "loss", "1.8"]
    page.keyboard.press("Home")
    assert readout.inner_text().replace(",", "").split() == ["step", "0", "loss", "0"]
    page.wait_for_timeout(300)
    assert ask(page, "player.frame") == "0"
    page.get_by_label("speed").select_option(label="4 ×")
    page.get_by_role("button", name="play").click()
    page.get_by_role("button", name="pause").wait_for()
    page.get_by_role("button", name="play").wait_for(timeout=5000)
    assert readout.inner_text().replace(",", "").split()[1] == "190"
    page.wait_for_timeout(300)
    assert ask(page, "player.frame") == "19"
    ask(page, "setattr(player, 'frame', 5)")
    page.wait_for_timeout(300)
    assert readout.inner_text().replace(",", "").split()[1] == "50"


def test_player_draws_the_points_where_they_are(page):
    ask(page, "setattr(player, 'frame', 7)")
    page.wait_for_timeout(300)
    x, y = np.random.default_rng(0).random((20, 50, 2))[7].astype(np.float16).astype(float).T
    colours = page.eval_on_selector(
        ".course-player canvas",
        """(canvas, [x, y]) => x.map((v, i) => [...canvas.getContext('2d').getImageData(
            Math.min(canvas.width - 1, v * canvas.width),
            Math.min(canvas.height - 1, (1 - y[i]) * canvas.height), 1, 1).data])""",
        [x.tolist(), y.tolist()],
    )
    orange = np.array(colours)[:, :3] == [0xD5, 0x5E, 0x00]
    assert orange.all(axis=1).mean() > 0.9


@pytest.mark.parametrize(
    "path", sorted(Path(base.__file__).parent.glob("*.js")), ids=lambda path: path.stem
)
def test_text_follows_the_theme_of_the_page(path):
    roots = re.findall(r"\.course-\w+ \{ font: [^}]*\}", path.read_text("utf-8"))
    assert all("color: var(--jp-content-font-color1, #222)" in root for root in roots)
    assert bool(roots) == (path.stem not in ("base", "plane"))
