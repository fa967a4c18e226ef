"""Painter and player: drawn on, moved, saved, and compared with Python, in JupyterLab and alone."""

import base64
import io
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
from tests.bare import show
from tests.jupyterlab import RUN_ALL, open_and_run
from tests.waiting import pixels, until
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


def grey(page):
    """What is drawn in a widget that stands alone: as Python would get it, `(k, 128, 128)`."""
    values = page.evaluate("[...new Uint8Array(model.saved.pixels.buffer)]")
    return np.uint8(values).reshape(-1, 128, 128)


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
    "make",
    [
        Painter,
        lambda: Painter(classes=("blue", "orange")),
        lambda: Player(**recording()),
    ],
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
        const bytes = new Uint8Array(points.buffer);
        let text = ''; // a million numbers one by one would take a minute
        for (let k = 0; k < bytes.length; k += 30000)
            text += btoa(String.fromCharCode(...bytes.subarray(k, k + 30000)));
        return [[...table.keep], [...table.alias], text];
    }"""
    keep, alias, points = javascript(browser, painter, function, list(painter.pixels), 128)
    weights = np.frombuffer(painter.pixels, np.uint8) / sum(painter.pixels)
    total = np.array(keep) + np.bincount(alias, 1 - np.array(keep), minlength=len(keep))
    np.testing.assert_allclose(total / len(keep), weights, atol=1e-12)
    *xy, kind = np.frombuffer(base64.b64decode(points), "<f4").astype(float).reshape(-1, 3).T
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
    page.set_default_timeout(120_000)
    page.screenshot(path=f"build/{name}.png")
    page.wait_for_selector(".course-painter")
    return page


@pytest.fixture(scope="module")
def page(lab, lab_folder, browser):
    sources = [
        "from course_utils.widgets.painter import Painter\n"
        "painter = Painter('ring', keep='a')\npainter",
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
    until(page, lambda: float(ask(page, mass)) > 0.02)
    # what Python has is what is on the canvas, to the grey level
    seen = page.eval_on_selector(
        ".course-painter .paper",
        """canvas => [...canvas.getContext('2d').getImageData(0, 0, 128, 128).data]
            .filter((value, i) => i % 4 == 0)""",
    )
    until(page, lambda: ask(page, f"list(painter.pixels) == {seen}") == "True")

    page.get_by_role("button", name="undo").click()
    assert pixels(page, ".course-painter .paper") == first
    page.get_by_role("button", name="eraser").click()
    page.mouse.move(box["x"] + 5, centre[1])
    page.mouse.down()
    page.mouse.move(box["x"] + box["width"] - 5, centre[1], steps=20)
    page.mouse.up()
    until(page, lambda: ask(page, "float(painter.density.pdf[62:66].sum()) == 0") == "True")
    page.get_by_role("button", name="eraser").click()
    page.get_by_role("button", name="clear").click()
    assert "black" in page.locator(".course-painter .hint").inner_text()
    until(page, lambda: "all black" in ask(page, "painter.density"))
    page.get_by_label("start from a picture").select_option(label="two_discs")
    ask_share = "round(float(painter.density.pdf[:, :64].sum()), 2)"
    until(page, lambda: ask(page, ask_share) == "0.5")


def test_painter_by_keyboard(page):
    page.get_by_role("button", name="clear").click()
    page.locator(".course-painter .paper").focus()
    for key in [*["ArrowLeft"] * 16, " ", *["ArrowRight"] * 8, *["ArrowUp"] * 4, " ", "ArrowUp"]:
        page.keyboard.press(key)
    extent = "[int(np.ptp(k)) for k in np.nonzero(painter.density.pdf)]"  # rows, columns
    until(page, lambda: ask(page, extent) in ("[21, 33]", "[20, 32]", "[21, 32]"))
    page.keyboard.press("u")
    assert "black" in page.locator(".course-painter .hint").inner_text()
    page.get_by_label("start from a picture").select_option(label="ring")


def test_points_rain_from_what_is_drawn(page):
    def blue(x, y, size):
        """Pixels with points, of a square of the rain."""
        return page.eval_on_selector(
            ".course-painter .rain",
            """(canvas, at) => {
                const [x, y, size] = at.map(v => v * canvas.width / 400);
                const pen = canvas.getContext('2d'), edge = 60 * canvas.width / 400;
                const data = pen.getImageData(x, edge + y, size, size).data;
                return data.filter((v, i) => i % 4 == 0 && v < 100).length;
            }""",
            [x, y, size],
        )

    page.get_by_label("start from a picture").select_option(label="ring")
    until(page, lambda: blue(130, 130, 80) == 0 and blue(250, 155, 30) > 50)  # its hole, its side
    page.get_by_label("start from a picture").select_option(label="lake")
    until(page, lambda: blue(130, 130, 80) > 50)


BLUE, ORANGE, BLACK = [0, 0x72, 0xB2, 255], [0xD5, 0x5E, 0, 255], [0, 0, 0, 255]


def draw(page, y, x=(0.02, 0.98)):
    """One stroke of the mouse over the canvas, from left to right."""
    box = page.locator(".course-painter .paper").bounding_box()
    left, right = [(box["x"] + v * box["width"], box["y"] + (1 - y) * box["height"]) for v in x]
    page.mouse.move(*left)
    page.mouse.down()
    page.mouse.move(*right, steps=20)
    page.mouse.up()


def colour(page, x, y):
    return page.eval_on_selector(
        ".course-painter .paper",
        "(canvas, at) => [...canvas.getContext('2d').getImageData(...at, 1, 1).data]",
        [int(128 * x), int(128 * (1 - y))],
    )


def layers(page, x, y):
    """The grey values that Python has at a place, one a class."""
    return ask(page, f"painter._array()[:, {int(128 * (1 - y))}, {int(128 * x)}].tolist()")


def wait_for_layers(page, x, y, expected):
    until(page, lambda: layers(page, x, y) == expected)


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
    wait_for_layers(colours, 0.7, 0.8, "[255, 0]")
    assert colour(colours, 0.7, 0.8) == BLUE
    share = float(ask(colours, "float(painter.shares[0])"))
    assert share > 0.52
    colours.get_by_role("button", name="orange").click()
    assert pressed(colours) == "orange"
    draw(colours, 0.8, (0.5, 0.98))  # over half of the stroke before
    wait_for_layers(colours, 0.7, 0.8, "[0, 255]")
    assert colour(colours, 0.7, 0.8) == ORANGE
    assert layers(colours, 0.3, 0.8) == "[255, 0]" and colour(colours, 0.3, 0.8) == BLUE
    assert float(ask(colours, "float(painter.shares[0])")) < share
    assert ask(colours, "int(painter._array().sum(axis=0).max())") == "255"
    colours.get_by_role("button", name="undo").click()
    assert colour(colours, 0.7, 0.8) == BLUE

    colours.get_by_role("button", name="eraser").click()
    draw(colours, 0.5)
    wait_for_layers(colours, 0.27, 0.5, "[0, 0]")
    assert layers(colours, 0.73, 0.5) == "[0, 0]" and colour(colours, 0.73, 0.5) == BLACK
    none = [(0.8, ORANGE), (0.5, BLUE), (0.5, ORANGE)]
    until(colours, lambda: not any(dots(colours, y, ink) for y, ink in none))
    until(colours, lambda: dots(colours, 0.8, BLUE) > 50 and dots(colours, 0.6, ORANGE) > 50)
    colours.screenshot(path="build/painter_colours.png")


def test_painter_in_two_colours_by_keys_and_start(colours):
    ask(colours, "setattr(painter, 'pixels', Painter(classes=painter.classes).pixels)")
    until(colours, lambda: colour(colours, 0.73, 0.5) == ORANGE)  # Python's new pixels are shown
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
    wait_for_layers(colours, 0.97, 0.48, "[0, 255]")  # where the mouse was last

    colours.get_by_label("start from a picture").select_option(label="ring")
    ring = "Painter('ring')._array()[0]"
    until(colours, lambda: ask(colours, f"bool((painter._array()[1] == {ring}).all())") == "True")
    assert ask(colours, f"bool((painter._array()[0] <= 255 - {ring}).all())") == "True"
    assert ask(colours, "bool(painter._array()[0].any())") == "True"  # what lies beside the ring
    colours.get_by_role("button", name="clear").click()
    assert hint.inner_text() == "Nothing is drawn in blue or orange."
    until(colours, lambda: "Nothing is drawn in blue: choose" in ask(colours, "painter.shares"))


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
    until(page, lambda: ask(page, "player.frame") == "0")
    page.get_by_label("speed").select_option(label="4 ×")
    readout.evaluate("""output => {
        window.seen = [output.textContent];
        const texts = all => all.flatMap(a => [...a.addedNodes]).map(node => node.data);
        const note = new MutationObserver(all => window.seen.push(...texts(all)));
        note.observe(output, {childList: true});
    }""")
    page.get_by_role("button", name="play").click()
    until(page, lambda: ask(page, "player.frame") == "19")
    page.get_by_role("button", name="play").wait_for()  # it has come to its end
    assert [int(text.split()[1][:-1]) for text in dict.fromkeys(page.evaluate("window.seen"))] == [
        *range(0, 200, 10)
    ]
    ask(page, "setattr(player, 'frame', 5)")
    until(page, lambda: readout.inner_text().startswith("step 50,"))


def test_player_draws_the_points_where_they_are(page):
    ask(page, "setattr(player, 'frame', 7)")
    readout = page.locator(".course-player output")
    until(page, lambda: readout.inner_text().startswith("step 70,"))
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


def test_a_narrow_window_of_jupyterlab(page):
    """With its side bar open, a window of 800 pixels leaves less than 400 for a cell's output."""
    wide = page.viewport_size
    page.set_viewport_size({"width": 800, "height": 600})
    for name in ("painter", "player"):
        widget = page.locator(f".course-{name}")
        widget.scroll_into_view_if_needed()
        area = page.locator(".jp-OutputArea-output", has=widget)
        room = area.bounding_box()
        assert room["width"] < 400
        assert area.evaluate("e => e.scrollWidth - e.clientWidth") == 0
        for part in widget.locator("canvas, button, input:not([hidden]), select, p").all():
            box = part.bounding_box()
            if part.is_visible():
                assert box["x"] >= room["x"]
                assert box["x"] + box["width"] <= room["x"] + room["width"] + 0.5
        widget.screenshot(path=f"build/{name}_narrow.png")
    page.get_by_role("button", name="clear").click()
    page.locator(".course-painter .paper").scroll_into_view_if_needed()
    draw(page, 0.25, (0.25, 0.5))
    wait_for_layers(page, 0.4, 0.25, "[255]")
    assert layers(page, 0.6, 0.25) == layers(page, 0.4, 0.5) == "[0]"
    page.set_viewport_size(wide)


def test_a_drawing_is_kept_when_all_cells_run_again(page):
    page.get_by_role("button", name="clear").click()
    draw(page, 0.5)
    drawn = "bool(painter._array()[0, 62:66, 5:123].all())"
    ring = "painter.pixels == Painter('ring').pixels"
    until(page, lambda: ask(page, drawn) == "True")
    before = ask(page, "painter.pixels.hex()")
    page.evaluate(RUN_ALL)
    hint = page.locator(".course-painter .hint")
    until(page, lambda: hint.inner_text().startswith("Your drawing from before: undo shows"))
    assert ask(page, "painter.pixels.hex()") == before
    page.get_by_role("button", name="undo").click()
    until(page, lambda: ask(page, ring) == "True")
    page.get_by_role("button", name="redo").click()
    until(page, lambda: ask(page, "painter.pixels.hex()") == before)

    page.get_by_role("button", name="clear").click()
    until(page, lambda: ask(page, "any(painter.pixels)") == "False")
    page.evaluate(RUN_ALL)
    until(page, lambda: ask(page, ring) == "True")  # what was cleared begins anew
    assert hint.inner_text() == ""


def test_text_follows_the_theme_of_the_page():
    files = {
        path.stem: path.read_text("utf-8") for path in Path(base.__file__).parent.glob("[!.]*.js")
    }
    (root,) = re.findall(r"\.course-widget \{ font: [^}]*\}", files["base"])
    assert "color: var(--jp-content-font-color1, #222)" in root
    for name in files.keys() - {"base", "plane", "painting"}:
        assert f'rootOf("{name}", model, ' in files[name]


# ---- alone on a page: narrow and wide, by touch, and with keys

ALONE = {
    "painter": lambda: Painter("ring"),
    "classes": lambda: Painter(classes=("blue", "orange")),
    "player": lambda: Player(**recording()),
}


@pytest.mark.parametrize("width", [360, 480, 800, 1280])
@pytest.mark.parametrize("name", ALONE)
def test_its_pictures_are_in_sight_side_by_side(browser, name, width):
    page = show(browser, ALONE[name](), width)
    canvases = [canvas.bounding_box() for canvas in page.locator("canvas").all()]
    for box in canvases:
        assert box["width"] == pytest.approx(box["height"], abs=1)
        assert box["width"] >= min(400, width) * (0.9 if name == "player" else 0.4)
        assert box["x"] >= 0 and box["x"] + box["width"] <= width
    if name != "player":  # the points are beside what is drawn, and their square is as large
        paper, rain = canvases
        bottom = [box["y"] + box["height"] for box in canvases]
        assert paper["x"] + paper["width"] < rain["x"] and abs(bottom[0] - bottom[1]) < 1
        assert paper["width"] == pytest.approx(rain["width"] * 340 / 400, abs=1.5)
    page.close()


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


@pytest.mark.parametrize("steps, most", [("ab", 9), ("abbc", 9), ("abcdef", 3), ("aaaa", 9)])
def test_steps_back_and_forward(browser, steps, most):
    """Each change is one step, one that changes nothing is none, and the oldest are forgotten."""
    function = """(code, steps, most) => {
        const past = code.remembered([], most);
        const [first, ...others] = steps.map(v => Uint8Array.of(v));
        let now = first, seen = [];
        const note = () => seen.push(String.fromCharCode(now[0]));
        for (const next of others) { past.keep(now); now = next; }
        while (past.canUndo(now)) { now = past.undo(now); note(); }
        while (past.canRedo()) { now = past.redo(now); note(); }
        return seen.join('');
    }"""
    changes = "".join(dict.fromkeys(steps))
    back = changes[-2::-1][:most] if len(changes) > 1 else ""
    forward = changes[len(changes) - len(back) :]
    codes = [ord(step) for step in steps]
    assert javascript(browser, Painter(), function, codes, most) == back + forward


def test_the_players_keys_and_signs(browser):
    """In a page whose clock stands still, so that the film does not end while it is looked at."""
    page = show(browser, Player(**recording()), clock=True)
    frame, slider = page.locator("output"), page.get_by_label("frame")
    for key, step in [("Home", 0), ("ArrowRight", 10), ("End", 190), ("ArrowLeft", 180)]:
        slider.press(key)
        assert frame.inner_text().startswith(f"frame {step},")
    signs = {}
    for name in ("play", "pause"):
        button = page.get_by_role("button", name=name)
        assert button.inner_text() == ""  # it is drawn: no font needs to have it
        signs[name] = button.locator("path").get_attribute("d")
        if name == "play":
            slider.press(" ")
    assert signs["play"] != signs["pause"]
    page.clock.run_for(1000)  # it plays on to its last frame, and stops there
    assert frame.inner_text().startswith("frame 190,")
    assert page.get_by_role("button", name="play").count() == 1
    page.close()


@pytest.mark.parametrize("axes", [None, "", "A ball, seen from the front"])
def test_the_player_says_of_its_axes_what_is_true(browser, axes):
    given = {} if axes is None else {"axes": axes}
    page = show(browser, Player(**recording(), **given))
    hint = page.locator(".hint")
    assert hint.is_visible() == (axes != "")
    expected = "x from 0 to 1 to the right, y from 0 to 1 upward" if axes is None else axes
    assert hint.text_content() == expected
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
