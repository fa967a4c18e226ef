"""The networks and steps of models.py and diffusion.py are those that the lessons teach."""

import ast
import inspect

import pytest
import torch

from course_utils import diffusion, models
from tests.notebook_rules import code_cells, read

TAUGHT = {
    "MLP": "02",
    "d_step": "02",
    "g_step": "02",
    "PatchAutoencoders": "04",
    "Masked": "07",
    "PixelCNN": "07",
    "embed": "08",
    "Block": "08",
    "Attention": "08",
    "copies": "08",
    "UNetLayers": "08",
    "UNet": "08",
}
DIFFUSION = ("mix", "picture_loss", "draw", "Learner", "train", "guided", "step_back")
DIFFUSION += ("refuse", "generate")


def bare(tree):
    """What a definition does: without docstrings, and without the types that the package adds."""
    for node in ast.walk(tree):
        if isinstance(node, ast.FunctionDef | ast.ClassDef) and ast.get_docstring(node):
            node.body = node.body[1:]
        if isinstance(node, ast.FunctionDef):
            node.returns = None
        if isinstance(node, ast.arg):
            node.annotation = None
    return ast.dump(tree)


def in_lesson(name, number):
    """The definition of a name in the cells of the lesson that teaches it."""
    found = [
        node
        for cell in code_cells(read(number)[0])
        for node in ast.parse(cell.source).body
        if getattr(node, "name", None) == name
    ]
    assert len(found) == 1
    return found[0]


@pytest.mark.parametrize(
    "module, name, number",
    [(models, *pair) for pair in TAUGHT.items()] + [(diffusion, name, "08") for name in DIFFUSION],
)
def test_the_package_has_what_the_lesson_teaches(module, name, number):
    here = ast.parse(inspect.getsource(getattr(module, name))).body[0]
    assert f"Lesson {number} teaches it" in ast.get_docstring(here)
    assert bare(here) == bare(in_lesson(name, number))


def test_every_definition_is_taught_somewhere():
    own = [n for n, o in vars(models).items() if getattr(o, "__module__", "") == models.__name__]
    assert set(own) == set(TAUGHT)


def test_the_members_of_a_stack_are_separate():
    torch.manual_seed(0)
    net, x = models.MLP(3, 2, 8, 1), torch.randn(3, 5, 2)
    before = net(x).detach()
    with torch.no_grad():
        for parameter in net.parameters():
            parameter[1] += 1
    after = net(x).detach()
    assert torch.equal(after[[0, 2]], before[[0, 2]]) and not torch.equal(after[1], before[1])
    linear = torch.nn.functional.linear
    hidden = torch.nn.functional.leaky_relu(linear(x[2], net.W[0][2].T, net.b[0][2, 0]), 0.2)
    torch.testing.assert_close(linear(hidden, net.W[1][2].T, net.b[1][2, 0]), after[2])


def test_the_penalty_is_the_squared_slope():
    """D(x) = w x has the slope w everywhere, so R1 is gamma w^2 / 2; only D is trained."""
    D, G = models.MLP(1, 1, 1), models.MLP(1, 1, 1)
    (w,), x, z = D.W, torch.randn(1, 50, 1), torch.randn(1, 50, 1)
    before = [parameter.clone() for parameter in G.parameters()]
    gradient = {}
    for gamma in (0.0, 3.0):
        models.d_step(G, D, torch.optim.SGD(D.parameters(), 0.0), x.clone(), z, gamma)
        gradient[gamma] = w.grad.clone()
    torch.testing.assert_close(gradient[3.0] - gradient[0.0], 3 * w.detach())
    assert all(map(torch.equal, before, G.parameters()))


def test_an_undecided_discriminator_has_a_loss_of_2_log_2():
    D, G = models.MLP(4, 2, 1), models.MLP(4, 2, 2)
    torch.nn.init.zeros_(D.W[0])
    torch.nn.init.zeros_(D.b[0])
    sgd = torch.optim.SGD(D.parameters(), 0.0)
    x, z = torch.randn(4, 9, 2), torch.randn(4, 9, 2)
    log_2 = torch.tensor(2.0).log()
    torch.testing.assert_close(models.d_step(G, D, sgd, x, z), (2 * log_2).expand(4))
    torch.testing.assert_close(models.g_step(G, D, sgd, z), log_2.expand(4))


def test_patch_autoencoders_are_convolutions():
    """Each of the stack is Conv1d, tanh, ConvTranspose1d at one place, and they are separate."""
    torch.manual_seed(0)
    net, x = models.PatchAutoencoders(3, K=2, L=5), torch.randn(3, 8, 5)
    for s in range(3):
        encoder, decoder = torch.nn.Conv1d(1, 2, 5), torch.nn.ConvTranspose1d(2, 1, 5)
        encoder.weight.data, encoder.bias.data = net.v[s].T[:, None], net.a[s, 0]
        decoder.weight.data, decoder.bias.data = net.w[s][:, None], net.b[s, 0]
        expected = decoder(torch.tanh(encoder(x[s][:, None])))[:, 0]
        torch.testing.assert_close(net(x)[s], expected)
