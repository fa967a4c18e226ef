"""The GPU cells of the lessons run small on a CPU, and a wrong device in one of them turns red."""

import copy

import numpy as np
import pytest
import torch
from torch import nn

from course_utils import compute, plots
from tests import rehearsal
from tests.notebook_rules import read
from tests.rehearsal import WrongDevice, stage
from tools.notebooks import select

LESSONS = {path.name[:2]: read(path.name[:2])[0] for path in select()}
GPU = {n: cell for n, notebook in LESSONS.items() for cell in rehearsal.gpu_cells(notebook)}
R = compute.REHEARSED


@pytest.fixture(autouse=True)
def one_thread():
    threads = torch.get_num_threads()
    torch.set_num_threads(1)  # several wait for each other where the cores are busy
    yield
    torch.set_num_threads(threads)
    plots.plt.close("all")


def run(cell, names):
    exec(compile(cell, "GPU cell", "exec"), names)


def before(number):
    """What stands before a lesson's GPU cell, in words."""
    cells = LESSONS[number].cells
    place = [cell.source for cell in cells].index(GPU[number])
    return next(c.source for c in cells[place::-1] if c.cell_type == "markdown")


def test_a_gpu_cell_asks_for_its_device_and_tells_the_learner():
    assert {*GPU} == {"02", "04", "05", "06", "07", "08"}
    assert len(GPU) == sum(len(rehearsal.gpu_cells(notebook)) for notebook in LESSONS.values())
    for number, cell in GPU.items():
        assert "compute.device(use_gpu" in cell and "cuda" not in cell.lower()
        choices = [
            c.source for c in LESSONS[number].cells if "parameters" in c.metadata.get("tags", [])
        ]
        assert "\nuse_gpu = True  # False: " in choices[0]
        assert "stop button" in before(number) and "use_gpu = False" in before(number)


# In place of a sampler that passes 1,024 times through the network, one pass.
STAND_INS = {
    "07": "def sample(net, n, size):\n    return net(torch.zeros(n, 64, size, size)).argmax(1)",
}


def rehearse(number, cell=None):
    """Run a lesson's GPU cell, or what became of it, in its large version and small sizes."""
    names = rehearsal.names_before(LESSONS[number], GPU[number])
    exec(STAND_INS.get(number, ""), names)
    with stage():
        run(cell or GPU[number], names)
    return names


LARGE = {  # what tells that the large version has run: of the GPU's size as rehearsed
    "02": lambda names: names["made"].shape[0] == 21,
    "04": lambda names: len(names["many"].b) == 10 and names["many"] is not names["shipped"],
    "05": lambda names: "noise_16" in names,
    "06": lambda names: names["steps"] == 3,
    "07": lambda names: names["x_32"].shape == (4, 32, 32),
    "08": lambda names: len(names["done"]) == 3,
}


@pytest.mark.slow
@pytest.mark.parametrize("number", GPU)
def test_a_gpu_cell_runs_small_on_the_cpu(number):
    assert LARGE[number](rehearse(number))


# A fault of each kind, planted in a lesson: what stood there, what stands there now, the error.
PLANTED = {
    "net not moved": ("08", "levels=2).to(", "levels=2).cpu().to(", "gets a tensor of the CPU"),
    "data not moved": ("06", "x.to(device), steps", "x, steps", "gets a tensor of the CPU"),
    "made elsewhere": ("02", "    with device:\n", "    if True:\n", "gets a tensor of the CPU"),
    "not brought back": ("07", "sample(large.cpu()", "sample(large", "gets a tensor of the CPU"),
    "as an array": ("05", "detach().cpu()", "detach()", "becomes an array"),
    "float64": ("08", "tensor(pictures)", "tensor(pictures).double()", "float64 is on"),
    "a wrong name": ("04", "train(many", "train(meny", "meny"),
    "a wrong shape": ("06", "x.to(device), steps", "x.to(device).T, steps", "multiply up to"),
}


@pytest.mark.slow
@pytest.mark.parametrize("kind", PLANTED)
def test_a_fault_planted_in_a_gpu_cell_turns_red(kind):
    number, good, bad, error = PLANTED[kind]
    assert good in GPU[number]
    with pytest.raises((WrongDevice, NameError, RuntimeError), match=error):
        rehearse(number, GPU[number].replace(good, bad))


def test_a_generator_of_another_device_is_refused():
    with stage(), pytest.raises(WrongDevice, match="generator of another device"):
        torch.rand(3, generator=torch.Generator(), device=R)
    with stage(), pytest.raises(WrongDevice, match="generator of another device"):
        torch.rand(3, device=R).uniform_(generator=torch.Generator())
    with stage(), pytest.raises(WrongDevice, match="generator of another device"):
        torch.rand(3, generator=torch.Generator(R))
    with stage():
        assert torch.rand(3, generator=torch.Generator(R).manual_seed(0), device=R).device == R


WRONG = {
    "sum": lambda x: x + torch.ones(3),
    "product": lambda x: x @ torch.ones(3),
    "list": lambda x: torch.cat([x, torch.ones(3)]),
    "index": lambda x: x[torch.tensor([0, 1])],
    "range": lambda x: x + torch.arange(3),
    "buffer": lambda x: nn.BatchNorm1d(3)(x[None].expand(2, 3)),
    "numpy": lambda x: x.detach().numpy(),
    "array": lambda x: np.asarray(x.detach()),
    "half moved": lambda x: nn.ModuleList([nn.Linear(3, 3).to(R), nn.Linear(3, 3)])[1](x),
    "float64": lambda x: x.double(),
    "a copy that stayed": lambda x: copy.deepcopy(nn.Linear(3, 3))(x),
}
RIGHT = {
    "a number of the CPU": lambda x: x + torch.tensor(2.0),
    "brought back": lambda x: x.cpu() + torch.ones(3),
    "brought back and shown": lambda x: x.detach().cpu().numpy(),
    "made on its device": lambda x: x + torch.ones(3, device=x.device),
    "made like it": lambda x: x + torch.zeros_like(x) + x.new_ones(3),
    "copied into": lambda x: torch.ones(3, device=R).copy_(torch.ones(3)) + x,
    "back and there": lambda x: x.cpu().to(R) + x,
    "to another": lambda x: torch.ones(3).to(x) + x,
    "a copy": lambda x: copy.deepcopy(nn.Linear(3, 3).to(R))(x),
    "one-hot": lambda x: nn.functional.one_hot(x.argmax(), 3) + x,
    "the backward pass": lambda x: (x**2).sum().backward() or x.grad + x,
}


@pytest.mark.parametrize("kind", WRONG)
def test_what_a_gpu_refuses_is_refused(kind):
    with stage(), pytest.raises(WrongDevice):
        WRONG[kind](torch.rand(3, device=R, requires_grad=True))


@pytest.mark.parametrize("kind", RIGHT)
def test_what_a_gpu_takes_is_taken(kind):
    with stage():
        RIGHT[kind](torch.rand(3, device=R, requires_grad=True))


def test_numbers_are_those_of_the_cpu():
    torch.manual_seed(0)
    x = torch.rand(3)
    torch.manual_seed(0)
    with stage(), R:
        y = torch.rand(3)
        assert y.device == R and y.cpu().device == compute.CPU
    assert torch.equal(x, y)


def test_what_a_cell_needs_is_found_and_nothing_else():
    sources = [
        "import math\na = 1\nprint(0)",
        "b = a + 1\na = 3\nc = 1 / 0",
        "def f():\n    return b",
    ]
    assert rehearsal.statements(sources, "a = 5\nprint(f(), a)") == (
        "a = 1\nb = a + 1\ndef f():\n    return b"
    )


@pytest.mark.gpu
@pytest.mark.skipif(not torch.accelerator.is_available(), reason="needs a GPU")
@pytest.mark.parametrize("number", GPU)
def test_a_gpu_cell_runs_on_a_gpu(number, capsys):
    """It prints what the cell says, such as how many pictures a second lesson 08 learns from."""
    names = rehearsal.names_before(LESSONS[number], GPU[number])
    with rehearsal.short(seconds=40):
        run(GPU[number], names)
    assert names["device"].type == torch.accelerator.current_accelerator().type
    said = capsys.readouterr().out
    with capsys.disabled():
        print(f"\nlesson {number}: {said}")
