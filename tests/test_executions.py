"""Every test takes the one execution of a lesson, waits for it, and fails if it has failed."""

import threading
from pathlib import Path
from types import SimpleNamespace

import pytest
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook

from publish import build
from publish.notebooks import select
from tests import executions, guarded

NAME = select(["01"])[0].stem
TEST = "def test_it({}):\n    pass\n"


@pytest.fixture
def config(tmp_path):
    options = {"executed": tmp_path / "executed"}
    return SimpleNamespace(stash={executions.RUN: tmp_path}, getoption=options.get)


@pytest.fixture
def lessons(config, tmp_path, monkeypatch):
    """The lessons of a run of its own; an execution leaves a word in the notebook."""

    def execute(notebook, store_widget_state):
        notebook.cells = [new_markdown_cell("by nbclient")]

    monkeypatch.setattr(build, "CACHE", tmp_path / "executed")
    monkeypatch.setattr(build, "execute", execute)
    return executions.Lessons(SimpleNamespace(config=config, items=[]))


@pytest.fixture
def under_nbval(lessons, monkeypatch):
    monkeypatch.setattr(lessons, "_under_nbval", lambda: {*select()})
    monkeypatch.setenv("PYTEST_XDIST_WORKER", "gw0")
    return lessons


def test_without_nbval_it_is_executed_once(lessons, config):
    for _ in range(2):
        assert lessons.executed(NAME).cells[0].source == "by nbclient"
    assert executions.ways(config) == {NAME: {"nbclient": 1}}


def test_who_comes_early_waits_for_nbval(under_nbval, config):
    found, (path,) = [], select([NAME[:2]])
    waiting = threading.Thread(target=lambda: found.append(under_nbval.executed(NAME)))
    waiting.start()
    waiting.join(0.5)
    assert waiting.is_alive() and not found
    notebook = new_notebook(cells=[new_markdown_cell("by nbval")])
    build.keep(notebook, build.cached(path))
    executions.took(config, path, notebook)
    executions.ended(config, path)
    waiting.join(60)
    assert found[0].cells[0].source == "by nbval" and executions.ways(config) == {}


def test_one_process_does_not_wait_for_itself(under_nbval, monkeypatch):
    monkeypatch.delenv("PYTEST_XDIST_WORKER")
    with pytest.raises(pytest.fail.Exception, match="comes later in this run"):
        under_nbval.executed(NAME)


def test_the_times_of_lessons_are_kept(config):
    for name, at in (("01_a", "00:01:05"), ("02_b", "00:00:10")):
        busy, idle = "2026-01-01T00:00:00+00:00", f"2026-01-01T{at}+00:00"
        cell = new_code_cell("1")
        cell.metadata["execution"] = {"iopub.status.busy": busy, "iopub.status.idle": idle}
        place = config.getoption("executed") / f"{name}-1.ipynb"
        build.keep(new_notebook(cells=[cell]), place)
        executions.took(config, Path(f"{name}.ipynb"), new_notebook(cells=[cell]))
    assert executions._seconds(config.getoption("executed")) == {"01_a": 65, "02_b": 10}
    assert executions._seconds(Path("nowhere")) == {}


def test_what_needs_a_failed_lesson_fails_at_once(under_nbval, config):
    executions.ended(config, *select([NAME[:2]]), "It failed under nbval at Cell 3.")
    with pytest.raises(pytest.fail.Exception, match=r"It failed under nbval at Cell 3\."):
        under_nbval.executed(NAME)
    assert executions.ways(config) == {}


@pytest.mark.parametrize(
    "ways, red",
    [
        (["nbval"], False),
        (["nbval", "JupyterLab"], False),
        (["nbval", "nbclient"], True),
        (["nbclient", "nbclient"], True),
        (["JupyterLab", "JupyterLab"], True),
    ],
)
def test_twice_is_too_often(config, ways, red):
    for way in ways:
        executions.begun(config, *select([NAME[:2]]), way)
    assert executions.too_often(config) == ([NAME] if red else [])


def test_only_the_newest_execution_is_kept(tmp_path):
    for digest in ("1", "2"):
        build.keep(new_notebook(), tmp_path / f"01_a-{digest}.ipynb")
    build.keep(new_notebook(), tmp_path / "02_b-3.ipynb")
    assert sorted(path.name for path in tmp_path.iterdir()) == ["01_a-2.ipynb", "02_b-3.ipynb"]


def test_a_file_goes_to_one_worker_but_for_what_comes_last():
    split = executions.Scheduling(SimpleNamespace(getvalue=lambda _: ["2*popen"]))._split_scope
    one, other = (f"tests/test_browser.py::test_it[{name}]" for name in "ab")
    assert split(one) == one != split(other) == other
    assert split("tests/test_site.py::test_it[a]") == "tests/test_site.py"


@pytest.mark.slow
def test_lessons_come_first_and_what_needs_them_last(tmp_path):
    (tmp_path / "test_a.py").write_text(TEST.format("lessons"))
    (tmp_path / "test_b.py").write_text(TEST.format(""))
    more = TEST.format("lessons").replace("it", "one") + TEST.format("").replace("it", "two")
    (tmp_path / "test_c.py").write_text(more)
    notebooks = {
        "short": [new_code_cell("1"), new_code_cell("2")],
        "long": [new_code_cell("3"), new_markdown_cell("word " * 9000)],
    }
    told = guarded.run(tmp_path, notebooks, "--collect-only").stdout
    order = [line.rpartition("/")[2] for line in told.splitlines() if "::" in line]
    cells = ["long.ipynb::Cell 0", "short.ipynb::Cell 0", "short.ipynb::Cell 1"]
    late = ["test_c.py::test_one", "test_c.py::test_two", "test_a.py::test_it"]
    assert order == [*cells, "test_b.py::test_it", *late], told
