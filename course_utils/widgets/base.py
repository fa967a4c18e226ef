"""What the widgets share: a first picture for readers without a kernel, an alt text, a network."""

import re
from collections.abc import Callable, Iterable
from pathlib import Path

import anywidget
import numpy as np
import traitlets
from IPython.display import display
from numpy.typing import ArrayLike, DTypeLike

from course_utils import plots
from course_utils.arguments import real

IMPORT = re.compile(r'^import \{[^}]*\} from "\./(\w+)\.js";\n', re.MULTILINE)
Layers = list[tuple[np.ndarray, np.ndarray]]  # (W, b) of each layer of a perceptron
EXPORT = re.compile(r"^export (?!default )", re.MULTILINE)


class CourseWidget(anywidget.AnyWidget):
    """An anywidget that is stored with a picture of its first state and an alt text.

    A subclass sets `_esm` and draws its first state in `_first_picture`.
    """

    _note = plots.NOTE
    alt = traitlets.Unicode().tag(sync=True)

    def _first_picture(self):
        """A matplotlib figure of the widget as it looks before it is touched."""
        raise NotImplementedError

    def _repr_mimebundle_(self, **kwargs):
        bundle = super()._repr_mimebundle_(**kwargs)
        data, metadata = bundle if isinstance(bundle, tuple) else (bundle or {}, {})
        fig = self._first_picture()
        picture, picture_metadata = plots.still(fig, self.alt, self._note)
        plots.plt.close(fig)
        return {**data, **picture}, {**metadata, **picture_metadata}

    def _ipython_display_(self):
        data, metadata = self._repr_mimebundle_()
        display(data, metadata=metadata, raw=True)
        plots.speak(self.alt)


def script(name: str) -> str:
    """The JavaScript of a widget as one module: its file, behind those here that it imports."""
    parts: dict[str, str] = {}

    def read(name: str) -> None:
        text = (Path(__file__).parent / f"{name}.js").read_text("utf-8")
        for other in IMPORT.findall(text):
            if other not in parts:
                read(other)
        parts[name] = EXPORT.sub("", IMPORT.sub("", text))

    read(name)
    return "\n".join(parts.values())


def array(value: ArrayLike, kind: DTypeLike | None = "<f4") -> np.ndarray:
    """An array, or a tensor from any device, as an array; of float32, as the browser gets it.

    Raises:
        TypeError: it does not hold real numbers.
    """
    with np.errstate(over="ignore"):  # what gets infinite is refused later
        return np.asarray(real("What a widget shows", value), kind)


def checked_layers(layers: Iterable[tuple[ArrayLike, ArrayLike]], given: int, there: str) -> Layers:
    """The layers `(W, b)` of a perceptron x @ W + b as float32 arrays.

    Raises:
        ValueError: they do not take the `given` numbers, which is what `there` says, one does not
            take what the one before gives, or a weight is not finite.
    """
    checked = [(array(W), array(b)) for W, b in layers]
    if not checked:
        raise ValueError("layers must hold at least one (W, b).")
    for number, (W, b) in enumerate(checked, 1):
        if W.ndim != 2 or b.shape != W.shape[1:]:
            raise ValueError(
                f"Layer {number} must have W of shape (in, out) and b of shape (out,), "
                f"not {W.shape} and {b.shape}."
            )
        if len(W) != given:
            raise ValueError(f"Layer {number} takes {len(W)} numbers, but {there}.")
        if not (np.isfinite(W).all() and np.isfinite(b).all()):
            raise ValueError(f"Layer {number} has NaN or infinite weights.")
        given = len(b)
        there = f"layer {number} gives {given}"
    return checked


def in_bytes(layers: Layers) -> dict:
    """The traits of a perceptron, as `perceptron.js` takes them."""
    return {
        "widths": [len(layers[0][0]), *(len(b) for _, b in layers)],
        "weights": b"".join(W.tobytes() + b.tobytes() for W, b in layers),
    }


def forward(
    layers: Layers,
    x: np.ndarray,
    bend: Callable[[np.ndarray], np.ndarray],
    end: Callable[[np.ndarray], np.ndarray],
) -> np.ndarray:
    """What a perceptron makes of x `(n, in)`: `bend` follows each layer, but `end` the last."""
    *hidden, (W_last, b_last) = layers
    for W, b in hidden:
        x = bend(x @ W + b)
    return end(x @ W_last + b_last)
