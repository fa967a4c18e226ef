"""A small notebook with one of each thing that a lesson shows, to be saved or exported."""

from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook

ALTS = {
    "painter": "A canvas to draw a density on, beside points drawn from it and its two marginals.",
    "player": "A hundred points that jump about five times.",
    "live": "A line that goes up to the height a.",
    "space": "Three points in space, at the corners of a triangle.",
    "show": "One empty square, the unit square.",
}
SOURCES = {
    "painter": "from course_utils.widgets.painter import Painter\n\nPainter()",
    "player": f"""
import numpy as np
from course_utils.widgets.player import Player

Player(np.random.default_rng(0).random((5, 100, 2)), {ALTS["player"]!r})""",
    "live": f"""
from course_utils import plots

fig, (ax,) = plots.planes(1)
(line,) = ax.plot([0, 1], [0, 1])
plots.live(fig, lambda a: line.set_ydata([0, a]), {ALTS["live"]!r}, a=(0.0, 1.0, 0.1, 0.5))""",
    "bar": """
from course_utils.training import Steps

for step in (bar := Steps(40, "walk")):
    bar.show(loss=0.25)""",
    "space": f"""
import plotly.graph_objects as go

fig = go.Figure(go.Scatter3d(x=[0, 1, 2], y=[0, 1, 0], z=[0, 0, 1], mode="markers"))
fig.update_layout(width=700, height=440)
plots.space(fig, {ALTS["space"]!r})""",
    "show": f"fig, axes = plots.planes(1)\nplots.show(fig, {ALTS['show']!r})",
    "plain": "import ipywidgets\n\nipywidgets.IntSlider()",
}
PROSE = "# One of each\n\nThis is prose, with $x^2$."


def one_of_each():
    """The notebook, not yet run: prose, then the cells of `SOURCES` in their order."""
    cells = [new_code_cell(source.strip()) for source in SOURCES.values()]
    notebook = new_notebook(cells=[new_markdown_cell(PROSE), *cells])
    notebook.metadata.kernelspec = {"name": "python3", "display_name": "Python 3"}
    return notebook
