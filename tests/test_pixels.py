"""What lesson 07 teaches holds beyond the case that it shows."""

import numpy as np
import pytest
import torch

from course_utils import checkpoints
from course_utils.datasets.faces import faces
from tools import train_pixels
from tools.lessons import definitions


@pytest.fixture(scope="module")
def lesson():
    return definitions("07")


@pytest.mark.slow
@pytest.mark.parametrize("size", [5, 8, 11])
def test_no_pixel_sees_itself_or_a_later_one(lesson, size):
    for kind, width in (("PixelCNN", 16), ("PixelGRU", 16), ("PixelTransformer", 16)):
        net = lesson[kind](2, 3, size, width)
        sees = lesson["dependence"](net, 2, size)
        assert not sees.triu().any() and sees.any()


@pytest.mark.parametrize("layer", ["v0", "h0", "v.2", "h.1"])
def test_a_layer_without_its_mask_is_noticed(lesson, layer):
    net = lesson["PixelCNN"](2, 2, 11)
    net.get_submodule(layer).mask.fill_(1)
    assert lesson["dependence"](net).triu().any()


@pytest.mark.slow
def test_a_single_open_place_is_noticed(lesson):
    for layer, place in [("h0", (0, 1)), ("v0", (1, 1)), ("h.3", (0, 2)), ("v.0", (2, 0))]:
        net = lesson["PixelCNN"](2, 2, 11)
        net.get_submodule(layer).mask[place] = 1
        assert lesson["dependence"](net).triu().any(), layer


def test_rows_do_not_depend_on_what_is_cut_off(lesson):
    x = torch.rand(2, 4, 9, 9)
    for kind in ("PixelCNN", "PixelGRU", "PixelTransformer"):
        net = lesson[kind](4, 3, 9, 16)
        torch.testing.assert_close(net(x)[:, :, :4], net(x[:, :, :4]))


@pytest.mark.parametrize(
    ("kind", "draw"), [("PixelGRU", "with_memory"), ("PixelTransformer", "with_cache")]
)
def test_memory_changes_nothing_but_the_time(lesson, kind, draw):
    torch.manual_seed(0)
    net = lesson[kind](5, 5, 6, 16)
    with torch.no_grad():
        net.place.normal_()
    torch.manual_seed(1)
    kept = lesson[draw](net, 40, 6)
    torch.manual_seed(1)
    assert (kept == lesson["sample"](net, 40, 6)).float().mean() > 0.999
    assert len(kept.unique()) == 5


def test_filling_looks_at_no_covered_pixel_and_keeps_the_others(lesson):
    net, free = lesson["PixelCNN"](5, 5, 8), torch.rand(8, 8) < 0.5
    x = lesson["one_hot"](torch.randint(5, (6, 8, 8)), 5)
    other = torch.where(free, torch.rand_like(x), x)
    torch.manual_seed(2)
    filled = lesson["fill"](net, x, free, lesson["choose"])
    torch.manual_seed(2)
    assert torch.equal(filled, lesson["fill"](net, other, free, lesson["choose"]))
    assert torch.equal(filled[:, :, ~free], x[:, :, ~free])
    assert torch.equal(filled.sum(1), torch.ones(6, 8, 8))


def test_drawn_colours_follow_the_network(lesson):
    """On two pixels, all 25 pictures by their probabilities under the network itself."""
    torch.manual_seed(0)
    net = lesson["PixelCNN"](5, 5, 3, C=8, D=(1,))
    with torch.no_grad():
        net.place.normal_()
    free = torch.zeros(3, 3, dtype=bool)
    free[0, :2] = True
    drawn = lesson["fill"](net, torch.zeros(20_000, 5, 3, 3), free, lesson["choose"]).argmax(1)
    every = torch.zeros(25, 3, 3, dtype=int)
    every[:, 0, :2] = torch.cartesian_prod(torch.arange(5), torch.arange(5))
    x = lesson["one_hot"](every, 5)
    log_p = net(x).log_softmax(1).gather(1, every[:, None])[:, 0, 0, :2].sum(1).detach()
    assert log_p.exp().sum().item() == pytest.approx(1, abs=1e-5)
    counts = torch.bincount(5 * drawn[:, 0, 0] + drawn[:, 0, 1], minlength=25)
    expected = 20_000 * log_p.exp()
    assert ((counts - expected).abs() < 5 * expected.sqrt() + 3).all()


def test_temperature(lesson):
    torch.manual_seed(0)
    logits = torch.tensor([[0.0, 1.0, 2.0, -1.0, 0.5]]).expand(50_000, 5)
    for T in (0.5, 1.0, 2.0):
        shares = lesson["choose"](logits, T).mean(0)
        torch.testing.assert_close(shares, (logits[0] / T).softmax(0), atol=0.01, rtol=0)


@pytest.mark.parametrize("P", [0.2, 0.5, 0.9])
def test_what_is_cut_are_the_least_probable_colours(lesson, P):
    torch.manual_seed(0)
    logits = torch.randn(50, 12)
    p = logits.softmax(1)
    kept = lesson["top_p"](logits, P).isfinite()
    for row, some in zip(p, kept, strict=True):
        assert row[some].sum() >= P > row[some].sum() - row[some].min()
        assert some.all() or row[some].min() >= row[~some].max()
    three = lesson["top_k"](logits, 3)
    assert (three.isfinite().sum(1) == 3).all()
    assert torch.equal(three.argmax(1), logits.argmax(1))


def test_a_copy_is_found_and_a_pixel_tells_it_from_another(lesson):
    torch.manual_seed(0)
    x = torch.randint(64, (30, 16, 16))
    y = x[:4].clone()
    y[1, 3, 3] = (y[1, 3, 3] + 1) % 64
    y[2, :4] = (y[2, :4] + 1) % 64
    assert lesson["differing"](y, x).tolist() == [0, 1, 64, 0]


def test_bits_of_lower_halves_do_not_see_the_upper_ones(lesson):
    torch.manual_seed(0)
    net = lesson["PixelCNN"](64, 64)
    x = torch.randint(64, (3, 16, 16))
    other_top, other_bottom = x.clone(), x.clone()
    other_top[:, :8] = torch.randint(64, (3, 8, 16))
    other_bottom[:, 8:] = torch.randint(64, (3, 8, 16))
    bits = lesson["lower_bits"](x, net)
    torch.testing.assert_close(bits, lesson["lower_bits"](other_top, net))
    assert (bits - lesson["lower_bits"](other_bottom, net)).abs().min() > 1e-4


def test_tables_are_the_best_of_their_kind():
    """A picture whose pixels repeat the one to the left, or its twin, costs what it should."""
    lesson = definitions("07")
    rng = np.random.default_rng(0)
    first = rng.integers(2, size=(4000, 6, 1))
    x = (
        first + np.cumsum(rng.random((4000, 6, 6)) < 0.1, axis=2)
    ) % 2  # flips with probability 0.1
    bits = lesson["table_bits"](x[:3000], x[3000:], 2)
    entropy = -0.1 * np.log2(0.1) - 0.9 * np.log2(0.9)
    assert bits["uniform"] == 1 and bits["marginal"] == pytest.approx(1, abs=0.01)
    assert bits["left"] == pytest.approx((1 + 5 * entropy) / 6, abs=0.01)
    assert bits["left and above"] == pytest.approx(bits["left"], abs=0.01)


def new_faces(n):
    palette = checkpoints.read("07_pixel_rnn")["palette"]
    x = faces(n, np.random.default_rng(5), 16, crisp=True)[0]
    return torch.tensor(definitions("07")["encode"](x, palette)).long(), palette


@pytest.mark.slow
def test_what_is_shipped_is_what_the_tool_makes(monkeypatch):
    """Names and shapes of a short training on few faces; how good the shipped networks are."""
    lesson = definitions("07")

    def few(n, *how, **more):
        return faces(n // 20, *how, **more)

    monkeypatch.setattr(train_pixels, "faces", few)
    monkeypatch.setattr(train_pixels, "STEPS", dict.fromkeys(train_pixels.STEPS, 2))
    monkeypatch.setattr(train_pixels, "RATES", dict.fromkeys(train_pixels.RATES, (0.008,)))
    monkeypatch.setattr(train_pixels, "TRIAL", 1.0)
    x, palette = new_faces(30)
    made = train_pixels.compared(lesson, palette)
    for name, tensors in made.items():
        stored = checkpoints.read(name)
        assert {*stored} == {*tensors}
        for key in {*stored} - {"tuning"}:
            assert stored[key].shape == tensors[key].shape, (name, key)
            assert stored[key].dtype == tensors[key].dtype
    for name, kind in train_pixels.CLASSES.items():
        stored = checkpoints.read(f"07_{name.lower()}")
        rate, bits = stored.pop("tuning")
        assert 0 < bits.argmin() < len(rate) - 1  # the best rate is none of the outer ones
        for s in range(2):
            net = lesson["restored"](lesson[kind](64, 64), stored, s)
            assert 0.5 < lesson["pixel_bits"](net, x).mean() < 1.1


def test_shipped_codes_are_those_of_a_small_vq_vae():
    stored = checkpoints.read("07_codes")
    made = train_pixels.codes(steps=2, n=20)
    assert {*stored} == {*made}
    assert stored["codes"].shape == (6500, 7, 7) and stored["codes"].max() == 31
    assert all(stored[key].shape == made[key].shape for key in {*made} - {"codes"})
