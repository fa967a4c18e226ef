"""The old faults of live figures turn a guarded run red, and a figure of its own stays green."""

import os
import subprocess
import sys
from pathlib import Path

import nbformat
import pytest
from nbformat.v4 import new_code_cell, new_notebook, new_output

ROOT = Path(__file__).resolve().parents[1]
START = "import random\nimport numpy as np\nimport torch\nfrom course_utils import plots"
SHOW = 'plots.live(fig, redraw, "A line over a range of numbers, moved.", a=(0, 1, 0.1, 0.5))'
LINE = """
x, table = np.linspace(0, 1, 5), torch.eye(5)
fig, ax = plots.plt.subplots(figsize=(2, 1))
ax.set(xlabel="x", ylabel="y")
(line,) = ax.plot(x, x)

def redraw(a):
    {body}

"""
OWN = """
def figure(x):
    fig, ax = plots.plt.subplots(figsize=(2, 1))
    ax.set(xlabel="x", ylabel="y")
    (line,) = ax.plot(x, x)

    def redraw(a):
        noise = rng.random() + np.random.rand() + random.random() + torch.rand(1).item()
        line.set_ydata(a * x + 0 * noise)
        ax.set_title(f"a = {a:.1f}")

    return fig, redraw

rng = np.random.default_rng(0)
fig, redraw = figure(np.linspace(0, 1, 5))
"""
BUTTON = """
def broken():
    return later

later = 1
plots.live(fig, redraw, "A line over a range of numbers, moved.", press=broken)
"""
SEED = "random.seed(0)\nnp.random.seed(0)\ntorch.manual_seed(0)\nprint('seeded')"
DRAW = "print(random.random(), np.random.rand(), torch.rand(1).item(), rng.random())"


def shape_of(body):
    return LINE.format(body=body) + SHOW


NOTEBOOKS = {  # name -> the cells, and what the report says; nothing of a good one
    "good": ([START, OWN + SHOW, SEED, DRAW, "x = ax = line = None"], ""),
    "array": (
        [START, shape_of("line.set_ydata(a * x)"), "x = np.linspace(0, 1, 7)"],
        "ValueError: shape mismatch",
    ),
    "type": (
        [START, shape_of("line.set_ydata(torch.matmul(table, torch.ones(5)))"), "table = []"],
        "must be Tensor, not list",
    ),
    "axis": (
        [START, shape_of("ax.set_ylim(0, 1 + a)"), "fig, ax = plots.plt.subplots()"],
        "live figure 1 looks different at",
    ),
    "button": (
        [START, OWN.replace("(a)", "(a=2)") + BUTTON, "del later"],
        "NameError: name 'later' is not defined",
    ),
    "at_once": (
        [START, shape_of("line.set_ydata(a * x if a else x[:2])")],
        "live figure 1 says at a = 0",
    ),
}


@pytest.fixture(scope="module")
def report(tmp_path_factory):
    """name -> the lines of a guarded run over it that tell an outcome, and all that it prints."""
    folder = tmp_path_factory.mktemp("live")
    # The first number of rng went into the figure when its cell drew it.
    rng = "0.8444218515250481 0.5488135039273248 0.49625658988952637 0.2697867137638703\n"
    for name, (sources, _) in NOTEBOOKS.items():
        cells = [new_code_cell(source, execution_count=k) for k, source in enumerate(sources, 1)]
        if name == "good":
            cells[3].outputs = [new_output("stream", name="stdout", text=rng)]
            cells[3].metadata.tags = ["nbval-check-output"]
        nbformat.write(new_notebook(cells=cells), folder / f"{name}.ipynb")
    options = "-p tests.live_guard --nbval-lax --nbval-current-env -rA -q --no-header -n 2"
    environment = {k: v for k, v in os.environ.items() if k != "PYTEST_ADDOPTS"}
    options += " --dist loadscope"
    run = subprocess.run(
        [sys.executable, "-m", "pytest", *options.split(), "-c", ROOT / "pyproject.toml", folder],
        cwd=ROOT,
        env=environment,
        capture_output=True,
        text=True,
    )
    lines = {
        name: [line for line in run.stdout.splitlines() if f"{name}.ipynb::" in line]
        for name in NOTEBOOKS
    }
    return lines, run.stdout


def test_a_figure_of_its_own_stays_green_and_costs_no_random_number(report):
    words = [line.split()[0] for line in report[0]["good"]]
    assert words == ["PASSED"] * len(NOTEBOOKS["good"][0]), report[1]


@pytest.mark.parametrize("name", [name for name in NOTEBOOKS if name != "good"])
def test_an_old_fault_turns_red_for_its_reason(report, name):
    assert any(line.startswith(("FAILED", "ERROR")) for line in report[0][name]), report[1]
    assert NOTEBOOKS[name][1] in report[1]
