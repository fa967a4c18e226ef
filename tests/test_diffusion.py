"""Training on one or several processes, going on after a stop, and the sampler."""

import os
import re
import signal
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
import torch

from course_utils import checkpoints, diffusion
from course_utils.models import UNet
from tools import train_diffusion

ROOT = Path(__file__).resolve().parents[1]
WORDS = ["--steps", "8", "--batch", "8", "--faces", "200"]


@pytest.mark.slow
def test_two_processes_take_the_same_steps_as_one():
    _, one = train_diffusion.main(WORDS)
    command = [sys.executable, "-m", "torch.distributed.run", "--standalone"]
    command += ["--nproc-per-node", "2", "-m", "tools.train_diffusion", *WORDS]
    for _ in range(3):
        run = subprocess.run(command, cwd=ROOT, capture_output=True, text=True)
        if "EADDRINUSE" not in run.stderr:  # else another program took the port just then
            break
    assert run.returncode == 0, run.stderr[-3000:]
    printed = re.findall(r"^step \d+: loss ([\d.]+)$", run.stdout, re.MULTILINE)
    assert len(one) == 8 and one[-1] < one[0]
    np.testing.assert_allclose([float(loss) for loss in printed], one, rtol=1e-5)


def small(seed=0):
    torch.manual_seed(seed)
    return UNet(2, 8), torch.rand(50, 3, 8, 8) * 2 - 1, torch.arange(50) % 2


def equal(net, other):
    for p, q in zip(net.parameters(), other.parameters(), strict=True):
        torch.testing.assert_close(p, q, rtol=0, atol=0)


@pytest.mark.slow
def test_a_kept_training_takes_the_steps_of_the_lesson(tmp_path):
    net, x, c = small()
    plain, losses = diffusion.train(net, diffusion.picture_loss, x, c, 5)
    net, x, c = small()
    how = {"path": tmp_path / "faces.pt"}
    kept, same = diffusion.train_kept(net, diffusion.picture_loss, x, c, 5, **how)
    assert losses == same
    equal(plain, kept)


def test_the_average_forgets_all_but_the_last_steps():
    net = torch.nn.Linear(1, 1, bias=False)
    learner, mean = diffusion.Learner(net, 50), torch.zeros(1, 1)
    for k in range(50):
        learner.step(net(torch.ones(1)).square().sum(), k)
        share = max(0.001, 10 / (k + 10))
        mean = net.weight.detach().lerp(net.weight.detach(), 0) if mean is None else mean
        mean = mean.lerp(net.weight.detach(), share)
        torch.testing.assert_close(learner.avg.weight.detach(), mean)


def test_the_rate_rises_and_falls():
    net = torch.nn.Linear(1, 1)
    learner, rates = diffusion.Learner(net, 1000, rate=1.0), []
    for k in range(1000):
        learner.step(net(torch.ones(1)).sum(), k)
        rates.append(learner.optimizer.param_groups[0]["lr"])
    assert rates[:2] == [0.01, 0.02] and rates[99:701] == [1.0] * 602
    np.testing.assert_allclose(rates[701:], (1 - np.arange(701, 1000) / 1000) / 0.3)


def test_a_stopped_training_goes_on_as_if_it_had_not_been_stopped(tmp_path, capsys):
    net, x, c = small()
    whole, every = diffusion.train(net, diffusion.picture_loss, x, c, 12)
    net, x, c = small()
    calls = []

    def stopped_in_the_fifth(*args):
        calls.append(args)
        if len(calls) == 5:
            os.kill(os.getpid(), signal.SIGINT)
        return diffusion.picture_loss(*args)

    path = tmp_path / "faces.pt"
    _, first = diffusion.train_kept(net, stopped_in_the_fifth, x, c, 12, path=path)
    assert "Stopped after step 5 of 12" in capsys.readouterr().out
    net, x, c = small(seed=1)  # what it begins with does not count: all is in the file
    _, x, c = small()
    again, rest = diffusion.train_kept(net, diffusion.picture_loss, x, c, 12, path=path)
    assert first == every[:5] and rest == every
    equal(whole, again)
    assert [file.name for file in tmp_path.iterdir()] == ["faces.pt"]


def test_a_finished_training_stays(tmp_path):
    path = tmp_path / "faces.pt"
    net, x, c = small()
    _, first = diffusion.train_kept(net, diffusion.picture_loss, x, c, 3, path=path)
    for steps in (3, 2):
        _, again = diffusion.train_kept(net, diffusion.picture_loss, x, c, steps, path=path)
        assert again == first


def test_batches_follow_from_their_number():
    x, c = torch.rand(1000, 3, 4, 4), torch.arange(1000) % 8
    first, second = (diffusion.draw(x, c, 400, 3, 8) for _ in range(2))
    assert all((p == q).all() for p, q in zip(first, second, strict=True))
    assert (diffusion.draw(x, c, 400, 4, 8)[2] != first[2]).any()
    x_0, t, eps, told = first
    assert x_0.shape == eps.shape == (400, 3, 4, 4)
    np.testing.assert_array_equal(np.floor(400 * t.numpy()), np.arange(400))  # one in each part
    assert 0.05 < (told == 8).float().mean() < 0.16


def test_mix_keeps_the_variance():
    a, b = diffusion.mix(torch.linspace(0, 1, 5))
    assert a.shape == b.shape == (5, 1, 1, 1)
    torch.testing.assert_close(a**2 + b**2, torch.ones(5, 1, 1, 1))
    torch.testing.assert_close(a[0], torch.ones(1, 1, 1))


class Known:
    """Knows the picture: as good a net as can be."""

    def __init__(self, picture):
        self.picture = picture
        self.label = torch.nn.Embedding(3, 1)

    def __call__(self, x, t, c):
        return self.picture.expand(x.shape)


@pytest.mark.parametrize("eta", [0.0, 0.5, 1.0])
def test_the_sampler_ends_where_the_net_points(eta):
    picture = torch.rand(1, 3, 8, 8) * 2 - 1
    path, guesses = diffusion.generate(Known(picture), torch.zeros(2).long(), 7, eta, size=8)
    assert path.shape == guesses.shape == (7, 2, 3, 8, 8)
    torch.testing.assert_close(guesses[-1], picture.expand(2, -1, -1, -1))
    assert 0.8 < path[0].std() < 1.2  # noise at first


@pytest.mark.parametrize("eta", [0.0, 1.0])
def test_each_step_has_the_noise_of_its_time(eta):
    picture = torch.zeros(1, 3, 32, 32)
    path, _ = diffusion.generate(Known(picture), torch.zeros(8).long(), 10, eta)
    _, b = diffusion.mix(torch.linspace(0.999, 0, 11))
    torch.testing.assert_close(path.std((1, 2, 3, 4)), b[:10].flatten(), rtol=0.02, atol=0)


def test_guidance_goes_from_untold_to_told_and_on():
    class Net:
        label = torch.nn.Embedding(3, 1)

        def __call__(self, x, t, c):
            return torch.where(c == 2, 0.1, 0.2)[:, None, None, None].expand(x.shape)

    for w, value in {0: 0.1, 1: 0.2, 3: 0.4, 100: 1.0}.items():
        _, guesses = diffusion.generate(Net(), torch.zeros(1).long(), 2, w=w, size=4)
        torch.testing.assert_close(guesses, torch.full((2, 1, 3, 4, 4), value))


def test_one_noise_for_all_if_they_are_to_be_alike():
    torch.manual_seed(0)
    net, c = UNet(2, 8), torch.tensor([0, 1, 0])
    path, guesses = diffusion.generate(net, c, 3, size=8, alike=True)
    assert (path[0][0] == path[0][1]).all()
    torch.testing.assert_close(guesses[:, 0], guesses[:, 2])
    assert (guesses[:, 0] != guesses[:, 1]).any()
    path, _ = diffusion.generate(net, c, 3, size=8)
    assert (path[0][0] != path[0][1]).any()


def test_a_batch_that_cannot_be_shared_is_refused(monkeypatch, capsys):
    monkeypatch.setenv("WORLD_SIZE", "1")
    monkeypatch.setattr(train_diffusion.dist, "init_process_group", lambda backend: None)
    monkeypatch.setattr(train_diffusion.dist, "get_rank", lambda: 0)
    monkeypatch.setattr(train_diffusion.dist, "get_world_size", lambda: 3)
    with pytest.raises(SystemExit):
        train_diffusion.main(["--batch", "16"])
    assert "--batch must be a multiple of 3 processes" in capsys.readouterr().err


@pytest.mark.parametrize(
    "words, says",
    [
        (["--steps", "0"], "--steps must be at least 1"),
        (["--faces", "0"], "--faces must be at least 1"),
        (["--batch", "-1"], "--batch must be at least 1"),
        (["--levels", "-1"], "--levels must be at least 0"),
        (["--size", "30"], "--size must be a multiple of 4, and at least 8"),
        (["--planes", "20"], "--planes must be a multiple of 8, and at least 8"),
    ],
)
def test_words_that_do_not_fit_are_refused(capsys, words, says):
    with pytest.raises(SystemExit):
        train_diffusion.main(words)
    assert says in capsys.readouterr().err


@pytest.mark.parametrize("side, levels", [(8, 1), (16, 2), (12, 1)])
def test_the_net_keeps_shapes(side, levels):
    net = UNet(3, 16, levels)
    x = torch.randn(2, 3, side, side)
    assert net(x, torch.rand(2), torch.tensor([0, 3])).shape == x.shape
    assert UNet(0, 8, 1, 1)(x[:, :1], torch.rand(2), torch.zeros(2).long()).shape == (
        2,
        1,
        side,
        side,
    )


@pytest.mark.gpu
@pytest.mark.skipif(not torch.accelerator.is_available(), reason="needs a GPU")
def test_the_training_runs_on_a_gpu():
    _, found = train_diffusion.main(["--steps", "20", "--faces", "200"])
    assert found[-1] < found[0]


def test_the_variance_is_right_on_a_straight_line_too():
    """Of x at 0.5 given x at 0.7, for x_0 = 0: the variance of a Gaussian given another."""
    (a, b), (a_then, b_then) = ((1 - torch.tensor(t), torch.tensor(t)) for t in (0.7, 0.5))
    cov, var = a / a_then * b_then**2, b**2
    expected = b_then**2 - cov**2 / var
    x = torch.randn(5)
    mean, sigma = diffusion.step_back(x, torch.zeros(5), (a, b), (a_then, b_then), 1.0)
    torch.testing.assert_close(sigma**2, expected)
    torch.testing.assert_close(mean, cov / var * x)


@pytest.mark.parametrize(
    "how, says",
    [
        ({"eta": 1.5}, "eta must lie between 0 (DDIM) and 1 (DDPM), not 1.5."),
        ({"eta": -0.1}, "eta must lie between 0 (DDIM) and 1 (DDPM), not -0.1."),
        ({"steps": 0}, "generate needs at least 1 step, not 0."),
        (
            {"way": lambda t: (torch.ones(1, 1, 1, 1), 80 * t.view(-1, 1, 1, 1))},
            "generate begins with pure noise, so its path needs a = 0 and b = 1 at t = 1, not "
            "a = 1.00 and b = 79.92.",
        ),
        (
            {"way": lambda t: diffusion.mix(0.5 * t)},
            "generate begins with pure noise, so its path needs a = 0 and b = 1 at t = 1, not "
            "a = 0.71 and b = 0.71.",
        ),
    ],
)
def test_what_the_sampler_cannot_do_it_refuses(how, says):
    net = Known(torch.zeros(1, 3, 8, 8))
    with pytest.raises(ValueError, match=f"^{re.escape(says)}$"):
        diffusion.generate(net, torch.zeros(2).long(), size=8, **how)


@pytest.mark.slow
def test_the_comparison_of_lesson_08_is_what_the_tool_makes():
    """A slice of it: ours and one other target, two steps, one seed."""
    names = ("ours", "flow")
    made = train_diffusion.compare(steps=2, seeds=1, n=600, names=names)
    shipped = checkpoints.read("08_parts")
    keys = {f"{name}, {kind}" for name in (*names, "last weights") for kind in ("faces", "errors")}
    assert set(made) == keys <= set(shipped)
    assert {key.split(", ")[0] for key in shipped} == {*train_diffusion.COMPARED, "last weights"}
    for key, values in made.items():
        assert values.shape[1:] == shipped[key].shape[1:]
        assert len(shipped[key]) == (1 if key.startswith("32 faces") else 3)
        assert values.dtype == shipped[key].dtype
    assert (made["ours, errors"] > shipped["ours, errors"].mean(0)).all()  # it has hardly learnt
