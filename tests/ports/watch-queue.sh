#!/bin/bash
# Works through a directory of jobs.
set -u
QUEUE=${QUEUE:-/var/spool/jobs}
WORKERS=4
LOCK=/tmp/queue.$$.lock
running=()

log_error() { echo "$(date '+%F %T') ERROR $1" >&2; }

on_exit() {
    rm -f "$LOCK"
    for pid in "${running[@]}"; do
        kill "$pid" 2>/dev/null || true
    done
}
trap on_exit EXIT

touch "$LOCK"
while [ -e "$LOCK" ]; do
    next=$(ls "$QUEUE" | head -n 1)
    if [ -z "$next" ]; then
        sleep 2
        continue
    fi
    kind=${next%%.*}
    case $kind in
        mail|sms) ./send.sh "$QUEUE/$next" ;;
        report)
            ./report.sh "$QUEUE/$next" > "reports/$next.txt" 2>&1
            ;;
        stop) break ;;
        *) log_error "unknown job: $next" ;;
    esac
    rm "$QUEUE/$next"
    lines=`wc -l < processed.log`
    if [ $((lines % 100)) -eq 0 ]; then echo "$lines jobs"; fi
    echo $next >> processed.log
done
