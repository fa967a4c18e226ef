#!/bin/sh
# Pillow opens an RGB TIFF of 16 bits whose planes lie apart (PlanarConfiguration 2) without a word, and with
# other numbers: it reads the 16-bit samples as bytes. The same pixels interleaved come out right.
# Met where learners read TIFF files of microscopes and scanners.
set -eu
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
"${PYTHON:-python3}" -m venv "$folder/venv"
python="$folder/venv/bin/python"
"$python" -m pip install --quiet --disable-pip-version-check numpy==2.4.6 pillow==13.0.0 tifffile==2026.3.3
cd "$folder"
"$python" - <<'PYTHON'
import numpy as np
import PIL
import tifffile
from PIL import Image

print("Pillow", PIL.__version__, "tifffile", tifffile.__version__)
planes = np.full((3, 8, 8), 40_000, np.uint16)
tifffile.imwrite("apart.tif", planes, photometric="rgb", planarconfig="separate")
tifffile.imwrite("together.tif", np.moveaxis(planes, 0, 2), photometric="rgb")
apart, together = (np.unique(np.asarray(Image.open(f"{name}.tif"))) for name in ("apart", "together"))
print("written: 40000 everywhere, of 65535, so 156 of 255")
print("interleaved, read by Pillow:", together)
print("planes apart, read by Pillow:", apart)
assert together.tolist() == [156]
assert apart.tolist() == [64, 156]
PYTHON
