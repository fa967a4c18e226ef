"""Teaches the network of lesson 08 to draw a face in four calls or in one, as lesson 12 shows it.

The teacher walks from noise to faces by 24 steps of DDIM. At four times of each walk the student
sees where it stands, and learns where it ends. This is a regression on pairs, as in W. Luhman,
T. Luhman, "Knowledge distillation in iterative generative models for improved sampling speed"
(2021); what it learns is the end of a path, as a consistency model does.
"""

import copy

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from course_utils import checkpoints
from course_utils.diffusion import Learner, generate
from course_utils.judge import judge
from course_utils.models import UNet
from course_utils.training import Steps

CALLS = 24  # of the teacher, for each walk
TIMES = 4  # of a walk at which the student is asked, the first of them noise


def walks(teacher: UNet, n: int, seed: int, part: int = 50) -> tuple[Tensor, Tensor, Tensor]:
    """Walks of the teacher for n faces of all classes in turn, in half precision.

    Returns where they stand at four times `(n, 4, 3, 32, 32)`, their ends `(n, 3, 32, 32)`, both in
    [-1, 1] but for the noise, and the classes `(n,)`.
    """
    c = torch.arange(n) % (teacher.label.num_embeddings - 1)
    x, ends = torch.empty(n, TIMES, 3, 32, 32).half(), torch.empty(n, 3, 32, 32).half()
    for k in Steps(-(-n // part), "walks"):
        rows = slice(k * part, (k + 1) * part)
        path, guesses = generate(teacher, c[rows], CALLS, eta=0.0, seed=seed + k)
        x[rows], ends[rows] = path[:: CALLS // TIMES].transpose(0, 1), guesses[-1]
    return x, ends, c


def seen(x: Tensor) -> Tensor:
    """The judge's early features `(n, 48, s / 2, s / 2)` of pictures in [-1, 1]: its edges."""
    return judge().body[:6]((x + 1) / 2)


def end_loss(guess: Tensor, end: Tensor) -> Tensor:
    """How far guesses `(n, 3, h, w)` are from the ends of the walks, in pixels and in edges."""
    return F.l1_loss(guess, end) + F.l1_loss(seen(guess), seen(end))


def learnt(
    teacher: UNet, x: Tensor, ends: Tensor, c: Tensor, steps: int, batch: int = 16
) -> nn.Module:
    """The student: a copy of the teacher, taught on walks; half of each batch is noise."""
    # The rate rises and then stays; the averaged weights settle by themselves.
    learner = Learner(copy.deepcopy(teacher).requires_grad_(True), 2 * steps, rate=1e-3)
    times = torch.linspace(0.999, 0, TIMES + 1)
    g = torch.Generator().manual_seed(0)
    for k in (bar := Steps(steps)):
        rows = torch.randint(len(x), (batch,), generator=g)
        place = torch.randint(1, TIMES, (batch,), generator=g)
        place[: batch // 2] = 0
        guess = learner.net(x[rows, place].float(), times[place], c[rows])
        loss = end_loss(guess, ends[rows].float())
        learner.step(loss, k)
        bar.show(loss=loss.detach())
    return learner.avg


def student(pairs: int, steps: int) -> dict[str, Tensor]:
    """The student's weights in half precision, after so many steps on so many walks."""
    teacher = checkpoints.restore(UNet(8, 64), "08_faces").requires_grad_(False)
    parts = [walks(teacher, pairs // 2, seed) for seed in (1000, 2000)]
    x, ends, c = (torch.cat(part) for part in zip(*parts, strict=True))
    torch.manual_seed(0)
    net = learnt(teacher, x, ends, c, steps)
    return {key: value.half() for key, value in net.state_dict().items()}
