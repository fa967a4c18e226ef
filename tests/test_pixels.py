"""What lesson 07 teaches holds beyond the case that it shows."""

import numpy as np
import pytest
import torch

from tools.lessons import definitions


@pytest.fixture(scope="module")
def lesson():
    names = definitions("07")
    names["K"] = 5
    return names


@pytest.mark.slow
@pytest.mark.parametrize("size", [5, 8, 11])
def test_no_pixel_sees_itself_or_a_later_one(lesson, size):
    for net in (lesson["PixelCNN"](2, 3, size), lesson["PixelGRU"](2, 3, size, 16)):
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
    for net in (lesson["PixelCNN"](4, 3, 9), lesson["PixelGRU"](4, 3, 9, 16)):
        torch.testing.assert_close(net(x)[:, :, :4], net(x[:, :, :4]))


def test_memory_changes_nothing_but_the_time(lesson):
    torch.manual_seed(0)
    net = lesson["PixelGRU"](5, 5, 6, 16)
    with torch.no_grad():
        net.place.normal_()
    torch.manual_seed(1)
    kept = lesson["with_memory"](net, 40, 6)
    torch.manual_seed(1)
    assert (kept == lesson["sample"](net, 40, 6)).float().mean() > 0.999
    assert len(kept.unique()) == 5


def test_filling_looks_at_no_covered_pixel_and_keeps_the_others(lesson):
    net, free = lesson["PixelCNN"](5, 5, 8), torch.rand(8, 8) < 0.5
    x = lesson["one_hot"](torch.randint(5, (6, 8, 8)))
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
    x = lesson["one_hot"](every)
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
