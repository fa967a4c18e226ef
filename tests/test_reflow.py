"""Each widget fits a page of 360 pixels: all is in sight, and what is pointed at is meant."""

from base64 import b64encode

import numpy as np
import pytest

from tests.bare import show
from tests.seven import SETUP, WIDGETS

WIDTHS = 360, 480, 800, 1280
FINGER = 24  # pixels: the least size of what is to be hit
# What is not wholly inside the page.
OUTSIDE = """() => [...document.querySelectorAll('main *')].flatMap(element => {
    const box = element.getBoundingClientRect(), most = document.documentElement.clientWidth;
    const fits = !box.width || (box.left >= 0 && box.right <= most + 0.5);
    return fits ? [] : [`${element.tagName} ${element.className} ends at ${box.right}`];
})"""
# Controls and what is hit with them: a radio button's name is part of it.
TARGETS = """() => [...document.querySelectorAll('button, select, input')].flatMap(control => {
    const target = control.type === 'radio' ? control.parentElement : control;
    const box = target.getBoundingClientRect();
    return control.checkVisibility() ? [[target.textContent, box.width, box.height]] : [];
})"""


@pytest.fixture(scope="module")
def widgets():
    names = {}
    exec(SETUP, names)
    return {name: eval(code, names) for name, code in WIDGETS.items()}


@pytest.mark.parametrize("width", WIDTHS)
@pytest.mark.parametrize("name", WIDGETS)
def test_all_is_in_sight(browser, widgets, name, width):
    page = show(browser, widgets[name], width)
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    assert page.evaluate(OUTSIDE) == []
    for words, across, high in page.evaluate(TARGETS):
        assert min(across, high) >= FINGER, words
    for canvas in page.locator("canvas").all():
        assert canvas.bounding_box()["width"] >= 100
    page.screenshot(path=f"build/reflow_{name}_{width}.png", full_page=True)
    page.close()


@pytest.mark.parametrize("name", WIDGETS)
def test_sliders_look_as_large_as_they_are(browser, widgets, name):
    """The knob is seen: its blue fills a disc of about 24 pixels."""
    page = show(browser, widgets[name])
    for slider in page.locator("input[type=range]").all():
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
    page.close()


@pytest.mark.parametrize("name", WIDGETS)
def test_its_keys_are_shown(browser, widgets, name):
    page = show(browser, widgets[name])
    (line,) = page.locator(".keys").all()
    assert line.inner_text().startswith("Keys in the ")
    shown = " ".join(line.locator("kbd").all_inner_texts()).lower()
    for canvas in page.locator("canvas[tabindex]").all():
        label = canvas.get_attribute("aria-label").lower()
        words = {"arrow keys": "← ↑ ↓ →", "shift": "shift", "home": "home", "space": "space"}
        words["left and right arrow keys"], words[", u undoes"] = "← →", "u"
        words[", e switches"], words[", c goes"] = "e", "c"
        if "left and right" in label:
            words.pop("arrow keys")
        for word, key in words.items():
            assert (word in label) == (f" {key} " in f" {shown} "), word
    page.close()


# Where a point is drawn in its canvas, as shares of its width; and what the widget makes of it.
POINTS = {
    "latent": (".latent", lambda x, y: ((34 + 342 * x) / 384, (8 + 342 * (1 - y)) / 384)),
    "filters": (".code", lambda x, y: ((46 + 146 * x) / 206, (12 + 146 * (1 - y)) / 206)),
    "decoder": (".plane", lambda x, y: ((44 + 320 * x) / 372, (8 + 320 * (1 - y)) / 372)),
    "completer": (".picture", lambda x, y: (x, 1 - y)),
}


@pytest.mark.parametrize("scale", [1, 0.7])  # of a slide
@pytest.mark.parametrize("ratio", [1, 3])  # pixels of the device
@pytest.mark.parametrize("width", WIDTHS)
@pytest.mark.parametrize("name", POINTS)
def test_a_place_that_is_pointed_at_is_meant(browser, widgets, name, width, ratio, scale):
    widget, (selector, place) = widgets[name], POINTS[name]
    page = show(browser, widget, width, device_scale_factor=ratio)
    page.evaluate(
        "k => { document.body.style.cssText = `transform: scale(${k}); transform-origin: 0 0`; }",
        scale,
    )
    if name == "completer":
        page.get_by_role("button", name="Restore").click()
    canvas = page.locator(selector)
    canvas.scroll_into_view_if_needed()
    box = canvas.bounding_box()
    for x, y in [(0.25, 0.75), (0.9, 0.1)]:
        i, j = place(x, y)
        page.mouse.click(box["x"] + i * box["width"], box["y"] + j * box["width"])
        if name == "completer":
            side = widget.shape[2]
            covered = np.array(page.evaluate("model.saved.covered"))
            assert covered[int((1 - y) * side), int(x * side)]
            assert not covered[int(y * side), int((1 - x) * side)]
            continue
        limits = {"latent": 2 * [(-3, 3)], "filters": 2 * [(-1, 1)]}.get(name) or widget.limits[:2]
        expected = [
            low + part * (high - low) for part, (low, high) in zip((x, y), limits, strict=True)
        ]
        atol = 1.5 / (box["width"] / 372 * 146) * (limits[0][1] - limits[0][0])
        np.testing.assert_allclose(page.evaluate("model.saved.z")[:2], expected, atol=atol)
    page.close()
