"""Draw a density with mouse, pen, finger or keys, and see it sampled as you draw."""

from collections.abc import Sequence
from functools import cache
from pathlib import Path

import numpy as np
import traitlets
from matplotlib.colors import to_rgb
from PIL import Image

from course_utils import plots
from course_utils.arguments import shown
from course_utils.decoding import read_picture
from course_utils.density import ImageDensity, course_pictures, find, find_folder
from course_utils.pictures import as_path, listed
from course_utils.widgets.base import CourseWidget, script

SIDE = 128
COLOURS = [plots.BLUE, plots.ORANGE, plots.GREEN]
FIRST = {0: "bat", 2: "two_discs", 3: "spiral"}  # number of classes -> picture to start from
_drawn = {}  # name of a painter and the pixels it starts from -> what was drawn last


class Painter(CourseWidget):
    """A canvas of 128 x 128 grey pixels; `density` is what is drawn on it, at any time.

    With classes it has one layer of grey pixels for each, drawn in a colour of its own; at a pixel,
    the layers add up to white at most. `densities` and `shares` are what is drawn in each.

    A drawing outlives its cell where the painter has a name, `keep`: when the cell runs again, the
    new painter of that name and first picture opens with what was drawn, and undo leads back to
    the first picture. This holds as long as the kernel lives, and unless the canvas was left all
    black; `save` keeps a drawing for longer, as a picture.

    Args:
        picture: what to start from: a file or the name of a course picture, for the first layer;
            with classes also a folder, or the name of a course folder, of one picture for each
            class, sorted by name, or one picture with the classes side by side, as `save` writes
            it. The brightest pixel counts as white, but a file of `save` is taken as it is.
        invert: dark is probable in that picture.
        classes: none, or the names of two or three classes: blue, orange and green on the canvas.
        keep: the painter's name, for example "01", if its drawing shall be kept.

    Raises:
        TypeError: keep is not a text.
        FileNotFoundError, ValueError: as `ImageDensity.from_file`.
        ValueError: another number of classes, or of pictures in the folder.
    """

    _esm = script("painter")
    _note = "run this cell to draw; only “save PNG” keeps a drawing when the kernel has ended"
    side = traitlets.Int(SIDE).tag(sync=True)
    pixels = traitlets.Bytes().tag(sync=True, from_json=lambda value, widget: bytes(value))
    classes = traitlets.List().tag(sync=True)
    names = traitlets.List().tag(sync=True)
    library = traitlets.Bytes().tag(sync=True)
    start = traitlets.Bytes().tag(sync=True)  # under a drawing from before: what undo leads back to

    def __init__(
        self,
        picture: str | Path | None = None,
        invert: bool = False,
        classes: str | Sequence[str] = (),
        keep: str | None = None,
    ) -> None:
        classes = [classes] if isinstance(classes, str) else [str(name) for name in classes]
        if len(set(classes)) != len(classes) or len(classes) not in FIRST:
            raise ValueError(f"classes needs two or three different names, not {classes}.")
        picture = FIRST[len(classes)] if picture is None else picture
        what = f"the densities of {' and '.join(classes)}" if classes else "a density"
        if not isinstance(keep, str | None):
            raise TypeError(f"keep must be a name for the painter, not {shown(keep)}.")
        first = _layers(_files(picture, classes), invert, max(1, len(classes))).tobytes()
        drawn = _drawn.get((keep, first), first)
        kept = drawn != first and any(drawn)
        super().__init__(
            pixels=drawn if kept else first,
            start=first if kept else b"",
            classes=classes,
            names=list(course_pictures()),
            library=library(),
            alt=f"A canvas to draw {what} on, beside points drawn from it and its two marginals.",
        )
        if keep is not None:
            self.observe(lambda change: _drawn.update({(keep, first): change.new}), "pixels")

    def load(self, picture: str | Path, invert: bool = False) -> None:
        """Put a picture on the canvas, in place of what is drawn; the widget can undo it.

        Args:
            picture, invert: as of the painter. A file that `save` or the widget has written gives
                back the same drawing.

        Raises:
            FileNotFoundError, ValueError: as the painter.
        """
        files = _files(picture, self.classes)
        self.pixels = _layers(files, invert, max(1, len(self.classes))).tobytes()

    def save(self, path: str | Path) -> Path:
        """Save what is drawn as a PNG file, and return its full path.

        It has 128 x 128 grey pixels, white where something is drawn; with classes, one such square
        for each, side by side. A file of that name is replaced.

        Raises:
            TypeError, ValueError: the name is no path, or does not end in .png.
            FileNotFoundError: there is no such folder.
            OSError: the folder cannot be written to, or the disk is full.
        """
        path = as_path(path)
        path = as_path(path.parent).resolve() / path.name
        if path.suffix.lower() != ".png":
            raise ValueError(f"A drawing is saved as a PNG: name it {path.stem}.png.")
        if not path.parent.is_dir():
            raise FileNotFoundError(f"There is no folder {path.parent} to save {path.name} in.")
        try:
            Image.fromarray(np.hstack([*self._array()])).save(path)
        except OSError as error:
            raise OSError(
                f"{path.name} cannot be saved in the folder {path.parent} "
                f"({error.strerror or error}); name a folder of your own."
            ) from error
        return path

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
        plots.density(left, paper[::-1].astype(np.uint8))
        left.set_title("drawn")
        for layer, colour in zip(layers, COLOURS, strict=False):
            if layer.any():
                n = round(4000 * layer.sum() / layers.sum())
                plots.points(right, ImageDensity.from_array(layer).sample(n, rng), colour)
        right.set_title("sampled")
        return fig


def _files(picture, classes) -> list:
    """The pictures in the folder of that name, one a class; else the picture alone."""
    if not classes or as_path(picture).is_file():
        return [picture]
    try:
        place = find_folder(picture)
    except FileNotFoundError:
        return [picture]
    files = listed(place).pictures
    if len(files) != len(classes):
        raise ValueError(
            f"The folder {place.name} needs one picture for each of the {len(classes)} classes "
            f"({', '.join(classes)}), but the number of pictures in it is {len(files)}."
        )
    return files


def _layers(files, invert, k):
    """Grey values `(k, SIDE, SIDE)`; where pictures overlap, they are dimmed to 255 together."""
    layers = np.zeros((k, SIDE, SIDE), int)
    if len(files) == 1 and (saved := _side_by_side(files[0], invert, k)) is not None:
        layers[:] = saved
    else:
        for layer, file in zip(layers, files, strict=False):
            layer[:] = grey_of(ImageDensity.from_file(file, invert, size=SIDE))
    return np.uint8(layers * 255 // layers.sum(axis=0).clip(255))


def _side_by_side(file, invert, k):
    """The layers `(k, SIDE, SIDE)` of a picture k times as wide as high, or None.

    One of the canvas's own size, as it is saved, is taken as it is.
    """
    picture = read_picture(find(file))
    height, width = picture.shape[:2]
    if width != k * height:
        return None
    colours = np.atleast_3d(picture)
    grey = (colours[..., :1] == colours[..., :3]).all() and (colours[..., 3:] == 255).all()
    own = height == SIDE and picture.dtype == np.uint8 and grey
    if own:
        wide = 255 - colours[..., 0] if invert else colours[..., 0]
    else:
        wide = ImageDensity.from_file(file, invert, size=k * SIDE).pdf[::-1]
    low = (len(wide) - SIDE) // 2  # from_file has put black margins above and below
    layers = wide[low : low + SIDE].reshape(SIDE, k, SIDE).swapaxes(0, 1)
    return layers if own else np.round(255 * layers / layers.sum(axis=0).max())


def grey_of(density: ImageDensity) -> np.ndarray:
    """A density as grey pixels, row 0 on top; the most probable is white."""
    return np.round(255 * density.pdf[::-1] / density.pdf.max()).astype(np.uint8)


@cache
def library() -> bytes:
    """The course's pictures as grey pixels of the canvas, one after the other."""
    densities = [ImageDensity.from_file(name, size=SIDE) for name in course_pictures()]
    return b"".join(grey_of(density).tobytes() for density in densities)
