"""JupyterLab in a real browser: what the lessons show is seen, and their widgets answer.

Three lessons are run from top to bottom: the first two, and the shortest that trains networks and
shows each kind of widget: progress bars, a live figure that Python draws, and JavaScript that asks
a network which the lesson has trained. The others are opened as nbval's guard has executed them;
JupyterLab makes their widgets from the state in the file.
"""

import re
from pathlib import Path

import nbformat
import pytest
from nbformat.v4 import new_code_cell, new_notebook

from publish.exporter import STATE, VIEW
from publish.notebooks import select
from tests.jupyterlab import open_and_run, open_executed, run_cells, sound
from tests.notebook_rules import code_cells
from tests.slices import needed, trains
from tests.waiting import until
from tools.notebooks import normalise

ROOT = Path(__file__).resolve().parents[1]
LESSONS = [path.stem for path in select()]
RUN_AS_A_WHOLE = [name for name in LESSONS if name[:2] in ("00", "01", "04")]
OPENED = [name for name in LESSONS if name not in RUN_AS_A_WHOLE]
PICTURES = """() => [...document.querySelectorAll('.jp-OutputArea-output img:not(.plot-img)')]
    .map(picture => picture.naturalWidth)"""
# Each text cell that holds a formula shows one.
TYPESET = """() => {
    const cells = window.jupyterapp.shell.currentWidget.content.widgets;
    return cells.filter(({ model }) => model.type === 'markdown').every(({ model, node }) => {
        const text = model.sharedModel.source.replace(/`[^`]*`/g, '');
        return !text.includes('$') || node.querySelector('mjx-container');
    });
}"""
DRAWN = "widget => [...widget.querySelectorAll('canvas')].map(c => c.toDataURL()).join()"
POINTED_AT = {
    "painter": ".paper",
    "trainer": ".paper",
    "latent": ".latent",
    "decoder": ".plane",
    "maps": ".plane",
}


def looked_at(page, name: str):
    """Formulas, alt texts and pictures are right in the page."""
    notebook = nbformat.read(ROOT / "notebooks" / f"{name}.ipynb", as_version=4)
    outputs = [out for cell in notebook.cells for out in cell.get("outputs", [])]
    spoken = page.locator(".jp-OutputArea").all_text_contents()
    spoken += page.locator(".jp-OutputArea [aria-label]").evaluate_all(
        "a => a.map(e => e.ariaLabel)"
    )
    for out in outputs:
        if "image/png" in out.get("data", {}):
            alt = out.metadata["image/png"]["alt"]
            assert any(alt in text for text in spoken), f"not in the page: {alt}"
    widths = page.evaluate(PICTURES)
    assert widths and min(widths) > 100
    page.wait_for_function(TYPESET)
    assert page.locator(".jp-RenderedMarkdown mjx-merror, .MathJax_Error").count() == 0


def touched(page, widget):
    """A widget draws anew when a key moves its slider, or the mouse is drawn over its canvas."""
    widget.scroll_into_view_if_needed()
    before = widget.evaluate(DRAWN)
    kind = re.search(r"course-(?!widget)(\w+)", widget.get_attribute("class"))[1]
    if kind in POINTED_AT:
        box = widget.locator(POINTED_AT[kind]).bounding_box()
        page.mouse.move(box["x"] + 0.3 * box["width"], box["y"] + 0.4 * box["height"])
        page.mouse.down()
        page.mouse.move(box["x"] + 0.7 * box["width"], box["y"] + 0.6 * box["height"], steps=5)
        page.mouse.up()
    else:
        slider = widget.locator("input[type=range]:visible").first
        start = slider.input_value()
        slider.focus()
        page.keyboard.press("ArrowRight")
        if slider.input_value() == start:  # it stood at its end
            page.keyboard.press("ArrowLeft")
        assert slider.input_value() != start
    until(page, lambda: widget.evaluate(DRAWN) != before)


def alive(notebook, cell) -> bool:
    """Whether a cell of an executed notebook shows one of the course's JavaScript widgets."""
    states = notebook.metadata.get("widgets", {}).get(STATE, {"state": {}})["state"]
    views = [out.data[VIEW].model_id for out in cell.outputs if VIEW in out.get("data", {})]
    return any(states[view]["model_module"] == "anywidget" for view in views)


@pytest.mark.parametrize("name", RUN_AS_A_WHOLE)
def test_runs_from_top_to_bottom_in_jupyterlab(lab, browser, lessons, name):
    lessons.in_jupyterlab(name)
    page, cells = open_and_run(browser, lab, f"notebooks/{name}.ipynb")
    assert [cell["execution_count"] for cell in cells] == list(range(1, len(cells) + 1))
    looked_at(page, name)
    widgets = page.locator(".jp-OutputArea .course-widget").all()
    assert widgets or name[:2] == "00"
    for widget in widgets:
        touched(page, widget)
    image, sliders = page.locator("img.widget-image"), page.locator(".widget-slider .noUi-handle")
    assert bool(sliders.count()) == (name[:2] != "00")
    if sliders.count():  # those of a live figure, which Python draws
        before = image.first.get_attribute("src")
        sliders.first.focus()
        page.keyboard.press("ArrowRight")
        page.wait_for_function(
            "old => document.querySelector('img.widget-image').src !== old", arg=before
        )
    sound(page)
    page.close()


@pytest.mark.parametrize("name", OPENED)
def test_opened_executed_in_jupyterlab(lab, lab_folder, browser, lessons, name):
    """Each widget answers from the stored state, and, where no network is trained for it, anew.

    For the latter its cell runs in a live kernel, after the cells that bind what it reads. A widget
    whose network the lesson trains is touched from the stored state alone: it holds the trained
    network, and its mathematics is JavaScript. What Python draws has no stored life: the guard
    moves each live figure under nbval, and a whole run shows those of two lessons here.
    """
    notebook = lessons.executed(name)
    page = open_executed(browser, lab, lab_folder, notebook, f"notebooks/{name}.ipynb")
    looked_at(page, name)
    cells = code_cells(notebook)
    widgets = page.locator(".jp-OutputArea .course-widget")
    assert widgets.count() >= sum(alive(notebook, cell) for cell in cells)
    for widget in widgets.all():
        touched(page, widget)

    sources = [cell.source for cell in cells]
    slices = [needed(sources, k) for k, cell in enumerate(cells) if alive(notebook, cell)]
    quick = [part for part in slices if not any(trains(sources[k]) for k in part)]
    run_cells(page, sorted({number for part in quick for number in part}))
    for *_, last in quick:
        found = page.locator(".jp-CodeCell").nth(last).locator(".jp-OutputArea .course-widget")
        assert found.count()
        for widget in found.all():
            touched(page, widget)
    sound(page)
    page.close()


def test_the_buttons_of_a_duel_redraw_at_the_figures_size(lab, lab_folder, browser):
    source = """
import torch
from course_utils.watching import duel
z = torch.rand(1, 50, 2)
duel(lambda z: z, lambda x: 9 * (x[..., :1] - 0.5), z, lambda: None, lambda: z.mul_(0.99))
"""
    notebook = new_notebook(cells=[new_code_cell(source.strip())])
    nbformat.write(normalise(notebook), lab_folder / "duel.ipynb")
    page, _ = open_and_run(browser, lab, "duel.ipynb")
    image = page.locator("img.widget-image")
    before = image.get_attribute("src")
    until(page, lambda: 300 < image.bounding_box()["width"] < 450)
    page.get_by_role("button", name="G: 10 steps").click()
    page.wait_for_function(
        "old => document.querySelector('img.widget-image').src !== old", arg=before
    )
    page.close()
