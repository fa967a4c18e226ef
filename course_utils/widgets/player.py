"""Scrub through a recorded run: points over an optional heat map, in the browser."""

from collections.abc import Sequence

import numpy as np
import traitlets
from numpy.typing import ArrayLike

from course_utils import plots
from course_utils.widgets.base import CourseWidget, array, script

MOST_FRAMES, MOST_POINTS, MOST_NUMBERS = 200, 2000, 3


class Player(CourseWidget):
    """A recorded run with play and pause, a slider, arrow keys and speed; it opens at its end.

    Args:
        points: `(frames, n, 2)` in the unit square, at most 200 frames of 2,000 points; a NaN point
            is not drawn. Stored as float16.
        alt: one sentence that says what is to be seen.
        field: optional heat map `(frames, k, k)`, row 0 at the bottom; stored in 256 steps from
            black, its least value, to white, its largest.
        iterations: what each frame is called, `(frames,)`; 0, 1, 2, ... if not given.
        unit: the word before it, for example "step".
        numbers: name -> `(frames,)`, at most three, shown for each frame as text.
        axes: a line of text that says what the axes are; none if empty. Where the square is not
            that of the density (it is a view of a ball, or holds several pictures), say so here.

    Raises:
        ValueError: a shape does not fit, or the recording is too large.
    """

    _esm = script("player")
    shape = traitlets.List().tag(sync=True)
    points = traitlets.Bytes().tag(sync=True)
    cells = traitlets.Int().tag(sync=True)
    field = traitlets.Bytes().tag(sync=True)
    colour = traitlets.List().tag(sync=True)
    iterations = traitlets.List().tag(sync=True)
    unit = traitlets.Unicode().tag(sync=True)
    names = traitlets.List().tag(sync=True)
    numbers = traitlets.List().tag(sync=True)
    frame = traitlets.Int(0).tag(sync=True)
    axes = traitlets.Unicode().tag(sync=True)

    def __init__(
        self,
        points: ArrayLike,
        alt: str,
        field: ArrayLike | None = None,
        iterations: Sequence | np.ndarray | None = None,
        unit: str = "frame",
        numbers: dict | None = None,
        axes: str = "x from 0 to 1 to the right, y from 0 to 1 upward",
    ) -> None:
        points = array(points, np.float16)
        if points.ndim != 3 or points.shape[2] != 2 or 0 in points.shape:
            raise ValueError(f"points must have shape (frames, n, 2), not {points.shape}.")
        frames, n, _ = points.shape
        if frames > MOST_FRAMES or n > MOST_POINTS:
            raise ValueError(
                f"A recording holds at most {MOST_FRAMES} frames of {MOST_POINTS} points, not "
                f"{frames} of {n}: keep every second frame, or fewer points."
            )
        field = np.empty((frames, 0, 0)) if field is None else array(field, float)
        if field.ndim != 3 or len(field) != frames or field.shape[1] != field.shape[2]:
            raise ValueError(f"field must have shape ({frames}, k, k), not {field.shape}.")
        numbers = numbers or {}
        if len(numbers) > MOST_NUMBERS:
            raise ValueError(
                f"At most {MOST_NUMBERS} numbers fit under a frame, not {len(numbers)}."
            )
        iterations = range(frames) if iterations is None else iterations
        for name, values in {"iterations": iterations, **numbers}.items():
            if len(values) != frames:
                raise ValueError(f"{name} needs one value a frame: {frames}, not {len(values)}.")
        super().__init__(
            shape=[frames, n],
            points=points.astype("<f2").tobytes(),
            cells=field.shape[1],
            field=_steps(field).tobytes(),
            colour=[int(plots.ORANGE[i : i + 2], 16) for i in (1, 3, 5)],
            iterations=[str(i) for i in iterations],
            unit=unit,
            names=list(numbers),
            numbers=[[f"{value:.4g}" for value in values] for values in numbers.values()],
            frame=frames - 1,
            axes=axes,
            alt=alt,
        )

    def _first_picture(self):
        frames, n = self.shape
        fig, (ax,) = plots.planes(1, size=4.4)
        if self.cells:
            field = np.frombuffer(self.field, np.uint8).reshape(frames, self.cells, self.cells)
            plots.density(ax, field[self.frame]).set_clim(0, 255)
        points = np.frombuffer(self.points, "<f2").reshape(frames, n, 2)
        plots.points(ax, points[self.frame], plots.ORANGE, 3.5)
        ax.set_title(f"{self.unit} {self.iterations[self.frame]}")
        return fig


def _steps(field):
    if not field.size:
        return np.empty(0, np.uint8)
    low, high = field.min(), field.max()
    return np.uint8(np.round(255 * (field - low) / (high - low or 1)))
