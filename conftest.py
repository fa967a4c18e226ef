import os
import shutil
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings
from nbval.plugin import IPyNbCell
from playwright.sync_api import sync_playwright

from tests import chromium
from tests.jupyterlab import serve

pytest_plugins = ["tests.executions", "tests.nbval_guard", "tests.live_guard"]
ROOT = Path(__file__).parent
# No test depends on the speed of the machine, and Hypothesis has two limits that do.
settings.register_profile("course", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("course")
# Fixtures that tell what a test needs; other marks are set by hand.
MARKS = {"browser": "browser", "lab": "browser", "lessons": "notebook", "kernel": "notebook"}
if "COURSE_CLAIMS" in os.environ:  # kernels start in the notebooks' folder
    os.environ["COURSE_CLAIMS"] = str(Path(os.environ["COURSE_CLAIMS"]).absolute())
if "PYTEST_XDIST_WORKER" in os.environ:  # workers that share cores wait for each other's threads
    os.environ.setdefault("OMP_NUM_THREADS", "1")


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(items):
    """Marks the cells of notebooks, and what asks for a fixture of `MARKS`, before `-m` selects."""
    for item in items:
        marks = {MARKS[name] for name in getattr(item, "fixturenames", ()) if name in MARKS}
        if isinstance(item, IPyNbCell):
            marks.add("notebook")
        for mark in sorted(marks):
            item.add_marker(mark)


@pytest.fixture(scope="session")
def browser():
    """A Chromium; without one the browser tests are skipped, but never in CI."""
    path = chromium.find()
    if path is None:
        reason = "no Chromium: install one, or run python -m playwright install chromium"
        pytest.fail(reason) if os.environ.get("CI") else pytest.skip(reason)
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=path, args=chromium.OPTIONS, timeout=120_000
        )
        yield browser
        browser.close()


@pytest.fixture(scope="session")
def lab_folder(tmp_path_factory):
    """A copy of the notebooks and the data, so that a run in JupyterLab changes no file here."""
    folder = tmp_path_factory.mktemp("lab")
    shutil.copytree(ROOT / "notebooks", folder / "notebooks")
    shutil.copytree(ROOT / "data", folder / "data")
    return folder


@pytest.fixture(scope="session")
def lab(lab_folder):
    """Address of a JupyterLab on `lab_folder`."""
    with serve(lab_folder) as address:
        yield address
