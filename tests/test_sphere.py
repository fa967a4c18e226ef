"""Maps that are known, and what they must measure and look like."""

import numpy as np
import pytest
import torch
import torch.nn.functional as F
from PIL import Image
from scipy.spatial import cKDTree

from course_utils import sphere
from course_utils.density import ImageDensity


def archimedes(x, z):
    r = (1 - z**2).clamp(min=0).sqrt()
    return torch.stack([r * (2 * torch.pi * x).cos(), r * (2 * torch.pi * x).sin(), z], -1)


def front(x, mirrored=False):
    """A small piece in front, the way a picture hangs on a wall."""
    right = -x[:, 0] if mirrored else x[:, 0]
    return F.normalize(torch.stack([torch.ones(len(x)), right, x[:, 1]], 1), dim=1)


def test_the_lattice_runs_as_a_picture_does():
    points = sphere.lattice(3)
    assert points.tolist()[:2] == [[-0.5, 0.5], [0, 0.5]] and points.tolist()[-1] == [0.5, -0.5]


def test_an_equal_area_map_is_whole():
    x, y = sphere.lattice(300).T
    got = sphere.measure(archimedes(x, 2 * y))
    assert got["coverage"] == 1 and got["fold"] < 1e-6 and got["unevenness"] < 0.25
    assert got["degree"] == pytest.approx(1, abs=1e-4) and got["hole"] < 5


@pytest.mark.parametrize("share", [0.2, 0.5, 0.8])
def test_a_cap_is_missed(share):
    x, y = sphere.lattice(300).T
    got = sphere.measure(archimedes(x, 2 * share * (y + 0.5) - 1))
    assert got["degree"] == pytest.approx(share, abs=1e-4)
    assert share <= got["coverage"] < share + 0.08  # cells on its border are hit, too
    assert got["hole"] == pytest.approx(np.degrees(np.arccos(2 * share - 1)), abs=3)


def test_orientation_has_a_sign():
    x, y = sphere.lattice(60).T
    assert sphere.measure(front(sphere.lattice(60)))["degree"] > 0
    assert sphere.measure(front(sphere.lattice(60), mirrored=True))["degree"] < 0
    folded = sphere.measure(archimedes(x.abs() / 2, 2 * y))
    assert folded["degree"] == pytest.approx(0, abs=1e-4)
    assert folded["fold"] == pytest.approx(0.5, abs=0.01)


def test_going_around_twice_counts_two():
    x, y = sphere.lattice(400).T
    assert sphere.measure(archimedes(2 * x, 2 * y))["degree"] == pytest.approx(2, abs=1e-4)


def test_all_in_one_point():
    got = sphere.measure(torch.tensor([[0.0, 0, 1]]).expand(25, 3))
    assert got["coverage"] == 1 / 500 and got["degree"] == got["fold"] == 0 and got["hole"] > 177


@pytest.mark.parametrize("shape", [(10, 3), (9, 2), (9,), (1, 3), (0, 3), (2, 2, 3)])
def test_points_that_are_no_lattice_are_refused(shape):
    with pytest.raises(ValueError, match="must have shape"):
        sphere.measure(np.ones(shape) / 3**0.5)


@pytest.mark.parametrize("value", [2.0, np.nan, 0.0])
def test_points_off_the_sphere_are_refused(value):
    with pytest.raises(ValueError, match="unit sphere"):
        sphere.measure(np.full((9, 3), value))


def test_the_cells_have_nearly_one_area():
    u = np.random.default_rng(0).normal(size=(500_000, 3))
    u /= np.linalg.norm(u, axis=1, keepdims=True)
    counts = np.bincount(cKDTree(sphere.spiral(500)).query(u)[1], minlength=500)
    assert counts.std() / counts.mean() < 0.06  # 0.03 of it is chance


@pytest.mark.parametrize("mirrored", [False, True])
def test_a_picture_is_upright_and_not_mirrored(mirrored):
    rgb = np.zeros((40, 40, 3))
    rgb[:20, :20, 0], rgb[:20, 20:, 1], rgb[20:, :20, 2] = 1, 1, 1  # red, green; blue, black
    before, behind = sphere.balls(lambda x: front(x, mirrored), rgb.reshape(-1, 3), side=60)
    assert [before[25, 25].argmax(), before[25, 34].argmax(), before[34, 25].argmax()] == [0, 1, 2]
    assert before[25, 25].max() > 0.9 and before[34, 34].max() == 0
    assert np.unique(behind).tolist() == [0.9, 1]


def test_paint_ends_where_the_map_ends():
    ball, _ = sphere.balls(front, np.zeros((100 * 100, 3)), side=401)
    black = np.linspace(-1, 1, 401)[ball[200, :, 0] == 0]  # across the middle
    edge = np.sin(np.arctan(0.5))
    assert [black.min(), black.max()] == pytest.approx([-edge, edge], abs=0.015)


def test_a_turn_shows_what_is_to_the_right():
    rgb = np.zeros((40, 40, 3))
    rgb[:, 30:, 0] = 1
    (turned,) = sphere.balls(front, rgb.reshape(-1, 3), [25], 61)
    assert turned[30, 30].argmax() == 0 and turned[30, 30].max() > 0.9


def test_grey_pictures_get_colours_and_others_keep_theirs(tmp_path):
    lake = sphere.colours("lake", 50)
    pdf = ImageDensity.from_file("lake", size=50).pdf[::-1].ravel()
    assert lake.shape == (2500, 3) and np.corrcoef(lake.sum(1), pdf)[0, 1] > 0.8
    Image.new("RGB", (9, 9), (10, 200, 30)).save(tmp_path / "green.png")
    assert np.allclose(sphere.colours(tmp_path / "green.png", 4), np.array([10, 200, 30]) / 255)


def test_pictures_that_cannot_be_had_are_named(tmp_path):
    with pytest.raises(FileNotFoundError, match="no_such"):
        sphere.colours("no_such", 4)
    (tmp_path / "broken.png").write_bytes(b"no picture")
    with pytest.raises(ValueError, match=r"broken\.png is not a picture"):
        sphere.colours(tmp_path / "broken.png", 4)
    with pytest.raises(ValueError, match="N must be"):
        sphere.lattice(1)
