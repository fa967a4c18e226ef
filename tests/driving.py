"""Moves the live figures of a kernel through their ranges; its text runs inside the kernel."""

import hashlib
import random
import sys
from contextlib import contextmanager

import numpy as np


def drive(namespace, last):
    """Sentences on what is wrong with the live figures that exist.

    Each is moved right after the cell that made it. At the end of the notebook each is moved again
    and must look the same at every place. Buttons change something for good, so they are pressed at
    the end alone, and a figure that has some is not compared.
    """
    live = sys.modules.get("course_utils.live")
    found = []
    with same_random_numbers(namespace):
        for number, figure in enumerate(live.Live.made if live else (), 1):
            first = not hasattr(figure, "looks")
            if not (first or last):
                continue
            try:
                looks = moved(figure)
                if first:
                    figure.looks = looks
                elif not figure.buttons:
                    changed = [
                        place for place, look in looks.items() if look != figure.looks[place]
                    ]
                    if changed:
                        found.append(f"live figure {number} looks different at {changed}")
                if last:
                    pressed(figure)
            except RuntimeError as error:
                found.append(f"live figure {number} {error}")
    return found


def moved(figure):
    """(slider, value) -> the digest of the picture there: both ends, between, and the start."""
    looks = {}
    for name, slider in figure.sliders.items():
        start = slider.value
        for share in (0, 0.25, 0.5, 1):
            slider.value = slider.min + share * (slider.max - slider.min)
            looks[name, round(slider.value, 6)] = look(figure, f"at {name} = {slider.value:g}")
        slider.value = start
        looks[name, "start"] = look(figure, f"back at {name} = {start:g}")
    return looks


def pressed(figure):
    for name, button in figure.buttons.items():
        button.click()
        look(figure, f"after {name!r}")


def look(figure, place):
    said = "".join(out["text"] for out in figure.log.outputs if out["name"] == "stderr")
    if said:
        raise RuntimeError(f"says {place}:\n{said}")
    return hashlib.sha256(figure.image.value).hexdigest()


@contextmanager
def same_random_numbers(namespace):
    """The lesson draws the random numbers that it would have drawn without the moves."""
    torch = sys.modules.get("torch")
    states = [(random.setstate, random.getstate()), (np.random.set_state, np.random.get_state())]
    if torch:
        states.append((torch.set_rng_state, torch.get_rng_state()))
    for value in [*namespace.values()]:
        if isinstance(value, np.random.Generator):
            bits = value.bit_generator
            states.append((lambda state, bits=bits: setattr(bits, "state", state), bits.state))
        elif torch and isinstance(value, torch.Generator):
            states.append((value.set_state, value.get_state()))
    try:
        yield
    finally:
        for restore, state in states:
            restore(state)
