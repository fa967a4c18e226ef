"""One palette, one style, and every figure with a text that says what is to be seen."""

import io
from html import escape

import ipywidgets
import matplotlib.pyplot as plt
import numpy as np
from IPython.display import HTML, Image, Markdown, display

# M. Okabe and K. Ito, "Color Universal Design" (2008): tells apart for every kind of colour vision.
BLUE, ORANGE, GREEN, PINK = "#0072B2", "#D55E00", "#009E73", "#CC79A7"
SKY, YELLOW, GREY, INK = "#56B4E9", "#E69F00", "#999999", "#222222"

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


def planes(columns: int, rows: int = 1, size: float = 3.0):
    """Figure and a flat list of `rows * columns` axes that each show the unit square, x and y."""
    fig, axes = plt.subplots(
        rows, columns, figsize=(columns * size, rows * (size + 0.2)), squeeze=False
    )
    for ax in axes.flat:
        ax.set(xlim=(0, 1), ylim=(0, 1), aspect="equal", xticks=[0, 1], yticks=[0, 1])
        ax.set_xlabel("x", labelpad=-8)
        ax.set_ylabel("y", labelpad=-8)
        ax.spines[:].set_visible(True)
    return fig, list(axes.flat)


def density(ax, pdf):
    """Draw a density `(N, N)`, row 0 at the bottom, over the unit square; white is probable."""
    return ax.imshow(pdf, extent=(0, 1, 0, 1), vmin=0)


def points(ax, x, color=BLUE, size=1.6, **style):
    """Draw points `(n, 2)`."""
    return ax.plot(*np.asarray(x).T, ".", color=color, ms=size, mew=0, **style)[0]


def show(fig, alt: str):
    """Display a finished figure with its alt text, and close it.

    Raises:
        ValueError: the alt text is missing, or visible axes have no labels.
    """
    _require_text(fig, alt)
    width = round(fig.get_figwidth() * 96)
    display(Image(png(fig, dpi=144), format="png", alt=alt, width=width))
    _speak(alt)
    plt.close(fig)


def live(fig, update, alt: str, **sliders):
    """Show a figure under sliders; `update(**values)` changes its artists, nothing is redrawn anew.

    Args:
        sliders: name -> (lowest, highest, step, start).

    The notebook file keeps the first picture with its alt text, so it can be read without a kernel.
    """
    _require_text(fig, alt)
    controls = {
        name: ipywidgets.FloatSlider(
            min=low, max=high, step=step, value=start, description=name, readout_format=".2f"
        )
        for name, (low, high, step, start) in sliders.items()
    }

    def picture():
        update(**{name: slider.value for name, slider in controls.items()})
        return png(fig, dpi=96)

    image = ipywidgets.Image(value=picture(), format="png")

    def redraw(change):
        image.value = picture()

    for slider in controls.values():
        slider.observe(redraw, "value")
    box = ipywidgets.VBox([*controls.values(), image])
    first = Image(image.value, format="png", alt=alt)
    data, metadata = first._repr_mimebundle_()
    widget = box._repr_mimebundle_()["application/vnd.jupyter.widget-view+json"]
    data["application/vnd.jupyter.widget-view+json"] = widget
    display(data, metadata=metadata, raw=True)
    _speak(alt)
    plt.close(fig)


def table(columns: dict[str, list], caption: str):
    """Display columns, heading -> values as text, as a table under a caption."""
    lines = [columns, ["---"] * len(columns), *zip(*columns.values(), strict=True)]
    body = "\n".join("| " + " | ".join(map(str, line)) + " |" for line in lines)
    display(Markdown(f"**{caption}**\n\n{body}"))


def _speak(alt):
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


def png(fig, dpi: int) -> bytes:
    """The figure as the bytes of a PNG file, the same for the same figure."""
    buffer = io.BytesIO()
    fig.savefig(buffer, format="png", dpi=dpi, metadata={"Software": None})
    return buffer.getvalue()
