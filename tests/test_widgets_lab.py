"""All widgets in one notebook in JupyterLab: with a kernel, its keys, its themes, little room."""

import nbformat
import numpy as np
import pytest
from nbformat.v4 import new_code_cell, new_notebook

from tests.contrast import READ, faint
from tests.each_widget import SETUP, WIDGETS
from tests.jupyterlab import RUN_ALL, open_and_run
from tests.waiting import change_theme, rgba, until
from tools.notebooks import normalise

MOST_HIGH = {
    "filters": 540,
    "latent": 560,
    "decoder": 470,
    "drifter": 480,
    "maps": 480,
    "completer": 460,
    "gallery": 500,
    "ways": 520,
}
SHARP = [
    "latent",
    "filters",
    "drifter",
    "maps",
    "completer",
    "ways",
]  # whose canvases have two pixels for one of the page


@pytest.fixture(scope="module")
def page(lab, lab_folder, browser):
    """The page of a notebook of all widgets, after it ran; the gallery stands in it twice."""
    cells = [new_code_cell(source) for source in (SETUP, *WIDGETS.values(), "gallery")]
    nbformat.write(normalise(new_notebook(cells=cells)), lab_folder / "all.ipynb")
    page, _ = open_and_run(browser, lab, "all.ipynb")
    page.set_default_timeout(120_000)
    page.wait_for_function("() => document.querySelectorAll('.course-widget').length === 12")
    yield page
    page.close()


@pytest.fixture
def view(page):
    """Name -> that widget in the page, in sight."""

    def scrolled_to(name):
        view = page.locator(f".course-{name}").first
        view.scroll_into_view_if_needed()
        return view

    return scrolled_to


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


def says(view):
    """The numbers of the widget's text, in their order."""
    text = view.locator("output").last.inner_text().replace("−", "-")
    words = text.translate(str.maketrans("(),=", "    ")).split()
    return [float(word) for word in words if word[-1].isdigit() and word[0] in "-0123456789"]


@pytest.mark.parametrize("name", WIDGETS)
def test_it_opens_as_python_made_it(page, view, name):
    widget = view(name)
    assert repr(widget.get_attribute("aria-label")) == ask(page, f"{name}.alt")
    box = widget.bounding_box()
    assert box["width"] <= 1000 and box["height"] <= MOST_HIGH.get(name, 800)
    for canvas in widget.locator("canvas").all():
        assert canvas.bounding_box()["height"] > 100
        if name in SHARP:
            assert canvas.evaluate("c => c.width >= 1.9 * c.clientWidth")
    controls = widget.locator("canvas[tabindex], select, input:not([type=file])").all()
    for control in controls:
        assert control.get_attribute("data-lm-suppress-shortcuts") == "true"
    assert controls


# ---- the page and the kernel hear of each other


def test_painter(page, view):
    paper = view("painter").locator(".paper")
    box = paper.bounding_box()
    page.mouse.move(box["x"] + 0.1 * box["width"], box["y"] + 0.2 * box["height"])
    page.mouse.down()
    page.mouse.move(box["x"] + 0.9 * box["width"], box["y"] + 0.2 * box["height"], steps=8)
    page.mouse.up()
    until(page, lambda: ask(page, "painter._array()[:, 25, 64].tolist()") == "[255, 0]")
    drawn = bytes.fromhex(ask(page, "painter.pixels.hex()").strip("'"))
    first, second = np.frombuffer(drawn, np.uint8).reshape(2, 128, 128)
    red = rgba(paper)[..., 0]  # blue has none
    assert abs(red - 0xD5 / 255 * second).max() <= 1 and first.any()
    other = "Painter('ring', classes=('a', 'b'))"
    ask(page, f"painter.set_trait('pixels', {other}.pixels)")
    until(page, lambda: not rgba(paper)[..., 0].any())  # nothing is orange any more
    hint = view("painter").locator(".hint")
    assert hint.inner_text() == "Nothing is drawn in orange."
    assert "Nothing is drawn in orange: choose" in ask(page, "painter.shares")


def test_player(page, view):
    slider, readout = view("player").get_by_label("frame"), view("player").locator("output")
    assert readout.inner_text().replace(",", "").split() == ["frame", "19", "loss", "19"]
    slider.press("ArrowLeft")
    until(page, lambda: ask(page, "player.frame") == "18")
    ask(page, "player.set_trait('frame', 5)")
    until(page, lambda: readout.inner_text().startswith("frame 5,"))


def test_latent(page, view):
    widget = view("latent")
    box = widget.locator(".latent").bounding_box()
    zoom = box["width"] / 384
    page.mouse.click(box["x"] + zoom * (34 + 342 / 6), box["y"] + zoom * (8 + 342 / 3))
    until(page, lambda: ask(page, "bool(np.allclose(latent.z, [-2, 1], atol=0.02))") == "True")

    def agrees():
        expected = eval(ask(page, "[*latent.z, *latent.c, *latent.G([latent.z], latent.c)[0]]"))
        np.testing.assert_allclose(says(widget), expected, atol=0.0051)
        return True

    until(page, agrees)
    ask(page, "[latent.set_trait('z', [-1.0, 2.0]), latent.set_trait('mix', 0.25)]")
    until(page, lambda: says(widget)[:4] == [-1, 2, 0.75, 0.25])
    until(page, agrees)
    assert widget.get_by_label("mix", exact=True).input_value() == "0.25"


def test_filters(page, view):
    widget = view("filters")
    widget.get_by_label("z₁", exact=True).fill("0.75")
    until(page, lambda: ask(page, "filters.z") == "[0.75, 0.1, 0.2]")

    def agrees():
        expected = eval(ask(page, "filters.decode(filters.z).tolist()"))
        np.testing.assert_allclose(says(widget), expected, atol=0.0051)
        return True

    until(page, agrees)
    ask(page, "[filters.set_trait('z', [-1.0, 0.25, 1.0]), filters.set_trait('network', 'seed 1')]")
    select = widget.get_by_label("Network", exact=True)
    until(page, lambda: select.input_value() == "seed 1")
    until(page, agrees)


def test_decoder(page, view):
    widget = view("decoder")
    widget.locator(".plane").focus()
    page.keyboard.press("Shift+ArrowLeft")
    start = ask(page, "decoder.z")

    def agrees():
        z, picture = eval(ask(page, "decoder.z, (255 * decoder.decode(decoder.z)).tolist()"))
        np.testing.assert_allclose(says(widget), z, atol=0.0051)
        greys = rgba(widget.locator(".picture"))[..., 0]
        np.testing.assert_allclose(greys, picture, atol=0.501)
        return True

    until(page, agrees)
    page.keyboard.press("ArrowUp")
    until(page, lambda: ask(page, "decoder.z") != start)
    until(page, agrees)
    ask(page, "[decoder.set_trait('z', [1.0, 0.5, -0.5]), decoder.set_trait('plane', [2, 0])]")
    until(page, lambda: says(widget) == [1, 0.5, -0.5])
    until(page, agrees)
    assert "z₃ across and z₁ up" in widget.locator(".plane").get_attribute("aria-label")


def test_drifter(page, view):
    widget = view("drifter")

    def agrees():
        expected = ask(page, "[drifter.tau, float(np.linalg.norm(drifter.V(), axis=1).mean())]")
        np.testing.assert_allclose(says(widget), eval(expected), atol=0.00051)
        return True

    until(page, agrees)
    widget.get_by_role("button", name="Step").click()
    until(page, lambda: ask(page, "drifter.q == drifter.start") == "False")
    until(page, agrees)
    ask(page, "[drifter.set_trait('tau', 0.1), drifter.set_trait('kernel', 'Laplace')]")
    until(page, lambda: says(widget)[0] == 0.1)
    until(page, agrees)
    widget.get_by_role("button", name="Start again").click()
    until(page, lambda: ask(page, "drifter.q == drifter.start") == "True")


def test_maps(page, view):
    widget = view("maps")
    widget.locator(".plane").focus()
    page.keyboard.press("Shift+ArrowLeft")
    until(page, lambda: ask(page, "maps.z") == "[0.75, 1.0]")

    def agrees():
        ends = "maps.path([maps.z])[-1, 0], *(x[0] for x in maps.images([maps.z]).values())"
        expected = eval(ask(page, f"[*maps.z, *np.concatenate([{ends}]).tolist()]"))
        numbers = says(widget)
        np.testing.assert_allclose([*numbers[:2], *numbers[3:]], expected, atol=0.0051)
        return True

    until(page, agrees)
    ask(page, "maps.set_trait('z', [-1.0, 2.0])")
    until(page, lambda: says(widget)[:2] == [-1, 2])
    until(page, agrees)


# What the canvases show, the one to rub out first: the colours of pixels, or -1 where chequered.
COLOURS = """widget => [...widget.querySelectorAll('canvas')].map(canvas => {
    const z = canvas.width / 16, pen = canvas.getContext('2d');
    const { data } = pen.getImageData(0, 0, canvas.width, canvas.height);
    const colour = (r, c) => {
        const at = 4 * (Math.floor(r * z) * canvas.width + Math.floor(c * z));
        return [...data.subarray(at, at + 3)];
    };
    return Array.from({length: 256}, (_, k) => {
        const r = Math.floor(k / 16) + 0.2, c = k % 16, here = colour(r, c + 0.2);
        return String(here) === String(colour(r, c + 0.7)) ? here : [-1, -1, -1];
    });
})"""


def test_completer(page, view):
    widget = view("completer")
    box = widget.locator(".picture").bounding_box()
    page.mouse.click(box["x"] + 2.5 / 16 * box["width"], box["y"] + 2.5 / 16 * box["width"])
    until(page, lambda: ask(page, "np.array(completer.covered)[2, 1:4].tolist()") == "[1, 1, 1]")

    def agrees():
        palette = "np.frombuffer(completer.palette, np.uint8).reshape(-1, 3)"
        four = eval(ask(page, f"{palette}[completer.complete()].reshape(4, 256, 3).tolist()"))
        own = eval(ask(page, f"{palette}[completer._pictures[completer.number].ravel()].tolist()"))
        covered = np.ravel(eval(ask(page, "completer.covered")))
        first = np.where(covered[:, None], -1, own)
        np.testing.assert_array_equal(widget.evaluate(COLOURS), [first, *four])
        return True

    until(page, lambda: (np.array(widget.evaluate(COLOURS)[1:]) >= 0).all())
    until(page, agrees)
    ask(page, "[completer.set_trait('number', 2), completer.set_trait('seed', 7)]")
    title = widget.locator(".title").first
    until(page, lambda: title.inner_text() == "Picture 3 of 3: rub it out")
    until(page, lambda: (np.array(widget.evaluate(COLOURS)[1:]) >= 0).all())
    until(page, agrees)


def test_gallery_in_two_views(page, view):
    widget, other = page.locator(".course-gallery").all()
    view("gallery").get_by_label("blond", exact=True).click()
    until(page, lambda: ask(page, "gallery.state") == "[2, 0, 4]")
    label = "hair blond, guidance weight 0, denoising step 0: left and right arrow keys"
    for one in (widget, other):
        canvas = one.locator("canvas")
        until(page, lambda c=canvas: c.get_attribute("aria-label").startswith(label))
    ask(page, "gallery.set_trait('state', [1, 1, 2])")
    label = "hair brown, guidance weight 1.5, denoising step 250: left and right"
    for one in (widget, other):
        canvas = one.locator("canvas")
        until(page, lambda c=canvas: c.get_attribute("aria-label").startswith(label))
    until(page, lambda: (rgba(widget.locator("canvas")) == rgba(other.locator("canvas"))).all())


# ---- JupyterLab's own


@pytest.mark.parametrize("name", WIDGETS)
def test_its_keys_stay_in_it(page, view, name):
    """JupyterLab moves to no other cell, and adds or cuts none."""
    notebook = "window.jupyterapp.shell.currentWidget.content"
    place = f"[{notebook}.activeCellIndex, {notebook}.widgets.length, {notebook}.mode]"
    for control in view(name).locator("canvas[tabindex], input[type=range]").all():
        if not control.is_visible():
            continue
        control.focus()
        before = page.evaluate(place)
        for key in ("ArrowDown", "ArrowUp", "ArrowLeft", "a", "b"):
            page.keyboard.press(key)
        assert page.evaluate(place) == before
        assert control.evaluate("e => e === document.activeElement")


@pytest.mark.parametrize("theme", ["Dark", "Light"])
def test_it_can_be_read_in_both_themes(page, view, theme):
    change_theme(page, theme)
    light = "e => getComputedStyle(e).color.match(/\\d+/g).slice(0, 3).reduce((s, v) => s + +v, 0)"
    texts = []
    for name in WIDGETS:
        widget = view(name)
        ink = widget.evaluate(light)
        assert ink > 600 if theme == "Dark" else ink < 150
        widget.screenshot(path=f"build/{name}_{theme}.png")
        texts += widget.evaluate(READ)
    assert sorted(set(faint(texts))) == []


def test_a_narrow_window(page, view):
    """With its side bar open, a window of 800 pixels leaves less than 400 for a cell's output."""
    wide = page.viewport_size
    page.set_viewport_size({"width": 800, "height": 600})
    for name in WIDGETS:
        widget = view(name)
        area = page.locator(".jp-OutputArea-output", has=page.locator(f".course-{name}")).first
        room = area.bounding_box()
        assert room["width"] < 400
        assert area.evaluate("e => e.scrollWidth - e.clientWidth") == 0
        for part in widget.locator("canvas, button, input:not([hidden]), select, p").all():
            box = part.bounding_box()
            if part.is_visible():
                assert box["x"] >= room["x"]
                assert box["x"] + box["width"] <= room["x"] + room["width"] + 0.5
        widget.screenshot(path=f"build/{name}_narrow.png")
    ask(page, "painter.set_trait('pixels', bytes(2 * 128 * 128))")
    box = view("painter").locator(".paper").bounding_box()
    page.mouse.move(box["x"] + 0.25 * box["width"], box["y"] + 0.75 * box["height"])
    page.mouse.down()
    page.mouse.move(box["x"] + 0.5 * box["width"], box["y"] + 0.75 * box["height"], steps=8)
    page.mouse.up()
    drawn = "painter._array()[0, [96, 96, 64], [51, 77, 51]].tolist()"
    until(page, lambda: ask(page, drawn) == "[255, 0, 0]")
    page.set_viewport_size(wide)


def test_a_drawing_is_kept_when_all_cells_run_again(page, view):
    start = "painter.pixels == Painter(classes=('blue', 'orange')).pixels"
    ask(page, "painter.set_trait('pixels', bytes([9]) * 2 * 128**2)")
    before = ask(page, "painter.pixels.hex()")
    page.evaluate(RUN_ALL)
    hint = page.locator(".course-painter .hint")
    until(page, lambda: hint.inner_text().startswith("Your drawing from before: undo shows"))
    assert ask(page, "painter.pixels.hex()") == before
    press = page.locator(".course-painter").get_by_role
    press("button", name="undo").click()
    until(page, lambda: ask(page, start) == "True")
    press("button", name="redo").click()
    until(page, lambda: ask(page, "painter.pixels.hex()") == before)

    press("button", name="clear").click()
    until(page, lambda: ask(page, "any(painter.pixels)") == "False")
    page.evaluate(RUN_ALL)
    until(page, lambda: ask(page, start) == "True")  # what was cleared begins anew
    assert hint.inner_text() == ""
