"""Text stands out from its ground, as WCAG 2 asks: the measure itself, and what figures draw.

That of decks and widgets is looked at in `test_widgets_deck.py` and `test_widgets_lab.py`.
"""

import matplotlib as mpl
import pytest

from course_utils import plots
from tests.contrast import READ, TEXT, contrast, faint


@pytest.mark.parametrize("grey, expected", [("#000000", 21), ("#767676", 4.54), ("#777777", 4.48)])
def test_the_measure(grey, expected):
    assert contrast(grey, "#ffffff") == pytest.approx(expected, abs=0.01)


@pytest.mark.parametrize(
    "ink, ground, found", [("#999", "#fff", 1), ("#767676", "#fff", 0), ("#ddd", "#222", 0)]
)
def test_faint_text_is_found(browser, ink, ground, found):
    page = browser.new_page()
    page.set_content(f"<div style='background: {ground}'><p style='color: {ink}'>Words</p></div>")
    assert len(list(faint(page.locator("body").evaluate(READ)))) == found
    page.close()


def test_figures():
    ground = mpl.rcParams["figure.facecolor"]
    assert mpl.rcParams["axes.facecolor"] == ground == "white"
    for name in ("text.color", "axes.labelcolor", "xtick.color", "ytick.color"):
        assert contrast(mpl.rcParams[name], ground) >= TEXT, name
    for name in ("axes.titlecolor", "legend.labelcolor", "xtick.labelcolor", "ytick.labelcolor"):
        assert mpl.rcParams[name] in ("auto", None, "inherit", "None"), name
    assert contrast(plots.INK, ground) >= TEXT
