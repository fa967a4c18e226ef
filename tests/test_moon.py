"""The moon: its lit area is that of the geometry, its sides are right, it comes round again."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from course_utils.datasets.moon import RADIUS, moon

finite = st.floats(-1e18, 1e18)


def test_shape_and_range():
    x = moon(np.linspace(0, 1, 50), size=20)
    assert x.shape == (50, 1, 20, 20) and x.dtype == np.float32
    assert x.min() == 0 and x.max() == 1
    assert moon([]).shape == (0, 1, 28, 28)


@pytest.mark.parametrize("size, tolerance", [(8, 2e-4), (28, 2e-5), (65, 2e-5)])
def test_lit_area(size, tolerance):
    phase = np.linspace(-1, 2, 301)
    disc = np.pi * (RADIUS * size) ** 2
    lit = moon(phase, size).sum((1, 2, 3), dtype=float) / disc
    np.testing.assert_allclose(lit, (1 - np.cos(2 * np.pi * phase)) / 2, atol=tolerance)


def test_quarters_are_halves_of_the_full_moon():
    new, first, full, last = moon([0, 0.25, 0.5, 0.75])[:, 0]
    assert new.max() < 1e-6
    np.testing.assert_allclose(first[:, 14:], full[:, 14:], atol=1e-6)
    np.testing.assert_allclose(last[:, :14], full[:, :14], atol=1e-6)
    assert first[:, :14].max() < 1e-6 and last[:, 14:].max() < 1e-6


def test_pixels_are_lit_by_their_share():
    """Against many points in each pixel, each lit or not, at phases on both sides of full."""
    phase, size, fine = np.array([0.05, 0.2, 0.4, 0.55, 0.9]), 12, 40
    p = ((np.arange(size * fine) + 0.5) / (size * fine) - 0.5) / RADIUS
    x, y = np.meshgrid(p, p)
    for wanted, picture in zip(phase, moon(phase, size)[:, 0], strict=True):
        towards_the_sun = x if wanted < 0.5 else -x
        terminator = np.cos(2 * np.pi * wanted) * np.sqrt(np.maximum(1 - y**2, 0))
        lit = (x**2 + y**2 < 1) & (towards_the_sun > terminator)
        share = lit.reshape(size, fine, size, fine).mean((1, 3))
        np.testing.assert_allclose(picture, share, atol=0.03)


def test_comes_round_and_is_its_own_mirror():
    phase = np.random.default_rng(0).random(100)
    x = moon(phase)
    np.testing.assert_allclose(moon(phase + 3), x, atol=1e-6)
    np.testing.assert_allclose(moon(phase - 1), x, atol=1e-6)
    np.testing.assert_allclose(moon(1 - phase), x[..., ::-1], atol=1e-6)
    np.testing.assert_allclose(x, x[..., ::-1, :], atol=1e-6)


def test_changes_smoothly():
    """The middle of the terminator is the fastest: 2 pi times the radius in a month."""
    x = moon(np.linspace(0, 1, 1001))
    assert abs(np.diff(x, axis=0)).max() < 2 * np.pi * RADIUS * 28 / 1000


@given(st.lists(finite | st.integers(-(10**18), 10**18), max_size=4), st.integers(1, 12))
def test_any_finite_phase_works(phase, size):
    x = moon(phase, size)
    assert x.shape == (len(phase), 1, size, size)
    assert ((x >= 0) & (x <= 1)).all()


@pytest.mark.parametrize(
    "phase, size, error, words",
    [
        ([0.1, np.nan], 28, ValueError, "NaN or infinite"),
        ([np.inf], 28, ValueError, "NaN or infinite"),
        (0.5, 28, ValueError, "shape"),
        ([[0.5]], 28, ValueError, "shape"),
        (["full"], 28, TypeError, "real numbers"),
        ([1j], 28, TypeError, "real numbers"),
        ([0.5], 0, ValueError, "at least 1"),
        ([0.5], 9.5, TypeError, "whole number"),
    ],
)
def test_bad_calls(phase, size, error, words):
    with pytest.raises(error, match=words):
        moon(phase, size)
