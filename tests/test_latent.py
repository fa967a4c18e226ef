"""The latent widget: the same G in Python, JavaScript and PyTorch, and its controls in a page."""

import re
from itertools import pairwise

import numpy as np
import pytest
import torch
from traitlets import TraitError

from course_utils.density import ImageDensity
from course_utils.widgets.latent import Latent
from tests.bare import hear, show, tell
from tests.each_widget import stored
from tests.javascript import javascript
from tests.waiting import frames, pixels, until

ALT = "A latent plane beside the points that a small generator makes of it."
CLASSES = ("crescent", "star", "ring")


def perceptron(k, hidden=(17, 9), seed=0):
    """A `torch.nn.Sequential` from 2 + k to 2, and its layers as the widget takes them."""
    torch.manual_seed(seed)
    widths = [2 + k, *hidden, 2]
    linear = [torch.nn.Linear(*pair) for pair in pairwise(widths)]
    parts = [part for layer in linear for part in (layer, torch.nn.LeakyReLU(0.2))]
    layers = [(layer.weight.detach().numpy().T, layer.bias.detach().numpy()) for layer in linear]
    return torch.nn.Sequential(*parts[:-1]), layers


def settings(**change):
    rng = np.random.default_rng(0)
    values = dict(layers=perceptron(3)[1], z=rng.standard_normal((50, 2)), alt=ALT, classes=CLASSES)
    return {**values, **change}


def changed(place, value):
    """The layers with W or b of one of them replaced; place is (layer, 0 for W or 1 for b)."""
    layers = [list(layer) for layer in perceptron(3)[1]]
    layers[place[0]][place[1]] = value
    return dict(layers=layers)


# ---- without a browser


@pytest.mark.parametrize(
    "change",
    [
        {},
        dict(layers=perceptron(0)[1], classes=()),
        dict(picture=ImageDensity.from_file("bat").pdf, logistic=True),
        dict(layers=perceptron(1, hidden=())[1], classes=["only"]),
    ],
)
def test_it_is_stored_with_a_picture_and_alt_text(change):
    widget = Latent(**settings(**change))
    stored(widget)
    assert widget.alt == ALT


def test_a_large_picture_is_made_smaller_and_keeps_its_mass():
    pdf = ImageDensity.from_file("two_discs", size=256).pdf
    widget = Latent(**settings(picture=pdf))
    stored = np.frombuffer(widget.picture, np.uint8).reshape(128, 128) / 255
    mean = pdf.reshape(128, 2, 128, 2).sum((1, 3))
    np.testing.assert_allclose(stored, mean / mean.max(), atol=0.51 / 255)


@pytest.mark.parametrize(
    "change, words",
    [
        (dict(layers=[]), "at least one"),
        (changed((0, 0), np.zeros(5)), r"Layer 1 must have W of shape \(in, out\)"),
        (changed((1, 1), np.zeros(8)), r"Layer 2 .* not \(17, 9\) and \(8,\)"),
        (dict(classes=CLASSES[:2]), r"Layer 1 takes 5 numbers, but z and c have 2 \+ 2"),
        (changed((1, 0), np.zeros((16, 9))), "Layer 2 takes 16 numbers, but layer 1 gives 17"),
        (changed((2, 1), np.array([0, np.nan])), "Layer 3 has NaN"),
        (dict(layers=perceptron(3)[1][:-1]), "last layer must give 2 numbers, x and y, not 9"),
        (dict(z=np.zeros((5, 3))), r"z must have shape \(n, 2\)"),
        (dict(z=np.zeros((4001, 2))), "at most 4000 points"),
        (dict(z=np.zeros((0, 2))), r"not \(0, 2\)"),
        (dict(z=[[0, np.inf]]), "z has NaN or infinite"),
        (dict(slope=-0.1), "slope must be"),
        (dict(slope=np.nan), "slope must be"),
        (dict(picture=np.ones((4, 5))), r"picture must have shape \(N, N\), not \(4, 5\)"),
        (dict(picture=np.zeros((4, 4))), "picture must be a density"),
        (dict(picture=-np.eye(4)), "picture must be a density"),
        (dict(picture=np.full((4, 4), np.nan)), "picture must be a density"),
    ],
)
def test_what_does_not_fit_is_refused(change, words):
    with pytest.raises(ValueError, match=words):
        Latent(**settings(**change))


@pytest.mark.parametrize(
    "trait, value", [("z", [1.0]), ("source", 3), ("target", -1), ("mix", 1.01)]
)
def test_what_is_chosen_stays_in_range(trait, value):
    widget = Latent(**settings())
    before = getattr(widget, trait)
    with pytest.raises(TraitError):
        setattr(widget, trait, value)
    assert getattr(widget, trait) == before


def test_the_condition_goes_from_source_to_target():
    widget = Latent(**settings())
    np.testing.assert_array_equal(widget.c, [1, 0, 0])
    widget.source, widget.target, widget.mix = 2, 1, 0.25
    np.testing.assert_array_equal(widget.c, [0, 0.25, 0.75])
    widget.target = 2
    np.testing.assert_array_equal(widget.c, [0, 0, 1])
    assert Latent(**settings(layers=perceptron(0)[1], classes=())).c.shape == (0,)


# ---- the same numbers in JavaScript and PyTorch


@pytest.mark.parametrize("k, n", [(3, 50), (3, 1), (0, 47), (1, 6)])
@pytest.mark.parametrize("slope, logistic", [(0.2, False), (0, False), (0.2, True)])
def test_three_times_the_same_generator(k, n, slope, logistic):
    net, layers = perceptron(k)
    for part in net[1::2]:
        part.negative_slope = slope
    z = 2 * np.random.default_rng(1).standard_normal((n, 2))
    widget = Latent(layers, z, ALT, CLASSES[:k], slope=slope, logistic=logistic)
    if k == 3:
        widget.source, widget.target, widget.mix = 2, 0, 0.3
    c, points = javascript("latent", widget)
    np.testing.assert_allclose(c, widget.c, atol=1e-12)
    z = np.float32(z)
    np.testing.assert_allclose(np.reshape(points, (n, 2)), widget.G(z, widget.c), atol=1e-5)
    x = torch.from_numpy(np.float32(np.hstack([z, np.tile(widget.c, (n, 1))])))
    expected = torch.sigmoid(net(x)) if logistic else net(x)
    np.testing.assert_allclose(expected.detach().numpy(), widget.G(z, widget.c), atol=1e-5)


# ---- in a page


def large(k, **change):
    """A generator of three hidden layers of 64, from 2 + k numbers, and a cloud of 2,000 points."""
    rng = np.random.default_rng(0)
    widths, ends = (2 + k, 64, 64, 64, 2), [(1, 0), (1, 0), (1, 0), (0.3, 0.5)]
    layers = [
        (size * rng.standard_normal((n, m)) / n**0.5, np.full(m, centre))
        for (n, m), (size, centre) in zip(pairwise(widths), ends, strict=True)
    ]
    return Latent(layers, rng.standard_normal((2000, 2)), ALT, **change)


@pytest.fixture(scope="module")
def bare(browser):
    """A page with the conditional widget alone, and the widget in Python."""
    made = large(3, classes=CLASSES, picture=ImageDensity.from_file("ring").pdf)
    page = show(browser, made)
    page.screenshot(path="build/latent.png")
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
    tell(page, python, z=[0.5, 0.5], mix=0.0, source=0, target=1)
    reads(page, python, {"z": [0.5, 0.5], "c": [1, 0, 0]})
    return page.locator(".course-latent")


def readout(widget):
    """Name -> numbers of the text under the planes."""
    text = widget.locator("output").inner_text().replace("−", "-")
    parts = re.findall(r"(z|c|G\(.*?\)) = \((.*?)\)", text)
    return {name: [float(v) for v in numbers.split(",")] for name, numbers in parts}


def reads(page, python, expected, atol=0.0):
    """The text gets what is expected, and Python has the same z and G(z, c)."""

    def check():
        text = readout(page.locator(".course-latent"))
        for name, numbers in expected.items():
            np.testing.assert_allclose(text[name], numbers, atol=atol)
        hear(page, python, "z", "source", "target", "mix")
        assert python.z == text["z"]
        truth = python.G([python.z], python.c)[0]
        np.testing.assert_allclose(text["G(z, c)"], truth, atol=0.0051)
        return True

    until(page, check)


def middle_of_orange(page, canvas):
    """Where the marker lies in the canvas: from the left and the top, as it is 384 wide."""
    return page.eval_on_selector(
        f".course-latent .{canvas}",
        """canvas => {
            const pen = canvas.getContext('2d');
            const { data } = pen.getImageData(0, 0, canvas.width, canvas.height);
            let x = 0, y = 0, n = 0;
            for (let k = 0; k < data.length / 4; k++)
                if (data[4 * k] === 0xD5 && data[4 * k + 1] === 0x5E && data[4 * k + 2] === 0) {
                    x += k % canvas.width, y += Math.floor(k / canvas.width), n++;
                }
            return [x, y].map(v => (v / n + 0.5) * 384 / canvas.width);
        }""",
    )


def test_it_opens_as_python_says(page, python, widget):
    expected = python.G([python.z], python.c)[0]
    text = readout(widget)
    assert text["z"] == [0.5, 0.5] and text["c"] == [1, 0, 0]
    np.testing.assert_allclose(text["G(z, c)"], expected, atol=0.0051)
    np.testing.assert_allclose(middle_of_orange(page, "latent"), [233.5, 150.5], atol=0.5)
    x, y = expected
    at = [34 + 342 * x, 8 + 342 * (1 - y)]
    np.testing.assert_allclose(middle_of_orange(page, "generated"), at, atol=0.5)
    box = widget.bounding_box()
    assert box["width"] <= 800 and box["height"] <= 560
    assert widget.locator(".latent").get_attribute("data-lm-suppress-shortcuts") == "true"


def test_z_follows_the_pointer_while_it_is_down(page, python, widget):
    latent = widget.locator(".latent")
    latent.scroll_into_view_if_needed()
    box, before = latent.bounding_box(), readout(widget)
    marker, zoom = middle_of_orange(page, "generated"), box["width"] / 384

    def point(right, down):
        return box["x"] + zoom * (34 + 342 * right), box["y"] + zoom * (8 + 342 * down)

    page.mouse.move(*point(0.75, 0.75))  # hovering
    frames(page)
    assert readout(widget) == before
    page.mouse.down()
    page.mouse.move(*point(1 / 6, 1 / 3), steps=8)
    reads(page, python, {"z": [-2, 1]}, atol=0.02)
    assert readout(widget)["G(z, c)"] != before["G(z, c)"]
    moved = np.subtract(middle_of_orange(page, "generated"), marker)
    assert np.abs(moved).max() > 3
    page.mouse.move(box["x"] + box["width"] + 100, box["y"] - 50)  # stays in the plane
    page.mouse.up()
    page.mouse.move(box["x"] + 60, box["y"] + 60)
    frames(page)
    reads(page, python, {"z": [3, 3]})


def test_z_by_keys(page, python, widget):
    widget.locator(".latent").focus()
    for key in ("ArrowRight", "ArrowUp", "ArrowUp", "Shift+ArrowLeft"):
        page.keyboard.press(key)
    reads(page, python, {"z": [0.3, 0.6]})
    page.keyboard.press("Shift+ArrowDown")
    page.keyboard.press("ArrowDown")
    reads(page, python, {"z": [0.3, 0.3]})
    page.keyboard.press("Home")
    reads(page, python, {"z": [0, 0]})


def test_the_condition_moves_the_cloud(page, python, widget):
    planes = [f".course-latent .{name}" for name in ("latent", "generated")]
    before = [pixels(page, plane) for plane in planes]
    slider = widget.get_by_label("mix", exact=True)
    slider.focus()
    for _ in range(3):
        page.keyboard.press("ArrowRight")
    reads(page, python, {"c": [0.97, 0.03, 0]})
    assert python.mix == 0.03
    slider.fill("0.6")
    reads(page, python, {"c": [0.4, 0.6, 0]})
    after = [pixels(page, plane) for plane in planes]
    assert after[0] == before[0] and after[1] != before[1]
    widget.get_by_label("to", exact=True).select_option(label="ring")
    widget.get_by_label("from", exact=True).focus()
    page.keyboard.press("ArrowDown")
    reads(page, python, {"c": [0, 0.4, 0.6]})
    assert (python.source, python.target, python.mix) == (1, 2, 0.6)


def test_it_follows_python(page, python, widget):
    tell(page, python, z=[-1.0, 2.0], mix=1.0)
    reads(page, python, {"z": [-1, 2], "c": [0, 1, 0]})
    assert widget.get_by_label("mix", exact=True).input_value() == "1"
    np.testing.assert_allclose(middle_of_orange(page, "latent"), [148, 65], atol=0.5)


def test_without_classes_there_is_nothing_to_mix(browser):
    python = large(0)
    page = show(browser, python)
    free = page.locator(".course-latent")
    assert free.locator("select, input").count() == 0
    assert set(readout(free)) == {"z", "G(z)"}
    free.locator(".latent").focus()
    page.keyboard.press("Home")
    until(page, lambda: readout(free)["z"] == [0, 0])
    hear(page, python, "z")
    assert python.z == [0, 0]
    np.testing.assert_allclose(readout(free)["G(z)"], python.G([python.z])[0], atol=0.0051)
    page.close()
