"""What the judge of faces reads, and that it tells damaged faces from real ones."""

from itertools import pairwise

import numpy as np
import pytest
import torch
from scipy import ndimage
from scipy.cluster.vq import kmeans2, vq

from course_utils import judge as judging
from course_utils.checkpoints import FOLDER
from course_utils.datasets.faces import FACTORS, faces
from course_utils.judge import ANSWERS, Judge, accuracy, judge, look, report

KINDS = [(32, False), (32, True), (16, False), (16, True)]
N = 500  # of a set that is damaged


@pytest.fixture(scope="module", params=KINDS, ids=["32 soft", "32 crisp", "16 soft", "16 crisp"])
def sets(request):
    """Size, crispness, and real faces of that kind, another set of them, and others yet."""
    rng = np.random.default_rng(0)
    return *request.param, *(faces(N, rng, *request.param)[0] for _ in range(3))


@pytest.fixture
def remembered(monkeypatch):
    """What the judge sees in a set is computed once in a test, however often it is reported on."""
    seen = {}

    def remember(x):
        if id(x) not in seen:
            seen[id(x)] = look(x), x  # as long as x is kept, no other set has its id
        features, answers = seen[id(x)][0]
        return features, dict(answers)

    monkeypatch.setattr(judging, "look", remember)


# ---- what it reads


def test_it_is_small():
    assert sum(p.numel() for p in judge().parameters()) < 160_000
    assert (FOLDER / "judge.safetensors").stat().st_size < 650_000


@pytest.mark.parametrize("size, crisp", KINDS)
def test_every_factor_is_read(size, crisp):
    """Except for crisp mouths, several of which are drawn with the same few pixels."""
    rng = np.random.default_rng(1)
    x, factors = faces(1000, rng, size, crisp, eye_right=rng.integers(5, size=1000))
    shares = accuracy(x, factors)
    assert shares.keys() == ANSWERS.keys() - {"intact"}
    least = dict.fromkeys(shares, 0.985)
    if size == 16:
        least |= {"pattern": 0.92, "mouth": 0.94, "blush": 0.94}
    if crisp:
        least["mouth"] = {32: 0.85, 16: 0.63}[size]
    assert all(shares[name] > least[name] for name in shares), shares


def test_both_eyes_are_read_for_themselves():
    x, factors = faces(200, np.random.default_rng(0), eye="red", eye_right="green")
    _, answers = look(x)
    assert (answers["eye"].argmax(1) == FACTORS["eye"].index("red")).mean() > 0.98
    assert (answers["eye_right"].argmax(1) == FACTORS["eye"].index("green")).mean() > 0.98
    assert accuracy(x[..., ::-1], {"eye": factors["eye_right"]})["eye"] > 0.95  # a mirror


def test_few_colours_are_read():
    """As lesson 07 draws them: in 32 colours found by clustering."""
    rng = np.random.default_rng(0)
    for crisp in (False, True):
        x, factors = faces(500, rng, 16, crisp)
        colours = np.moveaxis(x, 1, -1).reshape(-1, 3)
        palette, _ = kmeans2(colours[:20_000], 32, minit="++", rng=rng)
        few = palette[vq(colours, palette)[0]].reshape(500, 16, 16, 3)
        shares = accuracy(np.moveaxis(few, -1, 1), factors)
        del shares["mouth"]
        assert np.mean(list(shares.values())) > 0.95


def test_answers_are_probabilities_of_every_value():
    features, answers = look(faces(7, np.random.default_rng(0))[0])
    assert features.shape == (7, 64) and answers.keys() == ANSWERS.keys()
    for name, p in answers.items():
        assert p.shape == (7, ANSWERS[name]) and p.sum(1) == pytest.approx(1, abs=1e-5)


def test_arrays_tensors_and_views_are_alike():
    x = faces(260, np.random.default_rng(0), 16)[0]
    features, _ = look(x)
    parts = np.concatenate([look(x[:9])[0], look(x[9:])[0]])
    assert parts == pytest.approx(features, abs=1e-4)
    same = [torch.tensor(x, requires_grad=True), x.astype(np.float64), x[::-1][::-1], x.tolist()]
    assert all(np.array_equal(look(a)[0], features) for a in same)
    assert np.array_equal(look(x.repeat(2, 2).repeat(2, 3))[0], features)


def test_the_judge_itself_gives_logits():
    torch.manual_seed(0)
    logits = Judge().eval()(torch.rand(3, 3, 16, 16))
    assert {name: tuple(a.shape) for name, a in logits.items()} == {
        name: (3, n) for name, n in ANSWERS.items()
    }


# ---- what it makes of damage


def halves(x, y):
    left = np.arange(x.shape[-1]) < x.shape[-1] // 2
    return np.where(left, x, y)


@pytest.mark.slow
@pytest.mark.parametrize("kind", KINDS)
def test_real_faces_are_at_the_floor(kind, remembered):
    rng = np.random.default_rng(0)
    real, x = (faces(1000, rng, *kind)[0] for _ in range(2))
    values = report(x, real)
    assert 1.8 < values["FD"] < 3.2
    assert min(values["precision"], values["recall"]) > 0.95
    assert values["intact"] > 0.97 and values["odd eyes"] < 0.01 and values["sure"] > 0.96
    same = report(real, real)
    assert same["FD"] < 1e-3 and same["precision"] == same["recall"] == 1


@pytest.mark.slow
def test_damage_is_noticed(sets, remembered):
    size, crisp, real, x, y = sets
    other = np.random.default_rng(2).integers(5, size=N)
    odd, _ = faces(N, np.random.default_rng(3), size, crisp, eye_right=other)
    floor, values = report(x, real), report(odd, real)
    assert values["odd eyes"] == pytest.approx(0.8, abs=0.06) and values["intact"] > 0.95
    assert values["FD"] > 1.8 * floor["FD"] and values["recall"] > 0.95
    assert values["precision"] < floor["precision"] - 0.01

    values = report(halves(x, y), real)
    assert values["odd eyes"] == pytest.approx(0.8, abs=0.06) and values["intact"] < 0.35
    assert values["FD"] > 7 * floor["FD"] and max(values["precision"], values["recall"]) < 0.85

    values = report((x + y) / 2, real)
    assert values["FD"] > 7 * floor["FD"] and values["intact"] < 0.45 and values["recall"] < 0.15
    assert values["precision"] < floor["precision"] and values["sure"] < 0.88

    values = report(ndimage.gaussian_filter(x, (0, 0, 0.7, 0.7)), real)
    assert values["FD"] > 3.5 * floor["FD"] and values["intact"] < 0.4 and values["recall"] < 0.5

    values = report(x[np.arange(N) % 10], real)
    assert values["recall"] < 0.02 and values["FD"] > 15 * floor["FD"]
    assert values["precision"] > 0.6 and values["intact"] > 0.9 and values["odd eyes"] < 0.1

    noise = np.random.default_rng(4).random(x.shape)
    values = report(noise, real)
    assert values["FD"] > 18 * floor["FD"] and values["recall"] == 0 and values["intact"] < 0.1
    assert values["precision"] < 0.8 and values["sure"] < 0.75


@pytest.mark.slow
@pytest.mark.parametrize("sets", [(32, False), (16, True)], indirect=True)
def test_more_damage_is_worse(sets, remembered):
    _, _, real, x, y = sets
    noise = np.random.default_rng(1).normal(size=x.shape)
    for damaged in (
        [x, 0.9 * x + 0.1 * y, 0.75 * x + 0.25 * y, (x + y) / 2],
        [ndimage.gaussian_filter(x, (0, 0, s, s)) for s in (0, 0.5, 0.7, 1.5)],
        [np.clip(x + s * noise, 0, 1) for s in (0, 0.05, 0.15)],
    ):
        values = [report(a, real) for a in damaged]
        assert all(a["FD"] < b["FD"] / 1.5 for a, b in pairwise(values))
        for name in ("recall", "intact", "sure"):
            assert all(a[name] >= b[name] for a, b in pairwise(values)), name


def test_people_who_are_missing_lower_the_recall():
    rng = np.random.default_rng(0)
    real, x = faces(N, rng, 16)[0], faces(N, rng, 16, hair="black", background="sky")[0]
    values = report(x, real)
    assert values["precision"] > 0.95 and values["intact"] > 0.97
    assert values["recall"] < 0.6 and values["FD"] > 20


# ---- what it refuses


@pytest.mark.parametrize(
    "shape", [(0, 3, 16, 16), (5, 1, 16, 16), (5, 3, 24, 24), (5, 3, 16, 32), (3, 32, 32)]
)
def test_other_shapes_are_refused(shape):
    with pytest.raises(ValueError, match=r"shape \(n, 3, 16, 16\) or \(n, 3, 32, 32\), not"):
        look(np.zeros(shape))


@pytest.mark.parametrize("value", [-0.5, 255, np.nan])
def test_values_outside_are_refused(value):
    x = np.zeros((6, 3, 16, 16))
    x[3, 1, 2, 2] = value
    with pytest.raises(ValueError, match=r"must lie in \[0, 1\], not between"):
        report(x, np.zeros((6, 3, 16, 16)))


def test_too_few_faces_and_too_few_values_are_refused():
    with pytest.raises(ValueError, match="at least 6"):
        report(np.zeros((5, 3, 16, 16)), np.zeros((9, 3, 16, 16)))
    with pytest.raises(ValueError, match=r"hair must have shape \(5,\), not \(4,\)"):
        accuracy(np.zeros((5, 3, 16, 16)), {"hair": np.zeros(4, int), "gaze_x": np.zeros(5)})
