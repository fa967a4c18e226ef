"""Draw a picture, and watch networks learn it in the page, without Python."""

from collections.abc import Sequence

import numpy as np
import traitlets

from course_utils import plots
from course_utils.density import ImageDensity, course_pictures
from course_utils.widgets.base import CourseWidget, script
from course_utils.widgets.painter import SIDE, grey_of, library

FAMILIES = "gan", "vae", "matching", "drifting"


class Trainer(CourseWidget):
    """A canvas to draw on, and families of networks that learn what is drawn, in a Worker.

    All traits are what is chosen now, and can be set: `pixels`, 128 x 128 grey bytes, row 0 on top;
    `families`; the learning `rate`; the `width` of the hidden layers, of which each network has
    two; and the `seed`. A change of any but the rate begins anew.

    Args:
        density: what to start from.
        families: who learns, of "gan", "vae", "matching" and "drifting".
        alt: one sentence that says what is to be seen.

    Raises:
        TraitError: there is no family of that name.
    """

    _esm = script("trainer")
    _note = "run this cell to draw, and to let the networks learn"
    engine = traitlets.Unicode(script("classroom")).tag(sync=True)
    side = traitlets.Int(SIDE).tag(sync=True)
    names = traitlets.List().tag(sync=True)
    library = traitlets.Bytes().tag(sync=True)
    pixels = traitlets.Bytes().tag(sync=True, from_json=lambda value, widget: bytes(value))
    families = traitlets.List(traitlets.Enum(FAMILIES)).tag(sync=True)
    rate = traitlets.Float(2e-3, min=1e-4, max=1e-2).tag(sync=True)
    width = traitlets.Enum([16, 32, 64, 128], 64).tag(sync=True)
    seed = traitlets.Int(0, min=0, max=9).tag(sync=True)

    def __init__(
        self,
        density: ImageDensity,
        families: Sequence[str] = FAMILIES,
        alt: str = "A canvas to draw on, and networks that learn to draw points from the picture.",
    ) -> None:
        self._density = ImageDensity(density.cell_mass(SIDE))
        super().__init__(
            names=list(course_pictures()),
            library=library(),
            pixels=grey_of(self._density).tobytes(),
            families=list(families),
            alt=alt,
        )

    def _first_picture(self):
        fig, (left, right) = plots.planes(2, size=3.0)
        plots.density(left, self._density.pdf)
        left.set_title("the picture")
        plots.points(right, self._density.sample(2000, np.random.default_rng(0)))
        right.set_title("what is to be learnt")
        return fig
