"""Each widget is reached by Tab, shows where the focus is, is used by keys alone, and let go of."""

import pytest
from nbformat.v4 import new_code_cell, new_markdown_cell

from tests.deck import deck_run, go_to, open_deck
from tests.seven import SETUP, WIDGETS
from tests.test_contrast import SIGN, contrast
from tests.waiting import frames, until

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


@pytest.fixture(scope="module")
def page(browser, tmp_path_factory):
    link = "[{}](https://example.org)".format
    cells = [new_markdown_cell("# Keys"), new_code_cell(SETUP)]
    for name, code in WIDGETS.items():
        cells += [new_markdown_cell(f"## {name}\n\n{link('Before')}"), new_code_cell(code)]
        cells += [new_markdown_cell(link("After"))]
    for cell in cells:
        if cell.cell_type == "code":
            cell.metadata["tags"] = ["hide-input"]
        elif cell.source.startswith("#"):
            cell.metadata["slideshow"] = {"slide_type": "slide"}
    page, requests, errors = open_deck(browser, deck_run(cells, tmp_path_factory.mktemp("deck")))
    yield page
    assert requests == errors == [] and len(page.context.pages) == 1
    page.context.close()


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
