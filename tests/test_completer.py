"""The completer widget: the same pictures in Python and JavaScript, and its controls."""

import numpy as np
import pytest
import torch
from playwright.sync_api import Locator
from scipy.stats import chisquare

from course_utils.models import PixelCNN
from course_utils.widgets.completer import Completer, _mulberry32
from tests.bare import hear, show, tell
from tests.each_widget import stored
from tests.javascript import javascript

ALT = "A picture with its lower half covered, and four completions that a network draws."
SIZES = [(64, 16, 32, (1, 2, 4, 1)), (5, 7, 8, (3, 1)), (2, 2, 1, ()), (256, 9, 4, (1,))]
SIZES += [(3, 32, 2, (8,)), (9, 5, 3, (6, 2))]  # that looks farther than the picture goes


def network(K=5, size=6, C=4, D=(1, 2), seed=0, make=PixelCNN):
    """A network whose weights are all random, and as large as those of a trained one."""
    torch.manual_seed(seed)
    net = make(K, K, size, C, D)
    with torch.no_grad():
        for part in net.parameters():
            part.copy_(2 * part + 0.3 * torch.randn_like(part))
    return net


def settings(K=5, size=6, C=4, D=(1, 2), n=3, **change):
    rng = np.random.default_rng(0)
    given = dict(net=network(K, size, C, D), palette=rng.random((K, 3)), alt=ALT)
    return {**given, "pictures": rng.integers(K, size=(n, size, size)), **change}


def mask(size, rng):
    return rng.random((size, size)) < 0.5


def bits(widget, x):
    """-log2 of the probability of each pixel of pictures `(n, size, size)`."""
    logp = torch.log_softmax(torch.from_numpy(widget.logits(x)), 1)
    return -np.take_along_axis(logp.numpy(), np.asarray(x)[:, None], 1)[:, 0] / np.log(2)


def drawn(widget, x):
    """Four pictures x `(4, size, size)`, each covered pixel drawn anew from what x has before it.

    This is x itself if x is what `complete` draws, pixel after pixel: one pass in place of many.
    """
    logits, u = widget.logits(x), _mulberry32(widget.seed, x.size).reshape(x.shape)
    p = np.exp((logits - logits.max(1, keepdims=True)) / widget.temperature).cumsum(1)
    colours = (p <= u[:, None] * p[:, -1:]).sum(1)
    return np.where(np.array(widget.covered, bool), colours, widget._pictures[widget.number])


# ---- without a browser


@pytest.mark.parametrize(
    "values",
    [
        settings(),
        settings(2, 2, 1, (), n=1),
        settings(64, 16, 8, (4,), covered=np.eye(16), seed=2**32 - 1, temperature=0.2),
    ],
)
def test_it_is_stored_with_a_picture_and_alt_text(values):
    widget = Completer(**values)
    picture = stored(widget)
    assert widget.alt == ALT
    widget.covered = np.zeros_like(widget.covered).tolist()
    assert widget._repr_mimebundle_()[0]["image/png"] != picture


def test_arrays_and_tensors_are_taken_alike():
    values = settings()
    widget = Completer(**values, covered=np.eye(6, dtype=bool))
    tensors = {name: torch.from_numpy(values[name]) for name in ("palette", "pictures")}
    tensors["pictures"] = tensors["pictures"].to(torch.uint8)
    other = Completer(**{**values, **tensors}, covered=torch.eye(6))
    for name in ("weights", "palette", "pictures", "shape", "covered"):
        assert getattr(other, name) == getattr(widget, name)
    np.testing.assert_array_equal(other.complete(), widget.complete())


@pytest.mark.parametrize("K, size, C, D", SIZES)
def test_weights_that_are_not_masked_are_kept_once_as_float32(K, size, C, D):
    net = network(K, size, C, D)
    widget = Completer(**settings(K, size, C, D, net=net))
    block = 6 * C * C + 2 * C * C + 2 * C * C + 4 * C
    numbers = 2 * C * size**2 + 3 * K * C + K * C + 2 * C + len(D) * block + C * K + K
    assert len(widget.weights) == 4 * numbers
    assert len(widget.palette) == 3 * K and len(widget.pictures) == 3 * size**2
    assert widget.shape == [K, C, size, *D]


def test_the_network_is_copied_and_nothing_else_is_touched():
    values = settings()
    net, start = values["net"], torch.get_rng_state()
    widget = Completer(**values)
    before, four = widget.logits(values["pictures"]), widget.complete()
    assert torch.equal(torch.get_rng_state(), start) and net.training
    x = torch.nn.functional.one_hot(torch.from_numpy(values["pictures"]), 5).movedim(-1, 1).float()
    np.testing.assert_allclose(before, net(x).detach(), rtol=1e-5, atol=1e-5)
    torch.nn.init.zeros_(net.out.weight)
    np.testing.assert_array_equal(widget.logits(values["pictures"]), before)
    np.testing.assert_array_equal(widget.complete(), four)
    np.testing.assert_array_equal(widget._pictures, values["pictures"])


def test_logits_of_the_first_rows():
    widget, x = Completer(**settings()), settings()["pictures"]
    assert widget.logits(x).shape == (3, 5, 6, 6) and widget.logits(x).dtype == float
    np.testing.assert_allclose(widget.logits(x[:, :2]), widget.logits(x)[:, :, :2], atol=1e-12)


class Rebuilt(PixelCNN):
    """As a lesson defines it: another class with the same computation."""


class Other(PixelCNN):
    def forward(self, x):
        return super().forward(x) + x


def changed(name, value):
    net = network()
    with torch.no_grad():
        part = dict(net.named_parameters())[name] if name != "mask" else net.h0.mask
        part.view(-1)[0 if name != "mask" else 1] = value
    return net


x, palette = settings()["pictures"], settings()["palette"]


@pytest.mark.parametrize(
    "change, words",
    [
        (dict(net=torch.nn.Conv2d(5, 5, 3)), "net must be a finite PixelCNN"),
        (dict(net=None), "net must be a finite PixelCNN"),
        (dict(net=PixelCNN(5, 6, 6, 4)), "net must be a finite PixelCNN"),
        (dict(net=PixelCNN(1, 1, 6, 4)), r"net must be .* K 2 to 256, size 2 to 32"),
        (dict(net=PixelCNN(257, 257, 6, 4)), "net must be .* K 2 to 256"),
        (dict(net=PixelCNN(5, 5, 33, 4)), "net must be .* size 2 to 32"),
        (dict(net=network(make=Other)), "net must be a finite PixelCNN"),
        (dict(net=changed("mask", 1.0)), "net must be a finite PixelCNN"),
        (dict(net=changed("v.1.bias", torch.nan)), "net must be a finite PixelCNN"),
        (dict(net=changed("h0.weight", torch.inf)), "net must be a finite PixelCNN"),
        (dict(palette=palette[:4]), r"palette must be 5 colours, \(5, 3\), of numbers from 0 to 1"),
        (dict(palette=255 * palette), "palette must be 5 colours"),
        (dict(palette=palette - np.nan), "palette must be 5 colours"),
        (dict(pictures=x[0]), "A picture must be rows of 6 whole numbers from 0 to 4"),
        (dict(pictures=x[:, :, :5]), "A picture must be rows of 6 whole numbers"),
        (dict(pictures=x + 1), "A picture must be rows of 6 whole numbers"),
        (dict(pictures=x - 1), "A picture must be rows of 6 whole numbers"),
        (dict(pictures=x + 0.5), "A picture must be rows of 6 whole numbers"),
        (dict(pictures=x * np.nan), "A picture must be rows of 6 whole numbers"),
        (dict(pictures=x[:, :5]), "pictures must be 1 to 64, each of 6 x 6 pixels"),
        (dict(pictures=x[:0]), "pictures must be 1 to 64"),
        (dict(pictures=np.zeros((65, 6, 6), int)), "pictures must be 1 to 64"),
        (dict(covered=np.ones((6, 5))), "covered must be 6 x 6 numbers from 0 to 1"),
        (dict(covered=np.full((6, 6), 2)), "covered must be 6 x 6"),
        (dict(covered=np.full((6, 6), np.nan)), "covered must be 6 x 6"),
        (dict(temperature=0.1), "temperature must be from 0.2 to 2"),
        (dict(temperature=np.nan), "temperature must be from 0.2 to 2"),
        (dict(seed=-1), "seed must be from 0 to 4294967295"),
        (dict(seed=2**32), "seed must be from 0 to 4294967295"),
    ],
)
def test_what_does_not_fit_is_refused(change, words):
    with pytest.raises(ValueError, match=words):
        Completer(**settings(**change))


def test_what_is_chosen_stays_in_range():
    widget = Completer(**settings())
    chosen = widget.covered, widget.seed, widget.temperature, widget.number
    for name, value in [("number", 3), ("number", -1), ("seed", -1), ("temperature", 2.1)]:
        with pytest.raises(ValueError, match=f"{name} must be from"):
            setattr(widget, name, value)
    for value in ([[1] * 6] * 5, [], [[0.5] * 6] * 5 + [[0.5] * 5 + [7]]):
        with pytest.raises(ValueError, match=r"covered must be 6 x 6|inhomogeneous"):
            widget.covered = value
    for value in (x[0], x + 1, [[[0, 1]]]):
        with pytest.raises(ValueError, match="A picture must be rows of 6"):
            widget.logits(value)
    assert chosen == (widget.covered, widget.seed, widget.temperature, widget.number)


def test_another_class_with_the_same_computation_is_taken():
    widget = Completer(**settings(net=network(make=Rebuilt)))
    assert widget.weights == Completer(**settings()).weights


def test_it_opens_with_the_lower_half_covered():
    for size in (6, 7):
        covered = Completer(**settings(size=size)).covered
        assert covered == [[int(r >= size // 2)] * size for r in range(size)]


def test_what_is_kept_stays_and_what_is_covered_does_not_look_down():
    rng = np.random.default_rng(1)
    widget = Completer(**settings(seed=5, covered=mask(6, rng)))
    covered = np.array(widget.covered, bool)
    for widget.number in range(3):
        four = widget.complete()
        assert (four == x[widget.number])[:, ~covered].all()
        assert len(np.unique(four[:, covered], axis=0)) == 4
    below = x.copy()
    below[:, 3:] = (below[:, 3:] + 1) % 5  # another lower half
    upper = np.arange(6)[:, None] < np.full(6, 3)
    pair = [Completer(**settings(pictures=p, covered=upper)).complete() for p in (x, below)]
    np.testing.assert_array_equal(pair[0][:, :3], pair[1][:, :3])
    more = covered.copy()
    more[4] = True  # what stands above stays
    both = [Completer(**settings(seed=5, covered=m)).complete() for m in (covered, more)]
    np.testing.assert_array_equal(both[0][:, :4], both[1][:, :4])


@pytest.mark.parametrize("seed, temperature", [(0, 1), (1, 0.2), (2**32 - 1, 2)])
def test_one_pass_tells_what_is_drawn_pixel_after_pixel(seed, temperature):
    covered = mask(6, np.random.default_rng(seed))
    widget = Completer(**settings(seed=seed, temperature=temperature, covered=covered))
    four = widget.complete()
    np.testing.assert_array_equal(drawn(widget, four), four)
    for p, r, c in np.argwhere(np.tile(covered, (4, 1, 1)))[::5]:
        other = four.copy()
        other[p, r, c] = (other[p, r, c] + 1) % 5
        assert (drawn(widget, other) != other).any()


@pytest.mark.parametrize("temperature", [0.5, 1, 2])
def test_colours_are_drawn_as_often_as_they_should(temperature):
    at = np.zeros((6, 6), int)
    at[2, 3] = 1
    widget = Completer(**settings(covered=at, temperature=temperature))
    drawn = np.zeros(5)
    for widget.seed in range(500):
        drawn += np.bincount(widget.complete()[:, 2, 3], minlength=5)
    p = torch.softmax(torch.from_numpy(widget.logits(x[:1])[0, :, 2, 3]) / temperature, 0).numpy()
    assert p.max() < 0.99
    assert chisquare(drawn, drawn.sum() * p).pvalue > 1e-3


# ---- the same numbers in JavaScript and PyTorch


@pytest.mark.parametrize("K, size, C, D", SIZES)
def test_three_times_the_same_logits_and_pictures(K, size, C, D):
    values, rng = settings(K, size, C, D), np.random.default_rng(1)
    widget, four = Completer(**values), rng.integers(K, size=(4, size, size))
    choices = [(widget.covered, 1, 0), (np.ones((size, size), int).tolist(), 0.2, 2**32 - 1)]
    choices += [(mask(size, rng).astype(int).tolist(), 2, 7), (choices[0][0], 0.55, 12345)]
    palette, pictures, logits, made = javascript("completer", widget, four, choices)
    assert [eval(c[3:].replace(" ", ",")) for c in palette] == [
        tuple(c) for c in np.reshape([*widget.palette], (K, 3)).tolist()
    ]
    np.testing.assert_array_equal(np.reshape(pictures, (3, size, size)), values["pictures"])
    logits = np.reshape(logits, (size, size, K, 4)).transpose(3, 2, 0, 1)
    np.testing.assert_allclose(logits, widget.logits(four), rtol=1e-10, atol=1e-10)
    planes = torch.nn.functional.one_hot(torch.from_numpy(four), K).movedim(-1, 1).float()
    expected = values["net"](planes).detach().numpy()
    np.testing.assert_allclose(logits, expected, rtol=1e-5, atol=1e-5 * abs(expected).max())
    widget.number = 2
    for choice, (seen, seen_bits) in zip(choices, made, strict=True):
        widget.covered, widget.temperature, widget.seed = choice
        x = np.reshape(seen, (4, size, size))
        np.testing.assert_array_equal(x, drawn(widget, x))
        if size < 10:
            np.testing.assert_array_equal(x, widget.complete())
        np.testing.assert_allclose(np.reshape(seen_bits, x.shape), bits(widget, x), atol=1e-9)


@pytest.mark.parametrize("seed", [0, 1, 2**31, 2**32 - 1])
def test_the_same_random_numbers(seed):
    seen = javascript("mulberry32", seed, 4096)
    np.testing.assert_array_equal(seen, _mulberry32(seed, 4096))
    assert seed or seen[0] == 0.26642920868471265  # of the generator as it was published
    assert abs(np.mean(seen) - 0.5) < 0.02 and min(seen) >= 0 and max(seen) < 1


# ---- in a page


@pytest.fixture(scope="module")
def pages(browser):
    """Name -> a page with that widget alone, whose clock stands still, and the widget in Python."""
    widgets = {
        "faces": Completer(**settings(6, 16, 8)),
        "single": Completer(**settings(3, 5, 8, n=1)),
    }
    pages = {n: (show(browser, one, 1000, clock=True), one) for n, one in widgets.items()}
    yield pages
    for page, _ in pages.values():
        page.close()


@pytest.fixture
def use(pages):
    """Name -> that widget in its page and in Python, as it opened."""

    def reset(name):
        page, python = pages[name]
        page.set_viewport_size({"width": 1000, "height": 800})
        size = python.shape[2]
        covered = [[int(r >= size // 2)] * size for r in range(size)]
        tell(page, python, number=0, seed=0, temperature=1.0, covered=covered)
        widget = page.locator(".course-completer")
        agrees(widget, python)
        return widget, python

    return reset


# What the canvases show, the one to rub out first: the colours of pixels, or -1 where chequered.
LOOK = """(widget, size) => [...widget.querySelectorAll('canvas')].map(canvas => {
    const z = canvas.width / size, pen = canvas.getContext('2d');
    const { data } = pen.getImageData(0, 0, canvas.width, canvas.height);
    const colour = (r, c) => {
        const at = 4 * (Math.floor(r * z) * canvas.width + Math.floor(c * z));
        return 65536 * data[at] + 256 * data[at + 1] + data[at + 2];
    };
    return Array.from({length: size * size}, (_, k) => {
        const r = Math.floor(k / size) + 0.2, c = k % size, here = colour(r, c + 0.2);
        return here === colour(r, c + 0.7) ? here : -1;
    });
})"""


def shown(widget, size=16):
    return np.reshape(widget.evaluate(LOOK, size), (5, size, size))


def agrees(widget, python):
    """All is filled, and the page shows and says what Python has; returns what is covered."""
    widget.page.clock.run_for(1700)
    seen = shown(widget, python.shape[2])
    assert (seen[1:] >= 0).all()  # before Python is asked to complete as well
    hear(widget.page, python, "number", "covered", "temperature", "seed")
    colours = (np.reshape([*python.palette], (-1, 3)) @ [65536, 256, 1]).tolist()
    picture, covered = python._pictures[python.number], np.array(python.covered, bool)
    np.testing.assert_array_equal(seen[0], np.where(covered, -1, np.take(colours, picture)))
    four = np.vectorize(colours.index)(seen[1:])
    np.testing.assert_array_equal(four, drawn(python, four))
    five = np.concatenate([[picture], four])
    words = widget.locator("canvas + output").all_inner_texts()
    names = [("covered", "kept")] + 4 * [("filled", "kept")]
    for text, pair, one in zip(words, names, bits(python, five), strict=True):
        some = [(n, part) for n, part in zip(pair, (covered, ~covered), strict=True) if part.any()]
        parts = [part.split() for part in text.removeprefix("bits a pixel: ").split(", ")]
        assert [word for _, word in parts] == [word for word, _ in some]
        means = [one[part].mean() for _, part in some]
        np.testing.assert_allclose([float(mean) for mean, _ in parts], means, atol=0.0051)
    rows = widget.get_by_label("rows kept from the top").input_value()
    assert int(rows) == (covered.any(axis=1).argmax() if covered.any() else len(covered))
    return covered


def button(widget, name):
    return widget.get_by_role("button", name=name)


def on_screen(widget, row, column):
    """The middle of a pixel of the picture of 16 x 16."""
    box = widget.locator(".picture").bounding_box()
    return box["x"] + (column + 0.5) * box["width"] / 16, box["y"] + (row + 0.5) * box["width"] / 16


def half(upper):
    return np.repeat((np.arange(16) < 8) == upper, 16).reshape(16, 16)


@pytest.mark.parametrize("name", ["faces", "single"])
def test_it_opens_as_python_says(use, name):
    widget, python = use(name)
    page = widget.page
    covered = agrees(widget, python)
    assert covered[-1].all() and not covered[0].any()
    box = widget.bounding_box()
    assert box["width"] <= 850 and box["height"] <= 460
    assert widget.get_attribute("aria-label") == ALT
    picture = widget.locator(".picture")
    assert "arrow keys move the brush" in picture.get_attribute("aria-label")
    assert picture.evaluate("c => getComputedStyle(c).touchAction") == "none"
    labels = [view.get_attribute("aria-label") for view in widget.locator(".completion").all()]
    assert labels == [f"completion {p}" for p in (1, 2, 3, 4)]
    for canvas in widget.locator("canvas").all():
        assert canvas.evaluate("c => c.width >= 1.9 * c.clientWidth")  # sharp on a projector
        assert canvas.bounding_box()["width"] % python.shape[2] == 0
    for control in [picture, *widget.locator("input").all()]:
        assert control.get_attribute("data-lm-suppress-shortcuts") == "true"
    for face in ("Next face", "Face before"):
        assert button(widget, face).is_visible() == (name == "faces")
    page.screenshot(path=f"build/completer_{name}.png")


def test_rubbing_out_with_the_mouse(use):
    widget, python = use("faces")
    page = widget.page
    button(widget, "Restore").click()
    assert not agrees(widget, python).any()
    page.mouse.move(*on_screen(widget, 4, 3))  # hovering
    assert not agrees(widget, python).any()
    page.mouse.down()
    page.mouse.move(*on_screen(widget, 4, 12))  # one fast move leaves no gap
    page.clock.run_for(100)
    expected = np.zeros((16, 16), bool)
    expected[3:6, 2:14] = True
    for seen in shown(widget):  # nothing is filled yet
        np.testing.assert_array_equal(seen < 0, expected)
    page.mouse.move(*on_screen(widget, 14, 30))  # out of the picture
    page.mouse.up()
    page.mouse.move(*on_screen(widget, 0, 0))
    covered = agrees(widget, python)
    assert covered[expected].all() and covered[5, 15] and not covered[0].any()
    page.mouse.click(*on_screen(widget, 15, 0))
    more = agrees(widget, python)
    assert more[14:, :2].all() and (more >= covered).all() and more.sum() == covered.sum() + 4


def test_rubbing_out_by_keys(use):
    widget, python = use("faces")
    page = widget.page
    button(widget, "Restore").click()
    picture, title = widget.locator(".picture"), widget.locator(".title").first
    picture.focus()
    for key in ("Home", "ArrowUp", "Shift+ArrowLeft"):  # row 7, column 3
        page.keyboard.press(key)
    assert title.inner_text() == "Brush up"
    assert picture.evaluate("c => getComputedStyle(c).outlineStyle") == "solid"
    page.keyboard.press(" ")
    page.keyboard.press("ArrowRight")
    assert title.inner_text() == "Brush down"
    page.keyboard.press(" ")
    page.keyboard.press("ArrowDown")
    page.keyboard.press("Tab")
    assert title.inner_text() == "Picture 1 of 3: rub it out"
    expected = np.zeros((16, 16), bool)
    expected[6:9, 2:6] = True
    np.testing.assert_array_equal(agrees(widget, python), expected)
    picture.focus()
    for _ in range(5):
        page.keyboard.press("Shift+ArrowDown")  # stays in the picture
    page.keyboard.press(" ")
    page.keyboard.press("Tab")
    assert agrees(widget, python)[15].any()


def test_rows_kept_by_slider(use):
    widget, python = use("faces")
    page = widget.page
    slider = widget.get_by_label("rows kept from the top")
    assert slider.input_value() == "8"
    slider.fill("3")
    covered = agrees(widget, python)
    assert covered[3:].all() and not covered[:3].any()
    slider.focus()
    page.keyboard.press("ArrowRight")
    assert not agrees(widget, python)[:4].any()
    slider.fill("16")
    assert not agrees(widget, python).any()
    slider.fill("0")
    assert agrees(widget, python).all()


def test_halves_and_restore_by_buttons(use):
    widget, python = use("faces")
    for name, expected in [
        ("Cover the upper half", half(True)),
        ("Restore", np.zeros((16, 16), bool)),
        ("Cover the lower half", half(False)),
    ]:
        button(widget, name).click()
        np.testing.assert_array_equal(agrees(widget, python), expected)


def test_again_and_other_faces(use):
    widget, python = use("faces")
    first = shown(widget)
    button(widget, "Again").click()
    agrees(widget, python)
    second = shown(widget)
    assert (first[0] == second[0]).all() and not (first[1:] == second[1:]).all(axis=(1, 2)).any()
    assert python.seed == 1
    for name, number in zip(
        3 * ["Next face"] + 3 * ["Face before"], (1, 2, 0, 2, 1, 0), strict=True
    ):
        button(widget, name).click()
        assert (agrees(widget, python) == half(False)).all()
        assert python.number == number
        words = widget.locator(".title").first.inner_text()
        assert words == f"Picture {number + 1} of 3: rub it out"
    np.testing.assert_array_equal(shown(widget), second)


def test_temperature_by_slider(use):
    widget, python = use("faces")
    page = widget.page
    before, slider = shown(widget), widget.get_by_label("temperature")
    for value in ("0.2", "2"):
        slider.fill(value)
        widget.page.clock.run_for(40)
        after = shown(widget)
        assert (after != before).any()
        assert (after[1:] >= 0).all()  # at once
        agrees(widget, python)
        assert python.temperature == float(value)
        before = after
    slider.focus()
    page.keyboard.press("ArrowLeft")
    agrees(widget, python)
    assert python.temperature == 1.95


def test_at_once_where_motion_is_not_wanted(use):
    widget, python = use("faces")
    page = widget.page
    page.emulate_media(reduced_motion="reduce")
    for _ in range(3):
        before = shown(widget)
        button(widget, "Again").click()
        page.clock.run_for(40)
        seen = widget.locator(".completion + output").first.text_content()
        assert "kept" in seen and (shown(widget)[1:] >= 0).all()
        assert (shown(widget) != before).any()
    page.emulate_media(reduced_motion="no-preference")
    agrees(widget, python)


def test_it_follows_python(use):
    widget, python = use("faces")
    tell(widget.page, python, covered=np.eye(16, dtype=int).tolist())
    np.testing.assert_array_equal(agrees(widget, python), np.eye(16, dtype=bool))
    tell(widget.page, python, number=2, seed=2**32 - 1)
    agrees(widget, python)
    tell(widget.page, python, temperature=0.5)
    agrees(widget, python)
    assert widget.get_by_label("temperature").input_value() == "0.5"
    button(widget, "Again").click()  # the seeds start over
    agrees(widget, python)
    assert python.seed == 0


@pytest.mark.parametrize("width", [800, 620])
def test_it_fits_a_narrow_page(use, width):
    widget, python = use("faces")
    widget.page.set_viewport_size({"width": width, "height": 900})
    parts = widget.locator("canvas, button, input, output").all()
    assert max(box["x"] + box["width"] for box in map(Locator.bounding_box, parts)) <= width
    picture, first = (view.bounding_box() for view in widget.locator("canvas").all()[:2])
    assert picture["x"] + picture["width"] < first["x"]  # still side by side
    widget.page.mouse.click(*on_screen(widget, 2, 2))
    covered = agrees(widget, python)
    assert covered[1:4, 1:4].all() and covered[:8].sum() == 9


# ---- in a page whose clock stands still


@pytest.fixture
def still(browser):
    """Filled pixel by pixel: the lower half, 128 pixels in 1,600 milliseconds."""
    page = show(browser, Completer(**settings(K=6, size=16)), width=1000, clock=True)
    widget = page.locator(".course-completer")
    assert (shown(widget)[1:] >= 0).all()
    yield page, widget
    page.close()


def test_it_is_filled_pixel_by_pixel(still):
    page, widget = still
    button(widget, "Again").click()
    for step in range(1, 16):
        page.clock.run_for(100)
        filled = shown(widget)[1:].reshape(4, 256) >= 0
        most = 128 + step * 8
        assert filled[:, : most - 6].all()  # some frames late
        assert not filled[:, most + 1 :].any()
        assert (filled == filled[0]).all()  # the four together
        assert (np.diff(filled[0].astype(int)) <= 0).all()  # row by row
    page.clock.run_for(200)
    assert (shown(widget)[1:] >= 0).all()


def covers(widget):
    """What is covered, where the page and Python say the same."""
    covered = np.array(widget.page.evaluate("model.saved.covered"), bool)
    np.testing.assert_array_equal(shown(widget)[0] < 0, covered)
    return covered


def test_undo(still):
    page, widget = still
    undo, start = button(widget, "Undo"), covers(widget)
    can = lambda: undo.get_attribute("aria-disabled") == "false"  # noqa: E731
    assert not can()
    undo.dispatch_event("click")
    assert (covers(widget) == start).all()

    def stroke():
        page.mouse.move(*on_screen(widget, 2, 2))
        page.mouse.down()
        page.mouse.move(*on_screen(widget, 2, 9), steps=5)
        page.mouse.up()

    def by_keys():
        for key in ("Home", "ArrowUp", "ArrowUp", " ", "ArrowUp", "ArrowLeft", " "):
            widget.locator(".picture").press(key)

    def slide():
        box = widget.get_by_label("rows kept from the top").bounding_box()
        y = box["y"] + box["height"] / 2
        page.mouse.move(box["x"] + box["width"] / 2, y)
        page.mouse.down()
        page.mouse.move(box["x"] + box["width"] / 4, y, steps=10)
        page.mouse.up()

    steps = [stroke, by_keys, slide, button(widget, "Restore").click]
    steps += [button(widget, f"Cover the {half} half").click for half in ("upper", "lower")]
    masks = [start]
    for step in steps:  # each is undone as a whole
        step()
        masks.append(covers(widget))
        assert can() and (masks[-1] != masks[-2]).any()
    for number, mask in enumerate(masks[-2::-1]):
        if number % 2:
            undo.click()
        else:
            widget.locator(".picture").press(["u", "Control+z"][number % 4 // 2])
        assert (covers(widget) == mask).all()
    assert not can()


def test_what_changes_nothing_is_no_step(still):
    page, widget = still
    button(widget, "Cover the lower half").click()
    button(widget, "Again").click()
    assert button(widget, "Undo").get_attribute("aria-disabled") == "true"
    page.mouse.click(*on_screen(widget, 1, 1))
    first = covers(widget)
    page.mouse.click(*on_screen(widget, 1, 1))
    button(widget, "Undo").click()
    assert first[1, 1] and not covers(widget)[:8].any()
