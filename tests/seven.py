"""A small instance of each widget: the code of one cell each, run after `SETUP`."""

SETUP = """import numpy as np
import torch
from course_utils.models import PixelCNN
from course_utils.widgets.completer import Completer
from course_utils.widgets.decoder import Decoder
from course_utils.widgets.filters import Filters
from course_utils.widgets.gallery import Gallery
from course_utils.widgets.latent import Latent
from course_utils.widgets.painter import Painter
from course_utils.widgets.player import Player
torch.manual_seed(0)
rng = np.random.default_rng(0)
alt = "A small widget, only for a test."
def layers(*widths):
    return [(rng.normal(size=(m, n)), np.zeros(n)) for m, n in zip(widths, widths[1:])]"""

WIDGETS = {
    "painter": "Painter(classes=('blue', 'orange'))",
    "player": "Player(rng.random((20, 50, 2)), alt, numbers={'loss': np.arange(20)})",
    "latent": "Latent(layers(4, 8, 2), rng.normal(size=(50, 2)), alt, ['one', 'two'])",
    "filters": "Filters({f'seed {k}': (rng.normal(size=(3, 7)), np.zeros(1)) for k in range(2)})",
    "decoder": "Decoder(layers(3, 8, 16), rng.normal(size=(60, 3)), np.arange(60) % 10, alt)",
    "completer": (
        "Completer(PixelCNN(5, 5, 6, C=4, D=(1, 2)), rng.random((5, 3)),"
        " rng.integers(5, size=(3, 6, 6)), alt)"
    ),
    "gallery": (
        "Gallery(rng.integers(256, size=(2, 3, 16, 16, 3)).astype(np.uint8),"
        " {'hair': ['red', 'blue'], 'step': range(3)}, alt)"
    ),
}
