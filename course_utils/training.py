"""The bar over a training loop: time left, live numbers, and a stop that loses nothing."""

import signal
import threading
import time

from tqdm.auto import tqdm

from course_utils.arguments import whole
from course_utils.output import say


class Steps:
    """Counts 0, 1, ..., n - 1 under a progress bar with the time left.

    Press the stop button (or Ctrl+C) and the loop ends after the step it is in, with all that it
    has learnt; press it again and the step itself is broken off.

        for step in (bar := Steps(1000)):
            ...
            bar.show(loss=loss)

    Raises:
        TypeError: n is not a whole number.
        ValueError: n is less than 1.
    """

    def __init__(self, n: int, name: str = "training"):
        self.n = whole("The number of steps", n, 1)
        self.name, self._stop, self._shown = name, False, 0.0

    def __iter__(self):
        self._stop = False
        main = threading.current_thread() is threading.main_thread()
        before = signal.signal(signal.SIGINT, self._interrupt) if main else None
        try:
            with tqdm(total=self.n, desc=self.name) as self._bar:
                for step in range(self.n):
                    yield step
                    self._bar.update()
                    if self._stop:
                        say(
                            f"Stopped after step {step + 1} of {self.n}. "
                            "What was learnt until here is kept."
                        )
                        return
        finally:
            if main:
                signal.signal(signal.SIGINT, before)

    def show(self, **numbers):
        """Write numbers (or tensors of one) behind the bar, at most five times a second."""
        if (now := time.perf_counter()) - self._shown > 0.2:
            self._shown = now
            self._bar.set_postfix({name: f"{float(x):.3g}" for name, x in numbers.items()})

    def _interrupt(self, *_):
        if self._stop:
            raise KeyboardInterrupt
        self._stop = True
