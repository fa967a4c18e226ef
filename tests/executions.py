"""A pytest plugin: a lesson is executed once in a run, and every test takes that execution.

nbval runs the lessons, the longest first; the guard keeps each as it ends, with its outputs and the
state of its widgets, where `publish.build` looks. What asks for the fixture `lessons` comes last,
and waits until the lesson has ended; it fails at once if the lesson has failed. Without nbval, a
lesson is executed when it is first asked for.

The table of the guard tells how each lesson was executed; more than once turns the run red.
"""

import itertools
import json
import os
import shutil
import tempfile
import time
from collections import Counter
from datetime import datetime
from pathlib import Path

import pytest
from filelock import FileLock
from nbformat import NotebookNode
from nbval.plugin import IPyNbCell
from xdist.scheduler import LoadScopeScheduling

from publish import build
from publish.notebooks import select

RUN = pytest.StashKey()  # a folder that all workers of a run share
SECONDS = pytest.StashKey()  # name of a lesson -> how long it took when it was last kept
LOG = "executions.txt"
TIMES = "seconds.json"
PATIENCE = 3600  # seconds
SINGLY = "tests/test_browser.py::"  # each test by itself to a free worker; see Scheduling


def pytest_addoption(parser):
    parser.addoption(
        "--executed",
        type=Path,
        default=build.CACHE,
        metavar="FOLDER",
        help="where executed notebooks are kept",
    )


def pytest_configure(config):
    inputs = getattr(config, "workerinput", None)
    if inputs is None:
        config.stash[RUN] = Path(tempfile.mkdtemp(prefix="course-run-"))
        config.stash[SECONDS] = _seconds(config.getoption("executed"))
    else:
        config.stash[RUN], config.stash[SECONDS] = Path(inputs["run"]), inputs["seconds"]


@pytest.hookimpl(optionalhook=True)
def pytest_configure_node(node):
    """Tells a worker of pytest-xdist, so that all sort their tests alike."""
    node.workerinput["run"] = str(node.config.stash[RUN])
    node.workerinput["seconds"] = node.config.stash[SECONDS]


def pytest_unconfigure(config):
    if not hasattr(config, "workerinput") and RUN in config.stash:
        shutil.rmtree(config.stash[RUN], ignore_errors=True)


def _seconds(folder):
    """Name of each lesson -> the seconds that its cells took when it was last kept."""
    try:
        return json.loads((folder / TIMES).read_text("utf-8"))
    except (OSError, ValueError):  # none was kept, or another run writes just now
        return {}


def seconds(cell: NotebookNode) -> float:
    """How long a cell ran, as its kernel has told; 0 for one that did not run."""
    times = cell.metadata.get("execution", {})
    busy, idle = (times.get(f"iopub.status.{state}") for state in ("busy", "idle"))
    if not (busy and idle):
        return 0
    return (datetime.fromisoformat(idle) - datetime.fromisoformat(busy)).total_seconds()


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(config, items):
    """The lessons first, the longest before all; then what needs none; last what needs them.

    Of that the files with most tests come first, and what may go to any worker comes last, so that
    all workers end at nearly the same time.
    """
    late = {item.path for item in items if "lessons" in getattr(item, "fixturenames", ())}
    counts = Counter(item.path for item in items)

    def place(item):
        if isinstance(item, IPyNbCell):
            megabytes = item.path.stat().st_size / 1e6  # a minute each, where nothing is known
            return 0, -config.stash[SECONDS].get(item.path.stem, 60 * megabytes)
        if item.nodeid.startswith(SINGLY):
            return 3, 0
        return (2, -counts[item.path]) if item.path in late else (1, 0)

    items.sort(key=place)


class Scheduling(LoadScopeScheduling):
    """As `--dist loadscope`, a file to a worker, but the tests of `SINGLY` go to any that is free.

    They take long, share nothing but what a worker makes for all its tests, and come last: as one
    piece they would keep one worker busy while the other has nothing left to do.
    """

    def _split_scope(self, nodeid: str) -> str:
        return nodeid if nodeid.startswith(SINGLY) else super()._split_scope(nodeid)


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config, log):
    return Scheduling(config, log) if config.getoption("dist") == "loadscope" else None


# ---- what the guard of nbval tells


def begun(config, path: Path, way: str):
    """A lesson is being executed: by nbval, nbclient or JupyterLab."""
    with FileLock(config.stash[RUN] / "log.lock"), (config.stash[RUN] / LOG).open("a") as log:
        log.write(f"{path.stem}\t{way}\n")


def ended(config, path: Path, failure: str = ""):
    """nbval has executed a lesson; a failure is a sentence."""
    state = config.stash[RUN] / f"{path.stem}.{os.getpid()}"
    state.write_text(failure, "utf-8")
    state.replace(config.stash[RUN] / path.stem)


def took(config, path: Path, notebook: NotebookNode):
    """Notes how long the cells of a lesson took, so that the longest come first in the next run."""
    place = config.getoption("executed") / TIMES
    with FileLock(config.stash[RUN] / "seconds.lock"):
        times = _seconds(place.parent) | {path.stem: sum(map(seconds, notebook.cells))}
        place.write_text(json.dumps(times, indent=1), "utf-8")


def ways(config) -> dict[str, Counter]:
    """Name of a lesson -> way -> how many times it was executed so in this run."""
    log = config.stash[RUN] / LOG
    lines = log.read_text("utf-8").splitlines() if log.exists() else []
    pairs = sorted(line.split("\t") for line in lines)
    return {
        name: Counter(way for _, way in group)
        for name, group in itertools.groupby(pairs, lambda pair: pair[0])
    }


def too_often(config) -> list[str]:
    """The lessons that this run has executed more than once, or in JupyterLab more than once."""
    return [
        name
        for name, counts in ways(config).items()
        if counts["JupyterLab"] > 1 or counts.total() - counts["JupyterLab"] > 1
    ]


@pytest.hookimpl(trylast=True)
def pytest_sessionfinish(session):
    if not hasattr(session.config, "workerinput") and too_often(session.config):
        session.exitstatus = session.exitstatus or pytest.ExitCode.TESTS_FAILED


# ---- what a test asks for


class Lessons:
    """The executed lessons of this run."""

    def __init__(self, session):
        self._session, self._config = session, session.config

    def executed(self, name: str) -> NotebookNode:
        """The lesson with its outputs and the state of its widgets; executed if nbval does not.

        A test that needs one which failed, fails.
        """
        (path,) = select([name[:2]])
        if path in self._under_nbval():
            self._wait(path)
        folder = self._config.getoption("executed")
        with FileLock(self._config.stash[RUN] / f"{path.stem}.lock"):
            if not build.cached(path, folder).exists():
                begun(self._config, path, "nbclient")
            return build.executed(path, folder)

    def in_jupyterlab(self, name: str):
        """Counts a run of the whole lesson in JupyterLab."""
        begun(self._config, *select([name[:2]]), "JupyterLab")

    def _under_nbval(self):
        """The notebooks all of whose cells are among the tests of this run."""
        cells = [item for item in self._session.items if isinstance(item, IPyNbCell)]
        files = {item.path: item.parent for item in cells}
        counts = Counter(item.path for item in cells)
        code = {
            path: sum(cell.cell_type == "code" for cell in file.nb.cells)
            for path, file in files.items()
        }
        return {path for path in files if counts[path] == code[path]}

    def _wait(self, path):
        alone = "PYTEST_XDIST_WORKER" not in os.environ
        if alone and not (self._config.stash[RUN] / path.stem).exists():
            pytest.fail(f"{path.stem} comes later in this run: keep its order", pytrace=False)
        state, end = self._config.stash[RUN] / path.stem, time.monotonic() + PATIENCE
        while not state.exists():
            if time.monotonic() > end:
                pytest.fail(f"{path.stem} has not ended under nbval in an hour.", pytrace=False)
            time.sleep(0.2)
        if failure := state.read_text("utf-8"):
            pytest.fail(failure, pytrace=False)


@pytest.fixture(scope="session")
def lessons(request) -> Lessons:
    return Lessons(request.session)
