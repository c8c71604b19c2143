#!/usr/bin/env bash
# Deletes what `make run` made: database, keys, box key. Asks first.
set -euo pipefail
[ -d instance ] || { echo "There is nothing to delete."; exit 0; }
read -r -p "Delete all data and keys in ./instance? Type yes: " answer
[ "$answer" = yes ] || { echo "Nothing was deleted."; exit 1; }
rm -rf instance
echo "Deleted. 'make run' starts over."
