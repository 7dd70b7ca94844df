#!/usr/bin/env bash
# Fuzzes the readers: scripts/fuzz.sh [SECONDS [TARGET…]]; 60 seconds for each target in tests/fuzz unless told otherwise.
# scripts/test.sh runs each for three seconds, which finds only what is easy to find: before a release, and after a change of a
# reader, fuzz for an hour (3600). Two targets run at a time. Findings and a log are kept in out/fuzz/TARGET/; the exit status is 1 if there are findings.
# The last lines give, for each target, the number of executions and of covered edges of the code.
set -euo pipefail
cd "$(dirname "$0")/.."

seconds=${1:-60}
if ! [[ $seconds =~ ^[1-9][0-9]*$ ]]; then
    echo "fuzz: expected a number of seconds, got '$seconds'" >&2
    exit 2
fi
shift || true
targets=("$@")
if [ ${#targets[@]} -eq 0 ]; then
    for source in tests/fuzz/*.cpp; do
        targets+=("$(basename "$source" .cpp)")
    done
fi

if [ -z "${VKSEG_FUZZ_PROGRAMS:-}" ]; then
    scripts/setup.sh --tests
    cmake --preset sanitize >/dev/null
    cmake --build --preset sanitize --target vkseg_fuzz
fi
programs=${VKSEG_FUZZ_PROGRAMS:-build-sanitize/tests/fuzz}

# Adds inputs of other packages, if these are installed and there is time for more than reading them.
more_inputs() {
    if [ "$1" = onnx ] && [ "$seconds" -ge 60 ] && [ -d /usr/share/libonnx-testdata ]; then
        mkdir -p out/fuzz/onnx-testdata
        for model in /usr/share/libonnx-testdata/data/*/*/model.onnx; do
            cp -f "$model" "out/fuzz/onnx-testdata/$(basename "$(dirname "$model")")"
        done
        echo out/fuzz/onnx-testdata
    fi
}

# Drivers keep allocations until the process ends.
export ASAN_OPTIONS=detect_leaks=1
export LSAN_OPTIONS=suppressions=$PWD/tests/support/leak_suppressions.txt:print_suppressions=0
export VKSEG_TEST_DEVICES=${VKSEG_TEST_DEVICES:-llvmpipe}
export GALLIVM_PERF=nopt # lavapipe compiles a third more graphs when it does not optimise them

fuzz() {
    local target=$1 found=out/fuzz/$1 more
    mkdir -p "$found/corpus"
    more=$(more_inputs "$target")
    local options=(-max_total_time="$seconds" -timeout=10 -rss_limit_mb=2048 -max_len=65536 -print_final_stats=1
                   -artifact_prefix="$found/")
    if [ -e "tests/fuzz/$target.dict" ]; then
        options+=(-dict="tests/fuzz/$target.dict")
    fi
    # New inputs go to the first folder.
    # shellcheck disable=SC2086
    "$programs/vkseg_fuzz_$target" "${options[@]}" "$found/corpus" "tests/fuzz/corpus/$target" $more >"$found/log" 2>&1
}

summarize() {
    local log=out/fuzz/$1/log
    printf '%-12s %10s executions, %6s edges, %6s inputs kept\n' "$1" \
        "$(sed -n 's/^stat::number_of_executed_units: *//p' "$log")" \
        "$(grep -o 'cov: [0-9]*' "$log" | tail -n 1 | cut -d' ' -f2)" \
        "$(grep -o 'corp: [0-9]*' "$log" | tail -n 1 | cut -d' ' -f2)"
}

outcome=0
running=()
wait_for_first() {
    local entry=${running[0]}
    running=("${running[@]:1}")
    if ! wait "${entry%%:*}"; then
        outcome=1
        echo "fuzz: ${entry#*:} has findings in out/fuzz/${entry#*:}: $(ls -1 out/fuzz/"${entry#*:}" | grep -v -e '^corpus$' -e '^log$' | tr '\n' ' ')" >&2
        tail -n 40 "out/fuzz/${entry#*:}/log" >&2
    fi
}
for target in "${targets[@]}"; do
    [ ${#running[@]} -lt 2 ] || wait_for_first
    fuzz "$target" &
    running+=("$!:$target")
done
while [ ${#running[@]} -gt 0 ]; do
    wait_for_first
done
for target in "${targets[@]}"; do
    summarize "$target"
done
exit $outcome
