"""Each trap notebook must turn the guarded nbval run red; the clean one must stay green."""

import re
from pathlib import Path

import pytest
from nbformat.v4 import new_code_cell, new_output

from tests import guarded


def shows(data):
    return [new_output("display_data", data)]


def cell(source, tag=None, stored=None, count=1):
    """A code cell; what is stored is a text that it printed, or a list of outputs."""
    if isinstance(stored, str):
        stored = [new_output("stream", name="stdout", text=stored)]
    outputs = stored or []
    metadata = {"tags": [tag]} if tag else {}
    return new_code_cell(source, outputs=outputs, execution_count=count, metadata=metadata)


HAS_PROC = Path("/proc/self/status").exists()
# A thread that raises once its cell has ended, and the guard has looked at it; or at once.
THREAD = """import threading
ended = threading.Event()
get_ipython().events.register("post_run_cell", lambda *_: ended.set())

def fail():
    ended.wait()
    raise ValueError("in a {} thread")

thread = threading.Thread(target=fail)
thread.start()
"""
PNG = {"image/png": "iVBORw0KGgo=", "text/plain": "<Figure>"}
pytestmark = pytest.mark.notebook
CHECK, NOW = "nbval-check-output", "from IPython.display import clear_output, display\n"
UPDATE = NOW + "shown = display('one', display_id=True)\nshown.update({!r})"
FIGURE = f"from IPython.display import display\ndisplay({PNG}, raw=True)"
CAPTURED = """import ipywidgets
from IPython.display import clear_output
print("kept")
with ipywidgets.Output():
    clear_output()
    print("inside")
print("too")"""
CLAIM = "from course_utils.checks import claim\nclaim('one is less than two', {})"
GREEN = {
    "clean": [
        cell("print(round(1 / 3, 2))", "nbval-check-output", "0.33\n"),
        cell("1 / 0", "raises-exception"),
        cell("%timeit -n1 -r1 pass"),
        cell("!echo fine\nword = 'fine'\nwords = !echo {word}\nassert words == ['fine']"),
        cell(CLAIM.format("1 < 2")),
    ],
    "cleared": [
        cell(NOW + "print(1)\nclear_output()\nprint(2)", CHECK, "2\n"),
        cell(NOW + "print(1)\nclear_output(wait=True)\nprint(2)", CHECK, "2\n"),
        cell(NOW + "print(1)\nclear_output(wait=True)", CHECK, "1\n"),
        cell(CAPTURED, CHECK, "kept\ntoo\n"),
    ],
    "updated": [
        cell(UPDATE.format("two"), CHECK, shows({"text/plain": "'two'"})),
        cell("shown.update('three')\nprint(1)", CHECK, "1\n"),
    ],
    "pictures": [
        cell(FIGURE, None, shows(PNG)),
        cell(NOW + FIGURE + "\nclear_output()\n" + FIGURE, None, shows(PNG)),
    ],
    "quiet_threads": [
        cell("import sys, threading\nthread = threading.Thread(target=sys.exit)\nthread.start()"),
        cell("thread.join()"),
    ],
}
RED = {  # name -> the cells, and what the report must say
    "dead_kernel": ([cell("import os\nos._exit(1)")], "the kernel died"),
    "never_run": ([cell("print(1)", "nbval-check-output", count=None)], "no stored run"),
    "nothing_raised": ([cell("x = 1", "raises-exception")], "raised nothing"),
    "unknown_magic": ([cell("%no_such_magic")], "no_such_magic"),
    "unknown_cell_magic": ([cell("%%no_such_cell_magic\nx = 1")], "no_such_cell_magic"),
    "captured_magic": ([cell("%%capture\n%no_such_line_magic")], "no_such_line_magic"),
    "failing_shell_call": ([cell("!exit 3")], "CalledProcessError"),
    "failing_captured_shell_call": ([cell("words = !exit 4")], "CalledProcessError"),
    "false_fact": ([cell("print(round(1 / 3, 2))", "nbval-check-output", "0.34\n")], "differ"),
    "false_claim": ([cell(CLAIM.format("1 > 2"))], "does not hold"),
    "thread": (
        [cell(THREAD.format("first") + "ended.set()\nthread.join()")],
        "in a first thread",
    ),
    "late_thread": (
        [cell(THREAD.format("second")), cell("thread.join()"), cell("1")],
        "in a second thread",
    ),
    "last_thread": ([cell(THREAD.format("last"))], "raised after the last cell"),
    "not_cleared": ([cell("print(1)\nprint(2)", CHECK, "2\n")], "differ"),
    "wrongly_updated": (
        [cell(UPDATE.format("three"), CHECK, shows({"text/plain": "'two'"}))],
        "'three'",
    ),
    "cleared_picture": (
        [cell(NOW + FIGURE + "\nclear_output()", None, shows(PNG))],
        "this run showed 0",
    ),
    "vanished_picture": ([cell("x = 1", None, shows(PNG))], "1 pictures are stored"),
    "error_in_a_widget": (
        [cell("import ipywidgets\nwith ipywidgets.Output():\n    1 / 0")],
        "ZeroDivisionError",
    ),
    "too_large": ([cell("x = b'1' * 1_600_000_000"), cell("1")], "MiB of memory at once"),
}


@pytest.fixture(scope="module")
def report(tmp_path_factory):
    """What one guarded run over all of them prints, and name -> the outcomes of its cells."""
    notebooks = GREEN | {name: cells for name, (cells, _) in RED.items()}
    folder = tmp_path_factory.mktemp("trap notebooks")
    told = guarded.run(folder, notebooks).stdout
    return told, {name: guarded.outcomes(told, name) for name in notebooks}


@pytest.mark.parametrize("name", GREEN)
def test_clean_notebook_is_green(report, name):
    assert report[1][name] == ["PASSED"] * len(GREEN[name])


@pytest.mark.parametrize("name", [name for name in RED if name != "too_large" or HAS_PROC])
def test_trap_turns_red_for_its_reason(report, name):
    text, outcomes = report
    assert {"FAILED", "ERROR"} & {*outcomes[name]}
    assert RED[name][1] in text


def test_a_cell_that_may_raise_and_runs_out_of_time_turns_red(tmp_path):
    cells = [cell("import time\ntime.sleep(60)", "raises-exception")]
    told = guarded.run(tmp_path, {"long": cells}, "--nbval-cell-timeout=2").stdout
    assert guarded.outcomes(told, "long") == ["FAILED"] and "the cell ran out of time" in told


def test_time_and_memory_of_each_notebook_are_told(report):
    table = re.findall(r"^(\w+(?:; highest)?) +(\d+) +(\d+|–) *(\w*)", report[0], re.M)
    rows = {name.split()[0]: numbers for name, *numbers in table}
    for name in [*GREEN, *RED]:
        assert 0 <= int(rows[name][0]) < 300
    assert int(rows["all;"][0]) == pytest.approx(
        sum(int(rows[n][0]) for n in [*GREEN, *RED]), abs=7
    )
    if HAS_PROC:
        assert 30 < int(rows["clean"][1]) < 500 and int(rows["too_large"][1]) > 1500
    assert rows["clean"][2] == "Cell" and rows["never_run"][1] == "–"
