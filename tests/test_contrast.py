"""Text stands out from its ground: WCAG 2 asks for a contrast of 4.5 to 1, for signs of 3 to 1."""

import matplotlib as mpl
import nbformat
import pytest
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook

from course_utils import plots
from tests.deck import deck_run, open_deck
from tests.jupyterlab import open_and_run
from tests.seven import SETUP, WIDGETS
from tests.waiting import change_theme, frames
from tools.notebooks import normalise

TEXT, SIGN = 4.5, 3.0
# Every visible text below an element: its words, its colour over its ground, and that ground.
READ = """root => {
    const pen = new OffscreenCanvas(1, 1).getContext('2d', {willReadFrequently: true});
    const read = colour => {
        pen.clearRect(0, 0, 1, 1);
        pen.fillStyle = colour;
        pen.fillRect(0, 0, 1, 1);
        return [...pen.getImageData(0, 0, 1, 1).data].map((v, k) => k === 3 ? v / 255 : v);
    };
    const over = ([r, g, b, a], ground) => [r, g, b].map((v, k) => a * v + (1 - a) * ground[k]);
    const ground = element => element
        ? over(read(getComputedStyle(element).backgroundColor), ground(element.parentElement))
        : [255, 255, 255];
    const found = [], walker = document.createTreeWalker(root, NodeFilter.SHOW_TEXT);
    for (let node; node = walker.nextNode();) {
        const words = node.textContent.trim(), element = node.parentElement.closest(':not(option)');
        if (!words || element.closest('style, script, .katex-mathml, select[data-read]')) continue;
        if (element.tagName === 'SELECT') element.dataset.read = '1'; // one of its options is seen
        if (!element.checkVisibility({opacityProperty: true, visibilityProperty: true})) continue;
        const style = getComputedStyle(element), box = element.getBoundingClientRect();
        if (style.clipPath !== 'none' || !box.width || !box.height) continue;
        const under = ground(element), ink = read(style.color);
        for (let e = element; e; e = e.parentElement) ink[3] *= getComputedStyle(e).opacity;
        found.push([words.slice(0, 40), over(ink, under), under]);
    }
    root.querySelectorAll('[data-read]').forEach(select => delete select.dataset.read);
    return found;
}"""
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


def luminance(colour):
    """Relative luminance of (r, g, b) from 0 to 255, as WCAG 2 defines it."""
    linear = [v / 12.92 if v <= 0.04045 else ((v + 0.055) / 1.055) ** 2.4 for v in rgb(colour)]
    return sum(w * v for w, v in zip((0.2126, 0.7152, 0.0722), linear, strict=True))


def rgb(colour):
    return mpl.colors.to_rgb(colour) if isinstance(colour, str) else [v / 255 for v in colour]


def contrast(ink, ground):
    dark, light = sorted([luminance(ink), luminance(ground)])
    return (light + 0.05) / (dark + 0.05)


def faint(texts):
    """What of the texts that `READ` found stands out too little."""
    for words, ink, ground in texts:
        least = TEXT if any(map(str.isalnum, words)) else SIGN
        if contrast(ink, ground) < least:
            ink, ground = (tuple(map(round, colour)) for colour in (ink, ground))
            yield f"{words!r}: {ink} on {ground} is {contrast(ink, ground):.2f}"


def widget_cells():
    cells = [new_code_cell(SETUP), *map(new_code_cell, WIDGETS.values())]
    for cell in cells:
        cell.metadata.update(tags=["hide-input"], slideshow={"slide_type": "slide"})
    return cells


@pytest.mark.parametrize("grey, expected", [("#000000", 21), ("#767676", 4.54), ("#777777", 4.48)])
def test_the_measure(grey, expected):
    assert contrast(grey, "#ffffff") == pytest.approx(expected, abs=0.01)


@pytest.mark.parametrize(
    "ink, ground, found", [("#999", "#fff", 1), ("#767676", "#fff", 0), ("#ddd", "#222", 0)]
)
def test_faint_text_is_found(browser, ink, ground, found):
    page = browser.new_page()
    page.set_content(f"<div style='background: {ground}'><p style='color: {ink}'>Words</p></div>")
    assert len(list(faint(page.locator("body").evaluate(READ)))) == found
    page.close()


def test_figures():
    ground = mpl.rcParams["figure.facecolor"]
    assert mpl.rcParams["axes.facecolor"] == ground == "white"
    for name in ("text.color", "axes.labelcolor", "xtick.color", "ytick.color"):
        assert contrast(mpl.rcParams[name], ground) >= TEXT, name
    for name in ("axes.titlecolor", "legend.labelcolor", "xtick.labelcolor", "ytick.labelcolor"):
        assert mpl.rcParams[name] in ("auto", None, "inherit", "None"), name
    assert contrast(plots.INK, ground) >= TEXT


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
def page(browser, tmp_path_factory):
    """A deck with every kind of text, then the widgets."""
    text = "# Title\n\nWords, `code`, [a link](https://example.org), $x^2$.\n\n> Quoted.\n\n- a"
    table = (
        "from course_utils import checks, plots\nplots.table({'a': ['1'], 'b': ['2']}, 'Numbers')"
    )
    claim = "checks.claim('It holds', True, '1 of 1')"
    cells = [new_markdown_cell(text), *map(new_code_cell, (table, claim)), *widget_cells()]
    shown = new_markdown_cell(f"## Code\n\n```python\n{CODE}\n```")
    for cell in (*cells, shown):
        cell.metadata.setdefault("slideshow", {"slide_type": "slide"})
    path = deck_run([*cells, shown], tmp_path_factory.mktemp("deck"))
    page, _, errors = open_deck(browser, path)
    page.add_init_script(f"({LISTEN})()")
    page.reload()
    page.wait_for_function("() => document.documentElement.dataset.deckReady")
    yield page
    page.context.close()
    assert errors == []


def test_a_deck(page):
    texts = []
    for number in range(page.evaluate("Reveal.getTotalSlides()")):
        page.evaluate("number => Reveal.slide(number)", number)
        frames(page)
        texts += page.locator("body").evaluate(READ)
    words = " ".join(text for text, _, _ in texts)
    for part in ("a link", "Quoted", "Numbers", "It holds", "__slots__", "a comment", "eraser"):
        assert part in words
    assert sorted(set(faint(texts))) == []


def test_what_a_widget_writes_on_its_canvas(page):
    written = page.evaluate(WRITTEN)
    names = {name for name, _, _ in written}
    assert names >= {"rain", "latent", "generated", "family", "scaled", "filters", "code", "plane"}
    for name, ground, inks in written:
        assert ground == "rgb(255, 255, 255)", f"{name} lets the page's colour through"
        assert min(contrast(ink, "white") for ink in inks) >= TEXT, name


@pytest.fixture(scope="module")
def notebook_page(lab, lab_folder, browser):
    notebook = new_notebook(cells=widget_cells())
    nbformat.write(normalise(notebook), lab_folder / "contrast.ipynb")
    page, _ = open_and_run(browser, lab, "contrast.ipynb")
    page.locator(".course-gallery").wait_for()
    yield page
    page.close()


@pytest.mark.parametrize("theme", ["Dark", "Light"])
def test_widgets_in_the_themes_of_jupyterlab(notebook_page, theme):
    change_theme(notebook_page, theme)
    texts = []
    for name in WIDGETS:
        widget = notebook_page.locator(f".course-{name}")
        widget.scroll_into_view_if_needed()
        widget.screenshot(path=f"build/{name}_{theme}.png")
        texts += widget.evaluate(READ)
    assert sorted(set(faint(texts))) == []
