"""The site, from a folder with the network off and under a prefix of a server, in a browser."""

import base64
import gzip
import itertools
import re
from collections import Counter
from html import unescape
from urllib.parse import unquote

import pytest
from bs4 import BeautifulSoup
from nbconvert import HTMLExporter
from nbformat.v4 import new_notebook

from publish import build
from publish.exporter import FENCED, PLOTLY
from publish.libraries import NODE
from publish.notebooks import NOTEBOOKS, select
from publish.pages import IMAGE
from publish.site import OUT, build_site
from tests.deck import fetch_libraries
from tests.notebook_rules import code_cells
from tests.site import AXE, WALK, WRONG, opened, served
from tests.test_browser import DRAWN, alive, touched
from tests.waiting import until

LESSONS = [path.stem for path in select()]
PAGES = ["index", *LESSONS, "glossary", "references", "search"]
SMALL = "03_conditional_gan"  # of the lessons with all kinds of content
ALIKE = "div.highlight, .formula, article td"  # in all lessons, and most of what they are
SHOTS = build.ROOT / "build" / "screenshots"
SIZES = {390: 844, 768: 1024, 1280: 800}


@pytest.fixture(scope="module")
def warned(lessons):
    """What Sphinx said while the site was built of the lessons that this run has executed."""
    fetch_libraries()
    return build_site(select(), executed=lambda path: lessons.executed(path.stem))


@pytest.fixture(scope="module")
def site(warned):
    return OUT


@pytest.fixture(scope="module")
def address(site):
    with served(site) as address:
        yield address


def soup(site, name):
    """A page without its many spans and formulas, which no test looks for."""
    text = re.sub("<math>.*?</math>", "", (site / f"{name}.html").read_text("utf-8"), flags=re.S)
    return BeautifulSoup(re.sub(r"</?span\b[^>]*>", "", text), "html.parser")


# ---- what is in the files


def test_sphinx_has_nothing_to_warn_of(warned):
    assert warned == []


def test_every_link_leads_somewhere(site):
    texts = {name: (site / f"{name}.html").read_text("utf-8") for name in PAGES}
    ids = {name: {*re.findall(r'\bid="([^"]*)"', text)} for name, text in texts.items()}
    for name, text in texts.items():
        links = {*re.findall(r'\b(?:href|src)="([^"]*)"', text)}
        assert len(links) > 20
        for target in links:
            if re.match(r"\w+:", target):
                continue
            file, _, place = unquote(unescape(target)).partition("#")
            assert not file or (site / file).is_file(), f"{name}: {target}"
            page = file.removesuffix(".html") if file else name
            assert not place or page not in ids or place in ids[page], f"{name}: {target}"


@pytest.mark.parametrize("name", LESSONS)
def test_pictures_have_words_and_a_size_and_wait(site, name):
    _, _, article = (site / f"{name}.html").read_text("utf-8").partition("<article")
    pictures = BeautifulSoup("".join(re.findall("<img [^>]*>", article)), "html.parser").select(
        "img"
    )
    assert pictures
    for picture in pictures:
        assert len(picture["alt"].split()) >= 5
        assert int(picture["width"]) > 0 and int(picture["height"]) > 0
        assert picture["loading"] == "lazy"


@pytest.mark.parametrize("name", LESSONS)
def test_a_page_has_all_that_its_notebook_has(site, lessons, name):
    notebook, page = lessons.executed(name), soup(site, name)
    code = [block.get_text() for block in page.select("div.highlight-python pre")]
    for cell in code_cells(notebook):
        assert f"{cell.source.strip()}\n" in code
    prose = "\n".join(cell.source for cell in notebook.cells if cell.cell_type == "markdown")
    folded = [
        part for part in page.select("article details") if "code" not in part.get("class", [])
    ]
    assert len(folded) == prose.count("<details>") and not any(
        part.has_attr("open") for part in folded
    )
    headings = re.findall(r"^#{1,3} ", FENCED.sub("", prose), re.M)
    assert len(page.select("article :is(h1, h2, h3)")) == len(headings)
    assert page.select_one(".tools a[href^=notebooks]") and "min to read" in page.text


def test_the_first_page_invites(site):
    page = soup(site, "index")
    assert len(page.select(".widget")) == 1 and len(page.select(".ways li")) == 3
    assert [link["href"] for link in page.select(".lessons a")] == [f"{n}.html" for n in LESSONS]
    assert {link["href"] for link in page.select(".map a")} == {f"{n}.html" for n in LESSONS[1:]}


def test_it_carries_no_more_than_it_needs(site):
    assert not [*site.rglob("*.map"), *site.rglob("fontawesome*")]
    styles = soup(site, "index").select("style")
    assert 20_000 < sum(len(style.text) for style in styles) < 130_000


@pytest.mark.parametrize("name", [name for name in PAGES if name != "search"])
def test_the_text_waits_for_no_other_file(site, name):
    text = (site / f"{name}.html").read_text("utf-8")
    scripts = re.findall(r"<script[^>]*\bsrc=[^>]*>", text)
    assert scripts and all(" defer " in script for script in scripts)
    assert not re.search(r"<link[^>]*stylesheet|@import", text)
    before, article, _ = text.partition("<article")
    assert article and packed(before) < 30_000


# ---- in a browser


@pytest.mark.parametrize("name", PAGES)
def test_a_page_opens_from_a_folder_on_a_phone(site, browser, name):
    with opened(browser, (site / f"{name}.html").as_uri(), 390, 844) as page:
        page.evaluate(WALK)
        assert page.evaluate(WRONG) == []
        SHOTS.mkdir(parents=True, exist_ok=True)
        page.screenshot(path=SHOTS / f"site_{name}.png")


@pytest.mark.parametrize("name", LESSONS)
def test_a_lesson_is_light_alive_and_for_all(address, browser, lessons, bare, name):
    """One visit: a first look on a phone in the dark, then to the end of the page on a desk."""
    notebook = lessons.executed(name)
    where = f"{address}{name}.html"
    with opened(browser, where, 390, SIZES[390], color_scheme="dark") as page:
        page.wait_for_timeout(1000)
        assert weight(page) < min(1_500_000, 0.5 * weight_by_nbconvert(notebook, bare))
        page.set_viewport_size({"width": 1280, "height": SIZES[1280]})
        widgets_answer(page, notebook)
        if name != SMALL:  # which is looked at whole, see below
            page.evaluate(f"for (const part of document.querySelectorAll('{ALIKE}')) part.remove()")
            assert broken_rules(page) == []


def widgets_answer(page, notebook):
    """Each widget and figure comes when a reader comes near; a widget answers a hand or a key."""
    cells = code_cells(notebook)
    places = page.locator(".widget").all()
    assert len(places) == sum(alive(notebook, cell) for cell in cells)
    for place in places:
        place.scroll_into_view_if_needed()
        until(page, lambda place=place: place.get_attribute("data-alive"))
        until(page, lambda place=place: place.evaluate(DRAWN))
        touched(page, place.locator(".course-widget"))
    figures = page.locator(".plotly-figure").all()
    outputs = [out for cell in cells for out in cell.outputs]
    assert len(figures) == sum(PLOTLY in out.get("data", {}) for out in outputs)
    for figure in figures:
        figure.scroll_into_view_if_needed()
        figure.locator("canvas").first.wait_for()
        assert figure.bounding_box()["width"] <= 1280


def weight(page):
    """Bytes that a page has had transferred."""
    entries = "['navigation', 'resource'].flatMap(kind => performance.getEntriesByType(kind))"
    sizes = page.evaluate(f"{entries}.map(entry => [entry.name, entry.encodedBodySize])")
    assert max(Counter(name for name, _ in sizes).values()) == 1
    return sum(size for _, size in sizes)


def weight_by_nbconvert(notebook, bare):
    """Of nbconvert's page the bare one, all sources and the pictures, and no other output."""
    cells = notebook.cells
    theirs = bare + packed("\n".join(cell.source for cell in cells))
    for cell in cells:
        for _, path in IMAGE.findall(cell.source if cell.cell_type == "markdown" else ""):
            theirs += (NOTEBOOKS / path).stat().st_size
        for out in cell.get("outputs", []):
            theirs += len(base64.b64decode(out.get("data", {}).get("image/png", "")))
    return theirs


def test_what_is_far_away_is_not_loaded(address, browser):
    with opened(browser, f"{address}03_conditional_gan.html") as page:
        far = page.locator(".widget").last
        assert (
            page.evaluate("place => place.getBoundingClientRect().top", far.element_handle()) > 5000
        )
        page.wait_for_timeout(300)
        states = page.evaluate("performance.getEntriesByType('resource').map(entry => entry.name)")
        assert not [name for name in states if name.endswith(far.get_attribute("data-state"))]
        assert far.locator("img").count() == 1


@pytest.mark.parametrize("folder", [True, False])
def test_networks_learn_on_the_first_page(site, address, browser, folder):
    home = (site / "index.html").as_uri() if folder else f"{address}index.html"
    with opened(browser, home, 390, 844, has_touch=True) as page:
        paper, panel = (
            page.locator(f".course-trainer .{name}").first for name in ("paper", "panel")
        )
        before = paper.evaluate("canvas => canvas.toDataURL()")
        paper.click()
        assert paper.evaluate("canvas => canvas.toDataURL()") != before
        page.get_by_role("button", name="Learn").click()
        until(page, lambda: re.search(r"[1-9]\d* steps", panel.inner_text()))


@pytest.mark.parametrize("folder", [True, False])
def test_the_search_finds_walker(site, address, browser, folder):
    home = (site / "index.html").as_uri() if folder else address
    with opened(browser, home) as page:
        page.keyboard.press("Control+k")
        page.keyboard.type("Walker")
        page.keyboard.press("Enter")
        page.wait_for_url("**/search.html?q=Walker*")
        found = page.locator("#search-results a", has_text="01 Sampling from images").first
        found.click()
        page.wait_for_url("**/01_sampling_from_images.html*")


def test_dark_stays_dark_and_widgets_know(address, browser):
    with opened(browser, f"{address}01_sampling_from_images.html") as page:
        looks = "[document.documentElement.dataset.theme, document.body.dataset.jpThemeLight]"
        until(page, lambda: page.evaluate(looks) == ["light", "true"])
        page.locator(".theme-switch-button").first.click()
        page.get_by_role("button", name="Dark").click()
        until(page, lambda: page.evaluate(looks) == ["dark", "false"])
        page.get_by_role("link", name="02 A GAN in the plane").first.click()
        page.wait_for_url("**/02_gan_2d.html")
        until(page, lambda: page.evaluate(looks) == ["dark", "false"])
        page.screenshot(path=SHOTS / "site_dark.png")


def test_a_system_that_is_dark_gets_no_light_flash(address, browser):
    with opened(browser, f"{address}glossary.html", color_scheme="dark") as page:
        assert page.evaluate("document.documentElement.dataset.theme") == "dark"


def test_keys_go_to_the_text_and_words_explain_themselves(address, browser):
    with opened(browser, f"{address}02_gan_2d.html") as page:
        page.keyboard.press("Tab")
        assert page.evaluate("document.activeElement.textContent.trim()") == "Skip to main content"
        page.keyboard.press("Enter")
        for _ in range(30):
            page.keyboard.press("Tab")
            if page.evaluate("document.activeElement.matches('article a.term')"):
                break
        meaning = page.get_by_role("tooltip")
        until(page, meaning.is_visible)
        assert "network" in meaning.inner_text()
        described = page.evaluate("document.activeElement.getAttribute('aria-describedby')")
        assert described == meaning.get_attribute("id")
        page.keyboard.press("Escape")
        until(page, meaning.is_hidden)


def test_a_phone_has_its_menu(site, browser):
    with opened(browser, (site / "02_gan_2d.html").as_uri(), 390, 844) as page:
        lesson = page.locator("[id^=pst-primary-sidebar] a", has_text="03 Conditional GAN").first
        assert not lesson.is_visible()
        page.locator(".primary-toggle:visible").first.click()
        lesson.click()
        page.wait_for_url("**/03_conditional_gan.html")


@pytest.mark.parametrize("name", ["index", SMALL, "glossary"])
def test_axe_finds_nothing(address, browser, name):
    with opened(browser, f"{address}{name}.html") as page:
        for width, look in itertools.product(SIZES, ["light", "dark"]):
            page.set_viewport_size({"width": width, "height": SIZES[width]})
            page.emulate_media(color_scheme=look)
            page.wait_for_function(f"document.documentElement.dataset.theme === '{look}'")
            page.wait_for_function(f"innerWidth === {width}")
            assert broken_rules(page) == [], f"{width} pixels, {look}"


def broken_rules(page):
    page.evaluate(WALK)
    if not page.evaluate("'axe' in window"):
        page.add_script_tag(path=NODE / "axe-core" / "axe.min.js")
    return page.evaluate(AXE)


@pytest.fixture(scope="module")
def bare():
    """What nbconvert's page of a notebook without cells weighs, packed as a server does."""
    body, _ = HTMLExporter().from_notebook_node(new_notebook())
    return packed(body)


def packed(text):
    return len(gzip.compress(text.encode()))
