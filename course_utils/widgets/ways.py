"""One noise, three ways to a picture: the probability-flow ODE, the reverse SDE, Langevin steps."""

import numpy as np
import traitlets
from numpy.typing import ArrayLike
from scipy.special import ndtr

from course_utils import arguments, plots
from course_utils.widgets.base import CourseWidget, script
from course_utils.widgets.latent import in_steps

MOST_CELLS, MOST_TIMES, MOST_NOISE, REACH = 64, 60, 3.0, 2.5
FAINT = 1e-13  # where rounding hides p
TRAIL, LINES = 5, 12  # moments of Langevin that are drawn, and paths
WAYS = "ODE", "SDE", "Langevin"


class Ways(CourseWidget):
    """The family x_t = t x + (1 - t) eps of a picture on [-2, 2]², and three ways along it.

    The score s and the velocity v are those of the exact p_t, computed in the page: a path begins
    at its noise z, brought to the mean and the variance of p_t, and follows dx = v dt (ODE), or
    dx = (v + g s) dt + sqrt(2 g) dB with g = eta (1 - t) (SDE), by Euler's steps, or takes Langevin
    steps of length 0.2 (1 - t)² at each time. `z`, the noise of the path under the hand, `eta` and
    `frame`, the number of the time, are what is chosen now, and can be set.

    Args:
        picture: density `(N, N)`, row 0 at the bottom; stored in 256 steps, at most 64 x 64.
        times: ascending, 2 to 60 of them, between 0 and 1.
        alt: one sentence that says what is to be seen.
        points: how many other points go along, 1 to 60.
        inner: Langevin steps at each time, 1 to 20.
        seed: of the noise.

    Raises:
        ValueError: the picture is no density, the times do not ascend, or a number is out of range.
    """

    _esm = script("ways")
    picture = traitlets.Bytes().tag(sync=True)
    times = traitlets.List().tag(sync=True)
    sizes = traitlets.List().tag(sync=True)
    draws = traitlets.Bytes().tag(sync=True)
    moments = traitlets.List().tag(sync=True)
    home = traitlets.List([0.5, -1.0]).tag(sync=True)
    z = traitlets.List(
        traitlets.Float(min=-MOST_NOISE, max=MOST_NOISE), [0.5, -1.0], minlen=2, maxlen=2
    ).tag(sync=True)
    eta = traitlets.Float(1.0, min=0, max=4).tag(sync=True)
    frame = traitlets.Int(min=0).tag(sync=True)

    def __init__(
        self,
        picture: ArrayLike,
        times: ArrayLike,
        alt: str,
        points: int = 40,
        inner: int = 10,
        seed: int = 0,
    ) -> None:
        steps = in_steps(picture, MOST_CELLS)
        times = arguments.array("times", times, "n")
        if not 2 <= len(times) <= MOST_TIMES or not (np.diff([0, *times, 1]) > 0).all():
            raise ValueError(f"times must be 2 to {MOST_TIMES} numbers that ascend from 0 to 1.")
        points = arguments.whole("points", points, 1, 60)
        inner = arguments.whole("inner", inner, 1, 20)
        n = len(times)
        rng = np.random.default_rng(seed)
        draws = rng.standard_normal((n + (n - 1) * inner, points, 2)).astype("<f4")
        self._P = steps / steps.sum(dtype=float)
        self._draws = draws.astype(float)
        super().__init__(
            picture=steps.tobytes(),
            times=times.tolist(),
            sizes=[points, inner],
            draws=draws.tobytes(),
            moments=_moments(self._P),
            frame=n - 1,
            alt=alt,
        )

    def paths(self, z: ArrayLike) -> dict[str, np.ndarray]:
        """Way -> places `(times, n, 2)` of paths from noise z `(n, 2)`, n at most `points`."""
        z = arguments.array("z", z, "n", 2)
        if len(z) > self.sizes[0]:
            raise ValueError(f"z must hold at most {self.sizes[0]} points, not {len(z)}.")
        t, (mean, variance) = self.times[0], np.array(self.moments)
        x = t * mean + np.sqrt((1 - t) ** 2 + t**2 * variance) * z
        flows = {way: self._flow(x, eta) for way, eta in (("ODE", 0.0), ("SDE", self.eta))}
        return {**flows, "Langevin": self._langevin(x)}

    def _flow(self, x, eta):
        places, draws = [x], self._draws[1:, : len(x)]
        for t, h, draw in zip(self.times, np.diff(self.times), draws, strict=False):
            s, v = self._field(x, t)
            g = eta * (1 - t)
            x = x + h * (v + g * s) + np.sqrt(2 * g * h) * draw
            places.append(x)
        return np.array(places)

    def _langevin(self, x):
        places = [x]
        draws = iter(self._draws[len(self.times) :, : len(x)])
        for t in self.times[1:]:
            h = 0.2 * (1 - t) ** 2
            for _ in range(self.sizes[1]):
                x = x + h * self._field(x, t)[0] + np.sqrt(2 * h) * next(draws)
            places.append(x)
        return np.array(places)

    def _field(self, x, t):
        """Score and velocity at points `(n, 2)`; far out the nearest place of the frame is x̂."""
        (mass_x, slope_x), (mass_y, slope_y) = (_strips(v, t, len(self._P)) for v in x.T)
        along = mass_y @ self._P
        p = (along * mass_x).sum(1)
        slope = np.stack([(along * slope_x).sum(1), (slope_y @ self._P * mass_x).sum(1)], 1)
        far = (t * np.clip(x / t, -2, 2) - x) / (1 - t) ** 2
        seen = p > FAINT
        s = np.where(seen[:, None], slope / np.where(seen, p, 1)[:, None], far)
        return s, ((x + (1 - t) ** 2 * s) / t - x) / (1 - t)

    @traitlets.validate("frame")
    def _known_frame(self, proposal):
        if self.times and proposal["value"] >= len(self.times):
            raise traitlets.TraitError(f"There are {len(self.times)} times, counted from 0.")
        return proposal["value"]

    def _first_picture(self):
        fig, axes = plots.planes(3, size=2.9)
        t, crowd, own = self.times[-1], self.paths(self._draws[0]), self.paths([self.z])
        mass, _ = _strips(np.linspace(-REACH, REACH, 72), t, len(self._P))
        for ax, way in zip(axes, WAYS, strict=True):
            first = -TRAIL - 1 if way == "Langevin" else 0
            ax.imshow(
                mass @ self._P @ mass.T,
                origin="lower",
                extent=2 * (-REACH, REACH),
                cmap="Greys",
                alpha=0.6,
            )
            for path in crowd[way][first:, :LINES].swapaxes(0, 1):
                ax.plot(*path.T, color=plots.SKY, lw=0.6)
            ax.plot(*own[way][first:, 0].T, color=plots.ORANGE, lw=1.5)
            plots.points(ax, crowd[way][-1], size=4)
            plots.points(ax, own[way][-1], plots.ORANGE, 12)
            ax.set(title=f"SDE, η = {self.eta:.1f}" if way == "SDE" else way)
            ax.set(xlim=(-REACH, REACH), ylim=(-REACH, REACH), xlabel="x", ylabel="y")
            ax.set(xticks=[-REACH, REACH], yticks=[-REACH, REACH])
        return fig


def _strips(x, t, n):
    """Mass and slope of n strips of [-2, 2], shrunk by t and blurred by 1 - t, at x `(m,)`."""
    u = (t * np.linspace(-2, 2, n + 1) - x[:, None]) / (1 - t)
    bell = np.exp(-(u**2) / 2) / np.sqrt(2 * np.pi)
    return np.diff(ndtr(u)), -np.diff(bell) / (1 - t)


def _moments(P):
    """Mean and variance of x and y of a pixel density on [-2, 2]²."""
    n = len(P)
    centre = (4 * np.arange(n) + 2) / n - 2
    shares = np.stack([P.sum(0), P.sum(1)])
    mean = shares @ centre
    variance = shares @ centre**2 - mean**2 + (4 / n) ** 2 / 12
    return [mean.tolist(), variance.tolist()]
