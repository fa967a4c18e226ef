"""The three ways: the exact field against a plain sum, Python against JavaScript, a page."""

import re

import numpy as np
import pytest
from scipy.stats import norm
from traitlets import TraitError

from course_utils.density import ImageDensity
from course_utils.widgets.ways import WAYS, Ways
from tests.bare import hear, show, tell
from tests.each_widget import stored
from tests.javascript import javascript
from tests.waiting import pixels, until

ALT = "Points on three ways from a round cloud of noise to a picture."
TIMES = 1 / (1 + np.geomspace(20, 0.05, 40))
PICTURE = ImageDensity.from_file("two_discs", size=32).pdf


def three(picture=PICTURE, times=TIMES, alt=ALT, **change):
    return Ways(picture, times, alt, **{"points": 60, **change})


@pytest.fixture(scope="module")
def python():
    return three()


# ---- without a browser


@pytest.mark.parametrize("picture", [PICTURE, ImageDensity.from_file("bat", size=128).pdf])
def test_it_is_stored_with_a_picture_and_alt_text(picture):
    widget = three(picture)
    stored(widget)
    assert len(widget._P) <= 64 and widget._P.sum() == pytest.approx(1)


@pytest.mark.parametrize(
    "change, words",
    [
        (dict(picture=np.ones((4, 5))), r"picture must have shape \(N, N\)"),
        (dict(picture=np.zeros((4, 4))), "picture must be a density"),
        (dict(times=[0.5]), "times must be 2 to 60 numbers that ascend from 0 to 1"),
        (dict(times=np.linspace(0.1, 0.9, 61)), "times must be 2 to 60"),
        (dict(times=[0.0, 0.5]), "ascend from 0 to 1"),
        (dict(times=[0.5, 1.0]), "ascend from 0 to 1"),
        (dict(times=[0.5, 0.2]), "ascend from 0 to 1"),
        (dict(points=0), "points must be"),
        (dict(inner=21), "inner must be"),
    ],
)
def test_what_does_not_fit_is_refused(change, words):
    with pytest.raises(ValueError, match=words):
        three(**change)


@pytest.mark.parametrize(
    "trait, value", [("z", [1.0]), ("z", [0.0, 3.1]), ("eta", -0.1), ("eta", 4.1), ("frame", 40)]
)
def test_what_is_chosen_stays_in_range(python, trait, value):
    before = getattr(python, trait)
    with pytest.raises(TraitError):
        setattr(python, trait, value)
    assert getattr(python, trait) == before


def test_more_noise_than_points_is_refused(python):
    with pytest.raises(ValueError, match="at most 60 points, not 61"):
        python.paths(np.zeros((61, 2)))


def p_t(P, x, t):
    """The density at one point: a sum over pixels, each a uniform square, shrunk and blurred."""
    edges = np.linspace(-2, 2, len(P) + 1)
    mass = [np.diff(norm.cdf(t * edges, v, 1 - t)) for v in x]
    return (P * np.outer(mass[1], mass[0])).sum() / (t * 4 / len(P)) ** 2


@pytest.mark.parametrize("t", [0.2, 0.6, 0.9])
def test_the_score_is_the_slope_of_log_p(python, t):
    x = t * np.array([[0.7, -0.9], [-0.8, 0.6], [0.1, 0.2]])
    s, v = python._field(x, t)
    h = 1e-5
    for point, score in zip(x, s, strict=True):
        for axis, step in enumerate(h * np.eye(2)):
            ahead, behind = (np.log(p_t(python._P, point + e, t)) for e in (step, -step))
            assert score[axis] == pytest.approx((ahead - behind) / (2 * h), abs=1e-4)
    x_hat = x + (1 - t) * v  # where the velocity ends at t = 1
    np.testing.assert_allclose(t * x_hat, x + (1 - t) ** 2 * s, atol=1e-9)


def test_each_way_ends_on_the_picture():
    """In two corners, which the noise has not reached; half the way there is not in them either."""
    corners = np.zeros((16, 16))
    corners[:4, :4] = corners[12:, 12:] = 1
    python = three(corners)
    paths = python.paths(np.random.default_rng(3).standard_normal((60, 2)))

    def inside(x):
        return (np.abs(x[:, 0] - x[:, 1]) < 2).mean() * (np.abs(x).min(1) > 0.8).mean()

    assert set(paths) == set(WAYS)
    for places in paths.values():
        assert places.shape == (40, 60, 2)
        assert inside(places[-1]) > 0.9
        assert inside(places[0]) < 0.3 and inside(places[-1] / 2) < 0.3


# ---- the same numbers in JavaScript


@pytest.mark.parametrize("eta", [0.3, 4.0])
def test_twice_the_same_paths(python, eta):
    python.eta = eta
    z = np.random.default_rng(1).uniform(-3, 3, (20, 2))
    for way, found in zip(WAYS, javascript("ways", python, z), strict=True):
        expected = python.paths(z)[way].swapaxes(0, 1)
        np.testing.assert_allclose(np.reshape(found, expected.shape), expected, atol=1e-5)
    python.eta = 1.0


# ---- in a page


@pytest.fixture(scope="module")
def page(browser, python):
    page = show(browser, python, width=900)
    page.screenshot(path="build/ways.png")
    yield page
    page.close()


def reads(page, python):
    """The text gives the time, the noise, and where the three paths are then."""

    def check():
        text = page.locator(".course-ways output").inner_text().replace("−", "-")
        hear(page, python, "z", "eta", "frame")
        numbers = [float(v) for v in re.findall(r"-?\d+\.\d+", text)]
        ends = [python.paths([python.z])[way][python.frame, 0] for way in WAYS]
        expected = [python.times[python.frame], *python.z, *np.ravel(ends)]
        np.testing.assert_allclose(numbers, expected, atol=0.0051)
        return True

    until(page, check)


def test_it_opens_as_python_says(page, python):
    assert (python.frame, python.eta, python.z) == (39, 1, [0.5, -1])
    reads(page, python)
    box = page.locator(".course-ways").bounding_box()
    assert box["width"] <= 880 and box["height"] <= 480


def test_the_noise_by_keys_and_pointer(page, python):
    plane = page.locator(".course-ways .way0")
    plane.focus()
    for key in ("ArrowRight", "ArrowUp", "Shift+ArrowLeft"):
        page.keyboard.press(key)
    reads(page, python)
    np.testing.assert_allclose(python.z, [0.3, -0.95])
    box = plane.bounding_box()
    zoom = box["width"] / 278
    page.mouse.click(box["x"] + zoom * (34 + 118), box["y"] + zoom * (8 + 118))
    reads(page, python)
    np.testing.assert_allclose(python.z, [0, 0], atol=0.1)  # p_t at the start lies near the middle
    plane.focus()
    page.keyboard.press("Home")
    reads(page, python)
    assert python.z == [0.5, -1]


def test_eta_moves_the_sde_alone_and_the_time_moves_all(page, python):
    planes = [f".course-ways .way{k}" for k in range(3)]
    before = [pixels(page, plane) for plane in planes]
    page.get_by_label("noise of the SDE, η", exact=True).fill("0.2")
    reads(page, python)
    after = [pixels(page, plane) for plane in planes]
    assert [a == b for a, b in zip(before, after, strict=True)] == [True, False, True]
    page.get_by_label("time t", exact=True).fill("20")
    reads(page, python)
    later = [pixels(page, plane) for plane in planes]
    assert all(a != b for a, b in zip(after, later, strict=True))


def test_it_follows_python(page, python):
    tell(page, python, z=[-1.0, 2.0], eta=2.5, frame=7)
    reads(page, python)
    assert page.get_by_label("time t", exact=True).input_value() == "7"
    assert page.locator(".course-ways .title").nth(1).inner_text() == "SDE, η = 2.5"
