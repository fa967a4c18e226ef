"""Generated points drift among true ones; the width of the kernel is on a slider."""

import numpy as np
import traitlets
from numpy.typing import ArrayLike

from course_utils import arguments, plots
from course_utils.widgets.base import CourseWidget, script

MOST_POINTS = 600  # of each kind: the page compares all pairs in each step
REACH = 3
WIDTHS = 0.05, 2.0


class Drifter(CourseWidget):
    """The drift V of generated points q among true ones p, and points that follow it.

    At each q stands V = sum k p / sum k - sum k q' / sum k, with k = exp(-d² / 2 tau²) for the
    Gaussian and exp(-d / tau) for the Laplace kernel of the distance d. No point is among its own
    neighbours q'. A step moves each q by a fifth of V. `q`, float32 in bytes, `tau` and `kernel`
    are what is chosen now, and can be set.

    M. Deng et al., "Generative modeling via drifting" (2026), have such a field; they normalise the
    kernel over both sets of points.

    Args:
        p: true points `(m, 2)`, at most 600; those in [-3, 3]² are seen.
        q: where the generated points begin, `(n, 2)`, 2 to 600 of them.
        alt: one sentence that says what is to be seen.
        tau: the width to start from, 0.05 to 2.

    Raises:
        ValueError: a shape does not fit, there are too many points, or a number is out of range.
    """

    _esm = script("drifter")
    p = traitlets.Bytes().tag(sync=True)
    q = traitlets.Bytes().tag(sync=True, from_json=lambda value, widget: bytes(value))
    start = traitlets.Bytes().tag(sync=True)
    limits = traitlets.List([*WIDTHS]).tag(sync=True)
    tau = traitlets.Float(0.5, min=WIDTHS[0], max=WIDTHS[1]).tag(sync=True)
    kernel = traitlets.Enum(["Gauss", "Laplace"], "Gauss").tag(sync=True)

    def __init__(self, p: ArrayLike, q: ArrayLike, alt: str, tau: float = 0.5) -> None:
        tau = arguments.number("tau", tau, *WIDTHS)
        start = _checked("q", q, 2)
        super().__init__(p=_checked("p", p, 1), q=start, start=start, tau=tau, alt=alt)

    def V(self) -> np.ndarray:
        """The drift of each generated point as it is now: float64 `(n, 2)`."""
        p, q = _points(self.p), _points(self.q)
        to_p = _distances(q, p)
        to_q = _distances(q, q)
        np.fill_diagonal(to_q, np.inf)
        return self._near(to_p) @ p - self._near(to_q) @ q

    def _near(self, d):
        """Weights of neighbours at distances d `(n, m)`, in each row a sum of 1."""
        log_k = -d / self.tau if self.kernel == "Laplace" else -(d**2) / (2 * self.tau**2)
        k = np.exp(log_k - log_k.max(1, keepdims=True))
        return k / k.sum(1, keepdims=True)

    @traitlets.validate("q")
    def _as_many(self, proposal):
        if self.start and len(proposal["value"]) != len(self.start):
            raise traitlets.TraitError(f"q must have {len(self.start)} bytes, as at the start.")
        return proposal["value"]

    def _first_picture(self):
        fig, (ax,) = plots.planes(1, size=4.2)
        q = _points(self.q)
        plots.points(ax, _points(self.p), size=5)
        arrows = dict(angles="xy", scale_units="xy", scale=1, width=0.004)
        ax.quiver(*q.T, *self.V().T, color=plots.ORANGE, **arrows)
        plots.points(ax, q, plots.ORANGE, 5)
        ends = [-REACH, REACH]
        ax.set(xlim=ends, ylim=ends, xticks=ends, yticks=ends)
        ax.set_title(f"{self.kernel}, τ = {self.tau:.2f}")
        return fig


def _checked(name, points, least):
    x = arguments.array(name, points, "n", 2, least=least)
    if len(x) > MOST_POINTS:
        raise ValueError(f"{name} must hold at most {MOST_POINTS} points, not {len(x)}.")
    return x.astype("<f4").tobytes()


def _distances(x, y):
    return np.linalg.norm(x[:, None] - y, axis=2)


def _points(data):
    return np.frombuffer(data, "<f4").reshape(-1, 2).astype(float)
