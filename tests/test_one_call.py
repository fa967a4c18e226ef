"""Lesson 12 without a run: its drift, its exact velocity, and the training of what it ships."""

import numpy as np
import pytest
import torch

from course_utils import checkpoints
from course_utils.density import ImageDensity
from course_utils.exercises.lesson_12 import drift_1d, velocity
from tools import train_one_call
from tools.lessons import definitions


@pytest.fixture(scope="module")
def lesson():
    return definitions("12")


@pytest.mark.parametrize("tau", [0.1, 1e3])
def test_the_drift_is_that_of_the_exercise(lesson, tau):
    q, p = np.array([0.0, 0.5, 1.2]), np.array([0.0, 1.0])
    x, y = (torch.tensor(np.stack([v, 0 * v], axis=1))[None] for v in (q, p))
    V = lesson["drift"](x, y, tau)[0]
    assert V[:, 0].numpy() == pytest.approx(drift_1d(q, p, tau), abs=1e-9)
    assert V[:, 1].abs().max() == 0


def test_the_exact_velocity_is_that_of_points(lesson):
    pdf = np.array([[1.0, 2.0], [0.0, 1.0]]) / 4
    exact = lesson["Exact"](ImageDensity(pdf))
    data = np.array([[-1.0, -1], [1, -1], [1, -1], [1, 1]])
    x = np.random.default_rng(0).normal(size=(5, 2))
    found = exact.velocity(torch.tensor(x), torch.tensor(0.6)).numpy()
    assert found == pytest.approx(velocity(x, 0.6, data), abs=1e-6)


def test_ddpm_with_an_exact_guess_ends_on_the_only_point(lesson):
    """All data are one point m, so v is known exactly at each time."""
    m = torch.tensor([0.5, -1.0])

    def net(x, t):
        a = lesson["alpha_bar"](t)
        eps = (x - a.sqrt() * m) / (1 - a).sqrt()
        return a.sqrt() * eps - (1 - a).sqrt() * m

    x = lesson["ddpm"](net, torch.randn(1, 50, 2), 10)
    assert (x - m).abs().max() < 0.01


@pytest.mark.slow
def test_a_slice_of_the_training_makes_what_is_shipped():
    made, shipped = train_one_call.plane(1, 1), checkpoints.read("12_one_call")
    assert {name: x.shape for name, x in made.items()} == {
        name: x.shape for name, x in shipped.items()
    }
    assert all(x.dtype == torch.half for x in [*made.values(), *shipped.values()])
    first, second, third = shipped["drift_bat.W.0"]
    assert not torch.equal(first, second) and not torch.equal(second, third)


@pytest.mark.slow
def test_the_table_over_ten_runs_is_whole_and_begins_with_what_is_shipped(lesson):
    made, shipped = train_one_call.table(1, 1, runs=1), checkpoints.read("12_seeds")
    assert {*made} == {*shipped} and all(len(x) == 1 for x in made.values())
    assert all(len(x) == 10 and (x >= 0).all() and (x <= 1).all() for x in shipped.values())
    networks = lesson["shipped_networks"](3, train_one_call.PICTURES)
    density, rng = ImageDensity.from_file("bat"), np.random.default_rng(0)
    rows = lesson["judge"](networks["drift_bat"](torch.randn(3, 10_000, 2)), density, rng)
    first = shipped["drift_bat: TV"][:3].numpy()
    assert first == pytest.approx([row["TV"] for row in rows], abs=0.02)
