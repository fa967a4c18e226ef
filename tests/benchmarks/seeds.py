"""Runs a lesson with many seeds, and with every picture, and prints how its claims fare.

    python -m tests.benchmarks.seeds 01            10 seeds, then each picture of the course
    python -m tests.benchmarks.seeds 01 my.jpg     10 seeds, then these pictures
    python -m tests.benchmarks.seeds 03 spiral     lesson 03 takes folders

Each claim is listed with how often it held and what was measured each time.
"""

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

from course_utils.density import course_pictures
from tools.notebooks import execute, select


def run(path, choices, log):
    """Execute a lesson with other choices in its parameters cell; return the error, if any."""
    notebook = nbformat.read(path, as_version=4)
    cell = next(c for c in notebook.cells if "parameters" in c.metadata.get("tags", []))
    for name, value in choices.items():
        line = f"{name} = {value!r}"
        cell.source = re.sub(rf"^{name} = .*$", lambda _, line=line: line, cell.source, flags=re.M)
    os.environ["COURSE_CLAIMS"] = str(log)
    try:
        execute(notebook)
    except (CellExecutionError, DeadKernelError) as error:
        return str(error).strip().splitlines()[-1]


def main(number, *pictures):
    (path,) = select([number])
    pictures = [str(Path(p).resolve()) if Path(p).is_file() else p for p in pictures]
    choices = [{"seed": seed} for seed in range(10)]
    choices += [{"seed": 10, "picture": name} for name in pictures or course_pictures()]
    claims, errors = defaultdict(list), []
    for choice in tqdm(choices, unit="run"):
        with tempfile.TemporaryDirectory() as folder:
            log = Path(folder) / "claims.jsonl"
            if error := run(path, choice, log):
                errors.append(f"{choice}: {error}")
            for line in log.read_text("utf-8").splitlines() if log.exists() else ():
                entry = json.loads(line)
                claims[entry["statement"]].append(entry)
    for statement, entries in claims.items():
        print(f"{sum(e['holds'] for e in entries)}/{len(entries)}  {statement}")
        print("       " + " | ".join(e["measured"] for e in entries))
    print("\n".join(errors) or f"all {len(choices)} runs ended without an error")


if __name__ == "__main__":
    main(*sys.argv[1:])
