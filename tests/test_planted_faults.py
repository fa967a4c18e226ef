"""A fault in each layer of a lesson turns red, by what tests the real lessons and decks too.

Here are those that only a browser shows. A wrong fact and a dead callback are planted in
`test_nbval_guard` and `test_live_guard`.
"""

import pytest
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook

from publish.notebooks import execute
from tests.deck import deck_around, deck_of, faults, fetch_libraries
from tests.jupyterlab import open_executed

WIDGET = """
import anywidget

class Asks(anywidget.AnyWidget):
    _esm = '''export default {{
        render({{ el }}) {{ el.textContent = 'Here I am.'; {} }}
    }};'''

Asks()"""
ASKS = "fetch('https://example.org/numbers.json').catch(() => 0);"


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
