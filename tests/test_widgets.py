"""The widgets in JupyterLab: drawn, moved, and compared with Python."""

import nbformat
import numpy as np
import pytest
from nbformat.v4 import new_code_cell, new_notebook
from PIL import Image

from course_utils.density import ImageDensity
from course_utils.metrics import chi_square
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


@pytest.mark.parametrize("make", [Painter, lambda: Player(**recording())])
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
    with pytest.raises(ValueError, match="all black"):
        _ = painter.density
    assert painter._repr_mimebundle_()[0]["image/png"]


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


@pytest.mark.parametrize("picture", ["lake", "two_discs"])
def test_the_painters_sampler_is_exact(browser, picture):
    painter = Painter(picture)
    function = """(code, pixels, side) => {
        const table = code.aliasTable(pixels), points = new Float32Array(2 * 400000);
        code.sample(table, side, points, 0, 400000);
        return [[...table.keep], [...table.alias], [...points]];
    }"""
    keep, alias, points = javascript(browser, painter, function, list(painter.pixels), 128)
    weights = np.frombuffer(painter.pixels, np.uint8) / sum(painter.pixels)
    total = (np.array(keep) + np.bincount(alias, 1 - np.array(keep), minlength=128**2)) / 128**2
    np.testing.assert_allclose(total, weights, atol=1e-12)
    points = np.minimum(np.reshape(points, (-1, 2)), np.nextafter(1, 0))
    assert chi_square(points, painter.density.cell_mass(64)) > 1e-6


def test_an_empty_canvas_gives_no_table(browser):
    assert javascript(browser, Painter(), "code => code.aliasTable([0, 0, 0, 0])") is None


# ---- in JupyterLab


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
    notebook = new_notebook(cells=[new_code_cell(source) for source in sources])
    nbformat.write(normalise(notebook), lab_folder / "widgets.ipynb")
    page, _ = open_and_run(browser, lab, "widgets.ipynb")
    page.set_default_timeout(10_000)
    page.screenshot(path="build/widgets.png")
    page.wait_for_selector(".course-painter")
    page.wait_for_selector(".course-player")
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
