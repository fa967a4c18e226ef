#!/bin/sh
# With constrained layout as the default, a figure made with layout="none" has no layout engine until it is saved for the
# first time; from then on it has a constrained one, which moves the axes at the next drawing, away from where
# subplots_adjust has put them. fig.set_layout_engine("none") on a figure that had an engine leaves a placeholder and holds.
# Met where a figure under a slider should keep its place.
set -eu
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
"${PYTHON:-python3}" -m venv "$folder/venv"
python="$folder/venv/bin/python"
"$python" -m pip install --quiet --disable-pip-version-check matplotlib==3.11.2
cat > "$folder/layout.py" <<'PYTHON'
import io

import matplotlib

matplotlib.use("agg")
import matplotlib.pyplot as plt

plt.rcParams["figure.constrained_layout.use"] = True


def lefts(fig, ax):
    """Where the axes begin: at first, and after each of two times that the figure is saved."""
    found = [ax.get_position().x0]
    for _ in range(2):
        fig.savefig(io.BytesIO())
        found.append(ax.get_position().x0)
    return [round(x, 3) for x in found]


fig, ax = plt.subplots(layout="none")
fig.subplots_adjust(left=0.4)
before, places = fig.get_layout_engine(), lefts(fig, ax)
print("matplotlib", matplotlib.__version__, 'layout="none":', before, "->", type(fig.get_layout_engine()).__name__, places)
held, ax = plt.subplots()
held.set_layout_engine("none")
kept = lefts(held, ax)
print('set_layout_engine("none") later:', type(held.get_layout_engine()).__name__, kept)
assert before is None and places[0] == 0.4 and places[-1] != 0.4 and len(set(kept)) == 1
PYTHON
"$python" "$folder/layout.py"
