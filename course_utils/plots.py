"""One palette, one style, and every figure with a text that says what is to be seen."""

import base64
import io
from collections.abc import Callable, Sequence
from html import escape
from typing import Any

import matplotlib.pyplot as plt
import numpy as np
import PIL.Image
from IPython.display import HTML, Markdown, display
from matplotlib.image import AxesImage
from numpy.typing import ArrayLike

from course_utils import spatial
from course_utils.arguments import number, whole
from course_utils.live import Live, settle

# M. Okabe and K. Ito, "Color Universal Design" (2008): tells apart for every kind of colour vision.
BLUE, ORANGE, GREEN, PINK = "#0072B2", "#D55E00", "#009E73", "#CC79A7"
SKY, YELLOW, GREY, INK = "#56B4E9", "#E69F00", "#999999", "#222222"
# Ten classes, the same way: the scheme "muted" of P. Tol, "Colour Schemes" (2021), and ink.
TEN = ("#332288", "#88CCEE", "#44AA99", "#117733", "#999933")
TEN += ("#DDCC77", "#CC6677", "#882255", "#AA4499", INK)

NOTE = "run this cell to bring it back to life"  # under the stored picture of what is alive
NOTE_WIDTH, NOTE_HEIGHT = 3.2, 28  # inches at least, and pixels of 96 dots per inch

plt.rcParams.update(
    {
        "figure.dpi": 96,
        "figure.constrained_layout.use": True,
        "font.size": 11,
        "axes.titlesize": 12,
        "axes.prop_cycle": plt.cycler(color=[BLUE, ORANGE, GREEN, PINK, SKY, YELLOW, GREY]),
        "axes.spines.top": False,
        "axes.spines.right": False,
        "image.cmap": "gray",
        "image.interpolation": "nearest",
        "image.origin": "lower",
        "legend.frameon": False,
    }
)


def planes(columns: int, rows: int = 1, size: float = 3.0) -> tuple[plt.Figure, list[plt.Axes]]:
    """Figure and a flat list of `rows * columns` axes that each show the unit square, x and y."""
    rows, columns = whole("rows", rows, 1, 100), whole("columns", columns, 1, 100)
    size = number("size", size, 0.1, 100)
    shape = columns * size, rows * (size + 0.2)
    fig, axes = plt.subplots(rows, columns, figsize=shape, squeeze=False)
    for ax in axes.flat:
        ax.set(xlim=(0, 1), ylim=(0, 1), aspect="equal", xticks=[0, 1], yticks=[0, 1])
        ax.set_xlabel("x", labelpad=-8)
        ax.set_ylabel("y", labelpad=-8)
        ax.spines[:].set_visible(True)
    return fig, list(axes.flat)


def density(ax: plt.Axes, pdf: np.ndarray) -> AxesImage:
    """Draw a density `(N, N)`, row 0 at the bottom, over the unit square; white is probable."""
    return ax.imshow(pdf, extent=(0, 1, 0, 1), vmin=0)


def points(
    ax: plt.Axes, x: ArrayLike, color: str = BLUE, size: float = 1.6, **style: Any
) -> plt.Line2D:
    """Draw points `(n, 2)`."""
    return ax.plot(*np.asarray(x).T, ".", color=color, ms=size, mew=0, **style)[0]


def clouds(
    sets: Sequence[tuple], alt: str, columns: int = 4, size: float = 2.1, above: Sequence = ()
) -> None:
    """Show sets of points, (title, `(n, 2)`) pairs, one square each.

    `above`: densities `(N, N)` for a row of pictures on top.
    """
    rows = -(-len(sets) // columns) + bool(len(above))
    fig, axes = planes(columns, rows, size)
    for ax, pdf in zip(axes, above, strict=False):
        density(ax, pdf)
    for ax in axes[len(above) + len(sets) :]:
        ax.set_axis_off()
    for ax, (title, x) in zip(axes[len(above) :], sets, strict=False):
        points(ax, x, size=0.3 * size)
        ax.set_title(title, fontsize=5 + 2 * size)
    show(fig, alt)


def strips(ax: plt.Axes, groups: dict, label: str, level: float | None = None) -> None:
    """Draw groups of numbers, name -> values: a row of dots each, a bar at its median.

    `level` is a dashed line, for example the floor.
    """
    for row, values in enumerate(groups.values()):
        ax.plot(values, [row] * len(values), "o", alpha=0.5, mew=0)
        ax.plot(np.median(values), row, "|", color=INK, ms=14, mew=2)
    if level is not None:
        ax.axvline(level, color=GREY, ls="--", zorder=0)
    ax.set(xlabel=label, ylim=(len(groups) - 0.5, -0.5), xlim=(0, None))
    ax.set_yticks(range(len(groups)), list(groups))


def curves(
    ax: plt.Axes, x: ArrayLike, lines: dict, labels: tuple[str, str], levels: dict | None = None
) -> None:
    """Draw lines, name -> y, over x; `levels`, name -> number, are dashed in the line's colour."""
    for name, y in lines.items():
        (line,) = ax.plot(x, y, label=name)
        if levels and name in levels:
            ax.axhline(levels[name], color=line.get_color(), ls="--", lw=1)
    ax.set(xlabel=labels[0], ylabel=labels[1])
    if len(lines) > 1:
        ax.legend()


def filters(groups: dict, alt: str) -> None:
    """Show filters, name -> `(S, K, L)`: a row for each name, a panel for each of K, S lines in it.

    Each is scaled to length 1, with the sign that fits that of the first network best.
    """
    K = np.shape(next(iter(groups.values())))[1]
    fig, axes = plt.subplots(
        len(groups), K, figsize=(3 * K, 1.75 * len(groups)), sharex=True, sharey=True, squeeze=False
    )
    for row, name in zip(axes, groups, strict=True):
        w = groups[name]
        w = w / np.linalg.norm(w, axis=2, keepdims=True)
        w = np.asarray(w * np.where((w * w[:1]).sum(2)[..., None] < 0, -1, 1))
        for k, ax in enumerate(row):
            ax.plot(w[:, k].T, color=BLUE, alpha=0.5)
            ax.set(xlabel="point", ylabel=name)
            ax.xaxis.label.set_visible(ax in axes[-1])
            ax.yaxis.label.set_visible(k == 0)
    for k, ax in enumerate(axes[0], 1):
        ax.set_title(f"filter {k}")
    show(fig, alt)


def pictures(
    grid: np.ndarray | Sequence,
    alt: str,
    size: float = 1.0,
    names: Sequence[str] = (),
    heads: Sequence[str] = (),
    limits: tuple[float | None, float | None] = (None, None),
) -> None:
    """Show pictures `(rows, columns, h, w)`, row 0 of each on top.

    `names` stand before the rows, `heads` over the columns. `limits` are the values of black and
    white; without them each picture has its own. A picture that is all NaN leaves a gap.
    """
    rows, columns = np.shape(grid)[:2]
    fig, axes = plt.subplots(rows, columns, figsize=(columns * size, rows * size), squeeze=False)
    for ax, picture in zip(axes.flat, (p for row in grid for p in row), strict=True):
        ax.imshow(picture, vmin=limits[0], vmax=limits[1], origin="upper")
        ax.set_axis_off()
    for ax, head in zip(axes[0], heads, strict=False):
        ax.set_title(head, fontsize=10)
    for ax, name in zip(axes[:, 0], names, strict=False):
        ax.text(-0.1, 0.5, name, transform=ax.transAxes, ha="right", va="center")
    show(fig, alt)


def space(fig: Any, alt: str) -> None:
    """Display a plotly figure of points in space, which can be turned with the mouse.

    The file keeps a picture of it with its alt text, for pages that do not draw plotly's figures.

    Raises:
        ValueError: as `spatial.drawn`.
    """
    fig.update_layout(margin=dict(l=0, r=0, t=0, b=0), showlegend=False, hovermode=False)
    fig.update_scenes(camera_eye=dict(x=1.5, y=1.5, z=0.8))
    picture = spatial.drawn(fig)
    # Of the same size: JupyterLab shows the picture until the mouse comes to turn the figure.
    data, metadata = _stored(png(picture, dpi=96), alt)
    plt.close(picture)
    display({**fig._repr_mimebundle_(), **data}, metadata=metadata, raw=True)
    speak(alt)


def show(fig: plt.Figure, alt: str) -> None:
    """Display a finished figure with its alt text, and close it.

    Raises:
        ValueError: the alt text is missing, or visible axes have no labels.
    """
    _require_text(fig, alt)
    width = round(fig.get_figwidth() * 96)
    data, metadata = _stored(png(fig, dpi=144), alt, width=width)
    display(data, metadata=metadata, raw=True)
    speak(alt)
    plt.close(fig)


def live(fig: plt.Figure, update: Callable[..., object], alt: str, **controls: Any) -> None:
    """Show a figure under sliders and buttons; nothing is drawn anew but what `update` changes.

    Args:
        update: called with the value of each slider by name; changes the figure's artists.
        controls: name -> (lowest, highest, step, start) for a slider, or a function for a button
            that calls it, then redraws.

    The notebook file keeps the first picture with its alt text, so it can be read without a kernel.
    """
    _require_text(fig, alt)

    def draw(**values):
        update(**values)
        return png(fig, dpi=96)

    settle(fig)
    figure = Live(draw, controls, f"{96 * fig.get_figwidth():.0f}px")
    data, metadata = still(fig, alt)
    view = "application/vnd.jupyter.widget-view+json"
    data[view] = (figure.box._repr_mimebundle_() or {})[view]
    display(data, metadata=metadata, raw=True)
    speak(alt)
    plt.close(fig)


def table(columns: dict[str, list], caption: str) -> None:
    """Display columns, heading -> values as text, as a table under a caption."""
    lines = [columns, ["---"] * len(columns), *zip(*columns.values(), strict=True)]
    body = "\n".join("| " + " | ".join(map(str, line)) + " |" for line in lines)
    display(Markdown(f"**{caption}**\n\n{body}"))


def scores(
    groups: dict[str, list[dict]], caption: str, floor: dict[str, float] | None = None
) -> dict[str, dict[str, float]]:
    """Table of the median of each number of `metrics.measure` and others, for groups of them.

    Returns the medians, name -> number -> value. If given, the floor is the last line.
    """
    form = {"SW": ".1f", "precision": ".3f", "coverage": ".2f", "TV": ".3f", "bridge": ".2%"}
    form |= {key: ".3f" for key in next(iter(groups.values()))[0] if key not in form}
    medians = {
        name: {key: float(np.median([row[key] for row in rows])) for key in form}
        for name, rows in groups.items()
    }
    lines = {**medians, "floor (real points)": floor} if floor else medians
    columns: dict = {"": lines}
    for key, spec in form.items():
        texts = [format(values.get(key, np.nan), spec) for values in lines.values()]
        if any("nan" not in text for text in texts):
            columns[key] = ["–" if "nan" in text else text for text in texts]
    worst = [f"{max(row['SW'] for row in rows):.1f}" for rows in groups.values()]
    table({**columns, "worst SW": worst + [""] * bool(floor)}, caption)
    return medians


def still(fig: plt.Figure, alt: str, note: str = NOTE) -> tuple[dict, dict]:
    """What a file keeps of a widget: the figure as a picture, and below it a line, the note.

    Returns data and metadata by MIME type, to which the widget's own view is added; the metadata
    name the height of the line in pixels, so that a page without cells can cut it off.
    """
    line = plt.figure(figsize=(max(fig.get_figwidth(), NOTE_WIDTH), NOTE_HEIGHT / 96))
    line.text(0.5, 0.5, note, color="#555555", style="italic", ha="center", va="center")
    above, below = (PIL.Image.open(io.BytesIO(png(part, dpi=96))) for part in (fig, line))
    plt.close(line)
    whole = PIL.Image.new("RGB", (below.width, above.height + below.height), "white")
    whole.paste(above, ((below.width - above.width) // 2, 0))
    whole.paste(below, (0, above.height))
    buffer = io.BytesIO()
    whole.save(buffer, "png", optimize=True)
    return _stored(buffer.getvalue(), alt, note=NOTE_HEIGHT)


def _stored(picture: bytes, alt, **about):
    """Data and metadata of a PNG in a notebook, with its alt text and what else is known of it."""
    text = base64.b64encode(picture).decode()
    return {"image/png": text, "text/plain": alt}, {"image/png": {"alt": alt, **about}}


def speak(alt: str) -> None:
    """Write the alt text for screen readers: JupyterLab drops that of a picture and a widget."""
    unseen = "position:absolute;width:1px;height:1px;overflow:hidden;clip-path:inset(50%)"
    display(HTML(f"<div style='{unseen}'>Figure: {escape(alt)}</div>"))


def _require_text(fig, alt):
    if len(alt.split()) < 5:
        raise ValueError("A figure needs an alt text: one sentence that says what is to be seen.")
    for ax in fig.axes:
        if ax.axison and not (ax.get_xlabel() and ax.get_ylabel()):
            raise ValueError(
                f"The axes {ax.get_title()!r} lack a label: set both, or switch the axes off."
            )


def png(fig: plt.Figure, dpi: int) -> bytes:
    """The figure as the bytes of a PNG file, the same for the same figure."""
    buffer = io.BytesIO()
    fig.savefig(buffer, format="png", dpi=dpi, metadata={"Software": None})
    return buffer.getvalue()
