#!/usr/bin/env bash
# rotate-logs.sh [-n] DIRECTORY [KEEP [BYTES]]: rotates each *.log of BYTES or more. -n shows the commands only.
set -euo pipefail

dry_run=false
if [[ ${1:-} == -n ]]; then
    dry_run=true
    shift
fi
keep=${2:-7}
bytes=${3:-1048576}

run() {
    if $dry_run; then echo "$@"; else "$@"; fi
}

cd "$1"
for log in *.log; do
    [[ $(stat -c %s "$log") -ge $bytes ]] || continue
    for (( n = keep - 1; n >= 1; n-- )); do
        if [[ -e $log.$n.gz ]]; then
            run mv "$log.$n.gz" "$log.$((n + 1)).gz"
        fi
    done
    run gzip -c "$log" > "$log.1.gz"
    run truncate -s 0 "$log"
done
