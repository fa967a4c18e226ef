#!/bin/sh
# The first optimizer of a process brings the compiler in: torch.optim.Adam([p]) imports torch._dynamo and sympy, more
# than 700 modules, though nothing is compiled. That is more than a second and tens of MiB, in every kernel that trains,
# and it falls into the first training, not into the import.
# Met when the memory of lessons was looked for.
set -eu
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
"${PYTHON:-python3}" -m venv "$folder/venv"
python="$folder/venv/bin/python"
"$python" -m pip install --quiet --disable-pip-version-check torch==2.13.0 numpy==2.4.6 psutil==7.2.2
cat > "$folder/first.py" <<'PYTHON'
import sys
import time

import psutil
import torch

p = torch.nn.Parameter(torch.zeros(3))
before, memory, start = set(sys.modules), psutil.Process().memory_info().rss, time.process_time()
torch.optim.Adam([p])
seconds = time.process_time() - start
new = set(sys.modules) - before
print(f"torch {torch.__version__}: the first Adam imports {len(new)} modules,")
print(f"{(psutil.Process().memory_info().rss - memory) / 2**20:.0f} MiB, {seconds:.1f} s of CPU")
assert len(new) > 500 and "torch._dynamo" in new and "sympy" in new
PYTHON
"$python" "$folder/first.py"
