"""One point of noise: its path and images as PyTorch has them, in Python, JavaScript and a page."""

import re
from functools import partial
from itertools import pairwise

import numpy as np
import pytest
import torch
from traitlets import TraitError

from course_utils.density import ImageDensity
from course_utils.widgets.maps import Maps, Waved
from tests.bare import hear, show, tell
from tests.each_widget import stored
from tests.javascript import javascript
from tests.waiting import until
from tools.lessons import definitions

ALT = "A path from noise to a spiral, and four discs where maps of one call end."
SPIRAL = ImageDensity.from_file("spiral", size=64).pdf
Z = np.random.default_rng(0).uniform(-3, 3, (20, 2))
NAMES = "reflow", "consistency", "mean flow", "drifting"


@pytest.fixture(scope="module")
def nets():
    """Networks of the lesson's kinds, untrained, with two side by side; in double precision."""
    torch.manual_seed(0)
    Net = definitions("12")["Net"]
    kinds = {name: {} for name in ("velocity", "reflow", "consistency")}
    kinds |= {"mean flow": dict(times=2, octaves=2), "drifting": dict(times=0, octaves=0)}
    nets = {name: Net(2, **kind).double().requires_grad_(False) for name, kind in kinds.items()}
    for net in nets.values():
        for W in net.W:
            W *= 2  # not too near to the map that moves nothing
    return nets


def waved(net, *times):
    layers = [(W[0], b[0, 0]) for W, b in zip(net.W, net.b, strict=True)]
    return Waved(layers, net.octaves, net.ticks, times)


@pytest.fixture(scope="module")
def python(nets):
    times = dict(zip(NAMES, [(0,), (0,), (0, 1), ()], strict=True))
    maps = {name: waved(nets[name], *t) for name, t in times.items()}
    return Maps(waved(nets["velocity"], 0), maps, SPIRAL, ALT)


@pytest.fixture(scope="module")
def lesson(nets):
    """Where the functions of the lesson send the noise Z: the path's end, and each map's image."""
    functions, eps = definitions("12"), torch.tensor(Z).expand(2, -1, -1)
    maps = {
        "path": partial(functions["euler"], nets["velocity"], calls=50),
        "reflow": partial(functions["euler"], nets["reflow"], calls=1),
        "consistency": partial(functions["consistent"], nets["consistency"]),
        "mean flow": partial(functions["jumps"], nets["mean flow"], calls=1),
        "drifting": nets["drifting"],
    }
    return {name: f(eps)[0].numpy() for name, f in maps.items()}


# ---- without a browser


def test_it_is_stored_with_a_picture_and_alt_text(python):
    stored(python)
    assert len(python.weights) < 200_000


def net_of(*widths, octaves=0, ticks=0, times=()):
    layers = [(np.ones(pair), np.ones(pair[1])) for pair in pairwise(widths)]
    return Waved(layers, octaves, ticks, times)


V, G = net_of(3, 2, times=(0,)), net_of(2, 2)


@pytest.mark.parametrize(
    "velocity, maps, words",
    [
        (V, {}, "maps must hold 1 to 4 networks, not 0"),
        (V, dict.fromkeys("abcde", G), "not 5"),
        (G, {"a": G}, "The velocity must have one time, not 0"),
        (V, {"a": net_of(3, 2)}, "Layer 1 takes 3 numbers, but a has 2 numbers and waves"),
        (V, {"a": net_of(2, 2, times=(0.0, 1.0))}, "but a has 4 numbers"),
        (V, {"a": net_of(2, 3)}, "The last layer of a must give 2 numbers"),
        (V, {"a": net_of(2, 2, octaves=9)}, "octaves must be at most 8"),
        (V, {"a": net_of(3, 2, times=(np.nan,))}, "times has values that are NaN"),
    ],
)
def test_what_does_not_fit_is_refused(velocity, maps, words):
    with pytest.raises(ValueError, match=words):
        Maps(velocity, maps, SPIRAL, ALT)


@pytest.mark.parametrize("z", [[1.0], [0.0, 3.1]])
def test_the_noise_stays_in_range(python, z):
    with pytest.raises(TraitError):
        python.z = z
    assert python.z == [1, 1]


def test_it_is_where_the_lesson_sends_the_noise(python, lesson):
    found = {"path": python.path(Z)[-1], **python.images(Z)}
    assert set(found) == set(lesson)
    for name, x in lesson.items():
        np.testing.assert_allclose(found[name], x, atol=1e-5, err_msg=name)
        assert np.linalg.norm(x - Z, axis=1).mean() > 0.05


# ---- the same numbers in JavaScript


def test_twice_the_same_path_and_images(python):
    found = javascript("maps", python, Z)
    paths = np.array([path for path, _ in found]).swapaxes(0, 1)
    np.testing.assert_allclose(paths, python.path(Z), atol=1e-5)
    for k, x in enumerate(python.images(Z).values()):
        np.testing.assert_allclose([images[k] for _, images in found], x, atol=1e-5)


# ---- in a page


@pytest.fixture(scope="module")
def page(browser, python):
    page = show(browser, python)
    yield page
    page.close()


def reads(page, python):
    """The text gives the noise, the end of its path, and its images."""

    def check():
        hear(page, python, "z")
        text = page.locator(".course-maps output").inner_text().replace("−", "-")
        numbers = [float(v) for v in re.findall(r"-?\d+\.\d+", text)]
        ends = [x[0] for x in python.images([python.z]).values()]
        expected = [*python.z, *python.path([python.z])[-1, 0], *np.ravel(ends)]
        np.testing.assert_allclose(numbers, expected, atol=0.0051)
        assert [text.index(name) for name in NAMES] == sorted(text.index(name) for name in NAMES)
        return True

    until(page, check)


def test_it_opens_as_python_says(page, python):
    assert python.z == [1, 1]
    reads(page, python)


def test_the_noise_by_keys_and_pointer(page, python):
    plane = page.locator(".course-maps .plane")
    plane.focus()
    for key in ("ArrowRight", "ArrowUp", "Shift+ArrowLeft"):
        page.keyboard.press(key)
    reads(page, python)
    np.testing.assert_allclose(python.z, [0.8, 1.05])
    box = plane.bounding_box()
    zoom = box["width"] / 384
    page.mouse.click(box["x"] + zoom * (34 + 342 / 3), box["y"] + zoom * (8 + 342 * 5 / 6))
    reads(page, python)
    np.testing.assert_allclose(python.z, [-1, -2], atol=0.02)
    plane.focus()
    page.keyboard.press("Home")
    reads(page, python)
    assert python.z == [1, 1]


def test_it_follows_python(page, python):
    tell(page, python, z=[-1.5, 2.5])
    reads(page, python)
    tell(page, python, z=[1.0, 1.0])
