#!/bin/bash
# Dumps all databases of a server, one file each.
set -o errexit
set -o nounset
set -o pipefail

DB_USER=${DB_USER:-postgres}
DUMP_DIR=${1:?usage: db-dump.sh DIR}
EXCLUDE="template0 template1"
failed=()

source "$(dirname "$0")/db-settings.env"

mkdir -p "$DUMP_DIR"
dbs=$(psql -U "$DB_USER" -At -c 'select datname from pg_database')

for db in $dbs; do
    if [[ " $EXCLUDE " == *" $db "* ]]; then
        continue
    fi
    out="$DUMP_DIR/$db-$(date +%F).sql.gz"
    echo -n "dumping $db ... "
    if pg_dump -U "$DB_USER" "$db" | gzip > "$out.tmp"; then
        mv "$out.tmp" "$out"
        echo ok
    else
        echo failed
        failed+=("$db")
        rm -f "$out.tmp"
    fi
done

if (( ${#failed[@]} > 0 )); then
    printf 'failed: %s\n' "${failed[@]}" >&2
    exit 1
fi

total=0
for f in "$DUMP_DIR"/*.sql.gz; do
    size=$(stat -c %s "$f")
    let total=total+size
done
echo "$((total / 1024 / 1024)) MB in $(ls "$DUMP_DIR" | wc -l) files"
