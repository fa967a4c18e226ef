"""Sliders and buttons over a picture that Python draws, always in the kernel's main thread."""

import threading
import traceback
import typing
from collections import deque
from collections.abc import Callable

import ipywidgets
from IPython import get_ipython
from IPython.utils.capture import capture_output
from matplotlib.figure import Figure

# Fades in after a second, so that short cells do not let it flicker.
WAITS = (
    "<style>@keyframes course-waits { from, 99% { opacity: 0 } }</style>"
    "<span style='animation: course-waits 1s'>"
    "A cell is running; the figure answers when it has finished.</span>"
)


def settle(fig: Figure) -> None:
    """Lay a figure out for good: its layout would move a little with each of the first drawings."""
    for _ in range(5):
        fig.draw_without_rendering()
    fig.set_layout_engine("none")


class Live:
    """A picture under sliders and buttons, drawn anew when one of them is moved.

    matplotlib must not draw in two threads at once, but beside a running cell ipykernel 7 hands
    over what a browser says in a second thread. Then the figure waits until the main thread is
    free, and draws the latest values only; meanwhile a line under it says that a cell is running.

    Args:
        draw: takes the value of each slider by name, returns the bytes of a PNG file.
        controls: name -> (lowest, highest, step, start) for a slider, or a function for a button.
        width: of the picture, as CSS has it; it is narrower where the page is.

    Attributes:
        made: all of this kernel, in the order in which they were made.
        sliders, buttons: the widgets by name.
        image, notice, log: the widgets with the picture, the line, and what `draw` prints or
            raises.
        box: the widget that holds all of them.
    """

    made: typing.ClassVar[list] = []

    def __init__(self, draw: Callable[..., object], controls: dict, width: str) -> None:
        self._draw, self._asked = draw, deque()
        self.sliders, self.buttons = {}, {}
        for name, control in controls.items():
            if callable(control):
                button = self.buttons[name] = ipywidgets.Button(description=name)
                button.on_click(lambda _, act=control: self._ask(act))
            else:
                low, high, step, start = control
                slider = self.sliders[name] = ipywidgets.FloatSlider(
                    min=low,
                    max=high,
                    step=step,
                    value=start,
                    description=name,
                    readout_format=".2f",
                )
                slider.observe(lambda _: self._ask(lambda: None), "value")
        layout = {"width": width, "max_width": "100%"}
        self.image = ipywidgets.Image(value=self._picture(), format="png", layout=layout)
        self.notice, self.log = ipywidgets.HTML(layout={"min_height": "28px"}), ipywidgets.Output()
        row = [ipywidgets.HBox([*self.buttons.values()])] if self.buttons else []
        parts = [*row, *self.sliders.values(), self.image, self.notice, self.log]
        self.box = ipywidgets.VBox(parts)
        self.made.append(self)
        if _kernel():
            self.notice.value = WAITS  # for the cell that makes the figure may go on
            events = get_ipython().events
            events.register("pre_run_cell", lambda *_: self.notice.set_trait("value", WAITS))
            events.register("post_run_cell", lambda *_: self.notice.set_trait("value", ""))

    def _picture(self):
        return self._draw(**{name: slider.value for name, slider in self.sliders.items()})

    def _ask(self, act):
        """Have `act` done and the picture drawn anew by the main thread, as soon as it is free."""
        self._asked.append(act)
        kernel = _kernel()
        if kernel and threading.current_thread() is not threading.main_thread():
            kernel.io_loop.add_callback(self._answer)
        else:
            self._answer()

    def _answer(self):
        if not self._asked:
            return  # an answer before this one has drawn the latest values already
        with capture_output(display=False) as said:
            try:
                while self._asked:
                    self._asked.popleft()()
                self.image.value = self._picture()
            except Exception:
                traceback.print_exc()  # shown under the figure, not swallowed
        texts = {"stdout": said.stdout, "stderr": said.stderr}
        self.log.outputs = tuple(
            {"output_type": "stream", "name": name, "text": text}
            for name, text in texts.items()
            if text
        )


def _kernel():
    return getattr(get_ipython(), "kernel", None)
