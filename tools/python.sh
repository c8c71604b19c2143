#!/usr/bin/env bash
# Prints a Python of 3.11 to 3.13 that works ($PYTHON first); fails if there is none.
for python in "${PYTHON:-}" python3 python3.13 python3.12 python3.11; do
  [ -n "$python" ] && "$python" -c 'import sys; sys.exit(not (3, 11) <= sys.version_info[:2] <= (3, 13))' 2>/dev/null \
    && { command -v "$python"; exit 0; }
done
echo "Python 3.11, 3.12 or 3.13 is needed (set PYTHON to name one)." >&2
exit 1
