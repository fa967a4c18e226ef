"""Looking at a GAN in the plane while it learns: step by step, or recorded."""

from collections.abc import Callable
from pathlib import Path

import numpy as np
import torch
from matplotlib.animation import FuncAnimation
from numpy.typing import ArrayLike

from course_utils import plots
from course_utils.arguments import whole
from course_utils.density import ImageDensity
from course_utils.metrics import floor, measure
from course_utils.widgets.player import Player


def field(D: Callable[[torch.Tensor], torch.Tensor], k: int = 40) -> np.ndarray:
    """σ(D) at the centres of k x k cells of the unit square, row 0 at the bottom: `(k, k)`.

    D takes `(1, n, 2)` to logits `(1, n, 1)`.

    Raises:
        TypeError: k is not a whole number.
        ValueError: k is less than 1.
    """
    centre = (torch.arange(whole("k", k, 1, 1000)) + 0.5) / k
    grid = torch.cartesian_prod(centre, centre).flip(1)[None]
    with torch.no_grad():
        return torch.sigmoid(D(grid)).reshape(k, k).numpy()


def duel(
    G: Callable[[torch.Tensor], torch.Tensor],
    D: Callable[[torch.Tensor], torch.Tensor],
    z: torch.Tensor,
    d_move: Callable[[], object],
    g_move: Callable[[], object],
    x: ArrayLike | None = None,
) -> None:
    """Show G(z), `(1, n, 2)`, on the field of D, with arrows along the slope of D, and buttons.

    `d_move()` and `g_move()` train one player by one step. `x` are real points `(m, 2)`, drawn too.
    """

    def play(rounds, d_moves, g_moves):
        for _ in range(rounds):
            for move in [d_move] * d_moves + [g_move] * g_moves:
                move()

    fig, (ax,) = plots.planes(1, size=3.9)
    heat = plots.density(ax, np.full((40, 40), 0.5))
    heat.set_clim(0, 1)
    if x is not None:
        plots.points(ax, x, plots.SKY, 4)
    dots = plots.points(ax, np.zeros((1, 2)), plots.ORANGE, 6)
    arrows = ax.quiver(*np.zeros((4, z.shape[1])), color=plots.ORANGE, angles="xy", width=0.004)

    def redraw():
        x = G(z).detach().requires_grad_()
        (slope,) = torch.autograd.grad(D(x).sum(), x)
        place, way = x.detach()[0].numpy(), slope[0].numpy()
        longest = np.linalg.norm(way, axis=1).max() + 1e-12
        heat.set_data(field(D))
        dots.set_data(*place.T)
        arrows.set_offsets(place)
        arrows.set_UVC(*(way / longest).T)
        arrows.scale = 8

    play(30, 1, 0)
    redraw()  # arrows of no length cannot be laid out
    alt = (
        "Orange points with arrows on the grey field of a discriminator, white where it says real."
    )
    buttons = {
        "D: 10 steps": lambda: play(10, 1, 0),
        "G: 10 steps": lambda: play(10, 0, 1),
        "both: 50 rounds": lambda: play(50, 3, 1),
    }
    plots.live(fig, redraw, alt, **buttons)


class Recording:
    """What is seen of a training at every so many steps, for the `watch` of the lessons.

    Attributes:
        history: name -> what was seen, one entry a frame: `step`, `x_hat` `(frames, n, 2)`, `field`
            `(frames, 40, 40)`, `loss of D`, `loss of G`, and each number of `metrics.measure`.
    """

    def __init__(
        self,
        density: ImageDensity,
        sample: Callable[..., ArrayLike],
        rng: np.random.Generator,
        every: int = 20,
    ) -> None:
        """`sample` takes G to generated points `(n, 2)`."""
        self.density, self.sample, self.rng, self.every = density, sample, rng, every
        self._frames = []

    def __call__(
        self,
        step: int,
        G: Callable[[torch.Tensor], torch.Tensor],
        D: Callable[[torch.Tensor], torch.Tensor],
        d_loss: float,
        g_loss: float,
    ) -> None:
        if step == 1 or step % self.every == 0:
            with torch.no_grad():
                x_hat = np.asarray(self.sample(G))
            seen = {"step": step, "x_hat": x_hat, "field": field(D)}
            seen |= {"loss of D": d_loss, "loss of G": g_loss}
            self._frames.append(seen | measure(x_hat, self.density, self.rng))

    @property
    def history(self) -> dict[str, np.ndarray]:
        return {key: np.array([frame[key] for frame in self._frames]) for key in self._frames[0]}

    def player(self, alt: str) -> Player:
        """The recording as a `Player`, 800 points a frame."""
        seen = self.history
        numbers = {name: seen[name] for name in ("SW", "coverage", "loss of D")}
        x_hat, steps = seen["x_hat"][:, :800], seen["step"]
        return Player(x_hat, alt, seen["field"], steps, "step", numbers)

    def curves(self, alt: str) -> dict[str, float]:
        """Show losses and numbers over the steps, with floors dashed; returns the floors."""
        seen, low = self.history, floor(self.density, len(self._frames[0]["x_hat"]), self.rng)
        fig, axes = plots.plt.subplots(1, 3, figsize=(10, 3))
        panels = {
            "loss": ["loss of D", "loss of G"],
            "SW": ["SW"],
            "share": ["precision", "coverage", "TV"],
        }
        levels = {**low, "loss of D": 2 * np.log(2), "loss of G": np.log(2)}
        for ax, (label, names) in zip(axes, panels.items(), strict=True):
            lines = {name: seen[name] for name in names}
            plots.curves(ax, seen["step"], lines, ("step", label), levels)
        axes[1].set_yscale("log")
        plots.show(fig, alt)
        return low

    def save(self, path: Path) -> None:
        """Save the points of every second frame as an animation, a GIF file."""
        fig, (ax,) = plots.planes(1, size=2.6)
        dots = plots.points(ax, np.zeros((1, 2)), size=1)
        frames = self._frames[::2]
        movie = FuncAnimation(fig, lambda seen: dots.set_data(*seen["x_hat"].T), frames)
        movie.save(path, writer="pillow", fps=10)
        plots.plt.close(fig)
