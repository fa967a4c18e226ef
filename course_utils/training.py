"""The bar over a training loop: time left, live numbers, and a stop that loses nothing."""

import io
import signal
import threading
import time
from collections.abc import Iterator
from typing import Any, SupportsFloat

from IPython import get_ipython
from IPython.display import display
from tqdm.std import tqdm

from course_utils.arguments import whole
from course_utils.memory import give_back

BAR = "course-progress-bar"  # the mark of a bar among the outputs of a notebook


class _TextBar(tqdm):
    """A bar in a notebook: text that is updated in place, so the file keeps its last line.

    A widget would leave nothing behind: its model is gone with the kernel.
    """

    monitor_interval = 0  # else a second thread writes into whatever cell runs by then
    _handle = None

    def __init__(self, *args, **settings):
        # `file` gets the line break of the end; four updates a second are enough to read.
        place: dict[str, Any] = {
            "file": io.StringIO(),
            "ascii": False,
            "ncols": 80,
            "mininterval": 0.25,
        }
        super().__init__(*args, **place, **settings)

    def display(self, msg=None, pos=None):
        text = {"text/plain": str(self) if msg is None else msg}
        if self._handle:
            self._handle.update(text, raw=True, metadata={BAR: True})
        else:
            self._handle = display(text, raw=True, metadata={BAR: True}, display_id=True)


def progress(*args: Any, **settings: Any) -> tqdm:
    """tqdm's progress bar, with its arguments: in a notebook as text that the file keeps."""
    in_notebook = getattr(get_ipython(), "kernel", None) is not None
    return (_TextBar if in_notebook else tqdm)(*args, **settings)


class Steps:
    """Counts 0, 1, ..., n - 1 under a progress bar with the time left.

    A training that goes on begins its count at `first`.

    Press the stop button (or Ctrl+C) and the loop ends after the step it is in, with all that it
    has learnt; press it again and the step itself is broken off.

        for step in (steps := Steps(1000)):
            ...
            steps.show(loss=loss)

    Raises:
        TypeError: n or first is not a whole number.
        ValueError: n is less than 1; first is negative, or more than n.
    """

    def __init__(self, n: int, name: str = "training", first: int = 0) -> None:
        self.n = whole("The number of steps", n, 1)
        self.first = whole("first", first, 0, self.n)
        self.name, self._stop, self._shown = name, False, 0.0

    def __iter__(self) -> Iterator[int]:
        self._stop = False
        main = threading.current_thread() is threading.main_thread()
        before = signal.signal(signal.SIGINT, self._interrupt) if main else None
        try:
            with progress(total=self.n, initial=self.first, desc=self.name) as self._bar:
                for step in range(self.first, self.n):
                    yield step
                    self._bar.update()
                    if self._stop:
                        print(
                            f"Stopped after step {step + 1} of {self.n}. "
                            "What was learnt until here is kept."
                        )
                        return
        finally:
            if main:
                signal.signal(signal.SIGINT, before)
            give_back()

    def show(self, **numbers: SupportsFloat) -> None:
        """Write numbers (or tensors of one) behind the bar, at most five times a second."""
        if (now := time.perf_counter()) - self._shown > 0.2:
            self._shown = now
            shown = {name: f"{float(x):.3g}" for name, x in numbers.items()}
            self._bar.set_postfix(shown, refresh=False)  # the next update of the bar shows them

    def _interrupt(self, *_) -> None:
        if self._stop:
            raise KeyboardInterrupt
        self._stop = True
