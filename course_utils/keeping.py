"""A training kept in a file: how far it is, what it learnt from, and whether it is this one."""

import hashlib
import io
import tempfile
import zipfile
from pathlib import Path
from typing import Any

import torch

from course_utils.output import say

_ANEW = "Move it away or delete it to begin anew."


class Kept:
    """What a training has learnt, kept in a file that it goes on from.

    At first `losses`, a list, has the loss of every step that the file knows of, and the parts are
    as they were after the last of them; a line says so. A new training begins without losses.

    Args:
        path: the file; None to keep nothing.
        parts: the network `net`, and what else learns, by name: each with a `state_dict`.
        x, c: what is learnt from, tensors: pictures and their classes, `(N, ...)` and `(N,)`.
        steps: how many the training is to have.
        first: whether this process, of several, is the one that writes the file and speaks.
        settings: numbers that must be the same if a training is to go on.

    Raises:
        ValueError: the file is damaged, of an older version of the course, or no training at all;
            or its training is another: of other pictures, classes or settings, another network.
    """

    def __init__(
        self,
        path: str | Path | None,
        parts: dict[str, Any],
        x: torch.Tensor,
        c: torch.Tensor,
        steps: int,
        first: bool = True,
        **settings: float,
    ) -> None:
        self.losses: list[float] = []
        self._parts, self._planned, self._first = parts, steps, first
        self._path, self._saved, self._told = None if path is None else Path(path), 0, False
        if self._path is None:
            return
        self._about = {"pictures": _digest(x), "number": len(x), "classes": _digest(c)} | settings
        self._mark = _mark(self._path)
        if self._mark:
            self._go_on(_read(self._path, parts, x.device), steps)
        if self._saved < steps:
            self._write(None)  # that a folder is read-only is found before the training, not after

    def save(self) -> None:
        """Write the file, if there is anything new; until it is whole, the old one stays.

        Where it cannot be written, or another training has written it meanwhile, a line says so,
        and nothing more is kept.
        """
        if self._path is not None and len(self.losses) > self._saved:
            state = {name: part.state_dict() for name, part in self._parts.items()}
            state |= {"losses": self.losses, "planned": self._planned, "about": self._about}
            torch.save(state, new := io.BytesIO())
            if self._write(new.getvalue()):
                self._saved = len(self.losses)

    def _go_on(self, state, steps):
        differences = [*_differences(state, self._about, self._parts["net"].state_dict())]
        if differences:
            raise ValueError(
                f"{self._path} keeps another training: {'; '.join(differences)}. {_ANEW}"
            )
        for name, part in self._parts.items():
            part.load_state_dict(state[name])
        self.losses += state["losses"]
        self._saved = len(self.losses)
        if self._first:
            say(f"The training in {self._path} {_state(self._saved, state['planned'], steps)}.")

    def _write(self, content):
        """Whether it is written; without content it is only tried whether that can be done."""
        path = self._path
        if path is None or not self._first:
            return False
        try:
            with tempfile.TemporaryDirectory(prefix=f".{path.stem}-", dir=path.parent) as place:
                if content is None:
                    return False
                new = Path(place) / path.name
                new.write_bytes(content)
                if _mark(path) in (None, self._mark):
                    new.replace(path)
                    self._mark = _mark(path)
                    return True
            self._path = None
            why = f"Another training has written {path}"
        except OSError as error:  # it may be over at the next try
            why = f"{path} cannot be written ({error.strerror or error})"
        if not self._told:
            say(f"{why}: this training goes on, but what it learns is not kept.")
        self._told = True
        return False


def _state(done, planned, steps):
    """In words, where a training stands that has done some of the steps that it was to have."""
    if done < steps:
        return f"goes on, after step {done} of {steps}"
    if done < planned:
        return f"was stopped after step {done} of {planned}; you ask for {steps}, so it is used"
    return f"is complete, and used as it is, after step {done}"


def _digest(x):
    return hashlib.sha256(x.detach().cpu().contiguous().numpy()).hexdigest()


def _mark(path):
    """What changes when another process puts its file in place of this; None without a file."""
    try:
        found = path.stat()
    except (FileNotFoundError, NotADirectoryError):
        return None
    return found.st_mtime_ns, found.st_size


def _read(path, parts, device):
    """The content of a file, if it is whole and a training of this version of the course."""
    try:
        content = path.read_bytes()
        # Each part has a sum that tells damage, at which torch.load does not look.
        damaged = zipfile.ZipFile(io.BytesIO(content)).testzip()
        state = None if damaged else torch.load(io.BytesIO(content), device, weights_only=True)
    except OSError as error:
        raise ValueError(f"{path} cannot be read ({error.strerror or error}). {_ANEW}") from None
    except Exception:  # each kind of damage has its own
        state = None
    if state is None:
        raise ValueError(f"{path} is cut or damaged, or no training. {_ANEW}")
    if not isinstance(state, dict) or "losses" not in state or "net" not in state:
        raise ValueError(f"{path} is not a training of this course. {_ANEW}")
    if not {"about", "planned", *parts} <= state.keys():
        raise ValueError(
            f"{path} is of an older version of the course, which kept a training in another way. "
            f"{_ANEW}"
        )
    return state


def _differences(state, now, own):
    """In words, what a training in a file does not share with this one, whose network is `own`."""
    then, net = state["about"], state["net"]
    if then["pictures"] != now["pictures"]:
        yield f"it learnt from {then['number']} other pictures, and not from these {now['number']}"
    elif then["classes"] != now["classes"]:
        yield "its pictures were in other classes"
    if {key: x.shape for key, x in net.items()} != {key: x.shape for key, x in own.items()}:
        weights = [sum(x.numel() for x in tensors.values()) for tensors in (net, own)]
        yield "its network is another, with {:,} weights and not {:,}".format(*weights)
    for key in now:
        if key not in ("pictures", "number", "classes") and then.get(key) != now[key]:
            yield f"its {key} was {then.get(key)}, and not {now[key]}"
