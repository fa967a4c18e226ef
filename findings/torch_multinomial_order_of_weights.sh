#!/bin/sh
# torch.multinomial with replacement adds float32 weights up in their order, so how often an index is drawn depends on
# where it stands: 200,000 light weights that together hold 1% are never drawn behind one heavy weight, and are drawn
# as often as they should before it, or in float64.
# Met where points are drawn out of a picture with a bright spot on a dim ground.
set -eu
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
"${PYTHON:-python3}" -m venv "$folder/venv"
python="$folder/venv/bin/python"
"$python" -m pip install --quiet --disable-pip-version-check numpy==2.4.6 torch==2.13.0
cd "$folder"
"$python" - <<'PYTHON'
import torch

print("torch", torch.__version__)
torch.manual_seed(0)
light = torch.full((200_000,), 5e-8, dtype=torch.float64)
heavy = torch.ones(1, dtype=torch.float64)
share = (light.sum() / (light.sum() + 1)).item()
print(f"the light weights hold {share:.2%}")
seen = {}
for name, weights, first in (
    ("behind, float32", torch.cat([heavy, light]).float(), 1),
    ("behind, float64", torch.cat([heavy, light]), 1),
    ("before, float32", torch.cat([light, heavy]).float(), 0),
):
    drawn = torch.multinomial(weights, 200_000, replacement=True)
    seen[name] = ((drawn >= first) & (drawn < first + len(light))).float().mean().item()
    print(f"{name}: drawn in {seen[name]:.2%}")
assert seen["behind, float32"] == 0
assert min(seen["behind, float64"], seen["before, float32"]) > 0.9 * share
PYTHON
