"""Drag a code over the plane of the training codes, and see the picture that a decoder makes."""

import math
from collections.abc import Iterable

import numpy as np
import traitlets
from matplotlib.patheffects import withStroke
from numpy.typing import ArrayLike
from scipy.special import expit, ndtr

from course_utils import plots
from course_utils.arguments import HUGE, shown
from course_utils.widgets import base

MOST_CODES, MOST_NUMBERS = 3000, 32
ACTIVATIONS = {
    "relu": lambda v: np.maximum(v, 0),
    "leaky_relu": lambda v: np.where(v > 0, v, 0.2 * v),
    "gelu": lambda v: v * ndtr(v),
    "tanh": np.tanh,
}
OUTPUTS = dict(sigmoid=expit, tanh=lambda v: np.tanh(v) / 2 + 0.5, none=lambda v: v.clip(0, 1))


class Decoder(base.CourseWidget):
    """A decoder g(z), a multilayer perceptron: codes in a plane, and the picture it makes of z.

    The plane shows two numbers of the codes, `plane`, counted from 0: [0, 1] at first. Dragging
    changes these two of z, and no other. `z` and `plane` are what is chosen now, and can be set.

    Args:
        layers: `(W, b)` of each layer x @ W + b, arrays or tensors `(in, out)` and `(out,)`. From d
            numbers, 2 to 32, to the pixels of a square, row by row from the top. Kept as float32.
        codes: `(n, d)`, at most 3,000, drawn behind z.
        labels: class of each code, 0 to 9: its colour, and a digit at the class's median. Or None.
        alt: one sentence that says what is to be seen.
        activation: after each layer but the last: relu, leaky_relu (0.2), gelu or tanh.
        output: after the last: sigmoid; tanh, shown as (x + 1) / 2; none, cut off at 0 and 1.
        z: the code to start from; the mean of the codes if not given.

    Raises:
        ValueError: a shape does not fit, the codes are too many, or a number is not finite.
    """

    _esm = base.script("decoder")
    widths = traitlets.List().tag(sync=True)
    weights = traitlets.Bytes().tag(sync=True)
    activation = traitlets.Unicode().tag(sync=True)
    output = traitlets.Unicode().tag(sync=True)
    codes = traitlets.Bytes().tag(sync=True)
    labels = traitlets.Bytes().tag(sync=True)
    medians = traitlets.Dict().tag(sync=True)
    limits = traitlets.List().tag(sync=True)
    colours = traitlets.List([*plots.TEN]).tag(sync=True)
    z = traitlets.List(traitlets.Float()).tag(sync=True)
    plane = traitlets.List(traitlets.Int(), [0, 1]).tag(sync=True)

    def __init__(
        self,
        layers: Iterable[tuple[ArrayLike, ArrayLike]],
        codes: ArrayLike,
        labels: ArrayLike | None,
        alt: str,
        activation: str = "gelu",
        output: str = "sigmoid",
        z: ArrayLike | None = None,
    ) -> None:
        codes = base.array(codes)
        if codes.ndim != 2 or not 1 <= len(codes) <= MOST_CODES:
            raise ValueError(f"codes must be 1 to {MOST_CODES}, (n, d), not {codes.shape}.")
        n, d = codes.shape
        if not 2 <= d <= MOST_NUMBERS or not np.isfinite(codes).all():
            raise ValueError(f"A code must be 2 to {MOST_NUMBERS} finite numbers.")
        self._layers = base.checked_layers(layers, d, f"a code has {d}")
        pixels = len(self._layers[-1][1])
        if not pixels or math.isqrt(pixels) ** 2 != pixels:
            raise ValueError(f"The last layer must give a square of pixels, not {pixels}.")
        if activation not in ACTIVATIONS or output not in OUTPUTS:
            raise ValueError(f"Choose activation of {[*ACTIVATIONS]} and output of {[*OUTPUTS]}.")
        c = base.array([] if labels is None else labels, None)
        if not (labels is None or (c.shape == (n,) and np.isin(c, range(10)).all())):
            raise ValueError(f"labels must be {n} whole numbers from 0 to 9, one a code, or None.")
        super().__init__(
            **base.in_bytes(self._layers),
            activation=activation,
            output=output,
            codes=codes.tobytes(),
            labels=np.uint8(c).tobytes(),
            medians={str(int(k)): np.median(codes[c == k], 0).tolist() for k in np.unique(c)},
            limits=[_limits(column) for column in codes.T.astype(float)],
            z=_code(codes.mean(axis=0, dtype=float) if z is None else z, d).tolist(),
            alt=alt,
        )

    def decode(self, z: ArrayLike) -> np.ndarray:
        """The picture of a code of d numbers: float64 `(side, side)` in [0, 1], row 0 on top."""
        bend, end = ACTIVATIONS[self.activation], OUTPUTS[self.output]
        x = base.forward(self._layers, _code(z, self.widths[0]), bend, end)
        return x.reshape(2 * [math.isqrt(x.size)])

    @traitlets.validate("z", "plane")
    def _fits(self, proposal):
        value, d = proposal["value"], self.widths[0]
        if proposal["trait"].name == "z":
            _code(value, d, traitlets.TraitError)
        elif len(value) != 2 or len({*value} & {*range(d)}) != 2:
            raise traitlets.TraitError(f"plane must be two of 0 to {d - 1}, not {value}.")
        return value

    def _first_picture(self):
        codes, (x, y) = np.frombuffer(self.codes, "<f4").reshape(-1, self.widths[0]), self.plane
        fig, (left, right) = plots.plt.subplots(1, 2, figsize=(7.6, 4.3))
        colours = [plots.TEN[k] for k in self.labels] or plots.BLUE
        left.scatter(*codes[:, [x, y]].T, 6, colours, lw=0)
        left.plot(self.z[x], self.z[y], "o", color=plots.ORANGE, ms=12, mew=1.5, mec="white")
        halo = dict(path_effects=[withStroke(linewidth=3, foreground="white")], weight="bold")
        for k, at in self.medians.items():
            left.text(at[x], at[y], k, ha="center", va="center", clip_on=True, **halo)
        left.set(xlim=self.limits[x], ylim=self.limits[y], box_aspect=1, title="codes z")
        left.set(xlabel=f"$z_{{{x + 1}}}$", ylabel=f"$z_{{{y + 1}}}$")
        right.imshow(self.decode(self.z), vmin=0, vmax=1, origin="upper")
        right.set(title="picture g(z)", xticks=[], yticks=[])
        return fig


def _code(z, d, error=ValueError):
    code = base.array(z, float)
    if code.shape != (d,) or not (abs(code) <= HUGE).all():
        raise error(f"z must be {d} finite numbers, not {shown(z)}.")
    return code


def _limits(values):
    """The least and the largest but for a hundredth, and a margin, as numbers of few digits."""
    low, high = np.percentile(values, [1, 99])
    margin = 0.1 * (high - low) or 0.5
    unit = 10.0 ** (math.floor(math.log10((high - low) / 2 + margin)) - 1)
    ends = math.floor((low - margin) / unit), math.ceil((high + margin) / unit)
    return [float(f"{end * unit:.12g}") for end in ends]
