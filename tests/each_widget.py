"""An instance of each widget, as large as in a lesson: the code of one cell each, after `SETUP`."""

SETUP = """import numpy as np
import torch
from course_utils.density import ImageDensity
from course_utils.models import PixelCNN
from course_utils.widgets.completer import Completer
from course_utils.widgets.decoder import Decoder
from course_utils.widgets.drifter import Drifter
from course_utils.widgets.filters import Filters
from course_utils.widgets.gallery import Gallery
from course_utils.widgets.latent import Latent
from course_utils.widgets.maps import Maps, Waved
from course_utils.widgets.painter import Painter
from course_utils.widgets.player import Player
from course_utils.widgets.trainer import Trainer
from course_utils.widgets.ways import Ways
torch.manual_seed(0)
rng = np.random.default_rng(0)
alt = "A widget, only for a test."
def layers(*widths):
    return [(rng.normal(size=(m, n)), np.zeros(n)) for m, n in zip(widths, widths[1:])]
def squares(*sizes):
    return rng.integers(256, size=(*sizes, 2, 2, 3), dtype=np.uint8).repeat(8, -3).repeat(8, -2)"""

WIDGETS = {
    "painter": "painter = Painter(classes=('blue', 'orange'), keep='seven')\npainter",
    "player": (
        "player = Player(rng.random((20, 50, 2)), alt, rng.random((20, 8, 8)),"
        " numbers={'loss': np.arange(20)})\nplayer"
    ),
    "latent": "latent = Latent(layers(4, 8, 2), rng.normal(size=(50, 2)), alt, ['a', 'b'])\nlatent",
    "filters": (
        "filters = Filters({f'seed {k}': (rng.normal(size=(3, 7)), np.zeros(1)) for k in range(2)})"
        "\nfilters"
    ),
    "decoder": (
        "decoder = Decoder(layers(3, 8, 16), rng.normal(size=(60, 3)), np.arange(60) % 10, alt)"
        "\ndecoder"
    ),
    "drifter": (
        "drifter = Drifter(rng.normal(size=(400, 2)), rng.normal(size=(200, 2)), alt)\ndrifter"
    ),
    "maps": (
        "flow = Waved(layers(21, 8, 2), 4, 1, (0,))\nmaps = Maps(flow, {'flow': flow,"
        " 'drift': Waved(layers(2, 8, 2), 0)}, rng.random((8, 8)), alt)\nmaps"
    ),
    "completer": (
        "completer = Completer(PixelCNN(64, 64, 16, C=8, D=(1, 2)), rng.random((64, 3)),"
        " rng.integers(64, size=(3, 16, 16)), alt)\ncompleter"
    ),
    "gallery": (
        "gallery = Gallery(squares(3, 2, 5), {'hair': ['black', 'brown', 'blond'],"
        " 'guidance weight': [0, 1.5], 'denoising step': [1000, 500, 250, 100, 0]}, alt)\ngallery"
    ),
    "trainer": "trainer = Trainer(ImageDensity.from_file('ring'))\ntrainer",
    "ways": "ways = Ways(rng.random((8, 8)), [0.1, 0.3, 0.5, 0.7, 0.9], alt, 20)\nways",
}


def made() -> dict:
    """Name -> widget, here in Python."""
    names = {}
    for code in (SETUP, *WIDGETS.values()):
        exec(code, names)
    return {name: names[name] for name in WIDGETS}


def stored(widget):
    """The widget is stored with a picture, an alt text and a view; its module asks for nothing."""
    data, metadata = widget._repr_mimebundle_()
    assert data["image/png"] and metadata["image/png"]["alt"] == widget.alt == data["text/plain"]
    assert len(widget.alt.split()) >= 5
    assert "application/vnd.jupyter.widget-view+json" in data
    for word in ("http", "fetch(", "import "):
        assert word not in widget._esm
    return data["image/png"]
