"""Draw a density with mouse, pen, finger or keys, and see it sampled as you draw."""

from functools import cache
from pathlib import Path

import numpy as np
import traitlets
from matplotlib.colors import to_rgb

from course_utils import plots
from course_utils.density import PICTURES, ImageDensity, course_pictures
from course_utils.pictures import SUFFIXES
from course_utils.widgets.base import CourseWidget, script

SIDE = 128
COLOURS = [plots.BLUE, plots.ORANGE, plots.GREEN]
FIRST = {0: "bat", 2: "two_discs", 3: "spiral"}  # number of classes -> picture to start from


class Painter(CourseWidget):
    """A canvas of 128 x 128 grey pixels; `density` is what is drawn on it, at any time.

    With classes it has one layer of grey pixels for each, drawn in a colour of its own; at a pixel,
    the layers add up to white at most. `densities` and `shares` are what is drawn in each.

    Args:
        picture: what to start from: a file or the name of a course picture, for the first layer;
            with classes also a folder, or the name of a course folder, of one picture for each
            class, sorted by name. The brightest pixel of each picture counts as white.
        invert: dark is probable in that picture.
        classes: none, or the names of two or three classes: blue, orange and green on the canvas.

    Raises:
        FileNotFoundError, ValueError: as `ImageDensity.from_file`.
        ValueError: another number of classes, or of pictures in the folder.
    """

    _esm = script("painter")
    side = traitlets.Int(SIDE).tag(sync=True)
    pixels = traitlets.Bytes().tag(sync=True, from_json=lambda value, widget: bytes(value))
    classes = traitlets.List().tag(sync=True)
    names = traitlets.List().tag(sync=True)
    library = traitlets.Bytes().tag(sync=True)

    def __init__(self, picture=None, invert: bool = False, classes=()):
        classes = [classes] if isinstance(classes, str) else [str(name) for name in classes]
        if len(set(classes)) != len(classes) or len(classes) not in FIRST:
            raise ValueError(f"classes needs two or three different names, not {classes}.")
        picture = FIRST[len(classes)] if picture is None else picture
        what = f"the densities of {' and '.join(classes)}" if classes else "a density"
        super().__init__(
            pixels=_layers(_files(picture, classes), invert, max(1, len(classes))).tobytes(),
            classes=classes,
            names=list(course_pictures()),
            library=_library(),
            alt=f"A canvas to draw {what} on, beside points drawn from it and its two marginals.",
        )

    @property
    def density(self) -> ImageDensity:
        """The density that is on the canvas now, of all classes together.

        Raises:
            ValueError: the canvas is all black.
        """
        return ImageDensity.from_array(self._array().sum(axis=0))

    @property
    def densities(self) -> list[ImageDensity]:
        """The density of each class; without classes, `density` alone.

        Raises:
            ValueError: nothing is drawn in one of them.
        """
        for name, layer in zip(self.classes, self._array(), strict=False):
            if not layer.any():
                raise ValueError(
                    f"Nothing is drawn in {name}: choose that colour and draw something."
                )
        return [ImageDensity.from_array(layer) for layer in self._array()]

    @property
    def shares(self) -> np.ndarray:
        """How much of what is drawn is of each class: float64 `(k,)`, sums to 1.

        Raises:
            ValueError: nothing is drawn in one of them.
        """
        _ = self.densities  # none is empty
        return self._array().sum(axis=(1, 2)) / self._array().sum()

    def _array(self):
        return np.frombuffer(self.pixels, np.uint8).reshape(-1, SIDE, SIDE)

    def _first_picture(self):
        layers, rng = self._array(), np.random.default_rng(0)
        lights = [to_rgb(colour) for colour in (COLOURS if self.classes else ["white"])]
        fig, (left, right) = plots.planes(2, size=3.6)
        paper = np.tensordot(layers, lights[: len(layers)], (0, 0)).round().clip(0, 255)
        plots.density(left, np.uint8(paper[::-1]))
        left.set_title("drawn")
        for layer, colour in zip(layers, COLOURS, strict=False):
            if layer.any():
                n = round(4000 * layer.sum() / layers.sum())
                plots.points(right, ImageDensity.from_array(layer).sample(n, rng), colour)
        right.set_title("sampled")
        return fig


def _files(picture, classes) -> list:
    """The pictures in the folder of that name, one a class; else the picture alone."""
    places = [path for path in (Path(picture), PICTURES / picture) if path.exists()]
    if not classes or not places or not places[0].is_dir():
        return [picture]
    files = sorted(path for path in places[0].iterdir() if path.suffix.lower() in SUFFIXES)
    if len(files) != len(classes):
        raise ValueError(
            f"The folder {places[0].name} needs one picture for each of the {len(classes)} classes "
            f"({', '.join(classes)}), but the number of pictures in it is {len(files)}."
        )
    return files


def _layers(files, invert, k):
    """Grey values `(k, SIDE, SIDE)`; where pictures overlap, they are dimmed to 255 together."""
    layers = np.zeros((k, SIDE, SIDE), int)
    for layer, file in zip(layers, files, strict=False):
        layer[:] = _pixels(ImageDensity.from_file(file, invert, size=SIDE))
    return np.uint8(layers * 255 // layers.sum(axis=0).clip(255))


def _pixels(density):
    return np.uint8(np.round(255 * density.pdf[::-1] / density.pdf.max()))


@cache
def _library():
    densities = [ImageDensity.from_file(name, size=SIDE) for name in course_pictures()]
    return b"".join(_pixels(density).tobytes() for density in densities)
