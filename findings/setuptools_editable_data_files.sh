#!/bin/sh
# Data files that a project names (settings for a server, say) are installed by 'pip install .', and left out by
# 'pip install -e .' without a word: where an editable install collects them it asks for a method has_data, and the
# method is called has_data_files.
# Met where a package brings its own settings for Jupyter, which only an editable install lacked.
set -eu
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
"${PYTHON:-python3}" -m venv "$folder/venv"
python="$folder/venv/bin/python"
"$python" -m pip install --quiet --disable-pip-version-check setuptools==84.2.1
cd "$folder"
mkdir -p project/package
printf 'x = 1\n' > project/package/__init__.py
printf '{}\n' > project/settings.json
cat > project/pyproject.toml <<'TOML'
[build-system]
requires = ["setuptools"]
build-backend = "setuptools.build_meta"
[project]
name = "package"
version = "1"
[tool.setuptools]
packages = ["package"]
[tool.setuptools.data-files]
"etc/package" = ["settings.json"]
TOML
seen=""
for how in "" "-e"; do
  "$python" -m pip install --quiet --disable-pip-version-check --no-build-isolation --force-reinstall $how ./project
  if [ -e "$folder/venv/etc/package/settings.json" ]; then there=yes; else there=no; fi
  echo "setuptools 84.2.1, pip install $how ./project: data file installed: $there"
  seen="$seen $there"
done
[ "$seen" = " yes no" ]
