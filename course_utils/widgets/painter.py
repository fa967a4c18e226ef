"""Draw a density with mouse, pen, finger or keys, and see it sampled as you draw."""

from functools import cache

import numpy as np
import traitlets

from course_utils import plots
from course_utils.density import ImageDensity, course_pictures
from course_utils.widgets.base import CourseWidget, script

SIDE = 128


class Painter(CourseWidget):
    """A canvas of 128 x 128 grey pixels; `density` is what is drawn on it, at any time.

    Args:
        picture: what to start from: a file or the name of a course picture.
        invert: dark is probable in that picture.

    Raises:
        FileNotFoundError, ValueError: as `ImageDensity.from_file`.
    """

    _esm = script("painter")
    side = traitlets.Int(SIDE).tag(sync=True)
    pixels = traitlets.Bytes().tag(sync=True, from_json=lambda value, widget: bytes(value))
    names = traitlets.List().tag(sync=True)
    library = traitlets.Bytes().tag(sync=True)

    def __init__(self, picture="bat", invert: bool = False):
        super().__init__(
            pixels=_pixels(ImageDensity.from_file(picture, invert, size=SIDE)).tobytes(),
            names=list(course_pictures()),
            library=_library(),
            alt="A canvas to draw a density on, beside points drawn from it and its two marginals.",
        )

    @property
    def density(self) -> ImageDensity:
        """The density that is on the canvas now.

        Raises:
            ValueError: the canvas is all black.
        """
        return ImageDensity.from_array(self._array())

    def _array(self):
        return np.frombuffer(self.pixels, np.uint8).reshape(SIDE, SIDE)

    def _first_picture(self):
        fig, (left, right) = plots.planes(2, size=3.6)
        plots.density(left, self._array()[::-1])
        left.set_title("drawn")
        if self._array().any():
            plots.points(right, self.density.sample(4000, np.random.default_rng(0)))
        right.set_title("sampled")
        return fig


def _pixels(density):
    return np.uint8(np.round(255 * density.pdf[::-1] / density.pdf.max()))


@cache
def _library():
    densities = [ImageDensity.from_file(name, size=SIDE) for name in course_pictures()]
    return b"".join(_pixels(density).tobytes() for density in densities)
