"""A training kept in a file: gone on with, or refused by a sentence that says why."""

import os
import pickle
import re
import subprocess
import sys

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from course_utils import keeping
from course_utils.keeping import Kept
from tools import train_diffusion

X = torch.arange(24.0).view(6, 1, 2, 2) / 24
C = torch.arange(6) % 2


def parts(side=3):
    net = torch.nn.Linear(2, side)
    return {"net": net, "optimizer": torch.optim.Adam(net.parameters(), 0.1)}


def learn(path, steps=4, until=None, x=X, c=C, side=3, **settings):
    """A training that stops after `until` steps, with its network."""
    given = parts(side)
    kept = Kept(path, given, x, c, steps, **({"batch": 2, "seed": 0} | settings))
    while len(kept.losses) < (until or steps):
        loss = given["net"](torch.ones(2)).square().sum()
        given["optimizer"].zero_grad()
        loss.backward()
        given["optimizer"].step()
        kept.losses.append(loss.item())
    kept.save()
    return kept, given["net"]


@pytest.fixture
def path(tmp_path):
    return tmp_path / "mine.pt"


@pytest.mark.slow
def test_a_new_training_says_nothing_and_leaves_one_file(path, capsys):
    learn(path)
    assert capsys.readouterr().out == "" and [*path.parent.iterdir()] == [path]
    learn(None)
    assert capsys.readouterr().out == ""


def test_what_was_begun_goes_on_and_says_so(path, capsys):
    kept, net = learn(path, until=3)
    again, same = learn(str(path))
    said = capsys.readouterr().out
    assert said == f"The training in {path} goes on, after step 3 of 4.\n"
    assert again.losses[:3] == kept.losses and len(again.losses) == 4
    assert not torch.equal(net.weight, same.weight)


def test_what_is_complete_is_taken_and_says_so(path, capsys):
    kept, net = learn(path)
    before = path.read_bytes()
    again, same = learn(path)
    assert f"{path} is complete, and used as it is, after step 4." in capsys.readouterr().out
    assert again.losses == kept.losses and torch.equal(net.weight, same.weight)
    learn(path, steps=3)
    assert "complete" in capsys.readouterr().out and path.read_bytes() == before
    longer, _ = learn(path, steps=6)
    assert "goes on, after step 4 of 6" in capsys.readouterr().out and len(longer.losses) == 6


def test_what_was_stopped_early_says_how_long_it_was_to_be(path, capsys):
    learn(path, steps=10, until=3)
    learn(path, steps=3)
    said = capsys.readouterr().out
    assert "was stopped after step 3 of 10; you ask for 3, so it is used." in said


OTHERS = {
    "pictures": ({"x": X[:5], "c": C[:5]}, "learnt from 6 other pictures, and not from these 5"),
    "one pixel": ({"x": X + X.isclose(X[0])}, "from 6 other pictures, and not from these 6"),
    "classes": ({"c": 1 - C}, "its pictures were in other classes"),
    "network": ({"side": 4}, "its network is another, with 9 weights and not 12"),
    "seed": ({"seed": 1}, "its seed was 0, and not 1"),
    "batch": ({"batch": 3}, "its batch was 2, and not 3"),
    "new setting": ({"rate": 0.1}, "its rate was None, and not 0.1"),
    "two": ({"seed": 1, "side": 4}, "weights and not 12; its seed was 0, and not 1"),
}


@pytest.mark.parametrize("other, words", OTHERS.values(), ids=OTHERS)
def test_another_training_is_refused_and_the_file_stays(path, other, words):
    learn(path)
    before = path.read_bytes()
    with pytest.raises(ValueError, match=words) as error:
        learn(path, **other)
    assert str(error.value).startswith(f"{path} keeps another training: ")
    assert str(error.value).endswith("Move it away or delete it to begin anew.")
    assert path.read_bytes() == before and [*path.parent.iterdir()] == [path]


def old_version(path):
    torch.save({"losses": [1.0], **{name: p.state_dict() for name, p in parts().items()}}, path)


def version_without_a_plan(path):
    learn(path)
    state = torch.load(path, weights_only=True)
    del state["planned"]
    torch.save(state, path)


def version_without_a_part(path):
    """As if a later version kept one part more."""
    learn(path)
    state = torch.load(path, weights_only=True)
    del state["optimizer"]
    torch.save(state, path)


FILES = {
    "a part less": (version_without_a_part, "is of an older version of the course"),
    "no plan": (version_without_a_plan, "is of an older version of the course"),
    "older version": (old_version, "is of an older version of the course"),
    "a network alone": (lambda p: torch.save(parts()["net"].state_dict(), p), "is not a training"),
    "a number": (lambda p: torch.save(torch.ones(3), p), "is not a training"),
    "a program": (lambda p: torch.save(print, p), "is cut or damaged, or no training"),
    "a pickle": (lambda p: p.write_bytes(pickle.dumps([1])), "is cut or damaged, or no training"),
    "words": (lambda p: p.write_text("my notes"), "is cut or damaged, or no training"),
    "nothing": (lambda p: p.touch(), "is cut or damaged, or no training"),
    "a folder": (lambda p: p.mkdir(), "cannot be read"),
}


@pytest.mark.parametrize("write, words", FILES.values(), ids=FILES)
def test_a_file_that_is_no_training_is_refused(path, write, words):
    write(path)
    with pytest.raises(ValueError, match=words) as error:
        learn(path)
    assert str(path) in str(error.value) and "Move it away" in str(error.value)


@settings(deadline=None, max_examples=100)
@given(at=st.integers(0, 10_000), bits=st.integers(1, 255), cut=st.booleans())
def test_damage_is_refused_or_harmless(tmp_path_factory, at, bits, cut):
    """torch.load itself takes a file whose numbers have changed."""
    path = tmp_path_factory.getbasetemp() / "damaged.pt"
    path.unlink(missing_ok=True)
    _, net = learn(path)
    content = bytearray(path.read_bytes())
    at %= len(content)
    content[at] ^= bits
    path.write_bytes(content[:at] if cut else content)
    try:
        _, again = learn(path)
    except ValueError as error:
        assert "damaged" in str(error) or "is not a training" in str(error)
    else:
        assert not cut and torch.equal(net.weight, again.weight)


def test_a_folder_that_is_read_only_is_found_at_the_start(path, monkeypatch, capsys):
    def refused(**_):
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(keeping.tempfile, "TemporaryDirectory", refused)
    kept = Kept(path, parts(), X, C, 4, batch=2, seed=0)
    said = f"{path} cannot be written (Permission denied): this training goes on, but what it "
    assert capsys.readouterr().out == said + "learns is not kept.\n"
    kept.losses.append(1.0)
    kept.save()
    assert capsys.readouterr().out == "" and not path.exists()


def test_what_could_not_be_written_is_written_at_the_next_try(path, monkeypatch):
    def full(**_):
        raise OSError(28, "No space left on device")

    kept = Kept(path, parts(), X, C, 4)
    kept.losses += [1.0] * 4
    with monkeypatch.context() as disk:
        disk.setattr(keeping.tempfile, "TemporaryDirectory", full)
        kept.save()
    assert not path.exists()
    kept.save()
    assert len(torch.load(path)["losses"]) == 4


@pytest.mark.parametrize("place", ["missing/mine.pt", "file/mine.pt"])
def test_a_folder_that_is_not_there_does_not_stop_a_training(tmp_path, place, capsys):
    (tmp_path / "file").touch()
    kept, _ = learn(tmp_path / place)
    assert len(kept.losses) == 4 and capsys.readouterr().out.count("cannot be written") == 1


def test_of_two_trainings_on_one_file_the_later_writer_is_told(path, capsys):
    first, second = (Kept(path, parts(), X, C, 4, seed=seed) for seed in range(2))
    for kept in (first, second):
        kept.losses += [1.0] * 4
        kept.save()
    said = f"Another training has written {path}: this training goes on, but what it learns is not "
    assert capsys.readouterr().out == said + "kept.\n"
    assert torch.load(path)["about"]["seed"] == 0
    second.losses.append(2.0)
    second.save()
    first.losses.append(2.0)
    first.save()
    assert capsys.readouterr().out == ""
    assert torch.load(path)["about"]["seed"] == 0 and len(torch.load(path)["losses"]) == 5
    assert [*path.parent.iterdir()] == [path]


def test_two_that_go_on_from_one_file(path, capsys):
    learn(path, until=1)
    capsys.readouterr()
    first, second = (Kept(path, parts(), X, C, 4, batch=2, seed=0) for _ in range(2))
    assert capsys.readouterr().out.count("goes on, after step 1 of 4") == 2
    for kept, loss in ((second, 2.0), (first, 1.0)):
        kept.losses += [loss] * 3
        kept.save()
    assert "Another training" in capsys.readouterr().out
    assert torch.load(path)["losses"][1:] == [2.0] * 3


def test_a_file_deleted_meanwhile_is_written_again(path):
    kept, _ = learn(path, until=2)
    path.unlink()
    kept.losses.append(1.0)
    kept.save()
    assert len(torch.load(path)["losses"]) == 3


TRAINS = """
import sys, torch
from course_utils.keeping import Kept
net, x = torch.nn.Linear(100, 100), torch.ones(3, 1)
kept = Kept(sys.argv[1], {"net": net}, x, x, 60, who=int(sys.argv[2]))
print("ready", flush=True)
input()
for step in range(60):
    kept.losses.append(float(sys.argv[2]))
    kept.save()
"""


@pytest.mark.slow
@pytest.mark.skipif(os.name == "nt", reason="Windows does not replace a file that another reads")
def test_two_processes_and_a_reader_share_a_file(path):
    """At each moment the file is whole; one training is in it at the end; the other was told."""
    words, pipe = [sys.executable, "-c", TRAINS, path], subprocess.PIPE
    runs = [subprocess.Popen([*words, k], stdin=pipe, stdout=pipe, text=True) for k in "12"]
    assert [run.stdout.readline() for run in runs] == ["ready\n"] * 2
    for run in runs:
        run.stdin.write("\n")
        run.stdin.flush()
    while any(run.poll() is None for run in runs):
        if path.exists():
            keeping._read(path, {"net": None}, "cpu")
    said = [run.communicate()[0] for run in runs]
    assert [run.returncode for run in runs] == [0, 0]
    state = torch.load(path)
    assert {*state["losses"]} == {float(state["about"]["who"])}
    assert [*path.parent.iterdir()] == [path]
    assert "Another training has written" in "".join(said)


def test_one_of_several_processes_writes_and_speaks(path, monkeypatch, capsys):
    other = Kept(path, parts(), X, C, 4, first=False)
    other.losses.append(1.0)
    other.save()
    assert not path.exists()
    learn(path, until=2)
    asked = []
    monkeypatch.setattr(keeping, "say", asked.append)
    assert len(Kept(path, parts(), X, C, 4, False, batch=2, seed=0).losses) == 2 and not asked


def test_the_command_line_goes_on_or_says_why_not(path, capsys):
    """`python -m tools.train_diffusion --path`."""
    start = ["--batch", "2", "--size", "8", "--path", str(path)]
    common = [*start, "--planes", "8", "--faces", "9"]
    train_diffusion.main([*common, "--steps", "2"])
    assert "The training in" not in capsys.readouterr().out
    assert len(train_diffusion.main([*common, "--steps", "3"])[1]) == 3
    assert "goes on, after step 2 of 3" in capsys.readouterr().out
    train_diffusion.main([*common, "--steps", "3"])
    assert "is complete, and used as it is, after step 3" in capsys.readouterr().out
    for other, reason in [
        ([*start, "--planes", "8", "--faces", "7"], "from 9 other pictures, and not from these 7"),
        ([*start, "--planes", "16", "--faces", "9"], "its network is another"),
        ([*common, "--batch", "3"], "its batch was 2, and not 3"),
    ]:
        with pytest.raises(SystemExit):
            train_diffusion.main([*other, "--steps", "3"])
        assert re.search(
            f"{re.escape(str(path))} keeps another training: .*{reason}", _last(capsys)
        )
    path.write_bytes(path.read_bytes()[:-99])
    with pytest.raises(SystemExit):
        train_diffusion.main([*common, "--steps", "3"])
    assert "is cut or damaged" in _last(capsys)


def _last(capsys):
    return capsys.readouterr().err.splitlines()[-1]
