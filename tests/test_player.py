"""The player: its recording in half precision, its keys, its film, its points and their places."""

import numpy as np
import pytest

from course_utils.widgets.player import Player
from tests.bare import hear, show, tell
from tests.each_widget import stored
from tests.javascript import javascript
from tests.waiting import pixels

ALT = "Fifty points that wander about in the square."


def recording(frames=20, n=50, k=8, seed=0):
    rng = np.random.default_rng(seed)
    return dict(
        points=rng.random((frames, n, 2)),
        field=rng.random((frames, k, k)),
        iterations=range(0, 10 * frames, 10),
        numbers={"loss": rng.random(frames), "step size": 10.0 ** -np.arange(frames)},
        alt=ALT,
    )


# ---- without a browser


def test_it_is_stored_with_a_picture_and_alt_text():
    stored(Player(**recording()))


@pytest.mark.parametrize(
    "change, words",
    [
        (dict(points=np.zeros((5, 2))), r"\(frames, n, 2\)"),
        (dict(points=np.zeros((201, 5, 2))), "at most 200 frames"),
        (dict(points=np.zeros((5, 2001, 2))), "at most 200 frames of 2000 points"),
        (dict(points=np.zeros((0, 5, 2))), r"\(frames, n, 2\)"),
        (dict(field=np.zeros((20, 4, 5))), "field must have shape"),
        (dict(field=np.zeros((19, 4, 4))), r"\(20, k, k\)"),
        (dict(iterations=range(3)), "iterations needs one value a frame"),
        (dict(numbers={"a": range(20), "b": range(19)}), "b needs one value"),
        (dict(numbers=dict.fromkeys("abcd", range(20))), "At most 3 numbers"),
    ],
)
def test_recordings_that_do_not_fit_are_refused(change, words):
    with pytest.raises(ValueError, match=words):
        Player(**{**recording(), **change})


# ---- the same numbers in JavaScript


def test_the_player_decodes_to_half_precision():
    run = recording()
    run["points"][3, 7] = np.nan
    run["points"][0, :4] = [[0, 1], [2**-24, 6e-8], [1e-5, 65504], [0.1, 0.9]]
    widget = Player(**run)
    seen = javascript("player", widget)
    points = np.array([np.nan if v is None else v for v in seen["points"]]).reshape(20, 50, 2)
    np.testing.assert_array_equal(points, run["points"].astype(np.float16).astype(float))
    field = np.array(seen["field"]).reshape(20, 8, 8) / 255
    low, high = run["field"].min(), run["field"].max()
    np.testing.assert_allclose(low + field * (high - low), run["field"], atol=0.5 / 255)


# ---- in a page


def step_by_step(browser):
    """A player of twenty frames, ten steps apart, and a page with it whose clock stands still."""
    points = np.random.default_rng(0).random((20, 50, 2))
    field = np.random.default_rng(1).random((20, 8, 8))
    numbers = {"loss": np.arange(20) / 10}
    python = Player(points, ALT, field, iterations=range(0, 200, 10), unit="step", numbers=numbers)
    return python, show(browser, python, clock=True)


def test_player_by_slider_keys_and_play(browser):
    python, page = step_by_step(browser)
    slider = page.get_by_label("frame")
    readout = page.locator("output")
    assert readout.inner_text().replace(",", "").split() == ["step", "190", "loss", "1.9"]
    slider.focus()
    last = pixels(page, "canvas")
    page.keyboard.press("ArrowLeft")
    assert pixels(page, "canvas") != last
    assert readout.inner_text().replace(",", "").split() == ["step", "180", "loss", "1.8"]
    page.keyboard.press("Home")
    assert readout.inner_text().replace(",", "").split() == ["step", "0", "loss", "0"]
    hear(page, python, "frame")
    assert python.frame == 0
    page.get_by_label("speed").select_option(label="4 ×")
    readout.evaluate("""output => {
        window.seen = [output.textContent];
        const texts = all => all.flatMap(a => [...a.addedNodes]).map(node => node.data);
        const note = new MutationObserver(all => window.seen.push(...texts(all)));
        note.observe(output, {childList: true});
    }""")
    page.get_by_role("button", name="play").click()
    page.clock.run_for(1000)
    assert page.get_by_role("button", name="play").count() == 1  # it has come to its end
    hear(page, python, "frame")
    assert python.frame == 19
    assert [int(text.split()[1][:-1]) for text in dict.fromkeys(page.evaluate("window.seen"))] == [
        *range(0, 200, 10)
    ]
    tell(page, python, frame=5)
    assert readout.inner_text().startswith("step 50,")
    page.close()


def test_player_draws_the_points_where_they_are(browser):
    python, page = step_by_step(browser)
    tell(page, python, frame=7)
    assert page.locator("output").inner_text().startswith("step 70,")
    x, y = np.random.default_rng(0).random((20, 50, 2))[7].astype(np.float16).astype(float).T
    colours = page.eval_on_selector(
        "canvas",
        """(canvas, [x, y]) => x.map((v, i) => [...canvas.getContext('2d').getImageData(
            Math.min(canvas.width - 1, v * canvas.width),
            Math.min(canvas.height - 1, (1 - y[i]) * canvas.height), 1, 1).data])""",
        [x.tolist(), y.tolist()],
    )
    orange = np.array(colours)[:, :3] == [0xD5, 0x5E, 0x00]
    assert orange.all(axis=1).mean() > 0.9
    page.close()


def test_the_players_keys_and_signs(browser):
    """In a page whose clock stands still, so that the film does not end while it is looked at."""
    page = show(browser, Player(**recording()), clock=True)
    frame, slider = page.locator("output"), page.get_by_label("frame")
    for key, step in [("Home", 0), ("ArrowRight", 10), ("End", 190), ("ArrowLeft", 180)]:
        slider.press(key)
        assert frame.inner_text().startswith(f"frame {step},")
    signs = {}
    for name in ("play", "pause"):
        button = page.get_by_role("button", name=name)
        assert button.inner_text() == ""  # it is drawn: no font needs to have it
        signs[name] = button.locator("path").get_attribute("d")
        if name == "play":
            slider.press(" ")
    assert signs["play"] != signs["pause"]
    page.clock.run_for(1000)  # it plays on to its last frame, and stops there
    assert frame.inner_text().startswith("frame 190,")
    assert page.get_by_role("button", name="play").count() == 1
    page.close()


@pytest.mark.parametrize("axes", [None, "", "A ball, seen from the front"])
def test_the_player_says_of_its_axes_what_is_true(browser, axes):
    given = {} if axes is None else {"axes": axes}
    page = show(browser, Player(**recording(), **given))
    hint = page.locator(".hint")
    assert hint.is_visible() == (axes != "")
    expected = "x from 0 to 1 to the right, y from 0 to 1 upward" if axes is None else axes
    assert hint.text_content() == expected
    page.close()
