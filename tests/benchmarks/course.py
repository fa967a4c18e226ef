"""Figures of the course beside those of another commit, both measured on this machine, in turn.

    python -m tests.benchmarks.course 925ee54 --quick    import, floor of memory, sampling
    python -m tests.benchmarks.course 925ee54            and `make check`
    python -m tests.benchmarks.course 925ee54 --test     and `make test`, which takes long

The other commit is checked out into a temporary folder. Both run in the environment of this Python,
each with its own folder first on PYTHONPATH; a commit that needs other packages must be measured
from an environment of its own. Seconds of CPU are those of all processes that a command waits for.
"""

import argparse
import json
import os
import re
import resource
import statistics
import subprocess
import sys
import tempfile
import time
from collections import Counter, defaultdict
from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path

from tqdm import tqdm

HERE = Path(__file__).parents[2]
PYTHON = [sys.executable, "-P", "-c"]  # -P: the package is not that of the working folder
FIRST = "01_sampling_from_images.ipynb"
SPEED = """
import time

import numpy as np
from scipy.stats.sampling import DiscreteAliasUrn

from course_utils.density import ImageDensity

N, REPEATS = 1_000_000, 15


def million(draw):
    start = time.process_time()
    draw()
    return time.process_time() - start


def scipys(urn, pixel, side, rng):
    points = rng.random((N, 2), dtype=np.float32)
    points += pixel.take(urn.rvs(N), axis=0)
    points /= side


for name in ("lake", "bat"):
    density, rng = ImageDensity.from_file(name), np.random.default_rng(0)
    row, column = np.nonzero(density.pdf)
    pixel = np.stack([column, row], axis=1).astype(np.float32)
    urn = DiscreteAliasUrn(density.pdf[row, column], random_state=rng)
    side = np.float32(len(density.pdf))
    pairs = [
        (million(lambda: density.sample(N, rng)), million(lambda: scipys(urn, pixel, side, rng)))
        for _ in range(REPEATS + 1)
    ][1:]
    a, b = np.median(pairs, axis=0)
    print(f"{name}: million points/s = {1 / a}")
    print(f"{name}: SciPy's million points/s = {1 / b}")
    print(f"{name}: times SciPy's = {np.median([theirs / ours for ours, theirs in pairs])}")
"""


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("commit")
    parser.add_argument("--quick", action="store_true", help="leave out `make check`")
    parser.add_argument("--test", action="store_true", help="run `make test` too")
    parser.add_argument("--repeats", type=int, default=7, help="of what takes seconds")
    arguments = parser.parse_args()
    tasks = [imports, floor] * arguments.repeats + [sampling]
    tasks += [] if arguments.quick else [check]
    tasks += [tests] if arguments.test else []
    with checkout(arguments.commit) as there:
        places = {arguments.commit: there, "now": HERE}
        figures: dict[str, dict[str, list[float]]]
        figures = {name: defaultdict(list) for name in places}
        for task in tqdm(tasks, unit="task"):
            for name, place in places.items():
                for figure, value in task(place).items():
                    figures[name][figure].append(value)
    show(figures)


@contextmanager
def checkout(commit: str) -> Generator[Path]:
    """A temporary work tree of a commit, with the environment of this one."""
    with tempfile.TemporaryDirectory() as folder:
        place = Path(folder) / "course"
        git("worktree", "add", "--detach", str(place), commit)
        bin_ = place / ".venv" / "bin"
        bin_.mkdir(parents=True)
        (bin_ / "python").write_text(f'#!/bin/sh\nexec "{sys.executable}" "$@"\n')
        (bin_ / "python").chmod(0o755)
        for stamp in (".made", ".lab", ".test"):  # for make: this environment is set up
            (place / ".venv" / stamp).write_text(f"{place}\n")
        try:
            yield place
        finally:
            git("worktree", "remove", "--force", str(place))


def git(*arguments: str) -> None:
    subprocess.run(["git", "-C", str(HERE), *arguments], check=True, capture_output=True)


def imports(place: Path) -> dict[str, float]:
    """What NumPy and the modules of the course that lesson 01 imports take, in a fresh process."""
    notebook = json.loads((place / "notebooks" / FIRST).read_text(encoding="utf-8"))
    sources = ["".join(cell["source"]) for cell in notebook["cells"] if cell["cell_type"] == "code"]
    lines = "\n".join(sources).split("\n")
    starts = ("import numpy", "from course_utils")
    code = "\n".join(line for line in lines if line.startswith(starts))
    _, cpu, mebibytes = python(place, code)
    return {"import for lesson 01: CPU s": cpu, "import for lesson 01: MiB": mebibytes}


def floor(place: Path) -> dict[str, float]:
    """The memory of a process that has imported torch and the package, and does nothing."""
    *_, mebibytes = python(place, "import torch\nfrom course_utils import metrics, models, plots")
    return {"package and torch imported: MiB": mebibytes}


def sampling(place: Path) -> dict[str, float]:
    """Million points a second of `ImageDensity.sample`, and of SciPy with a place in the pixel."""
    one = dict.fromkeys(("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS"), "1")
    text = subprocess.run(
        [*PYTHON, SPEED],
        env=environment(place) | one,
        check=True,
        capture_output=True,
        text=True,
    ).stdout
    pairs = (line.split(" = ") for line in text.splitlines())
    return {name: float(value) for name, value in pairs}


def check(place: Path) -> dict[str, float]:
    """Seconds of `make check`, where there is one."""
    if not re.search(r"^check:", (place / "Makefile").read_text(), re.MULTILINE):
        return {}
    wall, cpu, _ = make(place, "check")
    return {"make check: s": wall, "make check: CPU s": cpu}


def tests(place: Path) -> dict[str, float]:
    """Seconds of `make test`, and what its table of notebooks says of their memory and time."""
    with tempfile.TemporaryDirectory() as folder:
        log = Path(folder) / "claims.jsonl"
        wall, cpu, output = make(place, "test", COURSE_CLAIMS=str(log))
        log.touch()  # where the tests did not get as far as a claim
        claims = [json.loads(line) for line in log.read_text(encoding="utf-8").splitlines()]
    found = {"make test: s": wall, "make test: CPU s": cpu} | executions(claims)
    for seconds, mebibytes in re.findall(r"^all; highest +(\d+) +(\d+)", output, re.MULTILINE):
        found |= {"all lessons: s": float(seconds), "hungriest kernel: MiB": float(mebibytes)}
    return found


def executions(claims: list[dict]) -> dict[str, float]:
    """How often lessons were executed: how often each stated its claims, in the median lesson.

    A few lessons run in JupyterLab too, which the highest number tells.
    """
    counts: dict[str, Counter] = defaultdict(Counter)
    for claim in claims:
        if claim["lesson"]:  # else a test has claimed
            counts[claim["lesson"]][claim["statement"]] += 1
    times = [statistics.median(stated.values()) for stated in counts.values()]
    if not times:
        return {}
    return {
        "executions of a lesson": statistics.median(times),
        "executions of a lesson, at most": max(times),
    }


def python(place: Path, code: str) -> tuple[float, float, float]:
    """Seconds, seconds of CPU, and the highest memory in MiB of a fresh Python that runs code."""
    start = time.perf_counter()
    command = [*PYTHON, code]
    process = os.posix_spawn(sys.executable, command, environment(place))
    _, status, used = os.wait4(process, 0)
    if status:
        raise RuntimeError(f"In {place} this code failed:\n{code}")
    kibibytes = used.ru_maxrss / (1024 if sys.platform == "darwin" else 1)
    return time.perf_counter() - start, used.ru_utime + used.ru_stime, kibibytes / 1024


def make(place: Path, target: str, **more: str) -> tuple[float, float, str]:
    """Seconds, seconds of CPU and the output of `make TARGET`; a failure is shown."""
    start, before = time.perf_counter(), resource.getrusage(resource.RUSAGE_CHILDREN)
    done = subprocess.run(
        ["make", target],
        cwd=place,
        env=environment(place) | more,
        capture_output=True,
        text=True,
    )
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    if done.returncode:
        tqdm.write(f"make {target} in {place} ended with {done.returncode}:\n{done.stdout[-2000:]}")
    cpu = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    return time.perf_counter() - start, cpu, done.stdout


def environment(place: Path) -> dict[str, str]:
    """This process's environment, in which `course_utils` is that of a folder."""
    return {**os.environ, "PYTHONPATH": str(place)}


def show(figures: dict[str, dict[str, list[float]]]) -> None:
    """Print a line for each figure: the medians, their ratio now / then, and its range in pairs."""
    (then, old), (now, new) = figures.items()
    form = "{:38} {:>10} {:>10} {:>6}  {}".format
    print(form("median", then, now, "ratio", "lowest and highest of the pairs"))
    for name in {**old, **new}:
        texts = [f"{statistics.median(s[name]):.4g}" if name in s else "–" for s in (old, new)]
        ratios = [b / a for a, b in zip(old.get(name, []), new.get(name, []), strict=False)]
        middle = f"{statistics.median(ratios):.2f}" if ratios else ""
        spread = f"{min(ratios):.2f} to {max(ratios):.2f}" if len(ratios) > 1 else ""
        print(form(name, *texts, middle, spread).rstrip())


if __name__ == "__main__":
    main()
