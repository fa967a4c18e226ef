"""Each trap notebook must turn the guarded nbval run red; the clean one must stay green."""

import subprocess
import sys
from pathlib import Path

import nbformat
import pytest
from nbformat.v4 import new_code_cell, new_notebook, new_output

ROOT = Path(__file__).resolve().parents[1]


def cell(source, tag=None, stored=None, count=1):
    outputs = [new_output("stream", name="stdout", text=stored)] if stored else []
    metadata = {"tags": [tag]} if tag else {}
    return new_code_cell(source, outputs=outputs, execution_count=count, metadata=metadata)


CLAIM = "from course_utils.checks import claim\nclaim('one is less than two', {})"
GREEN = {
    "clean": [
        cell("print(round(1 / 3, 2))", "nbval-check-output", "0.33\n"),
        cell("1 / 0", "raises-exception"),
        cell("%timeit -n1 -r1 pass"),
        cell("!echo fine\nwords = !echo fine\nassert words == ['fine']"),
        cell(CLAIM.format("1 < 2")),
    ],
}
RED = {
    "dead_kernel": [cell("import os\nos._exit(1)")],
    "never_run": [cell("print(1)", "nbval-check-output", count=None)],
    "nothing_raised": [cell("x = 1", "raises-exception")],
    "unknown_magic": [cell("%no_such_magic")],
    "unknown_cell_magic": [cell("%%no_such_magic\nx = 1")],
    "failing_shell_call": [cell("!exit 3")],
    "failing_captured_shell_call": [cell("words = !exit 3")],
    "false_fact": [cell("print(round(1 / 3, 2))", "nbval-check-output", "0.34\n")],
    "false_claim": [cell(CLAIM.format("1 > 2"))],
}


@pytest.fixture(scope="module")
def verdicts(tmp_path_factory):
    """Name of each notebook -> the outcomes of its cells, from one guarded run over all."""
    folder = tmp_path_factory.mktemp("traps")
    for name, cells in (GREEN | RED).items():
        nbformat.write(new_notebook(cells=cells), folder / f"{name}.ipynb")
    command = "-m pytest -p tests.nbval_guard --nbval-lax --nbval-current-env -rA -q --no-header"
    command += f" -n 2 --dist loadscope --nbval-cell-timeout=120 -c {ROOT / 'pyproject.toml'}"
    run = subprocess.run(
        [sys.executable, *command.split(), folder],
        cwd=ROOT,
        capture_output=True,
        text=True,
    )
    outcomes = {name: [] for name in GREEN | RED}
    for line in run.stdout.splitlines():
        word, _, rest = line.partition(" ")
        if word in ("PASSED", "FAILED", "ERROR") and "::" in rest:
            outcomes[Path(rest.partition("::")[0]).stem].append(word)
    return outcomes


@pytest.mark.parametrize("name", GREEN)
def test_clean_notebook_is_green(verdicts, name):
    assert verdicts[name] == ["PASSED"] * len(GREEN[name])


@pytest.mark.parametrize("name", RED)
def test_trap_turns_red(verdicts, name):
    assert "FAILED" in verdicts[name]
