"""Checkpoints: whole, named where they are not, the same bytes each time, and shared."""

import itertools
import os
import subprocess
import sys
from functools import partial
from types import SimpleNamespace

import pytest
import torch
from safetensors import safe_open

from course_utils import checkpoints
from tools import train_checkpoints


def test_what_is_written_is_read(tmp_path):
    tensors = {"W": torch.randn(3, 4, 5).transpose(0, 1), "b": torch.zeros(2, dtype=torch.half)}
    checkpoints.write("small", tensors, {"made by": "a test"}, tmp_path)
    again = checkpoints.read("small", tmp_path)
    assert all(torch.equal(again[key], tensors[key]) for key in tensors) and len(again) == 2


def test_tensors_come_in_the_order_of_their_names(tmp_path):
    """The library gives them in another order in each process, and a seed draws in that order."""
    tensors = {name: torch.zeros(1) for name in "qwertzuiopasdfghjkl"}
    checkpoints.write("many", tensors, {}, tmp_path)
    assert [*checkpoints.read("many", tmp_path)] == sorted(tensors)


def test_a_network_is_restored(tmp_path):
    net, again = torch.nn.Linear(2, 3), torch.nn.Linear(2, 3)
    checkpoints.write("net", net.state_dict(), {}, tmp_path)
    assert checkpoints.restore(again, "net", tmp_path) is again
    assert torch.equal(again.weight, net.weight)


def test_a_damaged_file_is_named(tmp_path):
    checkpoints.write("small", {"W": torch.ones(9)}, {}, tmp_path)
    path = tmp_path / "small.safetensors"
    for content in (path.read_bytes()[:-1], path.read_bytes()[:-1] + b"x", b""):
        path.write_bytes(content)
        with pytest.raises(ValueError, match=r"small\.safetensors is damaged"):
            checkpoints.read("small", tmp_path)


def test_a_missing_file_is_named(tmp_path):
    checkpoints.write("small", {"W": torch.ones(9)}, {}, tmp_path)
    with pytest.raises(FileNotFoundError, match=r"no checkpoint 'large' .* found small"):
        checkpoints.read("large", tmp_path)


def test_every_shipped_checkpoint_is_whole():
    for path in checkpoints.FOLDER.glob("[!.]*.safetensors"):
        assert checkpoints.read(path.stem)
        assert path.stat().st_size < 2_000_000


WORDS = {
    "what": "Ein Netz für Zoë",
    "seed": "0",
    "trained": "a minute",
    "settings": "(1,)",
    "a": "",
}
WRITES = """
import sys, torch
from course_utils.checkpoints import write
tensors = {"W": torch.arange(12.0).view(3, 4), "b": torch.ones(2).half(), "k": torch.arange(3)}
for folder, order in ((sys.argv[1], 1), (sys.argv[2], -1)):
    words = dict([*{words}.items()][::order])
    write("net", dict([*tensors.items()][::order]), words, folder)
"""


@pytest.mark.slow
def test_equal_content_gives_equal_bytes(tmp_path, monkeypatch):
    """Whatever the order of names, the process, and the seed of its hashes."""
    places = [tmp_path / str(number) for number in range(4)]
    code = WRITES.replace("{words}", repr(WORDS))
    command = [sys.executable, "-c", code, *places[:2]]
    subprocess.run(command, env=os.environ | {"PYTHONHASHSEED": "7"}, check=True)
    monkeypatch.setattr(sys, "argv", ["", *places[2:]])
    exec(code, {})
    for name in ("net.safetensors", "net.sha256"):
        assert len({(place / name).read_bytes() for place in places}) == 1
    with safe_open(places[0] / "net.safetensors", "pt") as file:
        assert file.metadata() == WORDS and file.get_tensor("W")[2, 3] == 11


@pytest.mark.parametrize(
    "path", sorted(checkpoints.FOLDER.glob("[!.]*.safetensors")), ids=lambda p: p.stem
)
def test_a_shipped_checkpoint_is_written_again_byte_by_byte(path, tmp_path):
    with safe_open(path, "pt") as file:
        words = file.metadata()
    checkpoints.write(path.stem, checkpoints.read(path.stem), words, tmp_path)
    for name in (path.name, path.with_suffix(".sha256").name):
        assert (tmp_path / name).read_bytes() == path.with_name(name).read_bytes()


def test_a_hash_that_is_missing_is_named(tmp_path):
    checkpoints.write("small", {"W": torch.ones(9)}, {}, tmp_path)
    (tmp_path / "small.sha256").unlink()
    with pytest.raises(ValueError, match=r"small\.safetensors is damaged"):
        checkpoints.read("small", tmp_path)


TWO_WRITERS = """
import os, sys, torch
from course_utils.checkpoints import write
other = os.fork()
value = 2.0 if other else 1.0
print("begin", flush=True)
for _ in range(150):
    write("net", {"a": torch.full((5000,), value)}, {}, sys.argv[1])
if other:
    sys.exit(os.waitstatus_to_exitcode(os.waitpid(other, 0)[1]))
"""


@pytest.mark.slow
@pytest.mark.skipif(os.name == "nt", reason="Windows does not replace a file that another reads")
def test_a_reader_beside_two_writers_gets_one_or_the_other(tmp_path):
    """And what is left in the end is whole: one of both, and no file more."""
    checkpoints.write("net", {"a": torch.full((5000,), 1.0)}, {}, tmp_path)
    command = [sys.executable, "-c", TWO_WRITERS, tmp_path]
    writers = subprocess.Popen(command, stdout=subprocess.PIPE)
    writers.stdout.readline()
    while writers.poll() is None:
        assert checkpoints.read("net", tmp_path)["a"].unique().tolist() in ([1], [2])
    assert writers.returncode == 0
    assert checkpoints.read("net", tmp_path)["a"].unique().tolist() in ([1], [2])
    assert len([*tmp_path.iterdir()]) == 2


def test_a_folder_left_by_a_writer_that_was_killed_hides_no_damage(tmp_path, monkeypatch):
    monkeypatch.setattr(checkpoints, "_TRIES", 3)
    checkpoints.write("small", {"W": torch.ones(9)}, {}, tmp_path)
    (tmp_path / ".small-abc").mkdir()
    assert checkpoints.read("small", tmp_path)["W"].sum() == 9
    (tmp_path / "small.safetensors").write_bytes(b"x")
    with pytest.raises(ValueError, match=r"small\.safetensors is damaged"):
        checkpoints.read("small", tmp_path)


def test_without_words_or_tensors(tmp_path):
    checkpoints.write("bare", {"W": torch.ones(2)}, {}, tmp_path)
    assert checkpoints.read("bare", tmp_path)["W"].tolist() == [1, 1]
    checkpoints.write("empty", {}, {}, tmp_path)
    assert checkpoints.read("empty", tmp_path) == {}


def test_a_training_that_took_longer_has_the_same_bytes(tmp_path, monkeypatch, capsys):
    def small():
        """A network of one number."""
        return {"small": {"W": torch.ones(1)}}

    seconds = (100 * n**2 for n in itertools.count())
    clock = SimpleNamespace(perf_counter=lambda: next(seconds))
    monkeypatch.setattr(train_checkpoints, "time", clock)
    monkeypatch.setitem(vars(train_checkpoints), "small", small)
    write, contents = checkpoints.write, []
    monkeypatch.setattr(checkpoints, "write", partial(write, folder=tmp_path))
    for _ in range(2):
        train_checkpoints.main(["small"])
        contents.append((tmp_path / "small.safetensors").read_bytes())
    first, second = capsys.readouterr().out.splitlines()
    assert first != second and contents[0] == contents[1]
