"""A deck with all widgets and every kind of text, offline: keys, fingers, room, contrast."""

import pytest
from nbformat.v4 import new_code_cell, new_markdown_cell

from publish import build
from tests.contrast import READ, SIGN, TEXT, contrast, faint
from tests.deck import deck_run, faults, go_to, open_deck
from tests.each_widget import SETUP, WIDGETS
from tests.waiting import frames, until

# Notes on a canvas what colours it writes in, and whether the ground under it is its own.
LISTEN = """() => {
    const pen = CanvasRenderingContext2D.prototype, write = pen.fillText;
    window.written = new Map();
    pen.fillText = function (...words) {
        const canvas = this.canvas;
        if (!window.written.has(canvas)) window.written.set(canvas, new Set());
        window.written.get(canvas).add(this.fillStyle);
        return write.apply(this, words);
    };
}"""
WRITTEN = """() => [...window.written].map(([canvas, inks]) =>
    [canvas.className, getComputedStyle(canvas).backgroundColor, [...inks]])"""
CONTROLS = "button, select, input:not([type=radio]), input:checked, canvas[tabindex]"
STATE = """root => JSON.stringify([root.innerText,
    [...root.querySelectorAll('canvas')].map(canvas => canvas.toDataURL()),
    [...root.querySelectorAll('input, select')].map(e => [e.value, e.checked]),
    [...root.querySelectorAll('[aria-pressed]')].map(e => e.ariaPressed)])"""
HERE = """(root, controls) => {
    const e = document.activeElement, style = getComputedStyle(e);
    if (!root.contains(e)) return null;
    return {
        index: [...root.querySelectorAll(controls)].indexOf(e),
        kind: e.type || e.tagName.toLowerCase(),
        name: e.ariaLabel || e.textContent,
        outline: [style.outlineStyle, parseFloat(style.outlineWidth), style.outlineColor],
        other: [...(e.options || [])].find(o => !o.selected && /^\\w/.test(o.text))?.text[0],
        last: e.value === e.max,
    };
}"""
# The class that is chosen already; new completions where `Restore` has left nothing to complete.
IDLE = {("painter", "blue"), ("completer", "Again")}
CODE = '''import math  # a comment


@property
def area(r: float, unit="cm²") -> str:
    """Radius r -> a text."""
    if r is None or not r < 1e6:
        raise ValueError(f"r is {r!r}\\n")
    return f"{math.pi * r**2:.2f} {unit}" if True else str(len([0x1F, 2.5, *range(3)]))


class Disc(object):
    __slots__ = ()

    def __init__(self):
        super().__init__()
        lambda x: ~x @ x % 2'''


@pytest.fixture(scope="module")
def deck(tmp_path_factory):
    """A deck with every kind of text, then the widgets, each between two links."""
    text = "# Title\n\nWords, `code`, [a link](https://example.org), $x^2$.\n\n> Quoted.\n\n- a"
    table = (
        "from course_utils import checks, plots\nplots.table({'a': ['1'], 'b': ['2']}, 'Numbers')"
    )
    claim = "checks.claim('It holds', True, '1 of 1')"
    cells = [new_markdown_cell(text), new_code_cell(table), new_code_cell(claim)]
    cells.append(new_markdown_cell(f"## Code\n\n```python\n{CODE}\n```"))
    for cell in cells:
        cell.metadata["slideshow"] = {"slide_type": "slide"}
    cells.append(new_code_cell(SETUP))
    link = "[{}](https://example.org)".format
    place = "position: absolute; top: 20px; right: 60px"  # where it takes no room
    after = f'<div style="{place}"><a href="https://example.org">After</a></div>'
    for name, code in WIDGETS.items():
        before = new_markdown_cell(f"## {name}: {link('Before')}")
        before.metadata["slideshow"] = {"slide_type": "slide"}
        cells += [before, new_code_cell(code), new_markdown_cell(after)]
    for cell in cells:
        if cell.cell_type == "code":
            cell.metadata["tags"] = ["hide-input"]
    return deck_run(cells, tmp_path_factory.mktemp("deck"))


@pytest.fixture(scope="module")
def page(browser, deck):
    page, requests, errors = open_deck(browser, deck)
    page.add_init_script(f"({LISTEN})()")
    page.reload()
    page.wait_for_function("() => document.documentElement.dataset.deckReady")
    yield page
    assert requests == errors == [] and len(page.context.pages) == 1
    page.context.close()


def test_all_fits_its_slide(browser, deck):
    assert faults(browser, deck, build.ROOT / "build" / "screenshots") == []


def test_all_text_can_be_read(page):
    texts = []
    for number in range(page.evaluate("Reveal.getTotalSlides()")):
        page.evaluate("number => Reveal.slide(number)", number)
        frames(page)
        texts += page.locator("body").evaluate(READ)
    words = " ".join(text for text, _, _ in texts)
    for part in ("a link", "Quoted", "Numbers", "It holds", "__slots__", "a comment", "eraser"):
        assert part in words
    assert sorted(set(faint(texts))) == []


def test_what_a_widget_writes_on_its_canvas_can_be_read(page):
    written = page.evaluate(WRITTEN)
    names = {name for name, _, _ in written}
    assert names >= {
        "rain",
        "latent",
        "generated",
        "family",
        "scaled",
        "filters",
        "code",
        "plane",
        "way0",
    }
    for name, ground, inks in written:
        assert ground == "rgb(255, 255, 255)", f"{name} lets the page's colour through"
        assert min(contrast(ink, "white") for ink in inks) >= TEXT, name


def keys(stop):
    """What a person would press on a control."""
    if stop["kind"] == "canvas":
        return [" ", "ArrowLeft", " "]  # a brush is put down and lifted again
    if stop["kind"] in ("range", "radio"):
        return ["ArrowLeft" if stop["last"] else "ArrowRight"]
    return [stop["other"]] if stop["kind"] == "select-one" else [" "]


@pytest.mark.parametrize("name", WIDGETS)
def test_by_keys_alone(page, name):
    go_to(page, f".course-{name}")
    frames(page)
    widget, slide = page.locator(f".course-{name}"), page.evaluate("Reveal.getIndices()")
    before = page.locator("section.present a", has_text="Before")
    before.focus()
    page.keyboard.press("Tab")
    stops = []
    while stop := widget.evaluate(HERE, CONTROLS):
        assert stop not in stops, "Tab goes around in the widget"
        stops.append(stop)
        style, width, colour = stop["outline"]
        assert style == "auto" or (style == "solid" and width >= 2), f"{stop} shows no focus"
        if style == "solid":
            ink = [int(v) for v in colour.strip("rgb()").split(",")]
            assert min(contrast(ink, ground) for ground in ("#ffffff", "#111111")) >= SIGN
        state = widget.evaluate(STATE)
        for key in keys(stop):
            page.keyboard.press(key)
        if (name, stop["name"]) not in IDLE:
            until(page, lambda before=state: widget.evaluate(STATE) != before)
        for key in ("ArrowRight", "ArrowLeft", "ArrowDown", "ArrowUp"):
            page.keyboard.press(key)
        assert page.evaluate("Reveal.getIndices()") == slide, f"{stop} lets keys through"
        page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.textContent") == "After"
    seen = [k for k, control in enumerate(widget.locator(CONTROLS).all()) if control.is_visible()]
    assert sorted({stop["index"] for stop in stops}) == seen
    page.keyboard.press("Shift+Tab")
    assert widget.evaluate(HERE, CONTROLS)["index"] == stops[-1]["index"]
    before.focus()
    page.keyboard.press("Tab")
    page.keyboard.press("Shift+Tab")
    assert page.evaluate("document.activeElement.textContent") == "Before"


# The canvas that is drawn on or dragged over, and how long a way a finger goes over it.
DRAGGED = {
    "painter": ".paper",
    "latent": ".latent",
    "filters": ".code",
    "decoder": ".plane",
    "drifter": ".plane",
    "maps": ".plane",
    "completer": ".picture",
    "gallery": "canvas",
    "ways": ".way0",
    "trainer": ".paper",
}


def over(box, share):
    return box["x"] + share * box["width"], box["y"] + 0.3 * box["height"]


@pytest.mark.parametrize("name", DRAGGED)
def test_the_mouse_does_not_turn_the_slide(page, name):
    go_to(page, f".course-{name}")
    frames(page)
    widget, slide = page.locator(f".course-{name}"), page.evaluate("Reveal.getIndices()")
    before, box = widget.evaluate(STATE), widget.locator(DRAGGED[name]).bounding_box()
    page.mouse.move(*over(box, 0.8))
    page.mouse.down()
    page.mouse.move(*over(box, 0.2), steps=6)
    page.mouse.up()
    if name != "gallery":  # which is not dragged
        until(page, lambda: widget.evaluate(STATE) != before)
    assert page.evaluate("Reveal.getIndices()") == slide


def test_a_finger_does_not_turn_the_slide(browser, deck):
    context = browser.new_context(viewport={"width": 1280, "height": 720}, has_touch=True)
    page = context.new_page()
    page.goto(deck.resolve().as_uri())
    page.wait_for_function("() => document.documentElement.dataset.deckReady")
    session = context.new_cdp_session(page)
    for name, selector in DRAGGED.items():
        go_to(page, f".course-{name}")
        frames(page)
        widget, slide = page.locator(f".course-{name}"), page.evaluate("Reveal.getIndices()")
        before, box = widget.evaluate(STATE), widget.locator(selector).bounding_box()
        way = [0.9 - 0.05 * step for step in range(16)]
        for kind, share in [("Start", way[0]), *[("Move", v) for v in way], ("End", None)]:
            x, y = over(box, share or 0)
            points = [] if share is None else [{"x": x, "y": y, "id": 1}]
            session.send(
                "Input.dispatchTouchEvent", {"type": f"touch{kind}", "touchPoints": points}
            )
        if name != "gallery":
            until(page, lambda w=widget, b=before: w.evaluate(STATE) != b)
        assert page.evaluate("Reveal.getIndices()") == slide, name
    context.close()


def test_a_presenters_remote_turns_the_slide(page):
    go_to(page, ".course-completer")
    page.locator(".course-completer .picture").focus()
    here = page.evaluate("Reveal.getIndices().h")
    page.keyboard.press("PageDown")  # what it sends
    assert page.evaluate("Reveal.getIndices().h") == here + 1
