#!/usr/bin/env bash
# Whether the kernels that the program $1 lists for the model $3 are all those that the program $2, vkseg, plans it with, on
# every device here, and few.
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

"$1" "$3" >"$work/all"
"$1" --gpus "$3" >"$work/gpus"
count=$(wc -l <"$work/all")
if [ "$count" -lt 40 ] || [ "$count" -gt 150 ]; then
    echo "$count kernels for $3: expected 40 to 150 of some 360" >&2
    exit 1
fi
if [ -n "$(comm -13 <(sort "$work/all") <(sort "$work/gpus"))" ] || grep -q '^conv_shuffle ' "$work/gpus"; then
    echo "--gpus must leave kernels out, and only that" >&2
    exit 1
fi
device=0
while "$2" pipelines --device $device "$3" >/dev/null 2>"$work/errors"; do
    for options in "" --minimum-limits --direct "--half-products always"; do
        for precision in f32 f16; do
            # shellcheck disable=SC2086
            if ! "$2" pipelines --device $device --precision $precision $options "$3" >"$work/planned" 2>"$work/errors"; then
                grep -q 'products in halves are not possible' "$work/errors" && continue
                cat "$work/errors" >&2
                exit 1
            fi
            sed -n 's/^ *[0-9.]* %  \([a-z0-9_]* [a-z0-9]*\)$/\1/p' "$work/planned" | sort -u >"$work/kernels"
            [ -s "$work/kernels" ] || { echo "no kernels in what vkseg pipelines prints" >&2; exit 1; }
            missing=$(comm -23 "$work/kernels" <(sort "$work/all"))
            if [ -n "$missing" ]; then
                echo "device $device, $precision $options: not in the list: $missing" >&2
                exit 1
            fi
        done
    done
    device=$((device + 1))
done
[ $device -gt 0 ] || { cat "$work/errors" >&2; exit 1; }
echo "$count kernels, enough for $device devices"
