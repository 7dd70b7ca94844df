#!/usr/bin/env bash
# Runs the validator $2 over every shader that the program $1 writes.
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

"$1" "$work"
count=0
for shader in "$work"/*.spv; do
    if ! "$2" --target-env vulkan1.1 "$shader"; then
        echo "spirv-val refuses $(basename "$shader")" >&2
        exit 1
    fi
    count=$((count + 1))
done
echo "$count shaders are valid"
