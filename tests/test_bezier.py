"""The curves of lessons 04 and 05: the same as the article's loop makes, exact, and of rank 2."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from course_utils.datasets.bezier import basis, bernstein, curves, cut

rng = np.random.default_rng(0)


def point_by_point(a, b, points=15, samples=150):
    """A curve as the article makes it: walk along t, then take the nearest point for each x."""
    way = []
    for t in np.linspace(0, 1, samples):
        B = (1 - t) ** 3, 3 * (1 - t) ** 2 * t, 3 * (1 - t) * t**2, t**3
        way.append((0.5 * B[1] + 0.5 * B[2] + B[3], a * B[1] + b * B[2]))
    heights = []
    for x in np.linspace(0, 1, points):
        heights.append(min(way, key=lambda place: (place[0] - x) ** 2)[1])
    return np.array(heights)


def test_equals_the_loop():
    parameters = rng.uniform(-1, 1, (200, 2))
    loop = np.array([point_by_point(a, b) for a, b in parameters])
    assert abs(curves(parameters, samples=150) - loop).max() < 1e-12


def test_lies_on_the_curve():
    """Each height belongs to a t with the x asked for."""
    a, b = 0.7, -0.4
    t = np.linspace(0, 1, 200_001)
    B = bernstein(t)
    x, y = B[1] / 2 + B[2] / 2 + B[3], a * B[1] + b * B[2]
    heights = curves([[a, b]], points=15)[0]
    assert abs(heights - np.interp(np.linspace(0, 1, 15), x, y)).max() < 1e-9


def test_the_nearest_sample_is_not_exact():
    off = abs(basis(samples=150) - basis())
    assert 1e-3 < off.max() < 1e-2
    assert abs(basis(samples=200_000) - basis()).max() < 1e-5


def test_rank_2_and_ends():
    data = curves(rng.uniform(-1, 1, (500, 2)))
    singular = np.linalg.svd(data, compute_uv=False)
    assert singular[1] > 1 and singular[2] < 1e-12
    assert abs(data[:, [0, -1]]).max() < 1e-12


@given(st.integers(1, 40), st.integers(2, 30), st.data())
def test_cut_takes_consecutive_points(n, points, data):
    length = data.draw(st.integers(1, points))
    rows = np.arange(n * points).reshape(n, points)
    starts = data.draw(st.lists(st.integers(0, points - length), min_size=n, max_size=n))
    patches = cut(rows, np.array(starts), length)
    for row, start, patch in zip(rows, starts, patches, strict=True):
        assert (patch == row[start : start + length]).all()


@pytest.mark.parametrize("starts", [[9], [-1], [0, 9]])
def test_no_patch_leaves_its_curve(starts):
    with pytest.raises(ValueError, match="start at 0 to 8"):
        cut(np.zeros((len(starts), 15)), np.array(starts))


@pytest.mark.parametrize(
    ("parameters", "words"),
    [
        (np.zeros(2), "shape"),
        (np.zeros((3, 3)), "shape"),
        ([[0.0, np.nan]], "finite"),
        ([[np.inf, 0.0]], "finite"),
    ],
)
def test_bad_parameters(parameters, words):
    with pytest.raises(ValueError, match=words):
        curves(parameters)


@pytest.mark.parametrize(("points", "samples"), [(1, None), (15, 1), (0, 150)])
def test_too_few_points(points, samples):
    with pytest.raises(ValueError, match="at least 2"):
        basis(points, samples)
