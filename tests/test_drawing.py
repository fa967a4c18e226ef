"""Which cells only draw: those are collapsed in a notebook."""

import pytest
from nbformat.v4 import new_code_cell, new_notebook

from tools.drawing import only_draws
from tools.notebooks import normalise

DRAWING = """fig, ax = plt.subplots()
for name, y in losses.items():
    ax.plot(y, label=name)
plots.show(fig, "Two curves that fall.")"""


def draws(source, *later):
    return only_draws(source, list(later))


def test_a_cell_that_shows_and_leaves_nothing_behind_only_draws():
    assert draws(DRAWING)
    assert draws(DRAWING, "print(losses)", "fig, ax = plt.subplots()\nax.plot(y_new)")
    assert draws(DRAWING, "for name in names:\n    print(name)", "[y for y in rows]")
    assert draws("import numpy as np\n" + DRAWING, "np.zeros(3)")  # imports are no result
    assert draws("%matplotlib inline\n" + DRAWING, "!ls", "%time f()")
    assert draws("plots.table(columns, 'Medians.')")
    assert draws("def line(ax):\n    ax.plot(x)\n\n\n" + DRAWING, "def line(ax): ...")


@pytest.mark.parametrize(
    "deed",
    [
        "claim('The loss falls', True)",
        "checks.claim('The loss falls', True)",
        "checks.check('01 marginal', marginal)",
        "train(net, steps=100)",
        "for step in Steps(100): ...",
        "loss.backward()",
        "x = rng.normal(size=3)",
        "x = torch.randn(3)",
        "torch.manual_seed(0)",
    ],
)
def test_a_cell_that_does_more_is_no_drawing(deed):
    assert not draws(deed + "\n" + DRAWING)


@pytest.mark.parametrize(
    "later",
    [
        "print(y)",
        "y = y + 1",
        "y += 1",
        "def f():\n    return y",
        "best = max(losses, key=lambda name: y[name])",
        "[y + k for k in range(3)]",
        "[k for k in y]",
        "ax.plot(1)\nax = None",
    ],
)
def test_a_cell_whose_names_are_read_later_is_no_drawing(later):
    assert not draws(DRAWING, "print('nothing')", later)


def test_a_cell_that_shows_nothing_is_no_drawing():
    assert not draws("total = 3")
    assert not draws("print(losses)")


def test_the_form_of_a_notebook_collapses_drawings_and_nothing_else():
    cells = [new_code_cell("losses = {}"), new_code_cell(DRAWING), new_code_cell("print(1)")]
    cells[0].metadata["jupyter"] = {"source_hidden": True}
    notebook = normalise(new_notebook(cells=cells))
    hidden = [cell.metadata.get("jupyter", {}).get("source_hidden") for cell in notebook.cells]
    assert hidden == [None, True, None]
    assert normalise(notebook) == notebook
