"""A judge of generated faces: a small network that reads what each was drawn from."""

import functools

import numpy as np
import torch
from torch import nn

from course_utils.arguments import real
from course_utils.checkpoints import restore
from course_utils.datasets.faces import FACTORS
from course_utils.metrics import frechet, precision_recall

# How many answers there are to each question about a face.
ANSWERS = {name: len(values) for name, values in FACTORS.items()}
ANSWERS |= {"eye_right": ANSWERS["eye"], "intact": 2}


class Judge(nn.Module):
    """Reads faces `(n, 3, s, s)` in [0, 1], s 16 or 32: logits `(n, answers)` by question.

    The questions are all of `FACTORS`, where `eye` is the one on the left; `eye_right`; and
    `intact`: 0 if damaged, 1 if as drawn.
    """

    def __init__(self) -> None:
        super().__init__()
        self.body = nn.Sequential(
            *_layer(nn.Conv2d(3, 32, 4, stride=2, padding=1, bias=False)),
            *_layer(nn.Conv2d(32, 48, 3, padding=1, bias=False)),
            nn.MaxPool2d(2),
            *_layer(nn.Conv2d(48, 64, 3, padding=1, bias=False)),
            *_layer(nn.Conv2d(64, 64, 3, padding=1, bias=False)),
            nn.MaxPool2d(2),
            nn.Flatten(),
            nn.Linear(64 * 4 * 4, 64, bias=False),
            nn.BatchNorm1d(64),
            nn.ReLU(),
        )
        self.head = nn.Linear(64, sum(ANSWERS.values()))
        # Faster on a CPU.
        self.to(memory_format=torch.channels_last)  # pyrefly: ignore[no-matching-overload]

    def forward(self, x: torch.Tensor) -> dict[str, torch.Tensor]:
        return self.answer(self.features(x))

    def features(self, x: torch.Tensor) -> torch.Tensor:
        """The numbers `(n, 64)` that all answers are read from."""
        k = 32 // x.shape[-1]
        x = x.repeat_interleave(k, 2).repeat_interleave(k, 3)
        return self.body(x.contiguous(memory_format=torch.channels_last))

    def answer(self, features: torch.Tensor) -> dict[str, torch.Tensor]:
        """The logits of each question, from features `(n, 64)`."""
        logits = self.head(features).split(list(ANSWERS.values()), dim=1)
        return dict(zip(ANSWERS, logits, strict=True))


def _layer(linear):
    return linear, nn.BatchNorm2d(linear.out_channels), nn.ReLU()


@functools.cache
def judge() -> Judge:
    """The judge that the course ships, on the CPU."""
    return restore(Judge(), "judge").eval()


def look(x: np.ndarray | torch.Tensor) -> tuple[np.ndarray, dict[str, np.ndarray]]:
    """Features `(n, 64)` of faces, and probabilities `(n, answers)` by question of `Judge`.

    Args:
        x: pictures, an array or a tensor `(n, 3, s, s)` in [0, 1], s 16 or 32.

    Raises:
        ValueError: there is no picture, they have another shape, or values are outside [0, 1].
    """
    x = real("Faces", x)
    if x.ndim != 4 or len(x) == 0 or x.shape[1:] not in ((3, 16, 16), (3, 32, 32)):
        raise ValueError(f"Faces must have shape (n, 3, 16, 16) or (n, 3, 32, 32), not {x.shape}.")
    if not ((x >= 0) & (x <= 1)).all():
        raise ValueError(
            f"The values of faces must lie in [0, 1], not between {x.min():.3g} and {x.max():.3g}."
        )
    net, few = judge(), (np.array(x[i : i + 50], np.float32) for i in range(0, len(x), 50))
    with torch.no_grad():
        features = torch.cat([net.features(torch.from_numpy(part)) for part in few])
        answers = {name: logits.softmax(1).numpy() for name, logits in net.answer(features).items()}
    return features.numpy(), answers


def accuracy(x: np.ndarray | torch.Tensor, factors: dict[str, np.ndarray]) -> dict[str, float]:
    """Share of faces that the judge reads right, for each factor that is given.

    Args:
        x: pictures, as for `look`.
        factors: true values, int `(n,)`, by name, all that `datasets.faces.faces` returns or some.

    Raises:
        ValueError: see `look`; or there are not as many values as pictures.
    """
    _, answers = look(x)
    known = {name: np.asarray(factors[name]) for name in answers if name in factors}
    for name, values in known.items():
        if values.shape != (len(x),):
            raise ValueError(f"{name} must have shape ({len(x)},), not {values.shape}.")
    return {name: float((answers[name].argmax(1) == known[name]).mean()) for name in known}


def report(x: np.ndarray | torch.Tensor, real: np.ndarray | torch.Tensor) -> dict[str, float]:
    """How far generated faces are from real ones: six numbers.

    - `FD`: **Fréchet distance** of the judge's features; see `metrics.frechet`.
    - `precision`: share of the generated faces that lie among the real ones, by these features, and
      `recall`: share of the real ones that lie among the generated; see `metrics.precision_recall`.
    - `intact`: on average, 1 for faces as they are drawn, towards 0 the more they are merged,
      patched together, blurred or noisy.
    - `odd eyes`: share of generated faces whose eyes the judge takes for different colours.
    - `sure`: the judge's largest probability, on average over these faces and all factors.

    Most are not at their ideal even for real faces; `report(other_real, real)` says where they are
    then. FD, precision and recall depend on how many faces there are (FD falls as they grow):
    compare equally many only, and faces in few colours with real ones in the same colours.

    Raises:
        ValueError: see `look`; or there are fewer than six pictures of a kind.
    """
    features, answers = look(x)
    real_features, _ = look(real)
    precision, recall = precision_recall(real_features, features)
    odd = answers["eye"].argmax(1) != answers["eye_right"].argmax(1)
    intact = answers.pop("intact")[:, 1]
    return {
        "FD": frechet(features, real_features),
        "precision": precision,
        "recall": recall,
        "intact": float(intact.mean()),
        "odd eyes": float(odd.mean()),
        "sure": float(np.mean([p.max(1).mean() for p in answers.values()])),
    }
