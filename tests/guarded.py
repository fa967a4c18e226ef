"""Runs notebooks of a folder as the lessons are run: under nbval, with all guards, in a pytest.

It is one process where a test does not ask for more: each takes seconds to start.
"""

import os
import subprocess
import sys
from pathlib import Path

import nbformat
from nbformat.v4 import new_notebook

ROOT = Path(__file__).resolve().parents[1]
PLUGINS = ("tests.light", "tests.executions", "tests.nbval_guard", "tests.live_guard")
OPTIONS = "--nbval-lax --nbval-current-env -rA -q --no-header -n 0"
TWO_PROCESSES = ("-n", "2", "--dist", "loadscope")


def run(folder: Path, notebooks: dict[str, list], *options: str) -> subprocess.CompletedProcess:
    """The end of a run over these cells, name -> cells; executed ones are kept in `executed`."""
    for name, cells in notebooks.items():
        nbformat.write(new_notebook(cells=cells), folder / f"{name}.ipynb")
    plugins = [word for plugin in PLUGINS for word in ("-p", plugin)]
    settings = ["-c", str(ROOT / "pyproject.toml"), "--executed", str(folder / "executed")]
    environment = {
        k: v for k, v in os.environ.items() if k not in ("PYTEST_ADDOPTS", "COURSE_CLAIMS")
    }
    return subprocess.run(
        [sys.executable, "-m", "pytest", *plugins, *OPTIONS.split(), *settings, *options, folder],
        cwd=ROOT,
        env=environment,
        capture_output=True,
        text=True,
        timeout=1800,
    )


def outcomes(told: str, name: str) -> list[str]:
    """PASSED, FAILED or ERROR for each cell of a notebook of which a run has told."""
    pairs = [line.partition(" ")[::2] for line in told.splitlines()]
    return [
        word
        for word, place in pairs
        if word in ("PASSED", "FAILED", "ERROR") and Path(place.partition("::")[0]).stem == name
    ]
