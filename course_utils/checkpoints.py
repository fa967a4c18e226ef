"""Small files of trained weights, each with a hash that tells whether it is whole."""

import hashlib
import tempfile
from pathlib import Path

import torch
from safetensors.torch import load, save

from course_utils.paths import CHECKPOINTS

FOLDER = CHECKPOINTS


def write(name: str, tensors: dict[str, torch.Tensor], about: dict[str, str], folder=FOLDER):
    """Save tensors and a few words about them as `name`.safetensors, with its SHA-256 beside it.

    What was there stays until the new file is whole; if two processes write, one of both remains.

    Raises:
        OSError: the folder cannot be written to, or the disk is full.
        ValueError: a tensor has NaN or infinite values.
    """
    tensors = {key: torch.as_tensor(x).detach().cpu().contiguous() for key, x in tensors.items()}
    if spoilt := [key for key, x in tensors.items() if not x.isfinite().all()]:
        raise ValueError(f"{', '.join(spoilt)} must not have NaN or infinite values.")
    content, path = save(tensors, metadata=about), Path(folder) / f"{name}.safetensors"
    digest = f"{hashlib.sha256(content).hexdigest()}  {path.name}\n".encode()
    path.parent.mkdir(parents=True, exist_ok=True)
    while True:
        with tempfile.TemporaryDirectory(dir=path.parent) as unfinished:
            for number, some in enumerate((content, digest)):
                (Path(unfinished) / str(number)).write_bytes(some)
            (Path(unfinished) / "0").replace(path)
            (Path(unfinished) / "1").replace(path.with_suffix(".sha256"))
        if _is_whole(path, path.read_bytes()):
            return


def restore(net: torch.nn.Module, name: str, folder=FOLDER) -> torch.nn.Module:
    """The network with the weights of a checkpoint of this course.

    Raises:
        FileNotFoundError: there is no such checkpoint.
        ValueError: the file is not what was saved, or it is of another network.
    """
    try:
        net.load_state_dict(tensors := read(name, folder))
    except RuntimeError:
        shapes = ", ".join(f"{key} {tuple(x.shape)}" for key, x in tensors.items())
        raise ValueError(f"{name} does not fit this network; it holds {shapes}.") from None
    return net


def read(name: str, folder=FOLDER) -> dict[str, torch.Tensor]:
    """The tensors of a checkpoint of this course, by its name.

    Raises:
        FileNotFoundError: there is no such checkpoint.
        ValueError: the file is not what was saved: damaged, cut short, or exchanged.
    """
    folder = Path(folder)
    path = folder / f"{name}.safetensors"
    if not path.is_file():
        names = ", ".join(sorted(p.stem for p in folder.glob("*.safetensors"))) or "none"
        raise FileNotFoundError(
            f"There is no checkpoint {name!r} in {folder.name}/; found {names}."
        )
    content = path.read_bytes()
    if not _is_whole(path, content):
        raise ValueError(
            f"{path.name} is damaged: its SHA-256 is not the one beside it. "
            "Fetch the file again (git checkout -- data/checkpoints)."
        )
    return load(content)


def _is_whole(path, content):
    expected = path.with_suffix(".sha256").read_bytes().split()[:1]
    return expected == [hashlib.sha256(content).hexdigest().encode()]
