"""What functions accept as counts and as generators."""

import numpy as np
import pytest

from course_utils.arguments import generator, whole


@pytest.mark.parametrize("value", [3, np.int64(3), True + 2])
def test_whole_numbers_come_back_as_int(value):
    assert whole("n", value, 0) == 3 and type(whole("n", value, 0)) is int


@pytest.mark.parametrize("value", [2.0, "2", None, [2]])
def test_what_is_not_a_whole_number(value):
    with pytest.raises(TypeError, match="n must be a whole number"):
        whole("n", value, 0)


def test_too_small():
    with pytest.raises(ValueError, match="n must be at least 1, not 0"):
        whole("n", 0, 1)


@pytest.mark.parametrize("rng", [0, None, np.random, np.random.RandomState(0)])
def test_what_is_not_a_generator(rng):
    with pytest.raises(TypeError, match=r"default_rng\(0\)"):
        generator(rng)
