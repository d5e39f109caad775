#!/usr/bin/env bash
# commits.sh [REPOSITORY]: prints how many commits each author made in each month, the newest month first.
set -euo pipefail

cd "${1:-.}"
git log --date=format:%Y-%m --format='%ad %aN' |
    sort -r |
    uniq -c |
    awk 'BEGIN { print "month author commits" } { print $2, $3, $1 }' |
    column -t
