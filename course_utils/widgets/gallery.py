"""Look up stored pictures by a few choices, in the browser."""

import io
from collections.abc import Mapping, Sequence
from textwrap import fill

import numpy as np
import traitlets
from numpy.typing import ArrayLike
from PIL import Image

from course_utils import plots
from course_utils.widgets import base

MOST = 16383  # pixels on a side of a WebP picture


class Gallery(base.CourseWidget):
    """One picture for each combination of choices: buttons, and for the last choice a slider.

    `state`, an index on each axis, is what is chosen now, and can be set; it opens at the first
    value of each choice, and at the end of the last.

    Args:
        frames: `(n_1, ..., n_k, h, w, 3)`, row 0 at the top; uint8, or floats from 0 to 1. Stored
            as one WebP picture, a column for each value of the last choice; and of each red, green
            and blue in grey side by side, as WebP halves the resolution of colours.
        axes: name of a choice -> its values, in the order of the array.
        alt: one sentence that says what is to be seen.
        titles: names of the pictures, all of one width, that lie side by side in a frame; or none.

    Raises, as setting `state` does:
        TypeError: frames are neither uint8 nor floats.
        ValueError: a shape does not fit, a number is out of range, or all is too large for WebP.
    """

    _esm = base.script("gallery")
    sheet = traitlets.Bytes().tag(sync=True)
    shape = traitlets.List().tag(sync=True)
    names = traitlets.List().tag(sync=True)
    values = traitlets.List().tag(sync=True)
    titles = traitlets.List().tag(sync=True)
    state = traitlets.List(traitlets.Int()).tag(sync=True)

    def __init__(
        self,
        frames: ArrayLike,
        axes: Mapping[str, Sequence[object]],
        alt: str,
        titles: Sequence[str] = (),
    ) -> None:
        self._frames = _checked(base.array(frames, None))
        *sizes, h, w, _ = self._frames.shape
        values = [[str(value) for value in some] for some in axes.values()]
        given = [len(some) for some in values]
        if given != sizes:
            raise ValueError(f"axes must have {sizes} values, as frames have, not {given}.")
        titles = [titles] if isinstance(titles, str) else [str(title) for title in titles]
        if titles and w % len(titles):
            raise ValueError(f"{len(titles)} titles do not fit frames that are {w} pixels wide.")
        sheet = np.moveaxis(self._frames, -1, -2).reshape(-1, sizes[-1], h, 3 * w).swapaxes(1, 2)
        sheet = Image.fromarray(sheet.reshape(-1, sizes[-1] * 3 * w))
        if max(sheet.size) > MOST:
            raise ValueError(
                f"All frames on one sheet are {sheet.width} x {sheet.height} pixels, and WebP "
                f"allows {MOST} a side: take fewer frames, or another choice as the last."
            )
        sheet.save(file := io.BytesIO(), "WebP", quality=90)
        chosen = dict(state=[0] * len(sizes[1:]) + [sizes[-1] - 1], alt=alt, titles=titles)
        names = [str(name) for name in axes]
        super().__init__(sheet=file.getvalue(), shape=[h, w], names=names, values=values, **chosen)

    @traitlets.validate("state")
    def _fits(self, proposal):
        state, most = proposal["value"], np.array(self._frames.shape[:-3]) - 1
        if np.shape(state) != most.shape or not (np.clip(state, 0, most) == state).all():
            raise ValueError(f"state must be from {0 * most} to {most}, not {state}.")
        return state

    def _first_picture(self):
        h, w = self.shape
        chosen = zip(self.names, self.values, self.state, strict=True)
        above = fill(", ".join(f"{name} {some[at]}" for name, some, at in chosen), 48)
        below = [fill(title, 48 // len(self.titles)) for title in self.titles]
        lines = 1 + above.count("\n") + max((1 + text.count("\n") for text in below), default=0)
        fig, ax = plots.plt.subplots(figsize=(4.4, 4.4 * h / w + 0.2 * (lines + 1)))
        ax.imshow(self._frames[tuple(self.state)], origin="upper")
        ax.set_axis_off()
        ax.set_title(above)
        for part, text in enumerate(below):
            middle = (part + 0.5) / len(below)
            ax.text(middle, -0.03, text, ha="center", va="top", transform=ax.transAxes)
        return fig


def _checked(frames):
    """The frames as uint8."""
    if frames.ndim < 4 or frames.shape[-1] != 3 or not frames.size:
        raise ValueError(f"frames must have shape (n_1, ..., n_k, h, w, 3), not {frames.shape}.")
    if frames.dtype == np.uint8:
        return frames.copy()
    if frames.dtype.kind != "f":
        raise TypeError(f"frames must be uint8, or floats from 0 to 1, not {frames.dtype}.")
    if not (abs(frames - 0.5) <= 0.5).all():
        raise ValueError("frames of floats must be numbers from 0 to 1.")
    return np.round(255 * frames).astype(np.uint8)
