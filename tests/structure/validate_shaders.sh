#!/usr/bin/env bash
# Runs the validator $2 over every shader that the program $1 unpacks from the library, and holds it to the one that the
# build left in the folder $3, byte for byte.
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
    if ! cmp "$shader" "$3/$(basename "$shader")"; then
        echo "$(basename "$shader") is not what was compiled" >&2
        exit 1
    fi
    count=$((count + 1))
done
echo "$count shaders are valid"
