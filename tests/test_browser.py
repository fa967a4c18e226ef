"""JupyterLab in a real browser: the notebooks run from top to bottom, and their pictures show."""

import os
import shutil
import socket
import subprocess
import sys
import time
import urllib.request
from pathlib import Path

import nbformat
import pytest
from playwright.sync_api import sync_playwright

from tools.notebooks import select

ROOT = Path(__file__).resolve().parents[1]
SHOTS = ROOT / "build" / "screenshots"
SETTINGS = {
    "notebook-extension/tracker": '{"windowingMode": "none"}',  # all cells are in the page
    "apputils-extension/notification": '{"fetchNews": "false"}',
}
RUN_ALL = """async () => {
    const app = window.jupyterapp;
    await app.restored;
    await app.shell.currentWidget.context.ready;
    await app.shell.currentWidget.sessionContext.ready;
    await app.commands.execute('notebook:run-all-cells');
}"""
CELLS = """() => {
    const cells = window.jupyterapp.shell.currentWidget.content.model.sharedModel.cells;
    return cells.filter(c => c.cell_type === 'code').map(c => c.toJSON());
}"""
PICTURES = (
    """() => [...document.querySelectorAll('.jp-OutputArea-output img')].map(i => i.naturalWidth)"""
)


@pytest.fixture(scope="module")
def lab(tmp_path_factory):
    """Address of a JupyterLab on a copy of the notebooks, with settings of its own."""
    folder = tmp_path_factory.mktemp("lab")
    shutil.copytree(ROOT / "notebooks", folder / "notebooks")
    shutil.copytree(ROOT / "data", folder / "data")
    for name, setting in SETTINGS.items():
        file = folder / "settings" / "@jupyterlab" / f"{name}.jupyterlab-settings"
        file.parent.mkdir(parents=True)
        file.write_text(setting)
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    options = "--no-browser --allow-root --IdentityProvider.token= --expose-app-in-browser"
    server = subprocess.Popen(
        [sys.executable, "-m", "jupyterlab", *options.split(), f"--port={port}"],
        cwd=folder,
        env={
            **os.environ,
            "JUPYTER_CONFIG_DIR": str(folder / "config"),
            "JUPYTERLAB_SETTINGS_DIR": str(folder / "settings"),
            "JUPYTERLAB_WORKSPACES_DIR": str(folder / "workspaces"),
        },
        stdout=(folder / "log").open("w"),
        stderr=subprocess.STDOUT,
    )
    address = f"http://127.0.0.1:{port}"
    try:
        for _ in range(120):
            try:
                urllib.request.urlopen(f"{address}/api", timeout=2)
                break
            except OSError:
                time.sleep(0.5)
        else:
            pytest.fail((folder / "log").read_text())
        yield address
    finally:
        server.terminate()
        server.wait(20)


@pytest.fixture(scope="module")
def browser(chromium_path):
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=chromium_path,
            args=["--no-sandbox", "--disable-gpu", "--disable-background-networking"],
        )
        yield browser
        browser.close()


def open_and_run(browser, address, name):
    """The page of a notebook after all its cells ran, and the cells' contents."""
    page = browser.new_page(viewport={"width": 1280, "height": 900})
    page.set_default_timeout(240_000)
    page.goto(f"{address}/lab/workspaces/{name[:2]}/tree/notebooks/{name}.ipynb?reset")
    page.wait_for_function("() => window.jupyterapp?.shell?.currentWidget?.content?.model")
    page.wait_for_selector(".jp-Notebook .jp-CodeCell")
    page.evaluate(RUN_ALL)
    return page, page.evaluate(CELLS)


@pytest.mark.parametrize("name", [path.stem for path in select()])
def test_runs_from_top_to_bottom_in_jupyterlab(lab, browser, name):
    page, cells = open_and_run(browser, lab, name)
    assert [cell["execution_count"] for cell in cells] == list(range(1, len(cells) + 1))
    for cell in cells:
        for out in cell["outputs"]:
            assert out["output_type"] != "error", out["traceback"]
    assert page.locator(".jp-RenderedMarkdown mjx-merror, .MathJax_Error").count() == 0

    SHOTS.mkdir(parents=True, exist_ok=True)
    page.screenshot(path=SHOTS / f"{name}.png")
    for number, cell in enumerate(page.locator(".jp-Cell").all()):
        cell.scroll_into_view_if_needed()
        cell.screenshot(path=SHOTS / f"{name}_{number:02d}.png")
    notebook = nbformat.read(ROOT / "notebooks" / f"{name}.ipynb", as_version=4)
    outputs = [out for cell in notebook.cells for out in cell.get("outputs", [])]
    stored = [out for out in outputs if "image/png" in out.get("data", {})]
    assert page.get_by_text("javascript error").count() == 0
    seen = page.evaluate(PICTURES)
    assert len(seen) >= len(stored) and min(seen) > 100
    spoken = page.locator(".jp-OutputArea").all_text_contents()
    for out in stored:
        assert any(out.metadata["image/png"]["alt"] in text for text in spoken)
    page.close()


def test_the_slider_of_lesson_01_redraws_by_keyboard(lab, browser):
    page, _ = open_and_run(browser, lab, "01_sampling_from_images")
    image = page.locator("img.widget-image")
    before = image.get_attribute("src")
    handle = page.locator(".widget-slider .noUi-handle").first
    handle.focus()
    page.keyboard.press("ArrowRight")
    page.wait_for_function(
        "old => document.querySelector('img.widget-image').src !== old", arg=before
    )
    assert handle.get_attribute("aria-valuenow") is not None
    page.close()
