"""Runs lessons with many seeds, thread counts and pictures, and prints how their claims fare.

    python -m tests.benchmarks.seeds                    all lessons, seeds 0 to 9, 1 and 2 threads
    python -m tests.benchmarks.seeds 02 03 --seeds 3    two lessons, seeds 0 to 2
    python -m tests.benchmarks.seeds 01 --threads 1 --pictures spiral my.jpg

Each claim is listed with how often it held, how often its control was rejected, and what was
measured each time; then one table: a line for each lesson and number of threads. The exit status is
1 if a claim failed, a control passed, or a run broke off.
"""

import argparse
import json
import os
import re
import sys
import tempfile
from collections import defaultdict
from pathlib import Path

import nbformat
from nbclient.exceptions import CellExecutionError, DeadKernelError
from tqdm import tqdm

from publish.notebooks import execute, select


def run(path, choices, log):
    """Execute a lesson with other choices in its parameters cell; return the error, if any."""
    notebook = nbformat.read(path, as_version=4)
    cells = [c for c in notebook.cells if "parameters" in c.metadata.get("tags", [])]
    for cell in cells:  # notebook 00 has none
        for name, value in choices.items():
            line = f"{name} = {value!r}"
            cell.source = re.sub(rf"^{name} = .*$", lambda _, s=line: s, cell.source, flags=re.M)
    os.environ["COURSE_CLAIMS"] = str(log)
    try:
        execute(notebook)
    except (CellExecutionError, DeadKernelError) as error:
        return str(error).strip().splitlines()[-1]


def fates(entries: list[dict]) -> tuple[list[bool], list[bool]]:
    """Whether each claim held, and whether the control of each that has one was rejected."""
    held = [entry["holds"] for entry in entries]
    return held, [not entry["control"] for entry in entries if entry["control"] is not None]


def main(arguments=None):
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("lessons", nargs="*", help="numbers, such as 02; all if none is given")
    parser.add_argument("--seeds", type=int, default=10, help="so many, from 0 on")
    parser.add_argument("--threads", type=int, nargs="+", default=[1, 2])
    parser.add_argument("--pictures", nargs="*", default=[], help="one more run for each of these")
    asked = parser.parse_args(arguments)
    pictures = [str(Path(p).resolve()) if Path(p).is_file() else p for p in asked.pictures]
    choices = [{"seed": seed} for seed in range(asked.seeds)]
    choices += [{"seed": 10, "picture": name} for name in pictures]
    table = [
        "| lesson | threads | runs | claims | held | controls | rejected | broken off |",
        "|---|---|---|---|---|---|---|---|",
    ]
    good = True
    for path in select(asked.lessons):
        for threads in asked.threads:
            os.environ["OMP_NUM_THREADS"] = str(threads)
            claims, errors = defaultdict(list), []
            for choice in tqdm(choices, desc=f"{path.stem}, {threads} threads", unit="run"):
                with tempfile.TemporaryDirectory() as folder:
                    log = Path(folder) / "claims.jsonl"
                    if error := run(path, choice, log):
                        errors.append(f"{choice}: {error}")
                    for line in log.read_text("utf-8").splitlines() if log.exists() else ():
                        entry = json.loads(line)
                        claims[entry["statement"]].append(entry)
            print(f"{path.stem}, {threads} threads")
            for statement, entries in claims.items():
                held, rejected = fates(entries)
                print(f"held {sum(held)}/{len(held)}  {statement}")
                print("    " + " | ".join(entry["measured"] for entry in entries))
                if rejected:
                    print(f"    control rejected {sum(rejected)}/{len(rejected)}")
                    print("    " + " | ".join(entry["measured_control"] for entry in entries))
            print(*errors, sep="\n", flush=True)
            held, rejected = fates([entry for entries in claims.values() for entry in entries])
            numbers = (len(choices), len(held), sum(held), len(rejected), sum(rejected))
            cells = map(str, (path.stem[:2], threads, *numbers, len(errors)))
            table.append("| " + " | ".join(cells) + " |")
            good = good and all(held) and all(rejected) and not errors
    print("\n".join(table))
    return not good


if __name__ == "__main__":
    sys.exit(main())
