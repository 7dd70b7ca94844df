#!/usr/bin/env bash
# Runs vkseg_benchmark on one quick row for its exit codes and for what it writes.
# usage: benchmark_test.sh PATH_TO_VKSEG_BENCHMARK
set -u
benchmark=$(realpath "$1")
expectations=$(dirname "$(realpath "$0")")/../support/expect.sh
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
source "$expectations"

expect 0 "Examples" "$benchmark" --help
expect 0 "." "$benchmark" --version
expect 2 "nonsense" "$benchmark" nonsense
expect 2 "--runs" "$benchmark" --runs 0
expect 2 "--precision" "$benchmark" --precision f64
expect 2 "no name" "$benchmark" --filter "no such row"
expect 2 "--model" "$benchmark" operators --model missing.onnx
expect 3 "nosuch" "$benchmark" --device nosuch
expect 1 "missing.onnx" "$benchmark" networks --filter missing --model missing.onnx --json failed.json
expect 0 "max-pool" "$benchmark" --runs 1 --filter "max-pool" --device all --json rows.json --picture rows.png

for key in version devices name driver multiply_add_gflop_per_s kernel_copy_gb_per_s rows device_ms host_ms process_ms \
    median gflop_per_s share_of_peak gb_per_s share_of_copy weights_bytes peak_resident_bytes; do
    count=$((count + 1))
    grep -q "\"$key\"" rows.json || fail "rows.json lacks $key"
done
count=$((count + 2))
grep -q '"failure": "missing.onnx' failed.json || fail "failed.json does not say what failed"
[ "$(head -c 8 rows.png | od -An -tx1 | tr -d ' ')" = 89504e470d0a1a0a ] || fail "rows.png is no PNG"

echo "$count checks of vkseg_benchmark, $failures failed"
[ $failures -eq 0 ]
