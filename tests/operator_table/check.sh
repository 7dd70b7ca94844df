#!/usr/bin/env bash
# Compares what the program $1 prints with the file $2.
set -euo pipefail
if ! "$1" | diff -u "$2" -; then
    echo "$(basename "$2") is not what the code says: run scripts/generate_operator_table.sh" >&2
    exit 1
fi
