#!/bin/sh
# A grey TIFF may say that white is zero. Pillow turns such a picture of 8 bits the right way, and leaves one of
# 16 bits a negative, although both carry the same tag.
# Met where a scanned drawing of 16 bits came out as a negative.
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

print("Pillow", PIL.__version__)
seen = {}
for kind in (np.uint8, np.uint16):
    tifffile.imwrite("white.tif", np.zeros((8, 8), kind), photometric="miniswhite")
    with Image.open("white.tif") as picture:
        tag, value = picture.tag_v2[262], np.asarray(picture).max()
    seen[np.dtype(kind).name] = int(value)
    print(np.dtype(kind).name, "PhotometricInterpretation", tag, "all white is read as", value)
assert seen == {"uint8": 255, "uint16": 0}
PYTHON
