"""The gallery widget: its sheet holds the pictures, and its controls find them."""

import io

import numpy as np
import pytest
import torch
from PIL import Image

from course_utils.widgets.gallery import Gallery
from tests.bare import hear, show, tell
from tests.each_widget import stored
from tests.waiting import rgba, until

ALT = "A picture that becomes clearer step by step, by hair colour, weight and seed."
AXES = {
    "hair": ["black", "brown", "blond"],
    "guidance weight": [0, 1.5],
    "denoising step": [1000, 500, 250, 100, 0],
}
AROUND = 3  # of 255, by which WebP may differ here


def pictures(*sizes, h=16, w=16, seed=0):
    """Pictures of squares of 8 x 8, each of its own colour."""
    rng = np.random.default_rng(seed)
    x = rng.integers(256, size=(*sizes, h // 8, w // 8, 3), dtype=np.uint8)
    return x.repeat(8, -3).repeat(8, -2)


def on_sheet(widget):
    """The pictures of its sheet, `(rows, columns, h, w, 3)`."""
    image = Image.open(io.BytesIO(widget.sheet))
    assert image.format == "WEBP"
    h, w = widget.shape
    sheet = np.asarray(image.convert("L"), int)
    return np.moveaxis(sheet.reshape(len(sheet) // h, h, -1, 3, w), (1, 3), (2, 4))


# ---- without a browser


@pytest.mark.parametrize("sizes, h, w", [((5,), 16, 16), ((3, 2, 5), 16, 24), ((2, 1, 3, 1), 8, 8)])
def test_the_sheet_holds_the_pictures(sizes, h, w):
    frames = pictures(*sizes, h=h, w=w)
    widget = Gallery(frames, {f"choice {n}": range(size) for n, size in enumerate(sizes)}, ALT)
    assert widget.shape == [h, w]
    assert widget.names == [f"choice {n}" for n in range(len(sizes))]
    assert widget.values == [[str(i) for i in range(size)] for size in sizes]
    assert widget.state == [0] * (len(sizes) - 1) + [sizes[-1] - 1]
    seen = on_sheet(widget)
    assert seen.shape[:2] == (np.prod(sizes[:-1], dtype=int), sizes[-1])
    assert abs(seen.reshape(frames.shape) - frames).max() <= AROUND


def test_the_sheet_holds_colours():
    frames = np.random.default_rng(0).integers(256, size=(4, 6, 16, 16, 3), dtype=np.uint8)
    seen = on_sheet(Gallery(frames, {"a": range(4), "b": range(6)}, ALT))
    assert abs(seen - frames).mean() < AROUND


def test_bytes_floats_and_tensors_are_taken_alike():
    frames = pictures(3, 2, 5)
    sheet = Gallery(frames, AXES, ALT).sheet
    for same in (frames / 255, np.float32(frames / 255), torch.from_numpy(frames)):
        assert Gallery(same, AXES, ALT).sheet == sheet


def test_it_is_stored_with_a_picture_and_alt_text():
    widget = Gallery(pictures(3, 2, 5), AXES, ALT)
    picture = stored(widget)
    assert widget.alt == ALT
    (ax,) = widget._first_picture().axes
    assert ax.get_title() == "hair black, guidance weight 0, denoising step 0"
    np.testing.assert_array_equal(ax.images[0].get_array(), pictures(3, 2, 5)[0, 0, 4])
    widget.state = [2, 0, 4]
    assert widget._repr_mimebundle_()[0]["image/png"] != picture


x = pictures(3, 2, 5)


@pytest.mark.parametrize(
    "frames, axes, error, words",
    [
        (x[0, 0, 0], {}, ValueError, r"\(n_1, ..., n_k, h, w, 3\), not \(16, 16, 3\)"),
        (x[..., :2], AXES, ValueError, r"frames must have shape .*, not \(3, 2, 5, 16, 16, 2\)"),
        (x[:0], AXES, ValueError, "frames must have shape"),
        (x[:2], AXES, ValueError, r"\[2, 2, 5\] values, as frames have, not \[3, 2, 5\]"),
        (x[0], AXES, ValueError, r"\[2, 5\] values, as frames have, not \[3, 2, 5\]"),
        (x, {"hair": "abc"}, ValueError, r"\[3, 2, 5\] values, as frames have, not \[3\]"),
        (x.astype(int), AXES, TypeError, "uint8, or floats from 0 to 1, not int64"),
        (x > 0, AXES, TypeError, "not bool"),
        (x / 200, AXES, ValueError, "frames of floats must be numbers from 0 to 1"),
        (x / 255 - 0.1, AXES, ValueError, "frames of floats must be numbers from 0 to 1"),
        (x * np.nan, AXES, ValueError, "frames of floats must be numbers from 0 to 1"),
        (pictures(342), {"step": range(342)}, ValueError, "16416 x 16 pixels, .* 16383 a side"),
        (pictures(2048, 1, h=8, w=8), {"a": range(2048), "b": "b"}, ValueError, "24 x 16384 pix"),
    ],
)
def test_what_does_not_fit_is_refused(frames, axes, error, words):
    with pytest.raises(error, match=words):
        Gallery(frames, axes, ALT)


@pytest.mark.parametrize("titles", [["before", "after"], ("one",), "one", (1, 2, 3, 4), []])
def test_pictures_side_by_side_have_names(browser, titles):
    names = [titles] if isinstance(titles, str) else [str(title) for title in titles]
    widget = Gallery(x, AXES, ALT, titles)
    assert widget.titles == names
    assert [text.get_text() for text in widget._first_picture().axes[0].texts] == names
    page = show(browser, widget)
    canvas = page.locator("canvas").bounding_box()
    for number, title in enumerate(page.locator(".titles span").all()):
        box = title.bounding_box()
        assert title.inner_text() == names[number]
        assert box["y"] + box["height"] <= canvas["y"]
        middle = canvas["x"] + canvas["width"] * (number + 0.5) / len(names)
        assert box["x"] < middle < box["x"] + box["width"]
    assert page.locator(".titles span").count() == len(names)
    page.close()


def test_names_that_do_not_fit_are_refused():
    with pytest.raises(ValueError, match="3 titles do not fit frames that are 16 pixels wide"):
        Gallery(x, AXES, ALT, ["left", "middle", "right"])


@pytest.mark.parametrize("state", [[3, 0, 0], [0, 0, 5], [0, -1, 0], [0, 0], []])
def test_what_is_chosen_stays_in_range(state):
    widget = Gallery(x, AXES, ALT)
    with pytest.raises(ValueError, match="state must be from"):
        widget.state = state
    assert widget.state == [0, 0, 4]


# ---- in a page


@pytest.fixture(scope="module")
def bare(browser):
    """A page with the widget alone, and the widget in Python."""
    made = Gallery(x, AXES, ALT)
    page = show(browser, made, 1000)
    yield page, made
    page.close()


@pytest.fixture
def widget(bare):
    """The widget as it opened."""
    page, python = bare
    tell(page, python, state=[0, 0, 4])
    widget = page.locator(".course-gallery")
    shows(widget, 0, 0, 4)
    return widget


def shows(widget, *state, frames=x):
    """The canvas and its label, the buttons and the slider get those of a state."""
    until(widget.page, lambda: showing(widget, state, frames))


def showing(widget, state, frames):
    canvas = widget.locator("canvas")
    seen, frame = rgba(canvas).astype(int), frames[state].astype(int)
    zoom = len(seen) // len(frame)
    assert seen.shape[:2] == (zoom * frame.shape[0], zoom * frame.shape[1])
    assert (seen[..., 3] == 255).all()
    assert abs(seen[..., :3] - frame.repeat(zoom, 0).repeat(zoom, 1)).max() <= AROUND
    others = (frames.reshape(-1, *frame.shape) - frame).reshape(-1, frame.size)
    assert np.sort(abs(others).max(axis=1))[1] > 3 * AROUND  # no other picture is like it
    slider = widget.locator("input[type=range]")
    assert slider.input_value() == str(state[-1])
    if frames is not x:
        return True
    texts = [str(some[at]) for some, at in zip(AXES.values(), state, strict=True)]
    chosen = ", ".join(f"{name} {text}" for name, text in zip(AXES, texts, strict=True))
    assert canvas.get_attribute("aria-label").startswith(f"{chosen}: left and right arrow keys")
    assert slider.get_attribute("aria-valuetext") == widget.locator("output").inner_text()
    assert widget.locator("output").inner_text() == texts[-1]
    checked = widget.locator("input:checked")
    assert [button.get_attribute("aria-label") for button in checked.all()] == texts[:-1]
    return True


def radio(widget, name, value):
    return widget.get_by_role("group", name=name, exact=True).get_by_label(value, exact=True)


def test_it_opens_as_python_says(widget):
    box, canvas = widget.bounding_box(), widget.locator("canvas").bounding_box()
    assert box["width"] <= 1000 and box["height"] <= 500
    assert canvas["width"] == canvas["height"] == 256
    assert widget.get_attribute("aria-label") == ALT
    for control in widget.locator("canvas, input").all():
        assert control.get_attribute("data-lm-suppress-shortcuts") == "true"
    widget.page.screenshot(path="build/gallery.png")


def test_a_single_row_of_pictures(browser):
    page = show(browser, Gallery(x[0, 0], {"step": range(5)}, "A row of five pictures."))
    shows(page.locator(".course-gallery"), 4, frames=x[0, 0])
    page.close()


def test_choosing_by_mouse_and_keys(bare, widget):
    page, python = bare
    radio(widget, "hair", "blond").click()
    shows(widget, 2, 0, 4)
    widget.get_by_text("1.5").click()
    shows(widget, 2, 1, 4)
    radio(widget, "hair", "blond").focus()
    page.keyboard.press("ArrowLeft")
    shows(widget, 1, 1, 4)
    widget.locator("input[type=range]").focus()
    page.keyboard.press("ArrowLeft")
    shows(widget, 1, 1, 3)
    canvas = widget.locator("canvas")
    canvas.focus()
    for key, at in [("Left", 2), ("Right", 3), ("Right", 4), ("Right", 4), ("Up", 4)]:
        page.keyboard.press(f"Arrow{key}")
        shows(widget, 1, 1, at)
    assert canvas.evaluate("c => getComputedStyle(c).outlineStyle") == "solid"
    page.screenshot(path="build/gallery_focus.png")
    page.keyboard.press("Home")
    shows(widget, 1, 1, 0)
    page.keyboard.press("ArrowLeft")
    shows(widget, 1, 1, 0)
    hear(page, python, "state")
    assert python.state == [1, 1, 0]


def test_it_follows_python(bare, widget):
    tell(*bare, state=[2, 1, 3])
    shows(widget, 2, 1, 3)


def test_it_plays_to_the_end(browser):
    """In a page whose clock stands still: eight pictures a second."""
    page = show(browser, Gallery(x, AXES, ALT), clock=True)
    widget = page.locator(".course-gallery")
    shows(widget, 0, 0, 4)
    play, pause = (widget.get_by_role("button", name=name) for name in ("play", "pause"))
    play.click()
    for at in (0, 1, 2, 3, 4):  # it begins anew
        shows(widget, 0, 0, at)
        assert pause.count() == (at < 4) and play.count() == (at == 4)
        page.clock.run_for(125)
    shows(widget, 0, 0, 4)
    assert page.evaluate("model.saved.state") == [0, 0, 4]
    widget.locator("input[type=range]").fill("1")
    play.click()
    page.clock.run_for(125)
    pause.click()
    page.clock.run_for(1000)
    shows(widget, 0, 0, 2)
    page.close()
