"""A JupyterLab for the browser tests: serves a folder, opens a notebook, runs it or its cells."""

import os
import socket
import subprocess
import sys
import time
import urllib.request
from contextlib import contextmanager
from pathlib import Path

import nbformat
from nbformat import NotebookNode
from nbformat.sign import NotebookNotary

SETTINGS = {
    "notebook-extension/tracker": '{"windowingMode": "none"}',  # all cells are in the page
}
PATIENCE = 300  # seconds that the server may take to start
SIGNATURES = "signatures"  # what JupyterLab trusts, and so shows with its widgets
READY = """async () => {
    const app = window.jupyterapp;
    await app.restored;
    await app.shell.currentWidget.context.ready;
    await app.shell.currentWidget.sessionContext.ready;
}"""
RUN_ALL = "() => window.jupyterapp.commands.execute('notebook:run-all-cells')"
CELLS = """() => {
    const cells = window.jupyterapp.shell.currentWidget.content.model.sharedModel.cells;
    return cells.filter(c => c.cell_type === 'code').map(c => c.toJSON());
}"""

RUN_CELLS = """async numbers => {
    const app = window.jupyterapp, notebook = app.shell.currentWidget.content;
    const code = notebook.widgets.flatMap((cell, k) => cell.model.type === 'code' ? [k] : []);
    for (const number of numbers) {
        notebook.deselectAll();
        notebook.activeCellIndex = code[number];
        const cell = notebook.activeCell.model.sharedModel;  // nothing is left of an earlier run
        cell.setOutputs([]);
        cell.execution_count = null;
        await app.commands.execute('notebook:run-cell');
        if (cell.execution_count === null) throw new Error(`code cell ${number} did not run`);
    }
}"""
# Each output that holds a widget shows it: not empty, and not only a line that it is loading.
SHOWN = """() => {
    const cells = window.jupyterapp.shell.currentWidget.content.widgets;
    const kind = 'application/vnd.jupyter.widget-view+json';
    const areas = cells.filter(cell => cell.model.type === 'code').map(cell => cell.outputArea);
    return areas.every(({ model, widgets }) => widgets.every(({ node }, k) => {
        const view = node.querySelector('.jp-OutputArea-output > *');
        return !model.get(k).data[kind] || (view && (view.textContent || view.firstElementChild));
    }));
}"""

# What is raised in the page, as by a widget that cannot be drawn; JupyterLab itself says nothing.
LISTEN = """
    window.raised = [];
    const note = what => /^ResizeObserver loop/.test(what) || window.raised.push(String(what));
    addEventListener('error', event => note(event.message));
    addEventListener('unhandledrejection', event => note(event.reason?.stack ?? event.reason));
"""


@contextmanager
def serve(folder: Path):
    """Address of a JupyterLab on this folder, with settings of its own."""
    for name, setting in SETTINGS.items():
        file = folder / "settings" / "@jupyterlab" / f"{name}.jupyterlab-settings"
        file.parent.mkdir(parents=True)
        file.write_text(setting, "utf-8")
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    options = "--no-browser --allow-root --IdentityProvider.token= --expose-app-in-browser"
    options += f" --port={port} --ServerApp.port_retries=0"
    log = folder / "log.txt"
    server = subprocess.Popen(
        [sys.executable, "-m", "jupyterlab", *options.split()],
        cwd=folder,
        env={
            **os.environ,
            "JUPYTER_CONFIG_DIR": str(folder / "config"),
            "JUPYTER_DATA_DIR": str(folder / SIGNATURES),
            "JUPYTERLAB_SETTINGS_DIR": str(folder / "settings"),
            "JUPYTERLAB_WORKSPACES_DIR": str(folder / "workspaces"),
        },
        stdout=log.open("w"),
        stderr=subprocess.STDOUT,
    )
    address = f"http://127.0.0.1:{port}"
    try:
        end = time.monotonic() + PATIENCE
        while True:
            try:
                urllib.request.urlopen(f"{address}/api", timeout=20)
                break
            except OSError:
                if server.poll() is not None or time.monotonic() > end:
                    told = log.read_text("utf-8")
                    raise RuntimeError(f"JupyterLab did not start:\n{told}") from None
                time.sleep(0.5)
        yield address
    finally:
        server.terminate()
        try:
            server.wait(60)
        except subprocess.TimeoutExpired:
            server.kill()


def open_notebook(browser, address: str, path: str):
    """The page of a notebook as it is stored, after its kernel has started."""
    page = browser.new_page(viewport={"width": 1280, "height": 900})
    page.set_default_timeout(240_000)
    page.add_init_script(LISTEN)
    page.goto(f"{address}/lab/workspaces/{Path(path).stem}/tree/{path}?reset")
    page.wait_for_function("() => window.jupyterapp?.shell?.currentWidget?.content?.model")
    page.wait_for_selector(".jp-Notebook .jp-CodeCell")
    page.evaluate(READY)
    return page


def open_and_run(browser, address: str, path: str):
    """The page of a notebook after all its cells ran, and its code cells as dictionaries."""
    page = open_notebook(browser, address, path)
    page.evaluate(RUN_ALL)
    page.wait_for_function(SHOWN)
    return page, sound(page)


def open_executed(browser, address: str, folder: Path, notebook: NotebookNode, path: str):
    """The page of an executed notebook, its widgets alive from the state that is stored with it.

    It is written to `path` in the folder of the server, and signed, so that JupyterLab trusts it.
    """
    nbformat.write(notebook, folder / path)
    NotebookNotary(data_dir=str(folder / SIGNATURES)).sign(notebook)
    page = open_notebook(browser, address, path)
    page.wait_for_function(SHOWN)
    sound(page)
    return page


def run_cells(page, numbers: list[int]):
    """Run these code cells, numbered from 0, in this order, in the kernel of a page."""
    page.evaluate(RUN_CELLS, numbers)
    page.wait_for_function(SHOWN)
    sound(page)


def sound(page) -> list[dict]:
    """The code cells as dictionaries, none of which has failed, in Python or in a widget."""
    cells = page.evaluate(CELLS)
    for cell in cells:
        for out in cell["outputs"]:
            assert out["output_type"] != "error", out["traceback"]
    assert page.get_by_text("javascript error").count() == 0
    assert page.evaluate("window.raised") == [], "an error in the page"
    return cells
