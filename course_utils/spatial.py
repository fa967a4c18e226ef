"""A plotly figure of points in space, drawn once more by matplotlib: for pages without plotly."""

import re
from typing import Any

import matplotlib.pyplot as plt
import numpy as np
from matplotlib.colors import to_rgba
from matplotlib.figure import Figure

POINT = 0.75  # of a pixel, of which 96 are an inch
WHOLE = (0.0, 1.0)


def drawn(figure: Any) -> Figure:
    """A matplotlib figure of what a plotly figure shows, seen from about the same place.

    Args:
        figure: a `plotly.graph_objects.Figure` with a width and a height, of `scatter3d` and
            `scatter` traces with markers or a text at each point.

    Raises:
        ValueError: width or height is missing, or a trace is of another kind.
    """
    layout, panels = figure.layout, {}
    if not (layout.width and layout.height):
        raise ValueError("A figure in space needs a width and a height: fig.update_layout(...).")
    drawing = plt.figure(figsize=(layout.width / 96, layout.height / 96), layout="none")
    for trace in figure.data:
        mode = getattr(trace, "mode", None)
        if trace.type not in ("scatter3d", "scatter") or mode not in ("markers", "text"):
            plt.close(drawing)
            raise ValueError(
                "A figure in space shows points: scatter3d and scatter with the mode 'markers' or "
                f"'text', not {trace.type} with the mode {mode!r}."
            )
        if trace.type == "scatter3d":
            kind, place = _space, trace.scene or "scene"
        else:
            kind, place = _plane, trace.xaxis or "x"
        if place not in panels:
            panels[place] = kind(drawing, layout, trace)
        _points(panels[place], trace)
    for ax in panels.values():
        if ax.name == "3d":
            _proportions(ax)
    for note in layout.annotations:
        anchors = {"ha": note.xanchor or "center", "va": note.yanchor or "center"}
        anchors["va"] = anchors["va"].replace("middle", "center")
        drawing.text(note.x, note.y, note.text, fontsize=12, **anchors)
    return drawing


def _space(drawing, layout, trace):
    scene = layout[trace.scene or "scene"]
    ax = drawing.add_axes(_inside(scene.domain.x, scene.domain.y), projection="3d")
    eye = scene.camera.eye
    x, y, z = (1.25 if at is None else at for at in (eye.x, eye.y, eye.z))  # plotly's own
    ax.view_init(elev=np.degrees(np.arctan2(z, np.hypot(x, y))), azim=np.degrees(np.arctan2(y, x)))
    for name in "xyz":
        axis = getattr(ax, f"{name}axis")
        axis.set_label_text(scene[f"{name}axis"].title.text or name)
        axis.set_pane_color((0.93, 0.95, 0.97, 1.0))
        axis.get_major_locator().set_params(nbins=4)
        axis.labelpad = -7
    ax.tick_params(labelsize=8, pad=-3)
    return ax


def _plane(drawing, layout, trace):
    across = layout[(trace.xaxis or "x").replace("x", "xaxis")]
    up = layout[(trace.yaxis or "y").replace("y", "yaxis")]
    left, bottom, width, height = _inside(across.domain, up.domain)
    right, high = 60 / layout.width, 45 / layout.height  # room for numbers and names
    ax = drawing.add_axes((left + right, bottom + high, width - 1.2 * right, height - 1.4 * high))
    ax.set(xlabel=across.title.text, ylabel=up.title.text)
    ax.tick_params(labelsize=9)
    if up.scaleanchor or across.scaleanchor:
        ax.set_aspect("equal", adjustable="datalim")
    return ax


def _inside(across, up):
    """Left, bottom, width and height of a domain, which is the whole figure if there is none."""
    (left, right), (bottom, top) = across or WHOLE, up or WHOLE
    return left, bottom, right - left, top - bottom


def _points(ax, trace):
    names = "xyz"[: 3 if trace.type == "scatter3d" else 2]
    place = [np.asarray(trace[name], float) for name in names]
    if trace.mode == "markers":
        style = {"depthshade": False} if len(place) == 3 else {}
        size = (POINT * (trace.marker.size or 6)) ** 2
        colour = "#636efa" if trace.marker.color is None else trace.marker.color  # plotly's own
        ax.scatter(*place, s=size, c=_colours(colour), lw=0, **style)
        return
    texts = trace.text if isinstance(trace.text, tuple) else [trace.text] * len(place[0])
    ax.scatter(*place, s=0)  # the axes follow points, not texts
    size = POINT * (trace.textfont.size or 12)
    (colour,) = _colours(trace.textfont.color)
    for *at, text in zip(*place, texts, strict=True):
        ax.text(*at, text, color=colour, fontsize=size, ha="center", va="center")


def _colours(value):
    """Colours in the ways that CSS writes them, as rows `(n, 4)`."""
    colours = [value or "#444444"] if isinstance(value, str | None) else value
    return [_rgba(colour) for colour in colours]


def _rgba(colour):
    if not colour.startswith("rgb"):
        return to_rgba(colour)
    red, green, blue, *alpha = (float(number) for number in re.findall(r"[\d.]+", colour))
    return (red / 255, green / 255, blue / 255, *(alpha or [1.0]))


def _proportions(ax):
    """As plotly does: true to scale, unless one side would be four times another."""
    sides = np.ptp([ax.get_xlim(), ax.get_ylim(), ax.get_zlim()], axis=1)
    small = ax.get_window_extent().height < 3 * ax.figure.dpi
    sides = sides if sides.max() <= 4 * sides.min() else (1, 1, 1)
    ax.set_box_aspect(sides, zoom=0.85 if small else 1.0)  # numbers need room in a small panel
