#!/bin/bash
# Checks a list of services and reports those that are down.

URLS=(
    https://example.org/health
    https://api.example.org/health
)
TIMEOUT=5
RETRIES=3
STATUS=0
MAILTO=${MAILTO:-""}

check_url() {
    local url=$1
    local i
    for ((i = 1; i <= RETRIES; i++)); do
        code=$(curl -s -o /dev/null -w '%{http_code}' --max-time $TIMEOUT "$url")
        if [ "$code" -eq 200 ]; then
            return 0
        fi
        sleep 1
    done
    return 1
}

report=""
for url in "${URLS[@]}"; do
    if check_url "$url"; then
        echo "up: $url"
    else
        echo "down: $url"
        report+="$url "
        STATUS=1
    fi
done

load=$(cut -d ' ' -f 1 /proc/loadavg)
if [ "$(echo "$load > 8" | bc)" = 1 ]; then
    report="${report}load $load"
fi

disk=$(df -P / | awk 'NR == 2 { sub("%", "", $5); print $5 }')
if [ "$disk" -ge 90 ]; then
    report="$report disk $disk%"
    STATUS=1
fi

if [ -n "$report" ] && [ -n "$MAILTO" ]; then
    mail -s "health of $(hostname)" "$MAILTO" <<EOF
These checks failed:
$report
EOF
fi

exit $STATUS
