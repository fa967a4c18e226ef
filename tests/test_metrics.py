import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import linalg

from course_utils.density import ImageDensity
from course_utils.metrics import (
    cell_counts,
    chi_square,
    floor,
    frechet,
    measure,
    nearest,
    precision_recall,
    sliced_wasserstein,
    total_variation,
)

MASS = np.array([[0.5, 0.25], [0.25, 0.0]])


def points_in(counts):
    """Points at the centres of the cells, as many as `counts` (k, k) says."""
    k = len(counts)
    i, j = np.divmod(np.repeat(np.arange(k * k), np.ravel(counts)), k)
    return (np.c_[j, i] + 0.5) / k


def test_first_index_is_y_upward():
    np.testing.assert_array_equal(
        cell_counts([[0.9, 0.1], [0.9, 0.2], [0.1, 0.9]], 2), [[0, 2], [1, 0]]
    )


def test_chi_square_known_answers():
    assert chi_square(points_in([[500, 250], [250, 0]]), MASS) == 1
    assert chi_square(points_in([[500, 250], [249, 1]]), MASS) == 0
    # chi2 = 4 (60 - 50)^2 / 50 = 2 (10^2 / 50) * 2 = 4 on one degree of freedom: p = 0.0455
    two = np.array([[0.5, 0.5], [0.0, 0.0]])
    assert chi_square(points_in([[60, 40], [0, 0]]), two) == pytest.approx(0.0455, abs=1e-4)


def test_cells_that_expect_few_points_count_as_one():
    mass = np.array([[0.9, 0.04], [0.03, 0.03]])
    assert chi_square(points_in([[90, 10], [0, 0]]), mass) == pytest.approx(1)


def test_p_values_are_uniform_for_exact_points():
    rng = np.random.default_rng(0)
    mass = rng.dirichlet(np.ones(64)).reshape(8, 8)
    p = [
        chi_square(points_in(rng.multinomial(2_000, mass.ravel()).reshape(8, 8)), mass)
        for _ in range(400)
    ]
    assert np.histogram(p, 4, (0, 1))[0] == pytest.approx(100, abs=45)


def test_total_variation_known_answers():
    assert total_variation(np.array([[2, 1], [1, 0]]), MASS) == 0
    assert total_variation(np.array([[0, 0], [0, 7]]), MASS) == 1
    assert total_variation(np.array([[1, 0], [0, 0]]), MASS) == 0.5


def test_float32_points_at_the_edges_of_cells_are_counted_in_their_own_cell():
    """Points just below an edge: in float32 the product with k rounds up to the next cell."""
    board = ImageDensity.from_array(np.indices((37, 37)).sum(0) % 2)
    for seed in range(5):
        points = board.sample(300_000, np.random.default_rng(seed))
        assert chi_square(points, board.cell_mass(37)) > 1e-6


def test_one_cell_cannot_differ():
    assert chi_square(np.full((50, 2), 0.3), np.array([[1.0, 0.0], [0.0, 0.0]])) == 1
    assert chi_square(np.full((50, 2), 0.7), np.array([[1.0, 0.0], [0.0, 0.0]])) == 0


@pytest.mark.parametrize("point", [(1.0, 0.5), (0.5, 1.2), (-0.1, 0.5), (np.nan, 0.5)])
def test_points_outside_the_square_are_refused(point):
    with pytest.raises(ValueError, match=r"1 of 2 points lie outside|NaN"):
        cell_counts([(0.5, 0.5), point], 4)


# ---- generated points against a density

DISCS = ImageDensity.from_file("two_discs")
N = 10_000


@pytest.fixture
def rng():
    return np.random.default_rng(0)


def test_true_points_are_at_the_floor(rng):
    low = floor(DISCS, N, rng)
    values = measure(DISCS.sample(N, rng), DISCS, rng)
    assert low["SW"] < 3.5 and values["SW"] < 8
    assert values["precision"] == pytest.approx(0.991, abs=0.006)
    assert values["coverage"] > 0.97 and values["TV"] < 0.08 and values["bridge"] < 1e-3
    assert low.keys() == values.keys()


def test_a_shifted_copy(rng):
    """A shift by s costs s |cos| in each direction: 2 s / pi in the mean."""
    values = measure(np.add(DISCS.sample(N, rng), [0.05, 0]), DISCS, rng)
    assert values["SW"] == pytest.approx(1000 * 0.05 * 2 / np.pi, rel=0.15)
    x = DISCS.sample(N, rng)
    assert sliced_wasserstein(x, x + np.float32([0.05, 0])) == pytest.approx(0.1 / np.pi, rel=1e-3)


def test_a_missing_mode(rng):
    x = DISCS.sample(4 * N, rng)
    values = measure(x[x[:, 0] < 0.5][:N], DISCS, rng)
    assert values["precision"] > 0.98
    assert values["coverage"] == pytest.approx(0.5, abs=0.03)
    assert values["TV"] == pytest.approx(0.5, abs=0.03)
    assert values["SW"] == pytest.approx(1000 * 0.46 / 2 * 2 / np.pi, rel=0.1)


def test_a_collapsed_point():
    values = measure(np.full((N, 2), (0.27, 0.5)), DISCS, np.random.default_rng(0))
    assert values["precision"] == 1 and values["bridge"] == 0
    assert values["coverage"] < 0.02 and values["TV"] > 0.98


def test_uniform_noise_hits_each_region_by_its_area(rng):
    values = measure(rng.random((100_000, 2)), DISCS, rng)
    discs = 2 * np.pi * 0.16**2
    assert values["precision"] == pytest.approx(0.99 * discs, rel=0.03)
    # the hull of two discs: both halves, and the rectangle between them
    gap = 0.32 * 0.46 + np.pi * 0.16**2 - 0.99 * discs
    assert 0.6 * gap < values["bridge"] < gap


def test_points_on_the_bridge(rng):
    x = DISCS.sample(N, rng)
    x[:500] = 0.5
    values = measure(x, DISCS, rng)
    assert values["bridge"] == pytest.approx(0.05, abs=1e-3)
    assert values["precision"] == pytest.approx(0.95 * 0.991, abs=0.006)


def test_points_outside_the_square_count_as_wrong(rng):
    x = DISCS.sample(N, rng)
    x[:2000] = (1.5, -0.2)
    values = measure(x, DISCS, rng)
    assert values["precision"] == pytest.approx(0.8 * 0.991, abs=0.006)
    assert 0.2 <= values["TV"] < 0.26


def test_the_distance_is_symmetric_and_obeys_scale(rng):
    x, y = rng.random((2, 500, 2), dtype=np.float32)
    assert sliced_wasserstein(x, y) == sliced_wasserstein(y, x)
    assert sliced_wasserstein(x, x[::-1]) < 1e-7  # some BLAS round by a row's place
    assert sliced_wasserstein(2 * x, 2 * y) == pytest.approx(2 * sliced_wasserstein(x, y), rel=1e-5)


def test_one_part_has_no_bridge_and_specks_are_no_parts(rng):
    a = np.zeros((100, 100))
    a[40:60, 40:60] = 1
    a[5, 5] = 1
    density = ImageDensity.from_array(a)
    assert np.isnan(measure(density.sample(N, rng), density, rng)["bridge"])


@pytest.mark.parametrize("points", [np.zeros((5, 3)), np.zeros(4), np.zeros((0, 2))])
def test_points_of_another_shape_are_refused(points, rng):
    with pytest.raises(ValueError, match=r"shape \(n, 2\)"):
        measure(points, DISCS, rng)


def test_diverged_points_are_named(rng):
    with pytest.raises(ValueError, match="1 of 3 points are NaN or infinite: the training"):
        measure([[0.5, 0.5], [np.nan, 0.1], [0.2, 0.2]], DISCS, rng)
    with pytest.raises(ValueError, match="equally many points, not 3 and 4"):
        sliced_wasserstein(np.zeros((3, 2)), np.zeros((4, 2)))


def test_frechet_of_known_gaussians():
    """Equal sets have 0; a shift adds its square; independent widths add (s - t)^2 each."""
    rng = np.random.default_rng(0)
    a = rng.normal(size=(200_000, 3))
    assert frechet(a, a) == pytest.approx(0, abs=1e-6)
    assert frechet(a, a + np.array([3, 0, 0])) == pytest.approx(9, rel=1e-6)
    b = rng.normal(size=(200_000, 3)) * [1, 2, 3]
    assert frechet(a, b) == pytest.approx(0 + 1 + 4, rel=0.02)
    assert frechet(b, a) == pytest.approx(frechet(a, b), rel=1e-6)


def test_frechet_of_correlated_gaussians_follows_the_formula():
    rng = np.random.default_rng(1)
    A, B = rng.normal(size=(2, 4, 4))
    a, b = rng.normal(size=(5000, 4)) @ A, rng.normal(size=(5000, 4)) @ B + 1
    S, T = np.cov(a.T), np.cov(b.T)
    root = linalg.sqrtm(linalg.sqrtm(S) @ T @ linalg.sqrtm(S)).real
    expected = ((a.mean(0) - b.mean(0)) ** 2).sum() + np.trace(S + T - 2 * root)
    assert frechet(a, b) == pytest.approx(expected, rel=1e-6)


@pytest.mark.parametrize("shapes", [((5, 2), (5, 3)), ((1, 2), (5, 2)), ((5,), (5, 2))])
def test_frechet_refuses_what_does_not_fit(shapes):
    with pytest.raises(ValueError, match="shapes"):
        frechet(*map(np.zeros, shapes))


def test_frechet_of_one_feature():
    a = np.random.default_rng(2).normal(size=(1000, 1))
    assert frechet(a, 2 * a + 3) == pytest.approx(
        (a.mean() + 3) ** 2 + (a.std(ddof=1)) ** 2, rel=1e-6
    )


def test_frechet_names_features_that_are_no_numbers():
    with pytest.raises(ValueError, match="NaN"):
        frechet(np.full((5, 2), np.nan), np.zeros((5, 2)))


# ---- features and pictures


def test_precision_and_recall_of_known_sets():
    """On a line: the balls of 0, 1, 2 reach 1, and those of 1.5, 9, 10.5 reach 7.5, 1.5, 1.5."""
    real, fake = np.array([[0.0], [1], [2]]), np.array([[1.5], [9], [10.5]])
    assert precision_recall(real, fake, k=1) == (1 / 3, 1)
    assert precision_recall(fake, real, k=1) == (1, 1 / 3)
    assert precision_recall(real, real + 4, k=1) == (0, 0)


def test_precision_and_recall_of_equal_and_of_distant_sets():
    a = np.random.default_rng(0).normal(size=(300, 8))
    assert precision_recall(a, a[::-1]) == (1, 1)
    assert precision_recall(np.ones((9, 2)), np.ones((9, 2))) == (1, 1)
    assert precision_recall(a, a + 100) == (0, 0)


def test_a_dropped_mode_lowers_recall_and_a_wrong_one_precision():
    rng = np.random.default_rng(0)
    two, other = (rng.normal(size=(600, 4)) + 20 * rng.integers(2, size=(600, 1)) for _ in "ab")
    one = rng.normal(size=(600, 4))
    precision, recall = precision_recall(two, one)
    assert precision > 0.95 and recall == pytest.approx(0.5, abs=0.06)
    precision, recall = precision_recall(one, two)
    assert precision == pytest.approx(0.5, abs=0.06) and recall > 0.95
    assert min(precision_recall(two, other)) > 0.95
    copies = np.repeat(two[:10], 60, axis=0)
    assert precision_recall(two, copies) == (1, 10 / 600)


@given(st.integers(6, 40), st.integers(6, 40), st.integers(1, 3), st.integers(0, 99))
def test_precision_and_recall_follow_their_definition(n, m, d, seed):
    rng = np.random.default_rng(seed)
    real, fake = rng.normal(size=(n, d)), rng.normal(size=(m, d)) + rng.normal(size=d)

    def share(points, others, k=5):
        reach = [sorted(np.linalg.norm(others - other, axis=1))[k] for other in others]
        hit = [(np.linalg.norm(others - point, axis=1) <= reach).any() for point in points]
        return sum(hit) / len(points)

    assert precision_recall(real, fake) == (share(fake, real), share(real, fake))


@pytest.mark.parametrize("shapes", [((9, 2), (9, 3)), ((5, 2), (9, 2)), ((9, 2), (5, 2)), (9, 9)])
def test_precision_and_recall_refuse_what_does_not_fit(shapes):
    with pytest.raises(ValueError, match="n and m at least 6"):
        precision_recall(*map(np.zeros, shapes))
    with pytest.raises(ValueError, match="NaN or infinite"):
        precision_recall(np.zeros((9, 2)), np.full((9, 2), np.inf))


@given(st.integers(1, 300), st.integers(1, 20), st.integers(0, 99))
def test_the_nearest_is_what_comparing_all_finds(n, m, seed):
    rng = np.random.default_rng(seed)
    x, to = rng.random((n, 3, 4, 4)), rng.random((m, 3, 4, 4))
    each = np.sqrt(((x[:, None] - to) ** 2).mean((2, 3, 4)))
    np.testing.assert_allclose(nearest(x, to), each.min(1), rtol=1e-5)


def test_copies_are_found():
    to = np.random.default_rng(0).random((700, 3, 16, 16), np.float32)
    x = to[::-1].copy()
    x[:100] += np.float32(0.1)
    distance = nearest(x, to)
    assert distance[:100] == pytest.approx(0.1, rel=1e-4) and not distance[100:].any()


@pytest.mark.parametrize(
    "shapes", [((4, 3, 2, 2), (4, 3, 4, 4)), ((0, 3), (4, 3)), ((4, 3), (0, 3)), (4, 4)]
)
def test_pictures_that_do_not_fit_have_no_nearest(shapes):
    with pytest.raises(ValueError, match="pictures of one shape"):
        nearest(*map(np.zeros, shapes))


@pytest.mark.parametrize("value", [np.nan, np.inf])
def test_pictures_that_are_no_numbers_have_no_nearest(value):
    right, wrong = np.zeros((4, 3)), np.full((4, 3), value)
    for pair in ((right, wrong), (wrong, right)):
        with pytest.raises(ValueError, match="NaN or infinite"):
            nearest(*pair)
