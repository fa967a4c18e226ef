"""Turn the numbers of a code, and see a transposed convolution add its filters up to a curve."""

from collections.abc import Mapping

import numpy as np
import traitlets
from numpy.typing import ArrayLike

from course_utils import plots
from course_utils.arguments import shown
from course_utils.widgets.base import CourseWidget, array, script

COLOURS = plots.BLUE, plots.ORANGE, plots.GREEN
FAMILY = np.linspace(-1, 1, 9)  # the values of z_3 that are drawn together


class Filters(CourseWidget):
    """The decoder of one patch, x_hat[n] = b + sum over k of z[k] w[k, n], with three filters.

    It is what `torch.nn.ConvTranspose1d(3, 1, L)` makes of a single position. Four views: the code
    z as a dot, which can be dragged; the filters; the filters scaled by z, with their sum x̂; and
    x̂ for nine values of z_3. `z` and `network` are what is chosen now, and can be set. The axes
    are those of a network: they hold x̂ for every code of length at most 1.

    Args:
        networks: label -> (w, b), arrays or tensors: w of shape `(3, L)` or `(3, 1, L)`, the same
            in all networks, L >= 2; b one number. Stored as float32. The first one is shown first.
        z: the code to start from: three numbers in [-1, 1].

    Raises:
        ValueError: there is no network, a shape does not fit, a number is not finite, or z is not
            such a code.
    """

    _esm = script("filters")
    labels = traitlets.List().tag(sync=True)
    points = traitlets.Int().tag(sync=True)
    weights = traitlets.Bytes().tag(sync=True)
    limits = traitlets.List().tag(sync=True)
    z = traitlets.List(traitlets.Float(min=-1, max=1), minlen=3, maxlen=3).tag(sync=True)
    network = traitlets.Unicode().tag(sync=True)

    def __init__(
        self, networks: Mapping[str, tuple[ArrayLike, ArrayLike]], z: ArrayLike = (0.0, 0.1, 0.2)
    ) -> None:
        if not networks:
            raise ValueError("networks must hold at least one network: a label, and its (w, b).")
        self._networks = {str(name): _checked(name, *pair) for name, pair in networks.items()}
        shapes = {name: w.shape for name, (w, _) in self._networks.items()}
        if len(set(shapes.values())) > 1:
            raise ValueError(f"All networks must have filters of one shape, not {shapes}.")
        super().__init__(
            labels=list(shapes),
            points=next(iter(shapes.values()))[1],
            weights=b"".join(w.tobytes() + b.tobytes() for w, b in self._networks.values()),
            limits=[_limit(w, b) for w, b in self._networks.values()],
            z=_code(z).tolist(),
            network=next(iter(shapes)),
            alt="A code of three numbers, three filters, the filters scaled by the code with their "
            "sum, and that sum for nine values of the third number.",
        )

    def scaled(self, z: ArrayLike) -> np.ndarray:
        """The filters times the code, z[k] w[k, n]: float64 `(3, L)`, of the network shown.

        Raises, as does `decode`:
            ValueError: z is not three numbers in [-1, 1].
        """
        return _code(z)[:, None] * self._networks[self.network][0]

    def decode(self, z: ArrayLike) -> np.ndarray:
        """x̂, the sum of the `scaled` filters and b: float64 `(L,)`, of the network shown."""
        return self.scaled(z).sum(axis=0) + self._networks[self.network][1]

    @traitlets.validate("z", "network")
    def _known(self, proposal):
        value = proposal["value"]
        if proposal["trait"].name == "network" and value not in self.labels:
            raise traitlets.TraitError(f"There is no network {value!r}, only {self.labels}.")
        if proposal["trait"].name == "z" and not np.isfinite(value).all():
            raise traitlets.TraitError(f"z must be three numbers from -1 to 1, not {value}.")
        return value

    def _first_picture(self):
        fig, ((family, scaled), (code, filters)) = plots.plt.subplots(2, 2, figsize=(8.2, 4.8))
        n, limit = np.arange(self.points), self.limits[self.labels.index(self.network)]
        for z_3 in FAMILY:
            line = self.decode([*self.z[:2], z_3])
            family.plot(n, line, color=plots.GREEN, alpha=0.6 + 0.35 * z_3)
        for k, colour, marker in zip(range(3), COLOURS, "os^", strict=True):
            style = dict(color=colour, marker=marker, ms=5)
            scaled.plot(n, self.scaled(self.z)[k], label=f"$z_{k + 1} w_{k + 1}$", **style)
            filters.plot(n, self._networks[self.network][0][k], label=f"$w_{k + 1}$", **style)
        for ax in (family, scaled):
            ax.plot(n, self.decode(self.z), color=plots.INK, lw=3.5, label="x̂")
        for ax, name, title in (
            (family, "x̂", "x̂ for $z_3$ from −1 (pale) to 1"),
            (scaled, "x̂", "scaled filters and their sum"),
            (filters, "w", "filters"),
        ):
            ax.set(xlabel="n", ylabel=name, title=title, ylim=(-limit, limit))
            ax.set(xticks=[0, n[-1]], yticks=[-limit, 0, limit])
            ax.legend(loc="center left", bbox_to_anchor=(1, 0.5), handlelength=1.5)
        code.set(xlim=(-1, 1), ylim=(-1, 1), xticks=[-1, 1], yticks=[-1, 1], aspect="equal")
        code.set(title="code z: size |$z_3$|, hollow below 0", xlabel="$z_1$", ylabel="$z_2$")
        style = dict(ms=4 + 14 * abs(self.z[2]) ** 0.5, mec=plots.INK, mew=2, clip_on=False)
        code.plot(*self.z[:2], "o", mfc="white" if self.z[2] < 0 else plots.INK, **style)
        return fig


def _checked(name, w, b):
    w, b = array(w), array(b)
    if w.ndim == 3 and w.shape[1] == 1:
        w = w[:, 0]
    if w.ndim != 2 or len(w) != 3 or w.shape[1] < 2 or b.size != 1:
        raise ValueError(
            f"{name!r} needs three filters, w of shape (3, L) or (3, 1, L) with L >= 2, and one "
            f"number b, not shapes {w.shape} and {b.shape}."
        )
    if not (np.isfinite(w).all() and np.isfinite(b).all()):
        raise ValueError(f"{name!r} has NaN or infinite weights.")
    return w, b.reshape(())


def _limit(w, b):
    """A round number that |x̂| does not pass for any code of length at most 1."""
    reach = abs(float(b)) + np.sqrt((w.astype(float) ** 2).sum(axis=0).max()) or 1.0
    steps = np.array([1, 1.5, 2, 2.5, 3, 4, 5, 6, 8, 10]) * 10 ** np.floor(np.log10(reach))
    return float(f"{steps[steps >= reach][0]:.2g}")


def _code(z):
    code = array(z, float)
    if code.shape != (3,) or not (abs(code) <= 1).all():
        raise ValueError(f"z must be three numbers from -1 to 1, not {shown(z)}.")
    return code
