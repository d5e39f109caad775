#!/usr/bin/env bash
# fetch.sh URL SUMS TO: fetches the files that SUMS names into the directory TO, and compares their checksums.
set -euo pipefail

url=$1
sums=$(realpath "$2")
mkdir -p "$3"
cd "$3"
while read -r _ name; do
    curl -fsSO "$url/$name" &
done < "$sums"
wait
sha256sum --check --quiet "$sums"
echo "$(wc -l < "$sums") files are in $3"
