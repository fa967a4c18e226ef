"""Pictures of the moon: a circle of pictures, since the phase 1 is the phase 0 again."""

import numpy as np
from numpy.typing import ArrayLike

from course_utils.arguments import array, whole

RADIUS = 0.4  # of the moon, in sides of the picture
_ROWS = 16  # measured in each row of pixels


def moon(phase: ArrayLike, size: int = 28) -> np.ndarray:
    """The moon as seen from the northern half of the earth, its lit part white on black.

    A row of the moon is lit from its rim to the terminator, the half ellipse that parts day and
    night; each pixel is as bright as its lit share. A part (1 - cos(2 pi phase)) / 2 of the disc
    is lit.

    Args:
        phase: numbers `(n,)`: 0 new, 0.25 first quarter (the right half lit), 0.5 full, 0.75 last
            quarter (the left half lit), 1 new again, and so on.
        size: pixels on a side; the moon has a radius of `RADIUS * size`.

    Returns float32 `(n, 1, size, size)` in [0, 1], row 0 at the top.

    Raises:
        TypeError: the phases are not real numbers, or size is not a whole number.
        ValueError: the phases have another shape, some are NaN or infinite, or size is less than 1.

    Source: drawn for this course.
    """
    phase, size = array("phase", phase, "n"), whole("size", size, 1)
    turn = phase[:, None, None] % 1
    left = (np.arange(size) - size / 2) / (RADIUS * size)  # edges of pixels; the moon's radius is 1
    right = left + 1 / (RADIUS * size)
    x = np.zeros((len(phase), size, size))
    for part in (np.arange(_ROWS) + 0.5) / _ROWS:
        y = left + part * (right - left)
        rim = np.sqrt(np.maximum(1 - y**2, 0))[:, None]
        terminator = np.cos(2 * np.pi * turn) * rim
        start = np.where(turn < 0.5, terminator, -rim)
        end = np.where(turn < 0.5, rim, -terminator)
        x += np.maximum(np.minimum(right, end) - np.maximum(left, start), 0)
    return (x * RADIUS * size / _ROWS)[:, None].astype(np.float32)
