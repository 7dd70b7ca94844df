#!/usr/bin/env bash
# Builds everything and runs all tests on every Vulkan device found: real GPUs, lavapipe, SwiftShader, and one of them
# clamped to the specification's minimum limits. Then compiles the kernels with RADV, builds for aarch64 and segments a
# picture under qemu-user, runs the tests of readers and runtime again, built by Clang with AddressSanitizer and
# UndefinedBehaviorSanitizer, and runs every fuzz target for three seconds. The last line is the number of tests.
# VKSEG_TEST_SYSTEMS=1 also builds for the other systems of scripts/systems.sh.
# VKSEG_TEST_ALL=1 runs every case on every device, which takes twice as long (tests/support/due_runs.hpp);
# VKSEG_FUZZ_SECONDS is the time of a fuzz target.
set -euo pipefail
cd "$(dirname "$0")/.."

stage_name=""
stage_begin=0
stage() {
    if [ -n "$stage_name" ]; then
        printf -- '-- %s took %d s\n' "$stage_name" $((SECONDS - stage_begin))
    fi
    stage_name=$1
    stage_begin=$SECONDS
    if [ -n "$stage_name" ]; then
        printf '\n== %s\n' "$stage_name"
    fi
}

stage "set-up"
scripts/setup.sh --tests
source scripts/drivers.sh
# Makes glibc keep freed memory: SwiftShader allocates and frees megabytes for every kernel that it compiles, and returning
# them to the system takes as long as compiling.
export MALLOC_MMAP_THRESHOLD_=$((32 << 20)) MALLOC_TRIM_THRESHOLD_=$((1 << 30))

stage "format"
if clang-format --version | grep -q 'version 14\.'; then
    find include lib shaders samples tests \( -name '*.cpp' -o -name '*.hpp' -o -name '*.c' -o -name '*.h' \) -print0 |
        xargs -0 -P 2 -n 200 clang-format --dry-run --Werror
else
    echo "note: expected clang-format 14, got $(clang-format --version); the format is not checked"
fi

stage "build"
# Packages for aarch64 come while the compiler works. If they do not, scripts/systems.sh tries again, and says so.
scripts/systems.sh download >/dev/null 2>&1 &
download=$!
options=()
if "${CXX:-c++}" --version | grep -q "Free Software Foundation"; then
    options=(-DCMAKE_CXX_FLAGS="${CXXFLAGS:-} --param=ggc-min-heapsize=1048576") # GCC takes a tenth less time if it frees memory later
fi
cmake --preset ci "${options[@]}" >/dev/null
cmake --build --preset ci
build/samples/vkseg devices

stage "tests"
outcome=0
VKSEG_TEST_VALIDATE=1 ctest --test-dir build --parallel 3 --output-on-failure --no-tests=error --timeout 1200 || outcome=1

# In the background, as they leave a processor idle now and then. What they print follows below.
wait $download || true
others=$PWD/build/other_systems.log
(
    scripts/gpus_without_hardware.sh || failed=1
    if [ -n "${VKSEG_TEST_SYSTEMS:-}" ]; then
        scripts/systems.sh || failed=1
    else
        scripts/systems.sh aarch64 || failed=1
    fi
    exit "${failed:-0}"
) >"$others" 2>&1 &
others_job=$!

stage "Clang and sanitizers"
# Takes half of the time without optimisation, without numbers of lines, and without UndefinedBehaviorSanitizer's messages: a
# finding ends the program with an illegal instruction. Build the preset as it is to see more.
linker=()
if command -v ld.lld >/dev/null; then
    linker=(-DCMAKE_EXE_LINKER_FLAGS=-fuse-ld=lld) # in a fifth of the time
fi
# The sources are a project of somebody else's with vkseg as a part, to which an operator is added, as two pages of docs/ show.
sanitized=$PWD/build-project
tests/adding_an_operator/make_project.sh . "$sanitized"
(
    cd "$sanitized"
    cmake --preset sanitize -DOPERATOR=shrink -DVKSEG_BUILD_TESTS=ON -DCMAKE_CXX_FLAGS_DEBUG="-O0 -fsanitize-trap=undefined" \
        -DVKSEG_FUZZ_COVERAGE=func,inline-8bit-counters,pc-table "${linker[@]}" \
        -DVKSEG_COMPILED_SHADERS="$OLDPWD/build/shaders/generated" >/dev/null
    cmake --build --preset sanitize --target vkseg_tests vkseg_picture_tests vkseg_fuzz vkseg_operator_table segment
)
sanitized=$sanitized/build-sanitize
(
    # Runs on one driver, which is enough. Leaks of drivers are suppressed.
    export ASAN_OPTIONS=detect_leaks=1:allow_addr2line=1:handle_sigill=1
    export LSAN_OPTIONS=suppressions=$PWD/tests/support/leak_suppressions.txt:print_suppressions=0
    export VKSEG_TEST_DEVICES=${VKSEG_TEST_SANITIZE_DEVICES:-llvmpipe}
    ctest --test-dir "$sanitized/_deps/vkseg-build" --parallel 3 --tests-regex '^tests' --output-on-failure --no-tests=error \
        --timeout 1200 || failed=1
    tests/adding_an_operator/check.sh "$sanitized" shrink . || failed=1
    exit "${failed:-0}"
) || { outcome=1; echo "Tests failed, or the sanitizers found faults: see the output above."; }

stage "fuzzing"
VKSEG_FUZZ_PROGRAMS=$sanitized/_deps/vkseg-build/tests/fuzz scripts/fuzz.sh "${VKSEG_FUZZ_SECONDS:-3}" || outcome=1

stage "GPUs without hardware, and other systems"
wait $others_job || outcome=1
cat "$others"

stage ""
[ $outcome -eq 0 ] || echo "A stage failed: see the output above."
echo
scripts/summarize_tests.sh build/Testing/Temporary/LastTest.log || outcome=1
exit $outcome
