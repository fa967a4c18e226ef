"""Rub out a part of a small picture, and see a PixelCNN complete it four times, pixel by pixel."""

import operator

import numpy as np
import torch
import traitlets
from numpy.typing import ArrayLike

from course_utils import plots
from course_utils.arguments import number
from course_utils.models import PixelCNN
from course_utils.widgets import base


class Completer(base.CourseWidget):
    """A picture to rub out, and four completions that a PixelCNN draws, row by row from the top.

    A covered pixel is drawn with the probabilities softmax(logits / temperature). Each pixel has
    its own random number, covered or not: what stands before a pixel newly covered stays. `number`
    (of the picture, from 0), `covered`, `temperature` and `seed` are chosen now, and can be set.

    Args:
        net: a trained PixelCNN(K, K, size), K from 2 to 256, size from 2 to 32. It is copied.
        palette: the colours, `(K, 3)`, from 0 to 1.
        pictures: 1 to 64, whole numbers `(n, size, size)`, indices into the palette.
        alt: one sentence that says what is to be seen.
        temperature: 0.2 to 2. The lower, the more often the most probable colour is drawn.
        seed: of the random numbers, 0 to 2^32 - 1.
        covered: `(size, size)`, 1 where a pixel is rubbed out, else 0; the lower half if not given.

    Raises, as `logits` does, and what is set:
        ValueError: net is another network, a shape does not fit, or a number is out of range.
    """

    _esm = base.script("completer")
    shape = traitlets.List().tag(sync=True)
    weights = traitlets.Bytes().tag(sync=True)
    palette = traitlets.Bytes().tag(sync=True)
    pictures = traitlets.Bytes().tag(sync=True)
    number = traitlets.Int(0).tag(sync=True)
    covered = traitlets.List().tag(sync=True)
    temperature = traitlets.Float(1.0).tag(sync=True)
    seed = traitlets.Int(0).tag(sync=True)

    def __init__(
        self,
        net: PixelCNN,
        palette: ArrayLike,
        pictures: ArrayLike,
        alt: str,
        temperature: float = 1.0,
        seed: int = 0,
        covered: ArrayLike | None = None,
    ) -> None:
        self._net, K, C, size = _copy(net)
        self._palette, self._pictures = base.array(palette), _indices(pictures, K, size)
        if self._palette.shape != (K, 3) or not (abs(self._palette - 0.5) <= 0.5).all():
            raise ValueError(f"palette must be {K} colours, ({K}, 3), of numbers from 0 to 1.")
        if not 1 <= len(self._pictures) <= 64 or self._pictures.shape[1] != size:
            raise ValueError(f"pictures must be 1 to 64, each of {size} x {size} pixels.")
        covered = np.indices((size, size))[0] >= size // 2 if covered is None else covered
        temperature = number("temperature", temperature, 0.2, 2)
        dilations = [layer.dilation[0] for layer in self._net.v]  # pyrefly: ignore[bad-index]
        chosen = dict(temperature=temperature, seed=operator.index(seed), alt=alt)
        super().__init__(
            shape=[K, C, size, *dilations],
            weights=b"".join(base.array(part).tobytes() for part in _parts(self._net)),
            palette=np.uint8(np.round(255 * self._palette)).tobytes(),
            pictures=np.uint8(self._pictures).tobytes(),
            covered=(1 * base.array(covered, None)).tolist(),
            **chosen,
        )

    def logits(self, x: ArrayLike) -> np.ndarray:
        """Float64 `(n, K, r, size)` for the first r rows of pictures, x `(n, r, size)`."""
        return _logits(self._net, _indices(x, len(self._palette), self.shape[2]))

    def complete(self) -> np.ndarray:
        """The four completions of what is chosen now: int64 `(4, size, size)`."""
        x = self._pictures[[self.number] * 4]
        u = _mulberry32(self.seed, x.size).reshape(x.shape)
        for r, c in np.argwhere(self.covered):
            logits = self.logits(x[:, : r + 1])[:, :, r, c]
            p = np.exp((logits - logits.max(1, keepdims=True)) / self.temperature).cumsum(1)
            x[:, r, c] = (p <= u[:, r, c, None] * p[:, -1:]).sum(1)
        return x

    @traitlets.validate("number", "covered", "temperature", "seed")
    def _fits(self, proposal):
        name, value, (n, size, _) = proposal["trait"].name, proposal["value"], self._pictures.shape
        limits = dict(number=(0, n - 1), temperature=(0.2, 2), seed=(0, 2**32 - 1), covered=(0, 1))
        (low, high), shape = limits[name], (size, size) if name == "covered" else ()
        if np.shape(value) != shape or not np.all(np.clip(value, low, high) == value):
            what = f"{size} x {size} numbers " if shape else ""
            raise ValueError(f"{name} must be {what}from {low} to {high}.")
        return value

    def _first_picture(self):
        fig, axes = plots.plt.subplot_mosaic([[4, 4, 0, 1], [4, 4, 2, 3]], figsize=(6.6, 3.5))
        hidden = np.array(self.covered, bool).repeat(2, 0).repeat(2, 1)[..., None]
        chequers = 0.8 + 0.15 * (np.indices(hidden.shape).sum(0) % 2)
        for k, picture in enumerate([*self.complete(), self._pictures[self.number]]):
            rgb = self._palette[picture].repeat(2, 0).repeat(2, 1)
            axes[k].imshow(np.where(hidden & (k == 4), chequers, rgb), origin="upper")
            axes[k].set_title({0: "Four completions", 4: "Picture"}.get(k, ""), loc="left")
            axes[k].set_axis_off()
        return fig


def _copy(net):
    """The network in float64 and its sizes, if it is the one that the JavaScript computes."""
    try:
        state = {name: part.detach().cpu() for name, part in net.state_dict().items()}
        K, (_, C, size, _) = len(state["out.bias"]), state["place"].shape
        with torch.random.fork_rng(devices=[]):
            own = PixelCNN(K, K, size, C, [layer.dilation[0] for layer in net.v])
        own.load_state_dict(state | {k: v for k, v in own.state_dict().items() if "mask" in k})
        theirs, ours = (_logits(n, np.zeros((1, size, size), int)) for n in (net, own.double()))
        fits = 2 <= K <= 256 and 2 <= size <= 32 and np.isfinite(ours).all()
        if fits and np.allclose(theirs, ours, rtol=0.01, atol=0.01 * abs(ours).max()):
            return own, K, C, size
    except (AttributeError, KeyError, RuntimeError, ValueError):
        pass
    raise ValueError("net must be a finite PixelCNN(K, K, size), K 2 to 256, size 2 to 32.")


def _parts(net):
    """The weights as the JavaScript reads them, without those that are masked."""
    yield net.place.permute(0, 2, 3, 1)
    blocks = zip(net.v, net.h, net.across, net.back, strict=True)
    for layer in (net.v0, net.h0, *(layer for block in blocks for layer in block), net.out):
        W = layer.weight[:, :, getattr(layer, "mask", torch.ones(1, 1)) > 0]
        yield W.permute((2, 1, 0) if layer in (net.v0, net.h0) else (0, 2, 1))
        yield layer.bias


@torch.no_grad()
def _logits(net, x):
    planes = torch.nn.functional.one_hot(torch.from_numpy(x), len(net.out.bias)).movedim(-1, 1)
    return net(planes.to(net.place)).cpu().double().numpy()


def _indices(x, K, size):
    x = base.array(x, None)
    if x.ndim != 3 or x.shape[2] != size or not np.isin(x, range(K)).all():
        raise ValueError(f"A picture must be rows of {size} whole numbers from 0 to {K - 1}.")
    return x.astype(np.int64)


def _mulberry32(seed, n):
    a = np.arange(1, n + 1, dtype=np.uint32) * np.uint32(0x6D2B79F5) + np.uint32(seed)
    t = (a ^ a >> 15) * (a | 1)
    t ^= t + (t ^ t >> 7) * (t | 61)
    return (t ^ t >> 14) / 2**32
