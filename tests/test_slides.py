"""The decks, opened from the file system with the network off."""

import re
import shutil

import nbformat
import numpy as np
import pytest
from bs4 import BeautifulSoup
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook, new_output

from slides import build
from slides.exporter import DeckExporter
from tests.deck import deck_of, faults, go_to, open_deck
from tests.notebook_rules import TWO_LECTURES
from tests.test_widgets import pixels
from tools.notebooks import select

LESSONS = [path.stem for path in select() if path.stem[:2] != "00"]


@pytest.fixture(scope="module")
def decks():
    """Name of each lesson -> its deck, built as `make slides` does."""
    build.main([])
    return {name: build.OUT / f"{name}.html" for name in LESSONS}


@pytest.fixture
def deck_01(decks, browser):
    page, requests, errors = open_deck(browser, decks["01_sampling_from_images"])
    yield page
    page.context.close()
    assert requests == errors == []


@pytest.mark.parametrize("name", LESSONS)
def test_every_slide_is_in_order(decks, browser, name):
    assert faults(browser, decks[name], build.ROOT / "build" / "screenshots") == []


@pytest.mark.parametrize("name", LESSONS)
def test_size_and_number_of_slides(decks, browser, name):
    page, _, _ = open_deck(browser, decks[name])
    plotly = page.locator(".plotly-figure").count()  # its library alone takes 0.7 MB, packed
    double = name[:2] in TWO_LECTURES
    assert decks[name].stat().st_size <= (5_000_000 if plotly or double else 3_000_000)
    fewest, most = (20, 34) if double else (12, 18)
    assert fewest <= page.evaluate("Reveal.getTotalSlides()") <= most
    page.context.close()


def test_index_links_to_every_deck(decks):
    page = (build.OUT / "index.html").read_text("utf-8")
    assert all(f'href="{name}.html"' in page for name in LESSONS)


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
    assert pixels(deck_01, ".course-player canvas") != before
    assert readout.inner_text() != words
    assert deck_01.evaluate("Reveal.getIndices()") == here
    deck_01.keyboard.press("Home")
    words = readout.inner_text()
    deck_01.get_by_role("button", name="play").click()
    deck_01.wait_for_timeout(500)
    assert readout.inner_text() != words


def test_the_condition_is_alive_in_the_deck_of_lesson_03(decks, browser):
    page, requests, errors = open_deck(browser, decks["03_conditional_gan"])
    go_to(page, ".course-latent")
    generated = ".course-latent .generated"
    before, here = pixels(page, generated), page.evaluate("Reveal.getIndices()")
    page.get_by_label("mix").first.focus()
    page.keyboard.press("ArrowRight")
    page.wait_for_timeout(100)
    mixed = pixels(page, generated)
    assert mixed != before
    box = page.locator(".course-latent .latent").first.bounding_box()
    page.mouse.move(box["x"] + 100, box["y"] + 100)
    page.mouse.down()
    page.mouse.up()
    page.wait_for_timeout(100)
    assert pixels(page, generated) != mixed
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
    seen.append(pixels(page, scaled))
    box = widget.locator(".code").bounding_box()
    page.mouse.move(box["x"] + 0.6 * box["width"], box["y"] + 0.5 * box["height"])
    page.mouse.down()
    page.mouse.move(box["x"] + 0.8 * box["width"], box["y"] + 0.3 * box["height"], steps=5)
    page.mouse.up()
    seen.append(pixels(page, scaled))
    page.keyboard.press("ArrowRight")  # moves the dot
    seen.append(pixels(page, scaled))
    widget.get_by_label("Network", exact=True).select_option("seed 1")
    seen.append(pixels(page, scaled))
    widget.get_by_role("button", name="Move z₃").click()
    page.wait_for_timeout(500)
    seen.append(pixels(page, scaled))
    assert len(set(seen)) == len(seen)
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
        seen.append(pixels(page, f"{widget} .picture"))
        page.keyboard.press("ArrowRight")  # moves the dot
        seen.append(pixels(page, f"{widget} .picture"))
        assert len(set(seen)) == 3
        assert page.evaluate("Reveal.getIndices()") == here
    page.context.close()
    assert requests == errors == []


def test_the_gallery_is_alive_in_the_deck_of_lesson_08(decks, browser):
    page, requests, errors = open_deck(browser, decks["08_ddpm"])
    go_to(page, ".course-gallery")
    canvas, gallery = ".course-gallery canvas", page.locator(".course-gallery")
    page.wait_for_function("s => document.querySelector(s).getContext('2d') !== null", arg=canvas)
    page.wait_for_timeout(500)
    before = pixels(page, canvas)
    gallery.get_by_role("radio", name="blue").click()
    other = pixels(page, canvas)
    assert other != before
    gallery.locator("input[type=range]").fill("0")
    assert pixels(page, canvas) not in (before, other)
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


def test_formulas_alt_texts_notes_and_a_way_back(deck_01):
    assert deck_01.locator(".slides section .katex").count() > 20
    alt_texts = deck_01.eval_on_selector_all("section img", "all => all.map(image => image.alt)")
    assert alt_texts and all(len(alt.split()) >= 5 for alt in alt_texts)
    assert "No description" not in " ".join(alt_texts)
    notes = deck_01.eval_on_selector_all("aside.notes", "all => all.map(note => note.textContent)")
    assert any("You need" in note for note in notes)
    assert not deck_01.locator(".slides").inner_text().count("You need")
    assert deck_01.get_attribute("a.lesson", "href").endswith("01_sampling_from_images.ipynb")


def test_prints_one_page_a_slide(decks, browser, tmp_path):
    page = browser.new_page(viewport={"width": 1280, "height": 720})
    page.goto(decks["01_sampling_from_images"].resolve().as_uri() + "?print-pdf")
    page.wait_for_function("() => document.documentElement.dataset.deckReady")
    total = page.locator(".slides section:not(.stack)").count()  # the same before and in print
    page.wait_for_function("n => document.querySelectorAll('.pdf-page').length === n", arg=total)
    content = page.pdf(prefer_css_page_size=True, print_background=True)
    assert len(re.findall(rb"/Type\s*/Page\b", content)) == total
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
        (new_markdown_cell("# A\n\n$\\frac12 {$"), "not typeset"),
        (new_markdown_cell("# A\n\n$\\nosuchcommand{x}$"), "formulas with errors"),
        (new_markdown_cell('# A\n\n<img src="http://127.0.0.1:9/x.png" alt="x">'), "asks for"),
        (new_markdown_cell("# A\n\n<script>throw new Error('broken')</script>"), "broken"),
    ],
)
def test_a_bad_slide_is_found(browser, tmp_path, decks, cell, words):
    path = deck_of([new_markdown_cell("# Title"), cell], tmp_path)
    assert any(words in fault for fault in faults(browser, path))


def test_a_good_slide_passes(browser, tmp_path, decks):
    cells = [new_markdown_cell("# Title\n\n$x^2$\n\n<!-- notes -->\n\nSay it."), outputs("fine\n")]
    assert faults(browser, deck_of(cells, tmp_path)) == []


def test_plotly_is_drawn(browser, tmp_path, decks):
    figure = {"data": [{"type": "scatter3d", "x": [1, 2], "y": [1, 2], "z": [1, 2]}], "layout": {}}
    data = {"application/vnd.plotly.v1+json": figure}
    cell = new_code_cell("1", outputs=[new_output("display_data", data)])
    path = deck_of([new_markdown_cell("# Title"), cell], tmp_path)
    page, requests, _ = open_deck(browser, path)
    page.evaluate("Reveal.slide(1)")
    page.locator(".plotly .main-svg").first.wait_for()
    page.evaluate("Reveal.slide(0)")
    assert page.locator(".plotly .main-svg").count() == 0 and requests == []
    page.context.close()


@pytest.mark.parametrize("part", ["POINTS = 4000", "const dot ="])
def test_broken_javascript_is_found(decks, browser, tmp_path, part):
    path = shutil.copy(decks["01_sampling_from_images"], tmp_path / "broken.html")
    text = path.read_text("utf-8")
    assert part in text
    path.write_text(text.replace(part, "const broken ="), "utf-8")
    with pytest.raises(Exception, match="Timeout"):
        faults(browser, path)


def test_the_cache_follows_the_notebook(decks, tmp_path, monkeypatch):
    """A second build executes nothing; a changed notebook is executed again."""
    calls = []
    monkeypatch.setattr(build, "execute", lambda notebook, **_: calls.append(1))
    monkeypatch.setattr(build, "CACHE", tmp_path)
    source = tmp_path / "09_x.ipynb"
    for text in ("1", "1", "2"):
        nbformat.write(new_notebook(cells=[new_markdown_cell(f"# {text}", id="a")]), source)
        build.executed(source)
    assert len(calls) == 2
