#!/bin/bash
# Nightly backup of a few directories with rotation.

set -e

BACKUP_ROOT=/var/backups/nightly
SOURCES=(/etc /home /srv)
STAMP=$(date +%Y-%m-%d)
TARGET="$BACKUP_ROOT/$STAMP"
LOG_FILE="$BACKUP_ROOT/backup.log"
DRY_RUN=0

while getopts "nd:v" opt; do
    case $opt in
        n) DRY_RUN=1 ;;
        d) BACKUP_ROOT="$OPTARG" ;;
        v) VERBOSE=1 ;;
        *) echo "usage: $0 [-n] [-v] [-d DIR]" >&2; exit 1 ;;
    esac
done
shift $((OPTIND - 1))

TMP=$(mktemp -d)
trap 'rm -rf "$TMP"' EXIT

function run() {
    if [ "$DRY_RUN" -eq 1 ]; then
        echo "would run: $*"
    else
        "$@"
    fi
}

mkdir -p "$TARGET"
for src in "${SOURCES[@]}"; do
    name=$(basename "$src")
    echo "$(date): $src" >> "$LOG_FILE"
    if ! tar -czf "$TMP/$name.tar.gz" "$src" 2>> "$LOG_FILE"; then
        echo "backup of $src failed" >&2
        exit 1
    fi
    mv "$TMP/$name.tar.gz" "$TARGET/"
done

echo "${#SOURCES[@]} directories saved"

# Keep two weeks.
find "$BACKUP_ROOT" -maxdepth 1 -type d -mtime +14 | while read -r old; do
    run rm -rf "$old"
done

used=$(du -sh "$BACKUP_ROOT" | awk '{print $1}')
echo "backups use $used"
