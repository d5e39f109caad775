#!/usr/bin/env bash
# commits.sh [REPOSITORY]: prints how many commits each author made in each month, the first month first.
set -euo pipefail

cd "${1:-.}"
git log --date=format:%Y-%m --format='%ad %aN' |
    sort |
    uniq -c |
    awk 'BEGIN { print "month author commits" } { print $2, $3, $1 }' |
    column -t
