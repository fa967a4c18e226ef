"""Drag a point through the latent plane, and see where a generator takes it."""

from collections.abc import Iterable, Sequence

import numpy as np
import traitlets
from numpy.typing import ArrayLike
from scipy.special import expit
from skimage.transform import resize_local_mean

from course_utils import arguments, plots
from course_utils.arguments import number
from course_utils.widgets.base import CourseWidget, array, checked_layers, forward, in_bytes, script

MOST_POINTS, MOST_CELLS, REACH = 4000, 128, 3


class Latent(CourseWidget):
    """A generator G(z, c), a multilayer perceptron: the latent plane beside what becomes of it.

    The numbers of z come first, then c, one for each class. The widget opens at z = (0.5, 0.5) and
    the first class; `z`, `source`, `target` and `mix` are what is chosen now, and can be set. The
    condition goes from the class `source` to the class `target` as `mix` goes from 0 to 1.

    Args:
        layers: `(W, b)` of each layer, shapes `(in, out)` and `(out,)`: a layer is x @ W + b, and a
            LeakyReLU follows each but the last. From 2 numbers and one a class to 2. Stored as
            float32.
        z: cloud of latent points `(n, 2)`, at most 4,000; those in [-3, 3] are seen.
        alt: one sentence that says what is to be seen.
        classes: their names, in the order of c; none if G takes no condition.
        picture: optional density `(N, N)`, row 0 at the bottom, to lie behind the generated points;
            stored in 256 steps, at most 128 x 128, from black, which is 0, to white.
        slope: of LeakyReLU below 0; 0 is ReLU.
        logistic: the last layer's numbers go through a sigmoid, into the unit square.

    Raises:
        ValueError: a shape does not fit, the cloud is too large, or a number is not finite.
    """

    _esm = script("latent")
    widths = traitlets.List().tag(sync=True)
    weights = traitlets.Bytes().tag(sync=True)
    slope = traitlets.Float().tag(sync=True)
    cloud = traitlets.Bytes().tag(sync=True)
    classes = traitlets.List().tag(sync=True)
    cells = traitlets.Int().tag(sync=True)
    picture = traitlets.Bytes().tag(sync=True)
    logistic = traitlets.Bool().tag(sync=True)
    z = traitlets.List(traitlets.Float(), minlen=2, maxlen=2).tag(sync=True)
    source = traitlets.Int(0, min=0).tag(sync=True)
    target = traitlets.Int(0, min=0).tag(sync=True)
    mix = traitlets.Float(0, min=0, max=1).tag(sync=True)

    def __init__(
        self,
        layers: Iterable[tuple[ArrayLike, ArrayLike]],
        z: ArrayLike,
        alt: str,
        classes: Sequence[str] = (),
        picture: ArrayLike | None = None,
        slope: float = 0.2,
        logistic: bool = False,
    ) -> None:
        classes = [str(name) for name in classes]
        k = len(classes)
        self._layers = checked_layers(layers, 2 + k, f"z and c have 2 + {k}")
        given = len(self._layers[-1][1])
        if given != 2:
            raise ValueError(f"The last layer must give 2 numbers, x and y, not {given}.")
        z = array(z)
        if z.ndim != 2 or z.shape[1] != 2 or not 1 <= len(z) <= MOST_POINTS:
            raise ValueError(
                f"z must have shape (n, 2), with at most {MOST_POINTS} points, not {z.shape}."
            )
        if not np.isfinite(z).all():
            raise ValueError("z has NaN or infinite values.")
        slope = number("slope", slope, 0, 1e6)
        steps = np.empty((0, 0), np.uint8) if picture is None else in_steps(picture, MOST_CELLS)
        super().__init__(
            **in_bytes(self._layers),
            slope=slope,
            cloud=z.tobytes(),
            classes=classes,
            cells=len(steps),
            picture=steps.tobytes(),
            logistic=logistic,
            z=[0.5, 0.5],
            target=min(1, max(0, k - 1)),
            alt=alt,
        )

    @property
    def c(self) -> np.ndarray:
        """The condition that is chosen now: float64 `(k,)`, one number a class."""
        onehot = np.eye(len(self.classes))
        if not self.classes:
            return onehot[:0].ravel()
        return (1 - self.mix) * onehot[self.source] + self.mix * onehot[self.target]

    def G(self, z: ArrayLike, c: ArrayLike = ()) -> np.ndarray:
        """Generated points `(n, 2)` for latent points `(n, 2)`, all under one condition `(k,)`.

        Raises:
            ValueError: z or c has another shape, or some numbers are NaN or infinite.
        """
        z, c = arguments.array("z", z, "n", 2), arguments.array("c", c, len(self.classes))
        x = np.hstack([z, np.tile(c, (len(z), 1))])
        end = expit if self.logistic else np.asarray
        return forward(self._layers, x, lambda v: np.where(v > 0, v, self.slope * v), end)

    @traitlets.validate("source", "target")
    def _known_class(self, proposal):
        if proposal["value"] >= max(1, len(self.classes)):
            raise traitlets.TraitError(
                f"There are {len(self.classes)} classes, counted from 0, and no class "
                f"{proposal['value']}."
            )
        return proposal["value"]

    def _first_picture(self):
        fig, (left, right) = plots.planes(2, size=3.6)
        left.set(xlim=(-REACH, REACH), ylim=(-REACH, REACH), title="latent points z")
        left.set(xticks=[-REACH, REACH], yticks=[-REACH, REACH], xlabel="$z_1$", ylabel="$z_2$")
        right.set(title=f"generated points G({'z, c' if self.classes else 'z'})")
        if self.cells:
            pdf = np.frombuffer(self.picture, np.uint8).reshape(self.cells, self.cells)
            plots.density(right, pdf).set_clim(0, 255)
        cloud = np.frombuffer(self.cloud, "<f4").reshape(-1, 2)
        plots.points(left, cloud, size=2.5)
        plots.points(right, self.G(cloud, self.c), plots.SKY if self.cells else plots.BLUE, 2.5)
        for ax, x, size in ((left, [self.z], 24), (right, self.G([self.z], self.c), 19)):
            plots.points(ax, x, plots.ORANGE, size).set(mew=1.5, mec="white")
        return fig


def in_steps(picture: ArrayLike, most: int) -> np.ndarray:
    """A density `(N, N)` in 256 steps, as uint8; made smaller, to `most` pixels a side at most.

    Raises:
        ValueError: it is no density.
    """
    pdf = array(picture, float)
    if pdf.ndim != 2 or pdf.shape[0] != pdf.shape[1] or not pdf.size:
        raise ValueError(f"picture must have shape (N, N), not {pdf.shape}.")
    if not np.isfinite(pdf).all() or pdf.min() < 0 or pdf.max() == 0:
        raise ValueError("picture must be a density: finite, nowhere negative, not 0 everywhere.")
    if len(pdf) > most:
        pdf = resize_local_mean(pdf, (most, most))
    return np.round(255 * pdf / pdf.max()).astype(np.uint8)
