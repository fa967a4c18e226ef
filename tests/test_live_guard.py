"""The old faults of live figures turn a guarded run red, and a figure of its own stays green."""

import pytest
from nbformat.v4 import new_code_cell, new_output

from tests import guarded

pytestmark = pytest.mark.notebook
START = "import numpy as np\nfrom course_utils import plots"
TORCH = "\nimport random\nimport torch"
SHOW = 'plots.live(fig, redraw, "A line over a range of numbers, moved.", a=(0, 1, 0.1, 0.5))'
LINE = """
x = np.linspace(0, 1, 5)
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
    "good": ([START + TORCH, OWN + SHOW, SEED, DRAW, "x = ax = line = None"], ""),
    "array": (
        [START, shape_of("line.set_ydata(a * x)"), "x = np.linspace(0, 1, 7)"],
        "ValueError: shape mismatch",
    ),
    "type": (
        [
            START + TORCH + "\ntable = torch.eye(5)",
            shape_of("line.set_ydata(torch.matmul(table, torch.ones(5)))"),
            "table = []",
        ],
        "must be Tensor, not list",
    ),
    "axis": (
        [START, shape_of("ax.set_ylim(0, 1 + a)"), "fig, ax = plots.plt.subplots()"],
        "live figure 1 looks different at",
    ),
    "button": (
        [START + TORCH, OWN.replace("(a)", "(a=2)") + BUTTON, "del later"],
        "NameError: name 'later' is not defined",
    ),
    "at_once": (
        [START, shape_of("line.set_ydata(a * x if a else x[:2])")],
        "live figure 1 says at a = 0",
    ),
}


@pytest.fixture(scope="module")
def report(tmp_path_factory):
    """What one guarded run over all of them prints."""
    # The first number of rng went into the figure when its cell drew it.
    rng = "0.8444218515250481 0.5488135039273248 0.49625658988952637 0.2697867137638703\n"
    notebooks = {
        name: [new_code_cell(source, execution_count=k) for k, source in enumerate(sources, 1)]
        for name, (sources, _) in NOTEBOOKS.items()
    }
    notebooks["good"][3].outputs = [new_output("stream", name="stdout", text=rng)]
    notebooks["good"][3].metadata.tags = ["nbval-check-output"]
    return guarded.run(tmp_path_factory.mktemp("live"), notebooks).stdout


def test_a_figure_of_its_own_stays_green_and_costs_no_random_number(report):
    assert guarded.outcomes(report, "good") == ["PASSED"] * len(NOTEBOOKS["good"][0]), report


@pytest.mark.parametrize("name", [name for name in NOTEBOOKS if name != "good"])
def test_an_old_fault_turns_red_for_its_reason(report, name):
    assert {"FAILED", "ERROR"} & {*guarded.outcomes(report, name)}, report
    assert NOTEBOOKS[name][1] in report
