#!/usr/bin/env bash
# build.sh: makes three targets of a Makefile side by side.
set -euo pipefail

for target in program docs lint; do
    make "$target" &> "$target.log" &
done
wait
echo "built"
