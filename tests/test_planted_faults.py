"""A fault in each layer of a lesson turns red, by what tests the real lessons and decks too."""

import pytest
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook, new_output

from publish.notebooks import execute
from tests import guarded
from tests.deck import deck_around, deck_of, faults, fetch_libraries
from tests.jupyterlab import open_executed

FACT = "print(round(1 / 3, 2))"
FIGURE = """
from course_utils import plots

fig, ax = plots.plt.subplots(figsize=(2, 1))
ax.set(xlabel="x", ylabel="y")
(line,) = ax.plot([0, 1], [0, 1])
plots.live(fig, lambda a: line.set_ydata([0, a{}]), "A line that goes up to the height a.",
           a=(0.0, 1.0, 0.1, 0.5))"""
WIDGET = """
import anywidget

class Asks(anywidget.AnyWidget):
    _esm = '''export default {{
        render({{ el }}) {{ el.textContent = 'Here I am.'; {} }}
    }};'''

Asks()"""
ASKS = "fetch('https://example.org/numbers.json').catch(() => 0);"


@pytest.fixture(scope="module")
def told(tmp_path_factory):
    """What a guarded run tells of two sound notebooks and of the same with a fault."""

    def fact(stored):
        output = new_output("stream", name="stdout", text=f"{stored}\n")
        tags = {"tags": ["nbval-check-output"]}
        return [new_code_cell(FACT, outputs=[output], execution_count=1, metadata=tags)]

    notebooks = {
        "true_fact": fact("0.33"),
        "wrong_fact": fact("0.34"),
        "live_callback": [new_code_cell(FIGURE.format(""))],
        "dead_callback": [new_code_cell(FIGURE.format(" if a < 0.9 else gone"))],
    }
    return guarded.run(tmp_path_factory.mktemp("faults"), notebooks).stdout


@pytest.mark.notebook
@pytest.mark.parametrize(
    "sound, broken, words",
    [
        ("true_fact", "wrong_fact", "Cell outputs differ"),
        ("live_callback", "dead_callback", "name 'gone' is not defined"),
    ],
)
def test_a_wrong_fact_and_a_dead_callback_turn_nbval_red(told, sound, broken, words):
    assert guarded.outcomes(told, sound) == ["PASSED"]
    assert guarded.outcomes(told, broken) == ["FAILED"] and words in told


@pytest.mark.parametrize("items, red", [(3, False), (30, True)])
def test_an_overflowing_slide_turns_its_deck_red(browser, tmp_path, items, red):
    fetch_libraries()
    points = "\n".join(f"- point {number}" for number in range(items))
    cells = [new_markdown_cell("# Title"), new_markdown_cell(f"## Points\n\n{points}")]
    found = faults(browser, deck_of(cells, tmp_path))
    assert any("reaches" in fault for fault in found) == bool(found) == red


@pytest.mark.parametrize("act, red", [("", False), (ASKS, True)])
def test_a_widget_that_asks_the_network_turns_its_deck_red(browser, tmp_path, act, red):
    found = faults(browser, deck_around(WIDGET.format(act), tmp_path))
    assert any(fault == "asks for https://example.org/numbers.json" for fault in found) == red
    assert bool(found) == red


def test_a_broken_widget_turns_its_opened_lesson_red(lab, lab_folder, browser):
    """Both from the stored state, as the lessons are opened."""
    for act in ("", "throw new Error('broken');"):
        notebook = new_notebook(cells=[new_code_cell(WIDGET.format(act))])
        execute(notebook, lab_folder, store_widget_state=True)
        if not act:
            open_executed(browser, lab, lab_folder, notebook, "sound.ipynb").close()
        else:
            with pytest.raises(AssertionError, match="an error in the page"):
                open_executed(browser, lab, lab_folder, notebook, "broken.ipynb")
