import pytest
import torch

from course_utils import checkpoints


def test_what_is_written_is_read(tmp_path):
    tensors = {"W": torch.randn(3, 4, 5).transpose(0, 1), "b": torch.zeros(2, dtype=torch.half)}
    checkpoints.write("small", tensors, {"made by": "a test"}, tmp_path)
    again = checkpoints.read("small", tmp_path)
    assert all(torch.equal(again[key], tensors[key]) for key in tensors) and len(again) == 2


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
    for path in checkpoints.FOLDER.glob("*.safetensors"):
        assert checkpoints.read(path.stem)
        assert path.stat().st_size < 2_000_000
