"""The decks, opened from the file system with the network off."""

import re
import shutil

import nbformat
import numpy as np
import pytest
from bs4 import BeautifulSoup
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook, new_output

from publish import build
from publish.exporter import DeckExporter
from publish.libraries import NODE
from publish.notebooks import select
from tests.deck import (
    READY,
    deck_of,
    deck_run,
    faults,
    fetch_libraries,
    go_to,
    open_deck,
    wrong_slides,
)
from tests.waiting import pixels, redrawn, until

LESSONS = [path.stem for path in select() if path.stem[:2] != "00"]


def slides_in(notebook) -> int:
    """How many slides its metadata ask for."""
    kinds = [cell.metadata.get("slideshow", {}).get("slide_type") for cell in notebook.cells]
    return sum(kind in ("slide", "subslide") for kind in kinds)


class Decks(dict):
    """Name of a lesson -> its deck, built as `make slides` does when it is first asked for."""

    def __init__(self, lessons):
        self._lessons, self._build = lessons, build.build

    def __missing__(self, name):
        self._lessons.executed(name)
        self[name] = self._build(build.ROOT / "notebooks" / f"{name}.ipynb")
        build.write_index()
        return self[name]


@pytest.fixture(scope="module")
def decks(lessons, libraries):
    return Decks(lessons)


@pytest.fixture(scope="module")
def libraries():
    fetch_libraries()


@pytest.fixture
def deck_01(decks, browser):
    page, requests, errors = open_deck(browser, decks["01_sampling_from_images"])
    yield page
    page.context.close()
    assert requests == errors == []


@pytest.mark.parametrize("name", LESSONS)
def test_every_slide_is_in_order_and_the_deck_has_its_size(decks, browser, name):
    page, requests, errors = open_deck(browser, decks[name])
    assert wrong_slides(page) == []
    assert requests == errors == []
    assert decks[name].stat().st_size <= 5_000_000
    assert 20 <= page.evaluate("Reveal.getTotalSlides()") <= 34  # two lectures
    page.context.close()


def test_index_names_every_deck_by_its_title(decks, browser, monkeypatch):
    monkeypatch.setattr(build, "build", lambda path: decks[path.stem])
    build.main([])
    page = browser.new_page()
    page.goto((build.OUT / "index.html").as_uri())
    items = page.locator("li").all_inner_texts()
    assert len(items) == len(LESSONS)
    for item, name in zip(items, LESSONS, strict=True):
        notebook = nbformat.read(build.ROOT / "notebooks" / f"{name}.ipynb", as_version=4)
        title = notebook.cells[0].source.splitlines()[0].removeprefix("# ")
        assert item == f"{title} {slides_in(notebook)} slides"
    page.get_by_role("link", name="04").click()
    page.wait_for_function("() => document.documentElement.dataset.deckReady")
    page.get_by_role("link", name="All decks").click()
    page.wait_for_url("**/index.html")
    page.close()


# ---- speaker notes, from the notebooks as they are stored


def slides_of(notebook):
    """(what is shown, what the speaker reads) of each slide of a deck, as text."""
    body, _ = DeckExporter().from_notebook_node(notebook, {"metadata": {"name": "x"}})
    for section in BeautifulSoup(body, "html.parser").select("section > section"):
        notes = [aside.extract().get_text() for aside in section.select("aside.notes")]
        assert len(notes) <= 1 and not section.select("section")
        yield section.get_text(), "".join(notes)


def marked(notebook):
    """Put words into a notebook's texts; return word -> (slide, whether it is for the speaker)."""
    words, slide = {}, -1

    def word(number, spoken):
        words[f"word{len(words)}end"] = number, spoken
        return f"\n\nword{len(words) - 1}end\n\n"

    for cell in notebook.cells:
        kind = cell.metadata.get("slideshow", {}).get("slide_type")
        slide += kind in ("slide", "subslide")
        if cell.cell_type == "code":
            continue
        shown, *rest = re.split("(<!-- notes(?: of the next slide)? -->)", cell.source)
        if kind in ("slide", "subslide") and re.search("^#", shown[1:], re.MULTILINE):
            looking_back, mark, others = re.split("(^#)", shown, maxsplit=1, flags=re.MULTILINE)
            if looking_back:
                shown = looking_back + word(slide - 1, True) + mark + others
        if kind != "skip":
            shown += word(slide, kind == "notes")
        for mark, text in zip(rest[::2], rest[1::2], strict=True):
            number = slide + ("next" in mark)
            shown += mark + word(number, True) + text + word(number, True)
        cell.source = shown
    return words


@pytest.mark.slow
@pytest.mark.parametrize("name", LESSONS)
def test_each_note_stands_under_the_slide_of_its_cell(name):
    notebook = nbformat.read(build.ROOT / "notebooks" / f"{name}.ipynb", as_version=4)
    words, found = marked(notebook), {}
    assert sum(spoken for _, spoken in words.values()) > 10
    for number, texts in enumerate(slides_of(notebook)):
        for spoken, text in enumerate(texts):
            found |= {word: (number, bool(spoken)) for word in re.findall(r"word\d+end", text)}
    assert found == words


def told(*cells):
    """What the speaker reads on each slide of these cells, (text, slide type) for Markdown."""
    notebook = new_notebook(cells=[new_markdown_cell("# T", metadata=at("slide"))])
    for text, kind in cells:
        code = text.startswith("print")
        make = new_code_cell if code else new_markdown_cell
        notebook.cells.append(make(text, metadata=at(kind)))
    return [" ".join(notes.split()) for _, notes in slides_of(notebook)]


def at(kind):
    return {"slideshow": {"slide_type": kind}} if kind else {}


NEXT, NOTE = "<!-- notes of the next slide -->", "<!-- notes -->"


@pytest.mark.parametrize(
    "cells, notes",
    [
        ([(f"{NEXT}a", "skip"), ("print()", "subslide"), (f"{NOTE}b", None)], ["", "a b"]),
        ([(f"{NEXT}a", None), (f"{NEXT}b", None), ("no heading", "slide")], ["", "a b"]),
        ([(f"## A\n\n{NEXT}b\n\n{NOTE}a", "slide"), ("## B", "slide")], ["", "a", "b"]),
        ([(f"x\n\n{NOTE}a", "fragment"), ("print()", "fragment"), ("b", "notes")], ["a b"]),
        ([(f"{NOTE}a", "slide"), ("print()", None)], ["", "a"]),
        ([("back\n\n## A", "slide"), (f"{NEXT}end", None)], ["back", "end"]),
        ([("```\n# no heading\n```\n\nshown", "slide")], ["", ""]),
    ],
)
def test_where_a_note_goes(cells, notes):
    assert told(*cells) == notes


def test_a_speaker_sees_an_answer_that_a_reader_unfolds():
    folded = "<details><summary>Answer</summary>\n\nyes\n\n</details>"
    cells = [new_markdown_cell(f"# T\n\n{folded}\n\n{NOTE}\n\n{folded}", metadata=at("slide"))]
    body, _ = DeckExporter().from_notebook_node(
        new_notebook(cells=cells), {"metadata": {"name": "x"}}
    )
    page = BeautifulSoup(body, "html.parser")
    in_notes = page.select("aside.notes details")
    assert [part.has_attr("open") for part in in_notes] == [True]
    assert [part.has_attr("open") for part in page.select("details")].count(False) == 1


def test_a_note_is_not_hidden_by_a_fragment():
    cells = [("# T", "slide"), (f"shown\n\n{NOTE}said", "fragment")]
    notebook = new_notebook(cells=[new_markdown_cell(t, metadata=at(k)) for t, k in cells])
    body, _ = DeckExporter().from_notebook_node(notebook, {"metadata": {"name": "x"}})
    assert BeautifulSoup(body, "html.parser").select(".fragment aside.notes") == []


def test_a_slide_without_heading_has_that_of_its_section():
    cells = [
        ("# T", "slide"),
        ("Before.\n\n## A\n\n```\n# B\n```", "skip"),
        ("print()", "slide"),
        ("No heading.", "slide"),
    ]
    notebook = new_notebook(
        cells=[
            (new_code_cell if t == "print()" else new_markdown_cell)(t, metadata=at(k))
            for t, k in cells
        ]
    )
    first, *others = [shown.split()[0] for shown, _ in slides_of(notebook)]
    assert first == "T" and others == ["A", "A"]


def test_a_deck_needs_a_title():
    with pytest.raises(ValueError, match="begins with its title"):
        list(slides_of(new_notebook(cells=[new_markdown_cell("No title.")])))


def test_painter_is_alive_in_the_deck(deck_01):
    go_to(deck_01, ".course-painter")
    paper = deck_01.locator(".course-painter .paper")
    box, before = paper.bounding_box(), pixels(deck_01, ".course-painter .paper")
    deck_01.mouse.move(box["x"] + 30, box["y"] + 30)
    deck_01.mouse.down()
    deck_01.mouse.move(box["x"] + 120, box["y"] + 40, steps=5)
    deck_01.mouse.up()
    assert pixels(deck_01, ".course-painter .paper") != before
    grey = deck_01.eval_on_selector(
        ".course-painter .paper",
        """canvas => [...canvas.getContext('2d').getImageData(0, 0, 128, 128).data]
            .filter((value, i) => i % 4 == 0)""",
    )
    row, column = np.array([40, 120]) * 128 / box["height"]
    assert np.reshape(grey, (128, 128))[int(row), int(column)] == 255  # white where the mouse was
    deck_01.keyboard.press("ArrowRight")  # moves the brush, not the slides
    assert deck_01.evaluate("Reveal.getIndices().h") == 1


def test_player_is_alive_in_the_deck(deck_01):
    go_to(deck_01, ".course-player")
    readout = deck_01.locator(".course-player output")
    before, words = pixels(deck_01, ".course-player canvas"), readout.inner_text()
    here = deck_01.evaluate("Reveal.getIndices()")
    deck_01.get_by_label("frame").focus()
    deck_01.keyboard.press("ArrowLeft")
    redrawn(deck_01, ".course-player canvas", before)
    until(deck_01, lambda: readout.inner_text() != words)
    assert deck_01.evaluate("Reveal.getIndices()") == here
    deck_01.keyboard.press("Home")
    until(deck_01, lambda: deck_01.get_by_label("frame").input_value() == "0")
    start = readout.inner_text()
    deck_01.get_by_role("button", name="play").click()
    until(deck_01, lambda: readout.inner_text() != start)


def test_the_condition_is_alive_in_the_deck_of_lesson_03(decks, browser):
    page, requests, errors = open_deck(browser, decks["03_conditional_gan"])
    go_to(page, ".course-latent")
    generated = ".course-latent .generated"
    before, here = pixels(page, generated), page.evaluate("Reveal.getIndices()")
    page.get_by_label("mix").first.focus()
    page.keyboard.press("ArrowRight")
    mixed = redrawn(page, generated, before)
    box = page.locator(".course-latent .latent").first.bounding_box()
    page.mouse.move(box["x"] + 100, box["y"] + 100)
    page.mouse.down()
    page.mouse.up()
    redrawn(page, generated, mixed)
    assert page.evaluate("Reveal.getIndices()") == here
    page.context.close()
    assert requests == errors == []


def test_a_class_is_drawn_in_its_colour_in_the_deck_of_lesson_03(decks, browser):
    page, _, _ = open_deck(browser, decks["03_conditional_gan"])
    go_to(page, ".course-painter")
    page.get_by_role("button", name="orange").click()
    box = page.locator(".course-painter .paper").bounding_box()
    page.mouse.move(box["x"] + 20, box["y"] + 20)
    page.mouse.down()
    page.mouse.up()
    colour = page.eval_on_selector(
        ".course-painter .paper",
        "(c, k) => [...c.getContext('2d').getImageData(k, k, 1, 1).data].slice(0, 3)",
        int(20 * 128 / box["width"]),
    )
    assert colour == [0xD5, 0x5E, 0x00]
    page.context.close()


def test_filters_are_alive_in_the_deck_of_lesson_04(decks, browser):
    page, requests, errors = open_deck(browser, decks["04_transposed_convolution"])
    scaled = ".course-filters .scaled"
    go_to(page, scaled)
    widget, here = page.locator(".course-filters").first, page.evaluate("Reveal.getIndices()")
    seen = [pixels(page, scaled)]
    widget.get_by_label("z₃", exact=True).focus()
    page.keyboard.press("ArrowRight")
    seen.append(redrawn(page, scaled, *seen))
    box = widget.locator(".code").bounding_box()
    page.mouse.move(box["x"] + 0.6 * box["width"], box["y"] + 0.5 * box["height"])
    page.mouse.down()
    page.mouse.move(box["x"] + 0.8 * box["width"], box["y"] + 0.3 * box["height"], steps=5)
    page.mouse.up()
    seen.append(redrawn(page, scaled, *seen))
    page.keyboard.press("ArrowRight")  # moves the dot
    seen.append(redrawn(page, scaled, *seen))
    widget.get_by_label("Network", exact=True).select_option("seed 1")
    seen.append(redrawn(page, scaled, *seen))
    widget.get_by_role("button", name="Move z₃").click()
    seen.append(redrawn(page, scaled, *seen))
    assert page.evaluate("Reveal.getIndices()") == here
    page.context.close()
    assert requests == errors == []


def test_decoders_are_alive_in_the_deck_of_lesson_06(decks, browser):
    page, requests, errors = open_deck(browser, decks["06_autoencoder_to_vae"])
    models = page.eval_on_selector_all(".widget", "all => all.map(e => e.dataset.model)")
    assert page.locator(".course-decoder").count() == len(models) == 2
    for model in models:
        widget = f'.widget[data-model="{model}"]'
        go_to(page, widget)
        seen, here = [pixels(page, f"{widget} .picture")], page.evaluate("Reveal.getIndices()")
        box = page.locator(f"{widget} .plane").bounding_box()
        page.mouse.move(box["x"] + 0.6 * box["width"], box["y"] + 0.5 * box["height"])
        page.mouse.down()
        page.mouse.move(box["x"] + 0.8 * box["width"], box["y"] + 0.3 * box["height"], steps=5)
        page.mouse.up()
        seen.append(redrawn(page, f"{widget} .picture", *seen))
        page.keyboard.press("ArrowRight")  # moves the dot
        seen.append(redrawn(page, f"{widget} .picture", *seen))
        assert page.evaluate("Reveal.getIndices()") == here
    page.context.close()
    assert requests == errors == []


PAINTED = """canvas => canvas.getContext('2d').getImageData(0, 0, canvas.width, canvas.height)
    .data.some(value => value)"""


def test_the_gallery_is_alive_in_the_deck_of_lesson_08(decks, browser):
    page, requests, errors = open_deck(browser, decks["08_ddpm"])
    go_to(page, ".course-gallery")
    canvas, gallery = ".course-gallery canvas", page.locator(".course-gallery")
    before = until(page, lambda: page.eval_on_selector(canvas, PAINTED) and pixels(page, canvas))
    gallery.get_by_role("radio", name="blue").click()
    other = redrawn(page, canvas, before)
    gallery.locator("input[type=range]").fill("0")
    redrawn(page, canvas, before, other)
    assert requests == errors == []
    page.context.close()


def test_plotly_is_drawn_in_the_deck_of_lesson_06(decks, browser):
    page, requests, errors = open_deck(browser, decks["06_autoencoder_to_vae"])
    go_to(page, ".plotly-figure")
    canvas = page.locator(".plotly-figure canvas").first
    canvas.wait_for()
    assert min(canvas.bounding_box()["width"], canvas.bounding_box()["height"]) > 300
    page.wait_for_function("location.hash.length > 2")  # written a moment later
    page.reload()
    canvas.wait_for()
    page.context.close()
    assert requests == errors == []


def test_the_map_closes_and_both_clouds_are_drawn_in_the_deck_of_lesson_09(decks, browser):
    page, requests, errors = open_deck(browser, decks["09_sphere_mapping"])
    for k in range(2):
        go_to(page, ".plotly-figure", k)
        page.locator(".plotly-figure").nth(k).locator("canvas").first.wait_for()
    go_to(page, ".course-player")
    readout = page.locator(".course-player output")
    readout.wait_for()
    hole = float(readout.inner_text().split()[-1])
    page.locator(".course-player input").press("Home")
    assert readout.inner_text().startswith("step 0, hole in degrees")
    assert float(readout.inner_text().split()[-1]) > hole + 40
    page.context.close()
    assert requests == errors == []


def test_arrow_keys_visit_every_slide(deck_01):
    total = deck_01.evaluate("Reveal.getTotalSlides()")
    seen = set()
    for _ in range(total + 5):
        seen.add(tuple(deck_01.evaluate("[Reveal.getIndices().h, Reveal.getIndices().v]")))
        deck_01.keyboard.press("ArrowRight")
    assert len(seen) == total


def test_leaving_a_widget_by_keys(deck_01):
    here = "Reveal.getSlidePastCount()"
    go_to(deck_01, ".course-painter")
    deck_01.locator(".course-painter .paper").click()
    deck_01.keyboard.press("ArrowRight")
    assert deck_01.evaluate(here) == 1
    deck_01.keyboard.press("Escape")
    deck_01.keyboard.press("ArrowRight")
    assert deck_01.evaluate(here) == 2
    deck_01.keyboard.press("ArrowLeft")
    deck_01.get_by_label("brush size").focus()
    deck_01.keyboard.press("PageDown")  # what a presenter's remote sends
    assert deck_01.evaluate(here) == 2


def test_drawing_by_touch_does_not_turn_the_slide(decks, browser):
    context = browser.new_context(viewport={"width": 1280, "height": 720}, has_touch=True)
    page = context.new_page()
    page.goto(decks["01_sampling_from_images"].resolve().as_uri())
    page.wait_for_function("() => document.documentElement.dataset.deckReady")
    go_to(page, ".course-painter")
    box, before = page.locator(".paper").bounding_box(), pixels(page, ".course-painter .paper")
    session = context.new_cdp_session(page)
    for kind, x in [("Start", 300), *[("Move", 300 - 20 * i) for i in range(1, 13)], ("End", None)]:
        points = [] if x is None else [{"x": box["x"] + x, "y": box["y"] + 20, "id": 1}]
        session.send("Input.dispatchTouchEvent", {"type": f"touch{kind}", "touchPoints": points})
    assert pixels(page, ".course-painter .paper") != before
    assert page.evaluate("Reveal.getSlidePastCount()") == 1
    context.close()


def test_formulas_alt_texts_spoken_texts_and_a_way_back(deck_01):
    assert deck_01.locator(".slides section .katex").count() > 20
    alt_texts = deck_01.eval_on_selector_all("section img", "all => all.map(image => image.alt)")
    assert alt_texts and all(len(alt.split()) >= 5 for alt in alt_texts)
    assert "No description" not in " ".join(alt_texts)
    notes = deck_01.eval_on_selector_all("aside.notes", "all => all.map(note => note.textContent)")
    assert any("You need" in note for note in notes)
    assert not deck_01.locator(".slides").inner_text().count("You need")
    links = deck_01.eval_on_selector_all("a", "all => all.map(a => a.getAttribute('href'))")
    outside = [link for link in links if not link.startswith(("http", "#"))]
    assert outside == ["index.html"] and (build.OUT / "index.html").exists()


# ---- paper, phones, mouse and screen readers, on decks made of each kind of cell

AXE = (NODE / "axe-core" / "axe.min.js").read_text
FIGURE = "from course_utils import plots\nfig, axes = plots.planes(3)\n"
FIGURE += "plots.show(fig, 'Three empty squares, side by side.')"
LONG = "# " + "a comment of ten words that is as long as allowed " * 2
KINDS = [
    ("# 01 A deck\n\nA line of words and a [link](https://example.org).", "slide", []),
    ("## Text\n\n- $x^2$\n- one more\n\n$$a = b + c \\\\qquad d = e + f$$", "slide", []),
    ("| | b |\n|---|---|\n| c | 1 |", "subslide", []),
    (FIGURE, "slide", ["hide-input"]),
    (f"{LONG[:95]}\nfor i in range(9):\n    print(i * 'word ')", "subslide", []),
    ("plots.table({'': ['a'], 'b': ['1']}, 'A table.')", "fragment", ["hide-input"]),
    ("from course_utils.widgets.painter import Painter\nPainter()", "slide", ["hide-input"]),
]


@pytest.fixture(scope="module")
def kinds(tmp_path_factory):
    """A deck with a slide for each kind of thing that a deck shows."""
    cells = []
    for number, (source, kind, tags) in enumerate(KINDS):
        make = new_markdown_cell if source[0] in "#|" and number < 3 else new_code_cell
        cells.append(make(source, metadata={"tags": tags, **at(kind)}))
    return deck_run(cells, tmp_path_factory.mktemp("kinds"))


BOXES = """slide => {
    const frame = slide.getBoundingClientRect(), found = [];
    for (const element of slide.querySelectorAll('*')) {
        if (element.closest('aside.notes, .plotly-figure, .katex-mathml')) continue;
        const { left, top, width, height } = element.getBoundingClientRect();
        if (width && height) found.push([left - frame.left, top - frame.top, width, height]);
    }
    return found;
}"""


def slide_boxes(page, number):
    """(left, top, width, height) of everything on a slide with all its fragments, in order."""
    page.evaluate(
        """k => {
            const { h, v } = Reveal.getIndices(Reveal.getSlides()[k]);
            Reveal.slide(h, v || 0, 99);
        }""",
        number,
    )
    page.evaluate(READY)
    return page.evaluate(f"({BOXES})(Reveal.getCurrentSlide())")


def print_view(browser, path):
    page = browser.new_page(viewport={"width": 1280, "height": 720})
    page.goto(path.resolve().as_uri() + "?print-pdf")
    page.wait_for_function("() => document.documentElement.dataset.deckReady")
    return page


def test_a_page_on_paper_is_its_slide(kinds, browser):
    page, _, _ = open_deck(browser, kinds)
    total = page.evaluate("Reveal.getTotalSlides()")
    seen = [slide_boxes(page, number) for number in range(total)]
    page.context.close()
    page = print_view(browser, kinds)
    for number in range(total):
        boxes = page.evaluate(f"k => ({BOXES})(Reveal.getSlides()[k])", number)
        assert len(boxes) == len(seen[number]) > 0
        np.testing.assert_allclose(boxes, seen[number], atol=1)
        assert min(left for left, *_ in boxes) >= 59  # a margin
        place = "k => { const { x, y, width, height } = Reveal.getSlides()[k]"
        place += ".closest('.pdf-page').getBoundingClientRect(); return [x, width, height]; }"
        assert page.evaluate(place, number) == [0, 1280, 719]  # one pixel less, so that none flows
    content = page.pdf(prefer_css_page_size=True, print_background=True)
    assert len(re.findall(rb"/Type\s*/Page\b", content)) == total
    page.close()


def test_arrows_to_click_lie_beside_the_content(kinds, browser):
    page, _, _ = open_deck(browser, kinds)
    total = page.evaluate("Reveal.getTotalSlides()")
    back, on = [page.get_by_role("button", name=f"{n} slide") for n in ("previous", "next")]
    assert not back.is_visible()
    for width, height in [(1280, 720), (1024, 768), (800, 450)]:
        page.set_viewport_size({"width": width, "height": height})
        page.evaluate("Reveal.slide(1)")
        arrows = [arrow.bounding_box() for arrow in (back, on)]
        assert min(min(arrow["width"], arrow["height"]) for arrow in arrows) >= 32
        slide = page.evaluate("(r => [r.left, r.right])(Reveal.getCurrentSlide()"
                              ".getBoundingClientRect())")  # fmt: skip
        margin = 60 * page.evaluate("Reveal.getScale()")
        assert arrows[0]["x"] + arrows[0]["width"] <= slide[0] + margin
        assert arrows[1]["x"] >= slide[1] - margin
    page.evaluate("Reveal.slide(0)")
    seen = 1
    while on.is_visible():
        on.click()
        seen += 1
    assert page.evaluate("Reveal.isLastSlide()") and seen == total + 1  # one has a fragment
    back.click()
    assert back.is_visible() and on.is_visible()
    page.context.close()


PHONE = {"has_touch": True, "is_mobile": True, "offline": True}


def phone(browser, path, width, height):
    page = browser.new_context(viewport={"width": width, "height": height}, **PHONE).new_page()
    page.goto(path.resolve().as_uri())
    page.wait_for_function("() => document.documentElement.dataset.deckReady")
    return page


@pytest.mark.parametrize("size", [(390, 844), (768, 1024), (360, 640)])
def test_a_phone_held_upright(kinds, browser, size):
    page = phone(browser, kinds, *size)
    bar = page.locator("nav.turn").bounding_box()
    for number in range(page.evaluate("Reveal.getTotalSlides()")):
        boxes = slide_boxes(page, number)
        width, height = [max(box[k] + box[k + 2] for box in boxes) for k in (0, 1)]
        assert width <= size[0] and height <= bar["y"] + 1
        letters = page.evaluate("""() => Math.min(...[...Reveal.getCurrentSlide().querySelectorAll(
            'p, li, td, th, pre')].filter(e => e.offsetHeight && !e.closest('.widget, aside'))
            .map(e => parseFloat(getComputedStyle(e).fontSize)))""")
        zoom = page.evaluate("Reveal.getCurrentSlide().style.zoom || 1")
        assert letters * float(zoom) * page.evaluate("Reveal.getScale()") >= 8.5
    page.context.close()


def swipe(page, x, y, way):
    """Draw a finger over the glass from a point, `way` pixels to the right."""
    session = page.context.new_cdp_session(page)
    for kind, share in [("Start", 0), *[("Move", k / 8) for k in range(1, 9)], ("End", None)]:
        points = [] if share is None else [{"x": x + way * share, "y": y, "id": 1}]
        session.send("Input.dispatchTouchEvent", {"type": f"touch{kind}", "touchPoints": points})


@pytest.mark.parametrize("size", [(390, 844), (844, 390)])
def test_a_swipe_turns_the_page_but_in_a_widget(kinds, browser, size):
    page, here = phone(browser, kinds, *size), "Reveal.getSlidePastCount()"
    swipe(page, 300, 200, -200)
    assert page.evaluate(here) == 1
    swipe(page, 100, 200, 200)
    assert page.evaluate(here) == 0
    page.get_by_role("button", name="next slide").tap()
    assert page.evaluate(here) == 1
    go_to(page, ".course-painter")
    before, number = pixels(page, ".course-painter .paper"), page.evaluate(here)
    box = page.locator(".course-painter .paper").bounding_box()
    swipe(page, box["x"] + 0.9 * box["width"], box["y"] + box["height"] / 2, -0.8 * box["width"])
    assert page.evaluate(here) == number and pixels(page, ".course-painter .paper") != before
    page.context.close()


def test_a_turned_phone_shows_the_same_slide(kinds, browser):
    page = phone(browser, kinds, 390, 844)
    page.evaluate("Reveal.slide(1)")
    page.set_viewport_size({"width": 844, "height": 390})
    page.wait_for_function("Reveal.getConfig().width === 1280")
    assert page.evaluate("Reveal.getIndices().h") == 1
    page.context.close()


def test_the_speaker_sees_slides_and_notes(browser, tmp_path, libraries):
    cells = [new_markdown_cell(f"# {k}\n\n{NOTE}\n\nSay {k}.") for k in range(3)]
    page, _, _ = open_deck(browser, deck_of(cells, tmp_path))
    with page.context.expect_page() as opened:
        page.keyboard.press("s")
    speaker = opened.value
    speaker.set_viewport_size({"width": 1280, "height": 900})
    speaker.locator("#current-slide iframe").wait_for()
    page.keyboard.press("ArrowRight")
    speaker.get_by_text("Say 1.").wait_for()
    frame = speaker.frame_locator("#current-slide iframe")
    frame.locator("html[data-deck-ready]").wait_for(state="attached")
    frame.get_by_role("heading", name="1").wait_for()
    assert frame.locator("html.portrait").count() == 0  # what the audience has
    page.context.close()


def complaints(page):
    """What axe-core finds on a page, whatever its weight."""
    page.evaluate(AXE("utf-8"))
    rules = page.evaluate("axe.run({ resultTypes: ['violations'] })")["violations"]
    return [f"{rule['id']}: {node['html'][:90]}" for rule in rules for node in rule["nodes"]]


def test_axe_finds_nothing(kinds, browser):
    page, _, _ = open_deck(browser, kinds)
    for number in range(page.evaluate("Reveal.getTotalSlides()")):
        slide_boxes(page, number)
        assert complaints(page) == []
    page.context.close()
    for size in [(390, 844), (844, 390)]:
        page = phone(browser, kinds, *size)
        assert complaints(page) == []
        page.context.close()


def test_axe_finds_nothing_in_the_index(decks, browser):
    assert decks[LESSONS[0]].exists()
    page = browser.new_page()
    page.goto((build.OUT / "index.html").as_uri())
    assert complaints(page) == []
    page.close()


@pytest.mark.parametrize("name", LESSONS)
def test_prints_one_page_a_slide_and_axe_finds_nothing(decks, browser, name):
    page = print_view(browser, decks[name])  # where all slides can be seen
    stored = nbformat.read(build.ROOT / "notebooks" / f"{name}.ipynb", as_version=4)
    edges = page.evaluate(
        """() => Reveal.getSlides().map(slide => Math.min(...[...slide.querySelectorAll('*')]
            .filter(e => e.offsetWidth).map(e => e.getBoundingClientRect().left)))"""
    )
    assert len(edges) == slides_in(stored) == page.locator(".pdf-page").count()
    assert min(edges) >= 50
    assert complaints(page) == []
    page.close()


# ---- the checks can fail


def outputs(text):
    return new_code_cell("1", outputs=[new_output("stream", text=text)])


@pytest.mark.parametrize(
    "cell, words",
    [
        (new_markdown_cell("# A\n" + "\n".join(f"- item {i}" for i in range(30))), "reaches"),
        (new_code_cell("x = " + "'long' + " * 30 + "''"), "clipped"),
        (outputs("line\n" * 60), "reaches"),
        (new_markdown_cell("<p style='margin-right:-40px'>under the arrow</p>"), "reaches"),
        (new_markdown_cell("# A\n\n$\\frac12 {$"), "not typeset"),
        (new_markdown_cell("# A\n\n$\\nosuchcommand{x}$"), "formulas with errors"),
        (new_markdown_cell('# A\n\n<img src="http://127.0.0.1:9/x.png" alt="x">'), "asks for"),
        (new_markdown_cell("# A\n\n<script>throw new Error('broken')</script>"), "broken"),
    ],
)
def test_a_bad_slide_is_found(browser, tmp_path, libraries, cell, words):
    path = deck_of([new_markdown_cell("# Title"), cell], tmp_path)
    assert any(words in fault for fault in faults(browser, path))


def test_a_good_slide_passes(browser, tmp_path, libraries):
    cells = [new_markdown_cell("# Title\n\n$x^2$\n\n<!-- notes -->\n\nSay it."), outputs("fine\n")]
    assert faults(browser, deck_of(cells, tmp_path)) == []


def test_plotly_is_drawn(browser, tmp_path, libraries):
    figure = {"data": [{"type": "scatter3d", "x": [1, 2], "y": [1, 2], "z": [1, 2]}]}
    figure["layout"] = {"width": 900, "height": 450}
    data = {"application/vnd.plotly.v1+json": figure}
    cell = new_code_cell("1", outputs=[new_output("display_data", data)])
    path = deck_of([new_markdown_cell("# Title"), cell], tmp_path)
    page, requests, _ = open_deck(browser, path)
    page.evaluate("Reveal.slide(1)")
    page.locator(".plotly .main-svg").first.wait_for()
    page.evaluate("Reveal.slide(0)")
    assert page.locator(".plotly .main-svg").count() == 0 and requests == []
    page.set_viewport_size({"width": 390, "height": 844})
    page.evaluate("Reveal.slide(1)")
    page.locator(".plotly .main-svg").first.wait_for()
    box = page.locator(".plotly .main-svg").first.bounding_box()
    assert box["x"] >= 0 and box["x"] + box["width"] <= 390
    page.context.close()


@pytest.mark.parametrize("part", ["POINTS = 4000", "const DOT ="])
def test_broken_javascript_is_found(decks, browser, tmp_path, part):
    path = shutil.copy(decks["01_sampling_from_images"], tmp_path / "broken.html")
    text = path.read_text("utf-8")
    assert part in text
    path.write_text(text.replace(part, "const broken ="), "utf-8")
    with pytest.raises(Exception, match="The deck did not start"):
        faults(browser, path)


def test_the_cache_follows_the_notebook(tmp_path, monkeypatch):
    """A second build executes nothing; a changed notebook is executed again."""
    calls = []
    monkeypatch.setattr(build, "execute", lambda notebook, **_: calls.append(1))
    monkeypatch.setattr(build, "CACHE", tmp_path)
    source = tmp_path / "09_x.ipynb"
    for text in ("1", "1", "2"):
        nbformat.write(new_notebook(cells=[new_markdown_cell(f"# {text}", id="a")]), source)
        build.executed(source)
    assert len(calls) == 2
