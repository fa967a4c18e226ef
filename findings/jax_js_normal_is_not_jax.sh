#!/bin/sh
# jax-js follows JAX: the same key gives the same random bits and the same uniform numbers in both. But normal and
# permutation draw other numbers from that key, so that a noise, a shuffled epoch or initial weights written down in one
# are not those of the other, though each is right by itself.
# Met when a training in the page was to be compared with one in Python, step by step.
set -eu
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
"${PYTHON:-python3}" -m venv "$folder/venv"
python="$folder/venv/bin/python"
"$python" -m pip install --quiet --disable-pip-version-check jax==0.8.1 jaxlib==0.8.1
cd "$folder"
npm init --yes >/dev/null
npm install --silent @jax-js/jax@0.1.25
cat > draw.mjs <<'JAVASCRIPT'
import { defaultDevice, init, random } from "@jax-js/jax";
await init("wasm"); // by its name: without one it asks for a navigator, which Node.js 20 lacks
defaultDevice("wasm");
const key = random.key(0);
const bits = await random.bits(key.ref, [4]).jsAsync();
const uniform = await random.uniform(key.ref, [4]).jsAsync();
const normal = await random.normal(key.ref, [4]).jsAsync();
const permutation = await random.permutation(key, 8).jsAsync();
console.log(JSON.stringify({ bits, uniform, normal, permutation }));
JAVASCRIPT
node draw.mjs > js.json
cat > compare.py <<'PYTHON'
import json

import jax
import numpy as np

js = json.load(open("js.json"))
key = jax.random.key(0)
ours = {
    "bits": jax.random.bits(key, (4,)),
    "uniform": jax.random.uniform(key, (4,)),
    "normal": jax.random.normal(key, (4,)),
    "permutation": jax.random.permutation(key, 8),
}
print(f"JAX {jax.__version__}, jax-js 0.1.25, key(0)")
same = {}
for name, values in ours.items():
    same[name] = np.allclose(np.asarray(values, float), js[name], rtol=1e-5, atol=1e-6)
    print(f"{name}: {'the same' if same[name] else 'others'}")
    print("   JAX   ", np.asarray(values).tolist())
    print("   jax-js", js[name])
assert same == {"bits": True, "uniform": True, "normal": False, "permutation": False}
PYTHON
"$python" compare.py
