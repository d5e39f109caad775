#!/bin/bash
# Compresses old logs and removes very old ones.

LOG_DIR=${LOG_DIR:-/var/log/app}
MAX_AGE=30
declare -i removed=0
compressed=0

cd $LOG_DIR || exit 1

for f in *.log; do
    [ -e "$f" ] || continue
    size=$(stat -c %s "$f")
    if [ $size -gt 1048576 ]; then
        ts=$(date +%s)
        mv "$f" "${f%.log}-$ts.log"
        gzip "${f%.log}-$ts.log" && ((compressed++))
        : > "$f"
    fi
done

while IFS= read -r -d '' old; do
    rm -f "$old"
    removed=$((removed+1))
done < <(find . -name '*.gz' -mtime +$MAX_AGE -print0)

if [[ $removed -gt 0 || $compressed -gt 0 ]]; then
    logger -t rotate "removed $removed, compressed $compressed"
fi

kill -HUP `cat /var/run/app.pid`
if [ $? -ne 0 ]; then
    echo "the app could not be told" >&2
fi

printf '%-10s %s\n' removed "$removed" compressed "$compressed"
