#!/usr/bin/env bash
# check-archives.sh DIRECTORY: reads all *.gz files below DIRECTORY and lists those that are damaged.
set -euo pipefail

cd "$1"
total=$(find . -name '*.gz' | wc -l)
n=0
damaged=0
find . -name '*.gz' | while read -r archive; do
    if ! gzip -t "$archive" 2> /dev/null; then
        echo "damaged: $archive"
        damaged=$((damaged + 1))
    fi
    n=$((n + 1))
    if [[ -t 2 ]]; then printf '\r%d of %d' "$n" "$total" >&2; fi
done
echo "$total archives, $damaged damaged"
[[ $damaged -eq 0 ]]
