#!/usr/bin/env bash
# Makes .venv and installs pinned, hashed requirements into it.
set -euo pipefail
[ -x .venv/bin/python ] || { echo "Making the virtual environment ..."; "$(tools/python.sh)" -m venv .venv; }
for file in "$@"; do
  echo "Installing $file (a few minutes the first time) ..."
  .venv/bin/python -m pip install --quiet --disable-pip-version-check --require-hashes --no-deps -r "$file"
done
