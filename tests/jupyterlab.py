"""A JupyterLab for the browser tests: serves a folder, opens a notebook, runs it."""

import os
import socket
import subprocess
import sys
import time
import urllib.request
from contextlib import contextmanager
from pathlib import Path

SETTINGS = {
    "notebook-extension/tracker": '{"windowingMode": "none"}',  # all cells are in the page
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
    log = folder / "log.txt"
    server = subprocess.Popen(
        [sys.executable, "-m", "jupyterlab", *options.split(), f"--port={port}"],
        cwd=folder,
        env={
            **os.environ,
            "JUPYTER_CONFIG_DIR": str(folder / "config"),
            "JUPYTERLAB_SETTINGS_DIR": str(folder / "settings"),
            "JUPYTERLAB_WORKSPACES_DIR": str(folder / "workspaces"),
        },
        stdout=log.open("w"),
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
            raise RuntimeError("JupyterLab did not start:\n" + log.read_text("utf-8"))
        yield address
    finally:
        server.terminate()
        server.wait(20)


def open_and_run(browser, address: str, path: str):
    """The page of a notebook after all its cells ran, and its code cells as dictionaries."""
    page = browser.new_page(viewport={"width": 1280, "height": 900})
    page.set_default_timeout(240_000)
    page.goto(f"{address}/lab/workspaces/{Path(path).stem}/tree/{path}?reset")
    page.wait_for_function("() => window.jupyterapp?.shell?.currentWidget?.content?.model")
    page.wait_for_selector(".jp-Notebook .jp-CodeCell")
    page.evaluate(RUN_ALL)
    cells = page.evaluate(CELLS)
    for cell in cells:
        for out in cell["outputs"]:
            assert out["output_type"] != "error", out["traceback"]
    assert page.get_by_text("javascript error").count() == 0
    return page, cells
