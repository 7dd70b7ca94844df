#!/usr/bin/env bash
# Stresses the library and prints figures: scripts/soak.sh [PART…], with the parts runs, sessions, failures, threads and
# cache; by default all (about half an hour on two cores). Stops at the first fault.
#   runs      10,000 runs of two networks, 1,000 sessions and segmenters: memory must stay flat
#   failures  every Vulkan call fails once while a network is prepared, run and tuned, and while a picture is segmented
#   threads   16 threads on one device with mixed networks, under ThreadSanitizer
#   cache     one cache folder: two processes, processes that are killed while they write, a full disk, a read-only folder
set -euo pipefail
cd "$(dirname "$0")/.."

parts=("$@")
if [ ${#parts[@]} -eq 0 ]; then
    parts=(runs failures threads cache)
fi
scripts/setup.sh --tests
source scripts/drivers.sh
export VKSEG_DEVICE=${VKSEG_DEVICE:-llvmpipe}
export MALLOC_TRIM_THRESHOLD_=$((1 << 20)) # returns free memory to the system, so that growth shows

work=$(mktemp -d)
mounted=()
clean_up() {
    for folder in "${mounted[@]}"; do
        umount "$folder" || true
    done
    rm -rf "$work"
}
trap clean_up EXIT

build() {
    cmake --preset "$1" >/dev/null
    cmake --build --preset "$1" --target "$2" >/dev/null
}

soak_runs() {
    build ci vkseg_soak
    build/tests/vkseg_soak runs 10000
    build/tests/vkseg_soak sessions 1000
}

soak_failures() {
    build ci vkseg_tests
    VKSEG_TEST_EVERY_FAILURE=1 build/tests/vkseg_tests --test-case='injected failures*' | grep -E 'calls failed|assertions'
}

soak_threads() {
    build threads vkseg_soak
    # Drivers are not instrumented, so the synchronisation of their own threads is not seen and looks like a race.
    TSAN_OPTIONS="suppressions=$PWD/tests/support/race_suppressions.txt ignore_noninstrumented_modules=1 halt_on_error=1" \
        build-threads/tests/vkseg_soak threads 16 20
}

# Mounts a disk of 64 KiB at the folder; fails if that is not allowed.
small_disk() {
    mkdir -p "$1"
    mount -t tmpfs -o size=64k tmpfs "$1" 2>/dev/null && mounted+=("$1")
}

soak_cache() {
    build ci vkseg_soak
    local program=build/tests/vkseg_soak folder=$work/cache i process
    "$program" cache "$folder" 20 &
    process=$!
    "$program" cache "$folder" 20
    wait "$process"

    local killed=0
    for i in $(seq 50); do
        "$program" cache "$folder" 100 >/dev/null &
        process=$!
        sleep "0.$((RANDOM % 9 + 1))"
        if kill -9 "$process" 2>/dev/null; then # fails if the process has ended
            killed=$((killed + 1))
        fi
        wait "$process" 2>/dev/null || true
        rm -f "$folder"/*.bin # makes the next process write again
    done
    "$program" cache "$folder" 2
    echo "$killed of 50 processes were killed before they ended; temporary files left: $(ls -1 "$folder" | grep -c '\.tmp$' || true)"

    if small_disk "$work/full"; then
        head -c 65536 /dev/zero >"$work/full/ballast" 2>/dev/null || true
        "$program" cache "$work/full/cache" 2
        rm "$work/full/ballast"
        mount -o remount,ro "$work/full"
        "$program" cache "$work/full/cache" 2
        echo "a full disk and a read-only one: the network runs, nothing is kept"
    else
        echo "note: cannot mount a disk here, so a full and a read-only one were not tested"
    fi
    touch "$work/file"
    "$program" cache "$work/file" 2
    echo "a file in the folder's place: the network runs, nothing is kept"
}

for part in "${parts[@]}"; do
    printf '\n== %s\n' "$part"
    SECONDS=0
    "soak_$part"
    echo "-- $part took $SECONDS s"
done
