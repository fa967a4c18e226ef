"""The student of lesson 08's network: its walks, and a slice of the training of what is shipped."""

import pytest
import torch

from course_utils import checkpoints
from course_utils.diffusion import generate
from course_utils.models import UNet
from tools import distil_faces


def test_a_walk_stands_where_the_teacher_does_and_ends_there():
    torch.manual_seed(0)
    net = UNet(8, 8).requires_grad_(False)
    x, ends, c = distil_faces.walks(net, 3, seed=5, part=2)
    assert c.tolist() == [0, 1, 2]
    path, guesses = generate(net, c[:2], distil_faces.CALLS, eta=0.0, seed=5)
    for k in range(distil_faces.TIMES):
        assert torch.equal(x[:2, k], path[6 * k].half())
    assert torch.equal(ends[:2], guesses[-1].half())
    assert not torch.equal(x[0, 0], x[2, 0])  # another part, another noise


def test_the_loss_sees_a_shift_and_falls_to_zero_at_the_end():
    x = torch.rand(2, 3, 32, 32) * 2 - 1
    assert distil_faces.end_loss(x, x) == 0
    assert distil_faces.end_loss(x.roll(1, 3), x) > distil_faces.end_loss(x + 0.01, x) > 0.01


@pytest.mark.slow
def test_a_slice_of_the_training_makes_what_is_shipped():
    made, shipped = distil_faces.student(4, 1), checkpoints.read("12_faces")
    assert {key: x.shape for key, x in made.items()} == {key: x.shape for key, x in shipped.items()}
    assert all(x.dtype == torch.half for x in [*made.values(), *shipped.values()])
    teacher = checkpoints.read("08_faces")
    assert all(not torch.equal(x, teacher[key]) for key, x in shipped.items() if "weight" in key)
