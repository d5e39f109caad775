#!/usr/bin/env bash
# csv-to-json.sh FILE COLUMN: prints a CSV file as JSON, with the sum of COLUMN.
set -euo pipefail

awk -F, -v column="$2" '
    NR == 1 {
        for (i = 1; i <= NF; i++) {
            name[i] = $i
            if ($i == column) at = i
        }
        print "{\"rows\": ["
        next
    }
    {
        printf "%s  {", separator
        for (i = 1; i <= NF; i++) printf "%s\"%s\": \"%s\"", (i > 1 ? ", " : ""), name[i], $i
        printf "}"
        separator = ",\n"
        sum += $at
    }
    END { printf "\n], \"sums\": {\"%s\": %s}}\n", column, sum }
' "$1"
