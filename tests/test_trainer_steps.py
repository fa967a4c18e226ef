"""The trainer's families make the steps of PyTorch, and its measures are those of Python."""

import math

import numpy as np
import pytest
import torch
import torch.nn.functional as F

from course_utils.density import ImageDensity
from course_utils.metrics import measure, sliced_wasserstein
from course_utils.models import MLP
from tests.javascript import javascript

N, STEPS, WIDTH, RATE = 48, 5, 32, 4e-3


def flat(net):
    """Its numbers as the page holds them: each W before its b."""
    pairs = zip(net.W, net.b, strict=True)
    return torch.cat([part.detach().ravel() for pair in pairs for part in pair])


def adam(net, betas=(0.9, 0.999)):
    return torch.optim.Adam(net.parameters(), RATE, betas)


def move(optimizer, loss):
    optimizer.zero_grad()
    loss.backward()
    optimizer.step()
    return loss.item()


class GAN:
    """The steps of lesson 02, in the square of lesson 10."""

    noise = 8

    def __init__(self):
        self.G = MLP(1, 4, WIDTH, WIDTH, 2)
        self.D = MLP(1, 2, WIDTH, WIDTH, 1)
        self.g_optimizer, self.d_optimizer = (adam(net, (0.0, 0.9)) for net in (self.G, self.D))

    def learn(self, x, z, t):
        z, z_new = z.reshape(2, 1, N, 4)
        x = x[None].requires_grad_()
        real, fake = self.D(x), self.D(self.G(z).detach())
        (slope,) = torch.autograd.grad(real.sum(), x, create_graph=True)
        loss = (F.softplus(-real) + F.softplus(fake)).mean()
        penalty = 0.048 / 2 * slope.square().sum(2).mean()
        move(self.d_optimizer, loss + penalty)
        move(self.g_optimizer, F.softplus(-self.D(self.G(z_new))).mean())
        return loss.item()

    def weights(self):
        return [flat(self.G), flat(self.D)]


class VAE(torch.nn.Module):
    """The loss of lesson 10, without its waves."""

    noise = 2

    def __init__(self):
        super().__init__()
        self.encode = MLP(1, 2, WIDTH, WIDTH, 4)
        self.decode = MLP(1, 2, WIDTH, WIDTH, 2)
        self.log_s = torch.nn.Parameter(-torch.ones(1))
        self.optimizer = adam(self)

    def learn(self, x, eps, t):
        mu, logvar = self.encode(x[None]).chunk(2, 2)
        z = mu + (logvar / 2).exp() * eps
        kl = (mu**2 + logvar.exp() - 1 - logvar).sum(2) / 2
        error = (x - self.decode(z)) / self.log_s.exp()
        log_x = -(error**2 + math.log(2 * math.pi)).sum(2) / 2 - 2 * self.log_s
        return move(self.optimizer, (kl - log_x).mean())

    def weights(self):
        return [torch.cat([flat(self.encode), flat(self.decode), self.log_s.detach()])]


class Matching:
    """The loss of lesson 10, without its waves."""

    noise = 2

    def __init__(self):
        self.net = MLP(1, 3, WIDTH, WIDTH, 2)
        self.optimizer = adam(self.net)

    def learn(self, x, z, t):
        x_t = (1 - t) * z + t * x
        v = self.net(torch.cat([x_t, t], 1)[None])[0]
        return move(self.optimizer, (v - (x - z)).square().mean())

    def weights(self):
        return [flat(self.net)]


class Drifting:
    """The loss of lesson 12."""

    noise = 8

    def __init__(self):
        self.net = MLP(1, 8, WIDTH, WIDTH, 2)
        self.optimizer = adam(self.net)

    def learn(self, x, z, t):
        q = self.net(z[None])[0]
        with torch.no_grad():
            own = torch.eye(len(q)).log().neg()
            own = torch.where(own == 0, torch.inf, 0.0)  # a point is not its own neighbour
            to = (-(torch.cdist(q, x) ** 2) / (2 * 0.2**2)).softmax(1) @ x
            away = (-(torch.cdist(q, q) ** 2) / (2 * 0.2**2) - own).softmax(1) @ q
            target = q + to - away
        return move(self.optimizer, (q - target).square().mean())

    def weights(self):
        return [flat(self.net)]


FAMILIES = {"gan": GAN, "vae": VAE, "matching": Matching, "drifting": Drifting}


def batches(noise, seed=0):
    """Points x (N, 2) of a picture, noise z (N, noise) and times t (N, 1), for each step."""
    rng = np.random.default_rng(seed)
    density = ImageDensity.from_file("bat")
    for _ in range(STEPS):
        x = 4 * torch.from_numpy(density.sample(N, rng)) - 2
        z = torch.from_numpy(rng.standard_normal((N, noise)).astype(np.float32))
        yield x, z, torch.from_numpy(rng.random((N, 1)).astype(np.float32))


@pytest.mark.parametrize("simd", [True, False])
@pytest.mark.parametrize("name", FAMILIES)
def test_five_steps_are_those_of_pytorch(name, simd):
    torch.manual_seed(0)
    family = FAMILIES[name]()
    start = [part.numpy().copy() for part in family.weights()]
    given = [*batches(family.noise)]
    losses = [family.learn(*batch) for batch in given]
    rows = [[part.detach().ravel().numpy() for part in batch] for batch in given]
    found, told = javascript("steps", name, WIDTH, N, RATE, start, rows, simd)
    np.testing.assert_allclose(told, losses, rtol=1e-4)
    for there, here, before in zip(found, family.weights(), start, strict=True):
        np.testing.assert_allclose(there, here, atol=1e-4)
        assert abs(here.numpy() - before).max() > 0.5 * STEPS * RATE  # they have moved


@pytest.mark.parametrize("picture", ["bat", "star", "two_discs"])
def test_its_measures_are_those_of_python(picture):
    density, rng = ImageDensity.from_file(picture, size=128), np.random.default_rng(0)
    pixels = np.uint8(np.round(255 * density.pdf[::-1] / density.pdf.max()))
    density = ImageDensity.from_array(pixels)
    true = density.sample(2000, rng)
    for spread in (0.01, 0.1):
        points = density.sample(2000, rng) + np.float32(spread) * rng.standard_normal((2000, 2))
        points = points.astype(np.float32)
        SW, covered, mass = javascript("judged", points.ravel(), true.ravel(), pixels.ravel())
        assert pytest.approx(sliced_wasserstein(points, true), rel=1e-4) == SW
        assert covered == pytest.approx(measure(points, density, rng)["coverage"], abs=1e-4)
        np.testing.assert_allclose(mass, density.cell_mass(32).ravel(), atol=1e-12)
