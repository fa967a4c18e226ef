"""What is common to all widgets, each alone in a page: sight, size, keys, pointing, rest, views."""

import subprocess
from base64 import b64encode
from pathlib import Path

import numpy as np
import pytest

from course_utils.widgets import base
from tests.bare import show
from tests.each_widget import WIDGETS, made, stored
from tests.waiting import until

WIDTHS = 360, 480, 800, 1280
FINGER = 24  # pixels: the least size of what is to be hit
# What is not wholly inside the page.
OUTSIDE = """main => [...main.querySelectorAll('*')].flatMap(element => {
    const box = element.getBoundingClientRect(), most = document.documentElement.clientWidth;
    const fits = !box.width || (box.left >= 0 && box.right <= most + 0.5);
    return fits ? [] : [`${element.tagName} ${element.className} ends at ${box.right}`];
})"""
# Controls and what is hit with them: a radio button's name is part of it.
TARGETS = """main => [...main.querySelectorAll('button, select, input')].flatMap(control => {
    const target = control.type === 'radio' ? control.parentElement : control;
    const box = target.getBoundingClientRect();
    return control.checkVisibility() ? [[target.textContent, box.width, box.height]] : [];
})"""
STATE = """root => JSON.stringify([root.innerText,
    [...root.querySelectorAll('canvas:not(.rain)')].map(canvas => canvas.toDataURL()),
    [...root.querySelectorAll('input, select')].map(e => [e.value, e.checked])])"""


@pytest.fixture(scope="module")
def widgets():
    return made()


@pytest.fixture(scope="module")
def pages(browser, widgets):
    """Pixels of the device for each of the page -> a page of all widgets."""
    pages = {ratio: show(browser, widgets, device_scale_factor=ratio) for ratio in (1, 3)}
    yield pages
    for page in pages.values():
        page.close()


@pytest.fixture
def page(pages):
    pages[1].set_viewport_size({"width": 800, "height": 800})
    return pages[1]


# ---- without a browser


@pytest.mark.parametrize("name", WIDGETS)
def test_it_is_stored_with_a_picture_and_alt_text(widgets, name):
    stored(widgets[name])


@pytest.mark.parametrize("name", WIDGETS)
def test_its_files_are_joined_to_one_module(tmp_path, name):
    """Nothing is declared twice, and only the widget itself is exported."""
    module = tmp_path / f"{name}.mjs"
    module.write_text(base.script(name), "utf-8")
    subprocess.run(["node", "--check", module], check=True)
    exports = [line for line in base.script(name).splitlines() if line.startswith("export")]
    assert exports == ["export default { render };"]


def test_text_follows_the_theme_of_the_page():
    text = (Path(base.__file__).parent / "base.js").read_text("utf-8")
    style = text[text.index("  .course-widget {") :]
    assert "color: var(--jp-content-font-color1, #222)" in style[: style.index("}")]
    for name in WIDGETS:
        assert f'rootOf("{name}", model, ' in base.script(name)


# ---- in sight on a narrow page and on a wide one


@pytest.mark.parametrize("width", WIDTHS)
@pytest.mark.parametrize("name", WIDGETS)
def test_all_is_in_sight(page, name, width):
    page.set_viewport_size({"width": width, "height": 800})
    widget = page.locator(f"#{name}")
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    assert widget.evaluate(OUTSIDE) == []
    for words, across, high in widget.evaluate(TARGETS):
        assert min(across, high) >= FINGER, words
    for canvas in widget.locator("canvas").all():
        assert canvas.bounding_box()["width"] >= 100
    widget.screenshot(path=f"build/{name}_{width}.png")


@pytest.mark.parametrize("width", WIDTHS)
@pytest.mark.parametrize("name", ["painter", "player"])
def test_its_pictures_are_square_and_side_by_side(page, name, width):
    page.set_viewport_size({"width": width, "height": 800})
    canvases = [canvas.bounding_box() for canvas in page.locator(f"#{name} canvas").all()]
    for box in canvases:
        assert box["width"] == pytest.approx(box["height"], abs=1)
        assert box["width"] >= min(400, width) * (0.9 if name == "player" else 0.4)
        assert box["x"] >= 0 and box["x"] + box["width"] <= width
        assert box["width"] < 403 or name != "player"  # whatever widgets stand below it
    if name == "painter":  # the points are beside what is drawn, and their square is as large
        paper, rain = canvases
        bottom = [box["y"] + box["height"] for box in canvases]
        assert paper["x"] + paper["width"] < rain["x"] and abs(bottom[0] - bottom[1]) < 1
        assert paper["width"] == pytest.approx(rain["width"] * 340 / 400, abs=1.5)


@pytest.mark.parametrize("name", WIDGETS)
def test_sliders_look_as_large_as_they_are(page, name):
    """The knob is seen: its blue fills a disc of about 24 pixels."""
    for slider in page.locator(f"#{name} input[type=range]").all():
        if slider.is_visible():
            blue = page.evaluate(
                """async png => {
                    const image = await createImageBitmap(await (await fetch(png)).blob());
                    const canvas = new OffscreenCanvas(image.width, image.height);
                    const pen = canvas.getContext('2d');
                    pen.drawImage(image, 0, 0);
                    const { data } = pen.getImageData(0, 0, image.width, image.height);
                    let count = 0;
                    for (let i = 0; i < data.length; i += 4)
                        count += data[i] === 0 && data[i + 1] === 0x72 && data[i + 2] === 0xB2;
                    return count;
                }""",
                "data:image/png;base64," + b64encode(slider.screenshot()).decode(),
            )
            assert blue > np.pi * 9**2


# ---- keys, pointing, rest, views


@pytest.mark.parametrize("name", WIDGETS)
def test_its_keys_are_shown(page, name):
    (line,) = page.locator(f"#{name} .keys").all()
    assert line.inner_text().startswith("Keys in the ")
    shown = " ".join(line.locator("kbd").all_inner_texts()).lower()
    for canvas in page.locator(f"#{name} canvas[tabindex]").all():
        label = canvas.get_attribute("aria-label").lower()
        words = {"arrow keys": "← ↑ ↓ →", "shift": "shift", "home": "home", "space": "space"}
        words["left and right arrow keys"], words[", u undoes"] = "← →", "u"
        words[", e switches"], words[", c goes"] = "e", "c"
        if "left and right" in label:
            words.pop("arrow keys")
        for word, key in words.items():
            assert (word in label) == (f" {key} " in f" {shown} "), word


# Where a point is drawn in its canvas, as shares of its width; and what the widget makes of it.
POINTS = {
    "latent": (".latent", lambda x, y: ((34 + 342 * x) / 384, (8 + 342 * (1 - y)) / 384)),
    "filters": (".code", lambda x, y: ((46 + 146 * x) / 206, (12 + 146 * (1 - y)) / 206)),
    "decoder": (".plane", lambda x, y: ((44 + 320 * x) / 372, (8 + 320 * (1 - y)) / 372)),
    "maps": (".plane", lambda x, y: ((34 + 342 * x) / 384, (8 + 342 * (1 - y)) / 384)),
    "completer": (".picture", lambda x, y: (x, 1 - y)),
    "ways": (".way0", lambda x, y: ((34 + 236 * x) / 278, (8 + 236 * (1 - y)) / 278)),
}


LIMITS = {"latent": 2 * [(-3, 3)], "filters": 2 * [(-1, 1)], "maps": 2 * [(-3, 3)]}


@pytest.mark.parametrize("scale", [1, 0.7])  # of a slide
@pytest.mark.parametrize("ratio", [1, 3])  # pixels of the device
@pytest.mark.parametrize("width", WIDTHS)
@pytest.mark.parametrize("name", POINTS)
def test_a_place_that_is_pointed_at_is_meant(pages, widgets, name, width, ratio, scale):
    page, widget, (selector, place) = pages[ratio], widgets[name], POINTS[name]
    page.set_viewport_size({"width": width, "height": 800})
    transform = "(body, k) => { body.style.transformOrigin = '0 0'; body.style.scale = k; }"
    page.locator("body").evaluate(transform, scale)
    if name == "completer":
        page.locator("#completer").get_by_role("button", name="Restore").click()
    canvas = page.locator(f"#{name} {selector}")
    canvas.scroll_into_view_if_needed()
    box = canvas.bounding_box()
    for x, y in [(0.25, 0.75), (0.9, 0.1)]:
        i, j = place(x, y)
        page.mouse.click(box["x"] + i * box["width"], box["y"] + j * box["width"])
        saved = page.evaluate("name => [models[name].saved.z, models[name].saved.covered]", name)
        if name == "completer":
            covered, side = np.array(saved[1]), widget.shape[2]
            assert covered[int((1 - y) * side), int(x * side)]
            assert not covered[int(y * side), int((1 - x) * side)]
            continue
        if name == "ways":  # the noise of that place, at the first time
            t, (mean, variance) = widget.times[0], np.array(widget.moments)
            unit = np.sqrt((1 - t) ** 2 + t**2 * variance)
            limits = np.transpose([(end - t * mean) / unit for end in (-2.5, 2.5)])
        else:
            limits = LIMITS[name] if name in LIMITS else widget.limits[:2]
        expected = [
            low + part * (high - low) for part, (low, high) in zip((x, y), limits, strict=True)
        ]
        atol = 1.5 / (box["width"] / 372 * 146) * (limits[0][1] - limits[0][0])
        np.testing.assert_allclose(saved[0][:2], expected, atol=atol)
    page.locator("body").evaluate(transform, 1)


IN_MOTION = """root => root.querySelector('[aria-label=pause]')
    || [...root.querySelectorAll('button')].find(button => button.textContent === 'Stop')"""
MOTION = [
    ("player", "play"),
    ("gallery", "play"),
    ("ways", "play"),
    ("drifter", "play"),
    ("filters", "Move z₁"),
    ("filters", "Move all"),
]


@pytest.mark.parametrize("name, start", [*MOTION, ("decoder", "Walk"), ("completer", "Again")])
def test_it_rests_out_of_sight(browser, widgets, name, start):
    """It stands still from there on, where Python has heard that it is."""
    page = show(browser, widgets[name], clock=True)
    widget = page.locator(f".course-{name}")
    widget.get_by_role("button", name=start).click()
    page.clock.run_for(100)
    first = widget.evaluate(STATE)
    page.clock.run_for(200)
    moving = widget.evaluate(STATE)
    assert moving != first and widget.evaluate(f"root => !!({IN_MOTION})(root)") == (
        name != "completer"
    )
    widget.evaluate("root => { root.style.display = 'none'; }")
    if name == "completer":  # what is filled pixel by pixel is filled at once
        until(page, lambda: widget.evaluate(STATE) != moving)
    until(page, lambda: not widget.evaluate(f"root => !!({IN_MOTION})(root)"))
    rest = widget.evaluate(STATE)
    page.clock.run_for(3000)
    assert widget.evaluate(STATE) == rest
    own = "([name, value]) => value === model.get(name)"
    assert page.evaluate(f"Object.entries(model.saved).every({own})")
    page.close()


CHANGES = {
    "painter": "['pixels', new DataView(new Uint8Array(2 * 128 * 128).fill(90).buffer)]",
    "player": "['frame', 3]",
    "latent": "['z', [1.25, -2]]",
    "filters": "['z', [0.5, -0.25, 1]]",
    "decoder": "['z', [0.5, -0.25, 1]]",
    "drifter": "['tau', 0.2]",
    "maps": "['z', [-1.5, 0.5]]",
    "completer": "['temperature', 0.5]",
    "gallery": "['state', [2, 1, 3]]",
    "ways": "['frame', 2]",
    "trainer": "['width', 16]",
}


@pytest.mark.parametrize("name", WIDGETS)
def test_a_second_view_shows_the_same_and_both_can_be_left(browser, widgets, name):
    page = show(browser, {name: widgets[name]})
    page.evaluate("([name, source]) => render(name, source)", [name, widgets[name]._esm])
    first, second = page.locator("main").all()
    until(page, lambda: first.evaluate(STATE) == second.evaluate(STATE))
    before = first.evaluate(STATE)
    page.evaluate(f"model.set(...{CHANGES[name]})")
    until(page, lambda: before != first.evaluate(STATE) == second.evaluate(STATE))
    page.evaluate("leave.abort()")
    assert page.evaluate("Object.values(model.followers).every(some => some.size === 0)")
    page.close()
