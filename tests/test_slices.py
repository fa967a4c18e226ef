"""The cells that a cell needs are found by the names that they bind and read."""

from tests.slices import needed, trains

SOURCES = [
    "import numpy as np",  # 0
    "a, b = 1, 2",
    "def f(x):\n    return x + a",
    "a = 5",  # 3
    "b += 1",
    "c = f(b)",  # 5
    "print(np.pi)",
    "%matplotlib inline\nd = c",
]


def test_the_last_cells_that_bind_a_name_count():
    assert needed(SOURCES, 3) == [3]
    assert needed(SOURCES, 6) == [0, 6]
    assert needed(SOURCES, 5) == [1, 2, 3, 4, 5]  # b as it was and as it grew, a as f reads it
    assert needed(SOURCES, 7) == [1, 2, 3, 4, 5, 7]


def test_what_trains_is_told_by_its_calls():
    assert trains("for k in Steps(3):\n    pass") and trains("def g(o):\n    o.step()")
    assert trains("loss.backward()")
    assert not trains("x = 1\nprint(x)") and not trains("steps = 4")
