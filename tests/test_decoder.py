"""The decoder widget: the same picture in Python, JavaScript and PyTorch, and its controls."""

from itertools import combinations, pairwise, product

import numpy as np
import pytest
import torch
from skimage.color import deltaE_ciede2000, rgb2lab
from traitlets import TraitError

from course_utils import plots
from course_utils.widgets.decoder import Decoder
from tests.bare import hear, show, tell
from tests.each_widget import stored
from tests.javascript import javascript
from tests.waiting import frames, pixels, rgba, until

ALT = "Codes of ten classes in a plane, beside the picture that a small decoder makes."
BENDS = {
    "relu": torch.nn.ReLU(),
    "leaky_relu": torch.nn.LeakyReLU(0.2),
    "gelu": torch.nn.GELU(),
    "tanh": torch.nn.Tanh(),
}
ENDS = {
    "sigmoid": torch.sigmoid,
    "tanh": lambda x: (torch.tanh(x) + 1) / 2,
    "none": lambda x: x.clamp(0, 1),
}


def linear(*widths, seed=0):
    torch.manual_seed(seed)
    return [torch.nn.Linear(*pair) for pair in pairwise(widths)]


def arrays(layers):
    return [(part.weight.detach().numpy().T, part.bias.detach().numpy()) for part in layers]


def settings(*widths, n=60, **change):
    """What a Decoder takes, with the widths 2, 17, 16 if none are given."""
    widths, rng = widths or (2, 17, 16), np.random.default_rng(0)
    codes = rng.standard_normal((n, widths[0]))
    layers = arrays(linear(*widths))
    return {**dict(layers=layers, codes=codes, labels=np.arange(n) % 10, alt=ALT), **change}


# ---- without a browser


@pytest.mark.parametrize(
    "values",
    [
        settings(),
        settings(32, 100),
        settings(3, 8, 8, 784, labels=None),
        settings(n=1, labels=[7], z=[5.0, -5.0]),
        settings(n=20, labels=[3] * 20, activation="tanh", output="none"),
    ],
)
def test_it_is_stored_with_a_picture_and_alt_text(values):
    widget = Decoder(**values)
    picture = stored(widget)
    assert widget.alt == ALT
    widget.plane = [1, 0]
    assert widget._repr_mimebundle_()[0]["image/png"] != picture


def test_arrays_and_tensors_are_taken_alike():
    values, parts = settings(), linear(2, 17, 16)
    widget = Decoder(**values)
    tensors = dict(
        layers=[(part.weight.T, part.bias) for part in parts],
        codes=torch.from_numpy(values["codes"]),
        labels=torch.from_numpy(values["labels"]),
        z=torch.zeros(2, requires_grad=True),
    )
    other = Decoder(**{**values, **tensors})
    assert other.z == [0, 0]
    for name in ("weights", "codes", "labels", "medians", "limits"):
        assert getattr(other, name) == getattr(widget, name)
    np.testing.assert_array_equal(other.decode(torch.ones(2)), widget.decode([1, 1]))


def test_weights_and_codes_are_kept_once_as_float32():
    widget = Decoder(**settings(2, 128, 128, 784, n=3000))
    numbers = 2 * 128 + 128 + 128 * 128 + 128 + 128 * 784 + 784
    assert len(widget.weights) == 4 * numbers and len(widget.codes) == 4 * 6000
    assert len(widget.labels) == 3000 and Decoder(**settings(labels=None)).labels == b""


W, b = settings()["layers"][0]


@pytest.mark.parametrize(
    "change, words",
    [
        (dict(layers=[]), "at least one"),
        (dict(layers=[(W, b[1:])]), r"Layer 1 must have W of shape .* \(2, 17\) and \(16,\)"),
        (dict(layers=[(W, b), (W, b)]), "Layer 2 takes 2 numbers, but layer 1 gives 17"),
        (dict(layers=[(W, b)]), "must give a square of pixels, not 17"),
        (dict(layers=[(W[:, :0], b[:0])]), "must give a square of pixels, not 0"),
        (dict(layers=[(W[:, :16], np.full(16, np.inf))]), "Layer 1 has NaN or infinite"),
        (dict(codes=np.zeros((60, 3))), "Layer 1 takes 2 numbers, but a code has 3"),
        (dict(codes=np.zeros(60)), r"codes must be 1 to 3000, \(n, d\), not \(60,\)"),
        (dict(codes=np.zeros((0, 2))), r"not \(0, 2\)"),
        (dict(codes=np.zeros((3001, 2))), r"1 to 3000, \(n, d\), not \(3001, 2\)"),
        (dict(codes=np.zeros((60, 1))), "A code must be 2 to 32 finite numbers"),
        (dict(codes=np.zeros((60, 33))), "A code must be 2 to 32 finite numbers"),
        (dict(codes=np.full((60, 2), np.nan)), "A code must be 2 to 32 finite numbers"),
        (dict(labels=range(59)), "labels must be 60 whole numbers from 0 to 9, one a code"),
        (dict(labels=[]), "labels must be 60 whole numbers"),
        (dict(labels=[10] * 60), "labels must be 60 whole numbers"),
        (dict(labels=[-1] * 60), "labels must be 60 whole numbers"),
        (dict(labels=[0.5] * 60), "labels must be 60 whole numbers"),
        (dict(labels=np.zeros((60, 1))), "labels must be 60 whole numbers"),
        (dict(activation="elu"), r"Choose activation of \['relu', .* of \['sigmoid'"),
        (dict(output="softmax"), "Choose activation of"),
        (dict(z=[0, 0, 0]), "z must be 2 finite numbers"),
        (dict(z=[0, np.nan]), "z must be 2 finite numbers"),
    ],
)
def test_what_does_not_fit_is_refused(change, words):
    with pytest.raises(ValueError, match=words):
        Decoder(**settings(**change))


def test_what_is_chosen_stays_in_range():
    widget = Decoder(**settings(3, 16, z=[1, 2, 3]))
    for value in ([0, 0], [0, np.inf, 0], [0, np.nan, 0]):
        with pytest.raises(TraitError, match="z must be 3 finite numbers"):
            widget.z = value
        with pytest.raises(ValueError, match="z must be 3 finite numbers"):
            widget.decode(value)
    for value in ([0, 0], [0, 3], [-1, 0], [0], [0, 1, 2]):
        with pytest.raises(TraitError, match="plane must be two of 0 to 2"):
            widget.plane = value
    assert widget.z == [1, 2, 3] and widget.plane == [0, 1]


def test_it_opens_at_the_mean_code():
    values = settings()
    mean = np.float32(values["codes"]).mean(axis=0, dtype=float)
    np.testing.assert_allclose(Decoder(**values).z, mean, atol=1e-7)
    assert Decoder(**settings(z=[0.1, 9.0])).z == [0.1, 9.0]


@pytest.mark.parametrize("scale", [0, 1e-4, 0.03, 1, 7, 2500])
@pytest.mark.parametrize("centre", [0, 1])
def test_the_axes_hold_nearly_all_codes_and_have_few_digits(scale, centre):
    codes = scale * (np.random.default_rng(0).standard_normal((2000, 2)) + centre)
    widget = Decoder(**settings(n=2000, codes=codes))
    for values, (low, high) in zip(codes.T, widget.limits, strict=True):
        assert low < high and ((low <= values) & (values <= high)).mean() >= 0.98
        assert scale == 0 or high - low < 2 * np.ptp(values)
        assert all(len(f"{abs(limit):g}".strip("0.")) <= 3 for limit in (low, high))


def test_the_digits_stand_at_the_medians():
    values = settings(labels=np.repeat([0, 4], 30))
    medians = Decoder(**values).medians
    assert list(medians) == ["0", "4"]
    np.testing.assert_allclose(medians["4"], np.median(values["codes"][30:], axis=0), atol=1e-6)


# Machado, Oliveira, Fernandes, "A physiologically-based model for simulation of color vision
# deficiency" (2009), complete: what red, green and blue light become.
VISION = {
    "all": "1 0 0  0 1 0  0 0 1",
    "no red": "0.1523 1.0526 -0.2049  0.1145 0.7863 0.0992  -0.0039 -0.0481 1.0520",
    "no green": "0.3673 0.8606 -0.2280  0.2801 0.6725 0.0474  -0.0118 0.0429 0.9690",
    "no blue": "1.2555 -0.0767 -0.1788  -0.0784 0.9308 0.1476  0.0047 0.6914 0.3039",
}


@pytest.mark.parametrize("name", VISION)
def test_ten_colours_are_told_apart(name):
    """Two of them differ by more than ten just noticeable differences, for any colour vision."""
    rgb = np.array([[int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5)] for colour in plots.TEN])
    light = np.where(rgb <= 0.04045, rgb / 12.92, ((rgb + 0.055) / 1.055) ** 2.4)
    light = np.clip(light @ np.reshape(VISION[name].split(), (3, 3)).astype(float).T, 0, 1)
    seen = np.where(light <= 0.0031308, 12.92 * light, 1.055 * light ** (1 / 2.4) - 0.055)
    assert min(deltaE_ciede2000(*pair) for pair in combinations(rgb2lab(seen), 2)) > 10


# ---- the same numbers in JavaScript and PyTorch


WIDTHS = [(32, 50, 64), (5, 9, 33, 20, 25), (3, 1)]


@pytest.mark.parametrize(
    "activation, output, widths",
    [("gelu", "sigmoid", (2, 128, 128, 784)), *product(BENDS, ENDS, WIDTHS)],
)
def test_three_times_the_same_picture(activation, output, widths):
    parts = linear(*widths, seed=1)
    with torch.no_grad():
        for part in parts:  # as large as those of a trained network
            part.weight.mul_(2.5)
    values = settings(*widths, layers=arrays(parts), activation=activation, output=output)
    widget = Decoder(**values)
    z = 2 * np.random.default_rng(1).standard_normal((9, widths[0]))
    codes, labels, seen = javascript("decoder", widget, z)
    np.testing.assert_array_equal(codes, np.float32(values["codes"]))
    assert labels == values["labels"].tolist()
    ours = np.array([widget.decode(code).ravel() for code in z])
    assert ours.dtype == float and ours.min() >= 0 and ours.max() <= 1
    np.testing.assert_allclose(seen, ours, atol=1e-12)
    x = torch.from_numpy(np.float32(z))
    for part in parts[:-1]:
        x = BENDS[activation](part(x))
    x = ENDS[output](parts[-1](x)).detach().numpy()
    np.testing.assert_allclose(seen, x, atol=2e-5)  # half a grey level is 0.002


def test_gelu_far_from_0():
    v = np.array([0, 1e-9, 0.1, 1, 3, 5, 8, 8.6, 40, 1e6])
    v = np.concatenate([v, -v])[:, None]
    one = [([[1.0], [0.0]], [0.0]), ([[1.0]], [0.0])]
    widget = Decoder(one, np.zeros((1, 2)), None, ALT, output="none")
    _, _, seen = javascript("decoder", widget, np.hstack([v, v]))
    expected = torch.nn.functional.gelu(torch.from_numpy(v)).clamp(0, 1)
    np.testing.assert_allclose(seen, expected, atol=1e-15, rtol=1e-12)


# ---- in a page


def large(d, side):
    """A decoder to pictures of side x side pixels, over 3,000 codes of d numbers."""
    rng, labels = np.random.default_rng(0), np.arange(3000) % 10
    codes = 2 * rng.standard_normal((10, d))[labels] + 0.3 * rng.standard_normal((3000, d))
    widths = (d, 128, 128, side * side)
    shapes = pairwise(widths)
    layers = [(1.5 * rng.standard_normal((n, m)) / n**0.5, np.zeros(m)) for n, m in shapes]
    return Decoder(layers, codes, labels, ALT, z=codes[0])


@pytest.fixture(scope="module")
def pages(browser):
    """Name -> a page with that widget alone, and the widget in Python."""
    widgets = {"flat": large(2, 28), "deep": large(4, 8), "many": large(32, 16)}
    pages = {name: (show(browser, widget, 1000), widget) for name, widget in widgets.items()}
    yield pages
    for page, _ in pages.values():
        page.close()


NAMES = ("flat", "deep", "many")


@pytest.fixture
def use(pages):
    """Name -> that widget in its page and in Python, as it opened."""

    def reset(name):
        page, python = pages[name]
        page.set_viewport_size({"width": 1000, "height": 800})
        tell(page, python, plane=[0, 1], z=codes_of(python)[0].tolist())
        widget = page.locator(".course-decoder")
        agrees(widget, python)
        label = widget.locator(".plane").get_attribute("aria-label")
        assert label.startswith("codes, z₁ across and z₂ up")
        return widget, python

    return reset


def codes_of(python):
    return np.frombuffer(python.codes, "<f4").reshape(-1, python.widths[0]).astype(float)


def written(widget):
    """The code that the page says, as text."""
    return widget.locator("output").inner_text().replace("−", "-").removeprefix("z = ")


def agrees(widget, python, expected=None, atol=1e-6):
    """What the page says and shows is what Python makes of z, the first of z as expected."""
    return until(widget.page, lambda: seen(widget, python, expected, atol))


def seen(widget, python, expected, atol):
    hear(widget.page, python, "z", "plane")
    if expected is not None:
        np.testing.assert_allclose(python.z[: len(expected)], expected, atol=atol)
    np.testing.assert_allclose(eval(written(widget)), python.z, atol=0.0051)
    greys = rgba(widget.locator(".picture"))[..., 0]
    np.testing.assert_allclose(greys, 255 * python.decode(python.z), atol=0.501)
    return list(python.z)


def place(python, x, y):
    """Where a point of the plane lies in its canvas, as it is laid out when it is 372 wide."""
    (left, right), (low, high) = (python.limits[k] for k in python.plane)
    return 44 + 320 * (x - left) / (right - left), 328 - 320 * (y - low) / (high - low)


def on_screen(widget, python, x, y):
    box, (i, j) = widget.locator(".plane").bounding_box(), place(python, x, y)
    return box["x"] + i * box["width"] / 372, box["y"] + j * box["width"] / 372


def dot_is_at(widget, python, x, y):
    """Whether the orange disc lies there, and is as large as it should be."""
    seen = widget.locator(".plane").evaluate(
        """(canvas, [i, j]) => [-13, -6, 0, 6, 13].map(d => {
            const at = [i + d, j].map(v => Math.round(v * canvas.width / 372));
            return canvas.getContext('2d').getImageData(...at, 1, 1).data[0] === 0xD5;
        })""",
        place(python, x, y),
    )
    return seen == [False, True, True, True, False]


@pytest.mark.parametrize("name, most", [("flat", 430), ("deep", 470), ("many", 545)])
def test_it_opens_as_python_says(use, name, most):
    widget, python = use(name)
    page = widget.page
    z = agrees(widget, python)
    assert dot_is_at(widget, python, *z[:2])
    box = widget.bounding_box()
    assert box["width"] <= 700 and box["height"] <= most
    assert widget.get_attribute("aria-label") == ALT
    plane, picture = widget.locator(".plane"), widget.locator(".picture")
    assert "z₁ across and z₂ up: arrow keys move z" in plane.get_attribute("aria-label")
    assert "picture of" in picture.get_attribute("aria-label")
    assert picture.evaluate("c => getComputedStyle(c).imageRendering") == "pixelated"
    assert picture.bounding_box()["width"] % picture.evaluate("c => c.width") == 0
    for control in [plane, *widget.locator("input, select").all()]:
        assert control.get_attribute("data-lm-suppress-shortcuts") == "true"
    page.screenshot(path=f"build/decoder_{name}.png")


def test_all_ten_colours_are_in_the_plane(use):
    found = (
        use("flat")[0]
        .locator(".plane")
        .evaluate(
            """canvas => {
            const pen = canvas.getContext('2d');
            const { data } = pen.getImageData(0, 0, canvas.width, canvas.height);
            return [...new Set(new Uint32Array(data.buffer))].map(v => v & 0xFFFFFF);
        }"""
        )
    )
    for colour in plots.TEN:
        red, green, blue = (int(colour[i : i + 2], 16) for i in (1, 3, 5))
        assert red + 256 * green + 65536 * blue in found


def test_z_follows_the_pointer_while_it_is_down(use):
    widget, python = use("flat")
    page = widget.page
    start = agrees(widget, python)
    page.mouse.move(*on_screen(widget, python, 0, 0))  # hovering
    frames(page)
    assert agrees(widget, python) == start
    page.mouse.down()
    page.mouse.move(*on_screen(widget, python, -1, 0.5), steps=8)
    z = agrees(widget, python, [-1, 0.5], atol=0.03)
    assert dot_is_at(widget, python, *z)
    box = widget.locator(".plane").bounding_box()
    page.mouse.move(box["x"] + box["width"] + 90, box["y"] - 50)  # stays in the plane
    page.mouse.up()
    page.mouse.move(*on_screen(widget, python, 0, 0))
    frames(page)
    agrees(widget, python, [high for _, high in python.limits])
    touch = "c => getComputedStyle(c).touchAction"
    assert widget.locator(".plane").evaluate(touch) == "none"


def test_z_by_keys(use):
    widget, python = use("deep")
    page = widget.page
    tell(page, python, z=[0.5, 0.5, 9.123, -9.0])
    agrees(widget, python, [0.5, 0.5, 9.123, -9])
    widget.locator(".plane").focus()
    for key in ("ArrowRight", "ArrowUp", "ArrowUp", "Shift+ArrowLeft"):
        page.keyboard.press(key)
    agrees(widget, python, [0.3, 0.6, 9.123, -9])
    assert widget.locator(".plane").evaluate("c => getComputedStyle(c).outlineStyle") == "solid"
    page.keyboard.press("Home")
    agrees(widget, python, codes_of(python).mean(axis=0), atol=1e-9)


def test_another_plane(use):
    widget, python = use("deep")
    page = widget.page
    before, z = pixels(page, ".picture"), agrees(widget, python)
    across, up = (widget.get_by_label(name, exact=True) for name in ("across", "up"))
    third, fourth = (widget.get_by_label(name, exact=True) for name in ("z₃", "z₄"))
    assert third.is_visible() and fourth.is_visible()
    assert not widget.get_by_label("z₁", exact=True).is_visible()
    across.select_option(label="z₄")
    agrees(widget, python, z)
    assert python.plane == [3, 1] and pixels(page, ".picture") == before
    assert dot_is_at(widget, python, z[3], z[1])
    assert third.is_visible() and not fourth.is_visible()
    assert "z₄ across and z₂ up" in widget.locator(".plane").get_attribute("aria-label")
    up.select_option(label="z₄")  # the two change places
    agrees(widget, python, z)
    assert python.plane == [1, 3] and across.input_value() == "1"
    page.mouse.click(*on_screen(widget, python, 0.4, -0.7))
    moved = agrees(widget, python, [z[0], 0.4, z[2], -0.7], atol=0.03)
    assert [moved[0], moved[2]] == [z[0], z[2]]
    tell(page, python, plane=[2, 0])
    assert across.input_value() == "2"
    assert dot_is_at(widget, python, moved[2], moved[0])


def test_the_other_numbers_by_sliders(use):
    widget, python = use("deep")
    z = agrees(widget, python)
    widget.get_by_label("z₃", exact=True).fill("0.75")
    agrees(widget, python, [*z[:2], 0.75, z[3]])
    for name in ("flat", "many"):
        for slider in use(name)[0].locator("input").all():
            assert not slider.is_visible()
    assert use("flat")[0].locator("select").count() == 0


@pytest.mark.parametrize("name", NAMES)
def test_nearest_code(use, name):
    widget, python = use(name)
    page = widget.page
    page.mouse.click(*on_screen(widget, python, 0.3, -0.2))
    z = agrees(widget, python, [0.3, -0.2], atol=0.05)
    widget.get_by_role("button", name="Nearest code").click()
    codes = codes_of(python)
    way = (codes[:, :2] - z[:2]) / np.ptp(python.limits[:2], axis=1)  # as far as it looks
    agrees(widget, python, codes[(way**2).sum(axis=1).argmin()])


@pytest.mark.parametrize("width", [800, 600])
@pytest.mark.parametrize("name", NAMES)
def test_it_fits_a_narrow_page(use, name, width):
    widget, python = use(name)
    widget.page.set_viewport_size({"width": width, "height": 900})
    frames(widget.page)
    plane, picture = (widget.locator(f".{part}").bounding_box() for part in ("plane", "picture"))
    if width == 800:  # still side by side
        assert plane["x"] + plane["width"] < picture["x"]
    assert picture["x"] + picture["width"] <= width
    widget.page.mouse.click(*on_screen(widget, python, 0.5, 0.5))
    agrees(widget, python, [0.5, 0.5], atol=0.05)


# ---- its walk, in a page whose clock stands still


@pytest.fixture
def still(browser):
    values = settings(5, 16, z=[1.0, -1.0, 0.5, 0.0, 2.0])
    page = show(browser, Decoder(**values), clock=True)
    yield page, page.locator(".course-decoder"), np.float32(values["codes"])
    page.close()


def codes_on_the_way(page, widget, steps, milliseconds=200):
    """The code that the page says after each of some steps of the clock."""
    codes = []
    for _ in range(steps):
        page.clock.run_for(milliseconds)
        codes.append(eval(written(widget)))
    return np.array(codes)


def stopped(page, widget):
    """It stays where it is, and Python has heard of it; returns z."""
    code, *others = codes_on_the_way(page, widget, 3)
    assert (others == code).all() and widget.get_by_role("button", name="Stop").count() == 0
    z = page.evaluate("model.saved.z")
    np.testing.assert_allclose(code, z, atol=0.0051)
    return z


def test_walk_to_a_code(still):
    page, widget, codes = still
    start = np.array(page.evaluate("model.saved.z"))
    widget.get_by_role("button", name="Walk").click()
    way = codes_on_the_way(page, widget, 14)
    assert widget.get_by_role("button", name="Stop").count() == 1
    assert page.evaluate("model.saved.z") == start.tolist()  # Python hears of it when it stops
    page.clock.run_for(400)
    end = np.array(stopped(page, widget))
    assert (end == codes).all(axis=1).any()
    share = np.arange(1, 15)[:, None] * 200 / 3000  # in three seconds, along a straight line
    late = np.abs(end - start).max() * 20 / 3000  # by a frame
    np.testing.assert_allclose(way, start + share * (end - start), atol=0.0051 + late)


def test_walk_until_touched(still):
    page, widget, _ = still
    walk, stop = (widget.get_by_role("button", name=name) for name in ("Walk", "Stop"))
    start = page.evaluate("model.saved.z")
    walk.click()
    page.clock.run_for(500)
    stop.click()
    assert stopped(page, widget) != start
    walk.click()
    page.clock.run_for(200)
    widget.locator(".plane").click()
    z = stopped(page, widget)
    walk.click()
    page.clock.run_for(200)
    page.evaluate("z => { model.set('z', z); model.save_changes(); }", start)  # Python takes over
    assert stopped(page, widget) == start != z
