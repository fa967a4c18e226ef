"""Steps through a deck in a browser, offline, and lists what is wrong with it."""

import json
from pathlib import Path

from filelock import FileLock
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook

from publish import libraries
from publish.exporter import DeckExporter
from publish.notebooks import ROOT, execute

SLIDES = """() => Reveal.getSlides().map(slide => {
    const {h, v} = Reveal.getIndices(slide);
    return [h, v || 0, slide.querySelectorAll('.fragment').length];
})"""
# Pictures and fonts are there, plotly has drawn, fragments have faded in, and a frame is drawn.
STARTED = """() => {
    const { deckReady, deckFailed } = document.documentElement.dataset;
    return deckReady || deckFailed;
}"""
# A script that cannot even be read will never say that it is ready.
LISTEN = """addEventListener('error', ({ message }) => {
    if (/SyntaxError/.test(message)) document.documentElement.dataset.deckFailed = message;
});"""
READY = """async () => {
    const slide = Reveal.getCurrentSlide(), frame = () => new Promise(requestAnimationFrame);
    await Promise.all([...slide.querySelectorAll('img')].map(img => img.decode().catch(() => 0)));
    await document.fonts.ready;
    const end = performance.now() + 120_000;
    while ([...slide.querySelectorAll('.plotly-figure')].some(p => !p.querySelector('.main-svg'))) {
        if (performance.now() > end) throw new Error('plotly has not drawn');
        await frame();
    }
    await frame();
    const finite = a => a.effect.getComputedTiming().endTime < Infinity;
    const moves = slide.getAnimations({ subtree: true }).filter(finite);
    await Promise.all(moves.map(a => a.finished.catch(() => 0)));
    await frame();
}"""
# What reaches into the margins, where the arrows are, or the foot line, and what a box clips;
# formulas and notes do not count.
MEASURE = """([width, height]) => {
    const slide = Reveal.getCurrentSlide(), scale = Reveal.getScale();
    const frame = document.querySelector('.reveal .slides').getBoundingClientRect();
    const found = [];
    for (const element of slide.querySelectorAll('*')) {
        if (element.closest('aside.notes, .katex, script, style')) continue;
        const box = element.getBoundingClientRect();
        if (!box.width || !box.height || getComputedStyle(element).clipPath !== 'none') continue;
        const right = (box.right - frame.left) / scale, bottom = (box.bottom - frame.top) / scale;
        const left = (box.left - frame.left) / scale, top = (box.top - frame.top) / scale;
        const name = `${element.tagName} "${element.textContent.trim().slice(0, 30)}"`;
        if (right > width - 46 || bottom > height + 1 || left < 46 || top < -1)
            found.push(`${name} reaches ${Math.round(right)} x ${Math.round(bottom)}`);
        const clips = /auto|scroll|hidden|clip/.test(getComputedStyle(element).overflow);
        if ((clips || element.tagName === 'PRE') && (element.scrollWidth > element.clientWidth + 2
                      || element.scrollHeight > element.clientHeight + 2))
            found.push(`${name} is clipped`);
    }
    for (const picture of slide.querySelectorAll('img'))
        if (!picture.naturalWidth) found.push(`a picture is missing: ${picture.src.slice(0, 60)}`);
    const formulas = slide.querySelectorAll('.katex-error, [mathcolor="#cc0000"]').length;
    if (formulas) found.push(`${formulas} formulas with errors`);
    for (const text of slide.querySelectorAll('p, li, td'))
        if (/\\$[^$]+\\$/.test(text.textContent) && !text.closest('aside.notes'))
            found.push(`not typeset: ${text.textContent.slice(0, 60)}`);
    return found;
}"""


def fetch_libraries():
    """Fill node_modules with what decks and tests need, in one worker while others wait."""
    (ROOT / ".cache").mkdir(exist_ok=True)
    with FileLock(ROOT / ".cache" / "npm.lock"):
        libraries.fetch_libraries(dev=True)


def deck_of(cells, folder: Path) -> Path:
    """A deck of these cells as they are, each a slide of its own if it does not say otherwise."""
    for cell in cells:
        cell.metadata.setdefault("slideshow", {"slide_type": "slide"})
    return _written(new_notebook(cells=cells), folder)


def deck_around(code: str, folder: Path) -> Path:
    """A deck of three slides; the second shows, under a line of text, what this code makes."""
    a, b, c = (new_markdown_cell(text) for text in ("# A", "## B\n\nA line.", "## C"))
    for cell in (a, b, c):
        cell.metadata["slideshow"] = {"slide_type": "slide"}
    return deck_run([a, b, new_code_cell(code, metadata={"tags": ["hide-input"]}), c], folder)


def deck_run(cells, folder: Path) -> Path:
    """A deck of these cells after they ran, its widgets alive."""
    fetch_libraries()
    notebook = new_notebook(cells=cells)
    execute(notebook, store_widget_state=True)
    return _written(notebook, folder)


def _written(notebook, folder):
    body, _ = DeckExporter().from_notebook_node(notebook, resources={"metadata": {"name": "x"}})
    path = folder / "x.html"
    path.write_text(body, "utf-8")
    return path


def open_deck(browser, path: Path):
    """The page of a deck, with the network off, and the lists of its requests and errors."""
    context = browser.new_context(viewport={"width": 1280, "height": 720}, offline=True)
    page = context.new_page()
    page.set_default_timeout(120_000)
    page.add_init_script(LISTEN)
    requests, errors = [], []
    page.on("request", lambda r: r.url.startswith(("http", "ws")) and requests.append(r.url))
    page.on("pageerror", lambda error: errors.append(str(error)))
    page.on("console", lambda m: m.type == "error" and errors.append(m.text))
    page.goto(path.resolve().as_uri())
    page.wait_for_function(STARTED)
    if failure := page.evaluate("document.documentElement.dataset.deckFailed"):
        raise RuntimeError(f"The deck did not start: {failure}")
    return page, requests, errors


def faults(browser, path: Path, shots: Path | None = None) -> list[str]:
    """Everything wrong with a deck: overflow, clipping, formulas, requests, page errors."""
    page, requests, errors = open_deck(browser, path)
    found = wrong_slides(page, shots and shots / path.stem)
    page.context.close()
    return found + [f"asks for {url}" for url in requests] + [f"error: {e}" for e in errors]


def wrong_slides(page, shots: Path | None = None) -> list[str]:
    """What is wrong with the slides of an open deck; a picture of each begins with `shots`."""
    found = []
    for h, v, fragments in page.evaluate(SLIDES):
        page.evaluate("([h, v, f]) => Reveal.slide(h, v, f)", [h, v, fragments - 1])
        page.evaluate(READY)
        found += [f"slide {h}.{v}: {what}" for what in page.evaluate(MEASURE, [1280, 694])]
        if shots:
            shots.parent.mkdir(parents=True, exist_ok=True)
            page.screenshot(path=f"{shots}_{h:02}_{v}.png")
    return found


def go_to(page, selector, nth=0):
    """Show the slide that holds an element."""
    page.evaluate(
        f"""() => {{
            const found = document.querySelectorAll({json.dumps(selector)})[{nth}];
            const slide = found.closest('section');
            const {{h, v}} = Reveal.getIndices(slide);
            Reveal.slide(h, v, 99);  // with all its fragments
        }}"""
    )
