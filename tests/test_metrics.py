import numpy as np
import pytest

from course_utils.density import ImageDensity
from course_utils.metrics import cell_counts, chi_square, total_variation

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
        chi_square(points_in(rng.multinomial(20_000, mass.ravel()).reshape(8, 8)), mass)
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
    with pytest.raises(ValueError, match="1 of 2 points lie outside"):
        cell_counts([(0.5, 0.5), point], 4)
