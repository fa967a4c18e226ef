"""Small files of trained weights, each with a hash that tells whether it is whole."""

import hashlib
from pathlib import Path

import torch
from safetensors.torch import load, save

FOLDER = Path(__file__).resolve().parents[1] / "data" / "checkpoints"


def write(name: str, tensors: dict[str, torch.Tensor], about: dict[str, str], folder=FOLDER):
    """Save tensors and a few words about them as `name`.safetensors, with its SHA-256 beside it."""
    tensors = {key: value.detach().cpu().contiguous() for key, value in tensors.items()}
    content = save(tensors, metadata=about)
    folder.mkdir(parents=True, exist_ok=True)
    (folder / f"{name}.safetensors").write_bytes(content)
    digest = hashlib.sha256(content).hexdigest()
    (folder / f"{name}.sha256").write_text(f"{digest}  {name}.safetensors\n", "utf-8")


def restore(net: torch.nn.Module, name: str, folder=FOLDER) -> torch.nn.Module:
    """The network with the weights of a checkpoint of this course.

    Raises:
        FileNotFoundError: there is no such checkpoint.
        ValueError: the file is not what was saved: damaged, cut short, or exchanged.
    """
    net.load_state_dict(read(name, folder))
    return net


def read(name: str, folder=FOLDER) -> dict[str, torch.Tensor]:
    """The tensors of a checkpoint of this course, by its name.

    Raises:
        FileNotFoundError: there is no such checkpoint.
        ValueError: the file is not what was saved: damaged, cut short, or exchanged.
    """
    path = folder / f"{name}.safetensors"
    if not path.is_file():
        names = ", ".join(sorted(p.stem for p in folder.glob("*.safetensors"))) or "none"
        raise FileNotFoundError(
            f"There is no checkpoint {name!r} in {folder.name}/; found {names}."
        )
    content = path.read_bytes()
    expected = path.with_suffix(".sha256").read_text("utf-8").split()[0]
    if hashlib.sha256(content).hexdigest() != expected:
        raise ValueError(
            f"{path.name} is damaged: its SHA-256 is not the one beside it. "
            "Fetch the file again (git checkout -- data/checkpoints)."
        )
    return load(content)
