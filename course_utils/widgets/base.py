"""What the widgets share: a first picture for readers without a kernel, and an alt text."""

from pathlib import Path

import anywidget
import traitlets
from IPython.display import Image

from course_utils import plots


class CourseWidget(anywidget.AnyWidget):
    """An anywidget that is stored with a picture of its first state and an alt text.

    A subclass sets `_esm` and draws its first state in `_first_picture`.
    """

    alt = traitlets.Unicode().tag(sync=True)

    def _first_picture(self):
        """A matplotlib figure of the widget as it looks before it is touched."""
        raise NotImplementedError

    def _repr_mimebundle_(self, **kwargs):
        bundle = super()._repr_mimebundle_(**kwargs)
        data, metadata = bundle if isinstance(bundle, tuple) else (bundle, {})
        fig = self._first_picture()
        picture = Image(plots.png(fig, dpi=96), format="png", alt=self.alt)
        plots.plt.close(fig)
        png, png_metadata = picture._repr_mimebundle_()
        return {**data, **png, "text/plain": self.alt}, {**metadata, **png_metadata}


def script(name: str) -> str:
    """The JavaScript of a widget: what all widgets share, then what is its own."""
    folder = Path(__file__).parent
    return "\n".join((folder / f"{part}.js").read_text("utf-8") for part in ("base", name))
