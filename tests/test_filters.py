"""The filters widget: the same x̂ in Python, JavaScript and PyTorch, and its controls in a page."""

import re

import numpy as np
import pytest
import torch
from traitlets import TraitError

from course_utils.widgets.filters import Filters
from tests.bare import hear, show, tell
from tests.each_widget import stored
from tests.javascript import javascript
from tests.waiting import frames, pixels, until

START = [0.0, 0.1, 0.2]


def layer(seed, length=7):
    """A transposed convolution of random weights."""
    torch.manual_seed(seed)
    return torch.nn.ConvTranspose1d(3, 1, length, stride=4)


def networks(*seeds, length=7):
    made = {f"seed {seed}": layer(seed, length) for seed in seeds}
    return {name: (net.weight, net.bias) for name, net in made.items()}


# ---- without a browser


@pytest.mark.parametrize("z", [(0.0, 0.1, 0.2), (1, -1, -1), np.zeros(3)])
def test_it_is_stored_with_a_picture_and_alt_text(z):
    widget = Filters(networks(0, 1), z)
    stored(widget)


def test_arrays_and_tensors_are_taken_alike():
    (w, b), flat = networks(0)["seed 0"], Filters(networks(0))
    w, b = w.detach().numpy(), b.detach().numpy()
    for pair in [(w, b), (w[:, 0], b.item()), (w[:, 0].tolist(), np.float64(b.item()))]:
        assert Filters({"seed 0": pair}).weights == flat.weights
    assert len(Filters(networks(0, 1, 2)).weights) == 3 * 4 * 22


w, b = np.ones((3, 7)), 0.0


@pytest.mark.parametrize(
    "networks, words",
    [
        ({}, "at least one network"),
        ({"a": (w[:2], b)}, r"'a' needs three filters, .* not shapes \(2, 7\) and \(\)"),
        ({"a": (np.ones((4, 1, 7)), b)}, r"needs three filters, .* \(4, 7\)"),
        ({"a": (np.ones((3, 2, 7)), b)}, r"needs three filters, .* \(3, 2, 7\)"),
        ({"a": (np.ones(7), b)}, "needs three filters"),
        ({"a": (w[:, :1], b)}, "with L >= 2"),
        ({"a": (w, np.zeros(3))}, r"one number b, not shapes .* \(3,\)"),
        ({"a": (w, b), "b": (w[:, 1:], b)}, r"one shape, not {'a': \(3, 7\), 'b': \(3, 6\)}"),
        ({"a": (w, b), "b": (np.full((3, 7), np.nan), b)}, "'b' has NaN or infinite"),
        ({"a": (w, np.inf)}, "'a' has NaN or infinite"),
    ],
)
def test_networks_that_do_not_fit_are_refused(networks, words):
    with pytest.raises(ValueError, match=words):
        Filters(networks)


@pytest.mark.parametrize("z", [(0, 0), (0, 0, 1.01), (0, -2, 0), (0, 0, np.nan), 0.5])
def test_codes_that_are_none_are_refused(z):
    with pytest.raises(ValueError, match="z must be three numbers from -1 to 1, not"):
        Filters(networks(0), z)
    widget = Filters(networks(0))
    for function in (widget.decode, widget.scaled):
        with pytest.raises(ValueError, match="z must be three numbers"):
            function(z)
    with pytest.raises(TraitError):
        widget.z = z
    assert widget.z == START


def test_an_unknown_network_is_refused():
    widget = Filters(networks(0, 1))
    with pytest.raises(TraitError, match=r"no network 'seed 2', only \['seed 0', 'seed 1'\]"):
        widget.network = "seed 2"
    assert widget.network == "seed 0"


@pytest.mark.parametrize("size", [0, 1e-6, 0.01, 0.0999, 0.1, 1, 3.7, 1e5])
def test_the_axes_hold_every_code_of_length_one(size):
    rng = np.random.default_rng(0)
    w, b = size * rng.standard_normal((3, 7)), size * rng.standard_normal()
    widget = Filters({"a": (w, b)})
    (limit,) = widget.limits
    codes = rng.standard_normal((2000, 3))
    codes /= np.linalg.norm(codes, axis=1, keepdims=True)
    most = max(abs(widget.decode(z)).max() for z in codes)
    assert most <= limit and (size == 0 or limit < 2.1 * (most + abs(b)))
    assert abs(np.float32(w)).max() <= limit


# ---- the same numbers in JavaScript and PyTorch


@pytest.mark.parametrize("seeds, length", [((0,), 7), ((1, 2, 3), 7), ((4, 5), 2), ((6,), 12)])
def test_three_times_the_same_curve(seeds, length):
    widget = Filters(networks(*seeds, length=length))
    codes = np.random.default_rng(0).uniform(-1, 1, (20, 3))
    codes[:3] = [[0, 0, 0], [1, -1, 1], START]
    seen = javascript("filters", widget, codes)
    assert [label for label, *_ in seen] == widget.labels
    assert [limit for _, limit, _ in seen] == widget.limits
    for seed, (label, _, curves) in zip(seeds, seen, strict=True):
        widget.network = label
        x = torch.from_numpy(np.float32(codes))[..., None]
        expected = layer(seed, length)(x)[:, 0].detach().numpy()
        for z, (parts, x_hat), truth in zip(codes, curves, expected, strict=True):
            np.testing.assert_allclose(parts, widget.scaled(z), atol=1e-12)
            np.testing.assert_allclose(x_hat, widget.decode(z), atol=1e-12)
            np.testing.assert_allclose(x_hat, truth, atol=1e-5)


# ---- in a page


@pytest.fixture(scope="module")
def bare(browser):
    """A page with the widget alone, and the widget in Python."""
    n, rng = np.arange(7), np.random.default_rng(0)
    smooth = np.array([np.cos(n / 5), np.sin(n / 3) / 2, np.cos(n)])
    made = Filters({"smooth": (smooth, 0.05), "rough": (rng.standard_normal((3, 7)), -0.2)})
    page = show(browser, made, 900)
    yield page, made
    page.close()


@pytest.fixture
def page(bare):
    return bare[0]


@pytest.fixture
def python(bare):
    return bare[1]


@pytest.fixture
def widget(page, python):
    """The widget as it opened."""
    tell(page, python, network="smooth", z=START)
    widget = page.locator(".course-filters")
    agrees(page, python, START)
    assert widget.get_by_label("Network", exact=True).input_value() == "smooth"
    return widget


VIEWS = ("family", "scaled", "code", "filters")


def pictures(page):
    """Which of the four views, by name, show what."""
    return {name: pixels(page, f".course-filters .{name}") for name in VIEWS}


def changed(page, before):
    return [name for name, picture in pictures(page).items() if picture != before[name]]


def readout(widget):
    """The numbers of z beside its sliders, and of x̂ under the views."""
    z, x_hat = [], widget.locator("output").last.inner_text().replace("−", "-")
    for output in widget.locator("label output").all():
        z.append(float(output.inner_text().replace("−", "-")))
    return z, [float(v) for v in re.findall(r"-?\d\.\d\d", x_hat)]


def agrees(page, python, expected, atol=0.0):
    """What the page says gets what Python has, and z what is expected."""
    widget = page.locator(".course-filters")

    def check():
        hear(page, python, "z", "network")
        z, x_hat = readout(widget)
        np.testing.assert_allclose(z, expected, atol=atol)
        assert python.z == z
        assert [float(slider.input_value()) for slider in widget.locator("input").all()] == z
        np.testing.assert_allclose(x_hat, python.decode(python.z), atol=0.0051)
        return True

    until(page, check)


def test_it_opens_as_python_says(page, python, widget):
    agrees(page, python, START)
    box = widget.bounding_box()
    assert box["width"] <= 900 and box["height"] <= 540
    assert len(set(pictures(page).values())) == 4
    for name in VIEWS:
        canvas = widget.locator(f".{name}")
        assert canvas.get_attribute("aria-label") and canvas.bounding_box()["height"] > 100
        assert canvas.evaluate("c => c.width >= 1.9 * c.clientWidth")  # sharp on a projector
    assert widget.get_attribute("aria-label") == python.alt
    for name in ("z₁", "z₂", "z₃", "Network"):
        control = widget.get_by_label(name, exact=True)
        assert control.get_attribute("data-lm-suppress-shortcuts") == "true"
    assert widget.get_by_role("button", name="Move").count() == 4


def test_x_hat_is_drawn_where_it_is(page, python, widget):
    """The thick line at n = 3, against the axes from -limit to limit."""
    tell(page, python, z=[-0.5, -0.9, 0.1])
    agrees(page, python, [-0.5, -0.9, 0.1])
    rows = page.eval_on_selector(
        ".course-filters .scaled",
        """canvas => {
            const zoom = canvas.width / 404, x = Math.round((46 + 344 / 2) * zoom);
            const { data } = canvas.getContext('2d').getImageData(x, 0, 1, 158 * zoom), rows = [];
            for (let y = 12 * zoom; y < 158 * zoom; y++)
                if (data[4 * y] === 0x22) rows.push(y / zoom);
            return rows;
        }""",
    )
    x_hat, limit = python.decode(python.z)[3], python.limits[0]
    assert np.mean(rows) == pytest.approx(12 + 146 * (limit - x_hat) / (2 * limit), abs=0.6)


def test_z_follows_the_pointer_while_it_is_down(page, python, widget):
    code = widget.locator(".code")
    code.scroll_into_view_if_needed()
    box = code.bounding_box()
    zoom = box["width"] / 206

    def point(z_1, z_2):
        return box["x"] + zoom * (119 + 73 * z_1), box["y"] + zoom * (85 - 73 * z_2)

    page.mouse.move(*point(0.5, 0.5))  # hovering
    frames(page)
    assert readout(widget)[0] == START
    before = pictures(page)
    page.mouse.down()
    page.mouse.move(*point(-0.6, 0.3), steps=8)
    agrees(page, python, [-0.6, 0.3, 0.2], atol=0.02)
    assert changed(page, before) == ["family", "scaled", "code"]  # the filters stay
    page.mouse.move(box["x"] + box["width"] + 100, box["y"] - 50)  # stays in the plane
    page.mouse.up()
    page.mouse.move(*point(0, 0))
    frames(page)
    agrees(page, python, [1, 1, 0.2])
    assert code.evaluate("c => getComputedStyle(c).touchAction") == "none"


def test_z_by_keys(page, python, widget):
    widget.locator(".code").focus()
    for key in ("ArrowRight", "ArrowUp", "ArrowUp", "Shift+ArrowLeft"):
        page.keyboard.press(key)
    agrees(page, python, [-0.2, 0.2, 0.2])
    page.keyboard.press("ArrowDown")
    page.keyboard.press("Home")
    agrees(page, python, [0, 0, 0.2])


def test_z_by_sliders(page, python, widget):
    before = pictures(page)
    for name, value in [("z₁", "0.75"), ("z₂", "-1"), ("z₃", "-0.33")]:
        widget.get_by_label(name, exact=True).fill(value)
    agrees(page, python, [0.75, -1, -0.33])
    assert changed(page, before) == ["family", "scaled", "code"]
    before = pictures(page)
    widget.get_by_label("z₃", exact=True).focus()
    page.keyboard.press("ArrowRight")
    agrees(page, python, [0.75, -1, -0.32])
    assert changed(page, before) == ["family", "scaled", "code"]


def test_a_dot_is_hollow_below_0(page, python, widget):
    def ink():
        return page.eval_on_selector(
            ".course-filters .code",
            """canvas => {
                const [i, j] = [119, 85].map(v => Math.round(v * canvas.width / 206));
                return canvas.getContext('2d').getImageData(i, j, 1, 1).data[0];
            }""",
        )

    for z_3, value in [(0.5, 0x22), (-0.5, 255)]:
        tell(page, python, z=[0.0, 0.0, z_3])
        until(page, lambda value=value: ink() == value)


def test_another_network(page, python, widget):
    before = pictures(page)
    select = widget.get_by_label("Network", exact=True)
    select.focus()
    page.keyboard.press("ArrowDown")
    agrees(page, python, START)
    assert python.network == "rough"
    assert changed(page, before) == ["family", "scaled", "filters"]  # the code stays
    select.select_option(label="smooth")
    agrees(page, python, START)
    assert python.network == "smooth"
    assert changed(page, before) == []


def test_it_follows_python(page, python, widget):
    tell(page, python, z=[-1.0, 0.25, 1.0], network="rough")
    agrees(page, python, [-1, 0.25, 1])
    assert widget.get_by_label("Network", exact=True).input_value() == "rough"
    tell(page, python, z=[1.0, 1.0, 1.0])
    agrees(page, python, [1, 1, 1])
    outside = abs(python.decode(python.z)).max() > python.limits[1]
    assert ("beyond the axes" in widget.inner_text()) == outside


# ---- its motion, in a page whose clock stands still


@pytest.fixture
def still(browser):
    page = show(browser, Filters(networks(0), START), clock=True)
    yield page, page.locator(".course-filters")
    page.close()


def run(page, widget, steps, milliseconds=100):
    """What z is after each of some steps of the clock, in which the page draws some frames."""
    seen = []
    for _ in range(steps):
        page.clock.run_for(milliseconds)
        seen.append(readout(widget)[0])
    return np.array(seen)


def stopped(page, widget, z):
    """It stays there, and Python has heard of it."""
    assert (run(page, widget, 2) == z).all()
    assert page.evaluate("model.saved.z") == list(z)
    assert widget.get_by_role("button", name="Stop").count() == 0


def test_move_one_and_stop(still):
    page, widget = still
    widget.get_by_role("button", name="Move z₂").click()
    seen = run(page, widget, 40)
    assert (seen[:, [0, 2]] == 0).all()
    swing = np.sin(2 * np.pi * np.arange(1, 41) / 40)  # there and back in four seconds
    np.testing.assert_allclose(seen[:, 1], swing, atol=0.06)  # two frames late at most
    assert page.evaluate("model.saved.z") == START  # Python hears of it when it stops
    widget.get_by_role("button", name="Stop").click()
    stopped(page, widget, seen[-1])
    assert widget.get_by_role("button", name="Move z₂").count() == 1


def test_move_all_until_touched(still):
    page, widget = still
    widget.get_by_role("button", name="Move z₁").click()
    widget.get_by_role("button", name="Move all").click()
    assert widget.get_by_role("button", name="Stop").count() == 1
    seen = run(page, widget, 20, 500)
    swing = np.sin(2 * np.pi * np.arange(0.5, 10.1, 0.5)[:, None] / [5, 7, 11]) / 3**0.5
    np.testing.assert_allclose(seen, swing, atol=0.04)
    assert (np.linalg.norm(seen, axis=1) <= 1.01).all()
    widget.get_by_label("z₁", exact=True).fill("0.5")
    stopped(page, widget, [0.5, *seen[-1, 1:]])
    widget.get_by_role("button", name="Move z₃").click()
    run(page, widget, 3)
    page.evaluate("z => { model.set('z', z); model.save_changes(); }", START)  # Python takes over
    stopped(page, widget, START)
