"""A notebook that was run, saved and opened again without its kernel; and the first minutes."""

import base64
import io
import json
import sys
import tomllib
import urllib.request
from pathlib import Path

import nbformat
import numpy as np
import pytest
from jupyter_server.services.contents.filemanager import FileContentsManager
from nbformat.v4 import new_code_cell, new_notebook, new_output
from PIL import Image

from course_utils import plots, saved
from publish.exporter import prepare
from tests.jupyterlab import open_and_run
from tests.saved import ALTS, SOURCES, one_of_each

ROOT = Path(__file__).resolve().parents[1]
VIEW = {saved.VIEW: {"model_id": "abc", "version_major": 2, "version_minor": 0}}
PNG = {"image/png": "iVBORw0KGgo="}
OPEN = """async () => {
    const app = window.jupyterapp;
    await app.restored;
    await app.shell.currentWidget.context.ready;
    await app.shell.currentWidget.sessionContext.ready;
}"""
SAVE_AND_SHUT_DOWN = """async () => {
    const app = window.jupyterapp;
    await app.commands.execute('docmanager:save');
    await app.shell.currentWidget.sessionContext.shutdown();
}"""


def kept(data, **metadata):
    """What is left of an output with this data when its notebook is saved."""
    cell = new_code_cell("x", outputs=[new_output("display_data", data)])
    notebook = json.loads(nbformat.writes(new_notebook(cells=[cell], metadata=metadata)))
    saved.leave_pictures(model={"type": "notebook", "content": notebook}, path="x.ipynb")
    return set(notebook["cells"][0]["outputs"][0]["data"])


def test_a_picture_stays_where_a_widget_was():
    assert kept({**VIEW, **PNG, "text/plain": "x"}) == {"image/png", "text/plain"}
    assert kept({**VIEW, "text/html": "<p>x</p>"}) == {"text/html"}


def test_a_widget_without_a_picture_stays():
    assert saved.VIEW in kept({**VIEW, "text/plain": "IntSlider(value=0)"})
    assert saved.VIEW in kept(VIEW)


def test_a_widget_whose_state_is_saved_stays():
    state = {saved.STATE: {"state": {"abc": {}}, "version_major": 2, "version_minor": 0}}
    assert saved.VIEW in kept({**VIEW, **PNG}, widgets=state)
    state[saved.STATE]["state"] = {"another": {}}
    assert saved.VIEW not in kept({**VIEW, **PNG}, widgets=state)


@pytest.mark.parametrize("content", [{}, {"metadata": 3}, {"metadata": {}, "cells": [3]}, None])
def test_whatever_is_saved_saving_does_not_fail(content, tmp_path):
    def break_off(**_):
        saved.leave_pictures({"type": "notebook", "content": content})

    manager = FileContentsManager(root_dir=str(tmp_path))
    manager.register_pre_save_hook(break_off)
    manager.register_pre_save_hook(saved.leave_pictures)
    cell = new_code_cell("x", outputs=[new_output("display_data", {**VIEW, **PNG})])
    model = {"type": "notebook", "format": "json", "content": new_notebook(cells=[cell])}
    manager.save(model, "x.ipynb")
    (output,) = nbformat.read(tmp_path / "x.ipynb", as_version=4).cells[0].outputs
    assert set(output.data) == {"image/png"}
    manager.save({"type": "file", "format": "text", "content": "words"}, "x.txt")
    manager.save({"type": "directory"}, "folder")
    assert (tmp_path / "x.txt").read_text() == "words" and (tmp_path / "folder").is_dir()


def test_the_stored_picture_says_how_to_revive_it_and_can_be_cut():
    fig, _ = plots.planes(1)
    for _ in range(3):  # the first time a figure is drawn, its layout settles
        picture = np.asarray(Image.open(io.BytesIO(plots.png(fig, dpi=96))).convert("RGB"), int)
    data, metadata = plots.still(fig, ALTS["live"])
    plots.plt.close(fig)
    stored = np.asarray(Image.open(io.BytesIO(base64.b64decode(data["image/png"]))))
    height = metadata["image/png"]["note"]
    above, below = stored[:-height], stored[-height:]
    left = (stored.shape[1] - picture.shape[1]) // 2
    change = np.abs(above[:, left : left + picture.shape[1]] - picture)
    assert change.mean() < 1  # grey level
    assert below.min() < 128 < below[0].min()


def test_in_a_deck_that_has_no_cell_to_run_the_line_is_cut_off():
    fig, _ = plots.planes(1)
    data, metadata = plots.still(fig, ALTS["live"])
    plots.plt.close(fig)
    output = new_output("display_data", {**data, **VIEW}, metadata=metadata)
    cell = new_code_cell("x", outputs=[output], metadata={"slideshow": {"slide_type": "slide"}})
    shown = [out for c in prepare(new_notebook(cells=[cell])).cells for out in c.get("outputs", [])]
    heights = [_height(out.data["image/png"]) for out in (output, *shown)]
    assert heights[1:] == [heights[0] - metadata["image/png"]["note"]]


def _height(picture):
    return Image.open(io.BytesIO(base64.b64decode(picture))).height


def test_the_environment_has_the_settings_of_the_course():
    project = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))
    folders = project["tool"]["setuptools"]["data-files"]
    assert sum(map(len, folders.values())) == len([*(ROOT / "jupyter").rglob("*.json")])
    for folder, files in folders.items():
        for file in files:
            installed = Path(sys.prefix) / folder / Path(file).name
            assert installed.is_file(), f"make lab puts {file} into {folder}"
            assert installed.read_text() == (ROOT / file).read_text()


@pytest.fixture(scope="module")
def run(lab, lab_folder, browser):
    """The page of a notebook with one of each thing, after all its cells ran."""
    nbformat.write(one_of_each(), lab_folder / "each.ipynb")
    page, _ = open_and_run(browser, lab, "each.ipynb")
    yield page
    page.close()


def test_nothing_covers_the_lesson_and_no_kernel_warns(lab, lab_folder, run):
    assert run.locator(".jp-Dialog, .Toastify__toast").count() == 0
    address = f"{lab}/lab/api/settings/@jupyterlab/apputils-extension:notification"
    asked = json.load(urllib.request.urlopen(address))["schema"]["properties"]
    assert asked["fetchNews"]["default"] == "false" and not asked["checkForUpdates"]["default"]
    assert "without encryption" not in (lab_folder / "log.txt").read_text("utf-8")


def test_jupyterlab_turns_a_figure_in_space(run):
    run.locator(".jp-RenderedPlotly").hover()
    run.locator(".jp-RenderedPlotly .plot-container").wait_for()


def test_run_save_shut_down_and_open_again(lab, run, browser):
    assert run.locator(".jp-OutputArea .jupyter-widgets").count() > 2  # alive
    run.evaluate(SAVE_AND_SHUT_DOWN)
    page = browser.new_page(viewport={"width": 1280, "height": 3000})
    page.set_default_timeout(240_000)
    page.goto(f"{lab}/lab/workspaces/again/tree/each.ipynb?reset")
    page.wait_for_function("() => window.jupyterapp?.shell?.currentWidget?.content?.model")
    page.evaluate(OPEN)
    cells = dict(zip(SOURCES, page.locator(".jp-CodeCell").all(), strict=True))
    for name in ("painter", "player", "live", "space", "show"):
        picture = cells[name].locator(".jp-OutputArea-output img")
        picture.wait_for()
        assert picture.evaluate("async i => { await i.decode(); return i.naturalWidth }") > 200
        assert f"Figure: {ALTS[name]}" in cells[name].inner_text()
    assert "walk: 100%" in cells["bar"].inner_text() and "40/40" in cells["bar"].inner_text()
    for name in set(SOURCES) - {"plain"}:
        assert "Error displaying widget" not in cells[name].inner_text()
    page.screenshot(path=ROOT / "build" / "screenshots" / "saved.png")
    page.close()


def test_the_export_of_jupyterlab_describes_pictures(lab, lab_folder):
    outputs = [new_output("display_data", PNG, metadata={"image/png": {"alt": ALTS["show"]}})]
    notebook = new_notebook(cells=[new_code_cell("x", outputs=outputs)])
    nbformat.write(notebook, lab_folder / "export.ipynb")
    request = urllib.request.Request(f"{lab}/nbconvert/html/export.ipynb")
    request.add_header("Referer", f"{lab}/lab")
    body = urllib.request.urlopen(request).read().decode()
    assert f'alt="{ALTS["show"]}"' in body and "No description" not in body
