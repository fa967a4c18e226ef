"""Trains the networks in data/checkpoints with the code of the lessons.

python -m tools.train_checkpoints 02        about 10 minutes on two cores
"""

import sys
import time

import numpy as np
import torch

from course_utils import checkpoints
from course_utils.density import PICTURES, ImageDensity, course_pictures
from tools.lessons import definitions


def lesson_02(steps=4000):
    """Seven GANs side by side, one for each picture."""
    lesson = definitions("02")
    lesson["rng"] = np.random.default_rng(0)
    torch.manual_seed(0)
    pictures = [ImageDensity.from_file(name) for name in course_pictures()]
    players = lesson["players"](len(pictures))
    return "02_gan_2d", lesson["train"](*players, pictures, steps=steps)


def lesson_03(steps=4000):
    """A conditional GAN of the three arms of the spiral."""
    lesson = definitions("03")
    lesson["rng"] = np.random.default_rng(0)
    torch.manual_seed(0)
    data = lesson["read_classes"](PICTURES / "spiral")
    return "03_conditional_gan", lesson["train"](data, *lesson["players"](1, 3), steps, n=512)


def main(numbers):
    for number in numbers:
        start = time.perf_counter()
        name, net = globals()[f"lesson_{number}"]()
        minutes = (time.perf_counter() - start) / 60
        about = {"trained": f"{minutes:.0f} minutes on {torch.get_num_threads()} threads"}
        checkpoints.write(name, net.state_dict(), about)


if __name__ == "__main__":
    main(sys.argv[1:])
