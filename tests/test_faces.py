"""Portraits drawn from factors: what is random, what is fixed, and that each factor is seen."""

import numpy as np
import pytest

from course_utils.datasets.faces import FACTORS, draw, faces

MEASURES = ("eye_size", "gaze_x", "gaze_y", "shift_x", "shift_y", "width")


def rng(seed=0):
    return np.random.default_rng(seed)


@pytest.fixture(scope="module")
def drawn():
    return faces(2000, rng())


@pytest.fixture(scope="module")
def factors(drawn):
    return drawn[1]


def first(factors, n):
    return {name: values[:n] for name, values in factors.items()}


def only(factors, name, value):
    """The factors, but for one."""
    return factors | {name: np.full_like(factors[name], value)}


def blocks(x):
    """Each picture at half its size."""
    n, c, h, w = x.shape
    return x.reshape(n, c, h // 2, 2, w // 2, 2).mean((3, 5))


# ---- what comes out


def test_shapes_and_ranges(drawn):
    x, factors = drawn
    assert x.shape == (2000, 3, 32, 32) and x.dtype == np.float32
    assert x.min() >= 0 and x.max() <= 1
    assert list(factors) == [*FACTORS, "eye_right", *MEASURES, "side", "tint"]
    for name, values in FACTORS.items():
        assert factors[name].dtype == np.int64 and factors[name].shape == (2000,)
        assert set(factors[name]) == set(range(len(values)))
    for name in MEASURES:
        assert factors[name].dtype == np.float32 and factors[name].shape == (2000,)
        assert -1 <= factors[name].min() < -0.98 and 0.98 < factors[name].max() <= 1
    assert set(factors["side"]) == {-1, 1} and factors["side"].dtype == np.int64
    assert factors["tint"].shape == (2000, 3) and factors["tint"].dtype == np.float32


def test_how_often_values_are_drawn(factors):
    assert (factors["eye_right"] == factors["eye"]).all()
    for name, values in FACTORS.items():
        share = np.full(len(values), 1 / len(values))
        if name == "accessory":
            share = np.array([0.36, 0.16, 0.16, 0.16, 0.16])
        spread = np.sqrt(2000 * share * (1 - share))
        assert (abs(np.bincount(factors[name]) - 2000 * share) < 4.5 * spread).all(), name


def test_the_same_generator_draws_the_same(drawn):
    x, factors = faces(2000, rng())
    assert (x == drawn[0]).all()
    assert all((factors[name] == drawn[1][name]).all() for name in factors)
    assert (faces(2000, rng(1), 8)[1]["hair"] != factors["hair"]).any()


def test_no_two_are_alike(drawn):
    assert len(np.unique(drawn[0].reshape(2000, -1), axis=0)) == 2000


@pytest.mark.slow
def test_draw_draws_what_faces_drew(drawn):
    x, factors = drawn
    assert (draw(factors) == x).all()
    assert (draw(first(factors, 3)) == x[:3]).all()  # whoever else is drawn with them


def test_row_0_is_the_top_and_the_right_eye_is_on_the_right(factors):
    x = draw(only(only(first(factors, 50), "hair", 0), "cloth", 2))  # black hair, white cloth
    assert x[:, :, 5, 14:18].mean() < x[:, :, -1, 14:18].mean()
    other = draw(only(first(factors, 50), "eye_right", 3))
    changed = abs(other - draw(first(factors, 50))).sum((0, 1, 2))
    assert changed[:15].sum() == 0 < changed[16:].sum()


# ---- sizes


def test_the_same_generator_draws_the_same_people_at_every_size(factors):
    expected = faces(100, rng())[1]
    for size, crisp in ((8, False), (16, True), (33, False)):
        x, same = faces(100, rng(), size, crisp)
        assert x.shape == (100, 3, size, size)
        assert all((same[name] == expected[name]).all() for name in factors)


@pytest.mark.parametrize("size, share", [(32, 1.0), (16, 0.8)])  # at 16 the face is nearer
def test_a_small_picture_resembles_the_large_one(factors, size, share):
    """It is nearer to its own large picture than to anybody else's."""
    some = first(factors, 100)
    small, large = draw(some, size), blocks(draw(some, 2 * size))
    distance = ((small[:, None] - large) ** 2).mean((2, 3, 4))
    assert (distance.argmin(1) == np.arange(100)).mean() >= share


# ---- crisp


@pytest.mark.parametrize("size", [16, 32])
def test_crisp_pictures_have_few_colours(factors, size):
    x = draw(first(factors, 200), size, crisp=True)
    soft = draw(first(factors, 200), size)
    assert x.dtype == np.float32 and x.min() >= 0 and x.max() <= 1

    def colours(picture):
        return len(np.unique(picture.reshape(3, -1), axis=1).T)

    assert max(map(colours, x)) <= 32 < min(map(colours, soft))


def test_crisp_hair_has_no_tint(factors):
    some = first(factors, 20)
    assert (draw(some, crisp=True) == draw(only(some, "tint", 0), crisp=True)).all()


# ---- factors


@pytest.mark.slow
def test_every_value_is_seen(factors):
    """In most people, and if nothing else is changed."""
    some = only(first(factors, 60), "accessory", 0) | {"fringe": np.zeros(60, int)}
    for name, values in FACTORS.items():
        x = np.stack([draw(only(some, name, i)) for i in range(len(values))])
        for i in range(len(values)):
            for j in range(i):
                seen = abs(x[i] - x[j]).max((1, 2, 3)) > 0.05
                assert seen.mean() > 0.9, f"{name}: {values[i]}, {values[j]}"


@pytest.mark.parametrize("name", [*MEASURES, "eye_right", "tint"])
def test_every_measure_is_seen(factors, name):
    some = first(factors, 60)
    low, high = (
        draw(only(some, name, value)) for value in ((0, 4) if "right" in name else (-1, 1))
    )
    assert (abs(low - high).max((1, 2, 3)) > 0.02).all()


def test_the_side_of_a_bow_and_of_a_swept_fringe(factors):
    some = first(factors, 60)
    for name, value in (("fringe", 1), ("accessory", 2)):
        one = only(some, name, value)
        assert (
            abs(draw(only(one, "side", 1)) - draw(only(one, "side", -1))).max((1, 2, 3)) > 0.2
        ).all()
    plain = only(only(some, "fringe", 0), "accessory", 0)
    assert (draw(only(plain, "side", 1)) == draw(only(plain, "side", -1))).all()


def test_a_fixed_factor_leaves_the_others(factors):
    for name, value in (("hair", "blue"), ("accessory", 2), ("gaze_x", 0.5), ("side", -1)):
        other = faces(2000, rng(), 8, **{name: value})[1]
        assert (other[name] == other[name][0]).all() and other[name].dtype == factors[name].dtype
        assert all((other[key] == factors[key]).all() for key in factors if key != name)
    assert other["side"][0] == -1


def test_ways_to_fix(factors):
    def fix(**fixed):
        return faces(3, rng(), 8, **fixed)[1]

    assert fix(hair="blue")["hair"].tolist() == [5, 5, 5]
    assert fix(hair=["red", "black", "blue"])["hair"].tolist() == [3, 0, 5]
    assert fix(accessory=np.array([1, 2, 4]))["accessory"].tolist() == [1, 2, 4]
    assert fix(tint=0)["tint"].tolist() == [[0, 0, 0]] * 3
    assert fix(tint=[1, 2, 3])["tint"].tolist() == [[1, 2, 3]] * 3
    everything = first(factors, 3)
    again = fix(**everything)
    assert all((again[name] == everything[name]).all() for name in again)


def test_odd_eyes():
    both = faces(50, rng(), eye="gold")[1]
    assert (both["eye"] == 4).all() and (both["eye_right"] == 4).all()
    odd = faces(50, rng(), eye_right="blue", eye="gold")[1]
    assert (odd["eye"] == 4).all() and (odd["eye_right"] == 0).all()
    one = faces(50, rng(), eye_right="blue")[1]
    assert (one["eye"] == faces(50, rng())[1]["eye"]).all() and (one["eye_right"] == 0).all()


def test_what_was_given_is_not_changed():
    hair = np.zeros(4, np.int64)
    factors = faces(4, rng(), hair=hair)[1]
    factors["hair"][0] = 3
    factors["eye"][0] = (factors["eye"][0] + 1) % 5
    assert (hair == 0).all() and factors["eye_right"][0] != factors["eye"][0]


def test_nobody():
    x, factors = faces(0, rng())
    assert x.shape == (0, 3, 32, 32) and factors["tint"].shape == (0, 3)


# ---- bad calls


@pytest.mark.parametrize(
    "fixed, words",
    [
        (dict(beard="long"), "no factor 'beard'; the factors are hair, style.*tint"),
        (dict(hair="grey"), "hair must be black, brown.*0 to 7, not 'grey'"),
        (dict(hair=["red", "grey", "blue"]), "not 'grey'"),
        (dict(hair=8), "0 to 7, not 8"),
        (dict(hair=-1), "not -1"),
        (dict(hair=1.0), r"not 1\.0"),
        (dict(blush=True), "no, yes, or an index from 0 to 1, not True"),
        (dict(hair=None), "not None"),
        (dict(eye_right="pink"), "eye_right must be blue, green, brown, red, gold"),
        (dict(hair=[1, 2]), r"hair must be one value or an array of shape \(3,\), not \(2,\)"),
        (dict(tint=np.zeros((2, 3))), r"shape \(3, 3\), not \(2, 3\)"),
        (dict(side=0), "side must be -1 or 1, not 0"),
        (dict(width=1.5), r"width must be numbers from -1 to 1, not 1\.5"),
        (dict(width=np.nan), "not nan"),
        (dict(width="wide"), "not 'wide'"),
    ],
)
def test_bad_factors_are_named(fixed, words):
    with pytest.raises(ValueError, match=words):
        faces(3, rng(), **fixed)


@pytest.mark.parametrize(
    "call, error, words",
    [
        (dict(n=1.5), TypeError, "n must be a whole number"),
        (dict(n=-1), ValueError, "n must be at least 0, not -1"),
        (dict(size="32"), TypeError, "size must be a whole number"),
        (dict(size=7), ValueError, "size must be at least 8, not 7"),
        (dict(rng=0), TypeError, "default_rng"),
    ],
)
def test_bad_calls(call, error, words):
    with pytest.raises(error, match=words):
        faces(**(dict(n=2, rng=rng()) | call))


def test_draw_names_what_is_missing(factors):
    some = {name: values[:2] for name, values in factors.items() if name not in ("eye", "tint")}
    with pytest.raises(ValueError, match="must have eye, tint too"):
        draw(some)
    with pytest.raises(ValueError, match="no factor 'beard'"):
        draw(factors | {"beard": 1})
