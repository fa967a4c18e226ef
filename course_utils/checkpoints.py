"""Small files of trained weights, each with a hash that tells whether it is whole."""

import glob
import hashlib
import json
import tempfile
import time
from pathlib import Path
from typing import TypeVar

import torch
from safetensors.torch import load, save

from course_utils.paths import CHECKPOINTS

_LENGTH = 8  # bytes at the start of a file: how long its header is
_TRIES, _PAUSE = 500, 0.01  # of reading a file that is being written; pause in seconds

FOLDER = CHECKPOINTS

Net = TypeVar("Net", bound=torch.nn.Module)


def write(
    name: str, tensors: dict[str, torch.Tensor], about: dict[str, str], folder: str | Path = FOLDER
) -> None:
    """Save tensors and a few words about them as `name`.safetensors, with its SHA-256 beside it.

    Equal tensors and words give equal bytes. What was there stays until the new file is whole; if
    two processes write, one of both remains.

    Raises:
        OSError: the folder cannot be written to, or the disk is full.
        ValueError: a tensor has NaN or infinite values.
    """
    tensors = {key: torch.as_tensor(x).detach().cpu().contiguous() for key, x in tensors.items()}
    if spoilt := [key for key, x in tensors.items() if not x.isfinite().all()]:
        raise ValueError(f"{', '.join(spoilt)} must not have NaN or infinite values.")
    content = _in_order(save(tensors, metadata=about or None))
    path = Path(folder) / f"{name}.safetensors"
    digest = f"{hashlib.sha256(content).hexdigest()}  {path.name}\n".encode()
    path.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix=_unfinished(path), dir=path.parent) as unfinished:
        files = Path(unfinished) / "content", Path(unfinished) / "digest"
        while True:
            for file, some in zip(files, (content, digest), strict=True):
                file.write_bytes(some)
            files[0].replace(path)
            files[1].replace(path.with_suffix(".sha256"))
            if _is_whole(*_pair(path)):  # else another process writes the same two files just now
                return


def restore(net: Net, name: str, folder: str | Path = FOLDER) -> Net:
    """The network with the weights of a checkpoint of this course.

    Raises:
        FileNotFoundError: there is no such checkpoint.
        ValueError: the file is not what was saved, or it is of another network.
    """
    tensors = read(name, folder)
    try:
        net.load_state_dict(tensors)
    except RuntimeError:
        shapes = ", ".join(f"{key} {tuple(x.shape)}" for key, x in tensors.items())
        raise ValueError(f"{name} does not fit this network; it holds {shapes}.") from None
    return net


def read(name: str, folder: str | Path = FOLDER) -> dict[str, torch.Tensor]:
    """The tensors of a checkpoint of this course, by its name, in the order of their names.

    Raises:
        FileNotFoundError: there is no such checkpoint.
        ValueError: the file is not what was saved: damaged, cut short, or exchanged.
    """
    folder = Path(folder)
    path = folder / f"{name}.safetensors"
    if not path.is_file():
        names = ", ".join(sorted(p.stem for p in folder.glob("[!.]*.safetensors"))) or "none"
        raise FileNotFoundError(
            f"There is no checkpoint {name!r} in {folder.name}/; found {names}."
        )
    before = None
    for _ in range(_TRIES):
        content, digest = _pair(path)
        if _is_whole(content, digest):
            tensors = load(content)
            return {key: tensors[key] for key in sorted(tensors)}
        # Another process may have written between both: damaged is what is so at rest.
        if (content, digest) == before:
            break
        written = any(path.parent.glob(f"{glob.escape(_unfinished(path))}*"))
        before = None if written else (content, digest)
        time.sleep(_PAUSE if written else 0)
    raise ValueError(
        f"{path.name} is damaged: its SHA-256 is not the one beside it. "
        "Fetch the file again (git checkout -- data/checkpoints)."
    )


def _in_order(content):
    """A file with its words in the order of their names: safetensors writes them in any order."""
    end = _LENGTH + int.from_bytes(content[:_LENGTH], "little")
    header = json.loads(content[_LENGTH:end])
    if "__metadata__" in header:
        header["__metadata__"] = dict(sorted(header["__metadata__"].items()))
    words = json.dumps(header, ensure_ascii=False, separators=(",", ":")).encode()
    words = words.ljust(end - _LENGTH)
    return content[:_LENGTH] + words + content[end:]


def _unfinished(path):
    """How the name of a folder begins in which the file is being written."""
    return f".{path.stem}-"


def _pair(path):
    """What the file holds, and what the file with its hash does; empty where that is missing."""
    beside = path.with_suffix(".sha256")
    return path.read_bytes(), beside.read_bytes() if beside.is_file() else b""


def _is_whole(content, digest):
    return digest.split()[:1] == [hashlib.sha256(content).hexdigest().encode()]
