"""One point of noise under the hand: its path along a velocity, and its images under four maps."""

from collections.abc import Iterable, Mapping
from typing import NamedTuple

import numpy as np
import traitlets
from numpy.typing import ArrayLike

from course_utils import arguments, plots
from course_utils.widgets import base
from course_utils.widgets.latent import in_steps

MOST_CELLS, MOST_OCTAVES, REACH = 64, 8, 3
COLOURS = [plots.BLUE, plots.GREEN, plots.PINK, plots.SKY]
SIZES = [11, 9, 7, 5]  # radii in pixels, so that discs in one place are all seen


class Waved(NamedTuple):
    """A perceptron of a point and of times, which enter as waves: lesson 12 teaches it.

    Args:
        layers: `(W, b)` of each layer x @ W + b, arrays or tensors `(in, out)` and `(out,)`, to 2
            numbers; LeakyReLU (0.2) follows each but the last. First come the 2 numbers x, the sine
            and the cosine of pi / 4 * 2^k x, then, for each time, t and those of 2 pi 2^k t.
        octaves: how many k there are for a number, 0 to 8.
        ticks: how many there are for a time, 0 to 8.
        times: those at which the network is asked.
    """

    layers: Iterable[tuple[ArrayLike, ArrayLike]]
    octaves: int
    ticks: int = 0
    times: tuple[float, ...] = ()


class Maps(base.CourseWidget):
    """A point of noise z in [-3, 3]²: its path along a velocity, and where up to four maps send it.

    A network with times is asked once, and its answer is added: z + net(z, *times). The answer of
    one without is the image itself. `z` is what is chosen now, and can be set.

    Args:
        velocity: the network v(x, t) whose path is shown, with one time.
        maps: name -> network, one to four.
        picture: density `(N, N)` of the data on [-2, 2]², row 0 at the bottom, to lie behind;
            stored in 256 steps, at most 64 x 64.
        alt: one sentence that says what is to be seen.
        calls: Euler's steps on the path, 1 to 100.

    Raises:
        ValueError: a shape does not fit, there are no maps or more than four, or a number is out of
            range.
    """

    _esm = base.script("maps")
    nets = traitlets.List().tag(sync=True)
    weights = traitlets.Bytes().tag(sync=True)
    calls = traitlets.Int().tag(sync=True)
    picture = traitlets.Bytes().tag(sync=True)
    looks = traitlets.List([*zip(COLOURS, SIZES, strict=True)]).tag(sync=True)
    home = traitlets.List([1.0, 1.0]).tag(sync=True)
    z = traitlets.List(traitlets.Float(min=-REACH, max=REACH), [1.0, 1.0], minlen=2, maxlen=2).tag(
        sync=True
    )

    def __init__(
        self,
        velocity: Waved,
        maps: Mapping[str, Waved],
        picture: ArrayLike,
        alt: str,
        calls: int = 50,
    ) -> None:
        if not 1 <= len(maps) <= len(COLOURS):
            raise ValueError(f"maps must hold 1 to {len(COLOURS)} networks, not {len(maps)}.")
        if len(velocity.times) != 1:
            raise ValueError(f"The velocity must have one time, not {len(velocity.times)}.")
        self._velocity = _checked("velocity", velocity)
        self._maps = {str(name): _checked(str(name), net) for name, net in maps.items()}
        self._steps = in_steps(picture, MOST_CELLS)
        described, parts = [], []
        for name, (layers, net) in {"velocity": self._velocity, **self._maps}.items():
            traits = base.in_bytes(layers)
            parts.append(traits.pop("weights"))
            shape = dict(octaves=net.octaves, ticks=net.ticks, times=[*net.times])
            described.append({"name": name, **traits, **shape})
        super().__init__(
            nets=described,
            weights=b"".join(parts),
            calls=arguments.whole("calls", calls, 1, 100),
            picture=self._steps.tobytes(),
            alt=alt,
        )

    def path(self, z: ArrayLike) -> np.ndarray:
        """The places of noise z `(n, 2)` along the velocity: `(calls + 1, n, 2)`."""
        places = [arguments.array("z", z, "n", 2)]
        for k in range(self.calls):
            v = _answer(*self._velocity, places[k], [k / self.calls])
            places.append(places[k] + v / self.calls)
        return np.array(places)

    def images(self, z: ArrayLike) -> dict[str, np.ndarray]:
        """Name -> where this map sends noise z `(n, 2)`: `(n, 2)`."""
        z = arguments.array("z", z, "n", 2)
        return {
            name: _answer(layers, net, z, net.times) + bool(net.times) * z
            for name, (layers, net) in self._maps.items()
        }

    def _first_picture(self):
        fig, (ax,) = plots.planes(1, size=4.2)
        ax.imshow(self._steps, extent=(-2, 2, -2, 2), cmap="Greys", alpha=0.45)
        ax.plot(*self.path([self.z])[:, 0].T, color=plots.GREY)
        for (name, x), colour, size in zip(
            self.images([self.z]).items(), COLOURS, SIZES, strict=False
        ):
            ax.plot(*x.T, "o", color=colour, ms=size, mec="white", label=name)
        ax.plot(*self.z, "o", color=plots.ORANGE, ms=8, mec="white", label="noise")
        ends = [-REACH, REACH]
        ax.set(xlim=ends, ylim=ends, xticks=ends, yticks=ends)
        ax.legend(fontsize=9, loc="center left", bbox_to_anchor=(1, 0.5))
        return fig


def _checked(name, net):
    """The layers of a network as float32, and the network; what does not fit is refused."""
    octaves = arguments.whole("octaves", net.octaves, 0, MOST_OCTAVES)
    ticks = arguments.whole("ticks", net.ticks, 0, MOST_OCTAVES)
    times = arguments.array("times", net.times, "n").tolist()
    given = 2 * (1 + 2 * octaves) + len(times) * (1 + 2 * ticks)
    layers = base.checked_layers(net.layers, given, f"{name} has {given} numbers and waves")
    if len(layers[-1][1]) != 2:
        raise ValueError(f"The last layer of {name} must give 2 numbers.")
    return layers, net._replace(times=tuple(times))


def _answer(layers, net, x, times):
    """What a network makes of points x `(n, 2)` at some times: `(n, 2)`."""
    columns = [_waves(x, np.pi / 4, net.octaves)]
    for t in times:
        columns.append(_waves(np.full((len(x), 1), t), 2 * np.pi, net.ticks))
    return base.forward(layers, np.hstack(columns), _leaky, np.asarray)


def _waves(x, unit, octaves):
    angle = x[..., None] * unit * 2.0 ** np.arange(octaves)
    angle = angle.reshape(len(x), x.shape[1] * octaves)
    return np.hstack([x, np.sin(angle), np.cos(angle)])


def _leaky(v):
    return np.where(v > 0, v, 0.2 * v)
