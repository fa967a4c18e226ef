"""Points that drift: the field against the lesson's, Python against JavaScript, a page."""

import re

import numpy as np
import pytest
import torch
from traitlets import TraitError

from course_utils.density import ImageDensity
from course_utils.widgets.drifter import Drifter
from tests.bare import hear, show, tell
from tests.each_widget import stored
from tests.javascript import javascript
from tests.waiting import until
from tools.lessons import definitions

ALT = "Orange points that drift to a spiral of blue points."
P = 4 * ImageDensity.from_file("spiral").sample(300, np.random.default_rng(0)) - 2
Q = np.random.default_rng(1).standard_normal((100, 2))


def drifter(p=P, q=Q, alt=ALT, tau=0.5):
    return Drifter(p, q, alt, tau)


@pytest.fixture(scope="module")
def python():
    return drifter()


@pytest.fixture(params=[(0.05, "Gauss"), (0.5, "Gauss"), (0.1, "Laplace"), (2.0, "Laplace")])
def chosen(python, request):
    python.tau, python.kernel = request.param
    yield python
    python.tau, python.kernel = 0.5, "Gauss"


def points(widget):
    return np.frombuffer(widget.q, "<f4").reshape(-1, 2)


# ---- without a browser


def test_it_is_stored_with_a_picture_and_alt_text(python):
    stored(python)


@pytest.mark.parametrize(
    "change, words",
    [
        (dict(p=np.ones((4, 3))), r"p must have shape \(n, 2\)"),
        (dict(p=np.ones((601, 2))), "p must hold at most 600 points, not 601"),
        (dict(q=np.ones((1, 2))), "q must have shape .* with n at least 2"),
        (dict(q=[[0, 0], [np.nan, 1]]), "q has values that are NaN"),
        (dict(tau=0.01), "tau must be from 0.05 to 2"),
    ],
)
def test_what_does_not_fit_is_refused(change, words):
    with pytest.raises(ValueError, match=words):
        drifter(**change)


@pytest.mark.parametrize(
    "trait, value", [("tau", 0.04), ("tau", 2.1), ("kernel", "Cauchy"), ("q", b"12345678")]
)
def test_what_is_chosen_stays_in_range(python, trait, value):
    before = getattr(python, trait)
    with pytest.raises(TraitError):
        setattr(python, trait, value)
    assert getattr(python, trait) == before


def test_it_is_the_drift_of_the_lesson(chosen):
    x, p = (torch.tensor(a.astype("<f4")).double()[None] for a in (Q, P))
    V = definitions("12")["drift"](x, p, chosen.tau, chosen.kernel)[0]
    np.testing.assert_allclose(chosen.V(), V, atol=1e-9)
    own = definitions("12")["drift"](x, p, chosen.tau, chosen.kernel, False)[0]
    assert abs(own - V).max() > 0.01  # which counts each point as its own neighbour


# ---- the same numbers in JavaScript


def test_twice_the_same_drift(chosen):
    V, length, step = javascript("drifter", chosen)
    expected = chosen.V()
    np.testing.assert_allclose(np.reshape(V, (-1, 2)), expected, atol=1e-5)
    assert length == pytest.approx(np.linalg.norm(expected, axis=1).mean(), abs=1e-5)
    np.testing.assert_allclose(np.reshape(step, (-1, 2)), Q + expected / 5, atol=1e-5)


# ---- in a page


@pytest.fixture(scope="module")
def page(browser, python):
    page = show(browser, python)
    yield page
    page.close()


def reads(page, python):
    """The text gives the width and the mean length of the drift."""

    def check():
        hear(page, python, "tau", "kernel")
        python.q = bytes(page.evaluate("[...new Uint8Array(model.saved.q.buffer)]"))
        numbers = re.findall(r"\d+\.\d+", page.locator(".course-drifter output").inner_text())
        expected = [python.tau, np.linalg.norm(python.V(), axis=1).mean()]
        np.testing.assert_allclose([float(v) for v in numbers], expected, atol=0.00051)
        return True

    until(page, check)


def press(page, name):
    page.get_by_role("button", name=name, exact=True).click()


def test_it_opens_as_python_says(page, python):
    reads(page, python)
    np.testing.assert_allclose(points(python), Q, atol=1e-6)


def test_the_cloud_by_keys_and_pointer(page, python):
    plane = page.locator(".course-drifter .plane")
    plane.focus()
    for key in ("ArrowRight", "ArrowUp", "Shift+ArrowLeft"):
        page.keyboard.press(key)
    reads(page, python)
    np.testing.assert_allclose(points(python), np.add(Q, [-0.2, 0.05]), atol=1e-5)
    box = plane.bounding_box()
    unit = box["width"] / 384 * 342 / 6  # pixels for 1
    page.mouse.move(box["x"] + 150, box["y"] + 150)
    page.mouse.down()
    page.mouse.move(box["x"] + 150 + unit, box["y"] + 150 - 0.5 * unit, steps=5)
    page.mouse.up()
    page.mouse.move(box["x"] + 250, box["y"] + 250)  # nothing is held any more
    reads(page, python)
    np.testing.assert_allclose(points(python), np.add(Q, [0.8, 0.55]), atol=0.02)
    plane.focus()
    page.keyboard.press("Home")
    reads(page, python)
    np.testing.assert_allclose(points(python), Q, atol=1e-6)


def test_a_step_gathering_and_the_start(page, python):
    press(page, "Step")
    reads(page, python)
    V = drifter().V()
    np.testing.assert_allclose(points(python), Q + V / 5, atol=1e-5)
    press(page, "Start again")
    press(page, "Gather")
    reads(page, python)
    np.testing.assert_allclose(points(python), (Q + Q.mean(0)) / 2, atol=1e-5)
    press(page, "Start again")


def test_it_drifts_to_the_true_points(page, python):
    """After 60 steps the points lie among the true ones, where they were not before."""

    def off(q):
        return np.median(np.linalg.norm(q[:, None] - P, axis=2).min(1))

    tell(page, python, kernel="Laplace", tau=0.1)
    for _ in range(60):
        press(page, "Step")
    reads(page, python)
    assert off(points(python)) < 0.08 < 0.12 < off(Q)
    assert page.get_by_label("kernel", exact=True).input_value() == "Laplace"
    page.get_by_label("width τ", exact=True).fill("1")
    reads(page, python)
    assert python.tau == 2


def test_points_that_the_page_has_moved_come_back():
    """What the page sends are bytes in a memoryview."""
    widget = Drifter(np.ones((3, 2)), np.zeros((2, 2)), "Points.")
    moved = np.arange(4, dtype="f4").tobytes()
    widget.set_state({"q": memoryview(moved)})
    assert widget.q == moved
