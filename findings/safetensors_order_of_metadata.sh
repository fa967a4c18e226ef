#!/bin/sh
# safetensors writes the entries of a file's metadata in another order at each call, even within one process. The
# tensors are the same, but the bytes and so the hash of the file are not.
# Met where checkpoints carry a hash and are kept in git.
set -eu
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
"${PYTHON:-python3}" -m venv "$folder/venv"
python="$folder/venv/bin/python"
"$python" -m pip install --quiet --disable-pip-version-check numpy==2.4.6 safetensors==0.8.0
cd "$folder"
"$python" - <<'PYTHON'
import hashlib

import numpy as np
import safetensors
from safetensors.numpy import load, save

print("safetensors", safetensors.__version__)
x = {"w": np.zeros(3, np.float32)}
about = {"lesson": "one", "seed": "0", "steps": "100", "data": "circles"}
files = [save(x, metadata=about) for _ in range(50)]
hashes = {hashlib.sha256(file).hexdigest()[:12] for file in files}
print("50 files of one tensor and four words about it:", len(hashes), "different hashes")
print("tensors equal in all:", all((load(file)["w"] == x["w"]).all() for file in files))
alone = {save(x, metadata={"lesson": "one"}) for _ in range(50)}
print("with one word instead of four:", len(alone), "different file")
assert len(hashes) > 1 and len(alone) == 1
PYTHON
