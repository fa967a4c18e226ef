"""JupyterLab in a real browser: the notebooks run from top to bottom, and their pictures show."""

from pathlib import Path

import nbformat
import pytest
from nbformat.v4 import new_code_cell, new_notebook

from publish.notebooks import select
from tests.jupyterlab import open_and_run
from tools.notebooks import normalise

ROOT = Path(__file__).resolve().parents[1]
SHOTS = ROOT / "build" / "screenshots"
PICTURES = """() => [...document.querySelectorAll('.jp-OutputArea-output img:not(.plot-img)')]
    .map(picture => picture.naturalWidth)"""


@pytest.mark.parametrize("name", [path.stem for path in select()])
def test_runs_from_top_to_bottom_in_jupyterlab(lab, browser, name):
    page, cells = open_and_run(browser, lab, f"notebooks/{name}.ipynb")
    assert [cell["execution_count"] for cell in cells] == list(range(1, len(cells) + 1))
    assert page.locator(".jp-RenderedMarkdown mjx-merror, .MathJax_Error").count() == 0

    SHOTS.mkdir(parents=True, exist_ok=True)
    page.screenshot(path=SHOTS / f"{name}.png")
    for number, cell in enumerate(page.locator(".jp-Cell").all()):
        cell.scroll_into_view_if_needed()
        cell.screenshot(path=SHOTS / f"{name}_{number:02d}.png")

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
    page.close()


def test_the_slider_of_lesson_01_redraws_by_keyboard(lab, browser):
    page, _ = open_and_run(browser, lab, "notebooks/01_sampling_from_images.ipynb")
    image = page.locator("img.widget-image")
    before = image.get_attribute("src")
    handle = page.locator(".widget-slider .noUi-handle").first
    handle.focus()
    page.keyboard.press("ArrowRight")
    page.wait_for_function(
        "old => document.querySelector('img.widget-image').src !== old", arg=before
    )
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
    assert 300 < image.bounding_box()["width"] < 450
    page.get_by_role("button", name="G: 10 steps").click()
    page.wait_for_function(
        "old => document.querySelector('img.widget-image').src !== old", arg=before
    )
    page.close()
