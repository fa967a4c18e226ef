"""Draws data/banner.png, the README's picture, with networks of data/checkpoints.

python -m tools.banner

From the left: noise that the conditional GAN of lesson 03 carries to the arms of a spiral; curves
that an autoencoder of lesson 04 decodes while its code goes around; faces of lesson 08; the lake
that the map of lesson 09 wraps around a ball.
"""

import io
from pathlib import Path

import matplotlib.pyplot as plt
import numpy as np
import torch
from matplotlib.collections import LineCollection
from matplotlib.colors import to_rgb
from PIL import Image
from scipy.interpolate import CubicSpline

from course_utils import checkpoints, diffusion, models, plots, sphere
from tools.lessons import definitions

PATH = Path(__file__).resolve().parents[1] / "data" / "banner.png"
WIDE, HIGH, FACE, EDGE = 1600, 420, 128, 12  # pixels
NIGHT = "#0B1020"
ARMS = (plots.SKY, plots.YELLOW, "#4FD6A8")


def spiral(ax: plt.Axes, n: int = 700) -> None:
    """Threads from noise z to G(z, c), for the three classes."""
    G = checkpoints.restore(models.MLP(1, 5, 64, 64, 2), "03_conditional_gan")
    z = torch.randn(3, n, 2, generator=torch.manual_seed(0))
    c = torch.eye(3)[:, None].expand(-1, n, -1)
    x = torch.sigmoid(G(torch.cat([z, c], 2).flatten(0, 1)[None]))[0].unflatten(0, (3, n))
    for colour, start, end in zip(ARMS, z.numpy(), x.numpy(), strict=True):
        start = start * [0.11, 0.17] + [-0.28, 0.5]
        threads = np.stack([start, end], 1)
        ax.add_collection(LineCollection([*threads], colors=colour, lw=0.4, alpha=0.14))
        ax.plot(*start.T, ".", color=colour, ms=2, mew=0, alpha=0.6)
        ax.plot(*end.T, ".", color=colour, ms=3.4, mew=0)
    ax.set(xlim=(-0.64, 0.97), ylim=(-0.02, 1.02), aspect="equal")


def curves(ax: plt.Axes, n: int = 120) -> None:
    """Curves through the points that one network decodes from codes on a closed way."""
    net = checkpoints.restore(models.PatchAutoencoders(10), "04_transposed_convolution")
    turn = torch.arange(n) * 2 * torch.pi / n
    z = torch.stack([turn.cos(), turn.sin(), (2 * turn).sin()], 1)
    x = net.decode(z.expand(10, -1, -1))[0].numpy()
    t = np.linspace(0, 6, 200)
    lines = CubicSpline(np.arange(7), x, axis=1)(t)
    colours = plt.get_cmap("plasma")(0.2 + 0.6 * (1 - turn.cos().numpy()) / 2)
    threads = [np.c_[t, y] for y in lines]
    ax.add_collection(LineCollection(threads, colors=colours, lw=0.8, alpha=0.75))
    reach = 1.1 * abs(lines).max()
    ax.set(xlim=(0, 6), ylim=(-reach, reach))


def faces(n: int) -> np.ndarray:
    """n faces, `(n, FACE, FACE, 3)` bytes."""
    net = checkpoints.restore(models.UNet(8, 64), "08_faces")
    x = diffusion.generate(net, torch.arange(n) % 8, seed=5)[1][-1]
    x = ((x + 1) * 127.5).byte().permute(0, 2, 3, 1)
    return x.repeat_interleave(FACE // 32, 1).repeat_interleave(FACE // 32, 2).numpy()


def ball(side: int, fine: int = 3) -> Image.Image:
    """The lake around a ball, `side` pixels high and wide."""
    lesson = definitions("09")
    net = checkpoints.restore(lesson["Wrap"](1, lesson["pinch"]), "09_sphere_mapping")
    (x,) = sphere.balls(lambda x: net(x[None])[0], sphere.colours("lake", 400), [25], fine * side)
    y = np.linspace(-1, 1, fine * side)
    x[np.hypot(y, y[:, None]) > 0.998] = to_rgb(NIGHT)
    return Image.fromarray(np.uint8(255 * x)).resize((side, side), Image.Resampling.BOX)


@torch.no_grad()
def banner() -> Image.Image:
    """The whole picture."""
    fig = plt.figure(figsize=(WIDE / 100, HIGH / 100), dpi=100, layout="none", facecolor=NIGHT)
    for draw, left, width in [(spiral, 0, 600), (curves, 596, 140)]:
        ax = fig.add_axes((left / WIDE, 0, width / WIDE, 1))
        ax.set_axis_off()
        draw(ax)
    picture = Image.open(io.BytesIO(plots.png(fig, dpi=100))).convert("RGB")
    plt.close(fig)
    side = HIGH - 2 * EDGE
    left, step = WIDE - 2 * (EDGE + side) - 2 * EDGE, FACE + (side - 3 * FACE) // 2
    for k, face in enumerate(faces(9)):
        row, column = divmod(k, 3)
        picture.paste(Image.fromarray(face), (left + step * column, EDGE + step * row))
    picture.paste(ball(side), (WIDE - EDGE - side, EDGE))
    return picture.point(lambda v: v & 0xFC)  # six bits a colour: a smaller file


if __name__ == "__main__":
    banner().save(PATH, optimize=True)
